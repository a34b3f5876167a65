/* Salvage: which file, how far it has come, and what it needs open. See ledger_salvage.h. */
#include "ledger_salvage.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/text.h"

#define FORMAT    1 /* of an entry */
#define ASIDE     ".damaged-"
#define OWED_DAYS 30 /* what is younger and may be owed is never left out */

static const char put_row[] =
        "INSERT OR IGNORE INTO row(seq, kind, label, head, body, mac) VALUES(?1, ?2, ?3, ?4, ?5, ?6)";
static const char widen_span[] =
        "UPDATE span SET lo = min(lo, ?2), hi = max(hi, ?3) WHERE day = ?1 AND hi > 0 AND hi < ?4";
static const char put_span[] = "INSERT INTO span(day, lo, hi) VALUES(?1, ?2, ?3)";
static const char count_rows[] = "SELECT seq, label FROM row WHERE seq > ?1 AND seq < ?2 ORDER BY seq LIMIT ?3";

/* ---- the position ---- */

int hj_salvage_encode(const struct hj_salvage_look *k, struct hj_buf *to)
{
	const uint64_t numbers[] = { k->done, k->of, k->rows, k->strange, k->last, k->lost,
		(uint64_t)k->lost_begin_ms, (uint64_t)k->lost_end_ms, (uint64_t)k->begin_ms, (uint64_t)k->end_ms };
	int r = hj_buf_put_be(to, FORMAT, 1);

	r = r < 0 ? r : hj_buf_put_be(to, k->phase, 1);
	r = r < 0 ? r : hj_buf_put_be(to, k->sure, 1);
	for (size_t i = 0; i < hj_array_size(numbers) && r >= 0; i++)
		r = hj_buf_put_be(to, numbers[i], 8);
	return r < 0 ? r : hj_seqset_encode(&k->owed, to);
}

int hj_salvage_decode(const void *value, size_t n, struct hj_salvage_look *ret)
{
	struct hj_reader in = { .p = value, .end = (const uint8_t *)value + n };
	struct hj_salvage_look k = { 0 };
	uint64_t numbers[10];
	unsigned format = (unsigned)hj_get_be(&in, 1);

	k.phase = (enum hj_salvage_phase)hj_get_be(&in, 1);
	k.sure = hj_get_be(&in, 1);
	for (size_t i = 0; i < hj_array_size(numbers); i++)
		numbers[i] = hj_get_be(&in, 8);
	if (in.failed || format != FORMAT || k.phase > HJ_SALVAGE_SETTLED ||
	        hj_seqset_decode(in.p, (size_t)(in.end - in.p), &k.owed) < 0)
		return -EBADMSG;
	k.done = numbers[0];
	k.of = numbers[1];
	k.rows = numbers[2];
	k.strange = numbers[3];
	k.last = numbers[4];
	k.lost = numbers[5];
	k.lost_begin_ms = (int64_t)numbers[6];
	k.lost_end_ms = (int64_t)numbers[7];
	k.begin_ms = (int64_t)numbers[8];
	k.end_ms = (int64_t)numbers[9];
	*ret = k;
	return 0;
}

int hj_salvage_put(struct hj_ledger *l, const struct hj_salvage_look *look)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	char key[HJ_LEDGER_KEY_MAX + 1];
	int r = hj_salvage_encode(look, &b);

	snprintf(key, sizeof(key), HJ_SALVAGE_KEY "%s", look->file);
	return r < 0 ? r : hj_ledger_put(l, key, b.data, b.len);
}

int salvage_put_position(struct hj_salvage *s)
{
	return hj_salvage_put(s->l, &s->look);
}

/* ---- making ---- */

void hj_salvage_free(struct hj_salvage *s)
{
	if (!s)
		return;
	sqlite3_finalize(s->put_row);
	sqlite3_finalize(s->widen_span);
	sqlite3_finalize(s->put_span);
	sqlite3_finalize(s->count_rows);
	ledger_scan_close(s->scan);
	free(s);
}

