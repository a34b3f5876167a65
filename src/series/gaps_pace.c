/* How many readings were due in a window that has no record: as many as in those beside it that have one. The
 * interval may be another today, and a box without power leaves no word of its own. */
#include "gaps_impl.h"

static bool is_free(const struct gaps_pace *pace)
{
	return !pace->windows.count;
}

/* Its own, a free one, or else that of the fewest windows: the one of a clock's step, or of a start, is alone. */
static struct gaps_pace *pace_for(struct gaps_point *p, uint32_t expected, uint32_t length_ms)
{
	struct gaps_pace *least = &p->paces[0];

	for (size_t i = 0; i < GAPS_PACES; i++) {
		struct gaps_pace *pace = &p->paces[i];

		if (!is_free(pace) && pace->expected == expected && pace->length_ms == length_ms)
			return pace;
		if (is_free(pace) || (!is_free(least) && pace->count < least->count))
			least = pace;
	}
	least->expected = expected;
	least->length_ms = length_ms;
	least->count = 0;
	least->windows.count = 0;
	return least;
}

int gaps_pace_note(struct gaps_point *p, const struct hj_head *head, uint32_t expected)
{
	struct gaps_pace *pace;

	if (!expected)
		return 0;
	pace = pace_for(p, expected, head->length_ms);
	pace->count++;
	return spans_add(&pace->windows, head->label_ms, head->label_ms + head->length_ms);
}

/* Readings of a window of `length_ms`, by this pace. One is expected where one has come: also of a point that is
 * slower than the windows are. */
static double due_by(const struct gaps_pace *pace, double today, int64_t length_ms)
{
	double part = (double)length_ms / pace->length_ms;

	return pace->expected > 1 ? pace->expected * part : hj_min(today, part);
}

/* By the nearest windows before and after, whichever had more: one that a clock stepped through had less than it has
 * by its interval. */
double gaps_pace_due(const struct gaps_point *p, int64_t begin_ms, int64_t end_ms, int64_t length_ms)
{
	double today = (double)length_ms / p->interval_ms, before = 0, after = 0, due;
	int64_t before_ms = INT64_MIN, after_ms = INT64_MAX;

	for (size_t i = 0; i < GAPS_PACES; i++) {
		const struct spans *s = &p->paces[i].windows;
		size_t n = spans_find(s, begin_ms);

		if (n && s->list[n - 1].to > before_ms) {
			before_ms = s->list[n - 1].to;
			before = due_by(&p->paces[i], today, length_ms);
		}
		if (n < s->count && s->list[n].from < after_ms) {
			after_ms = s->list[n].from;
			after = due_by(&p->paces[i], today, length_ms);
		}
	}
	due = hj_max(before, after);
	return (due > 0 ? due : today) * (double)(end_ms - begin_ms) / (double)length_ms;
}

/* When its last window ended; INT64_MIN: it has none. */
static int64_t ended_ms(const struct gaps_pace *pace)
{
	return is_free(pace) ? INT64_MIN : pace->windows.list[pace->windows.count - 1].to;
}

/* What comes first tomorrow goes by what came last. */
void gaps_pace_day_end(struct gaps_point *p)
{
	struct gaps_pace *last = &p->paces[0];

	for (size_t i = 1; i < GAPS_PACES; i++)
		if (ended_ms(&p->paces[i]) > ended_ms(last))
			last = &p->paces[i];
	for (size_t i = 0; i < GAPS_PACES; i++)
		if (&p->paces[i] != last)
			p->paces[i].windows.count = 0;
	if (!is_free(last)) {
		last->windows.list[0] = last->windows.list[last->windows.count - 1];
		last->windows.count = last->count = 1;
	}
}

void gaps_pace_done(struct gaps_point *p)
{
	for (size_t i = 0; i < GAPS_PACES; i++)
		spans_done(&p->paces[i].windows);
}
