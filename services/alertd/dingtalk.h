/* The signature of a robot's request. */
#pragma once

#include "hjgate/dingtalk.h"

/* base64(HMAC-SHA256(secret, "TIMESTAMP\nSECRET")): made anew for each request, since it is good for an hour. -ENOMEM. */
int dingtalk_sign(const char *secret, int64_t timestamp_ms, char ret[HJ_DINGTALK_SIGN_MAX]);
