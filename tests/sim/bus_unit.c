/* How a simulated meter behaves, by keys. They stand in the configuration (`unit 3 turnaround 20 5`) and come by the
 * control FIFO (`turnaround 3 20 5`):
 *
 *	mute UNIT, unmute UNIT
 *	turnaround UNIT MS [JITTER_MS]   before it answers
 *	late UNIT MS                     on top of that
 *	gap UNIT MS                      of silence that it needs before a request
 *	pause UNIT MS [CHANCE]           in the middle of an answer
 *	double UNIT MS                   another meter has its address and answers this much later; -1 ends it
 *	flap UNIT ON_S OFF_S             heard and mute in turn; 0 0 ends it
 *	exception UNIT CODE              0 ends it
 *	strict UNIT 0|1                  holes between its registers give exception 2 */
#include "bus_sim.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "hjgate/cleanup.h"

#define AT(member) offsetof(struct sim_unit, member)
static const struct unit_key {
	const char *name;
	struct {
		size_t at;
		double scale, preset;
	} values[2];
	size_t least, most;
} keys[] = {
	{ "mute", { { AT(mute), 1, 1 } }, 0, 1 },
	{ "unmute", { { AT(mute), 1, 0 } }, 0, 0 },
	{ "turnaround", { { AT(turnaround_s), 1e-3, 0 }, { AT(jitter_s), 1e-3, 0 } }, 1, 2 },
	{ "late", { { AT(late_s), 1e-3, 0 } }, 1, 1 },
	{ "gap", { { AT(gap_s), 1e-3, 0 } }, 1, 1 },
	{ "pause", { { AT(pause_s), 1e-3, 0 }, { AT(pause_chance), 1, 1 } }, 1, 2 },
	{ "double", { { AT(double_s), 1e-3, 0 } }, 1, 1 },
	{ "flap", { { AT(flap_on_s), 1, 0 }, { AT(flap_off_s), 1, 0 } }, 2, 2 },
	{ "exception", { { AT(exception), 1, 0 } }, 1, 1 },
	{ "strict", { { AT(strict), 1, 0 } }, 1, 1 },
};
#undef AT

void sim_unit_init(struct sim_unit *u)
{
	*u = (struct sim_unit){ .turnaround_s = SIM_TURNAROUND_MS / 1e3, .double_s = -1 };
}

int sim_unit_set(struct sim_unit *u, const char *key, const double *values, size_t count)
{
	for (const struct unit_key *k = keys; k < keys + hj_array_size(keys); k++) {
		if (strcmp(k->name, key) != 0)
			continue;
		if (count < k->least || count > k->most)
			return -EINVAL;
		for (size_t i = 0; i < 2 && k->values[i].scale != 0; i++) {
			double value = i < count ? values[i] * k->values[i].scale : k->values[i].preset;

			memcpy((char *)u + k->values[i].at, &value, sizeof(value));
		}
		return 0;
	}
	return -ENOENT;
}

bool sim_unit_silent(const struct sim_unit *u, double now_s)
{
	double round_s = u->flap_on_s + u->flap_off_s;

	return !u->exists || u->mute != 0 || (round_s > 0 && fmod(now_s, round_s) >= u->flap_on_s);
}
