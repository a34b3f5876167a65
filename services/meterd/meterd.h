/* One meterd: one bus, its meters, and the way of their samples to stored. */
#pragma once

#include <systemd/sd-event.h>

#include "bus.h"
#include "change.h"
#include "figures.h"
#include "frames.h"
#include "loan.h"
#include "mute.h"
#include "outbox.h"
#include "peer.h"
#include "api_sample.h"
#include "snapshots.h"
#include "sniff.h"
#include "texts.h"

#include "hjgate/ipc_pull.h"
#include "hjgate/ipc_server.h"
#include "hjgate/meter_plan.h"
#include "hjgate/meter_schedule.h"
#include "hjgate/meter_timeout.h"
#include "hjgate/report.h"
#include "hjgate/wall_timer.h"

enum meter_state { METER_UNKNOWN, METER_OK, METER_LOST };

#define METER_LOST_FAILURES 3                      /* in a row */
#define METER_LOST_AFTER    (10 * HJ_USEC_PER_SEC) /* asked all the time without an answer */

struct meter {
	const struct hj_conf_meter *conf;
	enum meter_state state;
	unsigned failures;     /* in a row */
	hj_usec failing_since; /* 0: the newest question was answered */
	struct exchanges exchanges;
	struct hj_figures figures;
	struct hj_timeout timeout;
	int64_t last_answer_ms; /* 0: none yet */
	char last_error[96];
	int64_t answer_ms; /* how long the newest answer took; -1: none yet */
};

/* A question of the bus's own, and how often it was asked. */
struct asking {
	size_t request;
	enum hj_turn turn;
	bool on_grid;
	hj_usec due, cost; /* cost: of a try, what it may cost */
	unsigned tries;
};

struct meterd {
	sd_event *event;
	struct hj_conf_bus conf;
	int64_t window_ms;                 /* the base window */
	char place[HJ_CONF_TEXT_MAX + 32]; /* where the bus is, for people: its device, or host and port */
	struct bus *bus;
	char port_error[96]; /* "": the port is open */
	hj_usec reopen_at, reopen_pause;
	bool port_proven; /* since it was opened, something went out through it */

	struct meter *meters; /* as in conf */
	const struct hj_conf_point **points;
	struct hj_want *wants; /* as points */
	double *held;          /* as points: what was passed on last, for dead bands; NULL: there are none */
	size_t point_count;    /* of all meters; a sample's point is an index into both */
	struct hj_splits splits;
	struct hj_plan plan;
	struct hj_schedule schedule;
	struct hj_quarantine quarantine; /* of the meters */
	struct hj_bus_cost cost;
	uint32_t *request_took; /* ms, at its newest turn */
	uint8_t *request_tries; /* that failed, of the question that is to be asked once more */
	struct mute *mutes;     /* of each request */

	struct pushed *pushed;   /* NULL: this bus never speaks by itself */
	struct publish *publish; /* NULL: nobody looks values up here */
	struct changes changes;
	struct texts texts;
	struct outbox outbox;
	struct peer *peer;
	struct hj_report *report;
	struct frames frames;
	struct hj_ipc_pulls frame_pulls; /* who follows them: api_frames.c */
	struct snapshots snapshots;
	struct meter *asked_before; /* the meter of the newest exchange; NULL: none, or a tool asked it */
	char figures_path[HJ_PATH_MAX];
	int64_t figures_kept_ms;
	bool figures_failed;
	uint64_t requests, errors; /* its own; what tools ask is not counted */
	uint64_t junk_bytes, lost_told;
	bool outbox_full, started;
	sd_event_source *turn_timer;
	struct hj_wall_timer window_timer;

	struct sampling sampling;      /* what is asked at once */
	struct loan *loans;            /* who waits for the bus: loan.c */
	struct hj_question lent_asked; /* the newest question of theirs; its data are gone */
	bool lent;                     /* the turn before was somebody's loan */
	hj_usec poll_at;               /* when its own next turn is wanted */
	hj_usec held_until;            /* poll_free_at(): until then it is waited for a quiet line; 0: it was free */
	bool adhoc;                    /* adhoc.c; the two below are only then */
	const char *root;
	struct sniff *sniff;
	struct hj_ipc_call *sniffer; /* referenced */
};

