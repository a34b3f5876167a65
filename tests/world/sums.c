/* What the suite says of itself, figure by figure, beside what is known of it: how much was expected, read, kept,
 * missed and acknowledged (`gaps`), and how often each thing was told (`events`, which told.c adds). Known is what
 * the logs of the meters and of the platforms say; only of a window in which something may have been lost, or lay at
 * its edge, what its record says. */
#include "windows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/cleanup.h"

#define FIGURES_MOST 32

static struct figure {
	const char *name;
	uint64_t says, known;
} figures[FIGURES_MOST];
static size_t figure_count;
void figure_add(const char *name, uint64_t says, uint64_t known)
{
	size_t i = 0;

	while (i < figure_count && strcmp(figures[i].name, name) != 0)
		i++;
	if (i == FIGURES_MOST)
		abort();
	if (i == figure_count)
		figures[figure_count++].name = name;
	figures[i].says += says;
	figures[i].known += known;
}

/* ---- what `gaps` sums up ---- */

#define HOUR_MS          (3600 * HJ_MS_PER_SEC)
#define RECEIPTS_KEPT_MS (30 * HJ_MS_PER_DAY)

struct sums {
	double expected, unsure;
	uint64_t windows, whole, records, read, due, stored, missed, acked[PLATFORMS_MOST];
};
static struct sums says, known; /* of all hours */
static size_t begun[BUSES_MOST][METERS_MOST]; /* its first window with a record */

static void add_window(const struct window *win, unsigned poll_s, struct sums *s)
{
	bool whole = window_is_whole(win);
	double due = (double)WINDOW_MS / HJ_MS_PER_SEC / poll_s;
	double expected = win->recorded && (!whole || win->mask & M(CONF)) ? win->expected : due;
	unsigned stored = whole ? win->served ? POINTS : 0 : win->values;

	s->unsure += win->unsure ? POINTS * due : 0;
	s->expected += POINTS * expected;
	s->windows++;
	s->whole += whole;
	s->records += win->recorded ? POINTS : 0;
	/* Beside its grid a meter is asked when it has come back: that is no reading that was expected. */
	s->read += whole ? POINTS * hj_min(win->served, (unsigned)expected) : win->read;
	s->due += POINTS;
	s->stored += stored;
	s->missed += POINTS - stored;
	for (unsigned i = 0; i < site.platform_count; i++)
		s->acked[i] += win->acked[i];
}

static void add_meter(unsigned b, unsigned m, int64_t begin, int64_t end, struct sums *s)
{
	for (size_t i = hj_max(window_of(begin), begun[b][m]); i < window_of(end); i++)
		add_window(&windows[b][m][i], windows_poll_s(b, i), s);
}

static uint64_t whole_number(const json_t *row, const char *name)
{
	return (uint64_t)json_integer_value(json_object_get(row, name));
}

/* Where something was cut, there is not all to hold it against. */
static void hold(const char *what, int64_t from_ms, const char *name, uint64_t said, uint64_t is_so, double unsure)
{
	if (from_ms >= floor_ms && fabs((double)said - (double)is_so) > unsure)
		violation("gaps says of %s from %lld on %s %llu, and it is %llu", what, (long long)from_ms, name,
		        (unsigned long long)said, (unsigned long long)is_so);
}

static void hold_hour(const char *meter, int64_t from_ms, const json_t *row, const struct sums *s)
{
	says.expected += (double)whole_number(row, "expected");
	says.read += whole_number(row, "read");
	says.due += whole_number(row, "due");
	says.stored += whole_number(row, "stored");
	hold(meter, from_ms, "expected", whole_number(row, "expected"), (uint64_t)llround(s->expected), s->unsure);
	hold(meter, from_ms, "read", whole_number(row, "read"), s->read, 0);
	hold(meter, from_ms, "due", whole_number(row, "due"), s->due, 0);
	hold(meter, from_ms, "stored", whole_number(row, "stored"), s->stored, 0);
}

/* Receipts are kept for 30 days: what went out before is counted as neither owed nor acknowledged. A full disk takes
 * receipts before the records that they are of: those, too. */
static int64_t receipts_since(void)
{
	int64_t since = true_ms() - RECEIPTS_KEPT_MS;

	for (size_t i = 0; i < w.excuse_count; i++)
		if (w.excuses[i].kind == FAULT_DISK && w.excuses[i].full)
			since = hj_max(since, w.excuses[i].end_ms + 2 * WINDOW_MS);
	return since;
}

