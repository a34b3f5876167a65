/* QNs over restarts: the text that is kept of them; and that none goes out twice, whatever clock and power do. */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../services/uplinkd/feed.h"

#define RIGHT 1795000000000LL /* 2026-11-18 */
#define HOUR  3600000LL
#define DAY   HJ_MS_PER_DAY
#define YEAR  (365 * DAY)
#define BOOT  "00112233445566778899aabbccddeeff"

/* ---- the text ---- */

static struct hj212_qn read_at(const char *text, const char *boot, int64_t offset_ms, int64_t now_ms)
{
	struct hj212_qn q;

	feed_qn_read(text, boot,
	        (struct hj_now){ .wall_ms = now_ms, .mono = (hj_usec)(now_ms - offset_ms) * HJ_USEC_PER_MS }, &q);
	return q;
}

static int64_t used_at(const char *text, const char *boot, int64_t offset_ms, int64_t now_ms)
{
	struct hj212_qn q = read_at(text, boot, offset_ms, now_ms);

	assert_true(q.kept.from == HJ212_QN_NONE.from && q.kept.to == HJ212_QN_NONE.to);
	return hj212_qn_used(&q);
}

/* As a version without stretches wrote it. */
static void how_much_a_restart_takes_for_used(void **state)
{
	static const char mark[] = "1000060000 aabb 500";

	assert_true(used_at(NULL, "aabb", 500, 1000000000) == 0);
	assert_true(used_at("junk", "aabb", 500, 1000000000) == 0);
	assert_true(used_at("-5 aabb 500 7", "aabb", 500, 1000000000) == 0);
	assert_true(used_at(mark, "aabb", 500, 1000001000) == 1000002000);  /* same boot, same clock */
	assert_true(used_at(mark, "aabb", 500, 1000090000) == 1000060000);  /* the reservation is over long since */
	assert_true(used_at(mark, "aabb", 499, 1000001000) == 1000002000);  /* slewed */
	assert_true(used_at(mark, "aabb", -600, 1000001000) == 1000060000); /* set back: all of it may be used */
	assert_true(used_at(mark, "ccdd", 500, 1000001000) == 1000060000);  /* another boot */
}

/* The clock has gone back before QNs were reserved: they are ahead of it, and stay so over a restart. */
static void ahead_of_the_clock_they_are_not_given_twice(void **state)
{
	const int64_t now = 1000000000, mono = 5000, used = now + HOUR, limit = used + 60000;
	struct hj_now at = { .wall_ms = now, .mono = mono * HJ_USEC_PER_MS };
	struct hj212_qn q = { .now = { now - DAY, used } };
	char mark[FEED_QN_TEXT];

	feed_qn_mark(&q, limit, "aabb", at, mark);
	assert_true(used_at(mark, "aabb", now - mono, now) >= used);
	assert_true(used_at(mark, "aabb", now - mono, now + 10000) == limit); /* time has passed with it */
	q.now.to = now - 5;
	feed_qn_mark(&q, now + 60000, "aabb", at, mark);
	assert_true(used_at(mark, "aabb", now - mono, now + 10000) == now + 11000);
}

static void the_text_carries_every_stretch(void **state)
{
	struct hj212_qn q = { .now = { HJ_TIME_MAX_MS - 9, HJ_TIME_MAX_MS } }, back;
	struct hj_now now = { .wall_ms = HJ_TIME_MAX_MS, .mono = 1 };
	char mark[FEED_QN_TEXT];

	for (; q.left_count < HJ212_QN_LEFT; q.left_count++)
		q.left[q.left_count] = (struct hj212_qn_span){ HJ_TIME_MAX_MS - 99 + q.left_count, HJ_TIME_MAX_MS };
	feed_qn_mark(&q, HJ_TIME_MAX_MS, BOOT, now, mark); /* as long as it can be */
	assert_true(strlen(mark) + 16 < sizeof(mark));
	feed_qn_read(mark, "another", now, &back);
	assert_memory_equal(&back.now, &q.now, sizeof(q.now));
	assert_int_equal(back.left_count, q.left_count);
	assert_memory_equal(back.left, q.left, sizeof(q.left));
	assert_true(back.at == 0);
}

