/* `hjgate frames`: what went over a bus or to a platform and back. Who keeps them is asked: the bus's meterd, the
 * platform's uplinkd. */
#pragma once

#include "ask.h"

#define FRAMES_BY_DEFAULT 20

struct frames_options {
	int64_t last; /* 0: FRAMES_BY_DEFAULT */
	bool follow, pcap, change;
	const char *raw; /* a file; "-" = standard output */
};

/* `saved`: the words behind the bus's name. Each: the exit status. */
int frames_of_bus(const struct cli *cli, const struct frames_options *o, const char *name, int argc, char **argv);
int frames_of_uplink(const struct cli *cli, const struct frames_options *o, const char *name);
