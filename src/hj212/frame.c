/* Frames in a byte stream; see hj212_frame.h. The finder owns one buffer inside its struct and allocates nothing;
 * what it cannot use it skips and counts, so nothing an outsider sends is an error here.
 *
 * A frame is found by its length. Where the length is wrong, the frame's end shows by an edge: "&&", the CRC, and
 * then the line's end or the next header. Each decision is made at a fixed byte of the stream, however the stream is
 * cut, and the earlier end wins: a frame whose length promises too much does not hold up those behind it.
 *
 * Work is bounded: the edge is searched for once for all candidates before it, and CRCs that come out wrong run up a
 * debt that only bytes gone through pay back. Above DEBT_MAX candidates are given up unread: only a peer that means
 * harm gets there, and it loses its own frames. */
#include "hjgate/hj212_frame.h"
#include "hjgate/cleanup.h"

#include <errno.h>
#include <string.h>

#define HEAD           6 /* "##" and four digits */
#define CRC_DIGITS     4
#define DEBT_PER_BYTE  8 /* CRC bytes that one byte of the stream pays for */
#define DEBT_MAX       (16u * HJ212_DATA_ACCEPT)
#define EDGE_LOOKAHEAD (2 + HEAD) /* CR LF and the next header */

enum { MORE = 0, GIVE_UP = -1, NOT_YET = -2 }; /* of a candidate; above 0: the frame's length on the wire */

/* One candidate: "##" at b + start. */
struct view {
	const char *b;
	size_t start, end;
	bool ended, lenient;
	struct hj212_edge *edge;
	size_t *debt;
	uint64_t *work;
};

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_digit(char c)
{
	return (unsigned char)(c - '0') <= 9;
}

static bool is_head(const char *p)
{
	return p[0] == '#' && p[1] == '#' && is_digit(p[2]) && is_digit(p[3]) && is_digit(p[4]) && is_digit(p[5]);
}

/* May the n bytes, fewer than HEAD, become a header? */
static bool is_head_begun(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (i < 2 ? p[i] != '#' : !is_digit(p[i]))
			return false;
	return true;
}

/* ---- edges ---- */

/* The first CR, LF or "#" of b[from, end), or end. Words without a byte below "$" are passed over whole. */
static size_t find_mark(const char *b, size_t from, size_t end)
{
	const uint64_t ones = UINT64_MAX / 0xFF;
	uint64_t word;

	for (;;) {
		for (; end - from >= sizeof(word); from += sizeof(word)) {
			memcpy(&word, b + from, sizeof(word));
			if ((word - ones * '$') & ~word & ones * 0x80)
				break;
		}
		for (size_t i = 0; i < sizeof(word); i++, from++)
			if (from == end || b[from] == '\r' || b[from] == '\n' || b[from] == '#')
				return from;
	}
}

/* How many digits of a CRC stand before b + at, behind the "&&" that closes a CP; -1: none closes here. */
static int digits_before(const char *b, size_t from, size_t at)
{
	size_t p = at;

	while (p > from && at - p < CRC_DIGITS && hex_value(b[p - 1]) >= 0)
		p--;
	if (p < from + 2 || b[p - 1] != '&' || b[p - 2] != '&')
		return -1;
	/* "CP=&&" opens. */
	if (p >= from + 5 && !memcmp(b + p - 5, "CP=", 3))
		return -1;
	return (int)(at - p);
}

static void edge_scan(struct view *v)
{
	struct hj212_edge *e = v->edge;
	const size_t from = v->start + HEAD;

	if (e->scanned < from || (e->at && e->at < from))
		*e = (struct hj212_edge){ .scanned = from };
	while (!e->at && e->scanned < v->end) {
		size_t i = find_mark(v->b, e->scanned, v->end);

		*v->work += i - e->scanned;
		e->scanned = i;
		if (i == v->end)
			return;
		if (v->b[i] != '#') {
			e->at = i;
			return;
		}
		if (v->end - i < HEAD && is_head_begun(v->b + i, v->end - i) && !v->ended)
			return;
		if (v->end - i >= HEAD && is_head(v->b + i)) {
			if (digits_before(v->b, from, i) > 0)
				e->at = i;
			else
				e->last = i;
		}
		e->scanned += !e->at;
	}
}

