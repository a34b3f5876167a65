/* The platform's move from one edition to the next: on the day that the file names the session is another one, with
 * the MN, ST and PW that change with it. What went before went in the old form; the QNs go on, and what is owed is
 * owed.
 *
 * Which side of the day it is the clock says, so a wrong one locks nothing: when it is right again, so is the
 * edition. A date that cannot be decides nothing. The store keeps which edition was spoken last, so that a move that
 * nobody was there to see is told too, and a password that the platform of the old edition had set is not carried
 * over. */
#include "uplinkd.h"

#include <stdio.h>
#include <stdlib.h>

#include "hjgate/log.h"
#include "hjgate/now.h"

#define ACCURACY_USEC 1000

static bool is_moved(const struct uplinkd *u, int64_t wall_ms)
{
	if (!u->conf.next.from_ms)
		return false;
	return hj_clock_plausible(wall_ms) ? wall_ms >= u->conf.next.from_ms : u->moved;
}

/* As at a time on this side of the day. */
static void take_form(struct uplinkd *u)
{
	hj_conf_uplink_form(&u->conf, u->moved ? u->conf.next.from_ms : 0, &u->form);
	u->identity.edition = (enum hj212_edition)u->form.edition; /* both are the year */
	hj_text_copy(u->identity.mn, sizeof(u->identity.mn), u->form.mn);
	hj_text_copy(u->identity.st, sizeof(u->identity.st), u->form.st);
	hj_text_copy(u->configured.pw, sizeof(u->configured.pw), u->form.pw);
}

static void keep_mark(struct uplinkd *u)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", (int)u->form.edition);
	feed_keep(u->feed, "edition", text);
}

/* What was spoken before is over: the store is told, and so are people. */
static void tell(struct uplinkd *u, int before)
{
	hj_notice("uplink %s: the platform has moved from edition %d of HJ 212 to %d: MN %s, ST %s", u->name, before,
	        (int)u->form.edition, u->form.mn, u->form.st);
	event_edition(u, before, (int)u->form.edition);
	keep_mark(u);
	if (!u->conf.next.form.pw[0])
		return;
	feed_keep(u->feed, "pw", NULL);
	feed_keep(u->feed, "old_pw", NULL);
	hj212_session_set_pw(u->session, u->form.pw);
}

/* Another connection, for the platform's sake: who speaks is said once for each. */
static void begin_anew(struct uplinkd *u, int before)
{
	uplinkd_unlink(u);
	take_form(u);
	hj212_session_become(u->session, &u->identity);
	tell(u, before);
	if (!u->paused)
		link_start(u->link);
}

void move_turn(struct uplinkd *u, struct hj_now now)
{
	int before = (int)u->form.edition;

	if (is_moved(u, now.wall_ms) == u->moved)
		return;
	u->moved = !u->moved;
	begin_anew(u, before);
}

void move_mark(struct uplinkd *u, const char *mark)
{
	int before = mark ? atoi(mark) : 0;

	if (!u->conf.next.from_ms)
		return;
	if (before == (int)u->conf.next.form.edition && !hj_clock_plausible(hj_now().wall_ms) && !u->moved) {
		u->moved = true;
		uplinkd_unlink(u);
		take_form(u);
		hj212_session_become(u->session, &u->identity);
		if (!u->paused)
			link_start(u->link);
	} else if (before && before != (int)u->form.edition) {
		begin_anew(u, before);
	} else if (!before) {
		keep_mark(u);
	}
}

static void on_day(void *userdata)
{
	uplinkd_pump(userdata);
}

int move_new(struct uplinkd *u)
{
	int64_t from_ms = u->conf.next.from_ms;
	int r;

	u->moved = is_moved(u, hj_now().wall_ms);
	take_form(u);
	if (!from_ms || u->moved)
		return 0;
	r = hj_wall_timer_init(&u->move_timer, u->event, ACCURACY_USEC, on_day, u);
	return r < 0 ? r : hj_wall_timer_set(&u->move_timer, from_ms);
}

void move_free(struct uplinkd *u)
{
	hj_wall_timer_done(&u->move_timer);
}
