/* `hjgate apply`: what was written in /etc/hjgate becomes what runs. It is checked, held against the configuration
 * that was good last, and what differs is looked up in a table of who reads what: those programs, no others, are
 * started again. Where one does not come up, files and programs go back. Of a power cut amid it: apply_settle.c. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "apply.h"
#include "ask.h"
#include "check.h"
#include "timespec.h"

#define WAIT_USUAL_MS 60000
#define WAIT_MOST_MS  (3600 * 1000)

const struct cli_option cli_apply_options[] = {
	{ "--dry-run", 'n', CLI_FLAG, NULL, N_("only show what would be done"), offsetof(struct apply, dry) },
	{ "--wait", 0, CLI_TEXT, N_("LENGTH"), N_("how long first answers are waited for: 1m as without, 0, 5m"),
	        offsetof(struct apply, wait_text) },
	{ "--stay", 0, CLI_FLAG, NULL, N_("do not go back where a program does not come up"),
	        offsetof(struct apply, stay) },
	{ "--list", 0, CLI_FLAG, NULL, N_("the configurations that are kept"), offsetof(struct apply, list) },
	{ "--back", 0, CLI_FLAG, NULL, N_("put the one before back, or the one of this number"),
	        offsetof(struct apply, back) },
	{ "--settle", 0, CLI_FLAG, NULL, N_("for the start of the machine: end what was cut short"),
	        offsetof(struct apply, settle) },
	{ 0 },
};

static int failed(const struct apply *a, int r, const char *what)
{
	return cli_refused(a->cli, "%s: %s", what,
	        r == -E2BIG    ? _("there is too much of it")
	        : r == -EACCES ? _("permission denied; apply needs root")
	        : r == -EPERM  ? _("what is kept is another's, or others may write there: see who owns it")
	                       : strerror(-r));
}

/* ---- what is asked for ---- */

static int read_words(struct apply *a, int argc, char **argv)
{
	uint64_t number = 0;

	a->wait_ms = WAIT_USUAL_MS;
	if (a->wait_text && !strcmp(a->wait_text, "0"))
		a->wait_ms = 0;
	else if (a->wait_text && (cli_length_parse(a->wait_text, &a->wait_ms) < 0 || a->wait_ms > WAIT_MOST_MS))
		return cli_usage(a->cli, _("--wait takes a length like 30s or 5m, or 0, not \"%s\""), a->wait_text);
	if (argc > (a->back ? 2 : 1))
		return cli_usage(a->cli, _("\"%s\" is too much"), argv[a->back ? 2 : 1]);
	if (argc == 2 && hj_uint_parse(argv[1], strlen(argv[1]), UINT32_MAX, &number) < 0)
		return cli_usage(a->cli, _("--back takes a number of hjgate apply --list, not \"%s\""), argv[1]);
	a->back_to = (unsigned)number;
	if (!*a->root && geteuid() != 0)
		return cli_refused(a->cli, "%s", _("this needs root: sudo hjgate apply"));
	return 0;
}

static int begin(struct apply *a)
{
	_cleanup_(apply_kept_list_done) struct apply_kept_list l = { .count = 0 };
	char who[128];
	int r = apply_lock(a->root, &a->lock, who);

	if (r == -EBUSY) {
		cli_refused(a->cli, _("another apply is at work (%s): wait for it"), who);
		return HJ_EXIT_TEMPORARY;
	}
	r = r < 0 ? r : apply_kept_list(a->root, &l);
	if (r == -ENOENT && *a->root) /* the folder of the state is a program's to be made */
		return apply_show_nobody(a);
	if (r < 0)
		return failed(a, r, _("cannot begin"));
	a->good = l.count ? l.list[l.count - 1].number : 0;
	r = a->dry ? 0 : apply_take_up(a);
	if (r < 0)
		return failed(a, r, _("cannot end what was cut short"));
	if (!a->back)
		return 0;
	if (!a->back_to && l.count > 1)
		a->back_to = l.list[l.count - 2].number;
	for (size_t i = 0; i < l.count; i++)
		if (l.list[i].number == a->back_to)
			return 0;
	return cli_refused(
	        a->cli, "%s", _("there is no such configuration: hjgate apply --list shows those there are"));
}

