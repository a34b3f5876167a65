/* Finding and making the KEK: see keyring.h. A file that holds no key (wrong length) is passed over and named; the
 * one beside the data is then renamed, so that collecting goes on under a fresh one and nobody loses what may be
 * mended. */
#include "hjgate/keyring.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "hjgate/now.h"

#define KEKS_MAX     8                     /* the ones of both files, and what passphrases opened */
#define SETTLED      (2 * HJ_USEC_PER_SEC) /* what is so old shows the next change in its times, coarse as they are */
#define LOOKS_SPARED 60

struct kek {
	uint8_t key[HJ_KEY_BYTES], fingerprint[HJ_FINGERPRINT_BYTES];
};

/* What a file looks like from outside; zeros: it is not there. */
struct trace {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed;
};

struct hj_keyring {
	char brought[HJ_PATH_MAX]; /* the file from outside; "" = never */
	char folder[PATH_MAX];     /* of the file beside the data */
	bool make;
	struct kek keks[KEKS_MAX];
	size_t count;
	int used; /* which of them wraps; -1 = none */
	const char *source;
	char refused[PATH_MAX];
	struct trace traces[2]; /* of both files, as they were read: while they are the same they need not be again */
	hj_usec since;          /* they are the same */
	bool unread;            /* one that is there could not be read, or not be taken */
	bool settled;
	unsigned spared;
};

static int new_ring(bool make, struct hj_keyring **ret)
{
	struct hj_keyring *k = calloc(1, sizeof(*k));

	if (!k)
		return -ENOMEM;
	k->make = make;
	k->used = -1;
	k->source = "none";
	*ret = k;
	return 0;
}

int hj_keyring_new(const char *root, bool make, struct hj_keyring **ret)
{
	_cleanup_(hj_keyring_freep) struct hj_keyring *k = NULL;
	int r = new_ring(make, &k);

	r = r < 0 ? r : hj_path(root, HJ_DIR_RUN, "key/kek", k->brought);
	r = r < 0 ? r : hj_path(root, HJ_DIR_STATE, NULL, k->folder);
	if (r >= 0)
		*ret = hj_steal(k);
	return r;
}

int hj_keyring_new_at(const char *folder, bool make, struct hj_keyring **ret)
{
	_cleanup_(hj_keyring_freep) struct hj_keyring *k = NULL;
	int r = new_ring(make, &k);

	if (r >= 0 && snprintf(k->folder, sizeof(k->folder), "%s", folder) >= (int)sizeof(k->folder))
		r = -ENAMETOOLONG;
	if (r >= 0)
		*ret = hj_steal(k);
	return r;
}

void hj_keyring_free(struct hj_keyring *k)
{
	if (!k)
		return;
	hj_wipe(k->keks, sizeof(k->keks));
	free(k);
}

/* ---- the files ---- */

/* 0; -ENOENT; -EBADMSG: holds no key. */
static int read_kek(const char *path, uint8_t ret[HJ_KEY_BYTES])
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	uint8_t bytes[HJ_KEY_BYTES + 1];
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	n = S_ISREG(st.st_mode) ? read(fd, bytes, sizeof(bytes)) : 0;
	if (n < 0)
		return -errno;
	if (n == HJ_KEY_BYTES)
		memcpy(ret, bytes, HJ_KEY_BYTES);
	hj_wipe(bytes, sizeof(bytes));
	return n == HJ_KEY_BYTES ? 0 : -EBADMSG;
}

static int write_kek(int folder, const char *name, const uint8_t kek[HJ_KEY_BYTES])
{
	_cleanup_fd_ int fd = -1;

	unlinkat(folder, name, 0); /* what a power cut left */
	fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0400);
	if (fd < 0)
		return -errno;
	if (write(fd, kek, HJ_KEY_BYTES) != HJ_KEY_BYTES)
		return errno ? -errno : -EIO;
	return fsync(fd) < 0 ? -errno : 0;
}