/* ---- one candidate ---- */

/* The tail at p: its length and, where it is not CR LF, HJ212_QUIRK_TAIL; MORE comes as -EAGAIN. */
static int tail_at(const char *p, size_t n, bool ended, size_t *ret_n)
{
	if (!n || (n == 1 && p[0] == '\r')) {
		if (!ended)
			return -EAGAIN;
		*ret_n = n;
		return HJ212_QUIRK_TAIL;
	}
	if (p[0] == '\r' && p[1] == '\n') {
		*ret_n = 2;
		return 0;
	}
	*ret_n = p[0] == '\r' || p[0] == '\n';
	return HJ212_QUIRK_TAIL;
}

static unsigned crc_digits_read(const char *p, size_t digits, uint16_t *ret_crc)
{
	unsigned crc = 0, quirks = digits < CRC_DIGITS ? HJ212_QUIRK_CRC_SHORT : 0;

	for (size_t i = 0; i < digits; i++) {
		crc = crc << 4 | (unsigned)hex_value(p[i]);
		if (p[i] >= 'a')
			quirks |= HJ212_QUIRK_CRC_LOWER;
	}
	*ret_crc = (uint16_t)crc;
	return quirks;
}

/* n bytes of data and so many digits: is it a frame? `plain`: it is one to the eye, so that a lenient caller takes it
 * without the CRC. */
static int settle(struct view *v, size_t n, size_t digits, bool plain, unsigned quirks, struct hj212_frame *ret)
{
	const char *data = v->b + v->start + HEAD;
	struct hj212_frame frame = { .data = data, .n = n, .dialect = HJ212_CRC_NONE };

	if (n > HJ212_DATA_ACCEPT || *v->debt > DEBT_MAX)
		return GIVE_UP;
	*v->debt += n;
	*v->work += n;
	frame.quirks =
	        quirks | crc_digits_read(data + n, digits, &frame.crc) | (n > HJ212_DATA_MAX ? HJ212_QUIRK_LONG : 0);
	if (digits)
		frame.dialect = hj212_crc_find(data, n, frame.crc);
	frame.crc_ok = frame.dialect != HJ212_CRC_NONE;
	if (!frame.crc_ok && !(v->lenient && plain))
		return GIVE_UP;
	*ret = frame;
	return 1;
}

static int by_length(struct view *v, size_t length, struct hj212_frame *ret)
{
	const size_t at = v->start + HEAD + length;
	size_t digits = 0, tail = 0;
	int quirks;

	if (v->end < at)
		return MORE;
	while (digits < CRC_DIGITS && at + digits < v->end && hex_value(v->b[at + digits]) >= 0)
		digits++;
	if (digits < CRC_DIGITS && at + digits == v->end)
		return MORE;
	quirks = tail_at(v->b + at + digits, v->end - at - digits, v->ended, &tail);
	if (quirks < 0)
		return MORE;
	if (digits < CRC_DIGITS && !tail)
		return GIVE_UP;
	if (settle(v, length, digits, tail || at + digits == v->end || v->b[at + digits] == '#', (unsigned)quirks,
	            ret) < 0)
		return GIVE_UP;
	return (int)(HEAD + length + digits + tail);
}

/* Behind the line's end a header begins: whatever the length said, the frame before has ended. */
static int header_behind(const struct view *v, size_t at)
{
	size_t i = at;

	while (i < v->end && i < at + 2 && (v->b[i] == '\r' || v->b[i] == '\n'))
		i++;
	if (v->end - i >= HEAD)
		return is_head(v->b + i) ? GIVE_UP : NOT_YET;
	return !v->ended && v->end < at + EDGE_LOOKAHEAD && is_head_begun(v->b + i, v->end - i) ? MORE : NOT_YET;
}

/* NOT_YET: the edge shows no frame, so the length decides. */
static int by_edge(struct view *v, size_t length, size_t at, struct hj212_frame *ret)
{
	const size_t from = v->start + HEAD;
	int digits = digits_before(v->b, from, at), quirks;
	size_t tail = 0, n;

	if (digits < 0 || (!digits && !v->lenient))
		return header_behind(v, at);
	if (v->edge->last > v->start)
		return GIVE_UP; /* That end is another's. */
	quirks = tail_at(v->b + at, v->end - at, v->ended, &tail);
	if (quirks < 0)
		return MORE;
	n = at - (size_t)digits - from;
	if (n != length)
		quirks |= HJ212_QUIRK_LENGTH;
	if (settle(v, n, (size_t)digits, at < v->end, (unsigned)quirks, ret) < 0)
		return GIVE_UP;
	return (int)(HEAD + n + (size_t)digits + tail);
}

