/* What a conclusion is about, as the key of its event: with the code it tells one from another. */
#pragma once

#include "hjgate/judge.h"

#define HJ_CONCLUSION_KEY_MAX 95 /* bytes, of an event's key */

/* "equipment fan", "equipment fan for oven", "point fan.current", "point fan.current 8" (with the limit's bound). */
void hj_conclusion_key(
        const struct hj_judge_plan *plan, const struct hj_conclusion *c, char ret[HJ_CONCLUSION_KEY_MAX + 1]);
/* The same of the n-th (from 2) of those that last at once with one code and key, such as two links in which the same
 * treatment is missing for the same production: "equipment fan for oven (2)". */
void hj_conclusion_key_nth(char key[HJ_CONCLUSION_KEY_MAX + 1], unsigned n);
/* The first of these that is not taken: what a conclusion that begins is called, beside those that last. */
typedef bool hj_key_taken_fn(const void *data, const char *code, const char *key);
void hj_conclusion_key_free(const struct hj_judge_plan *plan, const struct hj_conclusion *c, hj_key_taken_fn *taken,
        const void *data, char ret[HJ_CONCLUSION_KEY_MAX + 1]);
/* The point that it speaks of; HJ_JUDGE_NONE. */
size_t hj_conclusion_point(const struct hj_judge_plan *plan, const struct hj_conclusion *c);
