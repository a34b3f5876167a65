/* Verifying: the rows, and the whole pass. See ledger_verify.h.
 *
 * The seal of a row holds its bytes, its kind, its label and its place; the chain holds which rows there are. A row
 * that does not follow from the one before it of its kind is in doubt until the next one shows which of the two it
 * goes on from: so a changed mac, a row that is missing and a row that was put in are told apart. */
#include "ledger_verify.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "hjgate/ledger_salvage.h"
#include "hjgate/now.h"
#include "hjgate/text.h"

#define ROWS_AT_ONCE 100 /* between two looks at the clock */

static hj_usec clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (hj_usec)t.tv_sec * HJ_USEC_PER_SEC + (hj_usec)t.tv_nsec / 1000;
}

const char *hj_finding_name(enum hj_finding_what what)
{
	static const char *const names[] = {
		[HJ_FOUND_CHANGED] = "changed",
		[HJ_FOUND_REMOVED] = "removed",
		[HJ_FOUND_INSERTED] = "inserted",
		[HJ_FOUND_MOVED] = "moved",
		[HJ_FOUND_TRUNCATED] = "truncated",
		[HJ_FOUND_ROLLED_BACK] = "rolled-back",
		[HJ_FOUND_REWRITTEN] = "rewritten",
		[HJ_FOUND_STATE] = "state",
		[HJ_FOUND_SLOT] = "key-slot",
		[HJ_FOUND_INDEX] = "index",
		[HJ_FOUND_SEAL] = "seal",
		[HJ_FOUND_NOTED] = "noted",
	};
	_Static_assert(hj_array_size(names) == HJ_FOUND_COUNT, "a name for each");

	return (size_t)what < hj_array_size(names) ? names[what] : "unknown";
}

int hj_head_parse(const char *text, uint64_t *ret_seq, char ret_digits[HJ_LEDGER_HEAD_DIGITS + 1])
{
	const char *colon = strchr(text, ':');
	char digits[HJ_LEDGER_HEAD_DIGITS + 2] = "";
	uint8_t bytes[HJ_ID_BYTES];
	uint64_t seq;

	for (size_t i = 0; colon && i <= HJ_LEDGER_HEAD_DIGITS && colon[1 + i]; i++) /* a person may have typed it */
		digits[i] =
		        colon[1 + i] >= 'A' && colon[1 + i] <= 'F' ? (char)(colon[1 + i] - 'A' + 'a') : colon[1 + i];
	if (!colon || hj_uint_parse(text, (size_t)(colon - text), INT64_MAX, &seq) < 0 || !seq ||
	        hj_id_parse(digits, bytes) < 0)
		return -EINVAL;
	*ret_seq = seq;
	hj_id_format(bytes, ret_digits);
	return 0;
}

/* What a damaged file has lost is missing in its chains, too: that is told only where more is missing than its
 * salvage says. */
static bool put_off(struct hj_verify *v, const struct hj_finding *f)
{
	if (f->what != HJ_FOUND_REMOVED || f->seq >= v->begin || !v->lost || v->gap_count == HJ_VERIFY_BAD_MOST)
		return false;
	v->gaps[v->gap_count++] = *f;
	return true;
}

static void tell_gaps(struct hj_verify *v)
{
	size_t n = v->gap_count;

	if (v->holes <= v->lost) {
		v->look.missing = v->holes;
		return;
	}
	v->lost = 0;
	for (size_t i = 0; i < n; i++)
		verify_tell(v, v->gaps[i].what, v->gaps[i].kind, v->gaps[i].seq, v->gaps[i].label_ms, 0, NULL);
}

void verify_tell(struct hj_verify *v, enum hj_finding_what what, int kind, uint64_t seq, int64_t label_ms,
        uint64_t other, const char *key)
{
	struct hj_finding f = { .what = what, .seq = seq, .other = other, .kind = kind, .label_ms = label_ms };

	if (key)
		hj_text_copy(f.key, sizeof(f.key), key);
	if (put_off(v, &f))
		return;
	v->look.found++;
	if (v->fn)
		v->fn(&f, v->userdata);
}

/* ---- rows whose seal does not open ---- */

static struct hj_ledger_row row_of_bad(const struct verify_bad *b)
{
	return (struct hj_ledger_row){ .seq = b->seq,
		.kind = b->kind,
		.label = b->label_ms,
		.head = b->row,
		.head_n = b->head_n,
		.body = b->row + b->head_n,
		.body_n = b->body_n };
}

