/* What the suite says happened (`hjgate events`), against what did: the states of the equipment by the readings of
 * its own meter, and each fault of the world that people must be told of, told, once, and over when it is over. */
/* long because: what is demanded of the events is one list, over one table of them */
#include "windows.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/cleanup.h"

#define EVENTS_MOST    100000
#define FORGOTTEN_MOST 256
#define SPAN_MOST   1000
#define SPAN_LEAST  (10 * 60000LL)
/* What a wrong clock dated. */
#define YEAR_2000_MS 946684800000LL
#define YEAR_2100_MS 4102444800000LL
/* Equipment is unknown after 15 minutes of silence, known again after two readings. */
#define AROUND_MS    (4 * WINDOW_MS)
#define EXACT_MS     2000
#define POLL_MOST_MS 300000 /* of any interval that a bus has, or had */
#define ALIVE_MS     61000  /* the store notes that often that it lives */
#define NOTICE_MS    60000
#define LOOKS_AGAIN_MS 5000 /* after it was ended judged has read the records, and the live values begin */
#define RUNNING      5.0f
#define WAITING_MOST 32 /* samples of a bus: of a round of questions */

enum state { UNKNOWN, STOPPED, IDLE, RUNS, NONE };
static const char *const state_codes[] = { "equipment-unknown", "equipment-stopped", "equipment-idle",
	"equipment-running" };

struct event {
	int64_t id;
	const char *code, *key;
	int64_t begin_ms, end_ms; /* of what lasts and has not ended: INT64_MAX */
	bool met;
};
static struct event events[EVENTS_MOST];
static size_t event_count;
static const struct event *states[EVENTS_MOST]; /* those of them that are states */
static size_t state_count;
static int64_t cut_ms; /* what is older was cut: eventd keeps some 15,000 events */
static int64_t first_state_ms; /* the state that was told when that was cut had begun before, and went too */

/* They end, when what they tell of does: in a world that is well, none is left. */
static const char *const troubles[] = { "power-failure", "meter-lost", "port-lost", "link-lost", "outbox-full",
	"disk-trouble", "clock-untrusted", "data-missing", "backlog-grows", "equipment-unknown" };

static bool is(const struct event *e, const char *code)
{
	return !strcmp(e->code, code);
}

static void take(const json_t *j)
{
	struct event *e = &events[event_count];
	json_t *end = json_object_get(j, "end"), *values = json_object_get(j, "values");

	if (event_count == EVENTS_MOST)
		return;
	e->id = json_integer_value(json_object_get(j, "id"));
	e->code = json_string_value(json_object_get(j, "code")) ?: "";
	e->key = json_string_value(json_object_get(j, "key")) ?: "";
	e->begin_ms = json_integer_value(json_object_get(j, "begin"));
	e->end_ms = json_is_integer(end) && json_integer_value(end) ? json_integer_value(end) : INT64_MAX;
	e->met = false;
	if (is(e, "events-cut"))
		cut_ms = hj_max(cut_ms, (int64_t)json_integer_value(json_object_get(values, "end")));
	event_count++;
	site_trace("event %s %s %lld %lld", e->code, e->key, (long long)e->begin_ms, (long long)e->end_ms);
}

