/* What a store writes: 20 factors read every ten seconds on two buses, 1-minute windows, two uplinks that acknowledge
 *every record with a receipt and reserve their QNs as uplinkd does, for 30 days of virtual time. The system's calls
 *are counted in this process (tests/crash/disk), and the sum is held against what the kernel counted.
 *
 *	store_day [DAYS] */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../tests/crash/clock.h"
#include "../tests/crash/disk.h"
#include "../tests/unit/stored_world.h"
#include "hjgate/decimal.h"
#include "hjgate/log.h"

#define BUSES          2
#define METERS         2 /* of a bus */
#define POINTS         5 /* of a meter: four gauges and a total */
#define FACTORS        (BUSES * METERS * POINTS)
#define INTERVAL       (10 * HJ_USEC_PER_SEC)
#define UPLINKS        2
#define DAYS           30
#define RETENTION_DAYS 400
#define MB             1e6
#define MINUTES_A_DAY  1440
#define PLATFORM_MS    120 /* until a 9014 comes */

/* As services/uplinkd/feed_setting.c has it. */
#define QN_AHEAD_MS 180000
#define QN_RENEW_MS 150000
#define QN_SOON_MS  70000

static struct stored *s;
static uint64_t seed = 1;

static double dice(void) /* -0.5 to 0.5 */
{
	seed = seed * 6364136223846793005 + 1442695040888963407;
	return (double)(seed >> 11) / 9007199254740992.0 - 0.5;
}

/* ---- the meters ---- */

static const struct gauge {
	const char *name, *unit;
	double mean, swing, noise;
	unsigned decimals;
} gauges[POINTS - 1] = {
	{ "voltage", "V", 231.2, 2.5, 0.8, 1 },
	{ "current", "A", 43.1, 18, 2.2, 2 },
	{ "power", "kW", 26.4, 11, 1.6, 2 },
	{ "temperature", "C", 61.5, 4, 0.3, 1 },
};

static double read_point(size_t meter, size_t point, int64_t now_ms)
{
	static double energy[BUSES * METERS];
	double day = (double)(now_ms % HJ_MS_PER_DAY) / (double)HJ_MS_PER_DAY;
	double load = sin(6.2831853 * (day * (3 + (double)meter) + (double)point / 7));
	const struct gauge *g = &gauges[point];

	if (point < POINTS - 1)
		return hj_decimal_value(
		        llround((g->mean + g->swing * load + g->noise * dice()) * pow(10, g->decimals)), g->decimals);
	energy[meter] += (26 + 11 * load + dice()) / 360; /* kWh in ten seconds */
	return hj_decimal_value(llround((14000 + energy[meter]) * 100), 2);
}

static void offer(size_t bus)
{
	static uint64_t numbers[BUSES];
	struct hj_point points[METERS * POINTS];
	struct hj_sample samples[METERS * POINTS];
	struct append a = { .bus = bus ? "south" : "north", .boot = { 1 }, .points = points, .samples = samples };
	struct hj_now now = hj_now();
	uint64_t next;

	for (size_t i = 0; i < METERS * POINTS; i++) {
		size_t meter = bus * METERS + i / POINTS, point = i % POINTS;
		bool total = point == POINTS - 1;

		points[i] = (struct hj_point){ .interval_ms = INTERVAL / HJ_USEC_PER_MS, .total = total };
		snprintf(points[i].name, sizeof(points[i].name), "meter%zu.%s", meter,
		        total ? "energy" : gauges[point].name);
		snprintf(points[i].factor, sizeof(points[i].factor), "ea%02zu%02zu", meter, point);
		snprintf(points[i].unit, sizeof(points[i].unit), "%s", total ? "kWh" : gauges[point].unit);
		samples[i] =
		        (struct hj_sample){ (uint32_t)i, now.wall_ms, read_point(meter, point, now.wall_ms), 'N' };
	}
	a.first = numbers[bus] + 1;
	a.upto_ms = now.wall_ms + 1;
	a.point_count = a.sample_count = METERS * POINTS;
	assert_int_equal(intake_append(s, &a, &next), 0);
	numbers[bus] += METERS * POINTS;
	assert_int_equal(next, numbers[bus] + 1);
	hj_rollup_connect(hj_rollup_find(s->rollup, a.bus), true, &now);
}

/* ---- the platforms ---- */

static void reserved(int r, uint64_t seq, void *waiter)
{
	assert_int_equal(r, 0);
}

static void reserve(size_t i)
{
	static int64_t limits[UPLINKS];
	char key[64], value[96];
	int64_t now = hj_now().wall_ms, left = limits[i] - now;

	if (left > QN_RENEW_MS)
		return;
	limits[i] = now + QN_AHEAD_MS;
	snprintf(key, sizeof(key), "set.uplink.%s.qn", s->uplinks[i].name);
	snprintf(value, sizeof(value), "%lld 11111111111111111111111111111111 %lld", (long long)limits[i],
	        (long long)now / 2);
	assert_int_equal(commit_stage(s, key, value, reserved, NULL), 0);
	if (left > QN_SOON_MS)
		commit_request(s, STORED_COMMIT_EVERY);
	else
		commit_urgent(s);
}

