/* A store, a platform and a clock of the test's own around the feed of an uplink. Whatever is confirmed was sent, or
 * the test fails. What else uplinkd would do is left out. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/uplinkd/feed_private.h"
#include "hjgate/now.h"

#define MINUTE_MS INT64_C(60000)
#define START_MS  INT64_C(1795622400000) /* an hour's begin */
#define RECORDS   64
#define CALLS     16
#define SENT      64

static struct {
	int64_t wall_ms;
	bool history_done;
	unsigned history_records;
	const char *trust; /* of all records */
	/* the store */
	struct {
		int64_t label_ms, length_ms;
		bool owed, sent;
	} records[RECORDS + 1]; /* by seq */
	unsigned count;
	hj_ipc_reply_fn live;
	struct call {
		const char *method;
		json_t *parameters;
		hj_ipc_reply_fn fn;
		void *userdata;
	} calls[CALLS];
	unsigned call_count;
	/* the platform */
	struct {
		enum lane lane;
		int64_t label_ms;
	} sent[SENT];
	unsigned sent_count;
} world;

/* ---- what the rest of uplinkd would do ---- */

struct hj_now hj_now(void)
{
	return (struct hj_now){ .wall_ms = world.wall_ms,
		.mono = (hj_usec)(world.wall_ms - START_MS + HJ_MS_PER_DAY) * HJ_USEC_PER_MS };
}

bool uplinkd_is_up(const struct uplinkd *u)
{
	return true;
}

void uplinkd_pump(struct uplinkd *u)
{
}
void feed_load_settings(struct feed *f)
{
}
void feed_qn_last_word(struct feed *f)
{
}

hj_usec sending_jitter(const char *mn, int64_t jitter_s)
{
	return 0;
}

void platform_history_done(struct uplinkd *u, unsigned id, unsigned records, int exe_rtn)
{
	world.history_done = true;
	world.history_records = records;
}

/* ---- the store ---- */

int hj_ipc_client_new(sd_event *event, const char *path, const struct hj_ipc_client_events *events, void *userdata,
        struct hj_ipc_client **ret)
{
	static int clients[8];
	static unsigned n;

	*ret = (struct hj_ipc_client *)&clients[n++ % 8];
	return 0;
}

void hj_ipc_client_free(struct hj_ipc_client *c)
{
}
void hj_ipc_client_drop(struct hj_ipc_client *c)
{
}

bool hj_ipc_client_is_up(const struct hj_ipc_client *c)
{
	return true;
}

int hj_ipc_client_call(struct hj_ipc_client *c, const char *method, json_t *parameters, int flags, hj_ipc_reply_fn fn,
        void *userdata)
{
	assert_true(world.call_count < CALLS);
	world.calls[world.call_count++] = (struct call){ method, parameters, fn, userdata };
	return 0;
}

static json_t *record_json(unsigned seq)
{
	return json_pack("{s:i, s:s, s:I, s:I, s:s, s:i, s:s, s:[[i, s, i, i, n, f, f, f, n]]}", "seq", seq, "kind",
	        "minute", "label", (json_int_t)world.records[seq].label_ms, "length",
	        (json_int_t)world.records[seq].length_ms, "boot", "00000000000000000000000000000001", "boottime", 1,
	        "trust", world.trust, "stats", 1, "N", 60, 60, 1.0, 2.0, 3.0);
}

static json_t *reply_json(json_t *records, unsigned next)
{
	unsigned waiting = 0;

	for (unsigned i = 1; i <= world.count; i++)
		waiting += world.records[i].owed;
	return json_pack("{s:[], s:o, s:i, s:i, s:i}", "points", "records", records, "waiting", waiting, "next", next,
	        "head", world.count);
}

static int64_t number(const struct call *c, const char *name)
{
	return json_integer_value(json_object_get(c->parameters, name));
}

static json_t *answer(const struct call *c)
{
	bool query = !strcmp(c->method, "hjgate.Store.Query"), confirm = !strcmp(c->method, "hjgate.Store.Confirm");
	json_t *records = json_array(), *range;
	unsigned seq = (unsigned)(query ? number(c, "after") + 1 : number(c, "from"));
	size_t i;

	json_array_foreach(confirm ? json_object_get(c->parameters, "ranges") : records, i,
	        range) for (int64_t k = json_integer_value(json_object_get(range, "from"));
	                    k <= json_integer_value(json_object_get(range, "to")); k++)
	{
		assert_true(world.records[k].sent);
		world.records[k].owed = false;
	}
	for (; !confirm && seq <= world.count && (int64_t)json_array_size(records) < number(c, "limit"); seq++)
		if (query ? world.records[seq].label_ms >= number(c, "begin") &&
		                        world.records[seq].label_ms < number(c, "end")
		          : world.records[seq].owed)
			json_array_append_new(records, record_json(seq));
	return reply_json(records, seq);
}

