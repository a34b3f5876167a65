/* The words in which devices are told of: see hj212_device.h. */
#include "hjgate/hj212_device.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hjgate/cleanup.h"
#include "hjgate/clock.h"

static bool is_of_sn(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' ||
	       c == '_';
}

void hj212_sn_format(const char *serial, char ret[HJ212_SN_MAX + 1])
{
	size_t n = 0, skip = 0;

	for (const char *p = serial; *p; p++)
		n += is_of_sn(*p);
	skip = n > HJ212_SN_MAX ? n - HJ212_SN_MAX : 0;
	n = 0;
	for (const char *p = serial; *p; p++)
		if (is_of_sn(*p) && !(skip && skip--))
			ret[n++] = *p;
	ret[n] = '\0';
}

static int checked(int n, size_t size)
{
	return n < 0 || (size_t)n >= size ? -EMSGSIZE : n;
}

int hj212_sn_cp(const char *pol, const char *sn, char *to, size_t size)
{
	if (!pol[0])
		return checked(snprintf(to, size, HJ212_SN_GATEWAY "-SN=%s", sn), size);
	return checked(snprintf(to, size, "PolId=%s;%s-SN=%s", pol, pol, sn), size);
}

int hj212_info_cp(int64_t time_ms, const char *pol, const char *info, const char *value, char *to, size_t size)
{
	char time[HJ_TIME14_LEN + 1];

	hj_time14_format(time_ms, time);
	return checked(snprintf(to, size, "DataTime=%s;%s%s%s%s-Info=%s", time, pol[0] ? "PolId=" : "", pol,
	                       pol[0] ? ";" : "", info, value),
	        size);
}

enum hj212_info hj212_info_find(const char *code)
{
	static const struct {
		const char *code;
		enum hj212_info info;
	} rows[] = {
		{ "i13003", HJ212_INFO_MIN_INTERVAL },
		{ "i22001", HJ212_INFO_WORK },
		{ "i22002", HJ212_INFO_USER },
		{ "i22003", HJ212_INFO_PLATFORM },
		{ "i22101", HJ212_INFO_CHANNEL },
		{ "i12002", HJ212_INFO_METER },
	};

	for (size_t i = 0; i < hj_array_size(rows); i++)
		if (!strcmp(rows[i].code, code))
			return rows[i].info;
	return HJ212_INFO_UNKNOWN;
}
