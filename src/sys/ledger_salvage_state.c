/* Salvage: what the damaged file's `state` says. By way of the database where it can be read, and then it is all or
 * nothing: the seal over the whole has to fit, and the log must not go on behind what the database sees of it.
 * Otherwise entry by entry as the pages lie there, newest first. The keys come first; a copy of them lies beside the
 * file, since without them no row could be proved. */
#include "ledger_salvage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEYS_MOST  (256 << 10) /* bytes of the copy */
#define KEYS_MAGIC "hjgate keys 1\n"

/* ---- keys ---- */

/* What of the ledger's own a row needs to be proved and a chain to be followed. */
static bool is_needed(const char *key, const void *value, size_t n)
{
	struct hj_ledger_segment segment;
	struct hj_ledger_slot slot;
	const uint8_t *wrapped;

	if (!strncmp(key, KEY_SLOT, strlen(KEY_SLOT)))
		return ledger_slot_decode(value, n, &slot, &wrapped) >= 0;
	if (!strncmp(key, KEY_SEGMENT, strlen(KEY_SEGMENT)))
		return ledger_segment_decode(value, n, &segment) >= 0;
	return !strncmp(key, KEY_CUT, strlen(KEY_CUT)) || !strcmp(key, KEY_PLAIN);
}

/* Into the new file's state, where it does not know it yet. */
static int take_key(struct hj_ledger *l, const char *key, const void *value, size_t n)
{
	_cleanup_(hj_buf_done) struct hj_buf known = { 0 };
	int r = is_needed(key, value, n) ? ledger_get_raw(l, key, &known) : 0;

	return r == -ENOENT ? ledger_put_raw(l, key, value, n) : r < 0 ? r : 0;
}

int salvage_use_keys(struct hj_ledger *l)
{
	int r = ledger_reload_keys(l);

	r = r < 0 ? r : ledger_load_cuts(l);
	return r < 0 ? r : ledger_load_plain(l);
}

static int take_one(const char *key, const void *value, size_t n, void *userdata)
{
	return take_key(userdata, key, value, n);
}

/* ---- the copy of the keys ---- */

static int copy_key(const char *key, const void *value, size_t n, void *userdata)
{
	struct hj_buf *to = userdata;
	int r;

	if (!is_needed(key, value, n) || !strncmp(key, KEY_CUT, strlen(KEY_CUT)))
		return 0;
	r = hj_buf_put_be(to, strlen(key), 1);
	r = r < 0 ? r : hj_buf_put(to, key, strlen(key));
	r = r < 0 ? r : hj_buf_put_be(to, n, 2);
	return r < 0 ? r : hj_buf_put(to, value, n);
}

static int read_whole(const char *path, struct hj_buf *to)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char part[4096];
	ssize_t n;
	int r = fd < 0 ? -errno : 0;

	while (r >= 0 && (n = read(fd, part, sizeof(part))) != 0)
		r = n < 0 ? -errno : to->len > KEYS_MOST ? -EFBIG : hj_buf_put(to, part, (size_t)n);
	return r;
}

static int write_whole(const char *path, const struct hj_buf *b)
{
	_cleanup_fd_ int fd = -1;
	char part[PATH_MAX];

	if (snprintf(part, sizeof(part), "%s.part", path) >= (int)sizeof(part))
		return -ENAMETOOLONG;
	fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return -errno;
	if (write(fd, b->data, b->len) != (ssize_t)b->len || fsync(fd) < 0 || rename(part, path) < 0) {
		int r = errno ? -errno : -EIO;

		unlink(part);
		return r;
	}
	return 0;
}

int hj_salvage_keep_keys(struct hj_ledger *l)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 }, there = { 0 };
	char path[PATH_MAX];
	int r = hj_buf_put(&b, KEYS_MAGIC, strlen(KEYS_MAGIC));

	r = r < 0 ? r : ledger_each_raw(l, KEY_OWN, copy_key, &b);
	if (r < 0 || snprintf(path, sizeof(path), "%s.keys", l->path) >= (int)sizeof(path))
		return r < 0 ? r : -ENAMETOOLONG;
	if (read_whole(path, &there) >= 0 && there.len == b.len && !memcmp(there.data, b.data, b.len))
		return 0;
	return write_whole(path, &b);
}

