/* What a person should know of an uplink, told to eventd. link-lost begins with the first failure and ends with a
 * connection, or, when the platform had taken connections without acknowledging anything, with the first
 * acknowledgement. Ends are told after our own start, too, since one before us may have left them open. Wrong
 * passwords are told once a minute at most. */
#include "uplinkd.h"

#include <stdio.h>

#include "hjgate/log.h"
#include "hjgate/report.h"

#define REFUSED_PAUSE (60 * HJ_USEC_PER_SEC)   /* between two password-refused */
#define UNFIT_PAUSE   (3600 * HJ_USEC_PER_SEC) /* between two value-too-long */

void event_key(const struct uplinkd *u, char ret[EVENT_KEY_LEN])
{
	snprintf(ret, EVENT_KEY_LEN, "uplink %s", u->name);
}

static void event_program(struct uplinkd *u, const char *code)
{
	char program[64];

	snprintf(program, sizeof(program), "uplinkd@%s", u->name);
	hj_report(u->report, code, HJ_MOMENT, program, json_pack("{s:s}", "program", program));
}

int event_new(struct uplinkd *u)
{
	char source[64];
	int r;

	if (u->adhoc)
		return 0;
	snprintf(source, sizeof(source), "uplinkd@%s", u->name);
	r = hj_report_new(u->event, u->root, source, &u->report);
	if (r < 0)
		return r;
	event_program(u, "program-start");
	event_paused(u, NULL); /* a start ends a pause */
	return 0;
}

void event_free(struct uplinkd *u)
{
	event_program(u, "program-stop");
	event_link_free(u);
	suspect_done(u);
	hj_report_free(u->report);
	u->report = NULL;
}

void event_link_lost(struct uplinkd *u, const char *error)
{
	char key[EVENT_KEY_LEN];

	if (u->link_told == TOLD_LOST)
		return;
	u->link_told = TOLD_LOST;
	event_key(u, key);
	hj_report(u->report, "link-lost", HJ_BEGIN, key,
	        json_pack("{s:s, s:s, s:s}", "uplink", u->name, "host", link_host(u->link), "error", error));
}

void event_link_back(struct uplinkd *u)
{
	char key[EVENT_KEY_LEN];

	if (u->link_told == TOLD_BACK)
		return;
	u->link_told = TOLD_BACK;
	event_key(u, key);
	hj_report(u->report, "link-lost", HJ_END, key, NULL);
}

void event_paused(struct uplinkd *u, const char *by)
{
	char key[EVENT_KEY_LEN];

	event_key(u, key);
	hj_report(u->report, "uplink-paused", by ? HJ_BEGIN : HJ_END, key,
	        by ? json_pack("{s:s, s:s}", "uplink", u->name, "by", by) : NULL);
}

void event_edition(struct uplinkd *u, int before, int after)
{
	char key[EVENT_KEY_LEN];

	event_key(u, key);
	hj_report(u->report, "edition-changed", HJ_MOMENT, key,
	        json_pack("{s:s, s:i, s:i}", "uplink", u->name, "old", before, "new", after));
}

void event_setting(struct uplinkd *u, const char *name, const char *before, const char *after, const char *by)
{
	char key[EVENT_KEY_LEN], full[64];

	event_key(u, key);
	snprintf(full, sizeof(full), "uplink.%s.%s", u->name, name);
	hj_report(u->report, "setting-changed", HJ_MOMENT, key,
	        json_pack("{s:s, s:s, s:s, s:s}", "name", full, "old", before, "new", after, "by", by));
}

void event_budget_spent(struct uplinkd *u, int64_t waiting)
{
	char key[EVENT_KEY_LEN];

	event_key(u, key);
	hj_report(u->report, "budget-spent", HJ_MOMENT, key,
	        json_pack("{s:s, s:I, s:I}", "uplink", u->name, "budget", (json_int_t)u->conf.backlog.budget,
	                "waiting", (json_int_t)waiting));
}

void event_backlog(struct uplinkd *u, bool grows, int64_t waiting)
{
	char key[EVENT_KEY_LEN];

	event_key(u, key);
	hj_report(u->report, "backlog-grows", grows ? HJ_BEGIN : HJ_END, key,
	        grows ? json_pack("{s:s, s:I}", "uplink", u->name, "waiting", (json_int_t)waiting) : NULL);
}

void event_unfit(struct uplinkd *u, hj_usec now)
{
	const struct hj212_phrase_unfit *all = &u->unfit;
	char key[EVENT_KEY_LEN], item[HJ212_PHRASE_UNFIT_TEXT];

	if (all->count == u->unfit_told || (u->unfit_told_at && now - u->unfit_told_at < UNFIT_PAUSE))
		return;
	u->unfit_told = all->count;
	u->unfit_told_at = now;
	hj212_phrase_unfit_text(&u->map, all->newest, item);
	hj_warn("uplink %s: %s, %llu such values until now: sent as they are", u->name, item,
	        (unsigned long long)all->count);
	event_key(u, key);
	hj_report(u->report, "value-too-long", HJ_MOMENT, key,
	        json_pack("{s:s, s:s, s:I}", "uplink", u->name, "item", item, "count", (json_int_t)all->count));
}

bool event_password_refused(struct uplinkd *u, hj_usec now)
{
	char key[EVENT_KEY_LEN], by[192];

	if (u->refused_told && now - u->refused_told < REFUSED_PAUSE)
		return false;
	u->refused_told = now;
	event_key(u, key);
	snprintf(by, sizeof(by), "%s:%d", link_host(u->link), link_port(u->link));
	hj_report(
	        u->report, "password-refused", HJ_MOMENT, key, json_pack("{s:s, s:s}", "uplink", u->name, "by", by));
	return true;
}

bool event_bad_input(struct uplinkd *u, const char *text)
{
	char from[64];

	snprintf(from, sizeof(from), "platform %s", u->name);
	return hj_report_bad_input(u->report, from, text);
}
