/* Opening the ledger whatever state its file is in: what is damaged is set aside under a name of its own, for whoever
 * wants to look into it, and a new file is begun. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "hjgate/service.h"
#include "hjgate/text.h"
#include "ledger_impl.h"

#define ASIDE_TRIES 100 /* names tried for a damaged file, a second apart */

/* ---- generations ---- */

uint32_t ledger_generation_of_name(const char *name)
{
	const char *dash = strrchr(name, '-');
	uint64_t generation;

	return dash && hj_uint_parse(dash + 1, strlen(dash + 1), UINT16_MAX - 1, &generation) >= 0
	               ? (uint32_t)generation
	               : 0;
}

/* The greatest in the names of what was set aside before; -1: nothing was. */
static int64_t generation_aside(const char *path)
{
	char pattern[PATH_MAX];
	int64_t most = -1;
	glob_t g;

	if (snprintf(pattern, sizeof(pattern), "%s.damaged-[0-9]*", path) >= (int)sizeof(pattern) ||
	        glob(pattern, GLOB_NOSORT, NULL, &g))
		return -1;
	for (size_t i = 0; i < g.gl_pathc; i++)
		if (strchr("0123456789", g.gl_pathv[i][strlen(g.gl_pathv[i]) - 1])) /* not its -wal */
			most = hj_max(most, (int64_t)ledger_generation_of_name(g.gl_pathv[i]));
	globfree(&g);
	return most;
}

/* What the damaged file says itself, where it still can. */
static int64_t generation_inside(const char *path)
{
	sqlite3_stmt *sql = NULL;
	sqlite3 *db = NULL;
	int64_t most = -1;

	if (ledger_open_looking(path, &db) == SQLITE_OK &&
	        sqlite3_prepare_v2(db,
	                "SELECT value FROM state WHERE key BETWEEN '" KEY_SEGMENT "' AND '" KEY_SEGMENT ":'", -1,
	                &sql, NULL) == SQLITE_OK)
		while (sqlite3_step(sql) == SQLITE_ROW) {
			struct hj_ledger_segment s;

			if (ledger_segment_decode(
			            sqlite3_column_blob(sql, 0) ?: "", (size_t)sqlite3_column_bytes(sql, 0), &s) >= 0)
				most = hj_max(most, (int64_t)s.generation);
		}
	sqlite3_finalize(sql);
	sqlite3_close(db);
	return most;
}

static int set_aside(const char *path, uint32_t generation)
{
	static const char *const companions[] = { "-wal", "-shm", "-journal" };
	char time14[HJ_TIME14_LEN + 1], aside[PATH_MAX], from[PATH_MAX], to[PATH_MAX];
	int64_t now = time(NULL) * HJ_MS_PER_SEC;

	for (int i = 0; i < ASIDE_TRIES; i++) {
		hj_time14_format(now + i * HJ_MS_PER_SEC, time14);
		if (snprintf(aside, sizeof(aside), "%s.damaged-%s-%u", path, time14, generation) >=
		        (int)sizeof(aside))
			return -ENAMETOOLONG;
		if (access(aside, F_OK) < 0)
			break;
	}
	/* The companions first: a new file must never meet the old one's WAL. */
	for (size_t i = 0; i < hj_array_size(companions); i++) {
		snprintf(from, sizeof(from), "%s%s", path, companions[i]);
		if (snprintf(to, sizeof(to), "%s%s", aside, companions[i]) >= (int)sizeof(to))
			return -ENAMETOOLONG;
		if (rename(from, to) < 0 && errno != ENOENT)
			return -errno;
	}
	if (rename(path, aside) < 0)
		return -errno;
	hj_sync_parent(path); /* what cannot be synced is found out by the first commit */
	return 0;
}

/* Of the damaged file, or a later one: what comes after it must never meet the seqs of what was before. The file says
 * it itself, where it still can; the copy of its keys does; and it is later than what was set aside before it. */
static uint32_t generation_of_damaged(const char *path)
{
	int64_t said = hj_max(generation_inside(path), ledger_generation_copied(path));

	return (uint32_t)hj_max(said, generation_aside(path) + 1);
}

int hj_ledger_set_aside(const char *path)
{
	return set_aside(path, generation_of_damaged(path));
}

static int own_keyring(const char *path, struct hj_keyring **ret)
{
	_cleanup_free_ char *folder = strdup(path);
	char *slash = folder ? strrchr(folder, '/') : NULL;

	if (!folder)
		return -ENOMEM;
	if (slash)
		slash[slash == folder] = '\0';
	return hj_keyring_new_at(slash ? folder : ".", true, ret);
}

static int open_any(const char *path, struct hj_keyring *keyring, struct hj_ledger **ret, bool *ret_damaged)
{
	bool damage, fresh = access(path, F_OK) < 0;
	/* For one that is gone altogether, or holds nothing yet: what was set aside was before it. */
	int64_t generation = generation_aside(path) + 1;
	int r = ledger_file_open(path, keyring, (uint32_t)generation, ret, &damage);

	if (ret_damaged)
		*ret_damaged = false;
	if (damage) {
		generation = generation_of_damaged(path);
		r = set_aside(path, (uint32_t)generation);
		if (r < 0)
			return r;
		if (ret_damaged)
			*ret_damaged = true;
		fresh = true;
		r = ledger_file_open(path, keyring, (uint32_t)generation + 1, ret, &damage);
	}
	if (r >= 0 && fresh)
		hj_sync_parent(path);
	return r;
}

int hj_ledger_open(const char *path, struct hj_keyring *keyring, struct hj_ledger **ret, bool *ret_damaged)
{
	_cleanup_(hj_keyring_freep) struct hj_keyring *own = NULL;
	int r = keyring ? 0 : own_keyring(path, &own);

	r = r < 0 ? r : hj_keyring_look(keyring ? keyring : own);
	r = r < 0 ? r : open_any(path, keyring ? keyring : own, ret, ret_damaged);
	if (r >= 0)
		(*ret)->own_keyring = hj_steal(own);
	return r;
}
