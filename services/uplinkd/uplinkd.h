/* One uplinkd: one platform, one MN there, and the way of records and values to it. */
#pragma once

#include <systemd/sd-event.h>

#include "device.h"
#include "feed.h"
#include "frames.h"
#include "kicked.h"
#include "lanes.h"
#include "limits.h"
#include "link.h"

#include "hjgate/charset.h"
#include "hjgate/conf.h"
#include "hjgate/hj212_phrase.h"
#include "hjgate/hj212_session.h"
#include "hjgate/ipc_pull.h"
#include "hjgate/ipc_server.h"
#include "hjgate/service.h"
#include "hjgate/wall_timer.h"

struct hj_report;

/* An upload under way: the packets of one job, one after the other. */
struct flight {
	bool busy;
	enum lane lane;
	struct job job;
	struct hj212_phrase_cut *cut;
	size_t cp_max;           /* it is cut for */
	unsigned offered, acked; /* packets; where the window is above 1 acknowledgements come in any order */
	uint8_t acked_bits[HJ212_PHRASE_PIECES / 8];
	bool begun;                /* a packet of it has been sent on this connection */
	uint32_t id;               /* grows; upper part of its packets' tokens */
	struct hj_receipt receipt; /* of those acknowledged so far */
	hj_usec began, offered_at;
};

/* As many as the window lets be under way, and one that waits for room. */
struct flights {
	struct flight *list;
	unsigned size;
	uint32_t newest_id;
	hj_usec done_at; /* mono: the newest record was acknowledged */
};

/* What eventd was told of the link, so that it is told once (peer_event.c, peer_link.c). */
struct told {
	char address[64];    /* the one reached last */
	bool tls_good;       /* TLS has worked since the newest trouble of it, and that is told */
	enum tls_reason tls; /* the trouble told last; TLS_OTHER: none */
	struct told_ending {
		int64_t end_ms;
		unsigned steps;
	} theirs, ours; /* certificates that end soon */
	sd_event_source *timer;
};

/* Records that a lost link cut between their packets. */
#define RESUMES HJ212_WINDOW_MAX
struct resumes {
	struct resume {
		uint64_t seq, hash;
		unsigned acked; /* packets, from the first on */
		struct hj_receipt receipt;
	} list[RESUMES];
	unsigned next; /* to be written over */
};

/* Who is at the other end, and what eventd was told of that (peer_suspect.c). */
struct suspect {
	struct kicked kicked;
	enum suspect_told { SUSPECT_UNSAID, SUSPECT_TOLD, SUSPECT_GONE } kicked_told, web_told, pw_told;
	hj_usec up_at, ack_at, heard_at; /* mono, of this connection; 0 = not yet */
	unsigned failures;               /* since the newest connection was made */
	bool at_once;                    /* this one was made at the first try */
	sd_event_source *timer;
};

/* Who says what time it is (peer_clock.c). */
struct clock {
	bool ours;                    /* hjgate.conf names this uplink */
	bool mute_told;               /* that its edition cannot ask */
	struct hj_ipc_client *client; /* to clockd, while it is asked; NULL */
	struct hj212_request request;
	hj_usec said_at, set_at, asked_at; /* mono; set_at, asked_at: 0 = not in this run */
	hj_usec step_at;                   /* mono: when it is, or was, to be asked in doubt; 0 = never */
	int64_t ahead_ms;                  /* the wall clock, of BOOTTIME */
	sd_event_source *timer, *watch;
};

struct uplinkd {
	sd_event *event;
	char root[HJ_PATH_MAX], name[HJ_NAME_MAX + 1];
	struct hj_conf_uplink conf;
	int64_t minute_ms, hour_ms, day_ms, retention_ms;
	unsigned normal_part; /* %, of the site */
	struct hj212_phrase_map map;
	struct hj212_phrase_unfit unfit;
	uint64_t unfit_told;        /* so many of them have been told, */
	hj_usec unfit_told_at;      /* mono; 0 = never */
	struct hj_charset *charset; /* of texts; NULL = UTF-8 */
	struct hj_conf_form form;   /* who we are there now */
	bool moved;                 /* that of after the move */
	struct hj_wall_timer move_timer;
	struct hj212_identity identity;
	struct hj212_settings configured; /* what stands in the files, before a platform changed it */
	struct hj212_session *session;    /* NULL until the store has told what was changed */
	struct link *link;
	struct feed *feed;
	struct devices devices;
	struct hj_report *report;
	struct frames frames;
	struct hj_ipc_pulls frame_pulls; /* who follows them: api_frames.c */
	struct lanes lanes;
	struct flights flights;
	struct resumes resumes;

