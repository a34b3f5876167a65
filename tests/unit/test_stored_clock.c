/* The clock goes wrong and comes right again, and the store dies in between: nothing that Durable named is lost, no
 * label comes twice, and the right time is never kept out. HJ_SEEDS: of each scenario (10 in bench/store-clock). */
/* long because: each way in which a clock goes wrong is a case, and they share one judge */
#include <inttypes.h>

#include "clock_world.h"

#define SEEDS      3
#define AFTER_MS   (70 * MINUTE) /* of the right time, at the end of each case */
#define SPANS_MOST 256

/* True time, while the wall clock was trusted and wrong; or while the box was off, or just set. */
static struct span {
	int64_t from_ms, to_ms;
} wrong[SPANS_MOST], unsure[SPANS_MOST];
static size_t wrong_count, unsure_count;
static unsigned cases, lost, doubled;

static void add_span(struct span *list, size_t *count, int64_t from_ms, int64_t to_ms)
{
	assert_true(*count < SPANS_MOST);
	list[(*count)++] = (struct span){ from_ms, to_ms };
}

static bool touches(const struct span *list, size_t count, int64_t from_ms, int64_t to_ms)
{
	for (size_t i = 0; i < count; i++)
		if (from_ms < list[i].to_ms && to_ms > list[i].from_ms)
			return true;
	return false;
}

/* ---- judging ---- */

static unsigned count_doubled(const struct rows *rows)
{
	unsigned n = 0;

	for (size_t i = 1; i < rows->count; i++)
		n += !rows->list[i].is_void && !rows->list[i - 1].is_void &&
		     rows->list[i].label_ms == rows->list[i - 1].label_ms &&
		     rows->list[i].point == rows->list[i - 1].point;
	return n;
}

static uint64_t got_of(const struct rows *rows)
{
	uint64_t n = 0;

	for (size_t i = 0; i < rows->count; i++)
		n += rows->list[i].got;
	return n;
}

/* An hour is the sum of the minutes that were there when it was closed. */
static void check_sums(const struct rows *minutes, const struct rows *hours, int64_t length_ms)
{
	for (size_t i = 0; i < hours->count; i++) {
		const struct row *h = &hours->list[i];
		unsigned got = 0;
		double cou = 0;

		for (size_t k = 0; k < minutes->count; k++) {
			const struct row *m = &minutes->list[k];

			if (m->point != h->point || m->label_ms < h->label_ms ||
			        m->label_ms >= h->label_ms + length_ms || m->seq > h->seq || m->is_void != h->is_void)
				continue;
			got += m->got;
			cou += m->cou;
		}
		assert_int_equal(h->got, got);
		assert_true(fabs(h->cou - cou) < 1e-6);
	}
}

static const struct row *find(const struct rows *rows, int64_t label_ms, unsigned point)
{
	for (size_t i = 0; i < rows->count; i++)
		if (rows->list[i].label_ms == label_ms && rows->list[i].point == point && !rows->list[i].is_void)
			return &rows->list[i];
	return NULL;
}

static unsigned time_point(const struct meterd *m)
{
	char name[64];

	snprintf(name, sizeof(name), "%s.time", m->name);
	return hj_dictionary_find_name(&store->points, name)->number;
}

/* What was read under the right time, or was given its true time, lies under its true label. */
static void check_labels(const struct rows *minutes)
{
	for (size_t i = 0; i < minutes->count; i++) {
		const struct row *r = &minutes->list[i];
		int64_t from = T0 + (int64_t)(r->min * SECOND), to = T0 + (int64_t)(r->max * SECOND);

		if ((r->point != time_point(&meterds[0]) && r->point != time_point(&meterds[1])) ||
		        touches(wrong, wrong_count, from, to + 1))
			continue;
		if (from < r->label_ms || to >= r->label_ms + MINUTE)
			fail_msg("label %lld holds %lld to %lld", (long long)(r->label_ms - T0),
			        (long long)(from - T0), (long long)(to - T0));
	}
}

/* Each whole window of the right time has its record: of now, or of before, when the clock was there too early. */
static void check_not_locked(const struct rows *minutes, int64_t since_ms, int64_t end_ms)
{
	for (int64_t label = hj_window_start(since_ms, MINUTE) + MINUTE; label + MINUTE <= end_ms; label += MINUTE)
		for (size_t i = 0; i < BUSES; i++)
			if (!touches(unsure, unsure_count, label - MINUTE, label + 2 * MINUTE) &&
			        !touches(wrong, wrong_count, label - MINUTE, label + 2 * MINUTE) &&
			        !find(minutes, label, time_point(&meterds[i])))
				fail_msg("no record for %lld", (long long)(label - T0));
}

