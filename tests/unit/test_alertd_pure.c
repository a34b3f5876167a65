/* What alertd knows without a network: the signature, the bucket, the quiet, who wants what, what an answer means,
 * and what is said. */
/* long because: six small modules that share one way to make an alert */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <curl/curl.h>

#include "../../services/alertd/alert.h"
#include "../../services/alertd/bucket.h"
#include "../../services/alertd/dingtalk.h"
#include "../../services/alertd/message.h"
#include "../../services/alertd/quiet.h"
#include "../../services/alertd/verdict.h"
#include "hjgate/cleanup.h"
#include "hjgate/ipc.h"

#define MINUTE_MS (60 * HJ_MS_PER_SEC)
#define NOON_MS   1790000000000LL

/* ---- the signature, against the vector that was made with another program ---- */

static void test_signature(void **state)
{
	_cleanup_(hj_buf_done) struct hj_buf url = { 0 };
	char sign[HJ_DINGTALK_SIGN_MAX];

	assert_int_equal(dingtalk_sign("SECtest", 1700000000000, sign), 0);
	assert_string_equal(sign, "aZLLrriXgn05YbwaGR7knYsLeJADjr9NwLaNNKpxh4g=");
	assert_int_equal(hj_dingtalk_url("https://a/b", "t&k", 1700000000000, sign, &url), 0);
	hj_buf_put(&url, "", 1);
	assert_string_equal(url.data, "https://a/b?access_token=t%26k&timestamp=1700000000000&sign="
	                              "aZLLrriXgn05YbwaGR7knYsLeJADjr9NwLaNNKpxh4g%3D");
}

static void test_no_signature(void **state)
{
	_cleanup_(hj_buf_done) struct hj_buf url = { 0 };

	assert_int_equal(hj_dingtalk_url("https://a/b", "t", 1, "", &url), 0);
	hj_buf_put(&url, "", 1);
	assert_string_equal(url.data, "https://a/b?access_token=t");
}

/* ---- the bucket ---- */

/* Whoever sends as fast as he may: how many, at most, within any minute. */
static unsigned most_in_a_minute(int64_t rate, hj_usec until, unsigned *ret_all)
{
	static hj_usec sent[4096];
	unsigned n = 0, most = 0, from = 0;
	struct bucket b;
	hj_usec now = 1;

	bucket_init(&b, rate, now);
	while (now < until && n < hj_array_size(sent)) {
		hj_usec at = bucket_take(&b, now);

		if (at) {
			assert_true(at > now);
			now = at;
			continue;
		}
		sent[n++] = now;
		while (sent[from] + BUCKET_MESSAGE <= now)
			from++;
		most = n - from > most ? n - from : most;
	}
	*ret_all = n;
	return most;
}

static void test_bucket(void **state)
{
	unsigned all;

	for (int64_t rate = 2; rate <= 60; rate++) {
		assert_true(most_in_a_minute(rate, 10 * BUCKET_MESSAGE, &all) <= rate);
		assert_true(all >= 10 * rate / 2);
	}
	assert_true(most_in_a_minute(1, 10 * BUCKET_MESSAGE, &all) <= 2);
}

static void test_bucket_restored(void **state)
{
	struct bucket b, after;
	hj_usec now = 5000000;
	unsigned n = 0;

	bucket_init(&b, 20, now);
	while (!bucket_take(&b, now))
		n++;
	assert_int_equal(n, 10);
	bucket_init(&after, 20, now);
	bucket_restore(&after, b.drops, 0, now);
	assert_true(bucket_take(&after, now) > now);
	bucket_restore(&after, b.drops, HJ_USEC_PER_SEC, now);
	assert_true(bucket_take(&after, now) > now);
	bucket_restore(&after, b.drops, HJ_USEC_NEVER, now);
	assert_int_equal(bucket_take(&after, now), 0);
	bucket_init(&after, 0, now);
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(bucket_take(&after, now), 0);
}

/* ---- the quiet ---- */

