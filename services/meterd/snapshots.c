/* One file for each kind of error of each meter, METER.KIND, a line a frame: the first of a kind tells most, the ring
 * forgets it within hours, and whoever is called comes days later. Files are written whole or not at all. A disk that
 * takes nothing costs the snapshot only. */
#include "snapshots.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hjgate/buf.h"
#include "hjgate/cleanup.h"
#include "hjgate/clock.h"
#include "hjgate/log.h"
#include "hjgate/text.h"

#define SNAPSHOT_BYTES_MAX (256 << 10)
#define FOLDER_MODE        0750
#define FILE_MODE          0640

static void close_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

static int path_of(const struct snapshots *s, const char *name, char ret[HJ_PATH_MAX])
{
	int n = snprintf(ret, HJ_PATH_MAX, "%s/%s", s->folder, name);

	return n < 0 || n >= HJ_PATH_MAX ? -ENAMETOOLONG : 0;
}

void snapshots_init(struct snapshots *s, const char *root, const char *bus)
{
	char rest[HJ_PATH_MAX];
	int r;

	*s = (struct snapshots){ 0 };
	snprintf(rest, sizeof(rest), "meterd/%s/frames", bus);
	r = hj_state_folder(root, rest, FOLDER_MODE, s->folder);
	if (r < 0)
		hj_log_error(r, "bus %s: cannot make %s: no frames are saved around errors", bus, rest);
}

/* ---- one file ---- */

static int put_hex(struct hj_buf *b, const uint8_t *p, size_t n)
{
	int r = n ? 0 : hj_buf_put(b, "-", 1);

	for (size_t i = 0; i < n && r >= 0; i++)
		r = hj_buf_printf(b, "%02x", p[i]);
	return r;
}

static int put_frame(struct hj_buf *b, const struct frame *f)
{
	char time[HJ_TIME_HUMAN_LEN + 1];
	int r;

	hj_time_human(f->time_us / (int64_t)HJ_USEC_PER_MS, true, time);
	r = hj_buf_printf(b, "%s %8.1f ms  ", time, f->took_us / 1000.0);
	r = r < 0 ? r : put_hex(b, f->sent, f->sent_length);
	r = r < 0 ? r : hj_buf_put(b, "  ", 2);
	r = r < 0 ? r : put_hex(b, f->received, f->received_length);
	return r < 0 ? r : hj_buf_printf(b, f->error ? "  %s\n" : "\n", f->error);
}

static int save(const struct snapshots *s, const struct frames *f, const struct snapshot_pending *p)
{
	struct frames_cursor c = { .number = p->first };
	_cleanup_(hj_buf_done) struct hj_buf b = { .most = SNAPSHOT_BYTES_MAX };
	char path[HJ_PATH_MAX];
	struct frame frame;
	int r = path_of(s, p->name, path);

	while (r >= 0 && c.number <= p->last && frames_next(f, &c, &frame) && frame.number <= p->last)
		r = put_frame(&b, &frame);
	return r < 0 ? r : hj_write_whole(path, b.data, b.len, FILE_MODE);
}

/* ---- which there are ---- */

static int newest_first(const void *a, const void *b)
{
	const struct snapshot_file *x = a, *y = b;

	return (x->time_ms < y->time_ms) - (x->time_ms > y->time_ms);
}

