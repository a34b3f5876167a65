/* A world: a site, the suite in it, what goes wrong by its seed, and what must be true in the end. */
#pragma once

#include <jansson.h>

#include "site.h"

enum fault_kind {
	FAULT_NOISE,
	FAULT_METER, /* dies for a while, or flaps */
	FAULT_RESET, /* its counter begins anew */
	FAULT_PORT,  /* the adapter is unplugged */
	FAULT_POWER,
	FAULT_KILL,
	FAULT_CLOCK,  /* steps */
	FAULT_NO_RTC, /* after a power cut the clock is years behind until a time daemon sets it */
	FAULT_PLATFORM,
	FAULT_LINK, /* up to a month */
	FAULT_REQUEST,
	FAULT_DISK,
	FAULT_CONF, /* a reload: everything is started again, in order */
	FAULT_KINDS
};
extern const char *const fault_names[FAULT_KINDS];

#define FAULTS_ALL   ((1u << FAULT_KINDS) - 1)
#define EXCUSES_MOST 8192
#define NO_BUS       (-2)

/* A stretch in which something was so that a reading may be missing; times are true. */
struct excuse {
	enum fault_kind kind;
	int bus, meter; /* -1: all; NO_BUS: of judged, which costs states and no reading */
	int64_t begin_ms, end_ms;
	int64_t cut_ms; /* of the power: when it went */
	int64_t by_ms;  /* of the clock: how far it was set */
	bool believed;  /* somebody vouched for it meanwhile */
	unsigned poll_s; /* of the configuration: the interval until then */
	bool full;       /* of the disk: it had no room, where others fail */
};

struct options {
	uint64_t seed;
	unsigned days, meters; /* meters: at most, of a bus */
	uint32_t faults;
	const char *trace;
	bool keep;
};

struct totals {
	uint64_t faults[FAULT_KINDS], readings, records, values, frames, repeats, cuts, violations;
	uint64_t states, told; /* readings whose state was judged, faults whose event was */
	char first[512];       /* violation */
};

struct world {
	struct options o;
	struct totals t;
	struct program *stored, *eventd, *judged, *meterd[BUSES_MOST], *uplinkd[PLATFORMS_MOST];
	bool dark, well;
	int64_t well_ms; /* since then nothing is wrong */
	int64_t dark_ms; /* since when the power was off, the last time */
	unsigned boots;
	struct excuse excuses[EXCUSES_MOST];
	size_t excuse_count;
};
extern struct world w;

#define TIME_WORD_LEN 16
void time_word(int64_t ms, char ret[TIME_WORD_LEN]); /* 14 digits, of Beijing */
void violation(const char *format, ...) __attribute__((format(printf, 1, 2)));
struct excuse *excuse(enum fault_kind kind, int bus, int meter);

/* suite.c */
void suite_configure(void);
void suite_start(void);
void suite_look(void *unused); /* starts again what has ended */
void suite_ran(void);          /* somebody did: the power may have gone, a program may have ended */
void suite_interval(unsigned bus, unsigned poll_s);
void suite_power(bool on);
void suite_kill(struct program **p);
int suite_command(const char *const *words, const char *output); /* its status */

/* faults.c */
void faults_begin(void);
void faults_end(void); /* the world is made well */

/* oracle.c */
bool oracle_settled(void);
void oracle_judge(void);
json_t *oracle_ask(const char *const *words, const char *name); /* NULL: no answer */

/* sums.c */
/* How much of this the suite says there was, and how much there was: figures of one name are summed. */
void figure_add(const char *name, uint64_t says, uint64_t known);
void figures_tell(void); /* to stdout, as a member of an object */
void sums_judge(const json_t *gaps);

/* told.c */
void told_judge(void);
