/* See verdict.h. Codes decide, never texts: those change and are in several languages. What no row knows is loud and
 * tried again now and then, since nothing is lost by that. */
#include "verdict.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "hjgate/cleanup.h"
#include "hjgate/dingtalk.h"

static const struct {
	int curl;
	enum verdict is;
} failures[] = {
	{ CURLE_PEER_FAILED_VERIFICATION, VERDICT_WRONG },
	{ CURLE_SSL_CACERT_BADFILE, VERDICT_WRONG },
	{ CURLE_SSL_CERTPROBLEM, VERDICT_WRONG },
	{ CURLE_SSL_ISSUER_ERROR, VERDICT_WRONG },
	{ CURLE_SSL_CIPHER, VERDICT_WRONG },
	{ CURLE_UNSUPPORTED_PROTOCOL, VERDICT_WRONG },
	{ CURLE_URL_MALFORMAT, VERDICT_WRONG },
};

static const struct {
	long from, to;
	enum verdict is;
} statuses[] = {
	{ 200, 299, VERDICT_TOLD },
	{ 300, 399, VERDICT_WRONG }, /* redirects are not followed: they would carry secrets elsewhere */
	{ 400, 400, VERDICT_REFUSED },
	{ 408, 408, VERDICT_AGAIN },
	{ 413, 413, VERDICT_REFUSED },
	{ 415, 415, VERDICT_REFUSED },
	{ 422, 422, VERDICT_REFUSED },
	{ 425, 425, VERDICT_AGAIN },
	{ 429, 429, VERDICT_HOLD },
	{ 401, 499, VERDICT_WRONG },
	{ 500, 599, VERDICT_AGAIN },
};

static const struct {
	int64_t code;
	enum verdict is;
} robots[] = {
	{ 0, VERDICT_TOLD },
	{ -1, VERDICT_AGAIN },      /* busy */
	{ 130101, VERDICT_HOLD },   /* more than 20 in a minute */
	{ 410100, VERDICT_HOLD },   /* likewise, of the interface */
	{ 310000, VERDICT_WRONG },  /* signature, keyword, IP address */
	{ 300001, VERDICT_WRONG },  /* no such token */
	{ 40035, VERDICT_REFUSED }, /* what was sent is no message */
	{ 400105, VERDICT_REFUSED },
	{ 430101, VERDICT_REFUSED }, /* its text or a link in it is not allowed */
	{ 430102, VERDICT_REFUSED },
	{ 430103, VERDICT_REFUSED },
	{ 430104, VERDICT_REFUSED },
};

/* Of robots behind a webhook, which answer with HTTP 200 whatever became of the message. errcode is WeCom's, and any
 * that has no row is a failure; code is Feishu's and many others', where 200 or 1 may be good: only rows count. */
static const struct {
	const char *name;
	int64_t code;
	enum verdict is;
} webhooks[] = {
	{ "errcode", 0, VERDICT_TOLD },     /* ok */
	{ "errcode", -1, VERDICT_AGAIN },   /* busy */
	{ "errcode", 45009, VERDICT_HOLD }, /* more than 20 in a minute */
	{ "code", 11232, VERDICT_HOLD },    /* more than 100 in a minute, or 5 in a second */
	{ "code", 9499, VERDICT_AGAIN },    /* too many, too, or what was sent is no message */
	{ "code", 19001, VERDICT_WRONG },   /* no such token */
	{ "code", 19021, VERDICT_WRONG },   /* signature */
	{ "code", 19022, VERDICT_WRONG },   /* IP address */
	{ "code", 19024, VERDICT_WRONG },   /* keyword */
};
#define WEBHOOK_HOLD_S 60 /* those are not silent: they count the last minute */

