/* See message.h. The process itself speaks English, what it tells people is in their language: gettext is switched
 * over for a text and back. */
#include "message.h"

#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/clock.h"
#include "hjgate/conf.h"
#include "hjgate/ipc.h"
#include "hjgate/template.h"

#define TEXT_MAX 800 /* bytes of an event's text */

static bool chinese;

void message_language(const struct hj_conf_alerts *conf)
{
	chinese = conf->language == HJ_LANGUAGE_ZH;
	if (chinese)
		setenv("LANGUAGE", "zh_CN", 1);
	setlocale(LC_MESSAGES, "C");
}

static void speak(bool on)
{
	setlocale(LC_MESSAGES, on && chinese ? "C.UTF-8" : "C");
}

static const char *word(const char *name, const char *text)
{
	return *text && hj_event_is_reason(name) ? gettext(text) : text;
}

static const char *class_word(enum hj_event_class class)
{
	static const char *const words[] = { N_("note"), N_("warning"), N_("fault") };

	return _(words[class]);
}

/* ---- one alert in words ---- */

/* An event of a newer version than this is told by its code and what it concerns. */
static void event_text(const struct alert *a, char *to, size_t size)
{
	const struct hj_event_type *type = hj_event_find(a->code);
	_cleanup_json_ json_t *values = a->values ? json_loads(a->values, 0, NULL) : NULL;

	if (type)
		hj_event_fill(_(type->text), values, word, to, size);
	else
		snprintf(to, size, "%s: %s", a->code, a->key);
}

static int put_rest(const struct alert *a, struct hj_buf *to)
{
	int r = 0;

	if (a->more)
		r = hj_buf_printf(to, _(" (and %u times more)"), a->more);
	if (r >= 0 && a->count > 1)
		r = hj_buf_printf(to, _(" (%lld times)"), (long long)a->count);
	if (r >= 0 && a->again)
		r = hj_buf_printf(to, "%s", _(" (still)"));
	return r;
}

/* What is said of it: with "over" before it where it has ended. */
static int put_text(const struct alert *a, struct hj_buf *to)
{
	char text[TEXT_MAX];
	int r = a->phase == ALERT_END ? hj_buf_printf(to, "%s", _("over: ")) : 0;

	event_text(a, text, sizeof(text));
	r = r < 0 ? r : hj_buf_printf(to, "%s", text);
	return r < 0 ? r : put_rest(a, to);
}

/* Its times, and what is said of it. */
static int put_line(const struct alert *a, struct hj_buf *to)
{
	char begin[HJ_TIME_HUMAN_LEN + 1], end[HJ_TIME_HUMAN_LEN + 1];
	int r;

	hj_time_human(a->begin_ms, false, begin);
	r = hj_buf_printf(to, "%s", begin);
	if (r >= 0 && a->phase == ALERT_END && a->end_ms != ALERT_NO_END) {
		hj_time_human(a->end_ms, false, end);
		r = hj_buf_printf(to, " - %s", end);
	}
	r = r < 0 ? r : hj_buf_put(to, " ", 1);
	return r < 0 ? r : put_text(a, to);
}

int message_line(const struct alert *a, struct hj_buf *to)
{
	int r;

	speak(true);
	r = hj_buf_printf(to, "[%s] ", class_word(a->class));
	r = r < 0 ? r : put_line(a, to);
	speak(false);
	return r;
}

/* ---- DingTalk ---- */

/* What markdown takes for its own is said by its wide sister: a robot knows no escapes, and what comes from outside
 * is to be no link. */
static int put_markdown(struct hj_buf *to, const char *text)
{
	static const char special[] = "[]<>*`#|_\\";
	static const char *const wide[] = { "［", "］", "＜", "＞", "＊", "＇", "＃", "｜", "＿", "＼" };
	int r = 0;

	for (; *text && r >= 0; text++) {
		const char *at = strchr(special, *text);

		if (at)
			r = hj_buf_put(to, wide[at - special], strlen(wide[at - special]));
		else
			r = hj_buf_put(to, (unsigned char)*text < ' ' ? " " : text, 1);
	}
	return r;
}

