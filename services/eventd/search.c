/* See search.h. It begins anew where what was read already means something else by now: the oldest rows were cut, and
 * with them open events were written again, or times were put right. */
#include "search.h"
#include "eventd.h"

#include <errno.h>
#include <stdlib.h>

#define SLICE_ROWS 512 /* 5 ms on a PC */

struct search {
	struct filter filter;
	struct book found;
	const struct shifts *shifts;
	uint64_t next;        /* row */
	uint64_t first, upto; /* as the ledger and its shifts were at the begin */
	size_t rows;          /* of this slice */
};

struct search *search_new(const struct filter *f, size_t limit)
{
	struct search *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->filter = *f;
	s->found = (struct book){ .newest = limit, .filter = &s->filter };
	return s;
}

void search_free(struct search *s)
{
	if (!s)
		return;
	book_done(&s->found);
	free(s);
}

static int look_at(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	struct search *s = userdata;
	struct row row;
	int r;

	if (s->rows++ == SLICE_ROWS)
		return 1;
	r = row_decode(head, body, n, &row);
	if (r < 0 && r != -EBADMSG)
		return r;
	s->next = head->seq + 1;
	if (r < 0)
		return 0;
	shifts_apply(s->shifts, head->seq, &row);
	book_apply(&s->found, head->seq, &row, &r);
	book_trim(&s->found);
	row_done(&row);
	return r;
}

static void begin(struct search *s, const struct eventd *d)
{
	book_done(&s->found);
	s->found.floor = 0;
	s->next = 1;
	s->first = hj_ledger_first(d->ledger);
	s->upto = d->shifts.upto;
}

int search_slice(struct search *s, struct eventd *d)
{
	int r;

	if (!s->next || s->first != hj_ledger_first(d->ledger) || s->upto != d->shifts.upto)
		begin(s, d);
	s->shifts = &d->shifts;
	s->rows = 0;
	r = hj_ledger_read(d->ledger, s->next, UINT64_MAX, 0, look_at, s);
	return r < 0 ? r : s->rows > SLICE_ROWS;
}

const struct book *search_found(const struct search *s)
{
	return &s->found;
}
