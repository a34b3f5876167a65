/* Who starts and stops programs here: `hjgate run`, where it serves this root, else systemd for the system itself. */
#include "apply.h"

static const struct apply_hands *const all[] = { &apply_hands_run, &apply_hands_systemd };

const struct apply_hands *apply_hands_find(const struct apply *a)
{
	for (size_t i = 0; i < hj_array_size(all); i++)
		if (all[i]->here(a))
			return all[i];
	return NULL;
}
