/* See world.h. The store is the real one without its sockets; its timers come due by the world's clock. What the
 * drivers below know of the store is what a meterd and an uplinkd are told: the next number, Durable, committed
 * records and answers. Once the power has gone nothing that is said counts. */
/* long because: everybody who acts in the world, and the order in which they do, are one story */
#include "world.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../../src/sys/ledger_impl.h"
#include "../unit/stored_world.h"
#include "clock.h"
#include "disk.h"

#define TICK            (10 * HJ_USEC_PER_SEC)
#define PENDING_MOST    512 /* samples that a meterd of this world holds */
#define ACTIONS_MOST    3000
#define LOOPS_MOST      1000
#define OPERATIONS_MOST 2500 /* before a cut: more than a whole WAL takes */
#define RETENTION_DAYS  30
#define OLD_EVERY       4 /* worlds, one of which begins with this */
#define OLD             "tests/data/ledger-1.db"
#define OLD_ENDS_MS     1764090600000

struct pending {
	int64_t time_ms;
	double value;
};

struct bus {
	uint8_t boot[HJ_ID_BYTES];
	uint64_t durable, sent, made; /* numbers of this boot */
	struct pending pending[PENDING_MOST];
	bool silent;
	bool anew; /* its meterd starts anew when the store has */
};

struct world {
	uint64_t random;
	struct stored *s;
	struct truth truth;
	struct bus buses[TRUTH_BUSES];
	double value; /* of the newest reading; each is another one */
	uint64_t commits;
	unsigned boots;
	struct world_totals *totals;
};

