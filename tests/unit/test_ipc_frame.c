/* The local protocol's messages: bounds, strictness, doubles and integers that come back as they were. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hjgate/ipc.h"

static int put_text(struct hj_ipc_frame *f, const char *text)
{
	return hj_ipc_frame_put(f, text, strlen(text) + 1);
}

static void messages_come_out_of_any_cut(void **state)
{
	static const char stream[] = "{\"method\":\"a.B\"}\0{\"parameters\":{\"x\":[1,2]}}\0{}";

	for (size_t cut = 1; cut <= sizeof(stream); cut++) {
		struct hj_ipc_frame f = { .scanned = 0 };
		unsigned got = 0;

		for (size_t at = 0; at < sizeof(stream); at += cut) {
			json_t *m = NULL;
			int r;

			assert_int_equal(hj_ipc_frame_put(&f, stream + at, hj_min(cut, sizeof(stream) - at)), 0);
			while ((r = hj_ipc_frame_next(&f, &m, NULL)) > 0) {
				assert_true(json_is_object(m));
				json_decref(m);
				got++;
			}
			assert_int_equal(r, 0);
		}
		assert_int_equal(got, 3);
		hj_ipc_frame_done(&f);
	}
}

static void what_is_no_message_costs_itself_only(void **state)
{
	static const char *const bad[] = { "", "x", "[]", "1", "{\"a\":1,\"a\":2}", "{\"a\":1}x", "{",
		"{\"a\":\"\xff\"}", "{\"a\":1e999}", "{\"a\":99999999999999999999}", "{\"a\":\"\\u0000\"}", "{'a':1}",
		"{\"a\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}", "[[[[[[[[[[[[[[[[[[[[[[[[" };

	for (size_t i = 0; i < hj_array_size(bad); i++) {
		struct hj_ipc_frame f = { .scanned = 0 };
		json_t *m = NULL;
		char why[160] = "";

		assert_int_equal(put_text(&f, bad[i]), 0);
		assert_int_equal(put_text(&f, "{\"a\":\"[[[[[[[[[[[[[[[[[[[[\\\"[[[\"}"), 0);
		assert_int_equal(hj_ipc_frame_next(&f, &m, why), -EBADMSG);
		assert_true(why[0] && strlen(why) < sizeof(why));
		assert_int_equal(hj_ipc_frame_next(&f, &m, why), 1);
		json_decref(m);
		assert_int_equal(hj_ipc_frame_next(&f, &m, why), 0);
		hj_ipc_frame_done(&f);
	}
}

static void depth_is_allowed_to_the_bound(void **state)
{
	struct hj_ipc_frame f = { .scanned = 0 };
	json_t *m = NULL;

	assert_int_equal(put_text(&f, "{\"a\":[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]}"), 0); /* 1 + 15 */
	assert_int_equal(hj_ipc_frame_next(&f, &m, NULL), 1);
	json_decref(m);
	hj_ipc_frame_done(&f);
}

static void a_message_above_the_bound_is_refused(void **state)
{
	char *big = malloc(HJ_IPC_MESSAGE_MAX + 1);
	struct hj_ipc_frame f = { .scanned = 0 };
	json_t *m = NULL;
	int r = 0;

	/* The longest there may be: {"a":"..."} and the NUL are 256 KiB together. */
	memset(big, 'x', HJ_IPC_MESSAGE_MAX);
	memcpy(big, "{\"a\":\"", 6);
	memcpy(big + HJ_IPC_MESSAGE_MAX - 3, "\"}", 3);
	assert_int_equal(hj_ipc_frame_put(&f, big, HJ_IPC_MESSAGE_MAX), 0);
	assert_int_equal(hj_ipc_frame_next(&f, &m, NULL), 1);
	json_decref(m);
	assert_int_equal(f.in.size, 0); /* given back */
	/* One byte more, with its end and without. */
	memcpy(big + HJ_IPC_MESSAGE_MAX - 3, "x\"}", 4);
	assert_int_equal(hj_ipc_frame_put(&f, big, HJ_IPC_MESSAGE_MAX + 1), -EMSGSIZE);
	hj_ipc_frame_done(&f);
	for (size_t n = 0; n < HJ_IPC_MESSAGE_MAX && !r; n += 4096)
		r = hj_ipc_frame_put(&f, big, 4096);
	assert_int_equal(r, -EMSGSIZE);
	hj_ipc_frame_done(&f);
	free(big);
}

/* {"a":[n times `what`]} and what is behind it. */
static char *many(const char *what, size_t n)
{
	char *text = malloc(16 + n * (strlen(what) + 1)), *at = text;

	at += sprintf(at, "{\"a\":[");
	for (size_t i = 0; i < n; i++)
		at += sprintf(at, "%s%s", i ? "," : "", what);
	strcpy(at, "]}");
	return text;
}

