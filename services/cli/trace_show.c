/* A trace on one page, in the order of the way: bytes, value, record, frames, acknowledgements; and how long each
 * step took. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "hjgate/clock.h"
#include "hjgate/decimal.h"
#include "tables.h"
#include "timespec.h"
#include "trace.h"

#define HEX_SHOWN 600

static const struct writer_column reading_columns[] = {
	{ "time", N_("READ AT"), false },
	{ "took_ms", N_("TOOK"), true },
	{ "sent", N_("ASKED"), false },
	{ "received", N_("ANSWERED"), false },
	{ "value", N_("VALUE"), true },
	{ "error", N_("TROUBLE"), false },
};

static const struct writer_column uplink_columns[] = {
	{ "uplink", N_("PLATFORM"), false },
	{ "state", N_("STATE"), false },
	{ "factor", N_("FACTOR"), false },
	{ "qn", N_("QN"), false },
	{ "packet", NULL, true },
	{ "packets", NULL, true },
	{ "from", NULL, true },
	{ "to", NULL, true },
	{ "sent", N_("SENT"), false },
	{ "sent_after_ms", N_("AFTER"), true },
	{ "acknowledged", N_("9014 CAME"), false },
	{ "answer_ms", N_("AFTER"), true },
	{ "frame", NULL, false },
	{ "frame_kept", NULL, false },
	{ "answer", NULL, false },
};

static void ms_cell(struct writer *w, bool known, int64_t ms)
{
	char text[48];

	snprintf(text, sizeof(text), _("%lld ms"), (long long)ms);
	writer_cell(w, known ? STYLE_PLAIN : STYLE_DIM, known ? json_integer(ms) : json_null(), known ? text : "-");
}

static void time_cell(struct writer *w, bool known, int64_t ms)
{
	char text[HJ_TIME_HUMAN_LEN + 1] = "-";

	if (known)
		hj_time_human(ms, true, text);
	writer_cell(w, known ? STYLE_PLAIN : STYLE_DIM, known ? json_integer(ms) : json_null(), text);
}

static void hex_cell(struct writer *w, const char *hex)
{
	char text[HEX_SHOWN + 8] = "";
	size_t n = 0;

	for (const char *p = hex; p && p[0] && p[1] && n + 3 < HEX_SHOWN; p += 2)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%c%c", n ? " " : "", p[0], p[1]);
	writer_cell(w, STYLE_PLAIN, json_string(hex ? hex : ""), n ? text : "-");
}

/* ---- from the meter ---- */

static void show_point(const struct trace *t, struct writer *w)
{
	const struct hj_conf_point *p = t->point;
	char text[160];

	writer_field(w, "point", NULL, STYLE_PLAIN, json_string(t->name), NULL);
	writer_field(w, "bus", NULL, STYLE_PLAIN, json_string(t->bus->name), NULL);
	writer_field(w, "meter", NULL, STYLE_PLAIN, json_string(t->meter->name), NULL);
	writer_field(w, "unit_id", NULL, STYLE_PLAIN, json_integer(t->meter->unit_id), NULL);
	writer_field(w, "station", NULL, STYLE_PLAIN, json_string(t->meter->station), NULL);
	writer_field(w, "table", NULL, STYLE_PLAIN, json_string(hj_table_name(p->table)), NULL);
	writer_field(w, "address", NULL, STYLE_PLAIN, json_integer(p->address), NULL);
	writer_field(w, "type", NULL, STYLE_PLAIN, json_string(hj_type_name(p->codec.type)), NULL);
	writer_field(w, "unit", NULL, STYLE_PLAIN, json_string(p->point.unit), NULL);
	snprintf(text, sizeof(text), "%s %u %s, %s", hj_table_name(p->table), p->address, hj_type_name(p->codec.type),
	        t->meter->name);
	writer_say(w, STYLE_TITLE, _("%s: %s on bus %s"), t->name, text, t->bus->name);
}

static void reading_row(struct writer *w, const struct trace_reading *r)
{
	time_cell(w, true, r->time_ms);
	ms_cell(w, true, (r->took_us + 500) / 1000);
	hex_cell(w, r->sent);
	hex_cell(w, r->received);
	writer_cell_number(w, r->value, -1);
	writer_cell(w, STYLE_WARN, r->error[0] ? json_string(r->error) : json_null(), r->error);
}

