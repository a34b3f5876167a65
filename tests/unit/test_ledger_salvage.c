/* A damaged ledger is put back: what lies outside the damage comes back byte for byte, under its own seq, and opens;
 * what its state said is taken over where the whole of it proves itself, and else nothing falls short of what may be
 * owed. */
/* long because: damage of every kind is held against one picture of where each row lies. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <sqlite3.h>
#include <cmocka.h>

#include "hjgate/clock.h"
#include "hjgate/ledger_salvage.h"
#include "hjgate/ledger_verify.h"

#define DAY0      1795017600000LL
#define COMMITS   90
#define IN_LOG    20
#define ROWS      (COMMITS * 5)
#define CUT       40
#define PAGE      1024
#define FRAME     (24 + PAGE)
#define CHUNK     16
#define SEEDS     60
#define OWED_MASK (1u << HJ_KIND_MINUTE | 1u << HJ_KIND_LOG | 1u << HJ_KIND_HOUR)

static const char *const prefixes[] = { "point.", "set.", "owed.", HJ_SALVAGE_KEY, NULL };
static const struct hj_salvage_rules rules = { prefixes, OWED_MASK, DAY0 };

static char folder[64];
static uint8_t *file_bytes, *log_bytes;
static size_t file_n, log_n;
static bool hit_file[4096], hit_log[4096];
static uint32_t seed;

struct kept {
	uint8_t *head, *body, mac[HJ_MAC_BYTES];
	size_t head_n, body_n;
	int64_t kind, label;
	bool in_file[4096], in_log[4096]; /* pages and frames that hold some of it */
} * kept;

static const char *at(const char *name)
{
	static char names[4][128];
	static int next;

	next = (next + 1) % 4;
	snprintf(names[next], sizeof(names[next]), "%s/%s", folder, name);
	return names[next];
}

static uint32_t dice(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

static uint8_t *slurp(const char *from, size_t *ret_n)
{
	struct stat st;
	int fd = open(from, O_RDONLY);
	uint8_t *bytes;

	assert_true(fd >= 0 && fstat(fd, &st) == 0);
	bytes = malloc((size_t)st.st_size + 1);
	assert_int_equal(read(fd, bytes, (size_t)st.st_size), st.st_size);
	close(fd);
	*ret_n = (size_t)st.st_size;
	return bytes;
}

static void spill(const char *to, const uint8_t *bytes, size_t n)
{
	int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), (ssize_t)n);
	close(fd);
}

static void erase(const char *pattern)
{
	char command[160];

	snprintf(command, sizeof(command), "rm -f %s/%s", folder, pattern);
	assert_int_equal(system(command), 0);
}

/* ---- the ledger before ---- */

static void append(struct hj_ledger *l, int i)
{
	static const uint8_t kinds[] = { HJ_KIND_MINUTE, HJ_KIND_MINUTE, HJ_KIND_HOUR, HJ_KIND_MINUTE, HJ_KIND_LOG };
	struct hj_head head = { .kind = kinds[i % 5], .label_ms = DAY0 + i * 600000LL, .length_ms = 60000 };
	size_t n = (size_t)(i % 17 ? 40 + i * 37 % 500 : 1500 + i * 11 % 3000);
	char body[6000];

	for (size_t k = 0; k < n; k++)
		body[k] = (char)(i * 7 + (int)k);
	assert_int_equal(hj_ledger_append(l, &head, body, n), 0);
}

static void fill(struct hj_ledger *l, int from, int to)
{
	uint64_t rows;

	for (int c = from; c < to; c++) {
		char key[32], value[64];

		for (int i = 0; i < 5; i++)
			append(l, c * 5 + i + 1);
		snprintf(key, sizeof(key), "point.%d", c % 30 + 1);
		snprintf(value, sizeof(value), "what point %d is, told at %d", c % 30 + 1, c);
		assert_int_equal(hj_ledger_put(l, key, value, strlen(value)), 0);
		snprintf(value, sizeof(value), "open windows at %d", c);
		assert_int_equal(hj_ledger_put(l, "open", value, strlen(value)), 0);
		snprintf(value, sizeof(value), "owed at %d", c);
		assert_int_equal(hj_ledger_put_clear(l, "owed.county", value, strlen(value)), 0);
		if (c == 30)
			assert_int_equal(hj_ledger_cut_kind(l, HJ_KIND_MINUTE, CUT, &rows), 0);
		assert_int_equal(hj_ledger_commit(l), 0);
	}
}

