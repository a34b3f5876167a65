/* What `hjgate status` found out, shown: the verdict first, then programs, buses, records, platforms, open events. */
#include <errno.h>
#include <libintl.h>
#include <stdio.h>
#include <string.h>

#include "apply.h"
#include "clock_drift.h"
#include "hjgate/clock.h"
#include "status.h"
#include "tables.h"
#include "timespec.h"

static const struct writer_column program_columns[] = {
	{ "program", N_("PROGRAM"), false },
	{ "state", N_("STATE"), false },
	{ "pid", N_("PID"), true },
	{ "other_text", NULL, false },
	{ "private_dirty_kb", N_("OWN MEMORY"), true },
	{ "pss_kb", N_("WITH ITS SHARE"), true },
	{ "rss_kb", NULL, true },
};

static bool is_configured(const struct status *s)
{
	return s->bus_count > 0 || s->uplink_count > 0;
}

static void show_verdict(const struct status *s, struct writer *w)
{
	size_t n = json_array_size(s->troubles), i;
	bool well = n == 0 && is_configured(s);
	char text[160];
	json_t *trouble;

	if (n)
		snprintf(
		        text, sizeof(text), ngettext("%zu thing needs attention", "%zu things need attention", n), n);
	else
		snprintf(text, sizeof(text), "%s", well ? _("all well") : _("nothing is configured yet"));
	writer_field(w, "ok", NULL, STYLE_PLAIN, json_boolean(well), NULL);
	writer_field(w, "configured", NULL, STYLE_PLAIN, json_boolean(is_configured(s)), NULL);
	writer_field(w, "verdict", NULL, STYLE_PLAIN, json_string(text), NULL);
	writer_field(w, "attention", NULL, STYLE_PLAIN, json_incref(s->troubles), NULL);
	writer_say(w, well ? STYLE_GOOD : n ? STYLE_BAD : STYLE_WARN, "%s", text);
	json_array_foreach(s->troubles, i, trouble) writer_say(w, STYLE_PLAIN, "  - %s", json_string_value(trouble));
}

static bool is_missing(const struct status *s)
{
	for (size_t i = 0; i < s->program_count; i++)
		if (s->programs[i].error == -ENOENT || s->programs[i].error == -ECONNREFUSED)
			return true;
	return false;
}

/* Nothing configured, or something not running: what to do, in the order in which to do it. */
static void show_steps(const struct status *s, struct writer *w)
{
	const char *root = s->root, *option = *root ? " --root " : "";
	bool configured = is_configured(s) || s->forbidden;
	const char *number = configured ? "" : "4. ";

	if (!configured) {
		writer_say(w, STYLE_PLAIN,
		        _("1. in %s/etc/hjgate, copy buses.d/*.conf.example and uplinks.d/*.conf.example to names "
		          "that end in .conf"),
		        root);
		writer_say(
		        w, STYLE_PLAIN, "%s", _("2. write in them what is connected here, and where to report to"));
		writer_say(w, STYLE_PLAIN, _("3. check them: hjgate check%s%s"), option, root);
	}
	if (s->forbidden || (configured && !is_missing(s)))
		return;
	if (s->running)
		writer_say(w, STYLE_PLAIN, _("%smake them run: %shjgate apply%s%s"), number, *root ? "" : "sudo ",
		        option, root);
	else if (*root)
		writer_say(w, STYLE_PLAIN, _("%sstart the programs: hjgate run --root %s"), number, root);
	else
		writer_say(w, STYLE_PLAIN,
		        _("%smake them run: sudo hjgate apply (or, where "
		          "systemd is not in charge, hjgate run)"),
		        number);
}

static void kb_cell(struct writer *w, int64_t kb)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld KB", (long long)kb);
	writer_cell(
	        w, kb < 0 ? STYLE_DIM : STYLE_PLAIN, kb < 0 ? json_null() : json_integer(kb), kb < 0 ? "-" : text);
}