/* Under the folder's lock: so nobody is in the middle of it beside us. */
static int make_kek(int folder, const char *path)
{
	static const char part[] = "kek.part";
	uint8_t kek[HJ_KEY_BYTES];
	int r = read_kek(path, kek);

	if (r != -ENOENT) { /* made while we waited */
		hj_wipe(kek, sizeof(kek));
		return r;
	}
	r = hj_random(kek, sizeof(kek));
	r = r < 0 ? r : write_kek(folder, part, kek);
	if (r >= 0 && linkat(folder, part, folder, "kek", 0) < 0)
		r = -errno;
	unlinkat(folder, part, 0);
	if (r >= 0 && fsync(folder) < 0)
		r = -errno;
	hj_wipe(kek, sizeof(kek));
	return r;
}

static int set_aside(int folder)
{
	char name[64], time14[HJ_TIME14_LEN + 1];

	hj_time14_format(hj_now().wall_ms, time14);
	snprintf(name, sizeof(name), "kek.refused-%s", time14);
	return renameat(folder, "kek", folder, name) < 0 ? -errno : 0;
}

/* The file beside the data is absent or holds no key: made anew. */
static int make_beside(struct hj_keyring *k, const char *path)
{
	_cleanup_fd_ int folder = open(k->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint8_t kek[HJ_KEY_BYTES];
	int r;

	if (folder < 0 || flock(folder, LOCK_EX) < 0)
		return errno == ENOENT ? -ENODEV : -errno; /* no folder is no missing key */
	r = read_kek(path, kek);
	hj_wipe(kek, sizeof(kek));
	if (r == -EBADMSG)
		r = set_aside(folder);
	return r < 0 && r != -ENOENT ? r : make_kek(folder, path);
}

/* ---- the ring ---- */

/* Under a wrong name what it wraps could not be found again. */
static int name_kek(struct kek *kek)
{
	static const char what[] = "hjgate kek";
	const struct iovec parts[] = { { (void *)what, sizeof(what) }, { kek->key, HJ_KEY_BYTES } };
	uint8_t hash[HJ_SHA256_BYTES];
	int r = hj_sha256(parts, hj_array_size(parts), hash);

	if (r >= 0)
		memcpy(kek->fingerprint, hash, HJ_FINGERPRINT_BYTES);
	return r;
}

static int find(const struct hj_keyring *k, const uint8_t fingerprint[HJ_FINGERPRINT_BYTES])
{
	for (size_t i = 0; i < k->count; i++)
		if (!memcmp(k->keks[i].fingerprint, fingerprint, HJ_FINGERPRINT_BYTES))
			return (int)i;
	return -1;
}

/* Its place in the ring; the oldest that does not wrap gives way. -ENOMEM. */
static int add(struct hj_keyring *k, const uint8_t key[HJ_KEY_BYTES], bool *ret_new)
{
	struct kek kek;
	int at, r;

	memcpy(kek.key, key, HJ_KEY_BYTES);
	r = name_kek(&kek);
	at = r < 0 ? r : find(k, kek.fingerprint);
	if (r >= 0 && at < 0) {
		*ret_new = true;
		at = k->count < KEKS_MAX ? (int)k->count++ : (k->used == 0);
		k->keks[at] = kek;
	}
	hj_wipe(&kek, sizeof(kek));
	return at;
}

static int look_at(struct hj_keyring *k, const char *path, const char *source, bool *ret_new)
{
	uint8_t key[HJ_KEY_BYTES];
	int r = read_kek(path, key), at = r < 0 ? r : add(k, key, ret_new);

	hj_wipe(key, sizeof(key));
	if (r == -EBADMSG)
		snprintf(k->refused, sizeof(k->refused), "%s", path);
	k->unread |= at < 0 && at != -ENOENT && at != -EBADMSG;
	if (at < 0)
		return at;
	if (k->used >= 0)
		return 0; /* it opens; the one from outside wraps */
	k->used = at;
	k->source = source;
	return 0;
}

static void trace(const char *path, struct trace *ret)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return;
	ret->device = st.st_dev;
	ret->inode = st.st_ino;
	ret->size = st.st_size;
	ret->changed = st.st_ctim;
}

