/* The limits of the backlog, and what they make of the time to go. A day is Beijing's. The rate is kept by the pause
 * after a record that its frames have earned; a day's bytes are everything that goes to this platform, and only the
 * backlog stops where they are spent. */
#include "limits.h"

#include <math.h>
#include <stddef.h>

#include "hjgate/cleanup.h"

#define BEIJING_MS   (8 * 3600000LL)
#define MS_MINUTE    60000LL
#define DAY_MINUTES  1440
#define DAYS_MOST    1000
#define MS_PER_S     1000.0
#define GROWTH_LEAST 20 /* records: fewer is no backlog */

static int64_t day_of(int64_t wall_ms)
{
	int64_t beijing = wall_ms + BEIJING_MS;

	return beijing - beijing % HJ_MS_PER_DAY - BEIJING_MS;
}

const char *limits_why_name(enum limits_why why)
{
	return why == LIMITS_HOURS ? "hours" : why == LIMITS_BUDGET ? "budget" : NULL;
}

/* ---- hours ---- */

/* The stretches of a day in which it may send, in minutes; how many. */
static unsigned stretches(const struct limits *l, unsigned ret[2][2])
{
	unsigned n = 0;

	if (l->from_min == l->to_min) {
		ret[0][0] = 0;
		ret[0][1] = DAY_MINUTES;
		return 1;
	}
	if (l->from_min < l->to_min) {
		ret[0][0] = l->from_min;
		ret[0][1] = l->to_min;
		return 1;
	}
	if (l->to_min) {
		ret[n][0] = 0;
		ret[n++][1] = l->to_min;
	}
	ret[n][0] = l->from_min;
	ret[n++][1] = DAY_MINUTES;
	return n;
}

/* ms until it may send by its hours; 0 = now. */
static int64_t until_open(const struct limits *l, int64_t wall_ms)
{
	int64_t day = day_of(wall_ms), at = wall_ms - day;
	unsigned list[2][2], n = stretches(l, list);

	for (unsigned i = 0; i < n; i++) {
		if (at < list[i][0] * MS_MINUTE)
			return list[i][0] * MS_MINUTE - at;
		if (at < list[i][1] * MS_MINUTE)
			return 0;
	}
	return HJ_MS_PER_DAY + list[0][0] * MS_MINUTE - at;
}

/* ---- now ---- */

static bool is_spent(const struct limits *l, int64_t wall_ms)
{
	return l->budget && l->day_ms == day_of(wall_ms) && l->sent >= l->budget;
}

enum limits_why limits_hold(const struct limits *l, struct hj_now now, hj_usec *ret_until)
{
	int64_t closed = until_open(l, now.wall_ms);

	if (is_spent(l, now.wall_ms)) {
		*ret_until = now.mono + (hj_usec)(day_of(now.wall_ms) + HJ_MS_PER_DAY - now.wall_ms) * HJ_USEC_PER_MS;
		return LIMITS_BUDGET;
	}
	if (closed) {
		*ret_until = now.mono + (hj_usec)closed * HJ_USEC_PER_MS;
		return LIMITS_HOURS;
	}
	*ret_until = l->next_at;
	return l->next_at > now.mono ? LIMITS_RATE : LIMITS_FREE;
}

static void turn_day(struct limits *l, struct hj_now now)
{
	if (l->day_ms == day_of(now.wall_ms))
		return;
	l->day_ms = day_of(now.wall_ms);
	l->since_ms = now.wall_ms;
	l->sent = l->sent_bulk = 0;
}

void limits_frame(struct limits *l, uint64_t n, struct hj_now now)
{
	turn_day(l, now);
	l->sent_bulk += n;
	if (l->rate)
		l->next_at = hj_max(l->next_at, now.mono) + 60 * HJ_USEC_PER_SEC / l->rate;
}

void limits_bytes(struct limits *l, uint64_t n, struct hj_now now)
{
	turn_day(l, now);
	l->sent += n;
}

