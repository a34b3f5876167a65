/* From what the display shows to where it lies. All places, types, orders and scales are tried; what gives the number
 * within the last digits gets a cost, made of how close it is and how common such a register is in meters. Two values
 * of one meter support each other: what is of the same make is likelier. Pure. */
#include "hjgate/meter_find.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/cleanup.h"
#include "hjgate/meter_codec.h"
#include "hjgate/meter_show.h"
#include "hjgate/text.h"

#define DECIMALS_MOST   6
#define HALF_DIGIT      0.50001
#define COST_CHANGED    1.0 /* it shows another last digit: live values do */
#define COST_A_PERCENT  1.0 /* and for each percent of difference */
#define COST_SMALL      0.6 /* it would fit into half the bits */
#define COST_DECIMAL    0.5 /* for each digit that the display has not, or lacks */
#define COST_FLOAT_KILO 1.0 /* a float in W for a display in kW */
#define COST_FLOAT_TEN  2.5 /* a scaled float */
#define COST_RATIO      0.3 /* the ratio was given, so it is wanted somewhere */
#define COST_OFF_BY_ONE 0.4 /* the manual counts from 1 */
#define COST_ELSEWHERE  3.0 /* than the manual says */
#define BONUS_SAME_MAKE 0.7 /* another value is of this table, type and order */
#define BONUS_NEAR      0.3
#define COST_OVERLAP    1.0 /* no register holds two values */
#define NEAR            64 /* registers */
#define WORD            65536.0
#define MANUAL_DIGITS   4 /* behind the table's digit: 40001; 400001 has one more */

/* How common such registers are; by order as in the header. */
static const struct {
	enum hj_type type;
	uint8_t length;
	double cost[HJ_ORDERS];
} kinds[] = {
	{ HJ_TYPE_UINT16, 2, { 0.0, 9.0, 2.5, 9.0 } },
	{ HJ_TYPE_INT16, 2, { 0.0, 9.0, 2.5, 9.0 } },
	{ HJ_TYPE_UINT32, 4, { 0.1, 0.3, 2.0, 1.5 } },
	{ HJ_TYPE_INT32, 4, { 0.1, 0.3, 2.0, 1.5 } },
	{ HJ_TYPE_FLOAT32, 4, { 0.0, 0.2, 1.5, 1.0 } },
	{ HJ_TYPE_UINT64, 8, { 1.0, 1.5, 3.0, 2.5 } },
	{ HJ_TYPE_INT64, 8, { 1.0, 1.5, 3.0, 2.5 } },
	{ HJ_TYPE_FLOAT64, 8, { 0.8, 1.2, 2.5, 2.0 } },
	{ HJ_TYPE_BCD, 2, { 1.5, 9.0, 3.0, 9.0 } },
	{ HJ_TYPE_BCD, 4, { 1.2, 1.5, 3.0, 1.8 } },
};

static const double scales[] = { 1, 0.1, 0.01, 0.001, 0.0001 };

static bool is_float(enum hj_type type)
{
	return type == HJ_TYPE_FLOAT32 || type == HJ_TYPE_FLOAT64;
}

static bool is_signed(enum hj_type type)
{
	return type == HJ_TYPE_INT16 || type == HJ_TYPE_INT32 || type == HJ_TYPE_INT64;
}

static double unit_of(const struct hj_find_value *v)
{
	return pow(10, -v->decimals);
}

static double cost_of_difference(const struct hj_find_value *v, double shows)
{
	double off = fabs(shows - v->value);

	if (off <= HALF_DIGIT * unit_of(v))
		return 0;
	return COST_CHANGED + COST_A_PERCENT * 100 * off / fabs(v->value);
}

static double cost_of_scale(const struct hj_find_value *v, enum hj_type type, size_t scale)
{
	if (!is_float(type))
		return COST_DECIMAL * abs((int)scale - v->decimals);
	return scale == 0 ? 0 : scale == 3 ? COST_FLOAT_KILO : COST_FLOAT_TEN;
}

static double cost_of_address(const struct hj_find *f, const struct hj_found *c)
{
	int64_t off = (int64_t)c->address - (int64_t)f->address;

	if (!f->has_address || c->value || off == 0)
		return 0;
	return off == 1 || off == -1 ? COST_OFF_BY_ONE : COST_ELSEWHERE;
}

