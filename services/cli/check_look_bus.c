/* A bus that works and is hardly meant: a port that is not there, a listener that nobody reaches, a ratio that
 * multiplies nothing, registers by the numbers of a manual. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check_look.h"
#include "cli.h"

#define IDENTIFIERS_MOST 64 /* of one bus: the file is read again for each */

#define BLOCK              0xff /* instead of a number: all of them */
#define DLT645_DEMAND      1    /* the class after energy, 0 */
#define DLT645_SETTLEMENTS 0x0c
#define DLT645_TARIFFS     8 /* the standard allows 63 */

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

/* Identifiers are written by their hexadecimal digits. Without 0x these are taken for a decimal number: 00010000 for
 * 0x2710, which is another identifier, or none. So a decimal number is suspected unless it is an identifier of the
 * standard as it stands, as programs may write them.
 *
 * DL/T 645: digits of the four bytes are decimal but for FF, a block. The classes 00 and 01, energy and demand, have
 * the tariff in the third byte, and in the last one which settlement: the 12th before this one at most. */
static bool is_dlt645_identifier(uint32_t identifier)
{
	uint8_t last = (uint8_t)identifier, tariff = (uint8_t)(identifier >> 8);

	for (unsigned i = 0; i < sizeof(identifier); i++) {
		uint8_t byte = (uint8_t)(identifier >> 8 * i);

		if (byte != BLOCK && (byte >> 4 > 9 || (byte & 0xf) > 9))
			return false;
	}
	return identifier >> 24 > DLT645_DEMAND || ((last <= DLT645_SETTLEMENTS || last == BLOCK) &&
	                                                  (tariff <= DLT645_TARIFFS || tariff == BLOCK));
}

/* CJ/T 188: behind the type of the meter the class, or, of some makers, the two bytes the other way round. */
static bool is_cjt188_identifier(uint32_t identifier)
{
	static const uint8_t classes[] = { 0x81, 0x90, 0xa0, 0xd1 };
	bool found = !identifier;

	for (size_t i = 0; i < hj_array_size(classes); i++)
		found |= (uint8_t)identifier == classes[i] || (uint8_t)(identifier >> 8) == classes[i];
	return found;
}

static const struct identifiers {
	enum hj_bus_kind kind;
	bool (*is)(uint32_t identifier);
	int digits;
} identifiers[] = {
	{ HJ_BUS_dlt645, is_dlt645_identifier, 8 },
	{ HJ_BUS_cjt188, is_cjt188_identifier, 6 },
};

static void look_at_identifier(const struct hj_conf_bus *b, const struct identifiers *i,
        const struct hj_conf_point *p, struct hj_conf_errors *n)
{
	char is[16], meant[16], what[256], remedy[256];

	if (!hj_conf_key_decimal(b->file, p->line, "address"))
		return;
	snprintf(is, sizeof(is), "0x%0*X", i->digits, p->address);
	snprintf(meant, sizeof(meant), "0x%0*u", i->digits, p->address);
	snprintf(what, sizeof(what), _("address = %u of %s is a decimal number: the identifier %s"), p->address,
	        p->point.name, is);
	snprintf(remedy, sizeof(remedy),
	        _("write address = %s; where these are the digits of the identifier, else %s"), meant, is);
	check_note(n, b->file, hj_conf_key_line(b->file, p->line, "address"), what, remedy);
}

static void look_at_identifiers(const struct hj_conf_bus *b, struct hj_conf_errors *n)
{
	const struct identifiers *known = NULL;
	unsigned looks = 0;

	for (size_t i = 0; i < hj_array_size(identifiers); i++)
		if (identifiers[i].kind == b->kind)
			known = &identifiers[i];
	for (size_t i = 0; known && i < b->meter_count; i++)
		for (size_t k = 0; k < b->meters[i].point_count && looks < IDENTIFIERS_MOST; k++) {
			const struct hj_conf_point *p = &b->meters[i].points[k];

			if (known->is(p->address))
				continue;
			looks++;
			look_at_identifier(b, known, p, n);
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