static int look(struct hj_keyring *k, const char *path)
{
	int used = k->used, r = -ENOENT;
	bool fresh = false;

	k->used = -1;
	k->unread = false;
	k->refused[0] = '\0';
	if (k->brought[0])
		r = look_at(k, k->brought, "ramfs", &fresh);
	if (r != -ENOMEM) /* else the one beside would wrap in its place */
		r = look_at(k, path, "file", &fresh);
	if (k->used < 0 && k->make && (r == -ENOENT || r == -EBADMSG)) {
		r = make_beside(k, path);
		r = r < 0 ? r : look_at(k, path, "file", &fresh);
	}
	if (k->used < 0) {
		/* It is gone from where it was, but still known here: what is sealed must stay readable. */
		k->used = used;
		k->source = used < 0 ? "none" : k->source;
		return used >= 0 ? 0 : r == -ENOENT || r == -EBADMSG ? -ENOKEY : r;
	}
	return fresh || k->used != used;
}

/* They are looked for once a minute, for years: two names are asked for, and hardly ever is a key read. */
int hj_keyring_look(struct hj_keyring *k)
{
	char path[PATH_MAX + sizeof("/kek")];
	hj_usec now = hj_now().mono;
	struct trace traces[2];
	bool same;
	int r;

	snprintf(path, sizeof(path), "%s/kek", k->folder);
	memset(traces, 0, sizeof(traces));
	trace(k->brought, &traces[0]);
	trace(path, &traces[1]);
	same = !memcmp(traces, k->traces, sizeof(traces));
	if (same && k->settled && k->spared++ < LOOKS_SPARED)
		return 0;
	memcpy(k->traces, traces, sizeof(traces));
	k->since = same ? k->since : now;
	r = look(k, path);
	k->settled = same && r >= 0 && !k->unread && now - k->since > SETTLED;
	k->spared = 0;
	return r;
}

int hj_keyring_add(struct hj_keyring *k, const uint8_t kek[HJ_KEY_BYTES])
{
	bool fresh = false;
	int r = add(k, kek, &fresh);

	return r < 0 ? r : fresh;
}

const uint8_t *hj_keyring_fingerprint(const struct hj_keyring *k)
{
	return k->used < 0 ? NULL : k->keks[k->used].fingerprint;
}

const char *hj_keyring_source(const struct hj_keyring *k)
{
	return k->source;
}

const char *hj_keyring_refused(const struct hj_keyring *k)
{
	return k->refused;
}

const uint8_t *hj_keyring_at(const struct hj_keyring *k, size_t i, const uint8_t **ret_fingerprint)
{
	if (i >= k->count)
		return NULL;
	*ret_fingerprint = k->keks[i].fingerprint;
	return k->keks[i].key;
}

bool hj_keyring_find(const struct hj_keyring *k, const uint8_t fingerprint[HJ_FINGERPRINT_BYTES])
{
	return find(k, fingerprint) >= 0;
}

int hj_keyring_wrap(struct hj_keyring *k, const void *aad, size_t n, const uint8_t key[HJ_KEY_BYTES],
        uint8_t ret[HJ_WRAPPED_BYTES])
{
	_cleanup_(hj_cipher_freep) struct hj_cipher *c = NULL;
	int r = k->used < 0 ? -ENOKEY : hj_cipher_new(k->keks[k->used].key, &c);

	return r < 0 ? r : hj_seal(c, aad, n, key, HJ_KEY_BYTES, ret);
}

int hj_keyring_unwrap(struct hj_keyring *k, const uint8_t fingerprint[HJ_FINGERPRINT_BYTES], const void *aad,
        size_t n, const uint8_t wrapped[HJ_WRAPPED_BYTES], uint8_t ret[HJ_KEY_BYTES])
{
	_cleanup_(hj_cipher_freep) struct hj_cipher *c = NULL;
	int at = find(k, fingerprint), r = at < 0 ? -ENOKEY : hj_cipher_new(k->keks[at].key, &c);

	return r < 0 ? r : hj_unseal(c, aad, n, wrapped, HJ_WRAPPED_BYTES, ret);
}
