/* A disk that is full, broken, read-only or not there, for a while, at a random time, also while the store starts. A
 * meterd with its bounded outbox stands beside it. In the end each reading is in one record, but for those that the
 * outbox counted as lost; no window has a point twice; what is owed is what there is; and the store, which never
 * stopped, has no trouble left. HJ_SEEDS: runs of each kind. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../services/meterd/outbox.c" /* the real one; the store links no meterd */
#include "disk_faults.h"
#include "stored_world.h"

#define RETENTION_DAYS 4000
#define SEEDS          1 /* of each kind, by default */
#define POINTS         8
#define WINDOW_MS      60000LL
#define STEP_MS        (WINDOW_MS / 2) /* each point is read twice in a window */
#define WINDOWS        400             /* before, while and after */
#define LONG_WINDOWS   1500            /* so many that neither the outbox nor the queue can hold them */
#define RECOVERY       12              /* tries of a commit until all must be well */

/* ---- the kinds of trouble ---- */

struct kind {
	const char *name;
	int error;
	unsigned ops;
	bool gone, once, lengthy; /* gone: the folder itself; once: a single operation */
};

static const struct kind kinds[] = {
	{ "no space", ENOSPC, ON_GROW | ON_CREATE, .gone = false },
	{ "no space, long", ENOSPC, ON_GROW | ON_CREATE, .lengthy = true },
	{ "no inodes", ENOSPC, ON_CREATE, .gone = false },
	{ "write error once", EIO, ON_WRITE | ON_SYNC, .once = true },
	{ "write errors", EIO, ON_WRITE | ON_SYNC, .gone = false },
	{ "write errors, long", EIO, ON_WRITE | ON_SYNC, .lengthy = true },
	{ "sync errors", EIO, ON_SYNC, .gone = false },
	{ "read error once", EIO, ON_READ, .once = true },
	{ "read errors", EIO, ON_READ, .gone = false },
	{ "all fails", EIO, ON_READ | ON_WRITE | ON_SYNC | ON_OPEN, .gone = false },
	{ "read-only", EROFS, ON_WRITE | ON_CREATE | ON_OPEN_WRITE | ON_SYNC, .gone = false },
	{ "read-only, long", EROFS, ON_WRITE | ON_CREATE | ON_OPEN_WRITE | ON_SYNC, .lengthy = true },
	{ "no folder", 0, 0, .gone = true },
};

/* ---- a world with its own clock ---- */

static struct hj_now now_is;

struct hj_now hj_now(void)
{
	return now_is;
}

static uint64_t state;

static unsigned pick(unsigned n) /* 0..n-1 */
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % n;
}

/* ---- the meterd ---- */

static struct outbox outbox;
static uint8_t boot;
static uint64_t taken; /* samples read so far */

static void read_meters(int64_t time_ms)
{
	for (uint32_t i = 0; i < POINTS; i++)
		outbox_add(&outbox, &(struct hj_sample){ i, time_ms, (double)taken++, HJ_FLAG_NORMAL });
}

/* As services/meterd/peer.c does it: what is offered goes back to where the store wants it. */
static void offer(struct stored *s)
{
	static uint64_t offered;
	struct hj_point points[POINTS];
	struct hj_sample samples[32];

	for (int turn = 0; turn < 1000; turn++) {
		struct append a = { .bus = "north", .boot = { boot }, .points = points, .samples = samples };
		struct hj_sample next_sample;
		uint64_t next;
		int r;

		for (int i = 0; i < POINTS; i++) {
			points[i] = (struct hj_point){ .interval_ms = STEP_MS };
			snprintf(points[i].name, sizeof(points[i].name), "meter.p%d", i);
		}
		a.point_count = POINTS;
		if (s->durable_count && s->durable[0].boot[0] == boot)
			outbox_durable(&outbox, s->durable[0].number);
		offered = hj_max(offered, outbox.first);
		a.first = offered;
		while (a.sample_count < 32 && outbox_get(&outbox, offered, &samples[a.sample_count])) {
			a.sample_count++;
			offered++;
		}
		a.upto_ms = outbox_get(&outbox, offered, &next_sample) ? next_sample.time_ms : now_is.wall_ms;
		r = intake_append(s, &a, &next);
		assert_int_equal(r, 0);
		if (!outbox_accept(&outbox, next)) {
			outbox_renumber(&outbox);
			boot++;
			offered = 1;
			continue;
		}
		offered = next;
		if (offered == outbox_next(&outbox))
			return;
	}
	fail_msg("the store does not take what it asks for");
}

/* ---- the store ---- */

static struct stored *restart(struct stored *s)
{
	stored_free(s);
	sd_event_unref(loop);
	sd_event_new(&loop);
	return open_store(RETENTION_DAYS);
}

static void hide_folder(bool hide)
{
	char here[256], there[256];

	path_of("var/lib/hjgate", here);
	path_of("var/lib.away", there);
	mkdir(there, 0755);
	path_of("var/lib.away/hjgate", there);
	if (hide)
		assert_int_equal(rename(here, there), 0);
	else
		rename(there, here);
	path_of("var/lib", here);
	assert_int_equal(hide ? rmdir(here) : 0, 0);
}

static void begin_trouble(const struct kind *k)
{
	if (k->gone) {
		hide_folder(true);
		return;
	}
	faults_begin(k->error, k->ops, k->once ? 1 : 0, pick(6));
}

static void end_trouble(const struct kind *k)
{
	char path[256];

	faults_end();
	if (!k->gone)
		return;
	path_of("var/lib", path);
	mkdir(path, 0755);
	hide_folder(false);
}

