/* The catalogue of events: one row a code. Whoever reports names the code and fills the `{name}`s of its text; the
 * text is translated where it is shown. A code, once published, keeps its meaning. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define HJ_EVENT_CAUSE_MAX  512 /* bytes: what a person says of an event */
#define HJ_EVENT_VALUES_MAX 1024 /* bytes: the values of one report, as compact JSON; eventd refuses more */

enum hj_event_class { HJ_EVENT_INFO, HJ_EVENT_WARN, HJ_EVENT_FAULT };

struct hj_event_type {
	const char *code; /* "meter-lost" */
	enum hj_event_class class;
	int spans;          /* has a begin and an end (1), or is a moment (0) */
	const char *about;  /* what it concerns, N_("meter") */
	const char *text;   /* N_("meter {meter} does not answer") */
	const char *remedy; /* N_(): what to do; NULL: nothing that is always right (of class info only) */
};

const struct hj_event_type *hj_event_find(const char *code); /* NULL for an unknown code */
const char *hj_event_remedy(const char *code);               /* NULL for an unknown code, too */
const struct hj_event_type *hj_event_at(size_t i);           /* NULL after the last */
const char *hj_event_class_name(enum hj_event_class class);
int hj_event_class_find(const char *name); /* NULL is none; -EINVAL */

/* `text` with each {name} replaced by values' member: strings by way of `word` (NULL: as they are), numbers, times
 * (integers of ms UTC) in Beijing time, "?" where there is none. Cut to size-1 bytes at a character's end. */
struct json_t;
typedef const char *(*hj_event_word_fn)(const char *name, const char *text);
void hj_event_fill(const char *text, const struct json_t *values, hj_event_word_fn word, char *to, size_t size);
/* Whether a value of this name is a reason, which is translated; else it is somebody's name or text. */
bool hj_event_is_reason(const char *name);
