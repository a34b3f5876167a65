/* What an answer does whose client has left, or whose text is too long, and what nobody can connect to. */
#include <pwd.h>

#include "ipc_world.h"

#include "hjgate/report_once.h"

static bool stranger; /* then nobody has a name */

int getpwuid_r(uid_t uid, struct passwd *pw, char *space, size_t size, struct passwd **ret)
{
	static char name[] = "operator";

	*pw = (struct passwd){ .pw_name = name };
	*ret = stranger ? NULL : pw;
	return 0;
}

static int ask_later(struct world *w, const char *question)
{
	int fd = raw_open(w->path[0]);

	raw_say(fd, question);
	turn_until(w, w->kept);
	return fd;
}

/* The question just fits, and its echo does not: then the error comes without it. */
static void an_error_that_is_too_long_to_be_told(void **state)
{
	static const char begin[] = "{\"method\":\"hjgate.Test.", end[] = "\"}";
	size_t n = HJ_IPC_MESSAGE_MAX - 1;
	char *text = malloc(n + 1);
	struct world *w = *state;
	int fd = raw_open(w->path[0]);

	memset(text, 'x', n);
	memcpy(text, begin, sizeof(begin) - 1);
	memcpy(text + n - 2, end, sizeof(end));
	for (size_t at = 0; at <= n;) {
		ssize_t k = send(fd, text + at, n + 1 - at, MSG_NOSIGNAL | MSG_DONTWAIT);

		assert_true(k > 0 || errno == EAGAIN);
		at += (size_t)hj_max(k, (ssize_t)0);
		settle(w);
	}
	assert_hears(w, fd, "{\"error\":\"" HJ_IPC_ERROR_METHOD "\",\"parameters\":{}}");
	raw_say(fd, "{\"method\":\"hjgate.Test.Say\",\"parameters\":{}}");
	assert_hears(w, fd, "{\"parameters\":{}}");
	free(text);
	close(fd);
}

static void drained(struct hj_ipc_call *call, void *userdata)
{
	struct world *w = userdata;

	assert_true(hj_ipc_call_gone(call));
	w->drained++;
}

/* Who only waits for room hears of it, too; and nothing that he says then harms. */
static void nobody_is_left_to_hear(void **state)
{
	struct world *w = *state;
	int fd = ask_later(w, "{\"method\":\"hjgate.Test.Later\",\"more\":true}");

	assert_int_equal(hj_ipc_reply_more(w->kept, big_answer()), 0);
	assert_int_equal(hj_ipc_reply_more(w->kept, big_answer()), 0);
	assert_int_equal(hj_ipc_reply_more(w->kept, big_answer()), 0);
	assert_true(hj_ipc_call_queued(w->kept) > 0);
	hj_ipc_call_on_drain(w->kept, drained, w);
	close(fd);
	turn_until(w, w->drained == 1);
	assert_int_equal(hj_ipc_call_queued(w->kept), 0);
	assert_int_equal(hj_ipc_reply_more(w->kept, NULL), -EPIPE);
	assert_int_equal(hj_ipc_reply_text(w->kept, "{}", 2, true), -EPIPE);
	assert_int_equal(hj_ipc_reply(w->kept, NULL), -EPIPE);
	assert_int_equal(hj_ipc_fail_parameter(w->kept, "a"), -EPIPE);
	hj_ipc_call_on_drain(w->kept, drained, w);
	hj_ipc_call_hang_up(w->kept);
	settle(w);
	assert_int_equal(w->drained, 1);
	assert_still_serves(w);
}

static void hung_up_on(void **state)
{
	struct world *w = *state;
	int fd = ask_later(w, "{\"method\":\"hjgate.Test.Later\",\"more\":true}");

	hj_ipc_call_on_drain(w->kept, drained, w);
	hj_ipc_call_hang_up(w->kept);
	assert_true(hj_ipc_call_gone(w->kept));
	assert_closed(w, fd);
	assert_int_equal(w->drained, 0);
	assert_still_serves(w);
}

/* A text that is none is never sent: who asked hears of an error, who wants no answer hears nothing. */
static void text_for_who_wants_none(void **state)
{
	struct world *w = *state;
	int fd = ask_later(w, "{\"method\":\"hjgate.Test.Later\",\"oneway\":true}");

	assert_int_equal(hj_ipc_reply_text(w->kept, "{}", 2, false), 0);
	w->kept = hj_ipc_call_unref(w->kept);
	raw_say(fd, "{\"method\":\"hjgate.Test.Later\",\"oneway\":true}");
	turn_until(w, w->kept);
	assert_int_equal(hj_ipc_reply_text(w->kept, "[]", 2, false), -EINVAL);
	w->kept = hj_ipc_call_unref(w->kept);
	raw_say(fd, "{\"method\":\"hjgate.Test.Say\",\"parameters\":{\"a\":1}}");
	assert_hears(w, fd, "{\"parameters\":{\"a\":1}}");
	close(fd);
}

static void who_asks_has_a_name_or_a_number(void **state)
{
	struct world *w = *state;
	int fd = ask_later(w, "{\"method\":\"hjgate.Test.Later\"}");
	char name[32], number[32];

	stranger = false;
	hj_ipc_call_name(w->kept, name, sizeof(name));
	assert_string_equal(name, "operator");
	stranger = true;
	hj_ipc_call_name(w->kept, name, sizeof(name));
	snprintf(number, sizeof(number), "uid %u", (unsigned)getuid());
	assert_string_equal(name, number);
	close(fd);
	turn_until(w, hj_ipc_call_gone(w->kept));
}

/* A path that the kernel would cut off would be somebody else's socket. */
static void paths_that_are_too_long(void **state)
{
	struct world *w = *state;
	struct hj_ipc_client *c = NULL;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path) + 1];

	memset(path, 'a', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(hj_ipc_client_new(w->event, path, NULL, NULL, &c), -ENAMETOOLONG);
	assert_null(c);
	path[sizeof(path) - 2] = '\0';
	assert_int_equal(hj_ipc_client_new(w->event, path, NULL, NULL, &c), 0);
	settle(w);
	assert_false(hj_ipc_client_is_up(c));
	hj_ipc_client_free(c);
	assert_int_equal(hj_report_once(path, "systemd", "program-crash", "a", "program", "a", NULL, NULL),
	        -ENAMETOOLONG);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(an_error_that_is_too_long_to_be_told),
		T(nobody_is_left_to_hear),
		T(hung_up_on),
		T(text_for_who_wants_none),
		T(who_asks_has_a_name_or_a_number),
		T(paths_that_are_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
