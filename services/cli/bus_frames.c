/* What went over a bus, as bytes and in words, or as a capture that Wireshark reads. A meterd keeps
 * the newest by itself, so that a fault can be looked at after it happened; those around the first error of a kind
 * are on its disk. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bus.h"
#include "frames.h"
#include "output.h"
#include "pcap.h"
#include "tables.h"
#include "writer.h"

#include "hjgate/clock.h"
#include "hjgate/meter_protocol.h"

#define VALUES_SHOWN  12 /* registers of one answer, in words */
#define SOCKET_MAX    (HJ_NAME_MAX + 24)
#define MEANING_MAX   256
#define MBAP_BYTES    6 /* before the unit id on Modbus TCP */
#define EXCEPTION_BIT 0x80
#define SAVED_MOST    64 /* files that a bus keeps */

struct frames {
	const struct cli *cli;
	const struct frames_options *o;
	struct writer *w;
	struct pcap capture;
	size_t seen;
};

static const struct writer_column columns[] = {
	{ "number", NULL, false },
	{ "time", N_("TIME"), false },
	{ "took_us", N_("TOOK"), true },
	{ "sent", N_("SENT"), false },
	{ "received", N_("RECEIVED"), false },
	{ "meaning", N_("MEANING"), false },
	{ "error", N_("TROUBLE"), false },
};

static const struct writer_column file_columns[] = {
	{ "name", N_("NAME"), false },
	{ "time", N_("TIME"), false },
	{ "bytes", N_("BYTES"), true },
};

/* ---- in words ---- */

/* The registers or bits of a good Modbus answer; nothing of any other. */
static size_t put_values(const uint8_t *p, size_t n, size_t count, char *to, size_t size)
{
	bool bits = n > 1 && (p[1] == 1 || p[1] == 2);
	size_t used = 0, bytes = n > 2 ? p[2] : 0;

	if (n < 3 || p[1] < 1 || p[1] > 4 || 3 + bytes > n || (bits ? count > 8 * bytes : 2 * count != bytes))
		return 0;
	for (size_t i = 0; i < count && i < VALUES_SHOWN; i++)
		used += (size_t)snprintf(to + used, size - used, " %u",
		        bits ? p[3 + i / 8] >> (i % 8) & 1u : (unsigned)(p[3 + 2 * i] << 8 | p[4 + 2 * i]));
	if (count > VALUES_SHOWN)
		used += (size_t)snprintf(to + used, size - used, " ...");
	return used;
}

/* Of an answer to a question for values: on a line its third byte is their length, and not 0. */
static bool has_mbap(const uint8_t *p, size_t n)
{
	return n > MBAP_BYTES && !p[2] && !p[3] && (size_t)(p[4] << 8 | p[5]) == n - MBAP_BYTES;
}

/* Whom a frame of stations asked for what, and the bytes of the answer, as they come. */
static void station_meaning(json_t *frame, const struct hj_protocol *p, char to[MEANING_MAX])
{
	const unsigned first = HJ_STATION_BYTES - p->station_bytes;
	uint8_t bytes[512];
	struct hj_question q;
	struct hj_answer a;
	size_t n = bus_hex(cli_string(frame, "sent"), bytes, sizeof(bytes)), used = 0;

	to[0] = '\0';
	if (p->foreign(bytes, n, &q) <= 0)
		return;
	for (unsigned i = first; i < HJ_STATION_BYTES; i++)
		used += (size_t)snprintf(to + used, MEANING_MAX - used, "%02X", q.station[i]);
	used += (size_t)snprintf(to + used, MEANING_MAX - used, " data 0x%08X", q.address);
	n = bus_hex(cli_string(frame, "received"), bytes, sizeof(bytes));
	if (!n || p->decode(&q, bytes, n, &a) == -EBADMSG)
		return;
	if (a.why)
		snprintf(to + used, MEANING_MAX - used, ": %s", cli_reason(a.why));
	for (size_t i = 0; !a.why && i < a.length && i <= VALUES_SHOWN; i++) {
		char byte[8];

		snprintf(byte, sizeof(byte), i == VALUES_SHOWN ? " ..." : " %02X", a.data[i]);
		used += (size_t)snprintf(to + used, MEANING_MAX - used, "%s%s", i ? "" : ":", byte);
	}
}

