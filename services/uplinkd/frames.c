/* The ring of frames. Always on, so that after trouble one can see what was said. Passwords stay in it, since an
 * administrator may need them; who may see them is decided where it is shown.
 *
 * The bytes lie in one block, used round and round: a frame is in one piece, and what would not fit before the end
 * begins at the start. */
#include "frames.h"

#include <stdlib.h>
#include <string.h>

#include "hjgate/cleanup.h"

/* ---- as text ---- */

/* Length of the UTF-8 character at p, 0 for none: JSON takes nothing else. */
static size_t character(const unsigned char *p, size_t n)
{
	size_t len = *p < 0x80 ? 1 : (*p & 0xE0) == 0xC0 ? 2 : (*p & 0xF0) == 0xE0 ? 3 : (*p & 0xF8) == 0xF0 ? 4 : 0;
	unsigned code = len > 1 ? *p & (0x7Fu >> len) : *p;

	if (!len || len > n)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3Fu);
	}
	if (code < ' ' || code == 0x7F || (len > 1 && code < (len == 2 ? 0x80u : len == 3 ? 0x800u : 0x10000u)))
		return 0;
	return code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF) ? 0 : len;
}

char *frames_text(const char *frame, size_t n, bool *ret_exact)
{
	bool exact = n >= 2 && !memcmp(frame + n - 2, "\r\n", 2);
	char *text;

	n -= exact ? 2 : 0;
	while (n && (frame[n - 1] == '\r' || frame[n - 1] == '\n')) {
		n--;
		exact = false;
	}
	text = malloc(n + 1);
	if (!text)
		return NULL;
	memcpy(text, frame, n);
	text[n] = '\0';
	for (size_t i = 0; i < n;) {
		size_t len = character((unsigned char *)text + i, n - i);

		if (!len)
			text[i] = '?';
		exact &= len > 0;
		i += len ? len : 1;
	}
	*ret_exact = exact;
	return text;
}

const char *frames_fate_name(enum hj212_fate fate)
{
	static const char *const names[HJ212_FATES] = { [HJ212_FATE_NONE] = "",
		[HJ212_FATE_WAITS] = "waits",
		[HJ212_FATE_WRITTEN] = "written",
		[HJ212_FATE_ACKNOWLEDGED] = "acknowledged",
		[HJ212_FATE_DENIED] = "denied",
		[HJ212_FATE_GIVEN_UP] = "given-up",
		[HJ212_FATE_CUT_OFF] = "cut-off",
		[HJ212_FATE_REPLACED] = "replaced",
		[HJ212_FATE_ACKNOWLEDGES] = "acknowledges",
		[HJ212_FATE_DENIES] = "denies",
		[HJ212_FATE_LATE] = "late",
		[HJ212_FATE_OTHER_MN] = "other-mn",
		[HJ212_FATE_BAD_CRC] = "bad-crc",
		[HJ212_FATE_UNREADABLE] = "unreadable",
		[HJ212_FATE_TAKEN] = "taken",
		[HJ212_FATE_REFUSED] = "refused",
		[HJ212_FATE_REPEATED] = "repeated",
		[HJ212_FATE_PASSED] = "passed" };

	return (unsigned)fate < HJ212_FATES && names[fate] ? names[fate] : "";
}

/* ---- the ring ---- */

static struct frames_one *at(const struct frames *f, unsigned i)
{
	return &f->ring[(f->first + i) % FRAMES_MOST];
}

static void forget_oldest(struct frames *f)
{
	f->first = (f->first + 1) % FRAMES_MOST;
	f->count--;
}

/* Where n bytes in one piece may go: what lies there is forgotten, oldest first. */
static size_t make_room(struct frames *f, size_t n)
{
	size_t to = f->used_to;

	if (to + n > FRAMES_BYTES) {
		while (f->count && at(f, 0)->at >= to) /* behind the newest, to the end */
			forget_oldest(f);
		to = 0;
	}
	while (f->count && at(f, 0)->at < to + n && at(f, 0)->at + at(f, 0)->n > to)
		forget_oldest(f);
	return to;
}

