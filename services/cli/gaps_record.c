/* The records of a span for completeness: asked for day by day, so that no answer is long, and each record is
 * forgotten as soon as it has been counted. */
#include <errno.h>
#include <string.h>

#include "gaps.h"
#include "hjgate/clock.h"

#define PAGE_RECORDS 2000 /* in one call */

/* Which of the uplinks send this point. */
static uint32_t senders(const struct gaps_ask *a, const struct hj_point *p)
{
	uint32_t bits = 0;

	for (uint32_t i = 0; i < a->uplink_count; i++) {
		const struct hj_conf_uplink *u = a->uplinks[i];
		bool sends = !u || (u->all_points && p->factor[0]);

		for (size_t k = 0; u && !sends && k < u->factor_count; k++)
			sends = !strcmp(u->factors[k].point, p->name);
		bits |= (uint32_t)sends << i;
	}
	return bits;
}

int gaps_learn(struct gaps_ask *a, const struct hj_point *p, bool configured, int64_t since_ms)
{
	const struct hj_gaps_point point = { .number = p->number,
		.name = p->name,
		.interval_ms = p->interval_ms,
		.since_ms = since_ms,
		.uplinks = senders(a, p),
		.configured = configured };

	return hj_gaps_point(a->gaps, &point);
}

struct taking {
	struct gaps_ask *a;
	gaps_record_fn fn;
};

static int take_points(struct gaps_ask *a, json_t *answer)
{
	struct hj_point p;
	json_t *j;
	size_t i;
	int r = 0;

	json_array_foreach(json_object_get(answer, "points"), i, j)
	{
		if (r >= 0 && hj_point_from_json(j, &p) == 0)
			r = a->before ? hj_gaps_number(a->gaps, p.number, p.name)
			              : gaps_learn(a, &p, !a->conf_known, INT64_MAX);
	}
	return r;
}

static int take(json_t *answer, bool continues, void *userdata)
{
	struct taking *t = userdata;
	struct hj_record record;
	json_t *j;
	size_t i;
	int r = take_points(t->a, answer);

	(void)continues;
	json_array_foreach(json_object_get(answer, "records"), i, j)
	{
		int e = hj_record_from_json(j, &record);

		t->a->page++;
		t->a->after = (uint64_t)cli_int(j, "seq");
		if (e == -ENOMEM)
			r = e;
		if (e < 0)
			continue;
		r = r < 0 ? r : t->fn(t->a, &record);
		hj_record_done(&record);
	}
	t->a->unreadable += cli_left_out(answer);
	if (r < 0)
		t->a->error = r;
	return r < 0 ? r : 0;
}

static int one_page(struct gaps_ask *a, json_t *what, int64_t limit, bool newest, gaps_record_fn fn)
{
	struct taking t = { a, fn };
	int status;

	json_object_set_new(what, "after", json_integer((json_int_t)a->after));
	json_object_set_new(what, "limit", json_integer((json_int_t)limit));
	json_object_set_new(what, "newest", json_boolean(newest));
	a->page = 0;
	status = cli_stream(a->cli, "stored.look", "hjgate.Store.Query", what, CLI_ANSWER_MS, take, &t);
	a->records += a->page;
	return status;
}

static json_t *span_of(enum hj_kind kind, int64_t begin_ms, int64_t end_ms)
{
	return json_pack("{ss sI sI}", "kind", hj_kind_name(kind), "begin", (json_int_t)begin_ms, "end",
	        (json_int_t)end_ms);
}

int gaps_each(
        struct gaps_ask *a, enum hj_kind kind, int64_t begin_ms, int64_t end_ms, int64_t newest, gaps_record_fn fn)
{
	int status;

	a->after = 0;
	do {
		status = one_page(
		        a, span_of(kind, begin_ms, end_ms), newest ? newest : PAGE_RECORDS, newest > 0, fn);
	} while (status == 0 && !newest && a->page >= PAGE_RECORDS);
	return status;
}

int gaps_oldest(struct gaps_ask *a, enum hj_kind kind, gaps_record_fn fn)
{
	a->after = 0;
	return one_page(a, span_of(kind, 0, HJ_TIME_MAX_MS), 1, false, fn);
}

static int count_record(struct gaps_ask *a, struct hj_record *r)
{
	return hj_gaps_record(a->gaps, &r->head, r->stats.stats, r->stats.count);
}

static int one_day(struct gaps_ask *a, int64_t day_ms)
{
	static const enum hj_kind kinds[] = { HJ_KIND_MINUTE, HJ_KIND_HOUR, HJ_KIND_DAY };
	int64_t begin = hj_max(day_ms, a->world.begin_ms), end = hj_min(day_ms + HJ_MS_PER_DAY, a->world.end_ms);
	int status = hj_gaps_day(a->gaps, day_ms) < 0 ? HJ_EXIT_TEMPORARY : 0;

	for (size_t i = 0; i < hj_array_size(kinds) && status == 0; i++)
		status = gaps_each(a, kinds[i], begin, end, 0, count_record);
	if (status)
		return status;
	if (hj_gaps_day_end(a->gaps) < 0)
		return HJ_EXIT_TEMPORARY;
	if (a->day_fn)
		a->day_fn(a, day_ms);
	return 0;
}

/* Of what lies before the first readable record only what cannot be read is of interest: take() counts it. */
static int count_none(struct gaps_ask *a, struct hj_record *r)
{
	return 0;
}

int gaps_records(struct gaps_ask *a)
{
	int status = 0;

	a->unreadable = 0;
	if (a->asked_ms < a->world.begin_ms)
		status = gaps_each(a, HJ_KIND_MINUTE, a->asked_ms, a->world.begin_ms, 0, count_none);
	for (int64_t day = hj_window_start(a->world.begin_ms, HJ_MS_PER_DAY); day < a->world.end_ms && status == 0;
	        day += HJ_MS_PER_DAY)
		status = one_day(a, day);
	return status;
}
