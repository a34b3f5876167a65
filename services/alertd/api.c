/* hjgate.Alert: Send, Status, Test. */
#include "alertd.h"

#include <string.h>

#include "hjgate/idl.h"
#include "hjgate/log.h"
#include "hjgate/now.h"
#include "message.h"

/* ---- Send ---- */

static int on_send(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	const char *code = NULL, *class = NULL, *key = NULL, *phase = NULL, *bad, *why;
	int64_t id = 0, begin = 0, end = 0, count = 0;
	json_t *values = NULL;
	const struct hj_param table[] = {
		{ "id", HJ_PARAM_INT, true, &id },
		{ "code", HJ_PARAM_STRING, true, &code },
		{ "class", HJ_PARAM_STRING, true, &class },
		{ "key", HJ_PARAM_STRING, true, &key },
		{ "begin", HJ_PARAM_INT, true, &begin },
		{ "end", HJ_PARAM_INT, false, &end },
		{ "phase", HJ_PARAM_STRING, true, &phase },
		{ "values", HJ_PARAM_OBJECT, false, &values },
		{ "count", HJ_PARAM_INT, false, &count },
	};
	static const char *const outcomes[] = {
		[TAKEN] = "taken", [TAKEN_BEFORE] = "taken", [TAKEN_UNWANTED] = "unwanted"
	};
	struct alertd *a = userdata;
	struct alert *alert;
	enum taken taken;
	int r;

	if (hj_params_read(parameters, table, hj_array_size(table), &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	if (a->conf_bad)
		return hj_ipc_fail(call, "hjgate.Alert.BadConfiguration", NULL);
	r = alert_from_json(parameters, &alert, &why);
	if (r == -EINVAL)
		return hj_ipc_reply(call, json_pack("{s:s, s:s}", "outcome", "refused", "why", why));
	if (r < 0)
		return r;
	taken = alertd_take(a, alert);
	a->active = hj_now().mono;
	alertd_turn(a);
	if (taken == TAKEN_NOT)
		return hj_ipc_fail(
		        call, "hjgate.Alert.DiskTrouble", json_pack("{s:s}", "text", "the outbox cannot be written"));
	return hj_ipc_reply(call, json_pack("{s:s}", "outcome", outcomes[taken]));
}

/* ---- Status ---- */

const char *alertd_host_of(const char *url, char *to, size_t size)
{
	const char *begin = strstr(url, "://"), *at;
	size_t n;

	begin = begin ? begin + 3 : url;
	n = strcspn(begin, "/?#\\");
	at = memrchr(begin, '@', n);
	n -= at ? (size_t)(at + 1 - begin) : 0;
	hj_text_copy(to, size, at ? at + 1 : begin);
	to[hj_min(n, size - 1)] = '\0';
	return to;
}

static const char *state_of(const struct channel *c, size_t waiting)
{
	if (c->request)
		return "sending";
	if (c->wrong || c->told_failing)
		return "failing";
	return waiting ? "waiting" : "idle";
}

static json_t *channel_json(const struct channel *c, const struct hj_now *now)
{
	int64_t oldest;
	size_t waiting = channel_waiting(c, &oldest);
	char host[HJ_ALERT_URL_MAX + 1];
	json_t *j;

	j = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I}", "channel", c->conf->name, "kind",
	        hj_channel_kind_name(c->conf->kind), "host", alertd_host_of(c->conf->url, host, sizeof(host)), "state",
	        state_of(c, waiting), "waiting", (json_int_t)waiting, "told", (json_int_t)c->told, "messages",
	        (json_int_t)c->messages, "lost", (json_int_t)c->lost);
	if (!j)
		return NULL;
	if (c->error[0])
		json_object_set_new(j, "error", json_string(c->error));
	if (waiting)
		json_object_set_new(j, "oldest", json_integer((json_int_t)oldest));
	if (waiting && c->wait_until > now->mono)
		json_object_set_new(j, "retry_at",
		        json_integer((
		                json_int_t)(now->wall_ms + (int64_t)((c->wait_until - now->mono) / HJ_USEC_PER_MS))));
	if (c->last_ms)
		json_object_set_new(j, "last", json_integer((json_int_t)c->last_ms));
	return j;
}

static int on_status(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct alertd *a = userdata;
	json_t *list = json_array();
	struct hj_now now = hj_now();
	const char *bad;

	if (hj_params_read(parameters, NULL, 0, &bad) < 0) {
		json_decref(list);
		return hj_ipc_fail_parameter(call, bad);
	}
	a->active = now.mono;
	for (size_t i = 0; i < a->channel_count; i++)
		json_array_append_new(list, channel_json(&a->channels[i], &now));
	return hj_ipc_reply(call, json_pack("{s:b, s:b, s:o}", "dry_run", a->conf.dry_run, "bad_configuration",
	                                  a->conf_bad, "channels", list));
}

