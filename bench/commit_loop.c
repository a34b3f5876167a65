/* commit_loop: the limit of what any store can do that loses nothing: rows of so many bytes into SQLite (WAL,
 * synchronous=FULL), one commit each, by a prepared statement, and nothing else. Prints `commits N SECONDS`; who
 * wants its bytes and syncs runs it below strace.
 *
 *	commit_loop FILE COMMITS BYTES */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BYTES_MOST 65536

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int insert(sqlite3_stmt *statement, int bytes)
{
	static unsigned char blob[BYTES_MOST];

	for (int i = 0; i < bytes; i++)
		blob[i] = (unsigned char)rand();
	sqlite3_reset(statement);
	sqlite3_bind_blob(statement, 1, blob, bytes, SQLITE_STATIC);
	return sqlite3_step(statement) == SQLITE_DONE ? 0 : -1;
}

int main(int argc, char **argv)
{
	int commits = argc == 4 ? atoi(argv[2]) : 0, bytes = argc == 4 ? atoi(argv[3]) : 0;
	sqlite3_stmt *statement = NULL;
	sqlite3 *db = NULL;
	double since;
	int r = 0;

	if (commits < 1 || bytes < 1 || bytes > BYTES_MOST) {
		fprintf(stderr, "commit_loop FILE COMMITS BYTES (at most %d)\n", BYTES_MOST);
		return 2;
	}
	if (sqlite3_open(argv[1], &db) != SQLITE_OK ||
	    sqlite3_exec(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE r(at INTEGER PRIMARY KEY, b BLOB)", NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(db, "INSERT INTO r(b) VALUES(?)", -1, &statement, NULL) != SQLITE_OK)
		r = -1;
	since = now_s();
	for (int i = 0; i < commits && r == 0; i++)
		r = insert(statement, bytes);
	if (r < 0)
		fprintf(stderr, "commit_loop: %s: %s\n", argv[1], sqlite3_errmsg(db));
	else
		printf("commits %d %.3f\n", commits, now_s() - since);
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return r < 0 ? 1 : 0;
}
