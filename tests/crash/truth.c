/* See truth.h. A record is recognised by a hash of all that a reader sees of it; a minute is known by how many
 * samples each point has in it, their least, greatest, sum and last: since each sample's value is a number never used
 * before, no other set of samples has the same. */
#include "truth.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void truth_init(struct truth *t)
{
	static const char *const buses[] = { "north", "south" }, *const uplinks[] = { "county", "city" };

	memset(t, 0, sizeof(*t));
	for (size_t i = 0; i < TRUTH_BUSES; i++) {
		snprintf(t->buses[i].name, sizeof(t->buses[i].name), "%s", buses[i]);
		for (size_t p = 0; p < TRUTH_POINTS; p++)
			t->buses[i].last[p] = NAN;
	}
	for (size_t i = 0; i < TRUTH_UPLINKS; i++)
		snprintf(t->uplinks[i].name, sizeof(t->uplinks[i].name), "%s", uplinks[i]);
	for (size_t i = 0; i < TRUTH_SETTINGS; i++)
		snprintf(t->settings[i].key, sizeof(t->settings[i].key), "set.s%zu", i);
}

void truth_done(struct truth *t)
{
	for (size_t i = 0; i < TRUTH_BUSES; i++)
		free(t->buses[i].windows);
	free(t->rows);
}

void truth_fault(struct truth *t, enum truth_fault which, const char *format, ...)
{
	va_list ap;

	if (!t->first_fault[0]) {
		va_start(ap, format);
		vsnprintf(t->first_fault, sizeof(t->first_fault), format, ap);
		va_end(ap);
	}
	t->faults[which]++;
}

static void *grow(void *list, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return list;
	*room = *room ? 2 * *room : 64;
	list = realloc(list, *room * size);
	if (!list)
		abort();
	return list;
}

/* ---- samples ---- */

/* The first window of this label or a later one. Time only goes on. */
static size_t windows_from(const struct truth_bus *b, int64_t label_ms)
{
	size_t low = 0, high = b->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (b->windows[middle].label_ms < label_ms)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct truth_window *window_of(struct truth_bus *b, int64_t label_ms)
{
	size_t i = windows_from(b, label_ms);

	return i < b->count && b->windows[i].label_ms == label_ms ? &b->windows[i] : NULL;
}

void truth_sample(struct truth *t, size_t bus, size_t point, int64_t time_ms, double value)
{
	struct truth_bus *b = &t->buses[bus];
	int64_t label = hj_window_start(time_ms, TRUTH_WINDOW_MS);
	struct truth_window *w = window_of(b, label);
	struct truth_part *p;

	if (!w) {
		b->windows = grow(b->windows, b->count, &b->room, sizeof(*b->windows));
		w = &b->windows[b->count++];
		*w = (struct truth_window){ .label_ms = label };
	}
	p = &w->parts[point];
	if (!p->count)
		*p = (struct truth_part){ .min = value, .max = value, .before = b->last[point] };
	p->count++;
	p->min = fmin(p->min, value);
	p->max = fmax(p->max, value);
	p->sum += value;
	p->last = b->last[point] = value;
}

/* ---- records ---- */

static uint64_t mix(uint64_t hash, const void *data, size_t n)
{
	for (size_t i = 0; i < n; i++)
		hash = (hash ^ ((const uint8_t *)data)[i]) * 0x100000001b3;
	return hash;
}

static uint64_t hash_of(const struct hj_head *head, const void *body, size_t n)
{
	uint64_t hash = mix(0xcbf29ce484222325, &head->kind, 1);

	hash = mix(hash, &head->trust, 1);
	hash = mix(hash, &head->length_ms, sizeof(head->length_ms));
	hash = mix(hash, &head->label_ms, sizeof(head->label_ms));
	hash = mix(hash, &head->boottime_ms, sizeof(head->boottime_ms));
	hash = mix(hash, head->boot_id, HJ_ID_BYTES);
	return mix(hash, body, n);
}

struct truth_row *truth_find_row(struct truth *t, uint64_t seq)
{
	size_t low = 0, high = t->row_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (t->rows[middle].seq < seq)
			low = middle + 1;
		else
			high = middle;
	}
	return low < t->row_count && t->rows[low].seq == seq ? &t->rows[low] : NULL;
}

void truth_row(struct truth *t, const struct hj_head *head, const void *body, size_t n)
{
	struct truth_row row = { .seq = head->seq,
		.hash = hash_of(head, body, n),
		.label_ms = head->label_ms,
		.kind = head->kind,
		.met = true };
	struct truth_row *known = truth_find_row(t, head->seq);
	size_t at = t->row_count;

	if (known) {
		known->met = true;
		if (known->cut)
			truth_fault(t, TRUTH_WRONG, "record %llu is there again after it was cut",
			        (unsigned long long)row.seq);
		if (known->hash != row.hash)
			truth_fault(t, TRUTH_LOST, "record %llu is another one now", (unsigned long long)row.seq);
		return;
	}
	if (at && t->rows[at - 1].seq > row.seq) {
		truth_fault(t, TRUTH_DOUBLED, "record %llu came from nowhere", (unsigned long long)row.seq);
		return;
	}
	t->rows = grow(t->rows, at, &t->row_room, sizeof(*t->rows));
	t->rows[at] = row;
	t->row_count++;
}

