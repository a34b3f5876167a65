/* The commands of HJ 212-2017 table 9 as one table: how each flows, how its CP is read, what it changes. What has no
 * row is unknown to the standard (or to us) and gets QnRtn 8; rows without functions are known and honestly refused.
 * Names are read without regard to case: Overtime and CTime occur. */
#include "session_private.h"
#include "hjgate/cleanup.h"
#include "hjgate/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TIMEOUT_MOST 99                                                              /* OverTime in s, ReCount: N2 */
#define RTD_LEAST    30                                                              /* s, table 9 CN 1062 */
#define RTD_MOST     3600                                                            /* s */
static const unsigned minute_intervals[] = { 1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30 }; /* CN 1064 */

static int read_number(const struct hj212_message *m, const char *name, unsigned least, unsigned most, unsigned *ret)
{
	struct hj212_slice value = hj212_message_get(m, name, true);
	uint64_t number;

	if (!value.n)
		return -ENOENT;
	if (hj_uint_parse(value.p, value.n, most, &number) < 0 || number < least)
		return -EINVAL;
	*ret = (unsigned)number;
	return 0;
}

static int read_timeouts(const struct hj212_identity *id, const struct hj212_message *m, struct hj212_change *ret)
{
	int over = read_number(m, "OverTime", 1, TIMEOUT_MOST, &ret->over_time);
	int count = read_number(m, "ReCount", 1, TIMEOUT_MOST, &ret->re_count);

	if (over == -EINVAL || count == -EINVAL || (over < 0 && count < 0))
		return -EINVAL;
	return 0;
}

static void apply_timeouts(const struct hj212_change *c, struct hj212_settings *to)
{
	to->over_time = c->over_time ? c->over_time : to->over_time;
	to->re_count = c->re_count ? c->re_count : to->re_count;
}

static int read_rtd_interval(const struct hj212_identity *id, const struct hj212_message *m, struct hj212_change *ret)
{
	return read_number(m, "RtdInterval", RTD_LEAST, RTD_MOST, &ret->interval) < 0 ? -EINVAL : 0;
}

static void apply_rtd_interval(const struct hj212_change *c, struct hj212_settings *to)
{
	to->rtd_interval = c->interval;
}

static int read_min_interval(const struct hj212_identity *id, const struct hj212_message *m, struct hj212_change *ret)
{
	unsigned minutes = 0;

	if (read_number(m, "MinInterval", 1, 30, &minutes) < 0 || (id->base_minutes && minutes % id->base_minutes))
		return -EINVAL;
	for (size_t i = 0; i < hj_array_size(minute_intervals); i++)
		if (minute_intervals[i] == minutes) {
			ret->interval = minutes;
			return 0;
		}
	return -EINVAL;
}

static void apply_min_interval(const struct hj212_change *c, struct hj212_settings *to)
{
	to->min_interval = c->interval;
}

/* HJ/T 212-2005 calls it PW, inside CP. */
static int read_password(const struct hj212_identity *id, const struct hj212_message *m, struct hj212_change *ret)
{
	struct hj212_slice value = hj212_message_get(m, "NewPW", true);

	if (!value.n)
		value = hj212_message_get(m, "PW", false);
	if (!value.n || value.n > HJ212_PW_MAX)
		return -EINVAL;
	for (size_t i = 0; i < value.n; i++) {
		char c = value.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')))
			return -EINVAL;
		ret->pw[i] = c;
	}
	ret->pw[value.n] = '\0';
	return 0;
}

/* The one before is kept: if the platform did not take the new one after all, it is tried once. */
static void apply_password(const struct hj212_change *c, struct hj212_settings *to)
{
	if (!strcmp(c->pw, to->pw))
		return;
	memcpy(to->old_pw, to->pw, sizeof(to->old_pw));
	memcpy(to->pw, c->pw, sizeof(to->pw));
}

static void apply_rtd_on(const struct hj212_change *c, struct hj212_settings *to)
{
	to->rtd_on = true;
}

static void apply_rtd_off(const struct hj212_change *c, struct hj212_settings *to)
{
	to->rtd_on = false;
}

