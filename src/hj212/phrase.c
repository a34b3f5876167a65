/* The words of a platform. A factor's name, its decimals and its place are the uplink's; the values are the record's
 * and are never made up: what is absent is left out. Order of the classes as in the standard's examples (HJ 212-2017
 * C.14, C.16). Fails only for want of memory, or for what cannot be said in a frame. */
#include "hjgate/hj212_phrase.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "hjgate/cleanup.h"
#include "hjgate/clock.h"
#include "hjgate/text.h"

#define STALE_AFTER 2   /* intervals */
#define HOURS_PARTS 100 /* N2.2 */

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
