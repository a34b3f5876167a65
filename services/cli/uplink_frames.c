/* The frames of a platform: both directions, and what became of each. Followed, a frame is shown as it goes and once
 * more, by its QN, when its fate is known. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frames.h"
#include "frame.h"
#include "output.h"
#include "pcap.h"
#include "tables.h"
#include "writer.h"

#include "hjgate/base64.h"
#include "hjgate/clock.h"

#define SOCKET_MAX  (HJ_NAME_MAX + 24)
#define TEXT_MAX    8192
#define OUTCOME_MAX 128
#define RAW_MODE    0600 /* passwords may be in it */
#define IO_ERROR    (-1)

struct showing {
	const struct cli *cli;
	const struct frames_options *o;
	struct writer *w;
	FILE *raw;
	int failed; /* errno of writing to it */
	int status; /* it could not be opened, said already */
	struct pcap capture;
	int64_t newest; /* number: an older one is told again */
	size_t seen;
};

static const struct writer_column columns[] = {
	{ "number", NULL, false },
	{ "time", N_("TIME"), false },
	{ "direction", N_("DIRECTION"), false },
	{ "cn", N_("CN"), false },
	{ "outcome", N_("OUTCOME"), false },
	{ "code", NULL, false },
	{ "after", NULL, false },
	{ "resent", NULL, false },
	{ "resent_at", NULL, false },
	{ "text", N_("FRAME"), false },
	{ "bytes", NULL, false },
};

/* ---- in words ---- */

/* And what stands behind the words. */
static const struct outcome {
	const char *name;
	const char *text; /* N_() */
	enum { PLAIN, AFTER, CODE } what;
	enum writer_style style;
} outcomes[] = {
	{ "", "", PLAIN, STYLE_PLAIN },
	{ "waits", N_("no answer yet"), PLAIN, STYLE_PLAIN },
	{ "written", N_("handed to the network: no answer is wanted"), PLAIN, STYLE_PLAIN },
	{ "acknowledged", N_("acknowledged"), AFTER, STYLE_GOOD },
	{ "denied", N_("refused by the platform"), CODE, STYLE_BAD },
	{ "given-up", N_("given up"), AFTER, STYLE_BAD },
	{ "cut-off", N_("the link was lost"), AFTER, STYLE_WARN },
	{ "replaced", N_("went again in other bytes"), PLAIN, STYLE_WARN },
	{ "acknowledges", N_("acknowledges ours"), PLAIN, STYLE_GOOD },
	{ "denies", N_("refuses ours"), CODE, STYLE_BAD },
	{ "late", N_("nothing waits for it: late, twice or not ours"), PLAIN, STYLE_WARN },
	{ "other-mn", N_("refused: another MN"), PLAIN, STYLE_WARN },
	{ "bad-crc", N_("refused: its CRC is wrong"), PLAIN, STYLE_WARN },
	{ "unreadable", N_("refused: no CN or no CP"), PLAIN, STYLE_WARN },
	{ "taken", N_("taken"), PLAIN, STYLE_GOOD },
	{ "refused", N_("refused"), CODE, STYLE_WARN },
	{ "repeated", N_("answered as before"), PLAIN, STYLE_PLAIN },
	{ "passed", N_("nothing to do"), PLAIN, STYLE_PLAIN },
};

static const struct outcome *outcome_of(json_t *frame)
{
	const char *name = cli_string(frame, "outcome");

	for (size_t i = 0; name && i < hj_array_size(outcomes); i++)
		if (!strcmp(outcomes[i].name, name))
			return &outcomes[i];
	return &outcomes[0];
}

static void code_text(int64_t code, char *to, size_t size)
{
	const char *about = frame_qn_rtn_about((int)code);

	if (about)
		snprintf(to, size, "QnRtn=%lld (%s)", (long long)code, _(about));
	else
		snprintf(to, size, "QnRtn=%lld", (long long)code);
}

