/* Raw samples, packed: which interval, point, time, flag and value one after the other. Big-endian and strict, like
 * every other body: what decodes encodes to the same bytes. */
#include "hjgate/pending.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "hjgate/clock.h"

#define VERSION   2 /* 1 had no intervals */
#define OLDEST    1
#define HAS_VALUE 0x80 /* beside the flag's letter */

void hj_pending_done(struct hj_pending *p)
{
	hj_buf_done(&p->samples);
	p->count = p->interval_count = 0;
}

/* Which of the record's intervals it is; HJ_PENDING_INTERVALS where there is no room for another. */
static unsigned get_place(struct hj_pending *p, uint32_t interval_ms)
{
	unsigned i = 0;

	while (i < p->interval_count && p->intervals[i] != interval_ms)
		i++;
	if (i == p->interval_count && i < HJ_PENDING_INTERVALS)
		p->intervals[p->interval_count++] = interval_ms;
	return i;
}

int hj_pending_add(struct hj_pending *p, const struct hj_sample *s, uint32_t interval_ms)
{
	bool has_value = hj_sample_has_value(s);
	size_t before = p->samples.len;
	int64_t since = s->time_ms - p->begin_ms;
	unsigned intervals = p->interval_count, place = p->plain ? 0 : get_place(p, interval_ms);
	int r = since < INT32_MIN || since > INT32_MAX || place == HJ_PENDING_INTERVALS ? -ERANGE : 0;

	if (r >= 0 && !p->plain)
		r = hj_buf_put_be(&p->samples, place, 1);
	r = r < 0 ? r : hj_buf_put_be(&p->samples, s->point, 4);
	r = r < 0 ? r : hj_buf_put_be(&p->samples, (uint32_t)(int32_t)since, 4);
	r = r < 0 ? r : hj_buf_put_be(&p->samples, (uint8_t)s->flag | (has_value ? HAS_VALUE : 0), 1);
	if (r >= 0 && has_value)
		r = hj_buf_put_double(&p->samples, s->value);
	if (r < 0) {
		p->samples.len = before;
		p->interval_count = intervals;
		return r;
	}
	p->count++;
	return 0;
}

int hj_pending_encode(const struct hj_pending *p, struct hj_buf *to)
{
	size_t before = to->len, n = strlen(p->bus);
	int r = hj_buf_put_be(to, p->plain ? OLDEST : VERSION, 1);

	r = r < 0 ? r : hj_buf_put_be(to, n, 1);
	r = r < 0 ? r : hj_buf_put(to, p->bus, n);
	r = r < 0 ? r : hj_buf_put(to, p->boot, HJ_ID_BYTES);
	r = r < 0 ? r : hj_buf_put_be(to, p->first, 8);
	r = r < 0 ? r : hj_buf_put_be(to, (uint64_t)p->ahead_ms, 8);
	r = r < 0 ? r : hj_buf_put_be(to, (uint64_t)p->begin_ms, 8);
	r = r < 0 ? r : hj_buf_put_be(to, (uint64_t)p->upto_ms, 8);
	if (r >= 0 && !p->plain)
		r = hj_buf_put_be(to, p->interval_count, 1);
	for (unsigned i = 0; i < p->interval_count && r >= 0; i++)
		r = hj_buf_put_be(to, p->intervals[i], 4);
	r = r < 0 ? r : hj_buf_put_be(to, p->count, 4);
	r = r < 0 ? r : hj_buf_put(to, p->samples.data, p->samples.len);
	if (r < 0)
		to->len = before;
	return r;
}

static void get_intervals(struct hj_reader *in, struct hj_pending *ret)
{
	unsigned n = (unsigned)hj_get_be(in, 1);

	if (n > HJ_PENDING_INTERVALS)
		in->failed = 1;
	for (unsigned i = 0; i < n && !in->failed; i++)
		if (get_place(ret, (uint32_t)hj_get_be(in, 4)) != i) /* the same twice */
			in->failed = 1;
}