static int keep(const struct hj_ledger_row *row, void *userdata)
{
	struct kept *k = &kept[row->seq];

	assert_true(row->seq <= ROWS);
	k->head = memcpy(malloc(row->head_n), row->head, row->head_n);
	k->body = memcpy(malloc(row->body_n), row->body, row->body_n);
	memcpy(k->mac, row->mac, HJ_MAC_BYTES);
	k->head_n = row->head_n;
	k->body_n = row->body_n;
	k->kind = row->kind;
	k->label = row->label;
	return 0;
}

static void note_places(const uint8_t *chunk, bool *places, const uint8_t *bytes, size_t n, size_t begin, size_t size)
{
	const uint8_t *p = bytes;

	while ((p = memmem(p, (size_t)(bytes + n - p), chunk, CHUNK))) {
		size_t first = (size_t)(p - bytes), last = first + CHUNK - 1;

		if (first >= begin) {
			places[(first - begin) / size] = true;
			places[(last - begin) / size] = true;
		}
		p++;
	}
}

static void find_places(void)
{
	for (int i = 1; i <= ROWS; i++) {
		struct kept *k = &kept[i];

		for (size_t o = 0; k->body && o + CHUNK <= k->body_n; o += CHUNK) {
			note_places(k->body + o, k->in_file, file_bytes, file_n, 0, PAGE);
			note_places(k->body + o, k->in_log, log_bytes, log_n, 32, FRAME);
		}
		if (!k->body)
			continue;
		note_places(k->mac, k->in_file, file_bytes, file_n, 0, PAGE);
		note_places(k->mac, k->in_log, log_bytes, log_n, 32, FRAME);
	}
}

static int set_up(void **state)
{
	struct hj_ledger *l;

	kept = calloc(ROWS + 1, sizeof(*kept));
	strcpy(folder, "/tmp/hjsalvage-XXXXXX");
	assert_non_null(mkdtemp(folder));
	assert_int_equal(hj_ledger_open(at("a.db"), NULL, &l, NULL), 0);
	fill(l, 0, COMMITS - IN_LOG);
	hj_ledger_close(l); /* what is in the log goes into the file */
	assert_int_equal(hj_ledger_open(at("a.db"), NULL, &l, NULL), 0);
	fill(l, COMMITS - IN_LOG, COMMITS);
	assert_int_equal(hj_ledger_each_row(l, 1, ROWS, keep, NULL), 0);
	assert_int_equal(hj_salvage_keep_keys(l), 0);
	file_bytes = slurp(at("a.db"), &file_n);
	log_bytes = slurp(at("a.db-wal"), &log_n);
	hj_ledger_close(l);
	assert_int_equal(rename(at("a.db.keys"), at("keys")), 0);
	erase("a.db*");
	find_places();
	return 0;
}

