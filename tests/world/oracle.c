/* What must be true in the end, when the world is well again and nothing is owed: by the log of the meters and that
 * of the platforms, which the gateway never sees, and by what the suite's own commands say of it (`export`, `gaps`,
 * `verify`, `uplink`). A reading may be missing only where an excuse covers it. */
/* long because: what is demanded of a world is one list, over one table of windows */
#include "world.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hjgate/cleanup.h"

#define UNDER_WAY_MS (30 * 60000LL) /* records so young may be on their way yet */
#define EDGE_MS      200            /* a reading so near a window's end may be counted in either */
#define LATE_MS      3200           /* a late answer may be one to the same question, asked again (line.c) */
#define WAITING_MOST 2
#define CLOSE_TO     1e-6

#define M(kind) (1u << FAULT_##kind)
#define LOSSY   (M(POWER) | M(KILL) | M(CLOCK) | M(NO_RTC))       /* what was read may be lost */
#define SILENT  (LOSSY | M(METER) | M(PORT) | M(NOISE) | M(CONF)) /* nothing may be read */

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

struct window {                       /* of a meter */
	uint32_t mask;                /* kinds that excuse it */
	unsigned served, got, values; /* values: points with one */
	double least, most;           /* of the record's current */
	bool edge, late, recorded, listed;
	uint8_t cause; /* of the gap that lists it */
};

static struct window *windows[BUSES_MOST][METERS_MOST];
static size_t window_count;
static int64_t first_ms, settled_ms;
/* What is older was cut: by a full disk, which takes what all have acknowledged. */
static int64_t floor_ms = INT64_MAX;

static const struct cause {
	const char *name;
	uint32_t excuses;
} causes[] = {
	{ "meter", M(METER) | M(PORT) | M(NOISE) | M(CONF) | M(KILL) },
	{ "stopped", M(KILL) | M(CONF) },
	{ "full", M(DISK) },
	{ "clock", M(CLOCK) | M(NO_RTC) },
	{ "unknown", M(CLOCK) | M(NO_RTC) }, /* where the grid of readings is laid anew, one window may have none */
	{ "power", M(POWER) | M(NO_RTC) },
};

static size_t window_of(int64_t ms)
{
	return ms < first_ms ? 0 : (size_t)((ms - first_ms) / WINDOW_MS);
}

/* ---- is anything owed ---- */

json_t *oracle_ask(const char *const *words, const char *name)
{
	char path[100];
	json_t *j;

	snprintf(path, sizeof(path), "%s/%s", site.root, name);
	if (suite_command(words, path) != 0)
		return NULL;
	j = json_load_file(path, 0, NULL);
	return j;
}

bool oracle_settled(void)
{
	static const char *const words[] = { "uplink", "--json", NULL };
	json_t *j = oracle_ask(words, "uplink.json"), *one;
	bool is = j != NULL;
	size_t i;

	json_array_foreach(json_object_get(j, "uplinks"), i, one) is &=
	        json_integer_value(json_object_get(one, "waiting")) <= WAITING_MOST &&
	        !strcmp(json_string_value(json_object_get(one, "state")) ?: "", "connected");
	json_decref(j);
	return is;
}

/* ---- what the meters said ---- */

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

static void lay_out(void)
{
	first_ms = world_begin.wall_ms;
	settled_ms = true_ms() - UNDER_WAY_MS;
	window_count = window_of(true_ms()) + 1;
	for (unsigned b = 0; b < site.bus_count; b++)
		for (unsigned m = 0; m < site.buses[b].meter_count; m++) {
			const struct site_meter *meter = &site.buses[b].meters[m];
			struct window *list = windows[b][m] = calloc(window_count, sizeof(*list));

			w.t.readings += meter->count;
			for (size_t i = 0; i < meter->count; i++) {
				int64_t at = meter->readings[i].true_ms, in = (at - first_ms) % WINDOW_MS;
				struct window *one = &list[window_of(at)];

				one->served += !meter->readings[i].late;
				one->late |= meter->readings[i].late;
				one->edge |= meter->readings[i].late || in < EDGE_MS || in > WINDOW_MS - EDGE_MS;
				if (in > WINDOW_MS - (meter->readings[i].late ? LATE_MS : EDGE_MS) &&
				        one + 1 < list + window_count)
					one[1].edge = true;
				if (in < EDGE_MS && one > list)
					one[-1].edge = true;
			}
		}
	for (size_t i = 0; i < w.excuse_count; i++)
		excuse_windows(&w.excuses[i]);
}

