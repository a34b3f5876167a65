/* Records, points and samples as JSON. What comes in is an outsider's: every member is checked for type and range,
 * and what is not as hjgate.Store says is -EBADMSG as a whole. */
#include "hjgate/record_json.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "hjgate/clock.h"
#include "record_json_private.h"

enum { STAT_POINT, STAT_FLAG, STAT_EXPECTED, STAT_GOT, STAT_VALUES, STAT_MEMBERS = STAT_VALUES + 5 };
enum { SAMPLE_POINT, SAMPLE_TIME, SAMPLE_VALUE, SAMPLE_FLAG, SAMPLE_MEMBERS };

void hj_record_done(struct hj_record *r)
{
	hj_stats_done(&r->stats);
	json_decref(r->body);
	r->body = NULL;
	free(r->equipment);
	r->equipment = NULL;
	r->equipment_count = 0;
}

static json_t *value_to_json(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static int value_from_json(const json_t *j, double *ret)
{
	if (!json_is_null(j) && !json_is_number(j))
		return -EBADMSG;
	*ret = json_is_number(j) ? json_number_value(j) : NAN;
	return isinf(*ret) ? -EBADMSG : 0;
}

static int int_from_json(const json_t *j, int64_t least, int64_t most, int64_t *ret)
{
	int64_t value = json_integer_value(j);

	if (!json_is_integer(j) || value < least || value > most)
		return -EBADMSG;
	*ret = value;
	return 0;
}

static json_t *flag_to_json(enum hj_flag flag)
{
	char text[] = { (char)flag, '\0' };

	return json_string(text);
}

static int flag_from_json(const json_t *j, enum hj_flag *ret)
{
	const char *text = json_string_value(j);

	if (!text || !text[0] || text[1] || !hj_flag_valid(text[0]))
		return -EBADMSG;
	*ret = (enum hj_flag)text[0];
	return 0;
}

/* ---- statistics ---- */

static json_t *stat_to_json(const struct hj_stat *s)
{
	const double values[] = { s->cou, s->min, s->avg, s->max, s->last };
	json_t *j = json_array();
	int r;

	if (!j)
		return NULL;
	r = json_array_append_new(j, json_integer(s->point));
	r |= json_array_append_new(j, flag_to_json(s->flag));
	r |= json_array_append_new(j, json_integer(s->expected));
	r |= json_array_append_new(j, json_integer(s->got));
	for (size_t i = 0; i < hj_array_size(values); i++)
		r |= json_array_append_new(j, value_to_json(values[i]));
	if (!r)
		return j;
	json_decref(j);
	return NULL;
}

static int stat_from_json(const json_t *j, struct hj_stat *s)
{
	double *const values[] = { &s->cou, &s->min, &s->avg, &s->max, &s->last };
	int64_t point, expected, got;

	if (!json_is_array(j) || json_array_size(j) != STAT_MEMBERS ||
	        int_from_json(json_array_get(j, STAT_POINT), 1, UINT32_MAX, &point) < 0 ||
	        flag_from_json(json_array_get(j, STAT_FLAG), &s->flag) < 0 ||
	        int_from_json(json_array_get(j, STAT_EXPECTED), 0, UINT32_MAX, &expected) < 0 ||
	        int_from_json(json_array_get(j, STAT_GOT), 0, UINT32_MAX, &got) < 0)
		return -EBADMSG;
	for (size_t i = 0; i < hj_array_size(values); i++)
		if (value_from_json(json_array_get(j, STAT_VALUES + i), values[i]) < 0)
			return -EBADMSG;
	s->point = (uint32_t)point;
	s->expected = (uint32_t)expected;
	s->got = (uint32_t)got;
	return 0;
}

static int stats_to_json(const void *body, size_t n, json_t **ret)
{
	struct hj_stats stats;
	json_t *j;
	int r = hj_stats_decode(body, n, &stats);

	if (r < 0)
		return r;
	j = json_array();
	for (size_t i = 0; j && i < stats.count; i++) {
		if (!json_array_append_new(j, stat_to_json(&stats.stats[i])))
			continue;
		json_decref(j);
		j = NULL;
	}
	hj_stats_done(&stats);
	if (!j)
		return -ENOMEM;
	*ret = j;
	return 0;
}

/* jansson words a failed allocation like bad text, so the few kinds with a JSON body cannot tell one from the
 * other. */
static int body_to_json(const void *body, size_t n, json_t **ret)
{
	json_t *j = json_loadb(body, n, JSON_REJECT_DUPLICATES, NULL);

	if (!j)
		return -EBADMSG;
	*ret = j;
	return 0;
}

static int stats_from_json(const json_t *j, struct hj_stats *ret)
{
	size_t count = json_array_size(j);
	_cleanup_free_ struct hj_stat *stats = NULL;

	if (!json_is_array(j))
		return -EBADMSG;
	stats = calloc(count ? count : 1, sizeof(*stats));
	if (!stats)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		if (stat_from_json(json_array_get(j, i), &stats[i]) < 0)
			return -EBADMSG;
		if (i && stats[i].point <= stats[i - 1].point)
			return -EBADMSG;
	}
	*ret = (struct hj_stats){ .stats = hj_steal(stats), .count = count };
	return 0;
}

