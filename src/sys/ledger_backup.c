/* SQLite's online backup, from the ledger's own connection: its commits keep the pages that were copied already up to
 * date, so it needs no second reader and never begins anew. The copy has no journal and is not synced: it is nothing
 * until it is whole, and whoever keeps it syncs it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "hjgate/ledger_backup.h"
#include "ledger_impl.h"

#define COPY_CACHE_KB 64
#define PUSH_BYTES    (512 << 10) /* between two nudges to the disk */

struct hj_ledger_backup {
	struct hj_ledger *from; /* NULL: it was closed */
	sqlite3 *to;
	sqlite3_backup *backup;
	int fd; /* of the copy, for the nudges */
	off_t pushed;
};

void ledger_backup_orphan(struct hj_ledger_backup *b)
{
	if (!b)
		return;
	sqlite3_backup_finish(b->backup);
	b->backup = NULL;
	if (b->from)
		b->from->backup = NULL;
	b->from = NULL;
}

void hj_ledger_backup_free(struct hj_ledger_backup *b)
{
	if (!b)
		return;
	ledger_backup_orphan(b);
	sqlite3_close(b->to);
	hj_closep(&b->fd);
	free(b);
}

static int open_copy(struct hj_ledger_backup *b, const char *path)
{
	char sql[160];
	int r;

	b->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (b->fd < 0)
		return -errno;
	r = sqlite3_open_v2(path, &b->to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, NULL);
	if (r != SQLITE_OK)
		return ledger_errno(b->to, r);
	sqlite3_extended_result_codes(b->to, 1);
	snprintf(sql, sizeof(sql),
	        "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA "
	        "cache_size=-%d;",
	        COPY_CACHE_KB);
	return ledger_errno(b->to, sqlite3_exec(b->to, sql, NULL, NULL, NULL));
}

int hj_ledger_backup_new(struct hj_ledger *l, const char *path, struct hj_ledger_backup **ret)
{
	_cleanup_(hj_ledger_backup_freep) struct hj_ledger_backup *b = calloc(1, sizeof(*b));
	int r;

	if (l->backup)
		return -EBUSY;
	if (!b)
		return -ENOMEM;
	b->fd = -1;
	r = open_copy(b, path);
	if (r < 0)
		return r;
	b->backup = sqlite3_backup_init(b->to, "main", l->db, "main");
	if (!b->backup)
		return ledger_errno(b->to, sqlite3_errcode(b->to));
	b->from = l;
	l->backup = b;
	*ret = hj_steal(b);
	return 0;
}

/* Otherwise the kernel keeps all of it, and the next commit's sync may have to wait for it. */
static void push(struct hj_ledger_backup *b, off_t written)
{
	if (written < b->pushed + PUSH_BYTES)
		return;
	sync_file_range(b->fd, b->pushed, written - b->pushed, SYNC_FILE_RANGE_WRITE);
	b->pushed = written;
}

int hj_ledger_backup_step(
        struct hj_ledger_backup *b, unsigned pages, uint64_t *ret_done_pages, uint64_t *ret_all_pages)
{
	int r;

	if (!b->from)
		return -ECANCELED;
	r = sqlite3_backup_step(b->backup, (int)pages);
	*ret_all_pages = (uint64_t)sqlite3_backup_pagecount(b->backup);
	*ret_done_pages = *ret_all_pages - (uint64_t)sqlite3_backup_remaining(b->backup);
	if (r != SQLITE_OK && r != SQLITE_DONE)
		return ledger_errno(b->to, r);
	push(b, lseek(b->fd, 0, SEEK_END));
	if (r == SQLITE_OK)
		return 0;
	ledger_backup_orphan(b);
	r = sqlite3_close(b->to);
	b->to = NULL;
	return r == SQLITE_OK ? 1 : -EIO;
}

int hj_ledger_signer(struct hj_ledger *l, struct hj_mac **ret)
{
	static const char what[] = "said of the file";
	const struct iovec part = { (void *)what, sizeof(what) - 1 };
	const struct hj_ledger_segment *s = &l->segments[l->segment_count - 1];
	const struct ledger_slot *slot = ledger_find_slot(l, s->generation, s->chain_key);
	_cleanup_(hj_mac_freep) struct hj_mac *from = NULL;
	uint8_t key[HJ_SHA256_BYTES];
	int r;

	if (!slot || !slot->s.open || slot->s.use != HJ_KEY_CHAIN)
		return -ENOKEY;
	r = hj_mac_new(slot->key, HJ_KEY_BYTES, &from);
	r = r < 0 ? r : hj_mac_whole(from, &part, 1, key);
	r = r < 0 ? r : hj_mac_new(key, sizeof(key), ret);
	hj_wipe(key, sizeof(key));
	return r;
}
