/* stored as its clients meet it: the program in a process of its own, its sockets, and how it is asked. */
#pragma once

#include <errno.h>
#include <math.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "hjgate/clock.h"
#include "hjgate/ledger.h"
#include "hjgate/ipc_client.h"
#include "daemon_world.h"

#define ANSWER_MS 60000 /* an emulated machine is slow */
#define WINDOW_MS 1000 /* as in the configuration below; an hour is two, a day four */
#define BOOT_A    "000102030405060708090a0b0c0d0e0f"
#define BOOT_B    "ffeeddccbbaa99887766554433221100"

static char binary[256];
static const char *const rights[] = { "look", "change", "peer" };

/* ---- the program ---- */

static inline int listen_on(const char *right)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/run/hjgate/stored.%s", root, right);
	unlink(a.sun_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 16), 0);
	return fd;
}

static inline void run_daemon(const int fds[3])
{
	char pid[32];

	for (int i = 0; i < 3; i++)
		if (dup2(fds[i], 100 + i) < 0)
			_exit(126);
	for (int i = 0; i < 3; i++)
		dup2(100 + i, 3 + i);
	closefrom(6);
	snprintf(pid, sizeof(pid), "%d", getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "3", 1);
	setenv("LISTEN_FDNAMES", "stored.look:stored.change:stored.peer", 1);
	execl(binary, binary, "--root", root, NULL);
	_exit(127);
}

static inline void start(void)
{
	int fds[3];

	for (int i = 0; i < 3; i++)
		fds[i] = listen_on(rights[i]);
	start_daemon(fds, run_daemon);
}

static inline void boot(const char *id)
{
	write_file("run/hjgate/boot-id", id);
}

static inline int set_up(void **state)
{
	static const char *const folders[] = { "etc", "etc/hjgate" };
	char path[256], *slash;
	ssize_t n = readlink("/proc/self/exe", binary, sizeof(binary) - 32);

	assert_true(n > 0);
	binary[n] = '\0';
	slash = strrchr(binary, '/'); /* BUILD/unit/test_... */
	*slash = '\0';
	strcpy(strrchr(binary, '/'), "/bin/hjgate-stored");
	if (make_root("stored") < 0)
		return -1;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		path_of(folders[i], path);
		mkdir(path, 0755);
	}
	write_file("etc/hjgate/hjgate.conf", "format = 1;\ntest_minute = 1;\ntest_hour = 2;\ntest_day = 4;\n");
	start();
	return 0;
}

static inline int tear_down(void **state)
{
	if (daemon_pid)
		stop_daemon(SIGTERM);
	return remove_root();
}

/* ---- asking ---- */

static inline int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static inline void sleep_until(int64_t ms)
{
	int64_t left = ms - now_ms();

	if (left > 0)
		usleep((useconds_t)left * 1000);
}

static inline struct hj_ipc_ask dial(const char *right)
{
	struct hj_ipc_ask a;
	char path[256];

	snprintf(path, sizeof(path), "%s/run/hjgate/stored.%s", root, right);
	assert_int_equal(hj_ipc_ask_open(path, &a), 0);
	return a;
}

static inline json_t *ask(struct hj_ipc_ask *a, const char *method, json_t *parameters)
{
	json_t *reply = NULL;
	char name[64];
	int r;

	snprintf(name, sizeof(name), "hjgate.Store.%s", method);
	r = hj_ipc_ask(a, name, parameters, ANSWER_MS, &reply);
	if (r < 0)
		fprintf(stderr, "%s: %s %s\n", method, strerror(-r), reply ? json_dumps(reply, JSON_COMPACT) : "");
	assert_int_equal(r, 0);
	return reply;
}

