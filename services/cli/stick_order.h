/* An order for records in clear, that somebody without a right on the box may carry to it on a stick: a small JSON
 * file, and beside it the HMAC-SHA256 of its bytes under the site's stick key. It names a span, ends at a date, and
 * is served once. */
#pragma once

#include "cli.h"
#include "hjgate/secret.h"

#define ORDER_FILE      "hjgate-order.json"
#define ORDER_MAC_FILE  "hjgate-order.mac"
#define ORDER_FORMAT    1
#define ORDER_BYTES     4096 /* of the file, at most */
#define ORDER_NONCE_MIN 16   /* characters of [0-9a-zA-Z] */
#define ORDER_NONCE_MAX 64
#define ORDER_DAYS_MOST 62 /* from when it was made to its end */
#define ORDER_KINDS     CLI_LIST_MAX
#define ORDER_KIND_LEN  16
#define ORDER_AHEAD_MS  86400000 /* made later than now by more than that: the clock is wrong, or the order */

#define STICK_KEY_FILE "stick.key" /* below /etc/hjgate: 64 hexadecimal digits */

struct order {
	char site[64]; /* the MN that it is for; "" = any box with this key */
	char kinds[ORDER_KINDS][ORDER_KIND_LEN];
	size_t kind_count;
	char format[16], uplink[HJ_NAME_MAX + 1];
	int64_t from_ms, to_ms, made_ms, expires_ms;
	char nonce[ORDER_NONCE_MAX + 1];
};

enum order_verdict {
	ORDER_GOOD,
	ORDER_NOT_AUTHENTIC, /* the HMAC is another one */
	ORDER_NOT_ONE,       /* it does not decode */
	ORDER_EXPIRED,
	ORDER_NOT_YET,  /* it was made in the future */
	ORDER_TOO_LONG, /* it would be good for more than ORDER_DAYS_MOST */
};
const char *order_verdict_text(enum order_verdict v); /* in English, for the event; N_() */

/* Is this an order, and good now? Pure. Nothing of it is looked at before the HMAC is right. */
enum order_verdict order_read(const void *text, size_t n, const uint8_t mac[HJ_SHA256_BYTES],
        const uint8_t key[HJ_KEY_BYTES], int64_t now_ms, struct order *ret);
int order_mac(const void *text, size_t n, const uint8_t key[HJ_KEY_BYTES], uint8_t ret[HJ_SHA256_BYTES]);
/* The last 64 hexadecimal digits of a text: of openssl's output, too. -EBADMSG. */
int order_mac_parse(const char *text, uint8_t ret[HJ_SHA256_BYTES]);

/* -errno; -EBADMSG: it does not hold 64 hexadecimal digits; -EPERM: others may read it, or it is another user's. */
int order_key_read(const char *path, uint8_t ret[HJ_KEY_BYTES]);

/* ---- each is served once: /var/lib/hjgate/stick.used ---- */
#define ORDERS_USED_MOST 256
/* 0: noted, on the disk; -EALREADY: it was served before; -ESTALE: it ends no later than one that was forgotten,
 * since it had its time, so it might be that one and the clock was set back; -ENOSPC: too many are good at the same
 * time; -EBADMSG: the notes cannot be read; -errno. */
int order_use(const char *path, const struct order *o, int64_t now_ms);
