/* `hjgate events`: what a person should know, and a person's word on what caused it. */
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "events.h"
#include "hjgate/event.h"
#include "tables.h"
#include "timespec.h"
#include "writer.h"

#define LAST_BY_DEFAULT 30   /* events */
#define LAST_MOST       1000 /* what eventd gives at once */
#define CODES_MOST      256
#define REMEDIES_MOST   8 /* kinds of trouble that it is said for what to do */

struct events {
	const struct cli *cli;
	bool follow, open;
	int64_t from, to, last;
	const char *cause;
	struct cli_list classes, codes;
	struct writer *w;
	size_t seen;
	bool unread;                                           /* eventd does not know them all */
	const struct hj_event_type *open_types[REMEDIES_MOST]; /* of which there are open events */
};

const struct cli_option cli_events_options[] = {
	{ "--follow", 'f', CLI_FLAG, NULL, N_("go on until Ctrl-C"), offsetof(struct events, follow) },
	{ "--open", 'o', CLI_FLAG, NULL, N_("only those that have not ended"), offsetof(struct events, open) },
	{ "--class", 'c', CLI_LIST, N_("CLASS"), N_("only info, warn or fault; may be given again"),
	        offsetof(struct events, classes) },
	{ "--code", 0, CLI_LIST, N_("CODE"), N_("only those of this code; may be given again"),
	        offsetof(struct events, codes) },
	{ "--from", 0, CLI_TIME, N_("TIME"), N_("those that began then or later"), offsetof(struct events, from) },
	{ "--to", 0, CLI_TIME, N_("TIME"), N_("those that began before"), offsetof(struct events, to) },
	{ "--last", 'n', CLI_COUNT, N_("N"), N_("the newest N (30; of a span 1000)"), offsetof(struct events, last) },
	{ "--cause", 0, CLI_TEXT, N_("TEXT"), N_("with ack: what caused it"), offsetof(struct events, cause) },
	{ 0 },
};

/* With the first answer: where none comes nothing is printed. */
static void begin(struct events *e)
{
	if (e->w)
		return;
	e->w = writer_stdout(!e->cli->json ? WRITER_TEXT : e->follow ? WRITER_JSON_LINES : WRITER_JSON);
	cli_events_begin(e->w);
}

/* Each kind of trouble once, however many events of it are open. */
static void note_open(struct events *e, json_t *event)
{
	const char *code = cli_string(event, "code");
	const struct hj_event_type *type = code ? hj_event_find(code) : NULL;

	if (!type || !type->spans || cli_time(event, "end") || !hj_event_remedy(code))
		return;
	for (size_t i = 0; i < REMEDIES_MOST && e->open_types[i] != type; i++)
		if (!e->open_types[i]) {
			e->open_types[i] = type;
			return;
		}
}

static void say_remedies(const struct events *e)
{
	for (size_t i = 0; i < REMEDIES_MOST && e->open_types[i]; i++)
		writer_say(e->w, STYLE_PLAIN, _("%s: what to do: %s"), e->open_types[i]->code,
		        _(hj_event_remedy(e->open_types[i]->code)));
}

static int take(json_t *answer, bool continues, void *userdata)
{
	struct events *e = userdata;
	int64_t now_ms = cli_wall_ms();
	json_t *event;
	size_t i;

	begin(e);
	json_array_foreach(json_object_get(answer, "events"), i, event)
	{
		cli_events_row(e->w, event, now_ms);
		note_open(e, event);
		e->seen++;
	}
	e->unread |= json_is_true(json_object_get(answer, "unread"));
	if (e->follow)
		writer_flush(e->w);
	return ferror(stdout) ? 1 : 0;
}

static void add_list(json_t *q, const char *name, const struct cli_list *list)
{
	json_t *words = json_array();

	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(words, json_string(list->words[i]));
	if (list->count)
		json_object_set(q, name, words);
	json_decref(words);
}

static bool is_one_of(const char *word, const char *const *words)
{
	while (*words && strcmp(*words, word) != 0)
		words++;
	return *words;
}

static json_t *question(const struct events *e)
{
	json_t *q = json_pack("{sI sb}", "limit", (json_int_t)e->last, "open", (int)e->open);

	if (e->from)
		json_object_set_new(q, "begin", json_integer((json_int_t)e->from));
	if (e->to)
		json_object_set_new(q, "end", json_integer((json_int_t)e->to));
	if (e->follow)
		json_object_set_new(q, "follow", json_true());
	add_list(q, "classes", &e->classes);
	add_list(q, "codes", &e->codes);
	return q;
}

