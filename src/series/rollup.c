/* Samples into open windows: see rollup.h. Owns the buses and their windows; borrows the dictionary. */
#include "rollup_impl.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define FIRST_WINDOWS 4
#define FIRST_STATES  16

int hj_rollup_new(int64_t length_ms, const struct hj_dictionary *points, struct hj_rollup **ret)
{
	struct hj_rollup *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->length_ms = r->old_length_ms = length_ms;
	r->switch_ms = INT64_MIN;
	r->dictionary = points;
	r->normal_part = HJ_NORMAL_PART;
	*ret = r;
	return 0;
}

void hj_rollup_set_normal_part(struct hj_rollup *r, unsigned percent)
{
	r->normal_part = percent;
}

void rollup_drop_window(struct hj_rollup_bus *b, size_t i)
{
	accums_done(&b->windows[i].accums);
	memmove(&b->windows[i], &b->windows[i + 1], (b->count - i - 1) * sizeof(*b->windows));
	b->count--;
}

void rollup_drop_bus(struct hj_rollup *r, size_t i)
{
	struct hj_rollup_bus *b = r->buses[i];

	while (b->count)
		rollup_drop_window(b, b->count - 1);
	for (size_t k = 0; k < r->state_count; k++)
		if (r->states[k].bus == b)
			r->states[k].bus = NULL;
	free(b->windows);
	free(b);
	memmove(&r->buses[i], &r->buses[i + 1], (r->count - i - 1) * sizeof(*r->buses));
	r->count--;
}

void hj_rollup_free(struct hj_rollup *r)
{
	if (!r)
		return;
	while (r->count)
		rollup_drop_bus(r, r->count - 1);
	rollup_drop_states(r);
	free(r);
}

struct hj_rollup_bus *hj_rollup_find(const struct hj_rollup *r, const char *name)
{
	for (size_t i = 0; i < r->count; i++)
		if (!strcmp(r->buses[i]->name, name))
			return r->buses[i];
	return NULL;
}

struct hj_rollup_bus *hj_rollup_at(const struct hj_rollup *r, size_t i)
{
	return i < r->count ? r->buses[i] : NULL;
}

void hj_rollup_look(const struct hj_rollup_bus *b, struct hj_rollup_look *ret)
{
	*ret = (struct hj_rollup_look){ .name = b->name,
		.boot = b->boot,
		.counted = b->counted,
		.late = b->late,
		.upto = b->upto_ms,
		.windows = b->count,
		.connected = b->connected };
}

int rollup_new_bus(struct hj_rollup *r, const char *name, const struct hj_now *now, struct hj_rollup_bus **ret)
{
	struct hj_rollup_bus *b = calloc(1, sizeof(*b));

	if (!b)
		return -ENOMEM;
	hj_text_copy(b->name, sizeof(b->name), name);
	b->lost_at = now->mono;
	b->held = r->held;
	b->upto_ms = b->since_ms = INT64_MIN;
	r->buses[r->count++] = b;
	*ret = b;
	return 0;
}

/* The bus that has been away longest and has nothing open. */
static int make_room(struct hj_rollup *r)
{
	size_t best = r->count;

	for (size_t i = 0; i < r->count; i++) {
		struct hj_rollup_bus *b = r->buses[i];

		if (b->connected || b->count)
			continue;
		if (best == r->count || b->lost_at < r->buses[best]->lost_at)
			best = i;
	}
	if (best == r->count)
		return -ENOSPC;
	rollup_drop_bus(r, best);
	return 0;
}

int hj_rollup_get(struct hj_rollup *r, const char *name, const struct hj_now *now, struct hj_rollup_bus **ret)
{
	struct hj_rollup_bus *b = hj_rollup_find(r, name);
	int e;

	if (b) {
		*ret = b;
		return 0;
	}
	e = r->count == HJ_ROLLUP_BUSES_MAX ? make_room(r) : 0;
	return e < 0 ? e : rollup_new_bus(r, name, now, ret);
}

void hj_rollup_boot(struct hj_rollup_bus *b, const uint8_t boot[HJ_ID_BYTES])
{
	if (!memcmp(b->boot, boot, HJ_ID_BYTES))
		return;
	memcpy(b->boot, boot, HJ_ID_BYTES);
	b->counted = 0;
	b->since_ms = INT64_MIN;
}

