/* `hjgate backup`: the records and the events, sealed as they are, in a folder that is there whole or not at all. The
 * daemons copy and send; here it is written, hashed once more and brought to the disk. */
#include "backup.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "ask.h"
#include "hjgate/base64.h"
#include "hjgate/clock.h"
#include "outfile.h"
#include "progress.h"
#include "site.h"
#include "timespec.h"
#include "writer.h"

#define NAMES_TRIED 99 /* of one second */

/* ---- making ---- */

static const struct part {
	const char *file, *socket, *method;
	const char *about;
} parts[] = {
	{ "records.db", "stored.change", "hjgate.Store.Backup", N_("records") },
	{ "events.db", "eventd.change", "hjgate.Event.Backup", N_("events") },
};

struct making {
	struct cli *cli;
	char id[HJ_BACKUP_ID_MAX + 1], site[CLI_SITE_MAX + 1];
	char folder[PATH_MAX], file[PATH_MAX + 64];
	const struct part *part;
	struct outfile out;
	struct hj_hash *hash;
	struct manifest manifest;
	bool whole; /* of the part: its entry has come */
	int failed; /* -errno of writing, or of what came */
	struct cli_progress progress;
};

/* After its first MN and the time. */
static void name_it(struct making *m, int64_t now_ms)
{
	char time[HJ_TIME14_LEN + 1];

	cli_site(m->cli->root, m->site);
	hj_time14_format(now_ms, time);
	if (m->site[0])
		snprintf(m->id, sizeof(m->id), "hjgate-%.*s-%s", (int)strcspn(m->site, " "), m->site, time);
	else
		snprintf(m->id, sizeof(m->id), "hjgate-site-%s", time);
}

static int take_data(struct making *m, const char *text)
{
	uint8_t piece[HJ_BASE64_LEN(HJ_BACKUP_PIECE)];
	size_t n = strlen(text);
	int r = n < sizeof(piece) ? hj_base64_decode(text, n, piece, &n) : -EBADMSG;

	r = r < 0 ? r : hj_hash_put(m->hash, piece, n);
	if (r < 0)
		return r;
	fwrite(piece, 1, n, m->out.f);
	return outfile_turn(&m->out);
}

/* What the daemon says it sent is what we have. */
static int take_entry(struct making *m, json_t *answer)
{
	char sum[2 * HJ_HASH_BYTES_256 + 1];
	const struct manifest_entry *e;
	int r = manifest_add(&m->manifest, cli_string(answer, "entry"), cli_string(answer, "mac"));

	r = r < 0 ? r : hj_hash_end(m->hash, sum);
	e = r < 0 ? NULL : manifest_find(&m->manifest, m->part->file);
	if (r >= 0 && (!e || strcmp(e->sha256, sum) || (uint64_t)ftello(m->out.f) != e->bytes))
		r = -EBADMSG;
	m->whole = r >= 0;
	return r;
}

static void tell(struct making *m, json_t *answer, bool sending)
{
	int64_t done = cli_int(answer, "done"), all = cli_int(answer, "all");

	/* Both halves take their time: the bar goes through once. */
	if (done >= 0 && all > 0 && done <= all)
		cli_progress(
		        &m->progress, (size_t)(done * 50 / all + (sending ? 50 : 0)), 100, "%s", _(m->part->about));
}

static int take(json_t *answer, bool continues, void *userdata)
{
	struct making *m = userdata;
	const char *data = cli_string(answer, "data");
	int r = 0;

	tell(m, answer, data);
	if (data)
		r = take_data(m, data);
	else if (cli_string(answer, "entry"))
		r = take_entry(m, answer);
	m->failed = r < 0 ? r : m->failed;
	return r < 0;
}

static int failed(struct making *m, int r)
{
	if (r == -EBADMSG)
		return cli_refused(m->cli, _("%s: what was sent is not what was announced"), m->part->file);
	return outfile_failed(m->cli, m->file, r);
}

static int make_part(struct making *m, const struct part *part)
{
	int status, r;

	m->part = part;
	m->whole = false;
	snprintf(m->file, sizeof(m->file), "%s/%s", m->folder, part->file);
	r = hj_hash_new(&m->hash);
	r = r < 0 ? r : outfile_open(&m->out, m->file, 0600);
	if (r < 0)
		return failed(m, r);
	cli_progress_begin(m->cli, &m->progress);
	status = cli_stream(m->cli, part->socket, part->method, json_pack("{ss ss}", "id", m->id, "site", m->site),
	        CLI_ANSWER_MS, take, m);
	cli_progress_end(&m->progress);
	hj_hash_free(hj_steal(m->hash));
	r = m->failed < 0 ? m->failed : m->whole ? 0 : -EBADMSG;
	if (status || r < 0)
		outfile_abort(&m->out);
	else
		r = outfile_commit(&m->out);
	return status ? status : r < 0 ? failed(m, r) : 0;
}

