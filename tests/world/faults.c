/* What goes wrong, when, and for how long: each kind comes by itself, again and again, as often as the seed has it.
 * What of it may cost a reading is noted as an excuse, and nothing else is one: that a store is killed, or a platform
 * gone for a month, excuses nothing. */
#include "world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../crash/disk.h"
#include "hjgate/cleanup.h"

#define SECOND     HJ_USEC_PER_SEC
#define MINUTE     (60 * SECOND)
#define HOUR       (60 * MINUTE)
#define DAY        (24 * HOUR)
#define OPERATIONS 400            /* of the disk, before a cut in the middle of one */
#define NO_RTC_MS  946684800000LL /* where a clock without a battery begins: 2000 */
#define MONTH_DAYS 30

struct fault {
	enum fault_kind kind;
	struct excuse *excuse;
	unsigned a, b;
	int64_t by_ms;
};

static struct fault *power; /* that is off, or about to be */

static void undo_meter(struct fault *f)
{
	site.buses[f->a].meters[f->b].dead = false;
}

static hj_usec begin_meter(struct fault *f)
{
	f->a = (unsigned)chance(site.bus_count);
	f->b = (unsigned)chance(site.buses[f->a].meter_count);
	if (site.buses[f->a].meters[f->b].dead)
		return 0;
	site.buses[f->a].meters[f->b].dead = true;
	f->excuse = excuse(FAULT_METER, (int)f->a, (int)f->b);
	return one_in(3) ? between(5, 90) * SECOND : between(1, one_in(4) ? 2000 : 60) * MINUTE;
}

static hj_usec begin_noise(struct fault *f)
{
	struct site_bus *b = &site.buses[f->a = (unsigned)chance(site.bus_count)];

	if (b->noise || b->late || b->lose)
		return 0;
	b->noise = between(3, 200);
	b->late = one_in(2) ? between(5, 200) : 0;
	b->lose = one_in(2) ? between(5, 200) : 0;
	f->excuse = excuse(FAULT_NOISE, (int)f->a, -1);
	return between(5, 1000) * MINUTE;
}

static void undo_noise(struct fault *f)
{
	struct site_bus *b = &site.buses[f->a];

	b->noise = b->late = b->lose = 0;
}

static hj_usec begin_reset(struct fault *f)
{
	unsigned bus = (unsigned)chance(site.bus_count), meter = (unsigned)chance(site.buses[bus].meter_count);
	struct site_meter *m = &site.buses[bus].meters[meter];

	m->energy_base = one_in(2) ? 0 : (uint32_t)chance(50000);
	m->energy_since_ms = true_ms();
	excuse(FAULT_RESET, (int)bus, (int)meter)->end_ms = true_ms();
	return 0;
}

static hj_usec begin_port(struct fault *f)
{
	struct site_bus *b = &site.buses[f->a = (unsigned)chance(site.bus_count)];

	if (b->unplugged)
		return 0;
	b->unplugged = true;
	line_close(b);
	f->excuse = excuse(FAULT_PORT, (int)f->a, -1);
	return between(2, one_in(3) ? 20000 : 600) * SECOND;
}

static void undo_port(struct fault *f)
{
	site.buses[f->a].unplugged = false;
}

/* ---- the power ---- */

static void power_back(void *data)
{
	struct fault *f = data;
	int64_t error = world_now.wall_ms - true_ms();

	if (f->b) {
		world_trusted = false;
		world_now.wall_ms = NO_RTC_MS;
	} else if (error) { /* the box's own clock had kept the time */
		world_now.wall_ms = true_ms();
		world_trusted = true;
	}
	suite_power(true);
	f->excuse->end_ms = true_ms();
}

static void clock_right(void *data)
{
	(void)data;
	world_trusted = true;
	world_step_clock(true_ms() - world_now.wall_ms);
}

static void undo_power(struct fault *f)
{
	hj_usec wait = one_in(3) ? between(1, 600) * MINUTE : between(5, 300) * SECOND;

	if (!w.dark) /* it was to go in the middle of a write, and nothing was written */
		suite_power(false);
	f->excuse->begin_ms = hj_min(f->excuse->begin_ms, true_ms());
	f->excuse->cut_ms = w.dark_ms;
	power_back(f);
	if (!f->b)
		return;
	sched_in(wait, clock_right, NULL);
	excuse(FAULT_NO_RTC, -1, -1)->end_ms = true_ms() + (int64_t)(wait / HJ_USEC_PER_MS);
}

