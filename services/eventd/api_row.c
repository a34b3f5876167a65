/* Rows as JSON, so that a ledger can be read without us. Unknown members are ignored: a newer hjgate may have written
 * them, and its events must be shown all the same. */
#include "row.h"
#include "hjgate/ipc.h"
#include "hjgate/text.h"

#include <errno.h>
#include <string.h>

static const char *const names[] = {
	[ROW_MOMENT] = "moment",
	[ROW_BEGIN] = "begin",
	[ROW_END] = "end",
	[ROW_CAUSE] = "cause",
	[ROW_COUNT] = "count",
	[ROW_SHIFT] = "shift",
};

void row_done(struct row *r)
{
	free(r->values);
	free(r->cause);
	r->values = r->cause = NULL;
}

bool row_is_event(const struct row *r)
{
	return r->is == ROW_MOMENT || r->is == ROW_BEGIN;
}

static void set_text(json_t *j, const char *name, const char *text)
{
	if (text && *text)
		json_object_set_new(j, name, json_string(text));
}

int row_encode(const struct row *r, struct hj_buf *to)
{
	_cleanup_json_ json_t *j = json_object();
	_cleanup_free_ char *text = NULL;

	if (!j)
		return -ENOMEM;
	json_object_set_new(j, "is", json_string(names[r->is]));
	if (r->of)
		json_object_set_new(j, "of", json_integer((json_int_t)r->of));
	if (r->count)
		json_object_set_new(j, "count", json_integer((json_int_t)r->count));
	if (r->carried)
		json_object_set_new(j, "carried", json_true());
	if (r->trust == HJ_TRUST_NONE && r->ahead_ms)
		json_object_set_new(j, "ahead", json_integer(r->ahead_ms));
	if (r->is == ROW_SHIFT) {
		json_object_set_new(j, "upto", json_integer((json_int_t)r->upto));
		json_object_set_new(j, "by", json_integer(r->by_ms));
	}
	set_text(j, "code", r->code);
	set_text(j, "key", r->key);
	set_text(j, "source", r->source);
	set_text(j, "cause", r->cause);
	if (r->values)
		json_object_set_new(j, "values", json_loads(r->values, JSON_REJECT_DUPLICATES, NULL));
	text = json_dumps(j, JSON_COMPACT);
	return text ? hj_buf_put(to, text, strlen(text)) : -ENOMEM;
}

static const char *get_text(json_t *j, const char *name)
{
	const char *text = json_string_value(json_object_get(j, name));

	return text ? text : "";
}

static uint64_t get_number(json_t *j, const char *name)
{
	json_int_t v = json_integer_value(json_object_get(j, name));

	return v > 0 ? (uint64_t)v : 0;
}

static int take_text(json_t *j, struct row *r)
{
	const char *cause = get_text(j, "cause");
	json_t *values = json_object_get(j, "values");

	if (*cause && !(r->cause = strdup(cause)))
		return -ENOMEM;
	if (json_is_object(values) && !(r->values = json_dumps(values, JSON_COMPACT)))
		return -ENOMEM;
	return 0;
}

int row_decode(const struct hj_head *head, const void *body, size_t n, struct row *ret)
{
	_cleanup_json_ json_t *j = json_loadb(body, n, JSON_REJECT_DUPLICATES, NULL);
	struct row r = { .time_ms = head->label_ms, .trust = head->trust };
	const char *is = get_text(j, "is");
	size_t i = 0;

	while (i < hj_array_size(names) && strcmp(names[i], is) != 0)
		i++;
	if (!json_is_object(j) || i == hj_array_size(names))
		return -EBADMSG;
	r.is = (enum row_is)i;
	r.of = get_number(j, "of");
	r.count = get_number(j, "count");
	r.ahead_ms = json_integer_value(json_object_get(j, "ahead"));
	r.carried = json_is_true(json_object_get(j, "carried"));
	r.upto = get_number(j, "upto");
	r.by_ms = json_integer_value(json_object_get(j, "by"));
	hj_text_copy(r.code, sizeof(r.code), get_text(j, "code"));
	hj_text_copy(r.key, sizeof(r.key), get_text(j, "key"));
	hj_text_copy(r.source, sizeof(r.source), get_text(j, "source"));
	if (take_text(j, &r) < 0) {
		row_done(&r);
		return -ENOMEM;
	}
	*ret = r;
	return 0;
}

/* How many were lost is known at the end only: what the end tells goes before what the begin told. */
int values_merge(char **values, const char *more)
{
	_cleanup_json_ json_t *to = *values ? json_loads(*values, 0, NULL) : json_object();
	_cleanup_json_ json_t *from = json_loads(more, 0, NULL);
	char *text;

	if (!to || !from || json_object_update(to, from) < 0 || !(text = json_dumps(to, JSON_COMPACT)))
		return -ENOMEM;
	free(*values);
	*values = text;
	return 0;
}