	bool adhoc;  /* for one command: looks at the store, takes nothing from it and tells nobody */
	bool paused; /* adhoc: but for a test */
	bool pumping, pump_again;
	bool realtime_asked;           /* by a CN 2011 that is not yet committed */
	hj_usec realtime_at;           /* when the next real-time data is due, mono */
	struct hj212_request waiting;  /* for the commit under way; id 0 = none */
	bool settle_wanted;            /* a password has proved right while a commit was under way */
	struct hj_ipc_call *resetting; /* referenced; who waits for it */
	struct preview *preview;       /* that is being made; NULL */
	struct test *test;             /* likewise */

	/* for people */
	int64_t since_ms; /* of the present state */
	char error[128];  /* why there is no connection; "" = there is one */
	enum {
		TOLD_NOTHING,
		TOLD_LOST,
		TOLD_BACK
	} link_told;          /* to eventd; one before us may have left link-lost open */
	uint64_t dead_token;  /* of what the last connection died for; 0 = something else */
	bool own_unanswered;  /* it died for a login or a heartbeat */
	bool unanswered;      /* the last connection died without an answer */
	hj_usec refused_told; /* mono: the newest password-refused */
	struct told told;
	struct suspect suspect;
	struct clock clock;
	uint64_t connects, acknowledged;
	int64_t last_ack_ms;
	hj_usec per_record; /* from one record's acknowledgement to the next, smoothed; 0 = not known */
	double record_frames, record_bytes; /* of the backlog's records, smoothed; 0 = not known */
	struct limits limits;
	struct growth growth;

	sd_event_source *timer;
	hj_usec timer_at; /* mono: it fires then, HJ_USEC_NEVER where it is off */
};

/* Takes *conf over (it is empty afterwards, also when this fails). `all` is only read. */
int uplinkd_new(sd_event *event, const char *root, struct hj_conf_uplink *conf, const struct hj_conf *all, bool adhoc,
        struct uplinkd **ret);
void uplinkd_free(struct uplinkd *u);
HJ_DEFINE_CLEANUP(struct uplinkd *, uplinkd_free)

/* ---- uplinkd.c ---- */
/* Whatever has happened: takes outcomes, chooses, sends, writes, sets the timer. Safe to call from anywhere. */
void uplinkd_watch(struct uplinkd *u); /* the newest values: for as long as anybody wants them */
void uplinkd_pump(struct uplinkd *u);
/* feed.c: the store has told the settings: the session can begin. */
int uplinkd_settings_known(struct uplinkd *u, const struct hj212_settings *settings, const struct hj212_qn *qn);
bool uplinkd_is_up(const struct uplinkd *u);
void uplinkd_pause(struct uplinkd *u, bool pause);
bool uplinkd_wants_realtime(const struct uplinkd *u);
void uplinkd_unlink(struct uplinkd *u); /* no connection, and nothing under way, until link_start() */

/* ---- sending.c ---- */
bool sending_turn(struct uplinkd *u, struct hj_now now); /* true: an upload has begun, and another may */
void sending_look(struct uplinkd *u, struct hj_now now); /* tells what a person should know of the backlog */
void sending_acked(struct uplinkd *u, const struct hj212_outcome *o, struct hj_now now);
hj_usec sending_deadline(const struct uplinkd *u);
hj_usec sending_jitter(const char *mn, int64_t jitter_s); /* this MN's own delay */

/* ---- sending_flight.c: what is under way ---- */
int flights_new(struct flights *f, unsigned window);
void flights_done(struct flights *f);
void flights_clear(struct flights *f); /* the link is gone: all of it is the store's again */
/* A place for one more, not yet busy; NULL: none is free. */
struct flight *flights_place(struct flights *f);
/* Cuts the job that stands in it. -EMSGSIZE: it does not fit into packets; -ENOMEM. */
int flight_begin(struct flights *all, struct flight *f, size_t cp_max, hj_usec now);
/* The same where packets are smaller now: from its first packet on, as another flight. -EMSGSIZE; -ENOMEM. */
int flight_cut_anew(struct flights *all, struct flight *f, size_t cp_max);
void flight_clear(struct flight *f);
bool flight_acked(struct flight *f, unsigned packet); /* false: it was before */
uint64_t flight_token(const struct flight *f, unsigned packet);
struct flight *flights_find(const struct flights *f, uint64_t token, unsigned *ret_packet);
struct flight *flights_oldest(const struct flights *f); /* of those with a packet sent; NULL */
bool flights_has(const struct flights *f, uint64_t seq);
bool flights_has_lane(const struct flights *f, enum lane lane);
uint64_t flights_records(const struct flights *f); /* of the store */

/* ---- sending_resume.c ---- */
void resumes_remember(struct resumes *r, const struct flights *all, const char *mn); /* the link is gone */
bool resumes_take(struct resumes *r, struct flight *f, const char *mn); /* true: its first packets are acknowledged */

