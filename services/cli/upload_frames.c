/* The frames of an upload: made again from the record by the words and the cuts that the uplink itself uses, under
 * the QNs of the receipt, and replaced by what the uplink's ring still has of them. A receipt knows the QN of the
 * first packet and of the last; that of one between is known from the ring only, or not. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/clock.h"
#include "hjgate/hj212_mask.h"
#include "phrase.h"
#include "upload.h"

#define RING_ASKED 1000 /* frames: more than an uplink keeps */
#define CRC_DIGITS 4

/* ---- made again ---- */

static int64_t qn_of(const struct hj_receipt *r, unsigned packet)
{
	return packet == 0 ? r->qn_ms : packet + 1 == r->packets ? r->qn_last_ms : 0;
}

static void hide_qn_and_crc(char *frame)
{
	char *qn = strstr(frame, "QN=");
	size_t n = strlen(frame);

	if (qn)
		memset(qn + 3, '?', HJ_TIME17_LEN);
	if (n > CRC_DIGITS)
		memset(frame + n - CRC_DIGITS, '?', CRC_DIGITS);
}

/* People read UTF-8, whatever the platform does. */
static char *make(const struct cli_phrase *words, const struct hj212_phrase_sender *sender,
        const struct hj212_phrase_packet *packet, bool qn_known)
{
	struct hj_buf text = { 0 };
	char frame[HJ212_FRAME_MAX + 1];
	int n = hj212_phrase_frame(sender, packet, frame, HJ212_FRAME_MAX);

	if (n < 2)
		return NULL;
	frame[n - 2] = '\0'; /* without CR LF */
	if (!qn_known)
		hide_qn_and_crc(frame);
	hj212_mask(frame, strlen(frame));
	if (hj_charset_decode(words->charset, frame, strlen(frame) + 1, &text) < 0)
		hj_buf_done(&text);
	return text.data;
}

static int make_all(struct upload *u, const struct cli_phrase *words, const struct hj212_phrase_sender *sender,
        const struct hj212_phrase_cut *cut, const char *items, const struct hj_head *head)
{
	struct hj212_phrase_packet packet = { .cut = cut,
		.items = items,
		.cn = hj212_phrase_cn((enum hj_kind)head->kind),
		.label_ms = hj212_phrase_label(
		        &words->map.wording, (enum hj_kind)head->kind, head->label_ms, head->length_ms) };

	u->frames = calloc(cut->count, sizeof(*u->frames));
	if (!u->frames)
		return -ENOMEM;
	u->frame_count = cut->count;
	for (; packet.index < cut->count; packet.index++) {
		struct upload_frame *f = &u->frames[packet.index];

		f->after_ms = -1;
		f->qn_ms = cut->count == u->receipt.packets ? qn_of(&u->receipt, packet.index) : 0;
		packet.qn_ms = f->qn_ms ? f->qn_ms : u->receipt.qn_ms; /* as long, and hidden again */
		f->text = make(words, sender, &packet, f->qn_ms != 0);
	}
	return 0;
}

static int words_of(const struct hj212_phrase_map *map, const struct hj_record *r, struct hj_buf *items)
{
	const struct hj212_phrase_record words = { .kind = (enum hj_kind)r->head.kind,
		.stats = &r->stats,
		.equipment = r->equipment,
		.equipment_count = r->equipment_count,
		.end_ms = cli_time(r->body, "end") ?: r->head.label_ms,
		.text = cli_string(r->body, "text") };

	return hj212_phrase_record(map, &words, items);
}

/* ---- as they went ---- */

static bool is_direction(json_t *frame, const char *direction)
{
	const char *is = cli_string(frame, "direction");

	return is && !strcmp(is, direction);
}

/* 0 where it has none. */
static int64_t qn_in(const char *text)
{
	const char *p = text ? strstr(text, "QN=") : NULL;
	int64_t ms;

	if (!p || strnlen(p + 3, HJ_TIME17_LEN) < HJ_TIME17_LEN)
		return 0;
	return hj_time_parse(p + 3, HJ_TIME17_LEN, &ms) < 0 ? 0 : ms;
}

