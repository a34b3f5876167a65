/* A day of virtual time on 4 buses of 32 meters: readings of 1 s to 5 minutes, and switches on the fast lane. Once
 * with all meters answering, once with two of each bus dead, and once with two that come and go. Every due time that
 * lies in the day, but for its first minute, is counted from the grid alone, not from what the schedule says. Prints
 * figures; fails where one is short. */
#include <stdio.h>

#include "../tests/unit/virtual_bus.h"

#define BUSES   4
#define METERS  32
#define BLOCKS  3 /* of a meter */
#define SEC     HJ_USEC_PER_SEC
#define MS      HJ_USEC_PER_MS
#define DAY     (86400 * SEC)
#define T0      (1800150 * SEC)
#define FIRST   (60 * SEC) /* until it is known which meters are dead, and all were asked besides the grid */
#define TIMEOUT (500 * MS)
#define FAST_MS 1000
#define SEED    20261126
#define TROUBLE 2 /* meters of a bus */

enum day { GOOD, DEAD, FLAPPING };

struct sums {
	uint64_t expected, in_time, too_late, wrong, drifted, looks;
	hj_usec fast_latest, longest;
	double share;
};

static void furnish(struct virtual_bus *b, int number)
{
	static const uint32_t intervals[] = { 5000, 10000, 30000, 60000, 300000 };
	static const int64_t bauds[BUSES] = { 9600, 19200, 38400, 115200 };

	b->now = T0 + (hj_usec)number * 137 * MS;
	b->cost = hj_bus_cost_of(HJ_BUS_rtu, bauds[number], 10);
	for (size_t m = 0; m < METERS; m++) {
		b->turnaround[m] = 10 * MS;
		for (size_t k = 0; k < BLOCKS; k++) {
			unsigned words = 10 + 4 * (unsigned)(random() % 10);
			uint32_t interval = m == 0 ? 1000 : intervals[m % 5];
			bool fast = m < 2 && k == 2;

			const struct hj_timing timing = { .meter = m,
				.interval_ms = fast ? 60000 : interval,
				.fast_ms = fast ? FAST_MS : 0 };

			b->requests[b->count++] = (struct virtual_request){ .timing = timing,
				.takes = hj_bus_cost_ns(&b->cost, HJ_TABLE_HOLDING, fast ? 1 : words) / 1000 };
		}
	}
}

/* Places of the grid in the day; the schedule has the request's place in its interval, the rest is arithmetic. */
static uint64_t places(const struct virtual_bus *b, size_t i, hj_usec begin)
{
	const struct hj_slot *s = &b->schedule.slots[i];

	return (T0 + DAY - s->phase) / s->interval - (begin - s->phase) / s->interval;
}

static void change(struct virtual_bus *b, enum day day, hj_usec next[TROUBLE])
{
	for (size_t i = 0; i < TROUBLE; i++) {
		size_t meter = 10 + i;

		if (day == DEAD)
			b->dead[meter] = true;
		if (day != FLAPPING || b->now < next[i])
			continue;
		b->dead[meter] = !b->dead[meter];
		next[i] = b->now + (hj_usec)(1 + random() % 120) * SEC;
	}
}

static bool is_open(const struct virtual_bus *b)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->schedule.slots[i].due <= T0 + DAY || b->requests[i].tries)
			return true;
	return false;
}

static void add(struct sums *s, const struct virtual_bus *b, hj_usec begin)
{
	for (size_t i = 0; i < b->count; i++) {
		const struct virtual_request *q = &b->requests[i];
		bool healthy = q->timing.meter < 10 || q->timing.meter >= 10 + TROUBLE;

		s->drifted += q->drifted;
		s->longest = hj_max(s->longest, q->takes);
		s->share += (double)q->takes / (double)(q->timing.interval_ms * MS);
		s->looks += q->looked;
		if (!healthy)
			continue;
		s->expected += places(b, i, begin);
		s->in_time += q->in_time;
		s->too_late += q->too_late;
		s->wrong += q->in_time + q->too_late != places(b, i, begin);
		if (q->timing.fast_ms)
			s->fast_latest = hj_max(s->fast_latest, q->latest);
	}
}

static int run(enum day day, struct sums *ret)
{
	struct sums s = { 0 };

	for (int number = 0; number < BUSES; number++) {
		struct virtual_bus *b = calloc(1, sizeof(*b));
		hj_usec next[TROUBLE] = { T0 + 600 * SEC, T0 + 610 * SEC }, begin;

		if (!b)
			return -1;
		furnish(b, number);
		begin = b->now;
		b->count_until = T0 + DAY;
		b->count_from = begin + FIRST;
		if (virtual_bus_init(b, METERS, TIMEOUT, 1, 0) < 0)
			return -1;
		while (b->now < T0 + DAY || is_open(b)) {
			change(b, day, next);
			virtual_bus_turn(b, T0 + DAY + 60 * SEC);
		}
		add(&s, b, begin + FIRST);
		virtual_bus_done(b);
		free(b);
	}
	*ret = s;
	return 0;
}

static bool figure(const char *day, const char *name, double value, const char *unit, double most)
{
	bool ok = value <= most;

	printf("figure schedule.%s_%s %.10g %s <=%g %s\n", day, name, value, unit, most, ok ? "ok" : "short");
	return ok;
}

int main(void)
{
	static const char *const names[] = { "day", "dead", "flapping" };
	bool good = true;

	for (enum day day = GOOD; day <= FLAPPING; day++) {
		struct sums s;

		srandom(SEED);
		if (run(day, &s) < 0)
			return 1;
		printf("%s: %llu readings were due, %llu looks besides, the wire of a bus is used to %.1f %%\n",
		        names[day], (unsigned long long)s.expected, (unsigned long long)s.looks,
		        100 * s.share / BUSES);
		good = figure(names[day], "missed", (double)(s.expected - s.in_time), "readings", 0) && good;
		good = figure(names[day], "drifted", (double)s.drifted, "requests", 0) && good;
		good = figure(names[day], "miscounted", (double)s.wrong, "requests", 0) && good;
		good = figure(names[day], "fast_late_ms", (double)s.fast_latest / MS, "ms",
		               day == GOOD ? (double)(s.longest + 2 * 30 * MS) / MS : (double)TIMEOUT / MS + 100) &&
		       good;
	}
	return good ? 0 : 1;
}
