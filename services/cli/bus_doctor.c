/* `hjgate bus doctor`: what is wrong with a line, on one page: each meter is asked many times, and what came of it is
 * judged (meter_doctor.h). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus.h"
#include "hjgate/meter_codec.h"
#include "hjgate/meter_doctor.h"
#include "hjgate/meter_exchange.h"
#include "tables.h"
#include "timespec.h"

#define ROUNDS_WITHOUT 20
#define ROUNDS_MOST    1000
#define BAR_MOST       40 /* characters */

struct patient {
	struct hj_question question;
	char name[HJ_NAME_MAX + 1]; /* the meter's, or unit 3 */
};

struct doctor {
	struct cli *cli;
	struct bus_wire wire;
	struct patient patients[HJ_DOCTOR_UNITS];
	size_t count;
	int64_t rounds;
	struct hj_doctor book;
	char format[BUS_FORMAT_LEN]; /* that its meterd talks; "" = not known */
	struct cli_progress progress;
};

static const struct writer_column unit_columns[] = {
	{ "meter", N_("METER"), false },
	{ "unit_id", N_("UNIT ID"), true },
	{ "asked", N_("ASKED"), true },
	{ "answered", N_("ANSWERED"), true },
	{ "exceptions", N_("REFUSED"), true },
	{ "silent", N_("SILENT"), true },
	{ "broken", N_("BROKEN"), true },
	{ "late", N_("LATE"), true },
	{ "trailing", N_("BYTES BEHIND"), true },
	{ "p50_ms", N_("P50"), true },
	{ "p95_ms", N_("P95"), true },
	{ "max_ms", N_("MAX"), true },
};

static const struct writer_column histogram_columns[] = {
	{ "below_ms", N_("ROUND TRIP"), true },
	{ "count", N_("COUNT"), true },
	{ NULL, "", false },
};

static const struct writer_column finding_columns[] = {
	{ "kind", N_("FINDING"), false },
	{ "meter", N_("METER"), false },
	{ "value", N_("HOW MUCH"), true },
	{ "advice", N_("WHAT TO DO"), false },
};

static const struct {
	const char *key, *text, *advice, *unit;
	enum writer_style style;
} findings[HJ_FINDING_KINDS] = {
	[HJ_FINDING_FINE] = { "fine", N_("the line is good"), "", NULL, STYLE_GOOD },
	[HJ_FINDING_NOTHING] = { "nothing", N_("not a byte came"),
	        N_("look whether the meters have power, whether both wires reach this port, and whether it is this "
	           "port; then "
	           "hjgate bus scan"),
	        NULL, STYLE_BAD },
	[HJ_FINDING_SWAPPED] = { "swapped", N_("the bytes are like those of swapped wires"),
	        N_("change A and B over at this port; is the line terminated and biased?"), NULL, STYLE_BAD },
	[HJ_FINDING_GARBAGE] = { "garbage", N_("bytes come, but no frame"),
	        N_("the meters have another format: hjgate bus scan --baud all, with the meterd stopped"), NULL,
	        STYLE_BAD },
	[HJ_FINDING_OTHERS] = { "others", N_("another master asks on this line"),
	        N_("one master to a line: take it off, or let it read hjgate (a bus of type listen); hjgate bus "
	           "sniff shows "
	           "what it asks"),
	        N_("questions spoilt"), STYLE_BAD },
	[HJ_FINDING_NOISE] = { "noise", N_("answers are broken, whoever gives them"),
	        N_("120 ohms at both ends and nowhere else, the shield grounded at one end, no star, away from "
	           "drives; a lower "
	           "baud"),
	        "%", STYLE_BAD },
	[HJ_FINDING_DOUBLE] = { "double", N_("two meters may have this address"),
	        N_("take this meter off the line: if it still answers, the other one is found; else its wiring is "
	           "bad"),
	        "%", STYLE_BAD },
	[HJ_FINDING_ABSENT] = { "absent", N_("never answered"),
	        N_("its power, its wires, its unit id and its format: hjgate bus scan says who is there"), NULL,
	        STYLE_BAD },
	[HJ_FINDING_LOSES] = { "loses", N_("leaves questions unanswered"),
	        N_("a loose wire, or it is busy: a longer response_timeout, a gap before each request"), "%",
	        STYLE_WARN },
	[HJ_FINDING_SLOW] = { "slow", N_("is slow"), N_("give it time: response_timeout"), "ms", STYLE_WARN },
	[HJ_FINDING_LATE] = { "late", N_("answers after its time-out"),
	        N_("a longer response_timeout (here: --timeout 1000)"), N_("times"), STYLE_WARN },
	[HJ_FINDING_BABBLE] = { "babble", N_("bytes that nobody asked for"),
	        N_("somebody speaks by himself: hjgate bus sniff shows what; or a line without bias"), "%",
	        STYLE_WARN },
	[HJ_FINDING_ECHO] = { "echo", N_("the adapter gives back what is sent"),
	        N_("nothing: it is taken off, and costs nothing but its reading"), NULL, STYLE_PLAIN },
};

