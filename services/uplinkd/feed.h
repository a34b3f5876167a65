/* The way to stored. Four connections, since an answer that goes on, or that is not given at once, keeps its
 * connection to itself: live records, the values of Watch (only while real-time data is wanted), questions, and what
 * is kept with the store's next commit. All of it comes back by itself after stored was away. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hjgate/hj212_phrase.h"
#include "hjgate/hj212_session.h"
#include "hjgate/receipt.h"
#include "hjgate/seqset.h"
#include "lanes.h"

struct uplinkd;
struct feed;

int feed_new(struct uplinkd *u, struct feed **ret);
/* Leaves the exact QN mark and the last confirmations with the store, if it answers within FEED_LAST_WORD_MS. */
void feed_free(struct feed *f);
#define FEED_LAST_WORD_MS 300

/* ---- feed.c: what is owed ---- */
void feed_link_up(struct feed *f);   /* feed_page.c: reads the backlog from its beginning */
/* What is on its way is not wanted any more. Before lanes and flights are cleared. */
void feed_link_down(struct feed *f);
void feed_pull(struct feed *f);      /* the next few of the backlog, where there is room */
/* how: its times and QNs; NULL: nothing in these is for this platform. */
void feed_confirm(struct feed *f, uint64_t from, uint64_t to, const struct hj_receipt *how);
int64_t feed_waiting(const struct feed *f);   /* -1 = not known */
int64_t feed_oldest_ms(const struct feed *f); /* -1 = none */
bool feed_is_up(const struct feed *f);
/* Somebody vouches for the clock: what is of this moment may be dated. False until the store has said so. */
bool feed_is_dated(const struct feed *f);
/* Learns the points that an answer of stored tells of. */
void feed_learn(struct feed *f, json_t *reply);

/* ---- feed_shy.c: what seems to break the link goes last ---- */
void feed_shy_lost(struct feed *f, const struct job *j); /* it was under way when the link was lost */
void feed_shy_pull(struct feed *f);
hj_usec feed_shy_deadline(const struct feed *f);

bool feed_budget_known(const struct feed *f); /* before that the backlog waits */
void feed_budget(struct feed *f);             /* feed_budget.c: what the day has cost outlives a restart */

/* ---- feed_setting.c ---- */
typedef void (*feed_committed_fn)(struct uplinkd *u, unsigned id, int exe_rtn);
/* Commits what differs; then platform_committed() with exe_rtn, or HJ212_EXE_SYSTEM. -ENOTCONN: stored is away.
 * -EBUSY: one is under way. */
int feed_commit(
        struct feed *f, unsigned id, int exe_rtn, const struct hj212_settings *from, const struct hj212_settings *to);
/* Forgets what platforms have set; then over() with HJ212_EXE_DONE or HJ212_EXE_SYSTEM. Fails likewise. */
int feed_reset(struct feed *f, feed_committed_fn over);
/* One text beside them, kept as "uplink.NAME.KEY" (NULL: removed), without waiting for it. */
void feed_keep(struct feed *f, const char *key, const char *text);
void feed_ask_kept(struct feed *f, const char *key); /* then move_mark() */
/* Reports each difference as an event, passwords masked. */
void feed_tell_changes(
        struct feed *f, const char *by, const struct hj212_settings *from, const struct hj212_settings *to);
/* The i-th setting that a platform has changed, passwords masked; false after the last. */
#define FEED_VALUE_MAX 32 /* bytes of a setting's text */
struct feed_change {
	const char *name;
	char value[FEED_VALUE_MAX], file[FEED_VALUE_MAX];
};
bool feed_changed(const struct feed *f, const struct hj212_settings *configured, const struct hj212_settings *now,
        unsigned i, struct feed_change *ret);

/* ---- feed_qn.c ---- */
/* Keeps QNs reserved ahead of their use: see hj212_session_qn_kept(). */
void feed_qn(struct feed *f);
#define FEED_QN_TEXT 256
/* Pure: what has to be reserved now; false: nothing has. later: with what is committed anyway. */
bool feed_qn_wants(struct hj212_qn *q, struct hj_now now, struct hj212_qn_span *ret, bool *ret_later);
/* Pure: to the text that says so, with QNs up to `limit` as used; and back, nothing being kept then. NULL: none. */
void feed_qn_mark(
        const struct hj212_qn *q, int64_t limit, const char *boot, struct hj_now now, char ret[FEED_QN_TEXT]);
void feed_qn_read(const char *text, const char *boot, struct hj_now now, struct hj212_qn *ret);

/* ---- feed_history.c ---- */
int feed_history(struct feed *f, unsigned id, int cn, int64_t begin_ms, int64_t end_ms); /* -EBUSY */
/* The same of one upload that is there already (what it holds is stolen); exe_rtn once it is acknowledged. */
int feed_history_one(struct feed *f, unsigned id, int exe_rtn, struct job *j);
void feed_history_pull(struct feed *f); /* the next few, or the end of it */
void feed_history_stop(struct feed *f);
void feed_fold_pull(struct feed *f); /* feed_fold.c: the next interval of a min_interval above the base window */
/* min_interval is another: what waits for its intervals is read anew. */
void feed_interval_changed(struct feed *f);

/* ---- feed_states.c ---- */
/* CN 2021: commits the request's settings; states of equipment, where there are any, are sent as they are now. */
int feed_states(struct feed *f, const struct hj212_request *q);

/* ---- feed_value.c ---- */
void feed_watch(struct feed *f, bool on);
/* Real-time data waits for the first values, but not for ever: mono. */
hj_usec feed_values_from(const struct feed *f);
bool feed_values_known(const struct feed *f); /* the newest of every point has come */
const struct hj212_phrase_newest *feed_newest(const struct feed *f, size_t *ret_count);

/* ---- feed_preview.c ---- */
/* The newest record of this kind in words: fn(NULL) where there is none for this platform, or stored goes. -ENOTCONN;
 * -EBUSY. */
typedef void (*feed_preview_fn)(const struct job *j, void *userdata);
/* unfit: where what is too long for its type is noted, in place of what has gone out. */
int feed_preview(struct feed *f, enum hj_kind kind, struct hj212_phrase_unfit *unfit, feed_preview_fn fn,
        void *userdata);
void feed_preview_drop(struct feed *f); /* nobody waits any more: fn is not called */
