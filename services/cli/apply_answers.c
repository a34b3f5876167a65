/* After all is up: does each meter whose bus was started answer, and does each platform acknowledge? Each is asked
 * for until it has, or the time that was given is over; then a sentence says what to do. A port that this box itself
 * refuses is no meter's silence: it is the configuration's fault, and known here, too. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "apply.h"
#include "ask.h"
#include "hjgate/clock.h"
#include "progress.h"
#include "tables.h"
#include "timespec.h"

#define LOOK_MS   1000 /* for one program to say how it is */
#define EVERY_MS  200
#define TEXT_MOST 160

static json_t *status_of(const struct apply *a, const struct apply_program *p)
{
	char socket[APPLY_NAME_MAX + 8];
	json_t *answer = NULL;

	snprintf(socket, sizeof(socket), "%s.look", p->name);
	if (cli_ask_quiet(a->root, socket, p->reader == APPLY_METERD ? "hjgate.Meter.Status" : "hjgate.Uplink.Status",
	            NULL, LOOK_MS, &answer, NULL) < 0) {
		json_decref(answer);
		return NULL;
	}
	return answer;
}

/* ---- ports ---- */

bool apply_port_is_good(const struct apply *a, const struct apply_program *p)
{
	_cleanup_json_ json_t *status = status_of(a, p);

	return status && !cli_string(status, "port_error");
}

/* What only this box can be the reason of. */
static bool is_ours(const char *error)
{
	static const int ours[] = { EBUSY, EADDRINUSE, EADDRNOTAVAIL, EACCES, EPERM };

	for (size_t i = 0; i < hj_array_size(ours); i++)
		if (!strcmp(error, strerror(ours[i])))
			return true;
	return false;
}

/* A device that has gone by what was written; one that was never there may still be plugged in. */
bool apply_port_is_bad(struct apply *a, struct apply_program *p)
{
	_cleanup_json_ json_t *status = status_of(a, p);
	const char *error = cli_string(status, "port_error"), *port = cli_string(status, "port");

	if (!error || !(is_ours(error) || (p->port_was_good && port && port[0] == '/'))) {
		p->why = NULL;
		return false;
	}
	p->port_is_taken = !strcmp(error, strerror(EBUSY)) || !strcmp(error, strerror(EADDRINUSE));
	p->why = N_("it cannot use its port");
	snprintf(p->detail, sizeof(p->detail), "%s: %s", port ? port : "?", error);
	return true;
}

/* ---- who is waited for ---- */

static struct apply_answer *add(struct apply_answers *l, const struct apply_program *p, const char *name)
{
	struct apply_answer *list = realloc(l->list, (l->count + 1) * sizeof(*list)), *e;

	if (!list)
		return NULL;
	l->list = list;
	e = &list[l->count++];
	*e = (struct apply_answer){ .program = p, .ms = -1 };
	hj_text_copy(e->name, sizeof(e->name), name);
	return e;
}

/* Is this meter one of those that a change names, or is no meter named? */
static bool meter_is_meant(const struct apply *a, const struct apply_program *p, const char *meter)
{
	bool named = false;

	for (size_t i = 0; i < a->changes.count; i++) {
		const struct apply_change *c = &a->changes.list[i];
		char bus[HJ_NAME_MAX + 1], prefix[HJ_NAME_MAX + 16];
		size_t n = (size_t)snprintf(prefix, sizeof(prefix), "meters.%s.", meter);

		apply_instance(c->file, "buses.d", bus);
		if (strcmp(bus, p->instance) != 0)
			continue;
		if (strncmp(c->key, "meters.", 7) != 0 || !strncmp(c->key, prefix, n))
			return true;
		named = true;
	}
	return !named;
}

static int add_meters(const struct apply *a, const struct apply_program *p, struct apply_answers *l)
{
	_cleanup_(hj_conf_errors_done) struct hj_conf_errors errors = { 0 };
	struct hj_conf_bus bus = { 0 };
	int r = hj_conf_load_bus(a->root, p->instance, &bus, &errors);

	if (r < 0)
		return 0; /* it has been read a moment ago */
	for (size_t i = 0; i < bus.meter_count && r >= 0; i++)
		if (meter_is_meant(a, p, bus.meters[i].name) && !add(l, p, bus.meters[i].name))
			r = -ENOMEM;
	hj_conf_bus_done(&bus);
	return r;
}

