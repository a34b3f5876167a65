/* `hjgate gaps`: is everything there that should be, from the meters to the platforms; and what is not, why, and can
 * it still be had. With --hours the sums of each hour. The verdict comes first. */
#include <libintl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gaps.h"
#include "hjgate/clock.h"
#include "tables.h"
#include "timespec.h"
#include "writer.h"

struct gaps {
	struct gaps_ask ask;
	struct writer *w;
	double expected, read, due, stored; /* over all */
	uint64_t up_due, up_sent, up_acked;
};

const struct cli_option cli_gaps_options[] = {
	{ "--uplink", 'u', CLI_TEXT, N_("NAME"), N_("only this uplink"), offsetof(struct gaps, ask.uplink) },
	{ "--from", 0, CLI_TIME, N_("TIME"), N_("from then on (24 hours as without; receipts are kept for 30 days)"),
	        offsetof(struct gaps, ask.from) },
	{ "--to", 0, CLI_TIME, N_("TIME"), N_("before then"), offsetof(struct gaps, ask.to) },
	{ "--hours", 0, CLI_FLAG, NULL,
	        N_("expected, read, stored, sent and acknowledged of each meter, uplink and hour"),
	        offsetof(struct gaps, ask.hours) },
	{ 0 },
};

static const struct writer_column gap_columns[] = {
	{ "what", NULL, false },
	{ "name", N_("WHAT"), false },
	{ "points", NULL, true },
	{ "of", NULL, true },
	{ "point", NULL, false },
	{ "begin", N_("FROM"), false },
	{ "end", N_("TO"), false },
	{ "length_ms", N_("LENGTH"), true },
	{ "count", N_("MISSING"), true },
	{ "kind", NULL, false },
	{ "from_seq", NULL, true },
	{ "to_seq", NULL, true },
	{ "cause", N_("CAUSE"), false },
	{ "fill", N_("CAN IT BE FILLED"), false },
	{ "fillable", NULL, false },
	{ "recorded", NULL, false },
};

static const struct writer_column hour_columns[] = {
	{ "hour", N_("HOUR"), false },
	{ "meter", N_("METER"), false },
	{ "expected", N_("EXPECTED"), true },
	{ "read", N_("READ"), true },
	{ "collected", N_("COLLECTED"), true },
	{ "due", N_("VALUES DUE"), true },
	{ "stored", N_("STORED"), true },
	{ "uplink", N_("UPLINK"), false },
	{ "to_send", N_("TO SEND"), true },
	{ "sent", N_("SENT"), true },
	{ "acknowledged", N_("ACKNOWLEDGED"), true },
};

/* ---- hours ---- */

static void count_cell(struct writer *w, double value, double of)
{
	char text[32];

	snprintf(text, sizeof(text), "%.0f", value);
	writer_cell(w, value + 0.5 < of ? STYLE_WARN : STYLE_PLAIN, json_integer(llround(value)), text);
}

static void hour_cells(struct gaps *g, int64_t hour_ms, uint32_t meter, const struct hj_gaps_hour *h)
{
	char text[HJ_TIME_HUMAN_LEN + 1], percent[32];
	double share = h->expected > 0 ? 100 * h->read / h->expected : NAN;

	hj_time_human(hour_ms, false, text);
	writer_cell(g->w, STYLE_PLAIN, json_integer(hour_ms), text);
	writer_cell_text(g->w, hj_gaps_meter_name(g->ask.gaps, meter));
	count_cell(g->w, h->expected, 0);
	count_cell(g->w, h->read, h->expected);
	snprintf(percent, sizeof(percent), "%.1f %%", floor(10 * share) / 10);
	writer_cell(g->w, STYLE_PLAIN, isnan(share) ? json_null() : json_real(floor(10 * share) / 10),
	        isnan(share) ? "-" : percent);
	count_cell(g->w, h->due, 0);
	count_cell(g->w, h->stored, h->due);
}

