/* `hjgate judge`: what equipment does now, why judged thinks so, and what other thresholds would have made of what
 * is recorded. */
#include "judge.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "hjgate/conf_site.h"
#include "hjgate/clock.h"
#include "hjgate/event.h"
#include "tables.h"
#include "timespec.h"

const struct cli_option cli_judge_options[] = {
	{ "--from", 0, CLI_TIME, N_("TIME"), N_("replay: what was recorded then or later"),
	        offsetof(struct judge_options, from) },
	{ "--to", 0, CLI_TIME, N_("TIME"), N_("replay: what was recorded before (now as without)"),
	        offsetof(struct judge_options, to) },
	{ "--with", 0, CLI_TEXT, N_("FILE"), N_("replay: by this file in place of equipment.conf"),
	        offsetof(struct judge_options, with) },
	{ 0 },
};

static const struct writer_column columns[] = {
	{ "name", N_("EQUIPMENT"), false },
	{ "title", NULL, false },
	{ "code", N_("CODE"), false },
	{ "role", N_("ROLE"), false },
	{ "state", N_("STATE"), false },
	{ "since", N_("SINCE"), false },
	{ "hours", N_("HOURS TODAY"), true },
	{ "energy", N_("KWH"), true },
	{ "alarmed", N_("ALARM"), false },
	{ "maintained", NULL, false },
	{ "rs", N_("TOLD"), true },
};

bool judge_is_state(const char *code)
{
	return !strncmp(code, "equipment-", 10);
}

static const char *title_of(json_t *titles, const char *name)
{
	json_t *e;
	size_t i;

	json_array_foreach(titles, i, e)
	{
		const char *n = cli_string(e, "name");

		if (n && name && !strcmp(n, name))
			return cli_string(e, "title") ?: name;
	}
	return name;
}

void judge_sentence(json_t *conclusion, json_t *titles, char *to, size_t size)
{
	const struct hj_event_type *type = hj_event_find(cli_string(conclusion, "code") ?: "");
	json_t *proof = json_array_get(json_object_get(conclusion, "proofs"), 0);
	_cleanup_json_ json_t *values = json_object();
	static const char *const of_equipment[] = { "equipment", "production" };
	static const char *const of_proof[] = { "point", "value", "bound" };

	for (size_t i = 0; i < hj_array_size(of_equipment); i++)
		json_object_set_new(values, of_equipment[i],
		        json_string(title_of(titles, cli_string(conclusion, of_equipment[i])) ?: "-"));
	for (size_t i = 0; i < hj_array_size(of_proof); i++)
		json_object_set(values, of_proof[i], json_object_get(proof, of_proof[i]));
	if (cli_string(conclusion, "point"))
		json_object_set(values, "point", json_object_get(conclusion, "point"));
	hj_event_fill(type ? _(type->text) : cli_string(conclusion, "code") ?: "?", values, NULL, to, size);
}

static enum writer_style style_of(json_t *e)
{
	const char *state = cli_string(e, "state") ?: "";

	return !strcmp(state, "running") ? STYLE_GOOD : !strcmp(state, "unknown") ? STYLE_WARN : STYLE_PLAIN;
}

static void equipment_row(struct writer *w, json_t *e)
{
	bool alarmed = json_is_true(json_object_get(e, "alarmed")),
	     maintained = json_is_true(json_object_get(e, "maintained"));

	writer_cell_text(w, cli_string(e, "name"));
	writer_cell_text(w, cli_string(e, "title"));
	writer_cell_text(w, cli_string(e, "code"));
	writer_cell(w, STYLE_PLAIN, cli_member(e, "role"), cli_word(cli_string(e, "role") ?: "-"));
	writer_cell(w, style_of(e), cli_member(e, "state"), cli_word(cli_string(e, "state") ?: "-"));
	writer_cell_time(w, cli_time(e, "since"));
	writer_cell_number(w, cli_number(json_object_get(e, "hours")), 2);
	writer_cell_number(w, cli_number(json_object_get(e, "energy")), 2);
	writer_cell(w, alarmed ? STYLE_BAD : STYLE_PLAIN, json_boolean(alarmed),
	        maintained ? _("maintenance")
	        : alarmed  ? _("yes")
	                   : "-");
	writer_cell(w, STYLE_PLAIN, json_boolean(maintained), NULL);
	writer_cell(w, STYLE_PLAIN, cli_member(e, "rs"), NULL);
}

