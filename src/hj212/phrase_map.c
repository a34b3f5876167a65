/* Which points a platform gets, and under which names. The configuration says what is wanted, the store what is
 * there: a point's number and, where the platform has no code of its own for it, its factor. Fails only for want of
 * memory.
 *
 * A point has a place for each number that the store has told of, since a record names the number that its point had
 * then: with the code, the unit and so the scale of that time. The greatest is the one that it has now. */
#include "phrase_choose.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/decimal.h"
#include "hjgate/text.h"
#include "hjgate/unit.h"

static struct hj212_phrase_factor *grow(struct hj212_phrase_map *m)
{
	struct hj212_phrase_factor *list;

	if (m->count == HJ212_PHRASE_FACTORS_MAX)
		return NULL;
	list = realloc(m->list, (m->count + 1) * sizeof(*list));
	if (!list)
		return NULL;
	m->list = list;
	list[m->count] = (struct hj212_phrase_factor){ .decimals = -1, .own_decimals = -1, .scale = 1 };
	return &list[m->count++];
}

/* The part of an ST; -ENOSPC. */
static int part_of(struct hj212_phrase_map *m, const char *st)
{
	if (!st || !st[0])
		return 0;
	for (unsigned i = 1; i <= m->extra_parts; i++)
		if (!strcmp(m->st[i], st))
			return (int)i;
	if (m->extra_parts + 1 == HJ212_PHRASE_PARTS)
		return -ENOSPC;
	hj_text_copy(m->st[++m->extra_parts], sizeof(m->st[0]), st);
	return (int)m->extra_parts;
}

/* Decimals are those of the point as it is configured. A value that becomes a thousandth keeps its digits: 0 decimals
 * of Pa are 3 of kPa. Of a unit that is none of the configured one's kind they say nothing. */
static void settle_decimals(struct hj212_phrase_factor *f)
{
	double ratio = f->scale;
	int64_t n;
	unsigned power;

	f->decimals = f->own_decimals;
	if (f->decimals < 0 || f->decimals_said)
		return;
	if (f->own_unit[0] && hj_unit_ratio(f->own_unit, f->told, &ratio) < 0) {
		f->decimals = -1;
		return;
	}
	if (f->own_unit[0] && f->wanted > 0)
		ratio *= f->wanted;
	if (hj_decimal_find(ratio, &n, &power))
		f->decimals = (int8_t)hj_min(f->decimals + (int)power, HJ_NUMBER_DECIMALS_MOST);
}

static bool has_configured_code(const struct hj212_phrase_factor *f)
{
	return !f->code[0] || !strcmp(f->factor, f->code);
}

/* The unit that values are to be told in, "" for their own. A scale is for the unit that is configured now, and what a
 * code's unit is says nothing of another code. */
static const char *wanted_unit(const struct hj212_phrase_factor *f)
{
	if (f->wanted > 0)
		return f->own_unit;
	return f->unit_said || has_configured_code(f) ? f->unit : "";
}

/* A value in a unit that nobody can turn into the platform's is not sent as if it could be; into its code's, as it
 * is. */
static void settle_unit(struct hj212_phrase_factor *f, const char *unit)
{
	const char *to = wanted_unit(f);
	double ratio = 1;
	bool known = to[0] && hj_unit_ratio(unit, to, &ratio) >= 0;

	hj_text_copy(f->told, sizeof(f->told), known ? to : unit);
	f->unsent = !known && to[0] && f->unit_said && !(f->wanted > 0);
	f->scale = f->wanted > 0 ? hj_decimal_product(f->wanted, ratio) : ratio;
}

static void settle_code(struct hj212_phrase_factor *f, const char *factor)
{
	hj_text_copy(f->factor, sizeof(f->factor), factor);
	f->type = has_configured_code(f) ? f->code_type : (struct hj_factor_type){ 0 };
}