static void outcome_text(json_t *frame, const struct outcome *o, char to[OUTCOME_MAX])
{
	long long resent = (long long)cli_int(frame, "resent");
	char code[64];
	size_t n;

	code_text(cli_int(frame, "code"), code, sizeof(code));
	*to = '\0';
	if (*o->name && o->what == AFTER)
		snprintf(to, OUTCOME_MAX, _("%s after %lld ms"), _(o->text), (long long)cli_int(frame, "after"));
	else if (*o->name && o->what == CODE)
		snprintf(to, OUTCOME_MAX, "%s: %s", _(o->text), code);
	else if (*o->name)
		snprintf(to, OUTCOME_MAX, "%s", _(o->text));
	n = strlen(to);
	if (resent == 1)
		snprintf(to + n, OUTCOME_MAX - n, _("%ssent again once"), n ? ", " : "");
	else if (resent)
		snprintf(to + n, OUTCOME_MAX - n, _("%ssent again %lld times"), n ? ", " : "", resent);
}

/* ---- bytes ---- */

/* As it went, CR LF and all; NULL without memory, or where it is none. */
static uint8_t *bytes_of(json_t *frame, size_t *ret_n)
{
	const char *encoded = cli_string(frame, "bytes"), *text = cli_string(frame, "text");
	const char *from = encoded ? encoded : text ? text : "";
	size_t n = strlen(from);
	uint8_t *to = malloc(n + 2);

	if (!to)
		return NULL;
	if (encoded && hj_base64_decode(encoded, n, to, ret_n) == 0)
		return to;
	memcpy(to, text ? text : "", *ret_n = text ? strlen(text) : 0);
	to[(*ret_n)++] = '\r';
	to[(*ret_n)++] = '\n';
	return to;
}

static bool is_out(json_t *frame)
{
	const char *direction = cli_string(frame, "direction");

	return direction && !strcmp(direction, "out");
}

static int cn_of(const char *text)
{
	const char *p = text ? strstr(text, "CN=") : NULL;

	return p ? atoi(p + 3) : 0;
}

/* ---- one frame ---- */

static void cn_cell(struct writer *w, json_t *frame)
{
	int cn = cn_of(cli_string(frame, "text"));
	const char *about = cn ? frame_cn_about(cn) : NULL;
	char text[96] = "";

	if (cn)
		snprintf(text, sizeof(text), "%04d %s", cn, about ? _(about) : "");
	writer_cell(w, STYLE_PLAIN, cn ? json_integer(cn) : json_null(), text);
}

/* Of a frame that was shown before its QN is enough. */
static void text_cell(struct writer *w, json_t *frame, bool again)
{
	const char *text = cli_string(frame, "text") ?: "", *qn = strstr(text, "QN=");
	char shown[TEXT_MAX];

	if (again)
		snprintf(shown, sizeof(shown), "%.*s", HJ_TIME17_LEN + 3, qn ? qn : "");
	else
		snprintf(shown, sizeof(shown), "%.*s", (int)strcspn(text, "\r\n"), text);
	writer_cell(w, again ? STYLE_DIM : STYLE_PLAIN, cli_member(frame, "text"), shown);
}

static void show_frame(struct showing *s, json_t *frame)
{
	char time[HJ_TIME_HUMAN_LEN + 1], text[OUTCOME_MAX];
	const struct outcome *o = outcome_of(frame);
	bool again = cli_int(frame, "number") <= s->newest;
	struct writer *w = s->w;

	hj_time_human(cli_time(frame, "time"), true, time);
	outcome_text(frame, o, text);
	writer_cell(w, STYLE_PLAIN, cli_member(frame, "number"), NULL);
	writer_cell(w, STYLE_PLAIN, cli_member(frame, "time"), time);
	writer_cell(w, STYLE_PLAIN, cli_member(frame, "direction"), cli_word(cli_string(frame, "direction")));
	cn_cell(w, frame);
	writer_cell(w, o->style, cli_member(frame, "outcome"), text);
	writer_cell(w, STYLE_PLAIN, cli_member(frame, "code"), NULL);
	writer_cell(w, STYLE_PLAIN, cli_member(frame, "after"), NULL);
	writer_cell(w, STYLE_PLAIN, cli_member(frame, "resent"), NULL);
	writer_cell(w, STYLE_PLAIN, cli_member(frame, "resent_at"), NULL);
	text_cell(w, frame, again);
	writer_cell(w, STYLE_PLAIN, cli_member(frame, "bytes"), NULL);
}

