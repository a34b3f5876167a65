/* `hjgate clock`: the store's time, who says that it is right, and what depends on it; `accept`: a person says so. */
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "clock_drift.h"
#include "hjgate/clock.h"
#include "json_text.h"
#include "tables.h"
#include "writer.h"

static const struct writer_column step_columns[] = {
	{ "from", N_("FROM"), false },
	{ "to", N_("TO"), false },
};

static void time_field(struct writer *w, json_t *answer, const char *key, const char *label)
{
	char text[HJ_TIME_HUMAN_LEN + 1];
	int64_t ms = cli_time(answer, key);

	hj_time_human(ms, false, text);
	writer_field(w, key, label, STYLE_PLAIN, cli_member(answer, key), ms ? text : "-");
}

static void show_trust(struct writer *w, json_t *answer)
{
	const char *trust = cli_string(answer, "trust") ?: "none";
	bool is_trusted = strcmp(trust, "none") != 0;
	const char *text = !strcmp(trust, "ntp")        ? _("a time daemon")
	                   : !strcmp(trust, "platform") ? _("a platform that set it")
	                   : !strcmp(trust, "rtc")      ? _("the box's own clock, or a person's word")
	                                                : _("nobody: what is read waits");

	writer_field(
	        w, "trust", _("trusted by"), is_trusted ? STYLE_GOOD : STYLE_BAD, cli_member(answer, "trust"), text);
	time_field(w, answer, "since", _("since"));
	writer_field(w, "setting", NULL, STYLE_PLAIN, cli_member(answer, "setting"), NULL);
}

static void show_steps(struct writer *w, json_t *answer)
{
	json_t *step;
	size_t i;

	writer_field(w, "steps_seen", _("steps seen"), STYLE_PLAIN, cli_member(answer, "steps_seen"), NULL);
	if (json_array_size(json_object_get(answer, "steps")))
		writer_say(w, STYLE_PLAIN, "%s", "");
	writer_table(w, "steps", step_columns, hj_array_size(step_columns));
	json_array_foreach(json_object_get(answer, "steps"), i, step)
	{
		writer_cell_time(w, cli_time(step, "from"));
		writer_cell_time(w, cli_time(step, "to"));
	}
	writer_table_end(w);
}

static int show(struct cli *cli)
{
	_cleanup_json_ json_t *answer = NULL, *drift = NULL;
	_cleanup_(writer_freep) struct writer *w = NULL;
	int64_t pending, future;
	int r = cli_ask(cli, "stored.look", "hjgate.Store.Clock", NULL, &answer);

	if (r)
		return r;
	pending = cli_int(answer, "pending");
	future = cli_int(answer, "future");
	w = writer_stdout(cli->json ? WRITER_JSON : WRITER_TEXT);
	time_field(w, answer, "now", _("time"));
	show_trust(w, answer);
	drift = cli_clock_ask(cli->root, CLI_ANSWER_MS);
	if (drift)
		cli_clock_drift(w, drift);
	writer_field(w, "pending", _("samples that wait for the time"), pending ? STYLE_WARN : STYLE_PLAIN,
	        cli_member(answer, "pending"), NULL);
	time_field(w, answer, "newest", _("newest window until"));
	writer_field(w, "future", _("records from later times"), future ? STYLE_BAD : STYLE_PLAIN,
	        cli_member(answer, "future"), NULL);
	if (future)
		writer_say(w, STYLE_WARN, "%s",
		        _("the clock was ahead: where it is right now, hjgate clock accept makes those records "
		          "void"));
	show_steps(w, answer);
	return 0;
}

static int accept(struct cli *cli)
{
	_cleanup_json_ json_t *answer = NULL;
	int r = cli_ask(cli, "stored.change", "hjgate.Store.ClockAccept", NULL, &answer);

	if (r)
		return r;
	if (cli->json) {
		cli_json_line(stdout, answer);
		return 0;
	}
	printf(ngettext("The clock is right as it is; %lld record from a later time is void.\n",
	               "The clock is right as it is; %lld records from later times are void.\n",
	               (unsigned long)cli_int(answer, "voided")),
	        (long long)cli_int(answer, "voided"));
	return 0;
}

int cli_clock(struct cli *cli, int argc, char **argv)
{
	static const char *const words[] = { "accept", NULL };

	if (argc > 2)
		return cli_usage(cli, "%s", _("clock takes one word at most"));
	if (argc < 2)
		return show(cli);
	if (strcmp(argv[1], "accept") != 0)
		return cli_unknown(cli, N_("word"), argv[1], words);
	return accept(cli);
}
