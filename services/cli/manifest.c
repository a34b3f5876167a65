/* The manifest of a backup. It comes from a stick, so every member is checked; a name in it is never a path. */
#include "manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "ask.h"
#include "hjgate/ledger_backup.h"
#include "outfile.h"

#define MANIFEST_BYTES (64u << 10) /* at most */
#define PIECE          (64u << 10)

void manifest_done(struct manifest *m)
{
	for (size_t i = 0; i < m->count; i++)
		free(m->entries[i].text);
	*m = (struct manifest){ 0 };
}

const struct manifest_entry *manifest_find(const struct manifest *m, const char *file)
{
	for (size_t i = 0; i < m->count; i++)
		if (!strcmp(m->entries[i].file, file))
			return &m->entries[i];
	return NULL;
}

/* ---- one entry ---- */

static bool is_hex(const char *text, size_t n)
{
	return strlen(text) == n && strspn(text, "0123456789abcdef") == n;
}

/* What a terminal would obey: a manifest comes from a stick, and its texts are shown. */
static bool steers(const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++)
		if (*p < ' ' || *p == 0x7f || (p[0] == 0xc2 && p[1] < 0xa0))
			return true;
	return false;
}

static int read_entry(json_t *j, struct manifest_entry *e)
{
	const struct {
		const char *key;
		char *to;
		size_t size;
	} texts[] = {
		{ "file", e->file, sizeof(e->file) },
		{ "id", e->id, sizeof(e->id) },
		{ "site", e->site, sizeof(e->site) },
		{ "version", e->version, sizeof(e->version) },
		{ "store", e->store, sizeof(e->store) },
		{ "sha256", e->sha256, sizeof(e->sha256) },
		{ "head", e->head, sizeof(e->head) },
	};
	int64_t bytes = cli_int(j, "bytes"), first = cli_int(j, "first"), last = cli_int(j, "last");

	for (size_t i = 0; i < hj_array_size(texts); i++) {
		const char *text = cli_string(j, texts[i].key);

		if (!text || steers(text) || !hj_text_copy(texts[i].to, texts[i].size, text))
			return -EBADMSG;
	}
	if (cli_int(j, "format") != MANIFEST_FORMAT || bytes <= 0 || first < 0 || last < first ||
	        !is_hex(e->store, 2 * HJ_ID_BYTES) || !is_hex(e->sha256, 2 * HJ_HASH_BYTES_256) || !e->file[0] ||
	        strchr(e->file, '/') || e->file[0] == '.')
		return -EBADMSG;
	e->bytes = (uint64_t)bytes;
	e->first = (uint64_t)first;
	e->last = (uint64_t)last;
	e->made_ms = cli_time(j, "made");
	return 0;
}

int manifest_add(struct manifest *m, const char *text, const char *mac)
{
	struct manifest_entry *e = &m->entries[m->count];
	_cleanup_json_ json_t *j = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	if (m->count == MANIFEST_FILES)
		return -ENOSPC;
	*e = (struct manifest_entry){ 0 };
	if (!json_is_object(j) || read_entry(j, e) < 0 || (mac && *mac && !is_hex(mac, MANIFEST_MAC_LEN)))
		return -EBADMSG;
	/* Parts of two backups are no backup. */
	if (manifest_find(m, e->file) || (m->count && strcmp(m->entries[0].id, e->id)))
		return -EBADMSG;
	hj_text_copy(e->mac, sizeof(e->mac), mac ? mac : "");
	e->text = strdup(text);
	if (!e->text)
		return -ENOMEM;
	m->count++;
	return 0;
}

/* ---- the file ---- */

static int path_in(const char *folder, const char *file, char to[PATH_MAX])
{
	return snprintf(to, PATH_MAX, "%s/%s", folder, file) < PATH_MAX ? 0 : -ENAMETOOLONG;
}

static int open_in(const char *folder, const char *file, struct stat *ret)
{
	char path[PATH_MAX];
	int fd, r = path_in(folder, file, path);

	if (r < 0)
		return r;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (fstat(fd, ret) == 0 && S_ISREG(ret->st_mode))
		return fd;
	close(fd);
	return -EBADMSG;
}