static void keep_bad(struct hj_verify *v, const struct hj_ledger_row *row)
{
	struct verify_bad b = { .seq = row->seq,
		.kind = (int)row->kind,
		.label_ms = row->label,
		.head_n = row->head_n,
		.body_n = row->body_n };

	if (v->bad_count < HJ_VERIFY_BAD_MOST)
		b.row = malloc(row->head_n + row->body_n + 1);
	if (!b.row) {
		verify_tell(v, HJ_FOUND_CHANGED, b.kind, b.seq, b.label_ms, 0, NULL);
		return;
	}
	if (row->head_n)
		memcpy(b.row, row->head, row->head_n);
	if (row->body_n)
		memcpy(b.row + row->head_n, row->body, row->body_n);
	v->bad[v->bad_count++] = b;
}

/* Would it open in the place of another bad one, or next to where it stands? */
static uint64_t true_place(struct hj_verify *v, const struct verify_bad *b)
{
	struct hj_ledger_row row = row_of_bad(b);
	struct hj_head head;

	if (hj_head_decode(b->row, b->head_n, &head) < 0)
		return 0;
	row.kind = head.kind;
	row.label = head.label_ms;
	for (size_t i = 0; i < v->bad_count; i++) {
		row.seq = v->bad[i].seq;
		if (row.seq != b->seq && hj_ledger_row_open(v->l, &row, &head, NULL) >= 0)
			return row.seq;
	}
	return 0;
}

static void tell_bad(struct hj_verify *v)
{
	for (size_t i = 0; i < v->bad_count; i++) {
		const struct verify_bad *b = &v->bad[i];
		uint64_t place = true_place(v, b);

		verify_tell(v, place ? HJ_FOUND_MOVED : HJ_FOUND_CHANGED, b->kind, b->seq, b->label_ms, place, NULL);
	}
	for (size_t i = 0; i < v->bad_count; i++)
		free(v->bad[i].row);
	v->bad_count = 0;
}

/* ---- rows ---- */

/* Of generations that have ended: a damaged file's. */
static void count_holes(struct hj_verify *v, uint64_t seq)
{
	if (v->look.whole && seq < v->begin && v->look.last > v->cut)
		v->holes += seq - ledger_seq_after(v->look.last, seq);
}

/* Once for a day: all its rows are found or none of them. */
static void tell_day(struct hj_verify *v, const struct hj_ledger_row *row)
{
	int64_t day = hj_window_start(row->label, HJ_MS_PER_DAY);

	if (v->day_told && day == v->told_day)
		return;
	v->day_told = true;
	v->told_day = day;
	verify_tell(v, HJ_FOUND_INDEX, (int)row->kind, row->seq, row->label, 0, NULL);
}

/* A key that is not here is locked, and comes perhaps; one of which the file does not even have the slot was taken
 * out of it. */
static void look_for_slot(struct hj_verify *v, const struct hj_ledger_segment *s, uint16_t id)
{
	char key[HJ_LEDGER_KEY_MAX + 1];

	if (!id || ledger_find_slot(v->l, s->generation, id) || (v->told_slot == id && v->told_in == s->generation))
		return;
	v->told_slot = id;
	v->told_in = s->generation;
	snprintf(key, sizeof(key), KEY_SLOT "%u.%u", s->generation, id);
	verify_tell(v, HJ_FOUND_SLOT, 0, 0, INT64_MIN, 0, key);
}

static int look_at(const struct hj_ledger_row *row, void *userdata)
{
	struct hj_verify *v = userdata;
	const struct hj_ledger_segment *s = ledger_segment_of(v->l, row->seq);
	struct hj_head head;
	int r = hj_ledger_row_open(v->l, row, &head, NULL);
	bool bad = r == -EBADMSG;

	if (r == -ENOMEM)
		return r;
	count_holes(v, row->seq);
	v->next = row->seq + 1;
	v->left--;
	v->look.rows++;
	v->look.done++;
	v->look.locked += r == -ENOKEY;
	if (s && r == -ENOKEY)
		look_for_slot(v, s, head.key_id);
	if (s)
		look_for_slot(v, s, s->chain_key);
	v->look.plain += row->seq <= v->l->plain_upto;
	v->rare += row->kind != HJ_KIND_MINUTE;
	if (!v->look.first)
		v->look.first = row->seq;
	v->look.last = row->seq;
	if (bad)
		keep_bad(v, row);
	if (row->kind < 1 || row->kind > HJ_KIND_MOST)
		return !v->left; /* of no kind, so in no chain; it is bad already */
	if (!bad && !verify_day_has(v, row->label, row->seq))
		tell_day(v, row);
	verify_chain_begin(v, (int)row->kind, row->seq);
	r = row->seq <= v->l->plain_upto ? verify_follow_plain(v, (int)row->kind, row)
	                                 : verify_follow(v, (int)row->kind, row, bad);
	return r < 0 ? r : !v->left;
}

