/* Events as a table, from hjgate.Event.List: the texts are the catalogue's, in the reader's language, filled from the
 * event's values. */
#include <stdio.h>
#include <string.h>

#include "hjgate/event.h"
#include "render.h"
#include "tables.h"
#include "timespec.h"

#define EVENT_TEXT_MAX 512 /* bytes */

static const struct writer_column columns[] = {
	{ "id", N_("ID"), true },
	{ "begin", N_("BEGIN"), false },
	{ "end", N_("END"), false },
	{ "duration_ms", N_("LASTED"), true },
	{ "class", N_("CLASS"), false },
	{ "code", NULL, false },
	{ "key", NULL, false },
	{ "source", NULL, false },
	{ "text", N_("EVENT"), false },
	{ "values", NULL, false },
	{ "remedy", NULL, false },
	{ "trust", NULL, false },
	{ "count", N_("TIMES"), true },
	{ "last", NULL, false },
	{ "cause", N_("CAUSE"), false },
};

void cli_events_begin(struct writer *w)
{
	writer_table(w, "events", columns, hj_array_size(columns));
}

/* An event of a newer version than this command is told by its code and what it concerns. */
void cli_event_text(json_t *event, char *to, size_t size)
{
	const char *code = cli_string(event, "code"), *key = cli_string(event, "key");
	const struct hj_event_type *type = code ? hj_event_find(code) : NULL;

	if (type)
		cli_fill_event(_(type->text), json_object_get(event, "values"), to, size);
	else
		snprintf(to, size, "%s: %s", code ? code : "?", key ? key : "");
}

static enum writer_style style_of(const char *class)
{
	return !class                    ? STYLE_PLAIN
	       : !strcmp(class, "fault") ? STYLE_BAD
	       : !strcmp(class, "warn")  ? STYLE_WARN
	                                 : STYLE_PLAIN;
}

static void end_cells(struct writer *w, json_t *event, int64_t now_ms)
{
	const char *code = cli_string(event, "code");
	const struct hj_event_type *type = code ? hj_event_find(code) : NULL;
	int64_t begin = cli_time(event, "begin"), end = cli_time(event, "end");
	char span[CLI_SPAN_LEN];

	if (end == begin || (type && !type->spans)) { /* a moment */
		writer_cell(w, STYLE_DIM, cli_member(event, "end"), "");
		writer_cell(w, STYLE_DIM, json_integer(0), "");
		return;
	}
	if (end)
		writer_cell_time(w, end);
	else
		writer_cell(w, STYLE_WARN, json_null(), _("open"));
	writer_cell(w, STYLE_PLAIN, json_integer((end ? end : now_ms) - begin),
	        cli_span((end ? end : now_ms) - begin, span));
}

void cli_events_row(struct writer *w, json_t *event, int64_t now_ms)
{
	const char *class = cli_string(event, "class"), *cause = cli_string(event, "cause");
	const char *code = cli_string(event, "code"), *remedy = code ? hj_event_remedy(code) : NULL;
	char text[EVENT_TEXT_MAX];

	cli_event_text(event, text, sizeof(text));
	writer_cell_int(w, cli_int(event, "id"));
	writer_cell_time(w, cli_time(event, "begin"));
	end_cells(w, event, now_ms);
	writer_cell(w, style_of(class), cli_member(event, "class"), cli_word(class));
	writer_cell(w, STYLE_PLAIN, cli_member(event, "code"), NULL);
	writer_cell(w, STYLE_PLAIN, cli_member(event, "key"), NULL);
	writer_cell(w, STYLE_PLAIN, cli_member(event, "source"), NULL);
	writer_cell_text(w, text);
	writer_cell(w, STYLE_PLAIN, cli_member(event, "values"), NULL);
	writer_cell(w, STYLE_PLAIN, remedy ? json_string(_(remedy)) : json_null(), NULL);
	writer_cell(w, STYLE_PLAIN, cli_member(event, "trust"), NULL);
	writer_cell_int(w, cli_int(event, "count"));
	writer_cell(w, STYLE_PLAIN, cli_member(event, "last"), NULL);
	writer_cell(w, STYLE_PLAIN, cli_member(event, "cause"), cause ? cause : "");
}