static int read_span(const struct hj212_identity *id, const struct hj212_message *m, struct hj212_change *ret)
{
	struct hj212_slice begin = hj212_message_get(m, "BeginTime", true);
	struct hj212_slice end = hj212_message_get(m, "EndTime", true);

	if (hj_time_parse(begin.p, begin.n, &ret->begin_ms) < 0 || hj_time_parse(end.p, end.n, &ret->end_ms) < 0)
		return -EINVAL;
	return ret->begin_ms <= ret->end_ms ? 0 : -EINVAL;
}

/* With a PolId the platform asks for an instrument's own clock, and a meter on Modbus has none that we could read. */
static int read_own_clock(const struct hj212_identity *id, const struct hj212_message *m, struct hj212_change *ret)
{
	return hj212_message_get(m, "PolId", true).n ? -EINVAL : 0;
}

static int respond_time(const struct hj212_identity *id, const struct hj212_settings *now_set, struct hj_now now,
        char *to, size_t size)
{
	char text[HJ_TIME14_LEN + 1];

	hj_time14_format(now.wall_ms, text);
	return snprintf(to, size, "SystemTime=%s", text);
}

static int respond_rtd_interval(const struct hj212_identity *id, const struct hj212_settings *now_set,
        struct hj_now now, char *to, size_t size)
{
	return snprintf(to, size, "RtdInterval=%u", now_set->rtd_interval);
}

static int respond_min_interval(const struct hj212_identity *id, const struct hj212_settings *now_set,
        struct hj_now now, char *to, size_t size)
{
	return snprintf(to, size, "MinInterval=%u", now_set->min_interval ? now_set->min_interval : id->base_minutes);
}

static const struct hj212_command commands[] = {
	{ 1000, HJ212_FLOW_SET, read_timeouts, apply_timeouts, NULL },
	{ 1011, HJ212_FLOW_GET, read_own_clock, NULL, respond_time },
	{ 1012, HJ212_FLOW_REFUSED, NULL, NULL, NULL }, /* the clock is not ours to set */
	{ 1013, HJ212_FLOW_REFUSED, NULL, NULL, NULL },
	{ 1061, HJ212_FLOW_GET, NULL, NULL, respond_rtd_interval },
	{ 1062, HJ212_FLOW_SET, read_rtd_interval, apply_rtd_interval, NULL },
	{ 1063, HJ212_FLOW_GET, NULL, NULL, respond_min_interval },
	{ 1064, HJ212_FLOW_SET, read_min_interval, apply_min_interval, NULL },
	{ 1072, HJ212_FLOW_SET, read_password, apply_password, NULL },
	{ 2011, HJ212_FLOW_SET, NULL, apply_rtd_on, NULL },
	{ 2012, HJ212_FLOW_NOTICE, NULL, apply_rtd_off, NULL },
	{ 2021, HJ212_FLOW_REFUSED, NULL, NULL, NULL },
	{ 2022, HJ212_FLOW_REFUSED, NULL, NULL, NULL },
	{ 2031, HJ212_FLOW_HISTORY, read_span, NULL, NULL },
	{ 2041, HJ212_FLOW_HISTORY, read_span, NULL, NULL },
	{ 2051, HJ212_FLOW_HISTORY, read_span, NULL, NULL },
	{ 2061, HJ212_FLOW_HISTORY, read_span, NULL, NULL },
	{ 3011, HJ212_FLOW_REFUSED, NULL, NULL, NULL },
	{ 3012, HJ212_FLOW_REFUSED, NULL, NULL, NULL },
	{ 3013, HJ212_FLOW_REFUSED, NULL, NULL, NULL },
	{ 3014, HJ212_FLOW_REFUSED, NULL, NULL, NULL },
	{ 3015, HJ212_FLOW_REFUSED, NULL, NULL, NULL },
	{ 3016, HJ212_FLOW_REFUSED, NULL, NULL, NULL },
	{ 3017, HJ212_FLOW_REFUSED, NULL, NULL, NULL },
	{ 3018, HJ212_FLOW_REFUSED, NULL, NULL, NULL },
	{ 3019, HJ212_FLOW_REFUSED, NULL, NULL, NULL },
	{ 3020, HJ212_FLOW_REFUSED, NULL, NULL, NULL },
	{ 3021, HJ212_FLOW_REFUSED, NULL, NULL, NULL },
};

const struct hj212_command *hj212_command_find(int cn)
{
	for (size_t i = 0; i < hj_array_size(commands); i++)
		if (commands[i].cn == cn)
			return &commands[i];
	return NULL;
}
