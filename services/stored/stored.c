/* The store as a whole: made from the configuration and the file, freed with a last commit. Owns the ledger, the open
 * windows and the queue to the disk. What the file holds that does not decode is left out and said, never a reason
 * not to start. */
#include "stored.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "hjgate/backup.h"
#include "hjgate/log.h"
#include "hjgate/written.h"

static int make_folder(const char *root)
{
	char path[HJ_PATH_MAX];
	int r = hj_path(root, HJ_DIR_STATE, "", path);

	if (r < 0)
		return r;
	/* The unit has made it; below a root it may be missing. */
	return mkdir(path, 0750) < 0 && errno != EEXIST ? -errno : 0;
}

static const char *open_hint(int r)
{
	switch (r) {
	case -EOPNOTSUPP:
		return "it was made by a newer version: install that one again; the file has not been touched";
	case -EMEDIUMTYPE:
		return "it is some other program's file: move it away; it has not been touched";
	case -ENODEV:
		return "the file system that it was on is not there";
	case -EBUSY:
		return "another process has it open";
	default:
		return strerror(-r);
	}
}

int stored_open(struct stored *s)
{
	char path[HJ_PATH_MAX];
	bool damaged = false;
	int r = make_folder(s->root);

	r = r < 0 ? r : hj_path(s->root, HJ_DIR_STATE, "records.db", path);
	r = r < 0 ? r : hj_place_check(&s->place, path);
	if (r >= 0 && !s->keyring)
		r = hj_keyring_new(s->root, true, &s->keyring);
	r = r < 0 ? r : hj_ledger_open(path, s->keyring, &s->ledger, &damaged);
	s->damaged |= damaged;
	if (r < 0) {
		if (s->error != r) /* it is tried again and again */
			hj_error("cannot open %s: %s", path, open_hint(r));
		return r;
	}
	if (s->damaged) {
		hj_error("%s was damaged: it is kept beside it as .damaged-*, a new one is begun", path);
		tell_damaged(s, path);
	}
	s->damaged = false;
	r = salvage_open(s);
	if (r < 0)
		disk_close(s);
	return r;
}

/* The open windows of the run before. One that does not decode costs what was in the open windows, and nothing
 * else. */
static int load_checkpoint(struct stored *s)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	struct hj_now now = hj_now();
	int r = hj_ledger_get(s->ledger, "open", &b);

	if (r == -ENOENT)
		return 0;
	if (r == -ENOKEY || r == -EBADMSG) {
		hj_error("the open windows of the last run %s: beginning without them",
		        r == -ENOKEY ? "are locked" : "were changed by somebody else");
		return 0;
	}
	if (r < 0)
		return r;
	r = hj_rollup_decode(s->rollup, b.data, b.len, &now);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		hj_error("the open windows of the last run do not decode: beginning without them");
	return 0;
}

void stored_forget(struct stored *s)
{
	hj_fold_free(hj_steal(s->hours));
	hj_fold_free(hj_steal(s->days));
	hj_rollup_free(hj_steal(s->rollup));
	hj_dictionary_done(&s->points);
	free(hj_steal(s->by_point));
	s->by_point_size = s->point_most = 0;
	for (size_t i = 0; i < s->uplink_count; i++)
		hj_receipts_done(&s->uplinks[i].receipts);
	s->uplink_count = s->uplink_left_count = s->durable_count = 0;
	s->confirms_waiting = 0;
	s->cut = (struct cut){ 0 };
	s->trust = (struct trust){ 0 };
	pending_forget(s);
	s->void_count = 0;
	s->loaded = false;
}

int stored_begin_folds(struct stored *s)
{
	int r = hj_fold_new(hj_conf_hour_ms(&s->conf), &s->hours);

	r = r < 0 ? r : hj_fold_new(hj_conf_day_ms(&s->conf), &s->days);
	if (r < 0)
		return r;
	hj_fold_set_normal_part(s->hours, (unsigned)s->conf.normal_part);
	hj_fold_set_normal_part(s->days, (unsigned)s->conf.normal_part);
	return 0;
}

int stored_begin_empty(struct stored *s)
{
	int r = hj_rollup_new(hj_conf_minute_ms(&s->conf), &s->points, &s->rollup);

	s->label_most = INT64_MAX; /* until window_load() has looked */
	if (r < 0)
		return r;
	hj_rollup_set_normal_part(s->rollup, (unsigned)s->conf.normal_part);
	return stored_begin_folds(s);
}

