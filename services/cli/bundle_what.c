/* What is in a bundle, in the order of its worth: where the room ends, the least is left out. */
#include "bundle.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/conf_flat.h"
#include "instances.h"

#define FRAMES_OF_A_BUS "400"
#define FRAMES_OF_ALL   "1000" /* more than an uplink keeps */
#define LOG_LINES       "4000"

/* "@" stands for the name of the bus or uplink. */
static const struct row {
	const char *name;
	const char *words[BUNDLE_WORDS];
} asked[] = {
	{ "status.txt", { "status" } },
	{ "status.json", { "status", "--meters", "--json" } },
	{ "check.txt", { "check" } },
	{ "events-open.json", { "events", "--open", "--json" } },
	{ "events.json", { "events", "--last", "1000", "--json" } },
	{ "gaps.json", { "gaps", "--from", "7d", "--json" } },
	{ "clock.json", { "clock", "--json" } },
	{ "alert.json", { "alert", "--json" } },
	{ "maintain.json", { "maintain", "--json" } },
	{ "judge.json", { "judge", "--json" } },
	{ "store.json", { "verify", "--from", "1d", "--json" } },
	{ "points.txt", { "points" } },
	{ "live.txt", { "live" } },
}, of_uplink[] = {
	{ "uplinks/@/status.json", { "uplink", "@", "--json" } },
	{ "uplinks/@/frames.json", { "frames", "uplink/@", "--last", FRAMES_OF_ALL, "--json" } },
	{ "uplinks/@/preview.txt", { "uplink", "@", "preview" } },
}, of_bus[] = {
	{ "buses/@/meters.json", { "meter", "@", "--json" } },
	{ "buses/@/frames.json", { "frames", "bus/@", "--last", FRAMES_OF_A_BUS, "--json" } },
	{ "buses/@/saved.txt", { "frames", "bus/@", "saved" } },
	{ "buses/@/plan.txt", { "bus", "plan", "@" } },
}, of_system[] = {
	{ "system/uname.txt", { "uname", "-a" } },
	{ "system/disks.txt", { "df", "-k" } },
	{ "system/interfaces.txt", { "ip", "address" } },
	{ "system/routes.txt", { "ip", "route", "show", "table", "all" } },
	{ "system/clock.txt", { "timedatectl", "show" } },
	{ "system/units.txt", { "systemctl", "--no-pager", "list-units", "--all", "hjgate-*" } },
};

static const char *const system_files[] = { "/etc/os-release", "/proc/meminfo", "/proc/loadavg", "/proc/uptime",
	"/proc/mounts", "/proc/net/dev", "/proc/cpuinfo" };

/* ---- names ---- */

static const char *filled(const char *pattern, const char *name, char *to, size_t size)
{
	const char *at = strchr(pattern, '@');

	if (!at)
		return pattern;
	snprintf(to, size, "%.*s%s%s", (int)(at - pattern), pattern, name, at + 1);
	return to;
}

static void ask_row(struct bundle *b, const struct row *row, const char *name)
{
	char file[BUNDLE_NAME], text[BUNDLE_WORDS][HJ_NAME_MAX + 16];
	const char *words[BUNDLE_WORDS + 1] = { 0 };

	for (size_t i = 0; i < BUNDLE_WORDS && row->words[i]; i++)
		words[i] = filled(row->words[i], name, text[i], sizeof(text[i]));
	bundle_ask(b, filled(row->name, name, file, sizeof(file)), words);
}

static void each(struct bundle *b, const char *folder, const char *daemon, const struct row *rows, size_t count)
{
	_cleanup_(cli_instances_done) struct cli_instances found = { 0 };

	cli_instances(b->cli->root, folder, daemon, &found);
	b->expected += found.count * count;
	for (size_t i = 0; i < found.count; i++)
		for (size_t k = 0; k < count; k++)
			ask_row(b, &rows[k], found.names[i]);
}

/* ---- configuration ---- */

static void configuration(struct bundle *b, const char *folder)
{
	char path[HJ_PATH_MAX], name[BUNDLE_NAME], file[HJ_PATH_MAX + 256];
	struct dirent *entry;
	DIR *d = hj_path(b->cli->root, HJ_DIR_ETC, folder, path) == 0 ? opendir(path) : NULL;

	while (d && (entry = readdir(d))) {
		const char *dot = strrchr(entry->d_name, '.');

		if (!dot || strcmp(dot, ".conf"))
			continue;
		snprintf(name, sizeof(name), "etc/%s%s%.80s", folder, *folder ? "/" : "", entry->d_name);
		snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		bundle_file(b, name, file, false);
	}
	if (d)
		closedir(d);
}

/* ---- logs ---- */

static void logs(struct bundle *b)
{
	static const char *const journal[] = { "journalctl", "--no-pager", "-q", "-o", "short-iso", "-n", LOG_LINES,
		"-u", "hjgate-*", NULL };

	if (b->log)
		bundle_file(b, "log.txt", b->log, true);
	else if (*b->cli->root)
		bundle_missing(b, "log.txt",
		        "hjgate run writes its log to its own output: --log FILE adds it where it was kept");
	else
		bundle_run(b, "log.txt", journal);
}

static void facts(struct bundle *b)
{
	char name[BUNDLE_NAME];

	for (size_t i = 0; i < hj_array_size(of_system); i++)
		bundle_run(b, of_system[i].name, of_system[i].words);
	for (size_t i = 0; i < hj_array_size(system_files); i++) {
		snprintf(name, sizeof(name), "system%s", system_files[i]);
		bundle_file(b, name, system_files[i], false);
	}
}

static void kept(struct bundle *b)
{
	char path[HJ_PATH_MAX];
	const char *words[] = { "ls", "-laR", path, NULL };

	if (hj_path(b->cli->root, HJ_DIR_STATE, "", path) == 0)
		bundle_run(b, "system/kept.txt", words);
}

void bundle_gather(struct bundle *b)
{
	b->expected = hj_array_size(asked) + hj_array_size(of_system) + hj_array_size(system_files) + 2;
	for (size_t i = 0; i < hj_array_size(asked); i++)
		ask_row(b, &asked[i], "");
	for (const char *const *folder = hj_conf_flat_folders; *folder; folder++)
		configuration(b, *folder);
	logs(b);
	facts(b);
	kept(b);
	each(b, "uplinks.d", "uplinkd", of_uplink, hj_array_size(of_uplink));
	each(b, "buses.d", "meterd", of_bus, hj_array_size(of_bus));
}