static int tear_down(void **state)
{
	char command[128];

	for (int i = 0; i <= ROWS; i++) {
		free(kept[i].head);
		free(kept[i].body);
	}
	free(kept);
	free(file_bytes);
	free(log_bytes);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

/* ---- damage ---- */

static void hit(bool *hits, size_t from, size_t to, size_t begin, size_t size)
{
	for (size_t i = from; i < to; i++)
		if (i >= begin)
			hits[(i - begin) / size] = true;
}

static void spoil(uint8_t *bytes, size_t *n, size_t begin, size_t size, bool *hits)
{
	unsigned how = dice(6);
	size_t from = dice((uint32_t)*n), to = from + 1;
	bool zero = dice(2);

	if (how == 0)
		return;
	if (how == 1) {
		hit(hits, from, *n, begin, size);
		*n = from;
		return;
	}
	if (how == 2)
		to = from + size * (1 + dice(5));
	if (how == 3) {
		from = 0;
		to = begin ? begin : 100;
	}
	to = hj_min(to, *n);
	hit(hits, from, to, begin, size);
	for (size_t i = from; i < to; i++)
		bytes[i] = zero ? 0 : (uint8_t)(bytes[i] ^ (1 + dice(255)));
}

static void set_aside(const uint8_t *file, size_t fn, const uint8_t *log, size_t ln, bool with_keys)
{
	erase("a.db*");
	if (fn)
		spill(at("a.db.damaged-20261126080000-0"), file, fn);
	spill(at("a.db.damaged-20261126080000-0-wal"), log, ln);
	if (with_keys) {
		size_t n;
		uint8_t *keys = slurp(at("keys"), &n);

		spill(at("a.db.keys"), keys, n);
		free(keys);
	}
}

/* ---- what has to be there ---- */

static bool is_outside(const struct kept *k)
{
	for (size_t i = 0; i < hj_array_size(hit_file); i++)
		if ((hit_file[i] && k->in_file[i]) || (hit_log[i] && k->in_log[i]))
			return false;
	return true;
}

static int seen_rows;
static uint64_t seen[ROWS + 1];

static int compare(const struct hj_ledger_row *row, void *userdata)
{
	struct hj_ledger *l = userdata;
	const struct kept *k;
	struct hj_head head;

	if (row->seq > ROWS)
		return 0;
	k = &kept[row->seq];
	assert_true(k->body != NULL);
	assert_true(row->kind == k->kind && row->label == k->label && row->head_n == k->head_n &&
	            row->body_n == k->body_n);
	assert_memory_equal(row->head, k->head, k->head_n);
	assert_memory_equal(row->body, k->body, k->body_n);
	if (is_outside(k)) /* the mac is not under the seal: it shows when the chain is followed */
		assert_memory_equal(row->mac, k->mac, HJ_MAC_BYTES);
	assert_int_equal(hj_ledger_row_open(l, row, &head, NULL), 0);
	seen[row->seq]++;
	seen_rows++;
	return 0;
}

static bool log_is_hit(void)
{
	for (size_t i = 0; i < hj_array_size(hit_log); i++)
		if (hit_log[i])
			return true;
	return false;
}

static bool only_in_log(const struct kept *k)
{
	for (size_t i = 0; i < hj_array_size(k->in_file); i++)
		if (k->in_file[i])
			return false;
	return true;
}

static int read_labels(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	++*(unsigned *)userdata;
	return 0;
}

/* One moment's state, whole: where a log was cut off, of the last commit that is left. */
static int check_state(struct hj_ledger *l, const struct hj_salvage_look *look)
{
	struct hj_buf b = { 0 };
	char want[64];
	int commit;

	if (!look->sure)
		return INT_MAX;
	assert_int_equal(hj_ledger_get(l, "owed.county", &b), 0);
	assert_int_equal(hj_buf_put(&b, "", 1), 0);
	assert_int_equal(sscanf(b.data, "owed at %d", &commit), 1);
	b.len = 0;
	snprintf(want, sizeof(want), "open windows at %d", commit);
	assert_int_equal(hj_ledger_get(l, "open", &b), 0);
	assert_int_equal(b.len, strlen(want));
	assert_memory_equal(b.data, want, b.len);
	hj_buf_done(&b);
	return commit;
}

/* Rows that came back are found by label, too, and the file is as its seal says. */
static void check_whole(struct hj_ledger *l, const struct hj_salvage_look *look)
{
	unsigned by_label = 0, expected = (unsigned)seen_rows;

	assert_int_equal(hj_ledger_read_labels(l, 0, DAY0, DAY0 + ROWS * 600000LL + 1, 0, read_labels, &by_label), 0);
	assert_true(by_label >= expected);
	assert_int_equal(look->rows, seen_rows);
	for (int i = 1; i <= ROWS && !look->sure; i++)
		if (seen[i] && OWED_MASK >> kept[i].kind & 1)
			assert_true(hj_seqset_has(&look->owed, (uint64_t)i));
}

static unsigned resumed;

static struct hj_salvage_look salvage(bool live)
{
	struct hj_salvage_look look;
	struct hj_salvage *s;
	struct hj_ledger *l;
	int r, more = 0, commit;

	assert_int_equal(hj_ledger_open(at("a.db"), NULL, &l, NULL), 0);
	assert_int_equal(hj_ledger_generation(l), 1);
	assert_int_equal(hj_salvage_begin(l, &rules, 1000000, &s), 0);
	commit = check_state(l, hj_salvage_look(s));
	/* Of a live one the first slices are short: it is not over before a start has gone on with it. */
	while ((r = hj_salvage_step(s, live && more < 21 ? 1 : 2000)) > 0) {
		if (live && more < 50) { /* collecting goes on */
			append(l, 1000 + more++);
			assert_int_equal(hj_ledger_commit(l), 0);
		}
		if (more == 20) { /* and a start goes on with it */
			hj_salvage_free(s);
			hj_ledger_close(l);
			assert_int_equal(hj_ledger_open(at("a.db"), NULL, &l, NULL), 0);
			assert_int_equal(hj_ledger_seal_found(l)->state, HJ_SEAL_GOOD);
			assert_int_equal(hj_salvage_begin(l, &rules, 1000000, &s), -ENOENT);
			assert_int_equal(hj_salvage_resume(l, &rules, &s), 0);
			resumed++;
			more++;
		}
	}
	assert_int_equal(r, 0);
	look = *hj_salvage_look(s);
	hj_salvage_free(s);
	hj_ledger_close(l);
	assert_int_equal(hj_ledger_open(at("a.db"), NULL, &l, NULL), 0);
	assert_int_equal(hj_ledger_seal_found(l)->state, HJ_SEAL_GOOD);
	assert_int_equal(hj_salvage_resume(l, &rules, &s), -ENOENT);
	memset(seen, 0, sizeof(seen));
	seen_rows = 0;
	assert_int_equal(hj_ledger_each_row(l, 1, INT64_MAX, compare, l), 0);
	check_whole(l, &look);
	for (int i = 1; i <= ROWS; i++)
		assert_true(!seen[i] || (i - 1) / 5 <= commit); /* nothing is there that the state knows nothing of */
	hj_ledger_close(l);
	return look;
}

static void test_whole(void **state)
{
	struct hj_salvage_look look;

	set_aside(file_bytes, file_n, log_bytes, log_n, false);
	memset(hit_file, 0, sizeof(hit_file));
	memset(hit_log, 0, sizeof(hit_log));
	look = salvage(true);
	assert_true(look.sure);
	assert_int_equal(resumed, 1);
	assert_int_equal(look.last, ROWS);
	assert_int_equal(look.lost, 0);
	for (int i = 1; i <= ROWS; i++)
		assert_true((seen[i] == 1) == (kept[i].body != NULL));
}

static void test_damage(void **state)
{
	uint8_t *file = malloc(file_n), *log = malloc(log_n);
	unsigned sure = 0, unsure = 0, lost = 0, outside = 0;

	for (uint32_t i = 0; i < SEEDS; i++) {
		struct hj_salvage_look look;
		size_t fn = file_n, ln = log_n;

		seed = i * 31 + 7;
		memcpy(file, file_bytes, file_n);
		memcpy(log, log_bytes, log_n);
		memset(hit_file, 0, sizeof(hit_file));
		memset(hit_log, 0, sizeof(hit_log));
		spoil(file, &fn, 0, PAGE, hit_file);
		spoil(log, &ln, 32, FRAME, hit_log);
		set_aside(file, fn, log, ln, true);
		if (fn < 3 * PAGE)
			continue;
		look = salvage(i % 4 == 0);
		sure += look.sure;
		unsure += !look.sure;
		for (int k = 1; k <= ROWS; k++) {
			if (!kept[k].body || seen[k])
				continue;
			lost++;
			/* What is only in a log with a hole may be of a transaction that was never promised. */
			if (is_outside(&kept[k]) && !(log_is_hit() && only_in_log(&kept[k])))
				fail_msg("seed %u: row %d lies outside the damage and did not come back", i, k);
		}
		for (int k = 1; k <= ROWS; k++)
			outside += kept[k].body && is_outside(&kept[k]);
	}
	assert_true(resumed > SEEDS / 8);
	assert_true(sure > 5 && unsure > 5 && lost > SEEDS && outside > SEEDS * ROWS / 3);
	free(file);
	free(log);
}

/* The file is another one than the last start went through: it is gone through again, and nothing comes twice. */
static void test_changed_meanwhile(void **state)
{
	static const uint8_t page[PAGE];
	uint8_t *longer = calloc(1, file_n + PAGE);
	struct hj_salvage *s;
	struct hj_ledger *l;
	int r;

	memcpy(longer, file_bytes, file_n);
	memcpy(longer + file_n, page, PAGE);
	memset(hit_file, 0, sizeof(hit_file));
	memset(hit_log, 0, sizeof(hit_log));
	set_aside(file_bytes, file_n, log_bytes, log_n, true);
	assert_int_equal(hj_ledger_open(at("a.db"), NULL, &l, NULL), 0);
	assert_int_equal(hj_salvage_begin(l, &rules, 1000000, &s), 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(hj_salvage_step(s, 1), 1);
	assert_true(hj_salvage_look(s)->done > 0);
	hj_salvage_free(s);
	hj_ledger_close(l);
	spill(at("a.db.damaged-20261126080000-0"), longer, file_n + PAGE);
	assert_int_equal(hj_ledger_open(at("a.db"), NULL, &l, NULL), 0);
	assert_int_equal(hj_salvage_resume(l, &rules, &s), 0);
	assert_int_equal(hj_salvage_look(s)->done, 0);
	while ((r = hj_salvage_step(s, 2000)) > 0)
		;
	assert_int_equal(r, 0);
	memset(seen, 0, sizeof(seen));
	seen_rows = 0;
	assert_int_equal(hj_ledger_each_row(l, 1, INT64_MAX, compare, l), 0);
	for (int i = 1; i <= ROWS; i++)
		assert_true((seen[i] == 1) == (kept[i].body != NULL));
	hj_salvage_free(s);
	hj_ledger_close(l);
	free(longer);
}

/* Somebody took the file away before it was through: what is missing is counted, and the ledger is whole without
 * it. */
static void test_gone_meanwhile(void **state)
{
	struct hj_verify *v;
	struct hj_salvage *s;
	struct hj_ledger *l;
	int r;

	set_aside(file_bytes, file_n, log_bytes, log_n, true);
	assert_int_equal(hj_ledger_open(at("a.db"), NULL, &l, NULL), 0);
	assert_int_equal(hj_salvage_begin(l, &rules, 1000000, &s), 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(hj_salvage_step(s, 1), 1);
	hj_salvage_free(s);
	hj_ledger_close(l);
	erase("a.db.damaged*");
	assert_int_equal(hj_ledger_open(at("a.db"), NULL, &l, NULL), 0);
	assert_int_equal(hj_salvage_resume(l, &rules, &s), 0);
	while ((r = hj_salvage_step(s, 2000)) > 0)
		;
	assert_int_equal(r, 0);
	assert_int_equal(hj_salvage_look(s)->phase, HJ_SALVAGE_OVER);
	memset(seen, 0, sizeof(seen));
	seen_rows = 0;
	assert_int_equal(hj_ledger_each_row(l, 1, INT64_MAX, compare, l), 0);
	assert_true(seen_rows > 0 && seen_rows < ROWS);
	assert_true(hj_salvage_look(s)->lost > 0);
	hj_salvage_free(s);
	assert_int_equal(hj_salvage_resume(l, &rules, &s), -ENOENT);
	/* While one is not over, what it brings back is not looked at: so it must end. */
	assert_int_equal(hj_verify_new(l, INT64_MIN, INT64_MAX, NULL, NULL, &v), 0);
	assert_false(hj_verify_look(v)->salvaging);
	hj_verify_free(v);
	hj_ledger_close(l);
}

static void change(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(at("a.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_true(sqlite3_total_changes(db) > 0);
	sqlite3_close(db);
}

static unsigned taken_away;

static void note_finding(const struct hj_finding *f, void *userdata)
{
	taken_away += f->what == HJ_FOUND_REMOVED;
}

/* How much it finds. */
static uint64_t verify(struct hj_ledger *l, struct hj_verify_look *ret)
{
	struct hj_verify *v;
	int r;

	taken_away = 0;
	assert_int_equal(hj_verify_new(l, INT64_MIN, INT64_MAX, note_finding, NULL, &v), 0);
	while ((r = hj_verify_step(v, 1000)) > 0)
		;
	assert_int_equal(r, 0);
	*ret = *hj_verify_look(v);
	hj_verify_free(v);
	return ret->found;
}

/* Rows that are missing where one key ends and the next begins are lost as much as others; those of an earlier
 * generation end where they end. */
static void test_lost_around_a_rotation(void **state)
{
	struct hj_salvage_look look;
	struct hj_verify_look k;
	struct hj_salvage *s;
	struct hj_ledger *l;

	erase("a.db*");
	assert_int_equal(hj_ledger_open(at("a.db"), NULL, &l, NULL), 0);
	for (int i = 1; i <= 30; i++) {
		append(l, i);
		assert_int_equal(hj_ledger_commit(l), 0);
		if (i == 10)
			assert_int_equal(hj_ledger_rotate(l), 0);
		if (i == 20)
			assert_int_equal(hj_ledger_begin_generation(l, 1), 0);
	}
	assert_int_equal(hj_salvage_keep_keys(l), 0);
	hj_ledger_close(l);
	change("PRAGMA secure_delete=1; DELETE FROM row WHERE seq BETWEEN 9 AND 12 OR seq = 20 "
	       "OR seq BETWEEN 100000001 AND 100000003");
	assert_int_equal(hj_ledger_set_aside(at("a.db")), 0);
	assert_int_equal(hj_ledger_open(at("a.db"), NULL, &l, NULL), 0);
	assert_int_equal(hj_ledger_generation(l), 2);
	assert_int_equal(hj_salvage_begin(l, &rules, 1000000, &s), 0);
	while (hj_salvage_step(s, 2000) > 0)
		;
	look = *hj_salvage_look(s);
	assert_int_equal(look.phase, HJ_SALVAGE_OVER);
	assert_int_equal(look.rows, 22);
	assert_int_equal(look.lost, 4 + 3); /* of the 20th nobody knows */
	hj_salvage_free(s);
	/* A verification knows that they are lost, and tells of all of them where somebody has taken one more. */
	assert_int_equal(verify(l, &k), 0);
	assert_int_equal(k.missing, look.lost);
	hj_ledger_close(l);
	change("DELETE FROM row WHERE seq = 15");
	assert_int_equal(hj_ledger_open(at("a.db"), NULL, &l, NULL), 0);
	assert_true(verify(l, &k) >= 2);
	assert_true(taken_away >= 2);
	hj_ledger_close(l);
}

/* While rows are still coming back, those that are there are no sign that the others were taken away. */
static void test_verified_meanwhile(void **state)
{
	struct hj_verify_look k;
	struct hj_salvage *s;
	struct hj_ledger *l;

	set_aside(file_bytes, file_n, log_bytes, log_n, true);
	assert_int_equal(hj_ledger_open(at("a.db"), NULL, &l, NULL), 0);
	assert_int_equal(hj_salvage_begin(l, &rules, 1000000, &s), 0);
	for (int i = 0; i < 8; i++)
		assert_int_equal(hj_salvage_step(s, 1), 1);
	append(l, 1000);
	assert_int_equal(hj_ledger_commit(l), 0);
	assert_int_equal(verify(l, &k), 0);
	assert_true(k.salvaging && k.rows == 1);
	hj_salvage_free(s);
	hj_ledger_close(l);
}

/* Without the file there is nothing to put back, and the ledger goes on. */
static void test_nothing_there(void **state)
{
	static const uint8_t rubbish[5000] = { 1, 2, 3 };
	struct hj_salvage_look look;

	set_aside(rubbish, sizeof(rubbish), rubbish, 10, false);
	look = salvage(false);
	assert_false(look.sure);
	assert_int_equal(look.rows, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_changed_meanwhile),
		cmocka_unit_test(test_gone_meanwhile),
		cmocka_unit_test(test_lost_around_a_rotation),
		cmocka_unit_test(test_verified_meanwhile),
		cmocka_unit_test(test_nothing_there),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
