/* hjgate.Store.Exported: records went out of the box in clear, and somebody should be able to see that. The command
 * says so of itself: who may look may also read by other means, which no program can see. */
#include "api.h"

#include <errno.h>
#include <string.h>

#include "hjgate/log.h"

#define BY_MAX          64
#define TARGET_MAX      64 /* bytes */
#define TOLD_PER_MINUTE 60 /* events of this kind: nobody shall wash the others out of the ledger */

static bool too_many(struct stored *s)
{
	hj_usec now = hj_now().mono;

	if (now >= s->exports.since + 60 * HJ_USEC_PER_SEC)
		s->exports.count = 0;
	if (!s->exports.count)
		s->exports.since = now;
	return s->exports.count++ >= TOLD_PER_MINUTE;
}

int api_exported(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct stored *s = userdata;
	const char *kind_name, *format, *target, *bad;
	int64_t begin, end, records;
	char by[BY_MAX];
	enum hj_kind kind;
	const struct hj_param table[] = {
		{ "kind", HJ_PARAM_STRING, true, &kind_name },
		{ "begin", HJ_PARAM_INT, true, &begin },
		{ "end", HJ_PARAM_INT, true, &end },
		{ "format", HJ_PARAM_STRING, true, &format },
		{ "records", HJ_PARAM_INT, true, &records },
		{ "target", HJ_PARAM_STRING, true, &target },
	};

	if (hj_params_read(parameters, table, hj_array_size(table), &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	if (hj_kind_parse(kind_name, &kind) < 0)
		return hj_ipc_fail_parameter(call, "kind");
	if (!hj_name_valid(format))
		return hj_ipc_fail_parameter(call, "format");
	if (!*target || strlen(target) > TARGET_MAX)
		return hj_ipc_fail_parameter(call, "target");
	if (records < 0)
		return hj_ipc_fail_parameter(call, "records");
	if (too_many(s))
		return api_fail(call, -ENOSPC, "exports a minute", TOLD_PER_MINUTE);
	hj_ipc_call_name(call, by, sizeof(by));
	hj_notice("%s exported %lld %s records as %s to %s", by, (long long)records, kind_name, format, target);
	hj_report(s->report, "data-exported", HJ_MOMENT, kind_name,
	        json_pack("{s:s, s:s, s:I, s:I, s:s, s:I, s:s}", "by", by, "kind", kind_name, "begin",
	                (json_int_t)hj_max(begin, 0), "end", (json_int_t)hj_min(end, HJ_TIME_MAX_MS), "format",
	                format, "records", (json_int_t)records, "target", target));
	return hj_ipc_reply(call, NULL);
}
