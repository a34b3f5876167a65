/* An export for programs: one JSON object a line, one line a point and window. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "export.h"
#include "json_text.h"
#include "hjgate/clock.h"
#include "hjgate/now.h"

/* "2026-11-23T08:05:00+08:00" */
static void iso_time(int64_t ms, char ret[32])
{
	char human[HJ_TIME_HUMAN_LEN + 1];

	hj_time_human(ms, false, human);
	snprintf(ret, 32, "%.10sT%.8s+08:00", human, human + 11);
}

static void put_head(FILE *f, const struct hj_head *h)
{
	char time[32], boot[2 * HJ_ID_BYTES + 1];

	iso_time(h->label_ms, time);
	hj_id_format(h->boot_id, boot);
	fprintf(f,
	        "{\"kind\":\"%s\",\"time\":\"%s\",\"label\":%lld,\"length_ms\":%u,\"seq\":%llu,\"trust\":\"%s\","
	        "\"boot\":\"%s\"",
	        hj_kind_name(h->kind), time, (long long)h->label_ms, h->length_ms, (unsigned long long)h->seq,
	        hj_trust_name(h->trust), boot);
}

static void put_text(FILE *f, const char *key, const char *text)
{
	_cleanup_json_ json_t *j = json_string(text ? text : "");
	_cleanup_free_ char *quoted = cli_json_text(j);

	fprintf(f, ",\"%s\":%s", key, quoted ? quoted : "null");
}

static void put_number(FILE *f, const char *key, double value)
{
	char text[EXPORT_NUMBER_LEN];

	fprintf(f, ",\"%s\":%s", key, isfinite(value) ? export_number(value, text) : "null");
}

static void put_stat(struct export *x, const struct hj_record *r, const struct hj_stat *s)
{
	const struct hj_point *p;
	FILE *f = x->out.f;

	if (!export_wants(x, s, &p))
		return;
	put_head(f, &r->head);
	put_text(f, "point", p ? p->name : NULL);
	put_text(f, "factor", p ? p->factor : NULL);
	put_text(f, "unit", p ? p->unit : NULL);
	fprintf(f, ",\"flag\":\"%c\"", s->flag);
	put_number(f, "cou", s->cou);
	put_number(f, "min", s->min);
	put_number(f, "avg", s->avg);
	put_number(f, "max", s->max);
	fprintf(f, ",\"got\":%u,\"expected\":%u}\n", s->got, s->expected);
}

static int record(struct export *x, const struct hj_record *r)
{
	_cleanup_free_ char *body = NULL;

	if (hj_kind_is_statistics(r->head.kind)) {
		for (size_t i = 0; i < r->stats.count; i++)
			put_stat(x, r, &r->stats.stats[i]);
		return 0;
	}
	body = cli_json_text(r->body);
	if (!body)
		return -ENOMEM;
	put_head(x->out.f, &r->head);
	fprintf(x->out.f, ",\"body\":%s}\n", body);
	return 0;
}

const struct export_form export_jsonl = { .name = "jsonl", .suffix = "jsonl", .record = record };
