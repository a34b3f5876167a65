/* The words of `hjgate bus`: units, tables, addresses, formats. */
#include <stdio.h>
#include <string.h>

#include "bus.h"

#define ADDRESS_MOST 65535
#define COUNT_MOST   125 /* registers of one request */
#define VALUES_SHOWN 12  /* of one answer, in words */

int bus_unit(const struct cli *cli, const char *word, uint8_t *ret)
{
	uint64_t unit;

	/* The target's type is not known yet: bus_wire_unit(). */
	if (hj_uint_parse(word, strlen(word), HJ_UNIT_DIRECT, &unit) < 0 ||
	        !hj_bus_unit_is(HJ_BUS_tcp, (int64_t)unit))
		return cli_usage(cli, _("UNIT is a number from 1 to %d, of Modbus TCP also %d, not \"%s\""), HJ_UNIT_MOST,
		        HJ_UNIT_DIRECT, word);
	*ret = (uint8_t)unit;
	return 0;
}

int bus_table(const struct cli *cli, const char *word, enum hj_table *ret)
{
	static const char *const tables[] = { "coil", "discrete", "holding", "input", NULL };

	for (int i = 0; tables[i]; i++)
		if (!strcmp(word, tables[i])) {
			*ret = (enum hj_table)(HJ_TABLE_COIL + i);
			return 0;
		}
	return cli_unknown(cli, N_("table"), word, tables);
}

int bus_address(const struct cli *cli, const char *word, uint32_t *ret)
{
	uint64_t address;

	if (hj_uint_parse(word, strlen(word), ADDRESS_MOST, &address) < 0)
		return cli_usage(cli, _("ADDRESS is a number from 0 to %d, as in the protocol, not \"%s\""),
		        ADDRESS_MOST, word);
	*ret = (uint32_t)address;
	return 0;
}

/* Manuals write identifiers in hexadecimal, mostly without 0x. */
int bus_identifier(const struct cli *cli, const char *word, uint32_t *ret)
{
	const char *digits = !strncmp(word, "0x", 2) || !strncmp(word, "0X", 2) ? word + 2 : word;
	size_t n = strlen(digits);

	*ret = 0;
	if (!n || n > 8 || strspn(digits, "0123456789abcdefABCDEF") != n)
		return cli_usage(cli, _("IDENTIFIER is hexadecimal like 02010100 or 10901F, not \"%s\""), word);
	for (; *digits; digits++)
		*ret = *ret << 4 | (uint32_t)(*digits <= '9' ? *digits - '0' : (*digits | 0x20) - 'a' + 10);
	return 0;
}

int bus_station(const struct cli *cli, const char *word, uint8_t ret[HJ_STATION_BYTES])
{
	size_t n = strlen(word);

	if (!n || n > 2 * HJ_STATION_BYTES || strspn(word, "0123456789") != n)
		return cli_usage(cli, _("STATION is up to %d digits, as on the meter, not \"%s\""),
		        2 * HJ_STATION_BYTES, word);
	hj_station_parse(word, ret);
	return 0;
}

int bus_count(const struct cli *cli, const char *word, uint16_t *ret)
{
	uint64_t count;

	if (hj_uint_parse(word, strlen(word), COUNT_MOST, &count) < 0 || !count)
		return cli_usage(cli, _("COUNT is a number from 1 to %d, not \"%s\""), COUNT_MOST, word);
	*ret = (uint16_t)count;
	return 0;
}

/* "7" or "7-9" within n characters. */
static bool read_span(const char *text, size_t n, uint64_t most, uint64_t *ret_first, uint64_t *ret_last)
{
	const char *dash = memchr(text, '-', n);
	size_t head = dash ? (size_t)(dash - text) : n;

	if (hj_uint_parse(text, head, most, ret_first) < 0)
		return false;
	*ret_last = *ret_first;
	if (dash && hj_uint_parse(dash + 1, n - head - 1, most, ret_last) < 0)
		return false;
	return *ret_first <= *ret_last;
}

int bus_units(const struct cli *cli, const char *text, bool ret[BUS_UNITS])
{
	uint64_t first, last;
	size_t n;

	memset(ret, 0, sizeof(bool) * BUS_UNITS);
	for (const char *p = text ? text : "1-247"; *p; p += n + (p[n] == ',')) {
		n = strcspn(p, ",");
		if (!read_span(p, n, HJ_UNIT_DIRECT, &first, &last) || !first ||
		        (last > HJ_UNIT_MOST && first != HJ_UNIT_DIRECT))
			return cli_usage(cli,
			        _("--units takes numbers from 1 to %d like 1-20,30, of Modbus TCP also %d, not \"%s\""),
			        HJ_UNIT_MOST, HJ_UNIT_DIRECT, text);
		for (uint64_t u = first; u <= last; u++)
			ret[u] = true;
	}
	return 0;
}

int bus_span(const struct cli *cli, const char *text, uint32_t *ret_first, uint32_t *ret_last)
{
	uint64_t first, last;

	if (!read_span(text, strlen(text), ADDRESS_MOST, &first, &last))
		return cli_usage(cli, _("--near takes addresses like 0-200, not \"%s\""), text);
	*ret_first = (uint32_t)first;
	*ret_last = (uint32_t)last;
	return 0;
}

