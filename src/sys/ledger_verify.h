/* What the files of the verification share. */
#pragma once

#include "hjgate/ledger_verify.h"
#include "ledger_impl.h"

/* A row that does not follow from the one before it. What is wrong with it the next one of its kind tells: whether
 * that goes on from this row, from what its mac should have been, or from the row before it. */
struct verify_doubt {
	bool is;
	bool bad; /* its seal does not open */
	uint64_t seq;
	int64_t label_ms;
	uint8_t mac[HJ_MAC_BYTES], right[HJ_MAC_BYTES], before[HJ_MAC_BYTES];
};

struct verify_chain {
	uint64_t seq; /* of the newest row that was met */
	uint8_t before[HJ_MAC_BYTES];
	bool unknown; /* what the next row goes on from cannot be known */
	struct verify_doubt doubt;
};

/* A row whose seal does not open, kept to try it in the places of the others. */
struct verify_bad {
	uint64_t seq;
	int kind;
	int64_t label_ms;
	uint8_t *row; /* head, then body */
	size_t head_n, body_n;
};

struct hj_verify {
	struct hj_ledger *l;
	hj_finding_fn fn;
	void *userdata;
	struct hj_verify_look look;
	struct hj_ledger_tail tail[HJ_KIND_MOST + 1]; /* when it was begun */
	uint64_t next, upto;
	unsigned left;        /* rows, before the clock is looked at */
	uint64_t begin;       /* where the chains of today begin: what is before it was put back */
	uint64_t cut;         /* the newest row that was ever cut, of any kind */
	uint64_t holes, lost; /* seqs that are missing before `begin`; and as many as a salvage says */
	struct hj_finding gaps[HJ_VERIFY_BAD_MOST];
	size_t gap_count;
	uint64_t rare; /* rows that the index of rare kinds has to hold */
	struct verify_chain chain[HJ_KIND_MOST + 1];
	struct verify_bad bad[HJ_VERIFY_BAD_MOST];
	size_t bad_count;
	struct hj_range *days; /* stretches of the day index; by day in `day` */
	int64_t *day;
	size_t day_count;
	uint16_t told_slot; /* that is missing, and of which generation; 0 = none yet */
	uint32_t told_in;
	bool day_told;
	int64_t told_day; /* whose rows the index does not give */
};

void verify_tell(struct hj_verify *v, enum hj_finding_what what, int kind, uint64_t seq, int64_t label_ms,
        uint64_t other, const char *key);
void verify_tell_doubt(struct hj_verify *v, int kind, enum hj_finding_what what);

/* ledger_verify_chain.c */
void verify_chain_begin(struct hj_verify *v, int kind, uint64_t seq); /* before each row: the chain may begin anew */
int verify_follow(struct hj_verify *v, int kind, const struct hj_ledger_row *row, bool bad);
int verify_follow_plain(struct hj_verify *v, int kind, const struct hj_ledger_row *row);
void verify_chain_end(struct hj_verify *v, int kind);

/* ledger_verify_whole.c */
int verify_whole(struct hj_verify *v);
int verify_load_days(struct hj_verify *v);
bool verify_day_has(const struct hj_verify *v, int64_t label_ms, uint64_t seq);
