/* `hjgate restore`: a backup becomes the store of this box. It is proved first, made ready beside what is there, and
 * put in its place in the end; what was there is set aside, never deleted. Its rows stay as they are; what comes
 * after them belongs to the next generation, with a store id and chains of its own, so that nobody can take the one
 * box's records for the other's. What each uplink owes is in the backup: nothing that was acknowledged is sent again.
 */
/* long because: the order of these steps is what it is about. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "backup.h"
#include "handover.h"
#include "hjgate/clock.h"
#include "hjgate/ledger_salvage.h"
#include "outfile.h"
#include "progress.h"
#include "restore.h"
#include "site.h"
#include "timespec.h"
#include "writer.h"

#define READY "restoring" /* FILE.restoring, until it is whole */
#define PIECE (64u << 10)

struct restoring {
	struct cli *cli;
	const char *folder;
	/* as asked for */
	const char *passphrase_file;
	bool force;

	struct hj_keyring *keyring;
	struct manifest manifest;
	bool proven;
	char state[HJ_PATH_MAX];
	uint32_t generation;
	size_t locked; /* keys that are not here */
	char aside[2][PATH_MAX];
};

const struct cli_option cli_restore_options[] = {
	{ "--passphrase-file", 0, CLI_TEXT, N_("FILE"), N_("the recovery passphrase is its first line"),
	        offsetof(struct restoring, passphrase_file) },
	{ "--force", 0, CLI_FLAG, NULL, N_("also over records that are here, and of another site"),
	        offsetof(struct restoring, force) },
	{ 0 },
};

static const char *const files[2] = { "records.db", "events.db" };