static hj_usec begin_power(struct fault *f)
{
	if (w.dark || power || world_now.wall_ms != true_ms())
		return 0;
	f->b = w.o.faults & 1u << FAULT_NO_RTC && one_in(3);
	f->excuse = excuse(FAULT_POWER, -1, -1);
	power = f;
	w.t.cuts++;
	disk_arm(chance(UINT64_MAX), 1 + chance(OPERATIONS));
	if (one_in(2))
		suite_power(false);
	return one_in(3) ? between(1, 20) * HOUR : between(2, 1800) * SECOND;
}

/* ---- programs ---- */

static hj_usec begin_kill(struct fault *f)
{
	unsigned which = (unsigned)chance(3 + site.bus_count + site.platform_count);
	unsigned bus = which - 3, uplink = bus - site.bus_count;

	if (w.dark)
		return 0;
	if (which < 3) {
		suite_kill(which == 0 ? &w.stored : which == 1 ? &w.eventd : &w.judged);
		if (which == 2)
			excuse(FAULT_KILL, NO_BUS, -1)->end_ms = true_ms();
	} else if (bus < site.bus_count) {
		suite_kill(&w.meterd[bus]);
		excuse(FAULT_KILL, (int)bus, -1)->end_ms = true_ms();
		return 0;
	} else {
		suite_kill(&w.uplinkd[uplink]);
	}
	w.t.faults[FAULT_KILL]++;
	return 0;
}

/* Another interval of one bus: who reads it is started anew, as `hjgate apply` would. */
static hj_usec begin_conf(struct fault *f)
{
	unsigned bus = (unsigned)chance(site.bus_count), before_s = site.buses[bus].poll_s;
	struct excuse *e;

	if (w.dark || !program_runs(w.meterd[bus]))
		return 0;
	suite_interval(bus, one_in(2) ? 300 : one_in(2) ? 150 : 60);
	program_stop(w.meterd[bus]);
	program_stop(w.judged);
	e = excuse(FAULT_CONF, (int)bus, -1);
	e->end_ms = true_ms();
	e->poll_s = before_s;
	return 0;
}

/* ---- the clock ---- */

/* Some steps a time daemon makes and vouches for: what is read then has its wrong time, and the windows of before
 * must not be filled again. */
static hj_usec begin_clock(struct fault *f)
{
	bool believed = one_in(3);

	if (w.dark || power || world_now.wall_ms != true_ms())
		return 0;
	f->by_ms = (int64_t)between(500, !believed && one_in(3) ? 40000000 : 400000) * (one_in(2) ? 1 : -1);
	world_trusted = believed;
	world_step_clock(f->by_ms);
	f->excuse = excuse(FAULT_CLOCK, -1, -1);
	f->excuse->by_ms = f->by_ms;
	f->excuse->believed = believed;
	return between(10, one_in(3) ? 20000 : 900) * SECOND;
}

static void undo_clock(struct fault *f)
{
	if (world_now.wall_ms != true_ms())
		clock_right(NULL);
}

/* ---- platforms ---- */

static hj_usec begin_platform(struct fault *f)
{
	struct site_platform *p = &site.platforms[f->a = (unsigned)chance(site.platform_count)];

	if (p->mode != PLATFORM_GOOD)
		return 0;
	platform_set(p, one_in(5) ? PLATFORM_REFUSES : (enum platform_mode)between(PLATFORM_SILENT, PLATFORM_FLAPS));
	w.t.faults[FAULT_PLATFORM]++;
	return between(1, one_in(4) ? 1500 : 60) * MINUTE;
}

static hj_usec begin_link(struct fault *f)
{
	struct site_platform *p = &site.platforms[f->a = (unsigned)chance(site.platform_count)];

	if (p->mode != PLATFORM_GOOD)
		return 0;
	platform_set(p, PLATFORM_GONE);
	w.t.faults[FAULT_LINK]++;
	if (one_in(12))
		return between(1, MONTH_DAYS) * DAY;
	return one_in(3) ? between(1, 30) * HOUR : between(10, 3000) * SECOND;
}

static void undo_platform(struct fault *f)
{
	struct site_platform *p = &site.platforms[f->a];

	platform_set(p, PLATFORM_GOOD);
	p->delay_ms = one_in(6) ? between(1000, 30000) / 2 : between(1, 300);
}

static hj_usec begin_request(struct fault *f)
{
	static const char *const cns[] = { "2051", "2061", "2031", "2999", "2011" };
	int64_t back = (int64_t)between(1, 48) * 3600000, from = true_ms() - back;
	char begin[TIME_WORD_LEN], end[TIME_WORD_LEN], cp[80];

	time_word(from, begin);
	time_word(from + (int64_t)between(1, 10) * 3600000, end);
	snprintf(cp, sizeof(cp), "BeginTime=%s;EndTime=%s", begin, end);
	platform_ask(&site.platforms[chance(site.platform_count)], cns[chance(hj_array_size(cns))], cp);
	w.t.faults[FAULT_REQUEST]++;
	return 0;
}

