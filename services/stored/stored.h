/* The store: one struct, made and freed by main(). Everything runs in one thread, on one loop.
 *
 * 	Append -> intake -> rollup -> window (close, join, fold) -> commit -> Durable, Read (live), answers
 */
/* long because: one struct, and what each part of the store gives the others */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "hjgate/conf.h"
#include "hjgate/fold.h"
#include "hjgate/ipc_server.h"
#include "hjgate/ledger.h"
#include "hjgate/ledger_salvage.h"
#include "hjgate/now.h"
#include "hjgate/place.h"
#include "hjgate/rate.h"
#include "hjgate/pending.h"
#include "hjgate/receipt.h"
#include "hjgate/report.h"
#include "hjgate/rollup.h"
#include "hjgate/sample.h"
#include "hjgate/seqset.h"
#include "hjgate/service.h"
#include "hjgate/wall_timer.h"
#include "maintain.h"

#define STORED_STATISTICS   (1u << HJ_KIND_MINUTE | 1u << HJ_KIND_HOUR | 1u << HJ_KIND_DAY) /* the windows' records */
#define STORED_UPLINKS_MAX  32
#define STORED_POINT_NONE   UINT32_MAX             /* of a sample, whose point has no room in the dictionary */
#define STORED_LEFT_MAX     64                     /* numbers of points that make room together */
#define STORED_STEPS_MAX    16                     /* of the clock, that are remembered */
#define STORED_VOIDS_MAX    32                     /* times that a clock was accepted */
#define STORED_QUEUE_BYTES  (1u << 20)             /* records that wait for the disk; above it no samples are taken */
#define STORED_STAGED_MAX   64                     /* settings that wait for the disk */
#define STORED_SETTING_MAX  1024                   /* bytes of a setting's value */
#define STORED_BODY_MAX     (64u << 10)            /* bytes of a record that was Put */
#define STORED_COMMIT_EVERY (60 * HJ_USEC_PER_SEC) /* while there is anything new */
/* without anything new: shows until when the power was there */
#define STORED_COMMIT_IDLE       (55 * HJ_USEC_PER_SEC) /* the begin of a power failure is known to a minute */
#define STORED_COMMIT_AWAITED    (62 * HJ_USEC_PER_SEC) /* windows of a minute close by themselves in time */
#define STORED_COMMIT_URGENT     (50 * HJ_USEC_PER_MS)  /* what somebody waits for; what comes together is grouped */
#define STORED_COMMIT_BUSY       (1 * HJ_USEC_PER_SEC)  /* the same, when there were too many of them */
#define STORED_URGENT_PER_MINUTE 60
#define STORED_CONFIRMS_MOST     1000                  /* confirmed records that may wait for the next commit */
#define STORED_RETRY             (2 * HJ_USEC_PER_SEC) /* after a commit has failed */
#define STORED_RETRY_MOST        (8 * HJ_USEC_PER_SEC) /* while the file cannot be opened */
#define STORED_DAMAGE_LASTS      (24 * 3600 * HJ_USEC_PER_SEC) /* met again within it, damage is none of memory's */
#define STORED_REOPEN_AFTER      3                     /* commits that failed: then a file opened anew may help */
#define STORED_OWED_DAYS         30                    /* what is owed is kept this long, whatever the limits say */
#define STORED_UPLINK_OLD_DAYS   30 /* that nobody asked for an uplink: nobody is told of it then */
#define STORED_RETENTION_EVERY   (3600 * HJ_USEC_PER_SEC)
#define STORED_LATE_TOLD_EVERY   (60 * HJ_USEC_PER_SEC)

/* Somebody who waits for the disk: told once, with r = 0 and the seq, or with what went wrong; then the item is
 * gone. */
typedef void (*stored_done_fn)(int r, uint64_t seq, void *waiter);

/* A record on its way to the disk. */
struct item {
	struct item *next;
	struct hj_head head; /* seq: of the last attempt */
	stored_done_fn done; /* NULL: nobody waits, and it is kept until the disk takes it */
	void *waiter;
	size_t n;
	char body[];
};