int stored_load(struct stored *s)
{
	int r = dictionary_load(s);

	s->taken_over = false;
	r = r < 0 ? r : stored_begin_empty(s);
	r = r < 0 ? r : load_checkpoint(s);
	r = r < 0 ? r : poweron_load(s);
	r = r < 0 ? r : trust_load(s);
	r = r < 0 ? r : maintain_load(s);
	r = r < 0 ? r : pending_load(s);
	r = r < 0 ? r : void_load(s);
	if (r >= 0)
		age_load(s); /* an uplink of before that was kept counts from now on */
	r = r < 0 ? r : owed_load(s);
	r = r < 0 ? r : window_load(s);
	if (r < 0)
		return r;
	head_load(s);
	commit_note_durable(s);
	rates_load(s);
	disk_note_file(s);
	s->loaded = true;
	backup_load_restored(s);
	return 0;
}

/* A disk in trouble is no reason not to start: samples are taken for the live stream until it is well. */
static int open_and_load(struct stored *s)
{
	int r = disk_open(s), k;

	r = r < 0 ? r : disk_note(s, stored_load(s));
	if (r >= 0 && s->looking)
		disk_failed(s, s->looking);
	if (r >= 0 || !disk_is_trouble(r))
		return r;
	disk_close(s);
	stored_forget(s);
	k = stored_begin_empty(s);
	if (k >= 0)
		disk_failed(s, r);
	return k;
}

static int start(struct stored *s)
{
	int r = commit_timers(s);

	r = r < 0 ? r : window_timers(s);
	r = r < 0 ? r : retention_timers(s);
	r = r < 0 ? r : key_timers(s);
	r = r < 0 ? r : pending_start(s);
	r = r < 0 ? r : maintain_start(s);
	r = r < 0 ? r : trust_start(s);
	if (r < 0)
		return r;
	if (!s->loaded)
		commit_request(s, s->retry);
	else
		trust_loaded(s);
	window_process(s);
	return 0;
}

static void tell_loaded(const struct stored *s)
{
	hj_info("%llu records, newest %llu; %zu points, %zu uplinks", (unsigned long long)hj_ledger_rows(s->ledger),
	        (unsigned long long)hj_ledger_last(s->ledger), s->points.count, s->uplink_count);
}

int stored_new(struct hj_service *service, const struct hj_conf_main *conf, struct stored **ret)
{
	_cleanup_(stored_freep) struct stored *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	s->written_fd = hj_written_open();
	s->event = sd_event_ref(service->event);
	s->root = service->root;
	s->conf = *conf;
	s->queue_end = &s->queue;
	s->commit_at = HJ_USEC_NEVER;
	s->begun_ms = (int64_t)(hj_now().mono / HJ_USEC_PER_MS);
	r = hj_boot_id(s->root, s->boot_id);
	r = r < 0 ? r : hj_report_new(s->event, s->root, "stored", &s->report);
	hj_backup_tidy(s->root, "records.db");
	r = r < 0 ? r : open_and_load(s);
	r = r < 0 ? r : start(s);
	if (r < 0)
		return r;
	tell_program(s, true);
	if (s->loaded) {
		tell_loaded(s);
		head_tell(s);
	}
	*ret = hj_steal(s);
	return 0;
}

void stored_spare(void *userdata)
{
	struct stored *s = userdata;

	hj_ledger_spare(s->ledger);
}

void stored_free(struct stored *s)
{
	if (!s)
		return;
	/* Only a store that ran has something to commit. */
	if (s->commit_timer) {
		s->stopping = true;
		if (!disk_trouble(s))
			commit_now(s);
		head_tell(s);
		exports_tell(s);
		tell_program(s, false);
	}
	commit_drop(s, -ECANCELED);
	stream_free(s);
	read_free(s);
	hj_backup_free(s->backup);
	json_decref(s->restored.note);
	trust_stop(s);
	pending_stop(s);
	maintain_stop(s);
	sd_event_source_disable_unref(s->commit_timer);
	sd_event_source_disable_unref(s->mono_timer);
	hj_wall_timer_done(&s->wall_timer);
	sd_event_source_disable_unref(s->retention_timer);
	sd_event_source_disable_unref(s->key_timer);
	sd_event_source_disable_unref(s->exports.timer);
	stored_forget(s);
	salvage_stop(s);
	hj_ledger_close(s->ledger);
	hj_keyring_free(s->keyring);
	hj_report_free(s->report);
	sd_event_unref(s->event);
	hj_closep(&s->written_fd);
	free(s);
}
