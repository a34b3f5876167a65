/* `hjgate bus ports`: the serial ports of this box, by the names that stay the same when it starts anew or an adapter
 * is unplugged, and which bus has which. */
#include <dirent.h>
#include <libserialport.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus.h"
#include "tables.h"

#define TEXT_LEN 192

static const char *const link_folders[] = { "/dev/serial/by-id", "/dev/serial/by-path" };

static const struct writer_column columns[] = {
	{ "port", N_("PORT"), false },
	{ "device", N_("DEVICE"), false },
	{ "transport", N_("BY WAY OF"), false },
	{ "about", N_("ABOUT"), false },
	{ "bus", N_("BUS"), false },
};

/* The link in this folder that leads to the device; false: none does. */
static bool find_link(const char *folder, const char *device, char to[PATH_MAX])
{
	DIR *d = opendir(folder);
	const struct dirent *e;
	char target[PATH_MAX];
	bool found = false;

	while (d && !found && (e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.' || snprintf(to, PATH_MAX, "%s/%s", folder, e->d_name) >= PATH_MAX)
			continue;
		found = realpath(to, target) && !strcmp(target, device);
	}
	if (d)
		closedir(d);
	return found;
}

/* What a bus's file should say. */
static void stable_name(const char *device, char to[PATH_MAX])
{
	for (size_t i = 0; i < hj_array_size(link_folders); i++)
		if (find_link(link_folders[i], device, to))
			return;
	snprintf(to, PATH_MAX, "%s", device);
}

static void about(const struct sp_port *port, char to[TEXT_LEN])
{
	const char *parts[] = { sp_get_port_usb_manufacturer(port), sp_get_port_usb_product(port),
		sp_get_port_usb_serial(port), NULL };
	size_t used = 0;

	to[0] = '\0';
	for (size_t i = 0; i < hj_array_size(parts); i++)
		if (parts[i] && used < TEXT_LEN)
			used += (size_t)snprintf(to + used, TEXT_LEN - used, "%s%s", used ? " " : "", parts[i]);
	if (!used && sp_get_port_description(port))
		snprintf(to, TEXT_LEN, "%s", sp_get_port_description(port));
}

static const char *transport_name(const struct sp_port *port)
{
	switch (sp_get_port_transport(port)) {
	case SP_TRANSPORT_USB:
		return "USB";
	case SP_TRANSPORT_BLUETOOTH:
		return "Bluetooth";
	default:
		return N_("the board");
	}
}

static void put_port(const struct cli *cli, struct writer *w, const struct sp_port *port)
{
	struct hj_conf_bus conf = { .kind = HJ_BUS_rtu };
	char name[PATH_MAX], text[TEXT_LEN], owner[HJ_NAME_MAX + 1];
	const char *device = sp_get_port_name(port);

	stable_name(device, name);
	about(port, text);
	hj_text_copy(conf.port, sizeof(conf.port), device);
	bus_wire_owner(cli, &conf, owner);
	writer_cell_text(w, name);
	writer_cell_text(w, device);
	writer_cell(w, STYLE_PLAIN, json_string(transport_name(port)), _(transport_name(port)));
	writer_cell_text(w, text);
	writer_cell_text(w, owner[0] ? owner : NULL);
}

int bus_ports(struct cli *cli, const struct bus_options *o, int argc, char **argv)
{
	struct sp_port **list = NULL;
	struct writer *w;
	size_t n = 0;

	(void)o;
	(void)argv;
	if (argc)
		return cli_usage(cli, "%s", _("ports takes no words"));
	if (sp_list_ports(&list) != SP_OK)
		return cli_refused(cli, "%s", _("the kernel's list of ports (/sys/class/tty) cannot be read"));
	w = bus_writer(cli);
	writer_table(w, "ports", columns, hj_array_size(columns));
	for (; list && list[n]; n++)
		put_port(cli, w, list[n]);
	writer_table_end(w);
	if (!n)
		writer_say(w, STYLE_WARN, "%s",
		        _("No serial port is here: is the adapter plugged in? dmesg -w shows it when it comes."));
	writer_free(w);
	sp_free_port_list(list);
	return n ? HJ_EXIT_OK : HJ_EXIT_REFUSED;
}
