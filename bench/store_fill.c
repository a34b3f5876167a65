/* Fills a store, by the code of stored itself and a clock of its own: so many days of minutes, and the hours and days
 * that come of them, up to now. For everything that is measured with 400 days kept.
 *
 *	store_fill ROOT DAYS FACTORS [SAMPLES-A-MINUTE]
 *
 * A commit holds a day: what a commit costs is measured elsewhere. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "hjgate/clock.h"
#include "hjgate/decimal.h"

#include "../services/stored/stored.h"

#define MINUTE_MS     60000
#define SAMPLES       6 /* of a minute, where nothing else is said */
#define SAMPLES_MOST  60
#define DAYS_MOST     4000
#define RETENTION_MB  100000 /* nothing goes here */
#define FACTORS_METER 5      /* one meter's */

static struct hj_now now;

struct hj_now hj_now(void)
{
	return now;
}

/* What meters say: voltage, current, power, power factor, energy. */
static const struct kind {
	const char *name, *unit;
	int64_t base, spread;
	unsigned decimals;
	bool total;
} kinds[FACTORS_METER] = {
	{ "voltage", "V", 2301, 12, 1, false },
	{ "current", "A", 12345, 300, 3, false },
	{ "power", "kW", 2840, 90, 2, false },
	{ "factor", "", 987, 12, 3, false },
	{ "energy", "kWh", 12345678, 3, 2, true },
};

struct channel {
	struct hj_point point;
	const struct kind *kind;
	int64_t n;
};

static uint64_t dice(void)
{
	static uint64_t seed = 0x9E3779B97F4A7C15ULL;

	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static int open_channels(struct stored *s, struct channel *channels, size_t count, int64_t interval_ms)
{
	int r = 0;

	for (size_t i = 0; i < count && r >= 0; i++) {
		struct channel *c = &channels[i];

		c->kind = &kinds[i % FACTORS_METER];
		c->n = c->kind->base + (int64_t)i * 97;
		c->point.total = c->kind->total;
		c->point.interval_ms = (uint32_t)interval_ms;
		snprintf(c->point.name, sizeof(c->point.name), "meter%zu.%s", i / FACTORS_METER, c->kind->name);
		snprintf(c->point.factor, sizeof(c->point.factor), "e%zu%02zu", 101 + i / FACTORS_METER,
		        1 + i % FACTORS_METER);
		hj_text_copy(c->point.unit, sizeof(c->point.unit), c->kind->unit);
		r = dictionary_number(s, &c->point);
	}
	return r;
}

static double read_channel(struct channel *c)
{
	const struct kind *k = c->kind;
	int64_t beside = (int64_t)(dice() % (uint64_t)k->spread);

	if (!k->total)
		return hj_decimal_value(c->n + beside - k->spread / 2, k->decimals);
	c->n += beside;
	return hj_decimal_value(c->n, k->decimals);
}

static int fill_minute(struct stored *s, struct hj_rollup_bus *b, struct channel *channels, size_t count, int samples)
{
	int64_t begin = now.wall_ms;
	int r = 0;

	for (int k = 0; k < samples; k++) {
		now.wall_ms = begin + k * (int64_t)MINUTE_MS / samples;
		for (size_t i = 0; i < count && r >= 0; i++) {
			struct hj_sample sample = { channels[i].point.number, now.wall_ms, read_channel(&channels[i]),
				HJ_FLAG_NORMAL };

			r = hj_rollup_add(s->rollup, b, &sample);
		}
	}
	now.wall_ms = begin + MINUTE_MS;
	now.mono += MINUTE_MS * HJ_USEC_PER_MS;
	hj_rollup_upto(s->rollup, b, now.wall_ms, &now);
	window_process(s);
	return r;
}

static int fill(struct stored *s, int64_t days, struct channel *channels, size_t count, int samples)
{
	struct hj_rollup_bus *b;
	uint8_t boot[HJ_ID_BYTES] = { 1 };
	int r = hj_rollup_get(s->rollup, "fill", &now, &b);

	if (r < 0)
		return r;
	hj_rollup_boot(b, boot);
	hj_rollup_connect(b, true, &now);
	for (int64_t day = 0; day < days && r >= 0; day++) {
		for (int64_t m = 0; m < HJ_MS_PER_DAY / MINUTE_MS && r >= 0; m++)
			r = fill_minute(s, b, channels, count, samples);
		r = r < 0 ? r : commit_now(s);
	}
	hj_rollup_connect(b, false, &now);
	return r;
}

static int64_t real_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* stored makes the last folder of it itself. */
static void make_folders(const char *root)
{
	static const char *const folders[] = { "", "/var", "/var/lib" };
	char path[HJ_PATH_MAX];

	for (size_t i = 0; i < hj_array_size(folders); i++) {
		snprintf(path, sizeof(path), "%s%s", root, folders[i]);
		mkdir(path, 0755);
	}
}

static int run(const char *root, int64_t days, size_t count, int samples)
{
	struct hj_service service = { .root = root };
	struct hj_conf_main conf = { .base_window = MINUTE_MS / 1000,
		.normal_part = HJ_NORMAL_PART,
		.retention_days = DAYS_MOST,
		.retention_mb = RETENTION_MB };
	struct channel *channels = calloc(count, sizeof(*channels));
	_cleanup_(stored_freep) struct stored *s = NULL;
	int64_t began = real_ms();
	int r = channels ? sd_event_new(&service.event) : -ENOMEM;

	make_folders(root);
	now.wall_ms = hj_window_start(began, MINUTE_MS) - days * HJ_MS_PER_DAY;
	now.mono = HJ_USEC_PER_SEC;
	r = r < 0 ? r : stored_new(&service, &conf, &s);
	r = r < 0 ? r : open_channels(s, channels, count, MINUTE_MS / samples);
	r = r < 0 ? r : fill(s, days, channels, count, samples);
	free(channels);
	sd_event_unref(service.event);
	if (r < 0) {
		fprintf(stderr, "store_fill: %s\n", strerror(-r));
		return 1;
	}
	printf("%llu records, %.1f MB, in %.1f s\n", (unsigned long long)hj_ledger_last(s->ledger),
	        (double)hj_ledger_bytes(s->ledger) / 1e6, (double)(real_ms() - began) / 1000);
	return 0;
}

int main(int argc, char **argv)
{
	long days = argc > 2 ? atol(argv[2]) : 0, factors = argc > 3 ? atol(argv[3]) : 0;
	long samples = argc > 4 ? atol(argv[4]) : SAMPLES;

	if (argc > 5 || days < 1 || days > DAYS_MOST || factors < 1 || factors > HJ_RECORD_POINTS || samples < 1 ||
	        samples > SAMPLES_MOST) {
		fprintf(stderr, "store_fill ROOT DAYS FACTORS [SAMPLES-A-MINUTE]\n");
		return 2;
	}
	return run(argv[1], days, (size_t)factors, (int)samples);
}
