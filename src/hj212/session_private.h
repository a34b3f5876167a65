/* What the files of the session share: see hj212_session.h. Nothing outside src/hj212/ and its tests includes it. */
#pragma once

#include "hjgate/cleanup.h"
#include "hjgate/hj212_session.h"

/* ---- command.c ---- */
enum hj212_flow {
	HJ212_FLOW_REFUSED, /* the standard knows it, we do not offer it: 9011 QnRtn 2 */
	HJ212_FLOW_GET,     /* 9011, the answer with the request's QN, 9012 */
	HJ212_FLOW_ASK,     /* the same, but the owner knows the answer; that of a log is a history */
	HJ212_FLOW_SET,     /* 9011, the owner commits, 9012 */
	HJ212_FLOW_NOTICE,  /* the owner commits, 9013 */
	HJ212_FLOW_HISTORY, /* 9011, the owner uploads, 9012 */
};
/* What a request's CP says, kept until its turn: settings follow one another, so each is applied to what the one
 * before left. */
struct hj212_change {
	unsigned over_time, re_count; /* 0 = not named */
	unsigned interval;
	char pw[HJ212_PW_MAX + 1];
	int64_t begin_ms, end_ms;
	int64_t time_ms; /* of CN 1012 */
	char pol_id[HJ212_CODE_MAX + 1], info_id[HJ212_CODE_MAX + 1]; /* "" = not named */
};
struct hj212_command {
	int cn;
	unsigned editions; /* bits, command.c */
	enum hj212_flow flow;
	/* -EINVAL: 9012 with ExeRtn 3; -ENODATA: 100; -EOPNOTSUPP: 2. NULL: nothing to read. */
	int (*read)(const struct hj212_identity *id, const struct hj212_message *m, struct hj212_change *ret);
	void (*apply)(const struct hj212_change *c, struct hj212_settings *to); /* SET, NOTICE */
	/* GET: the CP of the answer; its length. */
	int (*respond)(const struct hj212_identity *id, const struct hj212_settings *now_set, struct hj_now now,
	        char *to, size_t size);
};
const struct hj212_command *hj212_command_find(int cn, enum hj212_edition edition); /* NULL: unknown, QnRtn 8 */

/* ---- session ---- */
#define HJ212_REQUESTS_MAX 8 /* kept: those being worked on, and the newest done, for repeats */
#define HJ212_NOTES_MAX    4 /* texts waiting to be fetched; more are dropped */
#define HJ212_QN_TEXT      24
/* What is done is remembered for a repeat as long as one may come: OverTime * (ReCount + 1) of a platform that waits
 * as long as we do, and this for links that are slow or made anew meanwhile. Some platforms have frames with one QN
 * for ever: what they ask hours later they want to know. */
#define HJ212_REPEAT_SLACK (60 * HJ_USEC_PER_SEC)
/* A link's delay may be longer than OverTime * (ReCount + 1): once so many connections in a row ended without one
 * answer (two: a record that nobody answers ends two, and then others go first) the next is held so much longer after
 * the last copy, up to a minute. What is sent, and when, stays the standard's. */
#define HJ212_SILENT_LEAST 2
#define HJ212_GRACE_FIRST  (15 * HJ_USEC_PER_SEC)
#define HJ212_GRACE_MOST   (60 * HJ_USEC_PER_SEC)

/* Table 7 and table 6 of the standard. */
enum { QN_READY = 1, QN_REFUSED = 2, QN_PW = 3, QN_MN = 4, QN_ST = 5, QN_FLAG = 6, QN_QN = 7, QN_CN = 8, QN_CRC = 9 };

/* What an answer repeats of its request. */
struct hj212_asked {
	char qn[HJ212_QN_TEXT], pw[HJ212_PW_MAX + 1], mn[33];
	char st[4]; /* what the data of the answer goes under */
	int cn;
	bool wanted; /* the answer bit: without it only data goes out */
};

enum hj212_stage { ASKED_FREE, ASKED_NEW, ASKED_HANDED, ASKED_DONE };
struct hj212_pending {
	enum hj212_stage stage;
	unsigned id;
	bool gone; /* asked on a connection that is no more: nothing is sent */
	int exe_rtn;
	hj_usec done_at; /* ASKED_DONE: mono */
	struct hj212_asked asked;
	const struct hj212_command *command;
	enum hj212_flow flow;
	struct hj212_change change;
	struct hj212_settings settings; /* as handed out */
};