static uint64_t chance(struct world *w, uint64_t most)
{
	uint64_t z = (w->random += 0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (z ^ z >> 31) % most;
}

/* ---- the meterds ---- */

static void bus_boot(struct world *w, size_t i)
{
	struct bus *b = &w->buses[i];

	memset(b, 0, sizeof(*b));
	snprintf((char *)b->boot, sizeof(b->boot), "%zu:%u", i, ++w->boots);
}

static void bus_read(struct world *w, size_t i)
{
	struct bus *b = &w->buses[i];

	for (size_t p = 0; p < TRUTH_POINTS && b->made - b->durable < PENDING_MOST; p++)
		b->pending[b->made++ % PENDING_MOST] = (struct pending){ hj_now().wall_ms, w->value };
}

/* What has not been sent, in one message. */
static void bus_offer(struct world *w, size_t i)
{
	struct bus *b = &w->buses[i];
	struct hj_point points[TRUTH_POINTS] = { { .interval_ms = 10000 }, { .interval_ms = 10000, .total = true } };
	struct hj_sample samples[HJ_SAMPLES_PER_APPEND];
	struct append a = {
		.bus = w->truth.buses[i].name, .first = b->sent + 1, .points = points, .samples = samples
	};
	struct hj_now now = hj_now();
	uint64_t next = 0;

	for (size_t p = 0; p < TRUTH_POINTS; p++)
		snprintf(points[p].name, sizeof(points[p].name), "%s.p%zu", a.bus, p);
	for (uint64_t n = b->sent; n < b->made && a.sample_count < HJ_SAMPLES_PER_APPEND; n++) {
		const struct pending *p = &b->pending[n % PENDING_MOST];

		samples[a.sample_count++] = (struct hj_sample){
			.point = n % TRUTH_POINTS, .time_ms = p->time_ms, .value = p->value, .flag = HJ_FLAG_NORMAL
		};
	}
	memcpy(a.boot, b->boot, HJ_ID_BYTES);
	a.point_count = TRUTH_POINTS;
	a.upto_ms = b->sent + a.sample_count == b->made ? now.wall_ms + 1 : samples[a.sample_count - 1].time_ms;
	if (intake_append(w->s, &a, &next) < 0 && !disk_gone())
		truth_fault(&w->truth, TRUTH_WRONG, "samples are refused");
	if (next)
		b->sent = next - 1;
	hj_rollup_connect(hj_rollup_find(w->s->rollup, a.bus), true, &now); /* as if it listened for Durable */
}

static void durable_upto(struct world *w, size_t i, uint64_t number)
{
	struct bus *b = &w->buses[i];

	for (; b->durable < number; b->durable++) {
		const struct pending *p = &b->pending[b->durable % PENDING_MOST];

		truth_sample(&w->truth, i, b->durable % TRUTH_POINTS, p->time_ms, p->value);
		w->totals->samples++;
	}
}

static uint64_t durable_of(struct world *w, size_t i)
{
	const struct stored *s = w->s;

	for (size_t k = 0; k < s->durable_count; k++)
		if (!strcmp(s->durable[k].bus, w->truth.buses[i].name) &&
		        !memcmp(s->durable[k].boot, w->buses[i].boot, HJ_ID_BYTES))
			return s->durable[k].number;
	return 0;
}

/* After a start: what was named must be there, and what is there beyond that need not be offered again. */
static void bus_resume(struct world *w, size_t i)
{
	struct bus *b = &w->buses[i];
	uint64_t number = durable_of(w, i);

	if (number < b->durable)
		truth_fault(&w->truth, TRUTH_LOST, "%s was told that %llu are durable, and %llu are",
		        w->truth.buses[i].name, (unsigned long long)b->durable, (unsigned long long)number);
	if (number > b->made)
		truth_fault(&w->truth, TRUTH_WRONG, "%s has not made what is durable", w->truth.buses[i].name);
	else
		durable_upto(w, i, number);
	b->sent = b->durable;
	if (b->anew)
		bus_boot(w, i);
}

/* ---- what others do ---- */

static void answered(int r, uint64_t seq, void *waiter)
{
	struct truth_setting *setting = waiter;

	if (r >= 0 && !disk_gone())
		setting->promised = setting->newest;
}

static void set(struct world *w)
{
	struct truth_setting *setting = &w->truth.settings[chance(w, TRUTH_SETTINGS)];
	char value[16];

	snprintf(value, sizeof(value), "%u", ++setting->newest);
	if (commit_stage(w->s, setting->key, value, answered, setting) >= 0)
		commit_urgent(w->s);
}

static void put_log(struct world *w)
{
	char body[300];
	int n = snprintf(body, sizeof(body), "{\"text\":\"%.*s\"}", (int)chance(w, 250),
	        "the filter of the second line was "
	        "changed by two people who wrote it down");

	if (commit_queue(w->s, HJ_KIND_LOG, hj_now().wall_ms, 0, body, (size_t)n, NULL, NULL) >= 0)
		commit_urgent(w->s);
}

/* Some of what is owed, mostly the oldest first; now and then with a hole that is filled later. */
static void acknowledge(struct world *w)
{
	size_t index = chance(w, TRUTH_UPLINKS);
	struct truth *t = &w->truth;
	struct uplink *u = owed_find(w->s, t->uplinks[index].name);
	uint64_t count = 1 + chance(w, 20), skip = chance(w, 8);

	for (size_t i = 0; u && i < t->row_count && count; i++) {
		struct truth_row *row = &t->rows[i];

		int64_t now = hj_now().wall_ms;
		struct hj_receipt receipt = { .from = row->seq,
			.to = row->seq,
			.packets = 1,
			.qn_ms = now - 90,
			.qn_last_ms = now - 90,
			.sent_ms = now - 90,
			.acked_ms = now };

		if (row->cut || row->acked[index] != ACK_NO || !hj_seqset_has(&u->owed, row->seq))
			continue;
		if (skip == 0) {
			skip = chance(w, 3) ? UINT64_MAX : chance(w, 8);
			continue;
		}
		skip--;
		count--;
		receipt_take(w->s, u, &receipt);
		owed_confirm(w->s, u, row->seq, row->seq);
		row->acked[index] = ACK_ASKED;
		row->receipt[index] = true;
	}
}

/* Answered when it is done; what was sealed before stays readable, which the check finds out. */
static void rotate(struct world *w)
{
	if (hj_ledger_rotate(w->s->ledger) < 0 && !disk_gone())
		truth_fault(&w->truth, TRUTH_WRONG, "the key cannot be changed");
}

static void know_uplinks(struct world *w)
{
	for (size_t i = 0; i < TRUTH_UPLINKS; i++) {
		struct truth_uplink *up = &w->truth.uplinks[i];
		struct uplink *u;

		if (owed_find(w->s, up->name))
			continue;
		if (owed_get(w->s, up->name, &u) >= 0)
			up->since = hj_ledger_last(w->s->ledger);
	}
}

/* ---- time ---- */

/* What the store has said by now. */
static void listen(struct world *w)
{
	struct truth *t = &w->truth;

	if (disk_gone() || w->s->commits == w->commits)
		return;
	w->totals->commits += w->s->commits - w->commits;
	w->commits = w->s->commits;
	truth_follow(t, w->s);
	for (size_t i = 0; i < TRUTH_BUSES; i++)
		durable_upto(w, i, durable_of(w, i));
	for (size_t i = 0; i < TRUTH_UPLINKS; i++) {
		t->uplinks[i].known = owed_find(w->s, t->uplinks[i].name) != NULL;
		for (size_t k = 0; k < t->row_count; k++)
			if (t->rows[k].acked[i] == ACK_ASKED)
				t->rows[k].acked[i] = ACK_YES;
	}
}

static void pass(struct world *w, hj_usec usec)
{
	world_pass(usec);
	for (int i = 0; i < LOOPS_MOST && sd_event_run(loop, 0) > 0; i++)
		;
	listen(w);
}

static void tick(struct world *w)
{
	pass(w, 100 * HJ_USEC_PER_MS);
	pass(w, TICK - 100 * HJ_USEC_PER_MS);
	w->value++;
	for (size_t i = 0; i < TRUTH_BUSES; i++) {
		bus_read(w, i);
		if (!w->buses[i].silent || w->buses[i].made - w->buses[i].durable > PENDING_MOST / 2)
			bus_offer(w, i);
		if (chance(w, 12) == 0)
			w->buses[i].silent = !w->buses[i].silent;
	}
	pass(w, 0);
}

/* ---- what has to be found ---- */

static int copy_minute(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	return commit_queue(userdata, head->kind, head->label_ms, head->length_ms, body, n, NULL, NULL) < 0 ? -1 : 1;
}

static void spoil(struct world *w, const struct world_lie *lie)
{
	struct stored *s = w->s;
	uint64_t seq, last = hj_ledger_last(s->ledger);
	char sql[128];

	if (lie->owes_less && s->uplink_count && hj_seqset_next(&s->uplinks[0].owed, 0, &seq)) {
		hj_seqset_remove(&s->uplinks[0].owed, seq, seq);
		s->uplinks[0].changed = true;
	}
	if (lie->forgets_receipts && s->uplink_count) {
		hj_receipts_done(&s->uplinks[0].receipts);
		s->uplinks[0].changed = true;
	}
	if (lie->adds_again &&
	        hj_ledger_find_newest(s->ledger, 0, HJ_TIME_MAX_MS, 1u << HJ_KIND_MINUTE, 1, &seq) >= 0)
		hj_ledger_read(s->ledger, seq, UINT64_MAX, 1u << HJ_KIND_MINUTE, copy_minute, s);
	commit_now(s);
	snprintf(sql, sizeof(sql), "DELETE FROM row WHERE seq = %llu", (unsigned long long)last);
	if (lie->drops_row && last)
		sqlite3_exec(s->ledger->db, sql, NULL, NULL, NULL);
	snprintf(sql, sizeof(sql),
	        "UPDATE row SET body = substr(body, 1, 20) || x'00' || substr(body, 22) WHERE seq = %llu",
	        (unsigned long long)last);
	if (lie->changes_row && last)
		sqlite3_exec(s->ledger->db, sql, NULL, NULL, NULL);
	listen(w);
}

/* ---- lives ---- */

static void start(struct world *w)
{
	w->s = open_store(RETENTION_DAYS);
	w->s->age.ms = hj_now().wall_ms; /* nobody here waits until it believes that days have passed */
	w->commits = 0;
	w->totals->starts++;
	if (disk_gone())
		return;
	for (size_t i = 0; i < TRUTH_BUSES; i++)
		bus_resume(w, i);
	truth_check(&w->truth, w->s, false);
	know_uplinks(w);
	for (size_t i = 0; i < TRUTH_BUSES; i++)
		bus_offer(w, i);
}

/* The store ends in good order, and begins again. What it says at its end is heard by nobody, but holds. */
static void restart(struct world *w)
{
	stored_free(w->s);
	w->s = NULL;
	if (!disk_gone())
		start(w);
}

static void act(struct world *w)
{
	uint64_t what = chance(w, 100);

	if (what < 6)
		put_log(w);
	else if (what < 14)
		set(w);
	else if (what < 30)
		acknowledge(w);
	else if (what < 31)
		restart(w);
	else if (what < 32)
		rotate(w);
	else
		tick(w);
}

static bool is_faulty(const struct truth *t)
{
	return t->faults[TRUTH_LOST] || t->faults[TRUTH_DOUBLED] || t->faults[TRUTH_WRONG];
}

static void live(struct world *w, const struct world_lie *lie)
{
	start(w);
	if (!disk_gone())
		spoil(w, lie);
	for (int i = 0; i < ACTIONS_MOST && !disk_gone() && !is_faulty(&w->truth); i++)
		act(w);
	disk_cut();
	if (w->s)
		stored_free(w->s);
	w->s = NULL;
	disk_restore();
}

/* Until the power is back. The whole machine is dark, or only the disk's cache was lost and the meterds still have
 * what they were not told of. */
static void outage(struct world *w)
{
	static const hj_usec seconds[] = { 1, 30, 30, 300, 3000, 30000, 300000, 600000 };
	hj_usec length = seconds[chance(w, hj_array_size(seconds))] * HJ_USEC_PER_SEC;
	char id[64];

	world_pass(length + chance(w, length));
	if (length <= 1 * HJ_USEC_PER_SEC && chance(w, 2))
		return;
	for (size_t i = 0; i < TRUTH_BUSES; i++)
		w->buses[i].anew = true;
	snprintf(id, sizeof(id), "%08x-1111-1111-1111-111111111111\n", ++w->boots);
	write_file("run/hjgate/boot-id", id);
}

/* Everything closes: an hour without cuts, then nobody speaks any more. */
static void finish(struct world *w)
{
	start(w);
	for (size_t i = 0; i < TRUTH_BUSES; i++)
		w->buses[i].silent = false;
	for (int i = 0; i < 8 && !is_faulty(&w->truth); i++) {
		tick(w);
		acknowledge(w);
	}
	for (size_t i = 0; i < TRUTH_BUSES; i++) {
		struct hj_now now = hj_now();

		bus_offer(w, i);
		hj_rollup_connect(hj_rollup_find(w->s->rollup, w->truth.buses[i].name), false, &now);
	}
	for (int i = 0; i < 20; i++)
		pass(w, TICK);
	if (!is_faulty(&w->truth))
		truth_check(&w->truth, w->s, true);
	w->totals->records += hj_ledger_last(w->s->ledger);
	stored_free(w->s);
	w->s = NULL;
}

/* The store of the version before: the first lives die while it becomes one of this. */
static void begin_old(struct world *w)
{
	char command[400], path[256];

	path_of("var/lib/hjgate/records.db", path);
	snprintf(command, sizeof(command), "cp " OLD " '%s'", path);
	if (system(command))
		abort();
	world_now.wall_ms = OLD_ENDS_MS + 3600 * HJ_MS_PER_SEC;
	truth_adopt(&w->truth, path);
}

static void begin(struct world *w, uint64_t seed)
{
	char folder[256];

	w->random = seed;
	world_now = world_begin;
	truth_init(&w->truth);
	for (size_t i = 0; i < TRUTH_BUSES; i++)
		bus_boot(w, i);
	if (make_root("cuts") < 0)
		abort();
	sd_event_new(&loop);
	path_of("var/lib/hjgate", folder);
	if (seed % OLD_EVERY == 0)
		begin_old(w);
	disk_begin(folder);
}

static void end(struct world *w, uint64_t seed, unsigned cut)
{
	for (int i = 0; i < TRUTH_FAULTS; i++)
		w->totals->faults[i] += w->truth.faults[i];
	for (size_t i = 0; i < w->truth.row_count; i++)
		w->totals->cut_rows += w->truth.rows[i].cut;
	if (is_faulty(&w->truth) && !w->totals->first_fault[0])
		snprintf(w->totals->first_fault, sizeof(w->totals->first_fault), "seed %llu, after cut %u: %s",
		        (unsigned long long)seed, cut, w->truth.first_fault);
	truth_done(&w->truth);
	disk_end();
	remove_world();
}

void world_run(uint64_t seed, unsigned cuts, const struct world_lie *lie, struct world_totals *totals)
{
	static struct world w;
	unsigned cut = 0;

	w = (struct world){ .totals = totals };
	begin(&w, seed);
	for (; cut < cuts && !is_faulty(&w.truth); cut++) {
		disk_lie(lie->disk_lies);
		disk_arm(chance(&w, UINT64_MAX), 1 + chance(&w, chance(&w, 2) ? 100 : OPERATIONS_MOST));
		live(&w, lie);
		outage(&w);
		totals->cuts++;
		totals->good += !is_faulty(&w.truth); /* of the cut before this one */
	}
	if (!is_faulty(&w.truth))
		finish(&w);
	end(&w, seed, cut);
}
