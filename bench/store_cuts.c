/* Power cuts at random writes of the real store, over a disk that forgets (tests/crash):
 *
 *	store_cuts [CUTS [SEED]]	so many cuts, in worlds of 50 cuts with seeds SEED, SEED + 1 ...
 *
 * A world that fails says its seed: `VERBOSE=1 store_cuts 50 SEED` is the same world again. 1,000 cuts, with FULL=1
 *in the environment 10,000. */
#include <stdio.h>
#include <stdlib.h>

#include "../tests/crash/world.h"
#include "hjgate/log.h"

#define CUTS_OF_A_WORLD 50
#define CUTS            1000
#define CUTS_FULL       10000
#define SEED            1

static int figure(const char *name, unsigned long long value, const char *unit, const char *goal, int good)
{
	printf("figure %s %llu %s %s %s\n", name, value, unit, goal, good ? "ok" : "short");
	return good;
}

int main(int argc, char **argv)
{
	const char *full = getenv("FULL");
	unsigned long long cuts = argc > 1                        ? strtoull(argv[1], NULL, 10)
	                          : full && *full && *full != '0' ? CUTS_FULL
	                                                          : CUTS;
	unsigned long long seed = argc > 2 ? strtoull(argv[2], NULL, 10) : SEED;
	const struct world_lie honest = { 0 };
	struct world_totals t = { 0 };
	int good;
	char goal[32];

	hj_log_setup("store", getenv("VERBOSE") ? HJ_LOG_INFO : 0);
	for (unsigned long long left = cuts; left; seed++) {
		unsigned now = (unsigned)(left < CUTS_OF_A_WORLD ? left : CUTS_OF_A_WORLD);

		world_run(seed, now, &honest, &t);
		left -= now;
	}
	if (t.first_fault[0])
		printf("%s\n", t.first_fault);
	printf("%llu starts, %llu samples, %llu records of which %llu were cut, %llu commits, %llu other faults\n",
	        (unsigned long long)t.starts, (unsigned long long)t.samples, (unsigned long long)t.records,
	        (unsigned long long)t.cut_rows, (unsigned long long)t.commits,
	        (unsigned long long)t.faults[TRUTH_WRONG]);
	snprintf(goal, sizeof(goal), "%llu", cuts);
	good = figure("store.cuts", t.good, "cuts", goal, t.good == cuts);
	good &= figure("store.lost", t.faults[TRUTH_LOST], "promises", "0", !t.faults[TRUTH_LOST]);
	good &= figure("store.doubled", t.faults[TRUTH_DOUBLED], "records", "0", !t.faults[TRUTH_DOUBLED]);
	return good && !t.faults[TRUTH_WRONG] ? 0 : 1;
}