int hj212_phrase_map_add(void *map, const struct hj_wanted *w)
{
	int part = part_of(map, w->st);
	struct hj212_phrase_factor *f = part >= 0 ? grow(map) : NULL;

	if (!f)
		return part < 0 ? part : -ENOMEM;
	hj_text_copy(f->point, sizeof(f->point), w->point);
	f->configured = true;
	f->own = !w->factor[0];
	hj_text_copy(f->factor, sizeof(f->factor), f->own && w->own ? w->own : w->factor);
	hj_text_copy(f->code, sizeof(f->code), f->factor);
	f->unit_said = w->unit && w->unit[0];
	hj_text_copy(f->unit, sizeof(f->unit), f->unit_said ? w->unit : w->code_unit ? w->code_unit : "");
	f->own_decimals = (int8_t)w->decimals;
	f->decimals_said = w->decimals_said;
	f->type = f->code_type = w->type;
	f->total = w->total;
	f->part = (uint8_t)part;
	f->wanted = w->scale;
	if (f->wanted > 0)
		f->scale = f->wanted;
	hj_text_copy(f->own_unit, sizeof(f->own_unit), w->own_unit ? w->own_unit : "");
	if (w->own_unit)
		settle_unit(f, w->own_unit);
	settle_decimals(f);
	return 0;
}

void hj212_phrase_map_done(struct hj212_phrase_map *m)
{
	free(m->list);
	*m = (struct hj212_phrase_map){ 0 };
}

/* Those whose number is not known yet come last. */
static uint32_t place_of(const struct hj212_phrase_factor *f)
{
	return f->number ? f->number : UINT32_MAX;
}

/* With `all` the list is in order of the numbers. Moves the one at `i` to its place. */
static void put_in_order(struct hj212_phrase_map *m, size_t i)
{
	struct hj212_phrase_factor moved = m->list[i];

	for (; i && place_of(&m->list[i - 1]) > place_of(&moved); i--)
		m->list[i] = m->list[i - 1];
	for (; i + 1 < m->count && place_of(&m->list[i + 1]) < place_of(&moved); i++)
		m->list[i] = m->list[i + 1];
	m->list[i] = moved;
	m->hint = i + 1;
}

/* Where the number has its place, or the point as long as it has no number. Else NULL, and *ret_like is where
 * another number of the point stands, m->count where none does. Points are told in the order in which they stand
 * here, most of the time. */
static struct hj212_phrase_factor *find_place(struct hj212_phrase_map *m, const struct hj_point *p, size_t *ret_like)
{
	*ret_like = m->count;
	for (size_t i = 0; i < m->count; i++) {
		size_t at = (m->hint + i) % m->count;

		if (strcmp(m->list[at].point, p->name) != 0)
			continue;
		if (!m->list[at].number || m->list[at].number == p->number) {
			m->hint = at + 1;
			return &m->list[at];
		}
		*ret_like = at;
	}
	return NULL;
}

const struct hj212_phrase_factor *hj212_phrase_map_find_point(const struct hj212_phrase_map *m, const char *point)
{
	for (size_t i = 0; i < m->count; i++)
		if (!m->list[i].older && !strcmp(m->list[i].point, point))
			return &m->list[i];
	return NULL;
}

const struct hj212_phrase_factor *hj212_phrase_map_find_factor(const struct hj212_phrase_map *m, const char *factor)
{
	const struct hj212_phrase_factor *best = NULL;

	for (size_t i = 0; i < m->count; i++) {
		const struct hj212_phrase_factor *f = &m->list[i];

		if (!f->older && f->factor[0] && !strcmp(f->factor, factor) && (!best || phrase_goes_before(f, best)))
			best = f;
	}
	return best;
}