enum hj212_upload_state { UPLOAD_FREE, UPLOAD_SENDING, UPLOAD_WAITING, UPLOAD_ACKED };
struct hj212_upload {
	enum hj212_upload_state state;
	uint64_t token;
	char qn[HJ_TIME17_LEN + 1];
	int64_t qn_ms;
	bool ack;
	bool went;    /* a copy has gone out whole */
	uint64_t end; /* of its newest copy, counted in bytes queued since the connection began */
	hj_usec deadline, sent_at;
	unsigned resends, pw_turn;
	unsigned copies; /* queued and not answered yet, the first with them, */
	uint64_t first;  /* and `end` of the oldest of them; of three or more perhaps of the newest */
	size_t n;
	char frame[HJ212_FRAME_MAX];
};

struct hj212_session {
	struct hj212_identity id;
	struct hj212_settings settings;
	struct hj212_qn qn;
	struct hj212_counts counts;
	hj212_trace_fn trace;
	void *trace_data;
	hj212_fate_fn fate;
	void *fate_data;

	bool connected;
	struct hj212_finder finder;
	uint64_t junk_before, dropped_before; /* of connections that are over; the finder starts anew with each */

	/* out: what is queued, and whether the gap after a frame is being kept */
	char *out;
	size_t out_len, out_size, frame_left;
	uint64_t queued, written;
	bool held;
	hj_usec held_until;

	struct hj212_upload *uploads; /* id.window of them, and one for login and heartbeat */
	unsigned nameless;            /* 9014s without a QN still to come for copies and what is forgotten, */
	hj_usec nameless_until;       /* as long as one may take */
	unsigned forgotten;           /* in a row, without an acknowledgement */
	hj_usec forgotten_at;         /* the newest that counts: what was sent before is of the same silence */
	hj_usec look_at, look_pause;  /* HJ212_ACK_NONE: when to ask what TCP has delivered */
	bool dead, dead_told;
	uint64_t dead_token;
	bool answered;   /* on this connection an upload was, if only refused; with HJ212_ACK_NONE its own */
	unsigned silent; /* connections in a row that ended without an answer; one that was late keeps the count */

	struct hj212_pending pending[HJ212_REQUESTS_MAX];
	unsigned next_id;

	/* login and heartbeat */
	bool login_due;  /* it is not queued yet, and nothing goes out before it */
	bool login_open; /* it is not through yet, and uploads wait */
	bool alive;      /* one was answered, to be told */
	bool clock_due;  /* CN 1013 is wanted and not queued yet */
	hj_usec own_at;  /* when the next is due */

	/* after CN 1072 */
	bool trying_old;  /* uploads carry old_pw */
	bool old_tried;   /* once is enough */
	bool old_taken;   /* a request with the old password was taken: once is enough */
	bool pw_denied;   /* the new one was, in so many words: QnRtn=3 */
	bool pw_proved;   /* an upload with the password in use was acknowledged */
	unsigned hangups; /* in a row, by the other end, upon an upload */
	bool pw_told, pw_settled, request_pw_right, request_pw_old;
	char pw_why[80];
	unsigned pw_turn; /* changes with the password in use */

	struct hj212_note {
		int code;
		char text[160];
	} notes[HJ212_NOTES_MAX];
	unsigned note_first, note_count;
	bool dialect_noted;
};

/* session_out.c */
int hj212_out_put(struct hj212_session *s, const char *frame, size_t n); /* -ENOBUFS */
int hj212_out_put_first(struct hj212_session *s, const char *frame, size_t n);
/* The whole frame in this session's CRC; its length or -EMSGSIZE. `to`: HJ212_FRAME_MAX. */
int hj212_out_frame(const struct hj212_session *s, const struct hj212_message *m, char *to);
void hj212_out_pass(struct hj212_session *s, struct hj_now now); /* ends the gap when its time has come */
const char *hj212_pw_in_use(const struct hj212_session *s);
void hj212_answer(struct hj212_session *s, const struct hj212_asked *a, int cn, const char *st, const char *cp);
void hj212_answer_number(struct hj212_session *s, const struct hj212_asked *a, int cn, const char *name, int value);
/* qn: of an upload; NULL: of the frame that has just come in. */
void hj212_tell_fate(struct hj212_session *s, enum hj212_fate fate, const char *qn, int code);
void hj212_note(struct hj212_session *s, int code, const char *format, ...) _printf_(3, 4);

