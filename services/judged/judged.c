/* Making and freeing, the timers, and the one turn that follows whatever judge was told. Time passes only while
 * samples can come: without stored nothing is concluded, and what was concluded holds. */
#include "judged.h"

#include "feed.h"
#include "hjgate/clock_watch.h"
#include "hjgate/log.h"
#include "peer_outbox.h"

#include <errno.h>

#define ACCURACY (10 * HJ_USEC_PER_MS)

static void arm(struct judged *d)
{
	int64_t deadline = hj_judge_deadline(d->judge), wait;
	struct hj_now now = hj_now();

	if (!d->live || deadline == INT64_MAX) {
		sd_event_source_set_enabled(d->timer, SD_EVENT_OFF);
		return;
	}
	wait = hj_max(deadline + JUDGED_LAG_MS - now.wall_ms, (int64_t)0);
	sd_event_source_set_time(d->timer, now.mono + (hj_usec)wait * HJ_USEC_PER_MS);
	sd_event_source_set_enabled(d->timer, SD_EVENT_ONESHOT);
}

/* First it is kept, then it is told: see peer_outbox.h. */
void judged_settle(struct judged *d)
{
	judged_tell_states(d);
	judged_tell_hours(d);
	if (d->concluded)
		keep_save(d);
	outbox_pump(d->outbox);
	arm(d);
}

void judged_live(struct judged *d, bool live)
{
	d->live = live;
	arm(d);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct judged *d = userdata;

	if (!d->live)
		return 0;
	hj_judge_pass(d->judge, hj_now().wall_ms - JUDGED_LAG_MS);
	judged_settle(d);
	return 0;
}

static int on_keep(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct judged *d = userdata;

	d->concluded = d->concluded || hj_judge_time(d->judge) != d->kept_ms;
	judged_settle(d);
	sd_event_source_set_time(source, usec + JUDGED_KEEP_MS * HJ_USEC_PER_MS);
	return 0;
}

static void on_clock_set(void *userdata)
{
	struct hj_now now = hj_now();
	struct judged *d = userdata;
	int64_t step = hj_clock_step(&d->clock_ahead_ms, &now), to;

	if (!step)
		return;
	hj_notice("the clock was set by %lld s: what is waited for is waited for as long as before",
	        (long long)(step / HJ_MS_PER_SEC));
	d->concluded = outbox_step(d->outbox, step) || d->concluded;
	/* Judge's time comes from before the boot: a clock that began years behind it had not taken it back. */
	to = hj_min(hj_time_moved(hj_judge_time(d->judge), step), now.wall_ms);
	hj_judge_skip(d->judge, to);
	judged_settle(d);
}

static int start_timers(struct judged *d)
{
	struct hj_now now = hj_now();
	int r;

	d->clock_ahead_ms = hj_clock_ahead(&now);
	if (hj_clock_watch(d->event, on_clock_set, d, &d->clock) < 0)
		hj_warn("the clock cannot be watched: where it is set, what is waited for ends by the new time");
	r = sd_event_add_time(d->event, &d->timer, CLOCK_BOOTTIME, 0, ACCURACY, on_timer, d);
	if (r >= 0)
		r = sd_event_source_set_enabled(d->timer, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_time_relative(d->event, &d->keep_timer, CLOCK_BOOTTIME,
		        JUDGED_KEEP_MS * HJ_USEC_PER_MS, HJ_USEC_PER_SEC, on_keep, d);
	return r < 0 ? r : sd_event_source_set_enabled(d->keep_timer, SD_EVENT_ON);
}

static int start(struct judged *d)
{
	char folder[HJ_PATH_MAX];
	int r = hj_state_folder(d->root, "judged", 0700, folder);

	if (r >= 0 && snprintf(d->path, sizeof(d->path), "%s/state", folder) >= (int)sizeof(d->path))
		r = -ENAMETOOLONG;
	if (r >= 0)
		r = hj_path(d->root, HJ_DIR_RUN, "judged/state", d->spare);
	if (r >= 0)
		r = hj_judge_new(&d->site.plan, hj_now().wall_ms - JUDGED_LAG_MS, judged_tell, d, &d->judge);
	if (r >= 0)
		r = outbox_new(d, &d->outbox);
	if (r >= 0)
		r = keep_load(d);
	if (r >= 0)
		r = start_timers(d);
	return r < 0 ? r : feed_new(d, &d->feed);
}

int judged_new(sd_event *event, const char *root, const struct hj_conf_main *conf, struct hj_conf_site *site,
        struct judged **ret)
{
	_cleanup_(judged_freep) struct judged *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return -ENOMEM;
	d->event = sd_event_ref(event);
	d->root = root;
	d->site = *site;
	*site = (struct hj_conf_site){ 0 };
	d->site.plan.day_ms = hj_conf_day_ms(conf);
	d->map.plan = &d->site.plan;
	for (size_t i = 0; i < HJ_JUDGE_EQUIPMENT_MAX; i++)
		d->told[i] = JUDGED_TOLD_NO;
	r = start(d);
	if (r < 0)
		return r;
	*ret = hj_steal(d);
	return 0;
}

void judged_free(struct judged *d)
{
	if (!d)
		return;
	d->concluded = true;
	if (d->feed)
		judged_settle(d);
	feed_free(d->feed);
	outbox_free(d->outbox);
	judged_keys_free(d);
	free(d->hours);
	hj_judge_map_done(&d->map);
	hj_judge_free(d->judge);
	hj_conf_site_done(&d->site);
	sd_event_source_disable_unref(d->timer);
	sd_event_source_disable_unref(d->keep_timer);
	sd_event_source_disable_unref(d->clock);
	sd_event_unref(d->event);
	free(d);
}
