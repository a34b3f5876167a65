/* What stored owes the platform. Two ways lead here: the live stream tells of each record as it is committed, and
 * pages of the backlog are read, a few at a time, while the link is up (feed_page.c). Whatever has no place, or was
 * under way when something broke, is simply read again: the store owes it until it is confirmed, and it is confirmed
 * only when the platform has acknowledged it. Confirm and pages go over one connection, so that a page never shows
 * what was confirmed before. */
#include "feed_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/log.h"
#include "hjgate/now.h"

int64_t feed_int(json_t *reply, const char *name, int64_t absent)
{
	const json_t *j = json_object_get(reply, name);

	return json_is_integer(j) ? json_integer_value(j) : absent;
}

void feed_learn(struct feed *f, json_t *reply)
{
	json_t *points = json_object_get(reply, "points"), *j;
	struct hj_point p;
	size_t i;

	json_array_foreach(points, i, j)
	{
		if (hj_point_from_json(j, &p) == 0 && p.number)
			hj212_phrase_map_learn(&f->u->map, &p);
	}
}

void feed_each_record(struct feed *f, json_t *reply, void (*fn)(struct feed *f, struct hj_record *r))
{
	json_t *records = json_object_get(reply, "records"), *j;
	struct hj_record r;
	size_t i;

	json_array_foreach(records, i, j)
	{
		if (hj_record_from_json(j, &r) < 0) {
			hj_warn("a record that stored tells of cannot be read: it stays owed");
			continue;
		}
		fn(f, &r);
		hj_record_done(&r);
	}
}

/* ---- into words ---- */

static int word_items(struct feed *f, const struct hj_record *r, struct hj_buf *to)
{
	struct hj212_phrase_record record = { .kind = r->head.kind,
		.stats = &r->stats,
		.equipment = r->equipment,
		.equipment_count = r->equipment_count,
		.end_ms = feed_int(r->body, "end", r->head.label_ms),
		.text = json_string_value(json_object_get(r->body, "text")) };

	return hj212_phrase_record(&f->u->map, &record, to);
}

/* The file's wish, and the platform's own: CN 2022 stops the states of equipment. */
static bool wants(const struct uplinkd *u, enum hj_kind kind)
{
	const struct hj212_settings *s = u->session ? hj212_session_settings(u->session) : &u->configured;

	return hj_conf_uplink_wants(&u->conf, kind) && (kind != HJ_KIND_STATUS || s->rs_on);
}

/* A log is an event of a class, or a head of the chain, which has none. */
static bool wants_log(const struct feed *f, const struct hj_record *r)
{
	const char *class = json_string_value(json_object_get(r->body, "class"));
	int64_t logs = f->u->conf.logs;

	if (!class)
		return logs >= HJ_LOGS_HEADS;
	if (!strcmp(class, "fault"))
		return logs >= HJ_LOGS_FAULT;
	return logs >= (strcmp(class, "warn") ? HJ_LOGS_INFO : HJ_LOGS_WARN);
}

int feed_word(struct feed *f, const struct hj_record *r, bool asked, struct job *ret)
{
	struct job j = { .seq = r->head.seq,
		.cn = hj212_phrase_cn(r->head.kind),
		.label_ms =
		        hj212_phrase_label(&f->u->map.wording, r->head.kind, r->head.label_ms, r->head.length_ms) };
	int k;

	if (!j.cn || !(asked || wants(f->u, r->head.kind)) || (r->head.kind == HJ_KIND_LOG && !wants_log(f, r)))
		return 0;
	k = word_items(f, r, &j.items);
	if (k < 0 || !j.items.len) {
		job_done(&j);
		return k < 0 ? k : 0;
	}
	*ret = j;
	return 1;
}

/* ---- confirming ---- */

static void flush_confirm(struct feed *f);

static uint64_t in_hand(const struct feed *f)
{
	const struct uplinkd *u = f->u;

	return lanes_records(&u->lanes, LANE_LIVE) + lanes_records(&u->lanes, LANE_BACKLOG) +
	       flights_records(&u->flights) + hj_seqset_total(&f->confirm) + hj_seqset_total(&f->confirming) +
	       hj_seqset_total(&f->fold.held);
}

/* More is owed than we have seen: a lane was full, or somebody asked for old records to be sent again. */
static void look_again(struct feed *f)
{
	if (f->scanning || f->waiting < 0 || (uint64_t)f->waiting <= in_hand(f) || !uplinkd_is_up(f->u))
		return;
	f->scanning = true;
	f->page_from = 1;
}