/* A number that half the bits would hold is most often one of half the bits. */
static double cost_of_size(const struct hj_codec *c, double raw)
{
	if (is_float(c->type) || c->length < 4)
		return 0;
	return fabs(raw) < (c->length == 8 ? WORD * WORD : WORD) ? COST_SMALL : 0;
}

/* ---- the best of each value, in order ---- */

struct shelf {
	struct hj_found kept[HJ_FIND_KEPT];
	size_t count;
};

static void keep(struct shelf *s, const struct hj_found *c)
{
	size_t at = s->count;

	while (at > 0 && s->kept[at - 1].cost > c->cost)
		at--;
	if (at == HJ_FIND_KEPT)
		return;
	s->count += s->count < HJ_FIND_KEPT;
	memmove(&s->kept[at + 1], &s->kept[at], (s->count - at - 1) * sizeof(s->kept[0]));
	s->kept[at] = *c;
}

static double factor_of(const struct hj_find *f, enum hj_find_ratio ratio)
{
	return (ratio == HJ_FIND_CT || ratio == HJ_FIND_PTCT ? f->ct : 1) *
	       (ratio == HJ_FIND_PT || ratio == HJ_FIND_PTCT ? f->pt : 1);
}

/* Is this ratio another than one tried before? */
static bool tries(const struct hj_find *f, enum hj_find_ratio ratio)
{
	bool ct = f->ct != 1, pt = f->pt != 1;

	return ratio == HJ_FIND_PLAIN || (ratio == HJ_FIND_CT && ct) || (ratio == HJ_FIND_PT && pt) ||
	       (ratio == HJ_FIND_PTCT && ct && pt);
}

/* One raw value against all that is shown, in every scale and ratio. `base` is the cost of its kind. */
static void try_raw(const struct hj_find *f, struct hj_found c, double raw, double base, struct shelf *shelves)
{
	for (size_t s = 0; s < hj_array_size(scales); s++)
		for (int r = 0; r < HJ_FIND_RATIOS; r++) {
			c.ratio = (enum hj_find_ratio)r;
			c.codec.scale = scales[s];
			if (!tries(f, c.ratio) || hj_codec_scale(&c.codec, raw, &c.shows) < 0)
				continue;
			c.shows *= factor_of(f, c.ratio);
			for (c.value = 0; c.value < f->count; c.value++) {
				const struct hj_find_value *v = &f->values[c.value];
				double within = hj_max(HJ_FIND_WITHIN * fabs(v->value), HALF_DIGIT * unit_of(v));

				if (v->value == 0 || !(fabs(c.shows - v->value) <= within))
					continue;
				c.cost = base + cost_of_difference(v, c.shows) + cost_of_scale(v, c.codec.type, s) +
				         cost_of_address(f, &c) + (r ? COST_RATIO : 0);
				keep(&shelves[c.value], &c);
			}
		}
}

static bool is_zero_word(const struct hj_find_block *b, int64_t at)
{
	return at >= 0 && at < b->count && !b->data[2 * at] && !b->data[2 * at + 1];
}

static void try_place(const struct hj_find *f, const struct hj_find_block *b, uint16_t at, struct shelf *shelves)
{
	const uint8_t *bytes = b->data + (size_t)2 * at;
	size_t n = (size_t)2 * (b->count - at);

	for (size_t k = 0; k < hj_array_size(kinds); k++)
		for (int order = 0; order < HJ_ORDERS; order++) {
			const struct hj_show_type t = { kinds[k].type, kinds[k].length };
			struct hj_found c = { .table = b->table, .address = b->address + at };
			double raw;

			if (!hj_show(&t, (enum hj_order)order, bytes, n, &raw))
				continue;
			if (is_signed(t.type) && raw >= 0)
				continue; /* the unsigned one says the same */
			c.codec = (struct hj_codec){
				.type = t.type, .order = (enum hj_order)order, .length = t.length, .scale = 1
			};
			c.may_grow = t.length == 2 && (is_zero_word(b, at - 1) || is_zero_word(b, at + 1));
			try_raw(f, c, raw, kinds[k].cost[order] + cost_of_size(&c.codec, raw), shelves);
		}
}

/* ---- values of one make ---- */

static bool same_make(const struct hj_found *a, const struct hj_found *b)
{
	return a->table == b->table && a->codec.type == b->codec.type && a->codec.order == b->codec.order;
}

static bool near(const struct hj_found *a, const struct hj_found *b)
{
	return labs((long)a->address - (long)b->address) <= NEAR;
}

