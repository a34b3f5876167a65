/* Telling eventd: see report.h. One report is under way at a time and leaves the queue when it is answered, so that
 * what was said while eventd went is said again; a report may therefore arrive twice, never not at all without being
 * counted. When the queue is full the oldest of what is least missed goes: of an event the newest says how it is. */
#include "hjgate/report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hjgate/ipc_client.h"
#include "hjgate/log.h"
#include "hjgate/now.h"
#include "hjgate/service.h"
#include "hjgate/text.h"

#define LAST_WORDS_MS 200
#define CODE_MAX      31
#define FOLD_SLOTS    8
#define FOLD_USEC     (60 * HJ_USEC_PER_SEC)
#define FOLD_ACCURACY HJ_USEC_PER_SEC
#define FOLD_FROM_MAX 63
#define FOLD_TEXT_MAX 127

struct entry {
	char code[CODE_MAX + 1];
	enum hj_phase phase;
	char *key;
	int64_t time_ms, ahead_ms; /* ahead_ms: hj_clock_ahead() of the clock that time_ms is by */
	bool sure;
	json_t *values;
};

/* Bad input from one side: the first is told at once, more of the same minute together at its end. */
struct fold {
	char from[FOLD_FROM_MAX + 1], text[FOLD_TEXT_MAX + 1];
	hj_usec until; /* 0 = free */
	unsigned count;
};

struct hj_report {
	sd_event *event;
	struct hj_ipc_client *client;
	char source[64], path[HJ_PATH_MAX];
	struct entry queue[HJ_REPORTS_MAX]; /* a ring */
	unsigned first, count;
	uint64_t lost, lost_sent; /* lost_sent: of these, how many the report under way tells */
	bool under_way;           /* the oldest of the queue (or, with lost_sent, the loss) */
	bool gone;                /* the one under way has left the queue meanwhile */
	struct fold folds[FOLD_SLOTS];
	sd_event_source *fold_end;
};

static const char *const phases[] = { [HJ_MOMENT] = "moment", [HJ_BEGIN] = "begin", [HJ_END] = "end" };

static void pump(struct hj_report *r);

static void pop(struct hj_report *r)
{
	struct entry *e = &r->queue[r->first];

	free(e->key);
	json_decref(e->values);
	r->first = (r->first + 1) % HJ_REPORTS_MAX;
	r->count--;
}

/* By the clock as it is now, for which eventd takes it. */
static int64_t time_of(const struct entry *e)
{
	struct hj_now now = hj_now();
	int64_t ahead_ms = e->ahead_ms;

	return e->sure ? e->time_ms : hj_time_moved(e->time_ms, hj_clock_step(&ahead_ms, &now));
}

static json_t *entry_json(const struct hj_report *r, const struct entry *e)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:b, s:O}", "code", e->code, "phase", phases[e->phase], "key",
	        e->key, "source", r->source, "time", (json_int_t)time_of(e), "sure", (int)e->sure, "values",
	        e->values);
}

static json_t *lost_json(const struct hj_report *r)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:I}}", "code", "reports-lost", "phase", phases[HJ_MOMENT],
	        "key", r->source, "source", r->source, "values", "source", r->source, "count", (json_int_t)r->lost);
}

static void answered(const char *error, json_t *parameters, bool continues, void *userdata)
{
	struct hj_report *r = userdata;

	r->under_way = false;
	if (error && !strcmp(error, "hjgate.Disconnected"))
		return; /* is_up() says it again */
	if (error)
		hj_warn("eventd refused the report \"%s\" (%s): dropping it",
		        r->lost_sent || r->gone ? "reports-lost" : r->queue[r->first].code, error);
	if (r->lost_sent)
		r->lost -= r->lost_sent;
	else if (!r->gone)
		pop(r);
	r->lost_sent = 0;
	pump(r);
}

static void pump(struct hj_report *r)
{
	json_t *parameters;

	if (r->under_way || !hj_ipc_client_is_up(r->client) || (!r->count && !r->lost))
		return;
	r->lost_sent = r->lost;
	r->gone = false;
	parameters = r->lost ? lost_json(r) : entry_json(r, &r->queue[r->first]);
	r->under_way = !hj_ipc_client_call(r->client, "hjgate.Event.Log", parameters, 0, answered, r);
}

