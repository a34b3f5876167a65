/* Verifying a ledger: each row's seal, the chain of each kind from where it was cut to its end, what `ledger.seal`
 * says of the ends and of `state`, and heads that somebody else has kept. One pass, in slices, beside whoever writes.
 * What it says is what the file can show; who has every key and rewrites all of it is found by a head from outside
 * only. */
#pragma once

#include "hjgate/clock.h"
#include "hjgate/ledger.h"

enum hj_finding_what {
	HJ_FOUND_CHANGED,     /* a row is not what was written */
	HJ_FOUND_REMOVED,     /* rows of this kind before this one are missing */
	HJ_FOUND_INSERTED,    /* a row that was never written here */
	HJ_FOUND_MOVED,       /* a row that was written for another place: `other` */
	HJ_FOUND_TRUNCATED,   /* the newest rows of a kind are missing: up to `other` */
	HJ_FOUND_ROLLED_BACK, /* the file is older than a head that somebody keeps */
	HJ_FOUND_REWRITTEN,   /* the file does not fit a head that somebody keeps */
	HJ_FOUND_STATE, /* an entry of state (`key`), or, without a key, one of them: an older one, or missing */
	HJ_FOUND_SLOT,  /* a key's slot */
	HJ_FOUND_INDEX, /* what is only for finding rows */
	HJ_FOUND_SEAL,  /* what proves the whole is missing, or does not open */
	HJ_FOUND_NOTED, /* a start of the daemon had already found one of these, and went on */
	HJ_FOUND_COUNT
};
const char *hj_finding_name(enum hj_finding_what what); /* "changed", "removed" ... */

struct hj_finding {
	enum hj_finding_what what;
	uint64_t seq, other;
	int kind;         /* 0 = of none */
	int64_t label_ms; /* INT64_MIN = of none */
	char key[HJ_LEDGER_KEY_MAX + 1];
};
typedef void (*hj_finding_fn)(const struct hj_finding *f, void *userdata);

#define HJ_VERIFY_BAD_MOST 64 /* rows that are compared to find out whether they were exchanged */

struct hj_verify_look {
	uint64_t done, of; /* rows, about */
	uint64_t rows;     /* looked at */
	uint64_t found;
	uint64_t locked;      /* rows whose seal cannot be opened: their key is not here */
	uint64_t unchained;   /* rows whose chain cannot be followed for the same reason */
	uint64_t plain;       /* rows that were never sealed */
	uint64_t heads, good; /* from outside, and how many of them the file fits */
	uint64_t cut_heads;   /* that name what was cut since */
	uint64_t oldest_head; /* the oldest good one's seq: up to there nobody can have rewritten; 0 = none */
	uint64_t newest_head;
	uint64_t first, last; /* seqs that were looked at */
	uint64_t missing;     /* seqs that a damaged file has lost, as its salvage says */
	bool salvaging;       /* rows of a damaged file still come back: what is before today's chains was left out */
	bool whole;           /* no span was named, so ends, state and indices were looked at, too */
};

struct hj_verify;

/* begin <= label < end; INT64_MIN and INT64_MAX: all of it. */
int hj_verify_new(struct hj_ledger *l, int64_t begin_ms, int64_t end_ms, hj_finding_fn fn, void *userdata,
        struct hj_verify **ret);
int hj_verify_step(struct hj_verify *v, hj_usec within); /* 1: there is more; 0: done; -errno */
void hj_verify_head(struct hj_verify *v, uint64_t seq, const char *digits);
const struct hj_verify_look *hj_verify_look(const struct hj_verify *v);
void hj_verify_free(struct hj_verify *v);
HJ_DEFINE_CLEANUP(struct hj_verify *, hj_verify_free)

/* "SEQ:HEX", 32 digits. -EINVAL. */
int hj_head_parse(const char *text, uint64_t *ret_seq, char ret_digits[HJ_LEDGER_HEAD_DIGITS + 1]);
