/* The point of a trace, and the record that holds it: the newest, or that of the window of a time. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hjgate/clock.h"
#include "hjgate/now.h"
#include "instances.h"
#include "timespec.h"
#include "trace.h"

#define WINDOW_MOST (3600 * HJ_MS_PER_SEC) /* no base window is longer */
#define LABEL_MOST  64                     /* records of one label and its supplements */

static void read_configuration(struct trace *t)
{
	struct hj_conf_errors errors = { 0 };

	hj_conf_load_all(t->cli->root, &t->conf, &errors);
	hj_conf_add_factors(t->cli->root, &t->conf);
	hj_conf_errors_done(&errors);
}

static void look_through(
        struct trace *t, const struct hj_conf_bus *bus, const char **names, size_t *count, size_t most)
{
	for (size_t m = 0; m < bus->meter_count; m++)
		for (size_t i = 0; i < bus->meters[m].point_count; i++) {
			const struct hj_conf_point *p = &bus->meters[m].points[i];

			if (*count < most)
				names[(*count)++] = p->point.name;
			if (strcmp(p->point.name, t->name) || t->point)
				continue;
			t->bus = bus;
			t->meter = &bus->meters[m];
			t->point = p;
		}
}

int trace_find_point(struct trace *t)
{
	const char *names[HJ_POINTS_MAX + 1] = { 0 };
	size_t count = 0;

	if (cli_conf_forbidden(t->cli->root))
		return cli_conf_refused(t->cli);
	read_configuration(t);
	for (size_t b = 0; b < t->conf.bus_count; b++)
		look_through(t, &t->conf.buses[b], names, &count, HJ_POINTS_MAX);
	return t->point ? 0 : cli_unknown(t->cli, N_("point"), t->name, names);
}

/* ---- the record ---- */

static const struct hj_stat *stat_of(const struct trace *t, const struct hj_record *r)
{
	for (size_t i = 0; i < r->stats.count; i++) {
		const struct hj_point *p = hj_dictionary_find(&t->points, r->stats.stats[i].point);

		if (p && !strcmp(p->name, t->name))
			return &r->stats.stats[i];
	}
	return NULL;
}

static bool is_meant(const struct trace *t, const struct hj_record *r)
{
	return t->at_ms == INT64_MIN ||
	       (t->at_ms >= r->head.label_ms && t->at_ms < r->head.label_ms + r->head.length_ms);
}

static int take_records(json_t *answer, bool continues, void *userdata)
{
	struct trace *t = userdata;
	struct hj_point point;
	struct hj_record r;
	json_t *j;
	size_t i;

	(void)continues;
	t->left_out += cli_left_out(answer);
	json_array_foreach(json_object_get(answer, "points"), i, j) if (hj_point_from_json(j, &point) == 0)
	        hj_dictionary_put(&t->points, &point);
	json_array_foreach(json_object_get(answer, "records"), i, j)
	{
		if (hj_record_from_json(j, &r) < 0)
			continue;
		if (!stat_of(t, &r) || !is_meant(t, &r)) {
			hj_record_done(&r);
			continue;
		}
		hj_record_done(&t->record);
		t->record = r;
		t->found = true;
	}
	return 0;
}

static int ask(struct trace *t, int64_t begin_ms, int64_t end_ms, int64_t newest, const char *point)
{
	json_t *q = json_pack("{ss sI sI sI sb}", "kind", hj_kind_name(HJ_KIND_MINUTE), "begin", (json_int_t)begin_ms,
	        "end", (json_int_t)end_ms, "limit", (json_int_t)(newest ? newest : LABEL_MOST), "newest", 1);

	if (point)
		json_object_set_new(q, "point", json_string(point));
	return cli_stream(t->cli, "stored.look", "hjgate.Store.Query", q, CLI_ANSWER_MS, take_records, t);
}

/* By the clock of now, where the machine has not been started anew since. */
static void note_closed(struct trace *t)
{
	struct hj_now now = hj_now();
	uint8_t boot[HJ_ID_BYTES];

	if (hj_boot_id(t->cli->root, boot) >= 0 && !memcmp(boot, t->record.head.boot_id, sizeof(boot)))
		t->closed_ms = now.wall_ms - ((int64_t)(now.mono / HJ_USEC_PER_MS) - t->record.head.boottime_ms);
}

static void ask_seal(struct trace *t)
{
	_cleanup_json_ json_t *answer = NULL;

	if (cli_ask_quiet(t->cli->root, "stored.look", "hjgate.Store.Seal",
	            json_pack("{sI}", "seq", (json_int_t)t->record.head.seq), CLI_ANSWER_MS, &answer, NULL) < 0)
		return;
	t->seal_known = true;
	t->algorithm = cli_int(answer, "algorithm");
	t->key = cli_int(answer, "key");
	t->intact = json_is_true(json_object_get(answer, "intact"));
}

static int none(const struct trace *t)
{
	char text[HJ_TIME_HUMAN_LEN + 1];

	if (t->left_out)
		return cli_refused(t->cli,
		        _("no record of %s can be read, and %llu that are there cannot be: hjgate key says whether "
		          "their "
		          "key is here, hjgate verify whether they were changed"),
		        t->name, (unsigned long long)t->left_out);
	if (t->at_ms == INT64_MIN)
		return cli_refused(t->cli, _("there is no record of %s yet"), t->name);
	hj_time_human(t->at_ms, false, text);
	return cli_refused(t->cli, _("there is no record of %s at %s: hjgate gaps says why"), t->name, text);
}

/* First alone, since it may be far back; then whole, since a frame holds all points of it. */
int trace_find_record(struct trace *t)
{
	int64_t begin = 0, end = HJ_TIME_MAX_MS;
	const struct hj_stat *stat;
	int status;

	if (t->at_ms != INT64_MIN) {
		begin = hj_max(t->at_ms - WINDOW_MOST, (int64_t)0);
		end = t->at_ms + 1;
	}
	status = ask(t, begin, end, t->at_ms == INT64_MIN, t->name);
	if (status || !t->found)
		return status ? status : none(t);
	t->at_ms = t->record.head.label_ms;
	status = ask(t, t->at_ms, t->at_ms + 1, 0, NULL);
	if (status)
		return status;
	stat = stat_of(t, &t->record);
	if (!stat)
		return none(t); /* the point got another name between the two answers */
	t->stat = *stat;
	t->number = t->stat.point;
	note_closed(t);
	ask_seal(t);
	return 0;
}