/* Only what we made: files that somebody else put there keep the folder. */
static void remove_folder(const char *folder)
{
	static const char *const ours[] = { "records.db", "events.db", MANIFEST_FILE };
	char path[PATH_MAX];

	for (size_t i = 0; i < hj_array_size(ours); i++)
		if (snprintf(path, sizeof(path), "%s/%s", folder, ours[i]) < (int)sizeof(path))
			unlink(path);
	rmdir(folder);
}

static int make_all(struct making *m, const char *final)
{
	int status = 0, r;

	for (size_t i = 0; i < hj_array_size(parts) && !status; i++)
		status = make_part(m, &parts[i]);
	if (status)
		return status;
	r = manifest_write(&m->manifest, m->folder);
	if (r >= 0 && rename(m->folder, final) < 0)
		r = -errno;
	r = r < 0 ? r : outfile_sync_folder(final);
	return r < 0 ? outfile_failed(m->cli, final, r) : 0;
}

/* Two of one second have two names. */
static int make_folder(struct making *m, const char *where, char ret[PATH_MAX])
{
	size_t n = strlen(m->id);

	for (int i = 1; i <= NAMES_TRIED; i++) {
		if (i > 1)
			snprintf(m->id + n, sizeof(m->id) - n, "-%d", i);
		if (snprintf(ret, PATH_MAX, "%s/%s", where, m->id) >= PATH_MAX - 64)
			return cli_refused(m->cli, _("%s: the name is too long"), where);
		snprintf(m->folder, sizeof(m->folder), "%s" HJ_PART, ret);
		if (access(ret, F_OK) == 0)
			continue;
		if (mkdir(m->folder, 0700) == 0)
			return 0;
		if (errno != EEXIST)
			return outfile_failed(m->cli, m->folder, -errno);
	}
	return outfile_failed(m->cli, m->folder, -EEXIST);
}

int backup_make(struct cli *cli, const char *where, char ret[PATH_MAX])
{
	_cleanup_free_ struct making *m = calloc(1, sizeof(*m));
	int status;

	if (!m)
		return HJ_EXIT_TEMPORARY;
	m->cli = cli;
	name_it(m, cli_wall_ms());
	status = make_folder(m, where, ret);
	if (status)
		return status;
	status = make_all(m, ret);
	if (status)
		remove_folder(m->folder);
	manifest_done(&m->manifest);
	return status;
}

static int make(struct cli *cli, const char *where)
{
	char path[PATH_MAX];
	int status = backup_make(cli, where, path);
	struct writer *w;

	if (status)
		return status;
	w = writer_stdout(cli->json ? WRITER_JSON : WRITER_TEXT);
	writer_field(w, "backup", _("Backup"), STYLE_GOOD, json_string(path), path);
	writer_free(w);
	return 0;
}

/* ---- checking ---- */

static void tell_check(uint64_t done, uint64_t all, void *userdata)
{
	cli_progress(userdata, (size_t)(done * 100 / all), 100, "%s", _("checking"));
}

static int check_file(struct cli *cli, const struct manifest_entry *e, const char *folder)
{
	struct cli_progress progress;
	int r;

	cli_progress_begin(cli, &progress);
	r = manifest_check_file(e, folder, tell_check, &progress);
	cli_progress_end(&progress);
	if (r == -EBADMSG)
		return cli_refused(cli,
		        _("%s/%s is not the file that the manifest names: it was changed or cut short"), folder,
		        e->file);
	return r < 0 ? cli_refused(cli, _("cannot read %s/%s: %s"), folder, e->file, strerror(-r)) : 0;
}