static bool has_room(struct frames *f)
{
	char *block = f->ring ? NULL : malloc(FRAMES_MOST * sizeof(*f->ring) + FRAMES_BYTES);

	if (block) {
		f->ring = (struct frames_one *)(void *)block;
		f->bytes = block + FRAMES_MOST * sizeof(*f->ring);
	}
	return f->ring;
}

/* In the header, or in the CP of HJ/T 212-2005. */
static void read_qn(const char *frame, size_t n, char ret[HJ_TIME17_LEN + 1])
{
	const char *p = memmem(frame, n, "QN=", 3), *end = frame + n, *to;

	p = p ? p + 3 : end;
	for (to = p; to < end && *to >= '0' && *to <= '9'; to++)
		;
	if (to - p == HJ_TIME17_LEN)
		memcpy(ret, p, HJ_TIME17_LEN);
}

/* The upload that is now sent again: how it waits is taken over. True: the same bytes, and counted there. */
static bool is_copy(struct frames *f, const char *qn, const char *frame, size_t n, struct hj_now now, bool *ret_waits)
{
	for (unsigned i = f->count; *qn && i-- > 0;) {
		struct frames_one *one = at(f, i);

		if (!one->out || strcmp(one->qn, qn) ||
		        (one->fate != HJ212_FATE_WAITS && one->fate != HJ212_FATE_DENIED))
			continue;
		*ret_waits = true;
		if (one->fate == HJ212_FATE_DENIED)
			return false;
		one->version = ++f->version;
		if (one->n == n && !memcmp(frames_bytes(f, one), frame, n)) {
			one->resent++;
			one->resent_ms = now.wall_ms;
			return true;
		}
		one->fate = HJ212_FATE_REPLACED;
		return false;
	}
	return false;
}

void frames_put(struct frames *f, bool out, const char *frame, size_t n, struct hj_now now)
{
	struct frames_one one = {
		.mono = now.mono, .time_ms = now.wall_ms, .out = out, .n = (uint32_t)n, .after_ms = -1
	};
	bool waits = false;

	if (n > FRAMES_BYTES || !has_room(f))
		return;
	read_qn(frame, n, one.qn);
	if (out && is_copy(f, one.qn, frame, n, now, &waits))
		return;
	if (f->count == FRAMES_MOST)
		forget_oldest(f);
	one.at = (uint32_t)make_room(f, n);
	memcpy(f->bytes + one.at, frame, n);
	f->used_to = one.at + n;
	one.number = ++f->number;
	one.version = ++f->version;
	one.fate = waits ? HJ212_FATE_WAITS : HJ212_FATE_NONE;
	if (!out)
		f->last_in = one.number;
	*at(f, f->count++) = one;
}

static void settle(struct frames *f, struct frames_one *one, enum hj212_fate fate, int code, struct hj_now now)
{
	one->fate = fate;
	one->code = code;
	one->after_ms = (int64_t)((now.mono - hj_min(one->mono, now.mono)) / HJ_USEC_PER_MS);
	one->version = ++f->version;
}

void frames_fate(struct frames *f, enum hj212_fate fate, const char *qn, int code, struct hj_now now)
{
	for (unsigned i = f->count; i-- > 0;) {
		struct frames_one *one = at(f, i);
		bool open = one->out && (one->fate == HJ212_FATE_NONE || one->fate == HJ212_FATE_WAITS);

		if (qn ? !open || strcmp(one->qn, qn) : one->number != f->last_in)
			continue;
		settle(f, one, fate, code, now);
		return;
	}
}

const struct frames_one *frames_at(const struct frames *f, unsigned i)
{
	return i < f->count ? at(f, i) : NULL;
}

const char *frames_bytes(const struct frames *f, const struct frames_one *one)
{
	return f->bytes + one->at;
}

void frames_done(struct frames *f)
{
	free(f->ring);
	*f = (struct frames){ 0 };
}
