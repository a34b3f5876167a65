/* See offline.h. Each uplink tells its link-lost here, so this is the place that sees all of them. When the link of
 * every configured uplink has been lost for unreachable_minutes it is an event (those that somebody paused do not
 * count), and RUN/offline/flag is written: a path unit starts the site's own hook then. While it goes
 * on the flag is written again, after twice the time and so on up to a day, so that a hook that restarts a modem does
 * not do so for ever. The flag goes when a platform is back. What is configured is read when it is needed: a gateway
 * loses all its platforms seldom. */
#include "offline.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "eventd.h"
#include "hjgate/conf.h"
#include "hjgate/log.h"
#include "hjgate/now.h"

#define CODE          "all-unreachable"
#define KEY           "uplinks"
#define FOLDER        "offline"
#define FLAG          FOLDER "/flag"
#define AGAIN_MOST    (24 * 3600 * HJ_USEC_PER_SEC)
#define START_USEC    (5 * HJ_USEC_PER_SEC) /* the uplinks tell how they are */
#define ACCURACY_USEC (100 * HJ_USEC_PER_MS)
#define USEC_PER_MIN  (60 * HJ_USEC_PER_SEC)

static hj_usec limit_of(const struct eventd *d)
{
	_cleanup_(hj_conf_errors_done) struct hj_conf_errors errors = { 0 };
	struct hj_conf_main c = HJ_CONF_MAIN_DEFAULT;

	if (hj_conf_load_main(d->root, &c, &errors) < 0)
		c = (struct hj_conf_main)HJ_CONF_MAIN_DEFAULT;
	if (c.test_unreachable)
		return (hj_usec)c.test_unreachable * HJ_USEC_PER_SEC;
	return (hj_usec)c.unreachable_minutes * USEC_PER_MIN;
}

/* How many uplinks there are that nobody has paused, where the links of all of them are lost; else 0. */
static size_t all_lost(const struct eventd *d)
{
	char **names = NULL, key[EVENT_KEY_MAX + 1];
	size_t count = 0, lost = 0, paused = 0;

	if (hj_conf_names(d->root, "uplinks.d", &names, &count) < 0)
		return 0;
	for (size_t i = 0; i < count; i++) {
		snprintf(key, sizeof(key), "uplink %s", names[i]);
		if (book_find_open(&d->book, "uplink-paused", key))
			paused++;
		else
			lost += book_find_open(&d->book, "link-lost", key) != NULL;
	}
	hj_conf_names_free(names, count);
	return lost + paused == count ? lost : 0;
}

/* ---- the flag ---- */

/* Written in place: a path unit waits for a file that was written and closed. */
static void raise_flag(const struct eventd *d, unsigned long long minutes)
{
	_cleanup_fd_ int fd = -1;
	char path[HJ_PATH_MAX];
	int r = hj_path(d->root, HJ_DIR_RUN, FOLDER, path);

	if (r >= 0)
		r = hj_make_folders(path, 0755);
	if (r >= 0)
		r = hj_path(d->root, HJ_DIR_RUN, FLAG, path);
	if (r >= 0)
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (r >= 0 && (fd < 0 || dprintf(fd, "minutes=%llu\ntimes=%u\n", minutes, d->offline.raised) < 0))
		r = -errno;
	if (r < 0)
		hj_log_error(r, "cannot raise %s: no hook is started", path);
}

static void lower_flag(const struct eventd *d)
{
	char path[HJ_PATH_MAX];

	if (hj_path(d->root, HJ_DIR_RUN, FLAG, path) >= 0 && unlink(path) < 0 && errno != ENOENT)
		hj_log_error(-errno, "cannot remove %s", path);
}

/* ---- the turn ---- */

static void arm(struct eventd *d, hj_usec at)
{
	sd_event_source_set_time(d->offline.timer, at);
	sd_event_source_set_enabled(d->offline.timer, SD_EVENT_ONESHOT);
}

static void reached(struct eventd *d)
{
	struct offline *o = &d->offline;

	if (o->raised || !o->cleared) {
		lower_flag(d);
		eventd_say(d, CODE, ROW_END, KEY, NULL);
	}
	*o = (struct offline){ .timer = o->timer, .cleared = true, .looked = true };
}

static void tell(struct eventd *d, size_t uplinks, hj_usec now)
{
	struct offline *o = &d->offline;
	unsigned long long minutes = (now - o->since) / USEC_PER_MIN;
	char values[64];

	o->raised++;
	hj_error("no platform has been reached for %llu minutes, by none of %zu uplinks: the flag of the hook is "
	         "raised",
	        minutes, uplinks);
	snprintf(values, sizeof(values), "{\"minutes\":%llu,\"uplinks\":%zu}", minutes, uplinks);
	if (o->raised == 1)
		eventd_say(d, CODE, ROW_BEGIN, KEY, values);
	raise_flag(d, minutes);
}

static hj_usec again_after(hj_usec limit, unsigned raised)
{
	return raised < 16 ? hj_min(limit << raised, (hj_usec)AGAIN_MOST) : AGAIN_MOST;
}

static void look(struct eventd *d)
{
	size_t uplinks = all_lost(d);
	struct offline *o = &d->offline;
	hj_usec now = hj_now().mono, limit;

	o->looked = true;

	if (!uplinks) {
		reached(d);
		return;
	}
	limit = limit_of(d);
	if (!limit)
		return;
	if (!o->since) {
		o->since = now;
		o->next = now + limit;
	}
	if (now >= o->next) {
		tell(d, uplinks, now);
		o->next = now + again_after(limit, o->raised);
	}
	arm(d, o->next);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	look(userdata);
	return 0;
}

/* In a turn of its own: here events are being written. */
void offline_changed(struct eventd *d, const char *code)
{
	if ((!strcmp(code, "link-lost") || !strcmp(code, "uplink-paused")) && d->offline.looked)
		arm(d, 0);
}

int offline_init(struct eventd *d)
{
	int r = sd_event_add_time_relative(
	        d->event, &d->offline.timer, CLOCK_BOOTTIME, START_USEC, ACCURACY_USEC, on_timer, d);

	return r < 0 ? r : 0;
}

void offline_done(struct eventd *d)
{
	d->offline.timer = sd_event_source_disable_unref(d->offline.timer);
}
