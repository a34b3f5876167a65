/* QNs outlive a restart: hj212_qn.h's stretches lie in the store as one text, "LIMIT BOOT_ID OFFSET FROM" of the one
 * that grows, and "FROM TO" of each that was left. Its limit is ahead of what is used, and it is on the disk before a
 * QN of it goes out, so that a crash costs a jump and never a repetition. A version before this one writes and reads
 * the first three words alone. */
#include "feed_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/now.h"

#define QN_AHEAD_MS  180000 /* reserved at a time */
#define QN_RENEW_MS  150000 /* left when the next are reserved, with what the store commits within a minute anyway */
#define QN_SOON_MS   70000  /* left when they are reserved at once */
#define OFFSET_SLACK 1000   /* ms the wall clock may have been slewed back without mistrust */
#define OLD_SPAN_MS  (30 * HJ_MS_PER_DAY) /* of a text without FROM: so long before LIMIT QNs count as used */

/* In the same boot, with a wall clock that has not gone back since, every QN used is at most now and the slack; else
 * the whole reservation counts as used. */
static int64_t newest_used(int64_t limit, int64_t offset, bool same_boot, struct hj_now now)
{
	if (same_boot && hj_clock_ahead(&now) + OFFSET_SLACK >= offset) /* offset: whatever the text says */
		return hj_min(limit, now.wall_ms + OFFSET_SLACK);
	return limit;
}

static bool take_time(const char **p, int64_t *ret)
{
	char *end;
	long long ms = strtoll(*p, &end, 10);

	if (end == *p || ms < 0 || ms > HJ_TIME_MAX_MS)
		return false;
	*p = end;
	*ret = ms;
	return true;
}

/* Of a limit that is far ahead little more than the last day can have been used: QNs then grow by a ms each. */
static int64_t old_from(int64_t limit, struct hj_now now)
{
	return limit - (limit > now.wall_ms + HJ212_QN_APART ? HJ212_QN_APART : OLD_SPAN_MS);
}

void feed_qn_read(const char *text, const char *boot, struct hj_now now, struct hj212_qn *ret)
{
	struct hj212_qn q = { .kept = HJ212_QN_NONE };
	int64_t limit, offset;
	char of_boot[64];
	int n = 0;

	*ret = q;
	if (!text || sscanf(text, "%" SCNd64 " %63s %" SCNd64 "%n", &limit, of_boot, &offset, &n) != 3 || limit < 0)
		return;
	limit = hj_min(limit, HJ_TIME_MAX_MS);
	text += n;
	if (!take_time(&text, &q.now.from))
		q.now.from = hj_max(old_from(limit, now), (int64_t)0);
	q.now.to = newest_used(limit, offset, !strcmp(of_boot, boot), now);
	q.now.from = hj_min(q.now.from, q.now.to + 1);
	while (q.left_count < HJ212_QN_LEFT) {
		struct hj212_qn_span *s = &q.left[q.left_count];

		if (!take_time(&text, &s->from) || !take_time(&text, &s->to) || s->to < s->from)
			break;
		q.left_count++;
	}
	*ret = q;
}

/* Where QNs are ahead of the clock, since it went back, the offset is what it would be if it had not. */
void feed_qn_mark(
        const struct hj212_qn *q, int64_t limit, const char *boot, struct hj_now now, char ret[FEED_QN_TEXT])
{
	int n;

	now.wall_ms = hj_max(now.wall_ms, q->now.to);
	n = snprintf(ret, FEED_QN_TEXT, "%" PRId64 " %s %" PRId64 " %" PRId64, limit, boot, hj_clock_ahead(&now),
	        q->now.from);
	for (unsigned i = 0; i < q->left_count && n > 0 && n < FEED_QN_TEXT; i++)
		n += snprintf(
		        ret + n, (size_t)(FEED_QN_TEXT - n), " %" PRId64 " %" PRId64, q->left[i].from, q->left[i].to);
}

bool feed_qn_wants(struct hj212_qn *q, struct hj_now now, struct hj212_qn_span *ret, bool *ret_later)
{
	int64_t next = hj212_qn_look(q, now), left = hj212_qn_is_kept(q, next) ? q->kept.to - next : 0;

	if (left > QN_RENEW_MS)
		return false;
	*ret = (struct hj212_qn_span){ q->now.from, next + QN_AHEAD_MS };
	*ret_later = left > QN_SOON_MS;
	return true;
}

/* Of one life there is one boot; where there is none, the whole reservation counts as used. */
static const char *boot_text(struct feed *f)
{
	uint8_t boot[HJ_ID_BYTES] = { 0 };

	if (!f->boot_known) {
		f->boot_known = hj_boot_id(f->u->root, boot) >= 0;
		hj_id_format(boot, f->boot);
	}
	return f->boot;
}

void feed_qn_loaded(struct feed *f, const char *text)
{
	feed_qn_read(text, boot_text(f), hj_now(), &f->qn);
}

static void on_reserved(const char *error, json_t *reply, bool continues, void *userdata)
{
	struct feed *f = userdata;

	f->qn_busy = false;
	if (error)
		return;
	hj212_session_qn_kept(f->u->session, f->qn_asked);
	uplinkd_pump(f->u);
}

void feed_qn(struct feed *f)
{
	struct hj212_qn *q = hj212_session_qn(f->u->session);
	struct hj_now now = hj_now();
	char text[FEED_QN_TEXT];
	bool later;

	if (f->u->adhoc || f->qn_busy || !feed_qn_wants(q, now, &f->qn_asked, &later))
		return;
	feed_qn_mark(q, f->qn_asked.to, boot_text(f), now, text);
	f->qn_busy = (later ? feed_call_later(f, "qn", text, on_reserved, f)
	                    : feed_call_setting(f, "qn", json_pack("{s:s}", "value", text), on_reserved, f)) >= 0;
}

/* The last word is said on a connection of its own, without the loop: what was used, exactly, so that the next start
 * need not jump. */
void feed_qn_last_word(struct feed *f)
{
	struct hj_ipc_ask ask;
	char text[FEED_QN_TEXT], name[96];
	const struct hj212_qn *q;
	json_t *reply = NULL;

	if (!f->loaded || !f->u->session || hj_ipc_ask_open(f->path, &ask) < 0)
		return;
	q = hj212_session_qn(f->u->session);
	feed_qn_mark(q, q->now.to, boot_text(f), hj_now(), text);
	snprintf(name, sizeof(name), "uplink.%s.qn", f->u->name);
	hj_ipc_ask(&ask, "hjgate.Store.Setting", json_pack("{s:s, s:s}", "name", name, "value", text),
	        FEED_LAST_WORD_MS, &reply);
	json_decref(reply);
	hj_ipc_ask_close(&ask);
}