static inline char *ask_error(struct hj_ipc_ask *a, const char *method, json_t *parameters)
{
	static char error[128];
	json_t *reply = NULL;
	char name[64];

	snprintf(name, sizeof(name), "hjgate.Store.%s", method);
	assert_int_equal(hj_ipc_ask(a, name, parameters, ANSWER_MS, &reply), -EREMOTEIO);
	snprintf(error, sizeof(error), "%s", json_string_value(json_object_get(reply, "error")));
	json_decref(reply);
	return error;
}

static inline void ask_more(struct hj_ipc_ask *a, const char *method, json_t *parameters)
{
	char name[64];

	snprintf(name, sizeof(name), "hjgate.Store.%s", method);
	assert_int_equal(hj_ipc_ask_more(a, name, parameters), 0);
}

static inline json_t *next(struct hj_ipc_ask *a, int timeout_ms)
{
	json_t *reply = NULL;
	bool continues;

	if (hj_ipc_ask_next(a, timeout_ms, &reply, &continues) < 0)
		return NULL;
	return reply;
}

static inline int64_t num(const json_t *j, const char *name)
{
	assert_true(json_is_integer(json_object_get(j, name)));
	return json_integer_value(json_object_get(j, name));
}

/* count samples of point 0 (a gauge) and 1 (a total), alternately, from `first` on, all at this time; value =
 * number. */
static inline int64_t append(struct hj_ipc_ask *a, const char *bus, const char *boot_id, int64_t first, int count,
        int64_t ms, int64_t upto)
{
	json_t *samples = json_array(), *points = json_array(), *reply;
	char names[2][32];
	int64_t answer;

	snprintf(names[0], sizeof(names[0]), "%s.current", bus);
	snprintf(names[1], sizeof(names[1]), "%s.energy", bus);
	for (int i = 0; i < 2; i++)
		json_array_append_new(points,
		        json_pack("{s:s, s:s, s:s, s:b, s:i}", "name", names[i], "factor", i ? "e30102" : "e30101",
		                "unit", i ? "kWh" : "A", "total", i, "interval", 1000));
	for (int i = 0; i < count; i++)
		json_array_append_new(
		        samples, json_pack("[i, I, f, s]", i % 2, (json_int_t)ms, (double)(first + i), "N"));
	reply = ask(a, "Append",
	        json_pack("{s:s, s:s, s:I, s:I, s:o, s:o}", "bus", bus, "boot", boot_id, "first", (json_int_t)first,
	                "upto", (json_int_t)upto, "points", points, "samples", samples));
	answer = num(reply, "next");
	json_decref(reply);
	return answer;
}

/* Sends six samples in one window and the watermark at its end. Gives the window's label. */
static inline int64_t one_window(struct hj_ipc_ask *a, const char *bus, const char *boot_id, int64_t *first)
{
	int64_t label = hj_window_start(now_ms(), WINDOW_MS);

	if (now_ms() > label + WINDOW_MS / 2) {
		label += WINDOW_MS;
		sleep_until(label);
	}
	*first = append(a, bus, boot_id, *first, 6, now_ms(), now_ms());
	sleep_until(label + WINDOW_MS);
	append(a, bus, boot_id, *first, 0, 0, now_ms());
	return label;
}

static inline json_t *wait_for_records(const char *kind, size_t least)
{
	struct hj_ipc_ask a = dial("look");
	json_t *reply = NULL;

	for (int i = 0; i < 60; i++) {
		json_decref(reply);
		reply = ask(&a, "Query",
		        json_pack("{s:s, s:i, s:I}", "kind", kind, "begin", 0, "end", (json_int_t)HJ_TIME_MAX_MS));
		if (json_array_size(json_object_get(reply, "records")) >= least)
			break;
		usleep(100000);
	}
	assert_true(json_array_size(json_object_get(reply, "records")) >= least);
	hj_ipc_ask_close(&a);
	return reply;
}

static inline json_t *stat_of(json_t *reply, size_t record, size_t stat)
{
	return json_array_get(
	        json_object_get(json_array_get(json_object_get(reply, "records"), record), "stats"), stat);
}