uint64_t limits_today(const struct limits *l, struct hj_now now)
{
	return l->day_ms == day_of(now.wall_ms) ? l->sent : 0;
}

void limits_restore(struct limits *l, int64_t day_ms, uint64_t sent, struct hj_now now)
{
	turn_day(l, now);
	if (day_ms != l->day_ms)
		return;
	l->sent += sent;
	l->sent_bulk += sent; /* of what is not known, nothing is taken for live */
}

bool limits_tell_spent(struct limits *l, struct hj_now now)
{
	if (!is_spent(l, now.wall_ms) || l->spent_told == l->day_ms)
		return false;
	l->spent_told = l->day_ms;
	return true;
}

/* ---- the time to go ---- */

#define LIVE_LEAST_MS (10 * MS_MINUTE) /* before that a day's live bytes are not known, and taken for none */

static double live_bytes_a_day(const struct limits *l, int64_t wall_ms)
{
	double span = (double)(wall_ms - l->since_ms);

	if (l->day_ms != day_of(wall_ms) || span < LIVE_LEAST_MS)
		return 0;
	return (double)(l->sent - hj_min(l->sent_bulk, l->sent)) * (double)HJ_MS_PER_DAY / span;
}

/* Records that a stretch of the day takes by time, and by what is left of the day's bytes. */
struct day {
	double each_ms, by_bytes;
};

/* Takes what goes from `at` on in this day off *waiting; ms of the day when the last has gone, -1 = some are left. */
static double spend_day(const struct limits *l, int64_t at, struct day d, double *waiting)
{
	unsigned list[2][2], n = stretches(l, list);

	for (unsigned i = 0; i < n; i++) {
		double begin = (double)hj_max(at, list[i][0] * MS_MINUTE), end = (double)(list[i][1] * MS_MINUTE);
		double go = end > begin ? hj_min((end - begin) / d.each_ms, d.by_bytes) : 0;

		if (go >= *waiting)
			return begin + *waiting * d.each_ms;
		*waiting -= go;
		d.by_bytes -= go;
	}
	return -1;
}

int64_t limits_eta(const struct limits *l, uint64_t waiting, const struct limits_record *r, struct hj_now now)
{
	int64_t today = day_of(now.wall_ms), at = now.wall_ms - today;
	double left = (double)waiting, spent = l->day_ms == today ? (double)l->sent : 0, live, done;
	struct day d = { .each_ms = (double)r->each / HJ_USEC_PER_MS };

	if (!waiting)
		return 0;
	live = live_bytes_a_day(l, now.wall_ms);
	if (l->rate)
		d.each_ms = hj_max(d.each_ms, r->frames * (double)MS_MINUTE / l->rate);
	d.each_ms = hj_max(d.each_ms, 0.001);
	for (int64_t day = 0; day < DAYS_MOST; day++) {
		double of_day = day ? live : spent + live * (double)(HJ_MS_PER_DAY - at) / (double)HJ_MS_PER_DAY;

		d.by_bytes = l->budget && r->bytes > 0 ? hj_max((double)l->budget - of_day, 0.0) / r->bytes : left;
		done = spend_day(l, day ? 0 : at, d, &left);
		if (done >= 0)
			return (int64_t)ceil(((double)(day * HJ_MS_PER_DAY - at) + done) / MS_PER_S);
	}
	return -1;
}

/* ---- growth ---- */

int growth_look(struct growth *g, int64_t waiting, bool up, hj_usec period, hj_usec now)
{
	bool before = g->growing, over;

	if (!up || waiting < 0) {
		g->since = 0; /* an outage is told otherwise */
		return 0;
	}
	over = g->since && now - g->since >= period;
	if (!g->since || over || (before && !waiting)) {
		g->growing = over ? waiting > g->was && waiting >= GROWTH_LEAST : before && waiting;
		g->since = hj_max(now, (hj_usec)1);
		g->was = waiting;
	}
	if (g->growing == before && (g->said || (waiting && !over)))
		return 0;
	g->said = true;
	return g->growing ? 1 : -1;
}