static struct alert make(int64_t id, const char *code, const char *key, enum alert_phase phase)
{
	struct alert a = {
		.id = id, .phase = phase, .class = HJ_EVENT_FAULT, .begin_ms = NOON_MS, .end_ms = ALERT_NO_END
	};

	hj_text_copy(a.code, sizeof(a.code), code);
	hj_text_copy(a.key, sizeof(a.key), key);
	return a;
}

static bool tells(struct quiet *q, enum alert_phase phase, int64_t now_ms, unsigned *ret_more)
{
	struct alert a = make(1, "meter-lost", "meter oven", phase);
	struct track *track;
	bool told = quiet_event(q, &a, now_ms, ret_more, &track);

	assert_non_null(track);
	return told;
}

static void test_quiet(void **state)
{
	_cleanup_(quiet_done) struct quiet q = { .quiet_ms = 30 * MINUTE_MS };
	int64_t now = NOON_MS;
	struct track *track;
	struct alert *due;
	unsigned more;

	assert_true(tells(&q, ALERT_BEGIN, now, &more));
	assert_true(tells(&q, ALERT_END, now + 1000, &more));
	assert_int_equal(quiet_next(&q), INT64_MAX);
	for (int i = 0; i < 5; i++) {
		assert_false(tells(&q, ALERT_BEGIN, now + 2000, &more));
		if (i < 4)
			assert_false(tells(&q, ALERT_END, now + 3000, &more));
	}
	/* It is there now, and nobody knows: when the time is over it is told. */
	assert_int_equal(quiet_next(&q), now + 30 * MINUTE_MS);
	assert_null(quiet_due(&q, now + 30 * MINUTE_MS - 1, &track));
	due = quiet_due(&q, now + 30 * MINUTE_MS, &track);
	assert_non_null(due);
	assert_int_equal(due->phase, ALERT_BEGIN);
	assert_int_equal(due->more, 4);
	assert_false(due->again);
	alert_free(due);
	assert_int_equal(quiet_next(&q), INT64_MAX);
	assert_true(tells(&q, ALERT_END, now + 31 * MINUTE_MS, &more));
	assert_true(tells(&q, ALERT_BEGIN, now + 61 * MINUTE_MS, &more));
	assert_int_equal(more, 0);
}

static void test_quiet_over(void **state)
{
	_cleanup_(quiet_done) struct quiet q = { .quiet_ms = 30 * MINUTE_MS };
	int64_t now = NOON_MS;
	struct track *track;
	struct alert *due;
	unsigned more;

	assert_true(tells(&q, ALERT_BEGIN, now, &more));
	assert_true(tells(&q, ALERT_END, now + 1000, &more));
	assert_false(tells(&q, ALERT_BEGIN, now + 2000, &more));
	assert_false(tells(&q, ALERT_END, now + 3000, &more));
	due = quiet_due(&q, now + 40 * MINUTE_MS, &track);
	assert_non_null(due);
	assert_int_equal(due->phase, ALERT_END);
	alert_free(due);
}

static void test_repeat(void **state)
{
	_cleanup_(quiet_done) struct quiet q = { .quiet_ms = 30 * MINUTE_MS, .repeat_ms = 120 * MINUTE_MS };
	int64_t now = NOON_MS;
	struct track *track;
	struct alert *due;
	unsigned more;

	assert_true(tells(&q, ALERT_BEGIN, now, &more));
	for (int i = 1; i < 4; i++) {
		assert_int_equal(quiet_next(&q), now + i * 120 * MINUTE_MS);
		due = quiet_due(&q, now + i * 120 * MINUTE_MS, &track);
		assert_non_null(due);
		assert_true(due->again);
		alert_free(due);
	}
	/* A clock that is set back does not make it silent. */
	due = quiet_due(&q, now - 1000, &track);
	assert_non_null(due);
	alert_free(due);
	assert_true(tells(&q, ALERT_END, now, &more));
	assert_int_equal(quiet_next(&q), INT64_MAX);
}

