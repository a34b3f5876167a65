/* The group `backlog` of uplinks.d/NAME.conf: what sending afterwards may cost. */
#include "conf_table.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DAY_MINUTES 1440

/* "HH:MM" or "24:00", in minutes; -EINVAL. */
static int parse_time(const char *text, unsigned *ret)
{
	uint64_t hour, minute;

	if (strlen(text) < 5 || text[2] != ':' || hj_uint_parse(text, 2, 24, &hour) < 0 ||
	        hj_uint_parse(text + 3, 2, 59, &minute) < 0 || hour * 60 + minute > DAY_MINUTES)
		return -EINVAL;
	*ret = (unsigned)(hour * 60 + minute);
	return 0;
}

int hj_conf_hours_parse(const char *text, unsigned *ret_from_min, unsigned *ret_to_min)
{
	unsigned from, to;

	if (!*text) {
		*ret_from_min = *ret_to_min = 0;
		return 0;
	}
	if (strlen(text) != strlen("HH:MM-HH:MM") || text[5] != '-' || parse_time(text, &from) < 0 ||
	        parse_time(text + 6, &to) < 0 || from == to || from == DAY_MINUTES)
		return -EINVAL;
	*ret_from_min = from;
	*ret_to_min = to;
	return 0;
}

static int check_hours(const char *text, const char **ret_why)
{
	unsigned from, to;

	if (hj_conf_hours_parse(text, &from, &to) == 0)
		return 0;
	*ret_why = N_("it is no span of the day");
	return -EINVAL;
}

#define AT(member) CONF_AT(struct hj_conf_backlog, member)
static const struct conf_key backlog_keys[] = {
	{ "rate", CONF_INT, CONF_ZERO, AT(rate), .least = 1, .most = 60000 },
	{ "hours", CONF_STRING, 0, AT(hours), .check = check_hours,
	        .hint = N_("\"HH:MM-HH:MM\", Beijing time, for example \"22:00-06:00\"") },
	{ "budget", CONF_INT, CONF_ZERO, AT(budget), .least = 1, .most = 100000 },
};
#undef AT
const struct conf_table conf_uplink_backlog = { N_("backlog group"), backlog_keys, hj_array_size(backlog_keys) };
