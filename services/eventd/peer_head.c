/* Heads of the events: a few digits that stand on every row up to a number. The day's is put into the records as a
 * log, so every platform that takes logs has it, and the two files hold each other: records keep the events' heads,
 * events keep the records'. So who has all keys can change no event of a day that is over unseen. */
#include "eventd.h"
#include "hjgate/ipc_client.h"
#include "hjgate/log.h"
#include "hjgate/now.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY "head.day" /* of the ledger's state: of the newest that was put */

void head_load(struct eventd *d)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };

	d->head.day = INT64_MIN;
	if (hj_ledger_get(d->ledger, KEY, &b) >= 0 && hj_buf_put(&b, "", 1) >= 0)
		d->head.day = strtoll(b.data, NULL, 10);
}

int head_put(struct eventd *d)
{
	char text[24];

	if (!d->head.changed)
		return 0;
	snprintf(text, sizeof(text), "%" PRId64, d->head.day);
	d->head.changed = false; /* where the commit fails, the day's head is put twice: no harm */
	return hj_ledger_put(d->ledger, KEY, text, strlen(text));
}

static void answered(const char *error, json_t *reply, bool continues, void *userdata)
{
	struct eventd *d = userdata;

	d->head.asking = false;
	if (error)
		return; /* with the next event, then */
	d->head.day = d->head.asked_day;
	d->head.changed = true;
}

static int put_log(struct eventd *d, int64_t now_ms, struct hj_ipc_client *stored)
{
	char digits[HJ_LEDGER_HEAD_DIGITS + 1], text[128], time14[HJ_TIME14_LEN + 1];
	uint64_t last = hj_ledger_last(d->ledger);
	int r = hj_ledger_head(d->ledger, last, digits);

	if (r < 0)
		return r;
	hj_time14_format(now_ms, time14);
	snprintf(text, sizeof(text), "chain head of events %" PRIu64 ":%s of %.4s-%.2s-%.2s", last, digits, time14,
	        time14 + 4, time14 + 6);
	return hj_ipc_client_call(stored, "hjgate.Store.Put",
	        json_pack("{s:s, s:I, s:{s:s}}", "kind", "log", "label", (json_int_t)now_ms, "body", "text", text), 0,
	        answered, d);
}

/* The first day of a file has none: what there is was made today. */
void head_committed(struct eventd *d)
{
	int64_t now_ms = hj_now().wall_ms, day = hj_window_start(now_ms, HJ_MS_PER_DAY);
	struct hj_ipc_client *stored = eventd_stored(d);

	if (!d->ledger || !d->trust || d->head.asking || day == d->head.day)
		return;
	if (d->head.day == INT64_MIN) {
		d->head.day = day;
		d->head.changed = true;
		return;
	}
	if (!stored || !hj_ipc_client_is_up(stored))
		return;
	d->head.asked_day = day;
	d->head.asking = put_log(d, now_ms, stored) >= 0;
}
