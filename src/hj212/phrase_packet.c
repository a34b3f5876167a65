/* Items into packets: cut between items and apart by ST, each with its DataTime and its header. Fails for what no
 * packet can hold. */
#include "hjgate/hj212_phrase.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/cleanup.h"
#include "hjgate/clock.h"

#define PW_USUAL 6 /* bytes: a platform may set one of this length at any time */

#define ITEMS_MAX   ((size_t)HJ212_PHRASE_PIECES * HJ212_CP_MAX) /* bytes: no packets hold more */
#define FEW         99 /* packets of a part whose PNUM and PNO have the digits that hj212_phrase_room() counts */
#define MORE_DIGITS 4  /* that PNUM and PNO have together where there are more packets */
_Static_assert(HJ212_PHRASE_PIECES <= 9999, "PNUM has four digits, two of them counted already");

struct cutting {
	struct hj212_phrase_cut *to;
	const char *items;
};

static int take_piece(unsigned pno, struct hj212_slice piece, void *userdata)
{
	struct cutting *c = userdata;

	if (c->to->count == HJ212_PHRASE_PIECES)
		return -EMSGSIZE;
	c->to->pieces[c->to->count].at = (uint32_t)(piece.p - c->items);
	c->to->pieces[c->to->count].part = (uint8_t)c->to->part_count;
	c->to->pieces[c->to->count++].n = (uint16_t)piece.n;
	return 0;
}

/* "MARK ST MARK" at *p, or nothing where the uplink's own part begins there. */
static int take_mark(const char **p, const char *end, char ret_st[HJ212_PHRASE_ST_MAX + 1])
{
	const char *close;

	ret_st[0] = '\0';
	if (*p == end || **p != HJ212_PHRASE_MARK)
		return 0;
	close = memchr(*p + 1, HJ212_PHRASE_MARK, (size_t)(end - *p - 1));
	if (!close || close - *p - 1 > HJ212_PHRASE_ST_MAX)
		return -EBADMSG;
	memcpy(ret_st, *p + 1, (size_t)(close - *p - 1));
	ret_st[close - *p - 1] = '\0';
	*p = close + 1;
	return 0;
}

/* Where there are more than few packets, their longer numbers need some of the room. */
static int cut_items(struct cutting *c, struct hj212_slice items, size_t cp_max)
{
	const size_t head = sizeof(HJ212_PHRASE_HEAD) - 1;
	unsigned first = c->to->count;
	int r = hj212_split(items, head, cp_max, take_piece, c);

	if (r <= FEW)
		return r;
	c->to->count = first;
	return hj212_split(items, head, cp_max - MORE_DIGITS, take_piece, c);
}

static int cut_part(struct cutting *c, const char **p, const char *end, size_t cp_max)
{
	struct hj212_phrase_cut *to = c->to;
	const char *stop;
	int r;

	if (to->part_count == HJ212_PHRASE_PARTS)
		return -EMSGSIZE;
	r = take_mark(p, end, to->parts[to->part_count].st);
	if (r < 0)
		return r;
	stop = memchr(*p, HJ212_PHRASE_MARK, (size_t)(end - *p));
	stop = stop ? stop : end;
	to->parts[to->part_count].first = (uint16_t)to->count;
	r = cut_items(c, (struct hj212_slice){ *p, (size_t)(stop - *p) }, cp_max);
	if (r < 0)
		return r;
	to->parts[to->part_count].count = (uint16_t)(to->count - to->parts[to->part_count].first);
	to->part_count++;
	*p = stop;
	return 0;
}

int hj212_phrase_cut(struct hj212_slice items, size_t cp_max, struct hj212_phrase_cut *ret)
{
	const char *p = items.p, *end = items.p + items.n;
	struct cutting c = { ret, items.p };
	int r = 0;

	ret->count = ret->part_count = 0;
	if (items.n > ITEMS_MAX)
		return -EMSGSIZE;
	while (p < end && r >= 0)
		r = cut_part(&c, &p, end, cp_max);
	if (r < 0)
		ret->count = ret->part_count = 0;
	return r < 0 ? r : 0;
}

struct hj212_phrase_cut *hj212_phrase_cut_keep(const struct hj212_phrase_cut *c)
{
	size_t n = offsetof(struct hj212_phrase_cut, pieces) + c->count * sizeof(c->pieces[0]);
	void *copy = malloc(n);

	return copy ? memcpy(copy, c, n) : NULL;
}

struct hj212_phrase_place hj212_phrase_place(const struct hj212_phrase_cut *c, unsigned i)
{
	unsigned part = c->pieces[i].part, count = c->parts[part].count;
	struct hj212_phrase_place at = { .st = c->parts[part].st[0] ? c->parts[part].st : NULL };

	if (count > 1) {
		at.pnum = count;
		at.pno = i - c->parts[part].first + 1;
	}
	return at;
}

