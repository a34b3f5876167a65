/* `hjgate uplink`: the platforms, all or one, and what may be done with one: look at its frames, stop and go on, send
 * records again. */
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "frames.h"
#include "hjgate/clock.h"
#include "hjgate/record.h"
#include "instances.h"
#include "json_text.h"
#include "tables.h"
#include "timespec.h"
#include "uplink.h"
#include "writer.h"

struct uplink {
	bool change, frames, made_up;
	int64_t last, from, to;
	const char *kind, *name;
};

const struct cli_option cli_uplink_options[] = {
	{ "--last", 'n', CLI_COUNT, N_("N"), N_("with frames: the newest N (20 as without)"),
	        offsetof(struct uplink, last) },
	{ "--change", 0, CLI_FLAG, NULL, N_("with frames and preview: show passwords (needs the group hjgate-admin)"),
	        offsetof(struct uplink, change) },
	{ "--made-up", 0, CLI_FLAG, NULL, N_("with test: values that nobody has measured, with Flag S"),
	        offsetof(struct uplink, made_up) },
	{ "--frames", 0, CLI_FLAG, NULL, N_("with preview: only the frames, one a line"),
	        offsetof(struct uplink, frames) },
	{ "--from", 0, CLI_TIME, N_("TIME"), N_("with resend: windows that begin then or later"),
	        offsetof(struct uplink, from) },
	{ "--to", 0, CLI_TIME, N_("TIME"), N_("with resend: windows that begin before"),
	        offsetof(struct uplink, to) },
	{ "--kind", 'k', CLI_TEXT, N_("KIND"), N_("with resend: only this kind of record"),
	        offsetof(struct uplink, kind) },
	{ 0 },
};

static const char *socket_of(const struct uplink *u, bool change, char to[UPLINK_SOCKET_MAX])
{
	snprintf(to, UPLINK_SOCKET_MAX, "uplinkd@%s.%s", u->name, change ? "change" : "look");
	return to;
}

static struct writer *open_writer(const struct cli *cli)
{
	return writer_stdout(cli->json ? WRITER_JSON : WRITER_TEXT);
}

/* ---- all of them ---- */

static int list(struct cli *cli)
{
	_cleanup_(cli_instances_done) struct cli_instances found = { 0 };
	_cleanup_(writer_freep) struct writer *w = NULL;
	char socket[UPLINK_SOCKET_MAX];
	int status = HJ_EXIT_OK;

	cli_instances(cli->root, "uplinks.d", "uplinkd", &found);
	if (found.count == 0 && cli_conf_forbidden(cli->root))
		return cli_conf_refused(cli);
	w = open_writer(cli);
	if (found.count == 0)
		writer_say(w, STYLE_WARN, "%s", _("no uplink is configured yet: hjgate status says what to do"));
	cli_uplinks_begin(w);
	for (size_t i = 0; i < found.count; i++) {
		_cleanup_json_ json_t *answer = NULL;
		const struct uplink u = { .name = found.names[i] };
		int r = cli_ask(cli, socket_of(&u, false, socket), "hjgate.Uplink.Status", NULL, &answer);

		if (r == 0)
			cli_uplinks_row(w, answer, cli_wall_ms());
		else
			status = r;
	}
	writer_table_end(w);
	return status;
}

/* ---- one ---- */

