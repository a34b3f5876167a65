/* From a message to the function that answers it, and the answers. A call is owned by its connection until it is
 * answered, and by whoever keeps a reference to answer later; once the client is gone it answers into nothing. A
 * handler that fails, or that drops a call unanswered, gives an error reply: no client waits for ever for a mistake
 * of ours. */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/idl.h"
#include "hjgate/text.h"
#include "server_private.h"

#define FAILED       "hjgate.Failed"
#define BAD_MESSAGE  "hjgate.BadMessage"
#define NO_INTERFACE "org.varlink.service.InterfaceNotFound"
#define SERVICE      "org.varlink.service"

/* ---- answers ---- */

static int send_reply(struct hj_ipc_call *call, json_t *parameters, bool continues)
{
	_cleanup_json_ json_t *message = json_object();

	if (!parameters)
		parameters = json_object();
	if (json_object_set_new(message, "parameters", parameters) < 0)
		return -ENOMEM;
	if (continues && json_object_set_new(message, "continues", json_true()) < 0)
		return -ENOMEM;
	return hj_ipc_connection_send(call->connection, message);
}

static int send_error(struct connection *c, const char *error, json_t *parameters)
{
	_cleanup_json_ json_t *message =
	        json_pack("{s:s, s:o}", "error", error, "parameters", parameters ? parameters : json_object());
	int r = message ? hj_ipc_connection_send(c, message) : -ENOMEM;

	/* What a client asked for may be too long to be told again. */
	if (r == -EMSGSIZE) {
		json_object_set_new(message, "parameters", json_object());
		r = hj_ipc_connection_send(c, message);
	}
	return r;
}

/* One message, an error if it has a name, unless the client is gone or wants none. */
static int answer(struct hj_ipc_call *call, const char *error, json_t *parameters)
{
	if (!call->connection || call->oneway) {
		json_decref(parameters);
		return call->connection ? 0 : -EPIPE;
	}
	return error ? send_error(call->connection, error, parameters) : send_reply(call, parameters, false);
}

static void end(struct hj_ipc_call *call)
{
	struct connection *c = call->connection;

	if (!c)
		return; /* it took its reference along */
	call->connection = NULL;
	c->call = NULL;
	hj_ipc_connection_go_on(c);
	hj_ipc_call_unref(call);
}

int hj_ipc_fail(struct hj_ipc_call *call, const char *error, json_t *parameters)
{
	int r = answer(call, error, parameters);

	end(call);
	return r;
}

int hj_ipc_fail_parameter(struct hj_ipc_call *call, const char *name)
{
	return hj_ipc_fail(call, HJ_IPC_ERROR_PARAMETER, json_pack("{s:s}", "parameter", name));
}

static int fail_errno(struct hj_ipc_call *call, int r)
{
	return hj_ipc_fail(call, FAILED, json_pack("{s:i, s:s}", "errno", -r, "text", strerror(-r)));
}

int hj_ipc_reply(struct hj_ipc_call *call, json_t *parameters)
{
	int r = answer(call, NULL, parameters);

	if (r == -EMSGSIZE || r == -ENOMEM)
		fail_errno(call, r);
	else
		end(call);
	return r;
}

int hj_ipc_reply_more(struct hj_ipc_call *call, json_t *parameters)
{
	if (!call->connection || !call->more) {
		json_decref(parameters);
		return call->connection ? -EINVAL : -EPIPE;
	}
	return send_reply(call, parameters, true);
}

/* Whoever writes JSON himself answers for it; that it is one object without a NUL in it is seen to here. */
static bool is_object_text(const char *text, size_t n)
{
	return n >= 2 && text[0] == '{' && text[n - 1] == '}' && !memchr(text, 0, n);
}

int hj_ipc_reply_text(struct hj_ipc_call *call, const char *parameters, size_t n, bool continues)
{
	int r = is_object_text(parameters, n) ? 0 : -EINVAL;

	if (!call->connection)
		return -EPIPE;
	if (continues && !call->more)
		return -EINVAL;
	if (r >= 0 && !call->oneway)
		r = hj_ipc_connection_send_text(call->connection, parameters, n, continues);
	if (continues)
		return r;
	if (r == -EMSGSIZE || r == -ENOMEM || r == -EINVAL)
		fail_errno(call, r);
	else
		end(call);
	return r;
}

/* ---- the life of a call ---- */

struct hj_ipc_call *hj_ipc_call_ref(struct hj_ipc_call *call)
{
	call->refs++;
	return call;
}