/* Costs before any bonus decide, so that two unlikely ones do not lift each other. */
static double bonus(const struct hj_find *f, const struct shelf *shelves, const struct hj_found *c)
{
	double best = 0;

	for (size_t v = 0; v < f->count; v++)
		for (size_t i = 0; v != c->value && i < shelves[v].count; i++) {
			const struct hj_found *other = &shelves[v].kept[i];

			if (other->cost < COST_CHANGED && same_make(c, other))
				best = fmax(best, BONUS_SAME_MAKE + (near(c, other) ? BONUS_NEAR : 0));
		}
	return best;
}

static bool overlap(const struct hj_found *a, const struct hj_found *b)
{
	return a->table == b->table && a->address < b->address + (b->codec.length + 1u) / 2 &&
	       b->address < a->address + (a->codec.length + 1u) / 2;
}

/* How much dearer the other values become where this is taken for true: registers that this one needs may be what
 * explains them best. */
static double burden(const struct hj_find *f, const struct shelf *shelves, const struct hj_found *c)
{
	double sum = 0;

	for (size_t v = 0; v < f->count; v++) {
		const struct shelf *s = &shelves[v];
		double best = INFINITY;

		if (v == c->value || !s->count)
			continue;
		for (size_t i = 0; i < s->count; i++)
			best = fmin(best, s->kept[i].cost + (overlap(c, &s->kept[i]) ? COST_OVERLAP : 0));
		sum += best - s->kept[0].cost;
	}
	return sum;
}

static int by_cost(const void *x, const void *y)
{
	const struct hj_found *a = x, *b = y;

	if (a->value != b->value)
		return a->value < b->value ? -1 : 1;
	if (a->cost != b->cost)
		return a->cost < b->cost ? -1 : 1;
	return (a->address > b->address) - (a->address < b->address);
}

size_t hj_find(const struct hj_find *f, const struct hj_find_block *blocks, size_t block_count,
        struct hj_found ret[HJ_FIND_VALUES_MAX * HJ_FIND_KEPT])
{
	struct shelf shelves[HJ_FIND_VALUES_MAX] = { 0 };
	size_t n = 0;

	for (size_t b = 0; b < block_count; b++)
		for (uint16_t at = 0; at < blocks[b].count; at++)
			try_place(f, &blocks[b], at, shelves);
	for (size_t v = 0; v < f->count; v++)
		for (size_t i = 0; i < shelves[v].count; i++) {
			ret[n] = shelves[v].kept[i];
			ret[n].cost += burden(f, shelves, &ret[n]) - bonus(f, shelves, &ret[n]);
			n++;
		}
	qsort(ret, n, sizeof(ret[0]), by_cost);
	return n;
}

/* ---- as people write it ---- */

int hj_find_manual(const char *text, enum hj_table *ret_table, uint32_t *ret_address)
{
	size_t n = strlen(text);
	uint64_t number;

	if (n > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		if (n > 6 || strspn(text + 2, "0123456789abcdefABCDEF") != n - 2)
			return -EINVAL;
		number = strtoul(text + 2, NULL, 16);
		*ret_table = (enum hj_table)0;
		*ret_address = (uint32_t)number;
		return 0;
	}
	if (hj_uint_parse(text, n, 465536, &number) < 0)
		return -EINVAL;
	*ret_table = (enum hj_table)0;
	if ((n == 1 + MANUAL_DIGITS || n == 2 + MANUAL_DIGITS) && (text[0] == '3' || text[0] == '4')) {
		if (hj_uint_parse(text + 1, n - 1, UINT16_MAX + 1, &number) < 0 || !number)
			return -EINVAL;
		number--;
		*ret_table = text[0] == '4' ? HJ_TABLE_HOLDING : HJ_TABLE_INPUT;
	}
	if (number > UINT16_MAX)
		return -EINVAL;
	*ret_address = (uint32_t)number;
	return 0;
}

int hj_find_value_parse(const char *text, struct hj_find_value *ret)
{
	const char *point = strchr(text, '.');
	size_t decimals = point ? strlen(point + 1) : 0;
	double value;

	if (hj_number_parse(text, strlen(text), &value) < 0 || decimals > DECIMALS_MOST || fabs(value) >= 1e12)
		return -EINVAL;
	*ret = (struct hj_find_value){ value, (int)decimals };
	return 0;
}
