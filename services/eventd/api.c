/* hjgate.Event. Answers: Log (when the row is on disk), List (from RAM, or by reading the ledger through once;
 * follows), Acknowledge (when on disk), Status. What a client says wrong is answered by the parameter's name. */
#include "api_backup.h"
#include "api_key.h"
#include "eventd.h"
#include "hjgate/event.h"
#include "hjgate/idl.h"
#include "hjgate/ipc.h"
#include "hjgate/now.h"
#include "hjgate/text.h"
#include "hjgate/verify_serve.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LIST_LIMIT     100
#define LIST_LIMIT_MAX 1000

/* ---- Log ---- */

static const struct {
	const char *phase;
	enum row_is is;
	int spans; /* goes with an event that has a begin and an end */
} phases[] = {
	{ "moment", ROW_MOMENT, 0 },
	{ "begin", ROW_BEGIN, 1 },
	{ "end", ROW_END, 1 },
};

struct log_params {
	const char *code, *phase, *key, *source;
	int64_t time;
	bool sure;
	json_t *values;
};

/* The row's texts; the name of the first parameter that is wrong, or NULL. */
static const char *fill_row(const struct log_params *p, const struct hj_event_type *type, struct row *row)
{
	size_t i = 0;

	while (i < hj_array_size(phases) && strcmp(phases[i].phase, p->phase) != 0)
		i++;
	if (i == hj_array_size(phases) || phases[i].spans != type->spans)
		return "phase";
	row->is = phases[i].is;
	if (!hj_text_copy(row->code, sizeof(row->code), p->code))
		return "code";
	if (!hj_text_copy(row->key, sizeof(row->key), p->key))
		return "key";
	if (!hj_text_copy(row->source, sizeof(row->source), p->source))
		return "source";
	if (p->time < 0 || p->time > HJ_TIME_MAX_MS)
		return "time";
	row->time_ms = p->time;
	row->trust = p->sure ? HJ_TRUST_RTC : HJ_TRUST_NONE; /* none: by the clock as it is */
	if (p->values && json_object_size(p->values)) {
		row->values = json_dumps(p->values, JSON_COMPACT);
		if (!row->values || strlen(row->values) > HJ_EVENT_VALUES_MAX)
			return "values";
	}
	return NULL;
}

