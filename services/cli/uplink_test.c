/* `hjgate uplink NAME test`: one upload to the platform, and what came back, explained. */
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "tables.h"
#include "uplink.h"
#include "width.h"
#include "writer.h"

#define SILENCE_MS 700000 /* uplinkd itself ends a test before */

static const struct verdict {
	const char *name, *text, *remedy; /* N_() */
	bool good;
} verdicts[] = {
	{ "acknowledged",
	        N_("the platform acknowledged it: host, port, MN and CRC are right, and the password wherever it "
	           "checks one"),
	        NULL, true },
	{ "other-crc",
	        N_("the platform acknowledged it, but its CRC is of another dialect than ours: host, port and MN are "
	           "right, and the password wherever it checks one"),
	        N_("it may check no CRC, or may begin to: ask the platform which one it means, and write that as crc "
	           "in the uplink's file"),
	        true },
	{ "delivered", N_("the platform's TCP has it; none is asked for an acknowledgement, so no more can be known"),
	        NULL, true },
	{ "denied", N_("the platform answered that it does not take it"),
	        N_("see its code below: 3 is the password, 4 the MN, 5 the ST, 6 the Flag, 9 the CRC; ask the "
	           "platform which it has for this gateway"),
	        false },
	{ "silent", N_("it took the frames and answered none of them"),
	        N_("ask the platform whether this MN is registered there, with which password and which CRC (crc in "
	           "the uplink's file): most say nothing where one is wrong"),
	        false },
	{ "login", N_("it does not answer the login or heartbeat"),
	        N_("where it never does, write answered = false in that group of session in the uplink's file; else "
	           "ask the platform whether this MN is registered there, with which password and which CRC"),
	        false },
	{ "other-qn", N_("the platform answered, but not by our QN, so that its answer acknowledges nothing"),
	        N_("where it answers in the order of what it gets, write session.ack = \"order\" in the uplink's "
	           "file; else ask the platform to answer each frame with CN 9014 and the QN of that frame"),
	        false },
	{ "other-mn", N_("the platform answered for another MN, so that its answer acknowledges nothing"),
	        N_("what came names the MN: it is another box's, or the platform has this gateway under it: ask the "
	           "platform, "
	           "and write the right one as mn in the uplink's file"),
	        false },
	{ "bad-crc",
	        N_("the platform answered with a CRC that is wrong by every dialect, so that it counts for nothing"),
	        N_("where it never has a right one, write session.any_crc = true in the uplink's file, which takes "
	           "what comes whatever its CRC; where it mostly has, the way there spoils bytes"),
	        false },
	{ "other-cn", N_("the platform answered, but with no CN 9014, and nothing else acknowledges an upload"),
	        N_("ask the platform to answer each frame with CN 9014 and the QN of that frame; where it never "
	           "will, write session.ack = \"none\" in the uplink's file: then what its TCP took counts"),
	        false },
	{ "unreadable", N_("what came back is no frame of HJ 212"),
	        N_("the port may be that of something else: ask the platform for host and port, and whether it "
	           "encrypts"),
	        false },
	{ "closed", N_("it closed the connection upon the frame"),
	        N_("many platforms do so where MN or password is wrong, where a second box has this MN, or where our "
	           "address is not on their list; a firewall does it too: ask the platform what its log says"),
	        false },
	{ "hung-up", N_("the platform was reached, and closed the connection before a frame was sent"),
	        N_("ask the platform whether it has a list of addresses that may connect, whether a second box has "
	           "this MN, and whether the port is the right one"),
	        false },
	{ "portal", N_("a page of the web answers there, no platform"),
	        N_("the SIM may be cut or out of credit; if it is not, the port is another"), false },
	{ "refused", N_("the port is closed"),
	        N_("ask the platform for its port, and whether it runs; a firewall may refuse too"), false },
	{ "unreachable", N_("the platform is not reached"),
	        N_("look at the way there first: modem, SIM, cable, routes, name servers; then at host and port in "
	           "its file"),
	        false },
	{ "nothing", N_("there is nothing to send"),
	        N_("give a point a factor in its bus's file, or list it in the uplink's"), false },
	{ "paused", N_("the uplink is paused"), N_("hjgate uplink NAME resume lets it send"), false },
	{ "no-store", N_("stored has not told it its settings yet"),
	        N_("hjgate status says what does not run; soon after a start, try again in a moment"), false },
	{ "timeout", N_("it could not be sent in ten minutes"), N_("hjgate uplink NAME shows what it waits for"),
	        false },
};

static const struct writer_column columns[] = {
	{ "after", N_("MS"), true },
	{ "step", N_("STEP"), false },
	{ "text", N_("TEXT"), false },
	{ "frame", N_("FRAME"), false },
};

/* Rows go out as they come, so that the first ones would say how wide their columns are. */
#define AFTER_WIDTH 6 /* ms: ten minutes */
static const char *const steps[] = { "begin", "connected", "tls", "sent", "received", "note", "down" };