/* ---- whom to ask, and for what ---- */

/* Its first point; a register that it has, so that it answers by a value. */
static void add_meter(struct doctor *d, const struct hj_conf_meter *m)
{
	struct patient *p = &d->patients[d->count];
	const struct hj_conf_point *point = &m->points[0];

	if (!m->point_count)
		return;
	p->question = (struct hj_question){ .unit_id = (uint8_t)m->unit_id,
		.table = point->table,
		.address = (uint32_t)point->address,
		.count = (uint16_t)hj_codec_count(&point->codec, point->table) };
	hj_station_parse(m->station, p->question.station);
	hj_text_copy(p->name, sizeof(p->name), m->name);
	d->count++;
}

static void add_unit(struct doctor *d, unsigned unit)
{
	struct patient *p = &d->patients[d->count];

	p->question = (struct hj_question){ .unit_id = (uint8_t)unit, .table = HJ_TABLE_HOLDING, .count = 1 };
	snprintf(p->name, sizeof(p->name), _("unit %u"), unit);
	d->count++;
}

/* Every unit id, and every meter of a file, no two of which share an id: there is room for all that can be named. */
_Static_assert(HJ_DOCTOR_UNITS >= BUS_UNITS && HJ_DOCTOR_UNITS >= HJ_CONF_METERS_MAX, "room for all patients");

/* The meters of the file, of these units if some are named; those that it does not know are asked as they are. */
static int choose(struct doctor *d, const struct bus_options *o)
{
	bool units[BUS_UNITS];
	int r = bus_units(d->cli, o->units, units);

	if (!r && o->units && hj_bus_type(d->wire.conf.kind)->traits & HJ_BUS_STATIONS)
		r = cli_usage(d->cli, "%s", _("stations have no unit ids: the meters of the bus's file are asked"));
	for (size_t i = 0; !r && d->wire.has_file && i < d->wire.conf.meter_count; i++) {
		const struct hj_conf_meter *m = &d->wire.conf.meters[i];

		if (!o->units || units[m->unit_id])
			add_meter(d, m);
		units[m->unit_id] = false;
	}
	for (unsigned u = 1; !r && o->units && u < BUS_UNITS; u++)
		if (units[u])
			add_unit(d, u);
	if (!r && !d->count)
		r = cli_usage(d->cli, _("whom to ask? --units 1,2,3 (hjgate bus scan %s says who is there)"),
		        d->wire.target);
	return r;
}

/* ---- asking ---- */

static const enum hj_try outcomes[] = {
	[BUS_OK] = HJ_TRY_ANSWERED,
	[BUS_EXCEPTION] = HJ_TRY_EXCEPTION,
	[BUS_SILENT] = HJ_TRY_SILENT,
	[BUS_BROKEN] = HJ_TRY_BROKEN,
};

