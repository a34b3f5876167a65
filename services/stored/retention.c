/* What has to go, kind by kind, so that each chain loses its oldest part only. Looked at when the store starts and
 * every hour, in slices of one commit each.
 *
 * - By its term: the kinds' terms are the table below.
 * - By size, where the file is larger than the setting says, and where the disk is full: in the order of the table,
 * what every uplink has acknowledged or may no longer owe. Nothing younger than 30 days goes for size; a disk that is
 *   really full takes that, too, since else nothing new could be kept.
 *
 * What an uplink still owes stays for 30 days whatever the limits say. Then it goes with its kind, and is owed no
 * longer: an uplink that is gone for ever holds up nobody. What is owed is a list of seqs of all kinds that is cut at
 * its beginning, so nothing that stands behind an owed row younger than 30 days counts as older. Each cut is itself a
 * record; what went for room, and what was never sent, is told. */
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
#define TOLD_EVERY    (600 * HJ_USEC_PER_SEC) /* while it goes on */
#define MB            (1LL << 20)
#define SLACK_DAYS    1                   /* one cut a day, not one an hour */
#define FUTURE_MS     (2 * HJ_MS_PER_DAY) /* a label further ahead is a wrong clock's, and says nothing of its age */
#define RECEIPT_DAYS  30

/* In the order in which they go for room. How long: so many times the setting, or so many days; neither: for as long
 * as there is room. Hours are a sixtieth of what minutes take, and days next to nothing. */
static const struct term {
	enum hj_kind kind;
	unsigned times, days;
} terms[] = {
	{ HJ_KIND_RECEIPT, 0, RECEIPT_DAYS },
	{ HJ_KIND_MINUTE, 1, 0 },
	{ HJ_KIND_PENDING, 1, 0 },
	{ HJ_KIND_STATUS, 3, 0 },
	{ HJ_KIND_LOG, 3, 0 },
	{ HJ_KIND_HOUR, 3, 0 },
	{ HJ_KIND_RUNTIME, 3, 0 },
	{ HJ_KIND_POWERON, 3, 0 },
	{ HJ_KIND_CUT, 0, 0 },
	{ HJ_KIND_DAY, 0, 0 },
};

static const char *const whys[] = { [CUT_TERM] = "term", [CUT_SIZE] = "size", [CUT_FULL] = "full" };

/* ---- choosing ---- */

struct choosing {
	struct stored *s;
	int64_t now_ms, before_ms; /* everything older goes; INT64_MAX: everything, of whatever clock */
	int64_t future_ms;         /* a label from here on is a wrong clock's */
	uint64_t young;            /* from here on nothing that is owed may go */
	struct cut cut;
	bool dated;                        /* one of the cut has a label that says its age */
	unsigned undecided;                /* rows of a wrong clock, whose age the next row shows */
	uint64_t first, last;              /* of them */
	uint64_t drop[STORED_UPLINKS_MAX]; /* up to here the uplink may no longer owe */
};

/* Whether somebody may still owe it; otherwise `drop` says who no longer will. */
static bool is_owed(struct choosing *c, const struct hj_head *head, bool old)
{
	const struct stored *s = c->s;

	for (size_t i = 0; i < s->uplink_count; i++) {
		if (!hj_seqset_has(&s->uplinks[i].owed, head->seq))
			continue;
		if (!old || head->seq >= c->young)
			return true;
		c->drop[i] = head->seq;
	}
	return false;
}

/* Labels are not in order where the clock went back. That of a wrong clock counts only where there is no other. */
static void widen(struct cut *cut, int64_t label_ms, bool wrong, bool *dated)
{
	if (wrong && cut->rows)
		return;
	cut->begin_ms = *dated ? hj_min(cut->begin_ms, label_ms) : label_ms;
	cut->end_ms = *dated ? hj_max(cut->end_ms, label_ms) : label_ms;
	*dated = !wrong;
}

static int choose_row(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	struct choosing *c = userdata;
	int64_t month_ms = c->now_ms - STORED_OWED_DAYS * HJ_MS_PER_DAY;
	bool wrong = head->label_ms >= c->future_ms || !hj_clock_plausible(head->label_ms);
	int64_t label_ms = wrong ? c->now_ms : head->label_ms;

	if (c->cut.rows + c->undecided == SLICE_ROWS || (!wrong && head->label_ms >= c->before_ms))
		return 1;
	if (is_owed(c, head, wrong ? c->before_ms <= month_ms : head->label_ms < month_ms))
		return 1;
	c->first = c->undecided++ ? c->first : head->seq;
	c->last = head->seq;
	if (wrong && c->before_ms != INT64_MAX)
		return 0;
	c->cut.from = c->cut.from ? c->cut.from : c->first;
	widen(&c->cut, label_ms, wrong, &c->dated);
	c->cut.upto = head->seq;
	c->cut.rows += c->undecided;
	c->undecided = 0;
	for (size_t i = 0; i < c->s->uplink_count; i++)
		c->cut.drop[i] = c->drop[i];
	return 0;
}

