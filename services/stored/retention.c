/* What has to go: the oldest records, once they are older than the setting says or the file is larger. Looked at when
 * the store starts and every hour, in slices. What an uplink still owes stays for 30 days whatever the limits say.
 * When the disk is full the oldest of what nobody is owed makes room for the new. Each cut is itself a record. */
#include "stored.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "hjgate/log.h"

#define SLICE_ROWS    500       /* cut by one commit */
#define RESERVE_BYTES (2 << 20) /* for the commit that makes room, and the log that goes before it */
#define RESERVE_LEAST (RESERVE_BYTES / 4)
#define SLICE_PAUSE   (1 * HJ_USEC_PER_SEC)
#define START_PAUSE   (5 * HJ_USEC_PER_SEC) /* the first look, when the start is over */
#define ACCURACY_USEC (1 * HJ_USEC_PER_SEC)
#define MB            (1LL << 20)
#define SLACK_DAYS    1                          /* one cut a day, not one an hour */
#define LEAST_SPAN_MS (6 * 3600 * HJ_MS_PER_SEC) /* of records, before their growth says anything */

struct choosing {
	struct stored *s;
	int64_t before_ms;     /* everything older goes */
	int64_t owed_since_ms; /* what is owed and younger stays */
	bool too_large;        /* goes whatever its age */
	unsigned rows;
	uint64_t upto;
};

static bool is_owed(const struct stored *s, uint64_t seq)
{
	for (size_t i = 0; i < s->uplink_count; i++)
		if (hj_seqset_has(&s->uplinks[i].owed, seq))
			return true;
	return false;
}

static int choose_row(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	struct choosing *c = userdata;

	if (c->rows == SLICE_ROWS || (!c->too_large && head->label_ms >= c->before_ms))
		return 1;
	if (head->label_ms >= c->owed_since_ms && is_owed(c->s, head->seq))
		return 1;
	c->rows++;
	c->upto = head->seq;
	return 0;
}

static int choose(struct stored *s, int64_t slack_days, bool too_large, struct choosing *c)
{
	int64_t now = hj_now().wall_ms;

	*c = (struct choosing){ .s = s, .too_large = too_large };
	c->before_ms = now - (s->conf.retention_days + slack_days) * HJ_MS_PER_DAY;
	c->owed_since_ms = now - STORED_OWED_DAYS * HJ_MS_PER_DAY;
	return hj_ledger_read(s->ledger, hj_ledger_first(s->ledger), UINT64_MAX, HJ_LEDGER_HEADS, choose_row, c);
}

bool retention_run(struct stored *s)
{
	struct choosing c;
	bool too_large;
	int r;

	if (disk_trouble(s))
		return false;
	too_large = hj_ledger_used(s->ledger) > s->conf.retention_mb * MB;
	/* Once something is old enough by a day, all that is due goes. */
	r = choose(s, SLACK_DAYS, too_large, &c);
	if (r >= 0 && c.rows)
		r = choose(s, 0, too_large, &c);
	if (r < 0)
		hj_log_error(r, "cannot look for what is too old: trying again in an hour");
	else if (!c.rows && c.too_large)
		hj_warn("the records take more than %" PRId64 " MB, but what uplinks still owe is kept: make "
		        "retention_mb larger, or see why they do not report",
		        s->conf.retention_mb);
	if (r < 0 || !c.rows || s->error)
		return false;
	s->cut_upto = c.upto;
	return commit_now(s) >= 0 && c.rows == SLICE_ROWS;
}

/* Even a cut needs room to be written. It is kept free in a file of its own, given up when the disk is full, and made
 * again when there is room, or half of it. A file system that cannot set room aside goes without. */
void retention_reserve(struct stored *s, bool keep)
{
	_cleanup_fd_ int fd = -1;
	char path[HJ_PATH_MAX];

	if (hj_path(s->root, HJ_DIR_STATE, "records.reserve", path) < 0)
		return;
	if (keep)
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	for (off_t bytes = RESERVE_BYTES; fd >= 0 && bytes >= RESERVE_LEAST; bytes /= 2)
		if (!fallocate(fd, 0, 0, bytes))
			return;
	unlink(path);
}

void retention_make_room(struct stored *s)
{
	struct choosing c;

	if (disk_trouble(s) || choose(s, 0, true, &c) < 0 || !c.rows)
		return;
	s->cut_upto = c.upto;
	retention_reserve(s, false);
	if (s->error != -ENOSPC)
		hj_warn("the disk is full: the oldest %u records go with the next commit; free some room", c.rows);
}

static int on_retention(sd_event_source *source, uint64_t usec, void *userdata)
{
	bool more = retention_run(userdata);

	retention_reserve(userdata, true);
	sd_event_source_set_time_relative(source, more ? SLICE_PAUSE : STORED_RETENTION_EVERY);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

int retention_put(struct stored *s, int64_t now_ms)
{
	struct hj_head head = { .kind = HJ_KIND_CUT, .label_ms = now_ms };
	uint64_t rows, from = hj_ledger_first(s->ledger);
	char body[128];
	int r;

	if (!s->cut_upto)
		return 0;
	r = hj_ledger_cut(s->ledger, s->cut_upto, &rows);
	if (r < 0)
		return r;
	memcpy(head.boot_id, s->boot_id, HJ_ID_BYTES);
	head.boottime_ms = (int64_t)(hj_now().mono / HJ_USEC_PER_MS);
	snprintf(body, sizeof(body), "{\"from\":%" PRIu64 ",\"to\":%" PRIu64 ",\"records\":%" PRIu64 "}", from,
	        s->cut_upto, rows);
	return hj_ledger_append(s->ledger, &head, body, strlen(body));
}

int retention_timers(struct stored *s)
{
	return sd_event_add_time_relative(
	        s->event, &s->retention_timer, CLOCK_BOOTTIME, START_PAUSE, ACCURACY_USEC, on_retention, s);
}

static int note_label(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	*(int64_t *)userdata = head->label_ms;
	return 1;
}

double retention_days_of_room(struct stored *s)
{
	int64_t oldest = INT64_MAX, span, used = hj_ledger_used(s->ledger), room;
	char path[HJ_PATH_MAX];
	struct statvfs fs;

	if (hj_path(s->root, HJ_DIR_STATE, "", path) < 0 || statvfs(path, &fs) < 0 ||
	        hj_ledger_read(
	                s->ledger, hj_ledger_first(s->ledger), UINT64_MAX, HJ_LEDGER_HEADS, note_label, &oldest) < 0)
		return -1;
	span = hj_now().wall_ms - oldest;
	if (oldest == INT64_MAX || span < LEAST_SPAN_MS || used <= 0)
		return -1;
	room = hj_min((int64_t)fs.f_bavail * (int64_t)fs.f_frsize, s->conf.retention_mb * MB - used);
	return room <= 0 ? 0 : (double)room / ((double)used / ((double)span / HJ_MS_PER_DAY));
}