int hj212_phrase_cp(
        const struct hj212_phrase_cut *c, const char *items, unsigned i, int64_t label_ms, char *to, size_t size)
{
	char time[HJ_TIME14_LEN + 1];
	int n;

	hj_time14_format(label_ms, time);
	n = snprintf(to, size, "DataTime=%s;%.*s", time, c->pieces[i].n, items + c->pieces[i].at);
	return (size_t)n < size ? n : -EMSGSIZE;
}

size_t hj212_phrase_room(const struct hj212_phrase_sender *s)
{
	/* QN=17; ST=..; CN=....; PW=; MN=; Flag=.; PNUM=..; PNO=..; CP=&&&& */
	const size_t names = 20 + 1 + 3 + 1 + 7 + 1 + 3 + 1 + 3 + 1 + 6 + 1 + 7 + 1 + 6 + 1 + 7;
	const size_t rf = s->edition == HJ212_2025 ? sizeof("RF=1;") - 1 : 0;
	size_t head = names + rf + HJ212_PHRASE_ST_MAX + strlen(s->mn) + hj_max(strlen(s->pw), (size_t)PW_USUAL);

	return hj_min((size_t)HJ212_CP_MAX, HJ212_DATA_MAX - head);
}

/* HJ/T 212-2005 prints an upload that wants no answer without QN and Flag. */
static bool is_bare(const struct hj212_phrase_sender *s)
{
	return s->edition == HJ212_2005 && s->unanswered;
}

static int put_frame(const struct hj212_phrase_sender *s, const struct hj212_message *m, char *to, size_t size)
{
	int n = hj212_message_frame(m, s->crc, to, size);

	if (n > 0 && s->crc_lower)
		hj212_frame_crc_lower(to, (size_t)n);
	return n;
}

int hj212_phrase_frame(
        const struct hj212_phrase_sender *s, const struct hj212_phrase_packet *p, char *to, size_t size)
{
	struct hj212_phrase_place at = hj212_phrase_place(p->cut, p->index);
	const char *st = at.st ? at.st : s->st;
	bool bare = is_bare(s);
	int flag = hj212_edition_flag(s->edition) | (s->unanswered ? 0 : HJ212_FLAG_ACK);
	char cp[HJ212_DATA_MAX], qn[HJ_TIME17_LEN + 1];
	struct hj212_message m = { .qn = { qn, bare ? 0 : HJ_TIME17_LEN },
		.st = { st, strlen(st) },
		.cn = p->cn,
		.pw = { s->pw, strlen(s->pw) },
		.mn = { s->mn, strlen(s->mn) },
		.flag = bare && !at.pnum ? HJ212_FLAG_ABSENT : flag | (at.pnum ? HJ212_FLAG_SPLIT : 0),
		.pnum = at.pnum,
		.pno = at.pno };
	int n = hj212_phrase_cp(p->cut, p->items, p->index, p->label_ms, cp, sizeof(cp));

	if (n < 0)
		return n;
	hj_time17_format(p->qn_ms, qn);
	m.cp = (struct hj212_slice){ cp, (size_t)n };
	return put_frame(s, &m, to, size);
}

int hj212_phrase_own(
        const struct hj212_phrase_sender *s, int cn, const char *cp, int64_t qn_ms, char *to, size_t size)
{
	char qn[HJ_TIME17_LEN + 1];
	struct hj212_message m = { .qn = { qn, is_bare(s) ? 0 : HJ_TIME17_LEN },
		.st = { s->st, strlen(s->st) },
		.cn = cn,
		.pw = { s->pw, strlen(s->pw) },
		.mn = { s->mn, strlen(s->mn) },
		.flag = is_bare(s) ? HJ212_FLAG_ABSENT
		                   : hj212_edition_flag(s->edition) | (s->unanswered ? 0 : HJ212_FLAG_ACK),
		.cp = { cp, strlen(cp) } };

	hj_time17_format(qn_ms, qn);
	return put_frame(s, &m, to, size);
}

int hj212_phrase_answer(const struct hj212_phrase_sender *s, int cn, int asked, int64_t qn_ms, char *to, size_t size)
{
	bool old = s->edition == HJ212_2005;
	char qn[HJ_TIME17_LEN + 1], cp[HJ_TIME17_LEN + sizeof("QN=;CN=9999")];
	struct hj212_message m = { .qn = { qn, old ? 0 : HJ_TIME17_LEN },
		.st = { "91", 2 },
		.cn = cn,
		.pw = { s->pw, strlen(s->pw) },
		.mn = { s->mn, strlen(s->mn) },
		.flag = hj212_edition_flag(s->edition),
		.cp = { cp, 0 } };

	hj_time17_format(qn_ms, qn);
	if (old)
		m.cp.n = (size_t)snprintf(cp, sizeof(cp), "QN=%s;CN=%d", qn, asked);
	return put_frame(s, &m, to, size);
}