static void show_alarms(struct writer *w, json_t *answer)
{
	json_t *titles = json_object_get(answer, "equipment"), *c;
	char text[256], since[HJ_TIME_HUMAN_LEN + 1];
	bool any = false;
	size_t i;

	json_array_foreach(json_object_get(answer, "conclusions"), i, c)
	{
		if (judge_is_state(cli_string(c, "code") ?: ""))
			continue;
		if (!any)
			writer_say(w, STYLE_PLAIN, "%s", "");
		any = true;
		judge_sentence(c, titles, text, sizeof(text));
		hj_time_human(cli_time(c, "begin"), false, since);
		writer_say(w, STYLE_BAD, _("%s: %s (since %s)"), cli_string(c, "code"), text, since);
	}
	writer_field(w, "conclusions", NULL, STYLE_PLAIN, cli_member(answer, "conclusions"), NULL);
}

/* What is as it should be is in the JSON only. */
static void show_counts(struct writer *w, json_t *answer)
{
	long long waiting = cli_int(answer, "waiting"), lost = cli_int(answer, "lost"),
	          refused = cli_int(answer, "refused"), dropped = cli_int(answer, "dropped"),
	          unreadable = cli_int(answer, "unreadable"), future = cli_int(answer, "future"),
	          passed = cli_int(answer, "older") + cli_int(answer, "repeated");

	if (waiting)
		writer_say(w, STYLE_WARN,
		        ngettext("%lld conclusion waits for eventd and stored",
		                "%lld conclusions wait for eventd and stored", (unsigned long)waiting),
		        waiting);
	if (lost)
		writer_say(w, STYLE_BAD,
		        ngettext("%lld conclusion is lost, %lld refused: see journalctl -u hjgate-judged",
		                "%lld conclusions are lost, %lld of them refused: see journalctl -u hjgate-judged",
		                (unsigned long)lost),
		        lost, refused);
	if (dropped || unreadable)
		writer_say(w, STYLE_BAD, _("%lld samples were not judged for want of room, %lld made no sense"),
		        dropped, unreadable);
	if (future)
		writer_say(w, STYLE_WARN,
		        ngettext("%lld sample came from the future and was judged as of now",
		                "%lld samples came from the future and were judged as of now", (unsigned long)future),
		        future);
	if (passed)
		writer_say(w, STYLE_DIM,
		        ngettext("%lld sample was passed over: it had come already, or too late",
		                "%lld samples were passed over: they had come already, or too late",
		                (unsigned long)passed),
		        passed);
}

int judge_has_work(struct cli *cli)
{
	if (hj_conf_has_equipment(cli->root))
		return 0;
	return cli_refused(cli, _("there is no equipment.conf: nothing is judged (see hjgate.conf(5))"));
}

static int show_states(struct cli *cli)
{
	static const char *const plain[] = { "time", "live", "doing", "waiting", "lost", "refused", "taken",
		"samples", "dropped", "unreadable", "repeated", "older", "future" };
	_cleanup_json_ json_t *answer = NULL;
	struct writer *w;
	json_t *e;
	size_t i;
	int r = judge_has_work(cli);

	r = r ? r : cli_ask(cli, "judged.look", "hjgate.Judge.Status", NULL, &answer);
	if (r)
		return r;
	w = writer_stdout(cli->json ? WRITER_JSON : WRITER_TEXT);
	for (i = 0; i < hj_array_size(plain); i++)
		writer_field(w, plain[i], NULL, STYLE_PLAIN, cli_member(answer, plain[i]), NULL);
	if (!json_is_true(json_object_get(answer, "live")))
		writer_say(w, STYLE_WARN, _("not judging now: %s; what was concluded holds"),
		        cli_word(cli_string(answer, "doing") ?: "?"));
	writer_table(w, "equipment", columns, hj_array_size(columns));
	json_array_foreach(json_object_get(answer, "equipment"), i, e)
	{
		equipment_row(w, e);
	}
	writer_table_end(w);
	show_alarms(w, answer);
	show_counts(w, answer);
	writer_free(w);
	return 0;
}

int cli_judge(struct cli *cli, int argc, char **argv)
{
	static const char *const words[] = { "explain", "replay", NULL };
	struct judge_options o = { 0 };
	int r = cli_options(cli, cli_judge_options, &o, &argc, argv);

	if (r)
		return r;
	if (argc == 1)
		return show_states(cli);
	if (!strcmp(argv[1], "replay"))
		return argc > 2 ? cli_usage(cli, _("\"%s\" is too much"), argv[2]) : judge_replay(cli, &o);
	if (strcmp(argv[1], "explain"))
		return cli_unknown(cli, N_("word"), argv[1], words);
	if (argc != 3)
		return cli_usage(
		        cli, "%s", _("explain needs the name of one piece of equipment, as `hjgate judge` shows it"));
	return judge_explain(cli, argv[2]);
}