/* ---- checking ---- */

static int check(struct apply *a, const char *root, struct writer *w)
{
	_cleanup_(check_done) struct check c = { .errors = { 0 } };
	int r = check_read(root, &c);

	apply_kept_show_errors(a->root, &c.errors);
	apply_kept_show_errors(a->root, &c.notes);
	if (r < 0 && r != -EINVAL)
		return failed(a, r, _("cannot read the configuration"));
	writer_field(w, "errors", NULL, STYLE_PLAIN, check_list_json(&c.errors), NULL);
	writer_field(w, "warnings", NULL, STYLE_PLAIN, check_list_json(&c.notes), NULL);
	if (!a->cli->json) {
		check_show_list(r < 0 ? stderr : stdout, &c.errors, "");
		check_show_list(stdout, &c.notes, _("warning: "));
	}
	return r < 0 ? cli_refused(a->cli, "%s", _("the configuration is not right: nothing was touched")) : 0;
}

/* ---- an older one ---- */

static int put_older(struct apply *a)
{
	char good[HJ_PATH_MAX];
	int r = apply_kept_root(a->root, a->good, good);

	/* Edits that nobody applied are not lost. */
	if (r >= 0 && apply_tree_same(good, a->root) <= 0) {
		r = apply_kept_stage(a->root, a->good);
		r = r < 0 ? r : apply_kept_set_aside(a->root);
	}
	r = r < 0 ? r : apply_state_write(a->root, APPLY_PUTTING, a->back_to);
	r = r < 0 ? r : apply_kept_put(a->root, a->back_to);
	return r < 0 ? r : apply_state_write(a->root, APPLY_TRYING, a->good);
}

/* ---- comparing ---- */

/* The bytes that were checked are those that are kept. */
static int stage(struct apply *a)
{
	char staged[HJ_PATH_MAX];
	int r = apply_kept_stage(a->root, a->good), same;

	r = r < 0 ? r : apply_kept_path(a->root, APPLY_STAGED, staged);
	if (r < 0)
		return failed(a, r, _("cannot keep a copy of the configuration"));
	same = apply_tree_same(staged, a->root);
	if (same > 0)
		return 0;
	cli_refused(a->cli, "%s", _("somebody is writing in /etc/hjgate at this moment: try again"));
	return HJ_EXIT_TEMPORARY;
}

static int compare(struct apply *a, const char *with)
{
	char good[HJ_PATH_MAX] = "";
	int r = a->good ? apply_kept_root(a->root, a->good, good) : 0;

	a->source = with;
	r = r < 0 ? r : apply_changes_find(good, with, &a->changes);
	if (r >= 0 && a->cut_short)
		r = apply_kept_path(a->root, APPLY_ASIDE, good);
	if (r >= 0 && a->cut_short)
		r = apply_changes_find(good, with, &a->changes);
	r = r < 0 ? r : apply_plan(a);
	return r < 0 ? failed(a, r, _("cannot compare the configuration with what runs")) : 0;
}

static void name_files(const struct apply *a, char *to, size_t size)
{
	const char *last = "";
	size_t n = 0;

	hj_text_copy(to, size, "");
	for (size_t i = 0; i < a->changes.count && n < size; i++) {
		const char *file = a->changes.list[i].file;

		if (strcmp(file, last) != 0 && n + strlen(file) + 2 < size)
			n += (size_t)snprintf(to + n, size - n, "%s%s", n ? ", " : "", file);
		last = file;
	}
}

/* ---- doing ---- */

