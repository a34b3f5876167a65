/* The table of windows: filled from the log of the meters and the list of what went wrong. */
#include "windows.h"

#include <stdlib.h>

#include "hjgate/cleanup.h"

#define ALL_PARTS    ((1u << POINTS) - 1)
#define UNDER_WAY_MS (30 * 60000LL) /* records so young may be on their way yet */

struct window *windows[BUSES_MOST][METERS_MOST];
size_t window_count;
int64_t first_ms, settled_ms;
int64_t floor_ms = INT64_MAX;
static unsigned *intervals[BUSES_MOST];

/* How far an excuse reaches, in windows before and after. */
static const struct reach {
	unsigned before, after;
} reach[FAULT_KINDS] = {
	[FAULT_NOISE] = { 0, 1 },
	[FAULT_METER] = { 0, 2 },
	[FAULT_PORT] = { 0, 2 },
	[FAULT_POWER] = { 1, 1 },
	[FAULT_KILL] = { 1, 1 },
	[FAULT_CONF] = { 1, 1 },
	[FAULT_CLOCK] = { 1, 1 },
	[FAULT_NO_RTC] = { 1, 1 },
	[FAULT_DISK] = { 0, 1 },
};

size_t window_of(int64_t ms)
{
	return ms < first_ms ? 0 : (size_t)((ms - first_ms) / WINDOW_MS);
}

bool window_is_whole(const struct window *win)
{
	return !(win->mask & LOSSY) && !win->edge;
}

/* By so much a clock that was believed was wrong meanwhile: the windows have its times. */
static int64_t believed_ms(const struct excuse *e)
{
	int64_t by = 0;

	for (size_t i = 0; i < w.excuse_count; i++) {
		const struct excuse *o = &w.excuses[i];

		if (o->believed && o->begin_ms <= e->end_ms + 2 * WINDOW_MS && o->end_ms >= e->begin_ms)
			by = hj_max(by, (int64_t)llabs(o->by_ms));
	}
	return by;
}

static void excuse_windows(const struct excuse *e)
{
	const struct reach *r = &reach[e->kind];
	int64_t by = believed_ms(e);
	int64_t end = hj_min(e->end_ms, settled_ms) + by, begin = e->begin_ms - by;
	size_t from, to;

	/* What a disk does not take waits, and is lost with the power; what waits for the time is too. */
	if (e->kind == FAULT_POWER || e->kind == FAULT_KILL)
		for (size_t i = 0; i < w.excuse_count; i++) {
			const struct excuse *o = &w.excuses[i];

			if ((o->kind == FAULT_DISK || o->kind == FAULT_CLOCK || o->kind == FAULT_NO_RTC) &&
			        o->begin_ms <= e->begin_ms && o->end_ms + 10 * 60000 >= e->begin_ms)
				begin = hj_min(begin, o->begin_ms);
		}
	from = window_of(begin - r->before * WINDOW_MS);
	to = window_of(end + r->after * WINDOW_MS);
	for (unsigned b = 0; b < site.bus_count; b++)
		for (unsigned m = 0; m < site.buses[b].meter_count; m++) {
			if (e->bus == NO_BUS || (e->bus >= 0 && (unsigned)e->bus != b) ||
			        (e->meter >= 0 && (unsigned)e->meter != m))
				continue;
			for (size_t i = from; i <= to && i < window_count; i++)
				windows[b][m][i].mask |= 1u << e->kind;
		}
}

static void lay_intervals(unsigned bus)
{
	size_t done = 0;

	intervals[bus] = calloc(window_count, sizeof(*intervals[bus]));
	for (size_t i = 0; i < w.excuse_count; i++)
		if (w.excuses[i].kind == FAULT_CONF && w.excuses[i].bus == (int)bus)
			while (done <= window_of(w.excuses[i].begin_ms))
				intervals[bus][done++] = w.excuses[i].poll_s;
	while (done < window_count)
		intervals[bus][done++] = site.buses[bus].poll_s;
}

unsigned windows_poll_s(unsigned bus, size_t window)
{
	return intervals[bus][window];
}

static void lay_log(const struct reading_log *log, struct window *list)
{
	for (size_t i = 0; i < log->count; i++) {
		const struct reading *r = &log->list[i];
		int64_t in = (r->true_ms - first_ms) % WINDOW_MS;
		struct window *one = &list[window_of(r->true_ms)];

		one->served += !r->late;
		one->late |= r->late;
		one->edge |= r->late || in < EDGE_MS || in > WINDOW_MS - EDGE_MS;
		if (in > WINDOW_MS - (r->late ? LATE_MS : EDGE_MS) && one + 1 < list + window_count)
			one[1].edge = true;
		if (in < EDGE_MS && one > list)
			one[-1].edge = true;
	}
}

/* A line that swallows much may have been taken for a meter that is silent about the whole: its points are asked
 * apart then. One that was asked for alone and then the whole was to see whether the meter lives. */
static void lay_parts(const struct reading_log parts[POINTS], struct window *list)
{
	for (unsigned p = 0; p < POINTS; p++)
		for (size_t i = 0; i < parts[p].count; i++) {
			struct window *one = &list[window_of(parts[p].list[i].true_ms)];

			one->parts |= 1u << p;
			one->apart = !one->served || one->parts == ALL_PARTS || (one > list && one[-1].apart);
			one->edge |= one->apart;
		}
}

void windows_lay_out(void)
{
	first_ms = world_begin.wall_ms;
	settled_ms = true_ms() - UNDER_WAY_MS;
	window_count = window_of(true_ms()) + 1;
	for (unsigned b = 0; b < site.bus_count; b++)
		for (unsigned m = 0; m < site.buses[b].meter_count; m++) {
			const struct site_meter *meter = &site.buses[b].meters[m];

			windows[b][m] = calloc(window_count, sizeof(*windows[b][m]));
			w.t.readings += meter->log.count;
			lay_log(&meter->log, windows[b][m]);
			lay_parts(meter->parts, windows[b][m]);
		}
	for (unsigned b = 0; b < site.bus_count; b++)
		lay_intervals(b);
	for (size_t i = 0; i < w.excuse_count; i++)
		excuse_windows(&w.excuses[i]);
}

bool windows_sure(unsigned bus, unsigned meter, int64_t from_ms, int64_t to_ms)
{
	if (bus >= site.bus_count || meter >= site.buses[bus].meter_count || from_ms < first_ms ||
	        to_ms >= settled_ms)
		return false;
	for (size_t i = window_of(from_ms); i <= window_of(to_ms); i++)
		if (windows[bus][meter][i].mask & SILENT || windows[bus][meter][i].late)
			return false;
	return true;
}
