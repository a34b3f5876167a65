/* Who changed what in the configuration: what each file said is kept in the ledger's own file, and at each start, and
 * soon after a file was written, it is compared with what it says now: an event for each key, from what to what.
 * Passwords are kept as hashes and shown as stars. Who it was only the file's owner shows: a file that an editor has
 * replaced is its user's. A file that has too much in it to be kept is told as a whole. */
#include "eventd.h"
#include "hjgate/conf.h"
#include "hjgate/conf_flat.h"
#include "hjgate/differ.h"
#include "hjgate/event.h"
#include "hjgate/ipc.h"
#include "hjgate/log.h"
#include "hjgate/now.h"
#include "hjgate/secret.h"
#include "hjgate/text.h"

#include <errno.h>
#include <malloc.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX      "conf."               /* of the keys in the ledger's state */
#define LOOKED      "confs"               /* it was looked at once */
#define KEPT_MAX    (64u << 10)           /* bytes of one file's settings */
#define TOLD_MOST   100                   /* keys of one file at a time; the rest is a number */
#define LOOK_AFTER  (2 * HJ_USEC_PER_SEC) /* a person writes several files, and an editor each of them twice */
#define START_AFTER (200 * HJ_USEC_PER_MS)
#define FILE_MAX    (HJ_NAME_MAX + 32)
#define WATCHES     8
#define STARS       "******"

struct conf_watch {
	struct eventd *d;
	bool in_force; /* something was started, stopped or applied: what is written may be what runs now */
	sd_event_source *timer, *notify[WATCHES];
	size_t notify_count;
};

/* ---- what a file says ---- */

struct gathering {
	struct hj_buf text;
	const char *file;
	bool too_much;
	uint8_t rest[HJ_SHA256_BYTES];
};

static void hash(const char *file, const char *value, char to[24])
{
	const struct iovec parts[] = { { (void *)file, strlen(file) }, { (void *)value, strlen(value) } };
	uint8_t sum[HJ_SHA256_BYTES];

	if (hj_sha256(parts, 2, sum) < 0)
		memset(sum, 0, sizeof(sum));
	snprintf(to, 24, "%s#%02x%02x%02x%02x", STARS, sum[0], sum[1], sum[2], sum[3]);
}

/* So many settings are not kept: of the rest only that it changed can be told. */
static int add_to_rest(struct gathering *g, const char *key, const char *value)
{
	const struct iovec parts[] = { { g->rest, sizeof(g->rest) }, { (void *)key, strlen(key) + 1 },
		{ (void *)value, strlen(value) } };

	g->too_much = true;
	return hj_sha256(parts, hj_array_size(parts), g->rest);
}

static int gather(const char *key, const char *value, bool secret, void *userdata)
{
	struct gathering *g = userdata;
	char hidden[24];

	if (secret)
		hash(g->file, value, hidden);
	if (g->text.len > KEPT_MAX)
		return add_to_rest(g, key, secret ? hidden : value);
	return hj_buf_printf(&g->text, "%s=%s\n", key, secret ? hidden : value);
}

/* A file that does not parse says only that. */
static int read_file(const struct eventd *d, const char *folder, const char *name, struct gathering *g)
{
	int r = hj_conf_flatten(d->root, folder, name, gather, g);

	if (r == -ENOENT || r == -ENOMEM)
		return r;
	if (r < 0) {
		hj_buf_done(&g->text);
		r = hj_buf_printf(&g->text, "(the file)=%s\n", "does not parse");
	} else if (g->too_much) {
		r = hj_buf_printf(
		        &g->text, "(the rest)=%02x%02x%02x%02x\n", g->rest[0], g->rest[1], g->rest[2], g->rest[3]);
	}
	return r < 0 ? r : hj_buf_put(&g->text, "", 1);
}

/* ---- telling ---- */

struct telling {
	struct eventd *d;
	const char *file, *by;
	size_t told, more;
};

static const char *shown(const char *value)
{
	return !value ? "-" : !strncmp(value, STARS, strlen(STARS)) ? STARS : value;
}

static void say(struct eventd *d, const char *code, const char *key, json_t *values)
{
	char *text = values ? json_dumps(values, JSON_COMPACT) : NULL;

	if (text && strlen(text) <= HJ_EVENT_VALUES_MAX)
		eventd_say(d, code, ROW_MOMENT, key, text);
	free(text);
	json_decref(values);
}

