/* Telling people: one struct, made and freed by main(). What comes in (api.c) is heard or hushed (quiet), chosen
 * (choose), kept (outbox) and told (channel, by message and http). */
#pragma once

#include <systemd/sd-event.h>

#include "alert.h"
#include "bucket.h"
#include "hjgate/buf.h"
#include "hjgate/cleanup.h"
#include "hjgate/report.h"
#include "hjgate/service.h"
#include "http.h"
#include "quiet.h"

#define OWED_MAX 2000 /* alerts that wait; one more and the oldest is given up for those who have not got it */
#define SEEN_MAX 256  /* (id, phase) of the newest that came, so that one that comes twice is known */
#define IDLE_MS  10000

struct alertd;
struct asking; /* eventd, what is still open */
struct channel {
	struct alertd *a;
	const struct hj_conf_channel *conf;
	unsigned bit;
	struct bucket bucket;
	hj_usec wait_until; /* 0 = nothing is waited for */
	bool silent;        /* since there was too much: that outlives a restart */
	unsigned fails;     /* in a row */
	size_t one_by_one;  /* so many more messages of one alert: a digest was refused */
	struct http_request *request;
	bool told_failing, wrong, over_said; /* over_said: since our start nothing can be open of it any more */
	char error[VERDICT_TEXT_MAX];        /* "" = the last message was told */
	uint64_t told, messages, lost;
	int64_t last_ms; /* when somebody was last told; 0 = not since our start */
};

struct seen {
	int64_t id;
	enum alert_phase phase;
};

struct alertd {
	sd_event *event;
	const char *root;
	struct hj_conf_alerts conf;
	bool conf_bad; /* nobody can be told: what comes is not taken */
	struct http *http;
	struct hj_report *report;
	struct asking *asking;
	struct channel channels[HJ_ALERT_CHANNELS_MAX];
	size_t channel_count;
	struct quiet quiet;

	struct alert **owed; /* oldest first */
	size_t owed_count, owed_size;
	uint64_t numbers; /* given so far */
	struct seen seen[SEEN_MAX];
	size_t seen_next;

	char path[HJ_PATH_MAX];
	int fd;       /* of the outbox; -1: it could not be opened yet */
	size_t lines; /* written since it was last made anew, and those it had at our start */
	size_t bytes; /* that it has */
	bool stale;   /* it holds something that is not ours any more: it is to be made anew */

	sd_event_source *timer;
	hj_usec active; /* when something was last done for somebody */
	unsigned tests; /* under way */
};

int alertd_new(struct hj_service *s, struct alertd **ret);
void alertd_free(struct alertd *a);
HJ_DEFINE_CLEANUP(struct alertd *, alertd_free)

/* alertd.c */
void alertd_turn(struct alertd *a); /* soon: everything that can be done now is, and the rest waited for */
/* What became of an event that came. Steals it. */
enum taken { TAKEN, TAKEN_BEFORE, TAKEN_UNWANTED, TAKEN_NOT }; /* not: not on the disk; offer it again */
enum taken alertd_take(struct alertd *a, struct alert *alert);
/* This channel has it, or never will. */
void alertd_done(struct alertd *a, struct alert *alert, const struct channel *c);

/* outbox.c: what is owed, on the disk */
void outbox_read(struct alertd *a, const char *text, size_t n); /* lines; those that are none are left out */
int outbox_open(struct alertd *a); /* reads what is there; -errno: it cannot be written */
/* Lines that are to be written together; with sync they are on the disk when it is 0. */
int outbox_write(struct alertd *a, const struct hj_buf *lines, bool sync);
int outbox_line_seen(struct hj_buf *to, const struct seen *s);
int outbox_line_track(struct hj_buf *to, const struct track *t);
int outbox_line_owed(struct hj_buf *to, const struct alertd *a, const struct alert *alert);
void outbox_done(struct alertd *a, const struct alert *alert, const struct channel *c); /* not waited for */
void outbox_pace(struct alertd *a, const struct channel *c);                            /* likewise */
void outbox_tidy(struct alertd *a);                    /* anew, where much of it is over */
int alertd_owe(struct alertd *a, struct alert *alert); /* at the end of the list; -ENOMEM */

/* channel.c */
void channel_init(struct alertd *a, const struct hj_conf_channel *conf, unsigned bit);
hj_usec channel_turn(struct channel *c, hj_usec now); /* when it is to be called again; HJ_USEC_NEVER */
void channel_stop(struct channel *c);
size_t channel_waiting(const struct channel *c, int64_t *ret_oldest_ms);
/* One message of the first of these; *ret_n: how many of them it holds. < 0: it cannot be sent, *ret_why says why. */
int channel_post(struct channel *c, const struct alert *const *list, size_t n, http_fn fn, void *userdata,
        struct http_request **ret, size_t *ret_n, char ret_why[VERDICT_TEXT_MAX]);
void channel_give_up(struct channel *c, struct alert *alert, const char *why); /* loudly */

/* peer_open.c */
int asking_new(struct alertd *a, struct asking **ret);
void asking_free(struct asking *s); /* may be NULL */

/* api.c */
/* Of an address what may be shown: neither who asks nor what stands behind the host. */
const char *alertd_host_of(const char *url, char *to, size_t size);
extern const struct hj_ipc_interface alertd_interface;
