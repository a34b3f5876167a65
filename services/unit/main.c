/* hjgate-unit: what the units of systemd need done that is no daemon's work. A word, and what it is about:
 *   key           makes the key that wraps all others, where there is none
 *   reach BUS [ROOT]  says what of the machine a bus needs, for hjgate-generator
 *   ended UNIT    a daemon has ended: an event, where it was not told to (systemd says in $SERVICE_RESULT)
 *   failed UNIT   another unit has failed: an event */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/conf.h"
#include "hjgate/keyring.h"
#include "hjgate/log.h"
#include "hjgate/now.h"
#include "hjgate/report_once.h"
#include "hjgate/text.h"

#define PREFIX "hjgate-"
#define HOW    48      /* bytes of how a program ended */
#define TOLD   "ended" /* below /run/hjgate: a file for each program that did not come up, with when that was told */
#define AGAIN  (600 * HJ_USEC_PER_SEC)

static int make_key(char **unused)
{
	_cleanup_(hj_keyring_freep) struct hj_keyring *k = NULL;
	int r = hj_keyring_new("", true, &k);

	r = r < 0 ? r : hj_keyring_look(k);
	if (r < 0)
		return hj_log_error(r, "cannot make the key");
	hj_info("the key is there (%s)", hj_keyring_source(k));
	return 0;
}

static int say_reach(char **names)
{
	const char *reach;
	int r = hj_conf_bus_reach(names[1] ?: "", names[0], &reach);

	if (r >= 0)
		puts(reach);
	return r;
}

/* ---- telling ---- */

/* As the daemons name themselves: "meterd@north" of hjgate-meterd@north.service. */
static void program_of(const char *unit, char ret[HJ_NAME_MAX + 16])
{
	size_t n;

	unit += strncmp(unit, PREFIX, strlen(PREFIX)) ? 0 : strlen(PREFIX);
	n = strspn(unit, "abcdefghijklmnopqrstuvwxyz0123456789@-");
	snprintf(ret, HJ_NAME_MAX + 16, "%.*s", (int)n, unit);
}

static const char *plain(const char *variable)
{
	const char *text = getenv(variable);

	return text && !text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-+")] ? text
	                                                                                                       : "";
}

static int tell(const char *code, const char *unit, const char *status)
{
	char program[HJ_NAME_MAX + 16];
	int r;

	program_of(unit, program);
	r = hj_report_once("", "systemd", code, program, "program", program, "status", status);
	return r < 0 ? hj_log_error(r, "eventd cannot be told that %s ended (%s)", program, status) : 0;
}

/* A program that does not come up is tried again each second: that is told once in ten minutes. */
static bool told_lately(const char *unit)
{
	char program[HJ_NAME_MAX + 16], rest[sizeof(program) + sizeof(TOLD)], path[HJ_PATH_MAX], text[32] = "";
	hj_usec now = hj_now().mono;
	unsigned long long at = 0;
	FILE *f;

	program_of(unit, program);
	snprintf(rest, sizeof(rest), TOLD "/%s", program);
	if (hj_path("", HJ_DIR_RUN, TOLD, path) < 0 || hj_make_folders(path, 0700) < 0 ||
	        hj_path("", HJ_DIR_RUN, rest, path) < 0)
		return false;
	f = fopen(path, "re");
	if (f && fscanf(f, "%llu", &at) != 1)
		at = 0;
	if (f)
		fclose(f);
	if (at && now - at < AGAIN)
		return true;
	snprintf(text, sizeof(text), "%llu\n", (unsigned long long)now);
	hj_write_whole(path, text, strlen(text), 0600);
	return false;
}

static int tell_ended(char **names)
{
	const char *result = plain("SERVICE_RESULT"), *status = plain("EXIT_STATUS");
	char how[HOW];

	if (!*result || !strcmp(result, "success") || (!strcmp(result, "exit-code") && told_lately(names[0])))
		return 0;
	snprintf(how, sizeof(how), "%s%s%s", result, *status ? " " : "", status);
	return tell("program-died", names[0], how);
}

static int tell_failed(char **names)
{
	const char *result = plain("MONITOR_SERVICE_RESULT");

	return tell("unit-failed", names[0], *result ? result : "failed");
}

static const struct {
	const char *word;
	int (*fn)(char **names);
	int least, most; /* words behind it */
} words[] = { { "key", make_key, 0, 0 }, { "reach", say_reach, 1, 2 }, { "ended", tell_ended, 1, 1 },
	{ "failed", tell_failed, 1, 1 } };

int main(int argc, char **argv)
{
	hj_log_setup("unit", HJ_LOG_INFO);
	for (size_t i = 0; i < hj_array_size(words) && argc > 1; i++)
		if (!strcmp(argv[1], words[i].word) && argc >= 2 + words[i].least && argc <= 2 + words[i].most)
			return words[i].fn(argv + 2) < 0 ? HJ_EXIT_REFUSED : HJ_EXIT_OK;
	fprintf(stderr, "usage: hjgate-unit key | reach BUS [ROOT] | ended UNIT | failed UNIT\n");
	return HJ_EXIT_USAGE;
}