/* ---- move.c: to another edition on a day ---- */
int move_new(struct uplinkd *u); /* who we are there at the start */
void move_free(struct uplinkd *u);
void move_turn(struct uplinkd *u, struct hj_now now);
void move_mark(struct uplinkd *u, const char *mark); /* what the store had of it; NULL: nothing */

/* ---- platform.c ---- */
extern const struct link_events platform_link_events;
void platform_outcomes(struct uplinkd *u, struct hj_now now);
/* feed_setting.c: a change is on the disk, or is not (HJ212_EXE_SYSTEM) */
void platform_committed(struct uplinkd *u, unsigned id, int exe_rtn);
/* What they begin and end begins and ends now. */
void platform_settings_changed(struct uplinkd *u, const struct hj212_settings *before);
void platform_history_done(struct uplinkd *u, unsigned id, unsigned records, int exe_rtn); /* feed_history.c */

/* ---- peer_event.c: what a person should know ---- */
#define EVENT_KEY_LEN 64
void event_key(const struct uplinkd *u, char ret[EVENT_KEY_LEN]);
int event_new(struct uplinkd *u);
void event_free(struct uplinkd *u);
void event_link_lost(struct uplinkd *u, const char *error);
void event_link_back(struct uplinkd *u);
void event_paused(struct uplinkd *u, const char *by); /* NULL: it is over */
void event_edition(struct uplinkd *u, int before, int after);
void event_setting(struct uplinkd *u, const char *name, const char *before, const char *after, const char *by);
void event_budget_spent(struct uplinkd *u, int64_t waiting);
void event_backlog(struct uplinkd *u, bool grows, int64_t waiting);
void event_unfit(struct uplinkd *u, hj_usec now); /* a value that is longer than its factor's type has gone out */
bool event_password_refused(struct uplinkd *u, hj_usec now); /* true: told, and to be logged */
bool event_bad_input(struct uplinkd *u, const char *text);   /* true: the first of its minute, to be logged */

/* ---- peer_link.c: likewise, of names, addresses and certificates ---- */
void event_address(struct uplinkd *u); /* connected: is it another address than before? */
void event_lookup(struct uplinkd *u, const char *host, const char *error, bool known);
void event_tls(struct uplinkd *u, const char *host, const struct tls_trouble *trouble);
void event_tls_good(struct uplinkd *u);     /* the platform has said something, so TLS works both ways */
void event_certificates(struct uplinkd *u); /* connected: do they end soon? */
void event_link_free(struct uplinkd *u);

/* ---- api_preview.c ---- */
int api_preview(struct hj_ipc_call *call, json_t *parameters, void *userdata);
void preview_free(struct uplinkd *u);

/* ---- api_test.c: each does nothing while there is no test ---- */
int api_test(struct hj_ipc_call *call, json_t *parameters, void *userdata);
void trial_free(struct uplinkd *u);
void trial_up(struct uplinkd *u);
void trial_down(struct uplinkd *u, const char *why);
void trial_verdict(struct uplinkd *u, const char *verdict, const char *text); /* either may be NULL */
void trial_frame(struct uplinkd *u, bool out, const char *frame, size_t n);
void trial_fate(struct uplinkd *u, enum hj212_fate fate, const char *qn, int code);
bool trial_wants(const struct uplinkd *u, struct hj_now now);
int trial_take(struct uplinkd *u, uint32_t flight, struct hj_now now, struct hj_buf *to);
void trial_acked(struct uplinkd *u, uint32_t flight, bool unanswered);

/* ---- api_reset.c ---- */
int api_reset(struct hj_ipc_call *call, json_t *parameters, void *userdata);

/* ---- peer_suspect.c: likewise, of who is at the other end ---- */
void suspect_up(struct uplinkd *u);
void suspect_down(struct uplinkd *u);
bool suspect_input(struct uplinkd *u, const void *data, size_t n); /* true: no platform; the link has been dropped */
bool suspect_password(struct uplinkd *u); /* ours is refused; true: told just now, and to be logged */
void suspect_acked(struct uplinkd *u);
void suspect_done(struct uplinkd *u);

/* ---- peer_clock.c: the platform says what time it is ---- */
int clock_new(struct uplinkd *u, const char *clock_uplink);
void clock_free(struct uplinkd *u);
void clock_up(struct uplinkd *u);                                   /* connected */
void clock_heard(struct uplinkd *u, const struct hj212_request *q); /* a request: its QN is the platform's time */
int clock_set(struct uplinkd *u, const struct hj212_request *q);    /* CN 1012; answers it, now or later */

extern const struct hj_ipc_interface uplinkd_interface; /* api.c */

/* ---- api_frames.c ---- */
int api_frames(struct hj_ipc_call *call, json_t *parameters, void *userdata);
json_t *api_frame_text(const struct hj_ipc_call *call, const char *text); /* masked, but for the change socket */