/* ---- the disk ---- */

static hj_usec begin_disk(struct fault *f)
{
	bool fails;

	if (w.dark || power)
		return 0;
	fails = one_in(3);
	disk_refuse(fails ? EIO : ENOSPC);
	f->excuse = excuse(FAULT_DISK, -1, -1);
	f->excuse->full = !fails;
	return one_in(3) ? between(1, 180) * MINUTE : between(5, 300) * SECOND;
}

static void undo_disk(struct fault *f)
{
	disk_refuse(0);
}

/* ---- all of them ---- */

static const struct kind {
	hj_usec (*begin)(struct fault *f); /* 0: it is over at once */
	void (*undo)(struct fault *f);
	unsigned every_h; /* hours, on average, in a world where it is middling */
} kinds[FAULT_KINDS] = {
	[FAULT_NOISE] = { begin_noise, undo_noise, 20 },
	[FAULT_METER] = { begin_meter, undo_meter, 14 },
	[FAULT_RESET] = { begin_reset, NULL, 50 },
	[FAULT_PORT] = { begin_port, undo_port, 40 },
	[FAULT_POWER] = { begin_power, undo_power, 30 },
	[FAULT_KILL] = { begin_kill, NULL, 10 },
	[FAULT_CLOCK] = { begin_clock, undo_clock, 50 },
	[FAULT_PLATFORM] = { begin_platform, undo_platform, 12 },
	[FAULT_LINK] = { begin_link, undo_platform, 20 },
	[FAULT_REQUEST] = { begin_request, NULL, 12 },
	[FAULT_DISK] = { begin_disk, undo_disk, 50 },
	[FAULT_CONF] = { begin_conf, NULL, 50 },
};
static unsigned every[FAULT_KINDS];
static struct fault *now_on[FAULT_KINDS][16];

static void undo(void *data)
{
	struct fault *f = data;
	unsigned before = chance_use(CHANCE_FAULTS + f->kind);

	for (size_t i = 0; i < hj_array_size(now_on[0]); i++)
		if (now_on[f->kind][i] == f)
			now_on[f->kind][i] = NULL;
	if (power == f)
		power = NULL;
	kinds[f->kind].undo(f);
	site_trace("over: %s", fault_names[f->kind]);
	if (f->excuse)
		f->excuse->end_ms = true_ms();
	free(f);
	chance_use(before);
}

static void again(void *data);

static void wait_for(enum fault_kind kind)
{
	static enum fault_kind names[FAULT_KINDS];

	names[kind] = kind;
	sched_in(between(1, 2 * every[kind] * 3600ULL) * SECOND, again, &names[kind]);
}

static void again(void *data)
{
	enum fault_kind kind = *(enum fault_kind *)data;
	struct fault *f;
	hj_usec lasts;
	unsigned before;

	if (w.well)
		return;
	before = chance_use(CHANCE_FAULTS + kind);
	f = calloc(1, sizeof(*f));
	f->kind = kind;
	lasts = kinds[kind].begin(f);
	for (size_t i = 0; lasts && i < hj_array_size(now_on[0]); i++)
		if (!now_on[kind][i]) {
			now_on[kind][i] = f;
			sched_in(lasts, undo, f);
			break;
		}
	if (!lasts)
		free(f);
	wait_for(kind);
	chance_use(before);
}

void faults_begin(void)
{
	for (int i = 0; i < FAULT_KINDS; i++) {
		if (!kinds[i].begin || !(w.o.faults & 1u << i))
			continue;
		chance_use(CHANCE_FAULTS + (unsigned)i);
		every[i] = (unsigned)(kinds[i].every_h * (one_in(3) ? 1 : between(1, 6)));
		if (!one_in(5)) /* some worlds know no such thing */
			wait_for((enum fault_kind)i);
	}
	chance_use(CHANCE_SITE);
}

void faults_end(void)
{
	w.well = true;
	site_trace("the world is made well");
	for (int kind = 0; kind < FAULT_KINDS; kind++)
		for (size_t i = 0; i < hj_array_size(now_on[0]); i++)
			if (now_on[kind][i]) {
				struct fault *f = now_on[kind][i];

				sched_forget(f);
				undo(f);
			}
	if (world_now.wall_ms != true_ms() || !world_trusted)
		clock_right(NULL);
	w.well_ms = true_ms();
}
