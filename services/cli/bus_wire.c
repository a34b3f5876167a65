/* The way to the wire. Who owns a port is asked by its socket; the command itself never opens one. A bus that is
 * named and whose meterd runs is shared with it; else a meterd is started for this command with the format of the
 * bus's file and of the options. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bus.h"
#include "check.h"
#include "instances.h"
#include "tables.h"

#define ANSWER_MS       15000 /* of a meterd that has other things to do, too */
#define WAIT_TRIES      12    /* while a late answer to another question may still come */
#define BROKEN_TRIES    4
#define BROKEN_PAUSE_MS 700 /* in all longer than a late answer is reckoned with */
#define WAIT_STEP_MS    250

/* ---- what is meant ---- */

static void forget_errors(const struct cli *cli, struct hj_conf_errors *errors)
{
	check_show_list(stderr, errors, "");
	hj_conf_errors_done(errors);
	(void)cli;
}

/* Is it the same device, by whichever of its names, or the same server? */
static bool is_same(const struct hj_conf_bus *b, const struct hj_conf_bus *meant)
{
	_cleanup_free_ char *port = NULL, *real = NULL;

	if (hj_bus_type(b->kind)->traits & HJ_BUS_HOST)
		return !strcmp(b->host, meant->host) && b->tcp_port == meant->tcp_port;
	port = b->port[0] ? realpath(b->port, NULL) : NULL;
	real = meant->port[0] ? realpath(meant->port, NULL) : NULL;
	return port && real && !strcmp(port, real);
}

/* The bus of the configuration that has what is meant; "" where none has. */
void bus_wire_owner(const struct cli *cli, const struct hj_conf_bus *meant, char ret[HJ_NAME_MAX + 1])
{
	char **names = NULL;
	size_t count = 0;

	ret[0] = '\0';
	if (hj_conf_names(cli->root, "buses.d", &names, &count) < 0)
		return;
	for (size_t i = 0; i < count; i++) {
		struct hj_conf_errors errors = { 0 };
		struct hj_conf_bus b = { 0 };

		if (!ret[0] && hj_conf_load_bus(cli->root, names[i], &b, &errors) >= 0) {
			if (is_same(&b, meant))
				hj_text_copy(ret, HJ_NAME_MAX + 1, names[i]);
			hj_conf_bus_done(&b);
		}
		hj_conf_errors_done(&errors);
		free(names[i]);
	}
	free(names);
}

static int load_file(struct bus_wire *w, const char *name)
{
	struct hj_conf_errors errors = { 0 };
	int r = hj_conf_load_bus(w->cli->root, name, &w->conf, &errors);

	w->has_file = r >= 0;
	if (r == -EINVAL)
		forget_errors(w->cli, &errors);
	else
		hj_conf_errors_done(&errors);
	hj_text_copy(w->conf.name, sizeof(w->conf.name), name);
	return r;
}

static int set_kind(struct bus_wire *w, const char *name)
{
	const char *words[HJ_BUS_KINDS + 1] = { 0 };

	for (int k = 0; k < HJ_BUS_KINDS; k++) {
		words[k] = hj_bus_type((enum hj_bus_kind)k)->name;
		if (!strcmp(words[k], name)) {
			w->conf.kind = (enum hj_bus_kind)k;
			return 0;
		}
	}
	return cli_unknown(w->cli, N_("type of bus"), name, words);
}

/* HOST:PORT; the last colon counts. */
static int set_host(struct bus_wire *w, const char *target)
{
	const char *colon = strrchr(target, ':');
	uint64_t port;

	if (hj_uint_parse(colon + 1, strlen(colon + 1), 65535, &port) < 0 || !port || colon == target)
		return cli_usage(w->cli, _("\"%s\" is no HOST:PORT"), target);
	w->conf.tcp_port = (int64_t)port;
	snprintf(w->conf.host, sizeof(w->conf.host), "%.*s", (int)(colon - target), target);
	w->conf.kind = HJ_BUS_tcp;
	return 0;
}