static int follow_one(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	truth_row(userdata, head, body, n);
	return 0;
}

void truth_follow(struct truth *t, struct stored *s)
{
	uint64_t from = t->row_count ? t->rows[t->row_count - 1].seq + 1 : 1;

	if (hj_ledger_read(s->ledger, from, UINT64_MAX, 0, follow_one, t) < 0)
		truth_fault(t, TRUTH_WRONG, "what was committed does not read");
}

/* ---- the check ---- */

struct checking {
	struct truth *t;
	struct stored *s;
};

static bool point_of(const struct checking *c, uint32_t number, size_t *ret_bus, size_t *ret_point)
{
	const struct hj_point *p = hj_dictionary_find(&c->s->points, number);

	for (size_t b = 0; p && b < TRUTH_BUSES; b++) {
		size_t n = strlen(c->t->buses[b].name);

		if (strncmp(p->name, c->t->buses[b].name, n) || p->name[n] != '.')
			continue;
		*ret_bus = b;
		*ret_point = p->total;
		return true;
	}
	return false;
}

static bool same(double a, double b)
{
	return a == b || (isnan(a) && isnan(b)) || fabs(a - b) <= 1e-9 * fabs(b);
}

static void check_stat(struct checking *c, int64_t label_ms, const struct hj_stat *stat)
{
	struct truth *t = c->t;
	struct truth_window *w;
	struct truth_part *p;
	size_t bus, point;

	if (!point_of(c, stat->point, &bus, &point)) {
		if (!t->foreign_upto)
			truth_fault(t, TRUTH_WRONG, "a record of point %u, which nobody has", stat->point);
		return;
	}
	w = window_of(&t->buses[bus], label_ms);
	p = w ? &w->parts[point] : NULL;
	if (!p || !p->count) {
		truth_fault(t, TRUTH_WRONG, "%s has a record of %lld without a sample", t->buses[bus].name,
		        (long long)label_ms);
		return;
	}
	if (++p->records > 1)
		truth_fault(t, TRUTH_DOUBLED, "%s point %zu has two records of %lld", t->buses[bus].name, point,
		        (long long)label_ms);
	if (stat->got != p->count)
		truth_fault(t, stat->got < p->count ? TRUTH_LOST : TRUTH_DOUBLED,
		        "%s point %zu at %lld: %u samples, not %u", t->buses[bus].name, point, (long long)label_ms,
		        stat->got, p->count);
	else if (!same(stat->min, p->min) || !same(stat->max, p->max) || !same(stat->avg, p->sum / p->count) ||
	         (point && !same(stat->cou, p->last - p->before)))
		truth_fault(t, TRUTH_WRONG,
		        "%s point %zu at %lld: other samples: %g to %g, avg %.17g, cou %g; not %g to %g, %.17g, %g",
		        t->buses[bus].name, point, (long long)label_ms, stat->min, stat->max, stat->avg, stat->cou,
		        p->min, p->max, p->sum / p->count, p->last - p->before);
}

static int check_minute(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	struct checking *c = userdata;
	struct hj_stats stats;

	if (hj_stats_decode(body, n, &stats) < 0) {
		truth_fault(c->t, TRUTH_LOST, "record %llu does not decode", (unsigned long long)head->seq);
		return 0;
	}
	for (size_t i = 0; i < stats.count; i++)
		check_stat(c, head->label_ms, &stats.stats[i]);
	hj_stats_done(&stats);
	return 0;
}

/* The samples of the windows that an hour or a day is folded from. */
static unsigned folded(const struct truth_bus *b, size_t point, int64_t label_ms, uint32_t length_ms)
{
	unsigned count = 0;

	for (size_t i = windows_from(b, label_ms); i < b->count && b->windows[i].label_ms < label_ms + length_ms; i++)
		count += b->windows[i].parts[point].count;
	return count;
}

static int check_fold(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	struct checking *c = userdata;
	struct hj_stats stats;
	size_t bus, point;

	if (hj_stats_decode(body, n, &stats) < 0)
		return 0;
	for (size_t i = 0; i < stats.count; i++) {
		unsigned want;

		if (!point_of(c, stats.stats[i].point, &bus, &point))
			continue;
		want = folded(&c->t->buses[bus], point, head->label_ms, head->length_ms);
		if (stats.stats[i].got != want)
			truth_fault(c->t, stats.stats[i].got < want ? TRUTH_LOST : TRUTH_DOUBLED,
			        "%s of %s point %zu at %lld: %u samples, not %u", hj_kind_name(head->kind),
			        c->t->buses[bus].name, point, (long long)head->label_ms, stats.stats[i].got, want);
	}
	hj_stats_done(&stats);
	return 0;
}

