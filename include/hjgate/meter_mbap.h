/* One question and its answer on Modbus TCP: Modbus messaging on TCP/IP V1.0b. Each frame says its length and the
 * transaction it belongs to, so that a late answer is never taken for another's. Pure: bytes in, an outcome out; who
 * connects, waits and reads is services/meterd/bus_tcp.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hjgate/meter_protocol.h"

#define HJ_MBAP_HEAD       7   /* bytes: transaction, protocol, length, unit */
#define HJ_MBAP_MOST       260 /* bytes of the longest frame */
#define HJ_MBAP_LATE_KEPT  8   /* questions whose late answer is known for one */
#define HJ_MBAP_JUNK_SHOWN 16  /* bytes kept of what nobody asked for */

struct hj_mbap {
	bool pending; /* a question is out */
	struct hj_question question;
	uint16_t transaction; /* the newest; goes on over connections */

	/* of the newest question, once hj_mbap_feed() has given 1 */
	int outcome; /* 0, -EREMOTEIO or -EBADMSG, as struct hj_protocol's decode() */
	struct hj_answer answer;
	uint8_t received[HJ_MBAP_MOST];
	size_t received_length;

	/* frames that nobody waited for, since hj_mbap_begin() before the newest ended: see hj_mbap_told() */
	size_t junk;
	bool junk_is_late, late_whole;
	uint8_t junk_head[HJ_MBAP_JUNK_SHOWN];
	struct hj_question late;

	/* private */
	uint8_t frame[HJ_MBAP_MOST];
	size_t frame_length;
	struct hj_mbap_late {
		bool owed;
		uint16_t transaction;
		struct hj_question question;
	} lates[HJ_MBAP_LATE_KEPT];
	size_t next_late;
};

/* A new connection: nothing is owed on it. */
void hj_mbap_connected(struct hj_mbap *m);

/* The frame to send: its length, or -EINVAL where the question does not exist. One that is still out is owed from now
 * on. */
int hj_mbap_begin(struct hj_mbap *m, const struct hj_question *q, uint8_t to[HJ_FRAME_MAX]);

/* Bytes that came. 1: the answer to the newest question is among them; 0: it is not yet; -EPROTO: this is no Modbus
 * TCP, or a frame that nothing can be found behind: the connection is of no more use. */
int hj_mbap_feed(struct hj_mbap *m, const uint8_t *p, size_t n);

/* Nobody waits for the newest question any more; its answer is late from now on. */
void hj_mbap_give_up(struct hj_mbap *m);

/* What was junk has been told. */
void hj_mbap_told(struct hj_mbap *m);