void hj_rollup_count_from(struct hj_rollup_bus *b, uint64_t first)
{
	b->counted = first - 1;
}

void hj_rollup_connect(struct hj_rollup_bus *b, bool connected, const struct hj_now *now)
{
	if (b->connected && !connected)
		b->lost_at = now->mono;
	b->connected = connected;
}

/* ---- adding ---- */

static size_t state_position(const struct hj_rollup *r, uint32_t point)
{
	size_t lo = 0, hi = r->state_count;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (r->states[mid].point < point)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static int grow_states(struct hj_rollup *r)
{
	size_t size = r->state_size ? 2 * r->state_size : FIRST_STATES;
	struct point_state *states;

	if (r->state_count < r->state_size)
		return 0;
	if (r->state_count >= HJ_POINTS_MAX)
		return -ENOSPC;
	states = realloc(r->states, size * sizeof(*states));
	if (!states)
		return -ENOMEM;
	r->states = states;
	r->state_size = size;
	return 0;
}

struct point_state *rollup_state(struct hj_rollup *r, uint32_t point)
{
	size_t i = state_position(r, point);

	if (i < r->state_count && r->states[i].point == point)
		return &r->states[i];
	if (grow_states(r) < 0)
		return NULL;
	memmove(&r->states[i + 1], &r->states[i], (r->state_count - i) * sizeof(*r->states));
	r->states[i] = (struct point_state){ .point = point, .label_ms = INT64_MIN };
	r->state_count++;
	return &r->states[i];
}

bool hj_rollup_holds(const struct hj_rollup *r, uint32_t point)
{
	for (size_t i = 0; i < r->count; i++)
		for (size_t k = 0; k < r->buses[i]->count; k++)
			if (accums_has(&r->buses[i]->windows[k].accums, point))
				return true;
	return false;
}

void hj_rollup_forget_point(struct hj_rollup *r, uint32_t point)
{
	size_t i = state_position(r, point);

	if (i == r->state_count || r->states[i].point != point)
		return;
	free(r->states[i].total);
	memmove(&r->states[i], &r->states[i + 1], (r->state_count - i - 1) * sizeof(*r->states));
	r->state_count--;
}

int rollup_stateless(const struct hj_rollup *r)
{
	return r->state_count < HJ_POINTS_MAX ? -ENOMEM : -EINVAL;
}

struct hj_total *rollup_total(struct point_state *state)
{
	if (!state->total) {
		state->total = malloc(sizeof(*state->total));
		if (state->total)
			hj_total_init(state->total);
	}
	return state->total;
}

void rollup_drop_states(struct hj_rollup *r)
{
	for (size_t i = 0; i < r->state_count; i++)
		free(r->states[i].total);
	free(r->states);
	r->states = NULL;
	r->state_count = r->state_size = 0;
}

/* ---- totals ---- */

static void count_total(struct hj_rollup *r, const struct hj_point *p, struct hj_total *total, struct accum *accum,
        const struct hj_sample *s)
{
	double before = total->newest;
	enum hj_total_step step;

	accum_grow(accum, hj_total_add(total, p->wrap, s->value, s->time_ms, &step));
	if (step != HJ_TOTAL_RESET || r->fallen_count == HJ_ROLLUP_FALLEN_MAX)
		return;
	r->fallen[r->fallen_count++] = (struct hj_fallen){ s->point, s->time_ms, before, s->value };
}

bool hj_rollup_fallen(struct hj_rollup *r, struct hj_fallen *ret)
{
	if (!r->fallen_count)
		return false;
	*ret = r->fallen[--r->fallen_count];
	return true;
}

int hj_rollup_swap(struct hj_rollup *r, uint32_t point, double old, double new, const struct hj_now *now,
        double *ret_old, double *ret_new)
{
	const struct hj_point *p = hj_dictionary_find(r->dictionary, point);
	struct point_state *state = p && p->total ? rollup_state(r, point) : NULL;
	struct hj_total *total = state ? rollup_total(state) : NULL;

	if (!total)
		return p && p->total ? rollup_stateless(r) : -EINVAL;
	return hj_total_swap(total, old, new, now->wall_ms, ret_old, ret_new);
}

bool hj_rollup_is_new_meter(const struct hj_rollup *r, const struct hj_sample *s)
{
	size_t i = state_position(r, s->point);
	const struct point_state *state = &r->states[i];

	return i < r->state_count && state->point == s->point && state->total && hj_sample_has_value(s) &&
	       hj_total_is_new_meter(state->total, s->value);
}

static int grow(struct hj_rollup_bus *b)
{
	size_t size = b->size ? 2 * b->size : FIRST_WINDOWS;
	struct window *windows;

	if (b->count < b->size)
		return 0;
	windows = realloc(b->windows, size * sizeof(*windows));
	if (!windows)
		return -ENOMEM;
	b->windows = windows;
	b->size = size;
	return 0;
}

int rollup_open_window(struct hj_rollup_bus *b, int64_t label_ms, int64_t length_ms, struct window **ret)
{
	size_t i = b->count;
	int e;

	while (i && b->windows[i - 1].label_ms > label_ms)
		i--;
	if (i && b->windows[i - 1].label_ms == label_ms) {
		*ret = &b->windows[i - 1];
		return 0;
	}
	e = b->count == HJ_ROLLUP_WINDOWS_MAX ? -ENOBUFS : grow(b);
	if (e < 0)
		return e;
	memmove(&b->windows[i + 1], &b->windows[i], (b->count - i) * sizeof(*b->windows));
	b->windows[i] = (struct window){ .label_ms = label_ms, .length_ms = length_ms, .ready_at = HJ_USEC_NEVER };
	/* After a step back the bus's first sample lies beyond the window. */
	b->windows[i].from_ms = b->since_ms > label_ms && b->since_ms < label_ms + length_ms ? b->since_ms : label_ms;
	b->count++;
	*ret = &b->windows[i];
	return 0;
}

static bool is_closed(const struct hj_rollup_bus *b, int64_t label_ms)
{
	for (size_t i = 0; i < b->closed_count; i++)
		if (label_ms >= b->closed[i].from_ms && label_ms < b->closed[i].end_ms)
			return true;
	return false;
}

int64_t rollup_length(const struct hj_rollup *r, int64_t ms)
{
	return ms < r->switch_ms ? r->old_length_ms : r->length_ms;
}

int hj_rollup_put(struct hj_rollup *r, struct hj_rollup_bus *b, const struct hj_sample *s, uint32_t interval_ms)
{
	int64_t length = rollup_length(r, s->time_ms), label = hj_window_start(s->time_ms, length);
	const struct hj_point *p = hj_dictionary_find(r->dictionary, s->point);
	struct hj_total *total = NULL;
	struct point_state *state;
	struct window *window;
	struct accum *accum;
	int e;

	if (!p)
		return -EINVAL;
	if (is_closed(b, label)) {
		b->late++;
		return HJ_ROLLUP_LATE;
	}
	if (b->since_ms == INT64_MIN)
		b->since_ms = s->time_ms;
	e = rollup_open_window(b, label, length, &window);
	if (e < 0)
		return e;
	accum = accums_get(&window->accums, s->point);
	state = rollup_state(r, s->point);
	if (!accum || !state)
		return accum ? rollup_stateless(r) : -ENOMEM;
	if (p->total && hj_sample_has_value(s)) {
		total = rollup_total(state);
		if (!total)
			return -ENOMEM;
		count_total(r, p, total, accum, s);
	}
	state->bus = b;
	accum_add(accum, s, interval_ms ? interval_ms : p->interval_ms);
	return 0;
}

int hj_rollup_add(struct hj_rollup *r, struct hj_rollup_bus *b, const struct hj_sample *s)
{
	int e = hj_rollup_put(r, b, s, 0);

	if (e >= 0)
		b->counted++;
	return e;
}

void hj_rollup_hold(struct hj_rollup *r, bool held)
{
	r->held = held;
	for (size_t i = 0; i < r->count; i++)
		r->buses[i]->held = held;
}

void hj_rollup_count(struct hj_rollup_bus *b, uint64_t n)
{
	b->counted += n;
}
