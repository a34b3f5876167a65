/* Rings of counts by period. The hour is made of minutes and the day of hours, so each slides by the finer step; the
 * 30 days slide by days of Beijing time. A period that nobody counted in is empty, not left out. */
#include "hjgate/meter_figures.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/cleanup.h"

#define MINUTE_MS    60000
#define HOUR_MS      3600000
#define TALLY_MOST   10000000u /* of one period: more than 100 requests a second */
#define TRIP_UNIT_US 100
#define FORMAT       1
#define PERIODS_MOST (HJ_TIME_MAX_MS / MINUTE_MS)

struct ring {
	struct hj_tally *list;
	int64_t *at;
	unsigned size;
	int64_t length_ms;
};

static void rings_of(struct hj_figures *f, struct ring ret[3])
{
	ret[0] = (struct ring){ f->minutes, &f->minute, HJ_FIGURES_MINUTES, MINUTE_MS };
	ret[1] = (struct ring){ f->hours, &f->hour, HJ_FIGURES_HOURS, HOUR_MS };
	ret[2] = (struct ring){ f->days, &f->day, HJ_FIGURES_DAYS, HJ_MS_PER_DAY };
}

static int64_t period_of(int64_t now_ms, int64_t length_ms)
{
	return (hj_window_start(now_ms, length_ms) + HJ_BEIJING_MS) / length_ms;
}

static unsigned slot(const struct ring *r, int64_t period)
{
	return (unsigned)(((period % r->size) + r->size) % r->size);
}

static void begin_again(struct ring *r, int64_t now_ms)
{
	memset(r->list, 0, r->size * sizeof(*r->list));
	*r->at = period_of(now_ms, r->length_ms);
}

/* Empties what lies between the newest period and this one. */
static void advance(struct ring *r, int64_t now_ms)
{
	int64_t period = period_of(now_ms, r->length_ms);

	if (period - *r->at >= r->size)
		begin_again(r, now_ms);
	while (*r->at < period)
		r->list[slot(r, ++*r->at)] = (struct hj_tally){ 0 };
}

void hj_figures_init(struct hj_figures *f, int64_t now_ms)
{
	struct ring rings[3];

	memset(f, 0, sizeof(*f));
	rings_of(f, rings);
	for (size_t i = 0; i < hj_array_size(rings); i++)
		*rings[i].at = period_of(now_ms, rings[i].length_ms);
}

void hj_figures_add(struct hj_figures *f, int64_t now_ms, bool got)
{
	struct ring rings[3];

	rings_of(f, rings);
	if (f->day - period_of(now_ms, HJ_MS_PER_DAY) >= HJ_FIGURES_DAYS)
		for (size_t i = 0; i < hj_array_size(rings); i++)
			begin_again(&rings[i], now_ms);
	for (size_t i = 0; i < hj_array_size(rings); i++) {
		struct hj_tally *t;

		advance(&rings[i], now_ms);
		t = &rings[i].list[slot(&rings[i], *rings[i].at)];
		if (t->wanted == TALLY_MOST)
			continue;
		t->wanted++;
		t->got += got;
	}
}

void hj_figures_trip(struct hj_figures *f, hj_usec took)
{
	f->trips[f->trip_next] = (uint16_t)hj_min(took / TRIP_UNIT_US, (hj_usec)UINT16_MAX);
	f->trip_next = (uint16_t)((f->trip_next + 1) % HJ_FIGURES_TRIPS);
	if (f->trip_count < HJ_FIGURES_TRIPS)
		f->trip_count++;
}

/* ---- looking ---- */

/* With the clock set back `now` lies before the newest: then all of the ring counts. */
static struct hj_tally sum(const struct ring *r, int64_t now_ms)
{
	int64_t oldest = period_of(now_ms, r->length_ms) - r->size + 1;
	struct hj_tally all = { 0 };