struct hj_ipc_call *hj_ipc_call_unref(struct hj_ipc_call *call)
{
	if (!call)
		return NULL;
	call->refs--;
	if (!call->refs)
		free(call);
	else if (call->refs == 1 && call->connection && !call->dispatching)
		fail_errno(call, -ECANCELED);
	return NULL;
}

/* The client has left. Whoever keeps the call is told, and finds it gone. */
void hj_ipc_call_leave(struct hj_ipc_call *call, bool tell)
{
	void (*drain)(struct hj_ipc_call *, void *) = hj_steal(call->drain);
	void (*left)(struct hj_ipc_call *, void *) = hj_steal(call->left);

	call->connection->call = NULL;
	call->connection = NULL;
	if (tell && left)
		left(call, call->left_userdata);
	else if (tell && drain)
		drain(call, call->drain_userdata);
	hj_ipc_call_unref(call);
}

void hj_ipc_call_drained(struct hj_ipc_call *call)
{
	void (*drain)(struct hj_ipc_call *, void *) = hj_steal(call->drain);

	if (drain)
		drain(call, call->drain_userdata);
}

void hj_ipc_call_hang_up(struct hj_ipc_call *call)
{
	call->drain = call->left = NULL;
	if (call->connection)
		hj_ipc_connection_doom(call->connection);
}

bool hj_ipc_call_gone(const struct hj_ipc_call *call)
{
	return !call->connection || call->connection->doomed;
}

bool hj_ipc_call_more(const struct hj_ipc_call *call)
{
	return call->more;
}

unsigned hj_ipc_call_queued(const struct hj_ipc_call *call)
{
	return call->connection ? call->connection->queued : 0;
}

enum hj_right hj_ipc_call_right(const struct hj_ipc_call *call)
{
	return call->right;
}

uid_t hj_ipc_call_uid(const struct hj_ipc_call *call)
{
	return call->uid;
}

void hj_ipc_call_name(const struct hj_ipc_call *call, char *to, size_t size)
{
	struct passwd pw, *found = NULL;
	char space[1024];

	if (getpwuid_r(call->uid, &pw, space, sizeof(space), &found) == 0 && found)
		hj_text_copy(to, size, pw.pw_name);
	else
		snprintf(to, size, "uid %u", (unsigned)call->uid);
}

void hj_ipc_call_on_drain(
        struct hj_ipc_call *call, void (*fn)(struct hj_ipc_call *call, void *userdata), void *userdata)
{
	call->drain = fn;
	call->drain_userdata = userdata;
	if (fn && call->connection)
		hj_ipc_connection_want(call->connection);
}

void hj_ipc_call_on_left(
        struct hj_ipc_call *call, void (*fn)(struct hj_ipc_call *call, void *userdata), void *userdata)
{
	call->left = fn;
	call->left_userdata = userdata;
}

/* ---- org.varlink.service ---- */

static int get_info(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	const struct hj_ipc_interface *const *all = call->connection->server->interfaces;
	json_t *names = json_array();

	json_array_append_new(names, json_string(SERVICE));
	json_array_append_new(names, json_string(hj_ipc_service.name));
	for (; all && *all; all++)
		json_array_append_new(names, json_string((*all)->name));
	return hj_ipc_reply(call, json_pack("{s:s, s:s, s:s, s:s, s:o}", "vendor", "hjgate", "product", "hjgate",
	                                  "version", HJ_VERSION, "url", "", "interfaces", names));
}

static int get_description(struct hj_ipc_call *call, json_t *parameters, void *userdata);

static const struct hj_ipc_interface service_interface = {
	.name = SERVICE,
	.description = hj_idl_org_varlink_service,
	.methods =
	        (const struct hj_ipc_method[]){
	                { "GetInfo", HJ_ANY_RIGHT, get_info },
	                { "GetInterfaceDescription", HJ_ANY_RIGHT, get_description },
	                { NULL, 0, NULL },
	        },
};

static const struct hj_ipc_interface *find_interface(const struct hj_ipc_server *s, const char *name, size_t n)
{
	static const struct hj_ipc_interface *const of_all[] = { &service_interface, &hj_ipc_service };

	for (size_t i = 0; i < hj_array_size(of_all); i++)
		if (strlen(of_all[i]->name) == n && !memcmp(of_all[i]->name, name, n))
			return of_all[i];
	for (const struct hj_ipc_interface *const *all = s->interfaces; all && *all; all++)
		if (strlen((*all)->name) == n && !memcmp((*all)->name, name, n))
			return *all;
	return NULL;
}

