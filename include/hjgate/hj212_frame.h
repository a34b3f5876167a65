/* Frames in a byte stream: "##" LLLL data CCCC CR LF (HJ 212-2017 6.3.1). The finder keeps one bounded buffer,
 * resynchronises on "##", waits for LLLL+12 bytes, and behind the "##" of a bad frame searches again; what it skips
 * it counts. It accepts what peers really send: a lone CR or LF or none (when the next "##" follows or nothing does),
 * lower-case or short CRC, a wrong length where "&&", a right CRC and a line's end show the frame's (quirks are bits
 * of the result). What comes out does not depend on how the stream is cut. It allocates nothing, and its work per
 * byte is bounded whatever comes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hjgate/hj212_crc.h"

#define HJ212_DATA_MAX 1024 /* bytes of a data segment we send (6.3.2) */
#define HJ212_CP_MAX   950  /* bytes between CP=&& and && (table 3) */
/* Bytes of a CP that fit into HJ212_DATA_MAX beside the longest header (PW of 24, PNUM and PNO): what to split to.
 * Table 3's 950 do not fit with all the fields it lists. */
#define HJ212_CP_FITS      (HJ212_DATA_MAX - 126)
#define HJ212_FRAME_HEAD   6 /* "##LLLL" */
#define HJ212_FRAME_MAX    (HJ212_DATA_MAX + 12)
#define HJ212_DATA_ACCEPT  4096 /* bytes of a data segment we take: 1,623 has been seen */
#define HJ212_FINDER_BYTES (2 * (HJ212_DATA_ACCEPT + 12))

enum hj212_quirk {
	HJ212_QUIRK_TAIL = 1,   /* no CR LF after the CRC */
	HJ212_QUIRK_LENGTH = 2, /* LLLL is not the data's length */
	HJ212_QUIRK_LONG = 4,   /* data above HJ212_DATA_MAX */
	HJ212_QUIRK_CRC_LOWER = 8,
	HJ212_QUIRK_CRC_SHORT = 16, /* without leading zeros, or missing */
};
/* The name of the quirk 1 << bit, for people ("length", "no-crlf" ...); NULL above the last. */
const char *hj212_quirk_name(unsigned bit);

struct hj212_frame {
	const char *data; /* the data segment, inside the finder's buffer: valid until the next put or next */
	size_t n;
	size_t whole;           /* all bytes of it, from the "##" before `data` to its tail; 0 = not known */
	bool crc_ok;            /* by any of the dialects */
	enum hj212_crc dialect; /* by which it is right */
	uint16_t crc;           /* as sent */
	unsigned quirks;
};

/* Where a frame whose length is wrong may end; offsets into the buffer. The finder's own. */
struct hj212_edge {
	size_t scanned; /* up to here it was searched for */
	size_t at;      /* the first line end, or "##" with digits behind "&&" and four digits; 0 = none yet */
	size_t last;    /* the last other "##" with digits before it; 0 = none */
	size_t refused; /* the candidate (its offset + 1) whose length has proved wrong; 0 = none */
};

struct hj212_finder {
	char buffer[HJ212_FINDER_BYTES];
	size_t start, end;
	uint64_t junk;    /* bytes skipped, in all; line ends between frames are none */
	uint64_t dropped; /* frames given up: bad length or CRC by no dialect */
	uint64_t work;    /* bytes that went through a CRC or the search for an edge, in all */
	struct hj212_edge edge;
	size_t debt; /* CRC bytes not yet paid for by bytes gone through */
};

void hj212_finder_init(struct hj212_finder *f);
/* Takes as much of n as there is room for, at least one byte after every frame was taken out; returns how much. */
size_t hj212_finder_put(struct hj212_finder *f, const void *data, size_t n);
/* 1: *ret is the next frame, right in length and, by one of the dialects, in CRC (or by `accept_any_crc`: also when
 * wrong, crc_ok false); 0: feed more. */
int hj212_finder_next(struct hj212_finder *f, bool accept_any_crc, struct hj212_frame *ret);
/* Nothing follows for now (the stream has ended, or no more was there to be read): what is complete but for its tail
 * is a frame too. What is not stays, and may still be completed. */
int hj212_finder_end(struct hj212_finder *f, bool accept_any_crc, struct hj212_frame *ret);

/* One whole frame at the start of data, no stream: the length used, or 0 (too short), or -EBADMSG. For a file of
 * frames: a CRC by no dialect is no error (crc_ok false), and data that ends behind the CRC needs no tail. */
int hj212_frame_decode(const char *data, size_t n, struct hj212_frame *ret);
/* "##LLLL" data CRC CRLF into `to`; the bytes written, or -EMSGSIZE. data may lie at to + 6. */
int hj212_frame_encode(enum hj212_crc dialect, const char *data, size_t n, char *to, size_t size);
/* Of a frame of n bytes as it was encoded: the letters of its CRC in lower case. */
void hj212_frame_crc_lower(char *frame, size_t n);
