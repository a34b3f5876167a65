/* What the clock is trusted by, and its steps.
 *
 * A source says that the clock is right: a time daemon (the kernel tells), a platform (ClockSet), or nobody but the
 * box's own clock, where hjgate.conf says so and that clock runs. The word holds for this boot of the machine,
 * until the clock is set by somebody else: a day without the time daemon makes no clock wrong. Whoever says it, a
 * date before this program was made or decades after it is not believed, and a weaker source is not believed where
 * it says that it is earlier than what was recorded under a stronger one: a dead battery. No source is barred by
 * its own records or by those of a weaker one, so that one wrong date in the future does not keep the right time
 * out; where it was a stronger source's, `hjgate clock accept` does.
 *
 * The rollup's open windows are stamped by the clock as it was when it was trusted last (`stamped_ms`). When the
 * clock is trusted again, or stepped while it is, they are told how far it has moved. */
#include "stored.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hjgate/clock_watch.h"
#include "hjgate/log.h"

#define CLOCK_KEY       "clock"
#define CLOCK_VERSION   1
#define BAR_SLACK_MS    600000LL /* by which a weaker clock may be behind */
#define EVERY           (60 * HJ_USEC_PER_SEC)
#define EVERY_UNTRUSTED (10 * HJ_USEC_PER_SEC)
#define ACCURACY        (1 * HJ_USEC_PER_SEC)
#define TOLD_AFTER      (60 * HJ_USEC_PER_SEC) /* a start without a network is no event at once */
#define KEPT_LOOKS      (2 * HJ_USEC_PER_SEC)  /* within them hjgate-kept has surely seen that the clock was set */
#define RTC_SINCE_EPOCH "/sys/class/rtc/rtc0/since_epoch"

/* ---- what is kept ---- */

static int encode(const struct stored *s, struct hj_buf *to)
{
	const struct trust *t = &s->trust;
	int r = hj_buf_put_be(to, CLOCK_VERSION, 1);

	r = r < 0 ? r : hj_buf_put(to, s->boot_id, HJ_ID_BYTES);
	r = r < 0 ? r : hj_buf_put_be(to, (uint64_t)s->begun_ms, 8);
	r = r < 0 ? r : hj_buf_put_be(to, t->told, 1);
	r = r < 0 ? r : hj_buf_put_be(to, t->source, 1);
	r = r < 0 ? r : hj_buf_put_be(to, (uint64_t)t->since_ms, 8);
	r = r < 0 ? r : hj_buf_put_be(to, t->is_stamped, 1);
	r = r < 0 ? r : hj_buf_put_be(to, (uint64_t)t->stamped_ms, 8);
	for (size_t i = HJ_TRUST_RTC; i <= HJ_TRUST_NTP && r >= 0; i++)
		r = hj_buf_put_be(to, (uint64_t)t->bar_ms[i], 8);
	r = r < 0 ? r : hj_buf_put_be(to, t->steps_seen, 8);
	r = r < 0 ? r : hj_buf_put_be(to, t->step_count, 1);
	for (size_t i = 0; i < t->step_count && r >= 0; i++) {
		r = hj_buf_put_be(to, (uint64_t)t->steps[i].from_ms, 8);
		r = r < 0 ? r : hj_buf_put_be(to, (uint64_t)t->steps[i].to_ms, 8);
	}
	return r;
}

static int64_t get_time(struct hj_reader *in)
{
	int64_t ms = (int64_t)hj_get_be(in, 8);

	if (ms < -HJ_TIME_MAX_MS || ms > HJ_TIME_MAX_MS)
		in->failed = 1;
	return ms;
}

/* Of another boot only what was seen is of use: bars and steps. */
static int decode(struct stored *s, const struct hj_buf *b)
{
	struct hj_reader in = { .p = (uint8_t *)b->data, .end = (uint8_t *)b->data + b->len };
	unsigned version = (unsigned)hj_get_be(&in, 1);
	const void *boot = hj_get_bytes(&in, HJ_ID_BYTES);
	struct trust t = { 0 };
	unsigned source;
	int64_t begun_ms;

	begun_ms = get_time(&in);
	t.told = (enum hj_trust)hj_get_be(&in, 1);
	source = (unsigned)hj_get_be(&in, 1);
	t.since_ms = get_time(&in);
	t.is_stamped = hj_get_be(&in, 1);
	t.stamped_ms = get_time(&in);
	for (size_t i = HJ_TRUST_RTC; i <= HJ_TRUST_NTP; i++)
		t.bar_ms[i] = get_time(&in);
	t.steps_seen = hj_get_be(&in, 8);
	t.step_count = hj_get_be(&in, 1);
	if (version != CLOCK_VERSION || t.told > HJ_TRUST_NTP || source > HJ_TRUST_NTP ||
	        t.step_count > STORED_STEPS_MAX)
		return -EBADMSG;
	for (size_t i = 0; i < t.step_count; i++) {
		t.steps[i].from_ms = get_time(&in);
		t.steps[i].to_ms = get_time(&in);
	}
	if (in.failed || in.p != in.end)
		return -EBADMSG;
	if (memcmp(boot, s->boot_id, HJ_ID_BYTES)) {
		t.told = HJ_TRUST_NONE;
		t.is_stamped = false;
		source = HJ_TRUST_NONE;
	} else {
		s->begun_ms = hj_min(s->begun_ms, begun_ms);
	}
	t.was = (enum hj_trust)source;
	s->trust = t;
	return 0;
}

