/* The finder: any stream, cut in any way, gives the same frames and the same counts; the work is bounded; what it
 * calls right is right and comes out again after encoding. */
#include <string.h>

#include "hjgate/cleanup.h"
#include "hjgate/hj212_frame.h"
#include "fuzz.h"

#define WORK_PER_BYTE 16
#define WORK_ANYWAY   (20 * HJ212_DATA_ACCEPT) /* the finder's credit, and the last candidate */

/* A sum over everything heard: two that differ, differ in it. */
struct heard {
	uint64_t sum, junk, dropped, bytes;
};

static void mix(struct heard *h, uint64_t value)
{
	h->sum = (h->sum ^ value) * 0x100000001B3ULL;
}

static void check_frame(const struct hj212_frame *f)
{
	char again[HJ212_FRAME_MAX];
	struct hj212_frame back;
	int n;

	claim(f->n <= HJ212_DATA_ACCEPT);
	claim(f->crc_ok == (f->dialect != HJ212_CRC_NONE));
	if (!f->crc_ok || f->n > HJ212_DATA_MAX)
		return;
	claim(hj212_crc(f->dialect, f->data, f->n) == f->crc);
	n = hj212_frame_encode(f->dialect, f->data, f->n, again, sizeof(again));
	claim(n == (int)f->n + 12);
	/* By itself it is read leniently: then a line's end inside, which the standard does not allow, may end it
	 * early. */
	if (memchr(f->data, '\r', f->n) || memchr(f->data, '\n', f->n) || memmem(f->data, f->n, "##", 2))
		return;
	claim(hj212_frame_decode(again, (size_t)n, &back) > 0);
	claim(back.crc_ok && back.crc == f->crc);
}

static void hear(struct heard *h, const struct hj212_frame *f)
{
	check_frame(f);
	for (size_t i = 0; i < f->n; i++)
		mix(h, (uint8_t)f->data[i]);
	mix(h, f->n);
	mix(h, f->crc);
	mix(h, (uint64_t)f->dialect << 32 | f->quirks);
	h->bytes += f->n;
}

static struct heard listen(const uint8_t *data, size_t size, size_t most, bool any_crc)
{
	static struct hj212_finder finder;
	struct hj212_frame frame;
	struct heard h = { 0 };
	uint32_t seed = (uint32_t)most;

	hj212_finder_init(&finder);
	for (size_t at = 0; at < size;) {
		size_t n;

		seed = seed * 1664525 + 1013904223;
		n = hj_min(1 + (seed >> 8) % most, size - at);
		n = hj212_finder_put(&finder, data + at, n);
		claim(n > 0);
		at += n;
		while (hj212_finder_next(&finder, any_crc, &frame) > 0)
			hear(&h, &frame);
	}
	while (hj212_finder_end(&finder, any_crc, &frame) > 0)
		hear(&h, &frame);
	claim(finder.work <= WORK_PER_BYTE * size + WORK_ANYWAY);
	h.junk = finder.junk;
	h.dropped = finder.dropped;
	claim(h.junk + h.bytes <= size);
	return h;
}

size_t fuzz_mend(uint8_t *data, size_t n, size_t most)
{
	return mend_hj212(data, n, most, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t cuts[] = { 1, 5, 300 };
	struct hj212_frame frame;

	for (int any_crc = 0; any_crc <= 1; any_crc++) {
		struct heard whole = listen(data, size, size + 1, any_crc);

		for (size_t i = 0; i < hj_array_size(cuts); i++) {
			struct heard h = listen(data, size, cuts[i], any_crc);

			claim(!memcmp(&h, &whole, sizeof(h)));
		}
	}
	if (hj212_frame_decode((const char *)data, size, &frame) > 0)
		check_frame(&frame);
	return 0;
}
