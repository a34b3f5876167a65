/* What people are told: an alertd of the test's own takes what eventd offers, refuses it, dies, and notes what it
 * got. */
/* long because: all of it is said to the one alertd of the test's own. */
#include "eventd_world.h"
#include "hjgate/now.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define GOT_MAX 4096

static pid_t alertd_pid;
static char got_path[128], mode_path[128];
static unsigned *synced; /* how often eventd has waited for the disk: shared with it */

static int count_sync(int r)
{
	if (synced)
		__atomic_add_fetch(synced, 1, __ATOMIC_RELAXED);
	return r;
}

int fdatasync(int fd)
{
	return count_sync((int)syscall(SYS_fdatasync, fd));
}

int fsync(int fd)
{
	return count_sync((int)syscall(SYS_fsync, fd));
}

/* ---- the other end ---- */

static void note(const char *line)
{
	int fd = open(got_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, line, strlen(line)) < 0)
		_exit(93);
	close(fd);
}

/* One message: noted and answered. */
static void serve_message(int fd, const char *text)
{
	bool fails = !access(mode_path, F_OK);
	const char *answer = fails ? "{\"error\":\"hjgate.Alert.DiskTrouble\",\"parameters\":{\"text\":\"x\"}}"
	                           : "{\"parameters\":{\"outcome\":\"taken\"}}";
	json_t *j = json_loads(text, 0, NULL), *p = json_object_get(j, "parameters");
	char line[256];

	snprintf(line, sizeof(line), "%s %lld %s %s %lld %s\n", fails ? "refused" : "took",
	        (long long)json_integer_value(json_object_get(p, "id")),
	        json_string_value(json_object_get(p, "phase")), json_string_value(json_object_get(p, "code")),
	        (long long)json_integer_value(json_object_get(p, "end")),
	        json_string_value(json_object_get(json_object_get(p, "values"), "meter")) ?: "-");
	json_decref(j);
	note(line);
	if (write(fd, answer, strlen(answer) + 1) < 0)
		close(fd);
}

static void serve(int listener)
{
	char text[8192];
	size_t n = 0;
	int fd;

	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		char c;

		note("came\n");
		for (n = 0; read(fd, &c, 1) == 1;) {
			text[n++] = c;
			if (!c || n == sizeof(text)) {
				serve_message(fd, text);
				n = 0;
			}
		}
		note("left\n");
		close(fd);
	}
	_exit(0);
}

static void start_alertd(void)
{
	int fd = listen_at("run/hjgate/alertd.peer");

	alertd_pid = fork();
	assert_true(alertd_pid >= 0);
	if (!alertd_pid) {
		fcntl(fd, F_SETFL, 0);
		signal(SIGPIPE, SIG_IGN); /* who asked may have been killed */
		serve(fd);
	}
	close(fd);
}

static void stop_alertd(void)
{
	kill(alertd_pid, SIGKILL);
	waitpid(alertd_pid, NULL, 0);
	alertd_pid = 0;
}

/* ---- looking ---- */

static size_t count_lines(const char *begin)
{
	static char text[1 << 20];
	int fd = open(got_path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	size_t found = 0;

	if (fd >= 0)
		close(fd);
	text[n < 0 ? 0 : n] = '\0';
	for (const char *p = text; *p; p = strchr(p, '\n') + 1)
		found += !strncmp(p, begin, strlen(begin));
	return found;
}

static void wait_for(const char *begin, size_t least)
{
	for (int i = 0; i < 2000 && count_lines(begin) < least; i++)
		poll(NULL, 0, 10);
	assert_true(count_lines(begin) >= least);
}

/* Until eventd has heard the answer to all of it: who is stopped before that offers the last one once more. */
static void wait_until_taken(void)
{
	for (int i = 0; i < 2000 && status("untaken"); i++)
		poll(NULL, 0, 10);
	assert_int_equal(status("untaken"), 0);
}

static void want_alerts(void)
{
	char path[160];
	int fd;

	snprintf(path, sizeof(path), "%s/etc", root);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/etc/hjgate", root);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/etc/hjgate/alerts.conf", root);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
}

