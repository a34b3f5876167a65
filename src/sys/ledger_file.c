/* Opening the ledger's file: its settings, its version, its health.
 *
 * Nothing is written before the file has shown that it is ours and not newer than we are. Damage (not a database, a
 * failed check) is told apart from trouble (no right, no space, an error of the disk): only the former sets a file
 * aside. The check is bounded in time, so that a big file on slow flash does not hold up the start; its newest rows
 * are read in any case. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ledger_impl.h"

#define PAGE_BYTES      1024
#define CACHE_KB        256
#define WAL_PAGES       1000        /* checkpoint above about 1 MB of WAL */
#define WAL_KEEP_BYTES  (1 << 20)   /* what the WAL is cut back to */
#define HEAP_SOFT_BYTES (768 << 10) /* SQLite gives cache back above this */
#define CHECK_MS        2000        /* the longest that the check of a whole file may take at a start */
#define CHECK_OPS       1000        /* of SQLite's machine between two looks at the clock */
#define URI_MOST        (3 * PATH_MAX + 32)
#define CHECK_ROWS      1000 /* newest rows that are read whole */

static const char *const migrations[] = {
	/* 1 */
	"CREATE TABLE row(seq INTEGER PRIMARY KEY, kind INTEGER NOT NULL, label INTEGER NOT NULL, head BLOB NOT NULL,"
	" body BLOB NOT NULL);"
	"CREATE TABLE state(key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE span(day INTEGER NOT NULL, lo INTEGER NOT NULL, hi INTEGER NOT NULL);"
	"INSERT INTO state VALUES('" KEY_STORE "', randomblob(16));",
	/* 2: ledger_make() does the rest. Only what is not a minute is worth an index. */
	"ALTER TABLE row ADD COLUMN mac BLOB;"
	"CREATE INDEX rare ON row(kind) WHERE kind <> 1;",
};
_Static_assert(hj_array_size(migrations) == HJ_LEDGER_VERSION, "one migration a version");

/* One number out of the first row; -errno or 0. */
static int query_int(struct hj_ledger *l, const char *sql, int64_t *ret)
{
	sqlite3_stmt *stmt = NULL;
	int r = sqlite3_prepare_v2(l->db, sql, -1, &stmt, NULL);

	if (r == SQLITE_OK)
		r = sqlite3_step(stmt);
	if (r == SQLITE_ROW)
		*ret = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return r == SQLITE_ROW || r == SQLITE_DONE ? SQLITE_OK : r;
}

/* The version that the file says, before anything of it is changed. > 0: an SQLite result. */
static int look_at_version(struct hj_ledger *l, int64_t *ret_version)
{
	int64_t version = 0, application = 0, tables = 0;
	int r = query_int(l, "PRAGMA user_version", &version);

	if (r == SQLITE_OK)
		r = query_int(l, "PRAGMA application_id", &application);
	if (r == SQLITE_OK)
		r = query_int(l, "SELECT count(*) FROM sqlite_master", &tables);
	if (r != SQLITE_OK)
		return r;
	if (application != HJ_LEDGER_APPLICATION && (application || version || tables))
		return -EMEDIUMTYPE;
	if (version > HJ_LEDGER_VERSION)
		return -EOPNOTSUPP;
	*ret_version = version;
	return 0;
}

static int set_up(struct hj_ledger *l)
{
	int64_t synchronous = -1;
	char sql[512];
	int r;

	snprintf(sql, sizeof(sql),
	        "PRAGMA page_size=%d; PRAGMA cache_size=-%d; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
	        "PRAGMA wal_autocheckpoint=%d; PRAGMA journal_size_limit=%d; PRAGMA soft_heap_limit=%d;"
	        "PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA mmap_size=0;",
	        PAGE_BYTES, CACHE_KB, WAL_PAGES, WAL_KEEP_BYTES, HEAP_SOFT_BYTES);
	r = sqlite3_exec(l->db, sql, NULL, NULL, NULL);
	if (r == SQLITE_OK)
		r = query_int(l, "PRAGMA synchronous", &synchronous);
	if (r == SQLITE_OK && synchronous != 2)
		return -EIO; /* without it a commit promises nothing */
	return r;
}