bool oracle_sure(unsigned bus, unsigned meter, int64_t from_ms, int64_t to_ms)
{
	if (bus >= site.bus_count || meter >= site.buses[bus].meter_count || from_ms < first_ms ||
	        to_ms >= settled_ms)
		return false;
	for (size_t i = window_of(from_ms); i <= window_of(to_ms); i++)
		if (windows[bus][meter][i].mask & SILENT || windows[bus][meter][i].late)
			return false;
	return true;
}

/* ---- what was recorded ---- */

static double number(const json_t *row, const char *name)
{
	json_t *j = json_object_get(row, name);

	return json_is_number(j) ? json_number_value(j) : NAN;
}

static bool near(double a, double b)
{
	return fabs(a - b) <= CLOSE_TO * fmax(1, fabs(a));
}

static const struct reading *first_reading(const struct site_meter *m, int64_t ms)
{
	size_t low = 0, high = m->count;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (m->readings[mid].true_ms < ms)
			low = mid + 1;
		else
			high = mid;
	}
	return m->readings + low;
}

/* A window is what its meter said in it: no other value, and where nothing was lost, all of them. */
static void judge_values(unsigned b, unsigned m, int64_t label, bool energy, const json_t *row)
{
	const struct site_meter *meter = &site.buses[b].meters[m];
	const struct window *win = &windows[b][m][window_of(label)];
	double min = number(row, "min"), max = number(row, "max"), avg = number(row, "avg"), sum = 0;
	double least = INFINITY, most = -INFINITY;
	bool min_said = isnan(min), max_said = isnan(max);
	unsigned count = 0;
	int64_t slack = win->mask & (M(CLOCK) | M(NO_RTC)) ? 3 * WINDOW_MS : EDGE_MS;

	for (const struct reading *r = first_reading(meter, label - hj_max(slack, LATE_MS));
	        r < meter->readings + meter->count && r->true_ms < label + WINDOW_MS + slack; r++) {
		double v = energy ? (double)r->energy : (double)r->current;
		bool is_near = r->late || r->true_ms >= label - slack;

		min_said |= is_near && near(v, min);
		max_said |= is_near && near(v, max);
		if (r->late || r->true_ms < label || r->true_ms >= label + WINDOW_MS)
			continue;
		least = fmin(least, v);
		most = fmax(most, v);
		sum += v;
		count++;
	}
	if (!min_said || !max_said)
		violation("b%um%u: %lld: nobody said %g..%g", b, m, (long long)label, min, max);
	if (win->mask & LOSSY || win->edge || !count)
		return;
	if (win->got != count)
		violation("b%um%u: %lld: %u readings are recorded, and %u were made", b, m, (long long)label,
		        win->got, count);
	else if (!near(avg, sum / count) || !near(min, least) || !near(max, most))
		violation("b%um%u: %lld: %g %g %g are recorded, and %g %g %g were read", b, m, (long long)label, min,
		        avg, max, least, sum / count, most);
}

static void beijing(int64_t ms, char ret[16])
{
	time_t s = (time_t)((ms + TZ_MS) / 1000);
	struct tm tm;

	gmtime_r(&s, &tm);
	strftime(ret, 16, "%Y%m%d%H%M%S", &tm);
}