static int ask(struct doctor *d, size_t i)
{
	struct hj_doctor_try t = { 0 };
	struct bus_reply a;
	int r = bus_wire_ask(&d->wire, &d->patients[i].question, d->wire.options->timeout, &a);

	if (r || (size_t)a.result >= hj_array_size(outcomes))
		return r;
	t = (struct hj_doctor_try){ .outcome = outcomes[a.result],
		.took = (hj_usec)a.took_us,
		.by_other_master = !strcmp(a.why, HJ_EXCHANGE_MASTER),
		.junk = a.junk,
		.junk_is_late = a.junk_is_late,
		.received = a.received,
		.received_length = a.received_length };
	hj_doctor_take(&d->book, i, &t);
	return 0;
}

static int ask_all(struct doctor *d)
{
	size_t all = d->count * (size_t)d->rounds, done = 0;
	int r = 0;

	cli_progress_begin(d->cli, &d->progress);
	for (int64_t round = 0; round < d->rounds && !r; round++)
		for (size_t i = 0; i < d->count && !r; i++) {
			cli_progress(&d->progress, done++, all, _("asking %s"), d->patients[i].name);
			r = ask(d, i);
		}
	cli_progress_end(&d->progress);
	return r;
}

static void look_at_meterd(struct doctor *d)
{
	_cleanup_json_ json_t *status = NULL;
	const char *echo;

	if (bus_wire_call(&d->wire, "hjgate.Meter.Status", NULL, &status))
		return;
	echo = cli_string(status, "echo");
	d->book.has_echo = echo && !strcmp(echo, "yes");
	hj_text_copy(d->format, sizeof(d->format), cli_string(status, "format") ?: "");
}

/* ---- the page ---- */

static void put_ms(struct writer *w, double ms)
{
	char text[32];

	snprintf(text, sizeof(text), "%.1f ms", ms);
	writer_cell(w, STYLE_PLAIN, isnan(ms) ? json_null() : json_real(ms), isnan(ms) ? "-" : text);
}

static void put_units(struct writer *w, const struct doctor *d)
{
	writer_table(w, "meters", unit_columns, hj_array_size(unit_columns));
	for (size_t i = 0; i < d->count; i++) {
		const struct hj_doctor_unit *u = &d->book.units[i];

		writer_cell_text(w, d->patients[i].name);
		writer_cell_int(w, d->patients[i].question.unit_id);
		writer_cell_int(w, u->asked);
		writer_cell_int(w, u->answered);
		writer_cell_int(w, u->exceptions);
		writer_cell_int(w, u->silent);
		writer_cell_int(w, u->broken);
		writer_cell_int(w, u->late);
		writer_cell_int(w, u->trailing);
		put_ms(w, hj_doctor_trip_ms(u, 0.5));
		put_ms(w, hj_doctor_trip_ms(u, 0.95));
		put_ms(w, hj_doctor_trip_ms(u, 1));
	}
	writer_table_end(w);
}

static void put_histogram(struct writer *w, const struct hj_doctor *book)
{
	char text[32], bar[BAR_MOST + 1];
	uint32_t most = 1;

	for (size_t i = 0; i < HJ_DOCTOR_BINS; i++)
		most = hj_max(most, book->histogram[i]);
	writer_table(w, "round_trips", histogram_columns, hj_array_size(histogram_columns));
	for (size_t i = 0; i < HJ_DOCTOR_BINS; i++) {
		unsigned ms = hj_doctor_bins_ms[i];
		size_t n = ((size_t)book->histogram[i] * BAR_MOST + most - 1) / most;

		if (ms)
			snprintf(text, sizeof(text), "<= %u ms", ms);
		else
			snprintf(text, sizeof(text), "> %u ms", hj_doctor_bins_ms[i - 1]);
		memset(bar, '#', n);
		bar[n] = '\0';
		writer_cell(w, STYLE_PLAIN, ms ? json_integer(ms) : json_null(), text);
		writer_cell_int(w, book->histogram[i]);
		writer_cell_text(w, bar);
	}
	writer_table_end(w);
}

