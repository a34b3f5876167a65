/* A damaged file was set aside and a new one begun. What its state said is taken over before anything else is loaded,
 * so dictionary, open windows, what is owed and settings go on; its rows come back behind everything else, a few
 * milliseconds at a time. Until they are back nobody is told that they do not exist. */
#include "stored.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hjgate/log.h"
#include "hjgate/text.h"

#define STATE_WITHIN (1500 * HJ_USEC_PER_MS) /* at the start, for a state whose tree is broken */
#define SLICE        (4 * HJ_USEC_PER_MS)
#define PAUSE        (25 * HJ_USEC_PER_MS)
#define ACCURACY     (5 * HJ_USEC_PER_MS)
#define TELL_EVERY   400 /* slices between two words to who reads what is owed */
#define OWED_PREFIX  "owed."
#define FLOOR_KEY    "points.floor" /* numbers below may be in records whose dictionary is lost */
#define FLOOR_STEP   1000000u

static struct hj_salvage_rules rules(void)
{
	return hj_salvage_rules_of_records(hj_now().wall_ms);
}

bool salvage_awaits(const struct stored *s, uint64_t from)
{
	return s->salvage && from < hj_ledger_generation(s->ledger) * HJ_LEDGER_GENERATION;
}

/* ---- what may be owed, where nobody can say what was ---- */

static int add_rest(const char *key, const void *value, size_t n, void *userdata)
{
	struct uplink *u = userdata;
	struct hj_salvage_look look;

	if (!value || hj_salvage_decode(value, n, &look) < 0 || look.phase < HJ_SALVAGE_SETTLED ||
	        hj_now().wall_ms > look.begin_ms + STORED_OWED_DAYS * HJ_MS_PER_DAY)
		return 0;
	for (size_t i = 0; i < look.owed.count; i++)
		hj_seqset_add(&u->owed, look.owed.ranges[i].from, look.owed.ranges[i].to);
	return 0;
}

void salvage_owe(struct stored *s, struct uplink *u)
{
	if (s->ledger && hj_ledger_each(s->ledger, HJ_SALVAGE_KEY, add_rest, u) >= 0)
		u->changed = true;
}

/* ---- the end ---- */

/* Hours and days that are still open get the minutes that have come back. */
static void fold_again(struct stored *s)
{
	struct hj_fold *hours = s->hours, *days = s->days;
	int r;

	if (s->queue) {
		s->label_most = INT64_MAX;
		return; /* a start does it from the ledger alone; so do we, when all is in it */
	}
	s->hours = s->days = NULL;
	r = stored_begin_folds(s);
	r = r < 0 ? r : window_load(s);
	if (r < 0) {
		hj_log_error(r, "cannot fold what came back: the open hour and day go on without it");
		hj_fold_free(s->hours);
		hj_fold_free(s->days);
		s->hours = hours;
		s->days = days;
		return;
	}
	hj_fold_free(hours);
	hj_fold_free(days);
}

static void say_end(struct stored *s, const struct hj_salvage_look *look)
{
	hj_notice("%s: %llu records are back, %llu are lost; it can be moved away", look->file,
	        (unsigned long long)look->rows, (unsigned long long)look->lost);
	tell_salvaged(s, look);
	for (size_t i = 0; i < s->uplink_count; i++)
		read_owed_again(s, &s->uplinks[i]);
}

/* Once for each file, whoever put its rows back: the note of it is committed with what is owed. */
static int settle(struct stored *s, struct hj_salvage_look *look)
{
	int r;

	look->phase = HJ_SALVAGE_SETTLED;
	r = hj_salvage_put(s->ledger, look);
	if (r < 0) {
		hj_ledger_rollback(s->ledger);
		return r;
	}
	for (size_t i = 0; i < s->uplink_count && look->owed.count; i++) {
		for (size_t j = 0; j < look->owed.count; j++)
			hj_seqset_add(&s->uplinks[i].owed, look->owed.ranges[j].from, look->owed.ranges[j].to);
		s->uplinks[i].changed = true;
	}
	r = commit_now(s);
	r = r < 0 ? r : void_find(s);
	if (r < 0)
		return r;
	say_end(s, look);
	return 0;
}

/* ---- the way there ---- */

/* The rows of one file are back: what follows from it, and the next one. */
static int finish(struct stored *s)
{
	const struct hj_salvage_rules how = rules();
	struct hj_salvage_look look;
	int r = hj_salvage_unsettled(s->ledger, &look);

	if (r >= 0) {
		r = settle(s, &look);
		fold_again(s);
		return r < 0 ? r : 1;
	}
	hj_salvage_free(s->salvage);
	s->salvage = NULL;
	r = r != -ENOENT ? r : hj_salvage_resume(s->ledger, &how, &s->salvage);
	return r == -ENOENT ? 0 : r < 0 ? r : 1;
}

struct names {
	char list[STORED_UPLINKS_MAX][HJ_NAME_MAX + 1];
	size_t count;
};

static int note_name(const char *key, const void *value, size_t n, void *userdata)
{
	struct names *names = userdata;
	const char *name = key + strlen(OWED_PREFIX);

	if (value && names->count < STORED_UPLINKS_MAX && strlen(name) <= HJ_NAME_MAX)
		strcpy(names->list[names->count++], name);
	return 0;
}

