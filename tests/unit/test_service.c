/* long because: it drives a whole daemon in a child for each case. */
/* The daemons' skeleton: options, the sockets it is handed, what it tells its starter, how it leaves; paths, ids and
 * clocks. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "child.h"

#include "hjgate/ipc_client.h"
#include "hjgate/now.h"
#include "hjgate/service.h"

#define WAIT_MS 60000

static int say(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	return hj_ipc_reply(
	        call, json_pack("{s:s, s:i}", "who", (const char *)userdata, "right", (int)hj_ipc_call_right(call)));
}

static const struct hj_ipc_interface test_interface = {
	.name = "hjgate.Test",
	.description = "",
	.methods = (const struct hj_ipc_method[]){ { "Say", HJ_ANY_RIGHT, say }, { NULL, 0, NULL } },
};
static const struct hj_ipc_interface *const interfaces[] = { &test_interface, NULL };

/* ---- options ---- */

static int init(struct hj_service *s, bool templated, const char *words)
{
	static char text[256]; /* what the words point to stays, as a command line does */
	char *argv[16] = { (char *)"hjgate-testd" }, *rest = text;
	int argc = 1;

	*s = (struct hj_service){ .name = "testd", .about = "tests", .templated = templated, .has_adhoc = templated };
	snprintf(text, sizeof(text), "%s", words);
	for (char *word; (word = strsep(&rest, " "));)
		if (*word)
			argv[argc++] = word;
	optind = 0;
	return hj_service_init(s, argc, argv);
}

static void options_are_read(void **state)
{
	static const struct {
		const char *words;
		bool templated;
		int r;
		const char *root, *ident;
	} cases[] = {
		{ "", false, 0, "", "testd" },
		{ "--root /x --check", false, 0, "/x", "testd" },
		{ "--root=/x north -v", true, 0, "/x", "testd@north" },
		{ "north --check", true, 0, "", "testd@north" },
		{ "", true, -EINVAL, NULL, NULL },
		{ "North", true, -EINVAL, NULL, NULL },
		{ "../etc", true, -EINVAL, NULL, NULL },
		{ "north south", true, -EINVAL, NULL, NULL },
		{ "north", false, -EINVAL, NULL, NULL },
		{ "--wrong", false, -EINVAL, NULL, NULL },
		{ "--root", false, -EINVAL, NULL, NULL },
		{ "--adhoc", false, -EINVAL, NULL, NULL },
		{ "north --adhoc", true, 0, "", "testd@north" },
		{ "--version", false, 1, NULL, NULL },
		{ "--help", false, 1, NULL, NULL },
		{ "--help", true, 1, NULL, NULL },
	};

	for (size_t i = 0; i < hj_array_size(cases); i++) {
		struct hj_service s;

		assert_int_equal(init(&s, cases[i].templated, cases[i].words), cases[i].r);
		if (!cases[i].r) {
			assert_string_equal(s.root, cases[i].root);
			assert_string_equal(s.ident, cases[i].ident);
			assert_int_equal(s.check_only, strstr(cases[i].words, "--check") != NULL);
			assert_int_equal(s.instance != NULL, cases[i].templated);
			assert_int_equal(s.adhoc, strstr(cases[i].words, "--adhoc") != NULL);
		}
		hj_service_done(&s);
	}
	assert_int_equal(hj_service_exit(0), HJ_EXIT_OK);
	assert_int_equal(hj_service_exit(-EINVAL), HJ_EXIT_USAGE);
	assert_int_equal(hj_service_exit(-ENOTSOCK), HJ_EXIT_USAGE);
	assert_int_equal(hj_service_exit(-ENOSPC), HJ_EXIT_TEMPORARY);
}

/* ---- a daemon in a child ---- */

#define HANDED_OVER 6 /* the last by the name of a stream, and none: it is of datagrams */
struct place {
	char folder[32], path[HANDED_OVER][64];
	int notify;
};

static const char *const names[] = { "testd@north.look", "testd@north.change", "testd@north.peer", "testd@south.look",
	"testd@north.lock", "testd@north.look" };

static int socket_at(const char *path, int type)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 8), 0);
	return fd;
}

