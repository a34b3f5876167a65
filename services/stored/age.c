/* What time it is for retention. What is cut does not come back, so a wrong date alone, 2090 say, must not make
 * everything too old: this time follows the wall clock forward at most four times as fast as time passes here, is
 * kept over a start, and is never later than the clock. A box that was off for a month keeps what it has for some
 * days longer. */
#include "stored.h"

#include "hjgate/log.h"

#define AGE_KEY    "retention.now" /* ms UTC, 8 bytes */
#define AGE_BYTES  8
#define FASTER     4
#define KEPT_EVERY (3600 * HJ_MS_PER_SEC) /* of this time */
#define NOT_KEPT   0                      /* a guess is kept at once, before a wrong date makes another */
#define LEAST_MS   1767225600000LL        /* 2026-01-01: it was later than that when this was made */

static int note_label(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	*(int64_t *)userdata = head->label_ms;
	return 1;
}

/* Where nothing was kept: the newest record is as old as that, and an empty store has nothing to lose. */
static int64_t first_guess(struct stored *s)
{
	uint64_t last = hj_ledger_last(s->ledger);
	int64_t label = hj_now().wall_ms;

	if (last)
		hj_ledger_read(s->ledger, last, last, HJ_LEDGER_HEADS, note_label, &label);
	return label;
}

void age_load(struct stored *s)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	struct hj_reader in;
	int r = hj_ledger_get(s->ledger, AGE_KEY, &b);

	in = (struct hj_reader){ .p = (uint8_t *)b.data, .end = (uint8_t *)b.data + b.len };
	s->age.kept_ms = r >= 0 && b.len == AGE_BYTES ? (int64_t)hj_get_be(&in, AGE_BYTES) : NOT_KEPT;
	s->age.ms = s->age.kept_ms == NOT_KEPT ? first_guess(s) : s->age.kept_ms;
	s->age.ms = hj_max(s->age.ms, LEAST_MS);
	s->age.at = hj_now().mono;
	s->age.put_ms = s->age.kept_ms;
}

int64_t age_now(struct stored *s)
{
	struct hj_now now = hj_now();
	int64_t passed = (int64_t)((now.mono - s->age.at) / HJ_USEC_PER_MS);

	s->age.at = now.mono;
	if (now.wall_ms > s->age.ms)
		s->age.ms = hj_min(now.wall_ms, s->age.ms + FASTER * passed);
	return hj_min(now.wall_ms, s->age.ms);
}

int age_put(struct stored *s, bool now)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	int r;

	age_now(s);
	if (!now && s->age.ms < s->age.kept_ms + KEPT_EVERY)
		return 0;
	r = hj_buf_put_be(&b, (uint64_t)s->age.ms, AGE_BYTES);
	r = r < 0 ? r : hj_ledger_put_clear(s->ledger, AGE_KEY, b.data, b.len);
	s->age.put_ms = s->age.ms;
	return r;
}

void age_committed(struct stored *s)
{
	s->age.kept_ms = hj_max(s->age.kept_ms, s->age.put_ms);
}