static int add_all(const struct apply *a, struct apply_answers *l)
{
	int r = 0;

	for (size_t i = 0; i < a->count && r >= 0; i++) {
		const struct apply_program *p = &a->programs[i];

		if (!p->touched || p->act == APPLY_STOP)
			continue;
		if (p->reader == APPLY_METERD)
			r = add_meters(a, p, l);
		else if (p->reader == APPLY_UPLINKD && !add(l, p, p->instance))
			r = -ENOMEM;
	}
	return r;
}

/* ---- what they say ---- */

static void note(struct apply_answer *e, int64_t at_ms)
{
	if (at_ms >= e->program->acted_ms && e->ms < 0)
		e->ms = at_ms - e->program->acted_ms;
}

static void look_at_meter(struct apply_answer *e, json_t *status)
{
	const char *bus = e->program->instance, *error = cli_string(status, "port_error"), *name, *why;
	json_t *meter;
	size_t i;

	if (error) {
		snprintf(e->text, sizeof(e->text), _("its port cannot be used: %s; see hjgate bus ports"),
		        cli_reason(error));
		return;
	}
	json_array_foreach(json_object_get(status, "meters"), i, meter)
	{
		name = cli_string(meter, "name");
		if (!name || strcmp(name, e->name) != 0)
			continue;
		note(e, cli_time(meter, "last_answer"));
		why = cli_string(meter, "last_error");
		snprintf(e->text, sizeof(e->text), _("%s; hjgate bus doctor %s says what the line does"),
		        why ? cli_reason(why) : _("it was not asked yet"), bus);
		return;
	}
}

static void look_at_platform(struct apply_answer *e, json_t *status, int64_t now)
{
	const char *state = cli_string(status, "state"), *acks = cli_string(status, "ack");
	char trouble[TEXT_MOST];

	note(e, cli_time(status, "last_ack"));
	cli_uplink_trouble(status, now, trouble, sizeof(trouble));
	if (state && !strcmp(state, "paused"))
		snprintf(e->text, sizeof(e->text), _("it is paused: hjgate uplink %s resume"), e->name);
	else if (*trouble)
		snprintf(e->text, sizeof(e->text), _("%s; hjgate uplink %s test says what is wrong"), trouble,
		        e->name);
	else if (acks && !strcmp(acks, "none"))
		snprintf(e->text, sizeof(e->text), _("connected; this platform acknowledges nothing"));
	else
		snprintf(e->text, sizeof(e->text),
		        _("connected; the next upload is still to come: hjgate uplink %s test sends one now"),
		        e->name);
}

/* How many have not answered. */
static size_t look_at_all(const struct apply *a, struct apply_answers *l)
{
	const struct apply_program *asked = NULL;
	json_t *status = NULL;
	size_t open = 0;

	for (size_t i = 0; i < l->count; i++) {
		struct apply_answer *e = &l->list[i];

		if (e->ms >= 0)
			continue;
		if (e->program != asked) {
			json_decref(status);
			status = status_of(a, e->program);
			asked = e->program;
		}
		if (!status)
			snprintf(e->text, sizeof(e->text), _("hjgate-%s does not say how it is: hjgate status"),
			        e->program->name);
		else if (e->program->reader == APPLY_METERD)
			look_at_meter(e, status);
		else
			look_at_platform(e, status, cli_wall_ms());
		open += e->ms < 0;
	}
	json_decref(status);
	return open;
}

int apply_answers_wait(struct apply *a, struct apply_answers *ret)
{
	const struct timespec pause = { .tv_nsec = EVERY_MS * 1000000 };
	int64_t until = apply_mono_ms() + a->wait_ms;
	struct apply_answers l = { .count = 0 };
	struct cli_progress progress;
	int r = add_all(a, &l);

	cli_progress_begin(a->cli, &progress);
	while (r >= 0) {
		size_t open = look_at_all(a, &l);

		if (!open || apply_mono_ms() >= until)
			break;
		cli_progress(&progress, 0, 1, _("first answers: %zu of %zu are still to come"), open, l.count);
		nanosleep(&pause, NULL);
	}
	cli_progress_end(&progress);
	if (r < 0)
		apply_answers_done(&l);
	else
		*ret = l;
	return r;
}

void apply_answers_done(struct apply_answers *l)
{
	free(l->list);
	*l = (struct apply_answers){ .count = 0 };
}
