/* The exchange with one platform as a state machine: bytes and `now` in; bytes, outcomes and the next deadline out.
 * No clock is read, no socket touched, nothing logged, nothing allocated after _new().
 *
 * Upload: the owner offers one message after the other (up to `window` unacknowledged). A frame with the answer bit
 * is sent again, identical bytes, every OverTime seconds, ReCount times (HJ 212-2017 table 1), and is acknowledged by
 * CN 9014 with its QN; by `ack` of the identity in the order of sending, or by TCP alone. After the last resend the
 * link counts as dead: HJ212_DEAD, and the owner closes it. A login, where the platform wants one, is the first frame
 * on each connection; a heartbeat goes out in quiet times.
 *
 * Requests of the platform are checked in the standard's order (PW, MN, ST, Flag, QN, CN: QnRtn of table 7) and those
 * that only concern the session are answered here; what needs the store or the clock is handed to the owner as
 * HJ212_REQUEST and goes on when the owner answers. Any CN without a row in the command table gets an honest refusal,
 * never silence. A request repeated with the same QN while its sender may still wait for the answer is answered from
 * what was answered before. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hjgate/clock.h"
#include "hjgate/hj212_frame.h"
#include "hjgate/hj212_message.h"
#include "hjgate/hj212_qn.h"

#define HJ212_WINDOW_MAX 32 /* unacknowledged uploads; memory is taken for as many as are wanted */
#define HJ212_PW_MAX     24

/* What a platform may set, and what is kept by the owner (CN 1000, 1062, 1064, 1072, 2011/2012, 2021/2022). */
struct hj212_settings {
	unsigned over_time;    /* s, 1..99 */
	unsigned re_count;     /* 1..99 */
	unsigned rtd_interval; /* s, 30..3600 */
	unsigned min_interval; /* minutes */
	bool rtd_on;           /* 2011 starts, 2012 stops */
	bool rs_on;            /* states of equipment: 2021 starts, 2022 stops */
	char pw[HJ212_PW_MAX + 1];
	char old_pw[HJ212_PW_MAX + 1]; /* before 1072; tried once if the new one is refused; "" = none */
};

/* What counts as the platform having a packet. */
enum hj212_ack {
	HJ212_ACK_QN,    /* a CN 9014 that names its QN */
	HJ212_ACK_ORDER, /* any CN 9014: it is for the oldest that has none */
	HJ212_ACK_NONE,  /* none is asked for: the other end's TCP has it, and nobody says more */
};

/* What the gateway says of itself, for the connection's sake. */
#define HJ212_OWN_CP_MAX 127
struct hj212_own {
	int cn;              /* 0 = it is not said */
	bool answered;       /* an answer is asked for and waited for, as for an upload's */
	unsigned interval_s; /* of the heartbeat: after so long without a frame from us */
	char cp[HJ212_OWN_CP_MAX + 1];
};

#define HJ212_OTHER_STS 7

struct hj212_identity {
	enum hj212_edition edition;
	enum hj212_crc crc;
	char mn[25], st[4];
	/* groups of factors that go under another ST: a request may name it */
	char other_st[HJ212_OTHER_STS][4];
	/* CN 1064 takes a multiple of it, else ExeRtn 3; 0 = any of the standard's (test windows) */
	unsigned base_minutes;
	unsigned window; /* 1..HJ212_WINDOW_MAX; the standard's flow is 1 */
	/* at least this long between two frames out: radio modems run them together else; 0 = none */
	unsigned gap_ms;
	bool lenient_crc; /* take what comes whatever its CRC */
	bool crc_lower;   /* the letters of ours are lower case */
	enum hj212_ack ack;
	struct hj212_own login, heartbeat;
};

struct hj212_session;
int hj212_session_new(
        const struct hj212_identity *id, const struct hj212_settings *settings, struct hj212_session **ret);
void hj212_session_free(struct hj212_session *s);
/* From now on somebody else, while not connected: edition, MN and ST; the rest stays. What the platform asked under
 * the name before is forgotten. -EBUSY while connected. */
int hj212_session_become(struct hj212_session *s, const struct hj212_identity *id);
/* Takes this password for the platform's, as after a move: neither in doubt nor with one before it. */
void hj212_session_set_pw(struct hj212_session *s, const char *pw);

/* ---- QN: hj212_qn.h ---- */
/* The session's; the owner sets it before the first offer, and may look. */
struct hj212_qn *hj212_session_qn(struct hj212_session *s);
/* The owner has committed it: these may be given out from now on. Offers get -EAGAIN where the next is none. */
void hj212_session_qn_kept(struct hj212_session *s, struct hj212_qn_span kept);