size_t snapshots_list(const struct snapshots *s, struct snapshot_file ret[SNAPSHOTS_MOST])
{
	_cleanup_(close_dir) DIR *d = s->folder[0] ? opendir(s->folder) : NULL;
	struct dirent *e;
	size_t n = 0;

	while (d && n < SNAPSHOTS_MOST && (e = readdir(d))) {
		struct stat st;

		if (e->d_name[0] == '.' || strlen(e->d_name) >= SNAPSHOT_NAME_MAX || strstr(e->d_name, HJ_PART) ||
		        fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
			continue;
		hj_text_copy(ret[n].name, sizeof(ret[n].name), e->d_name);
		ret[n].time_ms = (int64_t)st.st_mtime * HJ_MS_PER_SEC;
		ret[n++].bytes = st.st_size;
	}
	qsort(ret, n, sizeof(*ret), newest_first);
	return n;
}

int snapshots_read(const struct snapshots *s, const char *name, char **ret)
{
	_cleanup_fd_ int fd = -1;
	_cleanup_free_ char *text = NULL;
	char path[HJ_PATH_MAX];
	ssize_t n;
	int r;

	if (!s->folder[0] || strchr(name, '/') || name[0] == '.')
		return -ENOENT;
	r = path_of(s, name, path);
	if (r < 0)
		return r;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	text = malloc(SNAPSHOT_BYTES_MAX + 1);
	if (!text)
		return -ENOMEM;
	n = read(fd, text, SNAPSHOT_BYTES_MAX);
	if (n < 0)
		return -errno;
	text[n] = '\0';
	*ret = hj_steal(text);
	return 0;
}

/* ---- errors ---- */

/* "wrong CRC" is wrong-crc, exception 2 exception-2. */
static void name_of(const char *meter, const char *error, int exception, char ret[SNAPSHOT_NAME_MAX])
{
	char kind[SNAPSHOT_NAME_MAX / 2];
	size_t n = 0;

	if (exception)
		n = (size_t)snprintf(kind, sizeof(kind), "exception-%d", exception);
	for (const char *p = exception ? "" : error; *p && n + 1 < sizeof(kind); p++) {
		if (*p >= 'A' && *p <= 'Z')
			kind[n++] = (char)(*p - 'A' + 'a');
		else
			kind[n++] = (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') ? *p : '-';
	}
	kind[n] = '\0';
	snprintf(ret, SNAPSHOT_NAME_MAX, "%s.%s", meter, kind);
}

/* One that is dated ahead was written while the clock was wrong: nobody knows how old it is. */
static bool is_ahead(int64_t time_ms, int64_t now_ms)
{
	return time_ms > now_ms + HJ_MS_PER_DAY;
}

static bool is_recent(const struct stat *st, int64_t now_ms)
{
	int64_t time_ms = (int64_t)st->st_mtime * HJ_MS_PER_SEC;

	return now_ms - time_ms < SNAPSHOT_AGAIN_DAYS * HJ_MS_PER_DAY && !is_ahead(time_ms, now_ms);
}

static bool is_known(const struct snapshots *s, const char *name, int64_t now_ms)
{
	char path[HJ_PATH_MAX];
	struct stat st;

	for (size_t i = 0; i < s->pending_count; i++)
		if (!strcmp(s->pending[i].name, name))
			return true;
	return path_of(s, name, path) < 0 || (stat(path, &st) == 0 && is_recent(&st, now_ms));
}

void snapshots_error(struct snapshots *s, const struct frames *f, const char *meter, const char *error, int exception,
        int64_t now_ms)
{
	struct snapshot_pending p = { .time_ms = now_ms };

	if (!s->folder[0] || s->pending_count == SNAPSHOTS_PENDING || !f->count)
		return;
	name_of(meter, error, exception, p.name);
	if (is_known(s, p.name, now_ms))
		return;
	p.first = f->next > SNAPSHOT_BEFORE ? f->next - SNAPSHOT_BEFORE : 1;
	p.last = f->next - 1 + SNAPSHOT_AFTER;
	s->pending[s->pending_count++] = p;
}

static void make_room(const struct snapshots *s, int64_t now_ms)
{
	struct snapshot_file files[SNAPSHOTS_MOST];
	char path[HJ_PATH_MAX];
	size_t n = snapshots_list(s, files);
	size_t oldest = n && is_ahead(files[0].time_ms, now_ms) ? 0 : n - 1;

	if (n == SNAPSHOTS_MOST && path_of(s, files[oldest].name, path) >= 0)
		unlink(path);
}

void snapshots_write(struct snapshots *s, const struct frames *f, bool all)
{
	for (size_t i = 0; i < s->pending_count;) {
		int r;

		if (!all && f->next <= s->pending[i].last) {
			i++;
			continue;
		}
		make_room(s, s->pending[i].time_ms);
		r = save(s, f, &s->pending[i]);
		if (r < 0 && !s->failed)
			hj_log_error(r, "cannot save the frames around an error as %s/%s: going on without",
			        s->folder, s->pending[i].name);
		s->failed = r < 0;
		s->pending[i] = s->pending[--s->pending_count];
	}
}
