/* What an answer means, or that there was none: each asks for something else to be done. Pure. */
#pragma once

#include <stdint.h>

#include "hjgate/conf_alerts.h"

enum verdict {
	VERDICT_TOLD,
	VERDICT_AGAIN,   /* it may work soon: the network, a busy robot; tried again, later and later */
	VERDICT_HOLD,    /* too fast: silence for hold_s */
	VERDICT_REFUSED, /* this message will never be taken; others may */
	VERDICT_WRONG,   /* a person is wanted: signature, keyword, token, certificate; tried again now and then */
};

struct http_result {
	int curl;    /* CURLcode */
	long status; /* HTTP's; 0 = none came */
	const char *body;
	size_t n;
	int64_t retry_after_s; /* as the header says; 0 = it does not */
	const char *error;     /* libcurl's words; "" = none */
};
#define VERDICT_TEXT_MAX 160 /* bytes */
#define VERDICT_HOLD_S   600 /* a robot that was called too often is silent for so long */
#define VERDICT_HOLD_MOST_S 3600 /* whatever an answer asks for */

struct verdict_told {
	enum verdict is;
	int64_t hold_s;
	char text[VERDICT_TEXT_MAX]; /* what is wrong, for people, printable; "" where it was told */
};
void verdict_of(enum hj_channel_kind kind, const struct http_result *r, struct verdict_told *ret);
