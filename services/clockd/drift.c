/* See drift.h. What was corrected is added up, so that the whole time since the first word counts: the longer, the
 * surer, since each word is a second in doubt. A slew takes hours: what it has not done yet the platform says again,
 * so that it does not count as done. A slew moves both clocks, so that their difference shows what somebody else has
 * done at once: how far that was right nobody says, and the measure begins anew. */
#include "drift.h"

static bool was_stepped(const struct drift *d, const struct drift_word *w)
{
	return d->ahead_known && hj_is_step(w->ahead_ms - d->ahead_ms);
}

void drift_note(struct drift *d, const struct drift_word *w)
{
	if (!d->begun || w->mono_ms < d->last_mono_ms || was_stepped(d, w))
		*d = (struct drift){ .begun = true,
			.first_mono_ms = w->mono_ms,
			.first_offset_ms = w->offset_ms,
			.corrected_ms = w->under_way_ms };
	d->last_mono_ms = w->mono_ms;
	d->behind_ms = d->corrected_ms - w->under_way_ms + w->offset_ms - d->first_offset_ms;
	d->corrected_ms += w->corrected_ms - w->under_way_ms;
	d->ahead_known = true;
	d->ahead_ms = w->ahead_ms + w->stepped_ms;
}

int64_t drift_measured_ms(const struct drift *d)
{
	return d->begun ? d->last_mono_ms - d->first_mono_ms : 0;
}

bool drift_ppm(const struct drift *d, double *ret)
{
	int64_t measured = drift_measured_ms(d);

	if (measured < DRIFT_LEAST_MS)
		return false;
	*ret = 1e6 * (double)d->behind_ms / (double)measured;
	return true;
}