static void judge_told(const char *cn, int64_t label, const char *factor, const json_t *row)
{
	static const struct {
		const char *suffix, *name;
	} parts[] = { { "Cou", "cou" }, { "Min", "min" }, { "Avg", "avg" }, { "Max", "max" } };
	char time[16], field[64];

	beijing(label, time);
	for (size_t k = 0; k < hj_array_size(parts); k++) {
		double v = number(row, parts[k].name);

		if (isnan(v))
			continue;
		snprintf(field, sizeof(field), "%s-%s", factor, parts[k].suffix);
		for (unsigned i = 0; i < site.platform_count; i++) {
			struct said *s = platform_said(&site.platforms[i], said_key(cn, time, field));

			if (!s)
				violation("platform %u was never told CN %s %s %s", i, cn, time, field);
			else if (!near(v, s->value))
				violation("platform %u was told CN %s %s %s=%g, and %g is recorded", i, cn, time,
				        field, s->value, v);
			if (s)
				s->met = true;
			w.t.values++;
		}
	}
}

/* An hour is its minutes, where all of them are there and whole. */
static void judge_hour(unsigned b, unsigned m, int64_t label, const json_t *row)
{
	double least = INFINITY, most = -INFINITY;

	for (size_t i = window_of(label); i < window_of(label + 3600000) && i < window_count; i++) {
		const struct window *win = &windows[b][m][i];

		if (!win->got || win->mask)
			return;
		least = fmin(least, win->least);
		most = fmax(most, win->most);
	}
	if (!near(number(row, "min"), least) || !near(number(row, "max"), most))
		violation("b%um%u: the hour %lld is %g..%g, and its minutes %g..%g", b, m, (long long)label,
		        number(row, "min"), number(row, "max"), least, most);
}

/* Labels of a wrong clock, which was never trusted, do not come this far: what is recorded has its true time. */
static void judge_row(const json_t *row)
{
	const char *kind = json_string_value(json_object_get(row, "kind")), *factor, *point;
	int64_t label = json_integer_value(json_object_get(row, "label")), length;
	bool minute = kind && !strcmp(kind, "minute"), hour = kind && !strcmp(kind, "hour");
	unsigned b, m;
	char name[16];
	struct window *win;

	point = json_string_value(json_object_get(row, "point"));
	factor = json_string_value(json_object_get(row, "factor"));
	length = json_integer_value(json_object_get(row, "length_ms"));
	if (!point || !factor || sscanf(point, "b%um%u.%15s", &b, &m, name) != 3 || label + length > settled_ms)
		return;
	w.t.records++;
	judge_told(minute ? "2051" : hour ? "2061" : "2031", label, factor, row);
	if (hour && !strcmp(name, "current") && b < site.bus_count && m < site.buses[b].meter_count &&
	        label >= first_ms)
		judge_hour(b, m, label, row);
	if (!minute)
		return;
	if (b >= site.bus_count || m >= site.buses[b].meter_count || label < first_ms ||
	        (label - first_ms) % WINDOW_MS) {
		violation("%s is recorded for %lld", point, (long long)label);
		return;
	}
	win = &windows[b][m][window_of(label)];
	floor_ms = hj_min(floor_ms, label);
	win->values += !isnan(number(row, "avg"));
	if (!strcmp(name, "current")) {
		if (win->recorded && win->got && number(row, "got") > 0)
			violation("%s is recorded twice for %lld", point, (long long)label);
		win->recorded = true;
		win->least = number(row, "min");
		win->most = number(row, "max");
		win->got += (unsigned)number(row, "got");
	}
	judge_values(b, m, label, !strcmp(name, "energy"), row);
}

static void judge_records(void)
{
	static const char *const words[] = { "export", "--kind", "minute", "--kind", "hour", "--kind", "day",
		"--from", "2020-01-01", "--format", "jsonl", NULL };
	char path[100], line[2000];
	FILE *f;

	snprintf(path, sizeof(path), "%s/records.jsonl", site.root);
	if (suite_command(words, path) != 0)
		violation("the records cannot be exported");
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		json_t *row = json_loads(line, 0, NULL);

		judge_row(row);
		json_decref(row);
	}
	if (f)
		fclose(f);
}

/* ---- what is missing ---- */

