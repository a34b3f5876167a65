/* What is known of one point in one open window, and a sorted list of such. */
#pragma once

#include "hjgate/buf.h"
#include "hjgate/point.h"
#include "hjgate/record.h"
#include "hjgate/sample.h"

#define ACCUM_FLAGS 7 /* every flag but N */

struct accum {
	uint32_t point;
	uint32_t got;              /* samples with a value and flag N */
	uint32_t values;           /* samples in sum, min, max: the normal ones or, while there is none, the others */
	uint32_t odd[ACCUM_FLAGS]; /* samples of each abnormal flag */
	double sum, min, max;
	double last;          /* newest value */
	double grown;         /* of a total: by all of them; NaN: none was counted */
	uint32_t interval_ms; /* of the newest sample; 0: the dictionary's */
};

struct accums {
	struct accum *list; /* sorted by point */
	size_t count, size;
};

/* The one of this point, made where absent; NULL when out of memory. */
struct accum *accums_get(struct accums *a, uint32_t point);
bool accums_has(const struct accums *a, uint32_t point);
void accums_done(struct accums *a);

void accum_add(struct accum *a, const struct hj_sample *s, uint32_t interval_ms); /* its point's, then */
void accum_grow(struct accum *a, double grown);                                   /* NaN: not at all */
void accum_merge(struct accum *a, const struct accum *b);
uint32_t accum_samples(const struct accum *a);
/* What a flag is told from. Of the samples that came at least `got` were normal; `slack` of the expected ones may lie
 * in the windows beside this one (what is due at the edge, or an interval that does not divide the window). */
struct accum_share {
	uint32_t got, came, expected, slack;
};
enum hj_flag accum_flag(const struct accum_share *s, unsigned normal_part, const uint32_t odd[ACCUM_FLAGS]);
size_t accum_flag_index(enum hj_flag flag); /* ACCUM_FLAGS for N */
/* Everything but cou. */
void accum_stat(const struct accum *a, const struct hj_point *p, int64_t covered_ms, unsigned normal_part,
        struct hj_stat *ret);

/* An interval that is the dictionary's is not put. */
int accums_encode(const struct accums *a, const struct hj_dictionary *points, struct hj_buf *to);
int accums_decode(struct hj_reader *in, struct accums *ret); /* -EBADMSG, -ENOMEM */
