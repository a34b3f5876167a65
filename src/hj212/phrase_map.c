/* Which points a platform gets, and under which names. The configuration says what is wanted, the store what is
 * there: a point's number and, where the platform has no code of its own for it, its factor. Fails only for want of
 * memory. */
#include "hjgate/hj212_phrase.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/decimal.h"
#include "hjgate/text.h"
#include "hjgate/unit.h"

static struct hj212_phrase_factor *grow(struct hj212_phrase_map *m)
{
	struct hj212_phrase_factor *list;

	if (m->count == HJ_POINTS_MAX)
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

/* A value that becomes a thousandth keeps its digits: 0 decimals of Pa are 3 of kPa. */
static void settle_decimals(struct hj212_phrase_factor *f)
{
	int64_t n;
	unsigned power;

	f->decimals = f->own_decimals;
	if (f->decimals >= 0 && !f->decimals_said && hj_decimal_find(f->scale, &n, &power))
		f->decimals = (int8_t)hj_min(f->decimals + (int)power, HJ_NUMBER_DECIMALS_MOST);
}

/* A value in a unit that nobody can turn into the platform's is not sent as if it could be; into its code's, as it
 * is. */
static void settle_unit(struct hj212_phrase_factor *f, const char *unit)
{
	if (f->wanted > 0 || !f->unit[0])
		return;
	if (hj_unit_ratio(unit, f->unit, &f->scale) >= 0) {
		f->unsent = false;
		return;
	}
	f->scale = 1;
	f->unsent = f->unit_said;
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
	f->unit_said = w->unit && w->unit[0];
	hj_text_copy(f->unit, sizeof(f->unit), f->unit_said ? w->unit : w->code_unit ? w->code_unit : "");
	f->own_decimals = (int8_t)w->decimals;
	f->decimals_said = w->decimals_said;
	f->type = w->type;
	f->total = w->total;
	f->part = (uint8_t)part;
	f->wanted = w->scale;
	if (f->wanted > 0)
		f->scale = f->wanted;
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

/* Points are told in the order in which they stand here, most of the time. */
static struct hj212_phrase_factor *find_name(struct hj212_phrase_map *m, const char *point)
{
	for (size_t i = 0; i < m->count; i++) {
		size_t at = (m->hint + i) % m->count;

		if (strcmp(m->list[at].point, point) != 0)
			continue;
		m->hint = at + 1;
		return &m->list[at];
	}
	return NULL;
}

const struct hj212_phrase_factor *hj212_phrase_map_find_point(const struct hj212_phrase_map *m, const char *point)
{
	for (size_t i = 0; i < m->count; i++)
		if (!strcmp(m->list[i].point, point))
			return &m->list[i];
	return NULL;
}

const struct hj212_phrase_factor *hj212_phrase_map_find_factor(const struct hj212_phrase_map *m, const char *factor)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->list[i].factor[0] && !strcmp(m->list[i].factor, factor))
			return &m->list[i];
	return NULL;
}

/* A meter that was renamed leaves its points behind under the old name. */
static void note_shared(struct hj212_phrase_map *m, struct hj212_phrase_factor *f)
{
	for (size_t i = 0; i < m->count; i++)
		if (&m->list[i] != f && f->factor[0] && !strcmp(m->list[i].factor, f->factor))
			f->shared = m->list[i].shared = true;
}

int hj212_phrase_map_learn(struct hj212_phrase_map *m, const struct hj_point *p)
{
	struct hj212_phrase_factor *f = find_name(m, p->name);

	if (!f && !m->all)
		return 0;
	if (!f)
		f = grow(m);
	if (!f)
		return m->count == HJ_POINTS_MAX ? -ENOSPC : -ENOMEM;
	if (!f->point[0])
		hj_text_copy(f->point, sizeof(f->point), p->name);
	if (m->all || f->own || !f->factor[0])
		hj_text_copy(f->factor, sizeof(f->factor), p->factor);
	f->number = p->number;
	f->interval_ms = p->interval_ms;
	settle_unit(f, p->unit);
	settle_decimals(f);
	if (m->all) {
		note_shared(m, f);
		put_in_order(m, (size_t)(f - m->list));
	}
	return 0;
}

const struct hj212_phrase_factor *hj212_phrase_map_find(const struct hj212_phrase_map *m, uint32_t number)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->list[i].number == number && m->list[i].factor[0] && !m->list[i].unsent)
			return &m->list[i];
	return NULL;
}

bool hj212_phrase_is_of(const struct hj212_phrase_factor *f, const char *item, size_t n)
{
	size_t length = strlen(f->factor);

	return n > length && !memcmp(item, f->factor, length) && (item[length] == '-' || item[length] == '=');
}
