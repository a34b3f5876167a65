/* One backup at a time: see backup.h. Three states: copying by a timer, sending as the client reads, over. */
#include "hjgate/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "hjgate/base64.h"
#include "hjgate/ledger_backup.h"
#include "hjgate/log.h"
#include "hjgate/now.h"
#include "hjgate/secret_hash.h"
#include "hjgate/service.h"
#include "hjgate/text.h"

#define FOLDER      "backup"                 /* below /var/lib/hjgate */
#define STEP_PAGES  16                       /* copied between two looks at the clock */
#define SLICE       (4 * HJ_USEC_PER_MS)     /* at most so long at a time: a commit can be late by this */
#define REST        (8 * HJ_USEC_PER_MS)     /* between two slices */
#define TELL_EVERY  (200 * HJ_USEC_PER_MS)   /* how far it is */
#define FREE_BYTES  (4 << 20)                /* of what was sent, given back at once */
#define WHOLE_LIMIT (3600 * HJ_USEC_PER_SEC) /* a client that does not read does not keep the room for ever */

struct hj_backup {
	struct hj_backup_of of;
	struct hj_ledger *ledger;
	struct hj_ipc_call *call;
	char id[HJ_BACKUP_ID_MAX + 1], site[HJ_BACKUP_SITE_MAX + 1];
	char path[HJ_PATH_MAX];
	sd_event_source *timer;
	struct hj_ledger_backup *copying;
	hj_usec begun, told;
	/* of the copy */
	struct hj_hash *hash;
	int fd;
	uint64_t at, bytes;
	uint8_t store[HJ_ID_BYTES];
	uint64_t first, last;
	char head[24 + HJ_LEDGER_HEAD_DIGITS]; /* SEQ:HEX; "" = there is none */
	struct hj_mac *signer;                 /* NULL: the key is not here */
	int64_t made_ms;
};

static int path_of(const char *root, const char *file, char ret[HJ_PATH_MAX])
{
	char name[64];

	snprintf(name, sizeof(name), FOLDER "/%s", file);
	return hj_path(root, HJ_DIR_STATE, name, ret);
}

void hj_backup_tidy(const char *root, const char *file)
{
	char path[HJ_PATH_MAX];

	if (path_of(root, file, path) >= 0)
		unlink(path);
}

/* ---- the end ---- */

static void release(struct hj_backup *b)
{
	*b->of.slot = NULL;
	sd_event_source_disable_unref(b->timer);
	hj_ledger_backup_free(b->copying);
	hj_hash_free(b->hash);
	hj_mac_free(b->signer);
	hj_closep(&b->fd);
	unlink(b->path);
	hj_ipc_call_unref(b->call);
	free(b);
}

/* The last answer has been given, or nobody listens any more. */
static void over(struct hj_backup *b, int r)
{
	if (b->of.over)
		b->of.over(r, b->call, b->id, b->bytes, b->of.userdata);
	release(b);
}

static void fail(struct hj_backup *b, int r)
{
	hj_log_error(r, "the backup of %s came to nothing", b->of.file);
	hj_ipc_fail(b->call, "hjgate.Failed", json_pack("{s:i, s:s}", "errno", -r, "text", strerror(-r)));
	over(b, r);
}

void hj_backup_free(struct hj_backup *b)
{
	if (b)
		fail(b, -ECANCELED);
}

/* ---- sending ---- */

static json_t *entry(struct hj_backup *b)
{
	char store[2 * HJ_ID_BYTES + 1], hash[2 * HJ_HASH_BYTES_256 + 1];
	int r = hj_hash_end(b->hash, hash);

	hj_id_format(b->store, store);
	return r < 0 ? NULL
	             : json_pack("{s:i, s:s, s:s, s:s, s:I, s:s, s:s, s:I, s:I, s:s, s:I, s:s}", "format", 1, "id",
	                       b->id, "site", b->site, "file", b->of.file, "bytes", (json_int_t)b->bytes, "sha256",
	                       hash, "store", store, "first", (json_int_t)b->first, "last", (json_int_t)b->last,
	                       "head", b->head, "made", (json_int_t)b->made_ms, "version", HJ_VERSION);
}

static void sign(struct hj_backup *b, const char *text, char ret[2 * HJ_SHA256_BYTES + 1])
{
	const struct iovec part = { (void *)text, strlen(text) };
	uint8_t mac[HJ_SHA256_BYTES];

	if (!b->signer || hj_mac_whole(b->signer, &part, 1, mac) < 0)
		return;
	for (size_t i = 0; i < sizeof(mac); i++)
		sprintf(ret + 2 * i, "%02x", mac[i]);
}

