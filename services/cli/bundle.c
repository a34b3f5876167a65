/* The command `hjgate bundle`. The parts are put together in a folder of /tmp that only this user can read, and
 * packed by tar, which every system has (Debian's is essential, busybox brings one): a library for it would be loaded
 * by every call of the command, and a tar of our own would be a format more to get wrong. */
#include "bundle.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hjgate/clock.h"
#include "hjgate/conf_flat.h"
#include "outfile.h"
#include "timespec.h"

#define FILE_MODE    0600
#define HIDDEN_LEAST 5 /* characters of a value that is looked for everywhere */

const struct cli_option cli_bundle_options[] = {
	{ "--out", 'o', CLI_TEXT, N_("FILE"), N_("where to (hjgate-bundle-HOST-TIME.tar.gz here as without)"),
	        offsetof(struct bundle, out) },
	{ "--log", 0, CLI_TEXT, N_("FILE"), N_("a log to take along, where hjgate run's was kept"),
	        offsetof(struct bundle, log) },
	{ 0 },
};

static const struct writer_column columns[] = {
	{ "name", N_("PART"), false },
	{ "bytes", N_("BYTES"), true },
	{ "took_ms", NULL, true },
	{ "missing", NULL, false },
	{ "cut", NULL, false },
	{ "why", N_("WHAT IS NOT THERE, AND WHY"), false },
};

static void add_secret(struct bundle *b, const char *text)
{
	if (b->secret_count < BUNDLE_SECRETS && strlen(text) < sizeof(b->secrets[0]))
		hj_text_copy(b->secrets[b->secret_count++], sizeof(b->secrets[0]), text);
}

/* What is no number and not short, or it would be a star wherever somebody counts. */
static int take_hidden(const char *key, const char *value, bool secret, void *userdata)
{
	if (!bundle_hides("uplinks.d/", key, strlen(key)) || strlen(value) < HIDDEN_LEAST)
		return 0;
	if (value[strspn(value, "0123456789.-")])
		add_secret(userdata, value);
	return 0;
}

static void read_hidden(struct bundle *b)
{
	char **names = NULL;
	size_t n = 0;

	if (hj_conf_names(b->cli->root, "uplinks.d", &names, &n) < 0)
		return;
	for (size_t i = 0; i < n; i++)
		hj_conf_flatten(b->cli->root, "uplinks.d", names[i], take_hidden, b);
	hj_conf_names_free(names, n);
}

static void read_secrets(struct bundle *b)
{
	struct hj_conf_errors errors = { 0 };
	struct hj_conf conf;

	hj_conf_load_all(b->cli->root, &conf, &errors); /* good parts are there although others are bad */
	hj_conf_errors_done(&errors);
	for (size_t i = 0; i < conf.uplink_count; i++)
		add_secret(b, conf.uplinks[i].pw);
	hj_conf_done(&conf);
	read_hidden(b);
}

/* ---- the index ---- */

static void state_text(const struct bundle_part *p, char *to, size_t size)
{
	snprintf(to, size, "%s%s%s",
	        p->missing ? "missing: "
	        : p->cut   ? "cut, there is more"
	                   : "",
	        p->cut && *p->why && !p->missing ? "; " : "", p->why);
}

static void put_parts(const struct bundle *b, struct writer *w, bool all)
{
	char text[256];

	writer_table(w, "parts", columns, hj_array_size(columns));
	for (size_t i = 0; i < b->count; i++) {
		const struct bundle_part *p = &b->parts[i];

		if (!all && !p->missing && !p->cut && !*p->why)
			continue;
		state_text(p, text, sizeof(text));
		writer_cell_text(w, p->name);
		writer_cell_int(w, (int64_t)p->bytes);
		writer_cell_int(w, p->took_ms);
		writer_cell(w, STYLE_PLAIN, json_boolean(p->missing), NULL);
		writer_cell(w, STYLE_PLAIN, json_boolean(p->cut), NULL);
		writer_cell(w, p->missing ? STYLE_WARN : STYLE_PLAIN, writer_text(p->why), text);
	}
	writer_table_end(w);
}

static int write_index(struct bundle *b)
{
	char path[HJ_PATH_MAX + 96], human[HJ_TIME_HUMAN_LEN + 1];
	struct writer *w = NULL;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s/index.txt", b->folder, b->top);
	f = fopen(path, "we");
	if (!f || writer_new(f, WRITER_TEXT, false, &w) < 0) {
		if (f)
			fclose(f);
		return -ENOMEM;
	}
	hj_time_human(cli_wall_ms(), false, human);
	writer_say(w, STYLE_PLAIN, "hjgate %s, bundled on %s (Beijing time)", HJ_VERSION, human);
	writer_say(w, STYLE_PLAIN, "Passwords and keys are stars. Each part is at most %u KB, all together %u KB.",
	        BUNDLE_PART_MOST >> 10, BUNDLE_MOST >> 10);
	put_parts(b, w, true);
	writer_free(w);
	return fclose(f) ? -errno : 0;
}

/* ---- packing ---- */

