/* The statistics of one point in one window, sample by sample. Only normal values count where there is one; a window
 * without any shows what the abnormal ones were. Never a value that no meter gave. */
#include "accum.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "hjgate/decimal.h"
#include "hjgate/rollup.h"

#define FIRST_SIZE  8
#define ACCUM_BYTES 8 /* the least that an encoded one takes */

enum { HAS_VALUES = 1, HAS_LAST = 2, HAS_ODD = 4, HAS_GROWN = 8, HAS_INTERVAL = 16, HAS_ALL = 31 };

/* Most serious last: it wins where two are equally frequent. */
static const char odd_flags[ACCUM_FLAGS] = { HJ_FLAG_MANUAL, HJ_FLAG_STOPPED, HJ_FLAG_MAINTAIN, HJ_FLAG_CALIBRATE,
	HJ_FLAG_OVER, HJ_FLAG_FAULT, HJ_FLAG_LINK };

void accums_done(struct accums *a)
{
	free(a->list);
	*a = (struct accums){ 0 };
}

static int grow(struct accums *a)
{
	size_t size = a->size ? 2 * a->size : FIRST_SIZE;
	struct accum *list;

	if (a->count < a->size)
		return 0;
	list = realloc(a->list, size * sizeof(*list));
	if (!list)
		return -ENOMEM;
	a->list = list;
	a->size = size;
	return 0;
}