/* As systemd does it: sockets from 3 on, and the environment that explains them. */
static void hand_over(const struct place *p, int n)
{
	char text[512] = "";
	int fds[HANDED_OVER];

	for (int i = 0; i < n; i++) {
		int fd = socket_at(p->path[i], i == HANDED_OVER - 1 ? SOCK_DGRAM : SOCK_STREAM);

		fds[i] = fcntl(fd, F_DUPFD, 100);
		close(fd);
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? ":" : "", names[i]);
	}
	for (int i = 0; i < n; i++) {
		dup2(fds[i], SD_LISTEN_FDS_START + i);
		close(fds[i]);
	}
	if (!n)
		return;
	setenv("LISTEN_FDNAMES", text, 1);
	snprintf(text, sizeof(text), "%d", (int)getpid());
	setenv("LISTEN_PID", text, 1);
	snprintf(text, sizeof(text), "%d", n);
	setenv("LISTEN_FDS", text, 1);
	snprintf(text, sizeof(text), "%s/notify", p->folder);
	setenv("NOTIFY_SOCKET", text, 1);
}

static pid_t start(const struct place *p, int n)
{
	struct hj_service s;
	pid_t pid = fork();
	int r;

	if (pid)
		return pid;
	alarm(20);
	hand_over(p, n);
	r = init(&s, true, "north");
	if (r)
		child_leave(77);
	s.interfaces = interfaces;
	r = hj_service_listen(&s, (void *)"me");
	if (r >= 0) {
		hj_service_status("%d buses", 1);
		r = -hj_service_run(&s);
	} else {
		r = -hj_service_exit(r);
	}
	hj_service_done(&s);
	child_leave(-r);
}

static int setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	char path[64];

	strcpy(p->folder, "/tmp/hj-service-XXXXXX");
	assert_non_null(mkdtemp(p->folder));
	for (int i = 0; i < HANDED_OVER; i++)
		snprintf(p->path[i], sizeof(p->path[i]), "%s/%d", p->folder, i);
	snprintf(path, sizeof(path), "%s/notify", p->folder);
	p->notify = socket_at(path, SOCK_DGRAM);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;
	char path[64];

	for (int i = 0; i < HANDED_OVER; i++)
		unlink(p->path[i]);
	snprintf(path, sizeof(path), "%s/notify", p->folder);
	unlink(path);
	rmdir(p->folder);
	close(p->notify);
	free(p);
	return 0;
}

