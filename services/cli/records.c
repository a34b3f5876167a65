/* `hjgate records`: what the store keeps, a row a point and window. Long answers come page by page and are printed as
 * they come, so that a year takes no more memory than an hour; how far it has come is told on standard error, where a
 * person may be watching. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "hjgate/clock.h"
#include "hjgate/record_json.h"
#include "instances.h"
#include "json_text.h"
#include "tables.h"
#include "timespec.h"
#include "writer.h"

#define PAGE_RECORDS    1000  /* in one call */
#define NEWEST_MOST     10000 /* the store's bound of one call */
#define LAST_BY_DEFAULT 5     /* records, where no span was named */

struct records {
	const struct cli *cli;
	const char *kind_name, *point;
	int64_t from, to, last;
	enum hj_kind kind;
	struct hj_dictionary points;
	struct writer *w;
	uint64_t after, unreadable;
	size_t page, all;
	bool progress;
};

const struct cli_option cli_records_options[] = {
	{ "--kind", 'k', CLI_TEXT, N_("KIND"),
	        N_("minute (as without), hour, day, status, runtime, poweron, log, pending, cut, receipt or void"),
	        offsetof(struct records, kind_name) },
	{ "--from", 0, CLI_TIME, N_("TIME"), N_("windows that begin then or later"), offsetof(struct records, from) },
	{ "--to", 0, CLI_TIME, N_("TIME"), N_("windows that begin before"), offsetof(struct records, to) },
	{ "--last", 'n', CLI_COUNT, N_("N"), N_("the newest N records (5 without --from)"),
	        offsetof(struct records, last) },
	{ "--point", 'p', CLI_TEXT, N_("NAME"), N_("only this point, or this factor"),
	        offsetof(struct records, point) },
	{ 0 },
};

static const struct writer_column stat_columns[] = {
	{ "label", N_("WINDOW"), false },
	{ "window", NULL, false },
	{ "length_ms", NULL, true },
	{ "seq", N_("SEQ"), true },
	{ "factor", N_("FACTOR"), false },
	{ "point", N_("POINT"), false },
	{ "flag", N_("FLAG"), false },
	{ "cou", N_("COU"), true },
	{ "min", N_("MIN"), true },
	{ "avg", N_("AVG"), true },
	{ "max", N_("MAX"), true },
	{ "unit", N_("UNIT"), false },
	{ "got", N_("GOT"), true },
	{ "expected", NULL, true },
	{ "trust", NULL, false },
};

static const struct writer_column body_columns[] = {
	{ "label", N_("TIME"), false },
	{ "window", NULL, false },
	{ "seq", N_("SEQ"), true },
	{ "body", N_("WHAT"), false },
	{ "trust", NULL, false },
};

static void head_cells(struct writer *w, json_t *record, bool statistics)
{
	char text[HJ_TIME_HUMAN_LEN + 1];

	hj_time_human(cli_time(record, "label"), false, text);
	writer_cell(w, STYLE_PLAIN, json_integer(cli_time(record, "label")), text);
	writer_cell_text(w, text);
	if (statistics)
		writer_cell_int(w, cli_int(record, "length"));
	writer_cell_int(w, cli_int(record, "seq"));
}

/* [point, flag, expected, got, cou, min, avg, max, last] */
static void stat_row(struct records *r, json_t *record, json_t *stat)
{
	const struct hj_point *p =
	        hj_dictionary_find(&r->points, (uint32_t)json_integer_value(json_array_get(stat, 0)));
	const char *flag = json_string_value(json_array_get(stat, 1));
	long long expected = json_integer_value(json_array_get(stat, 2)),
	          got = json_integer_value(json_array_get(stat, 3));
	char text[64];

	if (r->point && (!p || (strcmp(p->name, r->point) && strcmp(p->factor, r->point))))
		return;
	head_cells(r->w, record, true);
	writer_cell_text(r->w, p ? p->factor : NULL);
	writer_cell_text(r->w, p ? p->name : NULL);
	cli_flag_cell(r->w, flag ? flag[0] : 0);
	for (size_t i = 4; i <= 7; i++)
		writer_cell_number(r->w, cli_number(json_array_get(stat, i)), -1);
	writer_cell_text(r->w, p ? p->unit : NULL);
	snprintf(text, sizeof(text), "%lld/%lld", got, expected);
	writer_cell(r->w, got < expected ? STYLE_WARN : STYLE_PLAIN, json_integer(got), text);
	writer_cell_int(r->w, expected);
	writer_cell(r->w, STYLE_PLAIN, cli_member(record, "trust"), NULL);
}

static void body_row(struct records *r, json_t *record)
{
	json_t *body = json_object_get(record, "body");
	int64_t begin = cli_time(body, "begin"), end = cli_time(body, "end");
	char from[HJ_TIME_HUMAN_LEN + 1], to[HJ_TIME_HUMAN_LEN + 1], text[128];
	_cleanup_free_ char *compact = cli_json_text(body);
	const char *shown = cli_string(body, "text") ?: compact;

	hj_time_human(begin, false, from);
	hj_time_human(end, false, to);
	snprintf(text, sizeof(text), _("power failure from %s to %s"), from, to);
	head_cells(r->w, record, false);
	writer_cell(r->w, STYLE_PLAIN, cli_member(record, "body"),
	        r->kind == HJ_KIND_POWERON ? text
	        : shown                    ? shown
	                                   : "");
	writer_cell(r->w, STYLE_PLAIN, cli_member(record, "trust"), NULL);
}

