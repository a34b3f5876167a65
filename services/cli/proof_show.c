/* A proof on paper: one page a record, and nothing on it that a reader has to look up elsewhere. */
#include <stdio.h>
#include <string.h>
#include <limits.h>
#include <unistd.h>

#include "hjgate/clock.h"
#include "hjgate/hj212_phrase.h"
#include "proof.h"
#include "tables.h"
#include "timespec.h"

static const struct writer_column columns[] = {
	{ "packet", N_("PACKET"), true },
	{ "qn", N_("QN"), false },
	{ "kept", N_("FRAME"), false },
	{ "differs", NULL, false },
	{ "sent", N_("SENT"), false },
	{ "answer_ms", N_("9014 AFTER"), true },
	{ "text", NULL, false },
	{ "answer", NULL, false },
};

static const struct writer_column remark_columns[] = { { "text", NULL, false } };

static const char *time_text(int64_t ms, char to[HJ_TIME_HUMAN_LEN + 1])
{
	hj_time_human(ms, true, to);
	return to;
}

static void time_field(struct writer *w, const char *key, const char *label, int64_t ms, int64_t after_ms)
{
	char human[HJ_TIME_HUMAN_LEN + 1], text[96];

	snprintf(text, sizeof(text), _("%s (%lld ms later)"), time_text(ms, human), (long long)after_ms);
	writer_field(w, key, label, STYLE_PLAIN, json_integer(ms), text);
}

static void show_record(struct writer *w, const struct proof_record *r)
{
	const struct hj_head *h = &r->record.head;
	char human[HJ_TIME_HUMAN_LEN + 1], span[CLI_SPAN_LEN], text[96], boot[2 * HJ_ID_BYTES + 1];

	writer_open(w, "record", _("Record"));
	writer_field(w, "seq", _("number"), STYLE_PLAIN, json_integer((json_int_t)h->seq), NULL);
	writer_field(w, "kind", _("kind"), STYLE_PLAIN, json_string(hj_kind_name((enum hj_kind)h->kind)),
	        cli_word(hj_kind_name((enum hj_kind)h->kind)));
	hj_time_human(h->label_ms, false, human);
	snprintf(text, sizeof(text), h->length_ms ? "%s, %s" : "%s", human, cli_span(h->length_ms, span));
	writer_field(w, "label", _("window"), STYLE_PLAIN, json_integer(h->label_ms), text);
	writer_field(w, "length_ms", NULL, STYLE_PLAIN, json_integer(h->length_ms), NULL);
	writer_field(w, "points", r->record.stats.count ? _("points") : NULL, STYLE_PLAIN,
	        json_integer((json_int_t)r->record.stats.count), NULL);
	writer_field(w, "trust", _("clock"), STYLE_PLAIN, json_string(hj_trust_name((enum hj_trust)h->trust)), NULL);
	for (size_t i = 0; i < HJ_ID_BYTES; i++)
		snprintf(boot + 2 * i, 3, "%02x", h->boot_id[i]);
	writer_field(w, "boot", _("start of the box"), STYLE_PLAIN, json_string(boot), NULL);
	writer_close(w);
}

static void show_seal(struct writer *w, const struct proof_record *r)
{
	char text[96];

	if (!r->seal_known)
		snprintf(text, sizeof(text), "%s", _("not known: hjgate-stored did not answer"));
	else if (!r->algorithm)
		snprintf(text, sizeof(text), "%s", _("none: it is older than seals"));
	else
		snprintf(text, sizeof(text),
		        r->intact ? _("good: AES-256-GCM, key %lld") : _("does not open: key %lld"),
		        (long long)r->key);
	writer_field(w, "seal", _("seal"), r->intact ? STYLE_GOOD : STYLE_BAD,
	        r->seal_known ? json_pack("{sI sI sb}", "algorithm", (json_int_t)r->algorithm, "key",
	                                (json_int_t)r->key, "intact", r->intact)
	                      : json_null(),
	        text);
}

