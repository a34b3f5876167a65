/* An order on a stick whose HMAC is right: it is one within its bounds, or it is refused; and any text as an HMAC.
 * Nothing is looked at before the HMAC, which is therefore made here, as whoever has the key would. */
#include <string.h>

#include "../../services/cli/stick_order.h"
#include "fuzz.h"

#define NOW_MS 1795392000000LL

static void check(const struct order *o)
{
	claim(strlen(o->nonce) >= ORDER_NONCE_MIN && strlen(o->nonce) <= ORDER_NONCE_MAX);
	claim(o->from_ms < o->to_ms && o->expires_ms > NOW_MS && o->made_ms <= NOW_MS + ORDER_AHEAD_MS);
	claim(o->kind_count >= 1 && o->kind_count <= ORDER_KINDS);
	for (size_t i = 0; i < o->kind_count; i++)
		claim(o->kinds[i][0] && memchr(o->kinds[i], 0, ORDER_KIND_LEN));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const uint8_t key[HJ_KEY_BYTES] = { 1, 2, 3 };
	uint8_t mac[HJ_SHA256_BYTES], parsed[HJ_SHA256_BYTES];
	enum order_verdict v;
	struct order o;
	char *text = malloc(n + 1);

	claim(text && order_mac(data, n, key, mac) == 0);
	memcpy(text, data, n);
	text[n] = '\0';
	v = order_read(data, n, mac, key, NOW_MS, &o);
	claim(order_verdict_text(v) != NULL);
	if (v == ORDER_GOOD)
		check(&o);
	mac[0] ^= 1;
	claim(order_read(data, n, mac, key, NOW_MS, &o) == ORDER_NOT_AUTHENTIC);
	(void)order_mac_parse(text, parsed);
	free(text);
	return 0;
}
