/* Findings about a line: see meter_doctor.h. What concerns all units is the wire's; what concerns one alone, when the
 * others do well, is its own. */
#include "hjgate/meter_doctor.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/cleanup.h"

#define NOISE_PERCENT  1.0 /* of all questions: a good line has none in a thousand */
#define LOSES_PERCENT  2.0
#define DOUBLE_PERCENT 20.0 /* of one unit's questions, while the others' are fine */
#define OTHERS_FINE    5.0
#define BABBLE_PERCENT 1.0
#define SLOW_MS        400 /* close to the time-out as delivered, 500 */
#define EDGE_PERCENT   60.0
#define BYTES_ENOUGH   8 /* to judge what kind of garbage it is */
#define TENTHS         10.0

const uint16_t hj_doctor_bins_ms[HJ_DOCTOR_BINS] = { 10, 20, 40, 80, 160, 320, 640, 0 };

int hj_doctor_init(struct hj_doctor *d, size_t units)
{
	if (units > HJ_DOCTOR_UNITS)
		return -EINVAL;
	*d = (struct hj_doctor){ .count = units, .before = units };
	return 0;
}

/* ---- counting ---- */

static void count_trip(struct hj_doctor *d, struct hj_doctor_unit *u, hj_usec took)
{
	hj_usec tenths = took * 10 / HJ_USEC_PER_MS;
	size_t bin = 0;

	while (hj_doctor_bins_ms[bin] && took > hj_doctor_bins_ms[bin] * HJ_USEC_PER_MS)
		bin++;
	d->histogram[bin]++;
	if (u->trip_count < HJ_DOCTOR_TRIPS)
		u->trips[u->trip_count++] = (uint16_t)hj_min(tenths, (hj_usec)UINT16_MAX);
}

/* A receiver whose wires are swapped, or whose line breaks, gives a run of equal bits: 00, FF, and one edge between.
 */
static bool is_edge_like(uint8_t byte)
{
	uint8_t inverted = (uint8_t)~byte;

	return !(byte & (byte + 1)) || !(inverted & (inverted + 1));
}

static void look_at_bytes(struct hj_doctor *d, const uint8_t *p, size_t n)
{
	d->received += n;
	for (size_t i = 0; i < n; i++)
		d->edge_like += is_edge_like(p[i]);
}

void hj_doctor_take(struct hj_doctor *d, size_t unit, const struct hj_doctor_try *t)
{
	struct hj_doctor_unit *u = &d->units[unit];

	if (t->junk && d->before < d->count) {
		d->units[d->before].late += t->junk_is_late;
		d->units[d->before].trailing += !t->junk_is_late;
	}
	d->before = unit;
	u->asked++;
	u->answered += t->outcome == HJ_TRY_ANSWERED;
	u->exceptions += t->outcome == HJ_TRY_EXCEPTION;
	u->silent += t->outcome == HJ_TRY_SILENT;
	u->broken += t->outcome == HJ_TRY_BROKEN;
	d->others += t->by_other_master;
	if (t->outcome == HJ_TRY_ANSWERED || t->outcome == HJ_TRY_EXCEPTION)
		count_trip(d, u, t->took);
	else
		look_at_bytes(d, t->received, t->received_length);
}

static int by_size(const void *a, const void *b)
{
	uint16_t x = *(const uint16_t *)a, y = *(const uint16_t *)b;

	return (x > y) - (x < y);
}

double hj_doctor_trip_ms(const struct hj_doctor_unit *u, double quantile)
{
	uint16_t sorted[HJ_DOCTOR_TRIPS];

	if (!u->trip_count)
		return NAN;
	memcpy(sorted, u->trips, u->trip_count * sizeof(sorted[0]));
	qsort(sorted, u->trip_count, sizeof(sorted[0]), by_size);
	return sorted[(size_t)ceil(quantile * (u->trip_count - 1))] / TENTHS;
}

/* ---- judging ---- */

static double percent(double part, double whole)
{
	return whole > 0 ? 100 * part / whole : 0;
}

static uint32_t good(const struct hj_doctor_unit *u)
{
	return u->answered + u->exceptions;
}

static struct hj_doctor_unit sum_without(const struct hj_doctor *d, size_t without)
{
	struct hj_doctor_unit sum = { 0 };

