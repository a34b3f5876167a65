/* Messages: slices inside the data; what was understood, written and read again, is the same; split and joined again
 * no field is lost. */
#include <errno.h>
#include <string.h>

#include "hjgate/cleanup.h"
#include "hjgate/hj212_frame.h"
#include "hjgate/hj212_message.h"
#include "fuzz.h"

#define SMALL_CP 64 /* bytes of a packet here: many packets */

static void inside(struct hj212_slice s, const char *data, size_t size)
{
	claim(!s.n || (s.p >= data && s.p + s.n <= data + size));
}

static void same_again(const struct hj212_message *m)
{
	static char once[32 << 10], twice[32 << 10];
	struct hj212_message back;
	int n = hj212_message_encode(m, once, sizeof(once));

	claim(n > 0);
	claim(!hj212_message_decode(once, (size_t)n, &back));
	claim(!(back.odd & (HJ212_ODD_ORDER | HJ212_ODD_SEPARATOR | HJ212_ODD_NO_CP | HJ212_ODD_QN_IN_CP)));
	claim(back.cn == m->cn && back.pnum == m->pnum && back.pno == m->pno);
	claim(back.flag == hj_max(m->flag, HJ212_FLAG_ABSENT)); /* what cannot be read is not said again */
	claim(hj212_message_encode(&back, twice, sizeof(twice)) == n && !memcmp(once, twice, (size_t)n));
	claim(hj212_message_encode(m, twice, (size_t)n) == n);
	claim(hj212_message_encode(m, twice, (size_t)n - 1) == -EMSGSIZE);
}

static void framed(const struct hj212_message *m)
{
	char frame[HJ212_FRAME_MAX];
	struct hj212_frame f;
	int n = hj212_message_frame(m, HJ212_CRC_ANNEXA, frame, sizeof(frame));

	/* A line's end or a header behind "&&" may end a frame early: the standard allows neither inside. */
	if (n < 0 || memmem(frame + 2, (size_t)n - 2, "##", 2) || memchr(frame, '\n', (size_t)n - 1) ||
	        memchr(frame, '\r', (size_t)n - 2))
		return;
	claim(hj212_frame_decode(frame, (size_t)n, &f) == n);
	claim(f.crc_ok && f.dialect == HJ212_CRC_ANNEXA && (int)f.n == n - 12);
}

struct joiner {
	struct hj212_join join;
	struct hj212_slice whole;
	unsigned pnum;
	int last;
};

static int join_piece(unsigned pno, struct hj212_slice piece, void *userdata)
{
	struct joiner *j = userdata;
	struct hj212_message m = { .cn = 2051, .pnum = j->pnum, .pno = pno, .cp = piece };

	j->last = hj212_join_put(&j->join, &m, &j->whole);
	claim(j->last == (pno == j->pnum));
	return 0;
}

static void same_fields(struct hj212_slice a, struct hj212_slice b)
{
	struct hj212_fields fa, fb;
	struct hj212_field x, y;
	int r;

	hj212_fields_init(&fa, a);
	hj212_fields_init(&fb, b);
	do {
		r = hj212_fields_next(&fa, &x);
		claim(hj212_fields_next(&fb, &y) == r);
		claim(!r || (x.item == y.item && x.name.n == y.name.n && x.value.n == y.value.n));
		claim(!r || (!memcmp(x.name.p, y.name.p, x.name.n) && !memcmp(x.value.p, y.value.p, x.value.n)));
	} while (r > 0);
}

static void split_and_joined(struct hj212_slice cp)
{
	static char room[HJ212_JOIN_MAX];
	static struct joiner j;
	const struct hj212_message m = { .cp = cp };
	int n = hj212_split(cp, 0, SMALL_CP, NULL, NULL);

	/* A DataTime stands before each packet and is taken away again: not here. */
	if (n < 2 || n > HJ212_JOIN_PACKETS || hj212_message_get(&m, "DataTime", true).p)
		return;
	hj212_join_init(&j.join, room);
	j.pnum = (unsigned)n;
	claim(hj212_split(cp, 0, SMALL_CP, join_piece, &j) == n);
	claim(j.last == 1);
	same_fields(cp, j.whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct hj212_message m;

	if (hj212_message_decode(text, size, &m) < 0)
		return 0;
	inside(m.qn, text, size);
	inside(m.st, text, size);
	inside(m.pw, text, size);
	inside(m.mn, text, size);
	inside(m.cp, text, size);
	same_again(&m);
	framed(&m);
	split_and_joined(m.cp);
	return 0;
}
