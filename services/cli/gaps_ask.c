/* What is known before the records are looked at: what is configured, what each uplink owes, its receipts, which
 * points there were before the span, and why something may be missing. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gaps.h"
#include "hjgate/clock.h"
#include "hjgate/now.h"
#include "instances.h"
#include "timespec.h"

#define BY_DEFAULT_MS HJ_MS_PER_DAY
#define LATE_MS                                                                                                      \
	15000 /* after a window's end its record has come, or will not: the store's grace for a bus that is away */
#define NEWEST_MOST   16                   /* before the span: as a rule they have all; one label may have several */
#define DAYS_FIRST_MS (32 * HJ_MS_PER_DAY) /* looked through first, then twice as many */

static int out_of_memory(void)
{
	return HJ_EXIT_TEMPORARY;
}

/* ---- the span ---- */

static int64_t jitter_ms(const struct gaps_ask *a)
{
	int64_t most = 0;

	for (size_t i = 0; i < a->conf.uplink_count; i++)
		most = hj_max(most, a->conf.uplinks[i].jitter * HJ_MS_PER_SEC);
	return most;
}

static void set_world(struct gaps_ask *a, json_t *status)
{
	int64_t length = a->conf_known ? hj_conf_minute_ms(&a->conf.main) : 60 * HJ_MS_PER_SEC, now = cli_wall_ms();
	int64_t end = hj_window_start(now - LATE_MS, length), oldest = cli_time(status, "oldest_label");
	struct hj_gaps_world *w = &a->world;

	w->length_ms = length;
	w->end_ms = a->to ? hj_min(hj_window_start(a->to, length), end) : end;
	w->begin_ms = hj_window_start(a->from ? a->from : w->end_ms - BY_DEFAULT_MS, length);
	a->asked_ms = w->begin_ms;
	if (oldest) /* that can be read */
		w->begin_ms = hj_max(w->begin_ms, hj_window_start(oldest, length));
	w->begin_ms = hj_min(w->begin_ms, w->end_ms);
	w->settled_ms = hj_min(w->end_ms, now - LATE_MS - 2 * length - jitter_ms(a));
}

/* ---- uplinks ---- */

static int take_receipts(struct gaps_ask *a, uint32_t uplink, json_t *list)
{
	struct hj_receipt one;
	json_t *j;
	size_t i;
	int r = 0;

	json_array_foreach(list, i, j)
	{
		if (r >= 0 && hj_receipt_from_json(j, &one) >= 0)
			r = hj_gaps_receipt(a->gaps, uplink, &one);
	}
	return r;
}

static int take_receipt_record(struct gaps_ask *a, struct hj_record *r)
{
	const char *name = cli_string(r->body, "uplink");

	for (uint32_t i = 0; name && i < a->uplink_count; i++)
		if (!strcmp(hj_gaps_uplink_name(a->gaps, i), name))
			return take_receipts(a, i, json_object_get(r->body, "receipts"));
	return 0;
}

/* It is not connected now: then that is why. */
static int take_state(struct gaps_ask *a, uint32_t index, const char *name)
{
	_cleanup_json_ json_t *answer = NULL;
	char socket[HJ_NAME_MAX + 24];
	const char *state;
	enum hj_gap_cause cause = HJ_GAP_STOPPED;

	snprintf(socket, sizeof(socket), "uplinkd@%s.look", name);
	if (cli_ask_quiet(a->cli->root, socket, "hjgate.Uplink.Status", NULL, CLI_ANSWER_MS, &answer, NULL) == 0) {
		state = cli_string(answer, "state");
		if (state && !strcmp(state, "connected"))
			return 0;
		cause = state && !strcmp(state, "paused") ? HJ_GAP_PAUSED : HJ_GAP_LINK;
	}
	return hj_gaps_link(a->gaps, index, cause,
	        cause == HJ_GAP_STOPPED ? a->world.end_ms : cli_int(answer, "since"), INT64_MAX);
}

static const struct hj_conf_uplink *find_conf(const struct gaps_ask *a, const char *name)
{
	for (size_t i = 0; i < a->conf.uplink_count; i++)
		if (!strcmp(a->conf.uplinks[i].name, name))
			return &a->conf.uplinks[i];
	return NULL;
}

static int add_uplink(struct gaps_ask *a, json_t *state)
{
	_cleanup_json_ json_t *answer = NULL;
	const char *name = cli_string(state, "name");
	const struct hj_conf_uplink *conf = name ? find_conf(a, name) : NULL;
	json_t *range;
	uint32_t index;
	size_t i;
	int r;

	/* One that is configured no more owes what it owes, but nobody waits for it. */
	if (!name || (a->uplink && strcmp(a->uplink, name)) || (a->conf_known && !conf && !a->uplink))
		return 0;
	r = hj_gaps_uplink(a->gaps, name, &index);
	if (r < 0)
		return r == -ENOSPC ? 0 : r;
	a->uplinks[index] = conf;
	a->uplink_count = index + 1;
	json_array_foreach(json_object_get(state, "ranges"), i, range)
	{
		r = r < 0 ? r
		          : hj_gaps_owed(
		                    a->gaps, index, (uint64_t)cli_int(range, "from"), (uint64_t)cli_int(range, "to"));
	}
	if (r >= 0 && cli_ask_quiet(a->cli->root, "stored.look", "hjgate.Store.Receipts",
	                      json_pack("{ss}", "uplink", name), CLI_ANSWER_MS, &answer, NULL) == 0)
		r = take_receipts(a, index, json_object_get(answer, "receipts"));
	return r < 0 ? r : take_state(a, index, name);
}

