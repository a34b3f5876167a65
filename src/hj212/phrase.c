/* The words of a platform. A factor's name, its decimals and its place are the uplink's; the values are the record's
 * and are never made up: what is absent is left out. Order of the classes as in the standard's examples (HJ 212-2017
 * C.14, C.16). Fails only for want of memory, or for what cannot be said in a frame. */
#include "phrase_choose.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "hjgate/cleanup.h"
#include "hjgate/clock.h"
#include "hjgate/decimal.h"
#include "hjgate/text.h"

#define HOURS_PARTS 100 /* N2.2 */

/* One item being written. */
struct item {
	const struct hj212_phrase_map *map;
	const struct hj212_phrase_factor *f;
	struct hj_buf *to;
	bool begun;
};

/* Nothing before the very first of a part. */
static const char *separator(const struct hj_buf *to)
{
	return to->len && to->data[to->len - 1] != HJ212_PHRASE_MARK ? ";" : "";
}

/* ",f-Avg=1.2" or, first of its item, ";f-Avg=1.2". */
static int put_text(struct item *i, enum hj_suffix suffix, const char *text)
{
	const char *name = hj_wording_suffix(&i->map->wording, suffix);
	const char *before = i->begun ? "," : separator(i->to);

	if (!name || !text)
		return 0;
	i->begun = true;
	return hj_buf_printf(i->to, "%s%s%s=%s", before, i->f->factor, name, text);
}

/* The type is that of the factor's values: what has flowed or run since is no such value, and is left alone. */
static bool is_typed(const struct hj212_phrase_factor *f, enum hj_suffix suffix)
{
	return suffix != HJ_SUFFIX_COU && hj_factor_type_decimals(&f->type) >= 0;
}

/* No more decimals than the type has, unless the uplink says so; fewer where fewer will do. */
static int format_value(const struct hj212_phrase_factor *f, enum hj_suffix suffix, double value, char *to)
{
	int r = hj_number_format(value, f->decimals, to), most = hj_factor_type_decimals(&f->type);
	const char *point = r < 0 ? NULL : strchr(to, '.');

	if (r < 0 || f->decimals_said || !is_typed(f, suffix) || !point || (int)strlen(point + 1) <= most)
		return r;
	return hj_number_format(value, most, to);
}

static void note_unfit(const struct item *i, enum hj_suffix suffix, const char *text)
{
	struct hj212_phrase_unfit *to = i->map->unfit;
	unsigned at = 0;

	to->count++;
	while (at < to->kept && strcmp(to->list[at].factor, i->f->factor) != 0)
		at++;
	if (at == HJ212_PHRASE_UNFIT_MAX)
		return;
	to->kept = hj_max(to->kept, at + 1);
	to->newest = at;
	hj_text_copy(to->list[at].factor, sizeof(to->list[at].factor), i->f->factor);
	hj_text_copy(to->list[at].value, sizeof(to->list[at].value), text);
	to->list[at].suffix = suffix;
	to->list[at].type = i->f->type;
}

void hj212_phrase_unfit_text(const struct hj212_phrase_map *m, unsigned i, char ret[HJ212_PHRASE_UNFIT_TEXT])
{
	char type[HJ_FACTOR_TYPE_LEN];

	hj_factor_type_format(&m->unfit->list[i].type, type);
	snprintf(ret, HJ212_PHRASE_UNFIT_TEXT, "%s%s=%s (%s)", m->unfit->list[i].factor,
	        hj_wording_suffix(&m->wording, m->unfit->list[i].suffix), m->unfit->list[i].value, type);
}

/* Decimals that the uplink has said are meant, so only what stands before the point can be too long then. */
static bool fits(const struct hj212_phrase_factor *f, const char *text)
{
	struct hj_factor_type type = f->type;

	if (f->decimals_said)
		type.fraction = (uint8_t)hj_max((int)type.fraction, (int)f->decimals);
	return hj_factor_type_fits(&type, text);
}

int hj212_phrase_value(const struct hj212_phrase_factor *f, double value, char ret[HJ_NUMBER_LEN])
{
	return isnan(value) ? -EINVAL : format_value(f, HJ_SUFFIX_RTD, phrase_scaled(f, value), ret);
}

/* In the platform's unit. */
static int put_value(struct item *i, enum hj_suffix suffix, double value)
{
	char text[HJ_NUMBER_LEN];

	if (isnan(value) || !hj_wording_suffix(&i->map->wording, suffix))
		return 0;
	if (format_value(i->f, suffix, value, text) < 0)
		return 0;
	if (i->map->unfit && is_typed(i->f, suffix) && !fits(i->f, text))
		note_unfit(i, suffix, text);
	return put_text(i, suffix, text);
}

static int put_flag(struct item *i, enum hj_flag flag)
{
	return put_text(i, HJ_SUFFIX_FLAG, hj_wording_flag(&i->map->wording, flag));
}

/* fn for each factor that is sent, those of each other ST behind its mark. A part without an item leaves none. */
static int each_part(const struct hj212_phrase_map *m, struct hj_buf *to,
        int (*fn)(struct item *i, const void *userdata), const void *userdata)
{
	int r = 0;

	for (unsigned part = 0; part <= m->extra_parts && r >= 0; part++) {
		size_t before = to->len, behind;

		if (part)
			r = hj_buf_printf(to, "%c%s%c", HJ212_PHRASE_MARK, m->st[part], HJ212_PHRASE_MARK);
		behind = to->len;
		for (size_t k = 0; k < m->count && r >= 0; k++) {
			const struct hj212_phrase_factor *f = &m->list[k];
			struct item i = { m, f, to, false };

			if (f->part == part && phrase_is_told(f))
				r = fn(&i, userdata);
		}
		if (to->len == behind)
			to->len = before;
	}
	return r < 0 ? r : 0;
}