/* Of the ledger at `path`; what does not read holds none. */
static int each_copied(const char *path, ledger_raw_fn fn, void *userdata)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	char copy[PATH_MAX], key[HJ_LEDGER_KEY_MAX + 1];
	struct hj_reader in;
	int r = 0;

	if (snprintf(copy, sizeof(copy), "%s.keys", path) >= (int)sizeof(copy) || read_whole(copy, &b) < 0 ||
	        b.len < strlen(KEYS_MAGIC) || memcmp(b.data, KEYS_MAGIC, strlen(KEYS_MAGIC)))
		return 0;
	in = (struct hj_reader){ .p = (uint8_t *)b.data + strlen(KEYS_MAGIC), .end = (uint8_t *)b.data + b.len };
	while (in.p < in.end && r >= 0) {
		size_t key_n = hj_get_be(&in, 1), n;
		const void *name = key_n <= HJ_LEDGER_KEY_MAX ? hj_get_bytes(&in, key_n) : NULL, *value;

		n = hj_get_be(&in, 2);
		value = hj_get_bytes(&in, n);
		if (!name || !value)
			return 0;
		snprintf(key, sizeof(key), "%.*s", (int)key_n, (const char *)name);
		r = fn(key, value, n, userdata);
	}
	return r;
}

static int note_generation(const char *key, const void *value, size_t n, void *userdata)
{
	struct hj_ledger_segment s;
	int64_t *most = userdata;

	if (!strncmp(key, KEY_SEGMENT, strlen(KEY_SEGMENT)) && ledger_segment_decode(value, n, &s) >= 0)
		*most = hj_max(*most, (int64_t)s.generation);
	return 0;
}

int64_t ledger_generation_copied(const char *path)
{
	int64_t most = -1;

	each_copied(path, note_generation, &most);
	return most;
}

/* ---- by way of the database ---- */

