/* The rollup's checkpoint: everything that is not in a record yet, and what the next records need from the ones
 * before. Big-endian, versioned, strict: what does not decode as a whole is refused as a whole, and then nothing of
 * it is used. */
#include "rollup_impl.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define CHECKPOINT_VERSION 2 /* 1 had only the last reading of each total */
#define CHECKPOINT_OLDEST  1

static int put_text(struct hj_buf *to, const char *text)
{
	size_t n = strlen(text);
	int e = hj_buf_put_be(to, n, 1);

	return e < 0 ? e : hj_buf_put(to, text, n);
}

static int put_i64(struct hj_buf *to, int64_t value)
{
	return hj_buf_put_be(to, (uint64_t)value, 8);
}

static int64_t get_i64(struct hj_reader *in)
{
	return (int64_t)hj_get_be(in, 8);
}

static int put_window(const struct hj_rollup *r, const struct window *w, struct hj_buf *to)
{
	int e = put_i64(to, w->label_ms);

	e = e < 0 ? e : hj_buf_put_be(to, (uint64_t)w->length_ms, 4);
	e = e < 0 ? e : put_i64(to, w->from_ms);
	e = e < 0 ? e : hj_buf_put_be(to, w->ready_at != HJ_USEC_NEVER, 1);
	return e < 0 ? e : accums_encode(&w->accums, r->dictionary, to);
}

static int put_bus(const struct hj_rollup *r, const struct hj_rollup_bus *b, struct hj_buf *to)
{
	int e = put_text(to, b->name);

	e = e < 0 ? e : hj_buf_put(to, b->boot, HJ_ID_BYTES);
	e = e < 0 ? e : hj_buf_put_be(to, b->counted, 8);
	e = e < 0 ? e : put_i64(to, b->upto_ms);
	e = e < 0 ? e : put_i64(to, b->since_ms);
	e = e < 0 ? e : hj_buf_put_be(to, b->closed_count, 1);
	for (size_t i = 0; i < b->closed_count && e >= 0; i++) {
		e = put_i64(to, b->closed[i].from_ms);
		e = e < 0 ? e : put_i64(to, b->closed[i].end_ms);
	}
	e = e < 0 ? e : hj_buf_put_be(to, b->count, 1);
	for (size_t i = 0; i < b->count && e >= 0; i++)
		e = put_window(r, &b->windows[i], to);
	return e;
}

/* Totals only: the growth of the next window is counted from here. */
static int put_totals(const struct hj_rollup *r, struct hj_buf *to)
{
	size_t n = 0;
	int e;

	for (size_t i = 0; i < r->state_count; i++)
		n += r->states[i].total != NULL;
	e = hj_buf_put_be(to, n, 2);
	for (size_t i = 0; i < r->state_count && e >= 0; i++) {
		if (!r->states[i].total)
			continue;
		e = hj_buf_put_be(to, r->states[i].point, 4);
		e = e < 0 ? e : hj_total_encode(r->states[i].total, to);
	}
	return e;
}

int hj_rollup_encode(const struct hj_rollup *r, struct hj_buf *to)
{
	size_t before = to->len;
	int e = hj_buf_put_be(to, CHECKPOINT_VERSION, 1);

	e = e < 0 ? e : hj_buf_put_be(to, (uint64_t)r->length_ms, 4);
	e = e < 0 ? e : hj_buf_put_be(to, (uint64_t)r->old_length_ms, 4);
	e = e < 0 ? e : put_i64(to, r->switch_ms);
	e = e < 0 ? e : put_totals(r, to);
	e = e < 0 ? e : hj_buf_put_be(to, r->count, 1);
	for (size_t i = 0; i < r->count && e >= 0; i++)
		e = put_bus(r, r->buses[i], to);
	if (e < 0)
		to->len = before;
	return e;
}

/* ---- decoding ---- */