/* A setting on its way to the disk, or (key empty) somebody who waits for the next commit. */
struct staged {
	char key[HJ_LEDGER_KEY_MAX + 1];
	char *value; /* NULL = forget it */
	stored_done_fn done;
	void *waiter;
};

/* What goes with the next commit: rows of one kind, the oldest. */
enum cut_why { CUT_TERM, CUT_SIZE, CUT_FULL };
struct cut {
	enum hj_kind kind;
	enum cut_why why;
	unsigned rows; /* 0 = nothing goes */
	uint64_t from, upto;
	int64_t begin_ms, end_ms;          /* the least and the greatest of their labels */
	uint64_t drop[STORED_UPLINKS_MAX]; /* what each uplink owes of up to here, it owes no longer: it is too old */
};
struct cut_span {
	uint64_t count;
	int64_t begin_ms, end_ms;
};

struct uplink {
	char name[HJ_NAME_MAX + 1];
	struct hj_seqset owed;
	struct cut_span unsent; /* went unsent, and was not told yet */
	bool changed;           /* differs from what is on the disk */
	uint64_t told_joined;   /* of owed.joined, as far as reported */
	uint64_t confirmed;     /* records, since the uplink was first heard of; on the disk with the set */
	int64_t confirmed_ms;   /* of the last of them; INT64_MIN = never */
	int64_t asked_ms;       /* for its records, or to confirm some: when last, by age_now(); on the disk too */
	uint64_t oldest_seq;    /* whose label oldest_ms is; 0 = not looked up */
	int64_t oldest_ms;
	struct hj_receipts receipts; /* that are in no record yet; on the disk with the set */
	uint64_t receipts_lost;      /* there was no room for them */
};

/* What of a bus is on the disk. */
struct durable {
	char bus[HJ_NAME_MAX + 1];
	uint8_t boot[HJ_ID_BYTES];
	uint64_t number;
};

/* trust.c. BOOTTIME in ms: what is called _ms and is no wall clock says so. */
struct trust {
	bool rtc;             /* hjgate.conf: the box's own clock is trusted, and it runs or was set since */
	enum hj_trust told;   /* by whom, in this boot of the machine */
	enum hj_trust source; /* what it is trusted by now; HJ_TRUST_NONE: what is read is kept as pending */
	enum hj_trust was;    /* in the run before */
	int64_t since_ms;
	int64_t ahead_ms; /* hj_clock_ahead(), newest */
	bool is_stamped;
	int64_t stamped_ms;               /* hj_clock_ahead() by which the open windows are stamped */
	int64_t edge_ms;                  /* BOOTTIME up to which they were */
	int64_t bar_ms[HJ_TRUST_NTP + 1]; /* by source: end of the newest window that was recorded under it */
	struct step {
		int64_t from_ms, to_ms;
	} steps[STORED_STEPS_MAX]; /* the newest last */
	size_t step_count;
	uint64_t steps_seen;
	hj_usec lost_at, kept_from; /* from then on hjgate-kept's file is of after the newest step */
	bool is_told; /* eventd: that it is not trusted */
	bool changed; /* differs from what is on the disk */
};

/* pending.c */
struct pending_state {
	struct hj_pending *batches; /* not yet in a record, by bus */
	size_t count;
	bool draining;       /* the time is known, and what was read before is being put into the windows */
	bool queued;         /* records of it wait for the disk */
	uint64_t next_seq;   /* the records of this boot from here on are not used yet */
	uint32_t next_index; /* and of the first of them, samples from here on */
	uint64_t waiting;    /* samples in them */
	bool changed;
};

/* Records before seq with a later label are void. */
struct voided {
	uint64_t seq;
	int64_t after_ms;
};

/* A bus whose samples only feed the live stream for now, since there is no room for them here: its meterd keeps them
 * and offers them again. */
struct live {
	char bus[HJ_NAME_MAX + 1];
	uint8_t boot[HJ_ID_BYTES];
	uint64_t first, next; /* numbers seen so far: first..next-1 */
};