static int put_bytes(struct showing *s, json_t *frame)
{
	_cleanup_free_ uint8_t *bytes = NULL;
	size_t n = 0;

	if (cli_int(frame, "number") <= s->newest)
		return 0;
	bytes = bytes_of(frame, &n);
	if (!bytes)
		return IO_ERROR;
	if (s->o->pcap)
		pcap_packet(&s->capture, cli_time(frame, "time") * (int64_t)HJ_USEC_PER_MS,
		        is_out(frame) ? PCAP_SENT : PCAP_RECEIVED, bytes, n);
	else
		fwrite(bytes, 1, n, s->raw);
	return 0;
}

/* With the first answer: where none comes, what was in the file before stays. */
static int open_raw(struct showing *s)
{
	int fd;

	s->raw = stdout;
	if (s->o->pcap || !strcmp(s->o->raw, "-"))
		return 0;
	fd = open(s->o->raw, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, RAW_MODE);
	s->raw = fd >= 0 ? fdopen(fd, "wb") : NULL;
	return s->raw ? 0 : cli_refused(s->cli, _("cannot write %s: %s"), s->o->raw, strerror(errno));
}

static int take(json_t *answer, bool continues, void *userdata)
{
	struct showing *s = userdata;
	json_t *frame;
	size_t i;
	int r = 0;

	(void)continues;
	if (!s->w && !s->raw) {
		s->status = open_raw(s);
		if (s->status)
			return 1;
	}
	json_array_foreach(json_object_get(answer, "frames"), i, frame)
	{
		s->seen++;
		if (s->w)
			show_frame(s, frame);
		else
			r = put_bytes(s, frame);
		s->newest = hj_max(s->newest, cli_int(frame, "number"));
		if (r < 0)
			return 1;
	}
	if (s->w && s->o->follow)
		writer_flush(s->w);
	if (!s->w && (ferror(s->raw) || fflush(s->raw) == EOF))
		s->failed = errno ? errno : EIO;
	return cli_output_failed() || s->failed;
}

/* ---- where to ---- */

static int port_of(const struct cli *cli, const char *socket, unsigned *ret)
{
	_cleanup_json_ json_t *status = NULL;
	int r = cli_ask(cli, socket, "hjgate.Uplink.Status", NULL, &status);

	*ret = (unsigned)cli_int(status, "port");
	return r;
}

static int open_output(struct showing *s, const char *socket)
{
	unsigned port;
	int r;

	if (!s->o->pcap && !s->o->raw) {
		s->w = writer_stdout(!s->cli->json ? WRITER_TEXT : s->o->follow ? WRITER_JSON_LINES : WRITER_JSON);
		writer_table(s->w, "frames", columns, hj_array_size(columns));
		return 0;
	}
	if (!s->o->pcap)
		return 0;
	r = port_of(s->cli, socket, &port);
	s->capture.out = stdout;
	if (r == 0)
		pcap_begin(&s->capture, PCAP_TCP, port);
	return r;
}

static int close_output(struct showing *s, int status)
{
	if (s->w) {
		writer_table_end(s->w);
		if (status == 0 && !s->seen)
			writer_say(s->w, STYLE_WARN, "%s", _("no frames yet"));
		writer_free(s->w);
		return status;
	}
	if (!s->raw || s->raw == stdout)
		return status;
	if (fclose(s->raw) == EOF && !s->failed)
		s->failed = errno;
	if (s->failed && !status)
		status = cli_refused(s->cli, _("cannot write %s: %s"), s->o->raw, strerror(s->failed));
	return status;
}

static json_t *parameters(const struct frames_options *o)
{
	json_t *p = json_pack("{sI}", "limit", (json_int_t)(o->last ? o->last : FRAMES_BY_DEFAULT));

	if (o->follow)
		json_object_set_new(p, "follow", json_true());
	return p;
}

int frames_of_uplink(const struct cli *cli, const struct frames_options *o, const char *name)
{
	struct showing s = { .cli = cli, .o = o, .newest = -1 };
	char socket[SOCKET_MAX];
	int r;

	snprintf(socket, sizeof(socket), "uplinkd@%s.%s", name, o->change ? "change" : "look");
	r = open_output(&s, socket);
	if (r == 0)
		r = cli_stream(
		        cli, socket, "hjgate.Uplink.Frames", parameters(o), o->follow ? -1 : CLI_ANSWER_MS, take, &s);
	return close_output(&s, r ? r : s.status);
}
