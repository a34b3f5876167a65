/* The verdict of `hjgate status`: every trouble a sentence that says what, and what happens next or what to do. What
 * is an open event and was seen directly too is told once. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "hjgate/clock.h"
#include "hjgate/event.h"
#include "status.h"
#include "tables.h"
#include "timespec.h"

#define SENTENCE_MAX        512
#define ROOM_LEAST_DAYS     30
#define FLASH_USED_MOST     80 /* percent, as it says itself */
#define FLASH_YEARS         2
#define CONCLUSIONS_WAITING 10

static void trouble(struct status *s, const char *format, ...) _printf_(2, 3);
static void trouble(struct status *s, const char *format, ...)
{
	char text[SENTENCE_MAX];
	va_list ap;

	if (json_array_size(s->troubles) == STATUS_TROUBLES_MAX)
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	json_array_append_new(s->troubles, writer_text(text));
}

static void judge_program(struct status *s, const struct status_program *p)
{
	if (p->error == -EACCES || p->error == -EPERM)
		trouble(s,
		        _("you may not look at hjgate-%s: join the group hjgate (sudo usermod -aG hjgate $USER), or "
		          "use sudo"),
		        p->name);
	else if (status_is_busy(p))
		trouble(s, _("hjgate-%s has too many clients now: try again"), p->name);
	else if (p->error < 0)
		trouble(s, _("hjgate-%s is %s"), p->name, cli_word(status_state(p)));
	else if (p->other_text)
		trouble(s, _("hjgate-%s runs another text than is written: hjgate apply"), p->name);
}

static void judge_flash(struct status *s, json_t *flash)
{
	json_t *years = json_object_get(flash, "years");

	if (cli_int(flash, "used") > FLASH_USED_MOST)
		trouble(s, _("the flash says that up to %lld %% of its life are over: have it replaced in time"),
		        (long long)cli_int(flash, "used"));
	if (json_is_number(years) && json_number_value(years) < FLASH_YEARS)
		trouble(s, _("as much as is written now, the flash lasts %.1f years"), json_number_value(years));
}

static void judge_store(struct status *s, json_t *answer)
{
	const char *error = cli_string(answer, "error");
	json_t *room = json_object_get(answer, "days_of_room");
	long long unreadable = cli_int(answer, "unreadable");

	if (unreadable)
		trouble(s, _("the store met records that do not decode %lld times, and left them out"), unreadable);
	if (error)
		trouble(s, _("the records cannot be written: %s"), cli_reason(error));
	if (json_is_integer(room) && json_integer_value(room) < ROOM_LEAST_DAYS)
		trouble(s,
		        ngettext("the disk has room for %lld day of records only",
		                "the disk has room for %lld days of records only",
		                (unsigned long)json_integer_value(room)),
		        (long long)json_integer_value(room));
	judge_flash(s, json_object_get(answer, "flash"));
}

static void judge_bus(struct status *s, json_t *answer)
{
	const char *bus = cli_string(answer, "bus"), *error = cli_string(answer, "port_error");
	json_t *meter;
	size_t i;

	if (error) {
		trouble(s, _("port %s of bus %s cannot be used: %s"), cli_string(answer, "port") ?: "?", bus ?: "?",
		        cli_reason(error));
		return;
	}
	json_array_foreach(json_object_get(answer, "meters"), i, meter)
	{
		const char *state = cli_string(meter, "state"), *why = cli_string(meter, "last_error");

		if (state && !strcmp(state, "lost"))
			trouble(s, _("meter %s on bus %s does not answer: %s"), cli_string(meter, "name") ?: "?",
			        bus ?: "?", why ? cli_reason(why) : "?");
	}
}

static void judge_uplink(struct status *s, json_t *answer)
{
	const char *name = cli_string(answer, "uplink") ?: "?", *state = cli_string(answer, "state");
	long long waiting = cli_int(answer, "waiting");
	char why[256];

	cli_uplink_trouble(answer, s->now_ms, why, sizeof(why));
	if (state && !strcmp(state, "paused"))
		trouble(s,
		        ngettext("uplink %s is paused, %lld record waits: hjgate uplink %s resume",
		                "uplink %s is paused, %lld records wait: hjgate uplink %s resume",
		                (unsigned long)waiting),
		        name, waiting, name);
	else if (*why)
		trouble(s,
		        ngettext("uplink %s: %s (%lld record waits)", "uplink %s: %s (%lld records wait)",
		                (unsigned long)waiting),
		        name, why, waiting);
}

/* Alarms are events, which tell themselves. */
static void judge_judged(struct status *s, json_t *answer)
{
	long long waiting = cli_int(answer, "waiting"), lost = cli_int(answer, "lost"),
	          dropped = cli_int(answer, "dropped") + cli_int(answer, "unreadable");

	if (waiting > CONCLUSIONS_WAITING)
		trouble(s, _("%lld conclusions about equipment wait for hjgate-eventd or hjgate-stored"), waiting);
	if (lost)
		trouble(s,
		        ngettext("%lld conclusion about equipment is lost",
		                "%lld conclusions about equipment are lost", (unsigned long)lost),
		        lost);
	if (dropped)
		trouble(s,
		        ngettext("%lld sample could not be judged: hjgate judge says why",
		                "%lld samples could not be judged: hjgate judge says why", (unsigned long)dropped),
		        dropped);
}

/* What the programs' own answers have told already. */
static bool told(const char *code)
{
	static const char *const codes[] = { "meter-lost", "port-lost", "link-lost", "disk-trouble" };

	for (size_t i = 0; code && i < hj_array_size(codes); i++)
		if (!strcmp(code, codes[i]))
			return true;
	return false;
}

static void judge_events(struct status *s)
{
	char text[SENTENCE_MAX / 2];
	json_t *event;
	size_t i;

	json_array_foreach(s->events, i, event)
	{
		const char *class = cli_string(event, "class"), *code = cli_string(event, "code");
		const char *remedy = code ? hj_event_remedy(code) : NULL;

		if (told(code) || !class || !strcmp(class, "info"))
			continue;
		cli_event_text(event, text, sizeof(text));
		if (remedy)
			trouble(s, _("event %lld: %s: %s"), (long long)cli_int(event, "id"), text, _(remedy));
		else
			trouble(s, _("event %lld: %s"), (long long)cli_int(event, "id"), text);
	}
}

void status_judge(struct status *s)
{
	static void (*const judges[])(struct status * s, json_t * answer) = {
		[STATUS_STORE] = judge_store,
		[STATUS_BUS] = judge_bus,
		[STATUS_UPLINK] = judge_uplink,
		[STATUS_JUDGE] = judge_judged,
		[STATUS_RUN] = NULL,
	};

	for (size_t i = 0; i < s->program_count; i++) {
		const struct status_program *p = &s->programs[i];

		judge_program(s, p);
		if (p->answer && p->error == 0 && judges[p->kind])
			judges[p->kind](s, p->answer);
	}
	judge_events(s);
	if (s->forbidden)
		trouble(s, "%s",
		        _("you may not read the configuration: join the group hjgate (sudo usermod -aG hjgate $USER, "
		          "then log in again), or use sudo"));
	if (s->config_errors)
		trouble(s,
		        ngettext("the configuration has %zu error: hjgate check",
		                "the configuration has %zu errors: hjgate check", s->config_errors),
		        s->config_errors);
}
