/* The search on a bus of meters that speak at once: nobody is left out, and it costs as little as it can. The bus
 * here is the rule alone: none that fits is silence, one is heard, several are not. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/cleanup.h"
#include "hjgate/meter_search.h"

#define METERS_MOST 64

struct line {
	uint8_t stations[METERS_MOST][HJ_STATION_BYTES];
	size_t count;
	bool hides_digits; /* its meters give back the address that they were asked by */
	bool blends;       /* what several say at once makes one good answer */
};

static void join(struct line *l, const char *digits)
{
	hj_station_parse(digits, l->stations[l->count++]);
}

static bool fits(const uint8_t *asked, const uint8_t *station, unsigned bytes)
{
	for (unsigned i = HJ_STATION_BYTES - bytes; i < HJ_STATION_BYTES; i++)
		if (asked[i] != HJ_STATION_ANY && asked[i] != station[i])
			return false;
	return true;
}

static int ask(const struct line *l, unsigned bytes, const struct hj_question *q, uint8_t ret[HJ_STATION_BYTES])
{
	size_t heard = 0;

	for (size_t i = 0; i < l->count; i++) {
		if (!fits(q->station, l->stations[i], bytes))
			continue;
		if (!heard++)
			memcpy(ret, l->hides_digits ? q->station : l->stations[i], HJ_STATION_BYTES);
		for (unsigned k = 0; k < HJ_STATION_BYTES; k++)
			ret[k] &= l->blends ? l->stations[i][k] : 0xff;
	}
	return heard == 0 ? -ETIMEDOUT : heard == 1 || l->blends ? 0 : -EBADMSG;
}

/* How often it asked. Every station found is one of the line's, and none is found twice. */
static unsigned search(const struct line *l, const struct hj_protocol *p, unsigned *ret_found, unsigned *ret_doubles)
{
	bool found[METERS_MOST] = { false };
	struct hj_question q;
	struct hj_search s;

	assert_int_equal(hj_search_init(&s, p), 0);
	while (hj_search_next(&s, &q)) {
		uint8_t frame[HJ_FRAME_MAX], station[HJ_STATION_BYTES];
		int r = ask(l, p->station_bytes, &q, station);
		size_t i = 0;

		assert_true(p->encode(&q, frame) > 0);
		assert_int_equal(q.address, s.asked ? p->digits_identifier : p->station_identifier);
		if (!hj_search_tell(&s, r, station))
			continue;
		while (i < l->count && (found[i] || memcmp(l->stations[i], station, sizeof(station)) != 0))
			i++;
		assert_true(i < l->count);
		found[i] = true;
	}
	assert_false(hj_search_tell(&s, 0, NULL));
	*ret_found = s.found;
	*ret_doubles = s.doubles;
	return s.asked;
}

static void finds_none_and_one(void **state)
{
	struct line l = { .count = 0 };
	unsigned found, doubles;

	(void)state;
	assert_int_equal(search(&l, &hj_protocol_dlt645, &found, &doubles), 1);
	assert_int_equal(found, 0);
	join(&l, "181226034194");
	assert_int_equal(search(&l, &hj_protocol_dlt645, &found, &doubles), 1 + 1);
	assert_int_equal(found, 1);
	assert_int_equal(search(&l, &hj_protocol_cjt188, &found, &doubles), 1);
	assert_int_equal(found, 1);
}

/* All, then 100 of the last two digits; and 100 more for each pair of digits that several share. Each that says who
 * it is is asked by its own address once more. */
static void takes_several_apart(void **state)
{
	struct line l = { .count = 0 };
	unsigned found, doubles;

	(void)state;
	join(&l, "181226034194");
	join(&l, "181226034195");
	join(&l, "000000000000");
	assert_int_equal(search(&l, &hj_protocol_dlt645, &found, &doubles), 1 + 100 + 3);
	assert_int_equal(found, 3);
	join(&l, "181226034294");
	join(&l, "999999999999");
	assert_int_equal(search(&l, &hj_protocol_dlt645, &found, &doubles), 1 + 2 * 100 + 5);
	assert_int_equal(found, 5);
	assert_int_equal(doubles, 0);
}

/* Alike but for the first two digits: down the whole tree. */
static void goes_to_the_end(void **state)
{
	struct line l = { .count = 0 };
	unsigned found, doubles;

	(void)state;
	join(&l, "18330011223344");
	join(&l, "78330011223344");
	assert_int_equal(search(&l, &hj_protocol_cjt188, &found, &doubles), 1 + 7 * 100);
	assert_int_equal(found, 2);
}

static void tells_doubled_addresses(void **state)
{
	struct line l = { .count = 0 };
	unsigned found, doubles;

	(void)state;
	join(&l, "181226034194");
	join(&l, "181226034194");
	join(&l, "181226034193");
	assert_int_equal(search(&l, &hj_protocol_dlt645, &found, &doubles), 1 + 6 * 100 + 1);
	assert_int_equal(found, 1);
	assert_int_equal(doubles, 1);
}

/* A meter that does not say who it is is asked for until its digits are all known. */
static void finds_who_does_not_say(void **state)
{
	struct line l = { .hides_digits = true };
	unsigned found, doubles;

	(void)state;
	join(&l, "181226034194");
	assert_int_equal(search(&l, &hj_protocol_dlt645, &found, &doubles), 1 + 6 * 100);
	assert_int_equal(found, 1);
	assert_int_equal(doubles, 0);
}

/* Two alike in all but their digits, as new meters at 0 kWh are, may make one good answer of another address. */
static void is_not_taken_in_by_a_blend(void **state)
{
	struct line l = { .blends = true };
	unsigned found, doubles;

	(void)state;
	join(&l, "181226034194");
	join(&l, "181226034294");
	search(&l, &hj_protocol_dlt645, &found, &doubles);
	assert_int_equal(found, 2);
	assert_int_equal(doubles, 0);
}

static void finds_any(void **state)
{
	(void)state;
	srandom(645);
	for (int round = 0; round < 50; round++) {
		struct line l = { .count = 0 };
		unsigned found, doubles, count = 1 + (unsigned)random() % 32;

		for (unsigned i = 0; i < count; i++) {
			char digits[2 * HJ_STATION_BYTES + 1];

			snprintf(digits, sizeof(digits), "%04ld%06ld%02u", random() % 3, random() % 1000000, i);
			join(&l, digits);
		}
		search(&l, &hj_protocol_dlt645, &found, &doubles);
		assert_int_equal(found, count);
	}
}

static void refuses_a_bus_without_stations(void **state)
{
	struct hj_search s;

	(void)state;
	assert_int_equal(hj_search_init(&s, &hj_protocol_rtu), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_none_and_one),
		cmocka_unit_test(takes_several_apart),
		cmocka_unit_test(goes_to_the_end),
		cmocka_unit_test(tells_doubled_addresses),
		cmocka_unit_test(finds_who_does_not_say),
		cmocka_unit_test(is_not_taken_in_by_a_blend),
		cmocka_unit_test(finds_any),
		cmocka_unit_test(refuses_a_bus_without_stations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