static void take_record(struct records *r, json_t *record)
{
	json_t *stat;
	size_t i;

	r->after = (uint64_t)cli_int(record, "seq");
	r->page++;
	if (!hj_kind_is_statistics(r->kind)) {
		body_row(r, record);
		return;
	}
	json_array_foreach(json_object_get(record, "stats"), i, stat) stat_row(r, record, stat);
}

/* With the first answer: where none comes nothing is printed. */
static void begin(struct records *r)
{
	bool statistics = hj_kind_is_statistics(r->kind);

	if (r->w)
		return;
	r->w = writer_stdout(r->cli->json ? WRITER_JSON : WRITER_TEXT);
	writer_field(r->w, "kind", NULL, STYLE_PLAIN, json_string(hj_kind_name(r->kind)), NULL);
	writer_table(r->w, "records", statistics ? stat_columns : body_columns,
	        statistics ? hj_array_size(stat_columns) : hj_array_size(body_columns));
}

static int take(json_t *answer, bool continues, void *userdata)
{
	struct records *r = userdata;
	struct hj_point point;
	json_t *j;
	size_t i;

	begin(r);
	json_array_foreach(json_object_get(answer, "points"), i, j) if (hj_point_from_json(j, &point) == 0)
	        hj_dictionary_put(&r->points, &point);
	json_array_foreach(json_object_get(answer, "records"), i, j) take_record(r, j);
	r->unreadable += cli_left_out(answer);
	return ferror(stdout) ? 1 : 0;
}

static json_t *question(const struct records *r, int64_t limit)
{
	json_t *q = json_pack("{ss sI sI sI sb}", "kind", hj_kind_name(r->kind), "begin", (json_int_t)r->from, "end",
	        (json_int_t)r->to, "limit", (json_int_t)limit, "newest", r->last > 0);

	if (r->after)
		json_object_set_new(q, "after", json_integer((json_int_t)r->after));
	if (r->point)
		json_object_set_new(q, "point", json_string(r->point));
	return q;
}

static void tell_progress(const struct records *r, bool done)
{
	if (!r->progress)
		return;
	fputc('\r', stderr);
	fprintf(stderr, ngettext("%zu record", "%zu records", r->all), r->all);
	if (done)
		fputc('\n', stderr);
}

/* Page by page until one is not full. */
static int ask_pages(struct cli *cli, struct records *r)
{
	int64_t limit = r->last ? r->last : PAGE_RECORDS;
	int status;

	do {
		r->page = 0;
		status = cli_stream(
		        cli, "stored.look", "hjgate.Store.Query", question(r, limit), CLI_ANSWER_MS, take, r);
		r->all += r->page;
		tell_progress(r, false);
	} while (status == 0 && !r->last && r->page >= PAGE_RECORDS && !ferror(stdout));
	tell_progress(r, true);
	return status;
}

static int prepare(struct cli *cli, struct records *r, int argc, char **argv)
{
	static const char *const kinds[] = { "minute", "hour", "day", "status", "runtime", "poweron", "log",
		"pending", "cut", "receipt", "void", NULL };
	int status = cli_options(cli, cli_records_options, r, &argc, argv);

	if (status)
		return status;
	if (argc > 1)
		return cli_usage(cli, _("\"%s\" is too much"), argv[1]);
	if (hj_kind_parse(r->kind_name ? r->kind_name : "minute", &r->kind) < 0)
		return cli_unknown(cli, N_("kind"), r->kind_name, kinds);
	if (r->last > NEWEST_MOST)
		return cli_usage(
		        cli, _("--last takes at most %d; name a span with --from and --to for more"), NEWEST_MOST);
	if (!r->from && !r->to && !r->last)
		r->last = LAST_BY_DEFAULT;
	if (!r->to)
		r->to = HJ_TIME_MAX_MS;
	return cli_span_check(cli, r->from, r->to);
}

static int run(struct cli *cli, struct records *r, int argc, char **argv)
{
	int status = prepare(cli, r, argc, argv);

	if (status)
		return status;
	r->cli = cli;
	r->progress = isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO);
	if (r->point && cli_utf8(cli, r->point))
		return HJ_EXIT_USAGE;
	status = ask_pages(cli, r);
	if (!r->w)
		return status;
	writer_table_end(r->w);
	writer_field(r->w, "unreadable", NULL, STYLE_PLAIN, json_integer((json_int_t)r->unreadable), NULL);
	cli_say_unreadable(r->w, r->unreadable);
	if (status == 0 && r->point && r->all == 0 && !r->unreadable)
		status = cli_point_known(cli, r->point);
	if (status == 0 && r->all == 0 && !r->unreadable)
		writer_say(r->w, STYLE_WARN, "%s", _("no such records"));
	writer_free(r->w);
	return status;
}

int cli_records(struct cli *cli, int argc, char **argv)
{
	struct records *r = calloc(1, sizeof(*r));
	int status = r ? run(cli, r, argc, argv) : HJ_EXIT_TEMPORARY;

	if (r)
		hj_dictionary_done(&r->points);
	free(r);
	return status;
}
