/* Records that a platform does not acknowledge while it does acknowledge others: it hangs up on them, knows their
 * command not at all, or refuses them. Oldest first would mean that one of them holds up all that follow, for ever.
 * So a record that was under way at two losses of the link in a row goes after all others, and after a pause that
 * doubles from try to try. It stays owed: only an acknowledgement confirms it. The set is bounded; where it is full
 * neighbours are joined and go later too. */
#include "feed_private.h"

#include "hjgate/log.h"
#include "hjgate/now.h"

#define PAUSE_FIRST HJ_USEC_PER_SEC
#define PAUSE_MOST  (3600 * HJ_USEC_PER_SEC)

static void add(struct feed_shy *s, const struct job *j)
{
	if (!j->also_count)
		hj_seqset_add(&s->set, j->seq, j->seq);
	for (unsigned i = 0; i < j->also_count; i++)
		hj_seqset_add(&s->set, j->also[i].from, j->also[i].to);
}

void feed_shy_lost(struct feed *f, const struct job *j)
{
	struct feed_shy *s = &f->shy;

	if (!j->seq)
		return;
	if (hj_seqset_has(&s->set, j->seq) || s->lost == j->seq) {
		hj_notice("uplink %s: record %llu was under way when the connection was lost, and again: others go "
		          "first",
		        f->u->name, (unsigned long long)j->seq);
		add(s, j);
		s->pause = s->pause ? hj_min(2 * s->pause, (hj_usec)PAUSE_MOST) : PAUSE_FIRST;
		s->not_before = hj_now().mono + s->pause;
	}
	s->lost = j->seq;
}

void feed_shy_confirmed(struct feed *f, uint64_t from, uint64_t to)
{
	struct feed_shy *s = &f->shy;

	if (!s->set.count || !hj_seqset_has(&s->set, from))
		return;
	hj_seqset_remove(&s->set, from, to);
	s->pause = s->not_before = 0;
}

bool feed_shy_waits(const struct feed *f, uint64_t seq)
{
	return !f->shy.turn && hj_seqset_has(&f->shy.set, seq);
}

/* Once a try: until one of them is lost or confirmed, or the link is another. */
bool feed_shy_turn(struct feed *f)
{
	struct feed_shy *s = &f->shy;

	s->turn = s->set.count && !s->turn && hj_now().mono >= s->not_before;
	if (s->turn)
		s->not_before = HJ_USEC_NEVER;
	return s->turn;
}

void feed_shy_link_up(struct feed *f)
{
	f->shy.turn = false;
	if (f->shy.not_before == HJ_USEC_NEVER)
		f->shy.not_before = 0;
}

void feed_shy_pull(struct feed *f)
{
	if (f->scanning || !feed_shy_turn(f))
		return;
	f->scanning = true;
	f->page_from = 1;
}

hj_usec feed_shy_deadline(const struct feed *f)
{
	bool asks = f->scanning || f->paging || feed_fold_busy(f) || !feed_is_up(f);

	return f->shy.set.count && !asks ? f->shy.not_before : HJ_USEC_NEVER;
}
