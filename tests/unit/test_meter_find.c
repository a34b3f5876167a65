/* What the display shows is found in register maps like those of real meters: the right place, type, order and scale
 * come first, also where others give nearly the same number. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <string.h>

#include "hjgate/cleanup.h"
#include "hjgate/meter_find.h"

#define REGISTERS 100

struct map {
	uint8_t bytes[2 * REGISTERS];
	struct hj_find_block block;
	struct hj_find wish;
	struct hj_found found[HJ_FIND_VALUES_MAX * HJ_FIND_KEPT];
	size_t count;
};

static void word(struct map *m, unsigned at, unsigned value)
{
	m->bytes[2 * at] = (uint8_t)(value >> 8);
	m->bytes[2 * at + 1] = (uint8_t)value;
}

static void two_words(struct map *m, unsigned at, uint32_t value, enum hj_order order)
{
	bool swapped = order == HJ_ORDER_CDAB;

	word(m, at, swapped ? value & 0xffff : value >> 16);
	word(m, at + 1, swapped ? value >> 16 : value & 0xffff);
}

static void real(struct map *m, unsigned at, float value, enum hj_order order)
{
	uint32_t bits;

	memcpy(&bits, &value, sizeof(bits));
	two_words(m, at, bits, order);
}

static struct map map_of(enum hj_table table)
{
	struct map m = { .block = { .table = table, .count = REGISTERS }, .wish = { .ct = 1, .pt = 1 } };

	return m;
}

static void show(struct map *m, const char *text)
{
	assert_int_equal(hj_find_value_parse(text, &m->wish.values[m->wish.count++]), 0);
}

static void look(struct map *m)
{
	m->block.data = m->bytes;
	m->count = hj_find(&m->wish, &m->block, 1, m->found);
}

/* The first candidate of a value. */
static const struct hj_found *best(const struct map *m, size_t value)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->found[i].value == value)
			return &m->found[i];
	fail_msg("value %zu is not found", value);
	return NULL;
}

static void is(const struct hj_found *c, unsigned address, enum hj_type type, enum hj_order order, double scale)
{
	assert_int_equal(c->address, address);
	assert_int_equal(c->codec.type, type);
	assert_int_equal(c->codec.order, order);
	assert_true(fabs(c->codec.scale - scale) < 1e-12);
}

/* Three phases of a meter whose registers are scaled integers, energy in two words: the Acrel kind. */
static void finds_scaled_integers(void **state)
{
	struct map m = map_of(HJ_TABLE_HOLDING);

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		word(&m, 37 + i, 2314 + 7 * i);   /* 0.1 V */
		word(&m, 43 + i, 12531 + 40 * i); /* 0.001 A */
	}
	word(&m, 49, 4998); /* 0.01 Hz */
	two_words(&m, 63, 4821370, HJ_ORDER_ABCD);
	show(&m, "231.4");
	show(&m, "48213.7");
	show(&m, "12.53");
	show(&m, "49.98");
	look(&m);
	is(best(&m, 0), 37, HJ_TYPE_UINT16, HJ_ORDER_ABCD, 0.1);
	is(best(&m, 1), 63, HJ_TYPE_UINT32, HJ_ORDER_ABCD, 0.01);
	is(best(&m, 2), 43, HJ_TYPE_UINT16, HJ_ORDER_ABCD, 0.001);
	is(best(&m, 3), 49, HJ_TYPE_UINT16, HJ_ORDER_ABCD, 0.01);
}

/* Floats from the first register on, in input registers: the Eastron kind. */
static void finds_floats(void **state)
{
	struct map m = map_of(HJ_TABLE_INPUT);

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		real(&m, 2 * i, 230.37F + (float)i, HJ_ORDER_ABCD);
		real(&m, 6 + 2 * i, 5.123F - (float)i, HJ_ORDER_ABCD);
		real(&m, 12 + 2 * i, 1180.5F - 230 * (float)i, HJ_ORDER_ABCD);
	}
	real(&m, 72, 10483.74F, HJ_ORDER_ABCD);
	show(&m, "230.4");
	show(&m, "1.181"); /* kW; the register has W */
	show(&m, "10483.7");
	look(&m);
	is(best(&m, 0), 0, HJ_TYPE_FLOAT32, HJ_ORDER_ABCD, 1);
	is(best(&m, 1), 12, HJ_TYPE_FLOAT32, HJ_ORDER_ABCD, 0.001);
	is(best(&m, 2), 72, HJ_TYPE_FLOAT32, HJ_ORDER_ABCD, 1);
	assert_int_equal(best(&m, 0)->table, HJ_TABLE_INPUT);
}