static void hold_uplink(const char *meter, int64_t from_ms, const json_t *row, const struct sums *s)
{
	uint64_t to_send = whole_number(row, "to_send"), acked = whole_number(row, "acknowledged");
	unsigned p;

	if (sscanf(json_string_value(json_object_get(row, "uplink")) ?: "", "p%u", &p) != 1 ||
	        p >= site.platform_count)
		return;
	if (from_ms < receipts_since())
		return;
	hold(meter, from_ms, "to_send", to_send, s->records, 0);
	hold(meter, from_ms, "acknowledged", acked, s->acked[p], 0);
	figure_add("acknowledged", acked, s->acked[p]);
}

/* A row is of a meter, an hour and an uplink. */
static void hold_rows(const json_t *rows, int64_t begin, int64_t end)
{
	const char *before = "";
	int64_t before_ms = 0;
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		const char *meter = json_string_value(json_object_get(row, "meter")) ?: "";
		int64_t hour = json_integer_value(json_object_get(row, "hour")), from_ms = hj_max(hour, begin);
		struct sums s = { 0 };
		unsigned b, m;

		if (sscanf(meter, "b%um%u", &b, &m) != 2 || b >= site.bus_count || m >= site.buses[b].meter_count) {
			violation("gaps knows a meter %s", meter);
			continue;
		}
		add_meter(b, m, from_ms, hj_min(hour + HOUR_MS, end), &s);
		if (hour != before_ms || strcmp(meter, before) != 0)
			hold_hour(meter, from_ms, row, &s);
		hold_uplink(meter, from_ms, row, &s);
		before = meter;
		before_ms = hour;
	}
}

static uint64_t missed_by(const json_t *gaps)
{
	uint64_t missed = 0;
	json_t *gap;
	size_t i;

	json_array_foreach(json_object_get(gaps, "gaps"), i, gap) missed +=
	        whole_number(gap, "points") * whole_number(gap, "count");
	return missed;
}

/* What was due in a gap goes by the windows beside it: where a clock was wrong, they may have had less. */
static void find_unsure(struct window *list, size_t from, size_t to)
{
	const uint32_t wrong = M(CLOCK) | M(NO_RTC);

	for (size_t i = from, end; i < to; i = end + 1) {
		bool unsure = i > from && list[i - 1].mask & wrong;

		for (end = i; end < to && !list[end].recorded; end++)
			unsure |= list[end].mask & wrong;
		unsure |= end < to && list[end].mask & wrong;
		for (; i < end; i++)
			list[i].unsure = unsure;
	}
}

static void sum_up(int64_t begin, int64_t end)
{
	for (unsigned b = 0; b < site.bus_count; b++)
		for (unsigned m = 0; m < site.buses[b].meter_count; m++) {
			size_t i = window_of(begin);

			while (i < window_of(end) && !windows[b][m][i].recorded)
				i++;
			begun[b][m] = i;
			find_unsure(windows[b][m], i, window_of(end));
			add_meter(b, m, begin, end, &known);
		}
}

void sums_judge(const json_t *gaps)
{
	int64_t begin = json_integer_value(json_object_get(gaps, "begin")),
	        end = json_integer_value(json_object_get(gaps, "end"));
	char from[TIME_WORD_LEN], to[TIME_WORD_LEN];
	const char *words[] = { "gaps", "--hours", "--json", "--from", from, "--to", to, NULL };
	json_t *j;

	time_word(begin, from);
	time_word(end, to);
	j = oracle_ask(words, "hours.json");
	sum_up(begin, end);
	hold_rows(json_object_get(j, "hours"), begin, end);
	hold("all", begin, "missed", missed_by(gaps), known.missed, 0);
	hold("all hours", begin, "due", says.due, known.due, 0);
	figure_add("expected", (uint64_t)says.expected, (uint64_t)llround(known.expected));
	figure_add("read", says.read, known.read);
	figure_add("due", says.due, known.due);
	figure_add("stored", says.stored, known.stored);
	figure_add("missed", missed_by(gaps), known.missed);
	json_decref(j);
}

void figures_tell(void)
{
	printf("\"windows\": [%llu, %llu], \"figures\": {", (unsigned long long)known.whole,
	        (unsigned long long)known.windows);
	for (size_t i = 0; i < figure_count; i++)
		printf("%s\"%s\": [%llu, %llu]", i ? ", " : "", figures[i].name,
		        (unsigned long long)figures[i].says, (unsigned long long)figures[i].known);
	printf("}");
}
