/* What the end of a connection says: only a platform that hangs up may mean our password by it, and a network that
 * fails means nothing. What the rest of uplinkd would do is left out. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/uplinkd/uplinkd.h"

static bool by_peer;

bool link_closed_by_peer(const struct link *l)
{
	return by_peer;
}

const char *link_host(const struct link *l)
{
	return "platform";
}

const char *link_address(const struct link *l)
{
	return "";
}

int link_port(const struct link *l)
{
	return 1;
}

hj_usec link_retry_at(const struct link *l)
{
	return 0;
}

bool feed_is_dated(const struct feed *f)
{
	return true;
}

int64_t feed_waiting(const struct feed *f)
{
	return 0;
}

int feed_history(struct feed *f, unsigned id, int cn, int64_t begin_ms, int64_t end_ms)
{
	return -EBUSY;
}

int feed_commit(
        struct feed *f, unsigned id, int exe_rtn, const struct hj212_settings *from, const struct hj212_settings *to)
{
	return -EBUSY;
}

int feed_states(struct feed *f, const struct hj212_request *q)
{
	return -EBUSY;
}

int device_request(struct uplinkd *u, const struct hj212_request *q)
{
	return -EBUSY;
}

int clock_set(struct uplinkd *u, const struct hj212_request *q)
{
	return -EBUSY;
}

bool event_bad_input(struct uplinkd *u, const char *text)
{
	return false;
}

bool event_password_refused(struct uplinkd *u, hj_usec now)
{
	return false;
}

bool suspect_input(struct uplinkd *u, const void *data, size_t n)
{
	return false;
}

bool suspect_password(struct uplinkd *u)
{
	return false;
}

void feed_link_up(struct feed *f)
{
}
void feed_link_down(struct feed *f)
{
}
void feed_interval_changed(struct feed *f)
{
}
void feed_shy_lost(struct feed *f, const struct job *j)
{
}
void feed_tell_changes(
        struct feed *f, const char *by, const struct hj212_settings *from, const struct hj212_settings *to)
{
}
void link_drop(struct link *l, const char *why)
{
}
void link_proved(struct link *l)
{
}
void uplinkd_pump(struct uplinkd *u)
{
}
void uplinkd_watch(struct uplinkd *u)
{
}
void devices_stop(struct uplinkd *u)
{
}
void sending_acked(struct uplinkd *u, const struct hj212_outcome *o, struct hj_now now)
{
}
void clock_up(struct uplinkd *u)
{
}
void clock_heard(struct uplinkd *u, const struct hj212_request *q)
{
}
void trial_up(struct uplinkd *u)
{
}
void trial_down(struct uplinkd *u, const char *why)
{
}
void trial_verdict(struct uplinkd *u, const char *verdict, const char *text)
{
}
void suspect_up(struct uplinkd *u)
{
}
void suspect_down(struct uplinkd *u)
{
}
void suspect_acked(struct uplinkd *u)
{
}
void event_address(struct uplinkd *u)
{
}
void event_certificates(struct uplinkd *u)
{
}
void event_link_back(struct uplinkd *u)
{
}
void event_link_lost(struct uplinkd *u, const char *error)
{
}
void event_lookup(struct uplinkd *u, const char *host, const char *error, bool known)
{
}
void event_tls(struct uplinkd *u, const char *host, const struct tls_trouble *trouble)
{
}
void event_tls_good(struct uplinkd *u)
{
}

/* An upload is under way, and the password has been changed just now. */
static void lose_the_link(struct uplinkd *u, bool platform, const char *why)
{
	const struct hj212_offer o = { .token = 1, .cn = 2051, .cp = HJ212_SLICE("a-Avg=1"), .ack = true };

	platform_link_events.up(u);
	assert_int_equal(hj212_session_offer(u->session, &o, (struct hj_now){ .wall_ms = 1795622400000 }), 0);
	by_peer = platform;
	platform_link_events.down(why, u);
}

static void a_network_that_fails_refuses_no_password(void **state)
{
	struct hj212_settings settings = { .over_time = 10, .re_count = 3, .pw = "654321", .old_pw = "123456" };
	struct uplinkd u = {
		.identity = { .edition = HJ212_2017, .mn = "010000A8900016F000169DC0", .st = "32", .window = 1 }
	};
	struct hj212_outcome out;

	assert_int_equal(hj212_session_new(&u.identity, &settings, &u.session), 0);
	for (int i = 0; i < 4; i++) {
		lose_the_link(&u, false, "Connection timed out");
		assert_int_equal(hj212_session_next(u.session, &out), 0);
	}
	lose_the_link(&u, true, "the platform closed the connection");
	assert_int_equal(hj212_session_next(u.session, &out), 0);
	lose_the_link(&u, true, "the platform closed the connection");
	assert_int_equal(hj212_session_next(u.session, &out), 1);
	assert_int_equal(out.type, HJ212_PW_TRIED);
	hj212_session_free(u.session);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_network_that_fails_refuses_no_password),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