static int by_id(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

/* ---- states ---- */

static enum state state_of(const struct event *e)
{
	for (size_t i = 0; i < hj_array_size(state_codes); i++)
		if (is(e, state_codes[i]))
			return (enum state)i;
	return NONE;
}

static enum state state_read(const struct reading *r)
{
	return r->current >= RUNNING ? RUNS : STOPPED;
}

/* When it has concluded and told the first change after that, at the latest. */
static int64_t change_after(int64_t ms)
{
	const struct site_meter *m = &site.buses[0].meters[0];

	for (size_t i = 1; i < m->log.count; i++)
		if (m->log.list[i - 1].true_ms > ms && state_read(&m->log.list[i]) != state_read(&m->log.list[i - 1]))
			return m->log.list[i].true_ms + AROUND_MS;
	return INT64_MAX;
}

static void find_first_state(void)
{
	for (size_t i = 0; cut_ms && !first_state_ms && i < state_count; i++)
		if (states[i]->begin_ms >= cut_ms)
			first_state_ms = hj_min(states[i]->begin_ms, change_after(cut_ms));
}

/* Judged had concluded what no disk took, and the power went: it goes on from what was kept before, until the state
 * changes. */
static struct span {
	int64_t begin_ms, end_ms;
} forgotten[FORGOTTEN_MOST];
static size_t forgotten_count;

static void forget(const struct excuse *disk, const struct excuse *end)
{
	struct span *span = &forgotten[forgotten_count];

	if (disk->kind != FAULT_DISK || disk->begin_ms > end->begin_ms ||
	        disk->end_ms + AROUND_MS < end->begin_ms || forgotten_count == FORGOTTEN_MOST)
		return;
	*span = (struct span){ disk->begin_ms - AROUND_MS, change_after(end->end_ms) };
	for (size_t i = 0; i < state_count; i++)
		if (states[i]->begin_ms > end->end_ms)
			span->end_ms = hj_min(span->end_ms, states[i]->begin_ms);
	forgotten_count++;
}

static void find_forgotten(void)
{
	for (size_t i = 0; i < w.excuse_count; i++) {
		const struct excuse *end = &w.excuses[i];

		for (size_t k = 0; end->kind == FAULT_POWER && k < w.excuse_count; k++)
			forget(&w.excuses[k], end);
	}
}

/* Judged was ended, and a window ended before it looked again: of the readings in it there is the record alone, which
 * has no times within. */
static bool is_blurred(int64_t ms)
{
	for (size_t i = 0; i < w.excuse_count; i++) {
		const struct excuse *e = &w.excuses[i];
		int64_t looks_ms = e->end_ms + LOOKS_AGAIN_MS, edge_ms = looks_ms - looks_ms % WINDOW_MS;

		if ((e->kind == FAULT_CONF || (e->kind == FAULT_KILL && e->bus == NO_BUS)) &&
		        edge_ms > e->begin_ms && ms >= edge_ms - WINDOW_MS && ms < edge_ms)
			return true;
	}
	return false;
}

/* Where a clock was wrong a state has its times by that clock. */
static bool is_sure(int64_t ms)
{
	for (size_t i = 0; i < w.excuse_count; i++) {
		const struct excuse *e = &w.excuses[i];
		int64_t by = llabs(e->by_ms) + AROUND_MS;

		if (e->kind == FAULT_CLOCK && ms > e->begin_ms - by && ms < e->end_ms + by)
			return false;
	}
	if (ms < hj_max(cut_ms + AROUND_MS, first_state_ms) || is_blurred(ms))
		return false;
	for (size_t i = 0; i < forgotten_count; i++)
		if (ms > forgotten[i].begin_ms && ms < forgotten[i].end_ms)
			return false;
	return windows_sure(0, 0, ms - AROUND_MS, ms + AROUND_MS);
}

static enum state said_at(int64_t ms, unsigned *ret_count)
{
	enum state said = NONE;

	*ret_count = 0;
	for (size_t i = 0; i < state_count; i++)
		if (states[i]->begin_ms <= ms && ms < states[i]->end_ms) {
			said = state_of(states[i]);
			++*ret_count;
		}
	return said;
}

/* From each reading to the next the state is what that reading says, and it began with the first that said so. */
static void judge_states(void)
{
	const struct site_meter *m = &site.buses[0].meters[0];

	for (size_t i = 1; i + 1 < m->log.count; i++) {
		const struct reading *r = &m->log.list[i];
		int64_t ms = r->true_ms + EXACT_MS;
		enum state said;
		unsigned count;

		if (m->log.list[i + 1].true_ms <= ms || !is_sure(r->true_ms))
			continue;
		said = said_at(ms, &count);
		w.t.states++;
		figure_add("states", count == 1 && said == state_read(r), 1);
		if (count != 1 || said != state_read(r))
			violation("at %lld the equipment is said to be %s (%u states at once), and its meter said %g",
			        (long long)ms, said == NONE ? "nothing" : state_codes[said], count,
			        (double)r->current);
	}
	for (size_t i = 0, before = event_count; i < event_count; i++) {
		if (state_of(&events[i]) == NONE)
			continue;
		if (before < event_count && state_of(&events[before]) == state_of(&events[i]) &&
		        is_sure(events[i].begin_ms))
			violation("%s is told for %lld, and was so before", events[i].code,
			        (long long)events[i].begin_ms);
		before = i;
	}
}

/* ---- faults ---- */

/* How many of them began in this span; they are met. */
static unsigned told_in(const char *code, const char *key, int64_t from, int64_t to)
{
	unsigned count = 0;

	for (size_t i = 0; i < event_count; i++) {
		struct event *e = &events[i];

		if (is(e, code) && (!key || !strcmp(e->key, key)) && e->begin_ms >= from && e->begin_ms <= to) {
			e->met = true;
			count++;
		}
	}
	return count;
}

/* True: something of these kinds was in this span, besides e itself. */
static bool was_more(const struct excuse *e, uint32_t kinds, int64_t from, int64_t to)
{
	for (size_t i = 0; i < w.excuse_count; i++) {
		const struct excuse *o = &w.excuses[i];

		if (o != e && kinds & 1u << o->kind && o->begin_ms <= to && o->end_ms >= from &&
		        (o->bus < 0 || e->bus < 0 || o->bus == e->bus) &&
		        (o->meter < 0 || e->meter < 0 || o->meter == e->meter))
			return true;
	}
	return false;
}

static void judge_once(const struct excuse *e, const char *code, const char *key, int64_t from, int64_t to)
{
	unsigned count = told_in(code, key, from, to);

	if (from < cut_ms + AROUND_MS)
		return;
	w.t.told++;
	figure_add(code, count, 1);
	if (count != 1)
		violation("%s %s is told %u times between %lld and %lld, and was once (%s of %lld)", code, key ?: "",
		        count, (long long)from, (long long)to, fault_names[e->kind], (long long)e->begin_ms);
}

/* It went between the last time that the store noted that it lives, and then. */
static void judge_power(const struct excuse *e)
{
	int64_t from = e->cut_ms - ALIVE_MS, to = e->cut_ms;

	if (was_more(e, M(POWER) | M(CLOCK) | M(NO_RTC) | M(DISK), from - 2 * WINDOW_MS, to))
		return;
	judge_once(e, "power-failure", NULL, from, to);
}

/* Three questions without an answer are enough, and nothing else was the matter with it. */
static void judge_meter(const struct excuse *e)
{
	int64_t enough = 4 * POLL_MOST_MS + NOTICE_MS;
	uint32_t others = ~(M(METER) | M(RESET) | M(PLATFORM) | M(LINK) | M(REQUEST));
	char key[32];

	if (e->end_ms - e->begin_ms < enough ||
	        was_more(e, others | M(METER), e->begin_ms - AROUND_MS, e->begin_ms + enough))
		return;
	snprintf(key, sizeof(key), "meter bus%d.b%dm%d", e->bus, e->bus, e->meter);
	judge_once(e, "meter-lost", key, e->begin_ms, e->begin_ms + enough);
}

static void judge_port(const struct excuse *e)
{
	int64_t enough = 2 * POLL_MOST_MS + NOTICE_MS;
	uint32_t others = M(PORT) | M(POWER) | M(KILL) | M(CLOCK) | M(NO_RTC) | M(CONF);
	char key[32];

	if (e->end_ms - e->begin_ms < enough || was_more(e, others, e->begin_ms - AROUND_MS, e->begin_ms + enough))
		return;
	snprintf(key, sizeof(key), "bus bus%d", e->bus);
	judge_once(e, "port-lost", key, e->begin_ms, e->begin_ms + enough);
}

/* A counter that is a tenth of what it was, or less, has begun anew (hjgate/total.h), and nothing else has. */
static bool is_reset(unsigned b, unsigned m, const struct reading *r)
{
	return r->energy <= r[-1].energy / 10 && r->energy != r[-1].energy && !r->late && !r[-1].late &&
	       windows_sure(b, m, r[-1].true_ms - WINDOW_MS, r->true_ms + WINDOW_MS);
}

static void judge_resets(unsigned b, unsigned m)
{
	const struct site_meter *meter = &site.buses[b].meters[m];
	struct excuse it = { .kind = FAULT_RESET, .bus = (int)b, .meter = (int)m };
	char key[40];

	snprintf(key, sizeof(key), "b%um%u.energy", b, m);
	for (size_t i = 1; i < meter->log.count; i++)
		if (is_reset(b, m, &meter->log.list[i])) {
			it.begin_ms = meter->log.list[i].true_ms;
			judge_once(&it, "total-reset", key, it.begin_ms - EXACT_MS, it.begin_ms + EXACT_MS);
		}
}

static void judge_faults(void)
{
	static void (*const judge[FAULT_KINDS])(const struct excuse *e) = {
		[FAULT_POWER] = judge_power,
		[FAULT_METER] = judge_meter,
		[FAULT_PORT] = judge_port,
	};

	for (size_t i = 0; i < w.excuse_count; i++)
		if (judge[w.excuses[i].kind])
			judge[w.excuses[i].kind](&w.excuses[i]);
	for (unsigned b = 0; b < site.bus_count; b++)
		for (unsigned m = 0; m < site.buses[b].meter_count; m++)
			judge_resets(b, m);
}

/* One that vanished, or a link so slow that after over_time it is lost until it is waited for longer. */
static bool is_of_a_platform(const struct event *e)
{
	unsigned i;

	if (sscanf(e->key, "uplink p%u", &i) != 1 || i >= site.platform_count)
		return false;
	return w.t.faults[FAULT_PLATFORM] || w.t.faults[FAULT_LINK] ||
	       2 * site.platforms[i].delay_ms >= HJ_MS_PER_SEC * site.platforms[i].over_time_s;
}

/* What nothing in the world was the cause of. */
static bool is_false(const struct event *e)
{
	unsigned b, m;

	if (is(e, "meter-lost") && sscanf(e->key, "meter bus%*u.b%um%u", &b, &m) == 2)
		return windows_sure(b, m, e->begin_ms - AROUND_MS, e->begin_ms + WINDOW_MS);
	if (is(e, "port-lost") && sscanf(e->key, "bus bus%u", &b) == 1)
		return windows_sure(b, 0, e->begin_ms - AROUND_MS, e->begin_ms + WINDOW_MS);
	if (is(e, "power-failure"))
		return !w.t.faults[FAULT_POWER];
	if (is(e, "total-reset") && sscanf(e->key, "b%um%u", &b, &m) == 2)
		return !e->met && windows_sure(b, m, e->begin_ms - AROUND_MS, e->begin_ms + AROUND_MS);
	if (is(e, "disk-trouble") || is(e, "outbox-full"))
		return !w.t.faults[FAULT_DISK];
	if (is(e, "clock-stepped") || is(e, "clock-untrusted"))
		return !w.t.faults[FAULT_CLOCK] && !w.t.faults[FAULT_NO_RTC];
	if (is(e, "link-lost"))
		return !is_of_a_platform(e);
	return is(e, "store-damaged") || is(e, "records-unsent") || is(e, "reports-lost");
}

static void judge_rest(void)
{
	for (size_t i = 0; i < event_count; i++) {
		const struct event *e = &events[i];

		for (size_t k = 0; k < hj_array_size(troubles); k++)
			if (is(e, troubles[k]) && e->end_ms == INT64_MAX)
				violation("%s %s of %lld has no end, and all is well", e->code, e->key,
				        (long long)e->begin_ms);
		if (is_false(e))
			violation("%s %s is told for %lld, and there was no such thing", e->code, e->key,
			        (long long)e->begin_ms);
	}
}

/* A list is at most SPAN_MOST long: where that is not enough, each half is asked for. */
static void take_span(int64_t from_ms, int64_t to_ms, json_t *keep)
{
	char from[TIME_WORD_LEN], to[TIME_WORD_LEN];
	const char *words[] = { "events", "--json", "--last", "1000", "--from", from, "--to", to, NULL };
	json_t *j, *list, *one;
	size_t i;

	time_word(from_ms, from);
	time_word(to_ms, to);
	j = oracle_ask(words, "events.json");
	list = json_object_get(j, "events");
	if (!j)
		violation("events has no answer");
	if (json_array_size(list) == SPAN_MOST && to_ms - from_ms > SPAN_LEAST) {
		int64_t middle_ms = from_ms + (to_ms - from_ms) / 2 / 60000 * 60000;

		json_decref(j);
		take_span(from_ms, middle_ms, keep);
		take_span(middle_ms, to_ms, keep);
		return;
	}
	if (json_array_size(list) == SPAN_MOST)
		violation("%s to %s: as many events as can be listed", from, to);
	json_array_foreach(list, i, one) take(one);
	json_array_append_new(keep, j);
}

/* What waits anywhere is taken in the end, nothing gave way but where the disk took nothing, and `status` says so. */
static void judge_queues(void)
{
	static const char *const words[] = { "status", "--json", NULL };
	json_t *j = oracle_ask(words, "status.json"), *one;
	const char *verdict = json_string_value(json_object_get(j, "verdict"));
	size_t i;

	if (!verdict || strcmp(verdict, "all well") != 0)
		violation("status says in the end: %s: %s", verdict ?: "nothing",
		        json_string_value(json_array_get(json_object_get(j, "attention"), 0)) ?: "");
	json_array_foreach(json_object_get(j, "buses"), i, one)
	{
		if (json_integer_value(json_object_get(one, "waiting")) > WAITING_MOST)
			violation("%d samples of a bus wait in the end",
			        (int)json_integer_value(json_object_get(one, "waiting")));
		if (json_integer_value(json_object_get(one, "dropped")) && !w.t.faults[FAULT_DISK])
			violation(
			        "a bus dropped %d samples", (int)json_integer_value(json_object_get(one, "dropped")));
	}
	json_decref(j);
}

void told_judge(void)
{
	int64_t begin_ms = world_begin.wall_ms - HJ_MS_PER_DAY, end_ms = true_ms() + HJ_MS_PER_DAY;
	json_t *keep = json_array();

	take_span(YEAR_2000_MS, begin_ms, keep);
	take_span(begin_ms, end_ms, keep);
	take_span(end_ms, YEAR_2100_MS, keep);
	qsort(events, event_count, sizeof(*events), by_id);
	for (size_t i = 0; i < event_count; i++)
		if (state_of(&events[i]) != NONE)
			states[state_count++] = &events[i];
	find_first_state();
	find_forgotten();
	judge_states();
	judge_faults();
	judge_rest();
	judge_queues();
	json_decref(keep);
}
