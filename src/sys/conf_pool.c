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

/* Short texts, most of them different: one piece of the heap for each would take more than they do. */
#define TEXTS_BYTES 2000

struct conf_texts {
	struct conf_texts *next;
	size_t used;
	char data[TEXTS_BYTES];
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

const char *conf_keep_text(struct hj_conf_pool *pool, const char *text)
{
	size_t n = strlen(text) + 1;
	struct conf_texts *to = pool->texts;
	char *kept;

	if (n == 1)
		return "";
	if (n > TEXTS_BYTES)
		return NULL;
	if (!to || to->used + n > TEXTS_BYTES) {
		to = malloc(sizeof(*to));
		if (!to)
			return NULL;
		*to = (struct conf_texts){ .next = pool->texts };
		pool->texts = to;
	}
	kept = memcpy(to->data + to->used, text, n);
	to->used += n;
	return kept;
}

void conf_pool_done(struct hj_conf_pool *pool)
{
	while (pool->texts) {
		struct conf_texts *texts = pool->texts;

		pool->texts = texts->next;
		free(texts);
	}
	while (pool->first) {
		struct conf_kept *kept = pool->first;

		pool->first = kept->next;
		free(kept);
	}
}
