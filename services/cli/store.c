/* `hjgate store`: is the file sound, what is in it, and put back what a damaged one still has. dump and repair work
 * where the program is stopped; check asks it where it runs. The damaged file is never changed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ask.h"
#include "handover.h"
#include "hjgate/ledger_salvage.h"
#include "hjgate/now.h"
#include "hjgate/record_json.h"
#include "json_text.h"
#include "output.h"
#include "progress.h"
#include "timespec.h"
#include "verify.h"

#define SLICE_USEC (200 * HJ_USEC_PER_MS)
#define OF_RECORDS "records.db." /* a file of that name that was set aside */

struct store {
	const char *kind_name;
	int64_t from, to;
	bool force;
};

const struct cli_option cli_store_options[] = {
	{ "--kind", 'k', CLI_TEXT, N_("KIND"), N_("with dump: only records of this kind"),
	        offsetof(struct store, kind_name) },
	{ "--from", 0, CLI_TIME, N_("TIME"), N_("with dump: records of then or later"),
	        offsetof(struct store, from) },
	{ "--to", 0, CLI_TIME, N_("TIME"), N_("with dump: records before then"), offsetof(struct store, to) },
	{ "--force", 0, CLI_FLAG, NULL, N_("with repair: also where the file opens as if it were sound"),
	        offsetof(struct store, force) },
	{ 0 },
};

static int refuse_open(const struct cli *cli, const char *path, int r)
{
	char word[VERIFY_WORD];

	if (r == -EBUSY)
		return cli_refused(cli,
		        _("a program has %s open: stop it first (systemctl stop hjgate-stored), or use "
		          "hjgate store check, hjgate records, hjgate export"),
		        path);
	if (r == -EUCLEAN)
		return cli_refused(cli,
		        _("%s is damaged: hjgate store repair%s (with the program stopped) saves what verifies"),
		        path, verify_file_word(cli, path, word));
	if (r == -ESTALE)
		return cli_refused(cli,
		        _("%s is of an older version: the next start of its program brings it to this one"), path);
	return cli_refused(cli, _("cannot open %s: %s"), path, strerror(-r));
}

static int path_of(const struct cli *cli, const char *file, char to[PATH_MAX])
{
	int r = file ? 0 : hj_path(cli->root, HJ_DIR_STATE, "records.db", to);

	if (file && snprintf(to, PATH_MAX, "%s", file) >= PATH_MAX)
		r = -ENAMETOOLONG;
	return r < 0 ? cli_refused(cli, "%s", strerror(-r)) : 0;
}

/* ---- check ---- */

static int show_check(struct verify *v)
{
	struct writer *w = writer_stdout(v->cli->json ? WRITER_JSON : WRITER_TEXT);
	long long rows = cli_int(v->verdict, "rows");
	bool good = verify_is_good(v);
	char word[VERIFY_WORD];

	writer_field(w, "sound", NULL, STYLE_PLAIN, json_boolean(good), NULL);
	if (good && !verify_say_unproved(w, v))
		writer_say(w, STYLE_GOOD,
		        ngettext("sound: %lld record reads and verifies", "sound: %lld records read and verify",
		                (unsigned long)rows),
		        rows);
	else if (!good)
		writer_say(w, STYLE_BAD,
		        _("NOT sound: hjgate store repair%s (with the program stopped) saves what verifies"),
		        verify_file_word(v->cli, v->path, word));
	verify_show_findings(w, v);
	writer_field(w, "verdict", NULL, STYLE_PLAIN, json_incref(v->verdict), NULL);
	writer_free(w);
	return good ? HJ_EXIT_OK : HJ_EXIT_REFUSED;
}

static int check(struct cli *cli, const char *file)
{
	struct verify *v = calloc(1, sizeof(*v));
	int status = HJ_EXIT_TEMPORARY;

	if (v) {
		v->cli = cli;
		v->file = file;
		status = verify_run(v);
		status = status ? status : show_check(v);
		verify_done(v);
	}
	free(v);
	return status;
}

/* ---- dump ---- */

