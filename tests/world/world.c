/* `world --seed S --days D`: one world from its beginning to the verdict; CONTRIBUTING.md says how `make sim` runs
 * thousands. The same seed with the same options is the same world, to the byte: `digest` says so. */
#include "world.h"

#include <ftw.h>
#include <getopt.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <time.h>
#include <unistd.h>

#include "../crash/disk.h"

#define DAY_USEC    (86400 * HJ_USEC_PER_SEC)
#define SETTLE      (30 * 60 * HJ_USEC_PER_SEC)
#define SETTLE_MOST 400

struct site site;
struct world w;

const char *const fault_names[FAULT_KINDS] = { "noise", "meter", "reset", "port", "power", "kill", "clock", "no-rtc",
	"platform", "link", "request", "disk", "conf" };

/* ---- what is known of all of it ---- */

int64_t true_ms(void)
{
	return world_begin.wall_ms + (int64_t)(world_now.mono / HJ_USEC_PER_MS) -
	       (int64_t)(world_begin.mono / HJ_USEC_PER_MS);
}

bool production_on(int64_t ms)
{
	return ms % site.period_ms < site.period_ms / 2;
}

void time_word(int64_t ms, char ret[TIME_WORD_LEN])
{
	time_t s = (time_t)((ms + TZ_MS) / HJ_MS_PER_SEC);
	struct tm tm;

	gmtime_r(&s, &tm);
	strftime(ret, TIME_WORD_LEN, "%Y%m%d%H%M%S", &tm);
}

uint64_t hash_of(uint64_t h, const void *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		h = (h ^ ((const uint8_t *)p)[i]) * 0x100000001b3;
	return h;
}

void digest_add(const void *p, size_t n)
{
	int64_t now = true_ms();

	site.digest = hash_of(hash_of(site.digest, &now, sizeof(now)), p, n);
}

void site_trace(const char *format, ...)
{
	va_list ap;

	if (!site.trace)
		return;
	fprintf(site.trace, "%12.3f ", (double)(true_ms() - world_begin.wall_ms) / 1000);
	va_start(ap, format);
	vfprintf(site.trace, format, ap);
	va_end(ap);
	fputc('\n', site.trace);
	fflush(site.trace);
}

void violation(const char *format, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	site_trace("VIOLATION %s", text);
	if (!w.t.violations++)
		memcpy(w.t.first, text, sizeof(text));
}

struct excuse *excuse(enum fault_kind kind, int bus, int meter)
{
	struct excuse *e = &w.excuses[w.excuse_count];

	if (w.excuse_count == EXCUSES_MOST)
		abort();
	w.excuse_count++;
	w.t.faults[kind]++;
	*e = (struct excuse){ .kind = kind,
		.bus = bus,
		.meter = meter,
		.begin_ms = true_ms(),
		.end_ms = INT64_MAX };
	site_trace("fault %s %d %d", fault_names[kind], bus, meter);
	return e;
}

/* ---- one life ---- */

static void make_site(void)
{
	site.digest = 0xcbf29ce484222325;
	site.bus_count = (unsigned)between(1, BUSES_MOST);
	site.platform_count = (unsigned)between(1, PLATFORMS_MOST);
	site.period_ms = (int64_t)between(2, 30) * 3600000;
	for (unsigned i = 0; i < site.bus_count; i++) {
		struct site_bus *b = &site.buses[i];

		b->fd = -1;
		b->poll_s = one_in(4) ? (unsigned)between(1, 2) * 75 : 300;
		b->meter_count = (unsigned)between(1, w.o.meters);
		for (unsigned m = 0; m < b->meter_count; m++) {
			b->meters[m].energy_base = (uint32_t)chance(100000);
			b->meters[m].energy_since_ms = true_ms();
		}
	}
	for (unsigned i = 0; i < site.platform_count; i++) {
		site.platforms[i].index = i;
		site.platforms[i].delay_ms = one_in(4) ? between(100, 15000) : between(1, 300);
	}
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	return remove(path);
}

/* Where it lies is a part of the world, since events name files: the same place for the same options, one at a time.
 */