int bus_baud(const struct cli *cli, const char *text, int64_t *ret)
{
	static const char *const bauds[] = { "1200", "2400", "4800", "9600", "19200", "38400", "57600", "115200",
		NULL };
	uint64_t baud = 0;

	for (int i = 0; bauds[i]; i++)
		if (!strcmp(text, bauds[i]) && hj_uint_parse(text, strlen(text), 115200, &baud) == 0) {
			*ret = (int64_t)baud;
			return 0;
		}
	return cli_unknown(cli, N_("baud rate"), text, bauds);
}

int bus_parity(const struct cli *cli, const char *text, char *ret)
{
	static const char *const parities[] = { "none", "even", "odd", NULL };

	for (int i = 0; parities[i]; i++)
		if (!strcmp(text, parities[i])) {
			*ret = "NEO"[i];
			return 0;
		}
	return cli_unknown(cli, N_("parity"), text, parities);
}

int bus_rs485(const struct cli *cli, const char *text, enum hj_rs485 *ret)
{
	const char *words[HJ_RS485_COUNT + 1] = { 0 };
	int mode = hj_rs485_find(text);

	for (int i = 0; i < HJ_RS485_COUNT; i++)
		words[i] = hj_rs485_name((enum hj_rs485)i);
	if (mode < 0)
		return cli_unknown(cli, N_("way to turn a transceiver round"), text, words);
	*ret = (enum hj_rs485)mode;
	return 0;
}

const char *bus_exception_name(int exception)
{
	static const struct {
		int code;
		const char *name;
	} names[] = { { 1, N_("illegal function") }, { 2, N_("illegal data address") },
		{ 3, N_("illegal data value") }, { 4, N_("device failure") }, { 5, N_("acknowledge") },
		{ 6, N_("device busy") }, { 8, N_("memory parity error") }, { 10, N_("gateway path unavailable") },
		{ 11, N_("gateway target does not respond") } };

	for (size_t i = 0; i < hj_array_size(names); i++)
		if (names[i].code == exception)
			return _(names[i].name);
	return _("unknown exception");
}

const char *bus_format(const struct hj_conf_bus *c, char to[BUS_FORMAT_LEN])
{
	snprintf(to, BUS_FORMAT_LEN, "%d %d%c%d", (int)c->baud, (int)c->data_bits, c->parity, (int)c->stop_bits);
	return to;
}

size_t bus_hex(const char *text, uint8_t *to, size_t most)
{
	size_t n = 0;

	for (; text && text[2 * n] && text[2 * n + 1] && n < most; n++) {
		unsigned byte;

		if (sscanf(text + 2 * n, "%2x", &byte) != 1)
			break;
		to[n] = (uint8_t)byte;
	}
	return n;
}

void bus_hex_text(const uint8_t *p, size_t n, char *to, size_t size)
{
	size_t used = 0;

	*to = '\0';
	for (size_t i = 0; i < n && used + 4 < size; i++)
		used += (size_t)snprintf(to + used, size - used, "%s%02X", i ? " " : "", p[i]);
}

struct writer *bus_writer(const struct cli *cli)
{
	return writer_stdout(cli->json ? WRITER_JSON : WRITER_TEXT);
}

const struct hj_protocol *bus_protocol(enum hj_bus_kind kind)
{
	const struct hj_protocol *stations = hj_protocol_of_stations(hj_bus_type(kind)->name);

	return stations ? stations : &hj_protocol_rtu;
}

void bus_question_text(const struct hj_question *q, char to[BUS_MEANING_LEN])
{
	char station[2 * HJ_STATION_BYTES + 1];

	for (size_t i = 0; i < HJ_STATION_BYTES; i++)
		snprintf(station + 2 * i, 3, "%02x", q->station[i]);
	if (q->table == HJ_TABLE_DATA)
		snprintf(to, BUS_MEANING_LEN, "%s 0x%08X", station + strspn(station, "0"), q->address);
	else if (!q->count)
		snprintf(to, BUS_MEANING_LEN, _("%u writes, from %u"), q->unit_id, q->address);
	else
		snprintf(to, BUS_MEANING_LEN, "%u %s %u+%u", q->unit_id, hj_table_name(q->table), q->address,
		        q->count);
}

void bus_values_text(const struct hj_question *q, const struct hj_answer *a, char to[BUS_MEANING_LEN])
{
	size_t used = strlen(to), most = hj_min((size_t)q->count, (size_t)VALUES_SHOWN);
	bool bits = hj_table_is_bits(q->table);
	char hex[3 * HJ_DATA_MAX + 1];

	if (q->table == HJ_TABLE_DATA) {
		bus_hex_text(a->data, a->length, hex, sizeof(hex));
		snprintf(to + used, BUS_MEANING_LEN - used, ": %.96s", hex);
		return;
	}
	for (size_t i = 0; i < most && (bits ? i / 8 : 2 * i + 1) < a->length; i++)
		used += (size_t)snprintf(to + used, BUS_MEANING_LEN - used, "%s %u", i ? "" : ":",
		        bits ? a->data[i / 8] >> (i % 8) & 1u : (unsigned)(a->data[2 * i] << 8 | a->data[2 * i + 1]));
	if (q->count > most)
		snprintf(to + used, BUS_MEANING_LEN - used, " ...");
}
