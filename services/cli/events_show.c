/* One event with all that is known of it: what it says, what it concerns, the values that prove it, and where the
 * frames and records of its time are found. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "events.h"
#include "hjgate/clock.h"
#include "hjgate/event.h"
#include "json_text.h"
#include "render.h"
#include "tables.h"
#include "timespec.h"
#include "writer.h"

#define EVENT_TEXT_MAX 512 /* bytes */
#define VALUE_MAX      1100
#define AROUND_MS      (10 * 60 * HJ_MS_PER_SEC) /* before and after it, of the records */

static const struct writer_column value_columns[] = {
	{ "name", N_("NAME"), false },
	{ "value", N_("VALUE"), false },
};

static void time_field(struct writer *w, const char *key, const char *label, int64_t ms, bool trusted)
{
	char human[HJ_TIME_HUMAN_LEN + 1], text[128];

	hj_time_human(ms, true, human);
	snprintf(text, sizeof(text), trusted ? "%s" : _("%s (nobody said that the clock was right)"), human);
	writer_field(w, key, label, trusted ? STYLE_PLAIN : STYLE_WARN, json_integer(ms), text);
}

static void show_times(struct writer *w, json_t *event, const struct hj_event_type *type)
{
	const char *trust = cli_string(event, "trust");
	bool trusted = trust && strcmp(trust, "none") != 0;
	int64_t begin = cli_time(event, "begin"), end = cli_time(event, "end");
	char span[CLI_SPAN_LEN];

	time_field(w, "begin", type && !type->spans ? _("when") : _("begin"), begin, trusted);
	if (type && !type->spans)
		return;
	if (end)
		time_field(w, "end", _("end"), end, trusted);
	else
		writer_field(w, "end", _("end"), STYLE_WARN, json_null(), _("open"));
	writer_field(w, "duration_ms", _("lasted"), STYLE_PLAIN, json_integer((end ? end : cli_wall_ms()) - begin),
	        cli_span((end ? end : cli_wall_ms()) - begin, span));
}

static void show_event(struct writer *w, json_t *event, const struct hj_event_type *type)
{
	const char *class = cli_string(event, "class");
	char text[EVENT_TEXT_MAX];

	cli_event_text(event, text, sizeof(text));
	writer_field(w, "id", _("number"), STYLE_PLAIN, cli_member(event, "id"), NULL);
	writer_field(w, "text", _("event"), STYLE_PLAIN, json_string(text), NULL);
	writer_field(w, "code", _("code"), STYLE_PLAIN, cli_member(event, "code"), NULL);
	writer_field(w, "class", _("class"), STYLE_PLAIN, cli_member(event, "class"), cli_word(class));
	writer_field(w, "about", _("concerns"), STYLE_PLAIN, type ? json_string(_(type->about)) : json_null(), NULL);
	writer_field(w, "key", _("which"), STYLE_PLAIN, cli_member(event, "key"), NULL);
	writer_field(w, "source", _("told by"), STYLE_PLAIN, cli_member(event, "source"), NULL);
	show_times(w, event, type);
	writer_field(w, "trust", _("clock"), STYLE_PLAIN, cli_member(event, "trust"), NULL);
	writer_field(w, "count", _("times"), STYLE_PLAIN, cli_member(event, "count"), NULL);
	if (cli_time(event, "last"))
		time_field(w, "last", _("last time"), cli_time(event, "last"), true);
	if (cli_string(event, "cause"))
		writer_field(w, "cause", _("cause"), STYLE_PLAIN, cli_member(event, "cause"), NULL);
	if (type && type->remedy)
		writer_field(w, "remedy", _("what to do"), STYLE_PLAIN, json_string(_(type->remedy)), NULL);
}

static void value_cell(struct writer *w, const char *name, json_t *value)
{
	char text[VALUE_MAX], place[VALUE_MAX], *packed;

	if (!json_is_object(value) && !json_is_array(value)) {
		_cleanup_json_ json_t *one = json_pack("{sO}", name, value);

		snprintf(place, sizeof(place), "{%s}", name);
		cli_fill_event(place, one, text, sizeof(text));
		writer_cell(w, STYLE_PLAIN, json_incref(value), text);
		return;
	}
	packed = cli_json_text(value);
	writer_cell(w, STYLE_PLAIN, json_incref(value), packed ? packed : "?");
	free(packed);
}

/* In JSON they are as in the list of events: an object, empty where there are none. */
static void show_values(struct writer *w, json_t *event, bool json)
{
	json_t *values = json_object_get(event, "values"), *value;
	const char *name;

	if (json)
		writer_field(w, "values", NULL, STYLE_PLAIN, values ? json_incref(values) : json_object(), NULL);
	if (json || !json_object_size(values))
		return;
	writer_table(w, "values", value_columns, hj_array_size(value_columns));
	json_object_foreach(values, name, value)
	{
		writer_cell_text(w, name);
		value_cell(w, name, value);
	}
	writer_table_end(w);
}

/* "uplink county" -> frames of uplink/county; "meter north.oven", "port north", "bus north": of the bus. */
static bool whose_frames(const char *key, char *to, size_t size)
{
	static const char *const buses[] = { "meter ", "bus ", "port " };

	if (!strncmp(key, "uplink ", 7) && key[7]) {
		snprintf(to, size, "uplink/%s", key + 7);
		return true;
	}
	for (size_t i = 0; i < hj_array_size(buses); i++)
		if (!strncmp(key, buses[i], strlen(buses[i]))) {
			const char *name = key + strlen(buses[i]);

			snprintf(to, size, "%.*s", (int)strcspn(name, ".: "), name);
			return *to;
		}
	return false;
}

static void show_where(struct writer *w, json_t *event)
{
	int64_t begin = cli_time(event, "begin"), end = cli_time(event, "end");
	const char *key = cli_string(event, "key");
	char from[HJ_TIME14_LEN + 1], to[HJ_TIME14_LEN + 1], whose[128], text[192];

	hj_time14_format(begin - AROUND_MS, from);
	hj_time14_format((end ? end : cli_wall_ms()) + AROUND_MS, to);
	writer_open(w, "evidence", _("More of that time"));
	snprintf(text, sizeof(text), "hjgate records --from %s --to %s", from, to);
	writer_field(w, "records", _("records"), STYLE_PLAIN, json_string(text), NULL);
	snprintf(text, sizeof(text), "hjgate events --from %s --to %s", from, to);
	writer_field(w, "events", _("events"), STYLE_PLAIN, json_string(text), NULL);
	if (key && whose_frames(key, whose, sizeof(whose))) {
		snprintf(text, sizeof(text), "hjgate frames %s", whose);
		writer_field(w, "frames", _("frames"), STYLE_PLAIN, json_string(text), NULL);
	}
	writer_close(w);
}

int cli_events_show(struct cli *cli, int64_t id)
{
	_cleanup_json_ json_t *answer = NULL;
	const struct hj_event_type *type;
	struct writer *w;
	json_t *event;
	const char *code;
	int r = cli_ask(cli, "eventd.look", "hjgate.Event.List",
	        json_pack("{sI si}", "id", (json_int_t)id, "limit", 1), &answer);

	if (r)
		return r;
	event = json_array_get(json_object_get(answer, "events"), 0);
	if (!event)
		return cli_refused(cli, _("there is no event %" PRId64), id);
	code = cli_string(event, "code");
	type = code ? hj_event_find(code) : NULL;
	w = writer_stdout(cli->json ? WRITER_JSON : WRITER_TEXT);
	show_event(w, event, type);
	show_values(w, event, cli->json);
	show_where(w, event);
	writer_free(w);
	return HJ_EXIT_OK;
}
