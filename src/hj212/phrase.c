/* The words of a platform. A factor's name, its decimals and its place are the uplink's; the values are the record's
 * and are never made up: what is absent is left out. Order of the classes as in the standard's examples (HJ 212-2017
 * C.14, C.16). Fails only for want of memory, or for what cannot be said in a frame. */
#include "hjgate/hj212_phrase.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/cleanup.h"
#include "hjgate/clock.h"
#include "hjgate/text.h"

#define STALE_AFTER 2   /* intervals */
#define HOURS_PARTS 100 /* N2.2 */
#define PW_USUAL    6   /* bytes: a platform may set one of this length at any time */

/* ---- the map ---- */

static struct hj212_phrase_factor *grow(struct hj212_phrase_map *m)
{
	struct hj212_phrase_factor *list;

	if (m->count == HJ_POINTS_MAX)
		return NULL;
	list = realloc(m->list, (m->count + 1) * sizeof(*list));
	if (!list)
		return NULL;
	m->list = list;
	list[m->count] = (struct hj212_phrase_factor){ .decimals = -1 };
	return &list[m->count++];
}

int hj212_phrase_map_add(void *map, const char *point, const char *factor, int decimals)
{
	struct hj212_phrase_factor *f = grow(map);

	if (!f)
		return -ENOMEM;
	hj_text_copy(f->point, sizeof(f->point), point);
	hj_text_copy(f->factor, sizeof(f->factor), factor);
	f->decimals = decimals;
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
	if (m->all || !f->factor[0])
		hj_text_copy(f->factor, sizeof(f->factor), p->factor);
	f->number = p->number;
	f->interval_ms = p->interval_ms;
	if (m->all)
		put_in_order(m, (size_t)(f - m->list));
	return 0;
}

const struct hj212_phrase_factor *hj212_phrase_map_find(const struct hj212_phrase_map *m, uint32_t number)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->list[i].number == number && m->list[i].factor[0])
			return &m->list[i];
	return NULL;
}

/* ---- items ---- */

/* ",f-Avg=1.2" or, first of its item, ";f-Avg=1.2" (nothing before the very first). */
static int put_text(
        struct hj_buf *to, const struct hj212_phrase_factor *f, const char *class, const char *text, bool *first)
{
	const char *before = *first ? (to->len ? ";" : "") : ",";

	*first = false;
	return hj_buf_printf(to, "%s%s-%s=%s", before, f->factor, class, text);
}

static int put_value(
        struct hj_buf *to, const struct hj212_phrase_factor *f, const char *class, double value, bool *first)
{
	char text[HJ_NUMBER_LEN];

	if (isnan(value) || hj_number_format(value, f->decimals, text) < 0)
		return 0;
	return put_text(to, f, class, text, first);
}

static int put_flag(struct hj_buf *to, const struct hj212_phrase_factor *f, enum hj_flag flag, bool *first)
{
	char text[] = { (char)flag, '\0' };

	return put_text(to, f, "Flag", text, first);
}

static const struct hj_stat *find_stat(const struct hj_stat *stats, size_t count, uint32_t number)
{
	for (size_t i = 0; i < count; i++)
		if (stats[i].point == number)
			return &stats[i];
	return NULL;
}

int hj212_phrase_statistics(
        const struct hj212_phrase_map *m, const struct hj_stat *stats, size_t count, struct hj_buf *to)
{
	int r = 0;

	for (size_t i = 0; i < m->count && r >= 0; i++) {
		const struct hj212_phrase_factor *f = &m->list[i];
		const struct hj_stat *s = f->number && f->factor[0] ? find_stat(stats, count, f->number) : NULL;
		bool first = true;

		if (!s)
			continue;
		r = put_value(to, f, "Cou", s->cou, &first);
		if (r >= 0)
			r = put_value(to, f, "Min", s->min, &first);
		if (r >= 0)
			r = put_value(to, f, "Avg", s->avg, &first);
		if (r >= 0)
			r = put_value(to, f, "Max", s->max, &first);
		if (r >= 0)
			r = put_flag(to, f, s->flag, &first);
	}
	return r < 0 ? r : 0;
}

