/* `hjgate frame`: what its parts share. A stretch of input becomes one `struct frame_seen`, which is shown as JSON or
 * as text; the slices in it belong to the reader's buffer. Passwords never leave this module. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "cli.h"
#include "hjgate/hj212_frame.h"
#include "hjgate/hj212_message.h"

struct frame_seen {
	bool ok;         /* a frame, its length and CRC right */
	bool framed;     /* `frame`, `declared` and `quirks` are set */
	bool understood; /* `message` is set */
	bool masked;     /* PW is stars: the CRC cannot be checked */
	struct hj212_frame frame;
	struct hj212_message message;
	unsigned declared; /* LLLL */
	unsigned quirks;
	const char *error; /* N_(); NULL where ok */
};

typedef void (*frame_show_fn)(const struct frame_seen *seen, FILE *out);

/* Reads frames to the end of `in` and shows each to `out`. The exit status: HJ_EXIT_REFUSED where one was bad. */
int frame_decode(FILE *in, FILE *out, frame_show_fn show);
void frame_show_json(const struct frame_seen *seen, FILE *out);
void frame_show_text(const struct frame_seen *seen, FILE *out);

/* A value that must not be shown: PW, NewPW and their like, by the field's name. */
#define FRAME_MASKED "******"
bool frame_is_secret(struct hj212_slice name);
/* The slice as text of its own, with what is no UTF-8 replaced; NULL without memory. */
char *frame_text(struct hj212_slice s);
/* What a command is for, N_(); NULL where the standard has none of that number. */
const char *frame_cn_about(int cn);
const char *frame_qn_rtn_about(int code); /* the same of a QnRtn */

/* Reads data segments or JSON objects, one a line, and writes frames. `pw`: stands in for every PW; NULL = as it
 * is. */
int frame_encode(const struct cli *cli, FILE *in, FILE *out, enum hj212_crc crc, const char *pw);
