/* `hjgate uplink NAME preview`: the frames that would be sent now, each with the answer that is expected. What is
 * said of a frame stands beside it: the frame itself is what the platform would get, byte for byte. */
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "hjgate/clock.h"
#include "uplink.h"
#include "writer.h"

#define ANSWER_MS 10000 /* it waits for stored itself */

static const struct {
	const char *what, *text; /* text N_() */
} titles[] = {
	{ "login", N_("login: first on each connection") },
	{ "heartbeat", N_("heartbeat: when nothing else is sent") },
	{ "realtime", N_("real-time data") },
	{ "minute", N_("minute data") },
	{ "hour", N_("hour data") },
	{ "day", N_("day data") },
	{ "states", N_("states of equipment") },
};

static const char *title_of(json_t *upload)
{
	const char *what = cli_string(upload, "what");

	for (size_t i = 0; what && i < hj_array_size(titles); i++)
		if (!strcmp(titles[i].what, what))
			return _(titles[i].text);
	return what ? what : "?";
}

static void say_packet(struct writer *w, json_t *packet, size_t count)
{
	const char *answer = cli_string(packet, "answer");

	if (count > 1)
		writer_say(w, STYLE_PLAIN, _("packet %lld of %lld:"), (long long)cli_int(packet, "pno"),
		        (long long)cli_int(packet, "pnum"));
	writer_say(w, STYLE_PLAIN, "%s", cli_string(packet, "text") ?: "");
	writer_say(w, STYLE_DIM, "%s %s", _("expected answer:"), answer ? answer : _("none"));
}

static void say_upload(struct writer *w, json_t *upload)
{
	json_t *packets = json_object_get(upload, "packets"), *one;
	char time[HJ_TIME_HUMAN_LEN + 3] = "";
	size_t i;

	if (cli_time(upload, "time")) {
		memcpy(time, ", ", 2);
		hj_time_human(cli_time(upload, "time"), false, time + 2);
	}
	writer_say(w, STYLE_TITLE, "CN %lld, %s%s", (long long)cli_int(upload, "cn"), title_of(upload), time);
	if (json_is_true(json_object_get(upload, "made_up")))
		writer_say(w, STYLE_WARN, "%s",
		        _("made-up values: there are none yet. The frame is as it will be but for them."));
	if (!json_array_size(packets))
		writer_say(w, STYLE_BAD, "%s", _("it does not fit into the packets of HJ 212"));
	json_array_foreach(packets, i, one) say_packet(w, one, json_array_size(packets));
	json_array_foreach(json_object_get(upload, "too_long"), i, one) writer_say(
	        w, STYLE_WARN, _("longer than its type, and sent as it is: %s"), json_string_value(one) ?: "?");
	writer_say(w, STYLE_PLAIN, "%s", "");
}

static void say_all(struct writer *w, json_t *answer, const struct uplink_preview *o)
{
	json_t *uploads = json_object_get(answer, "uploads"), *one;
	bool plain = o->frames || !json_is_array(uploads);
	size_t i;

	if (plain)
		json_array_foreach(json_object_get(answer, "frames"), i, one) writer_say(w, STYLE_PLAIN, "%.*s",
		        (int)strcspn(json_string_value(one) ?: "", "\r\n"), json_string_value(one) ?: "");
	if (plain)
		return;
	json_array_foreach(uploads, i, one) say_upload(w, one);
	if (!json_array_size(uploads))
		writer_say(w, STYLE_WARN, "%s",
		        _("nothing would be sent: no point of it has a factor, or all kinds of data are off"));
	else if (!o->change)
		writer_say(w, STYLE_DIM, "%s",
		        _("Passwords are stars, the CRCs are those of the frames with them: --change shows them."));
}

static int show(const struct cli *cli, struct cli_adhoc *a, const char *socket, const struct uplink_preview *o)
{
	_cleanup_(writer_freep) struct writer *w = NULL;
	_cleanup_json_ json_t *answer = NULL;
	int r = hj_ipc_ask(&a->ask, "hjgate.Uplink.Preview", NULL, ANSWER_MS, &answer);

	if (r < 0)
		return cli_ask_failed(cli, socket, r, answer);
	w = writer_stdout(cli->json ? WRITER_JSON : WRITER_TEXT);
	writer_field(w, "running", NULL, STYLE_PLAIN, json_boolean(!uplink_is_adhoc(a)), NULL);
	writer_field(w, "frames", NULL, STYLE_PLAIN, cli_member(answer, "frames"), NULL);
	writer_field(w, "uploads", NULL, STYLE_PLAIN, cli_member(answer, "uploads"), NULL);
	if (uplink_is_adhoc(a) && !o->frames)
		writer_say(w, STYLE_WARN, "%s",
		        _("The uplink does not run: this is by its file. What a platform has set is not known "
		          "here."));
	say_all(w, answer, o);
	return HJ_EXIT_OK;
}

int uplink_preview(const struct cli *cli, const char *name, const struct uplink_preview *o)
{
	char socket[UPLINK_SOCKET_MAX];
	struct cli_adhoc a;
	int r = uplink_open(cli, name, o->change, &a);

	snprintf(socket, sizeof(socket), "uplinkd@%s.%s", name, o->change ? "change" : "look");
	if (!r)
		r = show(cli, &a, socket, o);
	uplink_close(&a);
	return r;
}