static void is_up(void *userdata)
{
	pump(userdata);
}

static const struct hj_ipc_client_events client_events = { .up = is_up };

int hj_report_new(sd_event *event, const char *root, const char *source, struct hj_report **ret)
{
	_cleanup_(hj_report_freep) struct hj_report *r = calloc(1, sizeof(*r));
	int k;

	if (!r)
		return -ENOMEM;
	r->event = sd_event_ref(event);
	hj_text_copy(r->source, sizeof(r->source), source);
	k = hj_path(root, HJ_DIR_RUN, "eventd.peer", r->path);
	if (!k)
		k = hj_ipc_client_new(event, r->path, &client_events, r, &r->client);
	if (k < 0)
		return k;
	*ret = hj_steal(r);
	return 0;
}

/* The loop is over by now: the rest is said on a connection of its own. What is under way lies in the socket already
 * and is read even though we are gone. */
static void say_last_words(struct hj_report *r)
{
	int64_t until = (int64_t)(hj_now().mono / HJ_USEC_PER_MS) + LAST_WORDS_MS, left = LAST_WORDS_MS;
	struct hj_ipc_ask ask = { .fd = -1 };

	if (r->under_way && !r->lost_sent && !r->gone && r->count)
		pop(r);
	if (!r->count || hj_ipc_ask_open(r->path, &ask) < 0)
		return;
	while (r->count && left > 0) {
		_cleanup_json_ json_t *answer = NULL;
		int k = hj_ipc_ask(&ask, "hjgate.Event.Log", entry_json(r, &r->queue[r->first]), (int)left, &answer);

		if (k < 0 && k != -EREMOTEIO)
			break;
		pop(r);
		left = until - (int64_t)(hj_now().mono / HJ_USEC_PER_MS);
	}
	hj_ipc_ask_close(&ask);
}

static void tell_folds(struct hj_report *r, hj_usec now);

void hj_report_free(struct hj_report *r)
{
	if (!r)
		return;
	if (r->client) {
		tell_folds(r, HJ_USEC_NEVER);
		say_last_words(r);
	}
	if (r->count || r->lost)
		hj_warn("eventd is not there: %u reports are lost", r->count + (unsigned)r->lost);
	hj_ipc_client_free(r->client);
	while (r->count)
		pop(r);
	sd_event_source_disable_unref(r->fold_end);
	sd_event_unref(r->event);
	free(r);
}

static struct entry *at(struct hj_report *r, unsigned i)
{
	return &r->queue[(r->first + i) % HJ_REPORTS_MAX];
}

static bool is_of_the_same(const struct entry *a, const struct entry *b)
{
	return a->phase != HJ_MOMENT && b->phase != HJ_MOMENT && !strcmp(a->code, b->code) && !strcmp(a->key, b->key);
}

static bool is_old_news(struct hj_report *r, unsigned i, const struct entry *newest)
{
	for (unsigned k = i + 1; k < r->count; k++)
		if (is_of_the_same(at(r, i), at(r, k)))
			return true;
	return is_of_the_same(at(r, i), newest);
}

/* What a later one says otherwise; then moments: an end that nobody is told of leaves its event open for ever. */
static unsigned least_missed(struct hj_report *r, const struct entry *newest)
{
	for (unsigned i = 0; i < r->count; i++)
		if (is_old_news(r, i, newest))
			return i;
	for (unsigned i = 0; i < r->count; i++)
		if (at(r, i)->phase == HJ_MOMENT)
			return i;
	return 0;
}

static void give_way(struct hj_report *r, const struct entry *newest)
{
	unsigned i = least_missed(r, newest);
	struct entry gone = *at(r, i);

	if (!i && r->under_way && !r->lost_sent)
		r->gone = true;
	for (; i; i--)
		*at(r, i) = *at(r, i - 1);
	*at(r, 0) = gone;
	pop(r);
	r->lost++;
}

