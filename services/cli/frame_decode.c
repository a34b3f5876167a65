/* Frames out of text or a raw stream. Lines are gathered in one bounded buffer and taken apart from its start: a
 * frame is whatever "##" and four digits begin, so that what stands before it in a line (a time, an arrow) does no
 * harm; a line without one is bad. "\r\n" spelt out behind a frame is a line's end too, as documents write it. */
#include <errno.h>
#include <string.h>

#include "frame.h"
#include "output.h"

#define HEAD      6 /* "##" and four digits */
#define FRAME_MAX (HEAD + HJ212_DATA_ACCEPT + 6)
#define PIECE_MAX (2 * FRAME_MAX) /* bytes; a longer line is taken in pieces */

struct reader {
	char buffer[FRAME_MAX + PIECE_MAX];
	size_t n;
	bool line_start; /* the buffer begins where a line does */
	FILE *out;
	frame_show_fn show;
	bool bad;
};

/* ---- one frame ---- */

static const char *error_of(const struct frame_seen *s)
{
	if (s->frame.quirks & HJ212_QUIRK_LENGTH)
		return s->frame.crc_ok ? N_("the length is wrong") : N_("the length and the CRC are wrong");
	if (s->frame.crc_ok || s->masked)
		return NULL;
	return s->frame.quirks & HJ212_QUIRK_CRC_SHORT && !s->frame.crc ? N_("there is no CRC")
	                                                                : N_("the CRC is wrong in every dialect");
}

/* As hjgate itself shows frames: its CRC is that of the frame with its password. */
static bool is_masked(struct hj212_slice pw)
{
	size_t n = 0;

	while (n < pw.n && pw.p[n] == '*')
		n++;
	return n && n == pw.n;
}

static void show_frame(struct reader *r, const struct hj212_frame *frame, const char *head, size_t used, size_t left)
{
	struct frame_seen seen = { .framed = true, .frame = *frame };
	bool line_ends = used == left || head[used - 1] == '\n' || head[used] == '\n';

	for (int i = 2; i < HEAD; i++)
		seen.declared = seen.declared * 10 + (unsigned)(head[i] - '0');
	/* A line of text ends as the system's lines do. */
	seen.quirks = frame->quirks & ~(line_ends ? HJ212_QUIRK_TAIL : 0u);
	seen.understood = !hj212_message_decode(frame->data, frame->n, &seen.message);
	seen.masked = seen.understood && is_masked(seen.message.pw);
	seen.error = error_of(&seen);
	seen.ok = !seen.error;
	r->bad |= !seen.ok;
	r->show(&seen, r->out);
}

static void show_error(struct reader *r, const char *error)
{
	const struct frame_seen seen = { .error = error };

	r->bad = true;
	r->show(&seen, r->out);
}

/* ---- the input ---- */

static bool is_head(const char *p, const char *end)
{
	if (end - p < HEAD || p[0] != '#' || p[1] != '#')
		return false;
	for (int i = 2; i < HEAD; i++)
		if (p[i] < '0' || p[i] > '9')
			return false;
	return true;
}

static const char *find_head(const char *p, const char *end)
{
	while (p < end && !is_head(p, end))
		p++;
	return p;
}

static const char *line_end(const char *p, const char *end)
{
	const char *lf = memchr(p, '\n', (size_t)(end - p));

	return lf ? lf : end;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* One step at p: how much is done with, 0 = more input is needed first. */
static size_t step(struct reader *r, const char *p, const char *end, bool at_end)
{
	const char *stop = line_end(p, end), *head;
	struct hj212_frame frame;
	int used;

	if (is_blank(*p)) {
		r->line_start |= *p == '\n';
		return 1;
	}
	if (r->line_start && p[0] == '#' && (end - p < 2 || p[1] == ' '))
		return (size_t)(stop - p);
	head = find_head(p, stop);
	r->line_start = false;
	if (head == stop) {
		show_error(r, p[0] == '#' && stop - p > 1 && p[1] == '#'
		                      ? N_("the length is no number of four digits")
		                      : N_("there is no frame"));
		return (size_t)(stop - p);
	}
	if (head > p)
		return (size_t)(head - p);
	used = hj212_frame_decode(head, (size_t)(end - head), &frame);
	if (used > 0) {
		r->line_start = head[used - 1] == '\n';
		show_frame(r, &frame, head, (size_t)used, (size_t)(end - head));
		return (size_t)used;
	}
	if (used == 0 && !at_end && end - head < FRAME_MAX)
		return 0;
	show_error(r, N_("the frame is cut off, or its length and its CRC are wrong"));
	return (size_t)(find_head(head + 1, stop) - p);
}

static void work_off(struct reader *r, bool at_end)
{
	const char *p = r->buffer, *const end = r->buffer + r->n;
	size_t used = 1;

	while (p < end && used) {
		used = step(r, p, end, at_end);
		p += used;
	}
	r->n = (size_t)(end - p);
	memmove(r->buffer, p, r->n);
	fflush(r->out);
	cli_output_failed();
}

/* Documents spell a line's end out: four characters, before the real one or before the next frame. */
static void take_spelt_ends(char *p, size_t n, bool at_end)
{
	static const char spelt[] = "\\r\\n";
	const size_t k = sizeof(spelt) - 1;
	char *q = p, *const end = p + n;

	while ((q = memmem(q, (size_t)(end - q), spelt, k)) != NULL) {
		if (q + k == end ? at_end : q[k] == '\n' || q[k] == '\r' || q[k] == '#')
			memcpy(q, "\r\n\r\n", k);
		q += k;
	}
}

/* A line, or a piece of one where it is too long. */
static size_t read_line(FILE *in, char *to, size_t most)
{
	size_t n = 0;
	int c;

	while (n < most && (c = getc(in)) != EOF) {
		to[n++] = (char)c;
		if (c == '\n')
			break;
	}
	return n;
}

int frame_decode(FILE *in, FILE *out, frame_show_fn show)
{
	static struct reader r;
	size_t n;

	r = (struct reader){ .out = out, .show = show, .line_start = true };
	while (!ferror(out) && (n = read_line(in, r.buffer + r.n, sizeof(r.buffer) - r.n)) > 0) {
		take_spelt_ends(r.buffer + r.n, n, feof(in));
		r.n += n;
		work_off(&r, false);
	}
	work_off(&r, true);
	return r.bad || ferror(in) ? HJ_EXIT_REFUSED : HJ_EXIT_OK;
}
