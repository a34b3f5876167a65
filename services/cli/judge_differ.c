/* What was concluded, by the events of judged, against what a replay concludes. Two are the same where code and key
 * agree and their times overlap: a replay sees windows and cannot know a begin to the second. */
#include "judge.h"

#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "events_back.h"
#include "timespec.h"

static const struct writer_column columns[] = {
	{ "which", N_("WHICH"), false },
	{ "code", N_("CODE"), false },
	{ "key", N_("ABOUT"), false },
	{ "begin", N_("BEGIN"), false },
	{ "end", N_("END"), false },
	{ "lasted", N_("LASTED"), true },
};
static const struct writer_column sums[] = {
	{ "code", N_("CODE"), false },
	{ "was", N_("WAS"), true },
	{ "would", N_("WOULD BE"), true },
	{ "both", N_("BOTH"), true },
};

struct judged_span *judge_spans_add(struct judged_spans *s)
{
	size_t size = s->size ? 2 * s->size : 64;
	struct judged_span *list;

	if (s->count == JUDGED_SPANS_MOST) {
		s->lost++;
		return NULL;
	}
	if (s->count == s->size) {
		list = realloc(s->list, size * sizeof(*list));
		if (!list) {
			s->lost++;
			return NULL;
		}
		s->list = list;
		s->size = size;
	}
	s->list[s->count] = (struct judged_span){ 0 };
	return &s->list[s->count++];
}

/* ---- what was ---- */

static void take_event(json_t *event, void *userdata)
{
	const char *source = cli_string(event, "source"), *code = cli_string(event, "code"),
	           *key = cli_string(event, "key");
	struct judged_span *s;

	if (!source || strcmp(source, "judged") || !code || !key || !strncmp(code, "equipment-hours", 15) ||
	        !strncmp(code, "equipment-energy", 16))
		return;
	s = judge_spans_add(userdata);
	if (!s)
		return;
	hj_text_copy(s->code, sizeof(s->code), code);
	hj_text_copy(s->key, sizeof(s->key), key);
	s->begin_ms = cli_time(event, "begin");
	s->end_ms = cli_time(event, "end");
}

/* One that is given twice matches all the same. */
int judge_spans_was(struct cli *cli, int64_t from, int64_t to, struct judged_spans *ret)
{
	_cleanup_json_ json_t *error = NULL;
	int r = cli_events_back(cli->root, from, to, take_event, ret, &error);

	return r < 0 ? cli_ask_failed(cli, "eventd.look", r, error) : 0;
}

/* ---- the difference ---- */

static bool overlap(const struct judged_span *a, const struct judged_span *b)
{
	int64_t a_end = a->end_ms ? a->end_ms : INT64_MAX, b_end = b->end_ms ? b->end_ms : INT64_MAX;

	return a->begin_ms <= b_end && b->begin_ms <= a_end;
}

void judge_differ(struct judged_spans *was, struct judged_spans *would)
{
	for (size_t i = 0; i < was->count; i++)
		for (size_t k = 0; k < would->count; k++) {
			struct judged_span *a = &was->list[i], *b = &would->list[k];

			if (strcmp(a->code, b->code) || strcmp(a->key, b->key) || !overlap(a, b))
				continue;
			a->matched = b->matched = true;
		}
}

static int by_begin(const void *a, const void *b)
{
	const struct judged_span *x = a, *y = b;

	return (x->begin_ms > y->begin_ms) - (x->begin_ms < y->begin_ms);
}

static void row(struct writer *w, const struct judged_span *s, const char *which, const char *shown, int64_t to)
{
	int64_t lasted = (s->end_ms ? s->end_ms : to) - s->begin_ms;
	char text[CLI_SPAN_LEN];

	writer_cell(w, s->matched ? STYLE_PLAIN : STYLE_WARN, json_string(which), shown);
	writer_cell_text(w, s->code);
	writer_cell_text(w, s->key);
	writer_cell_time(w, s->begin_ms);
	writer_cell_time(w, s->end_ms);
	writer_cell(w, STYLE_PLAIN, json_integer(lasted), cli_span(lasted, text));
}

struct sum {
	const char *code;
	long long was, would, both;
};
#define SUMS_MOST 32

static struct sum *sum_of(struct sum *list, size_t *count, const char *code)
{
	for (size_t i = 0; i < *count; i++)
		if (!strcmp(list[i].code, code))
			return &list[i];
	if (*count == SUMS_MOST)
		return &list[SUMS_MOST - 1];
	list[*count] = (struct sum){ .code = code };
	return &list[(*count)++];
}

static void show_sums(const struct judged_spans *was, const struct judged_spans *would, struct writer *w)
{
	struct sum list[SUMS_MOST], *s;
	size_t count = 0;

	for (size_t i = 0; i < was->count; i++)
		sum_of(list, &count, was->list[i].code)->was++;
	for (size_t i = 0; i < would->count; i++) {
		s = sum_of(list, &count, would->list[i].code);
		s->would++;
		s->both += would->list[i].matched;
	}
	writer_table(w, "sums", sums, hj_array_size(sums));
	for (size_t i = 0; i < count; i++) {
		writer_cell_text(w, list[i].code);
		writer_cell_int(w, list[i].was);
		writer_cell_int(w, list[i].would);
		writer_cell_int(w, list[i].both);
	}
	writer_table_end(w);
}

void judge_show_difference(
        const struct judged_spans *was, const struct judged_spans *would, int64_t to, struct writer *w)
{
	size_t only_was = 0;

	show_sums(was, would, w);
	writer_say(w, STYLE_PLAIN, "%s", "");
	if (was->count)
		qsort(was->list, was->count, sizeof(*was->list), by_begin);
	if (would->count)
		qsort(would->list, would->count, sizeof(*would->list), by_begin);
	writer_table(w, "conclusions", columns, hj_array_size(columns));
	for (size_t i = 0, k = 0; i < was->count || k < would->count;) {
		bool old = k == would->count || (i < was->count && was->list[i].begin_ms <= would->list[k].begin_ms);

		if (old && !was->list[i].matched) {
			row(w, &was->list[i], "was", _("was, would not be"), to);
			only_was++;
		}
		if (!old)
			row(w, &would->list[k], would->list[k].matched ? "both" : "would",
			        would->list[k].matched ? _("as it was") : _("would be, was not"), to);
		i += old;
		k += !old;
	}
	writer_table_end(w);
	writer_field(w, "only_was", NULL, STYLE_PLAIN, json_integer((json_int_t)only_was), NULL);
}
