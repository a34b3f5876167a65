/* Texts that meters have in their registers: serial numbers, mostly. They have no value and make no samples; another
 * text means that another meter hangs there. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hjgate/service.h"

struct meterd;

struct texts {
	struct text *list; /* of every point of type "text", in the order of the points */
	size_t count;
	char path[HJ_PATH_MAX]; /* of the file that keeps them; "": none */
	bool failed;            /* to be kept: said already */
};

/* With what was read before an earlier end of this program. -ENOMEM. */
int texts_new(struct meterd *m, const char *root);
void texts_free(struct meterd *m);
bool texts_has(const struct meterd *m, size_t point);
/* Bytes of such a point as they came; NULL: there were too few. */
void texts_take(struct meterd *m, size_t point, const uint8_t *bytes, int64_t time_ms);
const char *texts_get(const struct meterd *m, size_t point); /* NULL: none was read yet, or no such point */
