/* Status: how the store is, bus by bus and uplink by uplink. */
#include <math.h>
#include <string.h>

#include "api.h"

#define YEARS_MOST 1000.0 /* beyond, nobody wants to know */

static json_t *int_or_null(bool known, int64_t value)
{
	return known ? json_integer(value) : json_null();
}

static json_t *bus_state(const struct stored *s, const struct hj_rollup_bus *b)
{
	struct hj_rollup_look look;
	uint64_t durable = 0;

	hj_rollup_look(b, &look);
	for (size_t i = 0; i < s->durable_count; i++)
		if (!strcmp(s->durable[i].bus, look.name) && !memcmp(s->durable[i].boot, look.boot, HJ_ID_BYTES))
			durable = s->durable[i].number;
	return json_pack("{s:s, s:b, s:I, s:I, s:I, s:I}", "name", look.name, "connected", look.connected, "counted",
	        (json_int_t)look.counted, "durable", (json_int_t)durable, "late", (json_int_t)look.late, "upto",
	        (json_int_t)hj_max(look.upto, 0));
}

static json_t *uplink_state(struct stored *s, struct uplink *u)
{
	json_t *ranges = json_array();
	int64_t oldest = 0;
	bool any = owed_oldest(s, u, &oldest);

	for (size_t i = 0; i < u->owed.count; i++)
		json_array_append_new(ranges, json_pack("{s:I, s:I}", "from", (json_int_t)u->owed.ranges[i].from,
		                                      "to", (json_int_t)u->owed.ranges[i].to));
	return json_pack("{s:s, s:I, s:o, s:o, s:I, s:o}", "name", u->name, "waiting",
	        (json_int_t)hj_seqset_total(&u->owed), "oldest", int_or_null(any, oldest), "ranges", ranges,
	        "confirmed", (json_int_t)u->confirmed, "confirmed_at",
	        int_or_null(u->confirmed_ms != INT64_MIN, u->confirmed_ms));
}

static int note_label(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	*(int64_t *)userdata = head->label_ms;
	return 1;
}

static json_t *oldest_label(struct stored *s)
{
	uint64_t first = hj_ledger_first(s->ledger);
	int64_t label = -1;

	if (first)
		hj_ledger_read(s->ledger, first, UINT64_MAX, HJ_LEDGER_HEADS, note_label, &label);
	return int_or_null(label >= 0, label);
}

static json_t *file_state(struct stored *s)
{
	uint64_t first = hj_ledger_first(s->ledger), head = hj_ledger_last(s->ledger);
	char id[2 * HJ_ID_BYTES + 1];

	hj_id_format(hj_ledger_store_id(s->ledger), id);
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:o}", "store", id, "first", (json_int_t)first, "head",
	        (json_int_t)head, "records", (json_int_t)hj_ledger_rows(s->ledger), "bytes",
	        (json_int_t)hj_ledger_bytes(s->ledger), "oldest_label", oldest_label(s));
}

/* While the file cannot be opened. */
static json_t *no_file_state(void)
{
	return json_pack("{s:s, s:i, s:i, s:i, s:i, s:n}", "store", "", "first", 0, "head", 0, "records", 0, "bytes",
	        0, "oldest_label");
}

static void add_state(struct stored *s, json_t *to)
{
	double room = s->ledger ? retention_days_of_room(s) : -1;
	uint64_t unreadable = s->unreadable + (s->ledger ? hj_ledger_unreadable(s->ledger) : 0);
	_cleanup_json_ json_t *state = NULL;
	size_t queued = 0;

	for (const struct item *item = s->queue; item; item = item->next)
		queued++;
	state = json_pack("{s:I, s:I, s:o, s:I, s:I, s:I, s:b, s:o}", "commits", (json_int_t)s->commits,
	        "last_commit", (json_int_t)s->last_commit_ms, "days_of_room",
	        int_or_null(room >= 0, (int64_t)fmin(room, 36500)), "points", (json_int_t)s->points.count,
	        "unreadable", (json_int_t)unreadable, "queued", (json_int_t)queued, "open", s->ledger && s->loaded,
	        "error", s->error ? json_string(strerror(-s->error)) : json_null());
	json_object_update(to, state);
}

static json_t *flash_state(struct stored *s)
{
	struct flash_look f;

	rates_look(s, &f);
	return json_pack("{s:o, s:I, s:o, s:o, s:o}", "written_day",
	        int_or_null(f.written_day >= 0, (int64_t)f.written_day), "written", (json_int_t)f.written, "since",
	        int_or_null(f.since_ms > 0, f.since_ms), "years",
	        f.years < 0 ? json_null() : json_real(fmin(f.years, YEARS_MOST)), "used",
	        int_or_null(f.used >= 0, f.used));
}

static json_t *salvage_state(const struct stored *s)
{
	static const char *const phases[] = { "keys", "state", "rows", "count", "over", "over" };
	const struct hj_salvage_look *k = s->salvage ? hj_salvage_look(s->salvage) : NULL;

	if (!k)
		return json_null();
	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:b}", "file", k->file, "phase", phases[k->phase], "done",
	        (json_int_t)k->done, "of", (json_int_t)k->of, "records", (json_int_t)k->rows, "sure", k->sure);
}

int api_status(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct stored *s = userdata;
	json_t *reply, *buses = json_array(), *uplinks = json_array();
	struct hj_rollup_bus *b;
	const char *bad;

	if (hj_params_read(parameters, NULL, 0, &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	for (size_t i = 0; (b = hj_rollup_at(s->rollup, i)); i++)
		json_array_append_new(buses, bus_state(s, b));
	for (size_t i = 0; i < s->uplink_count; i++)
		json_array_append_new(uplinks, uplink_state(s, &s->uplinks[i]));
	reply = s->ledger ? file_state(s) : no_file_state();
	add_state(s, reply);
	json_object_set_new(reply, "buses", buses);
	json_object_set_new(reply, "uplinks", uplinks);
	json_object_set_new(reply, "flash", flash_state(s));
	json_object_set_new(reply, "salvage", salvage_state(s));
	return hj_ipc_reply(call, reply);
}