static void meaning_of(json_t *frame, const char *type, char to[MEANING_MAX])
{
	const char *table = cli_string(frame, "table"), *error = cli_string(frame, "error");
	const struct hj_protocol *stations = type ? hj_protocol_of_stations(type) : NULL;
	uint8_t bytes[512];
	/* Who serves has sent the values, over TCP or not: an answer that holds values tells by itself. */
	bool serves = type && !strcmp(type, "listen");
	size_t n = bus_hex(cli_string(frame, serves ? "sent" : "received"), bytes, sizeof(bytes)), used,
	       skip = (type && !strcmp(type, "tcp")) || (serves && has_mbap(bytes, n)) ? MBAP_BYTES : 0;

	if (stations) {
		station_meaning(frame, stations, to);
		return;
	}
	used = (size_t)snprintf(to, MEANING_MAX, "%lld %.16s %lld+%lld", (long long)cli_int(frame, "unit_id"),
	        table ? table : "?", (long long)cli_int(frame, "address"), (long long)cli_int(frame, "count"));
	if (cli_int(frame, "exception"))
		snprintf(to + used, MEANING_MAX - used, ": exception %lld", (long long)cli_int(frame, "exception"));
	else if (!error && n > skip) {
		to[used] = ':';
		n = put_values(bytes + skip, n - skip, (size_t)hj_max(cli_int(frame, "count"), (int64_t)0),
		        to + used + 1, MEANING_MAX - used - 1);
		to[used + (n ? 1 + n : 0)] = '\0';
	}
}

/* ---- showing ---- */

static void show_frame(struct writer *w, json_t *frame, const char *type)
{
	char text[HJ_TIME_HUMAN_LEN + 1], took[32], meaning[MEANING_MAX];
	const char *error = cli_string(frame, "error");

	hj_time_human(cli_time(frame, "time"), true, text);
	snprintf(took, sizeof(took), "%.1f ms", (double)cli_int(frame, "took_us") / 1000);
	meaning_of(frame, type, meaning);
	writer_cell(w, STYLE_PLAIN, cli_member(frame, "number"), NULL);
	writer_cell(w, STYLE_PLAIN, cli_member(frame, "time"), text);
	writer_cell(w, STYLE_PLAIN, cli_member(frame, "took_us"), took);
	writer_cell_text(w, cli_string(frame, "sent"));
	writer_cell_text(w, cli_string(frame, "received"));
	writer_cell_text(w, meaning);
	writer_cell(w, STYLE_BAD, cli_member(frame, "error"), error ? error : "");
}

static bool is_tcp(json_t *frame, const char *type)
{
	uint8_t bytes[512];
	size_t n = bus_hex(cli_string(frame, "sent"), bytes, sizeof(bytes));

	return type && (!strcmp(type, "tcp") || (!strcmp(type, "listen") && has_mbap(bytes, n)));
}

/* Of a bus that serves, the question has come and the answer gone out: then we are the server. */
static void capture_frame(struct pcap *capture, json_t *frame, const char *type)
{
	static const struct {
		const char *key;
		enum pcap_direction direction;
	} ways[] = { { "sent", PCAP_SENT }, { "received", PCAP_RECEIVED } };
	bool serves = type && !strcmp(type, "listen");
	int64_t end_us = cli_time(frame, "time") * (int64_t)HJ_USEC_PER_MS;
	uint8_t bytes[512];

	if (capture->link == PCAP_NONE)
		pcap_begin(capture, is_tcp(frame, type) ? PCAP_TCP : PCAP_SERIAL, PCAP_MODBUS_PORT);
	for (size_t i = 0; i < hj_array_size(ways); i++) {
		size_t way = serves ? 1 - i : i, n = bus_hex(cli_string(frame, ways[way].key), bytes, sizeof(bytes));
		enum pcap_direction direction = ways[capture->link == PCAP_TCP ? i : way].direction;

		if (n || !i)
			pcap_packet(capture, i ? end_us : end_us - cli_int(frame, "took_us"), direction, bytes, n);
	}
}

static int take(json_t *answer, bool continues, void *userdata)
{
	struct frames *f = userdata;
	json_t *frame;
	size_t i;

	(void)continues;
	json_array_foreach(json_object_get(answer, "frames"), i, frame)
	{
		f->seen++;
		if (f->o->pcap)
			capture_frame(&f->capture, frame, cli_string(answer, "type"));
		else
			show_frame(f->w, frame, cli_string(answer, "type"));
	}
	if (f->o->pcap)
		return fflush(stdout) == EOF || cli_output_failed();
	if (f->o->follow)
		writer_flush(f->w);
	return 0;
}

