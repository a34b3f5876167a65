/* Who wants what: by class, code, and what the event concerns. Pure. */
#include <fnmatch.h>
#include <string.h>

#include "alert.h"
#include "hjgate/ipc.h"

static bool fits(const struct hj_alert_patterns *p, const char *text)
{
	for (size_t i = 0; i < p->count; i++)
		if (!fnmatch(p->list[i], text, 0))
			return true;
	return false;
}

/* The key, or the equipment that the event itself names. */
static bool concerns(const struct hj_alert_patterns *p, const struct alert *a)
{
	_cleanup_json_ json_t *values = a->values && p->count ? json_loads(a->values, 0, NULL) : NULL;
	const char *equipment = json_string_value(json_object_get(values, "equipment"));

	return !p->count || fits(p, a->key) || (equipment && fits(p, equipment));
}

/* What is said of a channel itself is not said by it: a message that it refused would bring the next. */
static bool is_about(const struct hj_conf_channel *c, const struct alert *a)
{
	return !strncmp(a->code, "alert-", 6) && !strncmp(a->key, "channel ", 8) && !strcmp(a->key + 8, c->name);
}

bool alert_wanted(const struct hj_conf_channel *c, const struct alert *a)
{
	if (a->class < c->class || !strcmp(a->code, "alert-test") || (a->phase == ALERT_END && !c->ends) ||
	        is_about(c, a))
		return false;
	if (fits(&c->not_codes, a->code) || (c->codes.count && !fits(&c->codes, a->code)))
		return false;
	return concerns(&c->keys, a);
}