static int take_entries(json_t *all, struct manifest *m)
{
	json_t *entries = json_object_get(all, "entries"), *j;
	int r = json_array_size(entries) ? 0 : -EBADMSG;
	size_t i;

	json_array_foreach(entries, i, j) if (r >= 0)
	{
		const char *text = cli_string(j, "entry");

		r = text ? manifest_add(m, text, cli_string(j, "mac")) : -EBADMSG;
	}
	return r;
}

int manifest_read(const char *folder, struct manifest *ret)
{
	_cleanup_json_ json_t *all = NULL;
	_cleanup_fd_ int fd = -1;
	struct manifest m = { 0 };
	struct stat st;
	int r;

	fd = open_in(folder, MANIFEST_FILE, &st);
	if (fd < 0)
		return fd;
	if (st.st_size > MANIFEST_BYTES)
		return -EBADMSG;
	all = json_loadfd(fd, JSON_REJECT_DUPLICATES, NULL);
	r = json_is_object(all) && cli_int(all, "format") == MANIFEST_FORMAT ? take_entries(all, &m) : -EBADMSG;
	if (r < 0) {
		manifest_done(&m);
		return r;
	}
	*ret = m;
	return 0;
}

int manifest_write(const struct manifest *m, const char *folder)
{
	_cleanup_json_ json_t *entries = json_array(),
	                      *all = json_pack("{s:i, s:O}", "format", MANIFEST_FORMAT, "entries", entries);
	char path[PATH_MAX];
	struct outfile o;
	int r = path_in(folder, MANIFEST_FILE, path);

	for (size_t i = 0; i < m->count; i++)
		json_array_append_new(
		        entries, json_pack("{s:s, s:s}", "entry", m->entries[i].text, "mac", m->entries[i].mac));
	r = r < 0 ? r : outfile_open(&o, path, 0600);
	if (r < 0)
		return r;
	if (json_dumpf(all, o.f, JSON_INDENT(1)) < 0 || fputc('\n', o.f) == EOF) {
		outfile_abort(&o);
		return -EIO;
	}
	return outfile_commit(&o);
}

/* ---- the files it names ---- */

int manifest_check_file(const struct manifest_entry *e, const char *folder,
        void (*progress)(uint64_t done, uint64_t all, void *userdata), void *userdata)
{
	_cleanup_(hj_hash_freep) struct hj_hash *hash = NULL;
	char piece[PIECE], sum[2 * HJ_HASH_BYTES_256 + 1];
	_cleanup_fd_ int fd = -1;
	struct stat st;
	uint64_t done = 0;
	ssize_t n;
	int r = hj_hash_new(&hash);

	if (r < 0)
		return r;
	fd = open_in(folder, e->file, &st);
	if (fd < 0)
		return fd;
	if ((uint64_t)st.st_size != e->bytes)
		return -EBADMSG;
	while ((n = read(fd, piece, sizeof(piece))) > 0) {
		hj_hash_put(hash, piece, (size_t)n);
		done += (uint64_t)n;
		if (progress)
			progress(done, e->bytes, userdata);
	}
	if (n < 0)
		return -errno;
	r = hj_hash_end(hash, sum);
	return r < 0 ? r : strcmp(sum, e->sha256) ? -EBADMSG : 0;
}

int manifest_prove(const struct manifest_entry *e, const char *folder, struct hj_keyring *keyring)
{
	const struct iovec part = { e->text, strlen(e->text) };
	_cleanup_(hj_ledger_closep) struct hj_ledger *l = NULL;
	_cleanup_(hj_mac_freep) struct hj_mac *signer = NULL;
	char path[PATH_MAX], text[2 * HJ_SHA256_BYTES + 1];
	uint8_t mac[HJ_SHA256_BYTES];
	int r = path_in(folder, e->file, path);

	r = r < 0 ? r : hj_ledger_open_readonly(path, keyring, &l);
	r = r < 0 ? r : hj_ledger_signer(l, &signer);
	r = r < 0 ? r : hj_mac_whole(signer, &part, 1, mac);
	if (r < 0)
		return r;
	for (size_t i = 0; i < sizeof(mac); i++)
		sprintf(text + 2 * i, "%02x", mac[i]);
	return strcmp(text, e->mac) ? -EBADMSG : 0;
}
