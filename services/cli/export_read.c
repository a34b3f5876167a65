/* The reading half of an export: pages of the store, one after the other, handed to the form record by record. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "export.h"
#include "hjgate/clock.h"
#include "tables.h"
#include "timespec.h"

#define PAGE_RECORDS 1000 /* in one call */

bool export_wants(struct export *x, const struct hj_stat *stat, const struct hj_point **ret)
{
	const struct hj_point *p = hj_dictionary_find(&x->points, stat->point);
	bool wanted = !x->point || (p && (!strcmp(p->name, x->point) || !strcmp(p->factor, x->point)));

	*ret = p;
	x->rows += wanted;
	return wanted;
}

const char *export_number(double value, char ret[EXPORT_NUMBER_LEN])
{
	if (!isfinite(value))
		ret[0] = '\0';
	else if (hj_number_format(value, -1, ret) < 0)
		snprintf(ret, EXPORT_NUMBER_LEN, "%.17g", value);
	return ret;
}

static void take_points(struct exporting *e, json_t *answer)
{
	struct hj_point point;
	json_t *j;
	size_t i;

	json_array_foreach(json_object_get(answer, "points"), i, j)
	{
		if (hj_point_from_json(j, &point) < 0)
			continue;
		hj_dictionary_put(&e->x.points, &point);
		if (e->x.form->learn && e->x.form->learn(&e->x, &point) == -ENOMEM)
			e->failed = -ENOMEM;
	}
}

static void take_record(struct exporting *e, json_t *j)
{
	bool of_points = e->x.point && hj_kind_is_statistics(e->x.kind);
	uint64_t before = e->x.rows;
	struct hj_record record;
	int r;

	e->page++;
	e->after = (uint64_t)cli_int(j, "seq");
	e->label_ms = cli_time(j, "label");
	r = hj_record_from_json(j, &record);
	if (r < 0) {
		e->failed = r == -ENOMEM ? r : 0;
		e->unreadable += r != -ENOMEM;
		return;
	}
	r = e->x.form->record(&e->x, &record);
	e->kind_records += !of_points || e->x.rows > before; /* one without the point takes nothing away */
	if (r < 0)
		e->failed = r;
	hj_record_done(&record);
}

static int take(json_t *answer, bool continues, void *userdata)
{
	struct exporting *e = userdata;
	json_t *j;
	size_t i;
	int r;

	take_points(e, answer);
	e->unreadable += cli_left_out(answer);
	json_array_foreach(json_object_get(answer, "records"), i, j) if (!e->failed) take_record(e, j);
	r = outfile_turn(&e->x.out);
	if (r < 0)
		e->failed = r;
	return e->failed ? 1 : 0;
}

/* The span in which there can be something, for people. */
int64_t export_begin(const struct exporting *e)
{
	return hj_max(e->x.from, e->oldest_ms);
}

int64_t export_end(const struct exporting *e)
{
	return hj_min(e->x.to, e->begun_ms);
}

/* How far it is shows by the newest label: good enough, and known without counting first. */
static void tell(struct exporting *e)
{
	int64_t begin = export_begin(e), end = export_end(e);
	double share = end > begin ? 100.0 * (double)(e->label_ms - begin) / (double)(end - begin) : 0;

	cli_progress(&e->progress, (size_t)fmin(fmax(share, 0), 100), 100, _("%s: %llu records"),
	        cli_word(hj_kind_name(e->x.kind)), (unsigned long long)e->kind_records);
}

/* Every record of the kind with begin <= label < end, in the order of the store. */
static int read_span(struct exporting *e, int64_t begin, int64_t end, size_t page, cli_answer_fn fn)
{
	int status;

	e->after = 0;
	do {
		json_t *q = json_pack("{ss sI sI sI sI}", "kind", hj_kind_name(e->x.kind), "begin", (json_int_t)begin,
		        "end", (json_int_t)end, "limit", (json_int_t)page, "after", (json_int_t)e->after);

		e->page = 0;
		status = cli_stream(e->x.cli, e->socket, "hjgate.Store.Query", q, CLI_ANSWER_MS, fn, e);
		tell(e);
	} while (!status && !e->failed && page > 1 && e->page >= page);
	return status;
}

static int take_any(json_t *answer, bool continues, void *userdata)
{
	struct exporting *e = userdata;

	e->page += json_array_size(json_object_get(answer, "records"));
	e->passed += cli_left_out(answer);
	return 0;
}

/* Stretch by stretch, since each is made one: long times without any record are found to be empty by halves. */
static int read_stretches(struct exporting *e, int64_t begin, int64_t end, int64_t step)
{
	int64_t count = (end - begin) / step, middle = begin + count / 2 * step;
	int status, r;

	e->passed = 0;
	status = read_span(e, begin, end, 1, take_any);
	if (status || e->failed || !e->page) {
		e->unreadable += e->passed; /* nobody reads this span again */
		return status;
	}
	if (count > 1) {
		status = read_stretches(e, begin, middle, step);
		return status || e->failed ? status : read_stretches(e, middle, end, step);
	}
	status = read_span(e, begin, end, PAGE_RECORDS, take);
	if (status || e->failed)
		return status;
	r = e->x.form->stretch_end(&e->x, begin);
	e->failed = r < 0 ? r : 0;
	return 0;
}

/* An interval that still runs is no frame yet: what it would say changes with each minute, and none was sent. */
bool export_stretches(const struct exporting *e, int64_t step, int64_t *ret_begin, int64_t *ret_end)
{
	const struct export *x = &e->x;
	int64_t end = x->to < HJ_TIME_MAX_MS ? hj_window_start(x->to - 1, step) + step : hj_window_start(x->to, step);

	*ret_begin = hj_window_start(x->from, step);
	*ret_end = hj_min(end, hj_window_start(e->begun_ms, step));
	return *ret_begin < *ret_end;
}

int export_read(struct exporting *e)
{
	struct export *x = &e->x;
	int64_t step = x->form->stretch ? x->form->stretch(x) : 0, begin, end;

	e->kind_records = 0;
	if (!step)
		return read_span(e, x->from, x->to, PAGE_RECORDS, take);
	return export_stretches(e, step, &begin, &end) ? read_stretches(e, begin, end, step) : 0;
}
