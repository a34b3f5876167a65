/* The registers of one instrument that reports by itself, as it has written them: what it reads back, and when a
 * value of several registers is whole. Pure: `now` is CLOCK_BOOTTIME, handed down. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hjgate/clock.h"
#include "hjgate/register.h"

/* Registers between two of its points that are kept, too, so that it can read back what it wrote in one piece. */
#define HJ_IMAGE_HOLE 32
/* Between the parts of a value that is written piece by piece. Below the shortest interval of reports (1 s), or the
 * first half of one report could be joined to the second half of the one before. */
#define HJ_IMAGE_APART (500 * HJ_USEC_PER_MS)

/* A value of the instrument: `count` registers, or bits, from `address` on. */
struct hj_image_span {
	enum hj_table table; /* coil or holding: the others cannot be written */
	uint16_t address;
	uint16_t count;
};

struct hj_image {
	struct hj_image_cell *cells; /* sorted by table and address */
	size_t count;
};

int hj_image_init(struct hj_image *image, const struct hj_image_span *spans, size_t n); /* -ENOMEM */
void hj_image_done(struct hj_image *image);

/* `data` as in struct hj_serve_request. How many of them are kept here; 0: this instrument has nothing there. */
size_t hj_image_write(struct hj_image *image, const struct hj_image_span *at, const uint8_t *data, hj_usec now);

/* Is any of it kept here? */
bool hj_image_has(const struct hj_image *image, const struct hj_image_span *at);

/* The bytes of an answer: 0; -ENXIO: something of it does not exist; -ENODATA: something has never been written. */
int hj_image_read(const struct hj_image *image, const struct hj_image_span *at, uint8_t *to);

/* Has this value been completed by what was just `written`? Its last register is in it, and those before it are, too,
 * or were written shortly before. */
bool hj_image_whole(const struct hj_image *image, const struct hj_image_span *value,
        const struct hj_image_span *written, hj_usec now);