static int prepare(struct hj_salvage *s)
{
	const struct {
		const char *text;
		sqlite3_stmt **to;
	} all[] = { { put_row, &s->put_row }, { widen_span, &s->widen_span }, { put_span, &s->put_span },
		{ count_rows, &s->count_rows } };
	int r = SQLITE_OK;

	for (size_t i = 0; i < hj_array_size(all) && r == SQLITE_OK; i++)
		r = sqlite3_prepare_v2(s->l->db, all[i].text, -1, all[i].to, NULL);
	return ledger_errno(s->l->db, r);
}

/* What only the newest segment holds is new: everything below may be of the damaged file. */
static uint64_t newest_begin(const struct hj_ledger *l)
{
	return l->segment_count ? l->segments[l->segment_count - 1].lo : 1;
}

int salvage_new(struct hj_ledger *l, const char *file, const struct hj_salvage_rules *rules, struct hj_salvage **ret)
{
	_cleanup_(hj_salvage_freep) struct hj_salvage *s = calloc(1, sizeof(*s));
	const char *slash = strrchr(l->path, '/');
	int r;

	if (!s)
		return -ENOMEM;
	s->l = l;
	s->rules = *rules;
	s->look =
	        (struct hj_salvage_look){ .lost_begin_ms = INT64_MIN, .lost_end_ms = INT64_MIN, .end_ms = INT64_MIN };
	s->label_ms = INT64_MIN;
	if (snprintf(s->path, sizeof(s->path), "%.*s%s", slash ? (int)(slash - l->path) + 1 : 0, l->path, file) >=
	                (int)sizeof(s->path) ||
	        snprintf(s->look.file, sizeof(s->look.file), "%s", file) >= (int)sizeof(s->look.file))
		return -ENAMETOOLONG;
	s->before = newest_begin(l);
	r = prepare(s);
	if (r < 0)
		return r;
	r = ledger_scan_open(s->path, &s->scan);
	if (r < 0 && r != -EBADMSG && r != -ENOENT)
		return r == -ENOMEM ? r : -EACCES;
	/* Nothing in it looks like a row, or it was taken away: it is over at once, and says so. */
	s->look.of = s->scan ? ledger_scan_pictures(s->scan) : 0;
	*ret = hj_steal(s);
	return 0;
}

struct finding {
	enum hj_salvage_phase from, to;
	struct hj_salvage_look look;
	bool found;
};

static int note_look(const char *key, const void *value, size_t n, void *userdata)
{
	struct finding *f = userdata;
	struct hj_salvage_look look;

	if (f->found || !value || hj_salvage_decode(value, n, &look) < 0 || look.phase < f->from ||
	        look.phase > f->to)
		return 0;
	f->look = look;
	f->found = hj_text_copy(f->look.file, sizeof(f->look.file), key + strlen(HJ_SALVAGE_KEY));
	return 0;
}

/* The first of those in such a phase. */
static int find_look(
        struct hj_ledger *l, enum hj_salvage_phase from, enum hj_salvage_phase to, struct hj_salvage_look *ret)
{
	struct finding f = { .from = from, .to = to };
	int r = hj_ledger_each(l, HJ_SALVAGE_KEY, note_look, &f);

	if (r >= 0)
		*ret = f.look;
	return r < 0 ? r : f.found ? 0 : -ENOENT;
}

int hj_salvage_unsettled(struct hj_ledger *l, struct hj_salvage_look *ret)
{
	return find_look(l, HJ_SALVAGE_OVER, HJ_SALVAGE_OVER, ret);
}

int hj_salvage_resume(struct hj_ledger *l, const struct hj_salvage_rules *rules, struct hj_salvage **ret)
{
	struct hj_salvage_look look;
	struct hj_salvage *s;
	uint64_t of;
	int r = find_look(l, HJ_SALVAGE_KEYS, HJ_SALVAGE_COUNT, &look);

	r = r < 0 ? r : salvage_new(l, look.file, rules, &s);
	if (r < 0)
		return r;
	of = s->look.of;
	s->look = look;
	/* Somebody changed it, or took it away: from its begin again. */
	if (s->look.phase < HJ_SALVAGE_COUNT && s->look.of != of) {
		s->look.of = of;
		s->look.done = 0;
	}
	*ret = s;
	return 0;
}

/* ---- rules ---- */