static int put_statistics(struct item *i, const void *userdata)
{
	struct hj_stat s;
	int r;

	if (!phrase_choose_statistics(i->map, i->f, userdata, &s))
		return 0;
	r = put_value(i, HJ_SUFFIX_COU, s.cou);
	if (r >= 0)
		r = put_value(i, HJ_SUFFIX_MIN, s.min);
	if (r >= 0)
		r = put_value(i, HJ_SUFFIX_AVG, s.avg);
	if (r >= 0)
		r = put_value(i, HJ_SUFFIX_MAX, s.max);
	return r < 0 ? r : put_flag(i, s.flag);
}

int hj212_phrase_statistics(
        const struct hj212_phrase_map *m, const struct hj_stat *stats, size_t count, struct hj_buf *to)
{
	const struct phrase_statistics all = { stats, count };

	return each_part(m, to, put_statistics, &all);
}

static int put_realtime(struct item *i, const void *userdata)
{
	const struct hj212_phrase_newest *n;
	int r;

	if (!phrase_choose_realtime(i->map, i->f, userdata, &n))
		return 0;
	r = n ? put_value(i, HJ_SUFFIX_RTD, phrase_scaled(i->f, n->value)) : 0;
	return r < 0 ? r : put_flag(i, n ? n->flag : HJ_FLAG_LINK);
}

int hj212_phrase_realtime(const struct hj212_phrase_map *m, const struct hj212_phrase_newest *newest, size_t count,
        int64_t now_ms, struct hj_buf *to)
{
	struct phrase_realtime all = { newest, count, now_ms, INT64_MIN };

	for (size_t i = 0; i < count; i++)
		all.last_ms = hj_max(all.last_ms, newest[i].time_ms);
	return each_part(m, to, put_realtime, &all);
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

int64_t hj212_phrase_label(const struct hj_wording *w, enum hj_kind kind, int64_t label_ms, int64_t length_ms)
{
	bool of_window = hj_kind_is_statistics(kind) || kind == HJ_KIND_RUNTIME;

	return w->label_end && of_window ? label_ms + length_ms : label_ms;
}

/* Bytes of the UTF-8 character at p, which the text's end may cut short. */
static size_t character(const char *p)
{
	size_t n = 1;

	while (((unsigned char)p[n] & 0xC0) == 0x80)
		n++;
	return n;
}

/* What no text may hold: // ends it, && the CP, ## begins a frame. */
static bool is_cut_out(const char *p)
{
	return (unsigned char)*p < ' ' || strchr("/&#", *p);
}

int hj212_phrase_log(const struct hj212_phrase_map *m, const char *text, struct hj_buf *to)
{
	char copy[HJ212_PHRASE_LOG_MAX + HJ_ENCODED_MAX + 1];
	size_t n = 0;

	for (const char *p = text; *p;) {
		size_t bytes = hj_min(character(p), (size_t)HJ_ENCODED_MAX), put = bytes;

		if (is_cut_out(p))
			copy[n] = ' ';
		else if (m->encoder.put)
			put = m->encoder.put(m->encoder.userdata, p, bytes, copy + n);
		else
			memcpy(copy + n, p, bytes);
		if (n + put > HJ212_PHRASE_LOG_MAX)
			break;
		n += put;
		p += bytes;
	}
	return hj_buf_printf(to, "i21001-Info=//%.*s//", (int)n, copy);
}

int hj212_phrase_poweron(int64_t end_ms, struct hj_buf *to)
{
	char text[HJ_TIME14_LEN + 1];

	hj_time14_format(end_ms, text);
	return hj_buf_printf(to, "RestartTime=%s", text);
}

int hj212_phrase_equipment(const struct hj212_phrase_map *m, enum hj_kind kind, const struct hj_equipment *list,
        size_t count, struct hj_buf *to)
{
	bool hours = kind == HJ_KIND_RUNTIME;
	const char *suffix = hj_wording_suffix(&m->wording, hours ? HJ_SUFFIX_RT : HJ_SUFFIX_RS);
	int r = 0;

	for (size_t i = 0; suffix && i < count && r >= 0; i++) {
		double value = hours ? round(list[i].value * HOURS_PARTS) / HOURS_PARTS : list[i].value;
		char text[HJ_NUMBER_LEN];

		if (!hj_equipment_valid(kind, list[i].name, value) ||
		        hj_number_format(value, hours ? -1 : 0, text) < 0)
			continue;
		r = hj_buf_printf(to, "%s%s%s=%s", to->len ? ";" : "", list[i].name, suffix, text);
	}
	return r < 0 ? r : 0;
}

int hj212_phrase_record(const struct hj212_phrase_map *m, const struct hj212_phrase_record *r, struct hj_buf *to)
{
	if (hj_kind_is_statistics(r->kind))
		return hj212_phrase_statistics(m, r->stats->stats, r->stats->count, to);
	if (r->kind == HJ_KIND_STATUS || r->kind == HJ_KIND_RUNTIME)
		return hj212_phrase_equipment(m, r->kind, r->equipment, r->equipment_count, to);
	if (r->kind == HJ_KIND_POWERON)
		return hj212_phrase_poweron(r->end_ms, to);
	return r->text ? hj212_phrase_log(m, r->text, to) : 0;
}