static void check_windows(struct checking *c, bool closed)
{
	struct truth *t = c->t;
	int64_t kept = hj_now().wall_ms - TRUTH_KEPT_MS;

	for (size_t b = 0; b < TRUTH_BUSES; b++)
		for (size_t i = 0; i < t->buses[b].count; i++)
			for (size_t p = 0; p < TRUTH_POINTS; p++)
				t->buses[b].windows[i].parts[p].records = 0;
	hj_ledger_read(c->s->ledger, 1, UINT64_MAX, 1u << HJ_KIND_MINUTE, check_minute, c);
	hj_ledger_read(c->s->ledger, 1, UINT64_MAX, 1u << HJ_KIND_HOUR | 1u << HJ_KIND_DAY, check_fold, c);
	for (size_t b = 0; closed && b < TRUTH_BUSES; b++)
		for (size_t i = 0; i < t->buses[b].count; i++) {
			const struct truth_window *w = &t->buses[b].windows[i];

			for (size_t p = 0; w->label_ms > kept && p < TRUTH_POINTS; p++)
				if (w->parts[p].count && !w->parts[p].records)
					truth_fault(t, TRUTH_LOST, "%s point %zu: no record of %lld",
					        t->buses[b].name, p, (long long)w->label_ms);
		}
}

/* What is not there any more must be old enough to be cut, and the oldest of its kind. */
static void check_rows(struct checking *c)
{
	struct truth *t = c->t;
	int64_t kept = hj_now().wall_ms - TRUTH_KEPT_MS;
	bool met[HJ_KIND_MOST + 1] = { false };

	for (size_t i = 0; i < t->row_count; i++)
		t->rows[i].met = false;
	if (hj_ledger_read(c->s->ledger, 1, UINT64_MAX, 0, follow_one, t) < 0)
		truth_fault(t, TRUTH_LOST, "the records do not read");
	for (size_t i = 0; i < t->row_count; i++) {
		struct truth_row *row = &t->rows[i];

		if (row->met) {
			met[row->kind] = true;
		} else if (!row->cut) {
			row->cut = true;
			if (row->label_ms > kept || met[row->kind])
				truth_fault(t, TRUTH_LOST, "%s %llu is gone", hj_kind_name(row->kind),
				        (unsigned long long)row->seq);
		}
	}
}

static void check_owed(struct checking *c, size_t index)
{
	struct truth_uplink *up = &c->t->uplinks[index];
	const struct uplink *u = owed_find(c->s, up->name);
	int64_t kept = hj_now().wall_ms - TRUTH_KEPT_MS; /* what is older may be owed no longer */

	if (!u) {
		if (up->known)
			truth_fault(c->t, TRUTH_LOST, "uplink %s is not known", up->name);
		return;
	}
	for (size_t i = 0; i < c->t->row_count; i++) {
		struct truth_row *row = &c->t->rows[i];
		bool owed = hj_seqset_has(&u->owed, row->seq);

		if (row->cut || row->seq <= up->since || !(OWED_KINDS >> row->kind & 1))
			continue;
		if (row->acked[index] == ACK_ASKED)
			row->acked[index] = owed ? ACK_NO : ACK_YES;
		if (!owed && row->acked[index] == ACK_NO && row->label_ms > kept)
			truth_fault(c->t, TRUTH_LOST, "%s does not owe %s %llu", up->name, hj_kind_name(row->kind),
			        (unsigned long long)row->seq);
		if (owed && row->acked[index] == ACK_YES && !u->owed.joined)
			truth_fault(
			        c->t, TRUTH_DOUBLED, "%s owes %llu again", up->name, (unsigned long long)row->seq);
	}
}

static void check_setting(struct checking *c, struct truth_setting *setting)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	unsigned value = 0;

	if (hj_ledger_get(c->s->ledger, setting->key, &b) >= 0 && hj_buf_put(&b, "", 1) >= 0)
		value = (unsigned)atoi(b.data);
	if (value < setting->promised || value > setting->newest)
		truth_fault(c->t, TRUTH_LOST, "setting %s is %u, not %u", setting->key, value, setting->promised);
	setting->promised = setting->newest = value;
}

void truth_check(struct truth *t, struct stored *s, bool closed)
{
	struct checking c = { .t = t, .s = s };

	if (!s->ledger) {
		truth_fault(t, TRUTH_LOST, "the store does not open");
		return;
	}
	check_rows(&c);
	check_windows(&c, closed);
	for (size_t i = 0; i < TRUTH_UPLINKS; i++)
		check_owed(&c, i);
	for (size_t i = 0; i < TRUTH_SETTINGS; i++)
		check_setting(&c, &t->settings[i]);
	truth_check_proof(t, s);
	if (hj_ledger_unreadable(s->ledger))
		truth_fault(t, TRUTH_LOST, "%llu records do not read",
		        (unsigned long long)hj_ledger_unreadable(s->ledger));
}