/* ---- the link ---- */
/* fresh: finder, queue and window are empty */
void hj212_session_connected(struct hj212_session *s, struct hj_now now);
/* what was unacknowledged is the owner's to offer again */
void hj212_session_disconnected(struct hj212_session *s);
/* the same, where we or the network ended it: that is no word of the platform's about a password */
void hj212_session_left(struct hj212_session *s);
void hj212_session_input(struct hj212_session *s, const void *data, size_t n, struct hj_now now);
/* Bytes to write; the owner writes what it can and says how much. */
struct hj212_slice hj212_session_output(const struct hj212_session *s);
void hj212_session_written(struct hj212_session *s, size_t n, struct hj_now now);
bool hj212_session_has_written(const struct hj212_session *s); /* nothing waits to be written */
/* HJ212_ACK_NONE: of what was written, `left` bytes have not yet been acknowledged by the other end's TCP. To be told
 * in each turn in which hj212_session_asks_delivery() says so; the deadline is the next turn. */
bool hj212_session_asks_delivery(const struct hj212_session *s);
void hj212_session_delivered(struct hj212_session *s, size_t left, struct hj_now now);
/* The clock wants to be set: CN 1013 goes out when it can, on this connection, and no answer to it is waited for: a
 * platform that heeds it sends CN 1012. -EOPNOTSUPP: the edition has no such notice. -ENOTCONN. */
int hj212_session_ask_clock(struct hj212_session *s);
/* A login, a heartbeat or a notice is due: QNs should be there for it. */
bool hj212_session_asks_qn(const struct hj212_session *s, struct hj_now now);
void hj212_session_tick(struct hj212_session *s, struct hj_now now);
hj_usec hj212_session_deadline(const struct hj212_session *s); /* mono; HJ_USEC_NEVER */

/* ---- uploads ---- */
/* One packet: `cp` is what stands between && and && (at most HJ212_CP_MAX), with its DataTime. pnum 0 = not split.
 * qn_text "" = a new QN. ack = false: Flag without the answer bit; done when written. Returns 0; -EBUSY (window or
 * queue full), -ENOTCONN, -EAGAIN (no QN is kept), -EMSGSIZE. `token` comes back with the outcome. */
struct hj212_offer {
	uint64_t token;
	int cn;
	const char *st; /* NULL = the identity's */
	struct hj212_slice cp;
	unsigned pnum, pno;
	bool ack;
	bool again; /* older than what is live: edition 2025 says RF=1, the others say nothing */
};
int hj212_session_offer(struct hj212_session *s, const struct hj212_offer *o, struct hj_now now);
unsigned hj212_session_room(const struct hj212_session *s); /* offers that would be taken now */

/* Bytes of CP that surely fit: HJ212_CP_MAX, or less where PW and MN are long (the data segment is HJ212_DATA_MAX at
 * most). */
size_t hj212_session_cp_max(const struct hj212_session *s);

/* Waits no longer for this upload: its place is free, a late 9014 is passed over. For real-time data that newer data
 * replaces. Forgetting ReCount+1 uploads, one after the other, without any acknowledgement between them is HJ212_DEAD
 * all the same, where nothing else waits for its own. -ENOENT. */
int hj212_session_forget(struct hj212_session *s, uint64_t token, struct hj_now now);

/* ---- outcomes ---- */
enum hj212_outcome_type {
	HJ212_ACKED,   /* token: the platform has it */
	HJ212_ALIVE,   /* the login or a heartbeat was answered */
	HJ212_DEAD,    /* no answer after the last resend (token; 0: login or heartbeat): close the link */
	HJ212_REQUEST, /* the platform wants something of the owner: see below */
	/* the new password was refused (`text` says how): the old one is tried, or was taken, this once */
	HJ212_PW_TRIED,
	HJ212_PW_SETTLED, /* one of the two passwords has proved right: commit hj212_session_settings() */
	HJ212_NOTE,       /* something odd that cost a message: `text` */
};
#define HJ212_CODE_MAX      16       /* characters of a PolId or InfoId */
#define HJ212_INFO_LOG      "i21001" /* the gateway's own log, CN 3020 */
#define HJ212_INFO_INTERVAL "i13003" /* of what is reported, minutes */
struct hj212_request {
	unsigned id; /* for hj212_session_answer() */
	/* 1000, 1062, 1064, 1072, 2011, 2012, 2021, 2022, 3021: commit `settings`, then answer; 2031, 2041, 2051,
	 * 2061: history begin..end, and so 3020 of a log; 3012: a sample of pol_id at once, sent as 2011; 3019, 3020:
	 * hj212_session_respond(), then answer; 1012: set the clock to time_ms, or refuse */
	int cn;
	struct hj212_settings settings; /* as they would be */
	int64_t time_ms;                /* of 1012: a whole second */
	int64_t qn_ms;                  /* its QN as a time: the platform's clock when it was made; 0 = it is none */
	int64_t begin_ms, end_ms;       /* labels, both included; 0 of what is no history */
	char pol_id[HJ212_CODE_MAX + 1], info_id[HJ212_CODE_MAX + 1];
};
#define HJ212_NOTE_PW (-3)
struct hj212_outcome {
	enum hj212_outcome_type type;
	uint64_t token;
	int64_t qn_ms;   /* ACKED: its QN as a time */
	hj_usec sent_at; /* ACKED: when its first copy was handed over, mono */
	bool unanswered; /* ACKED: by TCP alone, the platform was not asked */
	struct hj212_request request;
	/* NOTE: the QnRtn a request was refused with; HJ212_NOTE_PW: our own password is; 0 = something else */
	int code;
	char text[160];
};
int hj212_session_next(struct hj212_session *s, struct hj212_outcome *ret); /* 1, or 0: none */