static void tell(const char *key, const char *old, const char *new, void *userdata)
{
	struct telling *t = userdata;
	char event_key[EVENT_KEY_MAX + 1];

	if (t->told == TOLD_MOST || t->d->queued > QUEUE_MAX / 2)
		eventd_flush(t->d);
	if (t->told == TOLD_MOST) {
		t->more++;
		return;
	}
	t->told++;
	hj_notice("%s: %s is %s now, before %s", t->file, key, shown(new), shown(old));
	snprintf(event_key, sizeof(event_key), "%s %s", t->file, key);
	say(t->d, "config-value", event_key,
	        json_pack("{s:s, s:s, s:s, s:s, s:s}", "file", t->file, "key", key, "old", shown(old), "new",
	                shown(new), "by", t->by));
}

static void owner(const struct eventd *d, const char *file, char to[48])
{
	char path[HJ_PATH_MAX];
	struct passwd *who;
	struct stat st;

	hj_text_copy(to, 48, "-");
	if (hj_path(d->root, HJ_DIR_ETC, file, path) < 0 || stat(path, &st) < 0)
		return;
	who = getpwuid(st.st_uid);
	if (who)
		hj_text_copy(to, 48, who->pw_name);
	else
		snprintf(to, 48, "uid %u", (unsigned)st.st_uid);
}

/* A disk that failed while the changes were told has cost the ledger. now NULL: the file is gone. */
static int keep(struct eventd *d, const char *key, const char *now)
{
	return d->ledger ? hj_ledger_put(d->ledger, key, now, now ? strlen(now) : 0) : -EIO;
}

/* now NULL: the file is gone. */
static int compare(struct eventd *d, const char *file, const char *now, bool first)
{
	_cleanup_(hj_buf_done) struct hj_buf kept = { 0 };
	char key[HJ_LEDGER_KEY_MAX + 1], by[48];
	struct telling t = { .d = d, .file = file, .by = by };
	int r;

	if (snprintf(key, sizeof(key), PREFIX "%s", file) >= (int)sizeof(key))
		return 0;
	r = hj_ledger_get(d->ledger, key, &kept);
	if (r < 0 && r != -ENOENT)
		return r == -EBADMSG || r == -ENOKEY ? keep(d, key, now) : r;
	if (hj_buf_put(&kept, "", 1) < 0)
		return -ENOMEM;
	if (now && !strcmp(kept.data, now))
		return 0;
	owner(d, file, by);
	if (!first)
		hj_differ_run(kept.data, now ? now : "", tell, &t);
	if (t.more) {
		hj_notice("%s: %zu more keys are others", file, t.more);
		say(d, "config-changed", file, json_pack("{s:s, s:I}", "file", file, "more", (json_int_t)t.more));
	}
	return keep(d, key, now);
}

int conf_watch_lines(const struct eventd *d, const char *file, struct hj_buf *to)
{
	char key[HJ_LEDGER_KEY_MAX + 1];
	int r;

	if (snprintf(key, sizeof(key), PREFIX "%s", file) >= (int)sizeof(key))
		return -ENAMETOOLONG;
	r = hj_ledger_get(d->ledger, key, to);
	return r < 0 ? r : hj_buf_put(to, "", 1);
}

/* ---- all files ---- */

static int look_at(struct eventd *d, const char *folder, const char *name, bool first)
{
	struct gathering g = { .too_much = false };
	char file[FILE_MAX];
	int r;

	if (snprintf(file, sizeof(file), "%s%s%s.conf", folder, *folder ? "/" : "", name) >= (int)sizeof(file) ||
	        !strcmp(file, "factors.conf")) /* the standard's own */
		return 0;
	g.file = file;
	r = read_file(d, folder, name, &g);
	r = r < 0 ? r : compare(d, file, g.text.data, first);
	hj_buf_done(&g.text);
	return r == -ENOENT ? 0 : r;
}

struct gone {
	const struct eventd *d;
	char files[16][FILE_MAX];
	size_t count;
};

static int note_gone(const char *key, const void *value, size_t n, void *userdata)
{
	struct gone *g = userdata;
	const char *file = key + strlen(PREFIX);
	char path[HJ_PATH_MAX];

	if (hj_path(g->d->root, HJ_DIR_ETC, file, path) >= 0 && access(path, F_OK) < 0 && errno == ENOENT &&
	        g->count < hj_array_size(g->files))
		hj_text_copy(g->files[g->count++], FILE_MAX, file);
	return 0;
}