static void show_chain(struct writer *w, const struct proof *p)
{
	json_t *verdict = p->verify.verdict;
	bool good = verdict && verify_is_good(&p->verify);
	char text[128];

	if (!verdict)
		snprintf(text, sizeof(text), "%s", _("could not be looked at"));
	else if (good)
		snprintf(text, sizeof(text),
		        ngettext("good: %lld record of its time and around it, not changed, removed or added",
		                "good: %lld records of its time and around it, none changed, removed or added",
		                (unsigned long)cli_int(verdict, "rows")),
		        (long long)cli_int(verdict, "rows"));
	else
		snprintf(text, sizeof(text),
		        ngettext("NOT good: %lld finding; hjgate verify names it",
		                "NOT good: %lld findings; hjgate verify names them",
		                (unsigned long)cli_int(verdict, "found")),
		        (long long)cli_int(verdict, "found"));
	writer_field(w, "chain", _("chain"), good ? STYLE_GOOD : STYLE_BAD,
	        verdict ? json_boolean(good) : json_null(), text);
	writer_field(w, "verdict", NULL, STYLE_PLAIN, verdict ? json_incref(verdict) : json_null(), NULL);
}

static void show_keeping(struct writer *w, const struct proof *p, const struct proof_record *r)
{
	writer_open(w, "keeping", _("How it is kept"));
	show_seal(w, r);
	show_chain(w, p);
	writer_field(w, "head", _("head"), *r->head ? STYLE_PLAIN : STYLE_WARN,
	        *r->head ? json_string(r->head) : json_null(),
	        *r->head ? r->head : _("none stands on it yet: one is made a day, kept and sent to each platform"));
	writer_close(w);
}

static const char *const states[] = {
	[UPLOAD_WAITS] = N_("waiting: the platform has not acknowledged it"),
	[UPLOAD_ACKNOWLEDGED] = N_("acknowledged by the platform"),
	[UPLOAD_PASSED] = N_("nothing in it is for this platform"),
	[UPLOAD_NEITHER] = N_("no receipt: it was never owed to this platform, or its receipt is gone"),
};
static const char *const state_words[] = { "waits", "acknowledged", "passed", "none" };

static void show_times(struct writer *w, const struct proof_record *r)
{
	const struct hj_receipt *rc = &r->upload.receipt;
	char qn[HJ_TIME17_LEN + 1], human[HJ_TIME_HUMAN_LEN + 1];

	hj_time17_format(rc->qn_ms, qn);
	writer_field(w, "qn", _("QN of the first packet"), STYLE_PLAIN, json_string(qn), NULL);
	hj_time17_format(rc->qn_last_ms, qn);
	writer_field(w, "qn_last", rc->packets > 1 ? _("QN of the last packet") : NULL, STYLE_PLAIN, json_string(qn),
	        NULL);
	writer_field(w, "packets", _("packets"), STYLE_PLAIN, json_integer(rc->packets), NULL);
	time_field(
	        w, "sent", _("sent"), rc->sent_ms, rc->sent_ms - r->record.head.label_ms - r->record.head.length_ms);
	time_field(w, "acknowledged", _("last 9014 came"), rc->acked_ms, rc->acked_ms - rc->sent_ms);
	writer_field(w, "sent_after_ms", NULL, STYLE_PLAIN,
	        json_integer(rc->sent_ms - r->record.head.label_ms - r->record.head.length_ms), NULL);
	writer_field(w, "answer_ms", NULL, STYLE_PLAIN, json_integer(rc->acked_ms - rc->sent_ms), NULL);
	snprintf(human, sizeof(human), "%llu", (unsigned long long)r->upload.receipt_seq);
	writer_field(w, "receipt_seq", _("kept in record"), STYLE_PLAIN,
	        r->upload.receipt_seq ? json_integer((json_int_t)r->upload.receipt_seq) : json_null(),
	        r->upload.receipt_seq ? human : _("none yet: eight receipts make one"));
}

static void show_receipt(struct writer *w, const struct proof *p, const struct proof_record *r)
{
	enum upload_state state = r->upload.state;
	char text[HJ_CONF_TEXT_MAX + 16];

	writer_open(w, "receipt", _("Receipt"));
	writer_field(w, "state", _("state"), state == UPLOAD_ACKNOWLEDGED ? STYLE_GOOD : STYLE_WARN,
	        json_string(state_words[state]), _(states[state]));
	snprintf(text, sizeof(text), "%s:%d", p->conf_uplink->host, (int)p->conf_uplink->port);
	writer_field(w, "platform", _("platform"), STYLE_PLAIN, json_string(text), NULL);
	writer_field(w, "mn", _("MN"), STYLE_PLAIN, json_string(p->conf_uplink->mn), NULL);
	if (state == UPLOAD_ACKNOWLEDGED)
		show_times(w, r);
	writer_close(w);
}