/* Which of a point's numbers is the one that it has now. */
static void note_older(struct hj212_phrase_map *m, const char *point)
{
	uint32_t newest = 0;

	for (size_t i = 0; i < m->count; i++)
		if (!strcmp(m->list[i].point, point))
			newest = hj_max(newest, m->list[i].number);
	for (size_t i = 0; i < m->count; i++)
		if (!strcmp(m->list[i].point, point))
			m->list[i].older = m->list[i].number < newest;
}

/* A meter that was renamed leaves its points behind under the old name, a point that means another thing since its
 * number. */
static void note_shared(struct hj212_phrase_map *m, struct hj212_phrase_factor *f)
{
	for (size_t i = 0; i < m->count; i++)
		if (&m->list[i] != f && phrase_rivals(&m->list[i], f))
			f->shared = m->list[i].shared = true;
}

/* The store gives a number once. Where it stands at another point it was another store's, before that was begun anew.
 * True: it did. */
static bool forget_elsewhere(struct hj212_phrase_map *m, const struct hj_point *p)
{
	char name[HJ_POINT_NAME_MAX + 1];
	size_t i = 0, others = 0;

	while (i < m->count && (m->list[i].number != p->number || !strcmp(m->list[i].point, p->name)))
		i++;
	if (i == m->count)
		return false;
	hj_text_copy(name, sizeof(name), m->list[i].point);
	for (size_t k = 0; k < m->count; k++)
		others += k != i && !strcmp(m->list[k].point, name);
	m->list[i].number = 0;
	if (others)
		memmove(&m->list[i], &m->list[i + 1], (--m->count - i) * sizeof(m->list[0]));
	else if (m->all)
		put_in_order(m, i);
	note_older(m, name);
	return true;
}

/* Behind another number of its point, whose words it has; where there is none, at the end. NULL: no memory, or no
 * place. */
static struct hj212_phrase_factor *add_number(struct hj212_phrase_map *m, size_t like)
{
	bool is_first = like == m->count;
	struct hj212_phrase_factor *f = grow(m);

	if (!f || is_first)
		return f;
	memmove(&m->list[like + 1], &m->list[like], (m->count - 1 - like) * sizeof(*f));
	m->list[like + 1].number = 0;
	m->hint = like + 2;
	return &m->list[like + 1];
}

static void learn_words(const struct hj212_phrase_map *m, struct hj212_phrase_factor *f, const struct hj_point *p)
{
	if (!f->point[0])
		hj_text_copy(f->point, sizeof(f->point), p->name);
	if (m->all || f->own || !f->factor[0])
		settle_code(f, p->factor);
	f->interval_ms = p->interval_ms;
	settle_unit(f, p->unit);
	settle_decimals(f);
}

int hj212_phrase_map_learn(struct hj212_phrase_map *m, const struct hj_point *p)
{
	size_t like;
	struct hj212_phrase_factor *f = find_place(m, p, &like);
	bool has_others;

	if ((!f || !f->number) && forget_elsewhere(m, p))
		f = find_place(m, p, &like);
	if (!f && like == m->count && !m->all)
		return 0;
	has_others = like < m->count;
	if (!f)
		f = add_number(m, like);
	if (!f)
		return m->count == HJ212_PHRASE_FACTORS_MAX ? -ENOSPC : -ENOMEM;
	learn_words(m, f, p);
	if (f->number == p->number)
		return 0;
	f->number = p->number;
	note_shared(m, f);
	if (has_others)
		note_older(m, p->name);
	if (m->all)
		put_in_order(m, (size_t)(f - m->list));
	return 0;
}

const struct hj212_phrase_factor *hj212_phrase_map_find(const struct hj212_phrase_map *m, uint32_t number)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->list[i].number == number && phrase_is_told(&m->list[i]))
			return &m->list[i];
	return NULL;
}

bool hj212_phrase_is_of(const struct hj212_phrase_factor *f, const char *item, size_t n)
{
	size_t length = strlen(f->factor);

	return n > length && !memcmp(item, f->factor, length) && (item[length] == '-' || item[length] == '=');
}
