/* While the disk does not let us write. There are two kinds of trouble, and in neither does the store stop:
 *
 * - Loaded: the file was read, a commit does not succeed. What comes is rolled up and waits in memory up to its
 * bound; from there on samples only feed the live stream, and each meterd keeps its own.
 * - Not loaded: the file cannot be opened, so nobody knows which numbers are counted and what is owed. Samples feed
 * the live stream, and each meterd keeps them; what is asked of the records is refused.
 *
 * A file opened before a file system went read-only, or while it was, stays useless when the system is well again: so
 * it is opened anew where a small file can be written beside it. A file that is then another one than before is
 * begun with as after a start; whoever is connected is sent away, and asks again.
 *
 * A file may also be damaged where no start has looked, or go bad while it is open. What cannot be read would then be
 * owed for ever, and nothing behind it could be cut. So it is opened anew, and where that does not help set aside and
 * put back, as at a start. */
#include "stored.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "hjgate/log.h"

bool disk_is_trouble(int r)
{
	/* These would be the same in an hour, and nothing may be written meanwhile. */
	return r != -EOPNOTSUPP && r != -EMEDIUMTYPE && r != -EBUSY && r != -ENOMEM && r != -EINVAL;
}

/* Written and synced, not asked for: a file system that went read-only for an error may say that it is not. */
static bool takes_a_file(const struct stored *s)
{
	_cleanup_fd_ int fd = -1;
	char path[HJ_PATH_MAX];
	bool well;

	if (hj_path(s->root, HJ_DIR_STATE, "records.probe", path) < 0)
		return false;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	well = fd >= 0 && pwrite(fd, "", 1, 0) == 1 && fdatasync(fd) == 0;
	if (fd >= 0)
		unlink(path);
	return well;
}

int disk_note(struct stored *s, int r)
{
	hj_usec now = hj_now().mono;

	if (r != -EUCLEAN || !s->ledger || s->looking || s->damage == DAMAGE_MET || s->damage == DAMAGE_SURE)
		return r;
	if (s->damage == DAMAGE_LOOKED && now > s->damage_at + STORED_DAMAGE_LASTS)
		s->damage = DAMAGE_NONE;
	if (s->damage == DAMAGE_NONE && s->damage_at && now < s->damage_at + STORED_DAMAGE_LASTS)
		return r; /* one file a day */
	hj_log_error(r, "a part of the records cannot be read: the file is %s",
	        s->damage ? "set aside, and what it has is put back" : "opened anew");
	s->damage = s->damage ? DAMAGE_SURE : DAMAGE_MET;
	s->damage_at = now;
	if (s->commit_timer)
		commit_request(s, 0);
	return r;
}

/* After this it is opened. */
static int heed_damage(struct stored *s)
{
	char path[HJ_PATH_MAX];
	int r;

	if (s->damage == DAMAGE_MET)
		s->damage = DAMAGE_LOOKED;
	if (s->damage != DAMAGE_SURE)
		return 0;
	r = hj_path(s->root, HJ_DIR_STATE, "records.db", path);
	r = r < 0 ? r : hj_ledger_set_aside(path);
	if (r < 0)
		return r;
	s->damage = DAMAGE_NONE;
	s->damaged = true;
	return 0;
}

static bool may_help_to_reopen(const struct stored *s)
{
	if (s->damage == DAMAGE_MET || s->damage == DAMAGE_SURE)
		return takes_a_file(s); /* else it could not be set aside, and what reads well would be away */
	if (!s->error || s->error == -ENOSPC || s->error == -ENOMEM)
		return false;
	if (s->error != -EROFS && s->failures % STORED_REOPEN_AFTER)
		return false;
	return takes_a_file(s);
}

void disk_note_file(struct stored *s)
{
	memcpy(s->known.id, hj_ledger_store_id(s->ledger), HJ_ID_BYTES);
	s->known.last = hj_ledger_last(s->ledger);
}

static bool is_same_file(const struct stored *s)
{
	return !s->taken_over && !memcmp(s->known.id, hj_ledger_store_id(s->ledger), HJ_ID_BYTES) &&
	       s->known.last == hj_ledger_last(s->ledger);
}

static size_t count_waiting(const struct stored *s)
{
	size_t n = 0;

	for (const struct item *item = s->queue; item; item = item->next)
		n += !item->done;
	return n;
}

/* What was taken into memory belongs to a file that is not there any more, or was never read; or to this one, where a
 * commit that was said to have failed has reached the disk all the same. Nothing of it was named durable, so the
 * meterds offer it again, and count what they no longer have. */
int disk_begin_anew(struct stored *s)
{
	size_t waiting = count_waiting(s);
	int r;

	stream_hang_up(s);
	read_hang_up(s);
	commit_drop(s, -EIO);
	stored_forget(s);
	r = disk_note(s, stored_load(s));
	if (r < 0) {
		disk_close(s);
		stored_forget(s);
		return stored_begin_empty(s) < 0 ? -ENOMEM : r;
	}
	if (waiting)
		hj_warn("the file is not as it was: the samples of %zu records that waited are asked for again",
		        waiting);
	trust_loaded(s);
	return 0;
}

/* A file that cannot be written may still be read: then all that is in it is known, and only what is new waits. */
static int look(struct stored *s)
{
	char path[HJ_PATH_MAX];
	int r = hj_path(s->root, HJ_DIR_STATE, "records.db", path);

	if (r < 0 || !s->keyring)
		return -ENOENT;
	return hj_ledger_open_readonly(path, s->keyring, &s->ledger);
}

int disk_open(struct stored *s)
{
	int r = stored_open(s);

	s->looking = 0;
	if (r >= 0 || !disk_is_trouble(r) || look(s) < 0)
		return r;
	s->looking = r;
	return 0;
}

void disk_close(struct stored *s)
{
	salvage_stop(s);
	hj_ledger_close(hj_steal(s->ledger));
	s->looking = 0;
}

int disk_ready(struct stored *s)
{
	int r;

	if (s->ledger && !s->looking && !may_help_to_reopen(s))
		return 0;
	if (s->looking && !takes_a_file(s))
		return s->looking;
	disk_close(s); /* it cannot be opened twice */
	r = heed_damage(s);
	r = r < 0 ? r : disk_open(s);
	if (r >= 0 && !(s->loaded && is_same_file(s)))
		r = disk_begin_anew(s);
	return r < 0 ? r : s->looking;
}

void disk_failed(struct stored *s, int r)
{
	size_t waiting = count_waiting(s);

	disk_note(s, r);
	s->failures++;
	s->retry = hj_max(s->ledger && !s->looking ? 0 : 2 * s->retry, STORED_RETRY);
	s->retry = hj_min(s->retry, STORED_RETRY_MOST);
	if (s->error == r)
		return;
	if (s->loaded)
		hj_log_error(r, "cannot commit: %zu records wait in memory, trying again every %llu s", waiting,
		        STORED_RETRY / HJ_USEC_PER_SEC);
	else
		hj_log_error(r, "without the file: samples stay with those who read them, trying again every %llu s",
		        STORED_RETRY_MOST / HJ_USEC_PER_SEC);
	tell_disk(s, r);
	s->error = r;
}

void disk_well(struct stored *s)
{
	disk_note_file(s);
	s->failures = 0;
	s->retry = 0;
	if (!s->error)
		return;
	hj_notice("the disk takes records again");
	tell_disk(s, 0);
	s->error = 0;
}
