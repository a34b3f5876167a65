/* See quiet.h. */
#include "quiet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/cleanup.h"

void quiet_done(struct quiet *q)
{
	for (size_t i = 0; i < q->count; i++)
		alert_free(q->tracks[i].last);
	free(q->tracks);
	q->tracks = NULL;
	q->count = 0;
}

static struct track *find(struct quiet *q, const char *code, const char *key)
{
	for (size_t i = 0; i < q->count; i++)
		if (!strcmp(q->tracks[i].last->code, code) && !strcmp(q->tracks[i].last->key, key))
			return &q->tracks[i];
	return NULL;
}

static bool has_news(const struct track *t)
{
	return (t->open && !t->told_open) || t->hushed;
}

/* The one that is missed least: closed and told before others, then the oldest. */
static size_t least(const struct quiet *q)
{
	size_t best = 0;

	for (size_t i = 1; i < q->count; i++) {
		const struct track *a = &q->tracks[i], *b = &q->tracks[best];
		int of_a = a->open + 2 * has_news(a), of_b = b->open + 2 * has_news(b);

		if (of_a < of_b || (of_a == of_b && a->told_ms < b->told_ms))
			best = i;
	}
	return best;
}

static struct track *place(struct quiet *q)
{
	struct track *tracks;
	size_t i;

	if (q->count == QUIET_TRACKS_MAX) {
		i = least(q);
		alert_free(q->tracks[i].last);
		q->tracks[i] = (struct track){ 0 };
		return &q->tracks[i];
	}
	tracks = realloc(q->tracks, (q->count + 1) * sizeof(*tracks));
	if (!tracks)
		return NULL;
	q->tracks = tracks;
	tracks[q->count] = (struct track){ 0 };
	return &tracks[q->count++];
}

int quiet_put(struct quiet *q, struct track *t)
{
	struct track *to = find(q, t->last->code, t->last->key);

	to = to ? to : place(q);
	if (!to)
		return -ENOMEM;
	alert_free(to->last);
	*to = *t;
	t->last = NULL;
	return 0;
}

/* A clock that was set back does not make the quiet longer. */
static bool within(int64_t since_ms, int64_t length_ms, int64_t now_ms)
{
	return since_ms && now_ms >= since_ms && now_ms - since_ms < length_ms;
}

/* A begin or a moment. */
static bool is_news(struct track *t, const struct quiet *q, int64_t now_ms)
{
	return !within(t->told_ms, q->quiet_ms, now_ms);
}

static struct track *track_of(struct quiet *q, const struct alert *a)
{
	struct track *t = find(q, a->code, a->key);
	struct alert *copy = alert_copy(a);

	if (copy && !t)
		t = place(q);
	if (!copy || !t) {
		alert_free(copy);
		return NULL;
	}
	alert_free(t->last);
	t->last = copy;
	t->doubtful = false;
	return t;
}

bool quiet_event(struct quiet *q, const struct alert *a, int64_t now_ms, unsigned *ret_more, struct track **ret_track)
{
	struct track *t = track_of(q, a);
	bool tell;

	*ret_more = 0;
	*ret_track = t;
	if (!t)
		return true; /* without memory it is rather told too often */
	if (a->phase == ALERT_END) {
		/* That it is over is told to who knows that it began. */
		tell = t->told_open || !t->told_ms;
		t->open = t->told_open = false;
		return tell;
	}
	t->open = a->phase == ALERT_BEGIN;
	tell = is_news(t, q, now_ms);
	if (!tell) {
		t->hushed++;
		return false;
	}
	*ret_more = t->hushed;
	t->hushed = 0;
	t->told_open = t->open;
	t->told_ms = now_ms;
	return true;
}

/* When this one is told by itself; INT64_MAX: never. What came and went while it was quiet is told then, too. */
static int64_t due_at(const struct quiet *q, const struct track *t)
{
	if (t->hushed)
		return t->told_ms + q->quiet_ms;
	if (t->open && t->told_open && q->repeat_ms)
		return t->told_ms + q->repeat_ms;
	return INT64_MAX;
}

int64_t quiet_next(const struct quiet *q)
{
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < q->count; i++)
		next = hj_min(next, due_at(q, &q->tracks[i]));
	return next;
}

struct alert *quiet_due(struct quiet *q, int64_t now_ms, struct track **ret_track)
{
	for (size_t i = 0; i < q->count; i++) {
		struct track *t = &q->tracks[i];
		int64_t at = due_at(q, t);
		struct alert *a;

		if (at == INT64_MAX || (now_ms < at && now_ms >= t->told_ms))
			continue;
		a = alert_copy(t->last);
		if (!a)
			return NULL;
		a->again = !t->hushed;
		a->more = t->hushed ? t->hushed - 1 : 0;
		t->hushed = 0;
		t->told_open = t->open;
		t->told_ms = now_ms;
		*ret_track = t;
		return a;
	}
	return NULL;
}

/* ---- what is open ---- */

bool quiet_doubt(struct quiet *q)
{
	bool any = false;

	for (size_t i = 0; i < q->count; i++) {
		q->tracks[i].doubtful = q->tracks[i].open;
		any = any || q->tracks[i].open;
	}
	return any;
}

void quiet_is_open(struct quiet *q, const char *code, const char *key)
{
	struct track *t = find(q, code, key);

	if (t)
		t->doubtful = false;
}

struct track *quiet_close_doubtful(struct quiet *q)
{
	for (size_t i = 0; i < q->count; i++) {
		struct track *t = &q->tracks[i];

		if (!t->doubtful)
			continue;
		t->doubtful = t->open = false;
		t->hushed = 0;
		return t;
	}
	return NULL;
}
