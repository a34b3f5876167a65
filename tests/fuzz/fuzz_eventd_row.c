/* A row of the ledger of events: what is taken keeps its limits, says an object where it says values, and is written
 * and read again as it is. The first byte is the kind that its head says. */
#include <jansson.h>
#include <string.h>

#include "../../services/eventd/row.h"
#include "fuzz.h"

static void check(const struct row *r)
{
	json_t *values = r->values ? json_loads(r->values, 0, NULL) : NULL;

	claim(!r->values || json_is_object(values));
	claim(strlen(r->code) <= EVENT_CODE_MAX && strlen(r->key) <= EVENT_KEY_MAX &&
	        strlen(r->source) <= EVENT_SOURCE_MAX);
	json_decref(values);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const enum hj_kind kinds[] = { ROW_KIND_EVENT, ROW_KIND_FOLLOW, ROW_KIND_SHIFT };
	struct hj_head head = { .seq = 1, .trust = HJ_TRUST_RTC, .label_ms = 1774929600000 };
	struct hj_buf once = { 0 }, twice = { 0 };
	struct row row, again;

	if (!n)
		return 0;
	head.kind = (uint8_t)kinds[data[0] % hj_array_size(kinds)];
	if (row_decode(&head, data + 1, n - 1, &row) < 0)
		return 0;
	check(&row);
	if (row_encode(&row, &once) >= 0) {
		claim(row_decode(&head, once.data, once.len, &again) == 0);
		claim(row_encode(&again, &twice) == 0);
		claim(once.len == twice.len && !memcmp(once.data, twice.data, once.len));
		row_done(&again);
	}
	row_done(&row);
	hj_buf_done(&once);
	hj_buf_done(&twice);
	return 0;
}
