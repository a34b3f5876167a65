/* `hjgate check`: reads the whole configuration with the loaders the daemons use, so that what it accepts starts, and
 * shows every error with its place and its remedy. It changes nothing and asks no daemon. Warnings are what works but
 * is hardly meant: they make the check fail only where that is asked for. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "check_look.h"
#include "check_wire.h"
#include "cli.h"
#include "hjgate/conf.h"
#include "json_text.h"
#include "tables.h"
#include "writer.h"

struct options {
	bool strict;
};

const struct cli_option cli_check_options[] = {
	{ "--strict", 0, CLI_FLAG, NULL, N_("warnings fail the check, too"), offsetof(struct options, strict) },
	{ 0 },
};

void check_note(struct hj_conf_errors *n, const char *file, int line, const char *what, const char *remedy)
{
	struct hj_conf_error *list = realloc(n->list, (n->count + 1) * sizeof(*list)), *e;

	if (!list)
		return;
	n->list = list;
	e = &list[n->count++];
	memset(e, 0, sizeof(*e));
	e->line = line;
	hj_text_copy(e->file, sizeof(e->file), file);
	hj_text_copy(e->what, sizeof(e->what), what);
	hj_text_copy(e->remedy, sizeof(e->remedy), remedy);
}

/* ---- what is hardly meant ---- */

/* What is right is looked at even where something else is wrong; whether anything is missing, only when all is
 * right. */
static void look_around(const struct hj_conf *c, const char *root, bool all_right, struct hj_conf_errors *n)
{
	char etc[HJ_PATH_MAX] = "";

	for (size_t i = 0; i < c->bus_count; i++)
		check_look_at_bus(&c->buses[i], root, n);
	for (size_t i = 0; i < c->uplink_count; i++)
		check_look_at_uplink(&c->uplinks[i], c->uplinks, i, root, n);
	check_look_at_clock(c, root, n);
	check_look_at_alerts(&c->alerts, root, n);
	if (!all_right || hj_path(root, HJ_DIR_ETC, "", etc) < 0)
		return;
	if (!c->bus_count)
		check_note(n, etc, 0, _("there is no bus: nothing is measured"),
		        _("copy buses.d/north.conf.example to buses.d/NAME.conf and edit it"));
	if (!c->uplink_count)
		check_note(n, etc, 0, _("there is no uplink: records are kept, nobody gets them"),
		        _("copy uplinks.d/county.conf.example to uplinks.d/NAME.conf and edit it"));
}

/* ---- codes ---- */

/* The standard's table is taken away again at once: nobody else here wants it. */
static void look_at_codes(
        const struct hj_conf *c, const char *root, struct hj_conf_errors *errors, struct hj_conf_errors *n)
{
	struct hj_conf_factors f;
	char etc[HJ_PATH_MAX] = "";

	if (hj_conf_load_factors(root, &f, errors) == -ENOMEM)
		return;
	if (f.table.count)
		hj_conf_check_factors(c, &f.table, n);
	else if (c->bus_count && hj_path(root, HJ_DIR_ETC, "factors.conf", etc) >= 0)
		check_note(n, etc, 0, _("there is no table of factors: nobody can say whether a code is one"),
		        _("install the factors.conf that comes with hjgate"));
	hj_conf_factors_done(&f);
}

/* ---- the time of the buses ---- */

static double seconds(hj_usec span)
{
	return (double)span / (double)HJ_USEC_PER_SEC;
}

/* Where the interval is written that is too short: at a point, or at its meter. */
static int tight_line(const struct hj_conf_bus *b, const struct hj_budget_tight *t)
{
	for (size_t i = 0; i < b->meter_count; i++)
		for (size_t k = 0; k < b->meters[i].point_count; k++) {
			const struct hj_conf_point *p = &b->meters[i].points[k];
			int line;

			if ((t->fast ? p->fast_ms : p->point.interval_ms) != t->interval_ms)
				continue;
			line = hj_conf_key_line(b->file, p->line, t->fast ? "fast" : "poll_interval");
			return line ? line : hj_conf_key_line(b->file, b->meters[i].line, "poll_interval");
		}
	return 0;
}

/* Says what does not fit, and how far it is from fitting. */
static bool fits(const struct hj_conf_bus *c, const struct hj_budget *b, struct hj_conf_errors *errors)
{
	char what[256];

	if (b->fits)
		return true;
	check_wire_tight(b, what, sizeof(what));
	check_note(errors, c->file, tight_line(c, &b->tight), what,
	        _("write longer poll_intervals, fewer points or a higher baud, or put some meters on a second port"));
	return false;
}

static bool all_fit(const struct hj_conf *c, struct hj_conf_errors *errors)
{
	bool good = true;
	struct hj_budget b;

	for (size_t i = 0; i < c->bus_count; i++)
		if (check_wire(&c->buses[i], &b))
			good = fits(&c->buses[i], &b, errors) && good;
	return good;
}

static void show_wires(const struct hj_conf *c)
{
	struct hj_budget b;
	char sums[256];

	for (size_t i = 0; i < c->bus_count; i++) {
		if (!check_wire(&c->buses[i], &b))
			continue;
		check_wire_sums(&b, sums, sizeof(sums));
		printf(_("bus %s: %s\n"), c->buses[i].name, sums);
	}
}

static json_t *wires_json(const struct hj_conf *c)
{
	json_t *list = json_array();
	struct hj_budget b;

	for (size_t i = 0; i < c->bus_count; i++)
		if (check_wire(&c->buses[i], &b))
			json_array_append_new(
			        list, json_pack("{s:s, s:I, s:[f, f, f], s:f, s:b}", "bus", c->buses[i].name,
			                      "requests", (json_int_t)b.requests, "cycle_s", seconds(b.cycle[0]),
			                      seconds(b.cycle[1]), seconds(b.cycle[2]), "wire_percent",
			                      (double)b.share_ppm / PPM_OF_PERCENT, "fits", b.fits));
	return list;
}