/* The data of an answer that has the request's QN (3019, 3020), before its 9012. -ENOENT; -EMSGSIZE. */
int hj212_session_respond(struct hj212_session *s, unsigned id, struct hj212_slice cp, struct hj_now now);

/* The owner's answer to a request: the settings are taken over where it is done (or 100: done, but there is nothing
 * to send yet), and the 9012 goes out with `exe_rtn` (table 6: 1 done, 2 failed, 3 condition, 100 no data). For
 * history the owner first offers the data (each a new QN), and answers when all are acknowledged. */
enum {
	HJ212_EXE_DONE = 1,
	HJ212_EXE_FAILED = 2,
	HJ212_EXE_CONDITION = 3,
	HJ212_EXE_TIMEOUT = 4,
	HJ212_EXE_BUSY = 5,
	HJ212_EXE_SYSTEM = 6,
	HJ212_EXE_NO_DATA = 100
};
int hj212_session_answer(struct hj212_session *s, unsigned id, int exe_rtn, struct hj_now now);

const struct hj212_settings *hj212_session_settings(const struct hj212_session *s);
/* What a person has decided: also over what a platform is being answered. */
void hj212_session_set(struct hj212_session *s, const struct hj212_settings *settings);

struct hj212_counts {
	uint64_t sent, received, resent, bad, junk, refused; /* frames; junk in bytes; refused: requests we refused */
	unsigned answer_ms;                                  /* of the last acknowledgement */
};
void hj212_session_counts(const struct hj212_session *s, struct hj212_counts *ret);

/* The trace: called for each frame in (after the finder, as it came) and out (before it is queued), whole, unmasked.
 * May be NULL. */
typedef void (*hj212_trace_fn)(bool out, const char *frame, size_t n, void *userdata);
void hj212_session_trace(struct hj212_session *s, hj212_trace_fn fn, void *userdata);

/* What became of a frame that the trace has shown. Of one that came in (qn NULL) it is told right after it, before
 * the next comes; of an upload later, by its QN. The last that is told counts. */
enum hj212_fate {
	HJ212_FATE_NONE,
	/* out */
	HJ212_FATE_WAITS,        /* for its acknowledgement */
	HJ212_FATE_WRITTEN,      /* none is wanted: TCP has it */
	HJ212_FATE_ACKNOWLEDGED, /* code 1: by QN */
	HJ212_FATE_DENIED,       /* the platform does not take it: code is its QnRtn or ExeRtn, -1 = some other */
	HJ212_FATE_GIVEN_UP,     /* no answer after the last resend, or no longer waited for */
	HJ212_FATE_CUT_OFF,      /* the link went before an answer came */
	HJ212_FATE_REPLACED,     /* the same upload went again in other bytes (another password) */
	/* in */
	HJ212_FATE_ACKNOWLEDGES, /* an upload of ours */
	HJ212_FATE_DENIES,       /* an upload of ours: code as above */
	HJ212_FATE_LATE,         /* nothing waits for it: late, twice, or not ours */
	HJ212_FATE_OTHER_MN,
	HJ212_FATE_BAD_CRC,
	HJ212_FATE_UNREADABLE,
	HJ212_FATE_TAKEN,    /* a request that passed every check */
	HJ212_FATE_REFUSED,  /* a request: code is our QnRtn */
	HJ212_FATE_REPEATED, /* a request that was answered before, and is answered so again */
	HJ212_FATE_PASSED,   /* nothing is to be done with it */
};
#define HJ212_FATES (HJ212_FATE_PASSED + 1)
typedef void (*hj212_fate_fn)(enum hj212_fate fate, const char *qn, int code, void *userdata);
void hj212_session_fates(struct hj212_session *s, hj212_fate_fn fn, void *userdata);