static int add_uplinks(struct gaps_ask *a, json_t *status)
{
	json_t *state;
	size_t i;
	int r = 0;

	json_array_foreach(json_object_get(status, "uplinks"), i, state) r = r < 0 ? r : add_uplink(a, state);
	if (r < 0)
		return out_of_memory();
	if (a->uplink && !a->uplink_count)
		return cli_refused(a->cli, _("the store knows no uplink \"%s\""), a->uplink);
	return gaps_each(a, HJ_KIND_RECEIPT, a->world.begin_ms, HJ_TIME_MAX_MS, 0, take_receipt_record);
}

/* ---- points ---- */

static int add_configured(struct gaps_ask *a)
{
	int r = 0;

	for (size_t b = 0; b < a->conf.bus_count; b++)
		for (size_t m = 0; m < a->conf.buses[b].meter_count; m++)
			for (size_t i = 0; i < a->conf.buses[b].meters[m].point_count && r >= 0; i++) {
				const struct hj_conf_point *p = &a->conf.buses[b].meters[m].points[i];
				struct hj_point point;

				if (p->codec.type == HJ_TYPE_TEXT)
					continue;
				hj_conf_point_get(p, &point);
				r = gaps_learn(a, &point, true, INT64_MAX);
			}
	return r < 0 ? out_of_memory() : 0;
}

/* What was there before the span is missed from its begin on. */
static int take_before(struct gaps_ask *a, struct hj_record *r)
{
	if (r->head.label_ms + r->head.length_ms > a->world.begin_ms)
		return 0; /* an hour or a day that the span begins in says nothing of before */
	for (size_t i = 0; i < r->stats.count; i++)
		hj_gaps_seen(a->gaps, r->stats.stats[i].point, r->head.label_ms);
	return 0;
}

static int take_newest(struct gaps_ask *a, struct hj_record *r)
{
	a->newest_ms = hj_max(a->newest_ms, r->head.label_ms);
	return take_before(a, r);
}

static int look_back(struct gaps_ask *a, enum hj_kind kind, int64_t begin_ms, int64_t end_ms)
{
	return hj_gaps_unseen(a->gaps) ? gaps_each(a, kind, hj_max(begin_ms, 0), end_ms, 0, take_before) : 0;
}

static int note_oldest(struct gaps_ask *a, struct hj_record *r)
{
	a->oldest_ms = r->head.label_ms;
	return 0;
}

/* What is configured and was read last long before the span, since its program or its bus has stopped, is in the
 * records of the days, which are kept for ever and are few; of a day that was not closed yet in those of its hours,
 * and of an hour that was not in its minutes. Those lie behind the newest minute; the hour and the day before it are
 * looked at, too, since a bus that is late closes them late. What has only just been configured is in none, and all
 * the days are looked through in vain: by a few calls, so that the store can serve others in between. Where the
 * minutes before the span were cut, and may be some of its own with them, days say only what was cut, too. */
static int look_far_back(struct gaps_ask *a)
{
	int64_t hour = hj_conf_hour_ms(&a->conf.main), day = hj_conf_day_ms(&a->conf.main), end = a->world.begin_ms;
	int64_t newest = a->newest_ms ? a->newest_ms : end;
	int status = gaps_oldest(a, HJ_KIND_MINUTE, note_oldest);

	if (status || a->oldest_ms >= a->world.begin_ms)
		return status;
	status = look_back(a, HJ_KIND_MINUTE, newest - 2 * hour, end);
	status = status ? status : look_back(a, HJ_KIND_HOUR, newest - 2 * day, end);
	for (int64_t span = DAYS_FIRST_MS; status == 0 && end > 0 && hj_gaps_unseen(a->gaps); span *= 2) {
		status = look_back(a, HJ_KIND_DAY, end - span, end);
		end -= span;
	}
	return status;
}

static int note_boot(struct gaps_ask *a, struct hj_record *r)
{
	hj_id_format(r->head.boot_id, a->boot);
	return 0;
}

/* Without the configuration what was read last is what is expected, and nobody knows what else to look for. */
static int add_points(struct gaps_ask *a)
{
	int status = add_configured(a);

	a->before = a->conf_known;
	status = status ? status : gaps_each(a, HJ_KIND_MINUTE, 0, a->world.begin_ms, NEWEST_MOST, take_newest);
	if (status == 0 && a->conf_known)
		status = look_far_back(a);
	a->before = false;
	return status ? status : gaps_each(a, HJ_KIND_MINUTE, 0, HJ_TIME_MAX_MS, 1, note_boot);
}

static void read_configuration(struct gaps_ask *a)
{
	struct hj_conf_errors errors = { 0 };

	if (cli_conf_forbidden(a->cli->root))
		return;
	hj_conf_load_all(a->cli->root, &a->conf, &errors);
	hj_conf_errors_done(&errors);
	a->conf_known = true;
}

int gaps_prepare(struct gaps_ask *a)
{
	_cleanup_json_ json_t *status = NULL;
	int r = cli_ask(a->cli, "stored.look", "hjgate.Store.Status", NULL, &status);

	if (r)
		return r;
	read_configuration(a);
	set_world(a, status);
	if (hj_gaps_new(&a->world, &a->gaps) < 0)
		return out_of_memory();
	r = add_uplinks(a, status);
	r = r ? r : add_points(a);
	r = r ? r : gaps_ask_causes(a);
	return r == 0 && a->error ? out_of_memory() : r;
}

void gaps_done(struct gaps_ask *a)
{
	hj_gaps_free(a->gaps);
	hj_conf_done(&a->conf);
}
