/* Folding: Cou is the sum, Min the least, Max the greatest, Avg weighted by the normal samples. Minutes that are
 * missing count as expected and not got, wherever in the window: what was not seen of an hour or a day is no normal
 * part of it, not even of a point's first one. Owns its windows. */
#include "hjgate/fold.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "accum.h"
#include "hjgate/clock.h"
#include "hjgate/decimal.h"
#include "hjgate/rollup.h"

#define FIRST_SIZE  8
#define FAR_WINDOWS 24

struct folded {
	uint32_t point;
	int64_t covered_ms; /* how long its minutes are together */
	uint32_t minutes;
	uint64_t expected, got, odd[ACCUM_FLAGS]; /* odd: expected samples of minutes with that flag */
	double weight, sum; /* of the averages: by normal samples, or each minute once while none is normal */
	bool normal;        /* sum, weight, min and max are those of minutes with normal samples */
	double cou, min, max, last;
};

struct fold_window {
	int64_t label_ms;
	struct folded *list; /* open points, sorted */
	size_t count, size;
	uint32_t *closed; /* points that are in a record, sorted: their number is all that is asked of them */
	size_t closed_count;
};

struct hj_fold {
	int64_t length_ms;
	unsigned normal_part;                            /* % */
	struct fold_window windows[HJ_FOLD_WINDOWS_MAX]; /* sorted by label */
	size_t count;
	int64_t floor_ms; /* windows before this are forgotten */
	uint64_t refused;
};

int hj_fold_new(int64_t length_ms, struct hj_fold **ret)
{
	struct hj_fold *f = calloc(1, sizeof(*f));

	if (!f)
		return -ENOMEM;
	f->length_ms = length_ms;
	f->normal_part = HJ_NORMAL_PART;
	f->floor_ms = INT64_MIN;
	*ret = f;
	return 0;
}

void hj_fold_set_normal_part(struct hj_fold *f, unsigned percent)
{
	f->normal_part = percent;
}

static void drop_window(struct hj_fold *f, size_t i)
{
	free(f->windows[i].list);
	free(f->windows[i].closed);
	memmove(&f->windows[i], &f->windows[i + 1], (f->count - i - 1) * sizeof(f->windows[0]));
	f->count--;
}

void hj_fold_free(struct hj_fold *f)
{
	if (!f)
		return;
	while (f->count)
		drop_window(f, f->count - 1);
	free(f);
}

int64_t hj_fold_length(const struct hj_fold *f)
{
	return f->length_ms;
}

uint64_t hj_fold_refused(const struct hj_fold *f)
{
	return f->refused;
}

static bool has_open(const struct fold_window *w)
{
	return w->count > 0;
}

/* One that has nothing open goes, the oldest first. Windows far ahead are a wrong clock's: they must not keep the
 * right ones out. */
static void make_room(struct hj_fold *f, int64_t label_ms)
{
	for (size_t i = 0; i < f->count; i++)
		if (!has_open(&f->windows[i]))
			return drop_window(f, i);
	if (f->windows[f->count - 1].label_ms > label_ms + FAR_WINDOWS * f->length_ms)
		drop_window(f, f->count - 1);
}

/* The window of this label, made where absent; NULL where others still wait in a full set. */
static struct fold_window *get_window(struct hj_fold *f, int64_t label_ms)
{
	size_t i;

	if (label_ms < f->floor_ms)
		return NULL;
	for (i = f->count; i && f->windows[i - 1].label_ms > label_ms;)
		i--;
	if (i && f->windows[i - 1].label_ms == label_ms)
		return &f->windows[i - 1];
	if (f->count == HJ_FOLD_WINDOWS_MAX)
		make_room(f, label_ms);
	if (f->count == HJ_FOLD_WINDOWS_MAX)
		return NULL;
	for (i = f->count; i && f->windows[i - 1].label_ms > label_ms;)
		i--;
	memmove(&f->windows[i + 1], &f->windows[i], (f->count - i) * sizeof(f->windows[0]));
	f->windows[i] = (struct fold_window){ .label_ms = label_ms };
	f->count++;
	return &f->windows[i];
}