static void frame_row(struct writer *w, const struct upload_frame *f, unsigned packet)
{
	char qn[HJ_TIME17_LEN + 1] = "?", text[HJ_TIME_HUMAN_LEN + 16] = "-";

	if (f->qn_ms)
		hj_time17_format(f->qn_ms, qn);
	writer_cell_int(w, packet);
	writer_cell(w, STYLE_PLAIN, f->qn_ms ? json_string(qn) : json_null(), qn);
	writer_cell(w, f->kept ? STYLE_GOOD : STYLE_PLAIN, json_boolean(f->kept),
	        f->kept ? _("as it went") : _("made again"));
	writer_cell(w, STYLE_PLAIN, json_boolean(f->differs), NULL);
	if (f->sent_ms)
		hj_time_human(f->sent_ms, true, text);
	writer_cell(w, STYLE_PLAIN, f->sent_ms ? json_integer(f->sent_ms) : json_null(), text);
	snprintf(text, sizeof(text), _("%lld ms"), (long long)f->after_ms);
	writer_cell(w, STYLE_PLAIN, f->after_ms >= 0 ? json_integer(f->after_ms) : json_null(),
	        f->after_ms >= 0 ? text : "-");
	writer_cell(w, STYLE_PLAIN, f->text ? json_string(f->text) : json_null(), NULL);
	writer_cell(w, STYLE_PLAIN, f->answer ? json_string(f->answer) : json_null(), NULL);
}

static void show_frames(struct writer *w, const struct upload *u)
{
	writer_say(w, STYLE_PLAIN, "%s", "");
	writer_table(w, "frames", columns, hj_array_size(columns));
	for (unsigned i = 0; i < u->frame_count; i++)
		frame_row(w, &u->frames[i], i + 1);
	writer_table_end(w);
	for (unsigned i = 0; i < u->frame_count; i++) {
		if (u->frames[i].text)
			writer_say(w, STYLE_PLAIN, "%s", u->frames[i].text);
		if (u->frames[i].answer)
			writer_say(w, STYLE_PLAIN, "%s", u->frames[i].answer);
	}
}

static void show_remarks(struct writer *w, const struct proof_record *r)
{
	writer_say(w, STYLE_PLAIN, "%s", "");
	if (r->remark_count)
		writer_say(w, STYLE_TITLE, "%s", _("Remarks"));
	writer_table(w, "remarks", remark_columns, hj_array_size(remark_columns));
	for (unsigned i = 0; i < r->remark_count; i++)
		writer_cell_text(w, r->remarks[i]);
	writer_table_end(w);
	for (unsigned i = 0; i < r->remark_count; i++)
		writer_say(w, STYLE_PLAIN, "- %s", r->remarks[i]);
}

static void show_one(struct writer *w, const struct proof *p, size_t i)
{
	const struct proof_record *r = &p->records[i];
	char key[24];

	snprintf(key, sizeof(key), "record_%llu", (unsigned long long)r->record.head.seq);
	writer_open(w, key, NULL);
	writer_say(w, STYLE_TITLE, _("Proof: record %llu and platform %s"), (unsigned long long)r->record.head.seq,
	        p->uplink);
	show_record(w, r);
	show_keeping(w, p, r);
	show_receipt(w, p, r);
	show_frames(w, &r->upload);
	show_remarks(w, r);
	writer_close(w);
}

void proof_show(const struct proof *p, struct writer *w)
{
	char host[HOST_NAME_MAX + 1] = "?", human[HJ_TIME_HUMAN_LEN + 1];
	int64_t now = cli_wall_ms();

	gethostname(host, sizeof(host) - 1);
	writer_field(w, "uplink", NULL, STYLE_PLAIN, json_string(p->uplink), NULL);
	writer_field(w, "made", NULL, STYLE_PLAIN, json_integer(now), NULL);
	writer_field(w, "host", NULL, STYLE_PLAIN, json_string(host), NULL);
	writer_field(w, "version", NULL, STYLE_PLAIN, json_string(HJ_VERSION), NULL);
	writer_field(w, "more", NULL, STYLE_PLAIN, json_boolean(p->more), NULL);
	for (size_t i = 0; i < p->count; i++)
		show_one(w, p, i);
	if (p->more)
		writer_say(w, STYLE_WARN, _("there are more records of this time: the first %d are shown"),
		        PROOF_RECORDS);
	hj_time_human(now, false, human);
	writer_say(w, STYLE_DIM,
	        _("Made on %s by hjgate %s on %s. Times are Beijing time. The password is masked; the CRC is that "
	          "of the frame with it."),
	        human, HJ_VERSION, host);
}
