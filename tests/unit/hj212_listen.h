/* Listening to a stream through the finder, cut in every way, for the tests of src/hj212. What is heard must not
 * depend on the cuts. Include after cmocka.h. */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/cleanup.h"
#include "hjgate/hj212_frame.h"

/* An answer, 87 bytes; its CRC is 3240. */
#define DATA "QN=20160801085857223;ST=91;CN=9014;PW=123456;MN=010000A8900016F000169DC0;Flag=4;CP=&&&&"

static struct hj212_finder finder;

/* What came out of a stream, as text to compare. */
struct heard {
	char text[256 << 10];
	size_t n, frames;
	uint64_t junk, dropped, work;
};

static void hear(struct heard *h, const struct hj212_frame *f)
{
	int n = snprintf(h->text + h->n, sizeof(h->text) - h->n, "%.*s|%d|%d|%04X|%u\n", (int)f->n, f->data,
	        f->crc_ok, (int)f->dialect, f->crc, f->quirks);

	h->n += (size_t)n;
	h->frames++;
	assert_true(h->n < sizeof(h->text));
}

static uint32_t seed;

static size_t random_cut(size_t most)
{
	seed = seed * 1664525 + 1013904223;
	return 1 + (seed >> 8) % most;
}

/* most = 1: byte by byte; else random cuts of up to `most`; the same stream must be heard alike. */
static void listen(struct heard *h, const char *stream, size_t n, size_t most, bool any_crc)
{
	struct hj212_frame frame;

	memset(h, 0, sizeof(*h));
	hj212_finder_init(&finder);
	for (size_t at = 0; at < n;) {
		size_t k = hj_min(random_cut(most), n - at);
		/* A copy of just that many bytes: the sanitizers see a read beyond. */
		_cleanup_free_ char *cut = malloc(k);

		assert_non_null(cut);
		memcpy(cut, stream + at, k);
		k = hj212_finder_put(&finder, cut, k);
		assert_true(k > 0);
		at += k;
		while (hj212_finder_next(&finder, any_crc, &frame) > 0)
			hear(h, &frame);
	}
	while (hj212_finder_end(&finder, any_crc, &frame) > 0)
		hear(h, &frame);
	h->junk = finder.junk;
	h->dropped = finder.dropped;
	h->work = finder.work;
}

static inline void hear_alike(const char *stream, size_t n, struct heard *whole, bool any_crc)
{
	static const size_t cuts[] = { 1, 2, 3, 7, 13, 50, 300, 1000 };
	static struct heard h;

	listen(whole, stream, n, n, any_crc);
	for (size_t i = 0; i < hj_array_size(cuts); i++) {
		listen(&h, stream, n, cuts[i], any_crc);
		assert_string_equal(h.text, whole->text);
		assert_int_equal(h.junk, whole->junk);
		assert_int_equal(h.dropped, whole->dropped);
	}
}