/* Without any check of its health: what does not read fails where it is read. Nothing of it changes. */
static int open_damaged(struct hj_salvage *s, struct hj_ledger **ret)
{
	_cleanup_(hj_ledger_closep) struct hj_ledger *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return -ENOMEM;
	d->path = strdup(s->path);
	d->keyring = s->l->keyring;
	d->readonly = true;
	if (!d->path)
		return -ENOMEM;
	r = sqlite3_open_v2(d->path, &d->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, NULL);
	if (r == SQLITE_OK)
		sqlite3_db_config(d->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	if (r == SQLITE_OK)
		r = sqlite3_exec(d->db, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA query_only=ON; PRAGMA cache_size=-64",
		        NULL, NULL, NULL);
	r = ledger_errno(d->db, r);
	r = r < 0 ? r : ledger_prepare(d);
	r = r < 0 ? r : ledger_load(d);
	if (r >= 0)
		*ret = hj_steal(d);
	return r < 0 ? r : 0;
}

static bool is_sure(const struct hj_salvage *s, const struct hj_ledger *d)
{
	const struct hj_ledger_seal *seal = hj_ledger_seal_found(d);

	return s->scan && !ledger_scan_is_behind(s->scan) &&
	       (seal->state == HJ_SEAL_GOOD ||
	               (seal->state == HJ_SEAL_CHANGED && !seal->state_differs && seal->rows_differ));
}

struct taking {
	struct hj_ledger *from, *to;
	struct hj_buf keys;
};

static int collect_key(const char *key, const void *value, size_t n, void *userdata)
{
	struct taking *t = userdata;

	return strncmp(key, KEY_OWN, strlen(KEY_OWN)) ? hj_buf_put(&t->keys, key, strlen(key) + 1) : 0;
}

static int take_over(struct taking *t, const char *key)
{
	_cleanup_(hj_buf_done) struct hj_buf raw = { 0 }, value = { 0 };
	int r = ledger_get_raw(t->from, key, &raw);

	r = r < 0 ? r : hj_ledger_get(t->from, key, &value);
	if (r == -ENOKEY) /* it comes with its key, as it is */
		return ledger_put_raw(t->to, key, raw.data, raw.len);
	if (r < 0)
		return r;
	return ledger_is_clear(raw.data, raw.len) ? hj_ledger_put_clear(t->to, key, value.data ?: "", value.len)
	                                          : hj_ledger_put(t->to, key, value.data ?: "", value.len);
}

static int take_over_all(struct hj_salvage *s, struct hj_ledger *d)
{
	struct taking t = { .from = d, .to = s->l };
	int r = ledger_each_raw(d, "", collect_key, &t);

	for (size_t at = 0; at < t.keys.len && r >= 0; at += strlen(t.keys.data + at) + 1)
		r = take_over(&t, t.keys.data + at);
	hj_buf_done(&t.keys);
	return r < 0 ? r : 0;
}

int salvage_read_state(struct hj_salvage *s)
{
	_cleanup_(hj_ledger_closep) struct hj_ledger *d = NULL;
	int r = open_damaged(s, &d);

	if (r >= 0) {
		r = ledger_each_raw(d, KEY_OWN, take_one, s->l);
		s->look.sure = r >= 0 && is_sure(s, d);
		s->look.last = hj_ledger_seal_found(d)->last;
	}
	if (s->l->failed)
		return s->l->failed;
	/* It was written for the file that is damaged now: nothing has been written since. */
	r = each_copied(s->l->path, take_one, s->l);
	r = r < 0 ? r : salvage_use_keys(s->l);
	if (r < 0 || !s->look.sure)
		return r;
	return take_over_all(s, d);
}

/* ---- entry by entry ---- */

static bool entry_of(enum hj_page_tree tree, const struct hj_column *c, int count, char key[HJ_LEDGER_KEY_MAX + 1])
{
	if (tree != HJ_PAGE_INDEX || count != 2 || c[0].type != HJ_COLUMN_TEXT || c[1].type != HJ_COLUMN_BYTES ||
	        !c[0].n || c[0].n > HJ_LEDGER_KEY_MAX || memchr(c[0].bytes, 0, c[0].n))
		return false;
	snprintf(key, HJ_LEDGER_KEY_MAX + 1, "%.*s", (int)c[0].n, (const char *)c[0].bytes);
	return true;
}

int salvage_take_key(
        enum hj_page_tree tree, uint64_t rowid, const struct hj_column *columns, int count, void *userdata)
{
	struct hj_salvage *s = userdata;
	char key[HJ_LEDGER_KEY_MAX + 1];
	int r;

	if (!entry_of(tree, columns, count, key) || strncmp(key, KEY_OWN, strlen(KEY_OWN)))
		return 0;
	r = take_key(s->l, key, columns[1].bytes, columns[1].n);
	return r < 0 ? r : 1;
}

static bool has_prefix(const char *const *prefixes, const char *key)
{
	for (size_t i = 0; prefixes && prefixes[i]; i++)
		if (!strncmp(key, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

/* The newest picture that proves itself is the one; what the new file knows by now is newer still. */
int salvage_take_entry(
        enum hj_page_tree tree, uint64_t rowid, const struct hj_column *columns, int count, void *userdata)
{
	struct hj_salvage *s = userdata;
	_cleanup_(hj_buf_done) struct hj_buf known = { 0 }, plain = { 0 };
	char key[HJ_LEDGER_KEY_MAX + 1];
	bool clear;
	int r;

	if (!entry_of(tree, columns, count, key) || !has_prefix(s->rules.prefixes, key))
		return 0;
	r = ledger_get_raw(s->l, key, &known);
	if (r != -ENOENT)
		return r < 0 ? r : 1;
	r = ledger_open_value(s->l, key, columns[1].bytes, columns[1].n, &plain);
	if (r == -EBADMSG || r == -ENOKEY)
		return 0;
	clear = ledger_is_clear(columns[1].bytes, columns[1].n);
	if (r >= 0)
		r = clear ? hj_ledger_put_clear(s->l, key, plain.data ?: "", plain.len)
		          : hj_ledger_put(s->l, key, plain.data ?: "", plain.len);
	return r < 0 ? r : 1;
}