static void get_total(struct hj_reader *in, unsigned version, struct hj_total *total)
{
	if (version >= 2)
		return hj_total_decode(in, total);
	total->newest = hj_get_double(in);
	total->carry = 0;
	in->failed |= !isfinite(total->newest);
}

/* More points than a gateway has are no checkpoint of ours. */
static int bad_or_full(const struct hj_rollup *r)
{
	return rollup_stateless(r) == -ENOMEM ? -ENOMEM : -EBADMSG;
}

static int get_totals(struct hj_rollup *r, struct hj_reader *in, unsigned version)
{
	size_t n = hj_get_be(in, 2);

	for (size_t i = 0; i < n && !in->failed; i++) {
		struct point_state *state = rollup_state(r, (uint32_t)hj_get_be(in, 4));
		struct hj_total *total = state ? rollup_total(state) : NULL;

		if (!total)
			return bad_or_full(r);
		get_total(in, version, total);
	}
	return in->failed ? -EBADMSG : 0;
}

/* Of the windows that were open then only the last readings are known: what they grew by is counted from those. */
static void adopt_version_1(struct hj_rollup *r)
{
	for (size_t i = 0; i < r->count; i++)
		for (size_t k = 0; k < r->buses[i]->count; k++) {
			struct accums *accums = &r->buses[i]->windows[k].accums;

			for (size_t n = 0; n < accums->count; n++) {
				struct accum *a = &accums->list[n];
				const struct hj_point *p = hj_dictionary_find(r->dictionary, a->point);
				struct point_state *state = p && p->total ? rollup_state(r, a->point) : NULL;
				struct hj_total *total = state ? rollup_total(state) : NULL;
				enum hj_total_step step;

				if (total && isfinite(a->last))
					accum_grow(a, hj_total_add(total, p->wrap, a->last,
					                      r->buses[i]->windows[k].label_ms, &step));
			}
		}
}

static int get_window(struct hj_rollup *r, struct hj_rollup_bus *b, struct hj_reader *in, const struct hj_now *now)
{
	int64_t label = get_i64(in), length = (int64_t)hj_get_be(in, 4), from = get_i64(in);
	bool ready = hj_get_be(in, 1);
	struct accums accums;
	struct window *w;
	int e = accums_decode(in, &accums);

	if (e < 0)
		return e;
	if (length <= 0 || label < -HJ_TIME_MAX_MS || label > HJ_TIME_MAX_MS || from < label ||
	        from >= label + length)
		e = -EBADMSG;
	e = e < 0 ? e : rollup_open_window(b, label, length, &w);
	if (e < 0 || w->accums.list) { /* the same label twice */
		accums_done(&accums);
		return e < 0 ? e : -EBADMSG;
	}
	w->from_ms = from;
	w->ready_at = ready ? now->mono : HJ_USEC_NEVER;
	w->accums = accums;
	for (size_t i = 0; i < accums.count; i++) {
		struct accum *a = &accums.list[i];
		const struct hj_point *p = hj_dictionary_find(r->dictionary, a->point);
		struct point_state *state = rollup_state(r, a->point);

		if (!state)
			return bad_or_full(r);
		state->bus = b;
		if (!a->interval_ms && p)
			a->interval_ms = p->interval_ms;
	}
	return 0;
}

static int get_name(struct hj_reader *in, char ret[HJ_NAME_MAX + 1])
{
	size_t n = hj_get_be(in, 1);
	const void *text = n <= HJ_NAME_MAX ? hj_get_bytes(in, n) : NULL;

	if (!text)
		return -EBADMSG;
	memcpy(ret, text, n);
	ret[n] = '\0';
	return hj_name_valid(ret) ? 0 : -EBADMSG;
}

static int get_closed(struct hj_rollup_bus *b, struct hj_reader *in)
{
	size_t n = hj_get_be(in, 1);

	if (n > HJ_ROLLUP_CLOSED_MAX)
		return -EBADMSG;
	for (size_t i = 0; i < n && !in->failed; i++) {
		int64_t from = get_i64(in), end = get_i64(in);

		rollup_note_closed(b, from, end);
	}
	return in->failed ? -EBADMSG : 0;
}

