/* The backlog, read in pages while the link is up. The next page is asked for while the one before is being sent, and
 * both are small, however long the backlog is and however large its records are. What finds no place is read again:
 * the store owes it until it is confirmed. */
#include "feed_private.h"

#include "hjgate/log.h"

#define PAGE_BYTES   16384 /* of the words of a page's records, about: its JSON takes five times as much */
#define PAGE_RECORDS 8     /* at most; two pages fit into the lane */
_Static_assert(2 * PAGE_RECORDS <= LANE_JOBS, "what is read finds a place");

static void take_owed(struct feed *f, struct hj_record *r)
{
	struct job j;
	int k;

	if (feed_shy_waits(f, r->head.seq) || feed_is_known(f, r->head.seq) ||
	        feed_fold_take(f, &r->head, LANE_BACKLOG))
		return;
	k = feed_word(f, r, false, &j);
	if (k == 0)
		feed_confirm(f, r->head.seq, r->head.seq, NULL);
	if (k > 0)
		f->record_bytes = (f->record_bytes * 7 + j.items.len) / 8;
	if (k > 0 && (!uplinkd_is_up(f->u) || lanes_put(&f->u->lanes, LANE_BACKLOG, &j) < 0))
		job_done(&j); /* it is read again */
}

static void on_page(const char *error, json_t *reply, bool continues, void *userdata)
{
	struct feed *f = userdata;
	uint64_t next;
	bool over;

	if (error) {
		f->paging = false;
		if (uplinkd_is_up(f->u))
			f->scanning = true;
		return;
	}
	feed_learn(f, reply);
	feed_take_state(f, reply);
	feed_each_record(f, reply, take_owed);
	next = (uint64_t)feed_int(reply, "next", 0);
	f->page_high = hj_max(f->page_high, next);
	if (continues)
		return;
	f->paging = false;
	over = next > (uint64_t)feed_int(reply, "head", 0) || next <= f->page_from;
	f->page_from = over ? 1 : next;
	f->scanning = !over || feed_shy_turn(f);
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
	        lanes_count(&f->u->lanes, LANE_BACKLOG) > limit)
		return;
	parameters = json_pack(
	        "{s:s, s:I, s:i}", "uplink", f->u->name, "from", (json_int_t)f->page_from, "limit", (int)limit);
	f->paging = hj_ipc_client_call(f->ask, "hjgate.Store.Read", parameters, HJ_IPC_MORE, on_page, f) >= 0;
}

void feed_link_down(struct feed *f)
{
	feed_history_stop(f);
	feed_fold_stop(f);
	f->scanning = false;
}

void feed_link_up(struct feed *f)
{
	if (f->u->adhoc)
		return;
	f->scanning = true;
	feed_shy_link_up(f);
	f->page_from = 1;
	f->page_anew = f->paging; /* what is on its way was asked for on another link */
}