static int note_head(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	*(struct hj_head *)userdata = *head;
	return 1;
}

/* A clock was wrong for longer than a slice: the first row behind it shows the age of all. */
static int choose_run(struct choosing *c)
{
	struct hj_head behind = { 0 };
	int r = hj_ledger_read_labels(c->s->ledger, c->last + 1, HJ_TIME_PLAUSIBLE_MS, c->future_ms,
	        HJ_LEDGER_HEADS | 1u << c->cut.kind, note_head, &behind);

	if (r < 0 || !behind.seq || behind.label_ms >= c->before_ms)
		return r;
	c->cut.from = c->first;
	c->cut.upto = c->last;
	c->cut.rows = c->undecided;
	c->cut.begin_ms = c->cut.end_ms = behind.label_ms;
	for (size_t i = 0; i < c->s->uplink_count; i++)
		c->cut.drop[i] = c->drop[i];
	return 0;
}

/* The first row younger than 30 days, from the first on that anybody owes. */
static int find_young(struct choosing *c)
{
	const struct stored *s = c->s;
	uint64_t first = UINT64_MAX, seq;
	struct hj_head head = { .seq = UINT64_MAX };
	int r;

	for (size_t i = 0; i < s->uplink_count; i++)
		if (hj_seqset_next(&s->uplinks[i].owed, 0, &seq))
			first = hj_min(first, seq);
	c->young = UINT64_MAX;
	if (first == UINT64_MAX)
		return 0;
	r = hj_ledger_read_labels(s->ledger, first, c->now_ms - STORED_OWED_DAYS * HJ_MS_PER_DAY, c->future_ms,
	        HJ_LEDGER_HEADS | OWED_KINDS, note_head, &head);
	c->young = head.seq;
	return r;
}

/* The oldest of one kind, of before that time: as many as one commit takes. */
static int choose(struct stored *s, enum hj_kind kind, int64_t before_ms, enum cut_why why, struct cut *ret)
{
	struct choosing c = { .s = s,
		.now_ms = age_now(s),
		.future_ms = hj_max(hj_now().wall_ms, s->age.ms) + FUTURE_MS,
		.before_ms = before_ms,
		.cut = { .kind = kind, .why = why } };
	struct hj_ledger_tail last = { 0 };
	int r = find_young(&c);

	hj_ledger_cut_at(s->ledger, kind, &last);
	r = r < 0 ? r
	          : hj_ledger_read(s->ledger, last.seq + 1, UINT64_MAX, HJ_LEDGER_HEADS | 1u << kind, choose_row, &c);
	if (r >= 0 && !c.cut.rows && c.undecided == SLICE_ROWS)
		r = choose_run(&c);
	*ret = c.cut;
	return r;
}

static int choose_by_term(struct stored *s, struct cut *ret)
{
	int64_t now = age_now(s);
	int r = 0;

	for (size_t i = 0; i < hj_array_size(terms) && r >= 0; i++) {
		int64_t days = terms[i].times * s->conf.retention_days + terms[i].days;

		if (!days)
			continue;
		/* Once something is old enough by a day, all that is due goes. */
		r = choose(s, terms[i].kind, now - (days + SLACK_DAYS) * HJ_MS_PER_DAY, CUT_TERM, ret);
		if (r >= 0 && ret->rows)
			return choose(s, terms[i].kind, now - days * HJ_MS_PER_DAY, CUT_TERM, ret);
	}
	return r;
}

static int choose_for_room(struct stored *s, int64_t before_ms, enum cut_why why, struct cut *ret)
{
	int r = 0;

	for (size_t i = 0; i < hj_array_size(terms) && r >= 0; i++) {
		/* What waits to know its time was never sent. */
		if (terms[i].kind == HJ_KIND_PENDING && before_ms == INT64_MAX)
			continue;
		r = choose(s, terms[i].kind, before_ms, why, ret);
		if (r >= 0 && ret->rows)
			return 0;
	}
	return r;
}

static int64_t month_ago(struct stored *s)
{
	return age_now(s) - STORED_OWED_DAYS * HJ_MS_PER_DAY;
}

