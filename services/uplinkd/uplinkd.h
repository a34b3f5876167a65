/* One uplinkd: one platform, one MN there, and the way of records and values to it. */
#pragma once

#include <systemd/sd-event.h>

#include "feed.h"
#include "frames.h"
#include "lanes.h"
#include "link.h"

#include "hjgate/conf.h"
#include "hjgate/hj212_phrase.h"
#include "hjgate/hj212_session.h"
#include "hjgate/ipc_server.h"
#include "hjgate/service.h"

struct hj_report;

/* The upload under way: the packets of one job, one after the other. */
struct flight {
	bool busy;
	enum lane lane;
	struct job job;
	struct hj212_phrase_cut cut;
	uint32_t id;               /* of the flight, upper part of its packets' tokens */
	unsigned offered, acked;   /* packets */
	struct hj_receipt receipt; /* of those acknowledged so far */
	hj_usec began, offered_at;
};

struct uplinkd {
	sd_event *event;
	char root[HJ_PATH_MAX], name[HJ_NAME_MAX + 1];
	struct hj_conf_uplink conf;
	int64_t minute_ms, retention_ms;
	unsigned normal_part; /* %, of the site */
	struct hj212_phrase_map map;
	struct hj212_identity identity;
	struct hj212_settings configured; /* what stands in the files, before a platform changed it */
	struct hj212_session *session;    /* NULL until the store has told what was changed */
	struct link *link;
	struct feed *feed;
	struct hj_report *report;
	struct frames frames;
	struct lanes lanes;
	struct flight flight;

	bool paused;
	bool pumping, pump_again;
	hj_usec realtime_at;          /* when the next real-time data is due, mono */
	struct hj212_request waiting; /* for the commit under way; id 0 = none */
	bool settle_wanted;           /* a password has proved right while a commit was under way */

	/* for people */
	int64_t since_ms; /* of the present state */
	char error[128];  /* why there is no connection; "" = there is one */
	enum {
		TOLD_NOTHING,
		TOLD_LOST,
		TOLD_BACK
	} link_told;          /* to eventd; one before us may have left link-lost open */
	bool unanswered;      /* the last connection died without an answer */
	hj_usec refused_told; /* mono: the newest password-refused */
	uint64_t connects, acknowledged;
	int64_t last_ack_ms;
	hj_usec per_record; /* a record's way, smoothed; 0 = not known */
	hj_usec last_ack;   /* mono */

	sd_event_source *timer;
};

/* Takes *conf over (it is empty afterwards, also when this fails). `all` is only read. */
int uplinkd_new(sd_event *event, const char *root, struct hj_conf_uplink *conf, const struct hj_conf *all,
        struct uplinkd **ret);
void uplinkd_free(struct uplinkd *u);
HJ_DEFINE_CLEANUP(struct uplinkd *, uplinkd_free)

/* ---- uplinkd.c ---- */
/* Whatever has happened: takes outcomes, chooses, sends, writes, sets the timer. Safe to call from anywhere. */
void uplinkd_pump(struct uplinkd *u);
/* feed.c: the store has told the settings: the session can begin. */
int uplinkd_settings_known(struct uplinkd *u, const struct hj212_settings *settings, int64_t qn_used);
bool uplinkd_is_up(const struct uplinkd *u);
void uplinkd_pause(struct uplinkd *u, bool pause);
bool uplinkd_wants_realtime(const struct uplinkd *u);

/* ---- sending.c ---- */
void sending_turn(struct uplinkd *u, struct hj_now now);
void sending_acked(struct uplinkd *u, const struct hj212_outcome *o, struct hj_now now);
void sending_abort(struct uplinkd *u); /* the link is gone: all of it is the store's again */
hj_usec sending_deadline(const struct uplinkd *u);
hj_usec sending_jitter(const char *mn, int64_t jitter_s); /* this MN's own delay */

/* ---- platform.c ---- */
extern const struct link_events platform_link_events;
void platform_outcomes(struct uplinkd *u, struct hj_now now);
void platform_committed(
        struct uplinkd *u, unsigned id, bool done); /* feed_setting.c: a change is on the disk, or is not */
void platform_history_done(struct uplinkd *u, unsigned id, unsigned records, int exe_rtn); /* feed_history.c */

/* ---- peer_event.c: what a person should know ---- */
int event_new(struct uplinkd *u);
void event_free(struct uplinkd *u);
void event_link_lost(struct uplinkd *u, const char *error);
void event_link_back(struct uplinkd *u);
void event_setting(struct uplinkd *u, const char *name, const char *before, const char *after);
bool event_password_refused(struct uplinkd *u, hj_usec now); /* true: told, and to be logged */
bool event_bad_input(struct uplinkd *u, const char *text);   /* true: the first of its minute, to be logged */

extern const struct hj_ipc_interface uplinkd_interface; /* api.c */