/* eventd is asked what is open: what it does not know is told again no more, and its end is told if it comes. */
static void test_quiet_doubt(void **state)
{
	_cleanup_(quiet_done) struct quiet q = { .quiet_ms = 30 * MINUTE_MS, .repeat_ms = 120 * MINUTE_MS };
	struct alert fan = make(2, "meter-lost", "meter fan", ALERT_BEGIN);
	int64_t now = NOON_MS;
	struct track *track;
	unsigned more;

	assert_false(quiet_doubt(&q));
	assert_true(tells(&q, ALERT_BEGIN, now, &more));
	assert_true(quiet_event(&q, &fan, now, &more, &track));
	assert_true(quiet_doubt(&q));
	quiet_is_open(&q, "meter-lost", "meter fan");
	quiet_is_open(&q, "meter-lost", "nobody");
	assert_false(tells(&q, ALERT_BEGIN, now + 1000, &more)); /* it has begun again meanwhile */
	assert_null(quiet_close_doubtful(&q));
	assert_true(quiet_doubt(&q));
	quiet_is_open(&q, "meter-lost", "meter fan");
	track = quiet_close_doubtful(&q);
	assert_non_null(track);
	assert_string_equal(track->last->key, "meter oven");
	assert_null(quiet_close_doubtful(&q));
	assert_int_equal(quiet_next(&q), now + 120 * MINUTE_MS); /* of the fan alone */
	assert_true(tells(&q, ALERT_END, now + 2000, &more));
}

static void test_quiet_bounded(void **state)
{
	_cleanup_(quiet_done) struct quiet q = { .quiet_ms = MINUTE_MS };
	struct track *track;
	unsigned more;
	char key[32];

	for (int i = 0; i < 3 * QUIET_TRACKS_MAX; i++) {
		struct alert a;

		snprintf(key, sizeof(key), "meter m%d", i);
		a = make(i + 1, "meter-lost", key, ALERT_BEGIN);
		assert_true(quiet_event(&q, &a, NOON_MS + i, &more, &track));
	}
	assert_int_equal(q.count, QUIET_TRACKS_MAX);
}

/* ---- who wants what ---- */

static void test_choose(void **state)
{
	struct hj_conf_channel c = { .name = "ops", .class = HJ_EVENT_WARN, .ends = true };
	struct alert a = make(1, "meter-lost", "meter north.oven", ALERT_BEGIN);

	assert_true(alert_wanted(&c, &a));
	a.class = HJ_EVENT_INFO;
	assert_false(alert_wanted(&c, &a));
	a.class = HJ_EVENT_WARN;
	strcpy(c.codes.list[0], "meter-*");
	strcpy(c.not_codes.list[0], "meter-changed");
	strcpy(c.keys.list[0], "meter north.*");
	strcpy(c.keys.list[1], "spray-*");
	c.codes.count = c.not_codes.count = 1;
	c.keys.count = 2;
	assert_true(alert_wanted(&c, &a));
	strcpy(a.key, "meter south.oven");
	assert_false(alert_wanted(&c, &a));
	a.values = strdup("{\"equipment\":\"spray-1\"}");
	assert_true(alert_wanted(&c, &a));
	strcpy(a.code, "meter-changed");
	assert_false(alert_wanted(&c, &a));
	strcpy(a.code, "meter-lost");
	a.phase = ALERT_END;
	c.ends = false;
	assert_false(alert_wanted(&c, &a));
	free(a.values);
}

/* What a channel refuses must not bring it the next message. */
static void test_choose_itself(void **state)
{
	struct hj_conf_channel ops = { .name = "ops" }, other = { .name = "other" };
	struct alert a = make(1, "alert-lost", "channel ops", ALERT_MOMENT);

	assert_false(alert_wanted(&ops, &a));
	assert_true(alert_wanted(&other, &a));
}

/* ---- answers ---- */

