/* The platforms' side of a trace: the receipt of the record, and the frame of it that holds the point: as it went,
 * while the uplink keeps it, and after that made again from the record under the QN of the receipt. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/clock.h"
#include "hjgate/hj212_phrase.h"
#include "trace.h"

#define FRAMES_MOST    64  /* that an uplink keeps */
#define RECORDS_A_PAGE 50  /* of receipts */
#define PAGES_MOST     200 /* of them: 30 days of ten uplinks */

/* ---- receipts ---- */

struct looking {
	struct trace *t;
	uint64_t after;
	size_t records, found;
};

static struct trace_uplink *find(struct trace *t, const char *name)
{
	for (size_t i = 0; name && i < t->uplink_count; i++)
		if (!strcmp(t->uplinks[i].conf->name, name))
			return &t->uplinks[i];
	return NULL;
}

/* The later one is the one that counts. */
static void take_receipts(struct looking *l, struct trace_uplink *u, json_t *list)
{
	uint64_t seq = l->t->record.head.seq;
	struct hj_receipt one;
	json_t *j;
	size_t i;

	json_array_foreach(list, i, j)
	{
		if (!u || hj_receipt_from_json(j, &one) < 0 || one.from > seq || one.to < seq)
			continue;
		l->found += !u->receipt.from;
		u->receipt = one;
		u->state = one.packets ? TRACE_ACKNOWLEDGED : TRACE_PASSED;
	}
}

static int take_records(json_t *answer, bool continues, void *userdata)
{
	struct looking *l = userdata;
	json_t *j;
	size_t i;

	(void)continues;
	json_array_foreach(json_object_get(answer, "records"), i, j)
	{
		json_t *body = json_object_get(j, "body");

		l->records++;
		l->after = (uint64_t)cli_int(j, "seq");
		take_receipts(l, find(l->t, cli_string(body, "uplink")), json_object_get(body, "receipts"));
	}
	return 0;
}

/* They stand behind the record, mostly soon. */
static int ask_receipts(struct trace *t)
{
	struct looking l = { .t = t, .after = t->record.head.seq };
	int status = 0;

	for (unsigned page = 0; page < PAGES_MOST && status == 0 && l.found < t->uplink_count; page++) {
		l.records = 0;
		status = cli_stream(t->cli, "stored.look", "hjgate.Store.Query",
		        json_pack("{ss sI sI sI si}", "kind", hj_kind_name(HJ_KIND_RECEIPT), "begin",
		                (json_int_t)t->record.head.label_ms, "end", (json_int_t)HJ_TIME_MAX_MS, "after",
		                (json_int_t)l.after, "limit", RECORDS_A_PAGE),
		        CLI_ANSWER_MS, take_records, &l);
		if (l.records < RECORDS_A_PAGE)
			break;
	}
	for (size_t i = 0; i < t->uplink_count && status == 0; i++) {
		_cleanup_json_ json_t *answer = NULL;

		if (cli_ask_quiet(t->cli->root, "stored.look", "hjgate.Store.Receipts",
		            json_pack("{ss}", "uplink", t->uplinks[i].conf->name), CLI_ANSWER_MS, &answer, NULL) == 0)
			take_receipts(&l, &t->uplinks[i], json_object_get(answer, "receipts"));
	}
	return status;
}

static int ask_owed(struct trace *t)
{
	_cleanup_json_ json_t *status = NULL;
	int64_t seq = (int64_t)t->record.head.seq;
	json_t *state, *range;
	size_t i, k;
	int r = cli_ask(t->cli, "stored.look", "hjgate.Store.Status", NULL, &status);

	json_array_foreach(json_object_get(status, "uplinks"), i, state)
	{
		struct trace_uplink *u = find(t, cli_string(state, "name"));

		json_array_foreach(json_object_get(state, "ranges"), k,
		        range) if (u && cli_int(range, "from") <= seq && cli_int(range, "to") >= seq) u->state =
		        TRACE_WAITS;
	}
	return r;
}

/* ---- the frame ---- */

static int make_map(struct trace *t, const struct hj_conf_uplink *conf, struct hj212_phrase_map *map)
{
	int r;

	*map = (struct hj212_phrase_map){ .all = conf->all_points };
	r = hj_conf_uplink_points(&t->conf, conf, hj212_phrase_map_add, map);
	for (size_t i = 0; i < t->points.count && r >= 0; i++)
		r = hj212_phrase_map_learn(map, &t->points.points[i]);
	return r < 0 ? r : 0;
}

/* Which packet has "FACTOR-" at the begin of an item. */
static bool find_packet(const struct hj212_phrase_cut *cut, const char *items, const char *factor, unsigned *ret)
{
	size_t n = strlen(factor);

	for (unsigned i = 0; i < cut->count; i++) {
		const char *p = items + cut->pieces[i].at, *end = p + cut->pieces[i].n;

		for (; p + n < end; p++)
			if ((p == items + cut->pieces[i].at || p[-1] == ';') && !memcmp(p, factor, n) &&
			        p[n] == '-') {
				*ret = i;
				return true;
			}
	}
	return false;
}

static void mask(char *frame, const char *pw)
{
	char field[HJ_MN_MAX + 8];
	char *at;

	snprintf(field, sizeof(field), "PW=%s;", pw);
	at = *pw ? strstr(frame, field) : NULL;
	if (at)
		memset(at + 3, '*', strlen(pw));
}