static void show_programs(const struct status *s, struct writer *w)
{
	char text[64];

	writer_say(w, STYLE_PLAIN, "%s", "");
	writer_table(w, "programs", program_columns, hj_array_size(program_columns));
	for (size_t i = 0; i < s->program_count; i++) {
		const struct status_program *p = &s->programs[i];

		writer_cell_text(w, p->name);
		writer_cell(w, p->error ? STYLE_BAD : STYLE_GOOD, json_string(status_state(p)),
		        cli_word(status_state(p)));
		writer_cell(w, STYLE_PLAIN, p->pid > 0 ? json_integer(p->pid) : json_null(), NULL);
		writer_cell(w, STYLE_PLAIN, json_boolean(p->other_text), NULL);
		kb_cell(w, p->memory.private_dirty);
		kb_cell(w, p->memory.pss);
		kb_cell(w, p->memory.rss);
	}
	writer_table_end(w);
	snprintf(text, sizeof(text), "%.1f MB", (double)s->pss_kb / 1024);
	writer_field(w, "suite_pss_kb", s->pss_kb < 0 ? NULL : _("all together"), STYLE_PLAIN,
	        s->pss_kb < 0 ? json_null() : json_integer(s->pss_kb), text);
}

/* Known to root alone; who reloads without apply has edits that it has not seen. */
static void show_configuration(const struct status *s, struct writer *w)
{
	bool edited = false, known;
	unsigned number = 0;
	char text[96];

	known = apply_kept_newest(s->root, &number, &edited);
	snprintf(text, sizeof(text), edited ? _("%u; what is written now is another: hjgate apply") : "%u", number);
	writer_field(w, "configuration", known ? _("configuration") : NULL, edited ? STYLE_WARN : STYLE_PLAIN,
	        known ? json_integer(number) : json_null(), text);
	writer_field(w, "edited", NULL, STYLE_PLAIN, known ? json_boolean(edited) : json_null(), NULL);
}

static size_t count_kind(const struct status *s, enum status_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < s->program_count; i++)
		n += s->programs[i].kind == kind && s->programs[i].answer && s->programs[i].error == 0;
	return n;
}

/* Calls `row` for each program of the kind that answered. */
static void each(const struct status *s, struct writer *w, enum status_kind kind,
        void (*row)(struct writer *w, json_t *answer))
{
	for (size_t i = 0; i < s->program_count; i++)
		if (s->programs[i].kind == kind && s->programs[i].answer && s->programs[i].error == 0)
			row(w, s->programs[i].answer);
}

static void show_buses(const struct status *s, struct writer *w)
{
	if (count_kind(s, STATUS_BUS))
		writer_say(w, STYLE_PLAIN, "%s", "");
	cli_buses_begin(w);
	each(s, w, STATUS_BUS, cli_buses_row);
	writer_table_end(w);
	cli_refusals_begin(w);
	each(s, w, STATUS_BUS, cli_refusals_rows);
	writer_table_end(w);
	if (!s->meters)
		return;
	writer_say(w, STYLE_PLAIN, "%s", "");
	cli_meters_begin(w);
	each(s, w, STATUS_BUS, cli_meters_rows);
	writer_table_end(w);
}

static void time_field(struct writer *w, json_t *answer, const char *key, const char *label)
{
	char text[HJ_TIME_HUMAN_LEN + 1];
	int64_t ms = cli_time(answer, key);

	hj_time_human(ms, false, text);
	writer_field(w, key, label, STYLE_PLAIN, cli_member(answer, key), ms ? text : "-");
}

static void show_salvage(struct writer *w, json_t *store)
{
	json_t *salvage = json_object_get(store, "salvage");
	int64_t of = cli_int(salvage, "of");
	char text[128];

	snprintf(text, sizeof(text), _("%lld records of a damaged file so far (%lld %%)"),
	        (long long)cli_int(salvage, "records"),
	        (long long)(of > 0 ? 100 * cli_int(salvage, "done") / of : 0));
	writer_field(w, "salvage", json_is_object(salvage) ? _("put back") : NULL, STYLE_WARN,
	        cli_member(store, "salvage"), text);
}