static int finish(struct hj_verify *v)
{
	for (int kind = 1; kind <= HJ_KIND_MOST; kind++)
		verify_chain_end(v, kind);
	tell_bad(v);
	tell_gaps(v);
	v->next = UINT64_MAX;
	return v->look.whole ? verify_whole(v) : 0;
}

/* 1: there are more. */
static int some_rows(struct hj_verify *v)
{
	int r;

	v->left = ROWS_AT_ONCE;
	r = hj_ledger_each_row(v->l, v->next, v->upto, look_at, v);
	return r < 0 ? r : !v->left;
}

int hj_verify_step(struct hj_verify *v, hj_usec within)
{
	hj_usec until = clock_now() + within;
	int r;

	if (v->next == UINT64_MAX)
		return 0;
	do {
		r = some_rows(v);
	} while (r > 0 && clock_now() < until);
	return r ? r : finish(v);
}

const struct hj_verify_look *hj_verify_look(const struct hj_verify *v)
{
	return &v->look;
}

/* ---- making ---- */

static int note_first(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	*(uint64_t *)userdata = head->seq;
	return 1;
}

static int note_last(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	uint64_t *last = userdata;

	*last = hj_max(*last, head->seq);
	return 0;
}

/* The seqs that hold the span; rows in between of other labels are looked at with them. */
static int find_span(struct hj_verify *v, int64_t begin_ms, int64_t end_ms)
{
	uint64_t first = 0, last = 0;
	int r = hj_ledger_read_labels(v->l, 0, begin_ms, end_ms, HJ_LEDGER_HEADS, note_first, &first);

	r = r < 0 ? r : hj_ledger_read_labels(v->l, 0, begin_ms, end_ms, HJ_LEDGER_HEADS, note_last, &last);
	v->next = first;
	v->upto = last;
	return r;
}

static void begin_chains(struct hj_verify *v)
{
	for (int kind = 1; kind <= HJ_KIND_MOST; kind++) {
		v->chain[kind].unknown = !v->look.whole;
		v->chain[kind].seq = v->look.whole ? 0 : v->next - 1;
		v->cut = hj_max(v->cut, v->l->ends_committed.cut[kind].seq);
	}
	v->begin = ledger_chain_begin(v->l, INT64_MAX);
}

static int add_lost(const char *key, const void *value, size_t n, void *userdata)
{
	struct hj_salvage_look look;
	struct hj_verify *v = userdata;

	if (!value || hj_salvage_decode(value, n, &look) < 0)
		return 0;
	v->lost += look.lost;
	v->look.salvaging |= look.phase < HJ_SALVAGE_OVER;
	return 0;
}

int hj_verify_new(struct hj_ledger *l, int64_t begin_ms, int64_t end_ms, hj_finding_fn fn, void *userdata,
        struct hj_verify **ret)
{
	_cleanup_(hj_verify_freep) struct hj_verify *v = calloc(1, sizeof(*v));
	int r;

	if (!v)
		return -ENOMEM;
	v->l = l;
	v->fn = fn;
	v->userdata = userdata;
	v->look.whole = begin_ms == INT64_MIN && end_ms == INT64_MAX;
	v->next = hj_max(hj_ledger_first(l), (uint64_t)1);
	v->upto = hj_ledger_last(l);
	memcpy(v->tail, l->ends_committed.tail, sizeof(v->tail));
	r = v->look.whole ? 0 : find_span(v, begin_ms, end_ms);
	r = r < 0 ? r : hj_ledger_each(l, HJ_SALVAGE_KEY, add_lost, v);
	r = r < 0 ? r : verify_load_days(v);
	if (r < 0)
		return r;
	begin_chains(v);
	if (v->look.salvaging && v->next < v->begin)
		v->next = v->begin;
	v->look.of = v->look.whole ? hj_ledger_rows(l) : v->upto - v->next + 1;
	*ret = hj_steal(v);
	return 0;
}

void hj_verify_free(struct hj_verify *v)
{
	if (!v)
		return;
	for (size_t i = 0; i < v->bad_count; i++)
		free(v->bad[i].row);
	free(v->days);
	free(v->day);
	free(v);
}