static int prove(struct cli *cli, const struct manifest *m, const char *folder, struct hj_keyring *keyring, bool *ret)
{
	*ret = true;
	for (size_t i = 0; i < m->count; i++) {
		const struct manifest_entry *e = &m->entries[i];
		int r = manifest_prove(e, folder, keyring);

		if (r == -EBADMSG)
			return cli_refused(cli, _("%s/%s was changed: what it says of %s is not what was said"),
			        folder, MANIFEST_FILE, e->file);
		if (r < 0 && r != -ENOKEY && r != -EACCES) /* the files themselves were read already */
			return cli_refused(cli, _("cannot open %s/%s: %s"), folder, e->file, strerror(-r));
		*ret = *ret && r >= 0;
	}
	return 0;
}

int backup_check(
        struct cli *cli, const char *folder, struct hj_keyring *keyring, struct manifest *ret, bool *ret_proven)
{
	_cleanup_(hj_keyring_freep) struct hj_keyring *own = NULL;
	struct manifest m = { 0 };
	int r = manifest_read(folder, &m), status = 0;

	if (r == -ENOENT || r == -ENOTDIR)
		return cli_refused(cli, _("%s is no backup: it has no %s"), folder, MANIFEST_FILE);
	if (r < 0)
		return r == -EBADMSG
		               ? cli_refused(cli, _("%s/%s is no manifest, or was changed"), folder, MANIFEST_FILE)
		               : cli_refused(cli, _("cannot read %s/%s: %s"), folder, MANIFEST_FILE, strerror(-r));
	for (size_t i = 0; i < hj_array_size(parts) && !status; i++)
		if (!manifest_find(&m, parts[i].file))
			status = cli_refused(
			        cli, _("%s is no whole backup: the manifest names no %s"), folder, parts[i].file);
	for (size_t i = 0; i < m.count && !status; i++)
		status = check_file(cli, &m.entries[i], folder);
	if (!status && !keyring && hj_keyring_new(cli->root, false, &own) < 0)
		status = HJ_EXIT_TEMPORARY;
	status = status ? status : prove(cli, &m, folder, keyring ? keyring : own, ret_proven);
	if (status)
		manifest_done(&m);
	else
		*ret = m;
	return status;
}

static const struct writer_column columns[] = {
	{ "file", N_("FILE"), false },
	{ "bytes", N_("BYTES"), true },
	{ "first", N_("FIRST"), true },
	{ "last", N_("LAST"), true },
	{ "made", N_("MADE"), false },
	{ "store", N_("STORE"), false },
	{ "sha256", NULL, false },
	{ "head", NULL, false },
	{ "version", N_("VERSION"), false },
};

static int verify(struct cli *cli, const char *folder)
{
	struct manifest m;
	bool proven = false;
	int status = backup_check(cli, folder, NULL, &m, &proven);
	struct writer *w;

	if (status)
		return status;
	w = writer_stdout(cli->json ? WRITER_JSON : WRITER_TEXT);
	writer_field(w, "backup", _("Backup"), STYLE_PLAIN, json_string(m.entries[0].id), m.entries[0].id);
	writer_field(w, "site", _("Site"), STYLE_PLAIN, json_string(m.entries[0].site), m.entries[0].site);
	writer_table(w, "files", columns, hj_array_size(columns));
	for (size_t i = 0; i < m.count; i++) {
		const struct manifest_entry *e = &m.entries[i];

		writer_cell_text(w, e->file);
		writer_cell_int(w, (int64_t)e->bytes);
		writer_cell_int(w, (int64_t)e->first);
		writer_cell_int(w, (int64_t)e->last);
		writer_cell_time(w, e->made_ms);
		writer_cell_text(w, e->store);
		writer_cell_text(w, e->sha256);
		writer_cell_text(w, e->head);
		writer_cell_text(w, e->version);
	}
	writer_table_end(w);
	writer_field(w, "proven", NULL, STYLE_PLAIN, json_boolean(proven), NULL);
	if (proven)
		writer_say(
		        w, STYLE_GOOD, "%s", _("every file is as the manifest says, and the manifest is the site's"));
	else
		writer_say(w, STYLE_WARN, "%s",
		        _("every file is as the manifest says; whether the manifest was changed shows only where the "
		          "site's key may be read (as root, on the box)"));
	writer_free(w);
	manifest_done(&m);
	return 0;
}

int cli_backup(struct cli *cli, int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "verify"))
		return verify(cli, argv[2]);
	if (argc == 2 && strcmp(argv[1], "verify"))
		return make(cli, argv[1]);
	return argc > 2 ? cli_usage(cli, _("\"%s\" is too much"), argv[argc - 1])
	                : cli_usage(cli, "%s", _("a folder is wanted: hjgate backup DIR"));
}