static bool says_format(const struct bus_options *o)
{
	return o->type || o->data_bits || o->stop_bits || o->rs485 || o->gap || (o->baud && strcmp(o->baud, "all")) ||
	       (o->parity && strcmp(o->parity, "all"));
}

/* What a line of stations is like where nothing else is said: see settle_stations() in src/sys/conf_bus.c. */
static void expect_stations(struct hj_conf_bus *c)
{
	c->baud = 2400;
	c->parity = 'E';
	c->response_timeout = 800;
}

/* What the options say, over what the file says. */
static int apply(struct bus_wire *w)
{
	const struct bus_options *o = w->options;
	int r = o->type ? set_kind(w, o->type) : 0;

	if (!w->has_file && hj_bus_type(w->conf.kind)->traits & HJ_BUS_STATIONS)
		expect_stations(&w->conf);
	if (!r && o->baud && strcmp(o->baud, "all"))
		r = bus_baud(w->cli, o->baud, &w->conf.baud);
	if (!r && o->parity && strcmp(o->parity, "all"))
		r = bus_parity(w->cli, o->parity, &w->conf.parity);
	if (!r && o->rs485)
		r = bus_rs485(w->cli, o->rs485, &w->conf.rs485);
	if (!r && o->gap > HJ_BUS_GAP_MOST)
		r = cli_usage(w->cli, _("--gap takes at most %d ms"), HJ_BUS_GAP_MOST);
	if (o->gap)
		w->conf.gap = o->gap;
	if (o->data_bits)
		w->conf.data_bits = o->data_bits;
	if (o->stop_bits)
		w->conf.stop_bits = o->stop_bits;
	if (o->timeout)
		w->conf.response_timeout = o->timeout;
	return r;
}

static const struct hj_conf_bus presets = {
	.kind = HJ_BUS_rtu, .baud = 9600, .data_bits = 8, .stop_bits = 1, .parity = 'N', .response_timeout = 500
};

/* ---- who has it ---- */

static int connect_owner(struct bus_wire *w)
{
	char path[HJ_PATH_MAX];
	int r;

	snprintf(w->socket, sizeof(w->socket), "meterd@%s.change", w->conf.name);
	r = hj_path(w->cli->root, HJ_DIR_RUN, w->socket, path);
	return r < 0 ? r : hj_ipc_ask_open(path, &w->ask);
}

static int start_adhoc(struct bus_wire *w)
{
	int r = apply(w);

	w->started = (struct cli_adhoc){ .cli = w->cli,
		.daemon = "meterd",
		.instance = "adhoc",
		.right = "change",
		.verbose = w->options->verbose,
		.ask = { .fd = -1 } };
	if (!r)
		r = cli_adhoc_start(&w->started);
	if (r)
		return r;
	w->ask = w->started.ask;
	snprintf(w->socket, sizeof(w->socket), "meterd@adhoc.change");
	w->adhoc = true;
	return bus_wire_reopen(w);
}

static int open_named(struct bus_wire *w, const char *name)
{
	int loaded = load_file(w, name), r = connect_owner(w);

	if (r >= 0 && says_format(w->options))
		return cli_refused(w->cli,
		        _("hjgate-meterd@%s has this bus, with the format of its file: stop it to try another "
		          "(systemctl stop hjgate-meterd@%s)"),
		        name, name);
	if (r >= 0)
		return 0;
	if (r != -ENOENT && r != -ECONNREFUSED && r != -ENOTDIR)
		return cli_ask_failed(w->cli, w->socket, r, NULL);
	if (loaded == -EINVAL)
		return cli_refused(w->cli, _("bus %s has errors in its file: correct them first"), name);
	if (loaded < 0)
		return cli_instance_known(w->cli, "buses.d", "meterd", name) ? HJ_EXIT_USAGE : HJ_EXIT_REFUSED;
	return start_adhoc(w);
}

