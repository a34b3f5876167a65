/* What a report becomes: a row, a count in a following row, or nothing where it says what is known. A begin for what
 * is open and an end for what is not are answered with id 0, so that whoever reports may simply say it again. */
#include "eventd.h"
#include "hjgate/event.h"
#include "hjgate/ipc.h"
#include "hjgate/now.h"
#include "hjgate/text.h"

#include <errno.h>
#include <string.h>

/* By which clock the row's time is, where its reporter does not know better. */
static void stamp(const struct eventd *d, struct row *row)
{
	struct hj_now now = hj_now();

	row->trust = hj_max(row->trust, d->trust);
	if (!row->trust)
		row->ahead_ms = hj_clock_ahead(&now);
}

static int answer(struct hj_ipc_call *call, uint64_t id)
{
	return call ? hj_ipc_reply(call, json_pack("{s:I}", "id", (json_int_t)id)) : 0;
}

static bool is_open(const struct eventd *d, const struct row *row, uint64_t *ret_id)
{
	const struct op *op = eventd_waiting(d, row->code, row->key);
	const struct event *e = book_find_open(&d->book, row->code, row->key);

	*ret_id = 0;
	if (op)
		return op->row.is == ROW_BEGIN;
	if (e)
		*ret_id = e->id;
	return e;
}

static void arm_folds(struct eventd *d)
{
	if (d->folds.write_at == HJ_USEC_NEVER)
		return;
	sd_event_source_set_time(d->fold_timer, d->folds.write_at);
	sd_event_source_set_enabled(d->fold_timer, SD_EVENT_ONESHOT);
}

static int folded(struct eventd *d, const struct rate *rate, struct row *row, struct hj_ipc_call *call)
{
	row_done(row);
	arm_folds(d);
	return answer(call, rate->id);
}

static int log_begin(struct eventd *d, struct row *row, struct hj_ipc_call *call)
{
	const struct rate *rate;
	hj_usec now = hj_now().mono;
	uint64_t id;

	rate = folds_find(&d->folds, row->code, row->key);
	if (row->is == ROW_BEGIN && is_open(d, row, &id) && !(rate && rate->held)) {
		row_done(row);
		return answer(call, 0);
	}
	rate = folds_event(&d->folds, row, now);
	return rate ? folded(d, rate, row, call) : eventd_put(d, row, call);
}

static int log_end(struct eventd *d, struct row *row, struct hj_ipc_call *call)
{
	const struct rate *rate = folds_find(&d->folds, row->code, row->key);

	/* Before the ledger could be opened nobody knows what is open, but for what waits: the row waits, too, and
	 * that is found out when it can. */
	if ((rate && rate->held) ||
	        (!is_open(d, row, &row->of) && (d->ledger || eventd_waiting(d, row->code, row->key)))) {
		row_done(row);
		return answer(call, 0);
	}
	rate = d->ledger ? folds_end(&d->folds, row, hj_now().mono) : NULL;
	return rate ? folded(d, rate, row, call) : eventd_put(d, row, call);
}

int eventd_log(struct eventd *d, struct row *row, struct hj_ipc_call *call)
{
	stamp(d, row);
	eventd_heed_trust(d, row->code);
	conf_watch_heed(d->conf_watch, row);
	return row->is == ROW_END ? log_end(d, row, call) : log_begin(d, row, call);
}

void eventd_write_folds(struct eventd *d, hj_usec due)
{
	struct row row;

	/* What finds no room stays folded: an end that is dropped would leave its event open for ever. */
	while (d->queued < QUEUE_MAX && folds_take(&d->folds, due, &row)) {
		stamp(d, &row);
		eventd_put(d, &row, NULL);
	}
	folds_wait(&d->folds, hj_now().mono);
	arm_folds(d);
}

void eventd_say(struct eventd *d, const char *code, enum row_is is, const char *key, const char *values)
{
	struct row row = { .is = is, .time_ms = hj_now().wall_ms };

	hj_text_copy(row.code, sizeof(row.code), code);
	hj_text_copy(row.key, sizeof(row.key), key);
	hj_text_copy(row.source, sizeof(row.source), "eventd");
	row.values = values ? strdup(values) : NULL;
	eventd_log(d, &row, NULL);
}