static void get_sample(
        struct hj_reader *in, const struct hj_pending *p, struct hj_sample *ret, uint32_t *ret_interval)
{
	unsigned place = p->plain ? 0 : (unsigned)hj_get_be(in, 1);
	uint8_t flag;

	*ret_interval = place < p->interval_count ? p->intervals[place] : 0;
	ret->point = (uint32_t)hj_get_be(in, 4);
	ret->time_ms = p->begin_ms + (int32_t)(uint32_t)hj_get_be(in, 4);
	flag = (uint8_t)hj_get_be(in, 1);
	ret->flag = (enum hj_flag)(flag & ~HAS_VALUE);
	ret->value = flag & HAS_VALUE ? hj_get_double(in) : NAN;
	if (!ret->point || !hj_flag_valid((char)ret->flag) || (flag & HAS_VALUE && !isfinite(ret->value)) ||
	        (!p->plain && place >= p->interval_count))
		in->failed = 1;
}

static void get_bus(struct hj_reader *in, char ret[HJ_NAME_MAX + 1])
{
	size_t n = hj_get_be(in, 1);
	const void *text = n <= HJ_NAME_MAX ? hj_get_bytes(in, n) : NULL;

	if (text)
		memcpy(ret, text, n);
	if (!text || strlen(ret) != n || !hj_name_valid(ret))
		in->failed = 1;
}

/* CLOCK_BOOTTIME does not come near it, and sums of it do not overflow. */
static bool sane(int64_t ms)
{
	return ms > -HJ_TIME_MAX_MS && ms < HJ_TIME_MAX_MS;
}

int hj_pending_decode(const void *data, size_t n, struct hj_pending *ret)
{
	struct hj_reader in = { .p = data, .end = (const uint8_t *)data + n }, samples;
	struct hj_pending p = { 0 };
	unsigned version = (unsigned)hj_get_be(&in, 1);
	const void *boot;
	struct hj_sample s;
	uint32_t interval;

	p.plain = version == OLDEST;
	get_bus(&in, p.bus);
	boot = hj_get_bytes(&in, HJ_ID_BYTES);
	p.first = hj_get_be(&in, 8);
	p.ahead_ms = (int64_t)hj_get_be(&in, 8);
	p.begin_ms = (int64_t)hj_get_be(&in, 8);
	p.upto_ms = (int64_t)hj_get_be(&in, 8);
	if (!p.plain)
		get_intervals(&in, &p);
	p.count = (uint32_t)hj_get_be(&in, 4);
	if (in.failed || version < OLDEST || version > VERSION || !p.first || !p.count || !sane(p.ahead_ms) ||
	        !sane(p.begin_ms) || !sane(p.upto_ms))
		return -EBADMSG;
	samples = in;
	for (uint32_t i = 0; i < p.count && !in.failed; i++)
		get_sample(&in, &p, &s, &interval);
	if (in.failed || in.p != in.end)
		return -EBADMSG;
	memcpy(p.boot, boot, HJ_ID_BYTES);
	if (hj_buf_put(&p.samples, samples.p, (size_t)(samples.end - samples.p)) < 0)
		return -ENOMEM;
	*ret = p;
	return 0;
}

void hj_pending_next(const struct hj_pending *p, size_t *at, struct hj_sample *ret, uint32_t *ret_interval_ms)
{
	struct hj_reader in = { .p = (const uint8_t *)p->samples.data + *at,
		.end = (const uint8_t *)p->samples.data + p->samples.len };

	get_sample(&in, p, ret, ret_interval_ms);
	*at = (size_t)(in.p - (const uint8_t *)p->samples.data);
}

void hj_pending_drop(struct hj_pending *p, uint32_t n)
{
	struct hj_sample sample;
	uint32_t interval;
	size_t at = 0;

	for (uint32_t i = 0; i < n; i++)
		hj_pending_next(p, &at, &sample, &interval);
	p->samples.len -= at;
	memmove(p->samples.data, (uint8_t *)p->samples.data + at, p->samples.len);
	p->first += n;
	p->count -= n;
}
