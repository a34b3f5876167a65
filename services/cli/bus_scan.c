/* `hjgate bus scan`: who answers on this line. Each unit id is asked for one register; whatever it says, a value or
 * an exception, it is there. A meter that has input registers only may be silent to a question for another: these
 * are asked for where nobody has holding registers, since most ids are nobody's and cost a time-out each. Stations
 * are searched by their digits (meter_search.h). Where the format is not known either, the common ones are tried
 * first, and the first at which somebody answers is taken for that of the line. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bus.h"
#include "hjgate/meter_search.h"
#include "tables.h"
#include "timespec.h"

#define SCAN_TIMEOUT_MS    200 /* a first byte that takes longer is rare, and 247 ids take their time */
#define STATION_TIMEOUT_MS 600 /* DL/T 645-2007, 5.2: an answer begins within 500 ms */
#define STATION_TRIES      3   /* noise looks like two that speak at once, and leads to a hundred questions */
#define STATION_BRANCHES   100 /* two digits */
#define FORMATS_MOST       32

struct scan {
	struct cli *cli;
	const struct bus_options *o;
	struct bus_wire wire;
	struct writer *writer;
	struct cli_progress progress;
	bool units[BUS_UNITS];
	size_t unit_count;
	enum hj_table table; /* that --table names; 0: none */
	bool asked_input;
	size_t all, done; /* questions, of all formats */
	size_t found, unreadable, silent, doubles;
	int64_t timeout_ms;
};

static const struct writer_column columns[] = {
	{ "unit_id", N_("UNIT ID"), true },
	{ "meter", N_("METER"), false },
	{ "table", N_("TABLE"), false },
	{ "format", N_("FORMAT"), false },
	{ "result", N_("ANSWER"), false },
	{ "exception", NULL, true },
	{ "took_ms", N_("ROUND TRIP"), true },
	{ "received", N_("RECEIVED"), false },
};

/* The same of stations. */
static const struct writer_column station_columns[] = {
	{ "station", N_("STATION"), true },
	{ "meter", N_("METER"), false },
	{ "format", N_("FORMAT"), false },
	{ "result", N_("ANSWER"), false },
	{ "exception", NULL, true },
	{ "took_ms", N_("ROUND TRIP"), true },
	{ "received", N_("RECEIVED"), false },
};

static bool has_stations(const struct scan *s)
{
	return hj_bus_type(s->wire.conf.kind)->traits & HJ_BUS_STATIONS;
}

/* ---- formats ---- */

struct format {
	int64_t baud;
	char parity;
};

/* Common ones first. */
static size_t make_formats(const struct bus_wire *w, const struct bus_options *o, struct format *ret)
{
	static const int64_t bauds[] = { 9600, 19200, 4800, 2400, 115200, 38400, 57600, 1200 };
	static const char parities[] = "NEO";
	bool all_bauds = o->baud && !strcmp(o->baud, "all");
	bool all_parities = o->parity ? !strcmp(o->parity, "all") : all_bauds;
	size_t n = 0;

	for (size_t b = 0; b < (all_bauds ? hj_array_size(bauds) : 1); b++)
		for (size_t p = 0; p < (all_parities ? strlen(parities) : 1); p++)
			ret[n++] = (struct format){ all_bauds ? bauds[b] : w->conf.baud,
				all_parities ? parities[p] : w->conf.parity };
	return n;
}

/* ---- rows ---- */

static const char *meter_at(const struct bus_wire *w, unsigned unit)
{
	for (size_t i = 0; w->has_file && i < w->conf.meter_count; i++)
		if (w->conf.meters[i].unit_id == (int64_t)unit)
			return w->conf.meters[i].name;
	return NULL;
}

static void answer_text(const struct bus_reply *a, char *to, size_t size)
{
	if (a->result == BUS_EXCEPTION)
		snprintf(to, size, _("answers: exception %d, %s"), a->exception, bus_exception_name(a->exception));
	else if (a->result == BUS_OK)
		snprintf(to, size, "%s", _("answers"));
	else
		snprintf(to, size, "%s: %s", _("something, but unreadable"), cli_reason(a->why));
}

/* All of a row but who it is. */
static void put_answer(struct scan *s, const struct bus_reply *a)
{
	char text[160], hex[3 * HJ_FRAME_MAX], format[BUS_FORMAT_LEN];
	bool good = a->result != BUS_BROKEN;
	struct writer *w = s->writer;

	answer_text(a, text, sizeof(text));
	writer_cell_text(w, bus_format(&s->wire.conf, format));
	writer_cell(w, good ? STYLE_GOOD : STYLE_WARN,
	        json_string(a->result == BUS_OK ? "ok"
	                    : good              ? "exception"
	                                        : "broken"),
	        text);
	writer_cell_int(w, a->exception);
	snprintf(text, sizeof(text), "%.1f ms", (double)a->took_us / 1000);
	writer_cell(w, STYLE_PLAIN, json_real((double)a->took_us / 1000), text);
	bus_hex_text(a->received, hj_min(a->received_length, (size_t)12), hex, sizeof(hex));
	writer_cell_text(w, hex);
}

