/* What is owed, in a file of lines of JSON that only grows until it is made anew: each line is a fact that replaces
 * the one before it, so that a line that was cut off by a power failure costs that line only, which nobody was
 * promised. What came is on the disk before it is answered; what was told is written and not waited for, which at
 * worst makes it told twice. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "alertd.h"
#include "hjgate/ipc.h"
#include "hjgate/log.h"
#include "hjgate/now.h"

#define FILE_MODE   0600
#define FILE_MAX    (16u << 20)     /* bytes; what is beyond is not ours */
#define FILE_FULL   (10u << 20)     /* bytes, above which it is made anew: more than all that may wait takes */
#define NUMBER_MOST (INT64_MAX / 2) /* ours count from a time in ms */
#define LINES_IDLE  512             /* lines beside what is owed, before the file is made anew */

/* ---- writing ---- */

static int put_json(struct hj_buf *to, json_t *j)
{
	char *text = j ? json_dumps(j, JSON_COMPACT) : NULL;
	int r = text ? hj_buf_put(to, text, strlen(text)) : -ENOMEM;

	r = r < 0 ? r : hj_buf_put(to, "\n", 1);
	free(text);
	json_decref(j);
	return r;
}

int outbox_line_seen(struct hj_buf *to, const struct seen *s)
{
	return put_json(to, json_pack("{s:[I, s]}", "seen", (json_int_t)s->id, alert_phase_name(s->phase)));
}

int outbox_line_track(struct hj_buf *to, const struct track *t)
{
	return put_json(
	        to, json_pack("{s:o, s:b, s:b, s:I, s:i}", "track", alert_to_json(t->last), "open", t->open,
	                    "told_open", t->told_open, "told", (json_int_t)t->told_ms, "hushed", (int)t->hushed));
}

int outbox_line_owed(struct hj_buf *to, const struct alertd *a, const struct alert *alert)
{
	json_t *names = json_array();
	struct hj_now now = hj_now();
	int64_t taken_ms = alert->taken_mono
	                           ? now.wall_ms - (int64_t)((now.mono - alert->taken_mono) / HJ_USEC_PER_MS)
	                           : alert->taken_ms;

	for (size_t i = 0; i < a->channel_count; i++)
		if (alert->left & a->channels[i].bit)
			json_array_append_new(names, json_string(a->channels[i].conf->name));
	return put_json(to, json_pack("{s:o, s:I, s:o, s:I}", "owed", alert_to_json(alert), "number",
	                            (json_int_t)alert->number, "to", names, "taken", (json_int_t)taken_ms));
}

int outbox_write(struct alertd *a, const struct hj_buf *lines, bool sync)
{
	size_t at = 0;
	int r = a->fd < 0 ? outbox_open(a) : 0;

	if (r < 0)
		return r;
	while (at < lines->len) {
		ssize_t n = write(a->fd, lines->data + at, lines->len - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			r = n < 0 ? -errno : -EIO;
			if (at) /* half a line: the next goes into a new file */
				hj_closep(&a->fd);
			return r;
		}
		at += (size_t)n;
	}
	a->bytes += at;
	a->lines++;
	if (!sync || fdatasync(a->fd) >= 0)
		return 0;
	r = -errno; /* what of it is there is not known: the next goes into a new file, with all of this */
	hj_closep(&a->fd);
	return r;
}

static void note(struct alertd *a, json_t *j)
{
	_cleanup_(hj_buf_done) struct hj_buf line = { 0 };

	if (put_json(&line, j) >= 0)
		outbox_write(a, &line, false); /* at worst something is told twice */
}

void outbox_done(struct alertd *a, const struct alert *alert, const struct channel *c)
{
	note(a, json_pack("{s:I, s:s}", "done", (json_int_t)alert->number, "by", c->conf->name));
}

static json_t *pace_json(const struct channel *c, const struct hj_now *now)
{
	bool waits = c->silent && c->wait_until > now->mono;
	int64_t wait_ms = waits ? (int64_t)((c->wait_until - now->mono) / HJ_USEC_PER_MS) : 0;

	return json_pack("{s:s, s:I, s:I, s:I}", "pace", c->conf->name, "at", (json_int_t)now->wall_ms, "drops",
	        (json_int_t)c->bucket.drops, "until", (json_int_t)(now->wall_ms + wait_ms));
}

void outbox_pace(struct alertd *a, const struct channel *c)
{
	struct hj_now now = hj_now();

	note(a, pace_json(c, &now));
}

/* ---- reading ---- */

