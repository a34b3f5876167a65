/* TLS where the network takes little at a time: the handshake, data both ways with both directions full, new keys
 * that the other end asks for in between. The wire is driven as the link does, by what it says it waits for and
 * nothing else, so that what is missing there stands still here; and a link that waits does not run in circles. */
/* long because: the wire and the link are driven by the same other end, and each needs a small world. */
#include <dirent.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "../../services/uplinkd/link.h"
#include "../../services/uplinkd/wire.h"
#include "tls_server.h"

#define SMALL      1 /* bytes of a socket's buffer; the kernel makes its least of it */
#define HEAVY      60000
#define TALK       (300u << 10) /* bytes said each way */
#define LITTLE     10000        /* what such small buffers take in a moment */
#define LONG_TALK  (3u << 20)   /* new keys are asked for so often that the answers fill the buffers */
#define STILL_MOST 2000         /* rounds without any progress */

static char folder[32], cert_path[64], key_path[64];

/* ---- the wire, by a pair of sockets ---- */

struct world {
	struct tls_server server;
	struct wire wire;
	size_t taken, given;
	bool writing, heard; /* heard: at the newest try */
	unsigned partial, wanted_write, wakes;
};

static void small_buffer(int fd, int which)
{
	int n = SMALL;

	setsockopt(fd, SOL_SOCKET, which, &n, sizeof(n));
}

static void open_world(struct world *w, int version)
{
	struct tls_trouble trouble = { 0 };
	char why[128];
	int fds[2];
	struct tls_setup setup = { .ca = "", .cert = cert_path, .key = key_path, .name = "test", .min = 12 };

	*w = (struct world){ .wire = WIRE_NONE };
	server_new(&w->server, version, HEAVY);
	setup.pin = w->server.pin;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
	small_buffer(fds[0], SO_SNDBUF);
	small_buffer(fds[1], SO_SNDBUF);
	server_accept(&w->server, fds[1]);
	w->wire.fd = fds[0];
	assert_int_equal(tls_load(&w->wire.ops, why, sizeof(why)), 0);
	assert_int_equal(w->wire.ops->open(&setup, fds[0], &w->wire.tls, &trouble), 0);
}

static void close_world(struct world *w)
{
	wire_close(&w->wire);
	server_done(&w->server);
}

static short can(const struct world *w, uint32_t events)
{
	struct pollfd p = { .fd = w->wire.fd };

	p.events = (short)((events & EPOLLIN ? POLLIN : 0) | (events & EPOLLOUT ? POLLOUT : 0));
	assert_true(poll(&p, 1, 0) >= 0);
	return p.revents;
}

static void shake(struct world *w)
{
	struct tls_trouble trouble;
	unsigned still = 0;
	int r = TLS_WANT_WRITE;

	while (r || !SSL_is_init_finished(w->server.ssl)) {
		if (r && can(w, r == TLS_WANT_WRITE ? EPOLLOUT : EPOLLIN)) {
			r = w->wire.ops->handshake(w->wire.tls, &trouble);
			assert_true(r >= 0);
			w->wanted_write += r == TLS_WANT_WRITE;
			still = 0;
		}
		server_step(&w->server);
		assert_true(++still < STILL_MOST);
	}
}

static void say(struct world *w)
{
	unsigned char data[4000];
	size_t n = hj_min(sizeof(data), TALK - w->given);
	ssize_t k;

	for (size_t i = 0; i < n; i++)
		data[i] = told(w->given + i);
	k = n ? wire_write(&w->wire, data, n) : 0;
	assert_true(k >= 0 || k == -EAGAIN);
	w->partial += k > 0 && (size_t)k < n;
	w->given += (size_t)hj_max(k, (ssize_t)0);
	w->writing = k < (ssize_t)n;
}

static void hear(struct world *w)
{
	unsigned char data[4096];
	ssize_t n = wire_read(&w->wire, data, sizeof(data));

	if (n <= 0 && n != -EAGAIN) {
		struct tls_trouble trouble;

		wire_trouble(&w->wire, (int)n, &trouble);
		fail_msg("%s: %s", trouble.text, trouble.detail);
	}
	w->heard = n > 0;
	if (n == -EAGAIN) {
		w->wanted_write += wire_events(&w->wire, false) == EPOLLOUT;
		return;
	}
	check_told(data, (size_t)n, w->taken);
	w->taken += (size_t)n;
}

/* As link.c does. False: nothing that it waits for has come. */
static bool wake(struct world *w)
{
	short what = can(w, wire_events(&w->wire, w->writing));

	if (!what && !(w->heard && wire_pending(&w->wire)))
		return false;
	w->wakes++;
	if (w->writing || what & POLLOUT)
		say(w);
	hear(w);
	return true;
}