static int get_description(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	const struct hj_ipc_interface *interface;
	const char *name = NULL, *bad;
	const struct hj_param table[] = { { "interface", HJ_PARAM_STRING, true, &name } };

	if (hj_params_read(parameters, table, 1, &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	interface = find_interface(call->connection->server, name, strlen(name));
	if (!interface)
		return hj_ipc_fail(call, NO_INTERFACE, json_pack("{s:s}", "interface", name));
	return hj_ipc_reply(call, json_pack("{s:s}", "description", interface->description));
}

/* ---- from the message to the function ---- */

static const struct hj_ipc_method *find_method(const struct hj_ipc_interface *interface, const char *name)
{
	for (const struct hj_ipc_method *m = interface->methods; m->name; m++)
		if (!strcmp(m->name, name))
			return m;
	return NULL;
}

/* A client that sends what is no message is answered once a message, and counted. */
void hj_ipc_refuse(struct connection *c, const char *why)
{
	struct hj_ipc_server *s = c->server;

	s->counts.refused++;
	if (s->on_refused)
		s->on_refused(c->listener->right, why, s->userdata);
	send_error(c, BAD_MESSAGE, json_pack("{s:s}", "text", why));
}

static void run(struct hj_ipc_call *call, const char *method, json_t *parameters)
{
	struct hj_ipc_server *s = call->connection->server;
	const char *dot = strrchr(method, '.');
	const struct hj_ipc_interface *interface = dot ? find_interface(s, method, (size_t)(dot - method)) : NULL;
	const struct hj_ipc_method *m = interface ? find_method(interface, dot + 1) : NULL;
	int r;

	if (dot && !interface)
		hj_ipc_fail(call, NO_INTERFACE, json_pack("{s:s%}", "interface", method, (size_t)(dot - method)));
	else if (!m)
		hj_ipc_fail(call, HJ_IPC_ERROR_METHOD, json_pack("{s:s}", "method", method));
	else if (!(m->rights & (int)call->right))
		hj_ipc_fail(call, HJ_IPC_ERROR_DENIED, NULL);
	else if ((r = hj_ipc_peer_check(interface, m, call)) < 0)
		r == -EPERM ? hj_ipc_peer_refuse(call, method) : fail_errno(call, r);
	else {
		r = m->fn(call, parameters, s->userdata);
		if (r < 0 && call->connection)
			fail_errno(call, r);
	}
}

static struct hj_ipc_call *call_new(struct connection *c, bool more, bool oneway)
{
	struct hj_ipc_call *call = calloc(1, sizeof(*call));

	if (!call)
		return NULL;
	*call = (struct hj_ipc_call){
		.refs = 2, /* the connection's and hj_ipc_dispatch()'s */
		.connection = c,
		.right = c->listener->right,
		.uid = c->uid,
		.more = more,
		.oneway = oneway,
		.dispatching = true,
	};
	c->call = call;
	return call;
}

void hj_ipc_dispatch(struct connection *c, json_t *message)
{
	bool more = false, oneway = false, upgrade = false;
	const char *method = NULL, *bad;
	json_t *parameters = NULL;
	const struct hj_param table[] = {
		{ "method", HJ_PARAM_STRING, true, &method },
		{ "parameters", HJ_PARAM_OBJECT, false, &parameters },
		{ "more", HJ_PARAM_BOOL, false, &more },
		{ "oneway", HJ_PARAM_BOOL, false, &oneway },
		{ "upgrade", HJ_PARAM_BOOL, false, &upgrade },
	};
	_cleanup_json_ json_t *empty = NULL;
	struct hj_ipc_call *call;

	if (hj_params_read(message, table, hj_array_size(table), &bad) < 0) {
		snprintf(c->server->why, sizeof(c->server->why), "wrong, unknown or missing: %.100s", bad);
		hj_ipc_refuse(c, c->server->why);
		return;
	}
	if (upgrade || (more && oneway)) {
		hj_ipc_refuse(c, upgrade ? "upgrade is not known here" : "more and oneway at once");
		return;
	}
	if (!parameters)
		parameters = empty = json_object();
	call = call_new(c, more, oneway);
	if (!call || !parameters) {
		hj_ipc_connection_doom(c);
		return;
	}
	run(call, method, parameters);
	call->dispatching = false;
	hj_ipc_call_unref(call);
}
