/* Ranges of seqs, sorted and disjoint, never touching. Bounded: when one more range has no room, the two nearest are
 * joined, so that what lies between is sent again; nothing owed is ever forgotten. */
#include "hjgate/seqset.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#define RANGE_BYTES 16

/* Index of the first range that ends at or after seq. */
static size_t first_reaching(const struct hj_seqset *s, uint64_t seq)
{
	size_t i = 0;

	while (i < s->count && s->ranges[i].to < seq)
		i++;
	return i;
}

static void erase(struct hj_seqset *s, size_t at, size_t n)
{
	memmove(&s->ranges[at], &s->ranges[at + n], (s->count - at - n) * sizeof(s->ranges[0]));
	s->count -= n;
}

#define NO_HOLE SIZE_MAX
#define NEAR    16 /* ranges: of 32 records that are under way every second one, confirmed before the others */

_Static_assert(HJ_SEQSET_MAX > 2 * NEAR + 2, "some gap is not near");

static bool is_near(size_t a, size_t b)
{
	return (a > b ? a - b : b - a) <= NEAR;
}

/* Closes the smallest gap, so that one range becomes free. Not that behind range `hole`, where something has just
 * been removed, nor those beside it: what was removed there would be back for good, and of a long stretch that is
 * confirmed out of order nothing would ever go. Nor the last one, for the same reason: what is newest comes and goes.
 * Another gap may be larger, but few are closed: holes that are left alone grow together. */
static void join_nearest(struct hj_seqset *s, size_t hole)
{
	size_t best = 0;
	uint64_t gap = UINT64_MAX;

	for (size_t i = 0; i + 2 < s->count; i++) {
		uint64_t between = s->ranges[i + 1].from - s->ranges[i].to - 1;

		if (between >= gap || (hole != NO_HOLE && is_near(i, hole)))
			continue;
		gap = between;
		best = i;
	}
	s->joined += gap;
	s->ranges[best].to = s->ranges[best + 1].to;
	erase(s, best + 1, 1);
}

static void insert(struct hj_seqset *s, size_t at, struct hj_range range)
{
	memmove(&s->ranges[at + 1], &s->ranges[at], (s->count - at) * sizeof(s->ranges[0]));
	s->ranges[at] = range;
	s->count++;
}

void hj_seqset_add(struct hj_seqset *s, uint64_t from, uint64_t to)
{
	size_t i, n = 0;

	if (!from || from > to)
		return;
	/* Everything that overlaps or touches from..to melts into one. */
	i = first_reaching(s, from - 1);
	while (i + n < s->count && (to == UINT64_MAX || s->ranges[i + n].from <= to + 1))
		n++;
	if (n) {
		from = hj_min(from, s->ranges[i].from);
		to = hj_max(to, s->ranges[i + n - 1].to);
		erase(s, i, n);
	}
	insert(s, i, (struct hj_range){ from, to });
	if (s->count > HJ_SEQSET_MAX)
		join_nearest(s, NO_HOLE);
}

void hj_seqset_remove(struct hj_seqset *s, uint64_t from, uint64_t to)
{
	size_t i, n = 0;
	struct hj_range tail;

	if (from > to)
		return;
	i = first_reaching(s, from);
	if (i == s->count || s->ranges[i].from > to)
		return;
	if (s->ranges[i].from < from && s->ranges[i].to > to) {
		/* Out of the middle: two are left. Where there is no room for both, two others are joined. */
		tail = (struct hj_range){ to + 1, s->ranges[i].to };
		s->ranges[i].to = from - 1;
		insert(s, i + 1, tail);
		if (s->count > HJ_SEQSET_MAX)
			join_nearest(s, i);
		return;
	}
	if (s->ranges[i].from < from)
		s->ranges[i++].to = from - 1;
	while (i + n < s->count && s->ranges[i + n].to <= to)
		n++;
	erase(s, i, n);
	if (i < s->count && s->ranges[i].from <= to)
		s->ranges[i].from = to + 1;
}

bool hj_seqset_has(const struct hj_seqset *s, uint64_t seq)
{
	size_t i = first_reaching(s, seq);

	return i < s->count && s->ranges[i].from <= seq;
}

uint64_t hj_seqset_total(const struct hj_seqset *s)
{
	uint64_t total = 0;

	for (size_t i = 0; i < s->count; i++)
		total += s->ranges[i].to - s->ranges[i].from + 1;
	return total;
}

bool hj_seqset_next(const struct hj_seqset *s, uint64_t from, uint64_t *ret)
{
	size_t i = first_reaching(s, from);

	if (i == s->count)
		return false;
	*ret = hj_max(from, s->ranges[i].from);
	return true;
}

int hj_seqset_encode(const struct hj_seqset *s, struct hj_buf *to)
{
	size_t start = to->len;
	int r;

	r = hj_buf_put_be(to, s->joined, 8);
	r = r < 0 ? r : hj_buf_put_be(to, s->count, 1);
	for (size_t i = 0; i < s->count && r >= 0; i++) {
		r = hj_buf_put_be(to, s->ranges[i].from, 8);
		r = r < 0 ? r : hj_buf_put_be(to, s->ranges[i].to, 8);
	}
	if (r < 0)
		to->len = start;
	return r;
}

int hj_seqset_decode(const void *data, size_t n, struct hj_seqset *ret)
{
	struct hj_reader in = { .p = data, .end = (const uint8_t *)data + n };
	struct hj_seqset s = { 0 };
	size_t count;
	uint64_t before = 0; /* end of the range before */

	s.joined = hj_get_be(&in, 8);
	count = hj_get_be(&in, 1);
	if (in.failed || count > HJ_SEQSET_MAX || (size_t)(in.end - in.p) != count * RANGE_BYTES)
		return -EBADMSG;
	for (; s.count < count; s.count++) {
		struct hj_range *range = &s.ranges[s.count];

		range->from = hj_get_be(&in, 8);
		range->to = hj_get_be(&in, 8);
		/* Ascending, and with a hole between: ranges that touch would be one. */
		if (!range->from || range->from > range->to || range->to == UINT64_MAX ||
		        (s.count && range->from - 1 <= before))
			return -EBADMSG;
		before = range->to;
	}
	*ret = s;
	return 0;
}
