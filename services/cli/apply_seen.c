/* Does a program run by another text than is written? A file that is edited, and not applied, is read by whoever is
 * started meanwhile, after a fault or with the box; when it is edited back nothing is another, and that program still
 * runs by what it found. So each is asked what it has read. Times say nothing here: clocks of gateways are set. Who
 * was left alone by an apply, since the keys that differ are not his, has read a text that is older than the newest
 * and as good: that is noted with each configuration that is kept. Any other text nobody has applied. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "apply.h"
#include "ask.h"
#include "hjgate/conf_seen.h"
#include "hjgate/fnv.h"

#define LOOK_MS 1000   /* for one program to say what it has read */
#define NOTES   "read" /* lines "PROGRAM DIGEST": what was read and is as good as the newest configuration */

static json_t *seen_by(const char *root, const struct apply_program *p)
{
	char socket[APPLY_NAME_MAX + 8];
	json_t *answer = NULL;

	snprintf(socket, sizeof(socket), "%s.look", p->name);
	if (cli_ask_quiet(root, socket, "hjgate.Service.Configuration", NULL, LOOK_MS, &answer, NULL) < 0) {
		json_decref(answer);
		return NULL;
	}
	return answer;
}

/* An uplinkd looks into other uplinks, and eventd into everything, for what is no business of the table's. */
static bool reads(const struct apply_program *p, const char *file)
{
	const struct apply_change any = { .file = (char *)file, .key = (char *)"" };

	return apply_concerns(p, &any);
}

static bool is_below(const char *root, const char *file, const char *digest)
{
	uint64_t now = 0;
	char text[17];

	if (hj_conf_digest(root, file, &now) < 0)
		return false;
	snprintf(text, sizeof(text), "%016" PRIx64, now);
	return digest ? now && !strcmp(text, digest) : !now;
}

/* Is all that it has read as it is below this root? */
static bool has_read(const struct apply_program *p, json_t *files, const char *root)
{
	json_t *e;
	size_t i;

	json_array_foreach(files, i, e)
	{
		const char *file = cli_string(e, "file");

		if (file && reads(p, file) && !is_below(root, file, cli_string(e, "digest")))
			return false;
	}
	return true;
}

/* All of it as one number. */
static uint64_t sum_up(const struct apply_program *p, json_t *files)
{
	uint64_t sum = HJ_FNV_BEGIN;
	json_t *e;
	size_t i;

	json_array_foreach(files, i, e)
	{
		const char *file = cli_string(e, "file"), *digest = cli_string(e, "digest") ?: "";

		if (file && reads(p, file))
			sum = hj_fnv(hj_fnv(sum, file, strlen(file) + 1), digest, strlen(digest) + 1);
	}
	return sum;
}

static bool is_noted(const char *root, const struct apply_program *p)
{
	char path[HJ_PATH_MAX], line[APPLY_NAME_MAX + 32], wanted[sizeof(line)];
	FILE *f = apply_kept_path(root, NOTES, path) < 0 ? NULL : fopen(path, "re");
	bool found = false;

	snprintf(wanted, sizeof(wanted), "%s %016" PRIx64 "\n", p->name, p->seen);
	while (f && !found && fgets(line, sizeof(line), f))
		found = !strcmp(line, wanted);
	if (f)
		fclose(f);
	return found;
}

bool apply_runs_other(const char *root, const char *source, struct apply_program *p)
{
	_cleanup_json_ json_t *answer = seen_by(root, p);
	json_t *files = json_object_get(answer, "files");
	char newest[HJ_PATH_MAX];
	unsigned number;
	bool edited;

	if (!files) /* of an older version, or at its start: it is left alone */
		return false;
	p->seen = sum_up(p, files);
	if (has_read(p, files, source) || !apply_kept_newest(root, &number, &edited) ||
	        apply_kept_root(root, number, newest) < 0)
		return false;
	return !has_read(p, files, newest) && !is_noted(root, p);
}

int apply_seen_note(const struct apply *a)
{
	char path[HJ_PATH_MAX], text[APPLY_PROGRAMS_MAX * (APPLY_NAME_MAX + 32)];
	int r = apply_kept_path(a->root, NOTES, path);
	size_t n = 0;

	for (size_t i = 0; i < a->count; i++)
		if (a->programs[i].act == APPLY_LEAVE && a->programs[i].seen)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s %016" PRIx64 "\n", a->programs[i].name,
			        a->programs[i].seen);
	return r < 0 ? r : hj_write_whole(path, text, n, 0600);
}
