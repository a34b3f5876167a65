/* Heads and statistics as they lie on flash: packed, big-endian, strict on the way in.
 *
 * Statistics are a count and then, per point: the number (the difference to the one before), flag, expected and got
 * as varints, a mask of which values follow, and those values as doubles. A value that never moved is written once.
 * The decoder accepts only what the encoder writes: points strictly ascending, known flags, finite values, nothing
 * after the last. */
#include "hjgate/record.h"
#include "hjgate/clock.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum { HAS_COU = 1, HAS_RANGE = 2, HAS_LAST = 4, STEADY = 8, MASK_ALL = 15 };

#define VARINT_MAX_BYTES 5 /* of 32 bits */
#define STAT_MIN_BYTES   5 /* point, flag, expected, got, mask */

static const char *const kind_names[] = {
	[HJ_KIND_MINUTE] = "minute",
	[HJ_KIND_HOUR] = "hour",
	[HJ_KIND_DAY] = "day",
	[HJ_KIND_STATUS] = "status",
	[HJ_KIND_RUNTIME] = "runtime",
	[HJ_KIND_POWERON] = "poweron",
	[HJ_KIND_LOG] = "log",
	[HJ_KIND_PENDING] = "pending",
	[HJ_KIND_CUT] = "cut",
};

static const char *const trust_names[] = {
	[HJ_TRUST_NONE] = "none",
	[HJ_TRUST_RTC] = "rtc",
	[HJ_TRUST_PLATFORM] = "platform",
	[HJ_TRUST_NTP] = "ntp",
};

const char *hj_kind_name(enum hj_kind kind)
{
	return kind >= 1 && kind <= HJ_KIND_MOST ? kind_names[kind] : "unknown";
}

int hj_kind_parse(const char *name, enum hj_kind *ret)
{
	for (int k = 1; k <= HJ_KIND_MOST; k++) {
		if (strcmp(kind_names[k], name))
			continue;
		*ret = (enum hj_kind)k;
		return 0;
	}
	return -EINVAL;
}

bool hj_kind_is_statistics(enum hj_kind kind)
{
	return kind >= HJ_KIND_MINUTE && kind <= HJ_KIND_DAY;
}

const char *hj_trust_name(enum hj_trust trust)
{
	return (unsigned)trust < hj_array_size(trust_names) ? trust_names[trust] : "unknown";
}

int hj_trust_parse(const char *name, enum hj_trust *ret)
{
	for (size_t t = 0; t < hj_array_size(trust_names); t++) {
		if (strcmp(trust_names[t], name))
			continue;
		*ret = (enum hj_trust)t;
		return 0;
	}
	return -EINVAL;
}

int hj_head_encode(const struct hj_head *h, struct hj_buf *to)
{
	size_t before = to->len;
	int r;

	r = hj_buf_put_be(to, h->format, 1);
	r = r < 0 ? r : hj_buf_put_be(to, h->algorithm, 1);
	r = r < 0 ? r : hj_buf_put_be(to, h->kind, 1);
	r = r < 0 ? r : hj_buf_put_be(to, h->trust, 1);
	r = r < 0 ? r : hj_buf_put_be(to, h->key_id, 4);
	r = r < 0 ? r : hj_buf_put_be(to, h->length_ms, 4);
	r = r < 0 ? r : hj_buf_put_be(to, (uint64_t)h->label_ms, 8);
	r = r < 0 ? r : hj_buf_put_be(to, (uint64_t)h->boottime_ms, 8);
	r = r < 0 ? r : hj_buf_put(to, h->boot_id, HJ_ID_BYTES);
	r = r < 0 ? r : hj_buf_put(to, h->before, HJ_HASH_BYTES);
	if (r < 0)
		to->len = before;
	return r;
}

int hj_head_decode(const void *data, size_t n, struct hj_head *ret)
{
	struct hj_reader in = { .p = data, .end = (const uint8_t *)data + n };
	struct hj_head h = { 0 };

	if (n != HJ_HEAD_BYTES)
		return -EBADMSG;
	h.format = (uint8_t)hj_get_be(&in, 1);
	h.algorithm = (uint8_t)hj_get_be(&in, 1);
	h.kind = (uint8_t)hj_get_be(&in, 1);
	h.trust = (uint8_t)hj_get_be(&in, 1);
	h.key_id = (uint32_t)hj_get_be(&in, 4);
	h.length_ms = (uint32_t)hj_get_be(&in, 4);
	h.label_ms = (int64_t)hj_get_be(&in, 8);
	h.boottime_ms = (int64_t)hj_get_be(&in, 8);
	memcpy(h.boot_id, hj_get_bytes(&in, HJ_ID_BYTES), HJ_ID_BYTES);
	memcpy(h.before, hj_get_bytes(&in, HJ_HASH_BYTES), HJ_HASH_BYTES);
	if (h.format != HJ_RECORD_FORMAT || !h.kind || h.kind > HJ_KIND_MOST || h.trust > HJ_TRUST_NTP)
		return -EBADMSG;
	if (h.label_ms < 0 || h.label_ms > HJ_TIME_MAX_MS)
		return -EBADMSG;
	*ret = h;
	return 0;
}

