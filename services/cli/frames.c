/* The command `hjgate frames`: whose they are says the word, bus/NAME or uplink/NAME; a name alone is a bus. */
#include "frames.h"

#include <stddef.h>
#include <string.h>

#include "instances.h"

const struct cli_option cli_frames_options[] = {
	{ "--last", 'n', CLI_COUNT, N_("N"), N_("the newest N (20 as without)"),
	        offsetof(struct frames_options, last) },
	{ "--follow", 'f', CLI_FLAG, NULL, N_("go on until Ctrl-C"), offsetof(struct frames_options, follow) },
	{ "--pcap", 0, CLI_FLAG, NULL, N_("a capture for Wireshark, to standard output"),
	        offsetof(struct frames_options, pcap) },
	{ "--raw", 0, CLI_TEXT, N_("FILE"),
	        N_("of an uplink: the bytes, for hjgate frame decode; - is standard output"),
	        offsetof(struct frames_options, raw) },
	{ "--change", 0, CLI_FLAG, NULL, N_("of an uplink: show passwords (needs the group hjgate-admin)"),
	        offsetof(struct frames_options, change) },
	{ 0 },
};

static const char *behind(const char *word, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(word, prefix, n) ? NULL : word + n;
}

static int of_uplink(const struct cli *cli, const struct frames_options *o, const char *name, int argc, char **argv)
{
	int r = cli_instance_known(cli, "uplinks.d", "uplinkd", name);

	if (r)
		return r;
	return argc > 2 ? cli_usage(cli, _("\"%s\" is too much"), argv[2]) : frames_of_uplink(cli, o, name);
}

int cli_frames(struct cli *cli, int argc, char **argv)
{
	struct frames_options o = { 0 };
	const char *uplink, *bus;
	int r = cli_options(cli, cli_frames_options, &o, &argc, argv);

	if (r)
		return r;
	if (argc < 2)
		return cli_usage(cli, "%s", _("whose frames? BUS, bus/NAME or uplink/NAME"));
	uplink = behind(argv[1], "uplink/");
	if (uplink)
		return of_uplink(cli, &o, uplink, argc, argv);
	if (o.raw || o.change)
		return cli_usage(
		        cli, _("%s is for the frames of an uplink: uplink/NAME"), o.raw ? "--raw" : "--change");
	bus = behind(argv[1], "bus/");
	bus = bus ? bus : argv[1];
	r = cli_instance_known(cli, "buses.d", "meterd", bus);
	return r ? r : frames_of_bus(cli, &o, bus, argc - 2, argv + 2);
}
