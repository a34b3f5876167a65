/* The way to the disk: rows wait in a bounded queue, are committed together after a short wait, and only then
 * answered and shown. While the disk refuses them they stay here, in order, and are offered again with back-off; what
 * finds the queue full is refused and counted. */
#include "eventd.h"
#include "api_journal.h"
#include "hjgate/ipc.h"
#include "hjgate/verify_serve.h"
#include "hjgate/log.h"
#include "hjgate/now.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void op_free(struct op *op)
{
	if (!op)
		return;
	row_done(&op->row);
	hj_ipc_call_unref(op->call);
	free(op);
}

void eventd_drop_queue(struct eventd *d)
{
	for (size_t i = 0; i < d->queued; i++)
		op_free(d->queue[i]);
	d->queued = 0;
}

void eventd_finds_again(struct eventd *d, const char *code)
{
	for (size_t i = 0; i < d->queued; i++)
		d->queue[i]->again |= !d->queue[i]->call && !strcmp(d->queue[i]->row.code, code);
}

static void drop_found_again(struct eventd *d)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->queued; i++)
		if (d->queue[i]->again && !d->queue[i]->there)
			op_free(d->queue[i]);
		else
			d->queue[kept++] = d->queue[i];
	d->queued = kept;
}

static void arm(struct eventd *d, hj_usec wait)
{
	sd_event_source_set_time(d->commit_timer, hj_now().mono + wait);
	sd_event_source_set_enabled(d->commit_timer, SD_EVENT_ONESHOT);
}

struct op *eventd_waiting(const struct eventd *d, const char *code, const char *key)
{
	for (size_t i = d->queued; i-- > 0;) {
		struct op *op = d->queue[i];

		if ((op->row.is == ROW_BEGIN || op->row.is == ROW_END) && !strcmp(op->row.code, code) &&
		        !strcmp(op->row.key, key))
			return op;
	}
	return NULL;
}

int eventd_put(struct eventd *d, struct row *row, struct hj_ipc_call *call)
{
	struct op *op = NULL;

	if (d->queued < (call ? QUEUE_MAX - QUEUE_OWN : QUEUE_MAX))
		op = calloc(1, sizeof(*op));
	if (!op) {
		d->lost++;
		row_done(row);
		return -ENOBUFS;
	}
	op->row = *row;
	row->values = row->cause = NULL;
	if (row->is == ROW_END && !row->of)
		op->after = eventd_waiting(d, row->code, row->key);
	op->early = !d->ledger && row->code[0] && !eventd_waiting(d, row->code, row->key);
	op->call = call ? hj_ipc_call_ref(call) : NULL;
	d->queue[d->queued++] = op;
	if (d->queued == 1)
		arm(d, d->retry ? d->retry : GROUP_WAIT);
	return 0;
}

int eventd_append(struct eventd *d, const struct row *row, uint64_t *ret_seq)
{
	_cleanup_(hj_buf_done) struct hj_buf body = { 0 };
	struct hj_head head = { .kind = row_is_event(row)      ? ROW_KIND_EVENT
		                        : row->is == ROW_SHIFT ? ROW_KIND_SHIFT
		                                               : ROW_KIND_FOLLOW,
		.trust = row->trust,
		.label_ms = row->time_ms,
		.boottime_ms = (int64_t)(hj_now().mono / HJ_USEC_PER_MS) };
	int r;

	memcpy(head.boot_id, d->boot_id, sizeof(head.boot_id));
	r = row_encode(row, &body);
	if (r >= 0)
		r = hj_ledger_append(d->ledger, &head, body.data, body.len);
	if (r < 0)
		return r;
	*ret_seq = head.seq;
	return 0;
}

/* Only now is it known what was open: an end finds its event, a begin that is known already is left out. */
static bool is_worth_writing(const struct eventd *d, struct op *op)
{
	/* The end of a begin that said nothing new ends what was open before. */
	bool unsure = op->early || (op->after && !op->after->seq);
	const struct event *e = unsure ? book_find_open(&d->book, op->row.code, op->row.key) : NULL;

	if (!unsure || op->row.is == ROW_MOMENT)
		return true;
	if (op->row.is == ROW_END && e)
		op->row.of = e->id;
	return (op->row.is == ROW_END) == (e != NULL);
}

static int append_all(struct eventd *d)
{
	int r;

	for (size_t i = 0; i < d->queued; i++) {
		struct op *op = d->queue[i];

		if (op->after)
			op->row.of = op->after->seq;
		if (op->there)
			continue;
		op->seq = 0;
		if (!is_worth_writing(d, op))
			continue;
		r = eventd_append(d, &op->row, &op->seq);
		if (r < 0)
			return r;
	}
	r = outbox_put(d->outbox);
	r = r < 0 ? r : head_put(d);
	return r < 0 ? r : hj_ledger_commit(d->ledger);
}

/* ---- when it is on disk ---- */

