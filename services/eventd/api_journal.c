/* See api_journal.h. Each row that reached the disk goes to the journal, too: a message in English, the message id of
 * the event's code (by which `journalctl -x` explains it in the reader's language) and all that is known as fields of
 * its own. The ledger is what counts: where no journal listens, nothing is missing. */
#include "api_journal.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <systemd/sd-journal.h>

#include "hjgate/event.h"
#include "hjgate/ipc.h"
#include "hjgate/journal.h"
#include "hjgate/text.h"

#define FIELDS_MAX 48   /* in all */
#define FIELD_MAX  1200 /* bytes of one: a value is HJ_EVENT_VALUES_MAX at most */
#define TEXT_MAX   512  /* bytes of the message */

struct fields {
	struct iovec list[FIELDS_MAX];
	int count;
};

static void add(struct fields *f, const char *name, const char *value)
{
	char text[FIELD_MAX];
	char *copy;

	if (f->count == FIELDS_MAX)
		return;
	snprintf(text, sizeof(text), "%s=%s", name, value);
	copy = strdup(text);
	if (copy)
		f->list[f->count++] = (struct iovec){ copy, strlen(copy) };
}

static void add_number(struct fields *f, const char *name, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, value);
	add(f, name, text);
}

static void add_values(struct fields *f, json_t *values)
{
	char name[HJ_JOURNAL_FIELD_MAX + 1];
	const char *key;
	json_t *value;

	json_object_foreach(values, key, value)
	{
		_cleanup_free_ char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);

		hj_journal_field(key, name);
		if (json_is_string(value))
			add(f, name, json_string_value(value));
		else if (text)
			add(f, name, text);
	}
}

static void add_message(struct fields *f, const struct hj_event_type *type, json_t *values, enum row_is is)
{
	static const char *const before[] = {
		[ROW_END] = "over: ", [ROW_CAUSE] = "the cause was noted: ", [ROW_COUNT] = "more of it: "
	};
	const char *intro = (size_t)is < hj_array_size(before) && before[is] ? before[is] : "";
	char text[TEXT_MAX];
	size_t n = (size_t)snprintf(text, sizeof(text), "%s", intro);

	hj_event_fill(type->text, values, NULL, text + n, sizeof(text) - n);
	add(f, "MESSAGE", text);
}

static void add_event(struct fields *f, const struct event *e, enum row_is is)
{
	static const char *const phases[] = { [ROW_MOMENT] = "moment",
		[ROW_BEGIN] = "begin",
		[ROW_END] = "end",
		[ROW_CAUSE] = "cause",
		[ROW_COUNT] = "count" };

	add_number(f, "HJ_EVENT_ID", (int64_t)e->id);
	add(f, "HJ_EVENT_CODE", e->code);
	add(f, "HJ_EVENT_KEY", e->key);
	add(f, "HJ_EVENT_SOURCE", e->source);
	add(f, "HJ_EVENT_PHASE", (size_t)is < hj_array_size(phases) && phases[is] ? phases[is] : "other");
	add_number(f, "HJ_EVENT_BEGIN", e->begin_ms);
	if (e->spans && e->end_ms != NO_END)
		add_number(f, "HJ_EVENT_END", e->end_ms);
	add_number(f, "HJ_EVENT_COUNT", (int64_t)e->count);
	if (e->cause)
		add(f, "HJ_EVENT_CAUSE", e->cause);
}

void journal_event(const struct event *e, enum row_is is)
{
	static const int priorities[] = {
		[HJ_EVENT_INFO] = LOG_INFO, [HJ_EVENT_WARN] = LOG_WARNING, [HJ_EVENT_FAULT] = LOG_ERR
	};
	const struct hj_event_type *type = hj_event_find(e->code);
	_cleanup_json_ json_t *values = e->values ? json_loads(e->values, 0, NULL) : NULL;
	struct fields f = { .count = 0 };
	char id[HJ_JOURNAL_ID_LEN];

	if (!type || hj_journal_id(e->code, id) < 0)
		return;
	add(&f, "MESSAGE_ID", id);
	add(&f, "SYSLOG_IDENTIFIER", "hjgate-eventd");
	add_number(&f, "PRIORITY", is == ROW_END ? LOG_NOTICE : priorities[type->class]);
	add_message(&f, type, values, is);
	add_event(&f, e, is);
	add_values(&f, values);
	sd_journal_sendv(f.list, f.count);
	for (int i = 0; i < f.count; i++)
		free(f.list[i].iov_base);
}
