/* hjgate.Store, the clock: what it is trusted by, what it did, and the word that it is right as it is. */
#include <errno.h>
#include <string.h>

#include "api.h"
#include "hjgate/record_json.h"

static json_t *steps(const struct stored *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->trust.step_count; i++)
		json_array_append_new(list, json_pack("{s:I, s:I}", "from", (json_int_t)s->trust.steps[i].from_ms,
		                                    "to", (json_int_t)s->trust.steps[i].to_ms));
	return list;
}

int api_clock(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct stored *s = userdata;
	bool by_rtc = hj_conf_trusts_rtc(&s->conf, s->root);
	struct hj_now now = hj_now();
	int64_t newest;
	uint64_t future = 0;
	const char *bad;
	int r;

	if (hj_params_read(parameters, NULL, 0, &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	trust_heed(s, &now); /* whoever saw a step before this did asks at once */
	newest = trust_newest(s);
	r = s->trust.source ? void_count(s, now.wall_ms, &future) : 0;
	if (r < 0)
		return api_fail(call, r, "records", 0);
	return hj_ipc_reply(
	        call, json_pack("{s:I, s:s, s:I, s:s, s:I, s:o, s:I, s:o, s:I}", "now", (json_int_t)now.wall_ms,
	                      "trust", hj_trust_name(s->trust.source), "since", (json_int_t)s->trust.since_ms,
	                      "setting", by_rtc ? "rtc" : "ntp", "steps_seen", (json_int_t)s->trust.steps_seen,
	                      "steps", steps(s), "pending", (json_int_t)pending_waiting(s), "newest",
	                      newest ? json_integer(newest) : json_null(), "future", (json_int_t)future));
}

int api_clock_set(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct stored *s = userdata;
	const char *name, *bad;
	enum hj_trust source;
	const struct hj_param table[] = { { "source", HJ_PARAM_STRING, true, &name } };

	if (hj_params_read(parameters, table, hj_array_size(table), &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	if (!s->loaded)
		return api_fail(call, disk_trouble(s), "records", 0);
	if (hj_trust_parse(name, &source) < 0 || source != HJ_TRUST_PLATFORM)
		return hj_ipc_fail_parameter(call, "source");
	trust_told(s, source);
	return hj_ipc_reply(call, json_pack("{s:s}", "trust", hj_trust_name(s->trust.source)));
}

int api_clock_accept(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct stored *s = userdata;
	struct hj_now now = hj_now();
	uint64_t records;
	const char *bad;
	char by[64];
	int r;

	if (hj_params_read(parameters, NULL, 0, &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	if (!s->loaded)
		return api_fail(call, disk_trouble(s), "records", 0);
	if (!hj_clock_plausible(now.wall_ms))
		return hj_ipc_fail(
		        call, "hjgate.Store.NoSuchTime", json_pack("{s:I}", "now", (json_int_t)now.wall_ms));
	r = void_future(s, now.wall_ms, &records);
	if (r < 0)
		return r == -ENOMEM ? r : api_fail(call, r, "times", STORED_VOIDS_MAX);
	trust_told(s, HJ_TRUST_RTC);
	hj_ipc_call_name(call, by, sizeof(by));
	tell_accepted(s, by, now.wall_ms, records);
	return hj_ipc_reply(call,
	        json_pack("{s:s, s:I}", "trust", hj_trust_name(s->trust.source), "voided", (json_int_t)records));
}