static void talk(struct world *w)
{
	unsigned still = 0;

	w->server.most = TALK;
	say(w);
	while (w->taken < TALK || w->server.taken < TALK) {
		size_t before = w->taken + w->given + w->server.taken + w->server.given;

		if (!w->writing && w->given < TALK)
			say(w);
		wake(w);
		server_step(&w->server);
		still = before == w->taken + w->given + w->server.taken + w->server.given ? still + 1 : 0;
		assert_true(still < STILL_MOST);
	}
}

static void both_ways(int version)
{
	struct world w;

	open_world(&w, version);
	shake(&w);
	assert_true(w.wanted_write > 0); /* our certificate alone is more than the buffers take */
	talk(&w);
	assert_int_equal(w.given, TALK);
	close_world(&w);
}

static void tls_12_goes_in_small_pieces(void **state)
{
	both_ways(TLS1_2_VERSION);
}

static void tls_13_goes_in_small_pieces(void **state)
{
	both_ways(TLS1_3_VERSION);
}

/* The other end takes nothing: we are woken by nothing then. */
static void check_quiet(struct world *w)
{
	for (int i = 0; i < 200; i++) {
		server_step(&w->server);
		wake(w);
	}
	for (int i = 0; i < 200 && can(w, EPOLLIN); i++) /* what it has said is heard */
		wake(w);
	w->wakes = 0;
	for (int i = 0; i < 200; i++)
		wake(w);
	assert_true(w->wakes < 5);
}

/* The server takes nothing until a piece of ours waits for room. */
static void fill_wire(struct world *w)
{
	w->server.deaf = true;
	w->server.most = TALK;
	while (!w->writing)
		say(w);
}

static void a_full_wire_is_quiet(void **state)
{
	struct world w;

	open_world(&w, TLS1_3_VERSION);
	shake(&w);
	fill_wire(&w);
	check_quiet(&w);
	w.server.deaf = false;
	talk(&w);
	close_world(&w);
}

/* Each request for new keys is answered by bytes, for which there is no room in the end: a read waits for writing. */
static void new_keys_wait_for_room(void **state)
{
	struct world w;

	open_world(&w, TLS1_3_VERSION);
	shake(&w);
	w.server.deaf = true;
	w.server.most = TALK;
	w.server.keys_every = 2;
	w.server.careful = true;
	w.given = TALK; /* nothing to say ourselves */
	w.wanted_write = 0;
	check_quiet(&w);
	assert_true(w.wanted_write > 0);
	w.server.deaf = false;
	w.server.keys_every = 0;
	for (unsigned i = 0; i < TALK && (w.taken < w.server.given || w.server.given < TALK); i++) {
		server_step(&w.server);
		wake(&w);
	}
	assert_int_equal(w.taken, TALK);
	w.given = 0;
	talk(&w);
	close_world(&w);
}

/* They are asked for while a piece of ours waits for room: both get there, whole and in order. */
static void new_keys_amid_a_piece(void **state)
{
	struct world w;

	open_world(&w, TLS1_3_VERSION);
	shake(&w);
	fill_wire(&w);
	w.server.keys_every = 2;
	check_quiet(&w);
	assert_true(w.taken > 0);
	w.server.deaf = false;
	talk(&w);
	assert_int_equal(w.given, TALK);
	close_world(&w);
}

/* ---- the link, by TCP ---- */

struct line {
	sd_event *event;
	struct link *link;
	struct tls_server server;
	struct hj_conf_uplink conf;
	int listener;
	size_t taken, given, most;
	bool up;
	char down[160];
};

static void on_up(void *userdata)
{
	((struct line *)userdata)->up = true;
}

static void on_input(const void *data, size_t n, void *userdata)
{
	struct line *l = userdata;

	check_told(data, n, l->taken);
	l->taken += n;
}

static void on_writable(void *userdata)
{
	struct line *l = userdata;
	unsigned char data[4000];
	size_t n, k;

	do {
		n = hj_min(sizeof(data), l->most - l->given);
		for (size_t i = 0; i < n; i++)
			data[i] = told(l->given + i);
		k = link_write(l->link, data, n);
		l->given += k;
	} while (k && k == n);
}

static void on_down(const char *why, void *userdata)
{
	struct line *l = userdata;

	snprintf(l->down, sizeof(l->down), "%s", why ? why : "");
}

static void on_lookup(const char *host, const char *error, bool known, void *userdata)
{
}

static void on_tls(const char *host, const struct tls_trouble *trouble, void *userdata)
{
	if (trouble)
		fail_msg("%s: %s", trouble->text, trouble->detail);
}

static const struct link_events events = { on_up, on_input, on_writable, on_down, on_lookup, on_tls };

