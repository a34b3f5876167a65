/* One channel: what waits for it is told in order, as many together as fit where it is a robot and they have to wait
 * anyway. What each answer asks for: verdict.h. A channel holds up no other. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "alertd.h"
#include "dingtalk.h"
#include "hjgate/ipc.h"
#include "hjgate/log.h"
#include "hjgate/now.h"
#include "hjgate/secret.h"
#include "message.h"
#include "secret_file.h"

#define AGAIN_FIRST (1 * HJ_USEC_PER_SEC)
#define AGAIN_MOST  (300 * HJ_USEC_PER_SEC)
#define WRONG_WAIT  (600 * HJ_USEC_PER_SEC)
#define FAILS_TOLD  5 /* in a row: then a person should know */
#define HOUR_MS     (3600 * HJ_MS_PER_SEC)

void channel_init(struct alertd *a, const struct hj_conf_channel *conf, unsigned bit)
{
	struct channel *c = &a->channels[a->channel_count++];

	*c = (struct channel){ .a = a, .conf = conf, .bit = bit };
	bucket_init(&c->bucket, conf->rate, hj_now().mono);
}

void channel_stop(struct channel *c)
{
	http_cancel(hj_steal(c->request));
}

size_t channel_waiting(const struct channel *c, int64_t *ret_oldest_ms)
{
	size_t n = 0;

	*ret_oldest_ms = 0;
	for (size_t i = 0; i < c->a->owed_count; i++) {
		const struct alert *alert = c->a->owed[i];

		if (!(alert->left & c->bit))
			continue;
		if (!n++)
			*ret_oldest_ms = alert->begin_ms;
	}
	return n;
}

/* ---- one message ---- */

static int add_secret(
        struct channel *c, const char *what, const char *name, char ret[SECRET_MAX], char why[VERDICT_TEXT_MAX])
{
	int r = *name ? secret_file_read(c->a->root, name, ret) : 0;

	if (r < 0)
		secret_file_why(what, name, r, why, VERDICT_TEXT_MAX);
	return r;
}

/* Signed anew for each message. */
static int make_url(struct channel *c, struct hj_buf *to, char why[VERDICT_TEXT_MAX])
{
	char token[SECRET_MAX] = "", secret[SECRET_MAX] = "", sign[HJ_DINGTALK_SIGN_MAX] = "";
	int64_t now_ms = hj_now().wall_ms;
	int r;

	if (c->conf->kind != HJ_CHANNEL_DINGTALK)
		return hj_buf_put(to, c->conf->url, strlen(c->conf->url) + 1);
	r = add_secret(c, "token", c->conf->token, token, why);
	r = r < 0 ? r : add_secret(c, "secret", c->conf->secret, secret, why);
	if (r >= 0 && *secret)
		r = dingtalk_sign(secret, now_ms, sign);
	r = r < 0 ? r : hj_dingtalk_url(c->conf->url, token, now_ms, sign, to);
	r = r < 0 ? r : hj_buf_put(to, "", 1);
	hj_wipe(token, sizeof(token));
	hj_wipe(secret, sizeof(secret));
	return r;
}

static int make_body(struct channel *c, const struct alert *const *list, size_t n, struct hj_buf *to, size_t *ret_n)
{
	if (c->conf->kind == HJ_CHANNEL_DINGTALK)
		return message_dingtalk(&c->a->conf, c->conf, list, n, to, ret_n);
	*ret_n = 1;
	return message_webhook(&c->a->conf, c->conf, list[0], to);
}

static void ca_path(const struct channel *c, char ret[HJ_PATH_MAX])
{
	ret[0] = '\0';
	if (c->conf->ca[0] == '/')
		hj_text_copy(ret, HJ_PATH_MAX, c->conf->ca);
	else if (c->conf->ca[0])
		hj_path(c->a->root, HJ_DIR_ETC, c->conf->ca, ret);
}

int channel_post(struct channel *c, const struct alert *const *list, size_t n, http_fn fn, void *userdata,
        struct http_request **ret, size_t *ret_n, char ret_why[VERDICT_TEXT_MAX])
{
	static const char json[] = "application/json; charset=utf-8";
	_cleanup_(hj_buf_done) struct hj_buf url = { 0 }, body = { 0 };
	char ca[HJ_PATH_MAX], authorization[SECRET_MAX] = "";
	int r;