static unsigned bit_of(const struct alertd *a, const char *name)
{
	for (size_t i = 0; name && i < a->channel_count; i++)
		if (!strcmp(a->channels[i].conf->name, name))
			return a->channels[i].bit;
	return 0;
}

static void read_seen(struct alertd *a, json_t *j)
{
	json_t *pair = json_object_get(j, "seen");
	int phase = alert_phase_find(json_string_value(json_array_get(pair, 1)));

	if (phase < 0)
		return;
	a->seen[a->seen_next++ % SEEN_MAX] =
	        (struct seen){ json_integer_value(json_array_get(pair, 0)), (enum alert_phase)phase };
}

static void read_track(struct alertd *a, json_t *j)
{
	struct track t = { .open = json_is_true(json_object_get(j, "open")),
		.told_open = json_is_true(json_object_get(j, "told_open")),
		.told_ms = json_integer_value(json_object_get(j, "told")) };
	json_int_t hushed = json_integer_value(json_object_get(j, "hushed"));
	const char *why;

	t.hushed = hushed > 0 && hushed < INT32_MAX ? (unsigned)hushed : 0;
	if (alert_from_json(json_object_get(j, "track"), &t.last, &why) < 0)
		return;
	if (t.told_ms < 0 || t.told_ms > HJ_TIME_MAX_MS || quiet_put(&a->quiet, &t) < 0)
		alert_free(t.last);
}

static void drop_done(struct alertd *a)
{
	size_t n = 0;

	for (size_t i = 0; i < a->owed_count; i++)
		if (a->owed[i]->left)
			a->owed[n++] = a->owed[i];
		else
			alert_free(a->owed[i]);
	a->owed_count = n;
}

static void read_owed(struct alertd *a, json_t *j)
{
	json_t *names = json_object_get(j, "to"), *name;
	json_int_t number = json_integer_value(json_object_get(j, "number"));
	struct alert *alert;
	const char *why;
	size_t i;

	if (number <= 0 || number > NUMBER_MOST || alert_from_json(json_object_get(j, "owed"), &alert, &why) < 0)
		return;
	alert->number = (uint64_t)number;
	alert->taken_ms = json_integer_value(json_object_get(j, "taken"));
	alert->kept = true;
	json_array_foreach(names, i, name)
	{
		unsigned bit = bit_of(a, json_string_value(name));

		a->stale = a->stale || !bit;
		alert->left |= bit;
	}
	a->numbers = hj_max(a->numbers, alert->number);
	if (a->owed_count >= OWED_MAX) /* those that gave way to it are in the file, too */
		drop_done(a);
	if (!alert->left || a->owed_count >= OWED_MAX || alertd_owe(a, alert) < 0)
		alert_free(alert); /* its channels are gone from the configuration */
}

static void read_done(struct alertd *a, json_t *j)
{
	json_int_t number = json_integer_value(json_object_get(j, "done"));
	unsigned bit = bit_of(a, json_string_value(json_object_get(j, "by")));

	for (size_t i = 0; i < a->owed_count; i++)
		if (a->owed[i]->number == (uint64_t)number)
			a->owed[i]->left &= ~bit;
}

static void read_pace(struct alertd *a, json_t *j)
{
	unsigned bit = bit_of(a, json_string_value(json_object_get(j, "pace")));
	json_int_t at = json_integer_value(json_object_get(j, "at")),
	           until = json_integer_value(json_object_get(j, "until"));
	json_int_t drops = json_integer_value(json_object_get(j, "drops"));
	struct hj_now now = hj_now();

	for (size_t i = 0; i < a->channel_count; i++) {
		struct channel *c = &a->channels[i];

		if (c->bit != bit || at <= 0 || at > HJ_TIME_MAX_MS || until < 0 || drops < 0)
			continue;
		bucket_restore(&c->bucket, (uint64_t)drops,
		        now.wall_ms > at ? (hj_usec)(now.wall_ms - at) * HJ_USEC_PER_MS : 0, now.mono);
		/* A clock that was set holds nobody back for longer than was left then. */
		until = hj_min(until, at + VERDICT_HOLD_MOST_S * HJ_MS_PER_SEC);
		until = hj_min(until, (json_int_t)(now.wall_ms + until - at));
		c->silent = until > now.wall_ms;
		c->wait_until = c->silent ? now.mono + (hj_usec)(until - now.wall_ms) * HJ_USEC_PER_MS : 0;
	}
}