/* ---- records ---- */

void record_json_id(const uint8_t id[HJ_ID_BYTES], char ret[2 * HJ_ID_BYTES + 1])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < HJ_ID_BYTES; i++) {
		ret[2 * i] = digits[id[i] >> 4];
		ret[2 * i + 1] = digits[id[i] & 15];
	}
	ret[2 * HJ_ID_BYTES] = '\0';
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int id_from_json(const json_t *j, uint8_t ret[HJ_ID_BYTES])
{
	const char *text = json_string_value(j);

	if (!text || json_string_length(j) != 2 * HJ_ID_BYTES)
		return -EBADMSG;
	for (size_t i = 0; i < HJ_ID_BYTES; i++) {
		int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return -EBADMSG;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

static json_t *head_to_json(const struct hj_head *h)
{
	char boot[2 * HJ_ID_BYTES + 1];

	record_json_id(h->boot_id, boot);
	return json_pack("{s:I, s:s, s:I, s:I, s:s, s:I, s:s}", "seq", (json_int_t)h->seq, "kind",
	        hj_kind_name(h->kind), "label", (json_int_t)h->label_ms, "length", (json_int_t)h->length_ms, "boot",
	        boot, "boottime", (json_int_t)h->boottime_ms, "trust", hj_trust_name(h->trust));
}

int hj_record_to_json(const struct hj_head *head, const void *body, size_t n, json_t **ret)
{
	bool statistics = hj_kind_is_statistics(head->kind);
	json_t *j, *content;
	int r = statistics                      ? stats_to_json(body, n, &content)
	        : head->kind == HJ_KIND_RECEIPT ? hj_receipt_body_to_json(body, n, &content)
	        : head->kind == HJ_KIND_PENDING ? hj_pending_body_to_json(body, n, &content)
	                                        : body_to_json(body, n, &content);

	if (r < 0)
		return r;
	j = head_to_json(head);
	if (!j || json_object_set(j, statistics ? "stats" : "body", content)) {
		json_decref(content);
		json_decref(j);
		return -ENOMEM;
	}
	json_decref(content);
	*ret = j;
	return 0;
}

static int head_from_json(const json_t *j, struct hj_head *h)
{
	const char *kind_name = json_string_value(json_object_get(j, "kind"));
	const char *trust_name = json_string_value(json_object_get(j, "trust"));
	enum hj_kind kind;
	enum hj_trust trust;
	int64_t seq, length;

	*h = (struct hj_head){ .format = HJ_RECORD_FORMAT };
	if (!kind_name || !trust_name || hj_kind_parse(kind_name, &kind) < 0 ||
	        hj_trust_parse(trust_name, &trust) < 0 ||
	        int_from_json(json_object_get(j, "seq"), 0, INT64_MAX, &seq) < 0 ||
	        int_from_json(json_object_get(j, "label"), 0, HJ_TIME_MAX_MS, &h->label_ms) < 0 ||
	        int_from_json(json_object_get(j, "length"), 0, UINT32_MAX, &length) < 0 ||
	        int_from_json(json_object_get(j, "boottime"), 0, INT64_MAX, &h->boottime_ms) < 0 ||
	        id_from_json(json_object_get(j, "boot"), h->boot_id) < 0)
		return -EBADMSG;
	h->kind = (uint8_t)kind;
	h->trust = (uint8_t)trust;
	h->seq = (uint64_t)seq;
	h->length_ms = (uint32_t)length;
	return 0;
}

int hj_record_from_json(json_t *j, struct hj_record *ret)
{
	struct hj_record record = { 0 };
	json_t *body = json_object_get(j, "body");
	int r;

	if (head_from_json(j, &record.head) < 0)
		return -EBADMSG;
	if (hj_kind_is_statistics(record.head.kind)) {
		r = stats_from_json(json_object_get(j, "stats"), &record.stats);
		if (r < 0)
			return r;
	} else if (json_is_object(body)) {
		r = hj_equipment_from_json(
		        (enum hj_kind)record.head.kind, body, &record.equipment, &record.equipment_count);
		if (r == -ENOMEM)
			return r;
		record.body = json_incref(body);
	} else {
		return -EBADMSG;
	}
	*ret = record;
	return 0;
}

/* ---- points and samples ---- */

json_t *hj_point_to_json(const struct hj_point *p, bool with_number)
{
	json_t *j = json_pack("{s:s, s:s, s:s, s:b, s:I}", "name", p->name, "factor", p->factor, "unit", p->unit,
	        "total", p->total, "interval", (json_int_t)p->interval_ms);

	if (j && ((p->wrap > 0 && json_object_set_new(j, "wrap", json_real(p->wrap))) ||
	                 (with_number && json_object_set_new(j, "number", json_integer(p->number))))) {
		json_decref(j);
		return NULL;
	}
	return j;
}

/* METER.POINT, each part a name. */
static bool point_name_valid(const char *name)
{
	const char *dot = strchr(name, '.');
	char meter[HJ_NAME_MAX + 1];

	if (!dot || dot - name > HJ_NAME_MAX)
		return false;
	memcpy(meter, name, (size_t)(dot - name));
	meter[dot - name] = '\0';
	return hj_name_valid(meter) && hj_name_valid(dot + 1);
}

static int text_from_json(const json_t *j, char *to, size_t size)
{
	const char *text = json_string_value(j);

	return text && hj_text_copy(to, size, text) ? 0 : -EBADMSG;
}

int hj_point_from_json(json_t *j, struct hj_point *ret)
{
	const json_t *number = json_object_get(j, "number"), *total = json_object_get(j, "total"),
	             *wrap = json_object_get(j, "wrap");
	struct hj_point p = { 0 };
	int64_t n = 0, interval;

	if (!json_is_boolean(total) || (number && int_from_json(number, 1, UINT32_MAX, &n) < 0) ||
	        text_from_json(json_object_get(j, "name"), p.name, sizeof(p.name)) < 0 || !point_name_valid(p.name) ||
	        text_from_json(json_object_get(j, "factor"), p.factor, sizeof(p.factor)) < 0 ||
	        (p.factor[0] && hj_factor_check(p.factor, NULL) < 0) ||
	        text_from_json(json_object_get(j, "unit"), p.unit, sizeof(p.unit)) < 0 ||
	        int_from_json(json_object_get(j, "interval"), 1, HJ_INTERVAL_MAX_MS, &interval) < 0)
		return -EBADMSG;
	if (wrap && (value_from_json(wrap, &p.wrap) < 0 || !(p.wrap > 0)))
		return -EBADMSG;
	p.number = (uint32_t)n;
	p.total = json_is_true(total);
	p.interval_ms = (uint32_t)interval;
	*ret = p;
	return 0;
}

json_t *hj_sample_to_json(const struct hj_sample *s)
{
	json_t *j = json_array();
	int r;

	if (!j)
		return NULL;
	r = json_array_append_new(j, json_integer(s->point));
	r |= json_array_append_new(j, json_integer(s->time_ms));
	r |= json_array_append_new(j, value_to_json(s->value));
	r |= json_array_append_new(j, flag_to_json(s->flag));
	if (!r)
		return j;
	json_decref(j);
	return NULL;
}

int hj_sample_from_json(json_t *j, struct hj_sample *ret)
{
	struct hj_sample s;
	int64_t point;

	if (!json_is_array(j) || json_array_size(j) != SAMPLE_MEMBERS ||
	        int_from_json(json_array_get(j, SAMPLE_POINT), 0, UINT32_MAX, &point) < 0 ||
	        int_from_json(json_array_get(j, SAMPLE_TIME), 0, HJ_TIME_MAX_MS, &s.time_ms) < 0 ||
	        value_from_json(json_array_get(j, SAMPLE_VALUE), &s.value) < 0 ||
	        flag_from_json(json_array_get(j, SAMPLE_FLAG), &s.flag) < 0)
		return -EBADMSG;
	s.point = (uint32_t)point;
	*ret = s;
	return 0;
}