/* By a step: from where a clock was to where it is set. One that has no battery passes over all that was before. */
static bool is_passed_over(int64_t begin, int64_t end)
{
	for (size_t i = 0; i < w.excuse_count; i++) {
		const struct excuse *e = &w.excuses[i];
		int64_t by = llabs(e->by_ms) + 2 * WINDOW_MS;

		if (e->kind == FAULT_NO_RTC && begin <= e->end_ms + 2 * WINDOW_MS)
			return true;
		if (e->kind == FAULT_CLOCK && begin <= e->end_ms + by && end >= e->begin_ms - by)
			return true;
	}
	return false;
}

static void judge_gap(const json_t *gap, bool told_of[BUSES_MOST][METERS_MOST])
{
	const char *what = json_string_value(json_object_get(gap, "what")), *name, *cause;
	int64_t begin = json_integer_value(json_object_get(gap, "begin")),
	        end = json_integer_value(json_object_get(gap, "end"));
	unsigned b, m;
	uint32_t allowed = 0, seen = 0;

	name = json_string_value(json_object_get(gap, "name")) ?: "?";
	cause = json_string_value(json_object_get(gap, "cause")) ?: "?";
	if (!what || strcmp(what, "meter") != 0 || sscanf(name, "b%um%u", &b, &m) != 2) {
		/* A full disk takes receipts before the records that they are of, which then seem to have none. */
		if (end < settled_ms && !w.t.faults[FAULT_DISK])
			violation("a gap of the uplink %s: %lld..%lld %s", name, (long long)begin, (long long)end,
			        cause);
		return;
	}
	for (size_t i = 0; i < hj_array_size(causes); i++)
		if (!strcmp(causes[i].name, cause))
			allowed = causes[i].excuses;
	/* A step covers all times that it passed over, also where somebody else had his part in it. */
	if (allowed & M(CLOCK) && is_passed_over(begin, end))
		allowed |= SILENT;
	for (size_t i = window_of(begin); i < window_of(end + WINDOW_MS - 1) && i < window_count; i++) {
		windows[b][m][i].listed = true;
		seen |= windows[b][m][i].mask;
	}
	if (end < settled_ms && !(seen & allowed))
		violation("b%um%u: the gap %lld..%lld is said to be of %s, and there was only 0x%x (served %u)", b, m,
		        (long long)begin, (long long)end, cause, seen, windows[b][m][window_of(begin)].served);
}

/* What the suite says of itself, figure by figure, against what is known: readings and values of the same span. */
static void judge_sums(const json_t *j)
{
	int64_t begin = json_integer_value(json_object_get(j, "begin"));
	int64_t end = json_integer_value(json_object_get(j, "end"));

	w.t.suite_read = (uint64_t)json_integer_value(json_object_get(j, "read"));
	w.t.suite_stored = (uint64_t)json_integer_value(json_object_get(j, "stored"));
	for (unsigned b = 0; b < site.bus_count; b++)
		for (unsigned m = 0; m < site.buses[b].meter_count; m++)
			for (size_t i = window_of(begin); i < window_of(end); i++) {
				const struct window *win = &windows[b][m][i];
				bool young = i + 2 > window_of(settled_ms); /* its record is not looked at here */
				bool sure = young || (!(win->mask & LOSSY) && !win->edge);

				w.t.known_read += POINTS * (sure ? win->served : win->got);
				w.t.known_stored += sure ? win->served ? POINTS : 0 : win->values;
			}
	if (floor_ms < first_ms + 2 * WINDOW_MS &&
	        (w.t.known_read != w.t.suite_read || w.t.known_stored != w.t.suite_stored))
		violation("gaps says %llu readings and %llu values, and there are %llu and %llu",
		        (unsigned long long)w.t.suite_read, (unsigned long long)w.t.suite_stored,
		        (unsigned long long)w.t.known_read, (unsigned long long)w.t.known_stored);
}

