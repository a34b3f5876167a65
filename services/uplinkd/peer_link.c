/* What a person should know of the way to the platform: names that are not found, addresses that change. Each is told
 * when it begins and when it is over, never at each attempt. An end is told after our own start, too, since one
 * before us may have left it open. */
#include "uplinkd.h"

#include <stdio.h>
#include <string.h>

#include "hjgate/log.h"
#include "hjgate/report.h"

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

void event_tls(struct uplinkd *u, const char *host, const struct tls_trouble *trouble)
{
}
