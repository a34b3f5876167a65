/* `hjgate maintain`: what is being worked on. Its values go to the platforms with flag M, and nobody is alerted of
 * it, until it is over. */
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "hjgate/clock.h"
#include "hjgate/conf_flat.h"
#include "json_text.h"
#include "tables.h"
#include "timespec.h"
#include "writer.h"

#define LONGEST_MS (7 * HJ_MS_PER_DAY) /* as stored takes it */
#define WHY_MOST   200                 /* bytes, as stored takes it */

struct maintain {
	const char *length, *why;
};

const struct cli_option cli_maintain_options[] = {
	{ "--for", 0, CLI_TEXT, N_("LENGTH"), N_("how long at most: 30m 2h 3d"), offsetof(struct maintain, length) },
	{ "--why", 0, CLI_TEXT, N_("TEXT"), N_("what is done; it is kept, and platforms may be told"),
	        offsetof(struct maintain, why) },
	{ 0 },
};

static const struct writer_column columns[] = {
	{ "what", N_("WHAT"), false },
	{ "kind", N_("KIND"), false },
	{ "begin", N_("BEGIN"), false },
	{ "until", N_("UNTIL"), false },
	{ "left", N_("LEFT"), true },
	{ "points", N_("POINTS"), true },
	{ "by", N_("BY"), false },
	{ "why", N_("WHY"), false },
};

static void row(struct writer *w, json_t *m)
{
	char span[CLI_SPAN_LEN];

	writer_cell_text(w, cli_string(m, "what"));
	writer_cell(w, STYLE_PLAIN, cli_member(m, "kind"), cli_word(cli_string(m, "kind")));
	writer_cell_time(w, cli_time(m, "begin"));
	writer_cell_time(w, cli_time(m, "until"));
	writer_cell(w, STYLE_PLAIN, cli_member(m, "left"), cli_span(cli_int(m, "left"), span));
	writer_cell_int(w, cli_int(m, "points"));
	writer_cell_text(w, cli_string(m, "by"));
	writer_cell_text(w, cli_string(m, "why"));
}

static int list(struct cli *cli)
{
	_cleanup_json_ json_t *answer = NULL;
	_cleanup_(writer_freep) struct writer *w = NULL;
	json_t *one, *all;
	size_t i;
	int r = cli_ask(cli, "stored.look", "hjgate.Store.Maintained", NULL, &answer);

	if (r)
		return r;
	all = json_object_get(answer, "maintained");
	w = writer_stdout(cli->json ? WRITER_JSON : WRITER_TEXT);
	writer_table(w, "maintained", columns, hj_array_size(columns));
	json_array_foreach(all, i, one) row(w, one);
	writer_table_end(w);
	if (!json_array_size(all))
		writer_say(w, STYLE_GOOD, "%s", _("nothing is being worked on"));
	return HJ_EXIT_OK;
}

/* ---- what an equipment is made of ---- */

struct parts {
	char prefix[80]; /* "equipment.fan." */
	json_t *list;
};

static bool ends_in(const char *key, const char *end)
{
	size_t n = strlen(key), k = strlen(end);

	return n > k && key[n - k - 1] == '.' && !strcmp(key + n - k, end);
}

/* point = ..., points = ( { point = ...; } ), power = ..., energy = ... of this one. */
static int take_part(const char *key, const char *value, bool secret, void *userdata)
{
	static const char *const keys[] = { "point", "power", "energy" };
	struct parts *p = userdata;

	if (strncmp(key, p->prefix, strlen(p->prefix)) != 0)
		return 0;
	for (size_t i = 0; i < hj_array_size(keys); i++)
		if (ends_in(key, keys[i]) && strchr(value, '.'))
			json_array_append_new(p->list, json_string(value));
	return 0;
}

/* The points by which it is judged, and a meter of the same name, where there is one; NULL: it is none. */
static json_t *equipment_parts(const struct cli *cli, const char *what)
{
	struct parts p = { .list = json_array() };

	snprintf(p.prefix, sizeof(p.prefix), "equipment.%s.", what);
	if (hj_conf_flatten(cli->root, "", "equipment", take_part, &p) >= 0 && json_array_size(p.list)) {
		json_array_append_new(p.list, json_string(what));
		return p.list;
	}
	json_decref(p.list);
	return NULL;
}

/* ---- changing ---- */

static int begin(struct cli *cli, const struct maintain *m, const char *what)
{
	_cleanup_json_ json_t *answer = NULL, *q = NULL;
	json_t *parts;
	char until[HJ_TIME_HUMAN_LEN + 1];
	int64_t length_ms;
	int r;

	if (!m->length || cli_length_parse(m->length, &length_ms) < 0 || length_ms < HJ_MS_PER_SEC ||
	        length_ms > LONGEST_MS)
		return cli_usage(cli, "%s", _("for how long? --for 30m, 2h or 3d, 7 days at most"));
	if (!m->why || !*m->why)
		return cli_usage(cli, "%s", _("what is done? --why TEXT"));
	if (strlen(m->why) > WHY_MOST)
		return cli_usage(cli, _("--why takes %d bytes at most (a Chinese character has 3)"), WHY_MOST);
	if (cli_utf8(cli, m->why) || cli_utf8(cli, what))
		return HJ_EXIT_USAGE;
	q = json_pack("{s:s, s:I, s:s}", "what", what, "milliseconds", (json_int_t)length_ms, "why", m->why);
	parts = q ? equipment_parts(cli, what) : NULL;
	if (parts) {
		json_object_set_new(q, "kind", json_string("equipment"));
		json_object_set_new(q, "parts", parts);
	}
	r = q ? cli_ask(cli, "stored.change", "hjgate.Store.Maintain", hj_steal(q), &answer) : HJ_EXIT_TEMPORARY;
	if (r)
		return r;
	if (cli->json) {
		cli_json_line(stdout, answer);
		return HJ_EXIT_OK;
	}
	hj_time_human(cli_time(answer, "until"), false, until);
	printf(ngettext("%s: %lld point has flag M until %s, or hjgate maintain %s end\n",
	               "%s: %lld points have flag M until %s, or hjgate maintain %s end\n",
	               (unsigned long)cli_int(answer, "points")),
	        what, (long long)cli_int(answer, "points"), until, what);
	return HJ_EXIT_OK;
}

static int end(struct cli *cli, const char *what)
{
	_cleanup_json_ json_t *answer = NULL;
	int r = cli_ask(cli, "stored.change", "hjgate.Store.MaintainEnd", json_pack("{s:s}", "what", what), &answer);

	if (r == 0 && cli->json)
		printf("{\"ok\": true}\n");
	else if (r == 0)
		printf(_("%s: the work is done\n"), what);
	return r;
}

int cli_maintain(struct cli *cli, int argc, char **argv)
{
	static const char *const words[] = { "end", NULL };
	struct maintain m = { 0 };
	int r = cli_options(cli, cli_maintain_options, &m, &argc, argv);

	if (r)
		return r;
	if (argc == 1 && !m.length && !m.why)
		return list(cli);
	if (argc == 1)
		return cli_usage(cli, "%s", _("what is being worked on? METER, METER.POINT or EQUIPMENT"));
	if (argc == 2)
		return begin(cli, &m, argv[1]);
	if (strcmp(argv[2], "end"))
		return cli_unknown(cli, N_("word"), argv[2], words);
	if (argc > 3)
		return cli_usage(cli, _("\"%s\" is too much"), argv[3]);
	return cli_utf8(cli, argv[1]) ? HJ_EXIT_USAGE : end(cli, argv[1]);
}