static json_t *dumped(const struct hj_head *head, const char *why)
{
	return json_pack("{s:I, s:s, s:I, s:I, s:s}", "seq", (json_int_t)head->seq, "kind",
	        hj_kind_name((enum hj_kind)head->kind), "label", (json_int_t)head->label_ms, "length",
	        (json_int_t)head->length_ms, "unreadable", why);
}

static int dump_row(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	json_t *j = NULL;
	int r = body ? hj_record_to_json(head, body, n, &j) : -ENOKEY;

	if (r == -ENOMEM)
		return r;
	if (r < 0)
		j = dumped(head, r == -ENOKEY ? "locked" : "body");
	cli_json_line(stdout, j);
	json_decref(j);
	return cli_output_failed() ? 1 : 0;
}

static int dump(const struct cli *cli, const struct store *o, const char *file)
{
	_cleanup_(hj_keyring_freep) struct hj_keyring *keyring = NULL;
	_cleanup_(hj_ledger_closep) struct hj_ledger *l = NULL;
	unsigned kinds = HJ_LEDGER_LOCKED;
	enum hj_kind kind;
	char path[PATH_MAX];
	int r = path_of(cli, file, path);

	r = r ? r : cli_span_check(cli, o->from, o->to);
	if (r)
		return r;
	if (o->kind_name && hj_kind_parse(o->kind_name, &kind) < 0)
		return cli_refused(cli, _("there is no kind \"%s\""), o->kind_name);
	if (o->kind_name)
		kinds |= 1u << kind;
	r = hj_keyring_new(cli->root, false, &keyring);
	r = r < 0 ? r : hj_ledger_open_readonly(path, keyring, &l);
	if (r < 0)
		return refuse_open(cli, path, r);
	r = hj_ledger_read_labels(
	        l, 0, o->from ? o->from : INT64_MIN / 2, o->to ? o->to : HJ_TIME_MAX_MS, kinds, dump_row, NULL);
	if (hj_ledger_unreadable(l))
		fprintf(stderr,
		        _("%llu records were changed by somebody else and are left out: hjgate verify says which\n"),
		        (unsigned long long)hj_ledger_unreadable(l));
	if (cli_output_failed())
		return HJ_EXIT_REFUSED; /* why is said in the end */
	return r < 0 ? refuse_open(cli, path, r) : HJ_EXIT_OK;
}

/* ---- repair ---- */

static int salvage(const struct cli *cli, struct hj_salvage *s)
{
	struct cli_progress progress;
	int r;

	cli_progress_begin(cli, &progress);
	while ((r = hj_salvage_step(s, SLICE_USEC)) > 0) {
		const struct hj_salvage_look *k = hj_salvage_look(s);

		cli_progress(&progress, k->done, hj_max(k->of, k->done + 1), "%s", _("pages"));
	}
	cli_progress_end(&progress);
	return r;
}

static void say_time(struct writer *w, const char *key, const char *label, int64_t ms)
{
	char text[HJ_TIME_HUMAN_LEN + 1] = "-";

	if (ms != INT64_MIN)
		hj_time_human(ms, false, text);
	writer_field(w, key, label, STYLE_PLAIN, ms == INT64_MIN ? json_null() : json_integer(ms), text);
}

static void show_repair(const struct cli *cli, const struct hj_salvage_look *k)
{
	struct writer *w = writer_stdout(cli->json ? WRITER_JSON : WRITER_TEXT);

	writer_say(w, k->lost ? STYLE_WARN : STYLE_GOOD, _("%llu records were put back, %llu are lost"),
	        (unsigned long long)k->rows, (unsigned long long)k->lost);
	writer_field(w, "file", _("kept as"), STYLE_PLAIN, json_string(k->file), NULL);
	writer_field(w, "records", NULL, STYLE_PLAIN, json_integer((json_int_t)k->rows), NULL);
	writer_field(w, "lost", NULL, STYLE_PLAIN, json_integer((json_int_t)k->lost), NULL);
	if (k->lost) {
		say_time(w, "lost_from", _("lost from"), k->lost_begin_ms);
		say_time(w, "lost_to", _("to"), k->lost_end_ms);
	}
	writer_field(w, "sure", NULL, STYLE_PLAIN, json_boolean(k->sure), NULL);
	if (!k->sure && !strncmp(k->file, OF_RECORDS, strlen(OF_RECORDS))) /* nobody is owed events */
		writer_say(w, STYLE_WARN, "%s",
		        _("What uplinks owed cannot be proved: what came back of the last 30 days is sent again."));
	writer_free(w);
}