	for (int64_t period = *r->at; period > *r->at - r->size && period >= oldest; period--) {
		all.wanted += r->list[slot(r, period)].wanted;
		all.got += r->list[slot(r, period)].got;
	}
	return all;
}

static double percent(const struct hj_tally *t)
{
	return t->wanted ? floor(1000.0 * t->got / t->wanted) / 10 : (double)NAN;
}

static int by_size(const void *a, const void *b)
{
	const uint16_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The nearest rank: the least value that so large a part does not exceed. */
static double quantile(const uint16_t *sorted, unsigned n, double part)
{
	unsigned rank = (unsigned)ceil(part * n);

	return sorted[rank ? rank - 1 : 0] * (TRIP_UNIT_US / 1000.0);
}

static void look_at_trips(const struct hj_figures *f, struct hj_figures_look *ret)
{
	uint16_t sorted[HJ_FIGURES_TRIPS];

	ret->p50_ms = ret->p95_ms = ret->max_ms = NAN;
	if (!f->trip_count)
		return;
	memcpy(sorted, f->trips, f->trip_count * sizeof(*sorted));
	qsort(sorted, f->trip_count, sizeof(*sorted), by_size);
	ret->p50_ms = quantile(sorted, f->trip_count, 0.50);
	ret->p95_ms = quantile(sorted, f->trip_count, 0.95);
	ret->max_ms = quantile(sorted, f->trip_count, 1);
}

void hj_figures_look(const struct hj_figures *f, int64_t now_ms, struct hj_figures_look *ret)
{
	struct ring rings[3];

	rings_of((struct hj_figures *)f, rings); /* read only */
	ret->of_hour = sum(&rings[0], now_ms);
	ret->of_day = sum(&rings[1], now_ms);
	ret->of_month = sum(&rings[2], now_ms);
	ret->hour = percent(&ret->of_hour);
	ret->day = percent(&ret->of_day);
	ret->month = percent(&ret->of_month);
	look_at_trips(f, ret);
}

/* ---- coding ---- */

static int put_ring(const struct ring *r, struct hj_buf *to)
{
	int result = hj_buf_put_be(to, (uint64_t)*r->at, 8);

	for (unsigned i = 0; i < r->size && result >= 0; i++) {
		result = hj_buf_put_be(to, r->list[i].wanted, 4);
		result = result < 0 ? result : hj_buf_put_be(to, r->list[i].got, 4);
	}
	return result;
}

int hj_figures_encode(const struct hj_figures *f, struct hj_buf *to)
{
	struct ring rings[3];
	int r;

	rings_of((struct hj_figures *)f, rings); /* read only */
	r = hj_buf_put_be(to, FORMAT, 1);
	r = r < 0 ? r : put_ring(&rings[1], to);
	return r < 0 ? r : put_ring(&rings[2], to);
}

static void get_ring(struct hj_reader *in, struct ring *r)
{
	*r->at = (int64_t)hj_get_be(in, 8);
	if (*r->at < 0 || *r->at > PERIODS_MOST)
		in->failed = 1;
	for (unsigned i = 0; i < r->size; i++) {
		r->list[i].wanted = (uint32_t)hj_get_be(in, 4);
		r->list[i].got = (uint32_t)hj_get_be(in, 4);
		if (r->list[i].got > r->list[i].wanted || r->list[i].wanted > TALLY_MOST)
			in->failed = 1;
	}
}

int hj_figures_decode(struct hj_reader *in, struct hj_figures *ret)
{
	struct hj_figures f = { 0 };
	struct ring rings[3];

	rings_of(&f, rings);
	if (hj_get_be(in, 1) != FORMAT)
		return -EBADMSG;
	get_ring(in, &rings[1]);
	get_ring(in, &rings[2]);
	if (in->failed)
		return -EBADMSG;
	f.minute = f.hour * (HOUR_MS / MINUTE_MS);
	*ret = f;
	return 0;
}
