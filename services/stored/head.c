/* Heads: a few digits that stand on every record up to a number. eventd keeps one of each day, start and stop, and
 * the day's goes to every platform as a log record: so not even who has all keys can rewrite what lies below it
 * unseen. */
#include "stored.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/log.h"

#define DAY_KEY  "head.day" /* of the newest daily head */
#define HEAD_MAX (24 + HJ_LEDGER_HEAD_DIGITS)

static int make(struct stored *s, char ret[HEAD_MAX])
{
	uint64_t last = s->ledger ? hj_ledger_last(s->ledger) : 0;
	char digits[HJ_LEDGER_HEAD_DIGITS + 1];
	int r = last && hj_ledger_rows(s->ledger) ? hj_ledger_head(s->ledger, last, digits) : -ENODATA;

	if (r >= 0)
		snprintf(ret, HEAD_MAX, "%" PRIu64 ":%s", last, digits);
	return r;
}

void head_tell(struct stored *s)
{
	char head[HEAD_MAX];

	if (make(s, head) >= 0)
		tell_head(s, head);
}

void head_load(struct stored *s)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };

	s->head_day = INT64_MIN;
	if (hj_ledger_get(s->ledger, DAY_KEY, &b) >= 0 && hj_buf_put(&b, "", 1) >= 0)
		s->head_day = strtoll(b.data, NULL, 10);
	s->head_kept = s->head_day;
}

/* With each commit until one succeeds: the log that tells it waits for that, too. */
int head_put(struct stored *s)
{
	char text[24];

	if (s->head_day == s->head_kept)
		return 0;
	snprintf(text, sizeof(text), "%" PRId64, s->head_day);
	return hj_ledger_put(s->ledger, DAY_KEY, text, strlen(text));
}

static int queue_log(struct stored *s, const char *head, int64_t now_ms)
{
	char body[128], time14[HJ_TIME14_LEN + 1];

	hj_time14_format(now_ms, time14);
	snprintf(body, sizeof(body), "{\"text\":\"chain head %s of %.4s-%.2s-%.2s\"}", head, time14, time14 + 4,
	        time14 + 6);
	return commit_queue(s, HJ_KIND_LOG, now_ms, 0, body, strlen(body), NULL, NULL);
}

void head_committed(struct stored *s, int64_t now_ms)
{
	int64_t day = hj_window_start(now_ms, HJ_MS_PER_DAY);
	bool first = s->head_day == INT64_MIN;
	char head[HEAD_MAX];

	s->head_kept = s->head_day;
	if (day == s->head_day || make(s, head) < 0)
		return;
	s->head_day = day;
	if (first) /* what there is was made today, and its start has been told */
		return;
	tell_head(s, head);
	if (queue_log(s, head, now_ms) < 0)
		hj_warn("no room for the chain's head of the day: no platform is told it");
}