struct stored {
	sd_event *event;
	const char *root;
	struct hj_conf_main conf;
	uint8_t boot_id[HJ_ID_BYTES];
	struct hj_report *report;
	struct hj_keyring *keyring;
	struct hj_ledger *ledger; /* NULL while the disk does not let it be opened */
	int looking;              /* why the ledger can only be read; 0 = it takes what is new */
	struct hj_place place;
	bool damaged;               /* it was set aside, and that is not told yet */
	enum damage_met {
		DAMAGE_NONE,
		DAMAGE_MET,    /* by who read it: it is to be opened anew, in case that it was the memory */
		DAMAGE_LOOKED, /* it was */
		DAMAGE_SURE,   /* and was met again: it is to be set aside */
	} damage;
	hj_usec damage_at;          /* mono: it was met last, or the file was set aside for it */
	struct hj_salvage *salvage; /* what a damaged file still has is being put back; NULL = nothing is */
	sd_event_source *salvage_timer;
	unsigned salvage_slices;
	int salvage_error;              /* of the last slice */
	bool taken_over;                /* what a damaged file says, since what is loaded was loaded */
	struct hj_verifying *verifying; /* NULL = nobody asked */
	int64_t head_day, head_kept;    /* of the newest daily head, as told and on the disk; INT64_MIN = none yet */
	bool loaded; /* what follows has in it what the file says; while false: is as in an empty store */
	struct {
		bool told;
		size_t locked;
		char refused[HJ_PATH_MAX];
		uint8_t fingerprint[HJ_FINGERPRINT_BYTES];
	} key;            /* as told: how many are locked, a file that is none, the KEK in use */
	int64_t begun_ms; /* BOOTTIME of this program's first start in this boot of the machine */
	struct {
		uint8_t id[HJ_ID_BYTES];
		uint64_t last;
	} known; /* of the file that is loaded: whether it is the same one after it was opened anew */
	bool stopping;
	unsigned failures; /* of commits, since the last that succeeded */
	hj_usec retry;
	struct live live[HJ_ROLLUP_BUSES_MAX];
	size_t live_count;

	struct hj_dictionary points;
	size_t points_locked; /* in the file */
	size_t points_over;   /* in the file, and more than there is room for */
	struct {
		hj_usec looked_at;              /* for room, and there was none; 0 = there was */
		uint32_t left[STORED_LEFT_MAX]; /* numbers that are gone here, and on the disk still */
		size_t left_count;
		uint64_t left_at; /* commits, when they went */
		uint64_t refused; /* samples without a number since there was room last */
	} room;
	hj_usec points_since; /* the dictionary was read */
	uint32_t point_most;  /* the greatest number ever given, as far as known */
	struct stored_point {
		struct hj_sample newest; /* point 0 = none yet */
		int64_t swapped_ms;      /* first reading of the meter that was swapped in; 0 = none was */
		hj_usec met;             /* in an Append, last; 0 = not yet */
		bool changed;            /* differs from what is on the disk */
	} * by_point;                    /* of points.points[i] */
	size_t by_point_size;
	struct hj_rollup *rollup;
	struct hj_fold *hours, *days;
	int64_t label_most; /* no window's record has a later one; INT64_MIN = there is none, INT64_MAX = not known */
	struct trust trust;
	struct maintenance maintenance;
	struct pending_state pending;
	struct {
		bool is_known;
		uint8_t boot[HJ_ID_BYTES];
		int64_t ms;           /* of the last commit under a trusted clock, in the run before */
		bool told, told_kept; /* that the power failed before this boot; this is on the disk */
		bool told_put;        /* on the disk with the next commit */
	} alive;
	struct voided voids[STORED_VOIDS_MAX];
	size_t void_count;
	uint64_t late_told[HJ_ROLLUP_BUSES_MAX]; /* by bus position */
	hj_usec late_told_at;

