/* Statistics as they lie on flash, strict on the way in: points strictly ascending, known flags, finite values,
 * nothing after the last, no bits without a meaning. In the second form a point costs one byte of what it has besides
 * its values, as long as it is as one expects: the next number, flag N, the counts of the point before. */
#include "hjgate/stats.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "hjgate/point.h"
#include "stats_pack.h"

/* The first form's mask of values, beside HAS_COU, HAS_RANGE and HAS_LAST. */
enum { OLD_STEADY = 8, OLD_ALL = HAS_VALUES | OLD_STEADY };
/* The second form's shape, beside those and COU_APART: what is not as expected and follows. */
enum { SHAPE_FLAG = 16, SHAPE_POINT = 32, SHAPE_COUNTS = 64, SHAPE_ALL = 127 };

#define SECOND_FORM    0 /* the byte it begins with: a count of none, with something behind it */
#define OLD_STAT_BYTES 5 /* the least that one takes in the first form: point, flag, expected, got, mask */

void hj_stats_done(struct hj_stats *s)
{
	free(s->stats);
	s->stats = NULL;
	s->count = 0;
}

/* ---- packing ---- */

static int put_stat(struct hj_buf *to, const struct hj_stat *s, const struct hj_stat *before)
{
	uint8_t values[STATS_PACKED_MAX];
	unsigned shape = stats_mask(s), n = stats_pack(s, &shape, values);
	int r;

	if (s->flag != HJ_FLAG_NORMAL)
		shape |= SHAPE_FLAG;
	if (s->point - before->point != 1)
		shape |= SHAPE_POINT;
	if (s->expected != before->expected || s->got != before->got)
		shape |= SHAPE_COUNTS;
	r = hj_buf_put_be(to, shape, 1);
	if (r >= 0 && shape & SHAPE_POINT)
		r = hj_buf_put_varint(to, s->point - before->point);
	if (r >= 0 && shape & SHAPE_FLAG)
		r = hj_buf_put_be(to, (uint8_t)s->flag, 1);
	if (r >= 0 && shape & SHAPE_COUNTS) {
		r = hj_buf_put_varint(to, s->expected);
		r = r < 0 ? r : hj_buf_put_varint(to, s->got);
	}
	return r < 0 ? r : hj_buf_put(to, values, n);
}

int hj_stats_encode(const struct hj_stat *stats, size_t count, struct hj_buf *to)
{
	const struct hj_stat none = { 0 }, *before = &none;
	size_t start = to->len;
	int r = count > HJ_POINTS_MAX ? -EINVAL : hj_buf_put_be(to, SECOND_FORM, 1);

	if (r >= 0 && count)
		r = hj_buf_put_varint(to, count);
	for (size_t i = 0; i < count && r >= 0; i++) {
		r = stats[i].point > before->point ? put_stat(to, &stats[i], before) : -EINVAL; /* our caller sorts */
		before = &stats[i];
	}
	if (r < 0)
		to->len = start;
	return r < 0 ? r : 0;
}

/* ---- reading ---- */

static uint32_t get_varint32(struct hj_reader *in)
{
	uint64_t value = hj_get_varint(in);

	if (value > UINT32_MAX)
		in->failed = 1;
	return in->failed ? 0 : (uint32_t)value;
}

static double get_finite(struct hj_reader *in)
{
	double value = hj_get_double(in);

	if (!isfinite(value))
		in->failed = 1;
	return value;
}

static void get_old_values(struct hj_reader *in, unsigned mask, struct hj_stat *s)
{
	if (mask & ~(unsigned)OLD_ALL || (mask & (HAS_RANGE | OLD_STEADY)) == OLD_STEADY)
		in->failed = 1;
	if (mask & HAS_COU)
		s->cou = get_finite(in);
	if (mask & HAS_RANGE)
		s->min = s->avg = s->max = get_finite(in);
	if ((mask & (HAS_RANGE | OLD_STEADY)) == HAS_RANGE) {
		s->min = get_finite(in);
		s->max = get_finite(in);
	}
	if (mask & HAS_LAST)
		s->last = get_finite(in);
}

static void get_old(struct hj_reader *in, const struct hj_stat *before, struct hj_stat *s)
{
	s->point = before->point + get_varint32(in);
	s->flag = (enum hj_flag)hj_get_byte(in);
	s->expected = get_varint32(in);
	s->got = get_varint32(in);
	get_old_values(in, hj_get_byte(in), s);
}

/* What is as expected is not said. */
static void get_packed(struct hj_reader *in, const struct hj_stat *before, struct hj_stat *s)
{
	unsigned shape = hj_get_byte(in);

	s->point = before->point + (shape & SHAPE_POINT ? get_varint32(in) : 1);
	s->flag = shape & SHAPE_FLAG ? (enum hj_flag)hj_get_byte(in) : HJ_FLAG_NORMAL;
	s->expected = shape & SHAPE_COUNTS ? get_varint32(in) : before->expected;
	s->got = shape & SHAPE_COUNTS ? get_varint32(in) : before->got;
	if (shape & ~(unsigned)SHAPE_ALL || (shape & (COU_APART | HAS_COU)) == COU_APART ||
	        (shape & SHAPE_POINT && s->point == before->point + 1) ||
	        (shape & SHAPE_FLAG && s->flag == HJ_FLAG_NORMAL) ||
	        (shape & SHAPE_COUNTS && s->expected == before->expected && s->got == before->got))
		in->failed = 1;
	stats_unpack(in, shape, s);
}

int hj_stats_read(const void *data, size_t n, struct hj_stats_reader *ret)
{
	struct hj_stats_reader r = { .in = { .p = data, .end = (const uint8_t *)data + n } };

	if (n > 1 && *r.in.p == SECOND_FORM) {
		r.packed = true;
		r.in.p++;
	}
	r.left = get_varint32(&r.in);
	if (r.in.failed || r.left > HJ_POINTS_MAX || (r.packed && !r.left) ||
	        r.left > n / (r.packed ? 1 : OLD_STAT_BYTES))
		return -EBADMSG;
	*ret = r;
	return 0;
}

int hj_stats_next(struct hj_stats_reader *r, struct hj_stat *ret)
{
	struct hj_stat s = { .cou = NAN, .min = NAN, .avg = NAN, .max = NAN, .last = NAN };

	if (r->in.failed)
		return -EBADMSG;
	if (!r->left)
		return r->in.p == r->in.end ? 0 : -EBADMSG;
	if (r->packed)
		get_packed(&r->in, &r->last, &s);
	else
		get_old(&r->in, &r->last, &s);
	if (s.point <= r->last.point || !hj_flag_valid((char)s.flag))
		r->in.failed = 1;
	if (r->in.failed)
		return -EBADMSG;
	r->left--;
	r->last = *ret = s;
	return 1;
}

int hj_stats_decode(const void *data, size_t n, struct hj_stats *ret)
{
	_cleanup_free_ struct hj_stat *stats = NULL;
	struct hj_stats_reader r;
	size_t count, i = 0;
	int e = hj_stats_read(data, n, &r);

	if (e < 0)
		return e;
	count = r.left;
	stats = calloc(count + 1, sizeof(*stats));
	if (!stats)
		return -ENOMEM;
	while ((e = hj_stats_next(&r, &stats[i])) > 0)
		i++;
	if (e < 0)
		return e;
	*ret = (struct hj_stats){ .stats = hj_steal(stats), .count = count };
	return 0;
}
