/* What alertd owes lies on the disk: why it cannot be written is what the kernel said (a full disk is no broken one),
 * and a disk that takes things again gets what it refused. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "hjgate/now.h"
#include "alertd_world.h"

static struct hj_now now = { .wall_ms = 1790000000000LL, .mono = HJ_USEC_PER_SEC };
static int sync_error; /* what the disk answers; 0 = it takes it */

struct hj_now hj_now(void)
{
	return now;
}

int fdatasync(int fd)
{
	(void)fd;
	errno = sync_error;
	return sync_error ? -1 : 0;
}

int fsync(int fd)
{
	return fdatasync(fd);
}

static int write_line(struct alertd *a)
{
	_cleanup_(hj_buf_done) struct hj_buf line = { 0 };

	assert_int_equal(hj_buf_put(&line, "{}\n", 3), 0);
	return outbox_write(a, &line, true);
}

static void test_full(void **state)
{
	struct alertd a = { .fd = open("/dev/full", O_WRONLY | O_CLOEXEC) };

	(void)state;
	assert_true(a.fd >= 0);
	assert_int_equal(write_line(&a), -ENOSPC);
	close(a.fd);
}

static void test_cannot_be_made(void **state)
{
	struct alertd a = { .fd = -1, .path = "/nowhere/alerts/outbox" };

	(void)state;
	assert_int_equal(write_line(&a), -ENOENT);
}

/* ---- an alertd with one channel, which nobody drives ---- */

static struct alertd *begin(void)
{
	static const struct hj_conf_channel conf = {
		.name = "robot", .token = "absent", .rate = 15, .hold = 72, .ends = true
	};

	return begin_alertd(&conf);
}

static enum taken take_of(struct alertd *a, int64_t id, int bus, size_t bytes)
{
	struct alert *alert = alert_new();

	assert_non_null(alert);
	alert->id = id;
	alert->begin_ms = 1;
	alert->class = HJ_EVENT_FAULT;
	hj_text_copy(alert->code, sizeof(alert->code), "samples-late");
	snprintf(alert->key, sizeof(alert->key), "bus %d", bus);
	if (bytes) {
		alert->values = malloc(bytes + 1);
		assert_non_null(alert->values);
		snprintf(alert->values, bytes + 1, "{\"source\":\"%0*d\"}", (int)bytes - 13, 0);
	}
	return alertd_take(a, alert);
}

static enum taken take(struct alertd *a, int64_t id)
{
	return take_of(a, id, (int)id, 0);
}

static int setup(void **state)
{
	sync_error = 0;
	return make_root("alertd");
}

static int teardown(void **state)
{
	return remove_root();
}

/* eventd offers the same until it is taken: what one channel owes must not keep all others from what is newer. */
static void test_disk_comes_back(void **state)
{
	struct alertd *a = begin();

	assert_int_equal(take(a, 1), TAKEN);
	sync_error = ENOSPC;
	assert_int_equal(take(a, 2), TAKEN_NOT);
	assert_int_equal(take(a, 2), TAKEN_NOT);
	sync_error = 0;
	assert_int_equal(take(a, 2), TAKEN_BEFORE);
	assert_int_equal(take(a, 3), TAKEN);
	end_alertd(a);
	a = begin();
	assert_int_equal(a->owed_count, 3);
	for (int id = 1; id <= 3; id++)
		assert_int_equal(take(a, id), TAKEN_BEFORE);
	end_alertd(a);
}

/* So many alerts wait when so many hours have gone by, and the clock says that it were others. */
static size_t waiting_after(struct alertd *a, int hours, int clock_hours)
{
	now.mono += (hj_usec)hours * 3600 * HJ_USEC_PER_SEC;
	now.wall_ms += clock_hours * 3600LL * HJ_MS_PER_SEC;
	a->channels[0].wait_until = HJ_USEC_NEVER; /* nobody answers */
	channel_turn(&a->channels[0], now.mono);
	return a->owed_count;
}

static void test_clock_is_set(void **state)
{
	struct alertd *a = begin();

	assert_int_equal(take(a, 1), TAKEN);
	assert_int_equal(waiting_after(a, 1, 1000), 1);
	assert_int_equal(waiting_after(a, 1, -2000), 1);
	assert_int_equal(waiting_after(a, 40, 1000), 1);
	outbox_open(a); /* made anew: it says when that was by the clock of now */
	end_alertd(a);
	a = begin();
	assert_int_equal(a->owed_count, 1);
	assert_int_equal(waiting_after(a, 29, 29), 1);
	assert_int_equal(waiting_after(a, 2, 2), 0);
	end_alertd(a);
	a = begin();
	assert_int_equal(take(a, 2), TAKEN);
	assert_int_equal(waiting_after(a, 71, 0), 1);
	assert_int_equal(waiting_after(a, 2, 0), 0);
	end_alertd(a);
}

/* What is not told now takes nobody's place. */
static void test_hushed(void **state)
{
	struct alertd *a = begin();

	a->quiet.quiet_ms = 60 * HJ_MS_PER_SEC;
	for (int id = 1; id <= OWED_MAX; id++)
		assert_int_equal(take(a, id), TAKEN);
	assert_int_equal(take_of(a, OWED_MAX + 1, OWED_MAX, 0), TAKEN);
	assert_int_equal(a->owed_count, OWED_MAX);
	assert_int_equal(a->channels[0].lost, 0);
	assert_int_equal(take(a, OWED_MAX + 2), TAKEN);
	assert_int_equal(a->channels[0].lost, 1);
	end_alertd(a);
}

/* A channel that is dead for long, and much that is said at length: what waits is read again, whole. */
static void test_long(void **state)
{
	struct alertd *a = begin();
	int64_t id = 0;

	while (id++ < 3 * OWED_MAX) {
		assert_int_equal(take_of(a, id, (int)id, ALERT_VALUES_MAX), TAKEN);
		outbox_tidy(a);
	}
	end_alertd(a);
	a = begin();
	assert_int_equal(a->owed_count, OWED_MAX);
	assert_int_equal(a->owed[OWED_MAX - 1]->id, 3 * OWED_MAX);
	end_alertd(a);
}

/* What a person has mended is tried at once after a restart; a robot's silence outlives it. */
static void test_restart(void **state)
{
	struct alertd *a = begin();

	assert_int_equal(take(a, 1), TAKEN);
	assert_true(channel_turn(&a->channels[0], now.mono) > now.mono); /* there is no token */
	assert_true(a->channels[0].wrong);
	end_alertd(a);
	now.mono += HJ_USEC_PER_SEC;
	now.wall_ms += HJ_MS_PER_SEC;
	a = begin();
	assert_int_equal(a->owed_count, 1);
	assert_true(a->channels[0].wait_until <= now.mono);
	end_alertd(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_cannot_be_made),
		cmocka_unit_test_setup_teardown(test_disk_comes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_clock_is_set, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hushed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long, setup, teardown),
		cmocka_unit_test_setup_teardown(test_restart, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