int bus_wire_open(struct cli *cli, const struct bus_options *o, const char *target, struct bus_wire *ret)
{
	char owner[HJ_NAME_MAX + 1];
	int r;

	*ret = (struct bus_wire){ .cli = cli, .options = o, .conf = presets, .ask = { .fd = -1 } };
	hj_text_copy(ret->target, sizeof(ret->target), target);
	if (target[0] != '/' && !strchr(target, ':')) {
		r = open_named(ret, target);
	} else {
		r = target[0] == '/' ? 0 : set_host(ret, target);
		if (target[0] == '/')
			hj_text_copy(ret->conf.port, sizeof(ret->conf.port), target);
		if (!r) {
			bus_wire_owner(cli, &ret->conf, owner);
			r = owner[0] ? open_named(ret, owner) : start_adhoc(ret);
		}
	}
	if (r)
		bus_wire_close(ret);
	return r;
}

void bus_wire_close(struct bus_wire *w)
{
	if (w->ask.fd >= 0)
		hj_ipc_ask_close(&w->ask);
	w->ask.fd = -1;
	cli_adhoc_stop(&w->started);
	hj_conf_bus_done(&w->conf);
}

/* ---- asking ---- */

static int port_failed(const struct bus_wire *w, int error, const char *text)
{
	char what[HJ_CONF_TEXT_MAX + 8];

	if (hj_bus_type(w->conf.kind)->traits & HJ_BUS_HOST)
		snprintf(what, sizeof(what), "%s:%d", w->conf.host, (int)w->conf.tcp_port);
	else
		hj_text_copy(what, sizeof(what), w->conf.port);
	cli_refused(w->cli, _("cannot use %s: %s"), what, cli_reason(text));
	if (!error)
		fprintf(stderr, "%s\n", _("hjgate status says why. See what there is: hjgate bus ports"));
	else if (error == ENOENT || error == ENXIO || error == ENODEV)
		fprintf(stderr, "%s\n", _("See what there is: hjgate bus ports"));
	else if (error == EACCES || error == EPERM)
		fprintf(stderr, "%s\n",
		        _("Join the group of the device (sudo usermod -aG dialout $USER, then log in again), or use "
		          "sudo."));
	else if (error == ENONET)
		fprintf(stderr, "%s\n", _("Is it written right? An address needs no name server (/etc/resolv.conf)."));
	else if (error == EBUSY)
		fprintf(stderr, _("Another program has it: sudo fuser -v %s\n"), what);
	else if (error == ENOTTY && w->conf.rs485 != HJ_RS485_AUTO)
		fprintf(stderr,
		        _("It cannot turn a transceiver as \"%s\" says (--rs485, or rs485 in the bus's file): \"auto\" leaves "
		          "that to the adapter.\n"),
		        hj_rs485_name(w->conf.rs485));
	else if (error == ENOSYS)
		fprintf(stderr, "%s\n", _("This build drives no such bus."));
	return HJ_EXIT_REFUSED;
}

int bus_wire_call(struct bus_wire *w, const char *method, json_t *params, json_t **ret)
{
	_cleanup_json_ json_t *answer = NULL;
	int r = hj_ipc_ask(&w->ask, method, params, ANSWER_MS, &answer);
	const char *error = r == -EREMOTEIO ? cli_string(answer, "error") : NULL;

	if (error && !strcmp(error, "hjgate.Meter.Port")) {
		json_t *p = json_object_get(answer, "parameters");

		return port_failed(w, (int)cli_int(p, "errno"), cli_string(p, "text"));
	}
	if (r < 0)
		return cli_ask_failed(w->cli, w->socket, r, answer);
	*ret = hj_steal(answer);
	return 0;
}

int bus_wire_reopen(struct bus_wire *w)
{
	_cleanup_json_ json_t *answer = NULL;
	const struct hj_conf_bus *c = &w->conf;

	return bus_wire_call(w, "hjgate.Meter.Reopen",
	        json_pack("{ss ss ss sI sI sI ss sI sI ss ss sI}", "type", hj_bus_type(c->kind)->name, "port", c->port, "host",
	                c->host, "tcp_port", (json_int_t)(c->tcp_port ? c->tcp_port : 502), "baud",
	                (json_int_t)c->baud, "data_bits", (json_int_t)c->data_bits, "parity",
	                c->parity == 'E'   ? "even"
	                : c->parity == 'O' ? "odd"
	                                   : "none",
	                "stop_bits", (json_int_t)c->stop_bits, "response_timeout", (json_int_t)c->response_timeout,
	                "rs485", hj_rs485_name(c->rs485), "echo", hj_echo_name(c->echo), "gap", (json_int_t)c->gap),
	        &answer);
}

