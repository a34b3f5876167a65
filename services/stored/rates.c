/* How fast the records grow, and how much is written for them: measured with each commit, kept once an hour. */
#include "stored.h"

#include "hjgate/log.h"
#include "hjgate/written.h"

#define GROWTH_KEY  "rate.growth"
#define WRITTEN_KEY "rate.written"
#define KEPT_EVERY  (3600 * HJ_USEC_PER_SEC)

static void load(struct stored *s, const char *key, struct hj_rate *ret)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };

	*ret = (struct hj_rate){ 0 };
	/* What does not decode is measured anew. */
	if (hj_ledger_get(s->ledger, key, &b) >= 0 && hj_rate_decode(b.data, b.len, ret) < 0)
		hj_warn("what is kept as %s does not decode: it is measured anew", key);
}

void rates_load(struct stored *s)
{
	load(s, GROWTH_KEY, &s->growth);
	load(s, WRITTEN_KEY, &s->written);
	s->used_before = hj_ledger_used(s->ledger);
	s->rates_kept_at = hj_now().mono;
}

static int put(struct stored *s, const char *key, const struct hj_rate *rate)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	int r = hj_rate_encode(rate, &b);

	return r < 0 ? r : hj_ledger_put(s->ledger, key, b.data, b.len);
}

int rates_put(struct stored *s, bool now)
{
	hj_usec mono = hj_now().mono;
	int r;

	if (!now && mono < s->rates_kept_at + KEPT_EVERY)
		return 0;
	r = put(s, GROWTH_KEY, &s->growth);
	r = r < 0 ? r : put(s, WRITTEN_KEY, &s->written);
	if (r >= 0)
		s->rates_kept_at = mono;
	return r;
}

/* A commit that cuts gives room back, which is no growth. What it appended beside is seen by none, and little. */
void rates_note(struct stored *s, const struct hj_now *now, bool cut)
{
	int64_t used = hj_ledger_used(s->ledger), written;

	hj_rate_note(&s->growth, now, cut ? 0 : used - s->used_before);
	s->used_before = used;
	if (hj_written(&written) < 0)
		return;
	hj_rate_note(&s->written, now, written - s->written_before);
	s->written_before = written;
}
