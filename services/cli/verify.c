/* `hjgate verify`: are the records what was written. The program that has them is asked, and works beside its own
 * task; a backup, or the file of a store that is stopped, is opened here, read only. */
#include "verify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ask.h"
#include "backup.h"
#include "progress.h"
#include "timespec.h"

#define SLICE_USEC (200 * HJ_USEC_PER_MS)

const struct cli_option cli_verify_options[] = {
	{ "--from", 0, CLI_TIME, N_("TIME"), N_("only records of then or later"), offsetof(struct verify, from) },
	{ "--to", 0, CLI_TIME, N_("TIME"), N_("only records before then"), offsetof(struct verify, to) },
	{ "--head", 0, CLI_LIST, N_("SEQ:HEX"),
	        N_("a head that a platform or somebody else has kept (may be repeated)"),
	        offsetof(struct verify, given) },
	{ 0 },
};

void verify_done(struct verify *v)
{
	for (size_t i = 0; i < v->count; i++)
		free(v->heads[i]);
	json_decref(v->findings);
	json_decref(v->verdict);
	if (v->events)
		verify_done(v->events);
	free(v->events);
}

/* ---- asking ---- */

struct asking {
	struct verify *v;
	struct cli_progress progress;
};

static int take(json_t *answer, bool continues, void *userdata)
{
	struct asking *a = userdata;

	json_array_extend(a->v->findings, json_object_get(answer, "findings"));
	if (json_is_object(json_object_get(answer, "verdict")))
		a->v->verdict = json_incref(json_object_get(answer, "verdict"));
	cli_progress(&a->progress, (size_t)hj_max(cli_int(answer, "done"), (int64_t)0),
	        (size_t)hj_max(cli_int(answer, "of"), (int64_t)1), "%s", _("records"));
	return 0;
}

static json_t *question(const struct verify *v)
{
	json_t *q = json_object(), *heads = json_array();

	if (v->from)
		json_object_set_new(q, "begin", json_integer(v->from));
	if (v->to)
		json_object_set_new(q, "end", json_integer(v->to));
	for (size_t i = 0; i < v->count; i++)
		json_array_append_new(heads, json_string(v->heads[i]));
	json_object_set_new(q, "heads", heads);
	return q;
}

/* > 0: nobody serves, so the file can be opened here. */
static int ask(struct verify *v)
{
	_cleanup_json_ json_t *reply = NULL;
	struct asking a = { .v = v };
	int r;

	const char *socket = v->of_events ? "eventd.look" : "stored.look";

	cli_progress_begin(v->cli, &a.progress);
	r = cli_stream_quiet(v->cli->root, socket, v->of_events ? "hjgate.Event.Verify" : "hjgate.Store.Verify",
	        question(v), CLI_ANSWER_MS, take, &a, &reply);
	cli_progress_end(&a.progress);
	if (r == -ENOENT || r == -ECONNREFUSED)
		return -1;
	if (r >= 0 && !v->verdict)
		r = -EPROTO;
	return r < 0 ? cli_ask_failed(v->cli, socket, r, reply) : 0;
}

/* ---- looking for oneself ---- */

static void note(const struct hj_finding *f, void *userdata)
{
	struct verify *v = userdata;

	json_array_append_new(v->findings, hj_finding_to_json(f));
}

static void compare_heads(struct verify *v, struct hj_verify *verify, uint64_t last)
{
	for (size_t i = 0; i < v->count; i++) {
		char digits[HJ_LEDGER_HEAD_DIGITS + 1];
		uint64_t seq;

		/* A backup's events are copied after its records, and may know of newer ones: its manifest shows an
		 * older file. Who names a head wants to know. */
		if (hj_head_parse(v->heads[i], &seq, digits) >= 0 && (!v->is_backup || i >= v->own || seq <= last))
			hj_verify_head(verify, seq, digits);
	}
}

static int walk(struct verify *v, struct hj_ledger *l)
{
	_cleanup_(hj_verify_freep) struct hj_verify *verify = NULL;
	struct cli_progress progress;
	int r = hj_verify_new(l, v->from ? v->from : INT64_MIN, v->to ? v->to : INT64_MAX, note, v, &verify);

	if (r < 0)
		return r;
	cli_progress_begin(v->cli, &progress);
	while ((r = hj_verify_step(verify, SLICE_USEC)) > 0) {
		const struct hj_verify_look *k = hj_verify_look(verify);

		cli_progress(&progress, k->done, hj_max(k->of, k->done + 1), "%s", _("records"));
	}
	cli_progress_end(&progress);
	if (r < 0)
		return r;
	compare_heads(v, verify, hj_ledger_last(l));
	v->verdict = hj_verdict_to_json(hj_verify_look(verify));
	return 0;
}