	struct item *queue, **queue_end;
	size_t queue_bytes;
	struct staged staged[STORED_STAGED_MAX];
	size_t staged_count;
	struct cut cut;         /* what retention has chosen for the next commit */
	struct cut_span forced; /* what went for room, and was not told yet */
	hj_usec forced_told_at;
	struct {
		int64_t ms, kept_ms; /* what time it is for retention; on the disk */
		int64_t put_ms;      /* on the disk with the next commit */
		hj_usec at;          /* looked at last */
	} age;
	struct hj_rate growth, written; /* of the file; by this program to the disk */
	int64_t used_before, written_before;
	int written_fd; /* that it is read from */
	hj_usec rates_kept_at;
	struct uplink uplinks[STORED_UPLINKS_MAX];
	size_t uplink_count;
	char uplinks_left[STORED_UPLINKS_MAX][HJ_NAME_MAX + 1]; /* went for another; on the disk still */
	size_t uplink_left_count;
	uint64_t newest_owed; /* seq of the newest record that uplinks are told of; 0 = not known */
	uint64_t confirms_waiting;
	struct durable durable[HJ_ROLLUP_BUSES_MAX];
	size_t durable_count;

	hj_usec commit_at; /* HJ_USEC_NEVER = nothing to commit */
	hj_usec urgent_since;
	unsigned urgent_count;
	int error; /* of the last commit; 0 = none */
	uint64_t commits;
	uint64_t unreadable; /* records met whose body did not decode, since the start; each meeting counts */
	int64_t last_commit_ms;
	sd_event_source *key_timer;
	sd_event_source *clock_watch, *clock_timer, *pending_timer;
	sd_event_source *commit_timer, *mono_timer, *retention_timer;
	struct hj_wall_timer wall_timer;

	struct {
		hj_usec minute, day; /* the beginnings of those being counted */
		unsigned in_minute, in_day;
		uint64_t more; /* that are not told one by one, and not yet together: */
		int64_t records, since_ms;
		uid_t uid;
		char by[64];
		sd_event_source *timer; /* NULL: no such one has been yet */
	} exports;
	struct hj_backup *backup; /* NULL: none is made now */
	struct {
		int64_t made_ms, since_ms; /* 0: this file never was a backup; its clock was not trusted since */
		json_t *note;              /* what is kept of it */
	} restored;

	struct watcher *watchers;
	struct reader *readers;
	struct listener *listeners;
};

int stored_new(struct hj_service *service, const struct hj_conf_main *conf, struct stored **ret);
void stored_free(struct stored *s); /* commits what it can */
HJ_DEFINE_CLEANUP(struct stored *, stored_free)
void stored_spare(void *userdata); /* of hj_service */

int stored_load(struct stored *s);        /* the ledger has been opened */
void stored_forget(struct stored *s);     /* what is loaded, as if the store were empty */
int stored_begin_folds(struct stored *s); /* hours and days */
int stored_begin_empty(struct stored *s);
int stored_open(struct stored *s); /* the ledger; nothing else changes */

/* disk.c: while the disk does not let us write. */
bool disk_is_trouble(int r);     /* something that may pass, so that it is waited for */
int disk_open(struct stored *s); /* for writing, or else for looking */
void disk_close(struct stored *s);
int disk_ready(
        struct stored *s); /* before a commit: there is a ledger, opened anew where that may help; or why not */
void disk_failed(struct stored *s, int r);
int disk_note(struct stored *s, int r); /* r of whoever read the file; gives r */
int disk_begin_anew(struct stored *s); /* reads everything from the file again */
void disk_note_file(struct stored *s); /* to know it again */
/* Why the records cannot be read, or what is open and owed is not known; 0 = all is there. */
static inline int disk_trouble(const struct stored *s)
{
	if (s->ledger && s->loaded)
		return 0;
	/* -ENOSPC would be a list of ours that is full. */
	return !s->error ? -EIO : s->error == -ENOSPC ? -EDQUOT : s->error;
}
void disk_well(struct stored *s); /* a commit has succeeded */

