/* What a store has promised, kept apart from it: which samples Durable named, which records were answered for, what
 * each uplink has had acknowledged, which settings were answered. Whoever drives the store tells the truth what was
 * promised; truth_check() holds the store against it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../services/stored/stored.h"

#define TRUTH_BUSES     2
#define TRUTH_POINTS    2 /* of a bus: a gauge and a total, which show the number of the reading */
#define TRUTH_UPLINKS   2
#define TRUTH_SETTINGS  4
#define TRUTH_WINDOW_MS 60000LL
#define TRUTH_KEPT_MS   (STORED_OWED_DAYS * HJ_MS_PER_DAY) /* younger records are never cut */

enum truth_fault { TRUTH_LOST, TRUTH_DOUBLED, TRUTH_WRONG, TRUTH_FAULTS };

enum truth_acked { ACK_NO, ACK_ASKED, ACK_YES };

struct truth_row {
	uint64_t seq, hash;
	int64_t label_ms;
	uint8_t kind;
	uint8_t acked[TRUTH_UPLINKS];
	bool receipt[TRUTH_UPLINKS];     /* the acknowledgement came with one */
	uint8_t receipts[TRUTH_UPLINKS]; /* met */
	bool cut, met;
};

/* What one window of a bus must hold. */
struct truth_window {
	int64_t label_ms;
	struct truth_part {
		unsigned count, records;
		double min, max, sum, last, before; /* before: the last of the windows before, NaN at first */
	} parts[TRUTH_POINTS];
};

struct truth {
	uint64_t faults[TRUTH_FAULTS];
	char first_fault[256];
	struct truth_row *rows;
	size_t row_count, row_room;
	uint64_t foreign_upto; /* of a store that was there before; its points are not ours */
	struct truth_bus {
		char name[8];
		struct truth_window *windows;
		size_t count, room;
		double last[TRUTH_POINTS];
	} buses[TRUTH_BUSES];
	struct truth_uplink {
		char name[8];
		bool known;     /* promised */
		uint64_t since; /* it owes what is newer */
	} uplinks[TRUTH_UPLINKS];
	struct truth_setting {
		char key[16];
		unsigned promised, newest; /* values; newest: asked for and perhaps not answered */
	} settings[TRUTH_SETTINGS];
};

void truth_init(struct truth *t);
void truth_done(struct truth *t);
void truth_fault(struct truth *t, enum truth_fault which, const char *format, ...) _printf_(3, 4);

/* A sample is in the store for good. */
void truth_sample(struct truth *t, size_t bus, size_t point, int64_t time_ms, double value);
/* The store of version 1 in this file, as it is before anybody has opened it, was promised too. */
void truth_adopt(struct truth *t, const char *path);
/* A record is. */
void truth_row(struct truth *t, const struct hj_head *head, const void *body, size_t n);
void truth_follow(struct truth *t, struct stored *s); /* whatever is committed now */

/* Holds all of it against a store that was just started. closed: every window with a sample must have its record. */
void truth_check(struct truth *t, struct stored *s, bool closed);

/* proof.c: seals, chains and receipts. */
void truth_check_proof(struct truth *t, struct stored *s);
struct truth_row *truth_find_row(struct truth *t, uint64_t seq);
