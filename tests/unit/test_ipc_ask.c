/* Asking and waiting: whatever the other end does, the answer, an error or the time's end comes, and never a half. */
#include <sys/time.h>

#include "ipc_world.h"

static char path[96];
static int listening;
static struct hj_ipc_ask ask;
static int served; /* the other end of it */

static int begin(void **state)
{
	(void)state;
	strcpy(path, "/tmp/hj-ask-XXXXXX");
	assert_non_null(mkdtemp(path));
	strcat(path, "/s");
	listening = listen_at(path);
	assert_int_equal(hj_ipc_ask_open(path, &ask), 0);
	served = accept(listening, NULL, NULL);
	assert_true(served >= 0);
	return 0;
}

static int end(void **state)
{
	(void)state;
	hj_ipc_ask_close(&ask);
	close(served);
	close(listening);
	unlink(path);
	path[strlen(path) - 2] = '\0';
	return rmdir(path);
}

/* Says n bytes, and what is made of them. */
static int next(const char *said, size_t n, json_t **ret, bool *ret_continues)
{
	*ret = NULL;
	*ret_continues = false;
	assert_int_equal(send(served, said, n, MSG_NOSIGNAL), n);
	return hj_ipc_ask_next(&ask, 1000, ret, ret_continues);
}

static void what_is_asked(void **state)
{
	char text[256] = "";

	(void)state;
	assert_int_equal(hj_ipc_ask_more(&ask, "hjgate.Test.Say", json_pack("{s:i}", "a", 1)), 0);
	assert_int_equal(hj_ipc_ask_more(&ask, "hjgate.Test.Say", NULL), 0);
	assert_true(recv(served, text, sizeof(text), 0) > 0);
	assert_string_equal(text, "{\"method\":\"hjgate.Test.Say\",\"parameters\":{\"a\":1},\"more\":true}");
	assert_string_equal(
	        text + strlen(text) + 1, "{\"method\":\"hjgate.Test.Say\",\"parameters\":{},\"more\":true}");
}

static void answers(void **state)
{
	static const struct {
		const char *said, *parameters;
		int r;
		bool continues;
	} rows[] = {
		{ "{\"parameters\":{\"a\":1}}", "{\"a\":1}", 0, false },
		{ "{\"parameters\":{\"a\":1},\"continues\":true}", "{\"a\":1}", 0, true },
		{ "{\"parameters\":{},\"continues\":false}", "{}", 0, false },
		{ "{\"parameters\":{},\"continues\":1}", "{}", 0, false },
		{ "{}", "{}", 0, false },
		{ "{\"parameters\":null}", "{}", 0, false },
		{ "{\"parameters\":[1]}", "{}", 0, false },
		{ "{\"error\":\"x.Y\",\"parameters\":{\"a\":1}}", "{\"error\":\"x.Y\",\"parameters\":{\"a\":1}}",
		        -EREMOTEIO, false },
		{ "{\"error\":null,\"continues\":true}", "{\"error\":null,\"continues\":true}", -EREMOTEIO, false },
		{ "[]", NULL, -EBADMSG, false },
		{ "nothing", NULL, -EBADMSG, false },
	};

	(void)state;
	for (size_t i = 0; i < hj_array_size(rows); i++) {
		json_t *j, *wanted = rows[i].parameters ? json_loads(rows[i].parameters, 0, NULL) : NULL;
		bool continues;

		assert_int_equal(next(rows[i].said, strlen(rows[i].said) + 1, &j, &continues), rows[i].r);
		assert_int_equal(continues, rows[i].continues);
		assert_true(wanted ? json_equal(j, wanted) : !j);
		json_decref(wanted);
		json_decref(j);
	}
}

/* Several in one piece, and one in several. */
static void answers_in_pieces(void **state)
{
	static const char three[] = "{\"parameters\":{\"n\":1}}\0{\"parameters\":{\"n\":2}}\0{\"parameters\":";
	bool continues;
	json_t *j;

	(void)state;
	assert_int_equal(next(three, sizeof(three) - 1, &j, &continues), 0);
	json_decref(j);
	assert_int_equal(hj_ipc_ask_next(&ask, 0, &j, &continues), 0);
	assert_int_equal(json_integer_value(json_object_get(j, "n")), 2);
	json_decref(j);
	assert_int_equal(hj_ipc_ask_next(&ask, 10, &j, &continues), -ETIMEDOUT);
	assert_int_equal(next("{\"n\":3}}", 9, &j, &continues), 0);
	assert_int_equal(json_integer_value(json_object_get(j, "n")), 3);
	json_decref(j);
}

static void who_says_nothing(void **state)
{
	bool continues;
	int64_t began = now_ms();
	json_t *j = NULL;

	(void)state;
	assert_int_equal(hj_ipc_ask(&ask, "hjgate.Test.Say", NULL, 50, &j), -ETIMEDOUT);
	assert_in_range(now_ms() - began, 49, 5000);
	assert_null(j);
	close(served);
	served = -1;
	assert_int_equal(hj_ipc_ask_next(&ask, -1, &j, &continues), -ECONNRESET);
	assert_int_equal(hj_ipc_ask(&ask, "hjgate.Test.Say", NULL, 50, &j), -EPIPE);
	assert_null(j);
}

static void who_says_too_much(void **state)
{
	static char much[HJ_IPC_MESSAGE_MAX / 4];
	bool continues;
	json_t *j = NULL;
	int r = -ETIMEDOUT;

	(void)state;
	memset(much, 'x', sizeof(much));
	for (int i = 0; i < 8 && r == -ETIMEDOUT; i++) {
		for (size_t done = 0; done < sizeof(much) && r == -ETIMEDOUT;) {
			ssize_t n = send(served, much + done, sizeof(much) - done, MSG_NOSIGNAL | MSG_DONTWAIT);

			done += n > 0 ? (size_t)n : 0;
			r = hj_ipc_ask_next(&ask, 0, &j, &continues);
		}
	}
	assert_int_equal(r, -EMSGSIZE);
	assert_null(j);
}

/* A server that does not read holds nobody for ever. */
static void who_does_not_read(void **state)
{
	static char text[HJ_IPC_MESSAGE_MAX / 2];
	int64_t began = now_ms();
	int r = 0;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	for (int i = 0; i < 100 && !r; i++)
		r = hj_ipc_ask_more(&ask, "hjgate.Test.Say", json_pack("{s:s}", "text", text));
	assert_int_equal(r, -ETIMEDOUT);
	assert_in_range(now_ms() - began, 1500, 20000);
}

static void places_that_are_none(void **state)
{
	char longer[200];
	struct hj_ipc_ask other;

	(void)state;
	memset(longer, 'a', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(hj_ipc_ask_open(longer, &other), -ENAMETOOLONG);
	assert_int_equal(hj_ipc_ask_open("/nonexistent/s", &other), -ENOENT);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_is_asked),
		T(answers),
		T(answers_in_pieces),
		T(who_says_nothing),
		T(who_says_too_much),
		T(who_does_not_read),
		T(places_that_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