static int pack(struct bundle *b, const char *path, int64_t *ret_bytes)
{
	const char *words[] = { "tar", "-c", "-z", "-C", b->folder, "-f", "-", b->top, NULL };
	struct outfile o = { 0 };
	struct stat st;
	int r = outfile_open(&o, path, FILE_MODE);

	if (r < 0)
		return outfile_failed(b->cli, path, r);
	r = bundle_run_to(words, fileno(o.f));
	if (r) {
		outfile_abort(&o);
		return cli_refused(b->cli, "%s", _("tar could not pack the bundle"));
	}
	*ret_bytes = fstat(fileno(o.f), &st) == 0 ? st.st_size : 0;
	r = outfile_commit(&o);
	return r < 0 ? outfile_failed(b->cli, path, r) : 0;
}

static void clear(struct bundle *b)
{
	const char *words[] = { "rm", "-rf", "--", b->folder, NULL };

	if (*b->folder)
		bundle_run_to(words, STDERR_FILENO);
}

/* ---- broken off ---- */

static char doomed[HJ_PATH_MAX]; /* the folder that a signal takes away */

static void on_end(int sig)
{
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/rm", "rm", "-rf", "--", doomed, (char *)NULL); /* by its path: no search in a handler */
		_exit(127);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
	signal(sig, SIG_DFL);
	raise(sig);
}

static void guard(const char *folder)
{
	static const int ending[] = { SIGINT, SIGTERM, SIGHUP };

	hj_text_copy(doomed, sizeof(doomed), folder);
	for (size_t i = 0; i < hj_array_size(ending); i++)
		if (signal(ending[i], on_end) == SIG_IGN)
			signal(ending[i], SIG_IGN); /* who called us with nohup wants it to go on */
}

static int begin(struct bundle *b)
{
	const char *tmp = getenv("TMPDIR");
	char path[HJ_PATH_MAX];

	if (snprintf(b->folder, sizeof(b->folder), "%s/hjgate-bundle.XXXXXX", tmp && *tmp ? tmp : "/tmp") >=
	        (int)sizeof(b->folder))
		snprintf(b->folder, sizeof(b->folder), "/tmp/hjgate-bundle.XXXXXX");
	if (!mkdtemp(b->folder)) {
		int r = errno;

		b->folder[0] = '\0';
		return cli_refused(b->cli, _("cannot make a folder for the parts: %s"), strerror(r));
	}
	guard(b->folder);
	snprintf(path, sizeof(path), "%s/%s", b->folder, b->top);
	return mkdir(path, 0700) < 0
	               ? cli_refused(b->cli, _("cannot make a folder for the parts: %s"), strerror(errno))
	               : 0;
}

static void name_it(struct bundle *b, char path[PATH_MAX])
{
	char host[HOST_NAME_MAX + 1] = "box", now[HJ_TIME14_LEN + 1];

	gethostname(host, sizeof(host) - 1);
	for (char *p = host; *p; p++)
		*p = *p == '/' ? '-' : *p;
	hj_time14_format(cli_wall_ms(), now);
	snprintf(b->top, sizeof(b->top), "hjgate-%.24s-%s", host, now);
	if (b->out)
		hj_text_copy(path, PATH_MAX, b->out);
	else
		snprintf(path, PATH_MAX, "hjgate-bundle-%s-%s.tar.gz", host, now);
}

static void report(const struct bundle *b, const char *path, int64_t bytes)
{
	struct writer *w = writer_stdout(b->cli->json ? WRITER_JSON : WRITER_TEXT);

	writer_field(w, "file", NULL, STYLE_PLAIN, writer_text(path), NULL);
	writer_field(w, "bytes", NULL, STYLE_PLAIN, json_integer(bytes), NULL);
	put_parts(b, w, b->cli->json);
	writer_say(w, STYLE_GOOD, _("%s: %zu parts, %lld KB; passwords and keys are stars in it"), path, b->count,
	        (long long)((bytes + 1023) / 1024));
	writer_free(w);
}

static int run(struct bundle *b)
{
	char path[PATH_MAX];
	int64_t bytes = 0;
	int status, r;

	name_it(b, path);
	status = begin(b);
	if (status)
		return status;
	read_secrets(b);
	cli_progress_begin(b->cli, &b->progress);
	bundle_gather(b);
	cli_progress_end(&b->progress);
	r = write_index(b);
	if (r < 0)
		return cli_refused(b->cli, _("cannot write the index: %s"), strerror(-r));
	status = pack(b, path, &bytes);
	if (!status)
		report(b, path, bytes);
	return status;
}

int cli_bundle(struct cli *cli, int argc, char **argv)
{
	struct bundle *b = calloc(1, sizeof(*b));
	int status = b ? cli_options(cli, cli_bundle_options, b, &argc, argv) : HJ_EXIT_TEMPORARY;

	if (!status && argc > 1)
		status = cli_usage(cli, _("\"%s\" is too much"), argv[1]);
	if (!status) {
		b->cli = cli;
		status = run(b);
		clear(b);
	}
	free(b);
	return status;
}
