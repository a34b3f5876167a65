/* What a person should know of the way to the platform: names that are not found, addresses that change. Each is told
 * when it begins and when it is over, never at each attempt. An end is told after our own start, too, since one
 * before us may have left it open. */
#include "uplinkd.h"

#include <stdio.h>
#include <string.h>

#include "hjgate/log.h"
#include "hjgate/now.h"
#include "hjgate/report.h"

#define ENDING_FIRST_DAYS  30 /* a certificate that ends is told then */
#define ENDING_LAST_DAYS   7  /* and then */
#define LOOK_USEC          (6 * 3600 * HJ_USEC_PER_SEC)
#define LOOK_ACCURACY_USEC (60 * HJ_USEC_PER_SEC)

void event_address(struct uplinkd *u)
{
	const char *address = link_address(u->link);
	struct told *t = &u->told;
	char key[EVENT_KEY_LEN];

	event_key(u, key);
	if (t->address[0] && strcmp(t->address, address))
		hj_report(u->report, "link-moved", HJ_MOMENT, key,
		        json_pack("{s:s, s:s, s:s, s:s}", "uplink", u->name, "host", link_host(u->link), "old",
		                t->address, "new", address));
	hj_text_copy(t->address, sizeof(t->address), address);
}

void event_lookup(struct uplinkd *u, const char *host, const char *error, bool known)
{
	char key[EVENT_KEY_LEN + HJ_CONF_TEXT_MAX + 2];

	snprintf(key, sizeof(key), "uplink %s %s", u->name, host);
	if (!*error) {
		hj_report(u->report, "lookup-failed", HJ_END, key, NULL);
		hj_report(u->report, "lookup-stale", HJ_END, key, NULL);
		return;
	}
	hj_warn("uplink %s: the name %s is not found: %s; %s", u->name, host, error,
	        known ? "its newest known addresses are used" : "it is looked up again at each attempt");
	hj_report(u->report, known ? "lookup-stale" : "lookup-failed", HJ_BEGIN, key,
	        json_pack("{s:s, s:s, s:s}", "uplink", u->name, "host", host, "error", error));
}

/* ---- TLS ---- */

static const char *const tls_codes[TLS_REASONS] = { [TLS_FILE] = "tls-file",
	[TLS_NAME] = "tls-name",
	[TLS_ISSUER] = "tls-issuer",
	[TLS_EXPIRED] = "tls-expired",
	[TLS_NOT_YET] = "tls-not-yet",
	[TLS_OURS] = "tls-ours",
	[TLS_VERSION] = "tls-version",
	[TLS_NONE] = "tls-none",
	[TLS_PIN] = "tls-pin" };

/* A handshake of TLS 1.3 that is over says nothing yet of our certificate: the platform may refuse it after that. */
void event_tls_good(struct uplinkd *u)
{
	char key[EVENT_KEY_LEN];

	if (!u->conf.tls.on || u->told.tls_good)
		return;
	u->told.tls_good = true;
	u->told.tls = TLS_OTHER;
	event_key(u, key);
	for (size_t i = 0; i < TLS_REASONS; i++)
		if (tls_codes[i])
			hj_report(u->report, tls_codes[i], HJ_END, key, NULL);
}

void event_tls(struct uplinkd *u, const char *host, const struct tls_trouble *trouble)
{
	struct told *t = &u->told;
	char key[EVENT_KEY_LEN];

	if (!trouble || trouble->reason == t->tls)
		return;
	event_key(u, key);
	if (tls_codes[t->tls])
		hj_report(u->report, tls_codes[t->tls], HJ_END, key, NULL);
	t->tls = trouble->reason;
	t->tls_good = false;
	hj_warn("uplink %s: %s: %s%s%s", u->name, host, trouble->text, trouble->detail[0] ? ": " : "",
	        trouble->detail);
	if (tls_codes[t->tls])
		hj_report(u->report, tls_codes[t->tls], HJ_BEGIN, key,
		        json_pack("{s:s, s:s, s:s, s:s}", "uplink", u->name, "host", host, "error", trouble->text,
		                "detail", trouble->detail));
}

/* ---- certificates that end ---- */

static unsigned steps_of(int64_t days)
{
	return days > ENDING_FIRST_DAYS ? 0 : days > ENDING_LAST_DAYS ? 1 : 2;
}

static void tell_ending(struct uplinkd *u, const char *whose, int64_t end_ms, struct told_ending *told)
{
	int64_t days = (end_ms - hj_now().wall_ms) / HJ_MS_PER_DAY;
	char key[EVENT_KEY_LEN], end[HJ_TIME_HUMAN_LEN + 1];

	if (told->end_ms != end_ms)
		*told = (struct told_ending){ .end_ms = end_ms };
	if (!end_ms || steps_of(days) <= told->steps)
		return;
	told->steps = steps_of(days);
	hj_time_human(end_ms, false, end);
	event_key(u, key);
	hj_warn("uplink %s: the certificate of %s ends in %lld days, %s", u->name, whose, (long long)days, end);
	hj_report(u->report, "certificate-ending", HJ_MOMENT, key,
	        json_pack("{s:s, s:s, s:I, s:I}", "uplink", u->name, "whose", whose, "days", (json_int_t)days, "end",
	                (json_int_t)end_ms));
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	event_certificates(userdata);
	return 0;
}

void event_certificates(struct uplinkd *u)
{
	struct tls_facts facts;

	u->told.timer = sd_event_source_disable_unref(u->told.timer);
	if (!link_facts(u->link, &facts))
		return;
	tell_ending(u, N_("the platform"), facts.theirs_end_ms, &u->told.theirs);
	tell_ending(u, N_("this gateway"), facts.ours_end_ms, &u->told.ours);
	sd_event_add_time_relative(
	        u->event, &u->told.timer, CLOCK_BOOTTIME, LOOK_USEC, LOOK_ACCURACY_USEC, on_timer, u);
}

void event_link_free(struct uplinkd *u)
{
	u->told.timer = sd_event_source_disable_unref(u->told.timer);
}
