/* One candidate for a frame; see hj212_frame.h. Nothing is owned or allocated: the bytes are the caller's, and so is
 * what is known of them from one call to the next.
 *
 * A frame is found by its length. Where the length is wrong, the frame's end shows by an edge: "&&", the CRC, and
 * then the line's end or the next header. Each decision is made at a fixed byte of the stream, however the stream is
 * cut, and the earlier end wins: a frame whose length promises too much does not hold up those behind it. */
#include "weigh.h"
#include "hjgate/cleanup.h"

#include <errno.h>
#include <string.h>

#define CRC_DIGITS     4
#define EDGE_LOOKAHEAD (2 + HJ212_HEAD) /* CR LF and the next header */

enum { NOT_YET = -2 }; /* of an edge: it shows no frame */

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

bool hj212_is_head(const char *p)
{
	return p[0] == '#' && p[1] == '#' && is_digit(p[2]) && is_digit(p[3]) && is_digit(p[4]) && is_digit(p[5]);
}

/* May the n bytes, fewer than HJ212_HEAD, become a header? */
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

static void edge_scan(struct hj212_view *v)
{
	struct hj212_edge *e = v->edge;
	const size_t from = v->start + HJ212_HEAD;

	if (e->scanned < from) /* An edge that was found is where the search stopped. */
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
		if (v->end - i < HJ212_HEAD && is_head_begun(v->b + i, v->end - i) && !v->ended)
			return;
		if (v->end - i >= HJ212_HEAD && hj212_is_head(v->b + i)) {
			if (digits_before(v->b, from, i) == CRC_DIGITS)
				e->at = i;
			else
				e->last = i;
		}
		e->scanned += !e->at;
	}
}

/* ---- one candidate ---- */

/* The tail at p: its length and, where it is not CR LF, HJ212_QUIRK_TAIL; HJ212_MORE comes as -EAGAIN. */
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
static int settle(struct hj212_view *v, size_t n, size_t digits, bool plain, unsigned quirks, struct hj212_frame *ret)
{
	const char *data = v->b + v->start + HJ212_HEAD;
	struct hj212_frame frame = { .data = data, .n = n, .dialect = HJ212_CRC_NONE };

	if (n > HJ212_DATA_ACCEPT || *v->debt > HJ212_DEBT_MAX)
		return HJ212_GIVE_UP;
	*v->debt += n;
	*v->work += n;
	frame.quirks =
	        quirks | crc_digits_read(data + n, digits, &frame.crc) | (n > HJ212_DATA_MAX ? HJ212_QUIRK_LONG : 0);
	if (digits)
		frame.dialect = hj212_crc_find(data, n, frame.crc);
	frame.crc_ok = frame.dialect != HJ212_CRC_NONE;
	if (!frame.crc_ok && !(v->lenient && plain))
		return HJ212_GIVE_UP;
	*ret = frame;
	return 1;
}

static int by_length(struct hj212_view *v, size_t length, struct hj212_frame *ret)
{
	const size_t at = v->start + HJ212_HEAD + length;
	size_t digits = 0, tail = 0;
	int quirks;

	if (v->end < at)
		return HJ212_MORE;
	while (digits < CRC_DIGITS && at + digits < v->end && hex_value(v->b[at + digits]) >= 0)
		digits++;
	if (digits < CRC_DIGITS && at + digits == v->end)
		return HJ212_MORE;
	quirks = tail_at(v->b + at + digits, v->end - at - digits, v->ended, &tail);
	if (quirks < 0)
		return HJ212_MORE;
	if (digits < CRC_DIGITS && !tail)
		return HJ212_GIVE_UP;
	if (settle(v, length, digits, tail || at + digits == v->end || v->b[at + digits] == '#', (unsigned)quirks,
	            ret) < 0)
		return HJ212_GIVE_UP;
	return (int)(HJ212_HEAD + length + digits + tail);
}

/* Behind the line's end a header begins: whatever the length said, the frame before has ended. */
static int header_behind(const struct hj212_view *v, size_t at)
{
	size_t i = at;

	while (i < v->end && i < at + 2 && (v->b[i] == '\r' || v->b[i] == '\n'))
		i++;
	if (v->end - i >= HJ212_HEAD)
		return hj212_is_head(v->b + i) ? HJ212_GIVE_UP : NOT_YET;
	return !v->ended && v->end < at + EDGE_LOOKAHEAD && is_head_begun(v->b + i, v->end - i) ? HJ212_MORE
	                                                                                        : NOT_YET;
}