struct hj_salvage_rules hj_salvage_rules_of_records(int64_t now_ms)
{
	static const char *const prefixes[] = { "point.", "set.", "owed.", "points.floor", HJ_SALVAGE_KEY, NULL };

	return (struct hj_salvage_rules){
		.prefixes = prefixes, .owed_kinds = HJ_KINDS_OWED, .owed_since_ms = now_ms - OWED_DAYS * HJ_MS_PER_DAY
	};
}

/* ---- which file ---- */

struct aside {
	char name[HJ_SALVAGE_FILE_MAX + 1];
};

static bool is_aside(const char *name, const char *base)
{
	size_t n = strlen(base), m = strlen(name);

	return m > n && m <= HJ_SALVAGE_FILE_MAX && !strncmp(name, base, n) &&
	       !strncmp(name + n, ASIDE, strlen(ASIDE)) && !strstr(name + n, "-wal") && !strstr(name + n, "-shm") &&
	       !strstr(name + n, "-journal");
}

static bool is_known(struct hj_ledger *l, const char *name)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	char key[HJ_LEDGER_KEY_MAX + 1];

	snprintf(key, sizeof(key), HJ_SALVAGE_KEY "%s", name);
	return ledger_get_raw(l, key, &b) != -ENOENT;
}

/* The time in a name is that of a clock that may have been wrong: the generations grow, whatever it said. */
static bool is_later(const char *name, const char *than)
{
	uint32_t a = ledger_generation_of_name(name), b = ledger_generation_of_name(than);

	return !*than || a > b || (a == b && strcmp(name, than) > 0);
}

static DIR *open_folder(const struct hj_ledger *l)
{
	const char *slash = strrchr(l->path, '/');
	char folder[PATH_MAX];

	snprintf(folder, sizeof(folder), "%.*s", slash ? (int)hj_max(slash - l->path, 1L) : 1, slash ? l->path : ".");
	return opendir(folder);
}

int hj_salvage_pass_over(struct hj_ledger *l, const char *name)
{
	struct hj_salvage_look look = {
		.phase = HJ_SALVAGE_SETTLED, .sure = true, .lost_begin_ms = INT64_MIN, .lost_end_ms = INT64_MIN
	};
	DIR *dir = open_folder(l);
	struct dirent *e;
	int r = 0;

	while (dir && r >= 0 && (e = readdir(dir))) {
		if (!is_aside(e->d_name, name) || is_known(l, e->d_name))
			continue;
		hj_text_copy(look.file, sizeof(look.file), e->d_name);
		r = hj_salvage_put(l, &look);
	}
	if (dir)
		closedir(dir);
	return r;
}

static int find_aside(struct hj_ledger *l, struct aside *ret)
{
	const char *slash = strrchr(l->path, '/'), *base = slash ? slash + 1 : l->path;
	DIR *dir = open_folder(l);
	struct dirent *e;

	ret->name[0] = '\0';
	while (dir && (e = readdir(dir)))
		if (is_aside(e->d_name, base) && is_later(e->d_name, ret->name))
			hj_text_copy(ret->name, sizeof(ret->name), e->d_name);
	if (dir)
		closedir(dir);
	return ret->name[0] && !is_known(l, ret->name) ? 0 : -ENOENT;
}

int hj_salvage_begin(
        struct hj_ledger *l, const struct hj_salvage_rules *rules, hj_usec within, struct hj_salvage **ret)
{
	_cleanup_(hj_salvage_freep) struct hj_salvage *s = NULL;
	hj_usec until = salvage_clock() + within;
	struct aside aside;
	int r = find_aside(l, &aside);

	r = r < 0 ? r : salvage_new(l, aside.name, rules, &s);
	if (r < 0)
		return r;
	r = salvage_read_state(s);
	s->look.phase = s->look.sure ? HJ_SALVAGE_ROWS : HJ_SALVAGE_KEYS;
	r = r < 0 ? r : salvage_put_position(s);
	if (r < 0)
		hj_ledger_rollback(l);
	else
		r = hj_ledger_commit(l);
	while (r >= 0 && s->look.phase < HJ_SALVAGE_ROWS && salvage_clock() < until)
		r = hj_salvage_step(s, until - salvage_clock());
	if (r < 0)
		return r;
	*ret = hj_steal(s);
	return 0;
}
