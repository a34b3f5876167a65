/* See dingtalk.h. A robot's answer comes over a network: it may be anything. */
#include "hjgate/dingtalk.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "hjgate/cleanup.h"
#include "hjgate/text.h"

#define ANSWER_MAX 4096 /* bytes */

static const char *const names[][2] = { { "errcode", "errmsg" }, { "code", "msg" } };

/* By the first so many of the names. */
static int read_answer(
        const void *body, size_t n, size_t count, struct hj_dingtalk_answer *ret, const char **ret_name)
{
	json_t *j = n && n <= ANSWER_MAX ? json_loadb(body, n, JSON_REJECT_DUPLICATES, NULL) : NULL;
	const char *text;
	size_t i = 0;

	while (i < count && !json_is_integer(json_object_get(j, names[i][0])))
		i++;
	if (i == count) {
		json_decref(j);
		return -EBADMSG;
	}
	text = json_string_value(json_object_get(j, names[i][1]));
	ret->code = json_integer_value(json_object_get(j, names[i][0]));
	hj_text_copy(ret->text, sizeof(ret->text), text ? text : "");
	*ret_name = names[i][0];
	json_decref(j);
	return 0;
}

int hj_dingtalk_answer(const void *body, size_t n, struct hj_dingtalk_answer *ret)
{
	const char *name;

	return read_answer(body, n, 1, ret, &name);
}

int hj_robot_answer(const void *body, size_t n, struct hj_dingtalk_answer *ret, const char **ret_name)
{
	return read_answer(body, n, hj_array_size(names), ret, ret_name);
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
