/* Events on their way to people: each row that begins or ends an event, or is a moment, is offered to alertd in the
 * order of the ledger, one at a time, until alertd has taken it. The ledger is the queue: all that is kept besides is
 * the row that was taken last, in the ledger's own file. So nothing is lost by any kill; what had been taken within
 * the last second of a kill is offered twice, which alertd knows by its id. Where no alerts.conf is, nobody wants to
 * be told, and the cursor goes along with the newest row; what is cut before it could be told is counted and said.
 * alertd is started by the connection and ends when it has nothing to do, so the connection is there only while there
 * is something to say. */
/* long because: the cursor, the one offer under way and what was held decide together which row is next */
#include "eventd.h"
#include "held.h"
#include "hjgate/event.h"
#include "hjgate/ipc_client.h"
#include "hjgate/log.h"
#include "hjgate/now.h"
#include "hjgate/text.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define KEY         "alert.taken"         /* of the ledger's state: the row that was taken last, eight bytes */
#define KEEP_AFTER  (1 * HJ_USEC_PER_SEC) /* what was taken, without a commit of another's: one for all of it */
#define KEEP_ROWS   128                   /* at the latest; alertd knows the newest 256 again */
#define AGAIN_LEAST (1 * HJ_USEC_PER_SEC)
#define AGAIN_MOST  (60 * HJ_USEC_PER_SEC)
#define BEHIND_MOST 5000 /* rows; what is older when alertd comes back at last is news to nobody */

struct outbox {
	struct eventd *d;
	struct hj_ipc_client *client; /* NULL: nothing is to be said */
	sd_event_source *timer;
	bool loaded, stopping;
	uint64_t taken, put, kept; /* the row taken last; of this, in the transaction; on the disk */
	uint64_t asking;           /* the row under way; 0 = none */
	uint64_t released;         /* of what was held: the event told last */
	uint64_t releasing;        /* such an event, under way; 0 = none */
	hj_usec retry, retry_at;
	uint64_t passed;      /* rows that nobody is told of any more, since our start */
	uint64_t passed_told; /* of these, told as event */
	hj_usec keep_at;      /* when it is put on the disk by itself; 0 = nothing waits for that */
	char conf[HJ_PATH_MAX], socket[HJ_PATH_MAX];
};

/* ---- what is next ---- */

struct next {
	const struct shifts *shifts;
	struct row row;
	uint64_t seq; /* 0 = nothing */
	int error;
};

static int take_first(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	struct next *next = userdata;
	int r = row_decode(head, body, n, &next->row);

	if (r == -EBADMSG)
		return 0; /* of a newer version: nobody here could say it */
	if (r < 0)
		return r;
	if (next->row.is != ROW_END && !row_is_event(&next->row)) {
		row_done(&next->row);
		return 0;
	}
	shifts_apply(next->shifts, head->seq, &next->row);
	next->seq = head->seq;
	return 1;
}

static int read_one(struct eventd *d, uint64_t from, uint64_t to, struct next *next)
{
	next->shifts = &d->shifts;
	return hj_min(hj_ledger_read(d->ledger, from, to, 0, take_first, next), 0);
}

/* As it was told, and not as it may have been counted since. */
static json_t *begin_message(const struct event *e)
{
	const struct hj_event_type *type = hj_event_find(e->code);
	json_t *j = type ? json_pack("{s:I, s:s, s:s, s:s, s:I, s:s}", "id", (json_int_t)e->id, "code", e->code,
	                           "class", hj_event_class_name(type->class), "key", e->key, "begin",
	                           (json_int_t)e->begin_ms, "phase", "begin")
	                 : NULL;

	if (j && e->values)
		json_object_set_new(j, "values", json_loads(e->values, 0, NULL));
	return j;
}

/* An end's own row says little: what it ends is read, too. The event is as it was told, with what the end adds. */
static json_t *message(struct eventd *d, struct next *end)
{
	static const char *const phases[] = { [ROW_MOMENT] = "moment", [ROW_BEGIN] = "begin", [ROW_END] = "end" };
	struct next begin = { .seq = 0 };
	const struct row *row = &end->row;
	const struct hj_event_type *type;
	json_t *j = NULL;

	if (end->row.carried)
		return NULL;
	if (end->row.is == ROW_END && (read_one(d, end->row.of, end->row.of, &begin) < 0 || !begin.seq))
		return NULL;
	if (begin.seq)
		row = &begin.row;
	type = hj_event_find(row->code);
	/* Whose begin was told before the work began, has to be told to be over. */
	if (type && !outbox_holds(&d->book, row, begin.seq ? begin.seq : end->seq, end->row.time_ms))
		j = json_pack("{s:I, s:s, s:s, s:s, s:I, s:s}", "id", (json_int_t)(begin.seq ? begin.seq : end->seq),
		        "code", row->code, "class", hj_event_class_name(type->class), "key", row->key, "begin",
		        (json_int_t)row->time_ms, "phase", phases[end->row.is]);
	if (j && end->row.is == ROW_END)
		json_object_set_new(j, "end", json_integer(end->row.time_ms));
	if (j && end->row.values && begin.seq)
		values_merge(&begin.row.values, end->row.values);
	if (j && row->values)
		json_object_set_new(j, "values", json_loads(row->values, 0, NULL));
	if (j && end->row.count)
		json_object_set_new(j, "count", json_integer((json_int_t)end->row.count));
	row_done(&begin.row);
	return j;
}