static size_t position(const struct accums *a, uint32_t point)
{
	size_t lo = 0, hi = a->count;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (a->list[mid].point < point)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

bool accums_has(const struct accums *a, uint32_t point)
{
	size_t i = position(a, point);

	return i < a->count && a->list[i].point == point;
}

struct accum *accums_get(struct accums *a, uint32_t point)
{
	size_t lo = position(a, point);

	if (lo < a->count && a->list[lo].point == point)
		return &a->list[lo];
	if (grow(a) < 0)
		return NULL;
	memmove(&a->list[lo + 1], &a->list[lo], (a->count - lo) * sizeof(*a->list));
	a->list[lo] = (struct accum){ .point = point, .min = NAN, .max = NAN, .last = NAN, .grown = NAN };
	a->count++;
	return &a->list[lo];
}

size_t accum_flag_index(enum hj_flag flag)
{
	const char *at = memchr(odd_flags, flag, ACCUM_FLAGS);

	return at ? (size_t)(at - odd_flags) : ACCUM_FLAGS;
}

static void take_range(struct accum *a, const struct accum *b)
{
	a->min = fmin(a->min, b->min);
	a->max = fmax(a->max, b->max);
	a->sum += b->sum;
	a->values += b->values;
}

void accum_merge(struct accum *a, const struct accum *b)
{
	if (!a->got == !b->got) {
		take_range(a, b);
	} else if (b->got) {
		a->sum = b->sum;
		a->min = b->min;
		a->max = b->max;
		a->values = b->values;
	}
	a->got += b->got;
	for (size_t i = 0; i < ACCUM_FLAGS; i++)
		a->odd[i] += b->odd[i];
	if (isfinite(b->last))
		a->last = b->last;
	if (b->interval_ms)
		a->interval_ms = b->interval_ms;
	accum_grow(a, b->grown);
}

void accum_grow(struct accum *a, double grown)
{
	if (isfinite(grown))
		a->grown = isfinite(a->grown) ? hj_decimal_sum(a->grown, grown) : grown;
}

void accum_add(struct accum *a, const struct hj_sample *s, uint32_t interval_ms)
{
	struct accum one = { .min = NAN, .max = NAN, .last = NAN, .grown = NAN, .interval_ms = interval_ms };
	size_t odd = accum_flag_index(s->flag);

	if (isfinite(s->value)) {
		one.values = 1;
		one.sum = one.min = one.max = one.last = s->value;
		one.got = odd == ACCUM_FLAGS;
	}
	if (odd < ACCUM_FLAGS)
		one.odd[odd] = 1;
	else if (!one.values)
		one.odd[accum_flag_index(HJ_FLAG_LINK)] = 1; /* normal, but no value: there was none */
	accum_merge(a, &one);
}

uint32_t accum_samples(const struct accum *a)
{
	uint32_t n = a->got;

	for (size_t i = 0; i < ACCUM_FLAGS; i++)
		n += a->odd[i];
	return n;
}

/* The standard's part is one of all that was expected. A site's greater one has to bear that windows and samples do
 * not run in step: a sample that was due and did not come is among the abnormal ones, so none of them is overlooked.
 */
static bool enough(const struct accum_share *s, unsigned normal_part)
{
	uint32_t due = s->expected > s->slack ? s->expected - s->slack : 0;

	if (100 * (uint64_t)s->got < (uint64_t)hj_min(normal_part, HJ_NORMAL_PART) * s->expected)
		return false;
	return normal_part <= HJ_NORMAL_PART ||
	       100 * (uint64_t)s->got >= (uint64_t)normal_part * hj_max(s->came, due);
}

enum hj_flag accum_flag(const struct accum_share *s, unsigned normal_part, const uint32_t odd[ACCUM_FLAGS])
{
	size_t most = ACCUM_FLAGS - 1;

	if (s->got && enough(s, normal_part))
		return HJ_FLAG_NORMAL;
	for (size_t i = ACCUM_FLAGS - 1; i-- > 0;)
		if (odd[i] > odd[most])
			most = i;
	return (enum hj_flag)odd_flags[most];
}

void accum_stat(const struct accum *a, const struct hj_point *p, int64_t covered_ms, unsigned normal_part,
        struct hj_stat *ret)
{
	int64_t interval = a->interval_ms ? a->interval_ms : p ? p->interval_ms : 0, expected;

	interval = interval ? interval : covered_ms;
	/* At least one is due where one has come: slow points do not come in every window. */
	expected = interval > 0 ? (covered_ms + interval / 2) / interval : 1;
	*ret = (struct hj_stat){ .point = a->point, .got = a->got, .cou = NAN, .last = NAN };
	ret->expected = (uint32_t)hj_max(expected, 1);
	ret->flag =
	        accum_flag(&(struct accum_share){ a->got, accum_samples(a), ret->expected, 1 }, normal_part, a->odd);
	ret->min = a->values ? a->min : NAN;
	ret->max = a->values ? a->max : NAN;
	/* Rounding in the sum must not put the average outside of what was measured. */
	ret->avg = a->values ? fmin(fmax(a->sum / a->values, a->min), a->max) : NAN;
	if (p && p->total)
		ret->last = a->last;
}

/* ---- coding ---- */

static int put_counts(const struct accum *a, struct hj_buf *to)
{
	int r = hj_buf_put_be(to, a->got, 4);

	for (size_t i = 0; i < ACCUM_FLAGS && r >= 0; i++)
		r = hj_buf_put_be(to, a->odd[i], 4);
	return r;
}

static int put_accum(const struct accum *a, const struct hj_point *p, struct hj_buf *to)
{
	bool odd = accum_samples(a) != a->got;
	bool paced = a->interval_ms && (!p || a->interval_ms != p->interval_ms);
	unsigned mask = (a->values ? HAS_VALUES : 0) | (isfinite(a->last) ? HAS_LAST : 0) | (odd ? HAS_ODD : 0) |
	                (isfinite(a->grown) ? HAS_GROWN : 0) | (paced ? HAS_INTERVAL : 0);
	int r = hj_buf_put_be(to, a->point, 4);

	r = r < 0 ? r : hj_buf_put_be(to, mask, 1);
	if (r >= 0)
		r = odd ? put_counts(a, to) : hj_buf_put_be(to, a->got, 4);
	if (r >= 0 && a->values) {
		r = hj_buf_put_be(to, a->values, 4);
		r = r < 0 ? r : hj_buf_put_double(to, a->sum);
		r = r < 0 ? r : hj_buf_put_double(to, a->min);
		r = r < 0 ? r : hj_buf_put_double(to, a->max);
	}
	if (r >= 0 && mask & HAS_LAST)
		r = hj_buf_put_double(to, a->last);
	if (r >= 0 && mask & HAS_GROWN)
		r = hj_buf_put_double(to, a->grown);
	if (r >= 0 && paced)
		r = hj_buf_put_be(to, a->interval_ms, 4);
	return r;
}

int accums_encode(const struct accums *a, const struct hj_dictionary *points, struct hj_buf *to)
{
	int r = hj_buf_put_be(to, a->count, 4);

	for (size_t i = 0; i < a->count && r >= 0; i++)
		r = put_accum(&a->list[i], hj_dictionary_find(points, a->list[i].point), to);
	return r;
}

static void get_accum(struct hj_reader *in, struct accum *a)
{
	unsigned mask;

	*a = (struct accum){ .min = NAN, .max = NAN, .last = NAN, .grown = NAN };
	a->point = (uint32_t)hj_get_be(in, 4);
	mask = (unsigned)hj_get_be(in, 1);
	a->got = (uint32_t)hj_get_be(in, 4);
	for (size_t i = 0; i < ACCUM_FLAGS && mask & HAS_ODD; i++)
		a->odd[i] = (uint32_t)hj_get_be(in, 4);
	if (mask & HAS_VALUES) {
		a->values = (uint32_t)hj_get_be(in, 4);
		a->sum = hj_get_double(in);
		a->min = hj_get_double(in);
		a->max = hj_get_double(in);
	}
	if (mask & HAS_LAST)
		a->last = hj_get_double(in);
	if (mask & HAS_GROWN)
		a->grown = hj_get_double(in);
	if (mask & HAS_INTERVAL)
		a->interval_ms = (uint32_t)hj_get_be(in, 4);
	if (mask & ~(unsigned)HAS_ALL || (a->values && (!isfinite(a->min) || !isfinite(a->max) || isnan(a->sum))))
		in->failed = 1;
}

int accums_decode(struct hj_reader *in, struct accums *ret)
{
	size_t count = hj_get_be(in, 4);
	struct accums a = { 0 };

	if (in->failed || count > HJ_POINTS_MAX || count > (size_t)(in->end - in->p) / ACCUM_BYTES)
		return -EBADMSG;
	a.list = calloc(count ? count : 1, sizeof(*a.list));
	if (!a.list)
		return -ENOMEM;
	for (a.size = count ? count : 1; a.count < count; a.count++) {
		get_accum(in, &a.list[a.count]);
		if (in->failed || (a.count && a.list[a.count].point <= a.list[a.count - 1].point)) {
			accums_done(&a);
			return -EBADMSG;
		}
	}
	*ret = a;
	return 0;
}