static const struct {
	enum hj_channel_kind kind;
	int curl;
	long status;
	const char *body;
	enum verdict is;
} cases[] = {
	{ HJ_CHANNEL_DINGTALK, CURLE_OK, 200, "{\"errcode\":0,\"errmsg\":\"ok\"}", VERDICT_TOLD },
	{ HJ_CHANNEL_DINGTALK, CURLE_OK, 200, "{\"errcode\":310000,\"errmsg\":\"keywords not in content\"}",
	        VERDICT_WRONG },
	{ HJ_CHANNEL_DINGTALK, CURLE_OK, 200, "{\"errcode\":130101,\"errmsg\":\"send too fast\"}", VERDICT_HOLD },
	{ HJ_CHANNEL_DINGTALK, CURLE_OK, 200, "{\"errcode\":-1,\"errmsg\":\"busy\"}", VERDICT_AGAIN },
	{ HJ_CHANNEL_DINGTALK, CURLE_OK, 200, "{\"errcode\":300001}", VERDICT_WRONG },
	{ HJ_CHANNEL_DINGTALK, CURLE_OK, 200, "{\"errcode\":40035}", VERDICT_REFUSED },
	{ HJ_CHANNEL_DINGTALK, CURLE_OK, 200, "{\"errcode\":987654}", VERDICT_WRONG },
	{ HJ_CHANNEL_DINGTALK, CURLE_OK, 200, "<html>log in</html>", VERDICT_AGAIN },
	{ HJ_CHANNEL_DINGTALK, CURLE_OK, 200, "", VERDICT_AGAIN },
	{ HJ_CHANNEL_DINGTALK, CURLE_OK, 502, "", VERDICT_AGAIN },
	{ HJ_CHANNEL_WEBHOOK, CURLE_OK, 200, "whatever", VERDICT_TOLD },
	{ HJ_CHANNEL_WEBHOOK, CURLE_OK, 204, "", VERDICT_TOLD },
	{ HJ_CHANNEL_WEBHOOK, CURLE_OK, 200, "{\"errcode\":0,\"errmsg\":\"ok\"}", VERDICT_TOLD },
	{ HJ_CHANNEL_WEBHOOK, CURLE_OK, 200, "{\"errcode\":-1,\"errmsg\":\"busy\"}", VERDICT_AGAIN },
	{ HJ_CHANNEL_WEBHOOK, CURLE_OK, 200, "{\"errcode\":45009,\"errmsg\":\"freq out of limit\"}", VERDICT_HOLD },
	{ HJ_CHANNEL_WEBHOOK, CURLE_OK, 200, "{\"errcode\":93000,\"code\":0}", VERDICT_WRONG },
	{ HJ_CHANNEL_WEBHOOK, CURLE_OK, 503, "{\"errcode\":93000}", VERDICT_AGAIN },
	{ HJ_CHANNEL_WEBHOOK, CURLE_OK, 200, "{\"errcode\":\"E1\"}", VERDICT_TOLD },
	{ HJ_CHANNEL_WEBHOOK, CURLE_OK, 200, "[{\"errcode\":1}]", VERDICT_TOLD },
	{ HJ_CHANNEL_WEBHOOK, CURLE_OK, 200, "{\"code\":0,\"msg\":\"success\"}", VERDICT_TOLD },
	{ HJ_CHANNEL_WEBHOOK, CURLE_OK, 200, "{\"code\":200,\"msg\":\"success\"}", VERDICT_TOLD },
	{ HJ_CHANNEL_WEBHOOK, CURLE_OK, 200, "{\"code\":11232,\"msg\":\"limited\"}", VERDICT_HOLD },
	{ HJ_CHANNEL_WEBHOOK, CURLE_OK, 200, "{\"code\":9499}", VERDICT_AGAIN },
	{ HJ_CHANNEL_WEBHOOK, CURLE_OK, 200, "{\"code\":19024,\"msg\":\"no keyword\"}", VERDICT_WRONG },
	{ HJ_CHANNEL_WEBHOOK, CURLE_OK, 302, "", VERDICT_WRONG },
	{ HJ_CHANNEL_WEBHOOK, CURLE_OK, 400, "", VERDICT_REFUSED },
	{ HJ_CHANNEL_WEBHOOK, CURLE_OK, 401, "", VERDICT_WRONG },
	{ HJ_CHANNEL_WEBHOOK, CURLE_OK, 404, "", VERDICT_WRONG },
	{ HJ_CHANNEL_WEBHOOK, CURLE_OK, 429, "", VERDICT_HOLD },
	{ HJ_CHANNEL_WEBHOOK, CURLE_OK, 503, "", VERDICT_AGAIN },
	{ HJ_CHANNEL_WEBHOOK, CURLE_OPERATION_TIMEDOUT, 0, "", VERDICT_AGAIN },
	{ HJ_CHANNEL_WEBHOOK, CURLE_OPERATION_TIMEDOUT, 100, "", VERDICT_AGAIN },
	{ HJ_CHANNEL_WEBHOOK, CURLE_OPERATION_TIMEDOUT, 200, "", VERDICT_TOLD },
	{ HJ_CHANNEL_WEBHOOK, CURLE_OPERATION_TIMEDOUT, 200, " \n.....", VERDICT_TOLD },
	{ HJ_CHANNEL_WEBHOOK, CURLE_OPERATION_TIMEDOUT, 200, " {\"errcode\":", VERDICT_AGAIN },
	{ HJ_CHANNEL_WEBHOOK, CURLE_OPERATION_TIMEDOUT, 503, "", VERDICT_AGAIN },
	{ HJ_CHANNEL_WEBHOOK, CURLE_RECV_ERROR, 200, "ok", VERDICT_AGAIN },
	{ HJ_CHANNEL_DINGTALK, CURLE_OPERATION_TIMEDOUT, 200, "", VERDICT_AGAIN },
	{ HJ_CHANNEL_WEBHOOK, CURLE_RECV_ERROR, 0, "", VERDICT_AGAIN },
	{ HJ_CHANNEL_WEBHOOK, CURLE_COULDNT_CONNECT, 0, "", VERDICT_AGAIN },
	{ HJ_CHANNEL_WEBHOOK, CURLE_PEER_FAILED_VERIFICATION, 0, "", VERDICT_WRONG },
};

