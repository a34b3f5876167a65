/* An export for spreadsheets: the header in the user's language, a line a point and window, Beijing time. */
#include <errno.h>
#include <string.h>

#include "csv.h"
#include "export.h"
#include "json_text.h"
#include "hjgate/clock.h"

static const char *const stat_titles[] = {
	N_("Window begins (Beijing time)"),
	N_("Window (s)"),
	N_("Point"),
	N_("Factor"),
	N_("Unit"),
	N_("Flag"),
	N_("Cou (growth of the total, in the unit)"),
	N_("Min (in the unit)"),
	N_("Avg (in the unit)"),
	N_("Max (in the unit)"),
	N_("Samples got"),
	N_("Samples expected"),
	N_("Clock trusted by"),
	N_("Record"),
};

static const char *const body_titles[] = {
	N_("Time (Beijing time)"),
	N_("Kind"),
	N_("Content"),
	N_("Clock trusted by"),
	N_("Record"),
};

static int head(struct export *x)
{
	bool statistics = hj_kind_is_statistics(x->kind);
	const char *const *titles = statistics ? stat_titles : body_titles;
	size_t n = statistics ? hj_array_size(stat_titles) : hj_array_size(body_titles);

	fputs(CSV_BOM, x->out.f);
	for (size_t i = 0; i < n; i++)
		csv_cell(x->out.f, i == 0, _(titles[i]));
	fputs(CSV_END, x->out.f);
	return 0;
}

static void put_number(FILE *f, double value)
{
	char text[EXPORT_NUMBER_LEN];

	csv_cell(f, false, export_number(value, text));
}

static void put_int(FILE *f, uint64_t value)
{
	fprintf(f, ",%llu", (unsigned long long)value);
}

static void put_stat(struct export *x, const struct hj_record *r, const struct hj_stat *s)
{
	const struct hj_point *p;
	char time[HJ_TIME_HUMAN_LEN + 1], flag[] = { (char)s->flag, '\0' };
	const double values[] = { s->cou, s->min, s->avg, s->max };
	FILE *f = x->out.f;

	if (!export_wants(x, s, &p))
		return;
	hj_time_human(r->head.label_ms, false, time);
	csv_cell(f, true, time);
	fprintf(f, ",%g", r->head.length_ms / 1000.0);
	csv_cell_guarded(f, false, p ? p->name : "");
	csv_cell_guarded(f, false, p ? p->factor : "");
	csv_cell_guarded(f, false, p ? p->unit : "");
	csv_cell(f, false, flag);
	for (size_t i = 0; i < hj_array_size(values); i++)
		put_number(f, values[i]);
	put_int(f, s->got);
	put_int(f, s->expected);
	csv_cell(f, false, hj_trust_name(r->head.trust));
	put_int(f, r->head.seq);
	fputs(CSV_END, f);
}

/* A text as it is, everything else as the store has it. */
static int put_body(struct export *x, const struct hj_record *r)
{
	const char *text = cli_string(r->body, "text");
	_cleanup_free_ char *compact = text ? NULL : cli_json_text(r->body);
	char time[HJ_TIME_HUMAN_LEN + 1];
	FILE *f = x->out.f;

	if (!text && !compact)
		return -ENOMEM;
	hj_time_human(r->head.label_ms, false, time);
	csv_cell(f, true, time);
	csv_cell(f, false, hj_kind_name(r->head.kind));
	csv_cell_guarded(f, false, text ? text : compact);
	csv_cell(f, false, hj_trust_name(r->head.trust));
	put_int(f, r->head.seq);
	fputs(CSV_END, f);
	return 0;
}

static int record(struct export *x, const struct hj_record *r)
{
	if (!hj_kind_is_statistics(r->head.kind))
		return put_body(x, r);
	for (size_t i = 0; i < r->stats.count; i++)
		put_stat(x, r, &r->stats.stats[i]);
	return 0;
}

const struct export_form export_csv = {
	.name = "csv", .suffix = "csv", .table = true, .head = head, .record = record
};
