/* See dingtalk.h. A robot's answer comes over a network: it may be anything. */
#include "hjgate/dingtalk.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "hjgate/text.h"

#define ANSWER_MAX 4096 /* bytes */

int hj_dingtalk_answer(const void *body, size_t n, struct hj_dingtalk_answer *ret)
{
	json_t *j = n && n <= ANSWER_MAX ? json_loadb(body, n, JSON_REJECT_DUPLICATES, NULL) : NULL;
	const json_t *code = json_object_get(j, "errcode");
	const char *text = json_string_value(json_object_get(j, "errmsg"));

	if (!json_is_integer(code)) {
		json_decref(j);
		return -EBADMSG;
	}
	ret->code = json_integer_value(code);
	hj_text_copy(ret->text, sizeof(ret->text), text ? text : "");
	json_decref(j);
	return 0;
}

int hj_percent_encode(const char *text, struct hj_buf *to)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
	int r = 0;

	for (; *text && r >= 0; text++)
		r = strchr(plain, *text) ? hj_buf_put(to, text, 1)
		                         : hj_buf_printf(to, "%%%02X", (unsigned char)*text);
	return r;
}

int hj_dingtalk_url(const char *url, const char *token, int64_t timestamp_ms, const char *sign, struct hj_buf *to)
{
	int r = hj_buf_printf(to, "%s?access_token=", url);

	r = r < 0 ? r : hj_percent_encode(token, to);
	if (r < 0 || !*sign)
		return r;
	r = hj_buf_printf(to, "&timestamp=%" PRId64 "&sign=", timestamp_ms);
	return r < 0 ? r : hj_percent_encode(sign, to);
}