/* What was not believed at the time costs nothing: it is only late where labels were given by a wrong clock before.
 */
static void judge(bool may_be_late)
{
	struct rows minutes = read_rows(HJ_KIND_MINUTE), hours = read_rows(HJ_KIND_HOUR),
	            days = read_rows(HJ_KIND_DAY);
	uint64_t named = 0, late = 0, raw = 0, accounted;

	for (size_t i = 0; i < BUSES; i++) {
		named += meterds[i].named;
		late += meterds[i].late;
	}
	assert_int_equal(hj_ledger_read(store->ledger, 1, UINT64_MAX, 1u << HJ_KIND_PENDING, count_pending, &raw), 0);
	assert_true(raw >= unused);
	if (!may_be_late)
		assert_int_equal(late, 0);
	accounted = got_of(&minutes) + unused + late;
	if (accounted != named)
		print_error("named %llu, in records %llu, pending %llu, late %llu\n", (unsigned long long)named,
		        (unsigned long long)got_of(&minutes), (unsigned long long)unused, (unsigned long long)late);
	lost += (unsigned)(accounted > named ? accounted - named : named - accounted);
	doubled += count_doubled(&minutes) + count_doubled(&hours) + count_doubled(&days);
	check_sums(&minutes, &hours, HOUR);
	check_sums(&minutes, &days, DAY);
	check_labels(&minutes);
	check_not_locked(&minutes, T0 + HOUR, true_ms);
	cases++;
	free(minutes.list);
	free(hours.list);
	free(days.list);
	assert_int_equal(lost, 0);
	assert_int_equal(doubled, 0);
}

/* The same when the wrong time is void: nothing is missing, and what is not void is all right. */
static void judge_made_void(void)
{
	struct rows all = read_rows(HJ_KIND_MINUTE);
	size_t n = 0, spans = wrong_count;

	for (size_t i = 0; i < all.count; i++)
		if (!all.list[i].is_void)
			all.list[n++] = all.list[i];
	all.count = n;
	wrong_count = 0; /* of that time nothing is left */
	check_labels(&all);
	wrong_count = spans;
	check_not_locked(&all, T0 + HOUR, true_ms);
	free(all.list);
	judge(true);
}

/* ---- running ---- */

static int64_t begin_ms;

static void begin(uint64_t seed)
{
	chance_state = 0x9E3779B97F4A7C15ULL * (seed + 1);
	for (int i = 0; i < 8; i++)
		chance(2);
	wrong_count = unsure_count = 0;
	unused = 0;
	boots = 0;
	assert_int_equal(make_root("clock"), 0);
	assert_true(sd_event_new(&loop) >= 0);
	for (size_t i = 0; i < BUSES; i++) {
		const char *name = meterds[i].name;

		memset(&meterds[i], 0, sizeof(meterds[i]));
		meterds[i].name = name;
		begin_meterd(&meterds[i]);
	}
	begin_ms = true_ms = T0 + HOUR - MINUTE + chance(60) * SECOND;
	booted_ms = true_ms - 30 * SECOND;
	error_ms = 0;
	synchronised = true;
	new_boot_id();
	open_it();
}

static void end(void)
{
	drop();
	loop = sd_event_unref(loop);
	remove_root();
}

static void close_all_windows(void)
{
	true_ms = hj_window_start(true_ms, MINUTE) + MINUTE;
	for (size_t i = 0; i < BUSES; i++)
		offer(&meterds[i]);
	for (int i = 0; i < 20; i++) {
		work();
		true_ms += SECOND;
	}
	commit();
}

/* Ticks, with the store dying now and then, the machine more rarely. */
static void run(int64_t ms, int64_t error_at_boot, bool sync_at_boot)
{
	for (int64_t end_ms = true_ms + ms; true_ms < end_ms;) {
		tick();
		if (!chance(60))
			crash();
		if (!chance(60)) /* nothing is old, whatever the clock says */
			assert_false(retention_run(store));
		if (!chance(700)) {
			int64_t off = chance(200) * SECOND;

			add_span(unsure, &unsure_count, true_ms - MINUTE, true_ms + off + MINUTE);
			power_cut(off, error_at_boot, sync_at_boot);
		}
	}
}

