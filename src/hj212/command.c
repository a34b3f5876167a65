/* The commands of HJ 212 as one table: in which editions there is one, how it flows, how its CP is read, what it
 * changes. What has no row is unknown to the edition (or goes the other way, as 1013 and 2081 do: they are ours to
 * send) and gets QnRtn 8; rows of flow REFUSED are known, and honestly refused. */
#include "command_rows.h"
#include "hjgate/cleanup.h"

#include <stdio.h>

/* ---- answers ---- */

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

/* ---- the table ---- */

/* HJ/T 212-2005 has alarms and reporting times that went with 2017, and 3014 sets the sampling cycle there, where it
 * later asks for a comparison sample: refused in either meaning. What is said of 2025 is second-hand. */
#define IN_2005 1u
#define IN_2017 2u
#define IN_2025 4u
#define IN_NEW  (IN_2017 | IN_2025)
#define IN_ALL  (IN_2005 | IN_NEW)

static const struct hj212_command commands[] = {
	{ 1000, IN_ALL, HJ212_FLOW_SET, hj212_read_timeouts, hj212_apply_timeouts, NULL },
	{ 1002, IN_2025, HJ212_FLOW_REFUSED, NULL, NULL, NULL }, /* set the MN */
	{ 1011, IN_ALL, HJ212_FLOW_GET, hj212_read_own_clock, NULL, respond_time },
	{ 1012, IN_ALL, HJ212_FLOW_SET, hj212_read_set_clock, NULL, NULL },
	{ 1014, IN_2025, HJ212_FLOW_REFUSED, NULL, NULL, NULL }, /* get or set the key */
	{ 1021, IN_2005, HJ212_FLOW_REFUSED, NULL, NULL, NULL }, /* limits of alarms */
	{ 1022, IN_2005, HJ212_FLOW_REFUSED, NULL, NULL, NULL },
	{ 1031, IN_2005, HJ212_FLOW_REFUSED, NULL, NULL, NULL }, /* who is told of alarms */
	{ 1032, IN_2005, HJ212_FLOW_REFUSED, NULL, NULL, NULL },
	{ 1041, IN_2005, HJ212_FLOW_REFUSED, NULL, NULL, NULL }, /* when data is reported */
	{ 1042, IN_2005, HJ212_FLOW_REFUSED, NULL, NULL, NULL },
	{ 1061, IN_ALL, HJ212_FLOW_GET, NULL, NULL, respond_rtd_interval },
	{ 1062, IN_ALL, HJ212_FLOW_SET, hj212_read_rtd_interval, hj212_apply_rtd_interval, NULL },
	{ 1063, IN_NEW, HJ212_FLOW_GET, NULL, NULL, respond_min_interval },
	{ 1064, IN_NEW, HJ212_FLOW_SET, hj212_read_min_interval, hj212_apply_min_interval, NULL },
	{ 1072, IN_ALL, HJ212_FLOW_SET, hj212_read_password, hj212_apply_password, NULL },
	{ 2011, IN_ALL, HJ212_FLOW_SET, NULL, hj212_apply_rtd_on, NULL },
	{ 2012, IN_ALL, HJ212_FLOW_NOTICE, NULL, hj212_apply_rtd_off, NULL },
	{ 2021, IN_ALL, HJ212_FLOW_SET, NULL, hj212_apply_rs_on, NULL },
	{ 2022, IN_ALL, HJ212_FLOW_NOTICE, NULL, hj212_apply_rs_off, NULL },
	{ 2031, IN_ALL, HJ212_FLOW_HISTORY, hj212_read_span, NULL, NULL },
	{ 2041, IN_ALL, HJ212_FLOW_HISTORY, hj212_read_span, NULL, NULL },
	{ 2051, IN_ALL, HJ212_FLOW_HISTORY, hj212_read_span, NULL, NULL },
	{ 2061, IN_ALL, HJ212_FLOW_HISTORY, hj212_read_span, NULL, NULL },
	{ 2071, IN_2005, HJ212_FLOW_REFUSED, NULL, NULL, NULL }, /* records of alarms */
	{ 3011, IN_ALL, HJ212_FLOW_REFUSED, NULL, NULL, NULL },
	{ 3012, IN_ALL, HJ212_FLOW_HISTORY, hj212_read_device, NULL, NULL },
	{ 3013, IN_ALL, HJ212_FLOW_REFUSED, NULL, NULL, NULL },
	{ 3014, IN_ALL, HJ212_FLOW_REFUSED, NULL, NULL, NULL },
	{ 3015, IN_NEW, HJ212_FLOW_REFUSED, NULL, NULL, NULL },
	{ 3016, IN_NEW, HJ212_FLOW_REFUSED, NULL, NULL, NULL },
	{ 3017, IN_NEW, HJ212_FLOW_REFUSED, NULL, NULL, NULL },
	{ 3018, IN_NEW, HJ212_FLOW_REFUSED, NULL, NULL, NULL },
	{ 3019, IN_NEW, HJ212_FLOW_ASK, hj212_read_device, NULL, NULL },
	{ 3020, IN_NEW, HJ212_FLOW_ASK, hj212_read_info, NULL, NULL },
	{ 3021, IN_NEW, HJ212_FLOW_SET, hj212_read_parameter, hj212_apply_min_interval, NULL },
	{ 3022, IN_2025, HJ212_FLOW_REFUSED, NULL, NULL, NULL }, /* keep a sample now */
	{ 3024, IN_2025, HJ212_FLOW_REFUSED, NULL, NULL, NULL }, /* check with a standard */
};

static unsigned bit_of(enum hj212_edition edition)
{
	return edition == HJ212_2005 ? IN_2005 : edition == HJ212_2025 ? IN_2025 : IN_2017;
}

const struct hj212_command *hj212_command_find(int cn, enum hj212_edition edition)
{
	for (size_t i = 0; i < hj_array_size(commands); i++)
		if (commands[i].cn == cn && commands[i].editions & bit_of(edition))
			return &commands[i];
	return NULL;
}
