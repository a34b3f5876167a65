/* From samples to states: one struct, made and freed by main(). What is thought is src/judge's; here is where samples
 * come from (feed), where conclusions go (outbox), and what outlives a restart (keep). */
#pragma once

#include <systemd/sd-event.h>

#include "hjgate/conf.h"
#include "hjgate/equipment.h"
#include "hjgate/ipc_server.h"
#include "hjgate/judge_history.h"
#include "hjgate/now.h"
#include "hjgate/service.h"

#define JUDGED_LAG_MS  1500             /* behind the clock: a sample may be on its way for so long */
#define JUDGED_KEEP_MS (10 * 60 * 1000) /* between two states that are kept although nothing was concluded */
#define JUDGED_TOLD_NO (-1)

/* SBxxx-RS of HJ 212-2017, table 4. */
enum judged_rs { JUDGED_RS_OFF = 0, JUDGED_RS_RUNS = 1, JUDGED_RS_MAINTAINED = 3, JUDGED_RS_ALARM = 4 };

struct feed;
struct outbox;
struct hours;
struct key;

struct judged {
	sd_event *event;
	const char *root;
	struct hj_conf_site site;
	struct hj_judge *judge;
	struct hj_judge_map map;
	struct feed *feed;
	struct outbox *outbox;
	struct key *keys;                    /* of the events of what lasts */
	struct hours *hours;                 /* of the day that has just ended; NULL: none */
	int8_t told[HJ_JUDGE_EQUIPMENT_MAX]; /* enum judged_rs, as the platforms were told; JUDGED_TOLD_NO */
	bool concluded;                      /* since what is kept was kept */
	bool live;                           /* samples come, and time passes */
	int64_t kept_ms;                     /* of judge's time */
	int64_t dated_ms; /* newest time that stored gave: up to it times are right, whatever the clock is */
	sd_event_source *timer, *keep_timer, *clock;
	int64_t clock_ahead_ms;
	char path[HJ_PATH_MAX];  /* of what is kept */
	char spare[HJ_PATH_MAX]; /* in /run: where that cannot be written */
	bool spared;             /* there is one */
	uint64_t serial;         /* of what was kept last */
};

/* Takes the site over. */
int judged_new(sd_event *event, const char *root, const struct hj_conf_main *conf, struct hj_conf_site *site,
        struct judged **ret);
void judged_free(struct judged *d);
HJ_DEFINE_CLEANUP(struct judged *, judged_free)

/* After judge has been told something: says what follows of it, keeps it, and waits for what is next. */
void judged_settle(struct judged *d);
void judged_live(struct judged *d, bool live);

/* peer_tell.c: conclusions as events and records. */
void judged_tell(void *judged, const struct hj_conclusion *c); /* hj_judge_tell */
void judged_tell_states(struct judged *d);                     /* where they are others than the platforms know */
void judged_tell_hours(struct judged *d);
struct json_t *judged_proofs(const struct judged *d, const struct hj_conclusion *c);
void judged_number_to(struct json_t *values, const char *name, double value); /* nothing where it is NAN */
/* Under which key an event has begun, it ends: [number, key, code]. */
struct json_t *judged_keys_save(const struct judged *d);
void judged_keys_load(struct judged *d, const struct json_t *list);
void judged_keys_free(struct judged *d);
int judged_rs(const struct judged *d, size_t equipment); /* enum judged_rs, or JUDGED_TOLD_NO: nothing is known */

/* peer_keep.c: what outlives a restart. */
int keep_load(struct judged *d); /* 0: nothing was kept, 1: it is as it was */
void keep_save(struct judged *d);
/* The same as JSON. Decoding goes into one just made. NULL, -EBADMSG, -ENOMEM. */
struct json_t *keep_encode(const struct judged *d);
int keep_decode(struct judged *d, const struct json_t *j);

/* api.c */
extern const struct hj_ipc_interface judged_interface;