static int outbox_setup(void **state)
{
	int r = setup(state);

	synced = mmap(NULL, sizeof(*synced), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (synced == MAP_FAILED)
		return -1;
	snprintf(got_path, sizeof(got_path), "%s/got", root);
	snprintf(mode_path, sizeof(mode_path), "%s/refuse", root);
	return r;
}

static int outbox_teardown(void **state)
{
	if (alertd_pid > 0)
		stop_alertd();
	munmap(hj_steal(synced), sizeof(*synced));
	return teardown(state);
}

/* ---- tests ---- */

static void all_is_offered_once_and_in_order(void **state)
{
	int64_t id;
	char line[64];

	want_alerts();
	start_alertd();
	start();
	wait_for("took 1 moment program-start 0 -", 1);
	id = tell("meter-lost", "begin", "meter north.oven", 1000);
	assert_int_equal(tell("meter-lost", "begin", "meter north.oven", 1500), 0);
	tell("meter-lost", "end", "meter north.oven", 9000);
	snprintf(line, sizeof(line), "took %lld begin meter-lost 0 oven", (long long)id);
	wait_for(line, 1);
	snprintf(line, sizeof(line), "took %lld end meter-lost 9000 oven", (long long)id);
	wait_for(line, 1);
	wait_for("left", 1); /* the connection is not kept: it would keep alertd alive */
	wait_until_taken();
	stop(SIGTERM);
	start();
	wait_for("took 5 moment program-start", 1);
	assert_int_equal(count_lines("took"), 5); /* a start, a begin, an end, a stop, a start */
	stop(SIGTERM);
}

static void what_is_not_taken_is_offered_again(void **state)
{
	want_alerts();
	close(open(mode_path, O_WRONLY | O_CREAT, 0600));
	start_alertd();
	start();
	wait_for("refused 1 moment program-start", 2);
	assert_int_equal(count_lines("refused 2"), 0); /* in order: nothing goes before it */
	unlink(mode_path);
	wait_for("took 1", 1);
	wait_until_taken();
	stop(SIGTERM);
	start();
	wait_for("took 3", 1);
	assert_int_equal(count_lines("took 1"), 1);
	stop(SIGTERM);
}

static void nobody_wants_to_be_told(void **state)
{
	int64_t id;
	char line[64];

	start_alertd();
	start();
	tell("samples-late", "moment", "bus north", 1000);
	poll(NULL, 0, 200);
	assert_int_equal(count_lines("came"), 0);
	want_alerts(); /* from now on, and not of what was */
	id = tell("samples-late", "moment", "bus north", 2000);
	snprintf(line, sizeof(line), "took %lld", (long long)id);
	wait_for(line, 1);
	assert_int_equal(count_lines("took"), 1);
	stop(SIGTERM);
}

/* What was taken is kept with the next event, or once a second: a commit for each would be twice the flash's wear. */
static void what_was_taken_costs_no_commit(void **state)
{
	unsigned before, rounds = 10, most;
	char key[32], line[64];
	hj_usec begun;

	want_alerts();
	start_alertd();
	start();
	wait_for("left", 1);
	begun = hj_now().mono;
	before = *synced;
	for (unsigned i = 0; i < rounds; i++) {
		snprintf(key, sizeof(key), "bus %u", i);
		snprintf(line, sizeof(line), "took %lld ", (long long)tell("samples-late", "moment", key, 1000));
		wait_for(line, 1);
		wait_for("left", i + 2); /* it has gone idle each time */
	}
	most = rounds + (unsigned)((hj_now().mono - begun) / HJ_USEC_PER_SEC) + 2;
	print_message("%u events taken one by one: %u times the disk\n", rounds, *synced - before);
	assert_in_range(*synced - before, rounds, most);
	before = *synced;
	for (int i = 0; i < 1000 && *synced == before; i++) /* and the last one without any event */
		poll(NULL, 0, 10);
	assert_true(*synced > before);
	stop(SIGKILL);
	start();
	wait_for("took 12", 1);
	assert_int_equal(count_lines("took 11 "), 1);
	stop(SIGTERM);
}

/* Without an alertd, and with more events than wait for it. */
static void fill(unsigned events)
{
	struct eventd *d = NULL;
	sd_event *event = NULL;

	hj_log_setup("eventd", HJ_LOG_ERROR);
	assert_true(sd_event_new(&event) >= 0);
	assert_int_equal(eventd_new(event, root, &d), 0);
	for (unsigned i = 0; i < events; i++) {
		struct row row = { .is = ROW_MOMENT, .time_ms = i, .code = "config-changed" };

		assert_int_equal(eventd_put(d, &row, NULL), 0);
		if (d->queued == QUEUE_MAX)
			assert_int_equal(eventd_flush(d), 0);
	}
	assert_int_equal(eventd_flush(d), 0);
	eventd_free(d);
	sd_event_unref(event);
}

/* The oldest of too many are passed over, which is counted, and told when somebody is there to be told. */
static void the_oldest_of_too_many_are_passed_over(void **state)
{
	json_t *all, *lost;

	want_alerts();
	fill(4999);
	start();
	for (int i = 0; i < 10; i++)
		tell("samples-late", "moment", "bus north", 1000);
	assert_true(status("passed") >= 10);
	assert_int_equal(status("untaken"), 5000);
	start_alertd();
	wait_for("took", 1);
	all = list(json_pack("{s:[s]}", "codes", "reports-lost"));
	for (int i = 0; i < 1000 && !json_array_size(all); i++) {
		json_decref(all);
		poll(NULL, 0, 10);
		all = list(json_pack("{s:[s]}", "codes", "reports-lost"));
	}
	lost = find(all, "reports-lost", "alertd");
	assert_non_null(lost);
	assert_true(number(json_object_get(lost, "values"), "count") == status("passed"));
	assert_int_equal(json_array_size(all), 1);
	assert_int_equal(count_lines("took 5 "), 0);
	json_decref(all);
	stop(SIGTERM);
}

/* As `hjgate restore` does: what comes next is of a generation of its own, far behind the rows that were put back. */
static void begin_generation(void)
{
	struct eventd *d = NULL;
	sd_event *event = NULL;

	assert_true(sd_event_new(&event) >= 0);
	assert_int_equal(eventd_new(event, root, &d), 0);
	assert_int_equal(hj_ledger_begin_generation(d->ledger, 1), 0);
	eventd_free(d);
	sd_event_unref(event);
}

static void what_was_put_back_is_no_loss(void **state)
{
	json_t *all;
	char line[64];

	want_alerts();
	fill(10);
	begin_generation();
	start();
	assert_true(status("untaken") < 10);
	start_alertd();
	snprintf(line, sizeof(line), "took %llu ", HJ_LEDGER_GENERATION + 1);
	wait_for(line, 1);
	all = list(json_pack("{s:[s]}", "codes", "reports-lost"));
	assert_int_equal(json_array_size(all), 0);
	assert_int_equal(status("passed"), 0);
	json_decref(all);
	stop(SIGTERM);
}

/* A box that has never told anybody: what came before a restart is told after it. */
static void the_first_run_is_told_after_a_restart(void **state)
{
	want_alerts();
	fill(1);
	start_alertd();
	start();
	wait_for("took 4 ", 1);
	assert_int_equal(count_lines("took 1 moment program-start"), 1);
	stop(SIGTERM);
}

/* A row that tells nobody anything is the last: then there is nothing more to offer, and the connection goes. */
static void a_cause_keeps_no_connection(void **state)
{
	char error[64] = "", line[64];
	int64_t id;

	want_alerts();
	start_alertd();
	start();
	wait_for("left", 1);
	close(open(mode_path, O_WRONLY | O_CREAT, 0600));
	id = tell("samples-late", "moment", "bus north", 1000);
	snprintf(line, sizeof(line), "refused %lld", (long long)id);
	wait_for(line, 1);
	json_decref(ask("change", "hjgate.Event.Acknowledge",
	        json_pack("{s:I, s:s}", "id", (json_int_t)id, "cause", "a test"), error));
	assert_string_equal(error, "");
	unlink(mode_path);
	snprintf(line, sizeof(line), "took %lld", (long long)id);
	wait_for(line, 1);
	wait_for("left", 2);
	stop(SIGTERM);
}

/* What is still wrong when the work is over is told then, before its end. */
static void nobody_is_alerted_of_what_is_worked_on(void **state)
{
	int64_t work, gone, stays, other;
	char line[64], text[4][64];
	size_t all;

	want_alerts();
	start_alertd();
	start();
	work = tell("maintenance", "begin", "meter oven", 1000);
	gone = tell("meter-lost", "begin", "meter north.oven", 2000);
	tell("meter-lost", "end", "meter north.oven", 3000);
	stays = tell("meter-lost", "begin", "meter north.oven", 4000);
	tell("samples-late", "moment", "bus oven", 4500); /* is about no meter */
	tell("total-reset", "moment", "oven.energy", 4600);
	other = tell("meter-lost", "begin", "meter north.oven2", 5000);
	snprintf(line, sizeof(line), "took %lld begin", (long long)other);
	wait_for(line, 1);
	assert_int_equal(count_lines("took"), 4); /* the start, the work, bus oven, oven2 */
	all = count_lines("took");
	tell("maintenance", "end", "meter oven", 6000);
	snprintf(text[0], sizeof(text[0]), "took %lld end maintenance 6000", (long long)work);
	snprintf(text[1], sizeof(text[1]), "took %lld begin meter-lost", (long long)stays);
	snprintf(text[2], sizeof(text[2]), "took %lld ", (long long)gone);
	wait_for(text[0], 1);
	assert_int_equal(count_lines(text[1]), 1);
	assert_int_equal(count_lines(text[2]), 0);
	assert_int_equal(count_lines("took"), all + 2);
	tell("meter-lost", "end", "meter north.oven", 7000);
	snprintf(text[3], sizeof(text[3]), "took %lld end meter-lost 7000", (long long)stays);
	wait_for(text[3], 1);
	stop(SIGTERM);
}

/* An alertd that cannot take it when the work is over is asked again, for each of what was held. */
static void what_was_held_is_offered_again(void **state)
{
	char line[3][64];
	int64_t ids[3];

	want_alerts();
	start_alertd();
	start();
	ids[2] = tell("maintenance", "begin", "meter oven", 1000);
	ids[0] = tell("meter-lost", "begin", "meter north.oven", 2000);
	ids[1] = tell("meter-lost", "begin", "meter south.oven", 3000);
	snprintf(line[2], sizeof(line[2]), "took %lld begin", (long long)ids[2]);
	wait_for(line[2], 1);
	close(open(mode_path, O_WRONLY | O_CREAT, 0600));
	tell("maintenance", "end", "meter oven", 6000);
	wait_for("refused", 1);
	unlink(mode_path);
	for (size_t i = 0; i < 3; i++) {
		snprintf(line[i], sizeof(line[i]), "took %lld %s", (long long)ids[i], i < 2 ? "begin" : "end");
		wait_for(line[i], 1);
		assert_int_equal(count_lines(line[i]), 1);
	}
	stop(SIGTERM);
}

/* What was told to have begun is told to be over, though it ends while it is worked on. */
static void what_began_before_the_work_is_told_to_end(void **state)
{
	char line[64];
	int64_t id;

	want_alerts();
	start_alertd();
	start();
	id = tell("meter-lost", "begin", "meter north.oven", 1000);
	tell("maintenance", "begin", "meter oven", 2000);
	tell("meter-lost", "end", "meter north.oven", 3000);
	tell("samples-late", "moment", "bus north", 3500);
	wait_for("took 5 moment samples-late", 1);
	snprintf(line, sizeof(line), "took %lld end meter-lost 3000", (long long)id);
	assert_int_equal(count_lines(line), 1);
	stop(SIGTERM);
}

/* An event that is still open when the oldest are cut is written again: people know of it. */
static void what_was_told_before_a_cut_is_not_told_again(void **state)
{
	int64_t before, id, last;
	char line[64];
	json_t *all;

	start();
	before = tell("link-lost", "begin", "uplink county", 1000); /* nobody wants to be told yet */
	stop(SIGTERM);
	fill(EVENTS_MOST - 10);
	want_alerts();
	close(open(mode_path, O_WRONLY | O_CREAT, 0600));
	start_alertd();
	start();
	wait_for("refused", 1);
	for (int i = 0; i < 10; i++)
		tell("samples-late", "moment", "bus north", 2000 + i);
	assert_in_range(status("events"), EVENTS_LEAST, EVENTS_MOST - 1);
	all = list(json_pack("{s:[s]}", "codes", "link-lost"));
	id = number(find(all, "link-lost", "uplink county"), "id");
	json_decref(all);
	assert_true(id > before);
	unlink(mode_path);
	last = tell("samples-late", "moment", "bus south", 3000);
	snprintf(line, sizeof(line), "took %lld ", (long long)last);
	wait_for(line, 1);
	snprintf(line, sizeof(line), "took %lld ", (long long)id);
	assert_int_equal(count_lines(line), 0);
	assert_int_equal(tell("link-lost", "end", "uplink county", 4000), id);
	snprintf(line, sizeof(line), "took %lld end link-lost 4000", (long long)id);
	wait_for(line, 1);
	stop(SIGTERM);
}

/* HJ_OUTBOX_ROUNDS for a longer run. */
static void kills_lose_nothing(void **state)
{
	const char *text = getenv("HJ_OUTBOX_ROUNDS");
	int rounds = text ? atoi(text) : 6;
	int64_t ids[GOT_MAX];
	size_t n = 0, lost = 0, repeated = 0;

	want_alerts();
	start_alertd();
	start();
	for (int round = 0; round < rounds; round++) {
		for (int k = 0; k < 20 && n < GOT_MAX; k++) {
			char key[32];

			snprintf(key, sizeof(key), "bus %d", round * 20 + k);
			ids[n++] = tell("samples-late", "moment", key, 1000 + round);
		}
		if (round % 2) {
			stop_alertd();
			start_alertd();
		} else {
			stop(SIGKILL);
			start();
		}
	}
	for (size_t i = 0; i < n; i++) {
		char line[64];
		size_t times;

		snprintf(line, sizeof(line), "took %lld ", (long long)ids[i]);
		if (i == n - 1)
			wait_for(line, 1);
		times = count_lines(line);
		lost += times == 0;
		repeated += times > 1 ? times - 1 : 0;
	}
	print_message("figure outbox.lost %zu events 0 %s\nfigure outbox.repeated %zu events of %zu, %d kills - ok\n",
	        lost, lost ? "short" : "ok", repeated, n, rounds);
	assert_int_equal(lost, 0);
	stop(SIGTERM);
}

#undef T
#define T(f) cmocka_unit_test_setup_teardown(f, outbox_setup, outbox_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(all_is_offered_once_and_in_order),
		T(what_is_not_taken_is_offered_again),
		T(nobody_wants_to_be_told),
		T(what_was_taken_costs_no_commit),
		T(the_oldest_of_too_many_are_passed_over),
		T(what_was_put_back_is_no_loss),
		T(the_first_run_is_told_after_a_restart),
		T(a_cause_keeps_no_connection),
		T(nobody_is_alerted_of_what_is_worked_on),
		T(what_was_held_is_offered_again),
		T(what_began_before_the_work_is_told_to_end),
		T(what_was_told_before_a_cut_is_not_told_again),
		T(kills_lose_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
