/* The suite in the world: its configuration, its programs, and what starts them again, as systemd would. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <fcntl.h>
#include <unistd.h>

#include "../crash/disk.h"
#include "hjgate/cleanup.h"

#define RESTART_AFTER HJ_USEC_PER_SEC
#define COMMAND_MOST  (3600 * HJ_USEC_PER_SEC)

static void write_file(const char *name, const char *text)
{
	char path[300];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", site.root, name);
	fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd < 0 || syscall(SYS_write, fd, text, strlen(text)) < 0)
		abort();
	syscall(SYS_close, fd);
}

static void configure_bus(unsigned i)
{
	char text[4096], name[64];
	int n = snprintf(text, sizeof(text), "format = 1;\ntype = \"rtu\";\nport = \"/dev/world%u\";\nmeters = (", i);

	for (unsigned m = 0; m < site.buses[i].meter_count; m++)
		n += snprintf(text + n, sizeof(text) - (size_t)n,
		        "%s{ name = \"b%um%u\"; unit_id = %u; poll_interval = %u; points = (\n"
		        " { name = \"current\"; factor = \"a%u%u01\"; unit = \"A\"; table = \"holding\"; address = "
		        "0; type = \"float32\"; },\n"
		        " { name = \"energy\"; factor = \"a%u%u02\"; unit = \"kWh\"; table = \"holding\"; address = "
		        "2; type = \"uint32\"; total = true; }); }",
		        m ? ",\n" : "\n", i, m, m + 1, site.buses[i].poll_s, i, m, i, m);
	snprintf(text + n, sizeof(text) - (size_t)n, " );\n");
	snprintf(name, sizeof(name), "etc/hjgate/buses.d/bus%u.conf", i);
	write_file(name, text);
}

static void configure_uplink(unsigned i)
{
	struct site_platform *p = &site.platforms[i];
	char text[1024], name[64];
	uint64_t window = one_in(2) ? 1 : between(2, 16), rtd_s;

	p->over_time_s = between(5, 70);
	rtd_s = one_in(6) ? 600 : 0;
	snprintf(p->mn, sizeof(p->mn), "010000A8900016F00016%04X", 0x9D00 + i);
	snprintf(text, sizeof(text),
	        "format = 1;\nhost = \"127.0.0.1\";\nport = %u;\nmn = \"%s\";\npw = \"123456\";\nst = \"31\";\n"
	        "rtd_interval = %llu;\ngap = 0;\nover_time = %llu;\nre_count = 3;\nsession = { window = %llu; };\n",
	        PORT + i, p->mn, (unsigned long long)rtd_s, (unsigned long long)p->over_time_s,
	        (unsigned long long)window);
	snprintf(name, sizeof(name), "etc/hjgate/uplinks.d/p%u.conf", i);
	write_file(name, text);
}

static void write_boot_id(void)
{
	char text[40];

	snprintf(text, sizeof(text), "%016llx%016llx\n", (unsigned long long)w.o.seed, (unsigned long long)++w.boots);
	write_file("run/hjgate/boot-id", text);
}

void suite_configure(void)
{
	static const char *const folders[] = { "", "/etc", "/etc/hjgate", "/etc/hjgate/buses.d",
		"/etc/hjgate/uplinks.d", "/run", "/run/hjgate", "/var", "/var/lib", "/var/lib/hjgate", "/usr",
		"/usr/share", "/usr/share/hjgate" };
	char path[300];

	for (size_t i = 0; i < hj_array_size(folders); i++) {
		snprintf(path, sizeof(path), "%s%s", site.root, folders[i]);
		mkdir(path, 0755);
	}
	write_file("etc/hjgate/hjgate.conf", "format = 1;\nclock_trust = \"ntp\";\nretention_days = 400;\n");
	write_file("etc/hjgate/equipment.conf", "format = 1;\nequipment = ( { name = \"oven\"; role = "
	                                        "\"production\"; point = \"b0m0.current\"; running = 5.0; } );\n");
	for (unsigned i = 0; i < site.bus_count; i++)
		configure_bus(i);
	for (unsigned i = 0; i < site.platform_count; i++)
		configure_uplink(i);
	snprintf(path, sizeof(path), "%s/var/lib/hjgate", site.root);
	disk_begin(path);
	write_boot_id();
}

static void start_one(struct program **p, const char *service, const char *stem, unsigned i)
{
	char instance[16];

	if (*p && program_runs(*p))
		return;
	if (*p) {
		site_trace("%s has ended with %d", program_name(*p), program_status(*p));
		program_kill(*p);
	}
	snprintf(instance, sizeof(instance), "%s%u", stem ? stem : "", i);
	*p = program_start(service, stem ? instance : NULL, site.root);
}

void suite_start(void)
{
	start_one(&w.eventd, "eventd", NULL, 0);
	start_one(&w.stored, "stored", NULL, 0);
	start_one(&w.judged, "judged", NULL, 0);
	for (unsigned i = 0; i < site.bus_count; i++)
		start_one(&w.meterd[i], "meterd", "bus", i);
	for (unsigned i = 0; i < site.platform_count; i++)
		start_one(&w.uplinkd[i], "uplinkd", "p", i);
}

static bool looking;

void suite_look(void *unused)
{
	looking = false;
	if (!w.dark)
		suite_start();
}

static bool is_away(const struct program *p)
{
	return !program_runs(p);
}

void suite_ran(void)
{
	bool away = is_away(w.eventd) || is_away(w.stored) || is_away(w.judged);

	if (disk_gone() && !w.dark)
		suite_power(false);
	for (unsigned i = 0; i < site.bus_count; i++)
		away |= is_away(w.meterd[i]);
	for (unsigned i = 0; i < site.platform_count; i++)
		away |= is_away(w.uplinkd[i]);
	if (!away || looking || w.dark)
		return;
	looking = true;
	sched_in(RESTART_AFTER, suite_look, NULL);
}

void suite_interval(unsigned bus, unsigned poll_s)
{
	site.buses[bus].poll_s = poll_s;
	configure_bus(bus);
}

void suite_kill(struct program **p)
{
	if (!*p)
		return;
	site_trace("kill %s", program_name(*p));
	program_kill(*p);
	*p = NULL;
}

static void kill_all(void)
{
	suite_kill(&w.eventd);
	suite_kill(&w.stored);
	suite_kill(&w.judged);
	for (unsigned i = 0; i < site.bus_count; i++)
		suite_kill(&w.meterd[i]);
	for (unsigned i = 0; i < site.platform_count; i++)
		suite_kill(&w.uplinkd[i]);
}

/* /run is memory. */
static void empty_run(void)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/run/hjgate/judged/state", site.root);
	unlink(path);
}

void suite_power(bool on)
{
	site_trace("power %s", on ? "on" : "off");
	w.dark = !on;
	if (!on) {
		w.dark_ms = true_ms();
		disk_cut();
		kill_all();
		return;
	}
	disk_restore();
	empty_run();
	world_booted = world_now.mono - HJ_USEC_PER_SEC;
	write_boot_id();
	suite_start();
}

/* The world goes on while it runs. */
int suite_command(const char *const *words, const char *output)
{
	struct program *p = program_command(words, site.root, output);
	hj_usec until = world_now.mono + COMMAND_MOST;
	int status = -1;

	while (program_runs(p) && world_now.mono < until)
		sched_run(world_now.mono + HJ_USEC_PER_SEC / 10);
	if (!program_runs(p))
		status = program_status(p);
	program_kill(p);
	return status;
}