static void answer_one(void)
{
	struct call c = world.calls[0];
	json_t *reply = answer(&c);

	memmove(&world.calls[0], &world.calls[1], --world.call_count * sizeof(c));
	c.fn(NULL, reply, false, c.userdata);
	json_decref(reply);
	json_decref(c.parameters);
}

static void pull(struct uplinkd *u)
{
	feed_history_pull(u->feed);
	feed_fold_pull(u->feed);
	feed_pull(u->feed);
}

/* ---- the platform ---- */

static bool send_one(struct uplinkd *u, enum lane lane)
{
	struct job j;

	if (!lanes_take(&u->lanes, lane, &j))
		return false;
	assert_true(world.sent_count < SENT);
	world.sent[world.sent_count].lane = lane;
	world.sent[world.sent_count++].label_ms = j.label_ms;
	for (unsigned seq = 1; seq <= world.count; seq++)
		world.records[seq].sent |= job_has(&j, seq);
	if (j.seq && !j.also_count)
		feed_confirm(u->feed, j.seq, j.seq, NULL);
	for (unsigned i = 0; i < j.also_count; i++)
		feed_confirm(u->feed, j.also[i].from, j.also[i].to, NULL);
	job_done(&j);
	return true;
}

static void settle(struct uplinkd *u)
{
	for (unsigned turns = 0, idle = 0; idle < 3; turns++) {
		assert_true(turns < 1000);
		pull(u);
		idle++;
		if (world.call_count) {
			answer_one();
			idle = 0;
		}
		for (enum lane lane = LANE_LIVE; lane < LANE_QUEUES; lane++)
			while (send_one(u, lane))
				idle = 0;
	}
}

static void assert_sent(const int64_t *minutes, unsigned count)
{
	assert_int_equal(world.sent_count, count);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal((world.sent[i].label_ms - START_MS) / MINUTE_MS, minutes[i]);
	world.sent_count = 0;
}

static void assert_nothing_owed(void)
{
	for (unsigned seq = 1; seq <= world.count; seq++)
		assert_false(world.records[seq].owed);
}

/* ---- the test's world ---- */

static void begin(struct uplinkd *u, unsigned min_interval)
{
	struct hj212_settings settings = {
		.over_time = 10, .re_count = 3, .min_interval = min_interval, .rs_on = true
	};
	struct hj_wanted w = {
		.point = "oven.current", .factor = "", .decimals = -1, .unit = "", .st = "", .type = { HJ_FACTOR_ANY }
	};
	struct hj_point p = { .number = 1, .name = "oven.current", .factor = "a01001", .interval_ms = 1000 };

	memset(&world, 0, sizeof(world));
	memset(u, 0, sizeof(*u));
	world.wall_ms = START_MS;
	world.trust = "ntp";
	strcpy(u->name, "county");
	u->conf.minute = true;
	u->minute_ms = MINUTE_MS;
	u->retention_ms = 365 * HJ_MS_PER_DAY;
	u->normal_part = 75;
	u->identity = (struct hj212_identity){
		.edition = HJ212_2017, .mn = "010000A8900016F000169DC0", .st = "32", .window = 1, .base_minutes = 1
	};
	assert_int_equal(hj212_phrase_map_add(&u->map, &w), 0);
	assert_int_equal(hj212_phrase_map_learn(&u->map, &p), 0);
	assert_int_equal(flights_new(&u->flights, 1), 0);
	assert_int_equal(hj212_session_new(&u->identity, &settings, &u->session), 0);
	assert_int_equal(feed_new(u, &u->feed), 0);
}

static void end(struct uplinkd *u)
{
	feed_free(u->feed);
	lanes_done(&u->lanes);
	flights_done(&u->flights);
	hj212_session_free(u->session);
	hj212_phrase_map_done(&u->map);
	while (world.call_count)
		json_decref(world.calls[--world.call_count].parameters);
}

static void record(int64_t minute, int64_t minutes, bool owed)
{
	unsigned seq = ++world.count;

	assert_true(seq <= RECORDS);
	world.records[seq].label_ms = START_MS + minute * MINUTE_MS;
	world.records[seq].length_ms = minutes * MINUTE_MS;
	world.records[seq].owed = owed;
	world.records[seq].sent = !owed;
	world.wall_ms = hj_max(world.wall_ms, START_MS + (minute + minutes) * MINUTE_MS + 1000);
}

/* What is owed is read, as after the link was made. */
static void look(struct uplinkd *u)
{
	feed_link_up(u->feed);
	settle(u);
}
