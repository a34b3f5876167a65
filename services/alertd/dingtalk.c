/* See dingtalk.h. */
#include "dingtalk.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hjgate/base64.h"
#include "hjgate/secret.h"

int dingtalk_sign(const char *secret, int64_t timestamp_ms, char ret[HJ_DINGTALK_SIGN_MAX])
{
	_cleanup_(hj_mac_freep) struct hj_mac *mac = NULL;
	uint8_t whole[HJ_SHA256_BYTES];
	char stamp[32];
	int r = hj_mac_new(secret, strlen(secret), &mac);

	snprintf(stamp, sizeof(stamp), "%" PRId64 "\n", timestamp_ms);
	if (r >= 0) {
		const struct iovec parts[] = {
			{ .iov_base = stamp, .iov_len = strlen(stamp) },
			{ .iov_base = (void *)(uintptr_t)secret, .iov_len = strlen(secret) },
		};

		r = hj_mac_whole(mac, parts, hj_array_size(parts), whole);
	}
	if (r >= 0)
		hj_base64_encode(whole, sizeof(whole), ret);
	return r;
}