/* ---- unit ids ---- */

static int ask_unit(struct scan *s, unsigned unit, enum hj_table table)
{
	const struct hj_question q = { .unit_id = (uint8_t)unit, .table = table, .count = 1 };
	char format[BUS_FORMAT_LEN];
	struct bus_reply a;
	int r;

	cli_progress(&s->progress, s->done, s->all, _("%s: unit %u, %zu found"), bus_format(&s->wire.conf, format),
	        unit, s->found);
	r = bus_wire_ask(&s->wire, &q, s->timeout_ms, &a);
	s->done++;
	s->silent += !r && a.result == BUS_SILENT;
	if (r || a.result == BUS_SILENT || a.result == BUS_WAIT)
		return r;
	s->found += a.result != BUS_BROKEN;
	s->unreadable += a.result == BUS_BROKEN;
	cli_progress_end(&s->progress);
	writer_cell_int(s->writer, unit);
	writer_cell_text(s->writer, meter_at(&s->wire, unit));
	writer_cell_text(s->writer, hj_table_name(table));
	put_answer(s, &a);
	return 0;
}

static int ask_units(struct scan *s, enum hj_table table)
{
	int r = 0;

	s->asked_input |= table == HJ_TABLE_INPUT;
	for (unsigned unit = 1; unit < BUS_UNITS && !r; unit++)
		if (s->units[unit])
			r = ask_unit(s, unit, table);
	return r;
}

static int scan_units(struct scan *s, bool one_format)
{
	int r = ask_units(s, s->table ? s->table : HJ_TABLE_HOLDING);

	if (r || s->table || !one_format || s->found || s->unreadable)
		return r;
	s->all += s->unit_count;
	return ask_units(s, HJ_TABLE_INPUT);
}

/* ---- stations ---- */

static const char *meter_of(const struct bus_wire *w, const char *station)
{
	for (size_t i = 0; w->has_file && i < w->conf.meter_count; i++) {
		const char *its = w->conf.meters[i].station;
		size_t n = strlen(its), all = strlen(station);

		if (n && n <= all && !strcmp(station + all - n, its) && strspn(station, "0") >= all - n)
			return w->conf.meters[i].name;
	}
	return NULL;
}

static void put_station(
        struct scan *s, const struct hj_search *search, const uint8_t *station, const struct bus_reply *a)
{
	char text[2 * HJ_STATION_BYTES + 1];

	for (unsigned i = 0; i < search->bytes; i++)
		snprintf(text + 2 * i, 3, "%02x", station[HJ_STATION_BYTES - search->bytes + i]);
	cli_progress_end(&s->progress);
	writer_cell_text(s->writer, text);
	writer_cell_text(s->writer, meter_of(&s->wire, text));
	put_answer(s, a);
}

/* What became of one question with all its tries, as hj_search_tell() wants it. Who refuses is there, too. */
static int result_of(const struct bus_reply *a)
{
	if (a->result == BUS_OK || a->result == BUS_EXCEPTION)
		return 0;
	return a->result == BUS_BROKEN || a->junk ? -EBADMSG : -ETIMEDOUT;
}

static int ask_stations(struct scan *s, struct hj_search *search, const struct hj_question *q)
{
	const struct hj_protocol *p = bus_protocol(s->wire.conf.kind);
	int r = 0, result = -EBADMSG;
	struct hj_answer answer = { 0 };
	struct bus_reply a;

	for (int i = 0; i < STATION_TRIES && result == -EBADMSG; i++) {
		r = bus_wire_ask(&s->wire, q, s->timeout_ms, &a);
		if (r)
			return r;
		result = result_of(&a);
	}
	s->done++;
	if (!result && p->decode(q, a.received, a.received_length, &answer) == -EBADMSG)
		result = -EBADMSG;
	s->unreadable += result == -EBADMSG;
	if (!hj_search_tell(search, result, answer.station))
		return 0;
	s->found++;
	put_station(s, search, answer.station, &a);
	return 0;
}

/* How many are to be asked is known only in the end: to go is what is left of these two digits. */
static int scan_stations(struct scan *s)
{
	char format[BUS_FORMAT_LEN];
	struct hj_search search;
	struct hj_question q;
	int r = 0;

	hj_search_init(&search, bus_protocol(s->wire.conf.kind));
	while (!r && hj_search_next(&search, &q)) {
		size_t left = search.fixed ? (size_t)(STATION_BRANCHES - search.number[search.fixed - 1]) : 1;

		if (search.fixed)
			cli_progress(&s->progress, s->done, s->done + left,
			        _("%s: stations whose digits end in %02u, %zu found"),
			        bus_format(&s->wire.conf, format), search.number[0], s->found);
		r = ask_stations(s, &search, &q);
	}
	s->doubles += search.doubles;
	return r;
}

