/* Receipts: where they are looked for, and that the newest counts. */
#include "upload.h"

#include <stdlib.h>
#include <string.h>

#include "hjgate/clock.h"
#include "phrase.h"

#define RECORDS_A_PAGE 50  /* of receipts */
#define PAGES_MOST     200 /* of them: 30 days of ten uplinks */

struct looking {
	uint64_t seq;
	struct upload *list;
	size_t count;
	uint64_t after;
	size_t records, found;
};

void upload_done(struct upload *u)
{
	for (unsigned i = 0; i < u->frame_count; i++) {
		free(u->frames[i].text);
		free(u->frames[i].answer);
	}
	free(u->frames);
	u->frames = NULL;
	u->frame_count = 0;
}

static struct upload *find(struct looking *l, const char *name)
{
	for (size_t i = 0; name && i < l->count; i++)
		if (!strcmp(l->list[i].conf->name, name))
			return &l->list[i];
	return NULL;
}

/* The later one is the one that counts. */
static void take_receipts(struct looking *l, struct upload *u, json_t *list, uint64_t receipt_seq)
{
	struct hj_receipt one;
	json_t *j;
	size_t i;

	json_array_foreach(list, i, j)
	{
		if (!u || hj_receipt_from_json(j, &one) < 0 || one.from > l->seq || one.to < l->seq)
			continue;
		l->found += !u->receipt.from;
		u->receipt = one;
		u->receipt_seq = receipt_seq;
		u->state = one.packets ? UPLOAD_ACKNOWLEDGED : UPLOAD_PASSED;
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
		take_receipts(l, find(l, cli_string(body, "uplink")), json_object_get(body, "receipts"), l->after);
	}
	return 0;
}

/* They stand behind the record, mostly soon. */
static int ask_receipts(const struct cli *cli, const struct hj_head *head, struct looking *l)
{
	int status = 0;

	for (unsigned page = 0; page < PAGES_MOST && status == 0 && l->found < l->count; page++) {
		l->records = 0;
		status = cli_stream(cli, "stored.look", "hjgate.Store.Query",
		        json_pack("{ss sI sI sI si}", "kind", hj_kind_name(HJ_KIND_RECEIPT), "begin",
		                (json_int_t)head->label_ms, "end", (json_int_t)HJ_TIME_MAX_MS, "after",
		                (json_int_t)l->after, "limit", RECORDS_A_PAGE),
		        CLI_ANSWER_MS, take_records, l);
		if (l->records < RECORDS_A_PAGE)
			break;
	}
	for (size_t i = 0; i < l->count && status == 0; i++) {
		_cleanup_json_ json_t *answer = NULL;

		if (cli_ask_quiet(cli->root, "stored.look", "hjgate.Store.Receipts",
		            json_pack("{ss}", "uplink", l->list[i].conf->name), CLI_ANSWER_MS, &answer, NULL) == 0)
			take_receipts(l, &l->list[i], json_object_get(answer, "receipts"), 0);
	}
	return status;
}

static void note_owed(struct looking *l, json_t *state)
{
	struct upload *u = find(l, cli_string(state, "name"));
	int64_t seq = (int64_t)l->seq;
	json_t *range;
	size_t i;

	json_array_foreach(json_object_get(state, "ranges"), i, range)
	{
		if (u && cli_int(range, "from") <= seq && cli_int(range, "to") >= seq)
			u->state = UPLOAD_WAITS;
	}
}

int upload_find_receipts(const struct cli *cli, const struct hj_head *head, struct upload *list, size_t count)
{
	struct looking l = { .seq = head->seq, .list = list, .count = count, .after = head->seq };
	_cleanup_json_ json_t *status = NULL;
	json_t *state;
	size_t i;
	int r = cli_ask(cli, "stored.look", "hjgate.Store.Status", NULL, &status);

	json_array_foreach(json_object_get(status, "uplinks"), i, state) note_owed(&l, state);
	return r ? r : ask_receipts(cli, head, &l);
}

int upload_make_words(const struct hj_conf *conf, const struct hj_conf_uplink *uplink,
        const struct hj_dictionary *points, struct cli_phrase *words)
{
	int r = cli_phrase_init(words, conf, uplink);

	for (size_t i = 0; i < points->count && r >= 0; i++)
		r = hj212_phrase_map_learn(&words->map, &points->points[i]);
	return r < 0 ? r : 0;
}