static int on_log(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct log_params p = { .time = hj_now().wall_ms };
	const struct hj_param table[] = {
		{ "code", HJ_PARAM_STRING, true, &p.code },
		{ "phase", HJ_PARAM_STRING, true, &p.phase },
		{ "key", HJ_PARAM_STRING, true, &p.key },
		{ "source", HJ_PARAM_STRING, true, &p.source },
		{ "time", HJ_PARAM_INT, false, &p.time },
		{ "sure", HJ_PARAM_BOOL, false, &p.sure },
		{ "values", HJ_PARAM_OBJECT, false, &p.values },
	};
	const struct hj_event_type *type;
	struct row row = { 0 };
	const char *bad;

	if (hj_params_read(parameters, table, hj_array_size(table), &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	type = hj_event_find(p.code);
	if (!type)
		return hj_ipc_fail(call, "hjgate.Event.UnknownCode", json_pack("{s:s}", "code", p.code));
	bad = fill_row(&p, type, &row);
	if (bad) {
		row_done(&row);
		return hj_ipc_fail_parameter(call, bad);
	}
	return eventd_log(userdata, &row, call);
}

/* ---- List ---- */

static bool read_classes(const json_t *list, struct filter *f)
{
	json_t *j;
	size_t i;

	json_array_foreach(list, i, j)
	{
		int class = hj_event_class_find(json_string_value(j));

		if (class < 0)
			return false;
		f->classes |= 1u << class;
	}
	return true;
}

static bool read_codes(const json_t *list, struct filter *f)
{
	json_t *j;
	size_t i;

	if (json_array_size(list) > FILTER_CODES_MAX)
		return false;
	json_array_foreach(list, i, j)
	{
		if (!json_is_string(j) || !hj_text_copy(f->codes[i], sizeof(f->codes[i]), json_string_value(j)))
			return false;
		f->code_count++;
	}
	return true;
}

static int on_list(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct filter f = { .begin_ms = INT64_MIN, .end_ms = INT64_MAX };
	json_t *classes = NULL, *codes = NULL;
	int64_t limit = LIST_LIMIT, id = 0;
	bool follow = false;
	const struct hj_param table[] = {
		{ "begin", HJ_PARAM_INT, false, &f.begin_ms },
		{ "end", HJ_PARAM_INT, false, &f.end_ms },
		{ "limit", HJ_PARAM_INT, false, &limit },
		{ "open", HJ_PARAM_BOOL, false, &f.open_only },
		{ "follow", HJ_PARAM_BOOL, false, &follow },
		{ "id", HJ_PARAM_INT, false, &id },
		{ "classes", HJ_PARAM_ARRAY, false, &classes },
		{ "codes", HJ_PARAM_ARRAY, false, &codes },
	};
	const char *bad;

	if (hj_params_read(parameters, table, hj_array_size(table), &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	if (limit < 0 || limit > LIST_LIMIT_MAX)
		return hj_ipc_fail_parameter(call, "limit");
	if (follow && !hj_ipc_call_more(call))
		return hj_ipc_fail_parameter(call, "follow");
	if (id < 0)
		return hj_ipc_fail_parameter(call, "id");
	if (!read_classes(classes, &f))
		return hj_ipc_fail_parameter(call, "classes");
	if (!read_codes(codes, &f))
		return hj_ipc_fail_parameter(call, "codes");
	f.id = (uint64_t)id;
	return eventd_list(userdata, &f, (size_t)limit, follow, call);
}

/* ---- Acknowledge ---- */

static int is_event(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	*(bool *)userdata = head->kind == ROW_KIND_EVENT;
	return 1;
}

static bool exists(const struct eventd *d, uint64_t id)
{
	bool found = false;

	if (book_find(&d->book, id))
		return true;
	return d->ledger && hj_ledger_read(d->ledger, id, id, HJ_LEDGER_HEADS, is_event, &found) >= 0 && found;
}

static int on_acknowledge(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct row row = { .is = ROW_CAUSE, .time_ms = hj_now().wall_ms };
	const char *cause = NULL, *bad;
	struct eventd *d = userdata;
	int64_t id = 0;
	const struct hj_param table[] = {
		{ "id", HJ_PARAM_INT, true, &id },
		{ "cause", HJ_PARAM_STRING, true, &cause },
	};

	if (hj_params_read(parameters, table, hj_array_size(table), &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	if (!*cause || strlen(cause) > HJ_EVENT_CAUSE_MAX)
		return hj_ipc_fail_parameter(call, "cause");
	if (id <= 0 || !exists(d, (uint64_t)id))
		return hj_ipc_fail(call, "hjgate.Event.NoSuchEvent", json_pack("{s:I}", "id", (json_int_t)id));
	row.of = (uint64_t)id;
	hj_ipc_call_name(call, row.source, sizeof(row.source));
	row.cause = strdup(cause);
	return row.cause ? eventd_put(d, &row, call) : -ENOMEM;
}

/* ---- Status ---- */

static int on_status(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	const struct eventd *d = userdata;
	const char *bad;
	json_t *j;

	if (hj_params_read(parameters, NULL, 0, &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	j = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "events", (json_int_t)d->events, "open",
	        (json_int_t)d->book.open, "bytes", (json_int_t)(d->ledger ? hj_ledger_bytes(d->ledger) : 0), "lost",
	        (json_int_t)d->lost, "untaken", (json_int_t)outbox_waiting(d->outbox), "passed",
	        (json_int_t)outbox_passed(d->outbox));
	if (j && d->first_ms != NO_END)
		json_object_set_new(j, "first", json_integer(d->first_ms));
	return hj_ipc_reply(call, j);
}

void eventd_refused(enum hj_right right, const char *why, void *userdata)
{
	const char *from = right == HJ_PEER ? "eventd.peer" : right == HJ_CHANGE ? "eventd.change" : "eventd.look";
	char *values;
	_cleanup_json_ json_t *j = json_pack("{s:s, s:s, s:i}", "from", from, "text", why, "count", 1);

	values = j ? json_dumps(j, JSON_COMPACT) : NULL;
	eventd_say(userdata, "bad-input", ROW_MOMENT, from, values);
	free(values);
}

static int on_verify(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct eventd *d = userdata;
	const struct hj_verify_of of = { .event = d->event, .interface = "hjgate.Event", .slot = &d->verifying };

	return hj_verifying_begin(&of, d->ledger, call, parameters);
}

static const struct hj_ipc_method methods[] = {
	{ "Log", HJ_PEER, on_log },
	{ "List", HJ_ANY_RIGHT, on_list },
	{ "Acknowledge", HJ_CHANGE, on_acknowledge },
	{ "Status", HJ_ANY_RIGHT, on_status },
	{ "Verify", HJ_LOOK | HJ_CHANGE, on_verify },
	{ "Backup", HJ_CHANGE, api_backup },
	{ "Key", HJ_LOOK | HJ_CHANGE, api_key },
	{ "KeyRotate", HJ_CHANGE, api_key_rotate },
	{ "KeyRecoverySet", HJ_CHANGE, api_key_recovery_set },
	{ "KeyRecover", HJ_CHANGE, api_key_recover },
	{ NULL, 0, NULL },
};

/* Every daemon has something to tell. hjgate: stored, and the unit that tells of units which failed. */
static const struct hj_ipc_peer peers[] = {
	{ "Log",
	        { "hjgate", "hjgate-meterd", "hjgate-uplinkd", "hjgate-judged", "hjgate-alertd", "hjgate-clockd" } },
	{ NULL, { NULL } },
};

const struct hj_ipc_interface eventd_interface = {
	.name = "hjgate.Event",
	.description = hj_idl_hjgate_Event,
	.methods = methods,
	.peers = peers,
};