static int64_t qn_of(const struct hj_receipt *r, unsigned packet)
{
	return packet == 0 ? r->qn_ms : packet + 1 == r->packets ? r->qn_last_ms : 0;
}

static void make_frame(struct trace_uplink *u, const struct hj212_phrase_sender *sender,
        const struct hj212_phrase_cut *cut, const char *items, int64_t label_ms)
{
	const struct hj212_phrase_packet packet = { .cut = cut,
		.items = items,
		.index = u->packet - 1,
		.cn = hj212_phrase_cn(HJ_KIND_MINUTE),
		.label_ms = label_ms,
		.qn_ms = u->qn_ms };
	char frame[HJ212_FRAME_MAX + 1];
	int n = u->qn_ms ? hj212_phrase_frame(sender, &packet, frame, HJ212_FRAME_MAX) : -ENODATA;

	if (n < 2)
		return;
	frame[n - 2] = '\0'; /* without CR LF */
	mask(frame, sender->pw);
	u->frame = strdup(frame);
}

/* What was folded into one upload with others is not made again: its numbers are not those of this record. */
static int rebuild(struct trace *t, struct trace_uplink *u)
{
	const struct hj_conf_uplink *c = u->conf;
	const struct hj212_phrase_sender sender = { .st = c->st,
		.mn = c->mn,
		.pw = c->pw,
		.crc = (enum hj212_crc)c->crc,
		.edition = (enum hj212_edition)c->edition };
	struct hj212_phrase_cut *cut = malloc(sizeof(*cut));
	const struct hj212_phrase_factor *factor;
	struct hj212_phrase_map map;
	struct hj_buf items = { 0 };
	unsigned packet;
	int r = cut ? make_map(t, c, &map) : -ENOMEM;

	if (r < 0) {
		free(cut);
		return r;
	}
	factor = hj212_phrase_map_find(&map, t->number);
	if (factor)
		hj_text_copy(u->factor, sizeof(u->factor), factor->factor);
	r = hj212_phrase_statistics(&map, t->record.stats.stats, t->record.stats.count, &items);
	if (r >= 0 && items.len && factor && u->state == TRACE_ACKNOWLEDGED && u->receipt.to == u->receipt.from &&
	        hj212_phrase_cut((struct hj212_slice){ items.data, items.len }, hj212_phrase_room(&sender), cut) >=
	                0 &&
	        find_packet(cut, items.data, factor->factor, &packet)) {
		u->packet = packet + 1;
		u->qn_ms = cut->count == u->receipt.packets ? qn_of(&u->receipt, packet) : 0;
		make_frame(u, &sender, cut, items.data, t->record.head.label_ms);
	}
	hj_buf_done(&items);
	hj212_phrase_map_done(&map);
	free(cut);
	return r;
}

/* As it went, and the answer to it, as long as the uplink keeps them. */
static void ask_frames(struct trace *t, struct trace_uplink *u)
{
	_cleanup_json_ json_t *answer = NULL;
	char socket[HJ_NAME_MAX + 24], qn[HJ_TIME17_LEN + 1], field[HJ_TIME17_LEN + 8];
	json_t *frame;
	size_t i;

	if (!u->qn_ms)
		return;
	snprintf(socket, sizeof(socket), "uplinkd@%s.look", u->conf->name);
	if (cli_ask_quiet(t->cli->root, socket, "hjgate.Uplink.Frames", json_pack("{si}", "limit", FRAMES_MOST),
	            CLI_ANSWER_MS, &answer, NULL) < 0)
		return;
	hj_time17_format(u->qn_ms, qn);
	snprintf(field, sizeof(field), "QN=%s", qn);
	json_array_foreach(json_object_get(answer, "frames"), i, frame)
	{
		const char *text = cli_string(frame, "text"), *direction = cli_string(frame, "direction");
		bool out = direction && !strcmp(direction, "out");
		char **to = out ? &u->frame : &u->answer;

		if (!text || !strstr(text, field) || (!out && !strstr(text, "9014")))
			continue;
		free(*to);
		*to = strdup(text);
		u->kept |= out;
	}
}

static bool sends(struct trace *t, const struct hj_conf_uplink *c)
{
	struct hj212_phrase_map map;
	bool it_does = hj_conf_uplink_wants(c, HJ_KIND_MINUTE) && make_map(t, c, &map) >= 0 &&
	               hj212_phrase_map_find(&map, t->number);

	if (hj_conf_uplink_wants(c, HJ_KIND_MINUTE))
		hj212_phrase_map_done(&map);
	return it_does;
}

int trace_find_uplinks(struct trace *t)
{
	int r;

	for (size_t i = 0; i < t->conf.uplink_count && t->uplink_count < TRACE_UPLINKS; i++) {
		const struct hj_conf_uplink *c = &t->conf.uplinks[i];

		if ((t->uplink && strcmp(t->uplink, c->name)) || !sends(t, c))
			continue;
		t->uplinks[t->uplink_count++] = (struct trace_uplink){ .conf = c, .state = TRACE_NEITHER };
	}
	r = ask_owed(t);
	r = r ? r : ask_receipts(t);
	for (size_t i = 0; i < t->uplink_count && r == 0; i++) {
		if (rebuild(t, &t->uplinks[i]) < 0)
			r = HJ_EXIT_TEMPORARY;
		else
			ask_frames(t, &t->uplinks[i]);
	}
	return r;
}