/* What comes from outside may be anything. */
static void say(struct verdict_told *to, const char *before, const char *text)
{
	char whole[4 * sizeof(to->text)];

	snprintf(whole, sizeof(whole), "%s%s", before, text);
	hj_text_copy(to->text, sizeof(to->text), whole);
	for (char *p = to->text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = ' ';
}

static void of_failure(const struct http_result *r, struct verdict_told *ret)
{
	ret->is = VERDICT_AGAIN;
	for (size_t i = 0; i < hj_array_size(failures); i++)
		if (failures[i].curl == r->curl)
			ret->is = failures[i].is;
	say(ret, "", r->error && *r->error ? r->error : curl_easy_strerror((CURLcode)r->curl));
}

static void of_status(const struct http_result *r, struct verdict_told *ret)
{
	char text[32];

	ret->is = VERDICT_WRONG;
	for (size_t i = 0; i < hj_array_size(statuses); i++)
		if (r->status >= statuses[i].from && r->status <= statuses[i].to) {
			ret->is = statuses[i].is;
			break;
		}
	snprintf(text, sizeof(text), "HTTP %ld", r->status);
	if (ret->is != VERDICT_TOLD)
		say(ret, text, r->status >= 300 && r->status < 400 ? ": a redirect, which is not followed" : "");
	if (ret->is == VERDICT_HOLD && r->retry_after_s > 0)
		ret->hold_s = hj_min(r->retry_after_s, (int64_t)VERDICT_HOLD_MOST_S);
}

static void of_robot(const struct http_result *r, struct verdict_told *ret)
{
	struct hj_dingtalk_answer a;
	char text[48];

	if (hj_dingtalk_answer(r->body, r->n, &a) < 0) {
		ret->is = VERDICT_AGAIN;
		say(ret, "", "what answers is no robot of DingTalk");
		return;
	}
	ret->is = VERDICT_WRONG;
	for (size_t i = 0; i < hj_array_size(robots); i++)
		if (robots[i].code == a.code)
			ret->is = robots[i].is;
	snprintf(text, sizeof(text), "errcode %lld: ", (long long)a.code);
	if (ret->is != VERDICT_TOLD)
		say(ret, text, a.text);
}

/* What is no such answer leaves it at the status. */
static void of_webhook(const struct http_result *r, struct verdict_told *ret)
{
	struct hj_dingtalk_answer a;
	const char *name;
	char text[48];

	if (hj_robot_answer(r->body, r->n, &a, &name) < 0)
		return;
	ret->is = !strcmp(name, "errcode") ? VERDICT_WRONG : VERDICT_TOLD;
	for (size_t i = 0; i < hj_array_size(webhooks); i++)
		if (!strcmp(webhooks[i].name, name) && webhooks[i].code == a.code)
			ret->is = webhooks[i].is;
	ret->hold_s = WEBHOOK_HOLD_S;
	snprintf(text, sizeof(text), "%s %lld: ", name, (long long)a.code);
	if (ret->is != VERDICT_TOLD)
		say(ret, text, a.text);
}

/* An answer that is good and does not end: somebody has the message, and would get it again and again. Only the rest
 * of an object may say otherwise. */
static bool is_enough(enum hj_channel_kind kind, const struct http_result *r)
{
	static const char spaces[] = " \t\r\n";
	size_t i = 0;

	if (kind != HJ_CHANNEL_WEBHOOK || r->curl != CURLE_OPERATION_TIMEDOUT || r->status < 200 || r->status > 299)
		return false;
	while (i < r->n && r->body[i] && strchr(spaces, r->body[i]))
		i++;
	return i == r->n || r->body[i] != '{';
}

void verdict_of(enum hj_channel_kind kind, const struct http_result *r, struct verdict_told *ret)
{
	*ret = (struct verdict_told){ .hold_s = VERDICT_HOLD_S };
	if (r->curl != CURLE_OK && !is_enough(kind, r)) {
		of_failure(r, ret);
		return;
	}
	of_status(r, ret);
	if (ret->is == VERDICT_TOLD)
		(kind == HJ_CHANNEL_DINGTALK ? of_robot : of_webhook)(r, ret);
}
