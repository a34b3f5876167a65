/* A server that never stops speaking: what comes unasked waits for the turns of the bus, and not they for its end. A
 * client that cannot be let in is not told of without end either. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../services/meterd/bus.h"

#include "hjgate/now.h"

#define PRIORITY_TURN (SD_EVENT_PRIORITY_NORMAL + 10) /* as in meterd.c */
#define FIRST_TURN    (HJ_USEC_PER_SEC / 2)
#define LASTS         (2 * HJ_USEC_PER_SEC)

/* Answers to nothing: frames of Modbus TCP; on a line they are noise. */
static void flood(int listener)
{
	static const uint8_t frame[9] = { 0x12, 0x34, 0, 0, 0, 3, 1, 0x83, 2 };
	uint8_t bytes[9 * 4096];
	int fd = accept(listener, NULL, NULL);

	for (size_t i = 0; i < sizeof(bytes); i += sizeof(frame))
		memcpy(bytes + i, frame, sizeof(frame));
	while (fd >= 0 && send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL) > 0)
		;
	_exit(0);
}

static pid_t start_server(int64_t *ret_port, void (*serve)(int listener))
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t n = sizeof(at);
	pid_t child;

	assert_int_equal(bind(listener, (struct sockaddr *)&at, n), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &n), 0);
	*ret_port = ntohs(at.sin_port);
	child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* where the test fails */
		serve(listener);
	}
	assert_true(child > 0);
	close(listener);
	return child;
}

static int on_turn(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	*(bool *)userdata = true;
	return 0;
}

static void turns_come(int (*make)(const struct hj_conf_bus *, struct bus **), enum hj_bus_kind kind)
{
	struct hj_conf_bus conf = { .name = "north", .kind = kind, .host = "127.0.0.1", .baud = 9600 };
	pid_t child = start_server(&conf.tcp_port, flood);
	_cleanup_(bus_freep) struct bus *b = NULL;
	hj_usec end = hj_now().mono + LASTS;
	sd_event_source *timer = NULL;
	sd_event *event = NULL;
	bool turned = false;

	assert_true(sd_event_new(&event) >= 0);
	assert_int_equal(make(&conf, &b), 0);
	assert_int_equal(b->ops->attach(b, event, NULL, NULL), 0);
	assert_int_equal(b->ops->open(b), 0);
	assert_true(sd_event_add_time_relative(event, &timer, CLOCK_BOOTTIME, FIRST_TURN, 1, on_turn, &turned) >= 0);
	assert_true(sd_event_source_set_priority(timer, PRIORITY_TURN) >= 0);
	while (!turned && hj_now().mono < end)
		sd_event_run(event, HJ_USEC_PER_SEC);
	assert_true(turned);
	sd_event_source_unref(timer);
	bus_freep(&b);
	b = NULL;
	sd_event_unref(event);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void a_flood_of_frames(void **state)
{
	(void)state;
	turns_come(bus_tcp_new, HJ_BUS_tcp);
}

static void a_flood_of_noise(void **state)
{
	(void)state;
	turns_come(bus_rtu_over_tcp_new, HJ_BUS_rtu_over_tcp);
}

/* ---- a server that has no room ---- */

/* Whoever has the line: it says so to each that comes, and ends the connection. */
static void refuse_all(int listener)
{
	static const char word[] = "Port already in use\r\n";

	for (int fd; (fd = accept(listener, NULL, NULL)) >= 0; close(fd))
		send(fd, word, sizeof(word) - 1, MSG_NOSIGNAL);
	_exit(0);
}

/* It is no connection that was good and ended: the next opening fails, and so is put off. */
static void a_server_whose_line_is_in_use(void **state)
{
	struct hj_conf_bus conf = {
		.name = "north", .kind = HJ_BUS_rtu_over_tcp, .host = "127.0.0.1", .baud = 9600
	};
	pid_t child = start_server(&conf.tcp_port, refuse_all);
	_cleanup_(bus_freep) struct bus *b = NULL;
	hj_usec end = hj_now().mono + LASTS;
	sd_event *event = NULL;

	(void)state;
	assert_true(sd_event_new(&event) >= 0);
	assert_int_equal(bus_rtu_over_tcp_new(&conf, &b), 0);
	assert_int_equal(b->ops->attach(b, event, NULL, NULL), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(b->ops->open(b), 0);
		while (b->is_open && hj_now().mono < end)
			sd_event_run(event, HJ_USEC_PER_SEC / 20);
		assert_false(b->is_open);
		assert_int_equal(b->ops->open(b), -ECONNRESET);
	}
	bus_freep(&b);
	b = NULL;
	sd_event_unref(event);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

/* ---- who cannot be let in ---- */

static int accept_error; /* 0: it is let in */
static unsigned accepts;

int accept4(int fd, struct sockaddr *from, socklen_t *n, int flags)
{
	accepts++;
	errno = accept_error;
	return accept_error ? -1 : (int)syscall(SYS_accept4, fd, from, n, flags);
}

static int64_t free_port(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t n = sizeof(at);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, n), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
	close(fd);
	return ntohs(at.sin_port);
}

static void knock(struct bus *b, int64_t port, sd_event *event, int error)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port)
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	hj_usec end = hj_now().mono + HJ_USEC_PER_SEC / 5;

	accept_error = error;
	accepts = 0;
	assert_int_equal(b->ops->open(b), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	while (hj_now().mono < end)
		sd_event_run(event, HJ_USEC_PER_SEC / 20);
	close(fd);
}

/* The client stays at the door: a port that stays open would be told of it again and again. */
static void who_cannot_be_let_in(void **state)
{
	static const int errors[] = { EMFILE, ENFILE, ENOMEM, ENOBUFS };
	struct hj_conf_bus conf = {
		.name = "north", .kind = HJ_BUS_listen, .listen_on = "127.0.0.1", .tcp_port = free_port()
	};
	_cleanup_(bus_freep) struct bus *b = NULL;
	sd_event *event = NULL;

	(void)state;
	assert_true(sd_event_new(&event) >= 0);
	assert_int_equal(bus_listen_new(&conf, &b), 0);
	assert_int_equal(b->ops->attach(b, event, NULL, NULL), 0);
	for (size_t i = 0; i < hj_array_size(errors); i++) {
		knock(b, conf.tcp_port, event, errors[i]);
		assert_int_equal(accepts, 1);
		assert_false(b->is_open);
		assert_int_equal(b->lost, -errors[i]);
	}
	knock(b, conf.tcp_port, event, 0);
	assert_int_equal(accepts, 1);
	assert_true(b->is_open);
	bus_freep(&b);
	b = NULL;
	sd_event_unref(event);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flood_of_frames),
		cmocka_unit_test(a_flood_of_noise),
		cmocka_unit_test(a_server_whose_line_is_in_use),
		cmocka_unit_test(who_cannot_be_let_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