static void uplink_cells(struct gaps *g, const struct hj_gaps_hour *h, uint32_t uplink)
{
	bool any = uplink < g->ask.uplink_count;
	uint32_t due = any ? h->uplinks[uplink].due : 0, sent = any ? h->uplinks[uplink].sent : 0;
	uint32_t acked = any ? h->uplinks[uplink].acked : 0;

	writer_cell_text(g->w, any ? hj_gaps_uplink_name(g->ask.gaps, uplink) : NULL);
	count_cell(g->w, due, 0);
	count_cell(g->w, sent, due);
	count_cell(g->w, acked, due - (sent - acked)); /* what nobody is asked to acknowledge is not missed */
}

static void add_hour(struct gaps *g, const struct hj_gaps_hour *h)
{
	g->expected += h->expected;
	g->read += h->read;
	g->due += h->due;
	g->stored += h->stored;
	for (uint32_t i = 0; i < g->ask.uplink_count; i++) {
		g->up_due += h->uplinks[i].due;
		g->up_sent += h->uplinks[i].sent;
		g->up_acked += h->uplinks[i].acked;
	}
}

static void take_day(struct gaps_ask *a, int64_t day_ms)
{
	struct gaps *g = a->userdata;
	struct hj_gaps_hour h;

	for (unsigned hour = 0; hour < HJ_GAPS_HOURS; hour++)
		for (uint32_t m = 0; hj_gaps_meter_name(a->gaps, m); m++) {
			if (!hj_gaps_hour(a->gaps, m, hour, &h))
				continue;
			add_hour(g, &h);
			for (uint32_t u = 0; a->hours && u < hj_max(a->uplink_count, 1u); u++) {
				hour_cells(g, day_ms + hour * 3600 * HJ_MS_PER_SEC, m, &h);
				uplink_cells(g, &h, u);
			}
		}
}

/* ---- gaps ---- */

static void what_cells(struct gaps *g, const struct hj_gap *gap)
{
	const char *name = gap->of_uplink ? hj_gaps_uplink_name(g->ask.gaps, gap->what)
	                                  : hj_gaps_meter_name(g->ask.gaps, gap->what);
	uint32_t of = gap->of_uplink ? 0 : hj_gaps_meter_points(g->ask.gaps, gap->what);
	char text[HJ_POINT_NAME_MAX + 64];

	writer_cell(g->w, STYLE_PLAIN, json_string(gap->of_uplink ? "uplink" : "meter"), NULL);
	if (gap->of_uplink)
		snprintf(text, sizeof(text), _("to %s: %s records"), name, cli_word(hj_kind_name(gap->kind)));
	else if (gap->points == 1 && of > 1)
		snprintf(text, sizeof(text), "%s", hj_gaps_point_name(g->ask.gaps, gap->point));
	else if (gap->points < of)
		snprintf(text, sizeof(text), _("%s: %u of %u points"), name, gap->points, of);
	else
		snprintf(text, sizeof(text), "%s", name);
	writer_cell(g->w, STYLE_PLAIN, json_string(name), text);
	writer_cell(g->w, STYLE_PLAIN, gap->of_uplink ? json_null() : json_integer(gap->points), NULL);
	writer_cell(g->w, STYLE_PLAIN, gap->of_uplink ? json_null() : json_integer(of), NULL);
	writer_cell(g->w, STYLE_PLAIN,
	        gap->points == 1 ? json_string(hj_gaps_point_name(g->ask.gaps, gap->point)) : json_null(), NULL);
}

static bool is_fillable(const struct hj_gap *gap)
{
	return gap->fill != HJ_GAP_LOST;
}

static void fill_cells(struct gaps *g, const struct hj_gap *gap)
{
	static const char *const texts[] = {
		[HJ_GAP_LOST] = N_("no: it was never read, or is lost"),
		[HJ_GAP_PENDING] = N_("yes: it was read, and waits until the time is known"),
		[HJ_GAP_OWED] = N_("yes: it waits for its platform"),
		[HJ_GAP_RESEND] = N_("yes: hjgate uplink NAME resend"),
	};
	enum hj_gap_fill fill = (enum hj_gap_fill)gap->fill;

	writer_cell(g->w, STYLE_PLAIN, json_string(hj_gap_cause_name(gap->cause)),
	        cli_word(hj_gap_cause_name(gap->cause)));
	writer_cell(
	        g->w, is_fillable(gap) ? STYLE_WARN : STYLE_BAD, json_string(hj_gap_fill_name(fill)), _(texts[fill]));
	writer_cell(g->w, STYLE_PLAIN, json_boolean(is_fillable(gap)), NULL);
	writer_cell(g->w, STYLE_PLAIN, gap->of_uplink ? json_null() : json_boolean(gap->recorded), NULL);
}