static int keep(struct apply *a, struct writer *w)
{
	struct apply_kept k = { .number = a->good + 1, .time_ms = cli_wall_ms() };
	char staged[HJ_PATH_MAX], good[HJ_PATH_MAX];
	int r = apply_kept_path(a->root, APPLY_STAGED, staged);

	r = r < 0 ? r : apply_kept_root(a->root, a->good, good);
	if (r >= 0 && a->good && apply_tree_same(good, staged) > 0) {
		r = apply_remove_all(staged);
	} else if (r >= 0) {
		hj_text_copy(k.by, sizeof(k.by), a->by);
		if (a->back)
			snprintf(k.note, sizeof(k.note), "%u again", a->back_to);
		else
			name_files(a, k.note, sizeof(k.note));
		r = apply_kept_keep(a->root, &k);
		a->good = r < 0 ? a->good : k.number;
		apply_tell(a->root, "config-applied",
		        json_pack("{s:s, s:I, s:s}", "by", a->by, "number", (json_int_t)k.number, "what", k.note),
		        CLI_ANSWER_MS);
	}
	r = r < 0 ? r : apply_seen_note(a);
	r = r < 0 ? r : apply_state_write(a->root, APPLY_SETTLED, 0);
	writer_field(w, "number", NULL, STYLE_PLAIN, json_integer(a->good), NULL);
	return r < 0 ? failed(a, r, _("it runs, but cannot be kept")) : 0;
}

static const struct apply_program *culprit(const struct apply *a)
{
	for (size_t i = 0; i < a->count; i++)
		if (a->programs[i].why)
			return &a->programs[i];
	return NULL;
}

static int put_good_back(struct apply *a)
{
	/* What --back tries is kept already; aside lies what was edited and not applied. */
	int r = a->back ? 0 : apply_kept_set_aside(a->root);

	r = r < 0 ? r : apply_state_write(a->root, APPLY_PUTTING, a->good);
	r = r < 0 ? r : apply_kept_put(a->root, a->good);
	if (r < 0)
		return r;
	apply_plan_reverse(a);
	r = apply_do(a);
	return r == -EIO ? r : hj_min(r, apply_state_write(a->root, APPLY_SETTLED, 0));
}

static int go_back(struct apply *a, struct writer *w)
{
	const struct apply_program *p = culprit(a);
	char program[APPLY_NAME_MAX] = "?", why[320] = "", path[HJ_PATH_MAX];
	int r;

	if (p) {
		hj_text_copy(program, sizeof(program), p->name);
		snprintf(why, sizeof(why), "hjgate-%s: %s%s%s", p->name, p->why, p->detail[0] ? ": " : "", p->detail);
	}
	cli_refused(a->cli, _("hjgate-%s does not come up: going back to configuration %u"), program, a->good);
	for (size_t i = 0; i < a->count; i++) {
		a->programs[i].why = NULL;
		a->programs[i].detail[0] = '\0';
	}
	apply_scales(a, true, w);
	r = put_good_back(a);
	apply_show_programs(a, w, "put_back", true);
	if (r == -EIO)
		apply_state_write(a->root, APPLY_SETTLED, 0);
	apply_tell(a->root, "config-back",
	        json_pack("{s:s, s:I, s:s, s:s}", "by", a->by, "number", (json_int_t)a->good, "program", program,
	                "why", why),
	        CLI_ANSWER_MS);
	writer_field(w, "back", NULL, STYLE_PLAIN, json_true(), NULL);
	if (r < 0 && r != -EIO)
		return failed(a, r, _("the files cannot be put back: hjgate apply tries again"));
	writer_say(w, STYLE_WARN,
	        a->back ? _("Everything is as it was applied last; what was edited since, if anything, is kept in %s.")
	                : _("Everything is as before; what was refused is kept in %s: correct it there or in "
	                    "/etc/hjgate, and apply again."),
	        apply_kept_known(a->root, APPLY_ASIDE, path));
	if (r == -EIO)
		cli_refused(a->cli, _("and hjgate-%s is not up with the old one either: hjgate status"),
		        culprit(a) ? culprit(a)->name : "?");
	return APPLY_EXIT_BACK;
}

static int answers(struct apply *a, struct writer *w)
{
	_cleanup_(apply_answers_done) struct apply_answers l = { .count = 0 };
	int r = apply_answers_wait(a, &l);

	if (r >= 0)
		apply_show_answers(&l, w);
	return r < 0 ? failed(a, r, _("it runs, but nobody can be asked")) : 0;
}