static void one_window(struct stored *s)
{
	for (int i = 0; i < WINDOW_MS / STEP_MS; i++) {
		read_meters(now_is.wall_ms);
		now_is.wall_ms += STEP_MS;
		now_is.mono += STEP_MS * HJ_USEC_PER_MS;
		offer(s);
	}
	commit_now(s);
}

/* What the disk does not show is in the rollup, the queue or the outbox; the memory of all three is bounded. */
static void check_bounds(const struct stored *s)
{
	assert_true(s->queue_bytes < STORED_QUEUE_BYTES + (64u << 10));
	assert_true(outbox.count <= OUTBOX_MOST);
}

static struct stored *live_through(const struct kind *k)
{
	struct stored *s = open_store(RETENTION_DAYS);
	struct uplink *u;
	int windows = k->lengthy ? LONG_WINDOWS : WINDOWS, begin = 5 + (int)pick(50), end;
	bool stops = k->gone || !pick(2);

	end = begin + (k->lengthy ? LONG_WINDOWS - 200 : 1 + (int)pick(k->gone ? 60 : 200));
	assert_int_equal(owed_get(s, "county", &u), 0);
	assert_int_equal(commit_now(s), 0);
	for (int w = 0; w < windows; w++) {
		if (w == begin) {
			if (k->gone)
				stored_free(s);
			begin_trouble(k);
			s = k->gone ? open_store(RETENTION_DAYS) : s;
		}
		if (stops && !k->gone && w == (begin + end) / 2)
			s = restart(s);
		if (w == end)
			end_trouble(k);
		one_window(s);
		check_bounds(s);
	}
	end_trouble(k);
	for (int i = 0; i < RECOVERY && (commit_now(s) < 0 || !i); i++)
		;
	offer(s);
	assert_int_equal(commit_now(s), 0);
	offer(s); /* what was held back meanwhile */
	assert_int_equal(commit_now(s), 0);
	return s;
}

/* ---- what is there in the end ---- */

struct seen {
	uint64_t got, doubled, owed;
	int64_t label_ms; /* of the record before, and which points it and its like had */
	bool points[POINTS + 1];
};

static int see(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	struct seen *seen = userdata;
	struct hj_stats stats;

	seen->owed += OWED_KINDS >> head->kind & 1;
	if (head->kind != HJ_KIND_MINUTE)
		return 0;
	assert_int_equal(hj_stats_decode(body, n, &stats), 0);
	if (head->label_ms != seen->label_ms)
		memset(seen->points, 0, sizeof(seen->points));
	assert_true(head->label_ms >= seen->label_ms);
	seen->label_ms = head->label_ms;
	for (size_t i = 0; i < stats.count; i++) {
		assert_true(stats.stats[i].point <= POINTS);
		seen->doubled += seen->points[stats.stats[i].point];
		seen->points[stats.stats[i].point] = true;
		seen->got += stats.stats[i].got;
	}
	hj_stats_done(&stats);
	return 0;
}

static uint64_t cases, lost, doubled, uncounted;

static void one_case(const struct kind *k, unsigned seed)
{
	struct seen seen = { 0 };
	struct stored *s;

	state = seed * 1000003u + (unsigned)(k - kinds);
	outbox_init(&outbox);
	boot = 1;
	taken = 0;
	now_is = (struct hj_now){ .wall_ms = hj_window_start(1790000000000, HJ_MS_PER_DAY), .mono = HJ_USEC_PER_SEC };
	assert_int_equal(make_root("disk"), 0);
	sd_event_new(&loop);
	s = live_through(k);
	assert_int_equal(s->error, 0);
	assert_int_equal(hj_ledger_read(s->ledger, 1, UINT64_MAX, 0, see, &seen), 0);
	cases++;
	doubled += seen.doubled;
	if (seen.got + outbox.lost < taken)
		lost += taken - seen.got - outbox.lost;
	uncounted += outbox.lost;
	if (seen.got + outbox.lost != taken || seen.doubled || hj_seqset_total(&s->uplinks[0].owed) != seen.owed)
		printf("%s, seed %u: %llu of %llu readings, %llu lost with a word, %llu doubled, %llu of %llu owed\n",
		        k->name, seed, (unsigned long long)seen.got, (unsigned long long)taken,
		        (unsigned long long)outbox.lost, (unsigned long long)seen.doubled,
		        (unsigned long long)hj_seqset_total(&s->uplinks[0].owed), (unsigned long long)seen.owed);
	assert_int_equal(hj_seqset_total(&s->uplinks[0].owed), seen.owed);
	assert_int_equal(seen.got + outbox.lost, taken);
	assert_int_equal(seen.doubled, 0);
	if (!k->lengthy)
		assert_int_equal(outbox.lost, 0);
	stored_free(s);
	outbox_done(&outbox);
	remove_world();
}

static void test_every_trouble(void **unused)
{
	const char *wanted = getenv("HJ_SEEDS");
	unsigned seeds = wanted ? (unsigned)atoi(wanted) : SEEDS;

	for (size_t i = 0; i < hj_array_size(kinds); i++)
		for (unsigned seed = 1; seed <= seeds; seed++)
			one_case(&kinds[i], seed);
	printf("%llu cases, %llu readings lost with a word, %u operations failed\n", (unsigned long long)cases,
	        (unsigned long long)uncounted, faults_struck());
	assert_true(faults_struck() > cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_every_trouble) };
	int r = cmocka_run_group_tests(tests, NULL, NULL);

	printf("figure store.disk_cases %llu cases - ok\n", (unsigned long long)cases);
	printf("figure store.disk_lost %llu readings 0 %s\n", (unsigned long long)lost, lost ? "short" : "ok");
	printf("figure store.disk_doubled %llu windows 0 %s\n", (unsigned long long)doubled,
	        doubled ? "short" : "ok");
	return r;
}
