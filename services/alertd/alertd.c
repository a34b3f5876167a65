/* Making and freeing. */
#include "alertd.h"

#include <errno.h>
#include <stdlib.h>

int alertd_new(struct hj_service *s, struct alertd **ret)
{
	struct alertd *a = calloc(1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	a->event = sd_event_ref(s->event);
	a->root = s->root;
	*ret = a;
	return 0;
}

void alertd_free(struct alertd *a)
{
	if (!a)
		return;
	sd_event_unref(a->event);
	free(a);
}