static void judge_gaps(void)
{
	static const char *const words[] = { "gaps", "--json", "--from", "2026-11-26", NULL };
	json_t *j = oracle_ask(words, "gaps.json"), *gap;
	bool told[BUSES_MOST][METERS_MOST] = { 0 };
	size_t i;

	if (!j)
		violation("gaps has no answer");
	json_array_foreach(json_object_get(j, "gaps"), i, gap) judge_gap(gap, told);
	judge_sums(j);
	json_decref(j);
}

/* It is not there any more; every platform has it. */
static void judge_cut(unsigned b, unsigned m, int64_t label, const struct window *win)
{
	char time[16], field[32];

	beijing(label, time);
	snprintf(field, sizeof(field), "a%u%u01-Avg", b, m);
	for (unsigned i = 0; i < site.platform_count && win->served && !(win->mask & LOSSY) && !win->edge; i++)
		if (!platform_said(&site.platforms[i], said_key("2051", time, field)))
			violation("platform %u was never told CN 2051 %s %s, and it was cut", i, time, field);
}

static void judge_window(unsigned b, unsigned m, size_t i, bool begun)
{
	const struct window *win = &windows[b][m][i];
	int64_t label = first_ms + (int64_t)i * WINDOW_MS;

	if (label < floor_ms) {
		judge_cut(b, m, label, win);
		return;
	}
	if (!win->got && win->served && !(win->mask & LOSSY) && !win->edge)
		violation("b%um%u: %lld: %u readings were made, and none is recorded", b, m, (long long)label,
		        win->served);
	if (!win->served && !(win->mask & SILENT) && !win->got)
		violation("b%um%u: %lld: nobody asked", b, m, (long long)label);
	if (!win->got && begun && !win->listed)
		violation("b%um%u: %lld: nothing is recorded, and no gap says so (0x%x)", b, m, (long long)label,
		        win->mask);
	if (win->got && win->listed && site.buses[b].poll_s >= 300 && !(win->mask & (LOSSY | M(CONF))))
		violation("b%um%u: %lld: it is recorded, and a gap says it is not", b, m, (long long)label);
}

static void judge_missing(void)
{
	for (unsigned b = 0; b < site.bus_count; b++)
		for (unsigned m = 0; m < site.buses[b].meter_count; m++) {
			bool begun = false;

			for (size_t i = 1; i + 1 < window_of(settled_ms); i++) {
				begun |= windows[b][m][i].got > 0;
				judge_window(b, m, i, begun);
			}
		}
}

/* ---- the rest ---- */

static void judge_platforms(void)
{
	for (unsigned i = 0; i < site.platform_count; i++) {
		const struct site_platform *p = &site.platforms[i];

		w.t.frames += p->frames;
		w.t.repeats += p->repeats;
		if (p->differing)
			violation("platform %u: %s", i, p->first_differing);
		if (p->used_again)
			violation("platform %u: %llu frames have the QN of another", i,
			        (unsigned long long)p->used_again);
		for (size_t k = 0; k < p->said_room; k++)
			if (p->said[k].label_ms >= floor_ms && p->said[k].label_ms < settled_ms - 86400000 &&
			        !p->said[k].met) {
				violation("platform %u has a value of %lld that is not recorded", i,
				        (long long)p->said[k].label_ms);
				break;
			}
		/* By a clock that nobody trusts a day may end too soon; the store holds no state back for that. */
		if (p->hours_again && !w.t.faults[FAULT_CLOCK] && !w.t.faults[FAULT_NO_RTC])
			violation("platform %u was told the hours of a day twice, otherwise", i);
		if (p->bad)
			violation("platform %u was sent %llu bad frames", i, (unsigned long long)p->bad);
	}
}

void oracle_judge(void)
{
	static const char *const verify[] = { "verify", NULL };
	char path[100];

	if (!oracle_settled())
		violation("not everything is acknowledged in the end");
	lay_out();
	judge_records();
	judge_gaps();
	judge_missing();
	judge_platforms();
	told_judge();
	snprintf(path, sizeof(path), "%s/verify", site.root);
	if (suite_command(verify, path) != 0)
		violation("verify has found something");
}