/* The clock is wrong by `error` for a while; a time daemon says so, or nobody. */
static void run_wrong(int64_t ms, int64_t error, bool sync, bool is_believed)
{
	int64_t from = true_ms;
	int boot = boots;

	set_clock(error, sync);
	run(ms, error, sync);
	add_span(unsure, &unsure_count, from - MINUTE, from + MINUTE);
	add_span(unsure, &unsure_count, true_ms - MINUTE, true_ms + MINUTE);
	if (!is_believed && boots != boot) /* what came before the cut never gets its time */
		add_span(unsure, &unsure_count, from, true_ms);
	if (is_believed)
		add_span(wrong, &wrong_count, from, true_ms + 1);
	set_clock(0, true);
}

static int64_t minutes(unsigned least, unsigned most)
{
	return (least + chance(most - least + 1)) * MINUTE + chance(60) * SECOND;
}

static void finish(bool may_be_late)
{
	run(AFTER_MS, 0, true);
	close_all_windows();
	judge(may_be_late);
	end();
}

static unsigned seeds(void)
{
	const char *text = getenv("HJ_SEEDS");

	return text ? (unsigned)atoi(text) : SEEDS;
}

/* ---- the scenarios ---- */

static void step_of(int64_t error, bool sync, bool is_believed)
{
	for (unsigned seed = 0; seed < seeds(); seed++) {
		begin(seed);
		run(minutes(20, 60), 0, true);
		run_wrong(minutes(5, 40), error, sync, is_believed);
		finish(is_believed);
	}
}

static void an_hour_back(void **state)
{
	step_of(-HOUR, true, true);
}

static void an_hour_ahead(void **state)
{
	step_of(HOUR, true, true);
}

static void a_day_back(void **state)
{
	step_of(-DAY, true, true);
}

static void to_1970(void **state)
{
	step_of(-T0, true, false);
}

static void to_2090(void **state)
{
	step_of(64LL * 365 * DAY, true, false);
}

/* Believed, and years wrong. */
static void to_2040(void **state)
{
	step_of(14LL * 365 * DAY, true, true);
}

/* Somebody sets it, and nobody says that it is right: nothing is believed. */
static void by_hand(void **state)
{
	step_of(-20 * MINUTE, false, false);
}

static void a_few_seconds(void **state)
{
	for (unsigned seed = 0; seed < seeds(); seed++) {
		begin(seed);
		for (int i = 0; i < 6; i++) {
			run(minutes(2, 9), 0, true);
			run_wrong(minutes(1, 4), ((int64_t)chance(11) - 5) * SECOND, true, true);
		}
		finish(true);
	}
}

static void at_random(void **state)
{
	static const int64_t errors[] = { HOUR, -HOUR, DAY, -DAY, 90 * SECOND, -90 * SECOND, 20 * MINUTE,
		-20 * MINUTE, 400 * DAY, -NOVEMBER, 64LL * 365 * DAY };

	for (unsigned seed = 0; seed < seeds(); seed++) {
		begin(seed);
		for (int i = 0; i < 8; i++) {
			int64_t error = errors[chance(hj_array_size(errors))];
			bool sync = chance(3);

			run(minutes(1, 20), 0, true);
			run_wrong(
			        minutes(1, 15), error, sync, sync && error != -NOVEMBER && error != 64LL * 365 * DAY);
		}
		finish(true);
	}
}

/* No clock at the start: 1970, until the network is there; an hour, or two power cuts later. */
static void no_rtc(void **state)
{
	for (unsigned seed = 0; seed < seeds(); seed++) {
		begin(seed);
		run(minutes(5, 20), 0, true);
		for (int i = 0; i < 3; i++) {
			int64_t from = true_ms;

			power_cut(minutes(1, 10), -true_ms, false);
			run(minutes(5, i ? 60 : 20), -true_ms, false);
			add_span(unsure, &unsure_count, from - MINUTE, true_ms + MINUTE);
			if (i == 1)
				continue; /* it is never known in this boot */
			set_clock(0, true);
			run(minutes(3, 10), 0, true);
			assert_int_equal(pending_waiting(store), 0);
		}
		finish(false);
	}
}

