/* `hjgate alert`: the channels by which people are told, and what waits for them; `test`: tells them that it is a
 * test. */
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "tables.h"
#include "writer.h"

#define TEST_MS 130000 /* the longest timeout of a channel, twice */

static const struct writer_column columns[] = {
	{ "channel", N_("CHANNEL"), false },
	{ "kind", N_("KIND"), false },
	{ "host", N_("HOST"), false },
	{ "state", N_("STATE"), false },
	{ "waiting", N_("WAITING"), true },
	{ "oldest", N_("OLDEST"), false },
	{ "retry_at", N_("NEXT TRY"), false },
	{ "told", N_("TOLD"), true },
	{ "messages", N_("MESSAGES"), true },
	{ "lost", N_("LOST"), true },
	{ "last", N_("LAST"), false },
	{ "error", N_("TROUBLE"), false },
};
static const struct writer_column test_columns[] = {
	{ "channel", N_("CHANNEL"), false },
	{ "milliseconds", N_("MS"), true },
	{ "error", N_("RESULT"), false },
};

static enum writer_style style_of(const char *state)
{
	return !strcmp(state, "failing") ? STYLE_BAD : !strcmp(state, "waiting") ? STYLE_WARN : STYLE_PLAIN;
}

static void row(struct writer *w, json_t *c)
{
	const char *state = cli_string(c, "state") ?: "";

	writer_cell_text(w, cli_string(c, "channel"));
	writer_cell_text(w, cli_string(c, "kind"));
	writer_cell_text(w, cli_string(c, "host"));
	writer_cell(w, style_of(state), cli_member(c, "state"), cli_word(state));
	writer_cell_int(w, cli_int(c, "waiting"));
	writer_cell_time(w, cli_time(c, "oldest"));
	writer_cell_time(w, cli_time(c, "retry_at"));
	writer_cell_int(w, cli_int(c, "told"));
	writer_cell_int(w, cli_int(c, "messages"));
	writer_cell(w, cli_int(c, "lost") ? STYLE_BAD : STYLE_PLAIN, cli_member(c, "lost"), NULL);
	writer_cell_time(w, cli_time(c, "last"));
	writer_cell_text(w, cli_string(c, "error"));
}

static void say_state(struct writer *w, json_t *answer)
{
	if (json_is_true(json_object_get(answer, "bad_configuration")))
		writer_say(w, STYLE_BAD, "%s",
		        _("alerts.conf is not right, so nobody is told anything: see hjgate check"));
	else if (!json_array_size(json_object_get(answer, "channels")))
		writer_say(w, STYLE_PLAIN, "%s",
		        _("nobody is told anything: alerts.conf has no channel (see hjgate.conf(5))"));
	if (json_is_true(json_object_get(answer, "dry_run")))
		writer_say(w, STYLE_WARN, "%s",
		        _("dry run: what would be said is in the log of alertd, and said to nobody"));
}

/* What eventd has not handed on; without eventd nobody knows. */
static void show_untaken(struct cli *cli, struct writer *w)
{
	_cleanup_json_ json_t *events = NULL;
	long long passed;

	if (cli_ask_quiet(cli->root, "eventd.look", "hjgate.Event.Status", NULL, CLI_ANSWER_MS, &events, NULL) < 0)
		return;
	passed = cli_int(events, "passed");
	writer_field(w, "untaken", NULL, STYLE_PLAIN, cli_member(events, "untaken"), NULL);
	writer_field(w, "passed", NULL, STYLE_PLAIN, cli_member(events, "passed"), NULL);
	if (passed > 0)
		writer_say(w, STYLE_BAD,
		        _("nobody is told of %lld rows of the events: too many waited while alertd took none"),
		        passed);
}

static int show(struct cli *cli)
{
	_cleanup_json_ json_t *answer = NULL;
	_cleanup_(writer_freep) struct writer *w = NULL;
	json_t *channel;
	size_t i;
	int r = cli_ask(cli, "alertd.look", "hjgate.Alert.Status", NULL, &answer);

	if (r)
		return r;
	w = writer_stdout(cli->json ? WRITER_JSON : WRITER_TEXT);
	writer_field(w, "dry_run", NULL, STYLE_PLAIN, cli_member(answer, "dry_run"), NULL);
	writer_field(w, "bad_configuration", NULL, STYLE_PLAIN, cli_member(answer, "bad_configuration"), NULL);
	if (json_array_size(json_object_get(answer, "channels")) || cli->json) {
		writer_table(w, "channels", columns, hj_array_size(columns));
		json_array_foreach(json_object_get(answer, "channels"), i, channel) row(w, channel);
		writer_table_end(w);
	}
	show_untaken(cli, w);
	say_state(w, answer);
	return 0;
}

/* Each channel answers in its own time. */
static int show_test(struct cli *cli, json_t *answer)
{
	_cleanup_(writer_freep) struct writer *w = writer_stdout(cli->json ? WRITER_JSON : WRITER_TEXT);
	json_t *tested;
	bool failed = false;
	size_t i;

	writer_table(w, "tested", test_columns, hj_array_size(test_columns));
	json_array_foreach(json_object_get(answer, "tested"), i, tested)
	{
		const char *error = cli_string(tested, "error");

		writer_cell_text(w, cli_string(tested, "channel"));
		writer_cell_int(w, cli_int(tested, "milliseconds"));
		writer_cell(
		        w, error ? STYLE_BAD : STYLE_GOOD, cli_member(tested, "error"), error ? error : _("told"));
		failed = failed || error;
	}
	writer_table_end(w);
	if (!json_array_size(json_object_get(answer, "tested"))) {
		failed = true;
		writer_say(w, STYLE_BAD, "%s",
		        _("nobody is told anything: alerts.conf has no channel (see hjgate.conf(5))"));
	}
	return failed ? HJ_EXIT_REFUSED : 0;
}

static int take_test(json_t *answer, bool continues, void *userdata)
{
	*(json_t **)userdata = json_incref(answer);
	return 0;
}

static int test(struct cli *cli, const char *channel)
{
	_cleanup_json_ json_t *answer = NULL;
	json_t *question = json_object();
	int r;

	if (channel)
		json_object_set_new(question, "channel", json_string(channel));
	r = cli_stream(cli, "alertd.change", "hjgate.Alert.Test", question, TEST_MS, take_test, &answer);
	return r ? r : show_test(cli, answer);
}

int cli_alert(struct cli *cli, int argc, char **argv)
{
	static const char *const words[] = { "test", NULL };

	if (argc < 2)
		return show(cli);
	if (strcmp(argv[1], "test") != 0)
		return cli_unknown(cli, N_("word"), argv[1], words);
	if (argc > 3)
		return cli_usage(cli, "%s", _("alert test takes one channel, or none for all of them"));
	if (argc > 2 && cli_utf8(cli, argv[2])) /* or all of them would be told */
		return HJ_EXIT_USAGE;
	return test(cli, argc > 2 ? argv[2] : NULL);
}
