/* What the clock is trusted by: the store knows, and is asked when it comes up and whenever something about the clock
 * was told. Until it has said so a time daemon is believed, and the setting for the box's own clock. What was told
 * while nobody said that the clock was right gets its true time when somebody does: see shift.h. */
#include "eventd.h"
#include "hjgate/clock_watch.h"
#include "hjgate/conf.h"
#include "hjgate/ipc_client.h"
#include "hjgate/log.h"
#include "hjgate/now.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define AGAIN_AFTER (10 * HJ_USEC_PER_SEC)

struct trust_asking {
	struct eventd *d;
	struct hj_ipc_client *client;
	sd_event_source *timer;
	bool asking, again;
};

/* ---- true times ---- */

struct gathering {
	struct eventd *d;
	struct shift shift;
	int64_t ahead_ms;
	uint64_t from; /* rows before it are known */
	bool more;
};

static int gather(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	struct gathering *g = userdata;
	struct row row;
	int r;

	if (head->trust != HJ_TRUST_NONE || memcmp(head->boot_id, g->d->boot_id, HJ_ID_BYTES))
		return 0;
	r = row_decode(head, body, n, &row);
	if (r < 0)
		return r == -EBADMSG ? 0 : r;
	g->more = row.ahead_ms && !shift_gather(&g->shift, &g->ahead_ms, head->seq, &row);
	row_done(&row);
	return g->more;
}

/* One row for each time that the clock was wrong in another way. */
static int append_shifts(struct eventd *d, const struct hj_now *now, uint64_t *ret_rows)
{
	struct gathering g = { .d = d, .from = d->shifts.upto + 1, .more = true };
	uint64_t seq, last = hj_ledger_last(d->ledger);
	int r = 0;

	*ret_rows = 0;
	while (g.more && r >= 0) {
		struct row row = { .is = ROW_SHIFT, .time_ms = now->wall_ms, .trust = d->trust };

		g.shift = (struct shift){ 0 };
		g.more = false;
		r = hj_ledger_read(d->ledger, g.from, last, 0, gather, &g);
		if (r < 0 || !g.shift.from)
			break;
		row.of = g.shift.from;
		row.upto = g.shift.upto;
		row.by_ms = hj_clock_ahead(now) - g.ahead_ms;
		r = eventd_append(d, &row, &seq);
		g.from = g.shift.upto + 1;
		*ret_rows += row.upto - row.of + 1;
	}
	return r < 0 ? r : 0;
}

static void tell_followers(struct eventd *d, uint64_t from)
{
	for (size_t i = 0; i < d->book.count; i++)
		if (d->book.events[i]->id >= from)
			eventd_changed(d, d->book.events[i]);
	eventd_pump(d);
}

int eventd_correct_times(struct eventd *d, const struct hj_now *now)
{
	uint64_t from, rows = 0;
	int r = eventd_flush(d); /* what was told under the clock as it was */

	if (r < 0 || !d->trust)
		return r;
	from = d->shifts.upto + 1;
	r = append_shifts(d, now, &rows);
	r = r < 0 ? r : hj_ledger_commit(d->ledger);
	if (r < 0) {
		hj_ledger_rollback(d->ledger);
		return hj_log_error(r, "cannot put the times of events right: trying again");
	}
	if (!rows)
		return 0;
	hj_notice("the clock is trusted (%s): %" PRIu64 " rows of events have their true times",
	        hj_trust_name(d->trust), rows);
	r = eventd_read_back(d);
	tell_followers(d, from);
	return r;
}

int eventd_set_trust(struct eventd *d, enum hj_trust trust, const struct hj_now *now)
{
	int r;

	d->trust = trust;
	r = trust ? eventd_correct_times(d, now) : 0;
	store_log_trusted(d->store_log);
	return r;
}

/* ---- asking ---- */

static void ask(struct trust_asking *t);

static void answered(const char *error, json_t *reply, bool continues, void *userdata)
{
	struct trust_asking *t = userdata;
	struct hj_now now = hj_now();
	const char *name = json_string_value(json_object_get(reply, "trust"));
	enum hj_trust trust;
	int r = 0;

	t->asking = false;
	if (!error && name && hj_trust_parse(name, &trust) >= 0)
		r = eventd_set_trust(t->d, trust, &now);
	if (t->again)
		ask(t);
	else if ((error || r < 0) && hj_ipc_client_is_up(t->client)) {
		sd_event_source_set_time_relative(t->timer, AGAIN_AFTER);
		sd_event_source_set_enabled(t->timer, SD_EVENT_ONESHOT);
	}
}

static void ask(struct trust_asking *t)
{
	t->again = t->asking;
	if (t->asking || !hj_ipc_client_is_up(t->client))
		return; /* is_up() comes */
	t->asking = hj_ipc_client_call(t->client, "hjgate.Store.Clock", json_object(), 0, answered, t) >= 0;
}

static void is_up(void *userdata)
{
	ask(userdata);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	ask(userdata);
	return 0;
}

struct hj_ipc_client *eventd_stored(const struct eventd *d)
{
	return d->trust_asking ? d->trust_asking->client : NULL;
}

void eventd_heed_trust(struct eventd *d, const char *code)
{
	if (d->trust_asking && !strncmp(code, "clock-", 6))
		ask(d->trust_asking);
}

/* ---- for the owner ---- */

static enum hj_trust first_guess(const struct eventd *d)
{
	struct hj_conf_errors errors = { 0 };
	struct hj_conf_main conf;

	hj_conf_load_main(d->root, &conf, &errors); /* what is wrong in it keeps its default */
	hj_conf_errors_done(&errors);
	if (hj_clock_synchronised())
		return HJ_TRUST_NTP;
	return hj_conf_trusts_rtc(&conf, d->root) ? HJ_TRUST_RTC : HJ_TRUST_NONE;
}

void eventd_stop_trust(struct eventd *d)
{
	struct trust_asking *t = hj_steal(d->trust_asking);

	if (!t)
		return;
	hj_ipc_client_free(t->client);
	sd_event_source_disable_unref(t->timer);
	free(t);
}

int eventd_start_trust(struct eventd *d)
{
	static const struct hj_ipc_client_events events = { .up = is_up };
	struct trust_asking *t = calloc(1, sizeof(*t));
	char path[HJ_PATH_MAX];
	int r;

	if (!t)
		return -ENOMEM;
	t->d = d;
	d->trust_asking = t;
	d->trust = first_guess(d);
	r = hj_path(d->root, HJ_DIR_RUN, "stored.peer", path);
	r = r < 0 ? r : sd_event_add_time(d->event, &t->timer, CLOCK_BOOTTIME, 0, HJ_USEC_PER_SEC, on_timer, t);
	r = r < 0 ? r : sd_event_source_set_enabled(t->timer, SD_EVENT_OFF);
	return r < 0 ? r : hj_ipc_client_new(d->event, path, &events, t, &t->client);
}