/* A dead battery's 1970 or 2000 never reaches us: systemd begins with the date of its own making, which is plausible.
 * The clock itself still says it, or nothing. Below a root there need not be one: a desk. */
static bool rtc_runs(const struct stored *s)
{
	const char *root = s->root ? s->root : "";
	long long since = 0;
	char path[HJ_PATH_MAX];
	FILE *f;
	bool runs;

	if ((size_t)snprintf(path, sizeof(path), "%s" RTC_SINCE_EPOCH, root) >= sizeof(path))
		return false;
	f = fopen(path, "re");
	if (!f)
		return *root;
	runs = fscanf(f, "%lld", &since) == 1 && since > 0 && since < HJ_TIME_MAX_MS / HJ_MS_PER_SEC &&
	       hj_clock_plausible(since * HJ_MS_PER_SEC);
	fclose(f);
	return runs;
}

int trust_load(struct stored *s)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	int r = hj_ledger_get(s->ledger, CLOCK_KEY, &b);

	if (r == -EBADMSG || r == -ENOKEY || (r >= 0 && decode(s, &b) < 0)) {
		hj_error("what is kept of the clock cannot be read: beginning without it");
		r = 0;
	}
	s->trust.rtc = hj_conf_trusts_rtc(&s->conf, s->root);
	if (s->trust.rtc && !s->trust.was && !rtc_runs(s)) { /* was: somebody has set it since the machine started */
		hj_warn("clock_trust is \"rtc\", and this box's own clock has stood still, or there is none: it is not "
		        "trusted until somebody sets it (date -s, then hwclock -w); see to its battery");
		s->trust.rtc = false;
	}
	return r == -ENOENT ? 0 : r;
}

int trust_put(struct stored *s)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	int r = s->trust.changed ? encode(s, &b) : 0;

	return r < 0 || !s->trust.changed ? r : hj_ledger_put(s->ledger, CLOCK_KEY, b.data, b.len);
}

/* ---- judging ---- */

static bool plausible(const struct trust *t, enum hj_trust source, int64_t wall_ms)
{
	if (!hj_clock_plausible(wall_ms))
		return false;
	for (int stronger = source + 1; stronger <= HJ_TRUST_NTP; stronger++)
		if (wall_ms < t->bar_ms[stronger] - BAR_SLACK_MS)
			return false;
	return true;
}

/* Right after a step the file of hjgate-kept may be of before it. */
static bool kept_by_daemon(const struct trust *t, const struct hj_now *now)
{
	struct hj_clock_kept kept;

	hj_clock_kept(&kept);
	return kept.synchronised && !(kept.by_file && now->mono < t->kept_from);
}

static enum hj_trust judge(struct trust *t, const struct hj_now *now, bool stepped)
{
	bool synchronised = kept_by_daemon(t, now);

	/* Whoever set it now: not the one whose word we have. */
	if (stepped && !synchronised)
		t->told = HJ_TRUST_NONE;
	if (synchronised)
		t->told = HJ_TRUST_NTP;
	if (t->told && plausible(t, t->told, now->wall_ms))
		return t->told;
	return t->rtc && plausible(t, HJ_TRUST_RTC, now->wall_ms) ? HJ_TRUST_RTC : HJ_TRUST_NONE;
}

/* No record bars beyond the clock that its source vouches for: a window may be of a clock that was ahead before. */
void trust_note_label(struct stored *s, int64_t end_ms)
{
	struct trust *t = &s->trust;

	end_ms = hj_min(end_ms, hj_now().wall_ms);
	if (!t->source || t->bar_ms[t->source] >= end_ms)
		return;
	t->bar_ms[t->source] = end_ms;
	t->changed = true;
}

int64_t trust_newest(const struct stored *s)
{
	int64_t newest = 0;

	for (size_t i = HJ_TRUST_RTC; i <= HJ_TRUST_NTP; i++)
		newest = hj_max(newest, s->trust.bar_ms[i]);
	return newest;
}

void trust_accept(struct stored *s, int64_t now_ms)
{
	for (size_t i = HJ_TRUST_RTC; i <= HJ_TRUST_NTP; i++)
		s->trust.bar_ms[i] = hj_min(s->trust.bar_ms[i], now_ms);
	s->trust.changed = true;
}

/* ---- steps ---- */

static void note_step(struct trust *t, int64_t from_ms, int64_t to_ms)
{
	if (t->step_count == STORED_STEPS_MAX)
		memmove(&t->steps[0], &t->steps[1], --t->step_count * sizeof(t->steps[0]));
	t->steps[t->step_count++] =
	        (struct step){ hj_time_moved(from_ms, 0), hj_time_moved(to_ms, 0) }; /* within what has a name */
	t->steps_seen++;
	t->changed = true;
}

