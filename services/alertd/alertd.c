/* Making and freeing; what comes in and goes out; and the one timer. It ends by itself when nothing is left to be
 * said: its socket starts it again. */
#include "alertd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/conf.h"
#include "hjgate/log.h"
#include "hjgate/now.h"
#include "message.h"

/* ---- what is owed ---- */

int alertd_owe(struct alertd *a, struct alert *alert)
{
	if (a->owed_count == a->owed_size) {
		size_t size = a->owed_size ? 2 * a->owed_size : 16;
		struct alert **owed = realloc(a->owed, size * sizeof(*owed));

		if (!owed)
			return -ENOMEM;
		a->owed = owed;
		a->owed_size = size;
	}
	a->owed[a->owed_count++] = alert;
	return 0;
}

static void forget(struct alertd *a, struct alert *alert)
{
	size_t i = 0;

	while (a->owed[i] != alert)
		i++;
	memmove(a->owed + i, a->owed + i + 1, (--a->owed_count - i) * sizeof(*a->owed));
	alert_free(alert);
}

void alertd_done(struct alertd *a, struct alert *alert, const struct channel *c)
{
	alert->left &= ~c->bit;
	outbox_done(a, alert, c);
	/* What is not on the disk is offered again: until then it is remembered that it was told. */
	if (!alert->left)
		forget(a, alert);
}

/* One channel that is dead for long must not keep the others from what is new. */
static void make_room(struct alertd *a)
{
	if (a->owed_count < OWED_MAX)
		return;
	for (size_t i = 0; i < a->owed_count; i++) {
		struct alert *alert = a->owed[i];

		if (alert->under_way)
			continue;
		for (size_t k = 0; k < a->channel_count; k++)
			if (alert->left & a->channels[k].bit) {
				bool last = alert->left == a->channels[k].bit;

				channel_give_up(&a->channels[k], alert, "too many wait");
				if (last)
					return;
			}
	}
}

/* ---- what comes ---- */

static bool was_seen(const struct alertd *a, const struct alert *alert)
{
	for (size_t i = 0; i < SEEN_MAX; i++)
		if (a->seen[i].id == alert->id && a->seen[i].phase == alert->phase)
			return true;
	return false;
}

static bool waits_unkept(const struct alertd *a, const struct alert *alert)
{
	for (size_t i = 0; i < a->owed_count; i++)
		if (a->owed[i]->id == alert->id && a->owed[i]->phase == alert->phase && !a->owed[i]->kept)
			return true;
	return false;
}

static unsigned who_wants(const struct alertd *a, const struct alert *alert)
{
	unsigned bits = 0;

	for (size_t i = 0; i < a->channel_count; i++)
		if (alert_wanted(a->channels[i].conf, alert))
			bits |= a->channels[i].bit;
	return bits;
}

/* Whose begin somebody wanted, has to be known to be over, even if nobody wants to be told of that. */
static bool concerns_anybody(const struct alertd *a, const struct alert *alert)
{
	struct alert begin = *alert;

	begin.phase = ALERT_BEGIN;
	return who_wants(a, &begin) != 0;
}

static enum taken keep(struct alertd *a, struct alert *alert, const struct track *track)
{
	_cleanup_(hj_buf_done) struct hj_buf lines = { 0 };
	const struct seen seen = { alert->id, alert->phase };
	int r;

	if (alert->left) /* what nobody is told takes nobody's place */
		make_room(a);
	alert->taken_mono = hj_now().mono;
	alert->number = ++a->numbers;
	r = outbox_line_seen(&lines, &seen);
	r = r < 0 || !track ? r : outbox_line_track(&lines, track);
	r = r < 0 || !alert->left ? r : outbox_line_owed(&lines, a, alert);
	r = r < 0 ? r : outbox_write(a, &lines, true);
	a->seen[a->seen_next++ % SEEN_MAX] = seen;
	alert->kept = r >= 0;
	if (!alert->left || alertd_owe(a, alert) < 0) {
		alert_free(alert);
		return r < 0 ? TAKEN_NOT : TAKEN;
	}
	if (r < 0)
		hj_log_error(r, "cannot write %s: the alert is told, and asked for again", a->path);
	return r < 0 ? TAKEN_NOT : TAKEN;
}

enum taken alertd_take(struct alertd *a, struct alert *alert)
{
	struct track *track = NULL;
	bool tell;

	if (was_seen(a, alert)) {
		/* A disk that takes things again gets what it refused: until then nothing newer is offered. */
		enum taken was = waits_unkept(a, alert) && outbox_open(a) < 0 ? TAKEN_NOT : TAKEN_BEFORE;

		alert_free(alert);
		return was;
	}
	if (!concerns_anybody(a, alert)) {
		alert_free(alert);
		return TAKEN_UNWANTED;
	}
	tell = quiet_event(&a->quiet, alert, hj_now().wall_ms, &alert->more, &track);
	alert->left = tell ? who_wants(a, alert) : 0;
	return keep(a, alert, track);
}