static const struct hj212_phrase_newest *find_newest(
        const struct hj212_phrase_newest *newest, size_t count, uint32_t number)
{
	for (size_t i = 0; i < count; i++)
		if (newest[i].point == number)
			return &newest[i];
	return NULL;
}

/* A sample from the future (the clock went back) is not fresh either. */
static bool is_fresh(const struct hj212_phrase_factor *f, const struct hj212_phrase_newest *n, int64_t now_ms)
{
	int64_t most = (int64_t)STALE_AFTER * f->interval_ms;

	return n && now_ms - n->time_ms <= most && n->time_ms - now_ms <= most;
}

int hj212_phrase_realtime(const struct hj212_phrase_map *m, const struct hj212_phrase_newest *newest, size_t count,
        int64_t now_ms, struct hj_buf *to)
{
	int r = 0;

	for (size_t i = 0; i < m->count && r >= 0; i++) {
		const struct hj212_phrase_factor *f = &m->list[i];
		const struct hj212_phrase_newest *n = find_newest(newest, count, f->number);
		bool first = true, fresh = is_fresh(f, n, now_ms);

		if (!f->number || !f->factor[0])
			continue;
		if (fresh)
			r = put_value(to, f, "Rtd", n->value, &first);
		if (r >= 0)
			r = put_flag(to, f, fresh ? n->flag : HJ_FLAG_LINK, &first);
	}
	return r < 0 ? r : 0;
}

int hj212_phrase_cn(enum hj_kind kind)
{
	static const int cn[HJ_KIND_MOST + 1] = { [HJ_KIND_MINUTE] = 2051,
		[HJ_KIND_HOUR] = 2061,
		[HJ_KIND_DAY] = 2031,
		[HJ_KIND_STATUS] = 2021,
		[HJ_KIND_RUNTIME] = 2041,
		[HJ_KIND_POWERON] = 2081,
		[HJ_KIND_LOG] = 3020 };

	return kind <= HJ_KIND_MOST ? cn[kind] : 0;
}

/* The bytes of a UTF-8 text that fit, cut before a character that does not. */
static size_t whole_characters(const char *text, size_t most)
{
	size_t n = strlen(text);

	if (n <= most)
		return n;
	for (n = most; n && ((unsigned char)text[n] & 0xC0) == 0x80; n--)
		;
	return n;
}

int hj212_phrase_log(const char *text, struct hj_buf *to)
{
	char copy[HJ212_PHRASE_LOG_MAX + 1];
	size_t n = whole_characters(text, HJ212_PHRASE_LOG_MAX);

	memcpy(copy, text, n);
	copy[n] = '\0';
	for (char *p = copy; *p; p++)
		if ((unsigned char)*p < ' ' || strchr("/&#", *p)) /* // ends the text, && the CP, ## begins a frame */
			*p = ' ';
	return hj_buf_printf(to, "i21001-Info=//%s//", copy);
}

int hj212_phrase_poweron(int64_t end_ms, struct hj_buf *to)
{
	char text[HJ_TIME14_LEN + 1];

	hj_time14_format(end_ms, text);
	return hj_buf_printf(to, "RestartTime=%s", text);
}

int hj212_phrase_equipment(enum hj_kind kind, const struct hj_equipment *list, size_t count, struct hj_buf *to)
{
	bool hours = kind == HJ_KIND_RUNTIME;
	int r = 0;

	for (size_t i = 0; i < count && r >= 0; i++) {
		double value = hours ? round(list[i].value * HOURS_PARTS) / HOURS_PARTS : list[i].value;
		char text[HJ_NUMBER_LEN];

		if (!hj_equipment_valid(kind, list[i].name, value) ||
		        hj_number_format(value, hours ? -1 : 0, text) < 0)
			continue;
		r = hj_buf_printf(to, "%s%s-%s=%s", to->len ? ";" : "", list[i].name, hours ? "RT" : "RS", text);
	}
	return r < 0 ? r : 0;
}

