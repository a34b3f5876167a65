/* What the points of a bus have in common, kept once. A bus of 32 meters has 1280 points and a few dozen different
 * texts; looking through those for each point costs nothing beside parsing it. */
#include "conf_bus.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

struct conf_kept {
	struct conf_kept *next;
	size_t size;
	alignas(max_align_t) char data[];
};

const void *conf_keep(struct hj_conf_pool *pool, const void *data, size_t size)
{
	struct conf_kept **at = &pool->first;

	for (; *at; at = &(*at)->next)
		if ((*at)->size == size && !memcmp((*at)->data, data, size))
			return (*at)->data;
	*at = malloc(sizeof(**at) + size);
	if (!*at)
		return NULL;
	(*at)->next = NULL;
	(*at)->size = size;
	memcpy((*at)->data, data, size);
	return (*at)->data;
}

void conf_pool_done(struct hj_conf_pool *pool)
{
	while (pool->first) {
		struct conf_kept *kept = pool->first;

		pool->first = kept->next;
		free(kept);
	}
}
