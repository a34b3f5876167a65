/* See fold.h. Rates live in a small table; the one unused for longest makes room, unless it still holds a count. */
#include "fold.h"
#include "hjgate/event.h"
#include "hjgate/text.h"

#include <string.h>

void folds_init(struct folds *f)
{
	memset(f, 0, sizeof(*f));
	f->write_at = HJ_USEC_NEVER;
}

void folds_done(struct folds *f)
{
	for (size_t i = 0; i < f->count; i++)
		free(f->rates[i].held_values);
	f->count = 0;
}

struct rate *folds_find(struct folds *f, const char *code, const char *key)
{
	for (size_t i = 0; i < f->count; i++)
		if (!strcmp(f->rates[i].code, code) && !strcmp(f->rates[i].key, key))
			return &f->rates[i];
	return NULL;
}

/* Bad input is told once a minute: the first shows what it is, how much of it is a count. */
static unsigned most_of(const struct rate *r)
{
	return r->of_day || !strcmp(r->code, "bad-input") ? 1 : FOLD_MOST;
}

static hj_usec window_of(const struct rate *r)
{
	return r->of_day ? FOLD_DAY : FOLD_WINDOW;
}

static bool is_busy(const struct rate *r)
{
	return r->folded || r->held;
}

static struct rate *place(struct folds *f)
{
	struct rate *oldest = NULL;

	if (f->count < FOLD_RATES_MAX)
		return &f->rates[f->count++];
	for (size_t i = 0; i < f->count; i++)
		if (!is_busy(&f->rates[i]) && (!oldest || f->rates[i].used < oldest->used))
			oldest = &f->rates[i];
	return oldest;
}

static struct rate *find_or_add(struct folds *f, const struct row *row, bool of_day, hj_usec now)
{
	struct rate *r = folds_find(f, row->code, row->key);

	if (!r) {
		r = place(f);
		if (!r)
			return NULL; /* every place is busy: then this one is written row by row */
		*r = (struct rate){ .window = now, .of_day = of_day };
		hj_text_copy(r->code, sizeof(r->code), row->code);
		hj_text_copy(r->key, sizeof(r->key), row->key);
	}
	r->used = now;
	return r;
}

static void arm(struct folds *f, struct rate *r, hj_usec now)
{
	if (!is_busy(r))
		r->due = now + (r->of_day ? FOLD_DAY_WRITE : FOLD_WRITE);
	f->write_at = hj_min(f->write_at, r->due);
}

static struct code_rate *code_rate(struct folds *f, const char *code, hj_usec now)
{
	struct code_rate *c = f->codes, *end = f->codes + f->code_count, *oldest = f->codes;

	for (; c < end && strcmp(c->code, code) != 0; c++)
		if (c->window < oldest->window)
			oldest = c;
	if (c < end)
		return c;
	c = f->code_count < FOLD_CODES_MAX ? &f->codes[f->code_count++] : oldest;
	*c = (struct code_rate){ .window = now, .day = now };
	hj_text_copy(c->code, sizeof(c->code), code);
	return c;
}

static bool is_info(const struct row *row)
{
	return hj_event_find(row->code)->class == HJ_EVENT_INFO;
}

/* What the plant did is what events are for, and nobody from outside can have it told. */
static bool is_of_the_plant(const struct row *row)
{
	return !strcmp(row->code, "switch-changed") || !strncmp(row->code, "equipment-", strlen("equipment-"));
}

/* What has a begin and an end is told apart by its key, and so is what was changed in the configuration. */
static bool may_be_gathered(const struct row *row)
{
	return row->is == ROW_MOMENT && hj_event_find(row->code) &&
	       !(is_info(row) && (!strcmp(row->source, "eventd") || is_of_the_plant(row)));
}

static void gather(struct folds *f, struct row *row, hj_usec now)
{
	struct code_rate *c;

	if (!may_be_gathered(row))
		return;
	c = code_rate(f, row->code, now);
	if (now - c->window >= FOLD_WINDOW) {
		c->window = now;
		c->moments = 0;
	}
	if (now - c->day >= FOLD_DAY) {
		c->day = now;
		c->today = 0;
	}
	if (is_info(row) ? c->today == FOLD_DAY_MOST : c->moments == FOLD_CODE_MOST)
		hj_text_copy(row->key, sizeof(row->key), FOLD_SEVERAL);
}

static void count_moment(struct folds *f, const struct row *row, hj_usec now)
{
	struct code_rate *c;

	if (!may_be_gathered(row) || !strcmp(row->key, FOLD_SEVERAL))
		return;
	c = code_rate(f, row->code, now);
	c->moments++;
	c->today++;
}

struct rate *folds_event(struct folds *f, struct row *row, hj_usec now)
{
	struct rate *r;

	gather(f, row, now);
	r = find_or_add(f, row, may_be_gathered(row) && is_info(row) && !strcmp(row->key, FOLD_SEVERAL), now);
	if (!r)
		count_moment(f, row, now);
	if (!r)
		return NULL;
	if (now - r->window >= window_of(r)) {
		r->window = now;
		r->written = 0;
	}
	/* While an end is kept back the event is open on disk, and a new beginning is only counted. A beginning of
	 * what has ended is always written: folded into it, it would be hidden. */
	if (!r->held && (row->is == ROW_BEGIN || r->written < most_of(r))) {
		r->written++;
		r->id = 0;
		count_moment(f, row, now);
		return NULL;
	}
	arm(f, r, now);
	r->folded++;
	r->time_ms = row->time_ms;
	r->held = false;
	free(hj_steal(r->held_values));
	return r;
}

struct rate *folds_end(struct folds *f, struct row *row, hj_usec now)
{
	struct rate *r = folds_find(f, row->code, row->key);

	if (!r || r->written < most_of(r) || now - r->window >= window_of(r))
		return NULL;
	arm(f, r, now);
	r->held = true;
	r->held_ms = row->time_ms;
	free(r->held_values);
	r->held_values = hj_steal(row->values);
	return r;
}

void folds_written(struct folds *f, const char *code, const char *key, uint64_t id)
{
	struct rate *r = folds_find(f, code, key);

	if (r)
		r->id = id;
}

bool folds_take(struct folds *f, hj_usec now, struct row *ret)
{
	f->write_at = HJ_USEC_NEVER;
	for (size_t i = 0; i < f->count; i++) {
		struct rate *r = &f->rates[i];

		if (!is_busy(r) || !r->id || r->due > now)
			continue;
		*ret = (struct row){ .is = r->held ? ROW_END : ROW_COUNT,
			.of = r->id,
			.count = r->folded,
			.time_ms = r->held ? r->held_ms : r->time_ms };
		if (r->held)
			ret->values = hj_steal(r->held_values);
		hj_text_copy(ret->code, sizeof(ret->code), r->code);
		hj_text_copy(ret->key, sizeof(ret->key), r->key);
		r->folded = 0;
		r->held = false;
		return true;
	}
	return false;
}

void folds_wait(struct folds *f, hj_usec now)
{
	f->write_at = HJ_USEC_NEVER;
	for (size_t i = 0; i < f->count; i++) {
		struct rate *r = &f->rates[i];

		if (is_busy(r) && r->due <= now)
			r->due = now + FOLD_WRITE;
		if (is_busy(r))
			f->write_at = hj_min(f->write_at, r->due);
	}
}
