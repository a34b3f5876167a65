/* hjgate.Meter of an --adhoc meterd: which port it is and how it speaks, and listening. One that has a configuration
 * refuses both: its bus is what the file says, and it asks on it. */
#include "api.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "adhoc.h"
#include "bus_socket.h"

#define QUEUED_MOST 12 /* replies that wait for a slow client; more bytes are dropped then, not the client */

static int refuse(struct hj_ipc_call *call)
{
	return hj_ipc_fail(call, "hjgate.Meter.NotAdhoc", NULL);
}

static int port_failed(struct hj_ipc_call *call, int r)
{
	return hj_ipc_fail(call, "hjgate.Meter.Port", json_pack("{s:i, s:s}", "errno", -r, "text", bus_socket_why(r)));
}

/* ---- Reopen ---- */

static int find_parity(const char *name)
{
	return !strcmp(name, "none") ? 'N' : !strcmp(name, "even") ? 'E' : !strcmp(name, "odd") ? 'O' : -1;
}

struct wish {
	const char *type, *port, *host, *parity, *rs485, *echo;
	int64_t tcp_port, baud, data_bits, stop_bits, response_timeout, gap;
};

/* NULL, or the parameter that is wrong. */
static const char *make(const struct wish *w, struct hj_conf_bus *ret)
{
	int kind = hj_bus_kind_find(w->type), parity = find_parity(w->parity), rs485 = hj_rs485_find(w->rs485),
	    echo = hj_echo_find(w->echo);

	if (kind < 0)
		return "type";
	if (parity < 0)
		return "parity";
	if (rs485 < 0)
		return "rs485";
	if (echo < 0)
		return "echo";
	if (w->gap < 0 || w->gap > HJ_BUS_GAP_MOST)
		return "gap";
	if (w->tcp_port < 1 || w->tcp_port > UINT16_MAX)
		return "tcp_port";
	if (w->response_timeout < 1 || w->response_timeout > 5000)
		return "response_timeout";
	if (w->data_bits < 7 || w->data_bits > 8)
		return "data_bits";
	if (w->stop_bits < 1 || w->stop_bits > 2)
		return "stop_bits";
	if (w->baud < 300 || w->baud > 115200)
		return "baud";
	*ret = (struct hj_conf_bus){ .name = "adhoc",
		.kind = (enum hj_bus_kind)kind,
		.tcp_port = w->tcp_port,
		.baud = w->baud,
		.data_bits = w->data_bits,
		.stop_bits = w->stop_bits,
		.parity = (char)parity,
		.response_timeout = w->response_timeout,
		.rs485 = (enum hj_rs485)rs485,
		.echo = (enum hj_echo)echo,
		.gap = w->gap };
	if (!hj_text_copy(ret->port, sizeof(ret->port), w->port))
		return "port";
	return hj_text_copy(ret->host, sizeof(ret->host), w->host) ? NULL : "host";
}

int api_reopen(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct wish w = { "rtu", "", "", "none", "auto", "auto", 502, 9600, 8, 1, 500, 0 };
	const struct hj_param table[] = {
		{ "type", HJ_PARAM_STRING, false, &w.type },
		{ "port", HJ_PARAM_STRING, false, &w.port },
		{ "host", HJ_PARAM_STRING, false, &w.host },
		{ "tcp_port", HJ_PARAM_INT, false, &w.tcp_port },
		{ "baud", HJ_PARAM_INT, false, &w.baud },
		{ "data_bits", HJ_PARAM_INT, false, &w.data_bits },
		{ "parity", HJ_PARAM_STRING, false, &w.parity },
		{ "stop_bits", HJ_PARAM_INT, false, &w.stop_bits },
		{ "response_timeout", HJ_PARAM_INT, false, &w.response_timeout },
		{ "rs485", HJ_PARAM_STRING, false, &w.rs485 },
		{ "echo", HJ_PARAM_STRING, false, &w.echo },
		{ "gap", HJ_PARAM_INT, false, &w.gap },
	};
	struct meterd *m = userdata;
	const char *bad = NULL;
	struct hj_conf_bus conf;
	int r;

	if (!m->adhoc)
		return refuse(call);
	if (hj_params_read(parameters, table, hj_array_size(table), &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	bad = make(&w, &conf);
	if (bad)
		return hj_ipc_fail_parameter(call, bad);
	r = adhoc_reopen(m, &conf);
	return r < 0 ? port_failed(call, r) : hj_ipc_reply(call, NULL);
}

/* ---- Sniff ---- */

static int send_bytes(struct hj_ipc_call *call, const uint8_t *data, size_t n, hj_usec time)
{
	char text[1025] = "";

	for (size_t i = 0; i < n && 2 * i + 2 < sizeof(text); i++)
		snprintf(text + 2 * i, 3, "%02x", data[i]);
	return hj_ipc_reply_more(call, json_pack("{s:I, s:s}", "time_us", (json_int_t)time, "bytes", text));
}

static void on_bytes(const uint8_t *data, size_t n, hj_usec since_first, void *userdata)
{
	struct meterd *m = userdata;

	if (!m->sniffer)
		return;
	if (!n)
		port_failed(m->sniffer, -EIO);
	else if (hj_ipc_call_queued(m->sniffer) < QUEUED_MOST)
		send_bytes(m->sniffer, data, n, since_first);
}

static void listener_left(struct hj_ipc_call *call, void *userdata)
{
	struct meterd *m = userdata;

	sniff_close(hj_steal(m->sniff));
	m->sniffer = hj_ipc_call_unref(call);
}

int api_sniff(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct meterd *m = userdata;
	const char *bad = NULL;
	int r;

	if (!m->adhoc)
		return refuse(call);
	if (hj_params_read(parameters, NULL, 0, &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	if (!hj_ipc_call_more(call))
		return hj_ipc_fail_parameter(call, "more");
	if (!m->bus || m->sniffer)
		return hj_ipc_fail(call, HJ_IPC_ERROR_BUSY, NULL);
	m->bus->ops->close(m->bus);
	r = sniff_open(m->event, &m->conf, on_bytes, m, &m->sniff);
	if (r < 0)
		return port_failed(call, r);
	m->sniffer = hj_ipc_call_ref(call);
	hj_ipc_call_on_left(call, listener_left, m);
	return send_bytes(call, NULL, 0, 0);
}