	ret_why[0] = '\0';
	r = make_body(c, list, n, &body, ret_n);
	r = r < 0 ? r : make_url(c, &url, ret_why);
	r = r < 0 ? r : add_secret(c, "authorization", c->conf->authorization, authorization, ret_why);
	if (r >= 0) {
		ca_path(c, ca);
		r = http_post(c->a->http,
		        &(struct http_ask){ .url = url.data,
		                .content_type = c->conf->kind == HJ_CHANNEL_DINGTALK ? json : c->conf->content_type,
		                .authorization = *authorization ? authorization : NULL,
		                .ca = ca,
		                .proxy = c->conf->proxy,
		                .body = body.data ? body.data : "",
		                .n = body.len,
		                .timeout_s = c->conf->timeout },
		        fn, userdata, ret);
	}
	hj_wipe(authorization, sizeof(authorization));
	if (url.data)
		hj_wipe(url.data, url.size);
	if (r < 0 && !ret_why[0])
		snprintf(ret_why, VERDICT_TEXT_MAX, "%s", strerror(-r));
	return r;
}

/* ---- what is said of the channel itself ---- */

static void key_of(const struct channel *c, char ret[HJ_NAME_MAX + 16])
{
	snprintf(ret, HJ_NAME_MAX + 16, "channel %s", c->conf->name);
}

static void tell_failing(struct channel *c)
{
	char key[HJ_NAME_MAX + 16];

	key_of(c, key);
	hj_warn("channel %s: %s; trying again", c->conf->name, c->error);
	if (c->told_failing)
		return;
	c->told_failing = true;
	hj_report(c->a->report, "alert-failing", HJ_BEGIN, key,
	        json_pack("{s:s, s:s}", "channel", c->conf->name, "error", c->error));
}

/* A run of ours before this one may have told of its begin. */
static void tell_working(struct channel *c)
{
	char key[HJ_NAME_MAX + 16];

	if (c->over_said && !c->told_failing)
		return;
	c->over_said = true;
	c->told_failing = false;
	key_of(c, key);
	hj_report(c->a->report, "alert-failing", HJ_END, key, NULL);
}

/* What is lost of such events is counted only: of two dead channels each would lose what the other has lost. */
void channel_give_up(struct channel *c, struct alert *alert, const char *why)
{
	char key[HJ_NAME_MAX + 16];

	key_of(c, key);
	c->lost++;
	hj_error("channel %s: alert %lld (%s, %s) is given up: %s", c->conf->name, (long long)alert->id, alert->code,
	        alert->key, why);
	if (strcmp(alert->code, "alert-lost") != 0)
		hj_report(c->a->report, "alert-lost", HJ_MOMENT, key,
		        json_pack("{s:s, s:s, s:s, s:I, s:s}", "channel", c->conf->name, "code", alert->code, "key",
		                alert->key, "id", (json_int_t)alert->id, "error", why));
	alertd_done(c->a, alert, c);
}

/* ---- what became of it ---- */

static hj_usec cap(const struct channel *c, hj_usec wait)
{
	int64_t test = c->a->conf.test_wait;

	return test ? hj_min(wait, (hj_usec)test * HJ_USEC_PER_SEC) : wait;
}

static void wait_for(struct channel *c, hj_usec wait, bool silent)
{
	c->wait_until = hj_now().mono + cap(c, wait);
	c->silent = silent;
	outbox_pace(c->a, c);
}

/* Those of the message that is over; its bit is taken off them. Returns how many; *ret_first is one of them. */
static size_t land(struct channel *c, struct alert **ret_first)
{
	size_t n = 0;

	for (size_t i = 0; i < c->a->owed_count; i++) {
		struct alert *alert = c->a->owed[i];

		if (!(alert->under_way & c->bit))
			continue;
		alert->under_way &= ~c->bit;
		if (!n++)
			*ret_first = alert;
	}
	return n;
}

static void told(struct channel *c)
{
	for (size_t i = 0; i < c->a->owed_count;) {
		struct alert *alert = c->a->owed[i];

		if (alert->under_way & c->bit) {
			alert->under_way &= ~c->bit;
			c->told++;
			alertd_done(c->a, alert, c);
		}
		if (i < c->a->owed_count && c->a->owed[i] == alert)
			i++;
	}
	c->fails = 0;
	c->wrong = false;
	c->error[0] = '\0';
	c->last_ms = hj_now().wall_ms;
	if (c->one_by_one)
		c->one_by_one--;
	tell_working(c);
}

static void again(struct channel *c)
{
	unsigned shift = hj_min(c->fails, 10u);

	c->fails++;
	wait_for(c, hj_min(AGAIN_FIRST << shift, (hj_usec)AGAIN_MOST), false);
	if (c->fails >= FAILS_TOLD)
		tell_failing(c);
	else
		hj_info("channel %s: %s; trying again", c->conf->name, c->error);
}

/* Of a digest only one may be what is refused. */
static void refused(struct channel *c)
{
	struct alert *first = NULL;
	size_t n = land(c, &first);

	c->one_by_one = n > 1 ? n : c->one_by_one - (c->one_by_one > 0);
	if (n == 1)
		channel_give_up(c, first, c->error);
}