/* intake.c: one Append. */
struct append {
	const char *bus;
	uint8_t boot[HJ_ID_BYTES];
	uint64_t first;
	int64_t upto_ms;
	bool has_ahead;          /* otherwise the times are by the clock as it is */
	int64_t ahead_ms;        /* by which clock they are: hj_clock_ahead() */
	struct hj_point *points; /* number is filled in */
	size_t point_count;
	struct hj_sample *samples; /* point: index into points on the way in, number on the way out */
	size_t sample_count;
};
/* *ret_next: the number expected next. -ENOSPC: too many buses; -EDQUOT: the disk is in trouble and the
 * queue full; -ENOMEM. On an error of a later sample those before it stay taken: *ret_next is then written, too. */
int intake_append(struct stored *s, struct append *a, uint64_t *ret_next);

/* dictionary.c */
int dictionary_load(struct stored *s);
int dictionary_load_late(struct stored *s);                       /* more of it has come back */
int dictionary_number(struct stored *s, struct hj_point *p);      /* fills p->number in. -ENOSPC, -ENOMEM */
int dictionary_put(struct stored *s);                             /* what has changed, into the transaction */
size_t dictionary_index(const struct stored *s, uint32_t number); /* position; points.count for an unknown one */
/* dictionary_room.c: where as many points are known as may be, those go that nobody needs. -ENOSPC: none can. */
int dictionary_make_room(struct stored *s);
int dictionary_put_left(struct stored *s); /* that they are gone, into the transaction */

/* window.c */
int window_load(struct stored *s); /* the folds, from the ledger's minutes */
void window_process(struct stored *s);
void window_forget(struct stored *s, int64_t now_ms); /* what is void is taken out of the folds */
int window_timers(struct stored *s);

/* commit.c */
int commit_timers(struct stored *s);
/* Copies the body. With `done`, the record is withdrawn when its commit fails. -ENOMEM, -ENOSPC (the queue is
 * full). */
int commit_queue(struct stored *s, enum hj_kind kind, int64_t label_ms, uint32_t length_ms, const void *body,
        size_t n, stored_done_fn done, void *waiter);
/* value NULL: forget. key NULL: only wait. -ENOSPC. */
int commit_stage(struct stored *s, const char *key, const char *value, stored_done_fn done, void *waiter);
void commit_request(struct stored *s, hj_usec within);
void commit_urgent(struct stored *s);
int commit_now(struct stored *s);
void commit_note_durable(struct stored *s); /* what the buses have on the disk now */
void commit_drop(struct stored *s, int r);  /* everybody who waits is told r; the queue is emptied */

/* owed.c */
int owed_load(struct stored *s);
struct uplink *owed_find(struct stored *s, const char *name);
int owed_get(struct stored *s, const char *name, struct uplink **ret); /* made where unknown. -EINVAL, -ENOSPC */
void owed_note_asked(struct stored *s, struct uplink *u);
bool owed_is_old(struct stored *s, struct uplink *u); /* nobody has asked for it in STORED_UPLINK_OLD_DAYS */
int owed_put(struct stored *s, uint64_t first,
        uint64_t last); /* the sets, with the new records first..last, into the transaction */
void owed_committed(struct stored *s, uint64_t first, uint64_t last);
uint64_t owed_confirm(struct stored *s, struct uplink *u, uint64_t from, uint64_t to);    /* how many were owed */
void owed_remove_missing(struct stored *s, struct uplink *u, uint64_t from, uint64_t to); /* no such records */
int owed_resend(struct stored *s, struct uplink *u, int64_t begin_ms, int64_t end_ms, unsigned kinds, uint64_t *ret);
bool owed_oldest(struct stored *s, struct uplink *u, int64_t *ret_label_ms);
#define OWED_KINDS HJ_KINDS_OWED /* what uplinks are told */

/* receipt.c */
void receipt_take(struct stored *s, struct uplink *u, const struct hj_receipt *one); /* before it is confirmed */
void receipt_leave(struct stored *s, struct uplink *u); /* it goes: what is in no record yet becomes one */