/* What is no text of ours may cost a stretch, and nothing else. */
static void a_text_that_is_cut_or_wrong(void **state)
{
	static const struct {
		const char *text;
		int64_t from, to;
		unsigned left;
	} cases[] = {
		{ "1795000000000 b 0 1794000000000 1700000000000 1700000000009 5 6", 1794000000000, RIGHT, 2 },
		{ "1795000000000 b 0 1794000000000 1700000000000", 1794000000000, RIGHT, 0 },
		{ "1795000000000 b 0 1794000000000 9 8 5 6", 1794000000000, RIGHT, 0 },
		{ "1795000000000 b 0 1794000000000 -9 8", 1794000000000, RIGHT, 0 },
		{ "1795000000000 b 0 1794000000000 8 99999999999999999999", 1794000000000, RIGHT, 0 },
		{ "1795000000000 b 0 x 5 6", RIGHT - 30 * DAY, RIGHT, 0 },
		{ "9223372036854775807 b 0", HJ_TIME_MAX_MS - DAY, HJ_TIME_MAX_MS, 0 },
		{ "7 b 0", 0, 7, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hj212_qn q = read_at(cases[i].text, "a", 0, RIGHT);

		assert_true(q.now.from == cases[i].from && q.now.to == cases[i].to);
		assert_int_equal(q.left_count, cases[i].left);
	}
}

/* An older version reads three words of ours: the limit of the stretch that grows. */
static void an_older_version_reads_the_limit(void **state)
{
	struct hj212_qn q = {
		.now = { RIGHT, RIGHT + HOUR }, .left = { { RIGHT + YEAR, RIGHT + YEAR } }, .left_count = 1
	};
	int64_t limit, offset;
	char mark[FEED_QN_TEXT], boot[64];

	feed_qn_mark(&q, RIGHT + 2 * HOUR, BOOT, (struct hj_now){ .wall_ms = RIGHT + HOUR, .mono = 1000 }, mark);
	assert_int_equal(sscanf(mark, "%" SCNd64 " %63s %" SCNd64, &limit, boot, &offset), 3);
	assert_true(limit == RIGHT + 2 * HOUR && offset == RIGHT + HOUR - 1);
	assert_string_equal(boot, BOOT);
}

/* ---- a gateway ---- */

#define PLACES 4
struct gateway {
	struct hj212_qn q;
	struct hj_now now;
	int64_t right_ms; /* the time that is */
	unsigned boot;
	char disk[FEED_QN_TEXT], asked_text[FEED_QN_TEXT];
	bool asking;
	struct hj212_qn_span asked;
	int64_t last;
};

static int64_t *used; /* all that ever went out */
static size_t used_count, used_room;

static void use(int64_t ms)
{
	if (used_count == used_room) {
		used_room = used_room ? 2 * used_room : 1024;
		used = realloc(used, used_room * sizeof(*used));
		assert_non_null(used);
	}
	used[used_count++] = ms;
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void none_went_out_twice(void)
{
	qsort(used, used_count, sizeof(*used), by_value);
	for (size_t i = 1; i < used_count; i++)
		assert_true(used[i] != used[i - 1]);
	free(used);
	used = NULL;
	used_count = used_room = 0;
}

static const char *boot_of(const struct gateway *g)
{
	static char text[33];

	snprintf(text, sizeof(text), "%032u", g->boot);
	return text;
}

static void start(struct gateway *g)
{
	g->asking = false;
	feed_qn_read(g->disk[0] ? g->disk : NULL, boot_of(g), g->now, &g->q);
}

static void answer(struct gateway *g)
{
	if (!g->asking)
		return;
	g->asking = false;
	memcpy(g->disk, g->asked_text, sizeof(g->disk));
	g->q.kept = g->asked;
}

static bool give(struct gateway *g)
{
	bool later;
	int64_t ms;

	if (!g->asking && feed_qn_wants(&g->q, g->now, &g->asked, &later)) {
		feed_qn_mark(&g->q, g->asked.to, boot_of(g), g->now, g->asked_text);
		g->asking = true;
	}
	if (hj212_qn_next(&g->q, g->now, &ms) < 0) {
		assert_true(g->asking); /* else it would wait for ever */
		return false;
	}
	use(ms);
	g->last = ms;
	return true;
}

static int64_t give_at(struct gateway *g, int64_t wall_ms)
{
	g->now.wall_ms = wall_ms;
	for (int i = 0; !give(g); i++) {
		assert_true(i < 3);
		answer(g);
	}
	return g->last;
}

static void pass(struct gateway *g, int64_t ms)
{
	g->now.wall_ms += ms;
	g->now.mono += (hj_usec)ms * HJ_USEC_PER_MS;
	g->right_ms += ms;
}

static void stop(struct gateway *g)
{
	feed_qn_mark(&g->q, g->q.now.to, boot_of(g), g->now, g->disk);
	start(g);
}

static void crash(struct gateway *g)
{
	pass(g, 100);
	if (g->asking && rand() % 2) /* the answer was under way */
		memcpy(g->disk, g->asked_text, sizeof(g->disk));
	start(g);
}

static void begin(struct gateway *g, const char *disk)
{
	*g = (struct gateway){ .now = { .wall_ms = RIGHT, .mono = 1000 }, .right_ms = RIGHT };
	strcpy(g->disk, disk);
	start(g);
}

/* Years ahead since a moment of a wrong clock, as the version before left it. */
static void an_upgrade_comes_back(void **state)
{
	struct gateway g;
	char old[64];

	snprintf(old, sizeof(old), "%lld %s 500", RIGHT + 10 * YEAR, BOOT);
	begin(&g, old);
	assert_true(give_at(&g, RIGHT + 7) == RIGHT + 7);
	assert_true(give_at(&g, RIGHT + 10 * YEAR - HOUR) == RIGHT + 10 * YEAR + 1); /* where it had been */
	stop(&g);
	assert_true(give_at(&g, RIGHT + 60000) == RIGHT + 60000);
	none_went_out_twice();
}

/* And one that was right goes on from its limit, and does not go back into what it used. */
static void an_upgrade_goes_on(void **state)
{
	struct gateway g;
	char old[64];

	snprintf(old, sizeof(old), "%lld %s 500", RIGHT + 60000, BOOT);
	begin(&g, old);
	assert_true(give_at(&g, RIGHT + 7) == RIGHT + 60001);
	assert_true(give_at(&g, RIGHT - 3 * DAY) == RIGHT + 60002);
	none_went_out_twice();
}

/* A crash at each step of a moment ten years ahead. */
static void a_crash_in_between(void **state)
{
	for (int step = 0; step < 64; step++) {
		struct gateway g;

		begin(&g, "");
#define STEP(bit, at)                                                                                                \
	give_at(&g, at);                                                                                             \
	if (step & (bit))                                                                                            \
	crash(&g)
		STEP(1, RIGHT);
		STEP(2, RIGHT + 10 * YEAR);
		STEP(4, RIGHT + 10 * YEAR);
		STEP(8, RIGHT + 1);
		STEP(16, RIGHT + 10 * YEAR);
		STEP(32, RIGHT + 2);
		assert_true(give_at(&g, RIGHT + 3) < RIGHT + HOUR);
		none_went_out_twice();
	}
}

/* What was asked for before the clock went is answered after that: it allows nothing there. */
static void an_answer_of_before(void **state)
{
	struct gateway g;

	begin(&g, "");
	g.now.wall_ms = RIGHT + 10 * YEAR;
	assert_false(give(&g));
	g.now.wall_ms = RIGHT;
	assert_false(give(&g));
	answer(&g);
	assert_false(give(&g)); /* and asks for its own */
	g.now.wall_ms = RIGHT + 10 * YEAR;
	assert_false(give(&g)); /* what is being asked for counts none of these */
	answer(&g);
	assert_false(give(&g));
	answer(&g);
	assert_true(give(&g));
	crash(&g);
	give_at(&g, RIGHT + 10 * YEAR);
	none_went_out_twice();
}

/* The clocks of a history: the right one and others. */
static void step_clock(struct gateway *g)
{
	static const int64_t far[PLACES] = { 0, 10 * YEAR, -300 * DAY, 40 * DAY };
	int64_t within = rand() % 2 ? 0 : rand() % (2 * DAY) - DAY;

	g->now.wall_ms = g->right_ms + far[rand() % PLACES] + within;
}

static void happen(struct gateway *g)
{
	switch (rand() % 16) {
	case 0:
		step_clock(g);
		break;
	case 1:
		crash(g);
		break;
	case 2:
		stop(g);
		break;
	case 3:
		g->boot++;
		g->now.mono = 1;
		crash(g);
		break;
	case 4:
		pass(g, rand() % 600000);
		break;
	case 5:
	case 6:
		answer(g);
		break;
	default:
		pass(g, rand() % 3);
		give(g);
	}
}

/* Whatever the clock and the power do. Steps of a day and less, added up, leave at most two days. */
static void random_histories(void **state)
{
	for (unsigned seed = 1; seed <= 300; seed++) {
		struct gateway g;
		int64_t before = 0;

		srand(seed);
		begin(&g, "");
		for (int i = 0; i < 3000; i++) {
			happen(&g);
			if (g.last == before)
				continue;
			before = g.last;
			assert_true(llabs(g.last - g.now.wall_ms) < 3 * DAY);
		}
		none_went_out_twice();
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(how_much_a_restart_takes_for_used),
		cmocka_unit_test(ahead_of_the_clock_they_are_not_given_twice),
		cmocka_unit_test(the_text_carries_every_stretch),
		cmocka_unit_test(a_text_that_is_cut_or_wrong),
		cmocka_unit_test(an_older_version_reads_the_limit),
		cmocka_unit_test(an_upgrade_comes_back),
		cmocka_unit_test(an_upgrade_goes_on),
		cmocka_unit_test(a_crash_in_between),
		cmocka_unit_test(an_answer_of_before),
		cmocka_unit_test(random_histories),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
