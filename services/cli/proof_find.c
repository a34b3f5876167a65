/* The records of a proof, and how they are kept: seal, chain, and the head that stands on them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/clock.h"
#include "hjgate/hj212_phrase.h"
#include "proof.h"

#define RECORDS_ASKED 64
#define MINUTES_MOST  (5 * 60 * HJ_MS_PER_SEC) /* of a base window */
#define HOUR_MS       (3600 * HJ_MS_PER_SEC)

/* The end of a window belongs to the next; of what has no length the second. */
static bool is_meant(const struct proof *p, const struct hj_head *h)
{
	int64_t length = h->length_ms ? (int64_t)h->length_ms : HJ_MS_PER_SEC;

	if (p->seq)
		return h->seq == (uint64_t)p->seq;
	return p->at_ms >= h->label_ms && p->at_ms < h->label_ms + length;
}

static int take(json_t *answer, bool continues, void *userdata)
{
	struct proof *p = userdata;
	struct hj_point point;
	struct hj_record r;
	json_t *j;
	size_t i;

	(void)continues;
	p->left_out += cli_left_out(answer);
	json_array_foreach(json_object_get(answer, "points"), i, j)
	{
		if (hj_point_from_json(j, &point) == 0)
			hj_dictionary_put(&p->points, &point);
	}
	json_array_foreach(json_object_get(answer, "records"), i, j)
	{
		if (hj_record_from_json(j, &r) < 0)
			continue;
		p->more |= p->count == PROOF_RECORDS && is_meant(p, &r.head);
		if (p->count == PROOF_RECORDS || !is_meant(p, &r.head))
			hj_record_done(&r);
		else
			p->records[p->count++].record = r;
	}
	return 0;
}

/* No window of the kind is longer. What does not hold the time is not asked for: where the clock went back, many
 * newer records of earlier labels would take the place of the one that is meant. */
static int64_t longest(enum hj_kind kind)
{
	switch (kind) {
	case HJ_KIND_MINUTE:
		return MINUTES_MOST;
	case HJ_KIND_HOUR:
		return HOUR_MS;
	case HJ_KIND_DAY:
		return HJ_MS_PER_DAY;
	default:
		return HJ_MS_PER_SEC;
	}
}

static int ask(struct proof *p, enum hj_kind kind)
{
	json_t *q = json_pack("{ss si}", "kind", hj_kind_name(kind), "limit", p->seq ? 1 : RECORDS_ASKED);

	json_object_set_new(q, "begin", json_integer(p->seq ? 0 : hj_max(p->at_ms - longest(kind) + 1, (int64_t)0)));
	json_object_set_new(q, "end", json_integer(p->seq ? HJ_TIME_MAX_MS : p->at_ms + 1));
	if (p->seq)
		json_object_set_new(q, "after", json_integer(p->seq - 1));
	else
		json_object_set_new(q, "newest", json_true());
	return cli_stream(p->cli, "stored.look", "hjgate.Store.Query", q, CLI_ANSWER_MS, take, p);
}

static void ask_seal(const struct cli *cli, uint64_t seq, struct proof_record *r)
{
	_cleanup_json_ json_t *answer = NULL;

	if (cli_ask_quiet(cli->root, "stored.look", "hjgate.Store.Seal", json_pack("{sI}", "seq", (json_int_t)seq),
	            CLI_ANSWER_MS, &answer, NULL) < 0)
		return;
	r->seal_known = true;
	r->algorithm = cli_int(answer, "algorithm");
	r->key = cli_int(answer, "key");
	r->intact = json_is_true(json_object_get(answer, "intact"));
}

static int none_of_number(const struct proof *p)
{
	struct proof_record r = { .seal_known = false };

	if (p->left_out)
		ask_seal(p->cli, (uint64_t)p->seq, &r);
	return r.seal_known && !r.intact
	               ? cli_refused(p->cli,
	                         _("record %lld is there and cannot be read: hjgate key says whether its key is "
	                           "here, "
	                           "hjgate verify whether it was changed"),
	                         (long long)p->seq)
	               : cli_refused(p->cli, _("there is no record %lld that platforms are told"), (long long)p->seq);
}

static int none(const struct proof *p)
{
	char text[HJ_TIME_HUMAN_LEN + 1];

	if (p->seq)
		return none_of_number(p);
	hj_time_human(p->at_ms, false, text);
	if (p->left_out)
		return cli_refused(p->cli,
		        _("no %s record at %s can be read, and %llu of that time cannot be read at all: "
		          "hjgate key says whether their key is here, hjgate verify whether they were changed"),
		        _(hj_kind_name(p->kind)), text, (unsigned long long)p->left_out);
	return cli_refused(
	        p->cli, _("there is no %s record at %s: hjgate gaps says why"), _(hj_kind_name(p->kind)), text);
}

/* The first head behind the record proves it, to whoever was given that head then. */
static void find_head(const struct verify *v, struct proof_record *r)
{
	for (size_t i = 0; i < v->count; i++) {
		uint64_t seq = strtoull(v->heads[i], NULL, 10);

		if (seq < r->record.head.seq || (r->head_seq && r->head_seq <= seq))
			continue;
		r->head_seq = seq;
		snprintf(r->head, sizeof(r->head), "%s", v->heads[i]);
	}
}

/* The span of the label only: the whole takes long. */
static void look_at_chain(struct proof *p)
{
	const struct hj_head *first = &p->records[0].record.head;

	p->verify.cli = p->cli;
	p->verify.from = hj_max(first->label_ms, (int64_t)1);
	p->verify.to = first->label_ms + 1;
	verify_run(&p->verify);
}

int proof_find(struct proof *p)
{
	int status = 0;

	for (enum hj_kind kind = 1; p->seq && kind <= HJ_KIND_MOST && !p->count && !status; kind++)
		status = hj212_phrase_cn(kind) ? ask(p, kind) : 0;
	if (!p->seq)
		status = ask(p, p->kind);
	if (status || !p->count)
		return status ? status : none(p);
	look_at_chain(p);
	for (size_t i = 0; i < p->count; i++) {
		ask_seal(p->cli, p->records[i].record.head.seq, &p->records[i]);
		find_head(&p->verify, &p->records[i]);
	}
	return 0;
}