static unsigned bind_listener(struct line *l)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(to);

	l->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	small_buffer(l->listener, SO_RCVBUF); /* those that it accepts have it too */
	assert_int_equal(bind(l->listener, (struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(listen(l->listener, 1), 0);
	assert_int_equal(getsockname(l->listener, (struct sockaddr *)&to, &n), 0);
	return ntohs(to.sin_port);
}

/* Our own end of the connection: it is in this process too. */
static void shrink_other_end(const struct sockaddr_in *of)
{
	DIR *d = opendir("/proc/self/fd");

	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d));) {
		struct sockaddr_in a = { 0 };
		socklen_t n = sizeof(a);
		int fd = atoi(e->d_name);

		if (!getsockname(fd, (struct sockaddr *)&a, &n) && a.sin_family == AF_INET &&
		        a.sin_port == of->sin_port)
			small_buffer(fd, SO_SNDBUF);
	}
	closedir(d);
}

static void accept_one(struct line *l)
{
	struct sockaddr_in from;
	socklen_t n = sizeof(from);
	int fd = accept4(l->listener, (struct sockaddr *)&from, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return;
	shrink_other_end(&from);
	server_accept(&l->server, fd);
}

/* Turns of the loop that something woke. */
static unsigned turns(struct line *l, unsigned most, hj_usec each)
{
	unsigned woken = 0;

	for (unsigned i = 0; i < most; i++)
		woken += sd_event_run(l->event, each) > 0;
	return woken;
}

static void open_line(struct line *l)
{
	*l = (struct line){ 0 };
	server_new(&l->server, TLS1_3_VERSION, 0);
	snprintf(l->conf.host, sizeof(l->conf.host), "127.0.0.1");
	l->conf.port = bind_listener(l);
	l->conf.link.lost_after = 50;
	l->conf.link.main_again = 600;
	l->conf.tls = (struct hj_conf_tls){ .on = true, .min = HJ_TLS_1_2 };
	snprintf(l->conf.tls.cert, sizeof(l->conf.tls.cert), "%s", cert_path);
	snprintf(l->conf.tls.key, sizeof(l->conf.tls.key), "%s", key_path);
	memcpy(l->conf.tls.pin, l->server.pin, sizeof(l->conf.tls.pin));
	assert_int_equal(sd_event_new(&l->event), 0);
	assert_int_equal(link_new(l->event, &l->conf, "/", &events, l, &l->link), 0);
	link_start(l->link);
	for (int i = 0; i < 10000 && !l->up; i++) {
		turns(l, 1, 1000);
		if (l->server.ssl)
			server_step(&l->server);
		else
			accept_one(l);
	}
	assert_true(l->up);
}

static void close_line(struct line *l)
{
	assert_string_equal(l->down, "");
	link_free(l->link);
	sd_event_unref(l->event);
	server_done(&l->server);
	close(l->listener);
}

/* The other end takes nothing, and then asks for new keys too: what waits for room waits without turning the loop.
 * The owner has nothing more to say, so nobody but the link can go on with the answers. */
static void a_link_that_waits_does_not_spin(void **state)
{
	struct line l;
	size_t stuck;

	open_line(&l);
	l.server.deaf = true;
	l.server.most = LONG_TALK;
	l.server.keys_every = 2;
	for (int i = 0; i < 4000; i++) {
		server_step(&l.server);
		turns(&l, 1, 100);
	}
	turns(&l, 50, 1000);
	stuck = link_undelivered(l.link);
	assert_true(stuck > 0);
	assert_true(turns(&l, 50, 2000) < 5);
	l.server.deaf = false;
	l.server.keys_every = 0;
	for (int i = 0; i < 20000 && (l.taken < LONG_TALK || link_undelivered(l.link)); i++) {
		server_step(&l.server);
		turns(&l, 1, 100);
	}
	assert_int_equal(l.taken, LONG_TALK);
	l.most = LITTLE;
	on_writable(&l);
	for (int i = 0; i < 20000 && l.server.taken < l.most; i++) {
		server_step(&l.server);
		turns(&l, 1, 100);
	}
	assert_int_equal(l.server.taken, l.most);
	assert_true(turns(&l, 50, 1000) < 5);
	close_line(&l);
}

static int make_files(void **state)
{
	snprintf(folder, sizeof(folder), "/tmp/hjtls-XXXXXX");
	assert_non_null(mkdtemp(folder));
	client_files(folder, HEAVY, cert_path, key_path);
	return 0;
}

static int remove_files(void **state)
{
	unlink(cert_path);
	unlink(key_path);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tls_12_goes_in_small_pieces),
		cmocka_unit_test(tls_13_goes_in_small_pieces),
		cmocka_unit_test(a_full_wire_is_quiet),
		cmocka_unit_test(new_keys_wait_for_room),
		cmocka_unit_test(new_keys_amid_a_piece),
		cmocka_unit_test(a_link_that_waits_does_not_spin),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
