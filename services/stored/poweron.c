/* Power failures: with each commit its time and the machine's boot are noted; another boot at the start means that
 * the power was gone from about that time until now. It becomes a record (CN 2081) and an event. */
#include "stored.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hjgate/log.h"

#define ALIVE_KEY   "alive"
#define ALIVE_BYTES (HJ_ID_BYTES + 8)

static int read_alive(struct stored *s, uint8_t boot[HJ_ID_BYTES], int64_t *ret_ms)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	struct hj_reader in;
	int r = hj_ledger_get(s->ledger, ALIVE_KEY, &b);

	if (r < 0)
		return r;
	if (b.len != ALIVE_BYTES)
		return -EBADMSG;
	in = (struct hj_reader){ .p = (uint8_t *)b.data, .end = (uint8_t *)b.data + b.len };
	memcpy(boot, hj_get_bytes(&in, HJ_ID_BYTES), HJ_ID_BYTES);
	*ret_ms = (int64_t)hj_get_be(&in, 8);
	return 0;
}

int poweron_put(struct stored *s, int64_t now_ms)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	int r = hj_buf_put(&b, s->boot_id, HJ_ID_BYTES);

	r = r < 0 ? r : hj_buf_put_be(&b, (uint64_t)now_ms, 8);
	return r < 0 ? r : hj_ledger_put(s->ledger, ALIVE_KEY, b.data, b.len);
}

int poweron_check(struct stored *s)
{
	uint8_t boot[HJ_ID_BYTES];
	int64_t begin, end = s->started_ms;
	char body[96];
	int r = read_alive(s, boot, &begin);

	commit_urgent(s);
	if (r == -ENOENT || r == -EBADMSG || r == -ENOKEY)
		return 0; /* the very first start, or the key is not here */
	if (r < 0 || !memcmp(boot, s->boot_id, HJ_ID_BYTES))
		return r;
	hj_notice("the machine was started anew: the power failed after the last commit, %lld s ago",
	        (long long)(end - begin) / HJ_MS_PER_SEC);
	tell_power(s, begin, end);
	snprintf(body, sizeof(body), "{\"begin\":%" PRId64 ",\"end\":%" PRId64 "}", begin, end);
	return commit_queue(s, HJ_KIND_POWERON, end, 0, body, strlen(body), NULL, NULL);
}