void hj_stats_done(struct hj_stats *s)
{
	free(s->stats);
	s->stats = NULL;
	s->count = 0;
}

static int put_varint(struct hj_buf *to, uint32_t value)
{
	int r = 0;

	while (value >= 0x80 && r >= 0) {
		r = hj_buf_put_be(to, (value & 0x7f) | 0x80, 1);
		value >>= 7;
	}
	return r < 0 ? r : hj_buf_put_be(to, value, 1);
}

static uint32_t get_varint(struct hj_reader *in)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < VARINT_MAX_BYTES; i++) {
		uint64_t byte = hj_get_be(in, 1);

		value |= (byte & 0x7f) << (7 * i);
		if (byte & 0x80)
			continue;
		/* One value has one form: no zero byte at the end, nothing above 32 bits. */
		if ((i && !byte) || value > UINT32_MAX)
			break;
		return (uint32_t)value;
	}
	in->failed = 1;
	return 0;
}

static unsigned stat_mask(const struct hj_stat *s)
{
	unsigned mask = 0;

	if (isfinite(s->cou))
		mask |= HAS_COU;
	if (isfinite(s->last))
		mask |= HAS_LAST;
	if (!isfinite(s->min) || !isfinite(s->avg) || !isfinite(s->max))
		return mask;
	mask |= HAS_RANGE;
	if (!memcmp(&s->min, &s->avg, sizeof(s->avg)) && !memcmp(&s->max, &s->avg, sizeof(s->avg)))
		mask |= STEADY;
	return mask;
}

static int put_stat(struct hj_buf *to, const struct hj_stat *s, uint32_t before)
{
	unsigned mask = stat_mask(s);
	int r;

	r = put_varint(to, s->point - before);
	r = r < 0 ? r : hj_buf_put_be(to, (uint8_t)s->flag, 1);
	r = r < 0 ? r : put_varint(to, s->expected);
	r = r < 0 ? r : put_varint(to, s->got);
	r = r < 0 ? r : hj_buf_put_be(to, mask, 1);
	if (r >= 0 && mask & HAS_COU)
		r = hj_buf_put_double(to, s->cou);
	if (r >= 0 && mask & HAS_RANGE)
		r = hj_buf_put_double(to, s->avg);
	if (r >= 0 && (mask & (HAS_RANGE | STEADY)) == HAS_RANGE) {
		r = hj_buf_put_double(to, s->min);
		r = r < 0 ? r : hj_buf_put_double(to, s->max);
	}
	if (r >= 0 && mask & HAS_LAST)
		r = hj_buf_put_double(to, s->last);
	return r;
}

int hj_stats_encode(const struct hj_stat *stats, size_t count, struct hj_buf *to)
{
	size_t start = to->len;
	uint32_t before = 0;
	int r = put_varint(to, (uint32_t)count);

	for (size_t i = 0; i < count && r >= 0; i++) {
		if (stats[i].point <= before) /* our caller sorts */
			r = -EINVAL;
		else
			r = put_stat(to, &stats[i], before);
		before = stats[i].point;
	}
	if (r < 0)
		to->len = start;
	return r < 0 ? r : 0;
}

static double get_finite(struct hj_reader *in)
{
	double value = hj_get_double(in);

	if (!isfinite(value))
		in->failed = 1;
	return value;
}

static void get_stat(struct hj_reader *in, uint32_t before, struct hj_stat *s)
{
	uint32_t delta = get_varint(in);
	unsigned mask;

	*s = (struct hj_stat){ .cou = NAN, .min = NAN, .avg = NAN, .max = NAN, .last = NAN };
	s->point = before + delta;
	s->flag = (enum hj_flag)hj_get_be(in, 1);
	s->expected = get_varint(in);
	s->got = get_varint(in);
	mask = (unsigned)hj_get_be(in, 1);
	if (s->point <= before || !hj_flag_valid((char)s->flag) || mask & ~(unsigned)MASK_ALL ||
	        (mask & (HAS_RANGE | STEADY)) == STEADY)
		in->failed = 1;
	if (mask & HAS_COU)
		s->cou = get_finite(in);
	if (mask & HAS_RANGE)
		s->min = s->avg = s->max = get_finite(in);
	if ((mask & (HAS_RANGE | STEADY)) == HAS_RANGE) {
		s->min = get_finite(in);
		s->max = get_finite(in);
	}
	if (mask & HAS_LAST)
		s->last = get_finite(in);
}

int hj_stats_decode(const void *data, size_t n, struct hj_stats *ret)
{
	struct hj_reader in = { .p = data, .end = (const uint8_t *)data + n };
	uint32_t count = get_varint(&in), before = 0;
	_cleanup_free_ struct hj_stat *stats = NULL;

	if (in.failed || count > n / STAT_MIN_BYTES)
		return -EBADMSG;
	stats = calloc(count ? count : 1, sizeof(*stats));
	if (!stats)
		return -ENOMEM;
	for (uint32_t i = 0; i < count && !in.failed; i++) {
		get_stat(&in, before, &stats[i]);
		before = stats[i].point;
	}
	if (in.failed || in.p != in.end)
		return -EBADMSG;
	*ret = (struct hj_stats){ .stats = hj_steal(stats), .count = count };
	return 0;
}
