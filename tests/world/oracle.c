/* What must be true in the end, when the world is well again and nothing is owed: by the log of the meters and that
 * of the platforms, which the gateway never sees, and by what the suite's own commands say of it (`export`, `gaps`,
 * `verify`, `uplink`). A reading may be missing only where an excuse covers it. */
/* long because: what is demanded of a world is one list, over one table of windows */
#include "windows.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/cleanup.h"

#define WAITING_MOST 2
#define CLOSE_TO     1e-6

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

static const struct reading *first_reading(const struct reading_log *log, int64_t ms)
{
	size_t low = 0, high = log->count;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (log->list[mid].true_ms < ms)
			low = mid + 1;
		else
			high = mid;
	}
	return log->list + low;
}

static bool part_said(const struct reading_log *part, bool energy, int64_t label, int64_t slack, double value)
{
	for (const struct reading *r = first_reading(part, label - hj_max(slack, LATE_MS));
	        r < part->list + part->count && r->true_ms < label + WINDOW_MS + slack; r++)
		if (near(energy ? (double)r->energy : (double)r->current, value))
			return true;
	return false;
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

	for (const struct reading *r = first_reading(&meter->log, label - hj_max(slack, LATE_MS));
	        r < meter->log.list + meter->log.count && r->true_ms < label + WINDOW_MS + slack; r++) {
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
	if (win->apart) {
		min_said |= part_said(&meter->parts[energy], energy, label, slack, min);
		max_said |= part_said(&meter->parts[energy], energy, label, slack, max);
	}
	if (!min_said || !max_said)
		violation("b%um%u: %lld: nobody said %g..%g", b, m, (long long)label, min, max);
	if (!window_is_whole(win) || !count)
		return;
	if (win->got != count)
		violation("b%um%u: %lld: %u readings are recorded, and %u were made", b, m, (long long)label,
		        win->got, count);
	else if (!near(avg, sum / count) || !near(min, least) || !near(max, most))
		violation("b%um%u: %lld: %g %g %g are recorded, and %g %g %g were read", b, m, (long long)label, min,
		        avg, max, least, sum / count, most);
}

static void judge_told(const char *cn, int64_t label, const char *factor, const json_t *row)
{
	static const struct {
		const char *suffix, *name;
	} parts[] = { { "Cou", "cou" }, { "Min", "min" }, { "Avg", "avg" }, { "Max", "max" } };
	char time[TIME_WORD_LEN], field[64];

	time_word(label, time);
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

/* By which platforms a minute was taken, with a value or with a flag that says why there is none. */
static void count_told(int64_t label, const char *factor, struct window *win)
{
	char time[TIME_WORD_LEN], field[64];

	time_word(label, time);
	snprintf(field, sizeof(field), "%s-Flag", factor);
	for (unsigned i = 0; i < site.platform_count; i++)
		win->acked[i] += platform_said(&site.platforms[i], said_key("2051", time, field)) != NULL;
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
	win->read += (unsigned)fmin(number(row, "got"), number(row, "expected"));
	count_told(label, factor, win);
	if (!strcmp(name, "current")) {
		if (win->recorded && win->got && number(row, "got") > 0)
			violation("%s is recorded twice for %lld", point, (long long)label);
		win->recorded = true;
		win->least = number(row, "min");
		win->most = number(row, "max");
		win->got += (unsigned)number(row, "got");
		win->expected += number(row, "expected");
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

static void judge_gap(const json_t *gap)
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

static void judge_gaps(void)
{
	char to[TIME_WORD_LEN];
	const char *words[] = { "gaps", "--json", "--from", "2026-11-26", "--to", to, NULL };
	json_t *j, *gap;
	size_t i;

	time_word(settled_ms, to);
	j = oracle_ask(words, "gaps.json");
	if (!j)
		violation("gaps has no answer");
	json_array_foreach(json_object_get(j, "gaps"), i, gap) judge_gap(gap);
	sums_judge(j);
	json_decref(j);
}

/* It is not there any more; every platform has it. */
static void judge_cut(unsigned b, unsigned m, int64_t label, const struct window *win)
{
	char time[TIME_WORD_LEN], field[32];

	if (!w.t.faults[FAULT_DISK] && win->served && window_is_whole(win))
		violation("b%um%u: %lld was cut, and no disk was full", b, m, (long long)label);
	time_word(label, time);
	snprintf(field, sizeof(field), "a%u%u01-Avg", b, m);
	for (unsigned i = 0; i < site.platform_count && win->served && window_is_whole(win); i++)
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
	if (!win->got && win->served && window_is_whole(win))
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
	windows_lay_out();
	judge_records();
	judge_gaps();
	judge_missing();
	judge_platforms();
	told_judge();
	snprintf(path, sizeof(path), "%s/verify", site.root);
	if (suite_command(verify, path) != 0)
		violation("verify has found something");
}
