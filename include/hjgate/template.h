/* A webhook's body by template: {name} is replaced by a field of the alert, everything else stays as it is, braces
 * too: so a template can be JSON. */
#pragma once

#include <stdbool.h>

#include "hjgate/buf.h"

#define HJ_TEMPLATE_NAME_MAX 31 /* bytes between { and } */

/* {text}, {remedy}, {code}, {class}, {key}, {phase}, {begin}, {end} (for people, Beijing time), {begin_ms}, {end_ms},
 * {id}, {count}, {site}, or {values.NAME} for what the event itself has. -EINVAL with an N_() text: another
 * name between braces that have only a name between them. */
int hj_template_check(const char *text, const char **ret_why);

/* What a name stands for; NULL: nothing, which leaves an empty place. */
typedef const char *(*hj_template_fn)(const char *name, void *userdata);

/* json: what is put in is escaped as in a string of JSON; else it is put in as it is. -ENOMEM, -EMSGSIZE. */
int hj_template_fill(const char *text, bool json, hj_template_fn field, void *userdata, struct hj_buf *to);

/* The text as the inside of a string of JSON; what is no UTF-8 becomes "?". */
int hj_json_escape(const char *text, struct hj_buf *to);