static const struct {
	const char *key, *label; /* label N_() */
	enum { AS_IS, AS_TIME, AS_WORD, AS_SECONDS, AS_MINUTES, AS_MS } how;
} details[] = {
	{ "host", N_("host"), AS_IS },
	{ "port", N_("port"), AS_IS },
	{ "address", N_("address in use"), AS_IS },
	{ "tls", N_("TLS"), AS_IS },
	{ "mn", N_("MN"), AS_IS },
	{ "st", N_("ST"), AS_IS },
	{ "edition", N_("edition"), AS_IS },
	{ "next_edition", N_("next edition"), AS_IS },
	{ "next_from", N_("from then on"), AS_TIME },
	{ "ack", N_("acknowledged by"), AS_WORD },
	{ "state", N_("state"), AS_WORD },
	{ "since", N_("since"), AS_TIME },
	{ "error", N_("trouble"), AS_WORD },
	{ "retry_at", N_("trying again at"), AS_TIME },
	{ "connects", N_("connected times"), AS_IS },
	{ "acknowledged", N_("acknowledged"), AS_IS },
	{ "last_ack", N_("last acknowledged"), AS_TIME },
	{ "waiting", N_("waiting"), AS_IS },
	{ "oldest", N_("oldest waiting"), AS_TIME },
	{ "eta", N_("time to go"), AS_SECONDS },
	{ "held", N_("backlog waits for"), AS_WORD },
	{ "held_until", N_("until"), AS_TIME },
	{ "sent_today", N_("bytes sent today"), AS_IS },
	{ "answer_ms", N_("answers in"), AS_MS },
	{ "sent_frames", N_("frames sent"), AS_IS },
	{ "received_frames", N_("frames received"), AS_IS },
	{ "resent_frames", N_("frames sent again"), AS_IS },
	{ "refused", N_("refused by the platform"), AS_IS },
	{ "too_long", N_("values longer than their type"), AS_IS },
	{ "bad_frames", N_("bad frames received"), AS_IS },
	{ "junk_bytes", N_("bytes between frames"), AS_IS },
	{ "qn", N_("newest QN"), AS_IS },
	{ "over_time", N_("over_time"), AS_SECONDS },
	{ "re_count", N_("re_count"), AS_IS },
	{ "rtd_interval", N_("rtd_interval"), AS_SECONDS },
	{ "min_interval", N_("min_interval"), AS_MINUTES },
};

static void detail(struct writer *w, json_t *answer, size_t i)
{
	json_t *value = json_object_get(answer, details[i].key);
	int64_t n = json_integer_value(value);
	char text[128] = "";

	if (!json_is_integer(value) || details[i].how == AS_IS)
		;
	else if (details[i].how == AS_TIME)
		hj_time_human(cli_time(answer, details[i].key), false, text);
	else if (details[i].how == AS_SECONDS)
		cli_span_seconds(n, text);
	else if (details[i].how == AS_MINUTES && n == 0)
		snprintf(text, sizeof(text), "%s", _("the base window"));
	else if (details[i].how == AS_MINUTES)
		snprintf(text, sizeof(text), _("%lld min"), (long long)n);
	else
		snprintf(text, sizeof(text), "%lld ms", (long long)n);
	if (details[i].how == AS_WORD)
		snprintf(text, sizeof(text), "%s", cli_word(json_string_value(value)));
	writer_field(w, details[i].key, value && !json_is_null(value) ? _(details[i].label) : NULL,
	        !strcmp(details[i].key, "error") ? STYLE_BAD : STYLE_PLAIN, cli_member(answer, details[i].key),
	        *text ? text : NULL);
}

/* What the platform has set, so that it is not sought in the configuration. */
static void changed(struct writer *w, json_t *answer)
{
	json_t *changes = json_object_get(answer, "changes"), *change;
	char text[512] = "";
	size_t i;

	json_array_foreach(changes, i, change) snprintf(text + strlen(text), sizeof(text) - strlen(text),
	        _("%s%s %s (%s in the file)"), i ? ", " : "", cli_string(change, "name") ?: "?",
	        cli_string(change, "value") ?: "?", cli_string(change, "file") ?: "?");
	writer_field(w, "changed", *text ? _("set by the platform") : NULL, STYLE_PLAIN,
	        cli_member(answer, "changed"), text);
	writer_field(w, "changes", NULL, STYLE_PLAIN, cli_member(answer, "changes"), NULL);
}

static int show(struct cli *cli, const struct uplink *u)
{
	_cleanup_(writer_freep) struct writer *w = NULL;
	_cleanup_json_ json_t *answer = NULL;
	char socket[UPLINK_SOCKET_MAX];
	int r = cli_ask(cli, socket_of(u, false, socket), "hjgate.Uplink.Status", NULL, &answer);

	if (r)
		return r;
	w = open_writer(cli);
	writer_say(w, STYLE_TITLE, "%s", u->name);
	writer_field(w, "uplink", NULL, STYLE_PLAIN, cli_member(answer, "uplink"), NULL);
	for (size_t i = 0; i < hj_array_size(details); i++)
		detail(w, answer, i);
	changed(w, answer);
	return HJ_EXIT_OK;
}

static int frames(struct cli *cli, const struct uplink *u)
{
	const struct frames_options o = { .last = u->last, .change = u->change };

	return frames_of_uplink(cli, &o, u->name);
}

