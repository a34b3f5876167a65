/* `hjgate proof`: that a platform was told a record, and what it was told, on a page that a bureau can file. */
#pragma once

#include "ask.h"
#include "upload.h"
#include "verify.h"
#include "writer.h"

#define PROOF_RECORDS 16 /* of one label: records of 256 points, and supplements */
#define PROOF_REMARKS 16
#define PROOF_REMARK  320 /* bytes */

struct proof_record {
	struct hj_record record;
	struct upload upload;
	bool seal_known, intact;
	int64_t algorithm, key;
	char head[160]; /* the first that stands on it, "SEQ:HEX"; "" = none yet */
	uint64_t head_seq;
	/* What a reader should know before he relies on it, in his language. */
	char remarks[PROOF_REMARKS][PROOF_REMARK];
	unsigned remark_count;
};

struct proof {
	struct cli *cli;
	const char *uplink, *kind_name;
	enum hj_kind kind;
	int64_t at_ms; /* INT64_MIN: not said */
	int64_t seq;   /* 0: not said */
	struct hj_conf conf;
	const struct hj_conf_uplink *conf_uplink;
	struct hj_dictionary points;
	struct proof_record records[PROOF_RECORDS];
	size_t count;
	bool more;            /* of this label than are shown */
	uint64_t left_out;    /* around it, which the store could not read */
	struct verify verify; /* of the label's span; without a verdict nobody could look */
};

/* Each: 0, or the exit status, said already. */
int proof_find(struct proof *p);                             /* proof_find.c: the records, seals, heads */
void proof_changes(struct proof *p, struct proof_record *r); /* proof_changes.c: what has changed since it went */
void proof_remark(struct proof_record *r, const char *format, ...) _printf_(2, 3);
void proof_show(const struct proof *p, struct writer *w); /* proof_show.c */
