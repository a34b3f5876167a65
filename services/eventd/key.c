/* The keys of events.db: looked for once a minute while any is locked, so that a KEK that comes late opens what is
 * locked without a restart, and else every five, for another KEK. What was locked are events: then the book is read
 * anew. A copy of the keys, wrapped as they are, lies beside the file. */
#include "eventd.h"
#include "hjgate/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LOOK_LOCKED   (60 * HJ_USEC_PER_SEC)
#define LOOK_OPEN     (5 * LOOK_LOCKED)
#define ACCURACY_USEC (10 * HJ_USEC_PER_SEC)
#define VALUES_MAX    256

static void say_locked(struct eventd *d, size_t locked)
{
	char values[VALUES_MAX];

	snprintf(values, sizeof(values), "{\"file\":\"events.db\",\"keys\":%zu}", locked);
	eventd_say(d, "key-missing", locked ? ROW_BEGIN : ROW_END, "events.db", values);
}

void eventd_say_key(struct eventd *d, const char *code, const char *by, int keys)
{
	_cleanup_json_ json_t *j = json_pack("{s:s, s:s}", "file", "events.db", "by", by);
	_cleanup_free_ char *values = NULL;

	if (j && keys >= 0)
		json_object_set_new(j, "keys", json_integer(keys));
	values = j ? json_dumps(j, JSON_COMPACT) : NULL;
	eventd_say(d, code, ROW_MOMENT, "events.db", values);
}

/* An end is said at the start, too: the run before may have left a begin. */
void eventd_tell_keys(struct eventd *d)
{
	size_t locked = hj_ledger_locked_slots(d->ledger);

	if (d->key_told && locked == d->key_locked)
		return;
	if (locked && d->key_timer)
		sd_event_source_set_time_relative(d->key_timer, LOOK_LOCKED);
	if (locked)
		hj_error("%zu keys of %s are locked: what they sealed stays, and is readable when their KEK is in "
		         "/run/hjgate/key/kek, or by hjgate key recovery use",
		        locked, d->path);
	say_locked(d, locked);
	d->key_locked = locked;
	d->key_told = true;
}

int eventd_keys_opened(struct eventd *d, int opened)
{
	eventd_tell_keys(d);
	return opened > 0 ? eventd_read_back(d) : 0;
}

int eventd_look_for_keys(struct eventd *d)
{
	char values[VALUES_MAX];
	int opened, r;

	if (!d->ledger || d->retry)
		return 0;
	opened = hj_ledger_unlock(d->ledger);
	if (opened < 0)
		return opened;
	r = eventd_keys_opened(d, opened);
	if (opened > 0) {
		hj_notice("%d keys of %s are open again", opened, d->path);
		snprintf(values, sizeof(values), "{\"file\":\"events.db\",\"keys\":%d}", opened);
		eventd_say(d, "key-opened", ROW_MOMENT, "events.db", values);
	}
	return r;
}

/* Beside the file, for when that is damaged: keys come by time, by a word of an operator, and with another KEK. */
int eventd_keep_keys(struct eventd *d)
{
	int r = d->ledger && !d->retry ? hj_salvage_keep_keys(d->ledger) : 0;

	if (r < 0)
		hj_log_error(r, "cannot keep a copy of the keys beside %s: trying again in a minute", d->path);
	return r;
}

static int on_look(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct eventd *d = userdata;
	int r = eventd_look_for_keys(d);
	bool kept = eventd_keep_keys(d) >= 0;
	bool open = r >= 0 && kept && d->ledger && !d->retry && !hj_ledger_locked_slots(d->ledger);

	if (r < 0)
		hj_log_error(r, "cannot look for keys: trying again in a minute");
	sd_event_source_set_time_relative(source, open ? LOOK_OPEN : LOOK_LOCKED);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

int eventd_watch_keys(struct eventd *d)
{
	return sd_event_add_time_relative(
	        d->event, &d->key_timer, CLOCK_BOOTTIME, LOOK_LOCKED, ACCURACY_USEC, on_look, d);
}
