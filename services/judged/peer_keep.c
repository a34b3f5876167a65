/* What outlives a restart: what judge thinks and waits for, what the platforms have been told, and what is still to
 * be taken. It is a file of judged's own, written whole with each conclusion and now and then between: stored's
 * settings are for texts of a line. What was seen after it was written is read again from the records.
 *
 * While the disk takes nothing it is written to a spare in /run instead, which outlives the program though not the
 * power. Each writing has the next serial: the highest one is read. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hjgate/base64.h"
#include "hjgate/log.h"
#include "judged.h"
#include "peer_outbox.h"

#define VERSION     1
#define STATE_BYTES (4 << 20) /* of the file, at the most */
#define STATE_MODE  0600
#define FOLDER      "judged"
#define FOLDER_MODE 0700

/* ---- writing ---- */

static char *judge_as_text(const struct judged *d)
{
	_cleanup_(hj_buf_done) struct hj_buf buf = { 0 };
	char *text;

	if (hj_judge_encode(d->judge, &buf) < 0)
		return NULL;
	text = malloc(HJ_BASE64_LEN(buf.len));
	if (text)
		hj_base64_encode(buf.data, buf.len, text);
	return text;
}

static json_t *told_to_json(const struct judged *d)
{
	json_t *told = json_object();

	for (size_t i = 0; i < d->site.plan.equipment_count; i++)
		if (d->told[i] != JUDGED_TOLD_NO)
			json_object_set_new(told, d->site.equipment[i].code, json_integer(d->told[i]));
	return told;
}

json_t *keep_encode(const struct judged *d)
{
	_cleanup_free_ char *judge = judge_as_text(d);

	return judge ? json_pack("{s:i, s:I, s:s, s:o, s:o, s:o}", "version", VERSION, "serial",
	                       (json_int_t)d->serial, "judge", judge, "told", told_to_json(d), "outbox",
	                       outbox_save(d->outbox), "keys", judged_keys_save(d))
	             : NULL;
}

static int write_spare(struct judged *d, const char *text)
{
	char folder[HJ_PATH_MAX];
	int r = hj_path(d->root, HJ_DIR_RUN, FOLDER, folder);

	r = r < 0 ? r : hj_make_folders(folder, FOLDER_MODE);
	r = r < 0 ? r : hj_write_whole(d->spare, text, strlen(text), STATE_MODE);
	d->spared = d->spared || r >= 0;
	return r;
}

static void drop_spare(struct judged *d)
{
	if (d->spared && unlink(d->spare) < 0 && errno != ENOENT)
		hj_log_error(-errno, "cannot remove %s", d->spare);
	d->spared = false;
}

static void tell_trouble(const struct judged *d, int why, int spare)
{
	if (spare < 0)
		hj_log_error(
		        why, "cannot keep %s: after a restart it goes on from what was kept before", d->path);
	else
		hj_log_error(why,
		        "cannot keep %s: it lies in %s until the disk takes it; after a power cut it goes on from "
		        "what was kept before",
		        d->path, d->spare);
}

void keep_save(struct judged *d)
{
	_cleanup_json_ json_t *j = NULL;
	_cleanup_free_ char *text = NULL;
	int r = -ENOMEM;

	d->serial++;
	j = keep_encode(d);
	text = j ? json_dumps(j, JSON_COMPACT) : NULL;
	if (text)
		r = hj_write_whole(d->path, text, strlen(text), STATE_MODE);
	outbox_kept(d->outbox);
	d->concluded = false;
	d->kept_ms = hj_judge_time(d->judge);
	if (r >= 0)
		drop_spare(d);
	else
		tell_trouble(d, r, text ? write_spare(d, text) : r);
}

/* ---- reading ---- */

/* 0 and NULL: there is none. */
static int read_json(const char *path, json_t **ret)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;

	*ret = NULL;
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > STATE_BYTES)
		return -EBADMSG;
	*ret = json_loadfd(fd, JSON_REJECT_DUPLICATES, NULL);
	return *ret ? 0 : -EBADMSG;
}

static int decode_judge(struct judged *d, const char *text)
{
	_cleanup_free_ uint8_t *bytes = NULL;
	size_t n;
	int r;

	bytes = text ? malloc(strlen(text) / 4 * 3 + 1) : NULL;
	r = bytes ? hj_base64_decode(text, strlen(text), bytes, &n) : -EBADMSG;
	return r < 0 ? r : hj_judge_decode(d->judge, bytes, n);
}

/* Before judge speaks of what is not in the plan any more. */
static void load_told(struct judged *d, const json_t *told)
{
	for (size_t i = 0; i < d->site.plan.equipment_count; i++) {
		const json_t *rs = json_object_get(told, d->site.equipment[i].code);

		if (json_is_integer(rs) && json_integer_value(rs) >= 0 &&
		        json_integer_value(rs) <= HJ_EQUIPMENT_STATE_MAX)
			d->told[i] = (int8_t)json_integer_value(rs);
	}
}

static json_int_t serial(const json_t *j)
{
	return json_integer_value(json_object_get(j, "serial"));
}

int keep_decode(struct judged *d, const json_t *j)
{
	int r;

	if (json_integer_value(json_object_get(j, "version")) != VERSION)
		return -EBADMSG;
	d->serial = (uint64_t)serial(j);
	load_told(d, json_object_get(j, "told"));
	judged_keys_load(d, json_object_get(j, "keys"));
	outbox_load(d->outbox, json_object_get(j, "outbox"));
	r = decode_judge(d, json_string_value(json_object_get(j, "judge")));
	if (r < 0)
		judged_keys_free(d); /* a judge that begins with nothing known gives their numbers to others */
	return r;
}

/* The spare, where it is the newer one: a kill can leave it behind when the disk has taken what is newer. */
static int read_newest(struct judged *d, json_t **ret, const char **ret_path)
{
	_cleanup_json_ json_t *spare = NULL;
	int r = read_json(d->path, ret), k = read_json(d->spare, &spare);

	if (k < 0)
		hj_log_error(k, "%s cannot be read: what was kept while the disk took nothing is lost", d->spare);
	d->spared = spare || k < 0;
	*ret_path = d->path;
	if (!spare || (*ret && serial(*ret) >= serial(spare)))
		return r;
	json_decref(*ret);
	*ret = hj_steal(spare);
	*ret_path = d->spare;
	return 0;
}

/* What is written from now on is newer than what could not be read, and may be readable one day. */
static void begin_anew(struct judged *d, const char *path, int why)
{
	hj_log_error(why, "%s cannot be read: judging begins with nothing known", path);
	d->serial = (uint64_t)hj_max(hj_now().wall_ms, (int64_t)d->serial);
}

int keep_load(struct judged *d)
{
	_cleanup_json_ json_t *j = NULL;
	const char *path;
	int r = read_newest(d, &j, &path);

	if (r >= 0 && j)
		r = keep_decode(d, j);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		begin_anew(d, path, r);
	d->kept_ms = hj_judge_time(d->judge);
	return r < 0 || !j ? 0 : 1;
}