/* What is mistyped is said here, and no empty list shown. */
static int check_words(const struct cli *cli, const struct events *e)
{
	const char *classes[HJ_EVENT_FAULT + 2] = { NULL }, *codes[CODES_MOST + 1] = { NULL };

	for (unsigned i = 0; i <= HJ_EVENT_FAULT; i++)
		classes[i] = hj_event_class_name(i);
	for (size_t i = 0; i < CODES_MOST && hj_event_at(i); i++)
		codes[i] = hj_event_at(i)->code;
	for (size_t i = 0; i < e->classes.count; i++)
		if (!is_one_of(e->classes.words[i], classes))
			return cli_unknown(cli, N_("class"), e->classes.words[i], classes);
	for (size_t i = 0; i < e->codes.count; i++)
		if (!hj_event_find(e->codes.words[i]))
			return cli_unknown(cli, N_("code"), e->codes.words[i], codes);
	return 0;
}

static int list(struct cli *cli, struct events *e)
{
	int r = check_words(cli, e);
	bool whole, more; /* a span is asked for, all of it; and has more than fits */

	r = r ? r : cli_span_check(cli, e->from, e->to);
	if (r)
		return r;
	whole = !e->last && (e->from || e->to) && !e->follow;
	if (!e->last)
		e->last = whole ? LAST_MOST : LAST_BY_DEFAULT;
	if (e->last > LAST_MOST)
		return cli_usage(
		        cli, _("--last takes at most %d; name a span with --from and --to for more"), LAST_MOST);
	r = cli_stream(cli, "eventd.look", "hjgate.Event.List", question(e), e->follow ? -1 : CLI_ANSWER_MS, take, e);
	if (!e->w)
		return r;
	writer_table_end(e->w);
	writer_field(e->w, "unread", NULL, STYLE_PLAIN, json_boolean(e->unread), NULL);
	if (e->unread)
		writer_say(e->w, STYLE_WARN, "%s",
		        _("the file of the events cannot be read yet, or is being put back: there may be others"));
	else if (r == 0 && e->seen == 0)
		writer_say(e->w, STYLE_GOOD, "%s", e->open ? _("no open events") : _("no events"));
	more = whole && e->seen >= LAST_MOST;
	writer_field(e->w, "more", NULL, STYLE_PLAIN, json_boolean(more), NULL);
	if (more)
		writer_say(e->w, STYLE_WARN,
		        _("these are the newest %d of the span, and there may be more: name shorter ones"),
		        LAST_MOST);
	say_remedies(e);
	writer_free(e->w);
	return r;
}

static int read_id(const struct cli *cli, const char *word, const char *text, int64_t *ret)
{
	uint64_t id;

	if (!text || hj_uint_parse(text, strlen(text), INT64_MAX, &id) < 0 || !id)
		return cli_usage(cli, _("%s needs the number of an event, as in the column ID"), word);
	*ret = (int64_t)id;
	return 0;
}

static int acknowledge(struct cli *cli, const struct events *e, int64_t id)
{
	_cleanup_json_ json_t *answer = NULL;
	int r;

	if (!e->cause || !*e->cause)
		return cli_usage(cli, "%s", _("ack needs --cause TEXT"));
	if (strlen(e->cause) > HJ_EVENT_CAUSE_MAX)
		return cli_usage(cli, _("--cause takes %d bytes at most (a Chinese character has 3)"),
		        HJ_EVENT_CAUSE_MAX);
	if (cli_utf8(cli, e->cause))
		return HJ_EXIT_USAGE;
	r = cli_ask(cli, "eventd.change", "hjgate.Event.Acknowledge",
	        json_pack("{sI ss}", "id", (json_int_t)id, "cause", e->cause), &answer);
	if (r == 0 && cli->json)
		printf("{\"ok\": true}\n");
	else if (r == 0)
		printf(_("event %lld: noted\n"), (long long)id);
	return r;
}

int cli_events(struct cli *cli, int argc, char **argv)
{
	static const char *const words[] = { "ack", "show", NULL };
	struct events e = { .cli = cli };
	int64_t id = 0;
	int r = cli_options(cli, cli_events_options, &e, &argc, argv);

	if (r)
		return r;
	if (argc == 1)
		return list(cli, &e);
	if (!is_one_of(argv[1], words))
		return cli_unknown(cli, N_("word"), argv[1], words);
	if (argc > 3)
		return cli_usage(cli, _("\"%s\" is too much; a cause of several words stands in quotes"), argv[3]);
	r = read_id(cli, argv[1], argc > 2 ? argv[2] : NULL, &id);
	if (r)
		return r;
	return strcmp(argv[1], "ack") ? cli_events_show(cli, id) : acknowledge(cli, &e, id);
}