/* ---- asking ---- */

static void arm(struct outbox *o, hj_usec wait)
{
	uint64_t at;

	/* Never later than what is armed already. */
	if (sd_event_source_get_enabled(o->timer, NULL) > 0 && sd_event_source_get_time(o->timer, &at) >= 0 &&
	        at <= hj_now().mono + wait)
		return;
	sd_event_source_set_time(o->timer, hj_now().mono + wait);
	sd_event_source_set_enabled(o->timer, SD_EVENT_ONESHOT);
}

static void go_on_behind(struct outbox *o, uint64_t seq)
{
	hj_usec now = hj_now().mono;

	o->taken = seq;
	o->released = 0;
	if (!o->keep_at)
		o->keep_at = now + KEEP_AFTER;
	if (o->taken - o->kept >= KEEP_ROWS)
		o->keep_at = now;
	arm(o, o->keep_at > now ? o->keep_at - now : 0);
}

static void took(struct outbox *o, uint64_t seq)
{
	o->retry = o->retry_at = 0;
	go_on_behind(o, seq);
}

/* Only when alertd takes something again: before that, each would pass over the next. */
static void tell_passed(struct outbox *o)
{
	char values[96];

	if (o->passed == o->passed_told)
		return;
	snprintf(values, sizeof(values), "{\"source\":\"eventd\",\"count\":%" PRIu64 "}", o->passed - o->passed_told);
	hj_warn("nobody has been told of %" PRIu64 " rows of the events", o->passed - o->passed_told);
	o->passed_told = o->passed;
	eventd_say(o->d, "reports-lost", ROW_MOMENT, "alertd", values);
}

/* A method or a parameter that it does not know will not be known the next time. */
static bool is_for_good(const char *error)
{
	return !strncmp(error, "org.varlink.service.", 20);
}

static void answered(const char *error, json_t *reply, bool continues, void *userdata)
{
	struct outbox *o = userdata;
	uint64_t seq = o->asking;

	o->asking = 0;
	if (o->releasing && (!error || is_for_good(error))) {
		o->retry = o->retry_at = 0;
		o->released = o->releasing;
		outbox_pump(o);
		return;
	}
	if (error && is_for_good(error))
		hj_warn("alertd does not understand event %" PRIu64 " (%s): nobody is told of it", seq, error);
	if (!error || is_for_good(error)) {
		took(o, seq);
		tell_passed(o);
	} else if (strcmp(error, "hjgate.Disconnected") != 0) {
		o->retry = o->retry ? hj_min(2 * o->retry, (hj_usec)AGAIN_MOST) : AGAIN_LEAST;
		o->retry_at = hj_now().mono + o->retry;
		hj_warn("alertd did not take event %" PRIu64 " (%s): trying again in %u s", seq, error,
		        (unsigned)(o->retry / HJ_USEC_PER_SEC));
	}
	outbox_pump(o);
}

static void is_up(void *userdata)
{
	outbox_pump(userdata);
}

static void say(struct outbox *o, struct next *next)
{
	static const struct hj_ipc_client_events events = { .up = is_up };
	const struct event *released =
	        next->row.is == ROW_END ? outbox_released(&o->d->book, &next->row, o->released) : NULL;
	json_t *j;

	if (!o->client && hj_ipc_client_new(o->d->event, o->socket, &events, o, &o->client) < 0) {
		arm(o, AGAIN_LEAST);
		return;
	}
	if (!hj_ipc_client_is_up(o->client))
		return; /* is_up() comes */
	j = released ? begin_message(released) : message(o->d, next);
	if (!j) { /* it is held, it was told before a cut, its begin was cut, or it is of a newer version */
		took(o, next->seq);
		arm(o, 0);
		return;
	}
	if (hj_ipc_client_call(o->client, "hjgate.Alert.Send", j, 0, answered, o) < 0)
		return;
	o->asking = next->seq;
	o->releasing = released ? released->id : 0;
}

static void pass_over_old(struct outbox *o)
{
	uint64_t last = hj_ledger_last(o->d->ledger), first = hj_ledger_first(o->d->ledger);
	uint64_t least = hj_max(first ? first - 1 : last, last > BEHIND_MOST ? last - BEHIND_MOST : 0);
	/* What was put back goes on behind a gap in which no rows ever were; those before it are news to nobody. */
	uint64_t before = last ? (last - 1) / HJ_LEDGER_GENERATION * HJ_LEDGER_GENERATION : 0;

	if (o->taken < before)
		go_on_behind(o, before);
	least = hj_max(least, before);
	if (o->taken >= least)
		return;
	if (o->passed == o->passed_told)
		hj_warn("alertd has taken nothing since row %" PRIu64
		        " of the events: more than %d wait, and nobody is told of the oldest any more",
		        o->taken, BEHIND_MOST);
	o->passed += least - o->taken;
	go_on_behind(o, least);
}