/* Takes the configuration over (*conf is empty afterwards, also when this fails). */
int meterd_new(sd_event *event, const char *root, struct hj_conf_bus *conf, int64_t window_ms, struct meterd **ret);
void meterd_free(struct meterd *m);
HJ_DEFINE_CLEANUP(struct meterd *, meterd_free)

/* requests.c: what is asked and when. */
int requests_new(struct meterd *m);
void requests_free(struct meterd *m);
/* Where it asks: "holding 100, count 4", or "data 0x02010100". */
#define REQUESTS_PLACE_MAX 40
const char *requests_place(const struct hj_request *q, char to[REQUESTS_PLACE_MAX]);
/* What this request's answer teaches about its registers. True: the plan is a new one, and no request's index means
 * what it did. Refused because of them is one by exception 2 or 3, or by a silence that means that (mute.c). */
bool requests_refused(struct meterd *m, size_t request, bool silent);
bool requests_answered(struct meterd *m, size_t request);
/* A base window begins: what was learned long ago is forgotten, and the due times follow the wall clock. */
void requests_window(struct meterd *m);

/* samples.c: what is passed on. */
int samples_new(struct meterd *m); /* after requests_new() */
void samples_free(struct meterd *m);
void samples_add(struct meterd *m, const struct hj_request *q, const struct hj_answer *a, int64_t time_ms);
/* Only of those points that changed. */
void samples_look(struct meterd *m, const struct hj_request *q, const struct hj_answer *a, int64_t time_ms);
/* The request's points have no value: no answer (flag B), or a refusal (D). */
void samples_none(struct meterd *m, const struct hj_request *q, int64_t time_ms, enum hj_flag flag);
void samples_miss(struct meterd *m, size_t point, int64_t time_ms, enum hj_flag flag); /* one point has none */
/* One value, asked for or pushed: hj_codec_bytes() of it as they came; NULL: there were too few. */
void samples_take(struct meterd *m, size_t point, const uint8_t *bytes, int64_t time_ms);

/* poll.c: one turn of the bus, at most one transaction; says when the next one is wanted. */
hj_usec poll_turn(struct meterd *m);
/* A port that is closed is opened, where that may be tried again. */
void poll_open(struct meterd *m, hj_usec now);
/* When the bus may be asked. Who speaks without a pause moves the time on for ever at which it is free: after a while
 * it is asked all the same, and the question fails because the line does not become quiet. */
hj_usec poll_free_at(struct meterd *m, hj_usec now);
hj_usec poll_waits_until(const struct meterd *m); /* the same, as it was found this turn or is after a question */
/* One transaction with all that is counted about it; the bus must be free. Of one that is lent to a tool nothing is:
 * who asks units that are not there, to find out, says nothing of the bus or its meters. */
int poll_ask(struct meterd *m, const struct hj_question *q, hj_usec timeout, bool lent, struct bus_answer *ret);

/* pushed.c: what a bus hands over without being asked. */
int pushed_new(struct meterd *m); /* before the bus is opened */
void pushed_free(struct meterd *m);
/* One turn of a bus that only speaks by itself: its port, and who has been silent too long. */
hj_usec pushed_turn(struct meterd *m, const struct hj_now *now);

/* peer_publish.c: the newest values of all points, for those who look them up here. */
int publish_new(struct meterd *m, const char *root);
void publish_free(struct publish *p);

/* health.c: what became of it, for status and events. */
void health_answered(struct meterd *m, struct meter *meter, const struct hj_now *now, int64_t took_ms);
void health_failed(struct meterd *m, struct meter *meter, const struct hj_now *now, const char *why);
void health_silent(struct meterd *m, struct meter *meter, const char *why); /* it ought to report by itself */
void health_port(struct meterd *m, int error);                              /* 0: it is open */
void health_broken(struct meterd *m, uint64_t frames, uint64_t bytes);      /* more of it has come since the last */
void health_junk(struct meterd *m, const struct bus_answer *a, int result);
void health_outbox(struct meterd *m);
void health_refused(enum hj_right right, const char *why, void *userdata); /* a message on a local socket */
void health_program(struct meterd *m, const char *code);                   /* program-start, program-stop */
const char *meter_state_name(enum meter_state state);

extern const struct hj_ipc_interface meterd_interface; /* api.c */
