/* A box whose clock goes wrong: two buses and a store of the real code, with a clock of the test's own. There is a
 * true time; the wall clock is wrong by `error`, and a time daemon may or may not keep it. A meterd keeps what is not
 * durable and offers it again when the store was started anew; a power cut takes it with it. What becomes of each
 * sample that Durable named is counted in the end, and each record is looked at. */
#pragma once

#include <fcntl.h>
#include <math.h>
#include <sys/timex.h>
#include <unistd.h>

#include "stored_world.h"

#define T0        t0_ms           /* a Beijing midnight, from which a case counts */
#define NOVEMBER  1795017600000LL /* 2026-11-19 */
#define SECOND    1000LL
#define MINUTE    60000LL
#define HOUR      (60 * MINUTE)
#define DAY       (24 * HOUR)
#define TICK      (5 * SECOND) /* a bus without a word for ten is gone */
#define BUSES     2
#define POINTS    2 /* of each bus; the first is a total */
#define OUTBOX    4096
#define RETENTION 400
#define SEEN_MOST 20000

/* ---- the clock ---- */

static int64_t t0_ms = NOVEMBER;
static int64_t true_ms, error_ms; /* the wall clock is true_ms + error_ms */
static int64_t booted_ms;         /* true time of the machine's start */
static bool synchronised;
static uint32_t interval_ms = TICK; /* as the meterds say */

struct hj_now hj_now(void)
{
	return (struct hj_now){ .wall_ms = true_ms + error_ms,
		.mono = (hj_usec)(true_ms - booted_ms) * HJ_USEC_PER_MS };
}

int adjtimex(struct timex *t)
{
	t->status = synchronised ? 0 : STA_UNSYNC;
	return synchronised ? TIME_OK : TIME_ERROR;
}

/* This disk keeps what it was given. */
int fdatasync(int fd)
{
	(void)fd;
	return 0;
}

/* ---- chance ---- */

static uint64_t chance_state;

static uint32_t chance(uint32_t below)
{
	chance_state ^= chance_state << 13;
	chance_state ^= chance_state >> 7;
	chance_state ^= chance_state << 17;
	return (uint32_t)(chance_state >> 20) % below;
}

/* ---- the meterds ---- */

struct kept {
	int64_t boot_ms; /* BOOTTIME of the sample */
	double value;
	unsigned point;
};

static struct meterd {
	const char *name;
	uint8_t boot[HJ_ID_BYTES];
	uint64_t next, durable; /* numbers */
	uint64_t named;         /* samples that Durable named, over all starts */
	uint64_t late;          /* of them, those whose label was closed already, when that was committed */
	uint64_t late_seen;     /* by this store, so far */
	struct kept outbox[OUTBOX];
} meterds[BUSES] = { { .name = "north" }, { .name = "south" } };

static struct stored *store;
static enum hj_clock_trust clock_trust = HJ_CLOCK_NTP;
static uint64_t unused; /* samples in pending records of boots that are over */
static int boots;

static void begin_meterd(struct meterd *m)
{
	m->boot[0] = (uint8_t)(m - meterds + 1);
	m->boot[1]++;
	m->next = 1;
	m->durable = 0;
}

/* ---- the store ---- */

static void note_durable(void)
{
	struct hj_rollup_look look;

	for (size_t i = 0; i < BUSES; i++) {
		struct meterd *m = &meterds[i];
		struct hj_rollup_bus *b = hj_rollup_find(store->rollup, m->name);

		for (size_t k = 0; k < store->durable_count; k++) {
			const struct durable *d = &store->durable[k];

			if (strcmp(d->bus, m->name) || memcmp(d->boot, m->boot, HJ_ID_BYTES))
				continue;
			m->named += d->number - m->durable;
			m->durable = d->number;
		}
		if (!b)
			continue;
		hj_rollup_look(b, &look);
		m->late += look.late - m->late_seen;
		m->late_seen = look.late;
	}
}

static void commit(void)
{
	assert_int_equal(commit_now(store), 0);
	note_durable();
}

/* What the loop would do by now. */
static void work(void)
{
	for (int i = 0; store->pending.draining && i < 3; i++)
		pending_run(store);
	window_process(store);
	if (store->commit_at <= hj_now().mono)
		commit();
}

static void open_it(void)
{
	struct hj_service service = { .root = root, .event = loop };
	struct hj_conf_main conf = { .base_window = 60, .retention_days = RETENTION, .retention_mb = 1000 };

	conf.clock_trust = clock_trust;
	assert_int_equal(stored_new(&service, &conf, &store), 0);
	for (size_t i = 0; i < BUSES; i++)
		meterds[i].late_seen = 0;
}

/* As if it had been killed: what was not committed is gone. */
static void drop(void)
{
	hj_ledger_rollback(store->ledger);
	sd_event_source_disable_unref(store->commit_timer);
	store->commit_timer = NULL;
	stored_free(store);
	store = NULL;
}

static void crash(void)
{
	drop();
	open_it();
}

