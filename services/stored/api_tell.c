/* What the store tells eventd. */
#include "stored.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "hjgate/log.h"

void tell_program(struct stored *s, bool start)
{
	hj_report(s->report, start ? "program-start" : "program-stop", HJ_MOMENT, "stored",
	        json_pack("{s:s}", "program", "stored"));
}

void tell_disk(struct stored *s, int error)
{
	hj_report(s->report, "disk-trouble", error ? HJ_BEGIN : HJ_END, "records.db",
	        error ? json_pack("{s:s}", "error", strerror(-error)) : NULL);
}

void tell_damaged(struct stored *s, const char *path)
{
	hj_report(s->report, "store-damaged", HJ_MOMENT, "records.db",
	        json_pack("{s:s, s:s}", "file", path, "kept", "records.db.damaged-*"));
}

static json_t *label(int64_t ms)
{
	char text[HJ_TIME_HUMAN_LEN + 1];

	if (ms == INT64_MIN)
		return json_string("-");
	hj_time_human(ms, false, text);
	return json_string(text);
}

void tell_head(struct stored *s, const char *head)
{
	char store[2 * HJ_ID_BYTES + 1];

	hj_id_format(hj_ledger_store_id(s->ledger), store);
	hj_report(s->report, "chain-head", HJ_MOMENT, "records.db",
	        json_pack("{s:s, s:s}", "head", head, "store", store));
}

void tell_salvaged(struct stored *s, const struct hj_salvage_look *look)
{
	hj_report(s->report, "store-salvaged", HJ_MOMENT, "records.db",
	        json_pack("{s:s, s:I, s:I, s:o, s:o, s:b}", "file", look->file, "records", (json_int_t)look->rows,
	                "lost", (json_int_t)look->lost, "from", label(look->lost_begin_ms), "to",
	                label(look->lost_end_ms), "sure", look->sure));
}

void tell_trust(struct stored *s, bool is_trusted)
{
	/* That it is trusted is said in any case: eventd may know of a run before that it was not. */
	if (!is_trusted && s->trust.is_told)
		return;
	s->trust.is_told = !is_trusted;
	hj_report(s->report, "clock-untrusted", is_trusted ? HJ_END : HJ_BEGIN, "clock", NULL);
}

void tell_accepted(struct stored *s, const char *by, int64_t now_ms, uint64_t records)
{
	char time[HJ_TIME_HUMAN_LEN + 1];

	hj_time_human(now_ms, false, time);
	hj_report(s->report, "clock-accepted", HJ_MOMENT, "clock",
	        json_pack("{s:s, s:s, s:I}", "by", by, "time", time, "count", (json_int_t)records));
}

void tell_late(struct stored *s, const char *bus, uint64_t count)
{
	hj_report(s->report, "samples-late", HJ_MOMENT, bus,
	        json_pack("{s:s, s:I}", "bus", bus, "count", (json_int_t)count));
}

void tell_joined(struct stored *s, const char *uplink, uint64_t count)
{
	hj_report(s->report, "records-joined", HJ_MOMENT, uplink,
	        json_pack("{s:s, s:I}", "uplink", uplink, "count", (json_int_t)count));
}

void tell_resend(struct stored *s, const char *uplink, const char *by, const int64_t span[2], uint64_t records)
{
	hj_report(s->report, "resend-asked", HJ_MOMENT, uplink,
	        json_pack("{s:s, s:s, s:I, s:o, s:o}", "uplink", uplink, "by", by, "count", (json_int_t)records,
	                "begin", label(span[0]), "end", label(span[1])));
}

static json_t *span_values(const struct cut_span *span)
{
	char begin[HJ_TIME_HUMAN_LEN + 1], end[HJ_TIME_HUMAN_LEN + 1];

	hj_time_human(span->begin_ms, false, begin);
	hj_time_human(span->end_ms, false, end);
	return json_pack("{s:I, s:s, s:s}", "count", (json_int_t)span->count, "begin", begin, "end", end);
}

void tell_cut(struct stored *s, const struct cut_span *span)
{
	hj_report(s->report, "records-cut", HJ_MOMENT, "records.db", span_values(span));
}

void tell_unsent(struct stored *s, const char *uplink, const struct cut_span *span)
{
	json_t *values = span_values(span);

	json_object_set_new(values, "uplink", json_string(uplink));
	hj_report(s->report, "records-unsent", HJ_MOMENT, uplink, values);
}

void tell_reset(struct stored *s, const struct hj_fallen *f)
{
	const struct hj_point *p = hj_dictionary_find(&s->points, f->point);

	if (p)
		hj_report_at(s->report, "total-reset", HJ_MOMENT, p->name, f->time_ms,
		        json_pack("{s:s, s:f, s:f}", "point", p->name, "old", f->from, "new", f->to));
}

static json_t *reading(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

void tell_swap(struct stored *s, const char *point, const char *by, double old, double new)
{
	hj_report(s->report, "meter-swapped", HJ_MOMENT, point,
	        json_pack(
	                "{s:s, s:s, s:o, s:o}", "point", point, "by", by, "old", reading(old), "new", reading(new)));
}

void tell_key_missing(struct stored *s, size_t locked)
{
	hj_report(s->report, "key-missing", locked ? HJ_BEGIN : HJ_END, "records.db",
	        json_pack("{s:s, s:I}", "file", "records.db", "keys", (json_int_t)locked));
}

void tell_key_opened(struct stored *s, int keys)
{
	hj_report(s->report, "key-opened", HJ_MOMENT, "records.db",
	        json_pack("{s:s, s:i}", "file", "records.db", "keys", keys));
}

void tell_key_refused(struct stored *s, const char *path)
{
	hj_report(s->report, "key-refused", HJ_MOMENT, path, json_pack("{s:s}", "file", path));
}

void tell_key(struct stored *s, const char *code, const char *by, int keys)
{
	json_t *values = json_pack("{s:s, s:s}", "file", "records.db", "by", by);

	if (values && keys >= 0)
		json_object_set_new(values, "keys", json_integer(keys));
	hj_report(s->report, code, HJ_MOMENT, "records.db", values);
}

void tell_maintain(struct stored *s, const struct maintained *m, enum hj_phase phase, int64_t time_ms)
{
	char key[HJ_POINT_NAME_MAX + 24], until[HJ_TIME_HUMAN_LEN + 1];

	snprintf(key, sizeof(key), "%s %s", m->kind, m->what);
	hj_time_human(m->until_ms, false, until);
	hj_report_at(s->report, "maintenance", phase, key, time_ms,
	        phase == HJ_END ? NULL
	                        : json_pack("{s:s, s:s, s:s, s:s, s:I}", "what", m->what, "by", m->by, "until", until,
	                                  "why", m->why, "points", (json_int_t)maintain_points(s, m)));
}

void tell_power(struct stored *s, int64_t begin_ms, int64_t end_ms)
{
	hj_report_sure(s->report, "power-failure", HJ_BEGIN, "power", begin_ms, NULL);
	hj_report_at(s->report, "power-failure", HJ_END, "power", end_ms, NULL);
}

void stored_refused(enum hj_right right, const char *why, void *userdata)
{
	struct stored *s = userdata;
	const char *from = right == HJ_PEER ? "stored.peer" : right == HJ_CHANGE ? "stored.change" : "stored.look";

	if (hj_report_bad_input(s->report, from, why))
		hj_warn("bad message on %s: %s: answered with an error", from, why);
}
