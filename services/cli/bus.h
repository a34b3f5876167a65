/* What the tools of `hjgate bus` share: their options, the way to the wire, and small readings of words. A tool is a
 * file, bus_TOOL.c, and a row in bus.c. */
#pragma once

#include <sys/types.h>

#include "adhoc.h"
#include "ask.h"
#include "hjgate/conf.h"
#include "hjgate/meter_protocol.h"
#include "progress.h"
#include "writer.h"

#define BUS_UNITS (HJ_UNIT_DIRECT + 1) /* a list by unit id */

struct bus_options {
	const char *type, *baud, *parity, *units, *table, *near, *address;
	const char *ct, *pt, *rs485;
	int64_t data_bits, stop_bits, gap, timeout, rounds, seconds, function;
	struct cli_list values;
	bool follow, yes, verbose;
};

enum bus_result { BUS_OK, BUS_EXCEPTION, BUS_SILENT, BUS_BROKEN, BUS_WAIT, BUS_PORT };

/* One transaction, as hjgate.Meter.Ask tells it. */
struct bus_reply {
	enum bus_result result;
	int exception;
	char why[96];
	uint8_t data[HJ_DATA_MAX], received[HJ_FRAME_MAX], sent[HJ_FRAME_MAX];
	size_t length, received_length, sent_length, junk;
	bool junk_is_late;
	int64_t took_us;
};

struct bus_wire {
	struct cli *cli;
	const struct bus_options *options;
	char target[HJ_CONF_TEXT_MAX + 8]; /* as it was named */
	struct hj_conf_bus conf; /* its file's, and what the options say over it; meters only with has_file */
	bool has_file, adhoc;
	char socket[HJ_NAME_MAX + 32]; /* for messages */
	struct hj_ipc_ask ask;
	struct cli_adhoc started; /* with adhoc */
};

/* TARGET: a bus of the configuration, a device, or HOST:PORT. Asks the meterd that owns it; starts one for this
 * command where none does. Each: 0, or the exit status, said already. */
int bus_wire_open(struct cli *cli, const struct bus_options *o, const char *target, struct bus_wire *ret);
void bus_wire_close(struct bus_wire *w);
/* The bus whose file names this port or peer, under whatever name; "" for none. */
void bus_wire_owner(const struct cli *cli, const struct hj_conf_bus *c, char ret[HJ_NAME_MAX + 1]);
/* Another format or another time-out, of a line that nobody else has. */
int bus_wire_reopen(struct bus_wire *w);
int bus_wire_ask(struct bus_wire *w, const struct hj_question *q, int64_t timeout_ms, struct bus_reply *ret);
/* The same, again where the answer was broken or might have been another's. */
int bus_wire_ask_surely(struct bus_wire *w, const struct hj_question *q, int64_t timeout_ms, struct bus_reply *ret);
/* Whether there is such a unit on this kind of bus; who asks for one need not look. */
int bus_wire_unit(const struct bus_wire *w, unsigned unit_id);
int bus_wire_call(struct bus_wire *w, const char *method, json_t *params, json_t **ret);
void bus_reply_read(json_t *answer, struct bus_reply *ret);
size_t bus_hex(const char *text, uint8_t *to, size_t most);
void bus_hex_text(const uint8_t *p, size_t n, char *to, size_t size); /* "01 03 ..." */
/* "9600 8N1" */
#define BUS_FORMAT_LEN 24
const char *bus_format(const struct hj_conf_bus *c, char to[BUS_FORMAT_LEN]);

/* bus_words.c: 0, or HJ_EXIT_USAGE, said already. */
int bus_unit(const struct cli *cli, const char *word, uint8_t *ret);
int bus_table(const struct cli *cli, const char *word, enum hj_table *ret);
int bus_address(const struct cli *cli, const char *word, uint32_t *ret);
int bus_identifier(const struct cli *cli, const char *word, uint32_t *ret);
int bus_station(const struct cli *cli, const char *word, uint8_t ret[HJ_STATION_BYTES]);
int bus_count(const struct cli *cli, const char *word, uint16_t *ret);
/* "1-20,30": which of 1..247 and 255; 1 to 247 where text is NULL. */
int bus_units(const struct cli *cli, const char *text, bool ret[BUS_UNITS]);
/* "0-200" */
int bus_span(const struct cli *cli, const char *text, uint32_t *ret_first, uint32_t *ret_last);
int bus_baud(const struct cli *cli, const char *text, int64_t *ret);
int bus_rs485(const struct cli *cli, const char *text, enum hj_rs485 *ret);
int bus_parity(const struct cli *cli, const char *text, char *ret);
const char *bus_exception_name(int exception);
const struct hj_protocol *bus_protocol(enum hj_bus_kind kind);
/* "3 holding 0+4", and ": 1 2 3 4" behind it. */
#define BUS_MEANING_LEN 192
void bus_question_text(const struct hj_question *q, char to[BUS_MEANING_LEN]);
void bus_values_text(const struct hj_question *q, const struct hj_answer *a, char to[BUS_MEANING_LEN]);
struct writer *bus_writer(const struct cli *cli);

/* The tools: argv[0] is the first word behind the tool's name. */
typedef int (*bus_tool_fn)(struct cli *cli, const struct bus_options *o, int argc, char **argv);
int bus_ports(struct cli *cli, const struct bus_options *o, int argc, char **argv);
int bus_scan(struct cli *cli, const struct bus_options *o, int argc, char **argv);
int bus_probe(struct cli *cli, const struct bus_options *o, int argc, char **argv);
int bus_find(struct cli *cli, const struct bus_options *o, int argc, char **argv);
int bus_sniff(struct cli *cli, const struct bus_options *o, int argc, char **argv);
int bus_doctor(struct cli *cli, const struct bus_options *o, int argc, char **argv);
int bus_plan(struct cli *cli, const struct bus_options *o, int argc, char **argv);
int bus_write(struct cli *cli, const struct bus_options *o, int argc, char **argv);
