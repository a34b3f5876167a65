/* `hjgate judge replay`: equipment.conf, or another file that is to take its place, judged over what the store has
 * recorded, beside what was concluded then. It asks nothing of judged: the records and a plan are all it needs, so a
 * year may be replayed beside a running gateway. */
#include "judge.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "check.h"
#include "hjgate/clock.h"
#include "hjgate/judge_history.h"
#include "hjgate/log.h"
#include "hjgate/record_json.h"
#include "tables.h"
#include "timespec.h"

#define PAGE_RECORDS 10000
#define GAP_MS       600000 /* without a record: nobody looked */

struct replay {
	struct hj_judge *judge;
	const struct hj_judge_plan *plan;
	struct hj_judge_map map;
	struct hj_judge_batch batch;
	struct judged_spans would;
	int64_t from_ms, to_ms, step_ms;
	uint64_t after, unreadable;
	size_t page, records, samples;
};

/* ---- conclusions ---- */

static void end_span(struct replay *r, const struct hj_conclusion *c)
{
	for (size_t i = r->would.count; i > 0; i--)
		if (r->would.list[i - 1].number == c->number) {
			r->would.list[i - 1].end_ms = c->end_ms;
			return;
		}
}

static bool lasts(const void *data, const char *code, const char *key)
{
	const struct replay *r = data;

	for (size_t i = 0; i < r->would.count; i++) {
		const struct judged_span *s = &r->would.list[i];

		if (!s->end_ms && !strcmp(s->code, code) && !strcmp(s->key, key))
			return true;
	}
	return false;
}

static void on_conclusion(void *data, const struct hj_conclusion *c)
{
	const char *code = hj_conclusion_event(c->code);
	struct replay *r = data;
	char key[HJ_CONCLUSION_KEY_MAX + 1];
	struct judged_span *s;

	if (c->ended || !code) {
		end_span(r, c);
		return;
	}
	hj_conclusion_key_free(r->plan, c, lasts, r, key);
	s = judge_spans_add(&r->would);
	if (!s)
		return;
	hj_text_copy(s->code, sizeof(s->code), code);
	hj_text_copy(s->key, sizeof(s->key), key);
	s->begin_ms = c->begin_ms;
	s->number = c->number;
}

/* ---- records ---- */

static void take_record(struct replay *r, json_t *j)
{
	struct hj_record record;

	r->page++;
	r->after = (uint64_t)cli_int(j, "seq");
	if (hj_record_from_json(j, &record) < 0) {
		r->unreadable++;
		return;
	}
	if (!r->batch.label_ms) /* what was before the first of them nobody knows */
		hj_judge_skip(r->judge, hj_max(record.head.label_ms, r->from_ms));
	r->samples += hj_judge_batch_record(
	        &r->batch, r->judge, &r->map, &record.head, &record.stats, r->step_ms, r->from_ms, GAP_MS);
	hj_record_done(&record);
}

static int take_page(json_t *answer, bool continues, void *userdata)
{
	struct replay *r = userdata;
	struct hj_point point;
	json_t *j;
	size_t i;

	json_array_foreach(json_object_get(answer, "points"), i, j)
	{
		if (hj_point_from_json(j, &point) >= 0)
			hj_judge_map_learn(&r->map, point.number, point.name);
	}
	json_array_foreach(json_object_get(answer, "records"), i, j)
	{
		take_record(r, j);
	}
	r->unreadable += cli_left_out(answer);
	return 0;
}

static int read_records(struct cli *cli, struct replay *r)
{
	int status;

	do {
		r->page = 0;
		status = cli_stream(cli, "stored.look", "hjgate.Store.Query",
		        json_pack("{ss sI sI sI si}", "kind", "minute", "begin", (json_int_t)r->from_ms, "end",
		                (json_int_t)r->to_ms, "after", (json_int_t)r->after, "limit", PAGE_RECORDS),
		        CLI_ANSWER_MS, take_page, r);
		r->records += r->page;
	} while (!status && r->page == PAGE_RECORDS);
	if (status)
		return status;
	hj_judge_batch_feed(&r->batch, r->judge, INT64_MAX, GAP_MS);
	if (r->to_ms - hj_judge_time(r->judge) <= GAP_MS)
		hj_judge_pass(r->judge, r->to_ms);
	return 0;
}

/* ---- the whole ---- */