	for (size_t i = 0; i < d->count; i++) {
		const struct hj_doctor_unit *u = &d->units[i];

		if (i == without)
			continue;
		sum.asked += u->asked;
		sum.answered += u->answered;
		sum.exceptions += u->exceptions;
		sum.silent += u->silent;
		sum.broken += u->broken;
		sum.late += u->late;
		sum.trailing += u->trailing;
	}
	return sum;
}

static double trouble(const struct hj_doctor_unit *u)
{
	return fmax(percent(u->broken, u->asked), percent(u->trailing, u->asked));
}

static bool is_double(const struct hj_doctor *d, size_t i)
{
	const struct hj_doctor_unit others = sum_without(d, i);

	return trouble(&d->units[i]) >= DOUBLE_PERCENT && d->count > 1 && good(&others) && !d->others &&
	       trouble(&others) < OTHERS_FINE;
}

struct list {
	struct hj_finding *to;
	size_t n;
};

static void add(struct list *l, bool is, enum hj_finding_kind kind, size_t unit, double value)
{
	if (is)
		l->to[l->n++] = (struct hj_finding){ kind, unit, value };
}

/* Nobody answers: it is the line, or its format. */
static void judge_dead_line(const struct hj_doctor *d, const struct hj_doctor_unit *all, struct list *l)
{
	bool bytes = d->received || all->late || all->trailing;
	bool swapped =
	        d->received >= BYTES_ENOUGH && percent((double)d->edge_like, (double)d->received) >= EDGE_PERCENT;

	add(l, !bytes, HJ_FINDING_NOTHING, d->count, 0);
	add(l, bytes && swapped, HJ_FINDING_SWAPPED, d->count, 0);
	add(l, bytes && !swapped, HJ_FINDING_GARBAGE, d->count, 0);
}

static void judge_unit(const struct hj_doctor *d, size_t i, struct list *l)
{
	const struct hj_doctor_unit *u = &d->units[i];
	double lost = percent(u->silent, u->asked), slowest = hj_doctor_trip_ms(u, 1);

	add(l, is_double(d, i), HJ_FINDING_DOUBLE, i, trouble(u));
	add(l, u->asked && u->silent == u->asked && !u->late, HJ_FINDING_ABSENT, i, 0);
	add(l, lost >= LOSES_PERCENT && lost < 100 && !u->late, HJ_FINDING_LOSES, i, lost);
	add(l, u->late > 0, HJ_FINDING_LATE, i, u->late);
	add(l, slowest >= SLOW_MS, HJ_FINDING_SLOW, i, slowest);
}

static void judge_line(const struct hj_doctor *d, struct list *l)
{
	struct hj_doctor_unit clean = { 0 };
	double noisy = NOISE_PERCENT;

	for (size_t i = 0; i < d->count; i++) {
		if (is_double(d, i)) {
			noisy = OTHERS_FINE; /* its second voice falls into the answers of others now and then */
			continue;
		}
		clean.asked += d->units[i].asked;
		clean.broken += d->units[i].broken;
		clean.trailing += d->units[i].trailing;
	}
	add(l, d->others > 0, HJ_FINDING_OTHERS, d->count, d->others);
	add(l, !d->others && percent(clean.broken, clean.asked) >= noisy, HJ_FINDING_NOISE, d->count,
	        percent(clean.broken, clean.asked));
	add(l, percent(clean.trailing, clean.asked) >= BABBLE_PERCENT, HJ_FINDING_BABBLE, d->count,
	        percent(clean.trailing, clean.asked));
}

size_t hj_doctor_judge(const struct hj_doctor *d, struct hj_finding ret[HJ_FINDINGS_MAX])
{
	const struct hj_doctor_unit all = sum_without(d, d->count);
	struct list l = { ret, 0 };

	if (all.asked && !good(&all)) {
		judge_dead_line(d, &all, &l);
	} else {
		judge_line(d, &l);
		for (size_t i = 0; i < d->count; i++)
			judge_unit(d, i, &l);
	}
	add(&l, !l.n, HJ_FINDING_FINE, d->count, 0);
	add(&l, d->has_echo, HJ_FINDING_ECHO, d->count, 0);
	return l.n;
}