static enum bus_result result_of(const char *name)
{
	static const char *const names[] = { "ok", "exception", "silent", "broken", "wait", "port" };

	for (size_t i = 0; name && i < hj_array_size(names); i++)
		if (!strcmp(names[i], name))
			return (enum bus_result)i;
	return BUS_PORT;
}

void bus_reply_read(json_t *a, struct bus_reply *ret)
{
	const char *why = cli_string(a, "why");

	*ret = (struct bus_reply){ .result = result_of(cli_string(a, "result")),
		.exception = (int)cli_int(a, "exception"),
		.junk = (size_t)hj_max(cli_int(a, "junk"), (int64_t)0),
		.junk_is_late = json_is_true(json_object_get(a, "junk_is_late")),
		.took_us = cli_int(a, "took_us") };
	hj_text_copy(ret->why, sizeof(ret->why), why ? why : "");
	ret->length = bus_hex(cli_string(a, "data"), ret->data, sizeof(ret->data));
	ret->received_length = bus_hex(cli_string(a, "received"), ret->received, sizeof(ret->received));
	ret->sent_length = bus_hex(cli_string(a, "sent"), ret->sent, sizeof(ret->sent));
}

static json_t *question_json(const struct hj_question *q, int64_t timeout_ms)
{
	char station[2 * HJ_STATION_BYTES + 1];
	json_t *j = json_pack("{sI ss sI sI}", "unit_id", (json_int_t)q->unit_id, "table", hj_table_name(q->table),
	        "address", (json_int_t)q->address, "count", (json_int_t)q->count);

	if (timeout_ms)
		json_object_set_new(j, "timeout", json_integer(timeout_ms));
	for (size_t i = 0; i < HJ_STATION_BYTES; i++)
		snprintf(station + 2 * i, 3, "%02x", q->station[i]);
	if (q->table == HJ_TABLE_DATA)
		json_object_set_new(j, "station", json_string(station));
	return j;
}

int bus_wire_unit(const struct bus_wire *w, unsigned unit_id)
{
	if ((!w->has_file && !w->adhoc) || hj_bus_unit_is(w->conf.kind, unit_id)) /* else its meterd knows */
		return 0;
	return cli_usage(w->cli, _("unit %u is of Modbus TCP alone: on a line there are 1 to %d"), unit_id, HJ_UNIT_MOST);
}

int bus_wire_ask(struct bus_wire *w, const struct hj_question *q, int64_t timeout_ms, struct bus_reply *ret)
{
	const struct timespec step = { 0, WAIT_STEP_MS * 1000000L };
	int r = q->table == HJ_TABLE_DATA ? 0 : bus_wire_unit(w, q->unit_id);

	if (r)
		return r;
	for (int i = 0; i < WAIT_TRIES; i++) {
		_cleanup_json_ json_t *answer = NULL;

		r = bus_wire_call(w, "hjgate.Meter.Ask", question_json(q, timeout_ms), &answer);

		if (r)
			return r;
		bus_reply_read(json_object_get(answer, "answer"), ret);
		if (ret->result != BUS_WAIT)
			break;
		nanosleep(&step, NULL);
	}
	return ret->result == BUS_PORT ? port_failed(w, 0, ret->why) : 0;
}

int bus_wire_ask_surely(struct bus_wire *w, const struct hj_question *q, int64_t timeout_ms, struct bus_reply *ret)
{
	const struct timespec pause = { 0, BROKEN_PAUSE_MS * 1000000L };
	int r = bus_wire_ask(w, q, timeout_ms, ret);

	for (int i = 1; i < BROKEN_TRIES && !r && ret->result == BUS_BROKEN; i++) {
		nanosleep(&pause, NULL);
		r = bus_wire_ask(w, q, timeout_ms, ret);
	}
	return r;
}