/* The first trust of this boot: what is open is of the boot before, and a clock that went back while the power was
 * gone must not fill it a second time. */
static void settle_boot(struct stored *s, const struct hj_now *now)
{
	int64_t end_ms = hj_time_moved(s->begun_ms, s->trust.ahead_ms), last_ms;

	if (poweron_last(s, &last_ms) && end_ms + HJ_STEP_LEAST_MS <= last_ms) {
		note_step(&s->trust, last_ms, end_ms);
		hj_rollup_step(s->rollup, last_ms, end_ms, now);
	}
	poweron_check(s, end_ms);
}

static void settle(struct stored *s, const struct hj_now *now)
{
	struct trust *t = &s->trust;
	int64_t moved = t->ahead_ms - t->stamped_ms;

	if (!t->is_stamped)
		settle_boot(s, now);
	else if (hj_is_step(moved))
		hj_rollup_step(s->rollup, hj_time_moved(t->edge_ms, t->stamped_ms),
		        hj_time_moved(t->edge_ms, t->ahead_ms), now);
	t->changed = t->changed || !t->is_stamped || moved;
	t->is_stamped = true;
	t->stamped_ms = t->ahead_ms;
}

/* ---- what changes ---- */

static void gained(struct stored *s)
{
	tell_trust(s, true);
	hj_notice("the clock is trusted (%s)", hj_trust_name(s->trust.source));
	pending_release(s);
	maintain_trusted(s);
	commit_request(s, STORED_COMMIT_BUSY);
}

static void lost(struct stored *s, const struct hj_now *now)
{
	s->trust.lost_at = now->mono;
	hj_warn("the clock is not trusted: what is read is kept aside until it is");
	pending_hold(s);
}

void trust_heed(struct stored *s, const struct hj_now *now)
{
	struct trust *t = &s->trust;
	int64_t step = hj_clock_step(&t->ahead_ms, now);
	enum hj_trust before = t->source;

	if (!s->loaded)
		return;
	if (step) {
		note_step(t, now->wall_ms - step, now->wall_ms);
		t->kept_from = now->mono + KEPT_LOOKS;
		t->rtc = hj_conf_trusts_rtc(&s->conf, s->root);
	}
	if (before)
		t->edge_ms = (int64_t)(now->mono / HJ_USEC_PER_MS);
	t->source = judge(t, now, step != 0);
	if (t->source != before) {
		t->changed = true;
		t->since_ms = now->wall_ms;
	}
	if (t->source)
		settle(s, now);
	if (t->source && !before)
		gained(s);
	if (!t->source && before)
		lost(s, now);
	if (!t->source != !before)
		read_trust_changed(s);
}

void trust_told(struct stored *s, enum hj_trust source)
{
	struct hj_now now = hj_now();

	trust_heed(s, &now); /* the step of just now is not against it */
	s->trust.changed = s->trust.changed || s->trust.told < source;
	s->trust.told = hj_max(s->trust.told, source);
	trust_heed(s, &now);
	window_process(s);
	if (s->trust.changed) /* a platform may say so each second */
		commit_request(s, STORED_COMMIT_BUSY);
}

/* ---- when ---- */

static void look(struct stored *s)
{
	struct hj_now now = hj_now();

	trust_heed(s, &now);
	if (!s->trust.source && now.mono >= s->trust.lost_at + TOLD_AFTER)
		tell_trust(s, false);
	window_process(s);
}

static void on_set(void *userdata)
{
	struct stored *s = userdata;

	look(s);
	sd_event_source_set_time_relative(s->clock_timer, KEPT_LOOKS);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct stored *s = userdata;

	look(s);
	sd_event_source_set_time_relative(source, s->trust.source ? EVERY : EVERY_UNTRUSTED);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

int trust_start(struct stored *s)
{
	int r = hj_clock_watch(s->event, on_set, s, &s->clock_watch);

	if (r < 0)
		hj_log_error(r, "cannot watch the clock: looking at it every minute");
	return sd_event_add_time_relative(
	        s->event, &s->clock_timer, CLOCK_BOOTTIME, EVERY_UNTRUSTED, ACCURACY, on_timer, s);
}

void trust_loaded(struct stored *s)
{
	struct trust *t = &s->trust;
	struct hj_now now = hj_now();
	int64_t last_ms, since_ms = t->since_ms;

	t->lost_at = now.mono;
	/* What moved while nobody looked is a step of now. */
	t->ahead_ms = t->is_stamped && t->was ? t->stamped_ms : hj_clock_ahead(&now);
	t->edge_ms = t->is_stamped && poweron_last(s, &last_ms) ? last_ms - t->stamped_ms : s->begun_ms;
	trust_heed(s, &now);
	if (t->source == t->was && since_ms)
		t->since_ms = since_ms;
	if (!t->source) {
		lost(s, &now);
		poweron_suspect(s);
	}
	t->changed = true;
	commit_urgent(s); /* shows soon that the power is there */
}

void trust_stop(struct stored *s)
{
	sd_event_source_disable_unref(s->clock_watch);
	sd_event_source_disable_unref(s->clock_timer);
}