static void gap_row(struct gaps *g, const struct hj_gap *gap)
{
	char text[HJ_TIME_HUMAN_LEN + 1], span[CLI_SPAN_LEN];

	what_cells(g, gap);
	hj_time_human(gap->begin_ms, false, text);
	writer_cell(g->w, STYLE_PLAIN, json_integer(gap->begin_ms), text);
	hj_time_human(gap->end_ms, false, text);
	writer_cell(g->w, STYLE_PLAIN, json_integer(gap->end_ms), text);
	writer_cell(g->w, STYLE_PLAIN, json_integer(gap->end_ms - gap->begin_ms),
	        cli_span(gap->end_ms - gap->begin_ms, span));
	writer_cell_int(g->w, gap->count);
	writer_cell(g->w, STYLE_PLAIN, json_string(hj_kind_name(gap->kind)), NULL);
	writer_cell(g->w, STYLE_PLAIN, gap->of_uplink ? json_integer((json_int_t)gap->from) : json_null(), NULL);
	writer_cell(g->w, STYLE_PLAIN, gap->of_uplink ? json_integer((json_int_t)gap->to) : json_null(), NULL);
	fill_cells(g, gap);
}

static void say_complete(const struct gaps *g, char *text, size_t size)
{
	unsigned long long due = g->up_due, sent = g->up_sent, acked = g->up_acked;

	if (g->due <= 0)
		snprintf(text, size, "%s", _("nothing was expected"));
	else if (sent == acked)
		snprintf(text, size, _("complete: %.0f of %.0f values stored, %llu of %llu acknowledged"), g->stored,
		        g->due, acked, due);
	else
		snprintf(text, size,
		        _("complete: %.0f of %.0f values stored, %llu of %llu sent, %llu of them acknowledged"),
		        g->stored, g->due, sent, due, acked);
}

static void show_verdict(struct gaps *g, const struct hj_gap *gaps, size_t n)
{
	char text[256], from[HJ_TIME_HUMAN_LEN + 1], to[HJ_TIME_HUMAN_LEN + 1];
	size_t fillable = 0;

	for (size_t i = 0; i < n; i++)
		fillable += is_fillable(&gaps[i]);
	if (n)
		snprintf(text, sizeof(text),
		        ngettext("%zu gap, %zu can still be filled", "%zu gaps, %zu can still be filled", n), n,
		        fillable);
	else
		say_complete(g, text, sizeof(text));
	hj_time_human(g->ask.world.begin_ms, false, from);
	hj_time_human(g->ask.world.end_ms, false, to);
	writer_field(g->w, "complete", NULL, STYLE_PLAIN, json_boolean(n == 0), NULL);
	writer_field(g->w, "verdict", NULL, STYLE_PLAIN, json_string(text), NULL);
	writer_field(g->w, "fillable", NULL, STYLE_PLAIN, json_integer((json_int_t)fillable), NULL);
	writer_field(g->w, "begin", NULL, STYLE_PLAIN, json_integer(g->ask.world.begin_ms), NULL);
	writer_field(g->w, "end", NULL, STYLE_PLAIN, json_integer(g->ask.world.end_ms), NULL);
	writer_field(g->w, "causes_known", NULL, STYLE_PLAIN, json_boolean(g->ask.events_known), NULL);
	writer_field(
	        g->w, "more", NULL, STYLE_PLAIN, json_integer((json_int_t)hj_gaps_passed_over(g->ask.gaps)), NULL);
	writer_say(g->w, n ? STYLE_BAD : STYLE_GOOD, "%s", text);
	writer_say(g->w, STYLE_DIM, _("from %s to %s"), from, to);
	cli_say_unreadable(g->w, g->ask.unreadable);
	if (!g->ask.events_known)
		writer_say(g->w, STYLE_WARN, "%s", _("hjgate-eventd does not answer: causes are not known"));
	if (hj_gaps_passed_over(g->ask.gaps))
		writer_say(g->w, STYLE_WARN, _("and %llu more than can be told"),
		        (unsigned long long)hj_gaps_passed_over(g->ask.gaps));
}