static void test_verdict(void **state)
{
	for (size_t i = 0; i < hj_array_size(cases); i++) {
		struct http_result r = { .curl = cases[i].curl,
			.status = cases[i].status,
			.body = cases[i].body,
			.n = strlen(cases[i].body),
			.error = "" };
		struct verdict_told v;

		verdict_of(cases[i].kind, &r, &v);
		assert_int_equal(v.is, cases[i].is);
		assert_true((v.is == VERDICT_TOLD) == !v.text[0]);
	}
}

static void test_verdict_hold(void **state)
{
	struct http_result r = { .curl = CURLE_OK, .status = 429, .body = "", .retry_after_s = 7, .error = "" };
	struct verdict_told v;

	verdict_of(HJ_CHANNEL_WEBHOOK, &r, &v);
	assert_int_equal(v.hold_s, 7);
	r.retry_after_s = 1000000;
	verdict_of(HJ_CHANNEL_WEBHOOK, &r, &v);
	assert_int_equal(v.hold_s, 3600);
	r = (struct http_result){
		.curl = CURLE_OK, .status = 200, .body = "{\"errcode\":130101}", .n = 18, .error = ""
	};
	verdict_of(HJ_CHANNEL_DINGTALK, &r, &v);
	assert_int_equal(v.hold_s, VERDICT_HOLD_S);
	r.body = "{\"errcode\": 45009}";
	verdict_of(HJ_CHANNEL_WEBHOOK, &r, &v);
	assert_int_equal(v.hold_s, 60);
	assert_string_equal(v.text, "errcode 45009: ");
}

/* ---- what is said ---- */

