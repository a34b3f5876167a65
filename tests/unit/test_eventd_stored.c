/* What eventd has of the store: what the clock is trusted by, which it asks for, and a place for the head of the day.
 * The store is this test's own, on the same loop. */
#include "../../services/eventd/eventd.h"
#include "hjgate/ipc_server.h"
#include "hjgate/log.h"
#include "hjgate/now.h"
#include "disk_faults.h"
#include "state_root.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char *trust = "none";
static unsigned asked, heads;
static char text[256];

static int on_clock(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	asked++;
	return hj_ipc_reply(call, json_pack("{s:s}", "trust", trust));
}

static int on_put(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	heads++;
	assert_string_equal(json_string_value(json_object_get(parameters, "kind")), "log");
	snprintf(text, sizeof(text), "%s",
	        json_string_value(json_object_get(json_object_get(parameters, "body"), "text")));
	return hj_ipc_reply(call, json_pack("{s:i}", "seq", 1));
}

static const struct hj_ipc_method methods[] = {
	{ "Clock", HJ_PEER, on_clock },
	{ "Put", HJ_PEER, on_put },
	{ NULL, 0, NULL },
};
static const struct hj_ipc_interface store = { .name = "hjgate.Store", .description = "", .methods = methods };

static int listen_at(const char *name)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/%s", root, name);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

static void run_until(sd_event *loop, const unsigned *what, unsigned least)
{
	hj_usec until = hj_now().mono + 30 * HJ_USEC_PER_SEC;

	while (*what < least && hj_now().mono < until)
		assert_true(sd_event_run(loop, 50000) >= 0);
	assert_true(*what >= least);
}

static void run_for(sd_event *loop, hj_usec time)
{
	hj_usec until = hj_now().mono + time;

	while (hj_now().mono < until)
		assert_true(sd_event_run(loop, 20000) >= 0);
}

static void the_store_says_what_the_clock_is(void **state)
{
	static const struct hj_ipc_interface *const interfaces[] = { &store, NULL };
	struct hj_ipc_server *server = NULL;
	struct eventd *d = NULL;
	sd_event *loop = NULL;
	char wanted[64], digits[40];
	unsigned long long seq;
	int year;

	hj_log_setup("eventd", HJ_LOG_ERROR);
	assert_true(sd_event_new(&loop) >= 0);
	assert_int_equal(hj_ipc_server_new(loop, interfaces, NULL, &server), 0);
	assert_int_equal(hj_ipc_server_add(server, listen_at("run/hjgate/stored.peer"), HJ_PEER), 0);
	assert_int_equal(eventd_new(loop, root, &d), 0);
	assert_int_equal(d->trust, HJ_TRUST_RTC); /* below a root, until somebody knows better */
	run_until(loop, &asked, 1);
	run_for(loop, 50000);
	assert_int_equal(d->trust, HJ_TRUST_NONE);

	/* No head without the time; with it, one for each day that has begun. */
	d->head.day = 0;
	eventd_say(d, "program-died", ROW_MOMENT, "x", "{}");
	run_for(loop, 200000);
	assert_int_equal(heads, 0);
	trust = "platform";
	eventd_say(d, "clock-untrusted", ROW_END, "clock", NULL);
	run_until(loop, &asked, 2);
	run_for(loop, 50000);
	assert_int_equal(d->trust, HJ_TRUST_PLATFORM);
	eventd_say(d, "program-died", ROW_MOMENT, "y", "{}");
	run_until(loop, &heads, 1);
	assert_int_equal(sscanf(text, "chain head of events %llu:%39[0-9a-f] of %d-", &seq, digits, &year), 3);
	assert_in_range(seq, 1, hj_ledger_last(d->ledger));
	assert_int_equal(hj_ledger_head(d->ledger, seq, wanted), 0);
	assert_string_equal(digits, wanted);
	run_for(loop, 50000);
	eventd_say(d, "program-died", ROW_MOMENT, "z", "{}");
	run_for(loop, 200000);
	assert_int_equal(heads, 1);
	eventd_free(d);

	assert_int_equal(eventd_new(loop, root, &d), 0); /* nor after a restart */
	run_until(loop, &asked, 3);
	run_for(loop, 100000);
	eventd_say(d, "program-died", ROW_MOMENT, "z", "{}");
	run_for(loop, 200000);
	assert_int_equal(heads, 1);
	eventd_free(d);
	hj_ipc_server_free(server);
	sd_event_unref(loop);
}

static const struct event *newest(const struct eventd *d, const char *code)
{
	const struct event *e = NULL;

	for (size_t i = 0; i < d->book.count; i++)
		if (!strcmp(d->book.events[i]->code, code))
			e = d->book.events[i];
	return e;
}

/* What was told by a wrong clock is not on the disk yet when the right time comes: it is asked for again. */
static void the_time_comes_while_the_disk_is_full(void **state)
{
	static const struct hj_ipc_interface *const interfaces[] = { &store, NULL };
	struct hj_ipc_server *server = NULL;
	struct eventd *d = NULL;
	sd_event *loop = NULL;
	unsigned before;

	hj_log_setup("eventd", HJ_LOG_ERROR + 1);
	trust = "none";
	asked = 0;
	assert_true(sd_event_new(&loop) >= 0);
	assert_int_equal(hj_ipc_server_new(loop, interfaces, NULL, &server), 0);
	assert_int_equal(hj_ipc_server_add(server, listen_at("run/hjgate/stored.peer"), HJ_PEER), 0);
	assert_int_equal(eventd_new(loop, root, &d), 0);
	run_until(loop, &asked, 1);
	run_for(loop, 50000);
	faults_begin(ENOSPC, ON_WRITE | ON_GROW, 0, 0);
	eventd_say(d, "link-lost", ROW_BEGIN, "uplink county", NULL);
	run_for(loop, 100000);
	trust = "ntp";
	before = asked;
	eventd_heed_trust(d, "clock-untrusted");
	run_until(loop, &asked, before + 1);
	run_for(loop, 50000);
	assert_int_equal(d->trust, HJ_TRUST_NTP);
	assert_null(newest(d, "link-lost"));
	faults_end();
	run_until(loop, &asked, before + 2);
	run_for(loop, 50000);
	assert_int_equal(newest(d, "link-lost")->trust, HJ_TRUST_NTP);
	eventd_free(d);
	hj_ipc_server_free(server);
	sd_event_unref(loop);
}

static int setup(void **state)
{
	return make_root("eventd");
}

static int teardown(void **state)
{
	return remove_root();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_store_says_what_the_clock_is, setup, teardown),
		cmocka_unit_test_setup_teardown(the_time_comes_while_the_disk_is_full, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