static void show(struct eventd *d, struct op *op)
{
	bool is_event = row_is_event(&op->row);
	struct event *e;
	int error = 0;

	if (is_event && !op->there) {
		d->events++;
		if (d->first_ms == NO_END)
			d->first_ms = op->row.time_ms;
	}
	if (is_event)
		folds_written(&d->folds, op->row.code, op->row.key, op->seq);
	/* What was found was read back with the rest. */
	e = op->there ? book_find(&d->book, is_event ? op->seq : op->row.of)
	              : book_apply(&d->book, op->seq, &op->row, &error);
	if (error < 0)
		hj_log_error(
		        error, "event %" PRIu64 " is on disk, but cannot be shown before the next start", op->seq);
	if (e) {
		eventd_changed(d, e);
		store_log_event(d->store_log, e, &op->row);
		if (!*d->root)
			journal_event(e, op->row.is); /* below a root it is not the machine's */
	}
	offline_changed(d, op->row.code);
	book_trim(&d->book);
}

static void answer(const struct op *op)
{
	uint64_t id = op->seq && op->row.of ? op->row.of : op->seq;

	if (op->call && op->row.is == ROW_CAUSE)
		hj_ipc_reply(op->call, NULL);
	else if (op->call)
		hj_ipc_reply(op->call, json_pack("{s:I}", "id", (json_int_t)id));
}

static void all_written(struct eventd *d)
{
	struct op *done[QUEUE_MAX];
	size_t n = d->queued;

	/* Answers may bring the next call at once: the queue is free before the first is given. */

	memcpy(done, d->queue, n * sizeof(*done));
	d->queued = 0;
	for (size_t i = 0; i < n; i++)
		if (done[i]->seq)
			show(d, done[i]);
	for (size_t i = 0; i < n; i++) {
		answer(done[i]);
		op_free(done[i]);
	}
	eventd_pump(d);
}

/* ---- trouble ---- */

static const char *in_words(int error)
{
	switch (error) {
	case -EOPNOTSUPP:
		return "a newer hjgate made the file";
	case -EMEDIUMTYPE:
		return "the file is no ledger of ours";
	case -ENODEV:
		return "its file system is not there";
	case -EBUSY:
		return "another process has the file open";
	default:
		return strerror(-error);
	}
}

static void tell_trouble(struct eventd *d, int error)
{
	char values[256];

	hj_error("cannot write events to %s: %s: %zu wait in RAM, trying again at least every %d s", d->path,
	        in_words(error), d->queued, (int)(RETRY_MOST / HJ_USEC_PER_SEC));
	snprintf(values, sizeof(values), "{\"error\":\"%s\"}", in_words(error));
	d->told_trouble = true;
	eventd_say(d, "disk-trouble", ROW_BEGIN, "events.db", values);
}

/* A file opened while its file system was read-only stays so; what else may be wrong with it, opening it anew shows.
 * Room, it needs only. What is open stays known from the book. */
static void let_go(struct eventd *d, int error)
{
	if (!d->ledger)
		return;
	hj_ledger_rollback(d->ledger);
	if (error == -ENOSPC || error == -ENOMEM)
		return;
	hj_verifying_free(d->verifying);
	hj_ledger_close(d->ledger);
	d->ledger = NULL;
}

/* Others than the timer try, too: they do not make it wait longer. */
int eventd_failed(struct eventd *d, int error)
{
	hj_usec now = hj_now().mono;

	let_go(d, error);
	if (!d->told_trouble)
		tell_trouble(d, error);
	if (now < d->retry_at)
		return error;
	d->retry = d->retry ? hj_min(d->retry * 2, (hj_usec)RETRY_MOST) : RETRY_LEAST;
	d->retry_at = now + d->retry;
	arm(d, d->retry);
	return error;
}

/* Of what found the queue full; those who reported it know, but no person does yet. */
static void tell_lost(struct eventd *d)
{
	char values[96];

	if (d->lost == d->lost_told)
		return;
	snprintf(values, sizeof(values), "{\"source\":\"eventd\",\"count\":%" PRIu64 "}", d->lost - d->lost_told);
	d->lost_told = d->lost;
	eventd_say(d, "reports-lost", ROW_MOMENT, "eventd", values);
}

static void worked(struct eventd *d)
{
	d->retry = d->retry_at = 0;
	tell_lost(d);
	if (!d->told_trouble)
		return;
	hj_notice("events are written to %s again (%" PRIu64 " lost so far)", d->path, d->lost);
	d->told_trouble = false;
	eventd_say(d, "disk-trouble", ROW_END, "events.db", NULL);
}

static int is_this(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	struct op *op = userdata;

	op->there = head->label_ms == op->row.time_ms && row_encode(&op->row, &b) >= 0 && b.len == n &&
	            !memcmp(b.data, body, n);
	return 1;
}

/* What could not be synced may be on the disk all the same: all of a transaction, or nothing. */
static void find_there(struct eventd *d)
{
	for (size_t i = 0; i < d->queued; i++) {
		struct op *op = d->queue[i];

		op->there = false;
		if (op->seq)
			hj_ledger_read(d->ledger, op->seq, op->seq, 0, is_this, op);
	}
}

int eventd_flush(struct eventd *d)
{
	bool anew = !d->ledger;
	int r;

	r = eventd_open(d);
	if (r == -EINPROGRESS)
		return r;
	if (r >= 0 && anew)
		find_there(d);
	if (r >= 0)
		drop_found_again(d);
	if (r >= 0 && (d->queued || outbox_wants_commit(d->outbox)))
		r = append_all(d);
	if (r < 0)
		return eventd_failed(d, r);
	outbox_committed(d->outbox);
	all_written(d);
	worked(d);
	outbox_pump(d->outbox);
	head_committed(d);
	return 0;
}
