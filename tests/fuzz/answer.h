/* What holds of whatever comes after a question, of every protocol: nothing measured beyond what came, and a refusal
 * with its reason. */
#pragma once

#include <errno.h>
#include <string.h>

#include "hjgate/meter_protocol.h"
#include "fuzz.h"

/* How decoding ended; *ret_whole: how many bytes were measured. */
static inline int claim_answer(const struct hj_protocol *p, const struct hj_question *q, const uint8_t *data,
        size_t size, struct hj_answer *a, int *ret_whole)
{
	const char *why = NULL;
	int whole = p->measure(q, data, size, &why), r;

	claim(whole == -EBADMSG ? why != NULL : whole >= 0 && (size_t)whole <= size && whole <= HJ_FRAME_MAX);
	r = p->decode(q, data, size, a);
	claim(r == 0 || r == -EBADMSG || r == -EREMOTEIO);
	claim(r == 0 ? whole == (int)size : a->why != NULL);
	*ret_whole = whole;
	return r;
}