struct testing {
	struct writer *w;
	json_t *last;
};

static void step_text(const char *step, char *to, size_t size)
{
	const char *word = cli_word(step);
	size_t most = 0;

	for (size_t i = 0; i < hj_array_size(steps); i++)
		most = hj_max(most, cli_width(cli_word(steps[i])));
	snprintf(to, size, "%s%*s", word, (int)(most - hj_min(most, cli_width(word))), "");
}

static void say_step(struct writer *w, json_t *s)
{
	const char *text = cli_string(s, "text"), *frame = cli_string(s, "frame");
	char after[24], step[64];

	snprintf(after, sizeof(after), "%*lld", AFTER_WIDTH, (long long)cli_int(s, "after"));
	step_text(cli_string(s, "step"), step, sizeof(step));
	writer_cell(w, STYLE_PLAIN, cli_member(s, "after"), after);
	writer_cell(w, STYLE_PLAIN, cli_member(s, "step"), step);
	writer_cell(w, STYLE_PLAIN, cli_member(s, "text"), text ? cli_word(text) : "");
	writer_cell(w, STYLE_PLAIN, cli_member(s, "frame"), frame ? frame : "");
}

static void take(struct testing *t, json_t *answer)
{
	json_t *s;
	size_t i;

	json_array_foreach(json_object_get(answer, "steps"), i, s) say_step(t->w, s);
	writer_flush(t->w);
}

static const struct verdict *verdict_of(json_t *answer)
{
	const char *name = cli_string(answer, "verdict");

	for (size_t i = 0; name && i < hj_array_size(verdicts); i++)
		if (!strcmp(verdicts[i].name, name))
			return &verdicts[i];
	return NULL;
}

/* The frame that the result is about; for people where there is something to do about it. */
static void say_came(struct writer *w, json_t *came, bool shown)
{
	const char *qn = cli_string(came, "qn"), *mn = cli_string(came, "mn"), *crc = cli_string(came, "crc");
	bool any = json_is_object(came);
	char text[160];

	snprintf(text, sizeof(text), "CN %lld, QN %s, MN %s, CRC %s", (long long)cli_int(came, "cn"),
	        qn && *qn ? qn : "-", mn && *mn ? mn : "-", crc ? crc : _("wrong"));
	writer_field(w, "came", any && shown ? _("what came") : NULL, STYLE_PLAIN,
	        any ? json_incref(came) : json_null(), text);
}

static int conclude(struct testing *t, json_t *answer)
{
	const struct verdict *v = verdict_of(answer);

	writer_table_end(t->w);
	writer_field(t->w, "verdict", _("result"), v && v->good ? STYLE_GOOD : STYLE_BAD,
	        cli_member(answer, "verdict"), v ? _(v->text) : "?");
	writer_field(t->w, "code", cli_int(answer, "code") ? "QnRtn" : NULL, STYLE_PLAIN, cli_member(answer, "code"),
	        NULL);
	say_came(t->w, json_object_get(answer, "came"), v && v->remedy);
	writer_field(t->w, "remedy", v && v->remedy ? _("what to do") : NULL, STYLE_PLAIN,
	        v && v->remedy ? json_string(v->remedy) : json_null(), v && v->remedy ? _(v->remedy) : NULL);
	return v && v->good ? HJ_EXIT_OK : HJ_EXIT_REFUSED;
}

static int run(const struct cli *cli, struct cli_adhoc *a, const char *socket, bool made_up)
{
	_cleanup_(writer_freep) struct writer *w = NULL;
	struct testing t = { .w = NULL };
	bool continues = true;
	int r = hj_ipc_ask_more(&a->ask, "hjgate.Uplink.Test", json_pack("{s:b}", "made_up", made_up));

	t.w = w = writer_stdout(cli->json ? WRITER_JSON : WRITER_TEXT);
	writer_field(w, "running", NULL, STYLE_PLAIN, json_boolean(!uplink_is_adhoc(a)), NULL);
	writer_table(w, "steps", columns, hj_array_size(columns));
	while (r >= 0) {
		_cleanup_json_ json_t *answer = NULL;

		r = hj_ipc_ask_next(&a->ask, SILENCE_MS, &answer, &continues);
		if (r < 0) {
			writer_table_end(w);
			return cli_ask_failed(cli, socket, r, answer);
		}
		take(&t, answer);
		if (!continues)
			return conclude(&t, answer);
	}
	writer_table_end(w);
	return cli_ask_failed(cli, socket, r, NULL);
}

int uplink_test(const struct cli *cli, const char *name, bool made_up)
{
	char socket[UPLINK_SOCKET_MAX];
	struct cli_adhoc a;
	int r = uplink_open(cli, name, true, &a);

	snprintf(socket, sizeof(socket), "uplinkd@%s.change", name);
	if (!r)
		r = run(cli, &a, socket, made_up);
	uplink_close(&a);
	return r;
}
