/* What the files of phrase share: which of several numbers is told. */
#pragma once

#include "hjgate/hj212_phrase.h"

/* Stored under a number, and the platform has a code and a unit for it. */
bool phrase_is_told(const struct hj212_phrase_factor *f);

/* Two numbers of one point, or two that have, or had, one code at one ST. */
bool phrase_rivals(const struct hj212_phrase_factor *a, const struct hj212_phrase_factor *b);

/* Where nothing else tells them apart: what is configured, then what is newer. */
bool phrase_goes_before(const struct hj212_phrase_factor *a, const struct hj212_phrase_factor *b);

/* The value in the platform's unit. */
double phrase_scaled(const struct hj212_phrase_factor *f, double value);

/* What a record has of f, in the platform's unit. False: nothing, or another number tells it for both. */
struct phrase_statistics {
	const struct hj_stat *stats;
	size_t count;
};
bool phrase_choose_statistics(const struct hj212_phrase_map *m, const struct hj212_phrase_factor *f,
        const struct phrase_statistics *all, struct hj_stat *ret);

/* False: f is not told at all. *ret is its newest value; NULL: it has none that is fresh. */
struct phrase_realtime {
	const struct hj212_phrase_newest *newest;
	size_t count;
	int64_t now_ms, last_ms; /* last_ms: of the newest of them all */
};
bool phrase_choose_realtime(const struct hj212_phrase_map *m, const struct hj212_phrase_factor *f,
        const struct phrase_realtime *all, const struct hj212_phrase_newest **ret);