/* ---- counting ---- */

struct counts {
	size_t buses, meters, points, uplinks;
};

static struct counts count(const struct hj_conf *c)
{
	struct counts n = { .buses = c->bus_count, .uplinks = c->uplink_count };

	for (size_t i = 0; i < c->bus_count; i++) {
		n.meters += c->buses[i].meter_count;
		for (size_t k = 0; k < c->buses[i].meter_count; k++)
			n.points += c->buses[i].meters[k].point_count;
	}
	return n;
}

/* ---- showing ---- */

void check_show_list(FILE *out, const struct hj_conf_errors *list, const char *before)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct hj_conf_error *e = &list->list[i];

		if (e->line)
			fprintf(out, "%s:%d: %s%s\n", e->file, e->line, before, cli_reason(e->what));
		else
			fprintf(out, "%s: %s%s\n", e->file, before, cli_reason(e->what));
		if (e->remedy[0])
			fprintf(out, "    %s\n", e->remedy);
	}
}

static void show_text(const struct hj_conf *c, const struct hj_conf_errors *errors,
        const struct hj_conf_errors *notes, const struct counts *n)
{
	size_t total = errors->count + errors->more, warnings = notes->count + notes->more;

	check_show_list(stdout, errors, "");
	if (errors->more)
		printf(ngettext("and %zu error more\n", "and %zu errors more\n", errors->more), errors->more);
	check_show_list(stdout, notes, _("warning: "));
	if (notes->more)
		printf(ngettext("and %zu warning more\n", "and %zu warnings more\n", notes->more), notes->more);
	show_wires(c); /* where something does not fit, this is the sum */
	printf(ngettext("%zu bus, ", "%zu buses, ", n->buses), n->buses);
	printf(ngettext("%zu meter, ", "%zu meters, ", n->meters), n->meters);
	printf(ngettext("%zu point, ", "%zu points, ", n->points), n->points);
	if (c->site.plan.equipment_count)
		printf(ngettext("%zu piece of equipment, ", "%zu pieces of equipment, ", c->site.plan.equipment_count),
		        c->site.plan.equipment_count);
	printf(ngettext("%zu uplink: ", "%zu uplinks: ", n->uplinks), n->uplinks);
	if (total)
		printf(ngettext("%zu error", "%zu errors", total), total);
	else
		printf("%s", _("no error"));
	if (warnings)
		printf(ngettext(", %zu warning", ", %zu warnings", warnings), warnings);
	putchar('\n');
}

json_t *check_list_json(const struct hj_conf_errors *list)
{
	json_t *all = json_array();

	for (size_t i = 0; i < list->count; i++) {
		const struct hj_conf_error *e = &list->list[i];

		json_array_append_new(all, json_pack("{s:o, s:i, s:o, s:o}", "file", writer_text(e->file), "line",
		                                   e->line, "what", writer_text(e->what), "remedy",
		                                   writer_text(e->remedy)));
	}
	return all;
}

static void show_json(const struct hj_conf *c, const struct hj_conf_errors *errors,
        const struct hj_conf_errors *notes, const struct counts *n)
{
	size_t total = errors->count + errors->more;
	json_t *j = json_pack("{s:b, s:i, s:i, s:i, s:i, s:i, s:o, s:i, s:o, s:o}", "ok", !total, "buses",
	        (int)n->buses, "meters", (int)n->meters, "points", (int)n->points, "uplinks", (int)n->uplinks,
	        "error_count", (int)total, "errors", check_list_json(errors), "warning_count",
	        (int)(notes->count + notes->more), "warnings", check_list_json(notes), "buses_time", wires_json(c));

	cli_json_line(stdout, j);
	json_decref(j);
}

int check_read(const char *root, struct check *ret)
{
	int r;

	*ret = (struct check){ .errors = { 0 } };
	r = hj_conf_load_all(root, &ret->conf, &ret->errors);
	if (r < 0 && !ret->errors.count)
		return r == -EINVAL ? -EIO : r;
	look_around(&ret->conf, root, r >= 0, &ret->notes);
	look_at_codes(&ret->conf, root, &ret->errors, &ret->notes);
	all_fit(&ret->conf, &ret->errors);
	return ret->errors.count + ret->errors.more ? -EINVAL : 0;
}

void check_done(struct check *c)
{
	hj_conf_done(&c->conf);
	hj_conf_errors_done(&c->errors);
	hj_conf_errors_done(&c->notes);
}

int cli_check(struct cli *cli, int argc, char **argv)
{
	_cleanup_(check_done) struct check c = { .errors = { 0 } };
	struct options o = { .strict = false };
	struct counts n;
	int r = cli_options(cli, cli_check_options, &o, &argc, argv);

	if (r)
		return r;
	if (argc > 2)
		return cli_usage(cli, _("one folder at most is wanted"));
	if (argc == 2)
		cli->root = cli_root(argv[1]);
	if (cli_root_known(cli))
		return HJ_EXIT_USAGE;
	r = check_read(cli->root, &c);
	if (r < 0 && r != -EINVAL)
		return cli_refused(cli, _("cannot read the configuration: %s"), strerror(-r));
	check_desk(&c.conf, cli->root, &c.notes);
	if (o.strict && c.notes.count + c.notes.more)
		r = -EINVAL;
	n = count(&c.conf);
	(cli->json ? show_json : show_text)(&c.conf, &c.errors, &c.notes, &n);
	return r < 0 ? HJ_EXIT_REFUSED : HJ_EXIT_OK;
}
