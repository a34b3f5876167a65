/* The backlog, read in pages while the link is up. The next page is asked for while the one before is being sent, and
 * both are small, however long the backlog is and however large its records are. What finds no place is read again:
 * the store owes it until it is confirmed.
 *
 * What was live when the link was lost is live still where it is soon made again: it is read first, into the live
 * lane, or it would wait for the backlog's hours and budget. */
#include "feed_private.h"

#include "hjgate/log.h"
#include "hjgate/now.h"

#define PAGE_BYTES   16384 /* of the words of a page's records, about: its JSON takes five times as much */
#define PAGE_RECORDS 8     /* at most; two pages fit into the lane */
_Static_assert(2 * PAGE_RECORDS <= LANE_JOBS, "what is read finds a place");

/* ---- what was live just now ---- */

/* Two base windows, this MN's own delay, and the longest pause between two attempts. */
static hj_usec fresh_for(const struct feed *f)
{
	return (hj_usec)(2 * f->u->minute_ms) * HJ_USEC_PER_MS + (hj_usec)f->u->conf.jitter * HJ_USEC_PER_SEC +
	       LINK_PAUSE_MOST;
}

static bool is_fresh(const struct feed *f)
{
	return f->fresh.from && hj_now().mono - f->fresh.since <= fresh_for(f);
}

/* The least of them, as long as it is not too old. */
void feed_fresh(struct feed *f, uint64_t seq)
{
	if (is_fresh(f)) {
		f->fresh.from = hj_min(f->fresh.from, seq);
		return;
	}
	f->fresh.from = seq;
	f->fresh.since = hj_now().mono;
}

static void fresh_lost(struct feed *f)
{
	const struct flights *all = &f->u->flights;
	uint64_t seq = lanes_least(&f->u->lanes, LANE_LIVE);

	if (seq)
		feed_fresh(f, seq);
	for (unsigned i = 0; i < all->size; i++) {
		const struct flight *one = &all->list[i];

		if (one->busy && one->lane == LANE_LIVE && job_least(&one->job))
			feed_fresh(f, job_least(&one->job));
	}
}

/* ---- pages ---- */

static enum lane lane_of(const struct feed *f)
{
	return f->fresh.reading ? LANE_LIVE : LANE_BACKLOG;
}

static void fresh_job(struct feed *f, const struct hj_head *head, struct job *j)
{
	j->again = true;
	if (head->kind != HJ_KIND_STATUS)
		j->not_before = feed_not_before(f, head->label_ms + head->length_ms);
}

static void take_owed(struct feed *f, struct hj_record *r)
{
	enum lane lane = lane_of(f);
	struct job j;
	int k;

	if (feed_shy_waits(f, r->head.seq) || feed_is_known(f, r->head.seq) || feed_fold_take(f, &r->head, lane))
		return;
	k = feed_word(f, r, false, &j);
	if (k == 0)
		feed_confirm(f, r->head.seq, r->head.seq, NULL);
	if (k > 0)
		f->record_bytes = (f->record_bytes * 7 + j.items.len) / 8;
	if (k > 0 && lane == LANE_LIVE)
		fresh_job(f, &r->head, &j);
	if (k > 0 && (!uplinkd_is_up(f->u) || lanes_put(&f->u->lanes, lane, &j) < 0))
		job_done(&j); /* it is read again */
}

/* The last page, or not: where the next one begins. */
static void turn_page(struct feed *f, uint64_t next, uint64_t head)
{
	bool over = next > head || next <= f->page_from;

	f->page_from = over ? 1 : next;
	f->scanning = !over || f->fresh.reading || feed_shy_turn(f);
	if (over && f->fresh.reading)
		f->fresh.from = 0;
	f->fresh.reading = f->fresh.reading && !over;
}

static void on_page(const char *error, json_t *reply, bool continues, void *userdata)
{
	struct feed *f = userdata;
	uint64_t next;

	if (error) {
		f->paging = false;
		if (uplinkd_is_up(f->u))
			f->scanning = true;
		return;
	}
	feed_learn(f, reply);
	feed_take_state(f, reply);
	if (!f->page_anew)
		feed_each_record(f, reply, take_owed);
	next = (uint64_t)feed_int(reply, "next", 0);
	f->page_high = hj_max(f->page_high, next);
	if (continues)
		return;
	f->paging = false;
	turn_page(f, next, (uint64_t)feed_int(reply, "head", 0));
	if (f->page_anew)
		feed_link_up(f);
	uplinkd_pump(f->u);
}

void feed_pull(struct feed *f)
{
	size_t fit = PAGE_BYTES / hj_max(f->record_bytes, (size_t)1);
	unsigned limit;
	json_t *parameters;

	fit = hj_max(fit, (size_t)1);
	limit = (unsigned)hj_min(fit, (size_t)PAGE_RECORDS);
	if (!f->scanning || f->paging || feed_fold_busy(f) || !hj_ipc_client_is_up(f->ask) ||
	        lanes_count(&f->u->lanes, lane_of(f)) > limit)
		return;
	parameters = json_pack(
	        "{s:s, s:I, s:i}", "uplink", f->u->name, "from", (json_int_t)f->page_from, "limit", (int)limit);
	f->paging = hj_ipc_client_call(f->ask, "hjgate.Store.Read", parameters, HJ_IPC_MORE, on_page, f) >= 0;
}

void feed_link_down(struct feed *f)
{
	fresh_lost(f);
	feed_history_stop(f);
	feed_fold_stop(f);
	f->scanning = f->fresh.reading = false;
}

void feed_link_up(struct feed *f)
{
	if (f->u->adhoc)
		return;
	f->scanning = true;
	feed_shy_link_up(f);
	f->page_anew = f->paging; /* what is on its way was asked for on another link */
	f->fresh.reading = is_fresh(f) && !f->page_anew;
	f->page_from = f->fresh.reading ? f->fresh.from : 1;
}