static void put_finding(struct writer *w, const struct doctor *d, const struct hj_finding *f)
{
	const char *unit = findings[f->kind].unit;
	char value[48] = "";

	if (unit)
		snprintf(value, sizeof(value), "%.*f %s", !strcmp(unit, "%"), f->value, _(unit));
	writer_cell(w, findings[f->kind].style, json_string(findings[f->kind].key), _(findings[f->kind].text));
	writer_cell_text(w, f->unit < d->count ? d->patients[f->unit].name : NULL);
	writer_cell(w, STYLE_PLAIN, unit ? json_real(f->value) : json_null(), value);
	writer_cell_text(w, *findings[f->kind].advice ? _(findings[f->kind].advice) : "");
}

static bool put_findings(struct writer *w, const struct doctor *d)
{
	static struct hj_finding list[HJ_FINDINGS_MAX];
	size_t n = hj_doctor_judge(&d->book, list);
	bool well = true;

	writer_table(w, "findings", finding_columns, hj_array_size(finding_columns));
	for (size_t i = 0; i < n; i++) {
		well = well && findings[list[i].kind].style != STYLE_BAD &&
		       findings[list[i].kind].style != STYLE_WARN;
		put_finding(w, d, &list[i]);
	}
	writer_table_end(w);
	return well;
}

/* What was written may not be what runs. */
static void put_format(struct writer *w, const struct doctor *d)
{
	char written[BUS_FORMAT_LEN], text[128];
	const char *format = bus_format(&d->wire.conf, written);
	bool other = d->format[0] && strcmp(d->format, written) != 0;

	if (!(hj_bus_type(d->wire.conf.kind)->traits & HJ_BUS_SERIAL))
		return;
	if (other)
		format = d->format;
	snprintf(text, sizeof(text), other ? _("%s; written is %s: hjgate apply") : "%s", format, written);
	writer_field(w, "format", _("format"), other ? STYLE_WARN : STYLE_PLAIN, json_string(format), text);
}

static int show(struct doctor *d)
{
	char time[HJ_TIME_HUMAN_LEN + 1];
	_cleanup_(writer_freep) struct writer *w = bus_writer(d->cli);
	int64_t now = cli_wall_ms();

	hj_time_human(now, false, time);
	writer_field(w, "target", _("target"), STYLE_PLAIN, json_string(d->wire.target), NULL);
	writer_field(w, "type", _("type"), STYLE_PLAIN, json_string(hj_bus_type(d->wire.conf.kind)->name), NULL);
	put_format(w, d);
	writer_field(w, "time", _("time"), STYLE_PLAIN, json_integer(now), time);
	put_units(w, d);
	put_histogram(w, &d->book);
	return put_findings(w, d) ? HJ_EXIT_OK : HJ_EXIT_REFUSED;
}

int bus_doctor(struct cli *cli, const struct bus_options *o, int argc, char **argv)
{
	static struct doctor d; /* too much for a stack */
	int r;

	if (argc != 1)
		return cli_usage(cli, "%s", _("doctor needs one word: a bus, a device, or HOST:PORT"));
	if (o->rounds > ROUNDS_MOST)
		return cli_usage(cli, _("--rounds takes %d at most"), ROUNDS_MOST);
	d = (struct doctor){ .cli = cli, .rounds = o->rounds ? o->rounds : ROUNDS_WITHOUT };
	r = bus_wire_open(cli, o, argv[0], &d.wire);
	if (r)
		return r;
	r = choose(&d, o);
	hj_doctor_init(&d.book, d.count);
	r = r ? r : ask_all(&d);
	if (!r) {
		look_at_meterd(&d);
		r = show(&d);
	}
	bus_wire_close(&d.wire);
	return r;
}
