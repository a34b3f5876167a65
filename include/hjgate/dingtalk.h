/* What a robot of DingTalk is told and what it answers: its robot/send. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "hjgate/buf.h"

#define HJ_DINGTALK_SIGN_MAX 64 /* bytes, base64 of HMAC-SHA256 */

struct hj_dingtalk_answer {
	int64_t code; /* errcode; 0 = it has told people */
	char text[128];
};
/* HTTP's body, any bytes. -EBADMSG: it is no answer of a robot. */
int hj_dingtalk_answer(const void *body, size_t n, struct hj_dingtalk_answer *ret);
/* Likewise of robots of others: errcode and errmsg (WeCom) or, without those, code and msg (Feishu); *ret_name is
 * "errcode" or "code". */
int hj_robot_answer(const void *body, size_t n, struct hj_dingtalk_answer *ret, const char **ret_name);

/* "URL?access_token=T" or "URL?access_token=T&timestamp=MS&sign=S": sign "" = the robot wants none; it is base64, and
 * put in percent-encoded, as everything is. -ENOMEM. */
int hj_dingtalk_url(const char *url, const char *token, int64_t timestamp_ms, const char *sign, struct hj_buf *to);

/* RFC 3986: all but letters, digits and -._~ as %XX. */
int hj_percent_encode(const char *text, struct hj_buf *to);