/* session_upload.c */
void hj212_upload_written(struct hj212_session *s, struct hj_now now);
void hj212_upload_tick(struct hj212_session *s, struct hj_now now);
void hj212_upload_disconnected(struct hj212_session *s);
void hj212_upload_reframe(struct hj212_session *s);           /* the password in use has changed */
bool hj212_upload_outstanding(const struct hj212_session *s); /* login and heartbeat are none */
/* Into this free place; first: before all that waits. -EAGAIN, -EMSGSIZE, -ENOBUFS. */
int hj212_upload_begin(
        struct hj212_session *s, struct hj212_upload *u, const struct hj212_offer *o, bool first, struct hj_now now);
bool hj212_upload_waits(const struct hj212_upload *u); /* for its acknowledgement */
hj_usec hj212_over_time(const struct hj212_session *s);
void hj212_upload_answered(struct hj212_session *s, hj_usec after);
void hj212_upload_refused_pw(struct hj212_session *s, struct hj212_upload *u, struct hj_now now);
void hj212_pw_proved(struct hj212_session *s);
void hj212_pw_refused(struct hj212_session *s, const char *why);

/* session_ack.c */
void hj212_upload_acknowledge(
        struct hj212_session *s, const struct hj212_message *m, struct hj_now now); /* CN 9014, and 9011 */
void hj212_upload_copy_answered(struct hj212_upload *u);
/* It is through by m: the answers to its other copies, if they name none, are none to what is sent next. */
void hj212_expect_copies(
        struct hj212_session *s, const struct hj212_upload *u, const struct hj212_message *m, struct hj_now now);
/* An answer without a name: is it one of those? Then it is one fewer. */
bool hj212_upload_of_a_copy(struct hj212_session *s, struct hj_now now);
/* The one that waits and that m names. */
struct hj212_upload *hj212_upload_named(const struct hj212_session *s, const struct hj212_message *m);
int hj212_upload_code(const struct hj212_message *m); /* QnRtn or ExeRtn of an answer: 1 = taken */
/* What has come answers u, good or with `code`. */
void hj212_tell_answer(struct hj212_session *s, const struct hj212_upload *u, bool good, int code);
bool hj212_same_mn(const struct hj212_session *s, struct hj212_slice mn);

/* session_own.c */
struct hj212_upload *hj212_own(const struct hj212_session *s); /* the place of login and heartbeat */
void hj212_own_connected(struct hj212_session *s, struct hj_now now);
void hj212_own_written(struct hj212_session *s, struct hj_now now); /* bytes went out: it is not quiet */
void hj212_own_through(struct hj212_session *s);                    /* no answer is wanted, and it has gone out */
void hj212_own_tick(struct hj212_session *s, struct hj_now now);
hj_usec hj212_own_deadline(const struct hj212_session *s);
bool hj212_own_take(struct hj212_session *s, const struct hj212_message *m, struct hj_now now); /* it was for us */

/* session_request.c */
void hj212_request_forget_all(struct hj212_session *s);
void hj212_request_asked(const struct hj212_session *s, const struct hj212_message *m, struct hj212_asked *ret);
bool hj212_request_reads(struct hj212_session *s, const struct hj212_message *m); /* its ST, Flag and QN are right */
void hj212_request_take(struct hj212_session *s, const struct hj212_message *m, struct hj_now now);
void hj212_request_bad_crc(struct hj212_session *s, const struct hj212_message *m);
bool hj212_request_has_qn(const struct hj212_session *s, const char *qn);

/* session_answer.c */
void hj212_request_result(struct hj212_session *s, const struct hj212_pending *p); /* 9012, or 9013 */
bool hj212_request_next(struct hj212_session *s, struct hj212_request *ret);
void hj212_request_rebase(struct hj212_session *s); /* the settings have changed beside what is being done */
void hj212_request_disconnected(struct hj212_session *s);