void feed_take_state(struct feed *f, json_t *reply)
{
	f->waiting = feed_int(reply, "waiting", f->waiting);
	f->oldest_ms = f->waiting ? feed_int(reply, "oldest", f->oldest_ms) : -1;
}

/* A full set would join ranges, and so confirm what lies between them and was never acknowledged. */
static void add_confirm(struct feed *f, uint64_t from, uint64_t to)
{
	if (f->confirm.count + 1 < HJ_SEQSET_MAX) {
		hj_seqset_add(&f->confirm, from, to);
		return;
	}
	hj_warn("%zu confirmations wait for stored: records %llu to %llu will be sent again", f->confirm.count,
	        (unsigned long long)from, (unsigned long long)to);
}

static void on_confirmed(const char *error, json_t *reply, bool continues, void *userdata)
{
	struct feed *f = userdata;

	f->is_confirming = false;
	feed_receipt_told(f, !error);
	if (error) {
		struct hj_seqset again = f->confirming;

		f->confirming.count = 0;
		for (size_t i = 0; i < again.count; i++)
			add_confirm(f, again.ranges[i].from, again.ranges[i].to);
		return;
	}
	f->confirming.count = 0;
	feed_take_state(f, reply);
	flush_confirm(f);
	if (!f->is_confirming)
		look_again(f);
	uplinkd_pump(f->u);
}

static void flush_confirm(struct feed *f)
{
	json_t *ranges;

	if (f->is_confirming || !f->confirm.count || !f->ask || !hj_ipc_client_is_up(f->ask))
		return;
	ranges = json_array();
	for (size_t i = 0; i < f->confirm.count; i++)
		json_array_append_new(ranges, json_pack("{s:I, s:I}", "from", (json_int_t)f->confirm.ranges[i].from,
		                                      "to", (json_int_t)f->confirm.ranges[i].to));
	f->confirming = f->confirm;
	f->confirm.count = 0;
	f->is_confirming = true;
	if (hj_ipc_client_call(f->ask, "hjgate.Store.Confirm",
	            json_pack("{s:s, s:o, s:o}", "uplink", f->u->name, "ranges", ranges, "receipts",
	                    feed_receipt_list(f)),
	            0, on_confirmed, f) < 0)
		on_confirmed("hjgate.Disconnected", NULL, false, f);
}

void feed_confirm(struct feed *f, uint64_t from, uint64_t to, const struct hj_receipt *how)
{
	feed_shy_confirmed(f, from, to);
	feed_receipt_add(f, from, to, how);
	add_confirm(f, from, to);
	flush_confirm(f);
}

bool feed_is_known(const struct feed *f, uint64_t seq)
{
	const struct uplinkd *u = f->u;

	return lanes_has(&u->lanes, seq) || flights_has(&u->flights, seq) || hj_seqset_has(&f->confirm, seq) ||
	       hj_seqset_has(&f->confirming, seq);
}

/* ---- the live stream ---- */

/* With the same delay after the window's end for every record of this MN, so that gateways do not report all at
 * once. */
hj_usec feed_not_before(const struct feed *f, int64_t end_ms)
{
	struct hj_now now = hj_now();
	int64_t delay = (int64_t)sending_jitter(f->u->conf.mn, f->u->conf.jitter);
	int64_t passed = (now.wall_ms - end_ms) * (int64_t)HJ_USEC_PER_MS;

	return passed >= delay || passed < 0 ? now.mono : now.mono + (hj_usec)(delay - passed);
}

static void take_live(struct feed *f, struct hj_record *r)
{
	struct job j;
	int k;

	if (r->head.seq < f->page_high || feed_is_known(f, r->head.seq))
		return;
	if (uplinkd_is_up(f->u) && feed_fold_take(f, &r->head, LANE_LIVE))
		return;
	k = feed_word(f, r, false, &j);
	if (k == 0)
		feed_confirm(f, r->head.seq, r->head.seq, NULL);
	if (k <= 0)
		return;
	if (r->head.kind != HJ_KIND_STATUS) /* what has just changed is told at once */
		j.not_before = feed_not_before(f, r->head.label_ms + r->head.length_ms);
	if (!uplinkd_is_up(f->u))
		feed_fresh(f, r->head.seq);
	if (!uplinkd_is_up(f->u) || lanes_put(&f->u->lanes, LANE_LIVE, &j) < 0)
		job_done(&j);
}

