/* `hjgate export`: what is kept, to take away, in clear. Any span goes page by page from the store to the file, so
 * that a year takes no more memory than an hour. Whoever may look at the records may export them; what is written to
 * something that can be carried away needs the group hjgate-admin, and each export is an event before its file gets
 * its name. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "export.h"
#include "hjgate/clock.h"
#include "instances.h"
#include "tables.h"
#include "timespec.h"
#include "writer.h"

#define FILE_MODE 0640

const struct cli_option cli_export_options[] = {
	{ "--kind", 'k', CLI_LIST, N_("KIND"),
	        N_("minute (as without), hour, day, status, runtime, poweron, log, pending, cut, receipt, void, or "
	           "all; may be given again"),
	        offsetof(struct export, kind_names) },
	{ "--from", 0, CLI_TIME, N_("TIME"), N_("windows that begin then or later"), offsetof(struct export, from) },
	{ "--to", 0, CLI_TIME, N_("TIME"), N_("windows that begin before"), offsetof(struct export, to) },
	{ "--point", 'p', CLI_TEXT, N_("NAME"), N_("only this point, or this factor"),
	        offsetof(struct export, point) },
	{ "--format", 0, CLI_TEXT, N_("FORMAT"), N_("csv (as without), jsonl or hj212"),
	        offsetof(struct export, format) },
	{ "--uplink", 0, CLI_TEXT, N_("NAME"), N_("with hj212: whose frames"), offsetof(struct export, uplink) },
	{ "--out", 'o', CLI_TEXT, N_("FILE"), N_("a file, or a folder that is there; standard output without"),
	        offsetof(struct export, path) },
	{ 0 },
};

static const struct export_form *const forms[] = { &export_csv, &export_jsonl, &export_hj212 };

/* ---- what was asked for ---- */

const struct export_form *export_form_of(const char *format)
{
	for (size_t i = 0; i < hj_array_size(forms); i++)
		if (!strcmp(format && *format ? format : "csv", forms[i]->name))
			return forms[i];
	return NULL;
}

int export_form_check(const struct cli *cli, const char *format, const char *uplink)
{
	const struct export_form *form = export_form_of(format);
	const char *names[hj_array_size(forms) + 1] = { 0 };

	for (size_t i = 0; i < hj_array_size(forms); i++)
		names[i] = forms[i]->name;
	if (!form)
		return cli_unknown(cli, N_("format"), format, names);
	if (uplink && form != &export_hj212)
		return cli_usage(cli, "%s", _("--uplink belongs to --format hj212"));
	if (!uplink && form == &export_hj212)
		return cli_usage(cli, "%s", _("--format hj212 needs --uplink NAME: whose frames?"));
	return 0;
}

static void add_kind(struct export *x, enum hj_kind kind)
{
	for (size_t i = 0; i < x->kind_count; i++)
		if (x->kinds[i] == kind)
			return;
	x->kinds[x->kind_count++] = kind;
}

static int find_kinds(struct export *x)
{
	const char *names[HJ_KIND_MOST + 2] = { 0 };
	enum hj_kind kind;

	for (int k = 1; k <= HJ_KIND_MOST; k++)
		names[k - 1] = hj_kind_name((enum hj_kind)k);
	names[HJ_KIND_MOST] = "all";
	for (size_t i = 0; i < x->kind_names.count; i++) {
		bool all = !strcmp(x->kind_names.words[i], "all");

		if (!all && hj_kind_parse(x->kind_names.words[i], &kind) < 0)
			return cli_unknown(x->cli, N_("kind"), x->kind_names.words[i], names);
		for (int k = 1; all && k <= HJ_KIND_MOST; k++)
			add_kind(x, (enum hj_kind)k);
		if (!all)
			add_kind(x, kind);
	}
	if (!x->kind_count)
		add_kind(x, HJ_KIND_MINUTE);
	return 0;
}

