/* `hjgate bus sniff`: what others say on a line, without a word of ours. Whether another master asks there, who of
 * the meters answers it, and what nobody understands. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bus.h"
#include "hjgate/meter_overhear.h"
#include "tables.h"
#include "timespec.h"

#define SECONDS_WITHOUT 10
#define STEP_MS         50 /* so often it is looked whether a frame has ended */
#define BYTES_MOST      512

struct sniff {
	struct cli *cli;
	struct bus_wire wire;
	struct writer *w;
	struct hj_overhear overhear;
	int64_t begun_ms;
	bool follow;
};

static const struct writer_column columns[] = {
	{ "time", N_("TIME"), false },
	{ "kind", N_("KIND"), false },
	{ "meaning", N_("MEANING"), false },
	{ "bytes", N_("BYTES"), false },
};

static const struct {
	const char *key, *name;
	enum writer_style style;
} kinds[] = {
	[HJ_HEARD_JUNK] = { "junk", N_("no frame"), STYLE_WARN },
	[HJ_HEARD_REQUEST] = { "request", N_("request"), STYLE_PLAIN },
	[HJ_HEARD_ANSWER] = { "answer", N_("answer"), STYLE_GOOD },
	[HJ_HEARD_EXCEPTION] = { "exception", N_("exception"), STYLE_WARN },
};

/* ---- what was heard ---- */

static void put_meaning(struct writer *w, const struct hj_heard *h)
{
	char text[BUS_MEANING_LEN] = "";

	if (h->kind != HJ_HEARD_JUNK)
		bus_question_text(&h->question, text);
	if (h->kind == HJ_HEARD_ANSWER)
		bus_values_text(&h->question, &h->answer, text);
	else if (h->kind == HJ_HEARD_EXCEPTION)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), ": %d, %s", h->answer.exception,
		        bus_exception_name(h->answer.exception));
	writer_cell_text(w, text);
}

static void put_heard(struct sniff *s, const struct hj_heard *h)
{
	char time[HJ_TIME_HUMAN_LEN + 1], hex[3 * HJ_OVERHEAR_BYTES + 1];
	int64_t now = cli_wall_ms();

	hj_time_human(now, true, time);
	bus_hex_text(h->bytes, h->length, hex, sizeof(hex));
	writer_cell(s->w, STYLE_PLAIN, json_integer(now), time);
	writer_cell(s->w, kinds[h->kind].style, json_string(kinds[h->kind].key), _(kinds[h->kind].name));
	put_meaning(s->w, h);
	writer_cell(s->w, STYLE_DIM, json_string(hex), NULL);
	if (s->follow || !s->cli->json)
		writer_flush(s->w);
}

static void look(struct sniff *s)
{
	struct hj_heard h;

	while (hj_overhear_next(&s->overhear, (hj_usec)cli_wall_ms() * HJ_USEC_PER_MS, &h))
		put_heard(s, &h);
}

static void take(struct sniff *s, json_t *reply)
{
	uint8_t bytes[BYTES_MOST];
	size_t n = bus_hex(cli_string(reply, "bytes"), bytes, sizeof(bytes));

	for (size_t at = 0; at < n; look(s))
		at += hj_overhear_feed(&s->overhear, bytes + at, n - at, (hj_usec)cli_wall_ms() * HJ_USEC_PER_MS);
}

static int listen_on(struct sniff *s, int64_t seconds)
{
	int64_t end = seconds ? s->begun_ms + seconds * 1000 : INT64_MAX;
	int r = hj_ipc_ask_more(&s->wire.ask, "hjgate.Meter.Sniff", NULL);

	while (r >= 0 && cli_wall_ms() < end) {
		_cleanup_json_ json_t *reply = NULL;
		bool continues = true;

		r = hj_ipc_ask_next(&s->wire.ask, STEP_MS, &reply, &continues);
		if (r == -EREMOTEIO || (r < 0 && r != -ETIMEDOUT))
			return cli_ask_failed(s->cli, s->wire.socket, r, reply);
		if (r >= 0)
			take(s, reply);
		look(s);
		r = continues ? 0 : -ECONNRESET;
	}
	return r < 0 ? cli_ask_failed(s->cli, s->wire.socket, r, NULL) : 0;
}