static void send_entry(struct hj_backup *b)
{
	json_t *e = entry(b);
	char *text = e ? json_dumps(e, JSON_COMPACT) : NULL, mac[2 * HJ_SHA256_BYTES + 1] = "";

	json_decref(e);
	if (!text) {
		fail(b, -ENOMEM);
		return;
	}
	sign(b, text, mac);
	hj_ipc_reply(b->call, json_pack("{s:s, s:I, s:I, s:s, s:s}", "state", "done", "done", (json_int_t)b->bytes,
	                              "all", (json_int_t)b->bytes, "entry", text, "mac", mac));
	free(text);
	over(b, 0);
}

/* What was sent is not needed again. A file of a GB that goes as a whole would hold up a commit; so it goes bit by
 * bit, where the file system can. */
static void free_sent(struct hj_backup *b, uint64_t before)
{
	uint64_t from = before / FREE_BYTES * FREE_BYTES, to = b->at / FREE_BYTES * FREE_BYTES;

	if (to > from)
		(void)fallocate(b->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)from, (off_t)(to - from));
}

static void send_piece(struct hj_ipc_call *call, void *userdata)
{
	struct hj_backup *b = userdata;
	uint8_t piece[HJ_BACKUP_PIECE];
	char *text;
	ssize_t n = pread(b->fd, piece, sizeof(piece), (off_t)b->at);
	int r = n < 0 ? -errno : (uint64_t)n + b->at > b->bytes || (!n && b->at < b->bytes) ? -EIO : 0;

	if (r >= 0 && !n) {
		send_entry(b);
		return;
	}
	r = r < 0 ? r : hj_hash_put(b->hash, piece, (size_t)n);
	text = r < 0 ? NULL : malloc(HJ_BASE64_LEN((size_t)n));
	if (!text) {
		fail(b, r < 0 ? r : -ENOMEM);
		return;
	}
	hj_base64_encode(piece, (size_t)n, text);
	b->at += (uint64_t)n;
	free_sent(b, b->at - (uint64_t)n);
	r = hj_ipc_reply_more(b->call, json_pack("{s:s, s:I, s:I, s:s}", "state", "sending", "done",
	                                       (json_int_t)b->at, "all", (json_int_t)b->bytes, "data", text));
	free(text);
	if (r < 0)
		over(b, r);
	else
		hj_ipc_call_on_drain(b->call, send_piece, b);
}

/* What the copy is: everything that is committed at this moment. */
static void note_what(struct hj_backup *b)
{
	char digits[HJ_LEDGER_HEAD_DIGITS + 1];

	b->first = hj_ledger_first(b->ledger);
	b->last = hj_ledger_last(b->ledger);
	memcpy(b->store, hj_ledger_store_id(b->ledger), HJ_ID_BYTES);
	if (b->last && hj_ledger_head(b->ledger, b->last, digits) >= 0)
		snprintf(b->head, sizeof(b->head), "%llu:%s", (unsigned long long)b->last, digits);
	hj_ledger_signer(b->ledger, &b->signer);
	b->made_ms = hj_now().wall_ms;
}

static void begin_sending(struct hj_backup *b)
{
	struct stat st;

	note_what(b);
	hj_ledger_backup_free(hj_steal(b->copying));
	b->fd = open(b->path, O_RDWR | O_CLOEXEC);
	if (b->fd < 0 || fstat(b->fd, &st) < 0) {
		fail(b, -errno);
		return;
	}
	b->bytes = (uint64_t)st.st_size;
	sd_event_source_set_time(b->timer, b->begun + WHOLE_LIMIT);
	sd_event_source_set_enabled(b->timer, SD_EVENT_ONESHOT);
	send_piece(b->call, b);
}

/* ---- copying ---- */

static void tell(struct hj_backup *b, hj_usec now, uint64_t done, uint64_t all)
{
	hj_usec took = now - b->begun;
	int64_t left = done ? (int64_t)((double)took * (double)(all - done) / (double)done / HJ_USEC_PER_SEC) : -1;

	if (now < b->told + TELL_EVERY || hj_ipc_call_queued(b->call))
		return;
	b->told = now;
	hj_ipc_reply_more(b->call, json_pack("{s:s, s:I, s:I, s:I}", "state", "copying", "done", (json_int_t)done,
	                                   "all", (json_int_t)all, "seconds", (json_int_t)left));
}