/* Behind the header: what two packets of the same data have in common. */
static bool same_cp(const char *a, const char *b)
{
	const char *cp_a = a ? strstr(a, "CP=&&") : NULL, *cp_b = b ? strstr(b, "CP=&&") : NULL;
	size_t n = cp_a ? strlen(cp_a) : 0;

	return cp_a && cp_b && n > CRC_DIGITS && strlen(cp_b) == n && !memcmp(cp_a, cp_b, n - CRC_DIGITS);
}

static bool is_this(const struct upload *u, const struct upload_frame *f, const char *text)
{
	int64_t qn = qn_in(text);

	if (f->qn_ms)
		return qn == f->qn_ms;
	return qn > u->receipt.qn_ms && qn < u->receipt.qn_last_ms && same_cp(f->text, text);
}

static void keep(char **to, const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		return;
	free(*to);
	*to = copy;
}

static void take_sent(const struct upload *u, json_t *frame)
{
	const char *text = cli_string(frame, "text");

	for (unsigned i = 0; text && i < u->frame_count; i++) {
		struct upload_frame *f = &u->frames[i];

		if (!is_this(u, f, text))
			continue;
		f->differs = f->qn_ms && f->text && strcmp(f->text, text);
		f->qn_ms = qn_in(text);
		f->kept = true;
		f->sent_ms = cli_time(frame, "time");
		f->after_ms = json_is_integer(json_object_get(frame, "after")) ? cli_int(frame, "after") : -1;
		keep(&f->text, text);
		return;
	}
}

static void take_answer(const struct upload *u, json_t *frame)
{
	const char *text = cli_string(frame, "text");

	for (unsigned i = 0; text && i < u->frame_count; i++)
		if (u->frames[i].qn_ms && strstr(text, "CN=9014") && qn_in(text) == u->frames[i].qn_ms)
			keep(&u->frames[i].answer, text);
}

static void ask_ring(const struct cli *cli, struct upload *u)
{
	_cleanup_json_ json_t *answer = NULL;
	char socket[HJ_NAME_MAX + 24];
	json_t *frame;
	size_t i;

	snprintf(socket, sizeof(socket), "uplinkd@%s.look", u->conf->name);
	if (cli_ask_quiet(cli->root, socket, "hjgate.Uplink.Frames", json_pack("{si}", "limit", RING_ASKED),
	            CLI_ANSWER_MS, &answer, NULL) < 0)
		return;
	json_array_foreach(json_object_get(answer, "frames"), i, frame)
	{
		if (is_direction(frame, "out"))
			take_sent(u, frame);
		else
			take_answer(u, frame);
	}
}

int upload_rebuild(
        const struct cli *cli, const struct cli_phrase *words, const struct hj_record *record, struct upload *u)
{
	const struct hj_conf_uplink *c = u->conf;
	struct hj_conf_form form;
	struct hj212_phrase_sender sender = { .st = form.st,
		.mn = form.mn,
		.pw = form.pw,
		.crc = (enum hj212_crc)c->crc,
		.crc_lower = c->session.crc_lower,
		.unanswered = u->receipt.unanswered };
	_cleanup_free_ struct hj212_phrase_cut *cut = NULL;
	struct hj_buf items = { 0 };
	int r;

	if (u->state != UPLOAD_ACKNOWLEDGED || u->receipt.to != u->receipt.from)
		return 0;
	hj_conf_uplink_form(c, u->receipt.sent_ms, &form); /* before a move it was another */
	sender.edition = (enum hj212_edition)form.edition;
	cut = malloc(sizeof(*cut));
	r = cut ? words_of(&words->map, record, &items) : -ENOMEM;
	if (r >= 0 && items.len)
		r = hj212_phrase_cut((struct hj212_slice){ items.data, items.len }, hj212_phrase_room(&sender), cut);
	if (r >= 0 && items.len)
		r = make_all(u, words, &sender, cut, items.data, &record->head);
	hj_buf_done(&items);
	if (r >= 0 || r == -EMSGSIZE) /* too long today: nothing can be shown of it */
		r = 0;
	if (r == 0 && u->frame_count)
		ask_ring(cli, u);
	return r;
}