bool retention_run(struct stored *s)
{
	struct cut cut;
	bool too_large;
	int r;

	if (disk_trouble(s) || s->error)
		return false;
	too_large = hj_ledger_used(s->ledger) > s->conf.retention_mb * MB;
	r = choose_by_term(s, &cut);
	if (r >= 0 && !cut.rows && too_large)
		r = choose_for_room(s, month_ago(s), CUT_SIZE, &cut);
	if (disk_note(s, r) < 0)
		hj_log_error(r, "cannot look for what is too old: trying again in an hour");
	else if (!cut.rows && too_large)
		hj_warn("the records take more than %" PRId64
		        " MB, but nothing younger than %d days goes for that: make "
		        "retention_mb larger",
		        s->conf.retention_mb, STORED_OWED_DAYS);
	if (r < 0 || !cut.rows)
		return false;
	s->cut = cut;
	return commit_now(s) >= 0;
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
	struct cut cut = { 0 };
	int r = disk_trouble(s);

	r = r < 0 ? r : choose_for_room(s, month_ago(s), CUT_FULL, &cut);
	if (r >= 0 && !cut.rows)
		r = choose_for_room(s, INT64_MAX, CUT_FULL, &cut);
	if (r < 0 || !cut.rows)
		return;
	s->cut = cut;
	retention_reserve(s, false);
	if (s->error != -ENOSPC)
		hj_warn("the disk is full: the oldest %u records go with the next commit; free some room", cut.rows);
}

static int on_retention(sd_event_source *source, uint64_t usec, void *userdata)
{
	bool more = retention_run(userdata);

	if (!more)
		retention_tell(userdata, true);
	retention_reserve(userdata, true);
	sd_event_source_set_time_relative(source, more ? SLICE_PAUSE : STORED_RETENTION_EVERY);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* ---- the cut ---- */

int retention_put(struct stored *s, int64_t now_ms)
{
	struct hj_head head = { .kind = HJ_KIND_CUT, .label_ms = now_ms };
	const struct cut *c = &s->cut;
	char body[256];
	uint64_t rows;
	int r;

	if (!c->rows)
		return 0;
	r = hj_ledger_cut_kind(s->ledger, c->kind, c->upto, &rows);
	if (r < 0)
		return r;
	memcpy(head.boot_id, s->boot_id, HJ_ID_BYTES);
	head.boottime_ms = (int64_t)(hj_now().mono / HJ_USEC_PER_MS);
	snprintf(body, sizeof(body),
	        "{\"kind\":\"%s\",\"from\":%" PRIu64 ",\"to\":%" PRIu64 ",\"records\":%" PRIu64 ",\"begin\":%" PRId64
	        ",\"end\":%" PRId64 ",\"why\":\"%s\"}",
	        hj_kind_name(c->kind), c->from, c->upto, rows, c->begin_ms, c->end_ms, whys[c->why]);
	return hj_ledger_append(s->ledger, &head, body, strlen(body));
}

static void add_span(struct cut_span *to, uint64_t count, const struct cut *c)
{
	to->begin_ms = to->count ? hj_min(to->begin_ms, c->begin_ms) : c->begin_ms;
	to->end_ms = to->count ? hj_max(to->end_ms, c->end_ms) : c->end_ms;
	to->count += count;
}

void retention_committed(struct stored *s)
{
	struct cut *c = &s->cut;

	for (size_t i = 0; i < s->uplink_count && c->rows; i++) {
		struct uplink *u = &s->uplinks[i];
		uint64_t before = hj_seqset_total(&u->owed);

		hj_seqset_remove(&u->owed, 1, c->drop[i]);
		if (before > hj_seqset_total(&u->owed))
			add_span(&u->unsent, before - hj_seqset_total(&u->owed), c);
	}
	if (c->rows && c->why != CUT_TERM)
		add_span(&s->forced, c->rows, c);
	if (c->rows)
		retention_tell(s, false);
	*c = (struct cut){ 0 };
}

void retention_tell(struct stored *s, bool now)
{
	hj_usec mono = hj_now().mono;

	if (!now && s->forced_told_at && mono < s->forced_told_at + TOLD_EVERY)
		return;
	if (s->forced.count)
		tell_cut(s, &s->forced);
	s->forced = (struct cut_span){ 0 };
	for (size_t i = 0; i < s->uplink_count; i++) {
		struct uplink *u = &s->uplinks[i];

		if (u->unsent.count && !owed_is_old(s, u))
			tell_unsent(s, u->name, &u->unsent);
		u->unsent = (struct cut_span){ 0 };
	}
	s->forced_told_at = mono;
}

int retention_timers(struct stored *s)
{
	return sd_event_add_time_relative(
	        s->event, &s->retention_timer, CLOCK_BOOTTIME, START_PAUSE, ACCURACY_USEC, on_retention, s);
}

/* For how many days of records there is room in all, what is kept already counted: by the smaller of what the setting
 * and the file system allow, and as fast as the file really grew. */
double retention_days_of_room(struct stored *s)
{
	double rate = hj_rate_per_day(&s->growth), room;
	int64_t used = hj_ledger_used(s->ledger);
	char path[HJ_PATH_MAX];
	struct statvfs fs;

	if (rate <= 0 || hj_path(s->root, HJ_DIR_STATE, "", path) < 0 || statvfs(path, &fs) < 0)
		return -1;
	room = (double)used + (double)fs.f_bavail * (double)fs.f_frsize;
	return hj_min(room, (double)s->conf.retention_mb * MB) / rate;
}
