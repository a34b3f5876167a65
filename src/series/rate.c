/* See rate.h. */
#include "hjgate/rate.h"

#include <errno.h>
#include <string.h>

#define RATE_VERSION 1
#define BYTES_MOST   (1LL << 60) /* of a day */

static struct hj_rate_day *day_of(struct hj_rate *r, int64_t wall_ms)
{
	/* Where a clock begins in 1970, the day in Beijing began the year before. */
	int64_t day = hj_max(hj_window_start(wall_ms, HJ_MS_PER_DAY), (int64_t)0);
	struct hj_rate_day *newest = r->count ? &r->days[r->count - 1] : NULL;

	if (newest && newest->day == day)
		return newest;
	if (r->count == HJ_RATE_DAYS)
		memmove(&r->days[0], &r->days[1], --r->count * sizeof(r->days[0]));
	newest = &r->days[r->count++];
	*newest = (struct hj_rate_day){ .day = day };
	return newest;
}

void hj_rate_note(struct hj_rate *r, const struct hj_now *now, int64_t bytes)
{
	struct hj_rate_day *d = day_of(r, now->wall_ms);

	if (!r->since_ms)
		r->since_ms = now->wall_ms;
	if (r->noted && now->mono > r->noted)
		d->ms += (int64_t)((now->mono - r->noted) / HJ_USEC_PER_MS);
	r->noted = now->mono;
	d->bytes += bytes;
	if (bytes > 0)
		r->total += (uint64_t)bytes;
}

double hj_rate_per_day(const struct hj_rate *r)
{
	double ms = 0, bytes = 0;

	for (size_t i = 0; i < r->count; i++) {
		ms += (double)r->days[i].ms;
		bytes += (double)r->days[i].bytes;
	}
	if (ms < HJ_RATE_LEAST_MS)
		return -1;
	return bytes <= 0 ? 0 : bytes / ms * HJ_MS_PER_DAY;
}

int hj_rate_encode(const struct hj_rate *r, struct hj_buf *to)
{
	int e = hj_buf_put_be(to, RATE_VERSION, 1);

	e = e < 0 ? e : hj_buf_put_be(to, r->total, 8);
	e = e < 0 ? e : hj_buf_put_be(to, (uint64_t)r->since_ms, 8);
	e = e < 0 ? e : hj_buf_put_be(to, r->count, 1);
	for (size_t i = 0; i < r->count && e >= 0; i++) {
		e = hj_buf_put_be(to, (uint64_t)r->days[i].day, 8);
		e = e < 0 ? e : hj_buf_put_be(to, (uint64_t)r->days[i].ms, 8);
		e = e < 0 ? e : hj_buf_put_be(to, (uint64_t)r->days[i].bytes, 8);
	}
	return e;
}

int hj_rate_decode(const void *data, size_t n, struct hj_rate *ret)
{
	struct hj_reader in = { .p = data, .end = (const uint8_t *)data + n };
	struct hj_rate r = { 0 };
	uint64_t version = hj_get_be(&in, 1);

	r.total = hj_get_be(&in, 8);
	r.since_ms = (int64_t)hj_get_be(&in, 8);
	r.count = (size_t)hj_get_be(&in, 1);
	if (in.failed || version != RATE_VERSION || r.count > HJ_RATE_DAYS)
		return -EBADMSG;
	for (size_t i = 0; i < r.count; i++) {
		r.days[i].day = (int64_t)hj_get_be(&in, 8);
		r.days[i].ms = (int64_t)hj_get_be(&in, 8);
		r.days[i].bytes = (int64_t)hj_get_be(&in, 8);
		if (r.days[i].ms < 0 || r.days[i].ms > HJ_TIME_MAX_MS || r.days[i].bytes < -BYTES_MOST ||
		        r.days[i].bytes > BYTES_MOST || r.days[i].day < 0 || r.days[i].day > HJ_TIME_MAX_MS)
			return -EBADMSG;
	}
	if (in.failed || in.p != in.end || r.since_ms < 0 || r.since_ms > HJ_TIME_MAX_MS)
		return -EBADMSG;
	*ret = r;
	return 0;
}
