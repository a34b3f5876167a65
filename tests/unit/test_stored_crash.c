/* The store dies at every write and every sync, one further in each run, and half of that write is done; or the disk
 * refuses one in a while. A meterd that offers again what is not durable stands beside it. In the end each sample is
 * in one record, and each record is owed once. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../crash/kernel.h"
#include "stored_world.h"

#define SAMPLES        1500
#define PER_WINDOW     3
#define STEP_MS        20000LL
#define WINDOW_MS      60000LL
#define RETENTION_DAYS 4000
#define DIED           9
#define ALL_DONE       0
#define BOOT           1, 2, 3

static int64_t begin_ms; /* of the first sample */
static int ops_left;     /* until the store dies; 0 = never */
static int fail_every;   /* operations, one of which is refused; 0 = none */
static int ops;

/* ---- the disk ---- */

static bool strikes(void)
{
	ops++;
	return ops_left && ops == ops_left;
}

static bool refused(void)
{
	if (!fail_every || ops % fail_every)
		return false;
	errno = ops / fail_every % 2 ? EIO : ENOSPC;
	return true;
}

ssize_t pwrite64(int fd, const void *data, size_t n, off64_t at)
{
	if (strikes()) {
		kernel_pwrite(fd, data, n / 2, at);
		_exit(DIED);
	}
	return refused() ? -1 : kernel_pwrite(fd, data, n, at);
}

int fdatasync(int fd)
{
	if (strikes())
		_exit(DIED);
	return refused() ? -1 : (int)syscall(SYS_fdatasync, fd);
}

/* ---- the store and its meterd ---- */

static struct stored *start(void)
{
	sd_event_unref(loop); /* of the parent process: of no use in a child */
	sd_event_new(&loop);
	return open_store(RETENTION_DAYS);
}

static uint64_t durable(const struct stored *s)
{
	return s->durable_count ? s->durable[0].number : 0;
}

/* Sample n of a total whose register shows n. */
static void offer(struct stored *s, uint64_t n)
{
	struct hj_point point = { .interval_ms = STEP_MS, .total = true, .name = "meter.energy" };
	struct hj_sample sample = {
		.time_ms = begin_ms + (int64_t)(n - 1) * STEP_MS, .value = (double)n, .flag = 'N'
	};
	struct append a = { .bus = "north", .boot = { BOOT }, .first = n, .points = &point, .samples = &sample };
	uint64_t next;

	a.upto_ms = sample.time_ms + STEP_MS;
	a.point_count = a.sample_count = 1;
	assert_int_equal(intake_append(s, &a, &next), 0);
	assert_int_equal(next, n + 1);
}

/* Goes on from what is durable until all is, or the store dies. */
static int run_store(void)
{
	struct stored *s = start();
	struct uplink *u;

	if (owed_get(s, "county", &u) < 0)
		return 1;
	while (durable(s) < SAMPLES) {
		uint64_t n = durable(s);

		for (int i = 0; i < PER_WINDOW && n < SAMPLES; i++)
			offer(s, ++n);
		while (commit_now(s) < 0)
			assert_true(fail_every);
	}
	ops_left = fail_every = 0;
	stored_free(s);
	return ALL_DONE;
}

static int run_apart(int left)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, STDERR_FILENO);
		ops_left = left;
		_exit(run_store());
	}
	assert_true(pid > 0 && waitpid(pid, &status, 0) == pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int set_up(void **state)
{
	begin_ms = hj_window_start(hj_now().wall_ms, HJ_MS_PER_DAY) - HJ_MS_PER_DAY;
	return make_root("crash");
}

static int tear_down(void **state)
{
	ops_left = fail_every = ops = 0;
	return remove_world();
}

/* ---- what is to be found in the end ---- */

struct seen {
	int64_t label_ms; /* of the record before */
	uint64_t got, records;
	double cou;
};

static int see(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	struct seen *seen = userdata;
	struct hj_stats stats;

	assert_true(head->label_ms > seen->label_ms); /* one bus: no supplement, and nothing twice */
	assert_int_equal(hj_stats_decode(body, n, &stats), 0);
	assert_int_equal(stats.count, 1);
	seen->label_ms = head->label_ms;
	seen->got += stats.stats[0].got;
	seen->cou += isfinite(stats.stats[0].cou) ? stats.stats[0].cou : 0;
	seen->records++;
	if (head->kind == HJ_KIND_MINUTE)
		assert_int_equal(stats.stats[0].got, PER_WINDOW);
	hj_stats_done(&stats);
	return 0;
}

static void check_all(void)
{
	struct stored *s = start();
	struct seen minutes = { 0 }, hours = { 0 };
	uint64_t hour_samples = (3600 * HJ_MS_PER_SEC) / STEP_MS;

	assert_int_equal(durable(s), SAMPLES);
	assert_int_equal(hj_ledger_read(s->ledger, 1, UINT64_MAX, 1u << HJ_KIND_MINUTE, see, &minutes), 0);
	assert_int_equal(minutes.records, SAMPLES / PER_WINDOW);
	assert_int_equal(minutes.got, SAMPLES);
	assert_true(minutes.cou == SAMPLES - PER_WINDOW); /* all but the first window's */
	assert_int_equal(hj_ledger_read(s->ledger, 1, UINT64_MAX, 1u << HJ_KIND_HOUR, see, &hours), 0);
	assert_in_range(hours.records, SAMPLES / hour_samples, SAMPLES / hour_samples + 1);
	assert_in_range(hours.got, SAMPLES / hour_samples * hour_samples, SAMPLES);
	assert_int_equal(hj_seqset_total(&s->uplinks[0].owed), hj_ledger_last(s->ledger));
	stored_free(s);
}

static void test_dies_at_every_write(void **state)
{
	int deaths = 0, r;

	while ((r = run_apart(deaths + 1)) == DIED)
		assert_true(++deaths < 1000);
	assert_int_equal(r, ALL_DONE);
	assert_true(deaths > 30);
	printf("%d deaths\n", deaths);
	check_all();
}

static void test_disk_refuses_now_and_then(void **state)
{
	assert_int_equal(run_apart(1), DIED);
	stored_free(start());
	fail_every = 37;
	assert_int_equal(run_apart(0), ALL_DONE);
	fail_every = 0;
	check_all();
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_dies_at_every_write),
		T(test_disk_refuses_now_and_then),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