/* The meterds are gone when the time comes: what they had read is put in as a whole all the same. */
static void gone_when_the_time_comes(void **state)
{
	int64_t from;
	struct hj_now now;

	begin(5);
	from = true_ms;
	power_cut(MINUTE, -T0, false);
	for (int i = 0; i < 200; i++) {
		tick();
		if (i % 7 == 6) /* a label in several records */
			commit();
	}
	commit();
	true_ms += 30 * SECOND;
	error_ms = 0;
	synchronised = true;
	now = hj_now();
	trust_heed(store, &now);
	for (int i = 0; store->pending.draining && i < 1000; i++) {
		true_ms += SECOND / 2;
		pending_run(store);
		window_process(store);
	}
	assert_int_equal(pending_waiting(store), 0);
	add_span(unsure, &unsure_count, from - MINUTE, from + 2 * MINUTE);
	add_span(unsure, &unsure_count, true_ms - 3 * MINUTE, true_ms + MINUTE);
	finish(false);
}

/* The interval is another before the time comes: each window expects what was due in it, whatever is restarted. */
static void an_interval_is_that_of_then(void **state)
{
	int64_t from, changed;
	unsigned before = 0, after = 0;
	struct rows rows;

	begin(5);
	power_cut(MINUTE, -T0, false);
	from = true_ms;
	for (int i = 0; i < 100; i++)
		tick();
	changed = true_ms;
	interval_ms = SECOND;
	for (int i = 0; i < 60; i++)
		tick();
	commit();
	crash();
	set_clock(0, true);
	for (int i = 0; i < 36; i++) {
		tick();
		if (i % 5 == 0)
			crash();
	}
	close_all_windows();
	interval_ms = TICK;
	rows = read_rows(HJ_KIND_MINUTE);
	for (size_t i = 0; i < rows.count; i++) {
		const struct row *row = &rows.list[i];

		if (row->label_ms < from || (row->label_ms > changed - MINUTE && row->label_ms < changed))
			continue;
		assert_int_equal(row->expected, row->label_ms < changed ? MINUTE / TICK : MINUTE / SECOND);
		*(row->label_ms < changed ? &before : &after) += 1;
	}
	assert_in_range(before, 6 * BUSES * POINTS, 8 * BUSES * POINTS);
	assert_in_range(after, 6 * BUSES * POINTS, 9 * BUSES * POINTS);
	free(rows.list);
	end();
}

/* ---- one wrong date in the future, made void ---- */

static int count_row(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	*(uint64_t *)userdata += !void_covers(store, head);
	return 0;
}

static uint64_t count_after(int64_t ms)
{
	uint64_t n = 0;

	assert_int_equal(
	        hj_ledger_read_labels(store->ledger, 0, ms + 1, HJ_TIME_MAX_MS, OWED_KINDS, count_row, &n), 0);
	return n;
}

/* Two hours ahead for a while; accepted when the clock is right; then the two hours come. */
static void accepted(void **state)
{
	for (unsigned seed = 0; seed < seeds(); seed++) {
		struct uplink *u;
		uint64_t voided = 0, future, owed;

		begin(seed);
		assert_int_equal(owed_get(store, "county", &u), 0);
		run(minutes(5, 20), 0, true);
		run_wrong(minutes(10, 30), 2 * HOUR, true, true);
		run(minutes(2, 5), 0, true);
		commit();
		u = owed_find(store, "county");
		future = count_after(true_ms);
		owed = hj_seqset_total(&u->owed);
		assert_true(future > 0);
		assert_int_equal(void_future(store, hj_now().wall_ms, &voided), 0);
		note_durable();
		assert_true(voided >= future); /* what had waited for the disk, too */
		assert_true(hj_seqset_total(&u->owed) <= owed - future);
		assert_int_equal(count_after(true_ms), 0);
		crash();
		assert_int_equal(count_after(true_ms), 0);
		run(3 * HOUR, 0, true); /* those hours come, with windows of their own */
		close_all_windows();
		judge_made_void();
		end();
	}
}

/* ---- who is believed ---- */

static enum hj_trust trust(void)
{
	struct hj_now now = hj_now();

	trust_heed(store, &now);
	return store->trust.source;
}

static void a_platform_is_believed(void **state)
{
	begin(1);
	synchronised = false;
	power_cut(MINUTE, -T0, false);
	run(5 * MINUTE, -T0, false);
	assert_int_equal(trust(), HJ_TRUST_NONE);
	assert_true(pending_waiting(store) > 0);
	set_clock(0, false);
	trust_told(store, HJ_TRUST_PLATFORM);
	assert_int_equal(trust(), HJ_TRUST_PLATFORM);
	tick();
	assert_int_equal(pending_waiting(store), 0);
	crash();
	assert_int_equal(trust(), HJ_TRUST_PLATFORM); /* for this boot of the machine */
	set_clock(-HOUR, false);
	assert_int_equal(trust(), HJ_TRUST_NONE); /* that was somebody else */
	set_clock(0, false);
	assert_int_equal(trust(), HJ_TRUST_NONE);
	trust_told(store, HJ_TRUST_PLATFORM);
	assert_int_equal(trust(), HJ_TRUST_PLATFORM);
	power_cut(MINUTE, 0, false);
	assert_int_equal(trust(), HJ_TRUST_NONE);
	trust_told(store, HJ_TRUST_PLATFORM);
	set_clock(64LL * 365 * DAY, false);
	trust_told(store, HJ_TRUST_PLATFORM); /* whoever says so */
	assert_int_equal(trust(), HJ_TRUST_NONE);
	end();
}

