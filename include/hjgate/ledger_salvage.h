/* A damaged ledger, put back row by row into the one that was begun in its place: every row whose seal verifies,
 * under its own seq, byte for byte. It goes on in slices; how far it has come is an entry of `state`, so a start goes
 * on from there. The damaged file is read only and never changed.
 *
 * What its `state` says comes back first. Where the whole of it proves to be that of its last commit it is `sure`,
 * and all of it is taken over. Otherwise entries that prove themselves are taken where age does no harm (the caller
 * says which), and rows that may not have been acknowledged are gathered in `owed`. */
#pragma once

#include "hjgate/clock.h"
#include "hjgate/ledger.h"
#include "hjgate/seqset.h"

#define HJ_SALVAGE_KEY      "salvage." /* FILE: entries of state */
#define HJ_SALVAGE_FILE_MAX 79         /* bytes of a file's name */

enum hj_salvage_phase {
	HJ_SALVAGE_KEYS, /* where the state's tree is broken: first the keys, then what they open */
	HJ_SALVAGE_STATE,
	HJ_SALVAGE_ROWS,
	HJ_SALVAGE_COUNT,
	HJ_SALVAGE_OVER,
	HJ_SALVAGE_SETTLED, /* and the caller has done what it does at the end, and has put the entry back so */
};

struct hj_salvage_look {
	char file[HJ_SALVAGE_FILE_MAX + 1]; /* its name, beside the ledger */
	enum hj_salvage_phase phase;
	bool sure;
	uint64_t done, of;                  /* pictures of pages, of this phase */
	uint64_t rows, strange;             /* put back; what looked like a row and did not verify */
	uint64_t last;                      /* the newest seq that the damaged file is known to have had */
	uint64_t lost;                      /* seqs that are missing, once counted */
	int64_t lost_begin_ms, lost_end_ms; /* labels of the rows around them; INT64_MIN = none */
	int64_t begin_ms, end_ms;           /* of the salvage; end INT64_MIN: it goes on */
	struct hj_seqset owed;              /* rows that may have been owed, where it is not `sure` */
};

struct hj_salvage_rules {
	const char *const
	        *prefixes;     /* of entries of state that are taken though the whole is not sure; ends with NULL */
	unsigned owed_kinds;   /* bits */
	int64_t owed_since_ms; /* rows of younger labels */
};

/* Of a store of records: points and settings are what they were, uplinks are known by name; and what it owes at
 * least. */
struct hj_salvage_rules hj_salvage_rules_of_records(int64_t now_ms);

struct hj_salvage;

/* After hj_ledger_open(), whether or not it has just set a file aside: begins with the newest file beside the ledger
 * that was set aside and is not yet known in state. Takes over what its state says and commits that its rows are to
 * come; for as long as `within` it looks for the entries of a state whose tree is broken. -ENOENT: there is no such
 * file; -EACCES: it cannot be opened; -EUCLEAN: its keys are too many for one ledger; else -errno of the ledger's
 * disk: nothing must be written before it is tried again, since what that file says would then take the place of what
 * is newer. */
int hj_salvage_begin(
        struct hj_ledger *l, const struct hj_salvage_rules *rules, hj_usec within, struct hj_salvage **ret);
/* A ledger that was brought from elsewhere, and is to be called `name` in the folder in which it lies: what was
 * set aside there under that name is another's, and none of it is ever put into this one. The caller commits. */
int hj_salvage_pass_over(struct hj_ledger *l, const char *name);
/* Goes on with the oldest that is not over. -ENOENT: there is none. */
int hj_salvage_resume(struct hj_ledger *l, const struct hj_salvage_rules *rules, struct hj_salvage **ret);
/* One slice, committed. 1: there is more; 0: it is over. -errno: the disk; the same slice is tried again. */
int hj_salvage_step(struct hj_salvage *s, hj_usec within);
const struct hj_salvage_look *hj_salvage_look(const struct hj_salvage *s);
void hj_salvage_free(struct hj_salvage *s);
HJ_DEFINE_CLEANUP(struct hj_salvage *, hj_salvage_free)

/* The first whose rows are back and which the caller has not settled. -ENOENT: there is none. */
int hj_salvage_unsettled(struct hj_ledger *l, struct hj_salvage_look *ret);

/* A copy of the ledger's own keys, wrapped as they are, at PATH.keys: one damaged page must not lock every row.
 * Written where it differs. */
int hj_salvage_keep_keys(struct hj_ledger *l);

/* An entry of state; its key names the file. Put: to be committed by the caller. */
int hj_salvage_put(struct hj_ledger *l, const struct hj_salvage_look *look);
int hj_salvage_encode(const struct hj_salvage_look *look, struct hj_buf *to);
int hj_salvage_decode(const void *value, size_t n, struct hj_salvage_look *ret); /* -EBADMSG */
