/* What the frames of DL/T 645 and CJ/T 188 have in common: bytes FEH that wake the line, 68H, the digits of a
 * station with the last two first, a control code, a length, so many bytes of data, the sum of all from 68H on, 16H.
 */
#pragma once

#include "hjgate/meter_protocol.h"

#define STATION_WAKE_BYTES 4 /* before a request; an answer may have any number of them, or none */
#define STATION_WAKE       0xfe
#define STATION_START      0x68
#define STATION_DATA_MOST  200  /* bytes of data in an answer: DL/T 645 allows 200, CJ/T 188 100 */
#define STATION_CODE       0x80 /* of an answer */
#define STATION_REFUSES    0x40

/* Where a protocol has what; counted from 68H. */
struct station_form {
	unsigned station, digits; /* bytes: the first of the station, how many */
	unsigned control;         /* the control code; the length follows, then the data */
	/* NULL, or why byte `at`, which is no byte of the station's and none after the control code, cannot stand in
	 * an answer to q. */
	const char *(*refuse)(const struct hj_question *q, unsigned at, uint8_t byte);
};

/* The station of q backwards, its digits checked: false where it is none. */
bool station_put(const struct station_form *form, const struct hj_question *q, uint8_t *to);
/* Whose frame it is; p is where its 68H is. */
void station_get(const struct station_form *form, const uint8_t *p, uint8_t ret[HJ_STATION_BYTES]);
/* Adds what closes the frame that begins at `frame` and has n bytes from 68H on; its length then. */
size_t station_close(uint8_t *frame, size_t n);
/* As hj_protocol.measure. */
int station_measure(const struct station_form *form, const struct hj_question *q, const uint8_t *p, size_t n,
        const char **ret_why);
/* A whole frame whose sum is right: 0 and where its 68H is, or -EBADMSG. */
int station_open(const struct station_form *form, const struct hj_question *q, const uint8_t *p, size_t n,
        const uint8_t **ret_frame, const char **ret_why);
/* Another master's request: its length with what precedes it, and where its 68H is; the station is put into *ret,
 * which asks for nothing yet. 0: none. */
int station_request(const struct station_form *form, const uint8_t *p, size_t n, struct hj_question *ret,
        const uint8_t **ret_frame);
/* Could one station answer both? */
bool station_overlap(const struct hj_question *a, const struct hj_question *b);
