/* `hjgate bus scan`: who answers on this line. Each unit id is asked for one register; whatever it says, a value or
 * an exception, it is there. Where the format is not known either, the common ones are tried first, and the first at
 * which somebody answers is taken for that of the line. */
#include <stdio.h>
#include <string.h>

#include "bus.h"
#include "tables.h"
#include "timespec.h"

#define SCAN_TIMEOUT_MS 200 /* a first byte that takes longer is rare, and 247 ids take their time */
#define FORMATS_MOST    32

struct scan {
	struct cli *cli;
	const struct bus_options *o;
	struct bus_wire wire;
	struct writer *writer;
	struct bus_progress progress;
	bool units[BUS_UNIT_MOST + 1];
	size_t all, done; /* questions, of all formats */
	size_t found, unreadable;
	int64_t timeout_ms;
};

static const struct writer_column columns[] = {
	{ "unit_id", N_("UNIT ID"), true },
	{ "meter", N_("METER"), false },
	{ "format", N_("FORMAT"), false },
	{ "result", N_("ANSWER"), false },
	{ "exception", NULL, true },
	{ "took_ms", N_("ROUND TRIP"), true },
	{ "received", N_("RECEIVED"), false },
};

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

static void put_row(struct scan *s, unsigned unit, const struct bus_reply *a)
{
	char text[160], hex[3 * HJ_FRAME_MAX], format[BUS_FORMAT_LEN];
	bool good = a->result != BUS_BROKEN;
	struct writer *w = s->writer;

	bus_progress_end(&s->progress);
	answer_text(a, text, sizeof(text));
	writer_cell_int(w, unit);
	writer_cell_text(w, meter_at(&s->wire, unit));
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

/* ---- asking ---- */

static int ask_unit(struct scan *s, unsigned unit)
{
	const struct hj_question q = { .unit_id = (uint8_t)unit, .table = HJ_TABLE_HOLDING, .count = 1 };
	char format[BUS_FORMAT_LEN];
	struct bus_reply a;
	int r;

	bus_progress(&s->progress, s->done, s->all, _("%s: unit %u, %zu found"), bus_format(&s->wire.conf, format),
	        unit, s->found);
	r = bus_wire_ask(&s->wire, &q, s->timeout_ms, &a);
	s->done++;
	if (r || a.result == BUS_SILENT || a.result == BUS_WAIT)
		return r;
	s->found += a.result != BUS_BROKEN;
	s->unreadable += a.result == BUS_BROKEN;
	put_row(s, unit, &a);
	return 0;
}

static int scan_format(struct scan *s)
{
	int r = 0;

	for (unsigned unit = 1; unit <= BUS_UNIT_MOST && !r; unit++)
		if (s->units[unit])
			r = ask_unit(s, unit);
	return r;
}

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
		r = r ? r : scan_format(s);
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
	if (s->found)
		return;
	if (s->unreadable)
		writer_say(w, STYLE_WARN, _("Somebody speaks, but not at %s: try --baud all"),
		        bus_format(&s->wire.conf, format));
	else
		writer_say(w, STYLE_WARN,
		        _("Nobody answers. A slow meter needs --timeout 1000, another format --baud all; hjgate bus "
		          "doctor %s looks at the line"),
		        s->wire.target);
}

static int scan(struct scan *s)
{
	int64_t begun = cli_wall_ms();
	int r;

	for (unsigned unit = 1; unit <= BUS_UNIT_MOST; unit++)
		s->all += s->units[unit];
	s->timeout_ms = s->o->timeout ? s->o->timeout : SCAN_TIMEOUT_MS;
	s->writer = bus_writer(s->cli);
	bus_progress_begin(s->cli, &s->progress);
	writer_table(s->writer, "units", columns, hj_array_size(columns));
	r = scan_formats(s);
	bus_progress_end(&s->progress);
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