static void show_readings(const struct trace *t, struct writer *w)
{
	size_t n = hj_min(t->reading_count, (size_t)TRACE_READINGS);
	int64_t begin = t->record.head.label_ms;
	char text[HJ_TIME_HUMAN_LEN + 1] = "";
	bool rolled = t->meter_error == 0 && (!t->kept_since_ms || t->kept_since_ms > begin);

	if (t->kept_since_ms)
		hj_time_human(t->kept_since_ms, true, text);
	writer_field(w, "frames_since", NULL, STYLE_PLAIN,
	        t->kept_since_ms ? json_integer(t->kept_since_ms) : json_null(), NULL);
	writer_field(w, "frames_complete", NULL, STYLE_PLAIN, json_boolean(t->meter_error == 0 && !rolled), NULL);
	writer_say(w, STYLE_PLAIN, "%s", "");
	if (t->meter_error)
		writer_say(
		        w, STYLE_WARN, _("hjgate-meterd@%s does not answer: its frames are not known"), t->bus->name);
	else if (rolled)
		writer_say(w, STYLE_WARN,
		        _("the bus's frames are kept since %s: of what came before in this window there are none"),
		        text[0] ? text : "-");
	if (t->reading_count > n)
		writer_say(w, STYLE_DIM, _("%zu readings in the window; the newest %zu:"), t->reading_count, n);
	writer_table(w, "readings", reading_columns, hj_array_size(reading_columns));
	for (size_t i = t->reading_count - n; i < t->reading_count; i++)
		reading_row(w, &t->readings[i % TRACE_READINGS]);
	writer_table_end(w);
}

/* ---- the record ---- */