static int grow(struct fold_window *w)
{
	size_t size = w->size ? 2 * w->size : FIRST_SIZE;
	struct folded *list;

	if (w->count < w->size)
		return 0;
	list = realloc(w->list, size * sizeof(*list));
	if (!list)
		return -ENOMEM;
	w->list = list;
	w->size = size;
	return 0;
}

static size_t position(const struct fold_window *w, uint32_t point)
{
	size_t i = 0, end = w->count;

	while (i < end) {
		size_t mid = (i + end) / 2;

		if (w->list[mid].point < point)
			i = mid + 1;
		else
			end = mid;
	}
	return i;
}

bool hj_fold_holds(const struct hj_fold *f, uint32_t point)
{
	for (size_t k = 0; k < f->count; k++) {
		size_t i = position(&f->windows[k], point);

		if (i < f->windows[k].count && f->windows[k].list[i].point == point)
			return true;
	}
	return false;
}

static struct folded *get_point(struct fold_window *w, uint32_t point)
{
	size_t i = position(w, point);

	if (i < w->count && w->list[i].point == point)
		return &w->list[i];
	if (grow(w) < 0)
		return NULL;
	memmove(&w->list[i + 1], &w->list[i], (w->count - i) * sizeof(*w->list));
	w->list[i] = (struct folded){ .point = point, .cou = NAN, .min = NAN, .max = NAN, .last = NAN };
	w->count++;
	return &w->list[i];
}

/* ---- closed points ---- */

static int by_number(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static bool is_closed(const struct fold_window *w, uint32_t point)
{
	return w->closed_count && bsearch(&point, w->closed, w->closed_count, sizeof(point), by_number);
}

static int make_room_for_closed(struct fold_window *w, size_t more)
{
	uint32_t *closed = more ? realloc(w->closed, (w->closed_count + more) * sizeof(*closed)) : w->closed;

	if (!closed && more)
		return -ENOMEM;
	w->closed = closed;
	return 0;
}

static void note_closed(struct fold_window *w, uint32_t point)
{
	size_t at;

	if (is_closed(w, point))
		return;
	for (at = w->closed_count++; at && w->closed[at - 1] > point; at--)
		w->closed[at] = w->closed[at - 1];
	w->closed[at] = point;
}

/* There is room. What was folded for them goes; a list of which nothing is left is given back. */
static void close_points(struct fold_window *w, const struct hj_stats *stats)
{
	size_t left = 0;

	for (size_t i = 0; i < stats->count; i++)
		note_closed(w, stats->stats[i].point);
	for (size_t i = 0; i < w->count; i++)
		if (!is_closed(w, w->list[i].point))
			w->list[left++] = w->list[i];
	w->count = left;
	if (left)
		return;
	free(w->list);
	w->list = NULL;
	w->size = 0;
}

/* ---- adding ---- */

static void add_range(struct folded *p, const struct hj_stat *s)
{
	double weight = s->got ? s->got : 1;

	if (!s->got && p->normal)
		return;
	if (s->got && !p->normal) {
		p->normal = true;
		p->weight = p->sum = 0;
		p->min = p->max = NAN;
	}
	p->weight += weight;
	p->sum += s->avg * weight;
	p->min = fmin(p->min, s->min);
	p->max = fmax(p->max, s->max);
}

static void add_stat(struct folded *p, int64_t minute_ms, const struct hj_stat *s)
{
	size_t odd = accum_flag_index(s->flag);

	p->covered_ms += minute_ms;
	p->minutes++;
	p->expected += s->expected;
	p->got += s->got;
	if (odd < ACCUM_FLAGS)
		p->odd[odd] += s->expected;
	if (isfinite(s->cou))
		p->cou = isfinite(p->cou) ? hj_decimal_sum(p->cou, s->cou) : s->cou;
	if (isfinite(s->last))
		p->last = s->last;
	if (isfinite(s->avg))
		add_range(p, s);
}

int hj_fold_add(struct hj_fold *f, int64_t label_ms, int64_t minute_ms, const struct hj_stats *minute)
{
	struct fold_window *w = get_window(f, hj_window_start(label_ms, f->length_ms));

	if (!w) {
		f->refused += minute->count;
		return 0;
	}
	for (size_t i = 0; i < minute->count; i++) {
		struct folded *p;

		if (is_closed(w, minute->stats[i].point)) {
			f->refused++;
			continue;
		}
		p = get_point(w, minute->stats[i].point);
		if (!p)
			return -ENOMEM;
		add_stat(p, minute_ms, &minute->stats[i]);
	}
	return 0;
}

int hj_fold_mark(struct hj_fold *f, int64_t label_ms, const struct hj_stats *closed)
{
	struct fold_window *w = get_window(f, label_ms);

	if (!w)
		return 0;
	if (make_room_for_closed(w, closed->count) < 0)
		return -ENOMEM;
	close_points(w, closed);
	return 0;
}

int hj_fold_oldest(const struct hj_fold *f, int64_t *ret_label_ms)
{
	for (size_t i = 0; i < f->count; i++) {
		if (!has_open(&f->windows[i]))
			continue;
		*ret_label_ms = f->windows[i].label_ms;
		return 1;
	}
	return 0;
}

/* What is expected of the time that no minute covers, by those that are there: not all are of one length. */
static uint64_t missing_of(const struct folded *p, int64_t length_ms)
{
	int64_t gap_ms = length_ms - p->covered_ms;
	uint64_t covered = (uint64_t)p->covered_ms, gap = (uint64_t)gap_ms;

	if (p->covered_ms <= 0 || gap_ms <= 0)
		return 0;
	return p->expected / covered * gap + p->expected % covered * gap / covered;
}

static void make_stat(const struct folded *p, int64_t length_ms, unsigned normal_part, struct hj_stat *s)
{
	uint64_t missing = missing_of(p, length_ms);
	uint32_t odd[ACCUM_FLAGS];
	bool flagged = false; /* then one sample at least came that was not normal, or is missing */
	struct accum_share share;

	for (size_t i = 0; i < ACCUM_FLAGS; i++) {
		odd[i] = (uint32_t)hj_min(p->odd[i], UINT32_MAX);
		flagged = flagged || odd[i];
	}
	*s = (struct hj_stat){ .point = p->point, .cou = p->cou, .last = p->last, .min = p->min, .max = p->max };
	s->expected = (uint32_t)hj_min(p->expected + missing, UINT32_MAX);
	s->got = (uint32_t)hj_min(p->got, UINT32_MAX);
	share = (struct accum_share){ s->got, s->got + flagged, s->expected, missing ? 0 : p->minutes };
	s->flag = accum_flag(&share, normal_part, odd);
	s->avg = p->weight > 0 ? fmin(fmax(p->sum / p->weight, s->min), s->max) : NAN;
}

static struct fold_window *find_window(struct hj_fold *f, int64_t label_ms)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->windows[i].label_ms == label_ms)
			return &f->windows[i];
	return NULL;
}