static int preview(struct cli *cli, const struct uplink *u)
{
	const struct uplink_preview o = { .change = u->change, .frames = u->frames };

	return uplink_preview(cli, u->name, &o);
}

static int test(struct cli *cli, const struct uplink *u)
{
	return uplink_test(cli, u->name, u->made_up);
}

static int change(struct cli *cli, const struct uplink *u, const char *method, const char *done)
{
	_cleanup_json_ json_t *answer = NULL;
	char socket[UPLINK_SOCKET_MAX];
	int r = cli_ask(cli, socket_of(u, true, socket), method, NULL, &answer);

	if (r == 0 && cli->json)
		printf("{\"ok\": true}\n");
	else if (r == 0)
		printf("%s\n", _(done));
	return r;
}

static int pause_uplink(struct cli *cli, const struct uplink *u)
{
	return change(cli, u, "hjgate.Uplink.Pause", N_("Paused: the records wait until \"resume\"."));
}

static int resume_uplink(struct cli *cli, const struct uplink *u)
{
	return change(cli, u, "hjgate.Uplink.Resume", N_("Sending goes on."));
}

static int reset(struct cli *cli, const struct uplink *u)
{
	_cleanup_json_ json_t *answer = NULL;
	char socket[UPLINK_SOCKET_MAX];
	json_t *names, *name;
	size_t i;
	int r = cli_ask(cli, socket_of(u, true, socket), "hjgate.Uplink.Reset", NULL, &answer);

	if (r)
		return r;
	names = json_object_get(answer, "changed");
	if (cli->json) {
		cli_json_line(stdout, answer);
		return HJ_EXIT_OK;
	}
	json_array_foreach(names, i, name) printf(_("%s is as in the file again.\n"), json_string_value(name) ?: "?");
	if (!json_array_size(names))
		printf("%s\n", _("The platform had set nothing."));
	return r;
}

static int resend(struct cli *cli, const struct uplink *u)
{
	_cleanup_json_ json_t *answer = NULL;
	enum hj_kind kind;
	json_t *q;
	int r;

	if (!u->from || !u->to || u->from >= u->to)
		return cli_usage(cli, "%s", _("resend needs --from TIME and a later --to TIME"));
	if (u->kind && hj_kind_parse(u->kind, &kind) < 0)
		return cli_unknown(cli, N_("kind"), u->kind, (const char *const[]){ "minute", "hour", "day", NULL });
	q = json_pack("{ss sI sI}", "uplink", u->name, "begin", (json_int_t)u->from, "end", (json_int_t)u->to);
	if (u->kind)
		json_object_set_new(q, "kinds", json_pack("[s]", u->kind));
	r = cli_ask(cli, "stored.change", "hjgate.Store.Resend", q, &answer);
	if (r == 0 && cli->json)
		printf("{\"records\": %lld}\n", (long long)cli_int(answer, "records"));
	else if (r == 0)
		printf(ngettext("%lld record will be sent again to %s.\n", "%lld records will be sent again to %s.\n",
		               (unsigned long)cli_int(answer, "records")),
		        (long long)cli_int(answer, "records"), u->name);
	return r;
}

static const struct {
	const char *word;
	int (*fn)(struct cli *cli, const struct uplink *u);
} actions[] = {
	{ "status", show },
	{ "frames", frames },
	{ "preview", preview },
	{ "test", test },
	{ "pause", pause_uplink },
	{ "resume", resume_uplink },
	{ "resend", resend },
	{ "reset", reset },
};

static int act(struct cli *cli, const struct uplink *u, const char *word)
{
	const char *words[hj_array_size(actions) + 1] = { 0 };

	for (size_t i = 0; i < hj_array_size(actions); i++) {
		if (!strcmp(actions[i].word, word))
			return actions[i].fn(cli, u);
		words[i] = actions[i].word;
	}
	return cli_unknown(cli, N_("word"), word, words);
}

int cli_uplink(struct cli *cli, int argc, char **argv)
{
	struct uplink u = { 0 };
	int r = cli_options(cli, cli_uplink_options, &u, &argc, argv);

	if (r)
		return r;
	if (argc > 3)
		return cli_usage(cli, _("\"%s\" is too much"), argv[3]);
	if (argc == 1)
		return list(cli);
	u.name = argv[1];
	r = cli_instance_known(cli, "uplinks.d", "uplinkd", u.name);
	if (r)
		return r;
	return act(cli, &u, argc > 2 ? argv[2] : "status");
}