static int on_slice(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct hj_backup *b = userdata;
	hj_usec began = hj_now().mono;
	uint64_t done = 0, all = 0;
	int r = 0;

	if (!b->copying) { /* sending: the client has taken too long */
		fail(b, -ETIMEDOUT);
		return 0;
	}
	while (r == 0 && hj_now().mono < began + SLICE)
		r = hj_ledger_backup_step(b->copying, STEP_PAGES, &done, &all);
	if (r < 0 && r != -EBUSY) {
		fail(b, r);
		return 0;
	}
	if (r > 0) {
		begin_sending(b);
		return 0;
	}
	tell(b, hj_now().mono, done, all);
	sd_event_source_set_time(b->timer, hj_now().mono + REST);
	sd_event_source_set_enabled(b->timer, SD_EVENT_ONESHOT);
	return 0;
}

/* ---- the begin ---- */

static void on_left(struct hj_ipc_call *call, void *userdata)
{
	over(userdata, -EPIPE);
}

static bool id_valid(const char *id)
{
	return *id && strlen(id) <= HJ_BACKUP_ID_MAX &&
	       !id[strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")];
}

/* Room for the copy, and then some. */
static int no_room(const struct hj_backup_of *of, struct hj_ledger *l, struct hj_ipc_call *call)
{
	uint64_t need = (uint64_t)hj_ledger_bytes(l) + HJ_BACKUP_RESERVE, free_bytes;
	char path[HJ_PATH_MAX], error[64];
	struct statvfs fs;

	if (hj_path(of->root, HJ_DIR_STATE, "", path) < 0 || statvfs(path, &fs) < 0)
		return 0; /* the copying finds out */
	free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (free_bytes >= need)
		return 0;
	snprintf(error, sizeof(error), "%s.NoRoom", of->interface);
	hj_ipc_fail(call, error, json_pack("{s:I, s:I}", "need", (json_int_t)need, "free", (json_int_t)free_bytes));
	return 1;
}

static int start(struct hj_backup *b, struct hj_ledger *l, struct hj_ipc_call *call)
{
	char folder[HJ_PATH_MAX];
	int r = hj_state_folder(b->of.root, FOLDER, 0700, folder);

	r = r < 0 ? r : path_of(b->of.root, b->of.file, b->path);
	r = r < 0 ? r : hj_hash_new(&b->hash);
	if (r < 0)
		return r;
	unlink(b->path);
	r = hj_ledger_backup_new(l, b->path, &b->copying);
	r = r < 0 ? r : sd_event_add_time(b->of.event, &b->timer, CLOCK_BOOTTIME, 0, HJ_USEC_PER_MS, on_slice, b);
	if (r < 0)
		return r;
	b->ledger = l;
	b->begun = hj_now().mono;
	b->call = hj_ipc_call_ref(call);
	hj_ipc_call_on_left(call, on_left, b);
	return 0;
}

static int begin(const struct hj_backup_of *of, struct hj_ledger *l, struct hj_ipc_call *call, const char *id,
        const char *site)
{
	struct hj_backup *b = calloc(1, sizeof(*b));
	int r;

	if (!b)
		return -ENOMEM;
	b->of = *of;
	b->fd = -1;
	hj_text_copy(b->id, sizeof(b->id), id);
	hj_text_copy(b->site, sizeof(b->site), site);
	*of->slot = b;
	r = start(b, l, call);
	if (r < 0)
		release(b);
	return r;
}

int hj_backup_begin(const struct hj_backup_of *of, struct hj_ledger *l, struct hj_ipc_call *call, json_t *parameters)
{
	const char *id, *site = "", *bad;
	char error[64];
	const struct hj_param table[] = {
		{ "id", HJ_PARAM_STRING, true, &id },
		{ "site", HJ_PARAM_STRING, false, &site },
	};

	if (hj_params_read(parameters, table, hj_array_size(table), &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	if (!id_valid(id))
		return hj_ipc_fail_parameter(call, "id");
	if (strlen(site) > HJ_BACKUP_SITE_MAX)
		return hj_ipc_fail_parameter(call, "site");
	if (!hj_ipc_call_more(call))
		return hj_ipc_fail_parameter(call, "more");
	if (*of->slot) {
		snprintf(error, sizeof(error), "%s.BackupRunning", of->interface);
		return hj_ipc_fail(call, error, NULL);
	}
	return no_room(of, l, call) ? 0 : begin(of, l, call, id, site);
}
