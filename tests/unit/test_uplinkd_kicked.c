/* Another gateway with our MN, told from everything else that ends connections; and pages of the web. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "../../services/uplinkd/kicked.h"
#include "../../services/uplinkd/stranger.h"

#define S HJ_USEC_PER_SEC

/* `times` connections of `life` each, acknowledged `idle` before the end, `pause` between. At which is it told? */
static int play(struct kicked *k, hj_usec *now, int times, hj_usec life, hj_usec idle, hj_usec pause, bool by_peer)
{
	for (int i = 1; i <= times; i++) {
		struct kicked_end e = { .up_at = *now, .by_peer = by_peer, .at_once = true };

		*now += life;
		e.ended_at = *now;
		e.ack_at = *now - idle;
		*now += pause;
		if (kicked_ended(k, &e))
			return i;
	}
	return 0;
}

static void another_gateway_is_found_at_the_fifth_end(void **state)
{
	struct kicked k = { 0 };
	hj_usec now = 1000 * S;
	static const hj_usec idles[] = { 9 * S, 2 * S, 30 * S, 17 * S, S };

	for (int i = 0; i < 5; i++)
		assert_int_equal(play(&k, &now, 1, 31 * S, idles[i], S, true), i == 4);
	assert_int_equal(kicked_minutes(&k), 2);
}

/* Uploads every second, kicked every 11 s: the silence before is short, and about the same each time. */
static void short_silences_are_no_idle_time(void **state)
{
	struct kicked k = { 0 };
	hj_usec now = S;

	assert_int_equal(play(&k, &now, 9, 10 * S, 700 * HJ_USEC_PER_MS, S, true), 5);
}

static void a_flapping_link_is_none(void **state)
{
	struct kicked k = { 0 };
	hj_usec now = S;

	assert_int_equal(play(&k, &now, 50, 31 * S, 9 * S, S, false), 0);
}

static void a_platform_that_is_away_in_between_restarts(void **state)
{
	struct kicked_end e = { .by_peer = true, .at_once = false };
	struct kicked k = { 0 };

	for (int i = 0; i < 50; i++) {
		e.up_at += 60 * S;
		e.ack_at = e.up_at + (hj_usec)(i + 1) * HJ_USEC_PER_MS;
		e.ended_at = e.up_at + 10 * S;
		assert_false(kicked_ended(&k, &e));
	}
}

static void closing_after_each_answer_is_none(void **state)
{
	struct kicked k = { 0 };
	hj_usec now = S;

	assert_int_equal(play(&k, &now, 50, 3 * S, 20 * HJ_USEC_PER_MS, S, true), 0);
}

static void closing_idle_connections_is_none(void **state)
{
	struct kicked k = { 0 };
	hj_usec now = S;

	for (int i = 0; i < 50; i++)
		assert_int_equal(play(&k, &now, 1, (hj_usec)(61 + i) * S, 60 * S, S, true), 0);
}

static void long_lives_and_unanswered_ones_are_none(void **state)
{
	struct kicked k = { 0 };
	hj_usec now = S;

	assert_int_equal(play(&k, &now, 50, KICKED_LIFE_MOST + S, 700 * HJ_USEC_PER_MS, S, true), 0);
	for (int i = 0; i < 50; i++) {
		struct kicked_end e = { .up_at = now, .ended_at = now + 7 * S, .by_peer = true, .at_once = true };

		now += 8 * S;
		assert_false(kicked_ended(&k, &e));
	}
}

/* Five in a day are the weather. */
static void seldom_is_none(void **state)
{
	struct kicked k = { 0 };
	hj_usec now = S;

	assert_int_equal(play(&k, &now, 50, 31 * S, S, 3600 * S, true), 0);
}

static void the_web_is_known_by_its_first_bytes(void **state)
{
	static const struct {
		const char *text;
		bool web;
	} cases[] = {
		{ "HTTP/1.1 400 Bad Request\r\n", true },
		{ "\r\n<HTML><head>", true },
		{ "<!DOCTYPE html>", true },
		{ "##0085QN=20260101000000000;ST=91;CN=9014;CP=&&&&1C80\r\n", false },
		{ "##0012//text//<html>0000\r\n", false },
		{ "HTTP", false },
		{ "", false },
		{ "  ", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(stranger_is_web(cases[i].text, strlen(cases[i].text)), cases[i].web);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_gateway_is_found_at_the_fifth_end),
		cmocka_unit_test(short_silences_are_no_idle_time),
		cmocka_unit_test(a_flapping_link_is_none),
		cmocka_unit_test(a_platform_that_is_away_in_between_restarts),
		cmocka_unit_test(closing_after_each_answer_is_none),
		cmocka_unit_test(closing_idle_connections_is_none),
		cmocka_unit_test(long_lives_and_unanswered_ones_are_none),
		cmocka_unit_test(seldom_is_none),
		cmocka_unit_test(the_web_is_known_by_its_first_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
