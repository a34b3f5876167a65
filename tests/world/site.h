/* What surrounds the gateway of a world, and what of it is known: lines with meters, platforms behind links, and the
 * log of both, which the gateway never sees. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "fibre.h"

#define BUSES_MOST     2
#define METERS_MOST    3 /* of a bus */
#define PLATFORMS_MOST 3
#define POINTS         2 /* of a meter: a current and a counter */
#define PORT           9000
#define WINDOW_MS      300000LL
#define TZ_MS          (8 * 3600000LL)

enum { CHANCE_SITE, CHANCE_LINE, CHANCE_FAULTS }; /* and one for each kind of fault */

/* ---- line.c ---- */

/* What a meter answered, and the gateway was sent whole. */
struct reading {
	int64_t true_ms;
	float current;
	uint32_t energy;
	bool late; /* it may be taken for one, or not */
};

struct reading_log {
	struct reading *list;
	size_t count, room;
};

struct site_meter {
	bool dead;
	uint32_t energy_base; /* of the counter, after a swap or a reset */
	int64_t energy_since_ms;
	struct reading_log log;           /* of whole answers */
	struct reading_log parts[POINTS]; /* of one point: readings, where they are asked apart */
};

struct site_bus {
	unsigned meter_count, poll_s;
	struct site_meter meters[METERS_MOST];
	bool unplugged;
	uint64_t noise, late, lose; /* one answer in so many; 0: none */
	int64_t late_ms;            /* of the last late answer: what comes just behind it may go with it */
	int fd;                     /* our end; -1: nobody has it open */
	uint8_t in[256];
	size_t in_count;
	uint64_t questions, answers, spoiled, late_answers, lost_bytes;
};

/* ---- platform.c ---- */

enum platform_mode {
	PLATFORM_GOOD,
	PLATFORM_REFUSES, /* its port is closed */
	PLATFORM_GONE,    /* nothing comes back, not even from TCP */
	PLATFORM_SILENT,  /* takes all, looks at nothing, never answers */
	PLATFORM_STALLS,  /* takes connections and reads nothing */
	PLATFORM_WRONG_QN,
	PLATFORM_TWICE, /* acknowledges twice */
	PLATFORM_GARBAGE,
	PLATFORM_FLAPS, /* closes between receiving and acknowledging */
	PLATFORM_MODES
};
extern const char *const platform_mode_names[PLATFORM_MODES];

struct said { /* a value at a platform: its key as a hash */
	uint64_t key;
	double value;     /* of a Flag: its letter */
	int64_t label_ms; /* of a minute, an hour or a day; 0: it is none */
	bool met;         /* among the records */
};

struct site_platform {
	unsigned index;
	enum platform_mode mode;
	uint64_t delay_ms; /* of the link, each way */
	uint64_t over_time_s;
	char mn[25];
	bool owes_minutes, owes_hours, owes_days;
	struct connection *connection;
	struct said *said;
	size_t said_count, said_room;
	uint64_t frames, uploads, repeats, differing, bad, connections, acks, requests;
	char first_differing[400];
	struct said *qns; /* whose frame it was, as a hash */
	size_t qn_count, qn_room;
	uint64_t used_again, hours_again; /* hours: CN 2041 with another value than before */
};

/* ---- site.c ---- */

struct site {
	char root[48];
	unsigned bus_count, platform_count;
	struct site_bus buses[BUSES_MOST];
	struct site_platform platforms[PLATFORMS_MOST];
	int64_t period_ms; /* of production: on for a half of it */
	uint64_t digest;
	FILE *trace;
};
extern struct site site;

int64_t true_ms(void);
bool production_on(int64_t ms);
void site_trace(const char *format, ...) __attribute__((format(printf, 1, 2)));
void digest_add(const void *p, size_t n);
uint64_t hash_of(uint64_t h, const void *p, size_t n);

void line_close(struct site_bus *b);
void platform_set(struct site_platform *p, enum platform_mode mode);
void platform_ask(struct site_platform *p, const char *cn, const char *cp);
struct said *platform_said(const struct site_platform *p, uint64_t key); /* NULL: it was never told */
uint64_t said_key(const char *cn, const char *time, const char *field);