/* No edge came. At the end of all bytes for now a whole CRC closes the frame; else what is too long is none. */
static int without_edge(struct view *v, size_t length, struct hj212_frame *ret)
{
	int r;

	if (v->ended && digits_before(v->b, v->start + HEAD, v->end) == CRC_DIGITS) {
		r = by_edge(v, length, v->end, ret);
		if (r > 0)
			return r;
	}
	return v->end - v->start > HJ212_DATA_ACCEPT + HEAD + CRC_DIGITS ? GIVE_UP : MORE;
}

static int weigh(struct view *v, struct hj212_frame *ret)
{
	const char *p = v->b + v->start;
	size_t length = 0;
	bool fits;
	int r;

	if (v->end - v->start < HEAD)
		return is_head_begun(p, v->end - v->start) ? MORE : GIVE_UP;
	if (!is_head(p))
		return GIVE_UP;
	for (int i = 2; i < HEAD; i++)
		length = length * 10 + (size_t)(p[i] - '0');
	edge_scan(v);
	fits = length <= HJ212_DATA_ACCEPT && v->edge->refused != v->start + 1;
	if (fits && (!v->edge->at || v->edge->at >= v->start + HEAD + length)) {
		r = by_length(v, length, ret);
		if (r > 0 || (r == MORE && !v->ended))
			return r;
		fits = r == MORE;
		/* While the edge is awaited the CRC is not taken again and again. */
		if (!fits)
			v->edge->refused = v->start + 1;
	}
	if (!v->edge->at)
		return without_edge(v, length, ret);
	r = by_edge(v, length, v->edge->at, ret);
	if (r != NOT_YET)
		return r;
	return fits ? by_length(v, length, ret) : GIVE_UP;
}

/* ---- the stream ---- */

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
	if (n > sizeof(f->buffer) - f->end && f->start) {
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
		struct view v = { .b = f->buffer,
			.start = f->start,
			.end = f->end,
			.ended = ended,
			.lenient = lenient,
			.edge = ended ? &edge : &f->edge,
			.debt = ended ? &debt : &f->debt,
			.work = &f->work };
		int r = weigh(&v, ret);

		if (r > 0) {
			advance(f, (size_t)r);
			return 1;
		}
		if (r == MORE)
			return 0;
		if (f->end - f->start >= HEAD && is_head(f->buffer + f->start))
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

/* ---- one frame ---- */

int hj212_frame_decode(const char *data, size_t n, struct hj212_frame *ret)
{
	struct hj212_edge edge = { 0 };
	size_t debt = 0;
	uint64_t work = 0;
	struct view v = {
		.b = data, .end = n, .ended = true, .lenient = true, .edge = &edge, .debt = &debt, .work = &work
	};
	int r = weigh(&v, ret);

	return r < 0 ? -EBADMSG : r;
}

int hj212_frame_encode(enum hj212_crc dialect, const char *data, size_t n, char *to, size_t size)
{
	static const char hex[] = "0123456789ABCDEF";
	uint16_t crc;
	char *p;

	if (n > HJ212_DATA_MAX || size < HEAD + n + CRC_DIGITS + 2)
		return -EMSGSIZE;
	if (data != to + HEAD)
		memmove(to + HEAD, data, n);
	crc = hj212_crc(dialect, to + HEAD, n);
	to[0] = to[1] = '#';
	to[2] = (char)('0' + n / 1000);
	to[3] = (char)('0' + n / 100 % 10);
	to[4] = (char)('0' + n / 10 % 10);
	to[5] = (char)('0' + n % 10);
	p = to + HEAD + n;
	for (int shift = 12; shift >= 0; shift -= 4)
		*p++ = hex[crc >> shift & 15];
	*p++ = '\r';
	*p++ = '\n';
	return p - to;
}
