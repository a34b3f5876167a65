/* Frames in a byte stream; see hj212_frame.h. The finder owns one buffer inside its struct and allocates nothing;
 * what it cannot use it skips and counts, so nothing an outsider sends is an error here.
 *
 * Work is bounded: the edge is searched for once for all candidates before it, and CRCs that come out wrong run up a
 * debt that only bytes gone through pay back. Above the most of it candidates are given up unread: only a peer that
 * means harm gets there, and it loses its own frames. */
#include "weigh.h"
#include "hjgate/cleanup.h"

#include <string.h>

#define DEBT_PER_BYTE 8 /* CRC bytes that one byte of the stream pays for */

void hj212_finder_init(struct hj212_finder *f)
{
	memset(f, 0, sizeof(*f));
}

static size_t shifted(size_t offset, size_t by)
{
	return offset > by ? offset - by : 0;
}

size_t hj212_finder_put(struct hj212_finder *f, const void *data, size_t n)
{
	/* Where nothing is left this moves no byte, and the same few lines of the cache serve every frame. */
	if (f->start && (f->start == f->end || n > sizeof(f->buffer) - f->end)) {
		memmove(f->buffer, f->buffer + f->start, f->end - f->start);
		f->edge.scanned = shifted(f->edge.scanned, f->start);
		f->edge.at = shifted(f->edge.at, f->start);
		f->edge.last = shifted(f->edge.last, f->start);
		f->edge.refused = shifted(f->edge.refused, f->start);
		f->end -= f->start;
		f->start = 0;
	}
	n = hj_min(n, sizeof(f->buffer) - f->end);
	memcpy(f->buffer + f->end, data, n);
	f->end += n;
	return n;
}

static void advance(struct hj212_finder *f, size_t n)
{
	f->start += n;
	f->debt -= hj_min(f->debt, DEBT_PER_BYTE * n);
}

static void skip(struct hj212_finder *f, size_t n)
{
	for (size_t i = f->start; i < f->start + n; i++)
		f->junk += f->buffer[i] != '\r' && f->buffer[i] != '\n';
	advance(f, n);
}

/* To the next "#"; false: there is none. */
static bool find_start(struct hj212_finder *f)
{
	const char *p = f->start < f->end ? memchr(f->buffer + f->start, '#', f->end - f->start) : NULL;

	skip(f, (p ? (size_t)(p - f->buffer) : f->end) - f->start);
	return p;
}

static int find(struct hj212_finder *f, bool lenient, bool ended, struct hj212_frame *ret)
{
	/* What is concluded from the end holds only while nothing follows: it is not kept. */
	struct hj212_edge edge = f->edge;
	size_t debt = f->debt;

	while (find_start(f)) {
		struct hj212_view v = { .b = f->buffer,
			.start = f->start,
			.end = f->end,
			.ended = ended,
			.lenient = lenient,
			.edge = ended ? &edge : &f->edge,
			.debt = ended ? &debt : &f->debt,
			.work = &f->work };
		int r = hj212_weigh(&v, ret);

		if (r > 0) {
			ret->whole = (size_t)r;
			advance(f, (size_t)r);
			return 1;
		}
		if (r == HJ212_MORE)
			return 0;
		if (f->end - f->start >= HJ212_HEAD && hj212_is_head(f->buffer + f->start))
			f->dropped++;
		skip(f, 1);
	}
	return 0;
}

int hj212_finder_next(struct hj212_finder *f, bool accept_any_crc, struct hj212_frame *ret)
{
	return find(f, accept_any_crc, false, ret);
}

int hj212_finder_end(struct hj212_finder *f, bool accept_any_crc, struct hj212_frame *ret)
{
	int r = find(f, accept_any_crc, false, ret);

	return r ? r : find(f, accept_any_crc, true, ret);
}