static int next_of(unsigned most, char *text, char why[160])
{
	struct hj_ipc_frame f = { .most_values = most };
	json_t *m = NULL;
	int r;

	assert_false(hj_ipc_frame_waits(&f));
	assert_int_equal(put_text(&f, text), 0);
	assert_int_equal(put_text(&f, "{}"), 0);
	free(text);
	assert_true(hj_ipc_frame_waits(&f));
	r = hj_ipc_frame_next(&f, &m, why);
	json_decref(m);
	assert_true(hj_ipc_frame_waits(&f));
	assert_int_equal(hj_ipc_frame_next(&f, &m, NULL), 1);
	json_decref(m);
	assert_false(hj_ipc_frame_waits(&f));
	hj_ipc_frame_done(&f);
	return r;
}

/* Each value counts, however it looks; what is within a string is none. The message and its array are two. */
static void values_are_allowed_to_the_bound(void **state)
{
	static const struct {
		const char *what;
		size_t values;
	} kinds[] = { { "1", 1 }, { "\"\"", 1 }, { "[1,[2]]", 4 }, { "{\"a\":1,\"b\":null}", 3 },
		{ "\",[{,\\\",{\"", 1 } };
	char why[160];

	for (size_t i = 0; i < hj_array_size(kinds); i++) {
		size_t n = 98 / kinds[i].values;

		why[0] = '\0';
		assert_int_equal(next_of(2 + (unsigned)(n * kinds[i].values), many(kinds[i].what, n), why), 1);
		assert_string_equal(why, "");
		assert_int_equal(next_of(1 + (unsigned)(n * kinds[i].values), many(kinds[i].what, n), why), -E2BIG);
		assert_non_null(strstr(why, " values in one message"));
	}
	assert_int_equal(next_of(0, many("{}", 30000), why), 1);
	assert_int_equal(next_of(0, many("{}", 40000), why), -E2BIG);
	assert_int_equal(next_of(0, many("{}", 40000), NULL), -E2BIG);
}

/* The most that anybody asks with: heads of a verification on NAME.look; Confirm, and Append, on NAME.peer. */
static void what_is_asked_keeps_the_bounds(void **state)
{
	static const char head[] = "\"18446744073709551615:0123456789abcdef0123456789abcdef\"";
	static const char point[] = "{\"name\":\"a.b\",\"factor\":\"a\",\"unit\":\"\",\"total\":true,"
	                            "\"interval\":1,\"wrap\":1.0,\"number\":1}";
	char *parts[4], text[HJ_IPC_MESSAGE_MAX];

	assert_int_equal(next_of(HJ_IPC_VALUES_LOOK - 8, many(head, 4096), NULL), 1);
	parts[0] = many("{\"from\":1,\"to\":2}", 1024);
	parts[1] = many("[1,2,3,4,5,6,7,true]", 1024);
	parts[2] = many("[1,2,3.5,\"N\"]", 256);
	parts[3] = many(point, 256);
	for (int i = 0; i < 4; i += 2) {
		snprintf(text, sizeof(text), "{\"method\":\"a.b\",\"parameters\":{\"u\":\"x\",\"r\":%s,\"s\":%s}}",
		        parts[i], parts[i + 1]);
		assert_int_equal(next_of(HJ_IPC_VALUES_ASKED, strdup(text), NULL), 1);
	}
	for (int i = 0; i < 4; i++)
		free(parts[i]);
}

static void values_come_back(void **state)
{
	static const double values[] = { 0.1, 1e-300, 1.7976931348623157e308, -0.0, 230.1, 1.0 / 3 };
	_cleanup_json_ json_t *m = json_object();
	struct hj_ipc_frame f = { .scanned = 0 };
	struct hj_buf out = { .data = NULL };
	json_t *back = NULL;

	json_object_set_new(m, "i", json_integer(INT64_MIN));
	json_object_set_new(m, "r", json_array());
	for (size_t i = 0; i < hj_array_size(values); i++)
		json_array_append_new(json_object_get(m, "r"), json_real(values[i]));
	assert_int_equal(hj_ipc_encode(m, &out), 0);
	assert_int_equal(out.data[out.len - 1], 0);
	assert_int_equal(hj_ipc_frame_put(&f, out.data, out.len), 0);
	assert_int_equal(hj_ipc_frame_next(&f, &back, NULL), 1);
	assert_true(json_integer_value(json_object_get(back, "i")) == INT64_MIN);
	for (size_t i = 0; i < hj_array_size(values); i++) {
		double v = json_real_value(json_array_get(json_object_get(back, "r"), i));

		assert_memory_equal(&v, &values[i], sizeof(v));
	}
	json_decref(back);
	hj_ipc_frame_done(&f);
	hj_buf_done(&out);
}