static int understand(struct exporting *e)
{
	struct export *x = &e->x;
	struct stat st;
	int r = export_form_check(x->cli, x->format, x->uplink);

	x->form = export_form_of(x->format);
	r = r ? r : find_kinds(x);
	if (r)
		return r;
	e->folder = x->path && stat(x->path, &st) == 0 && S_ISDIR(st.st_mode);
	if (x->form->table && x->kind_count > 1 && !e->folder)
		return cli_usage(x->cli, "%s", _("several kinds as csv need --out FOLDER: a file each"));
	if (x->point && x->form == &export_hj212)
		return cli_usage(x->cli, "%s", _("a frame is whole: --point does not go with --format hj212"));
	if (!x->to)
		x->to = HJ_TIME_MAX_MS;
	return cli_span_check(x->cli, x->from, x->to);
}

/* ---- writing ---- */

static const char *file_of(struct exporting *e)
{
	char from[HJ_TIME14_LEN + 1], to[HJ_TIME14_LEN + 1];

	if (!e->folder)
		return e->x.path;
	hj_time14_format(export_begin(e), from);
	hj_time14_format(export_end(e), to);
	snprintf(e->file, sizeof(e->file), "%s/hjgate-%s-%s-%s.%s", e->x.path,
	        e->x.form->table ? hj_kind_name(e->x.kind) : e->x.form->name, from, to, e->x.form->suffix);
	return e->file;
}

/* The event. Its answer comes before the file gets its name. */
static int report(struct exporting *e)
{
	_cleanup_json_ json_t *answer = NULL;
	const char *target = !e->x.path ? "standard output" : e->removable ? "removable medium" : "file";

	if (!e->kind_records)
		return 0;
	return cli_ask(e->x.cli, e->socket, "hjgate.Store.Exported",
	        json_pack("{ss sI sI ss sI ss}", "kind", hj_kind_name(e->x.kind), "begin",
	                (json_int_t)export_begin(e), "end", (json_int_t)export_end(e), "format", e->x.form->name,
	                "records", (json_int_t)e->kind_records, "target", target),
	        &answer);
}

static int failed(struct exporting *e, int r)
{
	return outfile_failed(e->x.cli, e->x.path ? file_of(e) : NULL, r);
}

static const struct writer_column columns[] = {
	{ "file", N_("FILE"), false },
	{ "kinds", N_("KIND"), false },
	{ "records", N_("RECORDS"), true },
};

static void begin_table(struct exporting *e)
{
	if (e->w)
		return;
	e->w = writer_stdout(e->x.cli->json ? WRITER_JSON : WRITER_TEXT);
	writer_table(e->w, "files", columns, hj_array_size(columns));
}

static void row(struct exporting *e, uint64_t records, const char *kinds)
{
	if (!e->x.path || e->x.quiet)
		return;
	begin_table(e);
	writer_cell_text(e->w, e->x.out.path);
	writer_cell_text(e->w, kinds);
	writer_cell_int(e->w, (int64_t)records);
}

static int open_file(struct exporting *e)
{
	int r = outfile_open(&e->x.out, e->x.path ? file_of(e) : NULL, FILE_MODE);

	r = r < 0 || !e->x.form->head ? r : e->x.form->head(&e->x);
	return r < 0 ? failed(e, r) : 0;
}

/* Nothing of it: a point that is mistyped is no empty file. */
static int point_known(const struct exporting *e)
{
	return e->x.point && !e->unreadable ? cli_point_known(e->x.cli, e->x.point) : 0;
}

static int close_file(struct exporting *e, uint64_t records, const char *kinds)
{
	int r;

	if (!records && e->folder && e->x.kind_count > 1) {
		outfile_abort(&e->x.out); /* an empty file a kind tells nobody anything */
		return 0;
	}
	r = e->x.records ? 0 : point_known(e);
	if (r) {
		outfile_abort(&e->x.out);
		return r;
	}
	r = outfile_commit(&e->x.out);
	if (r < 0)
		return failed(e, r);
	row(e, records, kinds);
	return 0;
}

