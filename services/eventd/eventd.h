/* The ledger of what a person should know: one struct, made and freed by main(). */
#pragma once

#include <systemd/sd-event.h>

#include "book.h"
#include "fold.h"
#include "offline.h"
#include "shift.h"
#include "hjgate/ipc_server.h"
#include "hjgate/ledger_salvage.h"
#include "hjgate/place.h"
#include "hjgate/service.h"

#define EVENTS_LEAST  10000                 /* kept at least */
#define EVENTS_MOST   20000                 /* cut when there are more, to the middle of both */
#define EVENTS_IN_RAM 200                   /* the newest, beside the open ones */
#define QUEUE_MAX     256                   /* rows that wait for the disk; further reports are refused and counted */
#define QUEUE_OWN     16                    /* of these, kept for what eventd itself has to say */
#define GROUP_WAIT    (20 * HJ_USEC_PER_MS) /* rows that come together are committed together */
#define RETRY_LEAST   (1 * HJ_USEC_PER_SEC)
#define RETRY_MOST    (30 * HJ_USEC_PER_SEC)

/* A row on its way to the disk, and who is told when it is there. */
struct op {
	struct row row;
	struct op *after;         /* an end whose begin waits here too: that one's seq becomes row.of */
	bool early;               /* came before the ledger could be opened: what is open was not yet known */
	uint64_t seq;             /* of the last attempt; 0 = it says nothing new, and is not written */
	bool there;               /* that attempt failed, and the row was found on the disk all the same */
	bool again;               /* what it says will be found anew: it is written no more */
	struct hj_ipc_call *call; /* NULL = nobody */
};

struct stream; /* one List being answered */

struct eventd {
	sd_event *event;
	const char *root;
	char path[HJ_PATH_MAX];
	struct hj_keyring *keyring;
	bool key_told; /* whether any are locked: */
	size_t key_locked;
	sd_event_source *key_timer;
	struct hj_ledger *ledger;  /* NULL while the disk does not let it be opened, or it is: */
	struct hj_ledger *opening; /* opened, but what a damaged one held is still being put back into it */
	struct hj_salvage *salvage;
	sd_event_source *salvage_timer;
	struct hj_place place;
	bool damaged; /* it was set aside, and that is not told yet */
	bool known;   /* the book has been read: what is open is known */
	struct book book;
	struct folds folds;
	uint8_t boot_id[HJ_ID_BYTES];

	struct op *queue[QUEUE_MAX];
	size_t queued;
	uint64_t lost, lost_told; /* refused because the queue was full; of these, how many an event tells of */
	sd_event_source *commit_timer, *fold_timer;
	hj_usec retry, retry_at; /* 0 = no trouble */
	bool told_trouble;

	uint64_t events;  /* in the ledger */
	int64_t first_ms; /* the oldest's begin; NO_END = none */

	struct store_log *store_log; /* NULL: no event is to be a log */
	struct outbox *outbox;
	struct conf_watch *conf_watch;
	struct offline offline;
	struct stream *streams;
	sd_event_source *searching; /* NULL: nobody has asked for what is not in RAM */
	size_t streams_bytes;       /* of the events that wait for all of them */
	struct hj_backup *backup;   /* NULL: none is made now */
	struct hj_verifying *verifying;
	struct {
		int64_t day, asked_day; /* of the newest head in the records; INT64_MIN = none yet */
		bool changed, asking;
	} head;

	enum hj_trust trust;  /* of the clock */
	struct shifts shifts; /* true times, of what was told without */
	struct trust_asking *trust_asking;
	sd_event_source *clock; /* NULL: it cannot be watched */
	int64_t clock_ahead_ms; /* of the wall clock before the one that only goes on */
};

int eventd_new(sd_event *event, const char *root, struct eventd **ret);
void eventd_free(struct eventd *d); /* writes what it can */
HJ_DEFINE_CLEANUP(struct eventd *, eventd_free)
void eventd_spare(void *userdata); /* of hj_service */

/* writer.c. eventd_put() takes the row over (it is empty afterwards) and keeps a reference to call, which may be
 * NULL. */
int eventd_put(struct eventd *d, struct row *row, struct hj_ipc_call *call); /* -ENOBUFS: refused and counted */
int eventd_flush(struct eventd *d); /* now; 0, or what keeps it from the disk; -EINPROGRESS: see eventd_open() */
int eventd_failed(struct eventd *d, int error); /* the disk is in trouble: tried again later; gives the error */
void eventd_drop_queue(struct eventd *d);
void eventd_finds_again(struct eventd *d, const char *code); /* our own moments that wait, unless they are on disk */
int eventd_append(struct eventd *d, const struct row *row, uint64_t *ret_seq); /* one row, not yet committed */
/* The newest begin or end of this (code, key) that still waits; NULL: none does. */
struct op *eventd_waiting(const struct eventd *d, const char *code, const char *key);

