/* hjgate.Store.Exported: records went out of the box in clear, and somebody should be able to see that. The command
 * says so of itself: who may look may also read by other means, which no program can see. He may say it without end,
 * too, and shall wash nothing else out of the ledger of events: the first of a minute and of a day are told one by
 * one, the others together, as a count. None is refused, since the command then gives no file. */
#include "api.h"

#include <errno.h>
#include <string.h>

#include "hjgate/log.h"

#define TARGET_MAX       64 /* bytes */
#define ALONE_PER_MINUTE 12 /* events; an export of all kinds has one of each */
#define ALONE_PER_DAY    300
#define MINUTE           (60 * HJ_USEC_PER_SEC)
#define DAY              (24 * 3600 * HJ_USEC_PER_SEC)
#define TOGETHER_AFTER   (3600 * HJ_USEC_PER_SEC)
#define ACCURACY         HJ_USEC_PER_SEC

static bool is_told_alone(struct stored *s, hj_usec now)
{
	if (now - s->exports.minute >= MINUTE) {
		s->exports.minute = now;
		s->exports.in_minute = 0;
	}
	if (now - s->exports.day >= DAY) {
		s->exports.day = now;
		s->exports.in_day = 0;
	}
	if (s->exports.in_minute >= ALONE_PER_MINUTE || s->exports.in_day >= ALONE_PER_DAY)
		return false;
	s->exports.in_minute++;
	s->exports.in_day++;
	return true;
}

void exports_tell(struct stored *s)
{
	if (!s->exports.more)
		return;
	hj_notice("%s exported %llu times more, %lld records in all", s->exports.by,
	        (unsigned long long)s->exports.more, (long long)s->exports.records);
	hj_report(s->report, "exports-more", HJ_MOMENT, "records",
	        json_pack("{s:s, s:I, s:I, s:I, s:I}", "by", s->exports.by, "count", (json_int_t)s->exports.more,
	                "records", (json_int_t)s->exports.records, "begin", (json_int_t)s->exports.since_ms, "end",
	                (json_int_t)hj_now().wall_ms));
	s->exports.more = 0;
	s->exports.records = 0;
}

static int on_together(sd_event_source *source, uint64_t usec, void *userdata)
{
	exports_tell(userdata);
	return 0;
}

/* Without the timer it is told when the program stops. */
static void begin_more(struct stored *s, struct hj_ipc_call *call)
{
	s->exports.since_ms = hj_now().wall_ms;
	s->exports.uid = hj_ipc_call_uid(call);
	hj_ipc_call_name(call, s->exports.by, sizeof(s->exports.by));
	if (!s->exports.timer && sd_event_add_time(s->event, &s->exports.timer, CLOCK_BOOTTIME, HJ_USEC_NEVER,
	                                 ACCURACY, on_together, s) < 0)
		return;
	sd_event_source_set_time(s->exports.timer, hj_now().mono + TOGETHER_AFTER);
	sd_event_source_set_enabled(s->exports.timer, SD_EVENT_ONESHOT);
}

static void add_more(struct stored *s, struct hj_ipc_call *call, int64_t records)
{
	if (!s->exports.more++)
		begin_more(s, call);
	if (s->exports.uid != hj_ipc_call_uid(call))
		hj_text_copy(s->exports.by, sizeof(s->exports.by), "several users");
	s->exports.records = records > INT64_MAX - s->exports.records ? INT64_MAX : s->exports.records + records;
}

static void tell_alone(struct stored *s, struct hj_ipc_call *call, const char *kind, json_t *values)
{
	char by[sizeof(s->exports.by)];

	if (!values)
		return;
	hj_ipc_call_name(call, by, sizeof(by));
	json_object_set_new(values, "by", json_string(by));
	hj_notice("%s exported %lld %s records as %s to %s", by,
	        (long long)json_integer_value(json_object_get(values, "records")), kind,
	        json_string_value(json_object_get(values, "format")),
	        json_string_value(json_object_get(values, "target")));
	hj_report(s->report, "data-exported", HJ_MOMENT, kind, values);
}

int api_exported(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct stored *s = userdata;
	const char *kind_name, *format, *target, *bad;
	int64_t begin, end, records;
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
	if (is_told_alone(s, hj_now().mono))
		tell_alone(s, call, kind_name,
		        json_pack("{s:s, s:I, s:I, s:s, s:I, s:s}", "kind", kind_name, "begin",
		                (json_int_t)hj_max(begin, 0), "end", (json_int_t)hj_min(end, HJ_TIME_MAX_MS),
		                "format", format, "records", (json_int_t)records, "target", target));
	else
		add_more(s, call, records);
	return hj_ipc_reply(call, NULL);
}