static int one_kind(struct exporting *e)
{
	int status = export_read(e), told;

	if (e->failed)
		status = failed(e, e->failed);
	if (status && e->x.path)
		return status; /* nothing of it is left */
	told = report(e);
	return status ? status : told;
}

static int every_kind(struct exporting *e)
{
	bool each = e->folder && e->x.form->table;
	char kinds[128] = "";
	int status = 0;

	for (size_t i = 0; i < e->x.kind_count && !status; i++) {
		size_t n = strlen(kinds);

		e->x.kind = e->x.kinds[i];
		status = i && !each ? 0 : open_file(e);
		status = status ? status : one_kind(e);
		if (each || !n)
			hj_text_copy(kinds, sizeof(kinds), hj_kind_name(e->x.kind));
		else
			snprintf(kinds + n, sizeof(kinds) - n, " %s", hj_kind_name(e->x.kind));
		e->x.records += e->kind_records;
		if (!status && (each || i + 1 == e->x.kind_count))
			status = close_file(e, each ? e->kind_records : e->x.records, kinds);
	}
	if (status)
		outfile_abort(&e->x.out);
	return status;
}

/* Where the records are to be had, and since when there are any. */
static int ask_store(struct exporting *e)
{
	_cleanup_json_ json_t *answer = NULL;
	int status;

	e->removable = e->x.path && outfile_is_removable(e->x.path);
	e->socket = e->removable ? "stored.change" : "stored.look";
	status = cli_ask(e->x.cli, e->socket, "hjgate.Store.Status", NULL, &answer);
	e->oldest_ms = cli_time(answer, "oldest_label");
	return status;
}

static void end_table(struct exporting *e, int status)
{
	if (!status && e->x.cli->json && e->x.path && !e->x.quiet)
		begin_table(e);
	if (!e->w)
		return;
	writer_table_end(e->w);
	writer_field(e->w, "unreadable", NULL, STYLE_PLAIN, json_integer((json_int_t)e->unreadable), NULL);
	writer_free(e->w);
}

/* What was left out is missing from what somebody carries away: no success, unless the caller tells it himself. */
static int tell_left_out(struct exporting *e, int status)
{
	int refused;

	if (e->x.left_out)
		*e->x.left_out = e->unreadable;
	if (!e->unreadable)
		return status;
	refused = cli_refused(e->x.cli, _(CLI_UNREADABLE), (unsigned long long)e->unreadable);
	return status || e->x.left_out ? status : refused;
}

static int export(struct exporting *e)
{
	int status;

	e->begun_ms = cli_wall_ms();
	status = e->x.form->prepare ? e->x.form->prepare(&e->x) : 0;
	if (status < 0)
		return failed(e, status);
	status = status ? status : ask_store(e);
	if (status)
		return status;
	cli_progress_begin(e->x.cli, &e->progress);
	status = every_kind(e);
	cli_progress_end(&e->progress);
	if (!status && !e->x.records && e->folder && e->x.kind_count > 1) /* then no file was closed */
		status = point_known(e);
	end_table(e, status);
	if (!status && !e->x.records && !e->unreadable)
		fprintf(stderr, "%s\n", _("no such records"));
	return tell_left_out(e, status);
}

int export_run(struct cli *cli, const struct export *what)
{
	_cleanup_free_ struct exporting *e = calloc(1, sizeof(*e));
	int status;

	if (!e)
		return HJ_EXIT_TEMPORARY;
	e->x = *what;
	e->x.cli = cli;
	status = understand(e);
	status = status ? status : export(e);
	if (e->x.form && e->x.form->done)
		e->x.form->done(&e->x);
	hj_dictionary_done(&e->x.points);
	return status;
}

int cli_export(struct cli *cli, int argc, char **argv)
{
	struct export what = { 0 };
	int status = cli_options(cli, cli_export_options, &what, &argc, argv);

	if (cli->json && !what.path && !what.format)
		what.format = "jsonl";
	if (!status && argc > 1)
		status = cli_usage(cli, _("\"%s\" is too much"), argv[1]);
	return status ? status : export_run(cli, &what);
}