/* Words swapped: CHINT's floats, PZEM's integers. */
static void finds_swapped_words(void **state)
{
	struct map m = map_of(HJ_TABLE_HOLDING);

	(void)state;
	real(&m, 6, 2302.0F, HJ_ORDER_CDAB); /* 0.1 V in a float: DDSU */
	real(&m, 12, 3.417F, HJ_ORDER_CDAB);
	two_words(&m, 30, 123456, HJ_ORDER_CDAB); /* 0.001 A */
	two_words(&m, 32, 701234, HJ_ORDER_CDAB); /* 0.1 W */
	show(&m, "3.417");
	show(&m, "123.456");
	show(&m, "70123.4");
	look(&m);
	is(best(&m, 0), 12, HJ_TYPE_FLOAT32, HJ_ORDER_CDAB, 1);
	is(best(&m, 1), 30, HJ_TYPE_UINT32, HJ_ORDER_CDAB, 0.001);
	is(best(&m, 2), 32, HJ_TYPE_UINT32, HJ_ORDER_CDAB, 0.1);
}

/* The second half of a swapped float with the first word of what follows is nearly the same number: but what follows
 * is needed for another. */
static void holds_no_two_values_in_one_register(void **state)
{
	struct map m = map_of(HJ_TABLE_HOLDING);

	(void)state;
	real(&m, 2, 12.75F, HJ_ORDER_CDAB);
	two_words(&m, 4, 4821370, HJ_ORDER_ABCD);
	show(&m, "12.75");
	show(&m, "48213.7");
	look(&m);
	is(best(&m, 0), 2, HJ_TYPE_FLOAT32, HJ_ORDER_CDAB, 1);
	is(best(&m, 1), 4, HJ_TYPE_UINT32, HJ_ORDER_ABCD, 0.01);
}

static void finds_negative_and_long(void **state)
{
	struct map m = map_of(HJ_TABLE_HOLDING);

	(void)state;
	word(&m, 10, (unsigned)(65536 - 405));                /* -40.5 */
	two_words(&m, 20, (uint32_t)-1234567, HJ_ORDER_ABCD); /* -1234.567 */
	two_words(&m, 42, 7, HJ_ORDER_ABCD);                  /* 7 * 2^32 + 3000000 Wh, as Schneider has it */
	two_words(&m, 44, 3000000, HJ_ORDER_ABCD);
	show(&m, "-40.5");
	show(&m, "-1234.567");
	show(&m, "30067771.072");
	look(&m);
	is(best(&m, 0), 10, HJ_TYPE_INT16, HJ_ORDER_ABCD, 0.1);
	is(best(&m, 1), 20, HJ_TYPE_INT32, HJ_ORDER_ABCD, 0.001);
	is(best(&m, 2), 42, HJ_TYPE_UINT64, HJ_ORDER_ABCD, 0.001);
}

/* The display shows what the transformers make of it. */
static void takes_ratios(void **state)
{
	struct map m = map_of(HJ_TABLE_HOLDING);

	(void)state;
	m.wish.ct = 40;
	m.wish.pt = 100;
	word(&m, 5, 3123);  /* 3.123 A: 124.92 */
	word(&m, 2, 1003);  /* 100.3 V: 10030 */
	word(&m, 60, 2200); /* 220.0 V, of the control */
	show(&m, "124.9");
	show(&m, "10030");
	show(&m, "220.0");
	look(&m);
	is(best(&m, 0), 5, HJ_TYPE_UINT16, HJ_ORDER_ABCD, 0.001);
	assert_int_equal(best(&m, 0)->ratio, HJ_FIND_CT);
	is(best(&m, 1), 2, HJ_TYPE_UINT16, HJ_ORDER_ABCD, 0.1);
	assert_int_equal(best(&m, 1)->ratio, HJ_FIND_PT);
	is(best(&m, 2), 60, HJ_TYPE_UINT16, HJ_ORDER_ABCD, 0.1);
	assert_int_equal(best(&m, 2)->ratio, HJ_FIND_PLAIN);
}

/* The same number stands in several places; the manual's is taken, also where it counts from 1. */
static void believes_the_manual_but_for_one(void **state)
{
	struct map m = map_of(HJ_TABLE_HOLDING);

	(void)state;
	word(&m, 3, 2314);
	word(&m, 40, 2314);
	word(&m, 80, 2314);
	show(&m, "231.4");
	m.wish.has_address = true;
	for (m.wish.address = 39; m.wish.address <= 41; m.wish.address++) {
		look(&m);
		is(best(&m, 0), 40, HJ_TYPE_UINT16, HJ_ORDER_ABCD, 0.1);
	}
}