static void show_sums(struct gaps *g)
{
	writer_field(g->w, "expected", NULL, STYLE_PLAIN, json_integer(llround(g->expected)), NULL);
	writer_field(g->w, "read", NULL, STYLE_PLAIN, json_integer(llround(g->read)), NULL);
	writer_field(g->w, "due", NULL, STYLE_PLAIN, json_integer(llround(g->due)), NULL);
	writer_field(g->w, "stored", NULL, STYLE_PLAIN, json_integer(llround(g->stored)), NULL);
	writer_field(g->w, "to_send", NULL, STYLE_PLAIN, json_integer((json_int_t)g->up_due), NULL);
	writer_field(g->w, "sent", NULL, STYLE_PLAIN, json_integer((json_int_t)g->up_sent), NULL);
	writer_field(g->w, "acknowledged", NULL, STYLE_PLAIN, json_integer((json_int_t)g->up_acked), NULL);
	writer_field(g->w, "records", NULL, STYLE_PLAIN, json_integer((json_int_t)g->ask.records), NULL);
	writer_field(g->w, "unreadable", NULL, STYLE_PLAIN, json_integer((json_int_t)g->ask.unreadable), NULL);
}

static int show_gaps(struct gaps *g)
{
	const struct hj_gap *gaps;
	size_t n;

	if (hj_gaps_finish(g->ask.gaps, &gaps, &n) < 0)
		return HJ_EXIT_TEMPORARY;
	g->w = writer_stdout(g->ask.cli->json ? WRITER_JSON : WRITER_TEXT);
	show_verdict(g, gaps, n);
	show_sums(g);
	if (n)
		writer_say(g->w, STYLE_PLAIN, "%s", "");
	writer_table(g->w, "gaps", gap_columns, hj_array_size(gap_columns));
	for (size_t i = 0; i < n; i++)
		gap_row(g, &gaps[i]);
	writer_table_end(g->w);
	return 0;
}

/* The hours go out as they come: there may be a month of them. */
static int show_hours(struct gaps *g)
{
	int status;

	g->w = writer_stdout(g->ask.cli->json ? WRITER_JSON : WRITER_TEXT);
	writer_table(g->w, "hours", hour_columns, hj_array_size(hour_columns));
	status = gaps_records(&g->ask);
	writer_table_end(g->w);
	if (!status && g->due <= 0)
		writer_say(g->w, STYLE_PLAIN, "%s", _("nothing was expected"));
	cli_say_unreadable(g->w, g->ask.unreadable);
	show_sums(g);
	return status;
}

static int run(struct cli *cli, struct gaps *g, int argc, char **argv)
{
	int status = cli_options(cli, cli_gaps_options, g, &argc, argv);

	if (status == 0 && argc > 1)
		status = cli_usage(cli, _("\"%s\" is too much"), argv[1]);
	status = status ? status : cli_span_check(cli, g->ask.from, g->ask.to);
	if (status)
		return status;
	g->ask.cli = cli;
	g->ask.day_fn = take_day;
	g->ask.userdata = g;
	status = gaps_prepare(&g->ask);
	if (status)
		return status;
	if (g->ask.hours)
		return show_hours(g);
	status = gaps_records(&g->ask);
	return status ? status : show_gaps(g);
}

int cli_gaps(struct cli *cli, int argc, char **argv)
{
	struct gaps *g = calloc(1, sizeof(*g));
	int status = g ? run(cli, g, argc, argv) : HJ_EXIT_TEMPORARY;

	if (g) {
		writer_free(g->w);
		gaps_done(&g->ask);
	}
	free(g);
	return status;
}
