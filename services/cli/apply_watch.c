/* Programs are told what to do, tier by tier, and watched: one that is to run has to be ready within its time, and
 * then to live for a while, since what fails at its work fails soon. The first that does not ends the whole. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "apply.h"
#include "ask.h"
#include "hjgate/now.h"
#include "progress.h"
#include "timespec.h"

#define TIERS    3
#define READY_MS 30000 /* a stored that has to look through its file */
#define ALIVE_MS 2000
#define PORT_MS  3000  /* until a port that another had is had */
#define GONE_MS  35000 /* until one that is to stop has: 30 s as in units and `hjgate run`, then it is killed */

int64_t apply_mono_ms(void)
{
	return (int64_t)(hj_now().mono / HJ_USEC_PER_MS);
}

static void pause_ms(int64_t ms)
{
	const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

/* ---- one program ---- */

static bool runs_after(const struct apply_program *p)
{
	return p->act == APPLY_START || p->act == APPLY_RESTART;
}

static int fail(struct apply_program *p, const char *why, const char *detail)
{
	p->why = why;
	hj_text_copy(p->detail, sizeof(p->detail), detail);
	return -EIO;
}

static int touch(struct apply *a, struct apply_program *p)
{
	int r;

	p->port_was_good = p->reader == APPLY_METERD && apply_port_is_good(a, p);
	p->acted_ms = cli_wall_ms();
	p->acted_mono_ms = apply_mono_ms();
	p->up_mono_ms = 0;
	p->touched = true;
	r = a->hands->act(a, p, p->act);
	if (r < 0)
		fail(p, N_("it cannot be told to"), strerror(-r));
	return r < 0 ? -EIO : 0;
}

static bool is_new_life(const struct apply_program *p)
{
	return p->now.life == APPLY_UP && p->now.pid > 0 && p->now.pid != p->before.pid;
}

/* 1: it is as it should be; 0: not yet; -EIO */
static int judge(struct apply_program *p)
{
	int64_t waited = apply_mono_ms() - p->acted_mono_ms;
	int64_t most = (runs_after(p) ? READY_MS : 0) + (p->act == APPLY_START ? 0 : GONE_MS);
	bool over = waited > most;

	if (p->act == APPLY_STOP || (p->on_demand && p->now.life == APPLY_DOWN)) {
		if (!p->now.known || p->now.life == APPLY_DOWN)
			return 1;
		return over ? 1 : 0; /* whoever started it kills what does not stop */
	}
	/* systemd counts from 0 when it is told to start. */
	p->before.deaths = hj_min(p->before.deaths, p->now.deaths);
	if (p->now.deaths > p->before.deaths)
		return fail(p, N_("it dies at its start"), p->now.how);
	if (is_new_life(p)) {
		if (!p->up_mono_ms) {
			p->up_mono_ms = apply_mono_ms();
			p->down_ms = p->up_mono_ms - p->acted_mono_ms;
		}
		return 1;
	}
	if (p->up_mono_ms)
		return fail(p, N_("it ends by itself"), p->now.how);
	return over ? fail(p, N_("it does not get ready in time"), "") : 0;
}

/* ---- all of them ---- */

/* *ret_waiting: that are not yet as they should be. */
static int look_at(struct apply *a, unsigned tiers, const struct apply_program **ret_waiting)
{
	int r = a->hands->look(a), ret = 0;

	*ret_waiting = NULL;
	for (size_t i = 0; i < a->count && r >= 0; i++) {
		struct apply_program *p = &a->programs[i];
		int k = p->touched && p->tier < tiers ? judge(p) : 1;

		if (k == 0)
			*ret_waiting = p;
		ret = k < 0 ? k : ret;
	}
	return r < 0 ? r : ret;
}

static int wait_for(struct apply *a, unsigned tiers, struct cli_progress *progress)
{
	const struct apply_program *waiting;
	int r;

	for (;;) {
		r = look_at(a, tiers, &waiting);
		if (r < 0 || !waiting)
			return r;
		cli_progress(progress, 0, 1, _("waiting for hjgate-%s"), waiting->name);
		pause_ms(a->hands->look_ms);
	}
}

static int do_tier(struct apply *a, unsigned tier, bool stops, struct cli_progress *progress)
{
	int r = 0;

	for (size_t i = 0; i < a->count && r >= 0; i++) {
		struct apply_program *p = &a->programs[i];

		if (p->act != APPLY_LEAVE && p->tier == tier && stops == (p->act == APPLY_STOP))
			r = touch(a, p);
	}
	return r < 0 ? r : wait_for(a, tier + 1, progress);
}

/* Two buses that change ports wait for each other. */
static bool port_stays_bad(struct apply *a, struct apply_program *p)
{
	int64_t until = apply_mono_ms() + PORT_MS;

	while (apply_port_is_bad(a, p)) {
		if (!p->port_is_taken || apply_mono_ms() >= until)
			return true;
		pause_ms(a->hands->look_ms);
	}
	return false;
}

static int check_ports(struct apply *a)
{
	for (size_t i = 0; i < a->count; i++) {
		struct apply_program *p = &a->programs[i];

		if (p->touched && p->reader == APPLY_METERD && runs_after(p) && port_stays_bad(a, p))
			return -EIO;
	}
	return 0;
}

static int stay_alive(struct apply *a, struct cli_progress *progress)
{
	int64_t until = apply_mono_ms() + ALIVE_MS;
	const struct apply_program *waiting;
	int r = 0;

	while (r >= 0 && apply_mono_ms() < until) {
		cli_progress(progress, 0, 1, "%s", _("all are up: do they stay"));
		pause_ms(a->hands->look_ms);
		r = look_at(a, TIERS, &waiting);
	}
	return r < 0 ? r : check_ports(a);
}

/* Who goes, goes first: a port that one leaves another may want. */
int apply_do(struct apply *a)
{
	struct cli_progress progress;
	int r = a->hands->reload(a);

	cli_progress_begin(a->cli, &progress);
	for (int tier = TIERS - 1; tier >= 0 && r >= 0; tier--)
		r = do_tier(a, (unsigned)tier, true, &progress);
	for (unsigned tier = 0; tier < TIERS && r >= 0; tier++)
		r = do_tier(a, tier, false, &progress);
	if (r >= 0 && apply_plan_size(a))
		r = stay_alive(a, &progress);
	cli_progress_end(&progress);
	return r;
}