int hj_fold_take(struct hj_fold *f, int64_t label_ms, hj_fold_keep_fn keep, void *userdata, struct hj_stats *ret)
{
	struct fold_window *w = find_window(f, label_ms);
	struct hj_stats out = { 0 };

	if (w && w->count) {
		if (make_room_for_closed(w, w->count) < 0)
			return -ENOMEM;
		out.stats = calloc(w->count, sizeof(*out.stats));
		if (!out.stats)
			return -ENOMEM;
		for (size_t k = 0; k < w->count; k++)
			if (!keep || !keep(w->list[k].point, userdata))
				make_stat(&w->list[k], f->length_ms, f->normal_part, &out.stats[out.count++]);
		close_points(w, &out);
	}
	*ret = out;
	return 0;
}

void hj_fold_forget(struct hj_fold *f, int64_t before_ms)
{
	for (; f->count && f->windows[0].label_ms + f->length_ms <= before_ms; drop_window(f, 0))
		f->floor_ms = hj_max(f->floor_ms, f->windows[0].label_ms + f->length_ms);
}

void hj_fold_reread(struct hj_fold *f, int64_t after_ms)
{
	while (f->count && f->windows[f->count - 1].label_ms + f->length_ms > after_ms)
		drop_window(f, f->count - 1);
}

bool hj_fold_at(const struct hj_fold *f, size_t i, int64_t *ret_label_ms)
{
	if (i >= f->count)
		return false;
	*ret_label_ms = f->windows[i].label_ms;
	return true;
}