static void acknowledge(size_t i)
{
	struct uplink *u = &s->uplinks[i];
	uint64_t seq;

	while (hj_seqset_next(&u->owed, 0, &seq)) {
		int64_t now = hj_now().wall_ms - (int64_t)(dice() * 40);
		struct hj_receipt one = { .from = seq,
			.to = seq,
			.packets = 1,
			.qn_ms = now - PLATFORM_MS,
			.qn_last_ms = now - PLATFORM_MS,
			.sent_ms = now - PLATFORM_MS,
			.acked_ms = now };

		receipt_take(s, u, &one);
		owed_confirm(s, u, seq, seq);
	}
}

/* ---- the days ---- */

static void pass(hj_usec usec)
{
	world_pass(usec);
	while (sd_event_run(loop, 0) > 0)
		;
}

static void ten_seconds(void)
{
	uint64_t commits = s->commits;

	for (size_t bus = 0; bus < BUSES; bus++)
		offer(bus);
	pass(100 * HJ_USEC_PER_MS);
	if (s->commits > commits) { /* there is something new for the platforms */
		for (size_t i = 0; i < UPLINKS; i++)
			reserve(i);
		pass(PLATFORM_MS * HJ_USEC_PER_MS);
		for (size_t i = 0; i < UPLINKS; i++)
			acknowledge(i);
	}
	pass(INTERVAL - world_now.mono % INTERVAL);
}

/* Bytes that the kernel says this process has written. */
static uint64_t wchar(void)
{
	unsigned long long bytes = 0;
	FILE *f = fopen("/proc/self/io", "r");

	if (f && fscanf(f, "rchar: %*u wchar: %llu", &bytes) != 1)
		bytes = 0;
	if (f)
		fclose(f);
	return bytes;
}

static bool figure(const char *name, double value, const char *unit, double most)
{
	printf("figure %s %.3f %s <=%g %s\n", name, value, unit, most, value <= most ? "ok" : "short");
	return value <= most;
}

struct day {
	double mb, syncs;
};

static void run_day(struct day *worst)
{
	struct disk_counts before = disk_counts;
	uint64_t commits = s->commits;
	struct day day;

	for (int i = 0; i < MINUTES_A_DAY * 6; i++)
		ten_seconds();
	day = (struct day){ .mb = (double)(disk_counts.bytes - before.bytes) / MB,
		.syncs = (double)(disk_counts.syncs - before.syncs) / MINUTES_A_DAY };
	printf("%.2f MB in %llu writes, %.3f syncs a minute, %llu commits, %.2f MB on disk\n", day.mb,
	        (unsigned long long)(disk_counts.writes - before.writes), day.syncs,
	        (unsigned long long)(s->commits - commits), (double)hj_ledger_bytes(s->ledger) / MB);
	worst->mb = fmax(worst->mb, day.mb);
	worst->syncs = fmax(worst->syncs, day.syncs);
}

static void begin(void)
{
	static const char *const uplinks[UPLINKS] = { "county", "city" };
	char folder[256];
	struct uplink *u;

	hj_log_setup("store", 0);
	if (make_root("day") < 0)
		abort();
	sd_event_new(&loop);
	path_of("var/lib/hjgate", folder);
	disk_begin(folder);
	disk_count_only(true);
	s = open_store(RETENTION_DAYS);
	for (size_t i = 0; i < UPLINKS; i++)
		assert_int_equal(owed_get(s, uplinks[i], &u), 0);
}

int main(int argc, char **argv)
{
	int days = argc > 1 ? atoi(argv[1]) : DAYS;
	struct day worst = { 0 };
	uint64_t kernel = wchar(), counted;
	bool good;
	double disk;

	begin();
	for (int i = 0; i < days; i++)
		run_day(&worst);
	kernel = wchar() - kernel;
	counted = disk_counts.bytes;
	disk = (double)hj_ledger_bytes(s->ledger) / MB;
	stored_free(s);
	remove_world();
	printf("%d factors, %d days: %.2f MB counted, %.2f MB by the kernel\n", FACTORS, days, (double)counted / MB,
	        (double)kernel / MB);
	good = figure("store.written_mb_day", worst.mb, "MB", 28);
	good &= figure("store.syncs_per_commit", worst.syncs, "syncs", 1.1);
	good &= figure("store.disk_30d_mb", disk, "MB", 28);
	return good && fabs((double)kernel - (double)counted) < 0.01 * (double)counted ? 0 : 1;
}