static void test_dingtalk_message(void **state)
{
	struct hj_conf_alerts conf = { .site = "plant [1]" };
	struct hj_conf_channel c = { .kind = HJ_CHANNEL_DINGTALK, .keyword = "key", .at_count = 1, .at = { "138" } };
	struct alert a = make(1, "meter-lost", "meter oven", ALERT_BEGIN);
	const struct alert *list[300];
	_cleanup_(hj_buf_done) struct hj_buf body = { 0 };
	_cleanup_json_ json_t *j = NULL;
	const char *text;
	size_t n;

	a.values = strdup("{\"meter\":\"[x](https://evil.test)\\u0001\",\"bus\":\"north\"}");
	for (size_t i = 0; i < hj_array_size(list); i++)
		list[i] = &a;
	assert_int_equal(message_dingtalk(&conf, &c, list, 1, &body, &n), 0);
	assert_int_equal(n, 1);
	j = json_loadb(body.data, body.len, 0, NULL);
	text = json_string_value(json_object_get(json_object_get(j, "markdown"), "text"));
	assert_non_null(text);
	assert_non_null(strstr(text, "key"));
	assert_non_null(strstr(text, "@138"));
	assert_null(strstr(text, "[x]"));
	assert_string_equal(
	        json_string_value(json_array_get(json_object_get(json_object_get(j, "at"), "atMobiles"), 0)), "138");
	body.len = 0;
	assert_int_equal(message_dingtalk(&conf, &c, list, hj_array_size(list), &body, &n), 0);
	assert_true(n > 20 && n <= MESSAGE_DIGEST_MAX);
	assert_true(body.len < 20000);
	free(a.values);
}

static void test_webhook_message(void **state)
{
	struct hj_conf_alerts conf = { .site = "p\"1" };
	struct hj_conf_channel c = { .kind = HJ_CHANNEL_WEBHOOK,
		.content_type = "application/json",
		.template = "{\"t\": \"{text}\", \"s\": \"{site}\", \"n\": {begin_ms}, \"m\": \"{values.meter}\", "
		            "\"x\": {}}" };
	struct alert a = make(7, "meter-lost", "meter oven", ALERT_END);
	_cleanup_(hj_buf_done) struct hj_buf body = { 0 };
	_cleanup_json_ json_t *j = NULL;

	a.end_ms = NOON_MS + 1000;
	a.values = strdup("{\"meter\":\"{text} \\\"q\\\"\\n\",\"bus\":\"north\"}");
	assert_int_equal(message_webhook(&conf, &c, &a, &body), 0);
	j = json_loadb(body.data, body.len, 0, NULL);
	assert_non_null(j);
	assert_string_equal(json_string_value(json_object_get(j, "s")), "p\"1");
	assert_string_equal(json_string_value(json_object_get(j, "m")), "{text} \"q\"\n");
	assert_int_equal(json_integer_value(json_object_get(j, "n")), NOON_MS);
	free(a.values);
}

/* ---- kept and offered again ---- */

static void test_json(void **state)
{
	struct alert a = make(9, "meter-lost", "meter oven", ALERT_END), *back;
	_cleanup_json_ json_t *j = NULL;
	const char *why;

	a.end_ms = NOON_MS + 5;
	a.more = 3;
	a.again = true;
	a.values = strdup("{\"bus\":\"north\"}");
	j = alert_to_json(&a);
	assert_int_equal(alert_from_json(j, &back, &why), 0);
	assert_int_equal(back->id, 9);
	assert_int_equal(back->phase, ALERT_END);
	assert_int_equal(back->end_ms, NOON_MS + 5);
	assert_int_equal(back->more, 3);
	assert_true(back->again);
	assert_string_equal(back->values, a.values);
	alert_free(back);
	json_object_set_new(j, "phase", json_string("middle"));
	assert_int_equal(alert_from_json(j, &back, &why), -EINVAL);
	free(a.values);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signature),
		cmocka_unit_test(test_no_signature),
		cmocka_unit_test(test_bucket),
		cmocka_unit_test(test_bucket_restored),
		cmocka_unit_test(test_quiet),
		cmocka_unit_test(test_quiet_over),
		cmocka_unit_test(test_repeat),
		cmocka_unit_test(test_quiet_doubt),
		cmocka_unit_test(test_quiet_bounded),
		cmocka_unit_test(test_choose),
		cmocka_unit_test(test_choose_itself),
		cmocka_unit_test(test_verdict),
		cmocka_unit_test(test_verdict_hold),
		cmocka_unit_test(test_dingtalk_message),
		cmocka_unit_test(test_webhook_message),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
