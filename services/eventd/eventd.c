/* Making and freeing: the timers, the first opening of the ledger, the program's own start and stop. */
#include "eventd.h"
#include "hjgate/backup.h"
#include "hjgate/verify_serve.h"
#include "hjgate/log.h"
#include "hjgate/now.h"

#include <errno.h>

static int on_commit(sd_event_source *source, uint64_t now, void *userdata)
{
	struct eventd *d = userdata;

	if (eventd_flush(d) >= 0)
		eventd_cut(d);
	return 0;
}

static int on_folds(sd_event_source *source, uint64_t now, void *userdata)
{
	eventd_write_folds(userdata, hj_now().mono);
	return 0;
}

static int add_timer(struct eventd *d, sd_event_time_handler_t fn, sd_event_source **ret)
{
	int r;

	r = sd_event_add_time(d->event, ret, CLOCK_BOOTTIME, 0, 5 * HJ_USEC_PER_MS, fn, d);
	return r < 0 ? r : sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
}

static int start(struct eventd *d, const char *root)
{
	int r;

	r = hj_path(root, HJ_DIR_STATE, "events.db", d->path);
	if (r < 0)
		return hj_log_error(r, "the path of events.db is too long");
	r = hj_keyring_new(root, true, &d->keyring);
	if (r < 0)
		return hj_log_error(r, "cannot make the keyring");
	r = hj_boot_id(root, d->boot_id);
	if (r < 0)
		hj_log_error(r, "cannot read the boot id: events go without it");
	r = add_timer(d, on_commit, &d->commit_timer);
	if (r >= 0)
		r = add_timer(d, on_folds, &d->fold_timer);
	if (r >= 0)
		r = eventd_watch_keys(d);
	if (r >= 0)
		r = salvage_timers(d);
	if (r >= 0)
		r = offline_init(d);
	return r < 0 ? hj_log_error(r, "cannot make timers") : 0;
}

int eventd_new(sd_event *event, const char *root, struct eventd **ret)
{
	_cleanup_(eventd_freep) struct eventd *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return -ENOMEM;
	d->event = sd_event_ref(event);
	d->root = root;
	hj_backup_tidy(root, "events.db");
	d->book = (struct book){ .newest = EVENTS_IN_RAM, .keep_open = true };
	d->first_ms = NO_END;
	folds_init(&d->folds);
	r = start(d, root);
	if (r < 0)
		return r;
	r = eventd_start_trust(d);
	if (r < 0)
		hj_log_error(r, "nobody tells what the clock is trusted by: going by the time daemon");
	r = outbox_new(d, &d->outbox);
	if (r < 0)
		hj_log_error(r, "nobody is alerted: events are kept only");
	r = conf_watch_new(d, &d->conf_watch);
	if (r < 0)
		hj_log_error(r, "changes of the configuration are not told");
	r = store_log_new(d, &d->store_log);
	if (r < 0)
		hj_log_error(r, "no event becomes a log for the platforms");
	/* Trouble with the disk does not keep us from starting: reports wait in RAM and it is tried again. */
	eventd_say(d, "program-start", ROW_MOMENT, "eventd", "{\"program\":\"eventd\"}");
	eventd_flush(d);
	eventd_watch_clock(d);
	*ret = hj_steal(d);
	return 0;
}

void eventd_spare(void *userdata)
{
	struct eventd *d = userdata;

	hj_ledger_spare(d->ledger);
}

void eventd_free(struct eventd *d)
{
	if (!d)
		return;
	outbox_stop(d->outbox);
	if (d->commit_timer && d->fold_timer) {
		salvage_finish(d);
		/* First what waits: a count or an end can only be written behind its event. */
		eventd_flush(d);
		eventd_write_folds(d, HJ_USEC_NEVER);
		eventd_say(d, "program-stop", ROW_MOMENT, "eventd", "{\"program\":\"eventd\"}");
		if (eventd_flush(d) < 0)
			hj_error("%zu events are lost: the disk does not take them", d->queued);
	}
	eventd_drop_queue(d);
	eventd_end_streams(d);
	eventd_stop_trust(d);
	store_log_free(d->store_log);
	outbox_free(d->outbox);
	conf_watch_free(d->conf_watch);
	hj_backup_free(d->backup);
	hj_verifying_free(d->verifying);
	folds_done(&d->folds);
	book_done(&d->book);
	hj_salvage_free(d->salvage);
	hj_ledger_close(d->opening);
	hj_ledger_close(d->ledger);
	hj_keyring_free(d->keyring);
	sd_event_source_disable_unref(d->searching);
	sd_event_source_disable_unref(d->commit_timer);
	sd_event_source_disable_unref(d->fold_timer);
	sd_event_source_disable_unref(d->key_timer);
	sd_event_source_disable_unref(d->salvage_timer);
	sd_event_source_disable_unref(d->clock);
	offline_done(d);
	sd_event_unref(d->event);
	free(d);
}
