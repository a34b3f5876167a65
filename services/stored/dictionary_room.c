/* Room in the dictionary: it grows by each new name and each new unit, and 8192 numbers are all. Then numbers go that
 * nothing needs: nothing open has them, no Append has named them in the last hour or their name has a newer one, and
 * no record of what uplinks may still owe, 30 days, has them either. That is seen from the records of the days (and
 * from the open day), which are few. What is older shows the number only. Where all are needed, an older number of a
 * name goes all the same: what is read now is worth more. */
#include "stored.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/log.h"

#define AWAY  (3600 * HJ_USEC_PER_SEC) /* in no Append for so long: it is read no more, or not now */
#define AGAIN (600 * HJ_USEC_PER_SEC)  /* after there was none */

struct known {
	const struct hj_point *p;
	bool used;      /* in a record of the last days */
	bool has_newer; /* number of the same name */
};

struct looking {
	struct stored *s;
	struct known *known; /* by position */
};

static int mark_used(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	struct looking *l = userdata;
	struct hj_stats_reader reader;
	struct hj_stat stat;

	(void)head;
	if (hj_stats_read(body, n, &reader) < 0)
		return 0;
	while (hj_stats_next(&reader, &stat) > 0) {
		size_t i = dictionary_index(l->s, stat.point);

		if (i < l->s->points.count)
			l->known[i].used = true;
	}
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct hj_point *p = *(const struct hj_point *const *)a, *q = *(const struct hj_point *const *)b;
	int r = strcmp(p->name, q->name);

	return r ? r : (p->number > q->number) - (p->number < q->number);
}

static int find_newer(struct looking *l)
{
	const struct hj_dictionary *d = &l->s->points;
	_cleanup_free_ const struct hj_point **sorted = calloc(d->count + 1, sizeof(*sorted));

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < d->count; i++)
		sorted[i] = &d->points[i];
	qsort(sorted, d->count, sizeof(*sorted), by_name);
	for (size_t i = 0; i + 1 < d->count; i++)
		if (!strcmp(sorted[i]->name, sorted[i + 1]->name))
			l->known[sorted[i] - d->points].has_newer = true;
	return 0;
}

static int find_used(struct looking *l)
{
	struct stored *s = l->s;
	int64_t since_ms = age_now(s) - STORED_OWED_DAYS * HJ_MS_PER_DAY;
	int r = hj_ledger_read_labels(s->ledger, 0, since_ms, HJ_TIME_MAX_MS, 1u << HJ_KIND_DAY, mark_used, l);

	for (const struct item *item = s->queue; item && r >= 0; item = item->next)
		if (STORED_STATISTICS >> item->head.kind & 1)
			mark_used(&item->head, item->body, item->n, l);
	return r;
}

static bool is_open(const struct stored *s, size_t i)
{
	uint32_t number = s->points.points[i].number;

	return s->by_point[i].changed || hj_rollup_holds(s->rollup, number) || hj_fold_holds(s->hours, number) ||
	       hj_fold_holds(s->days, number);
}

static bool is_away(const struct stored *s, size_t i)
{
	return hj_now().mono > hj_max(s->by_point[i].met, s->points_since) + AWAY;
}

static void drop(struct stored *s, size_t i)
{
	s->room.left[s->room.left_count++] = s->points.points[i].number;
	hj_rollup_forget_point(s->rollup, s->points.points[i].number);
	hj_dictionary_remove(&s->points, i);
	memmove(&s->by_point[i], &s->by_point[i + 1], (s->points.count - i) * sizeof(*s->by_point));
	s->by_point[s->points.count] = (struct stored_point){ 0 };
	stream_point_gone(s, i);
	read_point_gone(s, i);
}

/* The oldest first; from the last on, so that the positions of those before it stay. */
static void drop_some(struct looking *l, bool needed, size_t most)
{
	size_t found[STORED_LEFT_MAX], n = 0;
	struct stored *s = l->s;

	for (size_t i = 0; i < s->points.count && n < most; i++)
		if (l->known[i].used == needed && (l->known[i].has_newer || (!needed && is_away(s, i))) &&
		        !is_open(s, i))
			found[n++] = i;
	while (n)
		drop(s, found[--n]);
}

static int look(struct stored *s)
{
	_cleanup_free_ struct known *known = calloc(s->points.count + 1, sizeof(*known));
	struct looking l = { s, known };
	int r = !known ? -ENOMEM : find_newer(&l);

	r = r < 0 ? r : find_used(&l);
	if (r < 0)
		return r;
	drop_some(&l, false, STORED_LEFT_MAX);
	if (!s->room.left_count)
		drop_some(&l, true, 1);
	if (!s->room.left_count)
		return -ENOSPC;
	s->room.left_at = s->commits;
	s->room.refused = 0;
	hj_notice("%zu of %d numbers of points were needed no more and are given up: records older than %d days show "
	          "the number only",
	        s->room.left_count, HJ_POINTS_MAX, STORED_OWED_DAYS);
	commit_request(s, STORED_COMMIT_EVERY);
	return 0;
}

/* Once they are gone on the disk, too, others may go. */
static bool may_look(struct stored *s)
{
	if (s->commits > s->room.left_at)
		s->room.left_count = 0;
	return !s->room.left_count && !disk_trouble(s) && !pending_wanted(s) && !pending_waiting(s) &&
	       (!s->room.looked_at || hj_now().mono > s->room.looked_at + AGAIN);
}

int dictionary_make_room(struct stored *s)
{
	int r;

	if (!may_look(s))
		return -ENOSPC;
	r = look(s);
	s->room.looked_at = r < 0 ? hj_now().mono : 0;
	return r < 0 && r != -ENOMEM ? -ENOSPC : r;
}

int dictionary_put_left(struct stored *s)
{
	char key[32];
	int r = 0;

	for (size_t i = 0; i < s->room.left_count && s->commits == s->room.left_at && r >= 0; i++) {
		snprintf(key, sizeof(key), "point.%u", s->room.left[i]);
		r = hj_ledger_put(s->ledger, key, NULL, 0);
	}
	return r;
}