/* JSON has it as stored says it. */
static void show_flash(struct writer *w, json_t *flash)
{
	json_t *day = json_object_get(flash, "written_day"), *years = json_object_get(flash, "years");
	char text[96] = "-";

	writer_field(w, "flash", NULL, STYLE_PLAIN, json_is_object(flash) ? json_incref(flash) : json_null(), NULL);
	if (json_is_integer(day))
		snprintf(text, sizeof(text), _("%.1f MB"), (double)json_integer_value(day) / (1 << 20));
	writer_field(w, NULL, _("written a day"), STYLE_PLAIN, json_null(), text);
	if (json_is_number(years))
		snprintf(text, sizeof(text), _("%.1f years at that"), json_number_value(years));
	writer_field(w, NULL, _("flash lasts"), STYLE_PLAIN, json_null(), json_is_number(years) ? text : "-");
	if (!json_is_integer(json_object_get(flash, "used")))
		return;
	snprintf(text, sizeof(text), _("up to %lld %%, it says"), (long long)cli_int(flash, "used"));
	writer_field(w, NULL, _("life over"), STYLE_PLAIN, json_null(), text);
}

static void show_store(const struct status *s, struct writer *w)
{
	const struct status_program *p = &s->programs[0];
	json_t *a = p->kind == STATUS_STORE && p->error == 0 ? p->answer : NULL;
	const char *error = cli_string(a, "error");
	char text[96];
	int64_t bytes;

	if (a)
		writer_say(w, STYLE_PLAIN, "%s", "");
	writer_open(w, "store", a ? _("Records") : NULL);
	if (a) {
		bytes = cli_int(a, "bytes");
		snprintf(text, sizeof(text),
		        bytes < 1 << 20 ? _("%lld records, %.0f KB") : _("%lld records, %.1f MB"),
		        (long long)cli_int(a, "records"), (double)bytes / (bytes < 1 << 20 ? 1 << 10 : 1 << 20));
		writer_field(w, "records", _("kept"), STYLE_PLAIN, cli_member(a, "records"), text);
		writer_field(w, "bytes", NULL, STYLE_PLAIN, cli_member(a, "bytes"), NULL);
		writer_field(w, "first", NULL, STYLE_PLAIN, cli_member(a, "first"), NULL);
		writer_field(w, "head", NULL, STYLE_PLAIN, cli_member(a, "head"), NULL);
		time_field(w, a, "oldest_label", _("oldest"));
		time_field(w, a, "last_commit", _("last written"));
		writer_field(w, "days_of_room", _("room for days"), STYLE_PLAIN, cli_member(a, "days_of_room"), NULL);
		show_flash(w, json_object_get(a, "flash"));
		writer_field(w, "points", _("points"), STYLE_PLAIN, cli_member(a, "points"), NULL);
		writer_field(w, "commits", NULL, STYLE_PLAIN, cli_member(a, "commits"), NULL);
		writer_field(w, "buses", NULL, STYLE_PLAIN, cli_member(a, "buses"), NULL);
		writer_field(w, "uplinks", NULL, STYLE_PLAIN, cli_member(a, "uplinks"), NULL);
		show_salvage(w, a);
		writer_field(w, "error", error ? _("trouble") : NULL, STYLE_BAD, cli_member(a, "error"), NULL);
	}
	writer_close(w);
}

static void show_clock(const struct status *s, struct writer *w)
{
	if (s->clock)
		writer_say(w, STYLE_PLAIN, "%s", "");
	writer_open(w, "clock", s->clock ? _("Clock") : NULL);
	if (s->clock)
		cli_clock_drift(w, s->clock);
	writer_close(w);
}

static void show_uplinks(const struct status *s, struct writer *w)
{
	if (count_kind(s, STATUS_UPLINK))
		writer_say(w, STYLE_PLAIN, "%s", "");
	cli_uplinks_begin(w);
	for (size_t i = 0; i < s->program_count; i++)
		if (s->programs[i].kind == STATUS_UPLINK && s->programs[i].answer && s->programs[i].error == 0)
			cli_uplinks_row(w, s->programs[i].answer, s->now_ms);
	writer_table_end(w);
}

