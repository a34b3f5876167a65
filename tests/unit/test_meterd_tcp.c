/* A server that ends its connections: one that does so as soon as they are made has no place for us, which is told;
 * one that does so with each that is idle is there, and is connected again without a word. */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../services/meterd/bus.h"
#include "../../services/meterd/bus_socket.h"
#include "hjgate/cleanup.h"
#include "hjgate/now.h"

#define IDLE_US  (BUS_TURNED_WITHIN + HJ_USEC_PER_SEC / 5)
#define EVENT_US (HJ_USEC_PER_SEC / 10)

static bool timed_out; /* the kernel's keep-alives were not acknowledged */

ssize_t read(int fd, void *p, size_t n)
{
	if (!timed_out)
		return syscall(SYS_read, fd, p, n);
	errno = ETIMEDOUT;
	return -1;
}

struct world {
	struct hj_conf_bus conf;
	struct bus *bus;
	sd_event *event;
	int listener;
};

static void set_up(struct world *w, enum hj_bus_kind kind)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);

	*w = (struct world){ .conf = { .name = "site", .kind = kind, .host = "127.0.0.1" } };
	w->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(w->listener, (struct sockaddr *)&at, n), 0);
	assert_int_equal(listen(w->listener, 4), 0);
	assert_int_equal(getsockname(w->listener, (struct sockaddr *)&at, &n), 0);
	w->conf.tcp_port = ntohs(at.sin_port);
	assert_true(sd_event_new(&w->event) >= 0);
	assert_int_equal(bus_new(&w->conf, &w->bus), 0);
	assert_int_equal(w->bus->ops->attach(w->bus, w->event, NULL, NULL), 0);
}

static void tear_down(struct world *w)
{
	bus_free(w->bus);
	sd_event_unref(w->event);
	close(w->listener);
}

/* The server ends the connection so long after it was made; the loop sees that. */
static void serve(struct world *w, useconds_t after)
{
	int fd = accept(w->listener, NULL, NULL);

	assert_true(fd >= 0);
	usleep(after);
	close(fd);
	while (w->bus->is_open && sd_event_run(w->event, EVENT_US) > 0)
		;
	assert_false(w->bus->is_open);
}

static const enum hj_bus_kind kinds[] = { HJ_BUS_tcp, HJ_BUS_rtu_over_tcp };

static void one_that_is_turned_away_does_not_try_for_ever(void **state)
{
	struct world w;

	(void)state;
	for (size_t i = 0; i < hj_array_size(kinds); i++) {
		set_up(&w, kinds[i]);
		assert_int_equal(w.bus->ops->open(w.bus), 0);
		serve(&w, 0);
		assert_int_equal(w.bus->ops->open(w.bus), -ECONNRESET);
		assert_int_equal(w.bus->ops->open(w.bus), 0);
		tear_down(&w);
	}
}

static void an_idle_connection_that_was_ended_is_made_again(void **state)
{
	struct world w;

	(void)state;
	for (size_t i = 0; i < hj_array_size(kinds); i++) {
		set_up(&w, kinds[i]);
		assert_int_equal(w.bus->ops->open(w.bus), 0);
		serve(&w, IDLE_US);
		assert_int_equal(w.bus->ops->open(w.bus), 0);
		tear_down(&w);
	}
}

/* It is no meter's silence. */
static void a_peer_that_vanished_is_the_ports_failure(void **state)
{
	const struct hj_question q = { .unit_id = 1, .table = HJ_TABLE_HOLDING, .count = 1 };
	struct bus_answer a;
	struct world w;

	(void)state;
	set_up(&w, HJ_BUS_rtu_over_tcp);
	assert_int_equal(w.bus->ops->open(w.bus), 0);
	timed_out = true;
	assert_int_equal(w.bus->ops->ask(w.bus, &q, HJ_USEC_PER_MS, &a), -ECONNRESET);
	timed_out = false;
	tear_down(&w);
}

/* A serial server whose idle time is over as the question comes: it is on its way when the connection ends. */
static void *serve_lines(void *data)
{
	static const uint8_t answer[] = { 1, 3, 2, 0, 7, 0xf9, 0x86 };
	const struct world *w = data;
	uint8_t question[8];
	int fd = accept(w->listener, NULL, NULL);

	for (int k = 0; k < 2; k++) {
		assert_int_equal(recv(fd, question, sizeof(question), MSG_WAITALL), sizeof(question));
		if (k == 1) {
			close(fd);
			fd = accept(w->listener, NULL, NULL);
			assert_int_equal(recv(fd, question, sizeof(question), MSG_WAITALL), sizeof(question));
		}
		assert_int_equal(send(fd, answer, sizeof(answer), MSG_NOSIGNAL), sizeof(answer));
	}
	close(fd);
	return NULL;
}

static void a_question_that_met_the_end_is_asked_again(void **state)
{
	const struct hj_question q = { .unit_id = 1, .table = HJ_TABLE_HOLDING, .count = 1 };
	struct bus_answer a;
	struct world w;
	pthread_t server;

	(void)state;
	set_up(&w, HJ_BUS_rtu_over_tcp);
	assert_int_equal(pthread_create(&server, NULL, serve_lines, &w), 0);
	assert_int_equal(w.bus->ops->open(w.bus), 0);
	for (int k = 0; k < 2; k++) {
		assert_int_equal(w.bus->ops->ask(w.bus, &q, HJ_USEC_PER_SEC, &a), 0);
		assert_int_equal(a.is.length, 2);
		assert_int_equal(a.is.data[1], 7);
	}
	assert_int_equal(pthread_join(server, NULL), 0);
	tear_down(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_is_turned_away_does_not_try_for_ever),
		cmocka_unit_test(an_idle_connection_that_was_ended_is_made_again),
		cmocka_unit_test(a_peer_that_vanished_is_the_ports_failure),
		cmocka_unit_test(a_question_that_met_the_end_is_asked_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