static int put_item(const struct alert *a, struct hj_buf *to)
{
	_cleanup_(hj_buf_done) struct hj_buf line = { 0 };
	const char *remedy = a->phase == ALERT_END ? NULL : hj_event_remedy(a->code);
	int r = put_line(a, &line);

	r = r < 0 ? r : hj_buf_put(&line, "", 1);
	r = r < 0 ? r : hj_buf_printf(to, "- **%s** ", class_word(a->class));
	r = r < 0 ? r : put_markdown(to, line.data);
	r = r < 0 ? r : hj_buf_put(to, "\n", 1);
	if (r < 0 || !remedy)
		return r;
	r = hj_buf_printf(to, "    - %s", _("what to do: "));
	r = r < 0 ? r : put_markdown(to, _(remedy));
	return r < 0 ? r : hj_buf_put(to, "\n", 1);
}

/* The keyword that the robot demands, the site, and how many there are. */
static int put_head(const struct hj_conf_alerts *conf, const struct hj_conf_channel *c, size_t n, struct hj_buf *to)
{
	int r = hj_buf_put(to, "#### ", 5);

	if (r >= 0 && c->keyword[0]) {
		r = hj_buf_printf(to, "%s ", c->keyword);
	}
	r = r < 0 ? r : put_markdown(to, conf->site[0] ? conf->site : "hjgate");
	if (r >= 0 && n > 1)
		r = hj_buf_printf(to, _(": %zu alerts"), n);
	return r < 0 ? r : hj_buf_put(to, "\n", 1);
}

static int put_items(const struct alert *const *list, size_t n, struct hj_buf *to, size_t *ret_n)
{
	size_t i;
	int r = 0;

	for (i = 0; i < n && i < MESSAGE_DIGEST_MAX && r >= 0; i++) {
		size_t before = to->len;

		r = put_item(list[i], to);
		if (r < 0 || to->len <= MESSAGE_BYTES_MAX || !i)
			continue;
		to->len = before;
		break;
	}
	*ret_n = i;
	return r;
}

/* Those whom it calls have to stand in the text, too. */
static int put_at(const struct hj_conf_channel *c, struct hj_buf *to)
{
	int r = 0;

	for (size_t i = 0; i < c->at_count && r >= 0; i++)
		r = hj_buf_printf(to, "%s@%s", i ? " " : "\n", c->at[i]);
	return r;
}

static json_t *at_list(const struct hj_conf_channel *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->at_count; i++)
		json_array_append_new(list, json_string(c->at[i]));
	return json_pack("{s:o, s:b}", "atMobiles", list, "isAtAll", c->at_all);
}

/* A robot's title is what a telephone shows before it is opened. */
static int put_title(const struct hj_conf_alerts *conf, const struct hj_conf_channel *c, const struct alert *first,
        size_t n, struct hj_buf *to)
{
	int r = 0;

	if (c->keyword[0])
		r = hj_buf_printf(to, "%s ", c->keyword);
	if (r >= 0 && conf->site[0])
		r = hj_buf_printf(to, "%s: ", conf->site);
	if (r >= 0 && n > 1)
		r = hj_buf_printf(to, _("%zu alerts"), n);
	else if (r >= 0)
		r = put_text(first, to);
	return r;
}

/* Text as JSON holds it: valid UTF-8. */
static json_t *as_text(const struct hj_buf *b)
{
	_cleanup_(hj_buf_done) struct hj_buf quoted = { 0 };
	int r = hj_buf_put(&quoted, "\"", 1);

	r = r < 0 ? r : hj_json_escape(b->data ? b->data : "", &quoted);
	r = r < 0 ? r : hj_buf_put(&quoted, "\"", 1);
	return r < 0 ? NULL : json_loadb(quoted.data, quoted.len, JSON_DECODE_ANY, NULL);
}

static int finish(struct hj_buf *title, struct hj_buf *text, const struct hj_conf_channel *c, struct hj_buf *to)
{
	_cleanup_json_ json_t *j = NULL;
	char *body;
	int r = hj_buf_put(title, "", 1);

	r = r < 0 ? r : hj_buf_put(text, "", 1);
	if (r < 0)
		return r;
	j = json_pack("{s:s, s:{s:o, s:o}, s:o}", "msgtype", "markdown", "markdown", "title", as_text(title), "text",
	        as_text(text), "at", at_list(c));
	body = j ? json_dumps(j, JSON_COMPACT) : NULL;
	r = body ? hj_buf_put(to, body, strlen(body)) : -ENOMEM;
	free(body);
	return r;
}

