/* What people were told has begun, and is open no more without an end that was ever offered: after a damage or a
 * restore of the ledger eventd does not know of it. An eventd of the test's own says what is open. */
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../services/alertd/alertd.h"
#include "hjgate/ipc_server.h"
#include "hjgate/log.h"
#include "hjgate/now.h"
#include "state_root.h"

#define HOUR_MS (3600 * HJ_MS_PER_SEC)

static sd_event *loop;
static struct alertd *a;
static struct hj_ipc_server *eventd;
static const char *open_key; /* what it says is open */
static bool unread, full;
static unsigned asked;

static json_t *event_of(const char *key)
{
	return json_pack("{s:I, s:s, s:s}", "id", (json_int_t)7, "code", "meter-lost", "key", key);
}

static int on_list(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	json_t *list = json_array(), *answer;
	int64_t limit = json_integer_value(json_object_get(parameters, "limit"));

	asked++;
	assert_true(json_is_true(json_object_get(parameters, "open")));
	for (int64_t i = 1; full && i < limit; i++)
		json_array_append_new(list, event_of("another"));
	json_array_append_new(list, event_of(open_key));
	answer = json_pack("{s:o}", "events", list);
	if (unread)
		json_object_set_new(answer, "unread", json_true());
	return hj_ipc_reply(call, answer);
}

static void start_eventd(void)
{
	static const struct hj_ipc_method methods[] = { { "List", HJ_PEER, on_list }, { NULL, 0, NULL } };
	static const struct hj_ipc_interface interface = {
		.name = "hjgate.Event", .description = "interface hjgate.Event", .methods = methods
	};
	static const struct hj_ipc_interface *const interfaces[] = { &interface, NULL };
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(to.sun_path, sizeof(to.sun_path), "%s/run/hjgate/eventd.peer", root);
	unlink(to.sun_path);
	assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&to, sizeof(to)) >= 0 && listen(fd, 8) >= 0);
	assert_int_equal(hj_ipc_server_new(loop, interfaces, NULL, &eventd), 0);
	assert_int_equal(hj_ipc_server_add(eventd, fd, HJ_PEER), 0);
}

static void stop_eventd(void)
{
	hj_ipc_server_free(eventd);
	eventd = NULL;
}

static void start(void)
{
	struct hj_service s = { .event = loop, .root = root };

	assert_int_equal(alertd_new(&s, &a), 0);
	assert_false(a->conf_bad);
}

static void stop(void)
{
	alertd_free(a);
	a = NULL;
}

static int setup(void **state)
{
	static const char *const folders[] = { "etc", "etc/hjgate" };
	char path[256];

	hj_log_setup("alertd", HJ_LOG_ERROR);
	if (make_root("open") < 0 || sd_event_new(&loop) < 0)
		return -1;
	for (size_t i = 0; i < hj_array_size(folders); i++) {
		path_of(folders[i], path);
		if (mkdir(path, 0755) < 0)
			return -1;
	}
	write_file("etc/hjgate/alerts.conf",
	        "format = 1;\ndry_run = true;\nquiet = 0;\nrepeat = 4;\n"
	        "channels = ( { name = \"ops\"; kind = \"webhook\"; url = \"https://127.0.0.1:1/x\"; } );\n");
	open_key = "meter north.fan";
	unread = full = false;
	asked = 0;
	return 0;
}

static int teardown(void **state)
{
	if (eventd)
		stop_eventd();
	loop = sd_event_unref(loop);
	return remove_root();
}

/* Told, as eventd offers it. */
static void take(int64_t id, const char *key, enum alert_phase phase)
{
	struct alert *alert = alert_new();

	assert_non_null(alert);
	alert->id = id;
	alert->phase = phase;
	alert->class = HJ_EVENT_FAULT;
	alert->begin_ms = hj_now().wall_ms;
	if (phase == ALERT_END)
		alert->end_ms = alert->begin_ms;
	snprintf(alert->code, sizeof(alert->code), "meter-lost");
	snprintf(alert->key, sizeof(alert->key), "%s", key);
	assert_int_equal(alertd_take(a, alert), TAKEN);
}

static const struct track *track_of(const char *key)
{
	for (size_t i = 0; i < a->quiet.count; i++)
		if (!strcmp(a->quiet.tracks[i].last->key, key))
			return &a->quiet.tracks[i];
	return NULL;
}

static bool is_open(const char *key)
{
	const struct track *t = track_of(key);

	return t && t->open;
}

static void run_until_asked(unsigned times)
{
	hj_usec until = hj_now().mono + 60 * HJ_USEC_PER_SEC;

	while (asked < times && hj_now().mono < until)
		assert_true(sd_event_run(loop, 50000) >= 0);
	assert_int_equal(asked, times);
	for (int i = 0; i < 10; i++) /* the answer is on its way */
		assert_true(sd_event_run(loop, 20000) >= 0);
}

/* ---- tests ---- */

static void two_have_begun(void)
{
	start();
	take(5, "meter north.oven", ALERT_BEGIN);
	take(7, "meter north.fan", ALERT_BEGIN);
	stop();
}

static void what_is_open_no_more_is_not_told_again(void **state)
{
	int64_t ms;

	two_have_begun();
	start();
	assert_true(is_open("meter north.oven"));
	start_eventd();
	run_until_asked(1);
	assert_false(is_open("meter north.oven"));
	assert_true(is_open("meter north.fan"));
	ms = track_of("meter north.fan")->told_ms;
	assert_int_equal(quiet_next(&a->quiet), ms + 4 * HOUR_MS); /* that one alone is told again */
	stop();
	start(); /* and it is kept so */
	assert_false(is_open("meter north.oven"));
	run_until_asked(2);
	take(5, "meter north.oven", ALERT_END); /* it was on its way: people are told of it all the same */
	assert_int_equal(a->owed[0]->phase, ALERT_END);
	stop();
}

/* Each time that it connects: eventd may have begun with another ledger. */
static void it_asks_again_when_eventd_is_back(void **state)
{
	two_have_begun();
	start_eventd();
	open_key = "meter north.oven";
	start();
	run_until_asked(1);
	assert_false(is_open("meter north.fan"));
	stop_eventd();
	open_key = "another";
	start_eventd();
	run_until_asked(2);
	assert_false(is_open("meter north.oven"));
	stop();
}

static void who_has_not_read_its_ledger_knows_nothing(void **state)
{
	two_have_begun();
	start_eventd();
	unread = true;
	start();
	run_until_asked(1);
	assert_true(is_open("meter north.oven"));
	unread = false;
	run_until_asked(2); /* by itself */
	assert_false(is_open("meter north.oven"));
	stop();
}

/* There may be more than are given at once. */
static void a_full_list_proves_nothing(void **state)
{
	two_have_begun();
	start_eventd();
	full = true;
	start();
	run_until_asked(1);
	assert_true(is_open("meter north.oven"));
	stop();
}

static void with_nothing_open_nobody_is_asked(void **state)
{
	start_eventd();
	start();
	take(5, "meter north.oven", ALERT_BEGIN);
	take(5, "meter north.oven", ALERT_END);
	for (int i = 0; i < 20; i++)
		assert_true(sd_event_run(loop, 50000) >= 0);
	assert_int_equal(asked, 0);
	stop();
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_is_open_no_more_is_not_told_again),
		T(it_asks_again_when_eventd_is_back),
		T(who_has_not_read_its_ledger_knows_nothing),
		T(a_full_list_proves_nothing),
		T(with_nothing_open_nobody_is_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
