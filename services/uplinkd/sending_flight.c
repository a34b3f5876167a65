/* What is under way: each job cut into its packets, and which of them the platform has acknowledged. As many records
 * as the window lets be sent at a time, and one that is cut and waits until all of it fits. The numbers of flights
 * only grow, so that the oldest is known and an acknowledgement is never taken for another's. */
#include "uplinkd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PACKET_BITS 16 /* of a token; HJ212_PHRASE_PIECES fits */
_Static_assert(HJ212_PHRASE_PIECES <= 1 << PACKET_BITS, "a packet's number has its place in the token");

int flights_new(struct flights *f, unsigned window)
{
	f->list = calloc(window + 1, sizeof(*f->list));
	if (!f->list)
		return -ENOMEM;
	f->size = window + 1;
	return 0;
}

void flight_clear(struct flight *f)
{
	job_done(&f->job);
	free(f->cut);
	*f = (struct flight){ 0 };
}

void flights_clear(struct flights *f)
{
	for (unsigned i = 0; i < f->size; i++)
		flight_clear(&f->list[i]);
}

void flights_done(struct flights *f)
{
	flights_clear(f);
	free(f->list);
	*f = (struct flights){ 0 };
}

struct flight *flights_place(struct flights *f)
{
	for (unsigned i = 0; i < f->size; i++)
		if (!f->list[i].busy)
			return &f->list[i];
	return NULL;
}

static int cut_for(struct flights *all, struct flight *f, size_t cp_max)
{
	struct hj212_phrase_cut cut;
	int r = hj212_phrase_cut((struct hj212_slice){ f->job.items.data, f->job.items.len }, cp_max, &cut);

	if (r < 0 || !cut.count)
		return r < 0 ? r : -EMSGSIZE;
	f->cut = hj212_phrase_cut_keep(&cut);
	if (!f->cut)
		return -ENOMEM;
	f->cp_max = cp_max;
	f->id = ++all->newest_id;
	return 0;
}

int flight_begin(struct flights *all, struct flight *f, size_t cp_max, hj_usec now)
{
	int r = cut_for(all, f, cp_max);

	if (r < 0)
		return r;
	f->began = now;
	f->busy = true;
	return 0;
}

int flight_cut_anew(struct flights *all, struct flight *f, size_t cp_max)
{
	free(f->cut);
	f->cut = NULL;
	f->offered = f->acked = 0;
	memset(f->acked_bits, 0, sizeof(f->acked_bits));
	f->receipt = (struct hj_receipt){ 0 };
	return cut_for(all, f, cp_max);
}

bool flight_acked(struct flight *f, unsigned packet)
{
	uint8_t bit = (uint8_t)(1u << packet % 8);

	if (f->acked_bits[packet / 8] & bit)
		return false;
	f->acked_bits[packet / 8] |= bit;
	f->acked++;
	return true;
}

uint64_t flight_token(const struct flight *f, unsigned packet)
{
	return (uint64_t)f->id << PACKET_BITS | packet;
}

struct flight *flights_find(const struct flights *f, uint64_t token, unsigned *ret_packet)
{
	unsigned packet = (unsigned)(token & ((1u << PACKET_BITS) - 1));

	for (unsigned i = 0; i < f->size; i++) {
		struct flight *one = &f->list[i];

		if (!one->busy || one->id != token >> PACKET_BITS || packet >= one->offered)
			continue;
		if (ret_packet)
			*ret_packet = packet;
		return one;
	}
	return NULL;
}

struct flight *flights_oldest(const struct flights *f)
{
	struct flight *oldest = NULL;

	for (unsigned i = 0; i < f->size; i++)
		if (f->list[i].busy && f->list[i].begun && (!oldest || f->list[i].id < oldest->id))
			oldest = &f->list[i];
	return oldest;
}

bool flights_has(const struct flights *f, uint64_t seq)
{
	for (unsigned i = 0; i < f->size; i++)
		if (f->list[i].busy && job_has(&f->list[i].job, seq))
			return true;
	return false;
}

bool flights_has_lane(const struct flights *f, enum lane lane)
{
	for (unsigned i = 0; i < f->size; i++)
		if (f->list[i].busy && f->list[i].lane == lane)
			return true;
	return false;
}

uint64_t flights_records(const struct flights *f)
{
	uint64_t records = 0;

	for (unsigned i = 0; i < f->size; i++)
		records += f->list[i].busy ? job_records(&f->list[i].job) : 0;
	return records;
}