static void warns_of_a_young_total(void **state)
{
	struct map m = map_of(HJ_TABLE_HOLDING);

	(void)state;
	memset(m.bytes, 0x55, sizeof(m.bytes));
	two_words(&m, 10, 1234, HJ_ORDER_ABCD); /* a total of 32 bits that has not grown yet */
	word(&m, 50, 2314);
	show(&m, "12.34");
	show(&m, "231.4");
	look(&m);
	assert_true(best(&m, 0)->may_grow || best(&m, 0)->codec.type == HJ_TYPE_UINT32);
	assert_false(best(&m, 1)->may_grow);
}

/* Live values move: two percent are forgiven, and the nearer one is first. */
static void forgives_what_has_changed(void **state)
{
	struct map m = map_of(HJ_TABLE_HOLDING);

	(void)state;
	word(&m, 7, 2330);  /* 0.7 % off */
	word(&m, 20, 2352); /* 1.6 % off */
	word(&m, 30, 2400); /* 3.7 % off */
	show(&m, "231.4");
	look(&m);
	is(best(&m, 0), 7, HJ_TYPE_UINT16, HJ_ORDER_ABCD, 0.1);
	for (size_t i = 0; i < m.count; i++)
		assert_int_not_equal(m.found[i].address, 30);
}

static void finds_nothing_for_zero_and_no_registers(void **state)
{
	struct map m = map_of(HJ_TABLE_HOLDING);

	(void)state;
	show(&m, "0.0");
	look(&m);
	assert_int_equal(m.count, 0);
	m.block.count = 0;
	m.wish.values[0].value = 5;
	look(&m);
	assert_int_equal(m.count, 0);
}

static void reads_what_people_write(void **state)
{
	static const struct {
		const char *text;
		int r, table;
		unsigned address;
	} manuals[] = { { "40001", 0, HJ_TABLE_HOLDING, 0 }, { "400013", 0, HJ_TABLE_HOLDING, 12 },
		{ "30010", 0, HJ_TABLE_INPUT, 9 }, { "465536", 0, HJ_TABLE_HOLDING, 65535 }, { "12", 0, 0, 12 },
		{ "0x1F", 0, 0, 31 }, { "20480", 0, 0, 20480 }, { "65535", 0, 0, 65535 }, { "40000", -EINVAL, 0, 0 },
		{ "70000", -EINVAL, 0, 0 }, { "0x10000", -EINVAL, 0, 0 }, { "-1", -EINVAL, 0, 0 },
		{ "", -EINVAL, 0, 0 }, { "0x", -EINVAL, 0, 0 }, { "0x-1", -EINVAL, 0, 0 }, { "0x+1", -EINVAL, 0, 0 }, { "12a", -EINVAL, 0, 0 } };
	struct hj_find_value v;

	(void)state;
	for (size_t i = 0; i < hj_array_size(manuals); i++) {
		enum hj_table table = (enum hj_table)9;
		uint32_t address = 9;

		assert_int_equal(hj_find_manual(manuals[i].text, &table, &address), manuals[i].r);
		if (manuals[i].r == 0) {
			assert_int_equal(table, manuals[i].table);
			assert_int_equal(address, manuals[i].address);
		}
	}
	assert_int_equal(hj_find_value_parse("231.40", &v), 0);
	assert_int_equal(v.decimals, 2);
	assert_int_equal(hj_find_value_parse("-7", &v), 0);
	assert_int_equal(v.decimals, 0);
	assert_int_equal(hj_find_value_parse("7.1234567", &v), -EINVAL);
	assert_int_equal(hj_find_value_parse("seven", &v), -EINVAL);
	assert_int_equal(hj_find_value_parse("1000000000000", &v), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_scaled_integers),
		cmocka_unit_test(finds_floats),
		cmocka_unit_test(finds_swapped_words),
		cmocka_unit_test(holds_no_two_values_in_one_register),
		cmocka_unit_test(finds_negative_and_long),
		cmocka_unit_test(takes_ratios),
		cmocka_unit_test(believes_the_manual_but_for_one),
		cmocka_unit_test(warns_of_a_young_total),
		cmocka_unit_test(forgives_what_has_changed),
		cmocka_unit_test(finds_nothing_for_zero_and_no_registers),
		cmocka_unit_test(reads_what_people_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
