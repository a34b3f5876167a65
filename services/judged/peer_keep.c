/* What outlives a restart: what judge thinks and waits for, what the platforms have been told, and what is still to
 * be taken. It is a file of judged's own, written whole with each conclusion and now and then between: stored's
 * settings are for texts of a line. What was seen after it was written is read again from the records. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "hjgate/base64.h"
#include "hjgate/log.h"
#include "judged.h"
#include "peer_outbox.h"

#define VERSION     1
#define STATE_BYTES (4 << 20) /* of the file, at the most */
#define STATE_MODE  0600

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

	return judge ? json_pack("{s:i, s:s, s:o, s:o, s:o}", "version", VERSION, "judge", judge, "told",
	                       told_to_json(d), "outbox", outbox_save(d->outbox), "keys", judged_keys_save(d))
	             : NULL;
}

void keep_save(struct judged *d)
{
	_cleanup_json_ json_t *j = keep_encode(d);
	_cleanup_free_ char *text = j ? json_dumps(j, JSON_COMPACT) : NULL;
	int r = -ENOMEM;

	if (text)
		r = hj_write_whole(d->path, text, strlen(text), STATE_MODE);
	outbox_kept(d->outbox);
	d->concluded = false;
	d->kept_ms = hj_judge_time(d->judge);
	if (r < 0)
		hj_log_error(r, "cannot keep %s: after a restart it goes on from what was kept before", d->path);
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

int keep_decode(struct judged *d, const json_t *j)
{
	if (json_integer_value(json_object_get(j, "version")) != VERSION)
		return -EBADMSG;
	load_told(d, json_object_get(j, "told"));
	judged_keys_load(d, json_object_get(j, "keys"));
	outbox_load(d->outbox, json_object_get(j, "outbox"));
	return decode_judge(d, json_string_value(json_object_get(j, "judge")));
}

int keep_load(struct judged *d)
{
	_cleanup_json_ json_t *j = NULL;
	int r = read_json(d->path, &j);

	if (r >= 0 && j)
		r = keep_decode(d, j);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		hj_log_error(r, "%s cannot be read: judging begins with nothing known", d->path);
	d->kept_ms = hj_judge_time(d->judge);
	return r < 0 || !j ? 0 : 1;
}
