/* What the CP of a request says, and what it changes. Names are read without regard to case: Overtime and CTime
 * occur. A reader judges: what it does not take costs the platform a 9012 with the ExeRtn that fits, and nothing
 * else. */
#include "command_rows.h"
#include "hjgate/cleanup.h"
#include "hjgate/text.h"

#include <errno.h>
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

/* ---- the session's own settings ---- */

int hj212_read_timeouts(const struct hj212_identity *id, const struct hj212_message *m, struct hj212_change *ret)
{
	int over = read_number(m, "OverTime", 1, TIMEOUT_MOST, &ret->over_time);
	int count = read_number(m, "ReCount", 1, TIMEOUT_MOST, &ret->re_count);

	if (over == -EINVAL || count == -EINVAL || (over < 0 && count < 0))
		return -EINVAL;
	return 0;
}

void hj212_apply_timeouts(const struct hj212_change *c, struct hj212_settings *to)
{
	to->over_time = c->over_time ? c->over_time : to->over_time;
	to->re_count = c->re_count ? c->re_count : to->re_count;
}

int hj212_read_rtd_interval(const struct hj212_identity *id, const struct hj212_message *m, struct hj212_change *ret)
{
	return read_number(m, "RtdInterval", RTD_LEAST, RTD_MOST, &ret->interval) < 0 ? -EINVAL : 0;
}

void hj212_apply_rtd_interval(const struct hj212_change *c, struct hj212_settings *to)
{
	to->rtd_interval = c->interval;
}

static int read_minutes(
        const struct hj212_identity *id, const struct hj212_message *m, const char *name, struct hj212_change *ret)
{
	unsigned minutes = 0;

	if (read_number(m, name, 1, 30, &minutes) < 0 || (id->base_minutes && minutes % id->base_minutes))
		return -EINVAL;
	for (size_t i = 0; i < hj_array_size(minute_intervals); i++)
		if (minute_intervals[i] == minutes) {
			ret->interval = minutes;
			return 0;
		}
	return -EINVAL;
}

int hj212_read_min_interval(const struct hj212_identity *id, const struct hj212_message *m, struct hj212_change *ret)
{
	return read_minutes(id, m, "MinInterval", ret);
}

void hj212_apply_min_interval(const struct hj212_change *c, struct hj212_settings *to)
{
	to->min_interval = c->interval;
}

/* HJ/T 212-2005 calls it PW, inside CP. */
int hj212_read_password(const struct hj212_identity *id, const struct hj212_message *m, struct hj212_change *ret)
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
void hj212_apply_password(const struct hj212_change *c, struct hj212_settings *to)
{
	if (!strcmp(c->pw, to->pw))
		return;
	memcpy(to->old_pw, to->pw, sizeof(to->old_pw));
	memcpy(to->pw, c->pw, sizeof(to->pw));
}

void hj212_apply_rtd_on(const struct hj212_change *c, struct hj212_settings *to)
{
	to->rtd_on = true;
}

void hj212_apply_rtd_off(const struct hj212_change *c, struct hj212_settings *to)
{
	to->rtd_on = false;
}

void hj212_apply_rs_on(const struct hj212_change *c, struct hj212_settings *to)
{
	to->rs_on = true;
}

void hj212_apply_rs_off(const struct hj212_change *c, struct hj212_settings *to)
{
	to->rs_on = false;
}

/* ---- time ---- */

/* With a PolId the platform asks for an instrument's own clock, and a meter on Modbus has none that we could read. */
int hj212_read_own_clock(const struct hj212_identity *id, const struct hj212_message *m, struct hj212_change *ret)
{
	return hj212_message_get(m, "PolId", true).n ? -EINVAL : 0;
}

/* Whether it may, and does, set the clock, is the owner's business. */
int hj212_read_set_clock(const struct hj212_identity *id, const struct hj212_message *m, struct hj212_change *ret)
{
	struct hj212_slice time = hj212_message_get(m, "SystemTime", true);

	if (hj212_message_get(m, "PolId", true).n)
		return -EINVAL;
	return hj_time_parse(time.p, time.n, &ret->time_ms);
}

/* ---- data of the past ---- */

int hj212_read_span(const struct hj212_identity *id, const struct hj212_message *m, struct hj212_change *ret)
{
	struct hj212_slice begin = hj212_message_get(m, "BeginTime", true);
	struct hj212_slice end = hj212_message_get(m, "EndTime", true);

	if (hj_time_parse(begin.p, begin.n, &ret->begin_ms) < 0 || hj_time_parse(end.p, end.n, &ret->end_ms) < 0)
		return -EINVAL;
	return ret->begin_ms <= ret->end_ms ? 0 : -EINVAL;
}

/* ---- what concerns a device ---- */

/* A code: letters and digits, as long as a factor's at most; `to` is "" where the request names none. */
static int read_code(const struct hj212_message *m, const char *name, char to[HJ212_CODE_MAX + 1])
{
	struct hj212_slice code = hj212_message_get(m, name, true);

	if (code.n > HJ212_CODE_MAX)
		return -EINVAL;
	for (size_t i = 0; i < code.n; i++) {
		char c = code.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')))
			return -EINVAL;
	}
	if (code.n)
		memcpy(to, code.p, code.n);
	to[code.n] = '\0';
	return 0;
}

int hj212_read_device(const struct hj212_identity *id, const struct hj212_message *m, struct hj212_change *ret)
{
	return read_code(m, "PolId", ret->pol_id);
}

/* 6.4.2: i, the device (1 instrument, 2 logger, 3 auxiliary), the kind (1 log, 2 state, 3 parameter), 3 characters.
 */
static bool is_info(const char *code)
{
	return strlen(code) == 6 && code[0] == 'i' && strchr("123", code[1]) && strchr("123", code[2]);
}

int hj212_read_info(const struct hj212_identity *id, const struct hj212_message *m, struct hj212_change *ret)
{
	int r = hj212_read_device(id, m, ret);

	if (r >= 0)
		r = read_code(m, "InfoId", ret->info_id);
	if (r < 0 || !is_info(ret->info_id))
		return -EINVAL;
	if (ret->info_id[2] != '1')
		return 0;
	r = hj212_read_span(id, m, ret); /* a log is always of a span */
	return r < 0 ? r : strcmp(ret->info_id, HJ212_INFO_LOG) || ret->pol_id[0] ? -ENODATA : 0;
}

/* The one parameter that may be set here: the interval of what is reported, as CN 1064 sets it. An instrument's own
 * (with a PolId) is the site's to set, in its files. */
int hj212_read_parameter(const struct hj212_identity *id, const struct hj212_message *m, struct hj212_change *ret)
{
	int r = hj212_read_device(id, m, ret);

	if (r >= 0)
		r = read_code(m, "InfoId", ret->info_id);
	if (r < 0 || ret->pol_id[0] || strcmp(ret->info_id, HJ212_INFO_INTERVAL) != 0)
		return -EINVAL;
	return read_minutes(id, m, HJ212_INFO_INTERVAL "-Info", ret);
}