/* store.c */
/* Opens the ledger and reads the book; 0 where it is open. -EINPROGRESS: what a damaged one held comes back first,
 * and then eventd_flush() is called. */
int eventd_open(struct eventd *d);
void eventd_cut(struct eventd *d);
int eventd_read_back(struct eventd *d); /* the book, from the ledger */

/* salvage.c */
int salvage_timers(struct eventd *d);
int salvage_begin(struct eventd *d);   /* into d->opening; d->salvage stays NULL where nothing is to be put back */
int salvage_settle(struct eventd *d);  /* of d->ledger: what has come back is told, once */
void salvage_finish(struct eventd *d); /* the program ends: as much as can be done */

/* key.c */
int eventd_watch_keys(struct eventd *d);
void eventd_tell_keys(struct eventd *d);
int eventd_look_for_keys(struct eventd *d);
int eventd_keep_keys(struct eventd *d);               /* the copy of them, where it is another */
int eventd_keys_opened(struct eventd *d, int opened); /* so many, just now */
void eventd_say_key(
        struct eventd *d, const char *code, const char *by, int keys); /* keys < 0: says nothing of how many */

/* log.c: what a report becomes. The row is taken over. Answers the call, now or when it is on disk. */
int eventd_log(struct eventd *d, struct row *row, struct hj_ipc_call *call);
void eventd_write_folds(struct eventd *d, hj_usec due); /* what is due by then */
void eventd_say(
        struct eventd *d, const char *code, enum row_is is, const char *key, const char *values); /* of itself */

/* store_log.c: what platforms are told */
struct store_log;
int store_log_new(struct eventd *d, struct store_log **ret); /* *ret stays NULL where nothing is chosen */
void store_log_free(struct store_log *s);
void store_log_trusted(struct store_log *s); /* the time is known; s may be NULL */
void store_log_event(struct store_log *s, const struct event *e, const struct row *row); /* s may be NULL */

/* peer_outbox.c: what people are told. Each of these may be given NULL. */
struct outbox;
int outbox_new(struct eventd *d, struct outbox **ret);
void outbox_stop(struct outbox *o); /* nobody would hear the answer */
void outbox_free(struct outbox *o);
int outbox_load(struct outbox *o);  /* the ledger has been opened */
void outbox_pump(struct outbox *o); /* offers what is new */
bool outbox_wants_commit(const struct outbox *o);
int outbox_put(struct outbox *o); /* into the transaction */
void outbox_committed(struct outbox *o);
uint64_t outbox_waiting(const struct outbox *o);             /* rows that alertd has not taken */
uint64_t outbox_passed(const struct outbox *o);              /* of which nobody is told any more, since our start */
void outbox_carried(struct outbox *o, uint64_t before);      /* rows after this one say nothing new */
bool outbox_has_taken(const struct outbox *o, uint64_t seq); /* so that nobody needs to be told of it */

/* clock.c */
void eventd_watch_clock(struct eventd *d);
void eventd_heed_clock(struct eventd *d, const struct hj_now *now); /* it may have been set since the last time */

/* api_conf.c: who changed what in the configuration */
struct conf_watch;
int conf_watch_new(struct eventd *d, struct conf_watch **ret);
void conf_watch_free(struct conf_watch *w);                        /* may be NULL */
void conf_watch_heed(struct conf_watch *w, const struct row *row); /* this was told; w may be NULL */
/* What a file said when it was looked at last, appended: "key=value" each, with a NUL. -ENOENT: nothing is known. */
int conf_watch_lines(const struct eventd *d, const char *file, struct hj_buf *to);

/* gone.c: ends what is configured no more. True: there may be more of it. */
bool eventd_end_gone(struct eventd *d);

/* peer_trust.c */
int eventd_start_trust(struct eventd *d);
void eventd_stop_trust(struct eventd *d);
void eventd_heed_trust(struct eventd *d, const char *code); /* this was told: it may be about the clock */
int eventd_set_trust(struct eventd *d, enum hj_trust trust, const struct hj_now *now);
int eventd_correct_times(struct eventd *d, const struct hj_now *now);

struct hj_ipc_client *eventd_stored(const struct eventd *d); /* may be NULL */

/* peer_head.c */
void head_load(struct eventd *d);
int head_put(struct eventd *d); /* into the transaction */
void head_committed(struct eventd *d);

/* api_stream.c */
int eventd_list(struct eventd *d, const struct filter *f, size_t limit, bool follow, struct hj_ipc_call *call);
void eventd_changed(struct eventd *d, const struct event *e); /* committed: whoever follows is told */
void eventd_pump(struct eventd *d);                           /* writes what the streams have, as far as they read */
void eventd_end_streams(struct eventd *d);

/* api.c */
void eventd_refused(enum hj_right right, const char *why, void *userdata); /* a message that is none */
extern const struct hj_ipc_interface eventd_interface;