void outbox_pump(struct outbox *o)
{
	struct next next = { .seq = 0 };
	int r;

	if (!o || !o->d->ledger || !o->loaded || o->asking || o->stopping)
		return;
	if (access(o->conf, F_OK) < 0 && hj_ledger_last(o->d->ledger) != o->taken)
		o->taken = hj_ledger_last(o->d->ledger); /* kept with the next event */
	if (hj_now().mono < o->retry_at) {
		arm(o, o->retry_at - hj_now().mono);
		return;
	}
	pass_over_old(o);
	r = read_one(o->d, o->taken + 1, UINT64_MAX, &next);
	if (r >= 0 && next.seq)
		say(o, &next);
	else if (r < 0)
		hj_log_error(r, "cannot read the events for alertd: trying again with the next one");
	else
		o->taken = hj_ledger_last(o->d->ledger); /* what is behind the last event says nothing new */
	if (r >= 0 && !next.seq && o->client)
		arm(o, 0); /* the connection goes from the loop, not from its own answer */
	row_done(&next.row);
}

/* ---- the cursor ---- */

int outbox_load(struct outbox *o)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	struct hj_reader in;
	int r;

	if (!o)
		return 0;
	r = hj_ledger_get(o->d->ledger, KEY, &b);
	in = (struct hj_reader){ .p = (uint8_t *)b.data, .end = (uint8_t *)b.data + b.len };
	o->taken = r >= 0 && b.len == 8 ? hj_get_be(&in, 8) : hj_ledger_last(o->d->ledger);
	o->put = o->kept =
	        r >= 0 ? o->taken : UINT64_MAX; /* even of an empty ledger: what comes then is to be told */
	o->loaded = true;
	if (r == -EBADMSG || (r >= 0 && b.len != 8))
		hj_error("up to where alertd has taken the events cannot be read: going on with the newest");
	return r < 0 && r != -ENOENT && r != -EBADMSG && r != -ENOKEY ? r : 0;
}

bool outbox_wants_commit(const struct outbox *o)
{
	return o && o->loaded && o->taken != o->kept;
}

int outbox_put(struct outbox *o)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	int r;

	if (!outbox_wants_commit(o))
		return 0;
	r = hj_buf_put_be(&b, o->taken, 8);
	r = r < 0 ? r : hj_ledger_put_clear(o->d->ledger, KEY, b.data, b.len);
	o->put = o->taken;
	return r;
}

void outbox_committed(struct outbox *o)
{
	if (!o)
		return;
	o->kept = o->put;
	if (o->kept == o->taken)
		o->keep_at = 0;
}

void outbox_carried(struct outbox *o, uint64_t before)
{
	if (o && o->taken == before)
		took(o, hj_ledger_last(o->d->ledger));
}

bool outbox_has_taken(const struct outbox *o, uint64_t seq)
{
	return o && o->loaded && o->taken >= seq;
}

/* ---- for the owner ---- */

uint64_t outbox_waiting(const struct outbox *o)
{
	return o && o->loaded && o->d->ledger ? hj_ledger_last(o->d->ledger) - o->taken : 0;
}

uint64_t outbox_passed(const struct outbox *o)
{
	return o ? o->passed : 0;
}

/* Where the disk does not take it, the writer tries again. */
static void keep(struct outbox *o)
{
	hj_usec now = hj_now().mono;

	if (!o->keep_at || !outbox_wants_commit(o))
		return;
	if (now < o->keep_at) {
		arm(o, o->keep_at - now);
		return;
	}
	o->keep_at = 0;
	eventd_flush(o->d);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct outbox *o = userdata;

	outbox_pump(o);
	if (!o->asking && o->loaded && o->d->ledger && o->taken >= hj_ledger_last(o->d->ledger)) {
		hj_ipc_client_free(o->client);
		o->client = NULL;
	}
	keep(o);
	return 0;
}

void outbox_stop(struct outbox *o)
{
	if (!o)
		return;
	o->stopping = true;
	tell_passed(o);
}

void outbox_free(struct outbox *o)
{
	if (!o)
		return;
	hj_ipc_client_free(o->client);
	sd_event_source_disable_unref(o->timer);
	free(o);
}

int outbox_new(struct eventd *d, struct outbox **ret)
{
	struct outbox *o = calloc(1, sizeof(*o));
	int r;

	if (!o)
		return -ENOMEM;
	o->d = d;
	r = hj_path(d->root, HJ_DIR_ETC, "alerts.conf", o->conf);
	r = r < 0 ? r : hj_path(d->root, HJ_DIR_RUN, "alertd.peer", o->socket);
	r = r < 0 ? r : sd_event_add_time(d->event, &o->timer, CLOCK_BOOTTIME, 0, 10 * HJ_USEC_PER_MS, on_timer, o);
	r = r < 0 ? r : sd_event_source_set_enabled(o->timer, SD_EVENT_OFF);
	if (r < 0) {
		outbox_free(o);
		return r;
	}
	*ret = o;
	return 0;
}