static void a_clock_without_battery_is_not(void **state)
{
	uint64_t voided;

	clock_trust = HJ_CLOCK_RTC;
	begin(2);
	run(10 * MINUTE, 0, true); /* a time daemon was there */
	commit();
	power_cut(MINUTE, 0, false);
	assert_int_equal(trust(), HJ_TRUST_RTC);
	power_cut(MINUTE, -DAY, false);
	assert_int_equal(trust(), HJ_TRUST_NONE);
	set_clock(-9 * MINUTE, false);
	assert_int_equal(trust(), HJ_TRUST_RTC); /* a little may be */
	set_clock(-DAY, false);
	assert_int_equal(trust(), HJ_TRUST_NONE);
	/* A person knows better. */
	assert_int_equal(void_future(store, hj_now().wall_ms, &voided), 0);
	assert_true(voided > 0);
	trust_told(store, HJ_TRUST_RTC);
	assert_int_equal(trust(), HJ_TRUST_RTC);
	power_cut(MINUTE, -DAY, false);
	assert_int_equal(trust(), HJ_TRUST_RTC);
	/* By itself it bars nothing, however wrong it was. */
	set_clock(14LL * 365 * DAY, false);
	run(5 * MINUTE, 14LL * 365 * DAY, false);
	commit();
	power_cut(MINUTE, -DAY, false);
	assert_int_equal(trust(), HJ_TRUST_RTC);
	end();
	clock_trust = HJ_CLOCK_NTP;
}

/* Nor does what it made bar by the word of who put it right, though that is when its windows are closed. */
static void a_wrong_clock_bars_by_nobodys_word(void **state)
{
	clock_trust = HJ_CLOCK_RTC;
	begin(2);
	set_clock(5LL * 365 * DAY, false);
	run(10 * MINUTE, 5LL * 365 * DAY, false);
	commit();
	assert_int_equal(trust(), HJ_TRUST_RTC);
	set_clock(0, true);
	run(10 * MINUTE, 0, true);
	commit();
	assert_int_equal(trust(), HJ_TRUST_NTP);
	assert_true(store->trust.bar_ms[HJ_TRUST_NTP] <= hj_now().wall_ms);
	power_cut(MINUTE, 0, false);
	assert_int_equal(trust(), HJ_TRUST_RTC);
	trust_told(store, HJ_TRUST_PLATFORM);
	assert_int_equal(trust(), HJ_TRUST_PLATFORM);
	end();
	clock_trust = HJ_CLOCK_NTP;
}

/* The time comes while a batch of more windows than there is room for is in RAM, and another bus is behind. */
static void a_batch_waits_for_room(void **state)
{
	struct hj_now now;
	struct rows rows;

	begin(2);
	synchronised = false;
	power_cut(MINUTE, -T0, false);
	run(3 * MINUTE, -T0, false);
	commit();
	drop();
	for (int i = 0; i < 100; i++) {
		true_ms += MINUTE;
		for (int b = 0; b < BUSES; b++)
			read_meters(&meterds[b]);
	}
	open_it();
	offer(&meterds[0]);
	error_ms = 0;
	synchronised = true;
	now = hj_now();
	trust_heed(store, &now);
	for (int i = 0; i < 200 && store->pending.draining; i++) {
		true_ms += SECOND / 2;
		pending_run(store);
		window_process(store);
	}
	run(10 * MINUTE, 0, true);
	close_all_windows();
	commit();
	assert_int_equal(pending_waiting(store), 0);
	rows = read_rows(HJ_KIND_MINUTE);
	assert_int_equal(got_of(&rows) + meterds[0].late + meterds[1].late, meterds[0].named + meterds[1].named);
	free(rows.list);
	end();
}

/* ---- the power failure ---- */

struct failure {
	unsigned count;
	int64_t begin_ms, end_ms;
};

