/* What the files of feed share. */
#pragma once

#include "feed.h"
#include "uplinkd.h"

#include "hjgate/ipc_client.h"
#include "hjgate/record_json.h"

#define FEED_KEYS 8 /* settings */

struct feed {
	struct uplinkd *u;
	char path[HJ_PATH_MAX]; /* stored.peer */
	struct hj_ipc_client *live, *ask, *watch;

	/* what is owed */
	uint64_t live_from;            /* the live stream tells of these and later ones */
	uint64_t page_from, page_high; /* the backlog is read up to page_high (not included) */
	bool scanning, paging, page_anew;
	struct hj_seqset confirm, confirming; /* to be told; being told */
	bool is_confirming;
	int64_t waiting, oldest_ms;

	/* settings */
	struct hj212_settings settings;
	int64_t qn_used, qn_limit;
	unsigned loading;
	bool loaded, load_failed, qn_busy;
	struct feed_load {
		struct feed *f;
		unsigned key;
	} loads[FEED_KEYS];
	struct feed_commit_state {
		bool active, failed;
		unsigned id, outstanding;
	} commit;

	/* history */
	struct feed_history_state {
		bool active, paging, page_empty, all_read;
		unsigned id, records;
		unsigned stale; /* answers on their way that nobody wants any more */
		enum hj_kind kind;
		int64_t begin_ms, end_ms;
		uint64_t after;
	} history;

	/* values */
	struct phrase_newest *newest;
	size_t newest_count;

	feed_preview_fn preview;
	void *preview_data;
};

/* Learns the points that an answer tells of. */
void feed_learn(struct feed *f, json_t *reply);
/* 1: *ret is the record in words; 0: there is nothing in it for this platform; -errno. */
int feed_word(struct feed *f, const struct hj_record *r, struct job *ret);
/* Calls fn for each record of an answer. */
void feed_each_record(struct feed *f, json_t *reply, void (*fn)(struct feed *f, struct hj_record *r));
void feed_load_settings(struct feed *f);
void feed_qn_last_word(struct feed *f);