/* Not while the names are read: a new uplink asks the same statement what else it is owed. */
static int know_uplinks(struct stored *s)
{
	struct names names = { .count = 0 };
	struct uplink *u;
	int r = hj_ledger_each(s->ledger, OWED_PREFIX, note_name, &names);

	for (size_t i = 0; i < names.count && r >= 0; i++)
		r = owed_get(s, names.list[i], &u) == -ENOMEM ? -ENOMEM : 0;
	return r;
}

/* Points and uplinks that were found after the start. What is known by now stays as it is. */
static void take_over_entries(struct stored *s)
{
	if (dictionary_load_late(s) < 0 || know_uplinks(s) < 0)
		hj_error("cannot load what came back of points and uplinks: the next start does");
}

static int slice(struct stored *s)
{
	enum hj_salvage_phase phase;
	int r;

	if (!s->salvage)
		return finish(s);
	phase = hj_salvage_look(s->salvage)->phase;
	r = hj_salvage_step(s->salvage, SLICE);

	if (r <= 0)
		return r < 0 ? r : finish(s);
	if (phase == HJ_SALVAGE_STATE && hj_salvage_look(s->salvage)->phase != phase)
		take_over_entries(s);
	if (++s->salvage_slices % TELL_EVERY == 0)
		for (size_t i = 0; i < s->uplink_count; i++)
			read_owed_again(s, &s->uplinks[i]);
	return 1;
}

static int on_slice(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct stored *s = userdata;
	/* The next commit may open the file anew, and end this with it: not amid a slice. */
	bool doubted = s->error || s->damage == DAMAGE_MET || s->damage == DAMAGE_SURE;
	int r = doubted ? -EAGAIN : slice(s);

	if (r < 0 && !doubted && r != s->salvage_error) /* once */
		hj_log_error(r, "cannot put back what the damaged file holds: trying again every %llu s",
		        STORED_RETRY / HJ_USEC_PER_SEC);
	s->salvage_error = hj_min(r, 0);
	if (!r)
		return 0;
	sd_event_source_set_time_relative(source, r < 0 ? STORED_RETRY : PAUSE);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int arm(struct stored *s)
{
	struct hj_salvage_look look;
	int r = hj_salvage_unsettled(s->ledger, &look);

	if (r < 0 && !(r == -ENOENT && s->salvage))
		return r == -ENOENT ? 0 : r;
	r = sd_event_add_time_relative(s->event, &s->salvage_timer, CLOCK_BOOTTIME, PAUSE, ACCURACY, on_slice, s);
	return r < 0 ? r : sd_event_source_set_priority(s->salvage_timer, HJ_IPC_PRIORITY_LOOK);
}

/* ---- the begin ---- */

/* Numbers of points whose meaning may be lost are never given again. */
static int keep_floor(struct stored *s)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	int r = hj_buf_put_be(&b, hj_ledger_generation(s->ledger) * FLOOR_STEP, 4);

	r = r < 0 ? r : hj_ledger_put(s->ledger, FLOOR_KEY, b.data, b.len);
	r = r < 0 ? r : hj_ledger_commit(s->ledger);
	if (r < 0)
		hj_ledger_rollback(s->ledger);
	return r;
}

static void load_floor(struct stored *s)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	struct hj_reader in;

	if (hj_ledger_get(s->ledger, FLOOR_KEY, &b) < 0)
		return;
	in = (struct hj_reader){ .p = (uint8_t *)b.data, .end = (uint8_t *)b.data + b.len };
	s->point_most = hj_max(s->point_most, (uint32_t)hj_get_be(&in, 4));
}

static int begin(struct stored *s)
{
	const struct hj_salvage_rules how = rules();
	int r = hj_salvage_begin(s->ledger, &how, STATE_WITHIN, &s->salvage);
	bool begun = r >= 0;

	if (r == -ENOENT)
		r = hj_salvage_resume(s->ledger, &how, &s->salvage);
	if (r < 0)
		return r;
	s->taken_over |= begun;
	hj_notice("putting back the records of %s, behind everything else", hj_salvage_look(s->salvage)->file);
	if (hj_salvage_look(s->salvage)->sure)
		return 0;
	if (begun)
		hj_warn("what uplinks owed cannot be proved: records of the last %d days that come back are sent "
		        "again",
		        STORED_OWED_DAYS);
	return keep_floor(s);
}

/* A damaged file that cannot be opened, or be put into this one, stays as it is: collecting goes on. Where the disk
 * does not take what it says, that is waited for: whoever begins without it gives the same numbers to other points,
 * and owes nothing to anybody. */
int salvage_open(struct stored *s)
{
	int r = begin(s);
	bool stays = r == -EACCES || r == -EUCLEAN;

	if (stays)
		hj_log_error(r, "cannot read what the damaged file holds: it stays as it is, collecting goes on");
	else if (r == -ENOSPC)
		retention_reserve(s, false);
	if (r < 0 && r != -ENOENT && !stays)
		return r;
	load_floor(s);
	r = hj_salvage_keep_keys(s->ledger);
	if (r < 0)
		hj_log_error(r, "cannot keep a copy of the keys beside the records");
	return arm(s);
}

void salvage_stop(struct stored *s)
{
	verify_stop(s);
	s->salvage_timer = sd_event_source_disable_unref(s->salvage_timer);
	hj_salvage_free(s->salvage);
	s->salvage = NULL;
}