/* salvage.c */
/* Right after the ledger, before anything is loaded from it. < 0: nothing may be written to it yet. */
int salvage_open(struct stored *s);
int salvage_timers(struct stored *s);
void salvage_owe(struct stored *s, struct uplink *u);       /* it is new: what of damaged files it may owe */
bool salvage_awaits(const struct stored *s, uint64_t from); /* rows from this seq on may still come back */
void salvage_stop(struct stored *s); /* before the ledger is closed; the next opening goes on */

/* key.c */
int key_timers(struct stored *s);
int key_look(struct stored *s);               /* for a KEK that has come */
int key_opened(struct stored *s, int opened); /* so many keys, just now */
bool key_ready(const struct stored *s);       /* the file can be changed */
int key_keep_copy(struct stored *s);          /* of them, beside the file. -EAGAIN: not now */
void key_tell(struct stored *s);

/* head.c */
void head_load(struct stored *s);
void head_tell(struct stored *s); /* of now, to eventd */
int head_put(struct stored *s);   /* that it was told, into the transaction */
void head_committed(struct stored *s, int64_t now_ms);

/* verify.c */
void verify_stop(struct stored *s); /* before the ledger is closed */

/* poweron.c */
int poweron_load(struct stored *s);
void poweron_check(struct stored *s, int64_t end_ms); /* the time is known: this boot began then */
void poweron_suspect(struct stored *s);               /* the time is not known: told by the clock as it is */
bool poweron_last(const struct stored *s, int64_t *ret_ms);
int poweron_put(struct stored *s, int64_t now_ms);
void poweron_committed(struct stored *s);

/* rates.c */
void rates_load(struct stored *s);
int rates_put(struct stored *s, bool now); /* into the transaction, when it is time */
void rates_note(struct stored *s, const struct hj_now *now, bool cut);
struct flash_look {
	double written_day;        /* bytes a day, by this program; < 0: not yet known */
	int64_t written, since_ms; /* in all, since then; 0 = nothing is known */
	double years; /* that the flash lasts, as the settings have it and at that rate; < 0: not known */
	int used;     /* percent of its life, as it says itself; < 0: it does not */
};
void rates_look(struct stored *s, struct flash_look *ret);

/* age.c: the time that retention goes by */
void age_load(struct stored *s);
int64_t age_now(struct stored *s);
int age_put(struct stored *s, bool now); /* into the transaction, when it is time */
void age_committed(struct stored *s);

/* trust.c */
int trust_load(struct stored *s);
int trust_start(struct stored *s);
void trust_stop(struct stored *s);
void trust_loaded(struct stored *s);                         /* the file was read: is the clock trusted? */
void trust_heed(struct stored *s, const struct hj_now *now); /* before anything is stamped: was the clock set? */
void trust_told(struct stored *s, enum hj_trust source);     /* somebody's word that the clock is right */
void trust_accept(struct stored *s, int64_t now_ms);         /* what was recorded beyond it bars no clock */
void trust_note_label(struct stored *s, int64_t end_ms);     /* a window that ends then was recorded */
int64_t trust_newest(const struct stored *s);                /* the end of the newest of them; 0 = none */
int trust_put(struct stored *s);

/* pending.c */
int pending_load(struct stored *s);
int pending_start(struct stored *s);
void pending_stop(struct stored *s);
void pending_forget(struct stored *s);       /* what is in RAM */
bool pending_wanted(const struct stored *s); /* samples go there */
/* Samples of the Append from `skip` on; they are counted for the bus. */
int pending_take(struct stored *s, struct hj_rollup_bus *bus, const struct append *a, size_t skip, size_t *ret_taken);
void pending_hold(struct stored *s);    /* the clock is not trusted any more */
void pending_release(struct stored *s); /* the time is known */
void pending_run(struct stored *s);     /* a slice of what that means */
int pending_flush(struct stored *s);    /* before a commit: all of it in records */
int pending_put(struct stored *s);
void pending_committed(struct stored *s);
uint64_t pending_waiting(const struct stored *s); /* samples of this boot */