static void read_line(struct alertd *a, const char *line, size_t n)
{
	static const struct {
		const char *name;
		void (*read)(struct alertd *a, json_t *j);
	} kinds[] = { { "seen", read_seen }, { "track", read_track }, { "owed", read_owed }, { "done", read_done },
		{ "pace", read_pace } };
	_cleanup_json_ json_t *j = json_loadb(line, n, JSON_REJECT_DUPLICATES, NULL);

	for (size_t i = 0; i < hj_array_size(kinds); i++)
		if (json_object_get(j, kinds[i].name)) {
			kinds[i].read(a, j);
			return;
		}
}

static int read_file(int fd, struct hj_buf *to)
{
	char bytes[16384];
	ssize_t n;

	to->most = FILE_MAX;
	while ((n = read(fd, bytes, sizeof(bytes))) > 0) {
		int r = hj_buf_put(to, bytes, (size_t)n);

		if (r < 0)
			return r == -EMSGSIZE ? 0 : r;
	}
	return n < 0 ? -errno : 0;
}

void outbox_read(struct alertd *a, const char *text, size_t n)
{
	for (size_t at = 0; at < n;) {
		const char *end = memchr(text + at, '\n', n - at);
		size_t length = end ? (size_t)(end - text) - at : n - at;

		read_line(a, text + at, length);
		a->lines++;
		a->stale = a->stale || !end; /* cut off: what is written next would be behind it */
		at += length + 1;
	}
	a->bytes += n;
	drop_done(a);
}

static int load(struct alertd *a)
{
	_cleanup_(hj_buf_done) struct hj_buf text = { 0 };
	_cleanup_fd_ int fd = open(a->path, O_RDONLY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	r = read_file(fd, &text);
	if (r >= 0)
		outbox_read(a, text.data, text.len);
	return r;
}

/* ---- anew ---- */

static int all_lines(const struct alertd *a, struct hj_buf *to)
{
	struct hj_now now = hj_now();
	int r = 0;

	for (size_t i = 0; i < SEEN_MAX && r >= 0; i++) {
		const struct seen *s = &a->seen[(a->seen_next + i) % SEEN_MAX];

		r = s->id ? outbox_line_seen(to, s) : 0;
	}
	for (size_t i = 0; i < a->quiet.count && r >= 0; i++)
		r = outbox_line_track(to, &a->quiet.tracks[i]);
	for (size_t i = 0; i < a->owed_count && r >= 0; i++)
		r = outbox_line_owed(to, a, a->owed[i]);
	for (size_t i = 0; i < a->channel_count && r >= 0; i++)
		r = put_json(to, pace_json(&a->channels[i], &now));
	return r;
}

/* To be written on. What was there before stays open until then. */
static int open_end(struct alertd *a)
{
	int fd = open(a->path, O_WRONLY | O_APPEND | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (a->fd >= 0)
		close(a->fd);
	a->fd = fd;
	return 0;
}

static bool has_too_much(const struct alertd *a)
{
	return a->lines > LINES_IDLE + 2 * (a->owed_count + a->quiet.count) || a->bytes > FILE_FULL;
}

static int make_anew(struct alertd *a)
{
	_cleanup_(hj_buf_done) struct hj_buf text = { 0 };
	int r = all_lines(a, &text);

	r = r < 0 ? r : hj_write_whole(a->path, text.data ? text.data : "", text.len, FILE_MODE);
	r = r < 0 ? r : open_end(a);
	if (r < 0)
		return r;
	a->lines = 0;
	a->bytes = text.len;
	a->stale = false;
	for (size_t i = 0; i < a->owed_count; i++)
		a->owed[i]->kept = true;
	return 0;
}

int outbox_open(struct alertd *a)
{
	static const char folder[] = "alerts";
	bool empty = !a->owed_count && !a->quiet.count && !a->seen_next;
	char path[HJ_PATH_MAX];
	int r;

	if (!a->path[0]) {
		r = hj_state_folder(a->root, folder, 0700, path);
		if (r < 0 || snprintf(a->path, sizeof(a->path), "%s/outbox", path) >= (int)sizeof(a->path)) {
			a->path[0] = '\0';
			return r < 0 ? r : -ENAMETOOLONG;
		}
		r = load(a);
		if (r < 0) {
			a->path[0] = '\0';
			return r;
		}
		/* A start that finds it in order wears no flash; what came without a disk has to go into it. */
		if (empty && !a->stale && !has_too_much(a) && open_end(a) >= 0)
			return 0;
	}
	return make_anew(a);
}

void outbox_tidy(struct alertd *a)
{
	if (a->fd >= 0 && has_too_much(a))
		make_anew(a); /* where that fails it only grows on */
}