static int act(struct apply *a, struct writer *w)
{
	int r = apply_state_write(a->root, APPLY_TRYING, a->good);

	if (r < 0)
		return failed(a, r, _("cannot write down what is going on"));
	apply_scales(a, false, w);
	r = apply_do(a);
	apply_show_programs(a, w, "programs", true);
	if (r < 0 && r != -EIO)
		cli_refused(a->cli, _("cannot start and stop programs: %s"), strerror(-r));
	if (r < 0 && a->good && a->changes.count && !a->stay)
		return go_back(a, w);
	if (r < 0)
		writer_say(
		        w, STYLE_BAD, "%s", _("Not everything came up: it stays as it is. hjgate status says more."));
	if (r < 0 && !a->stay) {
		apply_state_write(a->root, APPLY_SETTLED, 0);
		return HJ_EXIT_REFUSED;
	}
	writer_field(w, "applied", NULL, STYLE_PLAIN, json_true(), NULL);
	r = r < 0 ? hj_max(keep(a, w), HJ_EXIT_REFUSED) : keep(a, w);
	return r ? r : answers(a, w);
}

/* ---- the command ---- */

static int show_plan(struct apply *a, struct writer *w)
{
	apply_show_changes(a, w);
	if (!a->changes.count && !apply_plan_size(a))
		writer_say(w, STYLE_GOOD, "%s", _("Everything runs as it is written: nothing is to be done."));
	else if (!a->changes.count)
		writer_say(w, STYLE_PLAIN, "%s", _("The configuration is what it was."));
	if (!a->dry)
		return 0;
	apply_show_programs(a, w, "programs", false);
	return 0;
}

static int apply(struct apply *a, struct writer *w)
{
	char older[HJ_PATH_MAX];
	int r = begin(a);

	if (!r && a->back)
		r = apply_kept_root(a->root, a->back_to, older) < 0 ? HJ_EXIT_REFUSED : check(a, older, w);
	else if (!r)
		r = check(a, a->root, w);
	if (r)
		return r;
	a->hands = apply_hands_find(a);
	if (!a->hands && !a->dry)
		return apply_show_nobody(a);
	if (a->back && !a->dry && put_older(a) < 0)
		return cli_refused(
		        a->cli, "%s", _("the older one cannot be put into /etc/hjgate: hjgate apply tries again"));
	if (!a->dry)
		r = stage(a);
	r = r ? r : compare(a, a->back && a->dry ? older : a->root);
	r = r ? r : show_plan(a, w);
	if (r || a->dry)
		return r;
	return apply_plan_size(a) ? act(a, w) : keep(a, w);
}

static int list(struct apply *a, struct writer *w)
{
	_cleanup_(apply_kept_list_done) struct apply_kept_list l = { .count = 0 };
	int r = apply_kept_list(a->root, &l);

	if (r < 0)
		return r == -ENOENT ? cli_refused(a->cli, "%s", _("nothing was applied here yet: hjgate apply"))
		                    : failed(a, r, _("cannot read what is kept"));
	apply_show_list(a, &l, w);
	return 0;
}

/* For systemd's unit: eventd is not there yet, and is not waited for. */
static int settle(struct apply *a)
{
	unsigned number;
	int r = apply_settle(a->root, &number);

	if (r < 0)
		return failed(a, r, _("cannot end what was cut short"));
	if (!r)
		return 0;
	apply_show_settled(number, r);
	apply_tell(a->root, "config-back",
	        json_pack("{s:I, s:s}", "number", (json_int_t)number, "why", "it was cut short"), 0);
	r = apply_hands_systemd.here(a) ? apply_systemd_settled(a) : 0;
	return r < 0 ? failed(a, r, _("systemd cannot be told")) : 0;
}

int cli_apply(struct cli *cli, int argc, char **argv)
{
	struct apply *a = calloc(1, sizeof(*a));
	struct writer *w;
	int r;

	if (!a)
		return HJ_EXIT_TEMPORARY;
	a->cli = cli;
	a->lock = -1;
	r = cli_options(cli, cli_apply_options, a, &argc, argv);
	a->root = cli->root;
	r = r ? r : read_words(a, argc, argv);
	if (!r && a->settle) {
		r = settle(a);
	} else if (!r) {
		apply_who(a->by);
		w = writer_stdout(cli->json ? WRITER_JSON : WRITER_TEXT);
		r = a->list ? list(a, w) : apply(a, w);
		writer_free(w);
	}
	apply_changes_done(&a->changes);
	free(a->scaled);
	apply_kept_done();
	hj_closep(&a->lock);
	free(a);
	return r;
}