/* ---- the end ---- */

static void put_sums(struct sniff *s)
{
	const struct hj_overhear *o = &s->overhear;
	char span[CLI_SPAN_LEN], format[BUS_FORMAT_LEN];
	bool silent = !o->requests && !o->answers && !o->exceptions && !o->junk;
	bool over_tcp = hj_bus_type(s->wire.conf.kind)->traits & HJ_BUS_HOST;

	writer_field(s->w, "requests", NULL, STYLE_PLAIN, json_integer((json_int_t)o->requests), NULL);
	writer_field(s->w, "answers", NULL, STYLE_PLAIN, json_integer((json_int_t)o->answers), NULL);
	writer_field(s->w, "exceptions", NULL, STYLE_PLAIN, json_integer((json_int_t)o->exceptions), NULL);
	writer_field(s->w, "junk_bytes", NULL, STYLE_PLAIN, json_integer((json_int_t)o->junk), NULL);
	if (silent)
		writer_say(s->w, STYLE_DIM,
		        over_tcp ? _("nothing was said in %s: nobody else asks, or the server keeps what others ask to them")
		                 : _("nothing was said in %s: nobody else asks on this line"),
		        cli_span(cli_wall_ms() - s->begun_ms, span));
	else
		writer_say(s->w, STYLE_DIM, _("%llu requests, %llu answers, %llu exceptions, %llu bytes in no frame"),
		        (unsigned long long)o->requests, (unsigned long long)o->answers,
		        (unsigned long long)o->exceptions, (unsigned long long)o->junk);
	if (!silent && !o->requests)
		writer_say(s->w, STYLE_WARN, _("No frame was understood at %s: try --baud and --parity"),
		        bus_format(&s->wire.conf, format));
}

static int sniff(struct sniff *s, const struct bus_options *o)
{
	int r;

	s->follow = o->follow;
	s->begun_ms = cli_wall_ms();
	hj_overhear_init(&s->overhear, bus_protocol(s->wire.conf.kind));
	s->w = writer_stdout(!s->cli->json ? WRITER_TEXT : s->follow ? WRITER_JSON_LINES : WRITER_JSON);
	writer_table(s->w, "heard", columns, hj_array_size(columns));
	r = listen_on(s, o->seconds ? o->seconds : s->follow ? 0 : SECONDS_WITHOUT);
	writer_table_end(s->w);
	if (!r)
		put_sums(s);
	writer_free(s->w);
	return r;
}

/* A server of Modbus TCP answers each of its clients alone. */
static int refuse_tcp(const struct sniff *s, const char *target)
{
	cli_refused(s->cli, _("what others ask a server of Modbus TCP cannot be heard: it answers each of them alone"));
	if (s->wire.has_file)
		fprintf(stderr, _("What hjgate asks it: hjgate frames %s -f\n"), s->wire.conf.name);
	else
		fprintf(stderr, _("Of a server that gives everybody what its line says: hjgate bus sniff %s --type rtu-over-tcp\n"),
		        target);
	return HJ_EXIT_REFUSED;
}

int bus_sniff(struct cli *cli, const struct bus_options *o, int argc, char **argv)
{
	struct sniff s = { .cli = cli };
	int r;

	if (argc != 1)
		return cli_usage(cli, "%s", _("sniff needs one word: a bus, a device, or HOST:PORT"));
	r = bus_wire_open(cli, o, argv[0], &s.wire);
	if (r)
		return r;
	if (s.wire.conf.kind == HJ_BUS_tcp) {
		r = refuse_tcp(&s, argv[0]);
	} else if (s.wire.adhoc) {
		r = sniff(&s, o);
	} else {
		r = cli_refused(cli, _("hjgate-meterd@%s asks on this bus itself"), s.wire.conf.name);
		fprintf(stderr,
		        _("What goes over it: hjgate frames %s -f; to hear others alone, stop it: systemctl stop "
		          "hjgate-meterd@%s\n"),
		        s.wire.conf.name, s.wire.conf.name);
	}
	bus_wire_close(&s.wire);
	return r;
}