static int list(struct frames *f, const char *socket)
{
	int r;

	f->capture.out = stdout; /* its beginning is written when it is known of what */
	if (!f->o->pcap)
		f->w = writer_stdout(!f->cli->json ? WRITER_TEXT : f->o->follow ? WRITER_JSON_LINES : WRITER_JSON);
	if (f->w)
		writer_table(f->w, "frames", columns, hj_array_size(columns));
	r = cli_stream(f->cli, socket, "hjgate.Meter.Frames",
	        json_pack("{sI sb}", "limit", (json_int_t)(f->o->last ? f->o->last : FRAMES_BY_DEFAULT), "follow",
	                (int)f->o->follow),
	        f->o->follow ? -1 : CLI_ANSWER_MS, take, f);
	if (f->o->pcap && f->capture.link == PCAP_NONE)
		pcap_begin(&f->capture, PCAP_SERIAL, 0);
	if (!f->w)
		return r;
	writer_table_end(f->w);
	if (r == 0 && !f->seen)
		writer_say(f->w, STYLE_WARN, "%s", _("no frames yet"));
	writer_free(f->w);
	return r;
}

/* ---- what the meterd saved ---- */

/* The files that there are, for a name that is none of them. */
static int known_saved(const struct cli *cli, const char *socket, const char *name)
{
	const char *names[SAVED_MOST + 1] = { 0 };
	_cleanup_json_ json_t *answer = NULL;
	json_t *file;
	size_t i, n = 0;
	int r = cli_ask(cli, socket, "hjgate.Meter.Saved", NULL, &answer);

	json_array_foreach(json_object_get(answer, "files"), i, file)
	{
		const char *one = cli_string(file, "name");

		if (one && !strcmp(one, name))
			return r;
		if (one && n < SAVED_MOST)
			names[n++] = one;
	}
	if (!r && !n)
		return cli_refused(cli, "%s", _("nothing was saved: no meter has given an error yet"));
	return r ? r : cli_unknown(cli, N_("file"), name, names);
}

static int saved(const struct cli *cli, const char *socket, const char *name)
{
	_cleanup_(writer_freep) struct writer *w = NULL;
	_cleanup_json_ json_t *answer = NULL;
	const char *text;
	json_t *file;
	size_t i;
	int r = name ? known_saved(cli, socket, name) : 0;

	r = r ? r
	      : cli_ask(cli, socket, "hjgate.Meter.Saved", name ? json_pack("{ss}", "name", name) : NULL, &answer);
	if (r)
		return r;
	text = cli_string(answer, "text");
	if (name && !cli->json) {
		fputs(text ? text : "", stdout);
		return HJ_EXIT_OK;
	}
	w = writer_stdout(cli->json ? WRITER_JSON : WRITER_TEXT);
	if (name) {
		writer_field(w, "text", NULL, STYLE_PLAIN, cli_member(answer, "text"), NULL);
		return HJ_EXIT_OK;
	}
	if (json_array_size(json_object_get(answer, "files")) == 0)
		writer_say(w, STYLE_GOOD, "%s", _("nothing was saved: no meter has given an error yet"));
	writer_table(w, "files", file_columns, hj_array_size(file_columns));
	json_array_foreach(json_object_get(answer, "files"), i, file)
	{
		writer_cell_text(w, cli_string(file, "name"));
		writer_cell_time(w, cli_time(file, "time"));
		writer_cell_int(w, cli_int(file, "bytes"));
	}
	writer_table_end(w);
	return HJ_EXIT_OK;
}

int frames_of_bus(const struct cli *cli, const struct frames_options *o, const char *name, int argc, char **argv)
{
	static const char *const words[] = { "saved", NULL };
	struct frames f = { .cli = cli, .o = o };
	char socket[SOCKET_MAX];

	snprintf(socket, sizeof(socket), "meterd@%s.look", name);
	if (argc > 0 && strcmp(argv[0], "saved"))
		return cli_unknown(cli, N_("word"), argv[0], words);
	if (argc > 2)
		return cli_usage(cli, _("\"%s\" is too much"), argv[2]);
	if (argc > 0)
		return saved(cli, socket, argc > 1 ? argv[1] : NULL);
	return list(&f, socket);
}