static void assert_told(const struct place *p, const char *expected)
{
	struct timeval patience = { .tv_sec = WAIT_MS / 1000 };
	char text[512];
	ssize_t n;

	setsockopt(p->notify, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	n = recv(p->notify, text, sizeof(text) - 1, 0);
	assert_true(n > 0);
	text[n] = '\0';
	assert_string_equal(text, expected);
}

static int status_of(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void each_socket_gives_its_right(void **state)
{
	static const int rights[] = { HJ_LOOK, HJ_CHANGE, HJ_PEER };
	struct place *p = *state;
	pid_t pid = start(p, HANDED_OVER);
	struct hj_ipc_ask ask;

	assert_told(p, "STATUS=1 buses");
	assert_told(p, "READY=1");
	for (int i = 0; i < 3; i++) {
		_cleanup_json_ json_t *answer = NULL;

		assert_int_equal(hj_ipc_ask_open(p->path[i], &ask), 0);
		assert_int_equal(hj_ipc_ask(&ask, "hjgate.Test.Say", NULL, WAIT_MS, &answer), 0);
		assert_string_equal(json_string_value(json_object_get(answer, "who")), "me");
		assert_int_equal(json_integer_value(json_object_get(answer, "right")), rights[i]);
		hj_ipc_ask_close(&ask);
	}
	/* The name is another's, or no right's: it is closed. */
	assert_int_equal(hj_ipc_ask_open(p->path[3], &ask), -ECONNREFUSED);
	assert_int_equal(hj_ipc_ask_open(p->path[4], &ask), -ECONNREFUSED);
	kill(pid, SIGTERM);
	assert_told(p, "STOPPING=1");
	assert_int_equal(status_of(pid), 0);
}

static void sigint_leaves_too_and_sigpipe_does_not(void **state)
{
	struct place *p = *state;
	pid_t pid = start(p, 3);

	assert_told(p, "STATUS=1 buses");
	assert_told(p, "READY=1");
	kill(pid, SIGPIPE);
	kill(pid, SIGINT);
	assert_told(p, "STOPPING=1");
	assert_int_equal(status_of(pid), 0);
}

static void without_sockets_it_does_not_run(void **state)
{
	struct place *p = *state;

	assert_int_equal(status_of(start(p, 0)), HJ_EXIT_USAGE);
}

/* ---- asking ---- */

static void asking_is_bounded_in_time_and_tells_errors(void **state)
{
	struct place *p = *state;
	pid_t pid = start(p, 3);
	json_t *answer = NULL;
	struct hj_ipc_ask ask;
	char nowhere[128];
	hj_usec begin;
	bool continues;

	assert_told(p, "STATUS=1 buses");
	assert_told(p, "READY=1");
	snprintf(nowhere, sizeof(nowhere), "%s/nowhere", p->folder);
	assert_int_equal(hj_ipc_ask_open(nowhere, &ask), -ENOENT);
	assert_int_equal(hj_ipc_ask_open(p->path[0], &ask), 0);
	assert_int_equal(hj_ipc_ask(&ask, "hjgate.Test.No", NULL, WAIT_MS, &answer), -EREMOTEIO);
	assert_string_equal(json_string_value(json_object_get(answer, "error")), HJ_IPC_ERROR_METHOD);
	json_decref(answer);
	assert_int_equal(hj_ipc_ask_more(&ask, "hjgate.Test.Say", NULL), 0);
	assert_int_equal(hj_ipc_ask_next(&ask, WAIT_MS, &answer, &continues), 0);
	assert_false(continues);
	json_decref(answer);
	kill(pid, SIGSTOP);
	begin = hj_now().mono;
	assert_int_equal(hj_ipc_ask(&ask, "hjgate.Test.Say", NULL, 150, &answer), -ETIMEDOUT);
	assert_in_range(hj_now().mono - begin, 140 * HJ_USEC_PER_MS, HJ_USEC_PER_SEC);
	kill(pid, SIGCONT);
	kill(pid, SIGTERM);
	assert_int_equal(status_of(pid), 0);
	while (hj_ipc_ask_next(&ask, WAIT_MS, &answer, &continues) == 0)
		json_decref(answer);
	assert_int_equal(hj_ipc_ask_next(&ask, WAIT_MS, &answer, &continues), -ECONNRESET);
	hj_ipc_ask_close(&ask);
}

/* ---- paths, ids, clocks ---- */

static void paths_lie_below_the_root(void **state)
{
	char path[HJ_PATH_MAX], rest[HJ_PATH_MAX];

	assert_int_equal(hj_path("", HJ_DIR_ETC, "hjgate.conf", path), 0);
	assert_string_equal(path, "/etc/hjgate/hjgate.conf");
	assert_int_equal(hj_path("/r", HJ_DIR_RUN, NULL, path), 0);
	assert_string_equal(path, "/r/run/hjgate");
	assert_int_equal(hj_path(NULL, HJ_DIR_STATE, "", path), 0);
	assert_string_equal(path, "/var/lib/hjgate");
	assert_int_equal(hj_path("r", HJ_DIR_SHARE, "x", path), 0);
	assert_string_equal(path, "r/usr/share/hjgate/x");
	memset(rest, 'x', sizeof(rest));
	rest[HJ_PATH_MAX - 1 - strlen("/run/hjgate/")] = '\0';
	assert_int_equal(hj_path("", HJ_DIR_RUN, rest, path), 0);
	assert_int_equal(strlen(path), HJ_PATH_MAX - 1);
	assert_int_equal(hj_path("/", HJ_DIR_RUN, rest, path), -ENAMETOOLONG);
}

static void folders_are_made(void **state)
{
	struct place *p = *state;
	char path[HJ_PATH_MAX], rest[HJ_PATH_MAX + 1], back[HJ_PATH_MAX] = "as it was";
	struct stat st;

	snprintf(path, sizeof(path), "%s/a/b/c", p->folder);
	assert_int_equal(hj_make_folders(path, 0700), 0);
	assert_int_equal(hj_make_folders(path, 0700), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	snprintf(path, sizeof(path), "%s/a/b/c/", p->folder);
	assert_int_equal(hj_make_folders(path, 0700), 0);
	/* Below what is no folder none can be. */
	snprintf(path, sizeof(path), "%s/notify/d", p->folder);
	assert_int_equal(hj_make_folders(path, 0700), -ENOTDIR);
	memset(rest, 'x', sizeof(rest));
	rest[0] = '/';
	rest[HJ_PATH_MAX] = '\0';
	assert_int_equal(hj_make_folders(rest, 0700), -ENAMETOOLONG);
	/* Where /var/lib/hjgate itself is missing nobody makes it: systemd does, with its owner. */
	assert_int_equal(hj_state_folder(p->folder, "backup", 0700, back), -ENOENT);
	assert_string_equal(back, "as it was");
	snprintf(path, sizeof(path), "rm -r %s/a", p->folder);
	assert_int_equal(system(path), 0);
}

/* Whole or not at all, and what cannot be written leaves nothing beside it. */
static void files_are_written_whole(void **state)
{
	struct place *p = *state;
	char path[HJ_PATH_MAX], part[HJ_PATH_MAX + 16], rest[HJ_PATH_MAX + 16];

	snprintf(path, sizeof(path), "%s/f", p->folder);
	assert_int_equal(hj_write_whole(path, "text", 4, 0600), 0);
	assert_int_equal(unlink(path), 0);
	/* A folder stands where the file would: it stays. */
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(hj_write_whole(path, "text", 4, 0600), -EISDIR);
	snprintf(part, sizeof(part), "%s" HJ_PART, path);
	assert_int_equal(access(part, F_OK), -1);
	assert_int_equal(rmdir(path), 0);
	/* Nor through a link that somebody has laid there. */
	assert_int_equal(symlink("/dev/null", part), 0);
	assert_int_equal(hj_write_whole(path, "text", 4, 0600), -ELOOP);
	assert_int_equal(unlink(part), 0);
	assert_int_equal(hj_write_whole("/proc/nonexistent/f", "text", 4, 0600), -ENOENT);
	memset(rest, 'x', sizeof(rest));
	rest[sizeof(rest) - 1] = '\0';
	assert_int_equal(hj_write_whole(rest, "text", 4, 0600), -ENAMETOOLONG);
	assert_int_equal(hj_write_whole("/dev/full/x", "text", 4, 0600), -ENOTDIR);
}

static void ids_are_strict(void **state)
{
	static const char *const bad[] = { "", "00", "0123456789ABCDEF0123456789abcdef",
		"0123456789abcdef0123456789abcde", "0123456789abcdef0123456789abcdef0",
		"0123456789abcdef0123456789abcdeg", "01234567-9abcdef0123456789abcdef" };
	uint8_t id[HJ_ID_BYTES], back[HJ_ID_BYTES], other[HJ_ID_BYTES];
	char text[2 * HJ_ID_BYTES + 1];

	assert_int_equal(hj_random(id, sizeof(id)), 0);
	assert_int_equal(hj_random(other, sizeof(other)), 0);
	assert_memory_not_equal(id, other, sizeof(id));
	hj_id_format(id, text);
	assert_int_equal(hj_id_parse(text, back), 0);
	assert_memory_equal(id, back, sizeof(id));
	for (size_t i = 0; i < hj_array_size(bad); i++)
		assert_int_equal(hj_id_parse(bad[i], back), -EINVAL);
	assert_memory_equal(id, back, sizeof(id));
}

static void put_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void a_root_has_boots_of_its_own(void **state)
{
	struct place *p = *state;
	uint8_t kernel[HJ_ID_BYTES], below[HJ_ID_BYTES];
	char path[64], text[2 * HJ_ID_BYTES + 1];

	assert_int_equal(hj_boot_id("", kernel), 0);
	assert_int_equal(hj_boot_id(p->folder, below), 0);
	assert_memory_equal(kernel, below, sizeof(kernel));
	snprintf(path, sizeof(path), "%s/run", p->folder);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/run/hjgate", p->folder);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/run/hjgate/boot-id", p->folder);
	put_file(path, "00112233445566778899aabbccddeeff\n");
	assert_int_equal(hj_boot_id(p->folder, below), 0);
	hj_id_format(below, text);
	assert_string_equal(text, "00112233445566778899aabbccddeeff");
	put_file(path, "damaged");
	assert_int_equal(hj_boot_id(p->folder, below), -EINVAL);
	unlink(path);
	snprintf(path, sizeof(path), "%s/run/hjgate", p->folder);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/run", p->folder);
	rmdir(path);
}

static void both_clocks_are_read(void **state)
{
	struct hj_now a = hj_now(), b;

	usleep(20000);
	b = hj_now();
	assert_in_range(b.mono - a.mono, 20000, 2000000);
	assert_in_range(b.wall_ms / 1000, (uintmax_t)time(NULL) - 1,
	        (uintmax_t)time(NULL) + 1); /* whose clock is the coarse one */
}

int main(void)
{
#define t(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_are_read),
		t(each_socket_gives_its_right),
		t(sigint_leaves_too_and_sigpipe_does_not),
		t(without_sockets_it_does_not_run),
		t(asking_is_bounded_in_time_and_tells_errors),
		cmocka_unit_test(paths_lie_below_the_root),
		t(folders_are_made),
		t(files_are_written_whole),
		cmocka_unit_test(ids_are_strict),
		t(a_root_has_boots_of_its_own),
		cmocka_unit_test(both_clocks_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