/* ---- the turn ---- */

static void tell_due(struct alertd *a, int64_t now_ms)
{
	struct track *track;
	struct alert *alert;

	while ((alert = quiet_due(&a->quiet, now_ms, &track))) {
		alert->left = who_wants(a, alert);
		keep(a, alert, track);
	}
}

static hj_usec idle_usec(const struct alertd *a)
{
	return (hj_usec)(a->conf.test_idle ? a->conf.test_idle : IDLE_MS) * HJ_USEC_PER_MS;
}

static hj_usec at_wall(const struct hj_now *now, int64_t ms)
{
	int64_t wait;

	if (ms == INT64_MAX)
		return HJ_USEC_NEVER;
	/* In steps of an hour, since the wall clock may be set meanwhile. */
	wait = hj_min(ms - now->wall_ms, 3600 * HJ_MS_PER_SEC);
	return wait > 0 ? now->mono + (hj_usec)wait * HJ_USEC_PER_MS : now->mono;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct alertd *a = userdata;
	struct hj_now now = hj_now();
	hj_usec next;

	tell_due(a, now.wall_ms);
	next = at_wall(&now, quiet_next(&a->quiet));
	for (size_t i = 0; i < a->channel_count; i++)
		next = hj_min(next, channel_turn(&a->channels[i], now.mono));
	outbox_tidy(a);
	if (next == HJ_USEC_NEVER && !a->owed_count && !a->tests) {
		next = a->active + idle_usec(a);
		if (now.mono >= next)
			return sd_event_exit(a->event, HJ_EXIT_OK);
	}
	if (next == HJ_USEC_NEVER)
		return 0; /* a message is under way */
	sd_event_source_set_time(source, hj_max(next, now.mono + HJ_USEC_PER_MS));
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

void alertd_turn(struct alertd *a)
{
	sd_event_source_set_time(a->timer, 0);
	sd_event_source_set_enabled(a->timer, SD_EVENT_ONESHOT);
}

/* ---- making and freeing ---- */

/* What is wrong is said, and nobody is told until it is mended: events wait at eventd meanwhile. */
static void load(struct alertd *a)
{
	_cleanup_(hj_conf_errors_done) struct hj_conf_errors errors = { 0 };
	int r = hj_conf_load_alerts(a->root, &a->conf, &errors);

	for (size_t i = 0; i < errors.count; i++)
		hj_error("%s:%d: %s; %s", errors.list[i].file, errors.list[i].line, errors.list[i].what,
		        errors.list[i].remedy);
	a->conf_bad = r < 0;
	if (r < 0)
		hj_log_error(r, "nobody can be told anything until alerts.conf is right");
}

static int start(struct alertd *a)
{
	int r = hj_report_new(a->event, a->root, "alertd", &a->report);

	r = r < 0 ? r : http_new(a->event, &a->http);
	if (r >= 0)
		r = sd_event_add_time(a->event, &a->timer, CLOCK_BOOTTIME, 0, HJ_USEC_PER_MS, on_timer, a);
	if (r < 0)
		return hj_log_error(r, "cannot start");
	message_language(&a->conf);
	a->quiet.quiet_ms = a->conf.quiet * 60 * HJ_MS_PER_SEC;
	a->quiet.repeat_ms = a->conf.repeat * 3600 * HJ_MS_PER_SEC;
	for (size_t i = 0; i < a->conf.channel_count; i++)
		channel_init(a, &a->conf.channels[i], 1u << i);
	r = a->conf_bad ? 0 : outbox_open(a); /* without its channels nothing of it would be kept */
	if (r < 0)
		hj_log_error(r,
		        "cannot open the outbox below %s/var/lib/hjgate: alerts are told, and asked for again",
		        a->root);
	r = asking_new(a, &a->asking);
	if (r < 0)
		hj_log_error(r, "eventd is not asked what is still open: what is told again goes by what it offers");
	return 0;
}

int alertd_new(struct hj_service *s, struct alertd **ret)
{
	_cleanup_(alertd_freep) struct alertd *a = calloc(1, sizeof(*a));
	int r;

	if (!a)
		return -ENOMEM;
	a->event = sd_event_ref(s->event);
	a->root = s->root;
	a->fd = -1;
	a->active = hj_now().mono;
	a->numbers = (uint64_t)hj_now().wall_ms; /* above any of a file that can be read later only */
	load(a);
	r = start(a);
	if (r < 0)
		return r;
	*ret = hj_steal(a);
	return 0;
}

void alertd_free(struct alertd *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->channel_count; i++)
		channel_stop(&a->channels[i]);
	http_free(a->http);
	asking_free(a->asking);
	hj_report_free(a->report);
	sd_event_source_disable_unref(a->timer);
	for (size_t i = 0; i < a->owed_count; i++)
		alert_free(a->owed[i]);
	free(a->owed);
	quiet_done(&a->quiet);
	hj_conf_alerts_done(&a->conf);
	hj_closep(&a->fd);
	sd_event_unref(a->event);
	free(a);
}