/* All or nothing, in one transaction: a power cut leaves the version before, or this one. */
static int migrate(struct hj_ledger *l, int64_t version, uint32_t generation)
{
	char sql[128];
	int r;

	if (version == HJ_LEDGER_VERSION)
		return SQLITE_OK;
	r = sqlite3_exec(l->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	for (int64_t v = version; v < HJ_LEDGER_VERSION && r == SQLITE_OK; v++)
		r = sqlite3_exec(l->db, migrations[v], NULL, NULL, NULL);
	snprintf(sql, sizeof(sql), "PRAGMA application_id=%d; PRAGMA user_version=%d", HJ_LEDGER_APPLICATION,
	        HJ_LEDGER_VERSION);
	if (r == SQLITE_OK)
		r = sqlite3_exec(l->db, sql, NULL, NULL, NULL);
	if (r == SQLITE_OK)
		r = ledger_prepare(l);
	if (r == SQLITE_OK)
		r = ledger_make(l, version ? 0 : generation, version > 0);
	return r == SQLITE_OK ? sqlite3_exec(l->db, "COMMIT", NULL, NULL, NULL) : r;
}

static int64_t mono_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * HJ_MS_PER_SEC + t.tv_nsec / 1000000;
}

static int out_of_time(void *userdata)
{
	return mono_ms() > *(int64_t *)userdata;
}

/* SQLITE_OK where it is sound, or where the time did not suffice to find out. */
static int quick_check(struct hj_ledger *l)
{
	int64_t until = mono_ms() + CHECK_MS;
	sqlite3_stmt *stmt = NULL;
	int r;

	sqlite3_progress_handler(l->db, CHECK_OPS, out_of_time, &until);
	r = sqlite3_prepare_v2(l->db, "PRAGMA quick_check(1)", -1, &stmt, NULL);
	if (r == SQLITE_OK)
		r = sqlite3_step(stmt);
	if (r == SQLITE_ROW)
		r = strcmp((const char *)sqlite3_column_text(stmt, 0) ?: "", "ok") ? SQLITE_CORRUPT : SQLITE_OK;
	else if (r == SQLITE_INTERRUPT)
		r = SQLITE_OK;
	sqlite3_finalize(stmt);
	sqlite3_progress_handler(l->db, 0, NULL, NULL);
	return r;
}

/* The newest rows, every byte: a page that does not read shows itself here. */
static int read_newest(struct hj_ledger *l)
{
	int64_t sum;
	char sql[128];

	snprintf(sql, sizeof(sql),
	        "SELECT sum(length(head) + length(hex(body))) FROM (SELECT * FROM row ORDER BY seq DESC LIMIT %d)",
	        CHECK_ROWS);
	return query_int(l, sql, &sum);
}

static int prove(struct hj_ledger *l, uint32_t generation, bool *ret_made)
{
	int64_t version;
	int r = look_at_version(l, &version);

	if (r)
		return r;
	r = set_up(l);
	if (r == SQLITE_OK)
		r = migrate(l, version, generation);
	*ret_made = version != HJ_LEDGER_VERSION;
	if (r == SQLITE_OK)
		r = query_int(l, "PRAGMA page_size", &l->page_bytes);
	if (r == SQLITE_OK)
		r = quick_check(l);
	return r == SQLITE_OK ? read_newest(l) : r;
}

/* No threads, no statistics beyond the heap limit, small allocations from malloc: a few dozen KB less. Refused, and
 * rightly ignored, when SQLite runs already. */
static void configure_library(void)
{
	sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0);
	ledger_bear_2038();
}

