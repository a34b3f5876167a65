/* `hjgate bus plan`: what a bus will be asked, request by request, and what that costs its wire: from its file,
 * before anything is asked. What a running meterd has learned besides (requests that a meter refused) is not in it:
 * that is in `hjgate meter`. */
#include <stdio.h>
#include <string.h>

#include "bus.h"
#include "check_wire.h"
#include "instances.h"

static const struct writer_column columns[] = {
	{ "meter", N_("METER"), false },
	{ "table", N_("TABLE"), false },
	{ "address", N_("ADDRESS"), true },
	{ "count", N_("COUNT"), true },
	{ "points", N_("POINTS"), true },
	{ "interval_ms", N_("EVERY"), true },
	{ "fast_ms", N_("FAST"), true },
	{ "bytes", N_("BYTES"), true },
	{ "takes_ms", N_("TAKES"), true },
	{ "wire_percent", N_("OF THE WIRE"), true },
};

static void span_cell(struct writer *w, uint32_t ms)
{
	char text[32];

	snprintf(text, sizeof(text), ms % 1000 ? "%u ms" : "%u s", ms % 1000 ? ms : ms / 1000);
	if (ms)
		writer_cell(w, STYLE_PLAIN, json_integer(ms), text);
	else
		writer_cell(w, STYLE_DIM, json_null(), "-");
}

static void address_cell(struct writer *w, const struct hj_request *q)
{
	char text[16];

	snprintf(text, sizeof(text), q->table == HJ_TABLE_DATA ? "0x%08X" : "%u", q->address);
	writer_cell(w, STYLE_PLAIN, json_integer(q->address), text);
}

static void real_cell(struct writer *w, double value, const char *unit)
{
	char text[48];

	snprintf(text, sizeof(text), "%.2f%s", value, unit);
	writer_cell(w, STYLE_PLAIN, json_real(value), text);
}

static void put_request(
        struct writer *w, const struct hj_conf_bus *c, const struct hj_request *q, const struct hj_bus_cost *cost)
{
	double ms = (double)hj_bus_cost_ns(cost, q->table, q->count) / 1e6;
	uint32_t period = q->fast_ms ? q->fast_ms : q->interval_ms;

	writer_cell_text(w, c->meters[q->meter].name);
	writer_cell_text(w, hj_table_name(q->table));
	address_cell(w, q);
	writer_cell_int(w, q->count);
	writer_cell_int(w, (int64_t)q->wants);
	span_cell(w, q->interval_ms);
	span_cell(w, q->fast_ms);
	writer_cell_int(w, cost->out_bytes + cost->in_bytes + hj_bus_cost_data(q->table, q->count));
	real_cell(w, ms, " ms");
	real_cell(w, 100 * ms / period, " %");
}

static void put_sums(struct writer *w, const struct hj_budget *b)
{
	char text[256];

	check_wire_sums(b, text, sizeof(text));
	writer_say(w, STYLE_PLAIN, "%s", "");
	writer_say(w, STYLE_PLAIN, "%s", text);
	check_wire_tight(b, text, sizeof(text));
	if (!b->fits)
		writer_say(w, STYLE_BAD, "%s", text);
	writer_field(w, "cycle_s", NULL, STYLE_PLAIN,
	        json_pack("[f, f, f]", (double)b->cycle[0] / HJ_USEC_PER_SEC, (double)b->cycle[1] / HJ_USEC_PER_SEC,
	                (double)b->cycle[2] / HJ_USEC_PER_SEC),
	        NULL);
	writer_field(w, "wire_percent", NULL, STYLE_PLAIN, json_real((double)b->share_ppm / PPM_OF_PERCENT), NULL);
	writer_field(w, "fits", NULL, STYLE_PLAIN, json_boolean(b->fits), NULL);
}

static int show(const struct cli *cli, const struct hj_conf_bus *c)
{
	_cleanup_(writer_freep) struct writer *w = NULL;
	struct hj_budget_rules rules;
	struct hj_budget b;
	struct hj_plan plan;

	if (hj_bus_type(c->kind)->traits & (HJ_BUS_SERVES | HJ_BUS_LINES))
		return cli_refused(cli, _("nothing is asked over a wire on bus %s"), c->name);
	if (check_wire_plan(c, &rules, &plan) < 0 || hj_budget_make(&plan, &rules, &b) < 0)
		return cli_refused(cli, "%s", _("out of memory"));
	w = bus_writer(cli);
	writer_table(w, "requests", columns, hj_array_size(columns));
	for (size_t i = 0; i < plan.count; i++)
		put_request(w, c, &plan.requests[i], &rules.cost);
	writer_table_end(w);
	put_sums(w, &b);
	hj_plan_done(&plan);
	return b.fits ? HJ_EXIT_OK : HJ_EXIT_REFUSED;
}

int bus_plan(struct cli *cli, const struct bus_options *o, int argc, char **argv)
{
	_cleanup_(hj_conf_errors_done) struct hj_conf_errors errors = { 0 };
	struct hj_conf_bus c = { 0 };
	int r;

	(void)o;
	if (argc != 1)
		return cli_usage(cli, "%s", _("plan needs one word: the name of a bus of the configuration"));
	r = cli_instance_known(cli, "buses.d", "meterd", argv[0]);
	if (r)
		return r;
	if (hj_conf_load_bus(cli->root, argv[0], &c, &errors) < 0)
		return cli_refused(cli, _("the file of bus %s has errors: hjgate check shows them"), argv[0]);
	r = show(cli, &c);
	hj_conf_bus_done(&c);
	return r;
}
