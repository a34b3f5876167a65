/* The keys of records.db: looked for once a minute while any is locked, so that a KEK that comes late opens what is
 * locked without a restart, and else every five, for another KEK. What was locked comes with points, settings and
 * records of its own: then everything is read anew, as at a start. */
#include "stored.h"

#include <errno.h>
#include <string.h>

#include "hjgate/log.h"

#define LOOK_LOCKED   (60 * HJ_USEC_PER_SEC)
#define LOOK_OPEN     (5 * LOOK_LOCKED)
#define ACCURACY_USEC (10 * HJ_USEC_PER_SEC)

/* An end is told at the start, too: the run before may have left a begin. */
static void tell_locked(struct stored *s)
{
	size_t locked = hj_ledger_locked_slots(s->ledger);

	if (s->key.told && locked == s->key.locked)
		return;
	if (locked && s->key_timer)
		sd_event_source_set_time_relative(s->key_timer, LOOK_LOCKED);
	if (locked)
		hj_error("%zu keys of records.db are locked: what they sealed stays, and is readable when their KEK "
		         "is in /run/hjgate/key/kek, or by hjgate key recovery use",
		        locked);
	tell_key_missing(s, locked);
	s->key.locked = locked;
	s->key.told = true;
}

static void tell_refused(struct stored *s)
{
	const char *refused = hj_keyring_refused(s->keyring);

	if (!strcmp(refused, s->key.refused))
		return;
	hj_text_copy(s->key.refused, sizeof(s->key.refused), refused);
	if (!*refused)
		return;
	hj_error("%s holds no key: 32 bytes are one; it is not used", refused);
	tell_key_refused(s, refused);
}

void key_tell(struct stored *s)
{
	const uint8_t *fingerprint = hj_keyring_fingerprint(s->keyring);

	if (fingerprint)
		memcpy(s->key.fingerprint, fingerprint, HJ_FINGERPRINT_BYTES);
	tell_locked(s);
	tell_refused(s);
}

static void note_wrapping(struct stored *s)
{
	const uint8_t *fingerprint = hj_keyring_fingerprint(s->keyring);

	if (fingerprint && s->key.told && memcmp(fingerprint, s->key.fingerprint, HJ_FINGERPRINT_BYTES))
		hj_notice("another KEK is here (%s): the keys of records.db are wrapped by it now",
		        hj_keyring_source(s->keyring));
}

bool key_ready(const struct stored *s)
{
	return s->ledger && s->loaded && !s->error && !s->looking;
}

/* What is open now was committed under keys that stay, so reading it all again loses nothing. */
static int read_anew(struct stored *s)
{
	int r = commit_now(s);

	return r < 0 ? r : disk_begin_anew(s);
}

int key_opened(struct stored *s, int opened)
{
	note_wrapping(s);
	key_tell(s);
	return opened > 0 ? read_anew(s) : 0;
}

int key_look(struct stored *s)
{
	int opened, r;

	if (!key_ready(s))
		return 0;
	opened = hj_ledger_unlock(s->ledger);
	if (opened < 0)
		return opened;
	r = key_opened(s, opened);
	if (opened > 0) {
		hj_notice("%d keys of records.db are open again", opened);
		tell_key_opened(s, opened);
	}
	return r;
}

/* Beside the file, for when that is damaged: keys come by time, by a word of an operator, and with another KEK. */
int key_keep_copy(struct stored *s)
{
	int r = key_ready(s) ? hj_salvage_keep_keys(s->ledger) : -EAGAIN;

	if (r < 0 && r != -EAGAIN)
		hj_log_error(r, "cannot keep a copy of the keys beside the records: trying again in a minute");
	return r;
}

static int on_look(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct stored *s = userdata;
	int r = key_look(s);

	if (r < 0)
		hj_log_error(r, "cannot look for keys: trying again in a minute");
	if (key_keep_copy(s) < 0 || r < 0 || hj_ledger_locked_slots(s->ledger))
		sd_event_source_set_time_relative(source, LOOK_LOCKED);
	else
		sd_event_source_set_time_relative(source, LOOK_OPEN);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

int key_timers(struct stored *s)
{
	if (key_ready(s))
		key_tell(s);
	return sd_event_add_time_relative(
	        s->event, &s->key_timer, CLOCK_BOOTTIME, LOOK_LOCKED, ACCURACY_USEC, on_look, s);
}