/* What the pending cursor on the disk says is still waiting. */
static uint64_t waiting_on_disk(void)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	struct hj_reader in;

	hj_ledger_rollback(store->ledger);
	if (hj_ledger_get(store->ledger, "pending", &b) < 0)
		return 0;
	in = (struct hj_reader){ .p = (uint8_t *)b.data, .end = (uint8_t *)b.data + b.len };
	if (memcmp(hj_get_bytes(&in, HJ_ID_BYTES), store->boot_id, HJ_ID_BYTES) != 0)
		return 0;
	hj_get_be(&in, 8);
	hj_get_be(&in, 4);
	return hj_get_be(&in, 8);
}

static void new_boot_id(void)
{
	char text[64];

	snprintf(text, sizeof(text), "11111111-1111-1111-1111-%012d\n", ++boots);
	write_file("run/hjgate/boot-id", text);
}

/* The machine is off for `off_ms`; then its clock is wrong by `error` and nobody keeps it yet. */
static void power_cut(int64_t off_ms, int64_t error, bool sync)
{
	unused += waiting_on_disk();
	drop();
	true_ms += off_ms;
	booted_ms = true_ms - SECOND;
	error_ms = error;
	synchronised = sync;
	new_boot_id();
	for (size_t i = 0; i < BUSES; i++)
		begin_meterd(&meterds[i]);
	open_it();
}

/* ---- a tick ---- */

static void offer(struct meterd *m)
{
	struct hj_point points[POINTS] = { { .interval_ms = interval_ms, .total = true },
		{ .interval_ms = interval_ms } };
	struct hj_now now = hj_now();
	int64_t ahead = hj_clock_ahead(&now);
	uint64_t number = m->durable + 1, next = 0;

	snprintf(points[0].name, sizeof(points[0].name), "%s.energy", m->name);
	snprintf(points[1].name, sizeof(points[1].name), "%s.time", m->name);
	while (number < m->next || !next) {
		struct hj_sample samples[32];
		struct append a = { .bus = m->name, .first = number, .points = points, .point_count = POINTS };

		memcpy(a.boot, m->boot, HJ_ID_BYTES);
		a.upto_ms = now.wall_ms;
		a.samples = samples;
		for (uint64_t n = number; n < m->next && a.sample_count < 32; n++) {
			const struct kept *k = &m->outbox[n % OUTBOX];

			samples[a.sample_count++] = (struct hj_sample){
				.point = k->point, .time_ms = k->boot_ms + ahead, .value = k->value, .flag = 'N'
			};
		}
		if (number + a.sample_count < m->next)
			a.upto_ms = samples[a.sample_count - 1].time_ms;
		assert_int_equal(intake_append(store, &a, &next), 0);
		assert_true(next >= number && next <= m->next);
		if (!a.sample_count)
			break;
		number = next;
	}
}

/* The value of the second point is the true time of the sample, in seconds since T0. */
static void read_meters(struct meterd *m)
{
	for (unsigned p = 0; p < POINTS; p++) {
		assert_true(m->next - m->durable < OUTBOX);
		m->outbox[m->next++ % OUTBOX] = (struct kept){
			.boot_ms = true_ms - booted_ms, .value = (double)(true_ms - T0) / SECOND, .point = p
		};
	}
}

static void tick(void)
{
	true_ms += TICK;
	for (size_t i = 0; i < BUSES; i++) {
		read_meters(&meterds[i]);
		offer(&meterds[i]);
	}
	work();
}

/* Somebody sets the clock. The store may learn it at once, or with the next samples. */
static void set_clock(int64_t error, bool sync)
{
	struct hj_now now;

	error_ms = error;
	synchronised = sync;
	now = hj_now();
	if (chance(2)) {
		trust_heed(store, &now);
		window_process(store);
	}
}

/* ---- what is there in the end ---- */

struct row {
	int64_t label_ms;
	uint64_t seq;
	unsigned point, got, expected;
	double cou, min, max;
	bool is_void;
};

struct rows {
	struct row *list;
	size_t count;
};

static int see_stats(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	struct rows *rows = userdata;
	struct hj_stats stats;

	assert_int_equal(hj_stats_decode(body, n, &stats), 0);
	for (size_t i = 0; i < stats.count; i++) {
		const struct hj_stat *s = &stats.stats[i];

		assert_true(rows->count < SEEN_MOST);
		rows->list[rows->count++] = (struct row){ .label_ms = head->label_ms,
			.seq = head->seq,
			.point = s->point,
			.got = s->got,
			.expected = s->expected,
			.cou = isfinite(s->cou) ? s->cou : 0,
			.min = s->min,
			.max = s->max,
			.is_void = void_covers(store, head) };
	}
	hj_stats_done(&stats);
	return 0;
}

static int by_label(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->label_ms != y->label_ms)
		return x->label_ms < y->label_ms ? -1 : 1;
	if (x->point != y->point)
		return x->point < y->point ? -1 : 1;
	return (x->seq > y->seq) - (x->seq < y->seq);
}

static struct rows read_rows(enum hj_kind kind)
{
	struct rows rows = { .list = calloc(SEEN_MOST, sizeof(struct row)) };

	assert_int_equal(hj_ledger_read(store->ledger, 1, UINT64_MAX, 1u << kind, see_stats, &rows), 0);
	qsort(rows.list, rows.count, sizeof(rows.list[0]), by_label);
	return rows;
}

static int count_pending(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	struct hj_pending p;

	assert_int_equal(hj_pending_decode(body, n, &p), 0);
	*(uint64_t *)userdata += p.count;
	hj_pending_done(&p);
	return 0;
}