static int look_for_gone(struct eventd *d)
{
	struct gone g = { .d = d };
	int r = hj_ledger_each(d->ledger, PREFIX, note_gone, &g);

	for (size_t i = 0; i < g.count && r >= 0; i++)
		r = compare(d, g.files[i], NULL, false);
	return r;
}

static int look_at_all(struct eventd *d)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	bool first = hj_ledger_get(d->ledger, LOOKED, &b) == -ENOENT;
	int r = first ? hj_ledger_put(d->ledger, LOOKED, "", 1) : 0;

	for (const char *const *folder = hj_conf_flat_folders; *folder && r >= 0; folder++) {
		char **names = NULL;
		size_t count = 0;

		if (hj_conf_names(d->root, *folder, &names, &count) < 0)
			continue;
		for (size_t i = 0; i < count && r >= 0; i++)
			r = look_at(d, *folder, names[i], first);
		hj_conf_names_free(names, count);
	}
	r = r < 0 ? r : look_for_gone(d);
	malloc_trim(0);
	return r;
}

static void again(struct conf_watch *w, hj_usec after)
{
	sd_event_source_set_time(w->timer, hj_now().mono + after);
	sd_event_source_set_enabled(w->timer, SD_EVENT_ONESHOT);
}

static void end_gone(struct conf_watch *w)
{
	if (!w->in_force)
		return;
	w->in_force = eventd_end_gone(w->d);
	if (w->in_force)
		again(w, LOOK_AFTER);
}

static void look(struct conf_watch *w)
{
	struct eventd *d = w->d;
	int r = eventd_flush(d);

	if (r == -EINPROGRESS) {
		again(w, LOOK_AFTER);
		return;
	}
	r = r < 0 ? r : look_at_all(d);
	if (r >= 0)
		end_gone(w);
	/* The events and what they were told of, in one transaction. */
	if (r >= 0)
		r = d->queued ? eventd_flush(d) : hj_ledger_commit(d->ledger);
	if (r < 0 && d->ledger)
		hj_ledger_rollback(d->ledger);
	if (r >= 0)
		return;
	/* They are told together with what they were told of, or not at all. */
	eventd_finds_again(d, "config-value");
	eventd_finds_again(d, "config-changed");
	hj_log_error(r, "cannot compare the configuration with what it was: trying again");
	again(w, RETRY_MOST);
}

/* ---- when ---- */

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	look(userdata);
	return 0;
}

static int on_change(sd_event_source *source, const struct inotify_event *event, void *userdata)
{
	again(userdata, LOOK_AFTER);
	return 0;
}

/* Not when a file is written: an edit that nobody applies, and that is taken back, concerns nobody. What is armed
 * already is not put off. */
void conf_watch_heed(struct conf_watch *w, const struct row *row)
{
	if (!w || !strcmp(row->source, "eventd") ||
	        (strncmp(row->code, "config-", strlen("config-")) != 0 &&
	                strncmp(row->code, "program-", strlen("program-")) != 0))
		return;
	w->in_force = true;
	if (sd_event_source_get_enabled(w->timer, NULL) <= 0)
		again(w, LOOK_AFTER);
}

void conf_watch_free(struct conf_watch *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->notify_count; i++)
		sd_event_source_disable_unref(w->notify[i]);
	sd_event_source_disable_unref(w->timer);
	free(w);
}

/* A folder that is not there, or cannot be watched, is looked at with the next start. */
static void watch_folders(struct conf_watch *w)
{
	char path[HJ_PATH_MAX];

	for (const char *const *folder = hj_conf_flat_folders; *folder && w->notify_count < WATCHES; folder++)
		if (hj_path(w->d->root, HJ_DIR_ETC, *folder, path) >= 0 &&
		        sd_event_add_inotify(w->d->event, &w->notify[w->notify_count], path,
		                IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE, on_change, w) >= 0)
			w->notify_count++;
}

int conf_watch_new(struct eventd *d, struct conf_watch **ret)
{
	struct conf_watch *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	w->d = d;
	r = sd_event_add_time_relative(d->event, &w->timer, CLOCK_BOOTTIME, START_AFTER, HJ_USEC_PER_MS, on_timer, w);
	if (r < 0) {
		conf_watch_free(w);
		return r;
	}
	watch_folders(w);
	*ret = w;
	return 0;
}