/* By the live stream alone: pages come over another connection, and so later or earlier. */
static void heed_trust(struct feed *f, json_t *reply)
{
	const char *name = json_string_value(json_object_get(reply, "trust"));
	enum hj_trust trust;

	if (!name || hj_trust_parse(name, &trust) < 0)
		return;
	if (f->dated && trust == HJ_TRUST_NONE)
		hj_notice(
		        "uplink %s: nobody says what time it is: no real-time data until somebody does", f->u->name);
	f->dated = trust != HJ_TRUST_NONE;
}

bool feed_is_dated(const struct feed *f)
{
	return f->dated;
}

static void on_live(const char *error, json_t *reply, bool continues, void *userdata)
{
	struct feed *f = userdata;

	if (error) {
		if (hj_ipc_client_is_up(f->live)) {
			hj_warn("stored does not tell of new records (%s): asking again", error);
			hj_ipc_client_drop(f->live);
		}
		return;
	}
	feed_learn(f, reply);
	heed_trust(f, reply);
	feed_take_state(f, reply);
	feed_each_record(f, reply, take_live);
	look_again(f);
	uplinkd_pump(f->u);
}

static void on_head(const char *error, json_t *reply, bool continues, void *userdata)
{
	struct feed *f = userdata;
	json_t *parameters;

	if (error) {
		on_live(error, reply, false, f);
		return;
	}
	feed_learn(f, reply);
	heed_trust(f, reply);
	feed_take_state(f, reply);
	f->live_from = (uint64_t)feed_int(reply, "head", 0) + 1;
	if (continues)
		return;
	parameters = json_pack("{s:s, s:I, s:b}", "uplink", f->u->name, "from", (json_int_t)f->live_from, "live", 1);
	if (hj_ipc_client_call(f->live, "hjgate.Store.Read", parameters, HJ_IPC_MORE, on_live, f) < 0)
		hj_ipc_client_drop(f->live);
	if (uplinkd_is_up(f->u))
		feed_link_up(f); /* what was committed while stored was away from us */
	uplinkd_pump(f->u);
}

static void on_live_up(void *userdata)
{
	struct feed *f = userdata;

	if (hj_ipc_client_call(f->live, "hjgate.Store.Read",
	            json_pack("{s:s, s:i}", "uplink", f->u->name, "limit", 1), HJ_IPC_MORE, on_head, f) < 0)
		hj_ipc_client_drop(f->live);
}

static void on_ask_up(void *userdata)
{
	struct feed *f = userdata;

	if (!f->loaded && !f->u->adhoc)
		feed_load_settings(f);
	flush_confirm(f);
	uplinkd_pump(f->u);
}

/* ---- for the owner ---- */

int feed_new(struct uplinkd *u, struct feed **ret)
{
	static const struct hj_ipc_client_events live_events = { .up = on_live_up }, ask_events = { .up = on_ask_up };
	struct feed *f = calloc(1, sizeof(*f));
	int r;

	if (!f)
		return -ENOMEM;
	*f = (struct feed){
		.u = u, .waiting = -1, .oldest_ms = -1, .settings = u->configured, .record_bytes = FEED_RECORD_BYTES
	};
	r = hj_path(u->root, HJ_DIR_RUN, u->adhoc ? "stored.look" : "stored.peer", f->path);
	if (r >= 0)
		r = hj_ipc_client_new(u->event, f->path, &ask_events, f, &f->ask);
	if (r >= 0 && !u->adhoc)
		r = hj_ipc_client_new(u->event, f->path, &live_events, f, &f->live);
	if (r >= 0 && !u->adhoc)
		r = hj_ipc_client_new(u->event, f->path, NULL, f, &f->later);
	if (r < 0) {
		feed_free(f);
		return r;
	}
	*ret = f;
	return 0;
}

void feed_free(struct feed *f)
{
	if (!f)
		return;
	hj_ipc_client_free(f->live);
	hj_ipc_client_free(f->watch);
	hj_ipc_client_free(f->ask);
	hj_ipc_client_free(f->later);
	feed_fold_stop(f);
	feed_qn_last_word(f);
	free(f->newest);
	free(f);
}

int64_t feed_waiting(const struct feed *f)
{
	return f->waiting;
}

int64_t feed_oldest_ms(const struct feed *f)
{
	return f->oldest_ms;
}

bool feed_is_up(const struct feed *f)
{
	return hj_ipc_client_is_up(f->ask);
}