static void show_nothing(const struct cli *cli, bool damaged)
{
	struct writer *w = writer_stdout(cli->json ? WRITER_JSON : WRITER_TEXT);

	writer_say(w, damaged ? STYLE_WARN : STYLE_GOOD, "%s",
	        damaged ? _("nothing of it can be put back") : _("it opens and reads: nothing to repair"));
	writer_field(w, "file", NULL, STYLE_PLAIN, json_null(), NULL);
	writer_field(w, "records", NULL, STYLE_PLAIN, json_integer(0), NULL);
	writer_field(w, "sure", NULL, STYLE_PLAIN, json_boolean(!damaged), NULL);
	writer_free(w);
}

/* What was set aside, now or before, and is not put back whole. */
static int put_back(const struct cli *cli, struct hj_ledger *l, bool damaged)
{
	_cleanup_(hj_salvage_freep) struct hj_salvage *s = NULL;
	const struct hj_salvage_rules rules = hj_salvage_rules_of_records(hj_now().wall_ms);
	int r = hj_salvage_begin(l, &rules, HJ_USEC_PER_SEC, &s);

	if (r == -ENOENT)
		r = hj_salvage_resume(l, &rules, &s);
	if (r == -ENOENT) {
		show_nothing(cli, damaged);
		return 0;
	}
	r = r < 0 ? r : salvage(cli, s);
	r = r < 0 ? r : hj_salvage_keep_keys(l);
	if (r >= 0)
		show_repair(cli, hj_salvage_look(s));
	return r;
}

static int repair_file(const struct cli *cli, const struct store *o, const char *path)
{
	_cleanup_(hj_keyring_freep) struct hj_keyring *keyring = NULL;
	_cleanup_(hj_ledger_closep) struct hj_ledger *l = NULL;
	bool damaged = false;
	int r = hj_keyring_new(cli->root, false, &keyring);

	r = r < 0 ? r : hj_ledger_open(path, keyring, &l, &damaged);
	if (r >= 0 && o->force && !damaged) {
		hj_ledger_close(hj_steal(l));
		r = hj_ledger_set_aside(path);
		r = r < 0 ? r : hj_ledger_open(path, keyring, &l, NULL);
		damaged = true;
	}
	return r < 0 ? r : put_back(cli, l, damaged);
}

/* However it ended: what it made is the daemons'. */
static int repair(const struct cli *cli, const struct store *o, const char *file)
{
	char path[PATH_MAX];
	int r = path_of(cli, file, path), given;

	if (r)
		return r;
	if (access(path, F_OK) < 0)
		return refuse_open(cli, path, -errno);
	umask(0077);
	r = repair_file(cli, o, path);
	given = r == -EBUSY ? 0 : cli_hand_over(path);
	if (r < 0)
		return refuse_open(cli, path, r);
	return given < 0 ? cli_refused(cli, _("%s is not the daemons' file: chown it"), path) : HJ_EXIT_OK;
}

int cli_store(struct cli *cli, int argc, char **argv)
{
	static const char *const words[] = { "check", "dump", "repair", NULL };
	struct store o = { 0 };
	int status = cli_options(cli, cli_store_options, &o, &argc, argv);
	const char *file = argc > 2 ? argv[2] : NULL;

	if (status)
		return status;
	if (argc < 2)
		return cli_usage(cli, "%s", _("check, dump or repair?"));
	if (argc > 3)
		return cli_usage(cli, _("\"%s\" is too much"), argv[3]);
	if (!strcmp(argv[1], "check"))
		return check(cli, file);
	if (!strcmp(argv[1], "dump"))
		return dump(cli, &o, file);
	if (!strcmp(argv[1], "repair"))
		return repair(cli, &o, file);
	return cli_unknown(cli, N_("word"), argv[1], words);
}