static void take_root(void)
{
	const char *objects = getenv("HJ_WORLD_OBJECTS");
	uint64_t h = hash_of(0xcbf29ce484222325, &w.o.seed, sizeof(w.o.seed));
	char lock[80];
	int fd;

	h = hash_of(hash_of(h, &w.o.days, sizeof(w.o.days)), &w.o.meters, sizeof(w.o.meters));
	h = hash_of(h, &w.o.faults, sizeof(w.o.faults));
	h = hash_of(h, objects ? objects : "", objects ? strlen(objects) : 0);
	snprintf(site.root, sizeof(site.root), "/dev/shm/hjworld.%016llx", (unsigned long long)h);
	snprintf(lock, sizeof(lock), "%s.lock", site.root);
	fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		abort();
	nftw(site.root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void live(void)
{
	world_now = world_begin;
	take_root();
	make_site();
	suite_configure();
	suite_start();
	sched_after(suite_ran);
	faults_begin();
	sched_run(world_begin.mono + w.o.days * DAY_USEC);
	faults_end();
	for (int i = 0; i < SETTLE_MOST && (i < 2 || !oracle_settled()); i++)
		sched_run(world_now.mono + SETTLE);
	oracle_judge();
	digest_add(&w.t, sizeof(w.t) - sizeof(w.t.first));
}

static void tell(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	printf("{\"seed\": %llu, \"days\": %u, \"digest\": \"%016llx\", \"violations\": %llu, \"readings\": %llu, "
	       "\"records\": %llu, "
	       "\"values\": %llu, \"states\": %llu, \"told\": %llu, \"frames\": %llu, \"repeats\": %llu, \"cpu_ms\": %ld, \"rss_kb\": %ld, ",
	        (unsigned long long)w.o.seed, w.o.days, (unsigned long long)site.digest,
	        (unsigned long long)w.t.violations, (unsigned long long)w.t.readings, (unsigned long long)w.t.records,
	        (unsigned long long)w.t.values, (unsigned long long)w.t.states,
	        (unsigned long long)w.t.told, (unsigned long long)w.t.frames, (unsigned long long)w.t.repeats,
	        (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000 + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1000,
	        u.ru_maxrss);
	figures_tell();
	printf(", \"faults\": {");
	for (int i = 0; i < FAULT_KINDS; i++)
		printf("%s\"%s\": %llu", i ? ", " : "", fault_names[i], (unsigned long long)w.t.faults[i]);
	printf("}, \"first\": %s}\n", json_dumps(json_string(w.t.first), JSON_ENCODE_ANY));
}

static uint32_t faults_of(const char *list)
{
	uint32_t faults = 0;

	for (int i = 0; i < FAULT_KINDS; i++) {
		const char *at = strstr(list, fault_names[i]);
		size_t n = strlen(fault_names[i]);

		if (at && (at == list || at[-1] == ',') && (at[n] == ',' || !at[n]))
			faults |= 1u << i;
	}
	return faults;
}

static int options(int argc, char **argv)
{
	static const struct option list[] = { { "seed", 1, NULL, 's' }, { "days", 1, NULL, 'd' },
		{ "faults", 1, NULL, 'f' }, { "meters", 1, NULL, 'm' }, { "trace", 1, NULL, 't' },
		{ "log", 0, NULL, 'l' }, { "keep", 0, NULL, 'k' }, { 0 } };
	int c, log = 0;

	w.o = (struct options){ .seed = 1, .days = 2, .meters = 2, .faults = FAULTS_ALL };
	while ((c = getopt_long(argc, argv, "", list, NULL)) != -1)
		switch (c) {
		case 's':
			w.o.seed = strtoull(optarg, NULL, 10);
			break;
		case 'd':
			w.o.days = (unsigned)atoi(optarg);
			break;
		case 'm':
			w.o.meters = (unsigned)atoi(optarg);
			break;
		case 'f':
			w.o.faults = faults_of(optarg);
			break;
		case 't':
			w.o.trace = optarg;
			break;
		case 'l':
			log = 1;
			break;
		case 'k':
			w.o.keep = true;
			break;
		default:
			return -1;
		}
	if (w.o.trace)
		site.trace = fopen(w.o.trace, "we");
	if (!log)
		dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
	else if (site.trace) /* in their order */
		dup2(fileno(site.trace), STDERR_FILENO);
	return 0;
}

int main(int argc, char **argv)
{
	char lock[80];

	sched_init();
	if (options(argc, argv) < 0)
		return 2;
	sched_seed(w.o.seed);
	sqlite3_config(SQLITE_CONFIG_SINGLETHREAD); /* as the programs would, which come too late for it */
	sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, 1, NULL); /* a store's id is in what its chain seals */
	signal(SIGPIPE, SIG_IGN);
	json_object_seed(1);
	live();
	tell();
	fflush(NULL);
	if (!w.o.keep)
		nftw(site.root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	snprintf(lock, sizeof(lock), "%s.lock", site.root);
	unlink(lock);
	_exit(w.t.violations ? 1 : 0);
}
