/* See api_event.h. What is open has no end; a moment ends when it begins. */
#include "api_event.h"
#include "hjgate/event.h"

static const char *const trusts[] = { "none", "rtc", "platform", "ntp" };

json_t *event_to_json(const struct event *e)
{
	const struct hj_event_type *type = hj_event_find(e->code);
	json_t *values = e->values ? json_loads(e->values, 0, NULL) : NULL;
	json_t *j;

	j = json_pack("{s:I, s:s, s:s, s:s, s:I, s:s, s:s, s:o, s:I}", "id", (json_int_t)e->id, "code", e->code,
	        "class", hj_event_class_name(type ? type->class : HJ_EVENT_INFO), "key", e->key, "begin",
	        (json_int_t)e->begin_ms, "trust", e->trust < hj_array_size(trusts) ? trusts[e->trust] : "none",
	        "source", e->source, "values", values ? values : json_object(), "count", (json_int_t)e->count);
	if (j && !event_is_open(e))
		json_object_set_new(j, "end", json_integer(e->spans ? e->end_ms : e->begin_ms));
	if (j && e->spans && !event_is_open(e))
		json_object_set_new(j, "end_trust",
		        json_string(e->end_trust < hj_array_size(trusts) ? trusts[e->end_trust] : "none"));
	if (j && e->last_ms != NO_END)
		json_object_set_new(j, "last", json_integer(e->last_ms));
	if (j && e->cause)
		json_object_set_new(j, "cause", json_string(e->cause));
	return j;
}
