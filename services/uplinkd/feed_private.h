/* What the files of feed share. */
#pragma once

#include "feed.h"
#include "uplinkd.h"

#include "hjgate/ipc_client.h"
#include "hjgate/record_json.h"

#define FEED_KEYS        9 /* settings */
#define FEED_FOLD_WANTED 32
#define FEED_RECEIPTS    64 /* while stored is away: all that was in the lanes, and more */

struct feed {
	struct uplinkd *u;
	char path[HJ_PATH_MAX]; /* stored.peer */
	struct hj_ipc_client *live, *ask, *later, *watch;
	hj_usec watch_until; /* its first values are waited for; 0 = they have come */

	bool dated; /* somebody vouches for the clock, or did when stored was heard last */

	/* what is owed */
	uint64_t live_from;            /* the live stream tells of these and later ones */
	uint64_t page_from, page_high; /* the backlog is read up to page_high (not included) */
	bool scanning, paging, page_anew;
	struct {
		uint64_t from; /* was live and not confirmed when the link was lost, or since; 0 = none */
		hj_usec since; /* mono */
		bool reading;  /* pages from there on */
	} fresh;
	size_t record_bytes;                  /* of words, smoothed */
	struct hj_seqset confirm, confirming; /* to be told; being told */
	bool is_confirming;
	struct hj_receipt receipts[FEED_RECEIPTS]; /* go with them; the first `telling` are being told */
	unsigned receipt_count, telling;
	int64_t waiting, oldest_ms;

	struct feed_shy {
		struct hj_seqset set;
		uint64_t lost; /* the record under way when the link was lost last */
		bool turn;     /* the page that is read is for them */
		hj_usec pause, not_before;
	} shy;

	/* bytes of the day */
	bool budget_loaded, budget_busy;
	uint64_t budget_kept;

	/* settings */
	struct hj212_settings settings;
	struct hj212_qn qn;            /* as loaded */
	struct hj212_qn_span qn_asked; /* being reserved */
	bool boot_known;
	char boot[2 * HJ_ID_BYTES + 1];
	unsigned loading;
	bool loaded, load_failed, qn_busy;
	struct feed_load {
		struct feed *f;
		unsigned key;
	} loads[FEED_KEYS];
	struct feed_commit_state {
		bool active, failed;
		unsigned id, outstanding;
		int exe_rtn; /* of the answer once it is on the disk */
		feed_committed_fn over;
	} commit;
	struct {
		bool asking, found;
		struct hj212_request request;
	} states; /* CN 2021: whether there are any */

	/* history */
	struct feed_history_state {
		bool active, paging, page_empty, page_full, all_read;
		unsigned id, records;
		unsigned stale; /* answers on their way that nobody wants any more */
		int exe_rtn;    /* where there was any */
		enum hj_kind kind;
		int64_t begin_ms, end_ms;
		uint64_t after;
		int64_t interval, next_ms; /* with folding: its length, and the next one; 0 = none */
	} history;

	/* a min_interval above the base window */
	struct feed_fold_state {
		struct feed_fold_one {
			int64_t label_ms, interval;
			enum lane lane;
			bool again; /* the link was lost meanwhile */
		} wanted[FEED_FOLD_WANTED]; /* intervals to be folded, a ring */
		unsigned first, count;
		struct hj_seqset held; /* records of the interval that is not over */
		int64_t held_ms;
		/* the one that is asked for */
		bool asking, failed;
		unsigned stale;
		struct hj_fold *fold;
		struct job job;
	} fold;

	/* values */
	struct hj212_phrase_newest *newest;
	size_t newest_count;
	bool values_known;

	feed_preview_fn preview;
	struct hj212_phrase_unfit *preview_unfit;
	void *preview_data;
	unsigned previews_asked, previews_answered;
};

#define FEED_RECORD_BYTES 8192 /* of words, before any record has been seen */

int64_t feed_int(json_t *reply, const char *name, int64_t absent);
void feed_take_state(struct feed *f, json_t *reply);    /* how much is owed, since when */
bool feed_is_known(const struct feed *f, uint64_t seq); /* it waits, is under way, or is being confirmed */
/* 1: *ret is the record in words; 0: there is nothing in it for this platform; -errno. asked: by the platform, for
 * its kind; what it gets by itself is no matter then. */
int feed_word(struct feed *f, const struct hj_record *r, bool asked, struct job *ret);
/* Calls fn for each record of an answer. */
void feed_each_record(struct feed *f, json_t *reply, void (*fn)(struct feed *f, struct hj_record *r));
/* When a live record whose window ended then may go: its MN's own delay after that. */
hj_usec feed_not_before(const struct feed *f, int64_t end_ms);

/* ---- feed_fold.c ---- */
int64_t feed_fold_interval(const struct feed *f); /* ms; 0 = the base window's records go as they are */
bool feed_fold_take(struct feed *f, const struct hj_head *head,
        enum lane lane); /* true: it is part of an interval and looked after */
/* Where there is no room it is not, and stays owed. */
void feed_fold_want(struct feed *f, int64_t label_ms, int64_t interval, enum lane lane);
bool feed_fold_over(int64_t end_ms); /* an interval that ends then is: all its records have come */
bool feed_fold_busy(const struct feed *f);
void feed_fold_stop(struct feed *f);

void feed_fresh(struct feed *f, uint64_t seq); /* feed_page.c: it is live, and there is no connection for it */

/* ---- feed_shy.c ---- */
void feed_shy_confirmed(struct feed *f, uint64_t from, uint64_t to);
bool feed_shy_waits(const struct feed *f, uint64_t seq); /* others go first */
void feed_shy_link_up(struct feed *f);
bool feed_shy_turn(
        struct feed *f); /* all others have been read: true: now the backlog is read once more, for these */

/* ---- feed_receipt.c ---- */
void feed_receipt_add(struct feed *f, uint64_t from, uint64_t to, const struct hj_receipt *how);
json_t *feed_receipt_list(struct feed *f); /* all that wait, from now on being told */
void feed_receipt_told(struct feed *f, bool taken);

void feed_history_failed(struct feed *f);
void feed_history_alone(struct feed *f, struct hj_record *r); /* it is no part of the interval that was asked for */
int feed_call_setting(struct feed *f, const char *key, json_t *more, hj_ipc_reply_fn fn, void *userdata);
/* To be kept with what the store commits anyway, within a minute: on a connection of its own, since nothing else on
 * it is answered before. */
int feed_call_later(struct feed *f, const char *key, const char *value, hj_ipc_reply_fn fn, void *userdata);
void feed_load_settings(struct feed *f);

/* feed_qn.c */
void feed_qn_loaded(struct feed *f, const char *text);
void feed_qn_last_word(struct feed *f);
