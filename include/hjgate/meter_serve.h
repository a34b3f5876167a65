/* Modbus, the slave's side, on a serial line (RTU) or a TCP connection: bytes in, requests out, answers encoded.
 * Pure: `now` is CLOCK_BOOTTIME, handed down. On a line where other units hang, too, what is for them and what they
 * answer is passed over; what is broken is dropped at the next silence and counted. Nothing can wedge it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hjgate/clock.h"
#include "hjgate/register.h"

#define HJ_SERVE_RTU_MAX      256  /* bytes of a frame: Modbus over serial line V1.02, 2.5.1 */
#define HJ_SERVE_TCP_MAX      260  /* Modbus messaging on TCP/IP V1.0b, 3.1.3 */
#define HJ_SERVE_READ_WORDS   125  /* of one request: application protocol V1.1b3, 6.3, 6.4 */
#define HJ_SERVE_READ_BITS    2000 /* 6.1, 6.2 */
#define HJ_SERVE_WRITE_WORDS  123  /* 6.12 */
#define HJ_SERVE_WRITE_BITS   1968 /* 6.11 */
#define HJ_SERVE_DATA_MAX     250  /* bytes that a request or an answer holds */
#define HJ_SERVE_UNIT_MOST    247
#define HJ_SERVE_EVERY_UNIT   0     /* RTU: a broadcast */
#define HJ_SERVE_ECHO_MISSES  3     /* answers not heard again, after which the line is taken to have no echo */
#define HJ_SERVE_ECHO_LATE_US 30000 /* an adapter may hand an echo on so long after its last byte has gone out */

enum hj_serve_framing { HJ_SERVE_RTU, HJ_SERVE_TCP };

/* V1.1b3, 7 */
enum hj_serve_exception {
	HJ_SERVE_FUNCTION = 1,
	HJ_SERVE_ADDRESS = 2,
	HJ_SERVE_VALUE = 3,
	HJ_SERVE_FAILURE = 4,
	HJ_SERVE_BUSY = 6,
	HJ_SERVE_NO_TARGET = 11, /* TCP only: no such unit here */
};

struct hj_serve_request {
	uint16_t transaction; /* TCP */
	uint8_t unit_id;      /* RTU: 0 is a broadcast, of writes only, and is not answered */
	uint8_t function;
	bool write;
	int exception; /* not 0: answer this, nothing else of the request counts */
	enum hj_table table;
	uint16_t address, count;
	uint8_t data[HJ_SERVE_DATA_MAX]; /* of a write: registers as they came, bits packed, the first in bit 0 */
	size_t length;
	uint8_t frame[HJ_SERVE_TCP_MAX]; /* all of it, as it came */
	size_t frame_length;
};

struct hj_serve_counts {
	uint64_t requests; /* for us, refused ones too */
	uint64_t foreign;  /* frames of other units: their requests and their answers */
	uint64_t broken;   /* wrong sum, broken off, no frame at all */
	uint64_t junk;     /* bytes of these */
	uint64_t echoed;   /* our answers that the line handed back to us */
};

struct hj_serve {
	enum hj_serve_framing framing;
	uint8_t units[32]; /* a bit each: those that are here */
	hj_usec gap, char_us;
	uint8_t bytes[2 * HJ_SERVE_RTU_MAX];
	size_t count;
	hj_usec last;                   /* when the newest byte came */
	bool in_junk;                   /* what is dropped now belongs to one broken frame */
	uint8_t echo[HJ_SERVE_RTU_MAX]; /* what we have sent and may hear */
	size_t echo_count, echo_at;
	hj_usec echo_until;
	unsigned echo_misses;
	struct hj_serve_counts counts;
};

/* `gap`: after so much silence what has not become a frame never will; a frame that is whole is not kept waiting for
 * it. Not less than 3.5 characters, and more where an adapter hands bytes on in bunches. Both 0 for TCP. */
void hj_serve_init(struct hj_serve *s, enum hj_serve_framing framing, hj_usec gap, hj_usec char_us);
void hj_serve_add_unit(struct hj_serve *s, uint8_t unit_id);
bool hj_serve_has_unit(const struct hj_serve *s, uint8_t unit_id);

/* How many of the bytes were taken. Not all where it is full or where a silence lies before them: take every request
 * out with next(), then put the rest. */
size_t hj_serve_put(struct hj_serve *s, const uint8_t *p, size_t n, hj_usec now);

/* 1: *ret is the next request; 0: none for now; -EPROTO: a TCP stream that is no Modbus: close it. */
int hj_serve_next(struct hj_serve *s, hj_usec now, struct hj_serve_request *ret);

/* When next() wants to be called though nothing has come; HJ_USEC_NEVER. */
hj_usec hj_serve_due(const struct hj_serve *s);

/* This went out now on a serial line: an adapter that hears itself will hand it back. */
void hj_serve_sent(struct hj_serve *s, const uint8_t *p, size_t n, hj_usec now);

/* The bytes of the answer: their number; 0 where none is due (a broadcast). `data` of a read as in a request, `n`
 * bytes of it as its count needs. */
size_t hj_serve_answer(enum hj_serve_framing framing, const struct hj_serve_request *q, const uint8_t *data, size_t n,
        uint8_t to[HJ_SERVE_TCP_MAX]);
size_t hj_serve_refuse(enum hj_serve_framing framing, const struct hj_serve_request *q,
        enum hj_serve_exception exception, uint8_t to[HJ_SERVE_TCP_MAX]);
/* Bytes of so many registers or bits. */
size_t hj_serve_bytes(enum hj_table table, size_t count);