/* NOT_YET: the edge shows no frame, so the length decides. */
static int by_edge(struct hj212_view *v, size_t length, size_t at, struct hj212_frame *ret)
{
	const size_t from = v->start + HJ212_HEAD;
	int digits = digits_before(v->b, from, at), quirks;
	size_t tail = 0, n;

	if (digits < 0 || (!digits && !v->lenient))
		return header_behind(v, at);
	if (v->edge->last > v->start)
		return HJ212_GIVE_UP; /* That end is another's. */
	quirks = tail_at(v->b + at, v->end - at, v->ended, &tail);
	if (quirks < 0)
		return HJ212_MORE;
	n = at - (size_t)digits - from;
	if (n != length)
		quirks |= HJ212_QUIRK_LENGTH;
	if (settle(v, n, (size_t)digits, at < v->end, (unsigned)quirks, ret) < 0)
		return HJ212_GIVE_UP;
	return (int)(HJ212_HEAD + n + (size_t)digits + tail);
}

/* No edge came. At the end of all bytes for now a whole CRC closes the frame; else what is too long is none. */
static int without_edge(struct hj212_view *v, size_t length, struct hj212_frame *ret)
{
	int r;

	if (v->ended && digits_before(v->b, v->start + HJ212_HEAD, v->end) == CRC_DIGITS) {
		r = by_edge(v, length, v->end, ret);
		if (r > 0)
			return r;
	}
	return v->end - v->start > HJ212_DATA_ACCEPT + HJ212_HEAD + CRC_DIGITS ? HJ212_GIVE_UP : HJ212_MORE;
}

int hj212_weigh(struct hj212_view *v, struct hj212_frame *ret)
{
	const char *p = v->b + v->start;
	size_t length = 0;
	bool fits;
	int r;

	if (v->end - v->start < HJ212_HEAD)
		return is_head_begun(p, v->end - v->start) ? HJ212_MORE : HJ212_GIVE_UP;
	if (!hj212_is_head(p))
		return HJ212_GIVE_UP;
	for (int i = 2; i < HJ212_HEAD; i++)
		length = length * 10 + (size_t)(p[i] - '0');
	edge_scan(v);
	fits = length <= HJ212_DATA_ACCEPT && v->edge->refused != v->start + 1;
	if (fits && (!v->edge->at || v->edge->at >= v->start + HJ212_HEAD + length)) {
		r = by_length(v, length, ret);
		if (r > 0 || (r == HJ212_MORE && !v->ended))
			return r;
		fits = r == HJ212_MORE;
		/* While the edge is awaited the CRC is not taken again and again. */
		if (!fits)
			v->edge->refused = v->start + 1;
	}
	if (!v->edge->at)
		return without_edge(v, length, ret);
	r = by_edge(v, length, v->edge->at, ret);
	if (r != NOT_YET)
		return r;
	return fits ? by_length(v, length, ret) : HJ212_GIVE_UP;
}

/* ---- one frame alone ---- */

int hj212_frame_decode(const char *data, size_t n, struct hj212_frame *ret)
{
	struct hj212_edge edge = { 0 };
	size_t debt = 0;
	uint64_t work = 0;
	struct hj212_view v = {
		.b = data, .end = n, .ended = true, .lenient = true, .edge = &edge, .debt = &debt, .work = &work
	};
	int r = hj212_weigh(&v, ret);

	if (r < 0)
		return -EBADMSG;
	if (r > 0)
		ret->whole = (size_t)r;
	return r;
}

int hj212_frame_encode(enum hj212_crc dialect, const char *data, size_t n, char *to, size_t size)
{
	static const char hex[] = "0123456789ABCDEF";
	uint16_t crc;
	char *p;

	if (n > HJ212_DATA_MAX || size < HJ212_HEAD + n + CRC_DIGITS + 2)
		return -EMSGSIZE;
	if (data != to + HJ212_HEAD)
		memmove(to + HJ212_HEAD, data, n);
	crc = hj212_crc(dialect, to + HJ212_HEAD, n);
	to[0] = to[1] = '#';
	to[2] = (char)('0' + n / 1000);
	to[3] = (char)('0' + n / 100 % 10);
	to[4] = (char)('0' + n / 10 % 10);
	to[5] = (char)('0' + n % 10);
	p = to + HJ212_HEAD + n;
	for (int shift = 12; shift >= 0; shift -= 4)
		*p++ = hex[crc >> shift & 15];
	*p++ = '\r';
	*p++ = '\n';
	return p - to;
}

void hj212_frame_crc_lower(char *frame, size_t n)
{
	for (char *p = frame + n - 2 - CRC_DIGITS; p < frame + n - 2; p++)
		if (*p >= 'A')
			*p |= 0x20;
}
