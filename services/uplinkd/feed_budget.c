/* What a day has cost outlives a restart, or a box that restarts often would send its budget again and again. It is
 * kept in the store as "DAY_MS BYTES" at every 64th of the budget, with the next data commit; only where there is a
 * budget. */
#include "feed_private.h"

#include <inttypes.h>
#include <stdio.h>

#include "hjgate/now.h"

#define PARTS 64 /* of the budget, between two times that it is written down */

static void on_loaded(const char *error, json_t *reply, bool continues, void *userdata)
{
	struct feed *f = userdata;
	const char *text = json_string_value(json_object_get(reply, "value"));
	int64_t day_ms;
	uint64_t bytes;

	f->budget_busy = false;
	if (error) /* asked again in a later turn */
		return;
	f->budget_loaded = true;
	if (text && sscanf(text, "%" SCNd64 " %" SCNu64, &day_ms, &bytes) == 2)
		limits_restore(&f->u->limits, day_ms, bytes, hj_now());
	f->budget_kept = f->u->limits.sent;
	uplinkd_pump(f->u);
}

static void on_kept(const char *error, json_t *reply, bool continues, void *userdata)
{
	struct feed *f = userdata;

	f->budget_busy = false;
}

static void load(struct feed *f)
{
	f->budget_busy = feed_call_setting(f, "sent", json_object(), on_loaded, f) >= 0;
}

static void keep(struct feed *f)
{
	char text[64];

	snprintf(text, sizeof(text), "%" PRId64 " %" PRIu64, f->u->limits.day_ms, f->u->limits.sent);
	f->budget_busy = feed_call_later(f, "sent", text, on_kept, f) >= 0;
	if (f->budget_busy)
		f->budget_kept = f->u->limits.sent;
}

bool feed_budget_known(const struct feed *f)
{
	return !f->u->limits.budget || f->budget_loaded;
}

void feed_budget(struct feed *f)
{
	const struct limits *l = &f->u->limits;
	bool spent = l->sent >= l->budget && f->budget_kept < l->budget;

	if (!l->budget || f->budget_busy || !hj_ipc_client_is_up(f->ask))
		return;
	if (!f->budget_loaded)
		load(f);
	else if (spent || l->sent < f->budget_kept || l->sent - f->budget_kept >= l->budget / PARTS)
		keep(f);
}