static void add(struct hj_report *r, const char *code, enum hj_phase phase, const char *key, int64_t time_ms,
        bool sure, json_t *values)
{
	struct hj_now now = hj_now();
	struct entry e = { .phase = phase,
		.time_ms = time_ms,
		.ahead_ms = hj_clock_ahead(&now),
		.sure = sure,
		.values = values ? values : json_object() };

	e.key = strdup(key ? key : "");
	if (!r || !e.key || !e.values) {
		free(e.key);
		json_decref(e.values);
		return;
	}
	hj_text_copy(e.code, sizeof(e.code), code);
	if (r->count == HJ_REPORTS_MAX)
		give_way(r, &e);
	r->queue[(r->first + r->count++) % HJ_REPORTS_MAX] = e;
	pump(r);
}

void hj_report_at(
        struct hj_report *r, const char *code, enum hj_phase phase, const char *key, int64_t time_ms, json_t *values)
{
	add(r, code, phase, key, time_ms, false, values);
}

void hj_report_sure(
        struct hj_report *r, const char *code, enum hj_phase phase, const char *key, int64_t time_ms, json_t *values)
{
	add(r, code, phase, key, time_ms, true, values);
}

void hj_report(struct hj_report *r, const char *code, enum hj_phase phase, const char *key, json_t *values)
{
	hj_report_at(r, code, phase, key, hj_now().wall_ms, values);
}

/* ---- bad input, folded ---- */

static void tell_fold(struct hj_report *r, struct fold *f)
{
	unsigned count = f->count;

	f->count = 0;
	hj_report(r, "bad-input", HJ_MOMENT, f->from,
	        json_pack("{s:s, s:s, s:i}", "from", f->from, "text", f->text, "count", (int)count));
}

static int on_fold_end(sd_event_source *source, uint64_t usec, void *userdata);

/* One timer for all: it waits for the earliest end of a minute in which there is something to tell. */
static void arm(struct hj_report *r)
{
	hj_usec next = HJ_USEC_NEVER;

	for (size_t i = 0; i < FOLD_SLOTS; i++)
		if (r->folds[i].count)
			next = hj_min(next, r->folds[i].until);
	r->fold_end = sd_event_source_disable_unref(r->fold_end);
	if (next != HJ_USEC_NEVER)
		sd_event_add_time(r->event, &r->fold_end, CLOCK_BOOTTIME, next, FOLD_ACCURACY, on_fold_end, r);
}

static void tell_folds(struct hj_report *r, hj_usec now)
{
	for (size_t i = 0; i < FOLD_SLOTS; i++) {
		struct fold *f = &r->folds[i];

		if (!f->count || now < f->until)
			continue;
		f->until = now == HJ_USEC_NEVER ? 0 : now + FOLD_USEC;
		tell_fold(r, f);
	}
}

static int on_fold_end(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct hj_report *r = userdata;

	tell_folds(r, hj_now().mono);
	arm(r);
	return 0;
}

/* The slot of `from`; else a free or the oldest one, which tells first what it holds. */
static struct fold *find_fold(struct hj_report *r, const char *from, hj_usec now)
{
	struct fold *oldest = &r->folds[0];

	for (size_t i = 0; i < FOLD_SLOTS; i++) {
		struct fold *f = &r->folds[i];

		if (f->until && !strncmp(f->from, from, FOLD_FROM_MAX))
			return f;
		if (f->until < oldest->until)
			oldest = f;
	}
	if (oldest->count)
		tell_fold(r, oldest);
	oldest->until = 0;
	hj_text_copy(oldest->from, sizeof(oldest->from), from);
	return oldest;
}

/* Outside bytes may be no text at all. */
static void copy_printable(char *to, size_t size, const char *from)
{
	size_t n = 0;

	for (; n < size - 1 && from[n]; n++)
		to[n] = from[n] >= ' ' && from[n] <= '~' ? from[n] : '?';
	to[n] = '\0';
}

bool hj_report_bad_input(struct hj_report *r, const char *from, const char *text)
{
	hj_usec now = hj_now().mono;
	struct fold *f;

	if (!r)
		return true;
	f = find_fold(r, from, now);
	copy_printable(f->text, sizeof(f->text), text);
	f->count++;
	if (now < f->until) {
		if (f->count == 1)
			arm(r);
		return false;
	}
	f->until = now + FOLD_USEC;
	tell_fold(r, f);
	return true;
}