/* ---- all of it ---- */

static int scan_formats(struct scan *s)
{
	struct format formats[FORMATS_MOST];
	size_t n = make_formats(&s->wire, s->o, formats);
	int r = 0;

	s->all *= n;
	for (size_t i = 0; i < n && !r && !s->found; i++) {
		s->wire.conf.baud = formats[i].baud;
		s->wire.conf.parity = formats[i].parity;
		r = n > 1 ? bus_wire_reopen(&s->wire) : 0;
		r = r ? r : has_stations(s) ? scan_stations(s) : scan_units(s, n == 1);
	}
	return r;
}

/* ---- the end ---- */

static void conclude(struct scan *s, int64_t took_ms)
{
	char span[CLI_SPAN_LEN], format[BUS_FORMAT_LEN];
	struct writer *w = s->writer;

	writer_field(w, "asked", NULL, STYLE_PLAIN, json_integer((json_int_t)s->done), NULL);
	writer_field(w, "found", NULL, STYLE_PLAIN, json_integer((json_int_t)s->found), NULL);
	writer_say(w, STYLE_DIM, _("%zu found, %zu asked in %s"), s->found, s->done, cli_span(took_ms, span));
	if (s->doubles)
		writer_say(w, STYLE_WARN,
		        _("%zu times several spoke at once to the last digit: two meters of one address?"),
		        s->doubles);
	if (!s->found && s->unreadable)
		writer_say(w, STYLE_WARN, _("Somebody speaks, but not at %s: try --baud all"),
		        bus_format(&s->wire.conf, format));
	if (!s->found && s->unreadable && has_stations(s))
		writer_say(w, STYLE_WARN, "%s",
		        _("Or several meters speak at once, and none answers to the last digits of its address: connect "
		          "them one by one, or read the addresses off their plates"));
	if (!s->found && !s->unreadable)
		writer_say(w, STYLE_WARN,
		        _("Nobody answers. A slow meter needs --timeout 1000, another format --baud all; hjgate bus "
		          "doctor %s looks at the line"),
		        s->wire.target);
	if (s->silent && !s->asked_input)
		writer_say(w, STYLE_DIM, "%s",
		        _("Only holding registers were asked for: --table input finds meters that have input registers "
		          "alone"));
}

static int scan(struct scan *s)
{
	int64_t begun = cli_wall_ms();
	int r;

	s->units[HJ_UNIT_DIRECT] |= !s->o->units && s->wire.conf.kind == HJ_BUS_tcp;
	for (unsigned unit = 1; unit < BUS_UNITS; unit++)
		s->unit_count += s->units[unit];
	s->all = s->unit_count;
	s->timeout_ms = s->o->timeout ? s->o->timeout : has_stations(s) ? STATION_TIMEOUT_MS : SCAN_TIMEOUT_MS;
	s->writer = bus_writer(s->cli);
	cli_progress_begin(s->cli, &s->progress);
	if (has_stations(s))
		writer_table(s->writer, "stations", station_columns, hj_array_size(station_columns));
	else
		writer_table(s->writer, "units", columns, hj_array_size(columns));
	r = scan_formats(s);
	cli_progress_end(&s->progress);
	writer_table_end(s->writer);
	if (!r)
		conclude(s, cli_wall_ms() - begun);
	writer_free(s->writer);
	return r ? r : s->found ? HJ_EXIT_OK : HJ_EXIT_REFUSED;
}

int bus_scan(struct cli *cli, const struct bus_options *o, int argc, char **argv)
{
	struct scan s = { .cli = cli, .o = o };
	int r;

	if (argc != 1)
		return cli_usage(cli, "%s", _("scan needs one word: a bus, a device, or HOST:PORT"));
	r = bus_units(cli, o->units, s.units);
	r = r || !o->table ? r : bus_table(cli, o->table, &s.table);
	if (!r && s.table && s.table != HJ_TABLE_HOLDING && s.table != HJ_TABLE_INPUT)
		r = cli_usage(cli, "%s", _("scan asks for registers: --table holding or input"));
	if (r)
		return r;
	r = bus_wire_open(cli, o, argv[0], &s.wire);
	if (r)
		return r;
	if (!s.wire.adhoc && ((o->baud && !strcmp(o->baud, "all")) || (o->parity && !strcmp(o->parity, "all"))))
		r = cli_refused(cli,
		        _("the bus is in use with one format: stop its meterd to try others (systemctl "
		          "stop hjgate-meterd@%s)"),
		        s.wire.conf.name);
	else
		r = scan(&s);
	bus_wire_close(&s.wire);
	return r;
}