int hj212_phrase_record(const struct hj212_phrase_map *m, const struct hj212_phrase_record *r, struct hj_buf *to)
{
	if (hj_kind_is_statistics(r->kind))
		return hj212_phrase_statistics(m, r->stats->stats, r->stats->count, to);
	if (r->kind == HJ_KIND_STATUS || r->kind == HJ_KIND_RUNTIME)
		return hj212_phrase_equipment(r->kind, r->equipment, r->equipment_count, to);
	if (r->kind == HJ_KIND_POWERON)
		return hj212_phrase_poweron(r->end_ms, to);
	return r->text ? hj212_phrase_log(r->text, to) : 0;
}

/* ---- packets ---- */

struct cutting {
	struct hj212_phrase_cut *to;
	const char *items;
};

static int take_piece(unsigned pno, struct hj212_slice piece, void *userdata)
{
	struct cutting *c = userdata;

	if (c->to->count == HJ212_PHRASE_PIECES)
		return -EMSGSIZE;
	c->to->pieces[c->to->count].at = (uint32_t)(piece.p - c->items);
	c->to->pieces[c->to->count++].n = (uint16_t)piece.n;
	return 0;
}

int hj212_phrase_cut(struct hj212_slice items, size_t cp_max, struct hj212_phrase_cut *ret)
{
	struct hj212_phrase_cut cut = { .count = 0 };
	struct cutting c = { &cut, items.p };
	int r = items.n <= UINT16_MAX ? hj212_split(items, sizeof(HJ212_PHRASE_HEAD) - 1, cp_max, take_piece, &c)
	                              : -EMSGSIZE;

	if (r < 0)
		return r;
	*ret = cut;
	return 0;
}

int hj212_phrase_cp(
        const struct hj212_phrase_cut *c, const char *items, unsigned i, int64_t label_ms, char *to, size_t size)
{
	char time[HJ_TIME14_LEN + 1];
	int n;

	hj_time14_format(label_ms, time);
	n = snprintf(to, size, "DataTime=%s;%.*s", time, c->pieces[i].n, items + c->pieces[i].at);
	return (size_t)n < size ? n : -EMSGSIZE;
}

size_t hj212_phrase_room(const struct hj212_phrase_sender *s)
{
	/* QN=17; ST=..; CN=....; PW=; MN=; Flag=.; PNUM=..; PNO=..; CP=&&&& */
	const size_t names = 20 + 1 + 3 + 1 + 7 + 1 + 3 + 1 + 3 + 1 + 6 + 1 + 7 + 1 + 6 + 1 + 7;
	const size_t rf = s->edition == HJ212_2025 ? sizeof("RF=1;") - 1 : 0;
	size_t head = names + rf + strlen(s->st) + strlen(s->mn) + hj_max(strlen(s->pw), (size_t)PW_USUAL);

	return hj_min((size_t)HJ212_CP_MAX, HJ212_DATA_MAX - head);
}

int hj212_phrase_frame(
        const struct hj212_phrase_sender *s, const struct hj212_phrase_packet *p, char *to, size_t size)
{
	bool split = p->cut->count > 1;
	char cp[HJ212_DATA_MAX], qn[HJ_TIME17_LEN + 1];
	struct hj212_message m = { .qn = { qn, HJ_TIME17_LEN },
		.st = { s->st, strlen(s->st) },
		.cn = p->cn,
		.pw = { s->pw, strlen(s->pw) },
		.mn = { s->mn, strlen(s->mn) },
		.flag = hj212_edition_flag(s->edition) | HJ212_FLAG_ACK | (split ? HJ212_FLAG_SPLIT : 0),
		.pnum = split ? p->cut->count : 0,
		.pno = split ? p->index + 1 : 0 };
	int n = hj212_phrase_cp(p->cut, p->items, p->index, p->label_ms, cp, sizeof(cp));

	if (n < 0)
		return n;
	hj_time17_format(p->qn_ms, qn);
	m.cp = (struct hj212_slice){ cp, (size_t)n };
	return hj212_message_frame(&m, s->crc, to, size);
}