static int see_failure(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	struct failure *f = userdata;
	char text[96];

	assert_true(n < sizeof(text));
	memcpy(text, body, n);
	text[n] = '\0';
	assert_int_equal(sscanf(text, "{\"begin\":%" SCNd64 ",\"end\":%" SCNd64 "}", &f->begin_ms, &f->end_ms), 2);
	f->count++;
	return 0;
}

static struct failure failures(void)
{
	struct failure f = { 0 };

	commit();
	assert_int_equal(hj_ledger_read(store->ledger, 1, UINT64_MAX, 1u << HJ_KIND_POWERON, see_failure, &f), 0);
	return f;
}

/* Its end is told when the time is known, and is the start all the same. */
static void a_failure_ends_in_true_time(void **state)
{
	int64_t begin_at, end_at;

	begin(3);
	run(3 * MINUTE, 0, true);
	commit();
	begin_at = true_ms;
	power_cut(7 * MINUTE, -T0, false);
	end_at = true_ms;
	for (int i = 0; i < 100; i++)
		tick();
	assert_int_equal(failures().count, 0);
	crash();
	tick();
	set_clock(0, true);
	tick();
	assert_int_equal(failures().count, 1);
	assert_int_equal(failures().begin_ms, begin_at);
	assert_int_equal(failures().end_ms, end_at); /* though the store was started again since */
	crash();
	tick();
	assert_int_equal(failures().count, 1);
	/* Off for a second boot that never knows the time: one failure, from the last time that was known. */
	commit();
	begin_at = true_ms;
	power_cut(MINUTE, -T0, false);
	tick();
	commit();
	power_cut(MINUTE, 0, true);
	tick();
	assert_int_equal(failures().count, 2);
	assert_int_equal(failures().begin_ms, begin_at);
	assert_int_equal(failures().end_ms, true_ms - TICK);
	end();
}

/* ---- the calendar ---- */

static unsigned days_named(int64_t label_ms)
{
	struct rows days = read_rows(HJ_KIND_DAY);
	unsigned n = 0;

	for (size_t i = 0; i < days.count; i++)
		n += days.list[i].label_ms == label_ms;
	free(days.list);
	return n;
}

static int64_t midnight(int year, int month, int day)
{
	struct hj_civil c = { .year = year, .month = month, .day = day };
	int64_t ms;

	assert_int_equal(hj_civil_to_ms(&c, &ms), 0);
	return ms;
}

static void over_midnight(int64_t day_ms, int64_t next_ms)
{
	t0_ms = day_ms + 22 * HOUR; /* begin() adds an hour */
	begin(4);
	run(90 * MINUTE, 0, true);
	close_all_windows();
	assert_int_equal(days_named(day_ms), BUSES * POINTS);
	assert_int_equal(days_named(next_ms), 0);
	judge(false);
	end();
	t0_ms = NOVEMBER;
}

static void a_leap_day_and_a_new_year(void **state)
{
	over_midnight(midnight(2028, 2, 28), midnight(2028, 2, 29));
	over_midnight(midnight(2028, 2, 29), midnight(2028, 3, 1));
	over_midnight(midnight(2027, 2, 28), midnight(2027, 3, 1));
	over_midnight(midnight(2026, 12, 31), midnight(2027, 1, 1));
}

#define T(f) cmocka_unit_test(f)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(an_hour_back),
		T(an_hour_ahead),
		T(a_day_back),
		T(to_1970),
		T(to_2090),
		T(to_2040),
		T(by_hand),
		T(a_few_seconds),
		T(at_random),
		T(no_rtc),
		T(gone_when_the_time_comes),
		T(an_interval_is_that_of_then),
		T(accepted),
		T(a_platform_is_believed),
		T(a_clock_without_battery_is_not),
		T(a_wrong_clock_bars_by_nobodys_word),
		T(a_batch_waits_for_room),
		T(a_failure_ends_in_true_time),
		T(a_leap_day_and_a_new_year),
	};
	int null = open("/dev/null", O_WRONLY), r;

	if (!getenv("HJ_VERBOSE"))
		dup2(null, STDERR_FILENO);
	close(null);
	r = cmocka_run_group_tests(tests, NULL, NULL);
	printf("figure store.clock_cases %u cases - ok\n", cases);
	printf("figure store.clock_lost %u samples 0 %s\n", lost, lost || r ? "short" : "ok");
	printf("figure store.clock_doubled %u windows 0 %s\n", doubled, doubled || r ? "short" : "ok");
	return r;
}