static int open_handle(struct hj_ledger *l)
{
	int r = sqlite3_open_v2(
	        l->path, &l->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW, NULL);

	if (r != SQLITE_OK)
		return r;
	sqlite3_extended_result_codes(l->db, 1);
	sqlite3_db_config(l->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	/* Until the version is known nothing may change, not even by closing. */
	sqlite3_db_config(l->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	/* One process alone has the file: no shared-memory file, and a second opener is refused. */
	return sqlite3_exec(l->db, "PRAGMA locking_mode=EXCLUSIVE", NULL, NULL, NULL);
}

static int new_ledger(const char *path, struct hj_keyring *keyring, struct hj_ledger **ret)
{
	_cleanup_(hj_ledger_closep) struct hj_ledger *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	l->path = strdup(path);
	if (!l->path)
		return -ENOMEM;
	l->keyring = keyring;
	configure_library();
	*ret = hj_steal(l);
	return 0;
}

int ledger_file_open(
        const char *path, struct hj_keyring *keyring, uint32_t generation, struct hj_ledger **ret, bool *ret_damage)
{
	_cleanup_(hj_ledger_closep) struct hj_ledger *l = NULL;
	bool made = false;
	int r = new_ledger(path, keyring, &l);

	*ret_damage = false;
	if (r < 0)
		return r;
	r = open_handle(l);
	if (r == SQLITE_OK)
		r = prove(l, generation, &made);
	if (r == SQLITE_OK)
		sqlite3_db_config(l->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
	if (r > 0) {
		*ret_damage = ledger_is_damage(r);
		r = *ret_damage ? -EUCLEAN : ledger_errno(l->db, r);
	}
	r = r < 0 || made ? r : ledger_prepare(l);
	r = r < 0 ? r : ledger_load(l);
	if (r >= 0 && made)
		l->found.state = HJ_SEAL_NEW;
	r = r < 0 ? r : ledger_go_on(l);
	if (r < 0) {
		*ret_damage |= r == -EUCLEAN;
		return r;
	}
	*ret = hj_steal(l);
	return 0;
}

/* ---- for tools ---- */

/* The three characters that mean something in a URI may stand in a path: a stick's label is anybody's choice. */
static void make_uri(const char *path, const char *query, char ret[URI_MOST])
{
	size_t n = strlen(strcpy(ret, "file:"));

	while (path[0] == '/' && path[1] == '/') /* a host would follow */
		path++;
	for (; *path && n + 4 < URI_MOST - 16; path++)
		n += (size_t)(strchr("?#%", *path) ? sprintf(ret + n, "%%%02X", (unsigned char)*path)
		                                   : sprintf(ret + n, "%c", *path));
	strcpy(ret + n, query);
}

/* Without a WAL the file is all there is, and a reader that makes none can even read it from a medium that takes no
 * writing. With one, the WAL belongs to it: it is read under the lock that its daemon would take, and left there; but
 * a file on a read-only file system cannot be locked, and nobody can write to it. */
int ledger_open_looking(const char *path, sqlite3 **ret)
{
	char uri[URI_MOST], wal[PATH_MAX];
	struct stat st;
	bool has_wal, unlockable = access(path, W_OK) < 0 && errno == EROFS;
	int r;

	snprintf(wal, sizeof(wal), "%s-wal", path);
	has_wal = !stat(wal, &st) && st.st_size > 0;
	if (stat(path, &st) < 0)
		return -errno;
	make_uri(path, has_wal ? "" : "?immutable=1", uri);
	r = sqlite3_open_v2(uri, ret,
	        SQLITE_OPEN_URI | SQLITE_OPEN_NOFOLLOW | (has_wal ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY),
	        unlockable ? "unix-none" : NULL);
	if (r != SQLITE_OK)
		return r;
	sqlite3_extended_result_codes(*ret, 1);
	sqlite3_db_config(*ret, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(*ret, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	return sqlite3_exec(*ret, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA query_only=1; PRAGMA temp_store=MEMORY",
	        NULL, NULL, NULL);
}

int hj_ledger_open_readonly(const char *path, struct hj_keyring *keyring, struct hj_ledger **ret)
{
	_cleanup_(hj_ledger_closep) struct hj_ledger *l = NULL;
	int64_t version = 0;
	int r = new_ledger(path, keyring, &l);

	if (r < 0)
		return r;
	l->readonly = true;
	r = hj_keyring_look(keyring);
	r = r < 0 && r != -ENOKEY ? r : ledger_open_looking(path, &l->db);
	if (r == SQLITE_OK)
		r = look_at_version(l, &version);
	if (r == SQLITE_OK)
		r = query_int(l, "PRAGMA page_size", &l->page_bytes);
	if (r > 0)
		return ledger_errno(l->db, r);
	if (r == 0 && version != HJ_LEDGER_VERSION)
		return -ESTALE;
	r = r < 0 ? r : ledger_prepare(l);
	r = r < 0 ? r : ledger_load(l);
	if (r >= 0)
		*ret = hj_steal(l);
	return r;
}