int message_dingtalk(const struct hj_conf_alerts *conf, const struct hj_conf_channel *c,
        const struct alert *const *list, size_t n, struct hj_buf *to, size_t *ret_n)
{
	_cleanup_(hj_buf_done) struct hj_buf title = { 0 }, text = { 0 }, items = { 0 };
	int r;

	speak(true);
	r = put_items(list, n, &items, ret_n);
	r = r < 0 ? r : put_title(conf, c, list[0], *ret_n, &title);
	r = r < 0 ? r : put_head(conf, c, *ret_n, &text);
	r = r < 0 ? r : hj_buf_put(&text, items.data, items.len);
	r = r < 0 ? r : put_at(c, &text);
	speak(false);
	return r < 0 ? r : finish(&title, &text, c, to);
}

/* ---- a webhook ---- */

struct fields {
	const struct hj_conf_alerts *conf;
	const struct alert *a;
	json_t *values;
	struct hj_buf text;
	char number[HJ_TIME_HUMAN_LEN + HJ_NUMBER_LEN];
};

static const char *number(struct fields *f, int64_t value)
{
	snprintf(f->number, sizeof(f->number), "%" PRId64, value);
	return f->number;
}

static const char *time_text(struct fields *f, int64_t ms, bool plain)
{
	if (ms == ALERT_NO_END)
		return "";
	if (plain)
		return number(f, ms);
	hj_time_human(ms, false, f->number);
	return f->number;
}

static const char *text_of(struct fields *f)
{
	f->text.len = 0;
	return put_text(f->a, &f->text) < 0 || hj_buf_put(&f->text, "", 1) < 0 ? "" : f->text.data;
}

static const char *value_of(struct fields *f, const char *name)
{
	const json_t *value = json_object_get(f->values, name);

	if (json_is_string(value))
		return json_string_value(value);
	if (json_is_integer(value))
		return number(f, json_integer_value(value));
	if (json_is_real(value) && hj_number_format(json_real_value(value), -1, f->number) >= 0)
		return f->number;
	return json_is_true(value) ? "true" : json_is_false(value) ? "false" : "";
}

static const char *field(const char *name, void *userdata)
{
	struct fields *f = userdata;
	const struct alert *a = f->a;
	const char *remedy = hj_event_remedy(a->code);

	if (!strncmp(name, "values.", 7))
		return value_of(f, name + 7);
	if (!strcmp(name, "text"))
		return text_of(f);
	if (!strcmp(name, "remedy"))
		return remedy ? _(remedy) : "";
	if (!strcmp(name, "code"))
		return a->code;
	if (!strcmp(name, "class"))
		return hj_event_class_name(a->class);
	if (!strcmp(name, "key"))
		return a->key;
	if (!strcmp(name, "phase"))
		return alert_phase_name(a->phase);
	if (!strcmp(name, "begin") || !strcmp(name, "begin_ms"))
		return time_text(f, a->begin_ms, name[5]);
	if (!strcmp(name, "end") || !strcmp(name, "end_ms"))
		return time_text(f, a->phase == ALERT_MOMENT ? a->begin_ms : a->end_ms, name[3]);
	if (!strcmp(name, "id"))
		return number(f, a->id);
	if (!strcmp(name, "count"))
		return number(f, a->count > 0 ? a->count : 1);
	return !strcmp(name, "site") ? f->conf->site : "";
}

int message_webhook(
        const struct hj_conf_alerts *conf, const struct hj_conf_channel *c, const struct alert *a, struct hj_buf *to)
{
	struct fields f = { .conf = conf, .a = a, .values = a->values ? json_loads(a->values, 0, NULL) : NULL };
	int r;

	speak(true);
	r = hj_template_fill(c->template, strstr(c->content_type, "json"), field, &f, to);
	speak(false);
	hj_buf_done(&f.text);
	json_decref(f.values);
	return r;
}

struct alert *message_test(int64_t now_ms)
{
	struct alert *a = alert_new();

	if (!a)
		return NULL;
	a->id = 1;
	a->class = HJ_EVENT_INFO;
	a->begin_ms = a->end_ms = now_ms;
	strcpy(a->code, "alert-test");
	strcpy(a->key, "test");
	return a;
}
