/* A store over a disk that forgets, two buses that feed it, two uplinks that acknowledge, and a clock: all of it in
 * one thread, in virtual time, by a seed. Each life of the store ends with a power cut in the middle of something,
 * and the next begins from what the disk holds; the truth is held against it each time. */
#pragma once

#include "truth.h"

struct world_lie { /* what is done to a world so that its check has something to find */
	bool disk_lies;
	bool owes_less;   /* what an uplink owes is made shorter between two lives */
	bool drops_row;   /* the newest record is taken away */
	bool adds_again;  /* a minute is added once more */
	bool changes_row; /* a byte of the newest record is another one */
	bool forgets_receipts;
};

struct world_totals {
	uint64_t cuts, good; /* good: after which everything was there */
	uint64_t faults[TRUTH_FAULTS];
	uint64_t samples, records, commits, starts, cut_rows;
	char first_fault[320]; /* with its seed; "" = none */
};

/* A world of its own in a folder of its own, with so many cuts; it ends at the first that is not good. */
void world_run(uint64_t seed, unsigned cuts, const struct world_lie *lie, struct world_totals *totals);
