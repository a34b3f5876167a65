/* What apply has to say: what is another now, what is done because of it, who answers; and what is kept. */
#include <stdio.h>
#include <string.h>

#include "apply.h"
#include "tables.h"
#include "timespec.h"

static const struct writer_column change_columns[] = {
	{ "file", N_("FILE"), false },
	{ "key", N_("SETTING"), false },
	{ "old", N_("FROM"), false },
	{ "new", N_("TO"), false },
};
static const struct writer_column program_columns[] = {
	{ "program", N_("PROGRAM"), false },
	{ "action", N_("TO DO"), false },
	{ "reason", N_("BECAUSE"), false },
	{ "down_ms", N_("READY AFTER"), true },
	{ "told_at", NULL, false },
	{ "trouble", N_("TROUBLE"), false },
};
static const struct writer_column answer_columns[] = {
	{ "kind", N_("KIND"), false },
	{ "name", N_("NAME"), false },
	{ "after_ms", N_("FIRST ANSWER"), false },
	{ "text", N_("WHAT TO DO"), false },
};
static const struct writer_column kept_columns[] = {
	{ "number", N_("NUMBER"), true },
	{ "time", N_("APPLIED"), false },
	{ "by", N_("BY"), false },
	{ "note", N_("WHAT"), false },
};

void apply_show_changes(const struct apply *a, struct writer *w)
{
	if (a->changes.count)
		writer_say(w, STYLE_TITLE, "%s", _("What is another now"));
	writer_table(w, "changes", change_columns, hj_array_size(change_columns));
	for (size_t i = 0; i < a->changes.count; i++) {
		const struct apply_change *c = &a->changes.list[i];

		writer_cell_text(w, c->file);
		writer_cell_text(w, *c->key ? c->key : NULL);
		writer_cell_text(w, c->old);
		writer_cell_text(w, c->new);
	}
	writer_table_end(w);
}

static void seconds_cell(struct writer *w, int64_t ms)
{
	char text[32];

	snprintf(text, sizeof(text), _("%.1f s"), (double)ms / 1000);
	writer_cell(w, STYLE_PLAIN, ms < 0 ? json_null() : json_integer(ms), ms < 0 ? "-" : text);
}

static void trouble_cell(struct writer *w, const struct apply_program *p)
{
	char raw[256], text[256];
	const char *between = p->detail[0] ? ": " : "";

	snprintf(raw, sizeof(raw), "%s%s%s", p->why ? p->why : "", between, p->detail);
	snprintf(text, sizeof(text), "%s%s%s", p->why ? _(p->why) : "-", between, cli_reason(p->detail));
	writer_cell(w, p->why ? STYLE_BAD : STYLE_PLAIN, p->why ? json_string(raw) : json_null(), text);
}

void apply_show_programs(const struct apply *a, struct writer *w, const char *key, bool done)
{
	static const char *const acts[] = { [APPLY_LEAVE] = N_("nothing"),
		[APPLY_START] = N_("start"),
		[APPLY_RESTART] = N_("restart"),
		[APPLY_STOP] = N_("stop") };

	writer_table(w, key, program_columns, hj_array_size(program_columns));
	for (size_t i = 0; i < a->count; i++) {
		const struct apply_program *p = &a->programs[i];

		if (p->act == APPLY_LEAVE)
			continue;
		writer_cell_text(w, p->name);
		writer_cell(w, STYLE_PLAIN, json_string(acts[p->act]), _(acts[p->act]));
		writer_cell(w, STYLE_PLAIN, p->reason ? json_string(p->reason) : json_null(),
		        p->reason ? _(p->reason) : "-");
		seconds_cell(w, done ? p->down_ms : -1);
		writer_cell(w, STYLE_PLAIN, p->touched ? json_integer(p->acted_ms) : json_null(), NULL);
		trouble_cell(w, p);
	}
	writer_table_end(w);
}

void apply_show_answers(const struct apply_answers *l, struct writer *w)
{
	char text[48];

	writer_table(w, "answers", answer_columns, hj_array_size(answer_columns));
	for (size_t i = 0; i < l->count; i++) {
		const struct apply_answer *e = &l->list[i];
		bool is_meter = e->program->reader == APPLY_METERD, ok = e->ms >= 0;

		writer_cell(w, STYLE_PLAIN, json_string(is_meter ? "meter" : "uplink"),
		        is_meter ? _("meter") : _("uplink"));
		writer_cell_text(w, e->name);
		snprintf(text, sizeof(text), _("ok in %.1f s"), (double)e->ms / 1000);
		writer_cell(w, ok ? STYLE_GOOD : STYLE_WARN, ok ? json_integer(e->ms) : json_null(),
		        ok ? text : _("none yet"));
		writer_cell(w, STYLE_PLAIN, ok ? json_null() : json_string(e->text), ok ? "-" : e->text);
	}
	writer_table_end(w);
}

void apply_show_list(const struct apply *a, const struct apply_kept_list *l, struct writer *w)
{
	const char *note;

	(void)a;
	if (!l->count)
		writer_say(w, STYLE_PLAIN, "%s", _("nothing was applied yet"));
	writer_table(w, "kept", kept_columns, hj_array_size(kept_columns));
	for (size_t i = l->count; i-- > 0;) {
		writer_cell_int(w, l->list[i].number);
		writer_cell_time(w, l->list[i].time_ms);
		writer_cell_text(w, l->list[i].by);
		note = l->list[i].note;
		writer_cell(w, STYLE_PLAIN, *note ? writer_text(note) : json_null(), *note ? cli_reason(note) : NULL);
	}
	writer_table_end(w);
}

/* In the journal of a start. */
void apply_show_settled(unsigned number, int how)
{
	printf(_("an apply was cut short: configuration %u was put back\n"), number);
	if (how == APPLY_IS_BACK_ALONE)
		printf("%s\n", _("the disk of /var/lib/hjgate is full: what was being tried is not kept"));
}

int apply_show_nobody(const struct apply *a)
{
	cli_refused(a->cli, "%s", _("no program runs here, and nobody who could start one"));
	if (*a->root)
		fprintf(stderr, _("Start the programs: hjgate run --root %s\n"), a->root);
	else
		fprintf(stderr, "%s\n", _("Start the programs: hjgate run"));
	return HJ_EXIT_TEMPORARY;
}
