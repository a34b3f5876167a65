/* Power failures: with each commit under a trusted clock its time and the machine's boot are noted; another boot at
 * the start means that the power was gone from about that time until then. It becomes a record (CN 2081) and an
 * event. At a start without trust the event is told at once, its end by the clock as it is; eventd puts that right
 * when the time comes, and then the record is made, too, its end being the start of this program in true time. Where
 * it never comes, the next boot that knows the time tells one failure from the last known time on; the pending
 * records of the boot between show that the box ran. */
#include "stored.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hjgate/log.h"

#define ALIVE_KEY   "alive"
#define ALIVE_BYTES (HJ_ID_BYTES + 8)
#define TOLD_KEY    "alive.told" /* the boot before which a failure was told */

static bool was_told(struct stored *s)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };

	return hj_ledger_get(s->ledger, TOLD_KEY, &b) >= 0 && b.len == HJ_ID_BYTES &&
	       !memcmp(b.data, s->boot_id, HJ_ID_BYTES);
}

int poweron_load(struct stored *s)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	struct hj_reader in;
	int r = hj_ledger_get(s->ledger, ALIVE_KEY, &b);

	s->alive.told = s->alive.told_kept = was_told(s);
	s->alive.is_known = r >= 0 && b.len == ALIVE_BYTES;
	if (!s->alive.is_known) /* the very first start, or the key is not here */
		return r == -ENOENT || r == -ENOKEY || r == -EBADMSG || r >= 0 ? 0 : r;
	in = (struct hj_reader){ .p = (uint8_t *)b.data, .end = (uint8_t *)b.data + b.len };
	memcpy(s->alive.boot, hj_get_bytes(&in, HJ_ID_BYTES), HJ_ID_BYTES);
	s->alive.ms = hj_time_moved((int64_t)hj_get_be(&in, 8), 0);
	return 0;
}

int poweron_put(struct stored *s, int64_t now_ms)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	int r = hj_buf_put(&b, s->boot_id, HJ_ID_BYTES);

	s->alive.told_put = r >= 0 && s->alive.told;
	if (s->alive.told_put && !s->alive.told_kept)
		r = hj_ledger_put(s->ledger, TOLD_KEY, s->boot_id, HJ_ID_BYTES);
	if (!s->trust.source)
		return r;
	r = r < 0 ? r : hj_buf_put_be(&b, (uint64_t)now_ms, 8);
	return r < 0 ? r : hj_ledger_put(s->ledger, ALIVE_KEY, b.data, b.len);
}

void poweron_committed(struct stored *s)
{
	s->alive.told_kept = s->alive.told_put;
}

bool poweron_last(const struct stored *s, int64_t *ret_ms)
{
	*ret_ms = s->alive.ms;
	return s->alive.is_known;
}

static bool has_failed(const struct stored *s)
{
	return s->alive.is_known && memcmp(s->alive.boot, s->boot_id, HJ_ID_BYTES);
}

static void tell_once(struct stored *s, int64_t begin_ms, int64_t end_ms)
{
	if (!s->alive.told)
		tell_power(s, begin_ms, end_ms);
	s->alive.told = true;
}

void poweron_suspect(struct stored *s)
{
	if (!has_failed(s))
		return;
	tell_once(s, s->alive.ms, hj_time_moved(s->begun_ms, s->trust.ahead_ms));
	commit_urgent(s);
}

void poweron_check(struct stored *s, int64_t end_ms)
{
	/* A clock that went back meanwhile was wrong before or is now: a failure has no length below 0. */
	int64_t begin_ms = hj_min(s->alive.ms, end_ms);
	char body[96];
	int r;

	if (!has_failed(s))
		return;
	hj_notice("the machine was started anew: it was off after the last commit, for %lld s",
	        (long long)(end_ms - begin_ms) / HJ_MS_PER_SEC);
	tell_once(s, begin_ms, end_ms);
	snprintf(body, sizeof(body), "{\"begin\":%" PRId64 ",\"end\":%" PRId64 "}", begin_ms, end_ms);
	r = commit_queue(s, HJ_KIND_POWERON, end_ms, 0, body, strlen(body), NULL, NULL);
	if (r < 0)
		hj_log_error(r, "the power failure gets no record");
	commit_urgent(s);
}
