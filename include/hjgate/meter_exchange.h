/* One question and its answer on a stream of bytes, for any protocol: when the line is free, what goes out, what of
 * that which comes in is the answer, and when to give up. Pure: bytes and `now` (CLOCK_BOOTTIME) in; bytes, an
 * outcome and the next deadline out. Who opens, writes, waits and reads is services/meterd/bus_stream.h:
 *
 *	hj_exchange_begin(x, q, timeout, now)
 *	while ((step = hj_exchange_step(x, now, &until)) != HJ_STEP_DONE)
 *		HJ_STEP_SEND: write x->sent, then hj_exchange_sent(x, when the writing began)
 *		HJ_STEP_WAIT: wait until `until` or until bytes come; hj_exchange_feed(x, p, n, now)
 *	x->outcome
 *
 * Bytes that come while nothing is asked are fed too, the sooner the better: they say when the line became quiet,
 * whether a meter answered too late, and whether another master is at work. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hjgate/bus_type.h"
#include "hjgate/clock.h"
#include "hjgate/meter_protocol.h"

#define HJ_EXCHANGE_LATE_KEPT  32                    /* questions whose answers may still come */
#define HJ_EXCHANGE_LATE_MOST  (2 * HJ_USEC_PER_SEC) /* that, or 4 time-outs: later ones are not reckoned with */
#define HJ_EXCHANGE_JUNK_SHOWN 16                    /* bytes kept of what nobody asked for */
#define HJ_EXCHANGE_GLITCH     2 /* bytes before an answer that a line may make as it turns round */
#define HJ_EXCHANGE_ECHO_LOST  3 /* in a row without it, and an echo is looked for anew */
#define HJ_EXCHANGE_MASTER "another master asks on this line" /* a reason that tools look for */

struct hj_exchange_timing {
	hj_usec character; /* of one on the wire; 0 where bytes take no time of their own (TCP) */
	hj_usec silence;   /* before a request, since the last byte: t3.5 or what the site wants */
	hj_usec change;    /* so much longer where the request goes to another unit than the one before */
	hj_usec between;   /* two bytes of one answer: adapters make pauses, t1.5 would break their answers */
	hj_usec settle;    /* instead of silence after a broken answer, whose rest may still be coming */
	hj_usec delay;     /* of a converter on the way: added to the time-out */
};

/* Of a serial line; gap_ms 0: what Modbus over serial line V1.02, 2.5.1.1 asks for. */
void hj_exchange_serial(struct hj_exchange_timing *ret, int64_t baud, int64_t data_bits, char parity,
        int64_t stop_bits, int64_t gap_ms);

enum hj_step { HJ_STEP_WAIT, HJ_STEP_SEND, HJ_STEP_DONE };

struct hj_exchange {
	const struct hj_protocol *protocol;
	struct hj_exchange_timing timing;

	/* The question and what became of it: 0; -ETIMEDOUT: no answer; -EBADMSG: a broken one, or the line was never
	 * quiet; -EREMOTEIO: an exception; -EAGAIN: not asked, since the answer to another question may still come
	 * and could be taken for one to this. */
	struct hj_question question;
	int outcome;
	struct hj_answer answer;
	uint8_t sent[HJ_FRAME_MAX], received[HJ_FRAME_MAX]; /* received: the echo taken off */
	size_t sent_length, received_length;
	/* from the request's end on the wire to the first byte after it, or after a glitch; 0: none came */
	hj_usec turnaround;

	/* what nobody asked for, since the exchange before */
	size_t junk;
	uint8_t junk_head[HJ_EXCHANGE_JUNK_SHOWN];
	bool junk_is_late; /* it followed a question that was not answered, or not well */
	bool late_whole;   /* in it was the whole answer to `late`, which had not come in time: that meter lives */
	struct hj_question late;

	/* how the line behaves: kept from one exchange to the next */
	enum hj_echo echo;
	bool echo_known, has_echo;
	uint64_t collisions, foreign; /* echoes that differ; requests of another master */

	/* private */
	enum { HJ_EXCHANGE_IDLE, HJ_EXCHANGE_LISTEN, HJ_EXCHANGE_ANSWER, HJ_EXCHANGE_ENDED } state;
	bool echo_over, tainted, unanswered, broken;
	unsigned echo_missed;
	size_t scanned, skipped; /* of received: looked at and done with; of that, what was no answer */
	size_t extra;            /* came with the answer, after it */
	size_t heard;            /* of received: looked at for requests of another master */
	struct hj_question before;
	hj_usec timeout, begun, wire_end, last_byte, foreign_at, foreign_until, deadline;
	const char *why;
	struct hj_exchange_late {
		struct hj_question question;
		hj_usec until; /* an answer may still come */
		unsigned owed; /* so many */
		bool ours;     /* we have asked it; else it is another master's alone */
	} lates[HJ_EXCHANGE_LATE_KEPT];
};

/* At the first opening of the line: nothing is known of it yet. */
void hj_exchange_init(struct hj_exchange *x, const struct hj_protocol *protocol,
        const struct hj_exchange_timing *timing, enum hj_echo echo, hj_usec now);
/* At each later one. Of how it behaves nothing is known either; but what was asked through the port that failed may
 * be answered through this one, since a serial server and its meters go on without us. */
void hj_exchange_reopen(struct hj_exchange *x, hj_usec now);
/* The port failed: whatever was asked has no outcome, and its answer may still come. */
void hj_exchange_lost(struct hj_exchange *x, hj_usec now);

/* 0, or -EINVAL: the protocol has no such question. `timeout` is for the first byte of the answer, from the request's
 * end on the wire. */
int hj_exchange_begin(struct hj_exchange *x, const struct hj_question *q, hj_usec timeout, hj_usec now);
enum hj_step hj_exchange_step(struct hj_exchange *x, hj_usec now, hj_usec *ret_until);
void hj_exchange_sent(struct hj_exchange *x, hj_usec begun);
void hj_exchange_feed(struct hj_exchange *x, const uint8_t *p, size_t n, hj_usec now);

/* When the line is free for a next request to the same unit, as far as is known. */
hj_usec hj_exchange_free_at(const struct hj_exchange *x);