static int get_bus(struct hj_rollup *r, struct hj_reader *in, const struct hj_now *now)
{
	char name[HJ_NAME_MAX + 1];
	struct hj_rollup_bus *b;
	const void *boot;
	size_t windows;
	int e = get_name(in, name);

	if (e < 0 || hj_rollup_find(r, name))
		return -EBADMSG;
	e = rollup_new_bus(r, name, now, &b);
	if (e < 0)
		return e;
	boot = hj_get_bytes(in, HJ_ID_BYTES);
	if (!boot)
		return -EBADMSG;
	memcpy(b->boot, boot, HJ_ID_BYTES);
	b->counted = hj_get_be(in, 8);
	b->upto_ms = get_i64(in);
	b->since_ms = get_i64(in);
	e = get_closed(b, in);
	windows = hj_get_be(in, 1);
	for (size_t i = 0; i < windows && e >= 0; i++)
		e = get_window(r, b, in, now);
	return in->failed ? -EBADMSG : e;
}

/* The old grid goes on up to the first boundary of the new one that nothing of the old reaches beyond. Labels far
 * ahead of the clock are a wrong clock's and do not hold the change up. */
static void change_length(struct hj_rollup *r, int64_t new_length, const struct hj_now *now)
{
	int64_t reach = INT64_MIN, sane = now->wall_ms + r->length_ms;

	for (size_t i = 0; i < r->count; i++) {
		const struct hj_rollup_bus *b = r->buses[i];

		for (size_t k = 0; k < b->count; k++)
			if (b->windows[k].label_ms < sane)
				reach = hj_max(reach, b->windows[k].label_ms + b->windows[k].length_ms);
		for (size_t k = 0; k < b->closed_count; k++)
			if (b->closed[k].end_ms <= sane)
				reach = hj_max(reach, b->closed[k].end_ms);
	}
	r->old_length_ms = r->length_ms;
	r->length_ms = new_length;
	r->switch_ms = INT64_MIN;
	if (reach != INT64_MIN)
		r->switch_ms = hj_window_start(reach + new_length - 1, new_length);
}

static int decode(struct hj_rollup *r, struct hj_reader *in, const struct hj_now *now)
{
	int64_t wanted = r->length_ms;
	unsigned version = (unsigned)hj_get_be(in, 1);
	size_t buses;
	int e;

	if (version < CHECKPOINT_OLDEST || version > CHECKPOINT_VERSION)
		return -EBADMSG;
	r->length_ms = (int64_t)hj_get_be(in, 4);
	r->old_length_ms = (int64_t)hj_get_be(in, 4);
	r->switch_ms = get_i64(in);
	if (r->length_ms <= 0 || r->old_length_ms <= 0)
		return -EBADMSG;
	e = get_totals(r, in, version);
	buses = hj_get_be(in, 1);
	if (buses > HJ_ROLLUP_BUSES_MAX)
		return -EBADMSG;
	for (size_t i = 0; i < buses && e >= 0; i++)
		e = get_bus(r, in, now);
	if (e < 0 || in->failed || in->p != in->end)
		return e < 0 ? e : -EBADMSG;
	if (version < 2)
		adopt_version_1(r);
	if (r->length_ms != wanted)
		change_length(r, wanted, now);
	return 0;
}

int hj_rollup_decode(struct hj_rollup *r, const void *data, size_t n, const struct hj_now *now)
{
	struct hj_reader in = { .p = data, .end = (const uint8_t *)data + n };
	int64_t wanted = r->length_ms;
	int e = decode(r, &in, now);

	if (e >= 0)
		return 0;
	while (r->count)
		rollup_drop_bus(r, r->count - 1);
	rollup_drop_states(r);
	r->length_ms = r->old_length_ms = wanted;
	r->switch_ms = INT64_MIN;
	return e == -ENOMEM ? e : -EBADMSG; /* more windows than can be open are none of ours either */
}
