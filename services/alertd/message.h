/* What is said, in the site's language. */
#pragma once

#include "alert.h"
#include "hjgate/buf.h"

#define MESSAGE_DIGEST_MAX 100   /* alerts in one message */
#define MESSAGE_BYTES_MAX  16000 /* of it; a robot takes 20,000 */

void message_language(const struct hj_conf_alerts *conf); /* once, before the first */

/* "[fault] 2026-11-26 12:00:00 meter north.oven on bus north does not answer", without a line's end. */
int message_line(const struct alert *a, struct hj_buf *to);
/* For a robot: one alert, or a digest of as many of them as fit, which *ret_n says. */
int message_dingtalk(const struct hj_conf_alerts *conf, const struct hj_conf_channel *c,
        const struct alert *const *list, size_t n, struct hj_buf *to, size_t *ret_n);
int message_webhook(
        const struct hj_conf_alerts *conf, const struct hj_conf_channel *c, const struct alert *a, struct hj_buf *to);
/* A made-up alert that says that this is a test. NULL: out of memory. */
struct alert *message_test(int64_t now_ms);