/* ---- Test ---- */

/* One call to Test; freed when the last channel has answered. */
struct test {
	struct alertd *a;
	struct hj_ipc_call *call;
	struct alert *alert;
	json_t *results;
	unsigned under_way;
};
struct probe {
	struct test *t;
	struct channel *c;
	hj_usec begun;
};

static void test_release(struct test *t)
{
	if (--t->under_way)
		return;
	hj_ipc_reply(t->call, json_pack("{s:O}", "tested", t->results));
	hj_ipc_call_unref(t->call);
	json_decref(t->results);
	alert_free(t->alert);
	t->a->tests--;
	t->a->active = hj_now().mono;
	alertd_turn(t->a);
	free(t);
}

static void add_result(struct test *t, const struct channel *c, const char *error, hj_usec took)
{
	json_t *j = json_pack(
	        "{s:s, s:I}", "channel", c->conf->name, "milliseconds", (json_int_t)(took / HJ_USEC_PER_MS));

	if (j && *error)
		json_object_set_new(j, "error", json_string(error));
	json_array_append_new(t->results, j);
}

static void on_probed(const struct http_result *result, void *userdata)
{
	struct probe *p = userdata;
	struct verdict_told v;

	verdict_of(p->c->conf->kind, result, &v);
	add_result(p->t, p->c, v.text, hj_now().mono - p->begun);
	/* It works: what waits for it need not wait any longer. */
	if (v.is == VERDICT_TOLD)
		p->c->wait_until = 0;
	test_release(p->t);
	free(p);
}

/* It counts as a message, and does not wait for its turn: somebody stands beside it. */
static void probe(struct test *t, struct channel *c)
{
	const struct alert *alert = t->alert;
	struct probe *p = calloc(1, sizeof(*p));
	char why[VERDICT_TEXT_MAX];
	struct http_request *request;
	size_t n;

	if (!p)
		return;
	*p = (struct probe){ t, c, hj_now().mono };
	bucket_take(&c->bucket, p->begun);
	if (t->a->conf.dry_run) {
		add_result(t, c, "dry_run = true: nobody is told anything", 0);
		free(p);
	} else if (channel_post(c, &alert, 1, on_probed, p, &request, &n, why) < 0) {
		add_result(t, c, why, 0);
		free(p);
	} else {
		t->under_way++;
	}
}

static bool is_channel(const struct alertd *a, const char *name)
{
	for (size_t i = 0; i < a->channel_count; i++)
		if (!strcmp(a->channels[i].conf->name, name))
			return true;
	return false;
}

static int test_new(struct alertd *a, struct hj_ipc_call *call, struct test **ret)
{
	struct test *t = calloc(1, sizeof(*t));
	char by[64];

	if (!t)
		return -ENOMEM;
	*t = (struct test){
		.a = a, .alert = message_test(hj_now().wall_ms), .results = json_array(), .under_way = 1
	};
	hj_ipc_call_name(call, by, sizeof(by));
	if (t->alert) {
		_cleanup_json_ json_t *values = json_pack("{s:s}", "by", by);

		t->alert->values = values ? json_dumps(values, JSON_COMPACT) : NULL;
	}
	if (!t->alert || !t->results) {
		alert_free(t->alert);
		json_decref(t->results);
		free(t);
		return -ENOMEM;
	}
	t->call = hj_ipc_call_ref(call);
	a->tests++;
	hj_report(a->report, "alert-test", HJ_MOMENT, "test", json_pack("{s:s}", "by", by));
	*ret = t;
	return 0;
}

static int on_test(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	const char *channel = NULL, *bad;
	const struct hj_param table[] = { { "channel", HJ_PARAM_STRING, false, &channel } };
	struct alertd *a = userdata;
	struct test *t;
	int r;

	if (hj_params_read(parameters, table, hj_array_size(table), &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	if (a->conf_bad)
		return hj_ipc_fail(call, "hjgate.Alert.BadConfiguration", NULL);
	if (channel && !is_channel(a, channel))
		return hj_ipc_fail(call, "hjgate.Alert.NoSuchChannel", json_pack("{s:s}", "channel", channel));
	r = test_new(a, call, &t);
	if (r < 0)
		return r;
	for (size_t i = 0; i < a->channel_count; i++)
		if (!channel || !strcmp(a->channels[i].conf->name, channel))
			probe(t, &a->channels[i]);
	test_release(t);
	return 0;
}

static const struct hj_ipc_method methods[] = {
	{ "Send", HJ_PEER, on_send },
	{ "Status", HJ_ANY_RIGHT, on_status },
	{ "Test", HJ_CHANGE, on_test },
	{ NULL, 0, NULL },
};

const struct hj_ipc_interface alertd_interface = {
	.name = "hjgate.Alert",
	.description = hj_idl_hjgate_Alert,
	.methods = methods,
};
