/* See ipc_verify.h: the store and the command, which verifies files by itself, say the same. */
#include "hjgate/ipc_verify.h"

static json_t *text_or_null(const char *text)
{
	return text && *text ? json_string(text) : json_null();
}

json_t *hj_finding_to_json(const struct hj_finding *f)
{
	return json_pack("{s:s, s:I, s:I, s:o, s:o, s:o}", "what", hj_finding_name(f->what), "seq",
	        (json_int_t)f->seq, "other", (json_int_t)f->other, "kind",
	        text_or_null(f->kind ? hj_kind_name((enum hj_kind)f->kind) : NULL), "label",
	        f->label_ms == INT64_MIN ? json_null() : json_integer(f->label_ms), "key", text_or_null(f->key));
}

json_t *hj_verdict_to_json(const struct hj_verify_look *k)
{
	const struct {
		const char *key;
		uint64_t value;
	} numbers[] = {
		{ "rows", k->rows },
		{ "found", k->found },
		{ "locked", k->locked },
		{ "unchained", k->unchained },
		{ "plain", k->plain },
		{ "heads", k->heads },
		{ "good", k->good },
		{ "cut_heads", k->cut_heads },
		{ "oldest_head", k->oldest_head },
		{ "newest_head", k->newest_head },
		{ "first", k->first },
		{ "last", k->last },
		{ "missing", k->missing },
	};
	json_t *j = json_pack("{s:b, s:b}", "salvaging", k->salvaging, "whole", k->whole);

	for (size_t i = 0; i < hj_array_size(numbers); i++)
		json_object_set_new(j, numbers[i].key, json_integer((json_int_t)numbers[i].value));
	return j;
}
