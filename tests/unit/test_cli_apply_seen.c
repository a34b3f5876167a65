/* Who runs another text than is written: a child stands for a program that has read its files, and says so on its
 * socket, and the files are then written anew, kept and noted. */
#include "../../services/cli/apply.h"
#include "state_root.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "child.h"

#include "hjgate/conf_seen.h"
#include "hjgate/ipc_server.h"

#define BUS "etc/hjgate/buses.d/north.conf"

static struct apply *a; /* too much for a stack */
static pid_t child;

static int setup(void **state)
{
	static const char *const folders[] = { "etc", "etc/hjgate", "etc/hjgate/buses.d", "etc/hjgate/uplinks.d" };
	char path[256];

	if (make_root("applyseen") < 0)
		return -1;
	for (size_t i = 0; i < hj_array_size(folders); i++) {
		path_of(folders[i], path);
		if (mkdir(path, 0755) < 0)
			return -1;
	}
	a = calloc(1, sizeof(*a));
	a->root = a->source = root;
	return a ? 0 : -1;
}

static int end_child(void **state)
{
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	child = 0;
	return 0;
}

static int teardown(void **state)
{
	free(a);
	return remove_root();
}

static int listen_as(const char *program)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(to.sun_path, sizeof(to.sun_path), "%s/run/hjgate/%s.look", root, program);
	unlink(to.sun_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(listen(fd, 4), 0);
	return fd;
}

static void serve(int fd)
{
	struct hj_ipc_server *server = NULL;
	sd_event *event = NULL;

	alarm(60);
	if (sd_event_new(&event) >= 0 && hj_ipc_server_new(event, NULL, NULL, &server) >= 0 &&
	        hj_ipc_server_add(server, fd, HJ_LOOK) >= 0)
		sd_event_loop(event);
	child_leave(1);
}

/* From now on it runs by what is written now. It reads everything, as uplinkd and eventd do. */
static struct apply_program *start(const char *program)
{
	struct hj_conf_errors errors = { 0 };
	struct hj_conf all = { 0 };
	int fd = listen_as(program);

	end_child(NULL);
	hj_conf_seen_begin();
	hj_conf_load_all(root, &all, &errors);
	hj_conf_seen_end();
	hj_conf_errors_done(&errors);
	hj_conf_done(&all);
	child = fork();
	assert_true(child >= 0);
	if (!child)
		serve(fd);
	close(fd);
	return apply_program_get(a, program);
}

static bool runs_other(struct apply_program *p)
{
	return apply_runs_other(root, root, p);
}

static void keep(unsigned number)
{
	struct apply_kept k = { .number = number, .by = "who" };

	assert_int_equal(apply_kept_stage(root, number - 1), 0);
	assert_int_equal(apply_kept_keep(root, &k), 0);
}

/* ---- the cases, each on the configuration of the one before ---- */

static void one_that_does_not_say(void **state)
{
	write_file(BUS, "format = 1;\nbaud = 9600;\n");
	keep(1);
	assert_false(runs_other(apply_program_get(a, "meterd@north")));
}

static void an_edit_that_was_read(void **state)
{
	struct apply_program *p;

	write_file(BUS, "format = 1;\nbaud = 4800;\n");
	p = start("meterd@north");
	assert_false(runs_other(p)); /* it runs as it is written, and apply has the difference */
	write_file(BUS, "format = 1;\nbaud = 9600;\n");
	assert_true(runs_other(p));
	p = start("meterd@north");
	assert_false(runs_other(p));
}

static void an_edit_that_nobody_has_read(void **state)
{
	struct apply_program *p = start("meterd@north");

	write_file(BUS, "format = 1;\nbaud = 4800;\n");
	assert_false(runs_other(p));
	write_file(BUS, "format = 1;\nbaud = 9600;\n");
}

/* What it looks into is not what it runs by. */
static void files_of_others(void **state)
{
	struct apply_program *p;

	write_file("etc/hjgate/buses.d/south.conf", "format = 1;\nbaud = 4800;\n");
	write_file("etc/hjgate/uplinks.d/city.conf", "format = 1;\n");
	p = start("meterd@north");
	write_file("etc/hjgate/buses.d/south.conf", "format = 1;\nbaud = 9600;\n");
	write_file("etc/hjgate/uplinks.d/city.conf", "format = 1;\nrtd_interval = 30;\n");
	assert_false(runs_other(p));
	p = start("uplinkd@county");
	write_file("etc/hjgate/uplinks.d/city.conf", "format = 1;\n");
	assert_false(runs_other(p));
	write_file("etc/hjgate/buses.d/south.conf", "format = 1;\nbaud = 4800;\n");
	assert_true(runs_other(p));
}

/* Who did not read a bus that is there again. */
static void a_file_that_was_away(void **state)
{
	char path[256], away[256];
	struct apply_program *p;

	keep(2);
	path_of("etc/hjgate/buses.d/south.conf", path);
	path_of("etc/hjgate/buses.d/south.conf.bak", away);
	assert_int_equal(rename(path, away), 0);
	p = start("uplinkd@county");
	assert_false(runs_other(p));
	assert_int_equal(rename(away, path), 0);
	assert_true(runs_other(p));
}

/* A key that is not its own: it is left alone, and what it has read is as good as the newest for as long as each
 * apply leaves it alone. */
static void who_was_left_alone(void **state)
{
	struct apply_program *p = start("uplinkd@county");

	for (unsigned number = 3; number < 15; number++) {
		char text[64];

		snprintf(text, sizeof(text), "format = 1;\ngap = %u;\n", number);
		write_file(BUS, text);
		assert_false(runs_other(p));
		p->act = APPLY_LEAVE;
		assert_int_equal(apply_seen_note(a), 0);
		keep(number);
		assert_false(runs_other(p));
	}
	p->act = APPLY_RESTART;
	assert_int_equal(apply_seen_note(a), 0);
	assert_true(runs_other(p));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_does_not_say),
		cmocka_unit_test_teardown(an_edit_that_was_read, end_child),
		cmocka_unit_test_teardown(an_edit_that_nobody_has_read, end_child),
		cmocka_unit_test_teardown(files_of_others, end_child),
		cmocka_unit_test_teardown(a_file_that_was_away, end_child),
		cmocka_unit_test_teardown(who_was_left_alone, end_child),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