static int load(struct cli *cli, const char *with, struct hj_conf_site *ret)
{
	_cleanup_(hj_conf_errors_done) struct hj_conf_errors errors = { 0 };
	struct hj_conf_main conf = HJ_CONF_MAIN_DEFAULT;
	int r;

	if (with && access(with, R_OK) < 0)
		return cli_refused(cli, _("%s cannot be read: %s"), with, strerror(errno));
	hj_conf_load_main(cli->root, &conf, &errors);
	hj_conf_errors_done(&errors);
	r = with ? hj_conf_load_equipment_at(cli->root, with, ret, &errors)
	         : hj_conf_load_equipment(cli->root, ret, &errors);
	check_show_list(stderr, &errors, "");
	if (r == -ENOENT)
		return cli_refused(cli, "%s",
		        _("there is no equipment.conf: copy equipment.conf.example and edit it, or name a file "
		          "(--with)"));
	if (r < 0)
		return cli_refused(cli, "%s", _("nothing is replayed: correct the file first"));
	ret->plan.day_ms = hj_conf_day_ms(&conf);
	return 0;
}

static void say_what_it_shows(struct writer *w)
{
	writer_say(w, STYLE_DIM, "%s",
	        _("Records keep the least, the average and the greatest value of a window, not when they were:"));
	writer_say(w, STYLE_DIM, "%s",
	        _("what was shorter than a window, the order of changes within one, and begins and ends to the "
	          "second are not shown; states that last are."));
}

static void show(struct cli *cli, struct replay *r, const struct judged_spans *was)
{
	struct writer *w = writer_stdout(cli->json ? WRITER_JSON : WRITER_TEXT);
	char from[HJ_TIME_HUMAN_LEN + 1], to[HJ_TIME_HUMAN_LEN + 1];

	hj_time_human(r->from_ms, false, from);
	hj_time_human(r->to_ms, false, to);
	writer_field(w, "from", NULL, STYLE_PLAIN, json_integer(r->from_ms), NULL);
	writer_field(w, "to", NULL, STYLE_PLAIN, json_integer(r->to_ms), NULL);
	writer_field(w, "records", NULL, STYLE_PLAIN, json_integer((json_int_t)r->records), NULL);
	writer_field(w, "lost", NULL, STYLE_PLAIN,
	        json_integer((json_int_t)(r->would.lost + was->lost + r->batch.lost)), NULL);
	writer_say(w, STYLE_TITLE, ngettext("%zu record from %s to %s", "%zu records from %s to %s", r->records),
	        r->records, from, to);
	writer_field(w, "unreadable", NULL, STYLE_PLAIN, json_integer((json_int_t)r->unreadable), NULL);
	cli_say_unreadable(w, r->unreadable);
	judge_show_difference(was, &r->would, r->to_ms, w);
	if (!r->samples)
		writer_say(w, STYLE_WARN, "%s",
		        r->records ? _("none of them has a value of these points")
		                   : _("nothing is recorded yet of that time: a record comes with the end of each "
		                       "base window, once a bus runs (hjgate apply)"));
	say_what_it_shows(w);
	writer_free(w);
}

static int run(struct cli *cli, struct replay *r, const struct hj_conf_site *site)
{
	struct judged_spans was = { 0 };
	int status;

	r->plan = r->map.plan = &site->plan;
	r->step_ms = hj_judge_step_ms(&site->plan);
	if (hj_judge_new(&site->plan, r->from_ms, on_conclusion, r, &r->judge) < 0)
		return HJ_EXIT_TEMPORARY;
	status = read_records(cli, r);
	if (!status)
		status = judge_spans_was(cli, r->from_ms, r->to_ms, &was);
	if (!status) {
		judge_differ(&was, &r->would);
		show(cli, r, &was);
	}
	free(was.list);
	return status;
}

int judge_replay(struct cli *cli, const struct judge_options *o)
{
	struct replay r = { .from_ms = o->from, .to_ms = o->to ? o->to : cli_wall_ms() };
	struct hj_conf_site site = { .file = "" };
	int status;

	if (!o->from || r.to_ms <= r.from_ms)
		return cli_usage(cli, "%s", _("replay needs --from TIME, before --to"));
	status = load(cli, o->with, &site);
	if (!status)
		status = run(cli, &r, &site);
	hj_judge_free(r.judge);
	hj_judge_map_done(&r.map);
	hj_judge_batch_done(&r.batch);
	free(r.would.list);
	hj_conf_site_done(&site);
	return status;
}
