/* A damaged file was set aside and a new one begun. What of the old one verifies comes back first, in slices, before
 * anything else is written: ids go on, what was open is open, and what begins or ends meanwhile waits in RAM, as
 * while the disk is away, and meets it. That is a matter of seconds: the ledger is bounded. Where the disk does not
 * take it, that is trouble as any other. */
#include "eventd.h"
#include "hjgate/event.h"
#include "hjgate/ipc.h"
#include "hjgate/log.h"
#include "hjgate/now.h"
#include "hjgate/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SLICE      (20 * HJ_USEC_PER_MS)
#define PAUSE      (5 * HJ_USEC_PER_MS)
#define LAST_WORDS (5 * HJ_USEC_PER_SEC) /* at the end of the program, for what is not back yet */

/* Nobody is owed events. What else the file says of itself is taken over only where all of it proves to be whole: an
 * older word on what the configuration was, or how far people have been told, would be told again. */
static const struct hj_salvage_rules *rules(void)
{
	static const char *const prefixes[] = { HJ_SALVAGE_KEY, NULL };
	static const struct hj_salvage_rules events = { .prefixes = prefixes };

	return &events;
}

/* ---- the end ---- */

static json_t *label(int64_t ms)
{
	char text[HJ_TIME_HUMAN_LEN + 1] = "-";

	if (ms != INT64_MIN)
		hj_time_human(ms, false, text);
	return json_string(text);
}

static void tell(struct eventd *d, const struct hj_salvage_look *look)
{
	_cleanup_json_ json_t *j = json_pack("{s:s, s:I, s:I, s:o, s:o, s:b}", "file", look->file, "records",
	        (json_int_t)look->rows, "lost", (json_int_t)look->lost, "from", label(look->lost_begin_ms), "to",
	        label(look->lost_end_ms), "sure", look->sure);
	_cleanup_free_ char *values = j ? json_dumps(j, JSON_COMPACT) : NULL;

	hj_notice("%s: %" PRIu64 " rows are back, %" PRIu64 " are lost; it can be moved away", look->file, look->rows,
	        look->lost);
	eventd_say(d, "store-salvaged", ROW_MOMENT, "events.db", values);
}

static int settle(struct eventd *d, struct hj_salvage_look *look)
{
	int r;

	look->phase = HJ_SALVAGE_SETTLED;
	r = hj_salvage_put(d->ledger, look);
	r = r < 0 ? r : hj_ledger_commit(d->ledger);
	if (r >= 0)
		tell(d, look);
	return r;
}

int salvage_settle(struct eventd *d)
{
	struct hj_salvage_look look;
	int r = hj_salvage_unsettled(d->ledger, &look);

	while (r >= 0) {
		r = settle(d, &look);
		r = r < 0 ? r : hj_salvage_unsettled(d->ledger, &look);
	}
	return r == -ENOENT ? 0 : r;
}

/* ---- the way there ---- */

static int arm(struct eventd *d, hj_usec after)
{
	int r = sd_event_source_set_time_relative(d->salvage_timer, after);

	return r < 0 ? r : sd_event_source_set_enabled(d->salvage_timer, SD_EVENT_ONESHOT);
}

/* The rows of one file are back: the next one. */
static int next(struct eventd *d)
{
	int r;

	hj_salvage_free(hj_steal(d->salvage));
	r = hj_salvage_resume(d->opening, rules(), &d->salvage);
	return r == -ENOENT ? 0 : r < 0 ? r : 1;
}

static int slice(struct eventd *d)
{
	int r = hj_salvage_step(d->salvage, SLICE);

	return r ? r : next(d);
}

/* It goes on from there when the file is opened again. */
static void let_go(struct eventd *d)
{
	hj_salvage_free(hj_steal(d->salvage));
	hj_ledger_close(hj_steal(d->opening));
}

static int on_slice(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct eventd *d = userdata;
	int r = slice(d);

	if (r > 0)
		return arm(d, PAUSE);
	if (!r) {
		eventd_flush(d);
		return 0;
	}
	let_go(d);
	eventd_failed(d, r);
	return 0;
}

/* Only into a file that has nothing of its own yet: what was set aside before that, and was not put back, would bring
 * back what has ended since as if it were open. */
static bool is_new(const struct hj_ledger *l)
{
	return hj_ledger_last(l) <= hj_ledger_generation(l) * HJ_LEDGER_GENERATION;
}

int salvage_begin(struct eventd *d)
{
	int r = is_new(d->opening) ? hj_salvage_begin(d->opening, rules(), 0, &d->salvage) : -ENOENT;

	if (r == -ENOENT)
		r = hj_salvage_resume(d->opening, rules(), &d->salvage);
	if (r == -EACCES || r == -EUCLEAN)
		hj_log_error(r, "cannot read what the damaged file holds: it stays as it is, events go on without");
	if (r < 0)
		return r == -ENOENT || r == -EACCES || r == -EUCLEAN ? 0 : r;
	hj_notice("putting back the events of %s, before anything else", hj_salvage_look(d->salvage)->file);
	return arm(d, PAUSE);
}

/* Then what waits is written all the same, and an end whose begin is not back yet is none. */
void salvage_finish(struct eventd *d)
{
	hj_usec until = hj_now().mono + LAST_WORDS;
	int r = 1;

	while (d->salvage && r > 0 && hj_now().mono < until)
		r = slice(d);
	hj_salvage_free(hj_steal(d->salvage));
}

int salvage_timers(struct eventd *d)
{
	int r = sd_event_add_time(d->event, &d->salvage_timer, CLOCK_BOOTTIME, 0, HJ_USEC_PER_MS, on_slice, d);

	r = r < 0 ? r : sd_event_source_set_priority(d->salvage_timer, HJ_IPC_PRIORITY_LOOK);
	return r < 0 ? r : sd_event_source_set_enabled(d->salvage_timer, SD_EVENT_OFF);
}
