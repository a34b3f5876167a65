/* A record that a lost link cut between its packets goes on with the first one that the platform has not
 * acknowledged: same PNUM, PNO and DataTime, QNs of their own. Only where it is cut as before, by the same gateway,
 * into the same bytes; else, and after our own restart, the whole of it goes again. What is remembered is a few bytes
 * a record, and taken when the record's turn comes. */
#include "uplinkd.h"

#include <string.h>

#include "hjgate/fnv.h"
#include "hjgate/log.h"

static uint64_t hash_of(const struct flight *f, const char *mn)
{
	uint64_t hash = hj_fnv(HJ_FNV_BEGIN, f->job.items.data, f->job.items.len);

	for (unsigned i = 0; i < f->cut->count; i++)
		hash = hj_fnv(hash, &f->cut->pieces[i].n, sizeof(f->cut->pieces[i].n));
	hash = hj_fnv(hash, &f->job.label_ms, sizeof(f->job.label_ms));
	return hj_fnv(hash, mn, strlen(mn));
}

static unsigned acked_in_a_row(const struct flight *f)
{
	unsigned n = 0;

	while (n < f->cut->count && f->acked_bits[n / 8] >> n % 8 & 1)
		n++;
	return n;
}

static void remember(struct resumes *r, const struct flight *f, const char *mn)
{
	unsigned acked = acked_in_a_row(f);

	if (!acked || !f->job.seq)
		return;
	r->list[r->next] =
	        (struct resume){ .seq = f->job.seq, .hash = hash_of(f, mn), .acked = acked, .receipt = f->receipt };
	r->list[r->next].receipt.packets = acked;
	r->next = (r->next + 1) % RESUMES;
}

void resumes_remember(struct resumes *r, const struct flights *all, const char *mn)
{
	for (unsigned i = 0; i < all->size; i++)
		if (all->list[i].busy)
			remember(r, &all->list[i], mn);
}

bool resumes_take(struct resumes *r, struct flight *f, const char *mn)
{
	for (unsigned i = 0; f->job.seq && i < RESUMES; i++) {
		struct resume one = r->list[i];

		if (one.seq != f->job.seq)
			continue;
		r->list[i] = (struct resume){ 0 };
		if (one.hash != hash_of(f, mn) || one.acked >= f->cut->count)
			return false;
		for (unsigned k = 0; k < one.acked; k++)
			flight_acked(f, k);
		f->offered = one.acked;
		f->receipt = one.receipt;
		return true;
	}
	return false;
}