static json_t *number_or_null(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static void number_field(struct writer *w, const char *key, const char *label, double value)
{
	char text[HJ_NUMBER_LEN] = "-";

	if (isfinite(value))
		hj_number_format(value, -1, text);
	writer_field(w, key, isfinite(value) ? label : NULL, STYLE_PLAIN, number_or_null(value), text);
}

static void show_seal(const struct trace *t, struct writer *w)
{
	char text[96];

	if (t->algorithm)
		snprintf(text, sizeof(text), t->intact ? _("good, key %lld") : _("does not open, key %lld"),
		        (long long)t->key);
	else
		snprintf(text, sizeof(text), "%s", _("none: it is older than seals"));
	writer_field(w, "seal", t->seal_known ? _("seal") : NULL, t->intact ? STYLE_GOOD : STYLE_BAD,
	        t->seal_known ? json_pack("{sI sI sb}", "algorithm", (json_int_t)t->algorithm, "key",
	                                (json_int_t)t->key, "intact", t->intact)
	                      : json_null(),
	        text);
}

static void show_record(const struct trace *t, struct writer *w)
{
	const struct hj_head *h = &t->record.head;
	const struct hj_stat *s = &t->stat;
	int64_t end = h->label_ms + h->length_ms;
	char text[96], human[HJ_TIME_HUMAN_LEN + 1], span[CLI_SPAN_LEN];

	writer_say(w, STYLE_PLAIN, "%s", "");
	writer_open(w, "record", _("Record"));
	writer_field(w, "seq", _("number"), STYLE_PLAIN, json_integer((json_int_t)h->seq), NULL);
	hj_time_human(h->label_ms, false, human);
	snprintf(text, sizeof(text), "%s, %s", human, cli_span(h->length_ms, span));
	writer_field(w, "label", _("window"), STYLE_PLAIN, json_integer(h->label_ms), text);
	writer_field(w, "length_ms", NULL, STYLE_PLAIN, json_integer(h->length_ms), NULL);
	snprintf(text, sizeof(text), "%c", (char)s->flag);
	writer_field(
	        w, "flag", _("flag"), s->flag == HJ_FLAG_NORMAL ? STYLE_GOOD : STYLE_WARN, json_string(text), text);
	number_field(w, "cou", _("growth (Cou)"), s->cou);
	number_field(w, "min", _("least (Min)"), s->min);
	number_field(w, "avg", _("average (Avg)"), s->avg);
	number_field(w, "max", _("most (Max)"), s->max);
	snprintf(text, sizeof(text), _("%u of %u due"), s->got, s->expected);
	writer_field(
	        w, "got", _("readings"), s->got < s->expected ? STYLE_WARN : STYLE_PLAIN, json_integer(s->got), text);
	writer_field(w, "expected", NULL, STYLE_PLAIN, json_integer(s->expected), NULL);
	writer_field(w, "trust", _("clock"), STYLE_PLAIN, json_string(hj_trust_name(h->trust)), NULL);
	snprintf(text, sizeof(text), _("%lld ms after the window's end"), (long long)(t->closed_ms - end));
	writer_field(w, "closed", t->closed_ms ? _("closed") : NULL, STYLE_PLAIN,
	        t->closed_ms ? json_integer(t->closed_ms) : json_null(), text);
	writer_field(w, "closed_after_ms", NULL, STYLE_PLAIN,
	        t->closed_ms ? json_integer(t->closed_ms - end) : json_null(), NULL);
	show_seal(t, w);
	writer_close(w);
}

/* ---- to the platforms ---- */

static const char *const states[] = {
	[UPLOAD_WAITS] = N_("waiting"),
	[UPLOAD_ACKNOWLEDGED] = N_("acknowledged"),
	[UPLOAD_PASSED] = N_("passed over"),
	[UPLOAD_NEITHER] = N_("not sent"),
};

/* The frame that holds the point, where its QN is known; else one of nothing. */
static const struct upload_frame *frame_of(const struct trace *t, size_t i)
{
	static const struct upload_frame none;
	const struct upload *up = &t->uploads[i];
	unsigned packet = t->uplinks[i].packet;

	return packet && up->frames[packet - 1].qn_ms ? &up->frames[packet - 1] : &none;
}

static void uplink_row(const struct trace *t, struct writer *w, size_t i)
{
	const struct upload *up = &t->uploads[i];
	const struct hj_receipt *r = &up->receipt;
	const struct upload_frame *f = frame_of(t, i);
	bool sent = up->state == UPLOAD_ACKNOWLEDGED;
	const char *state = sent && r->unanswered ? N_("delivered") : states[up->state]; /* nobody acknowledged */
	int64_t end = t->record.head.label_ms + t->record.head.length_ms;
	char qn[HJ_TIME17_LEN + 1] = "-";

	if (sent)
		hj_time17_format(f->qn_ms ? f->qn_ms : r->qn_ms, qn);
	writer_cell_text(w, up->conf->name);
	writer_cell(w, sent ? STYLE_GOOD : STYLE_WARN, json_string(state), _(state));
	writer_cell_text(w, t->uplinks[i].factor);
	writer_cell(w, STYLE_PLAIN, sent ? json_string(qn) : json_null(), qn);
	writer_cell_int(w, t->uplinks[i].packet);
	writer_cell_int(w, r->packets);
	writer_cell_int(w, (int64_t)r->from);
	writer_cell_int(w, (int64_t)r->to);
	time_cell(w, sent, r->sent_ms);
	ms_cell(w, sent, r->sent_ms - end);
	time_cell(w, sent, r->acked_ms);
	ms_cell(w, sent, r->acked_ms - r->sent_ms);
	writer_cell(w, STYLE_PLAIN, f->text ? json_string(f->text) : json_null(), NULL);
	writer_cell(w, STYLE_PLAIN, json_boolean(f->kept), NULL);
	writer_cell(w, STYLE_PLAIN, f->answer ? json_string(f->answer) : json_null(), NULL);
}

static void say_frames(struct writer *w, const struct trace *t, size_t i)
{
	const struct upload *up = &t->uploads[i];
	const struct upload_frame *f = frame_of(t, i);

	if (f->text)
		writer_say(w, STYLE_PLAIN, f->kept ? _("%s, as it went:") : _("%s, made again from the record:"),
		        up->conf->name);
	if (f->text)
		writer_say(w, STYLE_PLAIN, "  %s", f->text);
	if (f->answer)
		writer_say(w, STYLE_PLAIN, "  %s", f->answer);
	if (up->receipt.to > up->receipt.from)
		writer_say(w, STYLE_DIM, _("%s: records %llu to %llu went as one, folded to its interval"),
		        up->conf->name, (unsigned long long)up->receipt.from, (unsigned long long)up->receipt.to);
}

void trace_show(const struct trace *t, struct writer *w)
{
	show_point(t, w);
	show_readings(t, w);
	show_record(t, w);
	writer_say(w, STYLE_PLAIN, "%s", "");
	writer_table(w, "uplinks", uplink_columns, hj_array_size(uplink_columns));
	for (size_t i = 0; i < t->uplink_count; i++)
		uplink_row(t, w, i);
	writer_table_end(w);
	writer_say(w, STYLE_PLAIN, "%s", "");
	for (size_t i = 0; i < t->uplink_count; i++)
		say_frames(w, t, i);
}