/* void.c */
int void_load(struct stored *s);
int void_find(struct stored *s); /* those that only a record tells of: it came back from a damaged file */
int void_put(struct stored *s);
void void_committed(struct stored *s); /* while what was committed is still in the queue */
bool void_covers(const struct stored *s, const struct hj_head *head);
int void_count(struct stored *s, int64_t now_ms, uint64_t *ret);  /* records of a later label that are not void */
int void_future(struct stored *s, int64_t now_ms, uint64_t *ret); /* voids them. -ENOSPC: too often */

/* retention.c */
bool retention_run(struct stored *s);                /* takes one slice; true when there may be more */
void retention_make_room(struct stored *s);          /* the disk is full: chooses a slice for the next commit */
void retention_reserve(struct stored *s, bool keep); /* the room a cut needs */
int retention_timers(struct stored *s);
int retention_put(struct stored *s, int64_t now_ms); /* the chosen cut and its record, into the transaction */
void retention_committed(struct stored *s);
void retention_tell(struct stored *s, bool now);
double retention_days_of_room(struct stored *s); /* < 0: unknown */

/* backup.c: is this file a backup that was put back? Then it is told, once. */
void backup_load_restored(struct stored *s);
void backup_go_on(struct stored *s, int64_t now_ms); /* by a clock that is trusted */
/* A window that was open when the backup was made, and over before this box went on with it: the box of before may
 * have told it, with all that this one does not have. */
bool backup_may_be_told(const struct stored *s, const struct hj_head *head);

/* ---- the sockets ---- */
extern const struct hj_ipc_interface stored_interface;
void stored_refused(enum hj_right right, const char *why, void *userdata);

/* api_stream.c */
void stream_samples(struct stored *s, const struct hj_sample *samples, size_t count); /* point = number */
void stream_durable(struct stored *s);
bool stream_hears(const struct stored *s, const char *bus); /* does its meterd listen for Durable? */
void stream_hang_up(struct stored *s);                      /* who listens has to begin anew */
void stream_points_moved(struct stored *s);
void stream_point_gone(struct stored *s, size_t index); /* those behind it move down */
void stream_free(struct stored *s);
/* api_read.c */
void read_committed(struct stored *s);
void read_owed_again(struct stored *s, const struct uplink *u);
void read_trust_changed(struct stored *s);
bool read_goes_on(const struct stored *s, const struct uplink *u); /* somebody reads it now */
void read_hang_up(struct stored *s);
void read_points_moved(struct stored *s);
void read_point_gone(struct stored *s, size_t index);
void read_free(struct stored *s);
/* api_tell.c: to eventd */
void tell_program(struct stored *s, bool start);
void tell_disk(struct stored *s, int error); /* 0: it is well again */
void tell_damaged(struct stored *s, const char *path);
void tell_head(struct stored *s, const char *head);
void tell_salvaged(struct stored *s, const struct hj_salvage_look *look);
void tell_trust(struct stored *s, bool is_trusted);
void tell_accepted(struct stored *s, const char *by, int64_t now_ms, uint64_t records);
void tell_late(struct stored *s, const char *bus, uint64_t count);
void tell_joined(struct stored *s, const char *uplink, uint64_t count);
void tell_resend(struct stored *s, const char *uplink, const char *by, const int64_t span[2], uint64_t records);
void tell_cut(struct stored *s, const struct cut_span *span);
void tell_unsent(struct stored *s, const char *uplink, const struct cut_span *span);
void tell_reset(struct stored *s, const struct hj_fallen *f);
void tell_swap(struct stored *s, const char *point, const char *by, double old, double new); /* NaN: not known */
void tell_key_missing(struct stored *s, size_t locked);                                      /* 0: all are here */
void tell_key_opened(struct stored *s, int keys);
void tell_key_refused(struct stored *s, const char *path);
void tell_key(struct stored *s, const char *code, const char *by, int keys); /* keys < 0: says nothing of how many */
void tell_maintain(struct stored *s, const struct maintained *m, enum hj_phase phase, int64_t time_ms);
void tell_power(struct stored *s, int64_t begin_ms, int64_t end_ms);
void exports_tell(struct stored *s); /* api_export.c: those that were not told one by one, as one; none: nothing */