const char *verify_file_word(const struct cli *cli, const char *path, char to[VERIFY_WORD])
{
	char usual[HJ_PATH_MAX];

	if (hj_path(cli->root, HJ_DIR_STATE, "records.db", usual) >= 0 && !strcmp(path, usual))
		to[0] = '\0';
	else
		snprintf(to, VERIFY_WORD, " %s", path);
	return to;
}

static int cannot_open(const struct verify *v, int r)
{
	char word[VERIFY_WORD];

	switch (r) {
	case -EUCLEAN:
		return cli_refused(v->cli,
		        _("NOT verified: %s is damaged; hjgate store repair%s (with the program stopped) saves what "
		          "verifies"),
		        v->path, verify_file_word(v->cli, v->path, word));
	case -EMEDIUMTYPE:
		return cli_refused(v->cli, _("%s is no file of hjgate"), v->path);
	case -ESTALE:
		return cli_refused(v->cli,
		        _("%s is of an older version: the next start of its program brings it to this one"), v->path);
	case -EOPNOTSUPP:
		return cli_refused(v->cli, _("%s was made by a newer version"), v->path);
	case -EBUSY:
		return cli_refused(v->cli, _("another process has %s open"), v->path);
	default:
		return cli_refused(v->cli, _("cannot open %s: %s"), v->path, strerror(-r));
	}
}

/* The key of this box; a folder with a file `kek` in it brings its own. */
static int open_keyring(const struct verify *v, struct hj_keyring **ret)
{
	char folder[PATH_MAX], kek[PATH_MAX + 8];
	const char *slash = strrchr(v->path, '/');

	snprintf(folder, sizeof(folder), "%.*s", slash ? (int)hj_max(slash - v->path, (ptrdiff_t)1) : 1,
	        slash ? v->path : ".");
	snprintf(kek, sizeof(kek), "%s/kek", folder);
	return v->file && !access(kek, R_OK) ? hj_keyring_new_at(folder, false, ret)
	                                     : hj_keyring_new(v->cli->root, false, ret);
}

/* Whatever the records themselves say: every byte of a backup counts, and then which records these were. */
static void look_at_manifest(struct verify *v, struct hj_keyring *keyring)
{
	struct manifest manifest;
	bool proven = false;

	v->unlike_manifest = backup_check(v->cli, v->file, keyring, &manifest, &proven) != 0;
	v->unproven = !v->unlike_manifest && !proven;
	if (!v->unlike_manifest)
		manifest_done(&manifest);
}

static int look(struct verify *v)
{
	_cleanup_(hj_keyring_freep) struct hj_keyring *keyring = NULL;
	_cleanup_(hj_ledger_closep) struct hj_ledger *l = NULL;
	int r = open_keyring(v, &keyring);

	if (v->is_backup && !v->of_events && r >= 0)
		look_at_manifest(v, keyring);
	r = r < 0 ? r : hj_ledger_open_readonly(v->path, keyring, &l);
	r = r < 0 ? r : walk(v, l);
	return r < 0 ? cannot_open(v, r) : 0;
}

static int find_path(struct verify *v)
{
	const char *name = v->of_events ? "events.db" : "records.db";
	struct stat st;
	int r;

	if (!v->file) {
		r = hj_path(v->cli->root, HJ_DIR_STATE, name, v->path);
		return r < 0 ? cli_refused(v->cli, "%s", strerror(-r)) : 0;
	}
	v->is_backup = !stat(v->file, &st) && S_ISDIR(st.st_mode);
	r = snprintf(v->path, sizeof(v->path), "%s%s%s", v->file, v->is_backup ? "/" : "", v->is_backup ? name : "");
	return r >= (int)sizeof(v->path) ? cli_refused(v->cli, "%s", strerror(ENAMETOOLONG)) : 0;
}

int verify_find_and_look(struct verify *v)
{
	int status = find_path(v);

	if (!status)
		status = v->file ? -1 : ask(v);
	return status < 0 ? look(v) : status;
}

int verify_run(struct verify *v)
{
	int status;

	v->findings = json_array();
	status = find_path(v); /* for the heads beside it */
	if (!status)
		status = verify_gather_heads(v);
	return status ? status : verify_find_and_look(v);
}

int cli_verify(struct cli *cli, int argc, char **argv)
{
	struct verify *v = calloc(1, sizeof(*v));
	int status = v ? cli_options(cli, cli_verify_options, v, &argc, argv) : HJ_EXIT_TEMPORARY;

	if (!status && argc > 2)
		status = cli_usage(cli, _("\"%s\" is too much"), argv[2]);
	if (!status)
		status = cli_span_check(cli, v->from, v->to);
	if (!status) {
		v->cli = cli;
		v->file = argc > 1 ? argv[1] : NULL;
		status = verify_run(v);
		if (!status && (!v->file || v->is_backup))
			status = verify_events(v, &v->events);
		status = status ? status : verify_show(v);
	}
	if (v)
		verify_done(v);
	free(v);
	return status;
}