static void what_is_too_long_to_send_leaves_the_buffer(void **state)
{
	char *text = calloc(1, HJ_IPC_MESSAGE_MAX + 1);
	_cleanup_json_ json_t *m = json_object();
	struct hj_buf out = { .data = NULL };

	memset(text, 'x', HJ_IPC_MESSAGE_MAX - 9); /* {"a":""} and the NUL */
	json_object_set_new(m, "a", json_string(text));
	assert_int_equal(hj_buf_put(&out, "abc", 3), 0);
	assert_int_equal(hj_ipc_encode(m, &out), 0);
	assert_int_equal(out.len, 3 + HJ_IPC_MESSAGE_MAX);
	out.len = 3;
	text[HJ_IPC_MESSAGE_MAX - 9] = 'x';
	json_object_set_new(m, "a", json_string(text));
	assert_int_equal(hj_ipc_encode(m, &out), -EMSGSIZE);
	assert_int_equal(out.len, 3);
	hj_buf_done(&out);
	free(text);
}

static void parameters_by_table(void **state)
{
	static const struct {
		const char *text, *bad;
	} cases[] = {
		{ "{\"s\":\"x\",\"i\":7}", NULL },
		{ "{\"s\":\"x\",\"i\":null,\"b\":true,\"a\":[],\"o\":{}}", NULL },
		{ "{\"i\":7}", "s" },
		{ "{\"s\":null}", "s" },
		{ "{\"s\":1}", "s" },
		{ "{\"s\":\"x\",\"i\":7.5}", "i" },
		{ "{\"s\":\"x\",\"b\":1}", "b" },
		{ "{\"s\":\"x\",\"a\":{}}", "a" },
		{ "{\"s\":\"x\",\"o\":[]}", "o" },
		{ "{\"s\":\"x\",\"z\":null}", "z" },
		{ "{\"s\":\"x\",\"d\":\"7\"}", "d" },
		{ "{}", "s" },
	};

	for (size_t i = 0; i < hj_array_size(cases); i++) {
		_cleanup_json_ json_t *m = json_loads(cases[i].text, 0, NULL);
		const char *s = "before", *bad = NULL;
		json_t *a = NULL, *o = NULL;
		int64_t n = -1;
		double d = 5;
		bool b = false;
		const struct hj_param table[] = {
			{ "s", HJ_PARAM_STRING, true, &s },
			{ "i", HJ_PARAM_INT, false, &n },
			{ "b", HJ_PARAM_BOOL, false, &b },
			{ "a", HJ_PARAM_ARRAY, false, &a },
			{ "o", HJ_PARAM_OBJECT, false, &o },
			{ "d", HJ_PARAM_NUMBER, false, &d },
		};
		int r = hj_params_read(m, table, hj_array_size(table), &bad);

		if (cases[i].bad) {
			assert_int_equal(r, -EINVAL);
			assert_string_equal(bad, cases[i].bad);
			assert_string_equal(s, "before");
			assert_true(n == -1);
		} else {
			assert_int_equal(r, 0);
			assert_string_equal(s, "x");
			assert_true(i ? n == -1 && b && a && o : n == 7);
			assert_true(d == 5);
		}
	}
}

/* A number may be whole or not; what is false is said as well as what is true. */
static void numbers_and_falsehoods(void **state)
{
	static const char *const texts[] = { "{\"d\":7,\"b\":false}", "{\"d\":7.5,\"b\":false}" };

	for (size_t i = 0; i < hj_array_size(texts); i++) {
		_cleanup_json_ json_t *m = json_loads(texts[i], 0, NULL);
		const char *bad;
		double d = 5;
		bool b = true;
		const struct hj_param table[] = {
			{ "d", HJ_PARAM_NUMBER, true, &d },
			{ "b", HJ_PARAM_BOOL, true, &b },
		};

		assert_int_equal(hj_params_read(m, table, hj_array_size(table), &bad), 0);
		assert_true(d == (i ? 7.5 : 7) && !b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_come_out_of_any_cut),
		cmocka_unit_test(what_is_no_message_costs_itself_only),
		cmocka_unit_test(depth_is_allowed_to_the_bound),
		cmocka_unit_test(a_message_above_the_bound_is_refused),
		cmocka_unit_test(values_are_allowed_to_the_bound),
		cmocka_unit_test(what_is_asked_keeps_the_bounds),
		cmocka_unit_test(values_come_back),
		cmocka_unit_test(what_is_too_long_to_send_leaves_the_buffer),
		cmocka_unit_test(parameters_by_table),
		cmocka_unit_test(numbers_and_falsehoods),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
