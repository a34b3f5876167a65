/* Which program reads what: the one table of it. The first row that fits counts. A row without a key stands for all
 * keys that have none of their own, so what is not listed is taken to concern everybody who reads the file: at worst
 * a program is started again for nothing. A key is known by its last part, as meters.oven.points.power.address. */
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "apply.h"

#define EVERYBODY                                                                                                    \
	(APPLY_STORED | APPLY_EVENTD | APPLY_JUDGED | APPLY_ALERTD | APPLY_CLOCKD | APPLY_METERDS | APPLY_UPLINKDS)
#define OF_WINDOWS (APPLY_STORED | APPLY_METERDS | APPLY_UPLINKDS | APPLY_JUDGED)

static const struct {
	const char *file; /* a pattern */
	const char *keys; /* between blanks; NULL: all others */
	unsigned readers;
} table[] = {
	{ "hjgate.conf", " base_window test_minute test_hour test_day ", OF_WINDOWS },
	{ "hjgate.conf", " normal_part retention_days ", APPLY_STORED | APPLY_UPLINKDS | APPLY_JUDGED },
	{ "hjgate.conf", " retention_mb flash_mb flash_cycles flash_amplification ", APPLY_STORED },
	{ "hjgate.conf", " clock_trust ", APPLY_STORED | APPLY_EVENTD },
	{ "hjgate.conf", " clock_uplink ", APPLY_CLOCKD | APPLY_UPLINKDS },
	{ "hjgate.conf", " logs language unreachable_minutes test_unreachable ", APPLY_EVENTD },
	{ "hjgate.conf", " serial ", APPLY_UPLINKDS },
	{ "hjgate.conf", " stick ", 0 }, /* the command asks for it when a stick comes */
	{ "hjgate.conf", NULL, EVERYBODY },

	/* How a bus is asked is its own meterd's. What its points are, the platforms and the judgement know, too. */
	{ "buses.d/*.conf",
	        " port host tcp_port listen_on baud data_bits parity stop_bits rs485 echo gap response_timeout "
	        "retries "
	        "publish_unit unit_id pt ct max_registers barriers table address at order length bit bits scale "
	        "offset "
	        "ratio invalid range upper_limit lower_limit dead_band active_low bias debounce event fast ",
	        APPLY_METERD },
	{ "buses.d/*.conf", " poll_interval type ", APPLY_METERD | APPLY_JUDGED },
	{ "buses.d/*.conf", NULL, APPLY_METERD | APPLY_UPLINKDS | APPLY_JUDGED },
	{ "models/*.conf", NULL, APPLY_METERDS | APPLY_UPLINKDS | APPLY_JUDGED },

	{ "uplinks.d/*.conf", NULL, APPLY_UPLINKD },
	{ "factors.conf", NULL, APPLY_UPLINKDS },
	{ "factors.d/*.conf", NULL, APPLY_UPLINKDS },
	{ "equipment.conf", NULL, APPLY_JUDGED },
	{ "alerts.conf", NULL, APPLY_ALERTD },
	{ "secrets/*", NULL, APPLY_ALERTD },
	{ "link-hook", NULL, 0 },
	/* What these include shows as keys of the file that does. */
	{ "buses.d/*", NULL, 0 },
	{ "models/*", NULL, 0 },
	{ "factors.d/*", NULL, 0 },
	/* Certificates, keys, whatever an uplink names. */
	{ "*", NULL, APPLY_UPLINKDS },
};

static bool has_word(const char *words, const char *word)
{
	char text[HJ_NAME_MAX * 2];

	return snprintf(text, sizeof(text), " %s ", word) < (int)sizeof(text) && strstr(words, text);
}

unsigned apply_readers(const char *file, const char *key)
{
	const char *dot = strrchr(key, '.'), *last = dot ? dot + 1 : key;

	for (size_t i = 0; i < hj_array_size(table); i++)
		if (!fnmatch(table[i].file, file, 0) && (!table[i].keys || (*last && has_word(table[i].keys, last))))
			return table[i].readers;
	return EVERYBODY;
}

void apply_instance(const char *file, const char *folder, char ret[HJ_NAME_MAX + 1])
{
	size_t n = strlen(folder), m = strlen(file), end = strlen(".conf");

	ret[0] = '\0';
	if (m <= n + 1 + end || strncmp(file, folder, n) != 0 || file[n] != '/' ||
	        strcmp(file + m - end, ".conf") != 0 || m - n - 1 - end > HJ_NAME_MAX)
		return;
	memcpy(ret, file + n + 1, m - n - 1 - end);
	ret[m - n - 1 - end] = '\0';
}