static void judge(struct channel *c, const struct verdict_told *v)
{
	struct alert *first;

	if (v->is == VERDICT_TOLD) {
		told(c);
		return;
	}
	hj_text_copy(c->error, sizeof(c->error), v->text);
	if (v->is == VERDICT_REFUSED) {
		refused(c);
		return;
	}
	land(c, &first);
	c->wrong = v->is == VERDICT_WRONG;
	if (v->is == VERDICT_AGAIN) {
		again(c);
		return;
	}
	c->fails++;
	wait_for(c, v->is == VERDICT_HOLD ? (hj_usec)v->hold_s * HJ_USEC_PER_SEC : WRONG_WAIT,
	        v->is == VERDICT_HOLD);
	if (v->is == VERDICT_WRONG)
		tell_failing(c);
	else
		hj_notice("channel %s: %s; silent for %lld s", c->conf->name, c->error, (long long)v->hold_s);
}

static void on_answer(const struct http_result *result, void *userdata)
{
	struct channel *c = userdata;
	struct verdict_told v;

	c->request = NULL;
	verdict_of(c->conf->kind, result, &v);
	judge(c, &v);
	c->a->active = hj_now().mono;
	alertd_turn(c->a);
}

/* ---- what waits ---- */

/* A clock that is set makes nothing old; how long ago a run before this one took it, only that clock knows. */
static int64_t age_ms(struct alert *alert, const struct hj_now *now)
{
	if (alert->taken_mono)
		return (int64_t)((now->mono - alert->taken_mono) / HJ_USEC_PER_MS);
	if (!hj_clock_plausible(alert->taken_ms)) /* by a clock that was not set yet */
		alert->taken_ms = now->wall_ms;
	return now->wall_ms - alert->taken_ms;
}

static void drop_old(struct channel *c)
{
	struct hj_now now = hj_now();

	for (size_t i = 0; i < c->a->owed_count;) {
		struct alert *alert = c->a->owed[i];

		if ((alert->left & c->bit) && !(alert->under_way & c->bit) &&
		        age_ms(alert, &now) > c->conf->hold * HOUR_MS)
			channel_give_up(c, alert, c->error[0] ? c->error : "it waited for too long");
		if (i < c->a->owed_count && c->a->owed[i] == alert)
			i++;
	}
}

static size_t gather(struct channel *c, const struct alert *list[MESSAGE_DIGEST_MAX])
{
	size_t most = c->one_by_one || c->conf->kind != HJ_CHANNEL_DINGTALK ? 1 : MESSAGE_DIGEST_MAX, n = 0;

	for (size_t i = 0; i < c->a->owed_count && n < most; i++)
		if (c->a->owed[i]->left & c->bit)
			list[n++] = c->a->owed[i];
	return n;
}

static void mark(struct channel *c, const struct alert *const *list, size_t n)
{
	size_t k = 0;

	for (size_t i = 0; i < c->a->owed_count && k < n; i++)
		if (c->a->owed[i] == list[k]) {
			c->a->owed[i]->under_way |= c->bit;
			k++;
		}
}

static void say_dry(struct channel *c, const struct alert *alert)
{
	_cleanup_(hj_buf_done) struct hj_buf line = { 0 };

	if (message_line(alert, &line) >= 0 && hj_buf_put(&line, "", 1) >= 0)
		hj_notice("dry run: channel %s would be told: %s", c->conf->name, line.data);
}

static void send_to(struct channel *c, const struct alert *const *list, size_t n)
{
	struct verdict_told v = { .is = VERDICT_WRONG };
	size_t sent = 0;

	if (c->a->conf.dry_run) {
		say_dry(c, list[0]);
		mark(c, list, 1);
		told(c);
		return;
	}
	outbox_pace(c->a, c);
	if (channel_post(c, list, n, on_answer, c, &c->request, &sent, v.text) < 0) {
		judge(c, &v);
		return;
	}
	c->messages++;
	mark(c, list, sent);
}

hj_usec channel_turn(struct channel *c, hj_usec now)
{
	const struct alert *list[MESSAGE_DIGEST_MAX];

	drop_old(c);
	while (!c->request) {
		size_t n = gather(c, list);
		hj_usec at;

		if (!n)
			return HJ_USEC_NEVER;
		if (now < c->wait_until)
			return c->wait_until;
		at = c->a->conf.dry_run ? 0 : bucket_take(&c->bucket, now);
		if (at) {
			c->wait_until = at;
			return at;
		}
		send_to(c, list, n);
	}
	return HJ_USEC_NEVER;
}