static const struct writer_column day_columns[] = {
	{ "uplink", N_("LAST 24 HOURS"), false },
	{ "due", N_("STORED"), true },
	{ "sent", N_("SENT"), true },
	{ "acknowledged", N_("ACKNOWLEDGED"), true },
};

static json_t *answer_of(const struct status *s, const char *uplink)
{
	for (size_t i = 0; i < s->program_count; i++) {
		const char *name = cli_string(s->programs[i].answer, "uplink");

		if (s->programs[i].kind == STATUS_UPLINK && name && !strcmp(name, uplink))
			return s->programs[i].answer;
	}
	return NULL;
}

/* What is on the way is sent, and not acknowledged yet; what goes to a platform that is asked for no answer never
 * is. */
static void show_day_of(struct writer *w, json_t *uplink, json_t *program)
{
	bool unanswered = !strcmp(cli_string(program, "ack") ?: "", "none");
	json_int_t due = cli_int(uplink, "due"), taken = cli_int(uplink, "acknowledged");
	json_int_t more = json_is_integer(json_object_get(program, "under_way"));

	writer_cell_text(w, cli_string(uplink, "name"));
	writer_cell_int(w, due);
	writer_cell_int(w, hj_min(taken + more, due));
	writer_cell(w, unanswered ? STYLE_PLAIN : taken < due ? STYLE_WARN : STYLE_GOOD,
	        json_integer(unanswered ? 0 : taken), NULL);
}

static void show_day(const struct status *s, struct writer *w)
{
	json_t *uplink;
	bool any = false;
	size_t i;

	writer_table(w, "completeness", day_columns, hj_array_size(day_columns));
	json_array_foreach(json_object_get(s->day, "uplinks"), i, uplink)
	{
		json_t *program = answer_of(s, cli_string(uplink, "name") ?: "");

		if (!program) /* configured no more */
			continue;
		if (!any)
			writer_say(w, STYLE_PLAIN, "%s", "");
		any = true;
		show_day_of(w, uplink, program);
	}
	writer_table_end(w);
}

/* One line; `hjgate judge` has the rest. */
static void show_equipment(const struct status *s, struct writer *w)
{
	static const char *const states[] = { "running", "idle", "stopped", "unknown" };
	size_t counts[hj_array_size(states)] = { 0 }, alarmed = 0, i, k;
	json_t *list = NULL, *e;
	char text[256];

	for (i = 0; i < s->program_count; i++)
		if (s->programs[i].kind == STATUS_JUDGE && s->programs[i].error == 0)
			list = json_object_get(s->programs[i].answer, "equipment");
	if (!list)
		return;
	json_array_foreach(list, i, e)
	{
		for (k = 0; k + 1 < hj_array_size(states) && strcmp(states[k], cli_string(e, "state") ?: ""); k++)
			;
		counts[k]++;
		alarmed += json_is_true(json_object_get(e, "alarmed"));
	}
	snprintf(text, sizeof(text), _("%zu running, %zu idle, %zu stopped, %zu unknown; %zu with an alarm"),
	        counts[0], counts[1], counts[2], counts[3], alarmed);
	writer_say(w, STYLE_PLAIN, "%s", "");
	writer_field(w, "equipment", _("equipment"), alarmed ? STYLE_BAD : STYLE_PLAIN, json_incref(list), text);
}

static void show_events(const struct status *s, struct writer *w)
{
	json_t *event;
	size_t i;

	if (json_array_size(s->events))
		writer_say(w, STYLE_PLAIN, "%s", "");
	cli_events_begin(w);
	json_array_foreach(s->events, i, event) cli_events_row(w, event, s->now_ms);
	writer_table_end(w);
}

void status_show(const struct status *s, struct writer *w)
{
	show_verdict(s, w);
	show_steps(s, w);
	show_programs(s, w);
	show_configuration(s, w);
	show_buses(s, w);
	show_store(s, w);
	show_clock(s, w);
	show_uplinks(s, w);
	show_day(s, w);
	show_equipment(s, w);
	show_events(s, w);
}