static int path_in(const struct restoring *r, const char *file, const char *suffix, char to[PATH_MAX])
{
	return snprintf(to, PATH_MAX, "%s/%s%s", r->state, file, suffix) < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* ---- whether ---- */

static bool same_store(struct hj_ledger *l, const char *hex)
{
	char id[2 * HJ_ID_BYTES + 1];
	struct hj_ledger_segment s;

	for (size_t i = 0; hj_ledger_segment_at(l, i, &s); i++) {
		hj_id_format(s.store_id, id);
		if (!strcmp(id, hex))
			return true;
	}
	return false;
}

static int check_site(struct restoring *r)
{
	const struct manifest_entry *e = &r->manifest.entries[0];
	char ours[CLI_SITE_MAX + 1];

	/* Where one of the two has no MN there is nothing to compare. */
	cli_site(r->cli->root, ours);
	if (r->force || !ours[0] || !e->site[0] || cli_site_common(ours, e->site))
		return 0;
	return cli_refused(
	        r->cli, _("this is a backup of another site (%s): --force restores it all the same"), e->site);
}

static int refuse_records(struct restoring *r)
{
	return r->force ? 0
	                : cli_refused(r->cli, "%s",
	                          _("there are records in this box: --force sets them aside, they are not deleted"));
}

/* What is there: may it make way? */
static int check_present(struct restoring *r, const char *file, bool of_records)
{
	const struct manifest_entry *e = manifest_find(&r->manifest, file);
	_cleanup_(hj_ledger_closep) struct hj_ledger *l = NULL;
	char path[PATH_MAX];
	int k = path_in(r, file, "", path);

	if (k < 0 || access(path, F_OK) < 0)
		return 0;
	k = hj_ledger_open_readonly(path, r->keyring, &l);
	if (k == -EBUSY)
		return cli_refused(r->cli, "%s",
		        *r->cli->root ? _("hjgate runs here: end it first")
		                      : _("hjgate runs: end it first (systemctl stop hjgate.target 'hjgate-*')"));
	if (k == -EACCES)
		return cli_refused(r->cli, _("cannot open %s: %s"), path, strerror(-k));
	if (k < 0) /* damaged, or of another version: there may be something in it */
		return of_records ? refuse_records(r) : 0;
	r->generation = hj_max(r->generation, hj_ledger_generation(l));
	if (!of_records || !hj_ledger_rows(l))
		return 0;
	if (!same_store(l, e->store) && !r->force)
		return cli_refused(r->cli, "%s",
		        _("there are records of another store in this box: --force sets them aside, they are not "
		          "deleted"));
	return refuse_records(r);
}

/* The greatest number that a file set aside has behind its last dash. */
static void heed_aside(struct restoring *r)
{
	DIR *folder = opendir(r->state);
	struct dirent *d;

	while (folder && (d = readdir(folder))) {
		const char *dash = strrchr(d->d_name, '-');
		uint64_t n;

		if (!strncmp(d->d_name, "records.db.", 11) && dash &&
		        hj_uint_parse(dash + 1, strlen(dash + 1), UINT16_MAX - 1, &n) == 0)
			r->generation = hj_max(r->generation, (uint32_t)n);
	}
	if (folder)
		closedir(folder);
}

static int check_folder(struct restoring *r)
{
	int k = hj_path(r->cli->root, HJ_DIR_STATE, "", r->state);

	k = k < 0 ? k : *r->cli->root ? hj_make_folders(r->state, 0750) : 0;
	if (k < 0 || access(r->state, W_OK | X_OK) < 0)
		return cli_refused(r->cli, _("cannot write to %s: %s; restoring needs root"), r->state,
		        strerror(k < 0 ? -k : errno));
	return 0;
}

/* ---- making it ready ---- */

static int copy(int from, FILE *to, struct outfile *o, const char *file, struct cli_progress *progress, uint64_t all)
{
	char piece[PIECE];
	uint64_t done = 0;
	ssize_t n;
	int k = 0;

	while (k >= 0 && (n = read(from, piece, sizeof(piece))) > 0) {
		fwrite(piece, 1, (size_t)n, to);
		done += (uint64_t)n;
		cli_progress(progress, (size_t)(100 * done / hj_max(all, (uint64_t)1)), 100, "%s", file);
		k = outfile_turn(o);
	}
	return k < 0 ? k : n < 0 ? -errno : 0;
}

static int copy_file(struct restoring *r, const char *file)
{
	char from[PATH_MAX], to[PATH_MAX];
	struct cli_progress progress;
	_cleanup_fd_ int fd = -1;
	struct outfile o;
	int k = path_in(r, file, "." READY, to);

	if (k < 0 || snprintf(from, sizeof(from), "%s/%s", r->folder, file) >= (int)sizeof(from))
		return -ENAMETOOLONG;
	fd = open(from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	k = outfile_open(&o, to, 0600);
	if (k < 0)
		return k;
	cli_progress_begin(r->cli, &progress);
	k = copy(fd, o.f, &o, file, &progress, manifest_find(&r->manifest, file)->bytes);
	cli_progress_end(&progress);
	if (k >= 0)
		return outfile_commit(&o);
	outfile_abort(&o);
	return k;
}

/* Told as an event by the store, at its next start. */
static int note_restored(struct restoring *r, struct hj_ledger *l)
{
	const struct manifest_entry *e = &r->manifest.entries[0];
	json_t *note = json_pack("{s:s, s:I, s:I}", "id", e->id, "made", (json_int_t)e->made_ms, "generation",
	        (json_int_t)r->generation);
	char *text = note ? json_dumps(note, JSON_COMPACT) : NULL;
	int k = text ? hj_ledger_put(l, "restored", text, strlen(text)) : -ENOMEM;

	json_decref(note);
	free(text);
	return k;
}

/* What was damaged in this box before is none of the backup's. */
static int put_first(struct restoring *r, struct hj_ledger *l, const char *file)
{
	int k = hj_salvage_pass_over(l, file);

	if (k >= 0 && !strcmp(file, files[0]))
		k = note_restored(r, l);
	k = k < 0 ? k : hj_ledger_commit(l);
	if (k < 0)
		hj_ledger_rollback(l);
	return k;
}

/* Opened once, so that its keys are wrapped by this box's, and what comes next is of its own generation. */
static int make_own(struct restoring *r, const char *file)
{
	bool damaged = false, of_records = !strcmp(file, files[0]);
	struct hj_ledger *l = NULL;
	char path[PATH_MAX];
	int k = path_in(r, file, "." READY, path);

	k = k < 0 ? k : hj_ledger_open(path, r->keyring, &l, &damaged);
	if (k >= 0 && damaged)
		k = -EUCLEAN;
	if (k >= 0) {
		r->generation = hj_max(r->generation, hj_ledger_generation(l) + 1);
		k = hj_ledger_begin_generation(l, r->generation);
	}
	k = k < 0 ? k : put_first(r, l, file);
	if (k >= 0 && of_records)
		r->locked = hj_ledger_locked_slots(l);
	hj_ledger_close(l);
	k = k < 0 ? k : cli_hand_over(path);
	return k == -EPERM ? 0 : k; /* not root: then the folder is ours, or its group's */
}

/* What opening found to be damaged was set aside, though it is only a copy of the backup. */
static void take_aside_away(const struct restoring *r, const char *file)
{
	DIR *folder = opendir(r->state);
	char name[NAME_MAX + 1];
	struct dirent *d;

	snprintf(name, sizeof(name), "%s." READY ".damaged-", file);
	while (folder && (d = readdir(folder)))
		if (!strncmp(d->d_name, name, strlen(name)))
			unlinkat(dirfd(folder), d->d_name, 0);
	if (folder)
		closedir(folder);
}

static void take_away(struct restoring *r)
{
	static const char *const suffixes[] = { "." READY, "." READY HJ_PART, "." READY "-wal", "." READY "-shm",
		"." READY "-journal" };
	char path[PATH_MAX];

	for (size_t i = 0; i < hj_array_size(files); i++) {
		for (size_t k = 0; k < hj_array_size(suffixes); k++)
			if (path_in(r, files[i], suffixes[k], path) >= 0)
				unlink(path);
		take_aside_away(r, files[i]);
	}
}

static int make_ready(struct restoring *r)
{
	int k = 0;

	take_away(r);    /* what a restore that was cut left: its WAL is not this file's */
	r->generation++; /* than any that was here */
	for (size_t i = 0; i < hj_array_size(files) && k >= 0; i++) {
		k = copy_file(r, files[i]);
		k = k < 0 ? k : make_own(r, files[i]);
	}
	return k;
}

/* ---- putting it in its place ---- */

/* The companions first: a new file must never meet the old one's WAL. */
static int move_companions(const char *path, const char *aside)
{
	static const char *const companions[] = { "-wal", "-shm", "-journal" };
	char from[PATH_MAX], to[PATH_MAX];

	for (size_t i = 0; i < hj_array_size(companions); i++) {
		if (snprintf(from, sizeof(from), "%s%s", path, companions[i]) >= (int)sizeof(from) ||
		        snprintf(to, sizeof(to), "%s%s", aside, companions[i]) >= (int)sizeof(to))
			return -ENAMETOOLONG;
		if (rename(from, to) < 0 && errno != ENOENT)
			return -errno;
	}
	return 0;
}

/* The old file has its second name before it loses the first: wherever this ends, it is not taken for what was made
 * here. Where a file has but one name there is a moment without any. */
static int set_aside(const char *path, const char *aside)
{
	if (link(path, aside) == 0)
		return 0;
	if (errno != EPERM && errno != EOPNOTSUPP)
		return -errno;
	return rename(path, aside) < 0 ? -errno : 0;
}

/* There is no moment without a file, and none with half of one. */
static int put_in_place(struct restoring *r, const char *file, char aside[PATH_MAX])
{
	char path[PATH_MAX], ready[PATH_MAX], time14[HJ_TIME14_LEN + 1];
	int k = path_in(r, file, "", path);

	k = k < 0 ? k : path_in(r, file, "." READY, ready);
	if (k < 0)
		return k;
	aside[0] = '\0';
	if (access(path, F_OK) < 0)
		return rename(ready, path) < 0 ? -errno : 0;
	hj_time14_format(cli_wall_ms(), time14);
	if (snprintf(aside, PATH_MAX, "%s.replaced-%s-%u", path, time14, r->generation - 1) >= PATH_MAX)
		return -ENAMETOOLONG;
	k = set_aside(path, aside);
	if (k < 0)
		return k;
	k = move_companions(path, aside);
	if (k >= 0 && rename(ready, path) < 0)
		k = -errno;
	if (k < 0 && access(path, F_OK) < 0)
		rename(aside, path);
	return k;
}

/* A key that was made here is the daemons'. */
static void hand_key_over(struct restoring *r)
{
	char path[PATH_MAX];

	if (path_in(r, "kek", "", path) >= 0 && cli_hand_over(path) < 0)
		cli_refused(r->cli, _("%s is not the daemons' file: chown it"), path);
}

static int put_all_in_place(struct restoring *r)
{
	char path[PATH_MAX];
	int k = 0;

	for (size_t i = 0; i < hj_array_size(files) && k >= 0; i++)
		k = put_in_place(r, files[i], r->aside[i]);
	k = k < 0 ? k : path_in(r, files[0], "", path);
	return k < 0 ? k : outfile_sync_folder(path);
}

/* ---- the whole ---- */

static void show(struct restoring *r)
{
	struct writer *w = writer_stdout(r->cli->json ? WRITER_JSON : WRITER_TEXT);
	const struct manifest_entry *e = manifest_find(&r->manifest, files[0]);
	char text[64];

	snprintf(text, sizeof(text), "%llu-%llu", (unsigned long long)e->first, (unsigned long long)e->last);
	writer_field(w, "restored", _("Restored"), STYLE_GOOD, json_string(e->id), e->id);
	writer_field(w, "first", NULL, STYLE_PLAIN, json_integer((json_int_t)e->first), NULL);
	writer_field(w, "last", NULL, STYLE_PLAIN, json_integer((json_int_t)e->last), NULL);
	writer_field(w, NULL, _("Records"), STYLE_PLAIN, NULL, text);
	writer_field(w, "generation", _("Goes on as generation"), STYLE_PLAIN, json_integer(r->generation), NULL);
	writer_field(w, "proven", NULL, STYLE_PLAIN, json_boolean(r->proven), NULL);
	writer_field(w, "locked", NULL, STYLE_PLAIN, json_boolean(r->locked > 0), NULL);
	for (size_t i = 0; i < hj_array_size(files); i++)
		if (r->aside[i][0])
			writer_field(w, i ? "aside_events" : "aside", _("Set aside"), STYLE_PLAIN,
			        json_string(r->aside[i]), r->aside[i]);
	if (r->locked)
		writer_say(w, STYLE_WARN, "%s",
		        _("The records are locked: their key is not here. They are kept, and stay owed, until it "
		          "comes: "
		          "hjgate key recovery use opens them by the recovery passphrase."));
	if (*r->cli->root)
		writer_say(w, STYLE_PLAIN, _("Start the programs: hjgate run --root %s"), r->cli->root);
	else
		writer_say(w, STYLE_PLAIN, "%s", _("Start the programs: systemctl start hjgate.target"));
	writer_free(w);
}

static int check_all_present(struct restoring *r)
{
	int status = 0;

	for (size_t i = 0; i < hj_array_size(files) && !status; i++)
		status = check_present(r, files[i], i == 0);
	return status;
}

static int check_all(struct restoring *r)
{
	int status = check_folder(r);

	if (!status && hj_keyring_new(r->cli->root, true, &r->keyring) < 0)
		status = HJ_EXIT_TEMPORARY;
	if (!status && r->passphrase_file)
		status = restore_open_by_passphrase(r->cli, r->folder, r->passphrase_file, r->keyring);
	status = status ? status : backup_check(r->cli, r->folder, r->keyring, &r->manifest, &r->proven);
	status = status ? status : check_site(r);
	status = status ? status : check_all_present(r);
	heed_aside(r);
	return status;
}

static int run(struct restoring *r)
{
	int status = check_all(r), k;

	if (status) {
		if (r->keyring)
			hand_key_over(r);
		return status;
	}
	k = make_ready(r);
	/* That takes its time, and who was started meanwhile would go on with a file that is set aside. */
	status = k < 0 ? 0 : check_all_present(r);
	k = k < 0 || status ? k : put_all_in_place(r);
	hand_key_over(r);
	take_away(r);
	if (status)
		return status;
	if (k == -EUCLEAN)
		return cli_refused(r->cli, "%s", _("the backup is damaged: nothing was changed"));
	if (k < 0)
		return outfile_failed(r->cli, r->state, k);
	show(r);
	return 0;
}

int cli_restore(struct cli *cli, int argc, char **argv)
{
	struct restoring *r = calloc(1, sizeof(*r));
	int status = r ? cli_options(cli, cli_restore_options, r, &argc, argv) : HJ_EXIT_TEMPORARY;

	if (!status && argc != 2)
		status = argc > 2 ? cli_usage(cli, _("\"%s\" is too much"), argv[2])
		                  : cli_usage(cli, "%s", _("the folder of a backup is wanted: hjgate restore DIR"));
	if (!status) {
		r->cli = cli;
		r->folder = argv[1];
		status = run(r);
	}
	if (r) {
		manifest_done(&r->manifest);
		hj_keyring_free(r->keyring);
	}
	free(r);
	return status;
}
