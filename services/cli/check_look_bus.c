/* A bus that works and is hardly meant: a port that is not there, a listener that nobody reaches, a ratio that
 * multiplies nothing, registers by the numbers of a manual. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check_look.h"
#include "cli.h"

#define IDENTIFIERS_MOST 8 /* of one bus: the file is read again for each */

/* A chip's label is no path, and a bus over TCP has none. */
static void look_at_port(const struct hj_conf_bus *b, struct hj_conf_errors *n)
{
	bool lines = hj_bus_type(b->kind)->traits & HJ_BUS_LINES;
	char what[256];

	if (b->port[0] != '/' || !access(b->port, F_OK))
		return;
	snprintf(what, sizeof(what), _("port \"%s\" is not there now"), b->port);
	check_note(n, b->file, hj_conf_key_line(b->file, 0, "port"), what,
	        lines ? _("see `ls /dev/gpiochip*` for the chips that there are")
	              : _("plug it in, or see `ls /dev/serial/by-id /dev/tty*`"));
}

static void look_at_listener(const struct hj_conf_bus *b, struct hj_conf_errors *n)
{
	bool serves = hj_bus_type(b->kind)->traits & HJ_BUS_SERVES;

	if (!serves || b->port[0] || (strncmp(b->listen_on, "127.", 4) != 0 && strcmp(b->listen_on, "::1") != 0))
		return;
	check_note(n, b->file, hj_conf_key_line(b->file, 0, "listen_on"),
	        _("only this box itself reaches a bus that listens on its own loopback"),
	        _("write listen_on = \"...\" with the box's address in the network of the "
	          "instruments"));
}

static bool is_taken(const struct hj_conf_meter *m, const char *ratio)
{
	for (size_t i = 0; i < m->point_count; i++)
		if (strstr(hj_ratio_name(m->points[i].ratio_of), ratio))
			return true;
	return false;
}

static void look_at_ratio(const struct hj_conf_bus *b, const struct hj_conf_meter *m, const char *ratio, double value,
        struct hj_conf_errors *n)
{
	char what[256], remedy[256];

	if (value == 1 || is_taken(m, ratio))
		return;
	snprintf(what, sizeof(what), _("%s = %g has no effect: no point of meter %s has ratio = \"%s\""), ratio,
	        value, m->name, ratio);
	snprintf(remedy, sizeof(remedy), _("write ratio = \"%s\"; at the points that it multiplies, or remove it"),
	        ratio);
	check_note(n, b->file, hj_conf_key_line(b->file, m->line, ratio), what, remedy);
}

/* The manual's number of the first register of the table that this one is in; 0: it is none of a manual. */
static unsigned manual_base(const struct hj_conf_point *p)
{
	static const unsigned bases[] = {
		[HJ_TABLE_DISCRETE] = 10001, [HJ_TABLE_INPUT] = 30001, [HJ_TABLE_HOLDING] = 40001
	};
	unsigned base = p->table < hj_array_size(bases) ? bases[p->table] : 0;

	return base && p->address >= base && p->address < base + 9999 ? base : 0;
}

/* Of the first only: the others of the meter are written as it is. A model's are somebody else's work. */
static void look_at_addresses(const struct hj_conf_bus *b, const struct hj_conf_meter *m, struct hj_conf_errors *n)
{
	char what[256], remedy[256];

	for (size_t i = 0; i < m->point_count && !m->model[0]; i++) {
		const struct hj_conf_point *p = &m->points[i];
		unsigned base = manual_base(p);

		if (!base)
			continue;
		snprintf(what, sizeof(what), _("address = %u of %s: register %u of a manual is address %u"),
		        p->address, p->point.name, p->address, p->address - base);
		snprintf(remedy, sizeof(remedy), _("write address = %u; unless the register really is so high"),
		        p->address - base);
		check_note(n, b->file, hj_max(hj_conf_key_line(b->file, p->line, "address"), p->line), what, remedy);
		return;
	}
}

/* Digits of identifiers are decimal but for blocks: 02010100 without its 0x is 0x1EABF4. */
static bool is_odd_identifier(const struct hj_conf_point *p)
{
	bool odd = false;

	for (uint32_t rest = p->address; rest; rest >>= 4)
		odd = odd || (rest & 0xf) > 9;
	return odd;
}

static void look_at_identifiers(const struct hj_conf_bus *b, struct hj_conf_errors *n)
{
	unsigned looks = 0;
	char what[256];

	for (size_t i = 0; i < b->meter_count && b->kind == HJ_BUS_dlt645; i++)
		for (size_t k = 0; k < b->meters[i].point_count && looks < IDENTIFIERS_MOST; k++) {
			const struct hj_conf_point *p = &b->meters[i].points[k];

			if (!is_odd_identifier(p) || ++looks > IDENTIFIERS_MOST ||
			        !hj_conf_key_decimal(b->file, p->line, "address"))
				continue;
			snprintf(what, sizeof(what),
			        _("address = %u of %s is a decimal number: the identifier 0x%08X"), p->address,
			        p->point.name, p->address);
			check_note(n, b->file, hj_conf_key_line(b->file, p->line, "address"), what,
			        _("write the identifier's digits behind 0x, such as 0x02010100"));
		}
}

void check_look_at_bus(const struct hj_conf_bus *b, const char *root, struct hj_conf_errors *n)
{
	look_at_port(b, n);
	look_at_listener(b, n);
	check_look_at_mode(b->file, "hjgate-meterd", root, n);
	for (size_t i = 0; i < b->meter_count; i++) {
		const struct hj_conf_meter *m = &b->meters[i];

		look_at_ratio(b, m, "pt", m->pt, n);
		look_at_ratio(b, m, "ct", m->ct, n);
		look_at_addresses(b, m, n);
	}
	look_at_identifiers(b, n);
}
