/* `hjgate status`: asks every program that should run, measures what it takes, and ends in one verdict. Which
 * programs should run follows from the configuration; a program that runs without being configured any longer is
 * shown too. It answers whatever is missing: exit status 111 only where nothing runs at all. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply.h"
#include "ask.h"
#include "clock_drift.h"
#include "hjgate/clock.h"
#include "instances.h"
#include "status.h"
#include "timespec.h"

static const char *const methods[] = {
	[STATUS_STORE] = "hjgate.Store.Status",
	[STATUS_EVENT] = "hjgate.Event.Status",
	[STATUS_BUS] = "hjgate.Meter.Status",
	[STATUS_UPLINK] = "hjgate.Uplink.Status",
	[STATUS_JUDGE] = "hjgate.Judge.Status",
};

bool status_is_busy(const struct status_program *p)
{
	const char *error = p->error == -EREMOTEIO ? cli_string(p->answer, "error") : NULL;

	return error && !strcmp(error, HJ_IPC_ERROR_BUSY);
}

const char *status_state(const struct status_program *p)
{
	if (p->error == 0)
		return N_("running");
	if (p->error == -EACCES || p->error == -EPERM)
		return N_("not allowed to look");
	if (status_is_busy(p))
		return N_("busy");
	if (p->error == -ETIMEDOUT || p->error == -EREMOTEIO || p->error == -EBADMSG)
		return N_("not answering");
	return N_("not running");
}

static struct status_program *add_program(
        struct status *s, enum status_kind kind, const char *daemon, const char *instance)
{
	struct status_program *p = &s->programs[s->program_count];

	if (s->program_count == STATUS_PROGRAMS_MAX)
		return NULL;
	s->program_count++;
	*p = (struct status_program){ .kind = kind, .memory = { -1, -1, -1 } };
	snprintf(p->name, sizeof(p->name), "%s%s%s", daemon, instance ? "@" : "", instance ? instance : "");
	return p;
}

static void ask_program(struct status *s, struct status_program *p)
{
	char socket[sizeof(p->name) + 8];
	int wait = STATUS_ANSWER_MS;

	if (!p)
		return;
	snprintf(socket, sizeof(socket), "%s.look", p->name);
	if (wait > s->patience_ms)
		wait = hj_max(s->patience_ms, STATUS_LEAST_MS);
	p->error = cli_ask_quiet(s->root, socket, methods[p->kind], NULL, wait, &p->answer, &p->pid);
	if (p->error == -ETIMEDOUT)
		s->patience_ms -= wait;
	if (p->error < 0)
		p->pid = 0;
	if (p->pid > 0)
		cli_memory(p->pid, &p->memory);
	s->running += p->error == 0;
}

static size_t ask_instances(struct status *s, enum status_kind kind, const char *folder, const char *daemon)
{
	_cleanup_(cli_instances_done) struct cli_instances found = { 0 };

	cli_instances(s->root, folder, daemon, &found);
	for (size_t i = 0; i < found.count; i++)
		ask_program(s, add_program(s, kind, daemon, found.names[i]));
	return found.count;
}

/* Where `hjgate run` started the programs, it is part of what they take. */
static void add_supervisor(struct status *s)
{
	struct status_program *p;
	pid_t parent = 0;

	for (size_t i = 0; i < s->program_count && !parent; i++)
		if (s->programs[i].pid > 0)
			parent = cli_parent_named(s->programs[i].pid, "hjgate");
	p = parent ? add_program(s, STATUS_RUN, "run", NULL) : NULL;
	if (!p)
		return;
	p->pid = parent;
	cli_memory(parent, &p->memory);
}

static void sum_memory(struct status *s)
{
	s->pss_kb = s->running ? 0 : -1;
	for (size_t i = 0; i < s->program_count && s->pss_kb >= 0; i++) {
		const struct status_program *p = &s->programs[i];

		if (p->error == 0 && p->memory.pss < 0)
			s->pss_kb = -1; /* one that may not be seen: then there is no sum */
		else if (p->error == 0)
			s->pss_kb += p->memory.pss;
	}
}

static int take_events(json_t *answer, bool continues, void *userdata)
{
	struct status *s = userdata;

	json_array_extend(s->events, json_object_get(answer, "events"));
	return 0;
}

static void ask_events(struct status *s)
{
	_cleanup_json_ json_t *error = NULL;

	s->events = json_array();
	cli_stream_quiet(s->root, "eventd.look", "hjgate.Event.List",
	        json_pack("{sb si}", "open", 1, "limit", STATUS_EVENTS_MAX), STATUS_ANSWER_MS, take_events, s,
	        &error);
}

static void ask_day(struct status *s)
{
	cli_ask_quiet(s->root, "stored.look", "hjgate.Store.Completeness",
	        json_pack("{sI sI}", "begin", (json_int_t)(s->now_ms - HJ_MS_PER_DAY), "end", (json_int_t)s->now_ms),
	        STATUS_ANSWER_MS, &s->day, NULL);
}

static void read_configuration(struct status *s)
{
	struct hj_conf_errors errors = { 0 };
	struct hj_conf conf = { 0 };

	s->forbidden = cli_conf_forbidden(s->root);
	if (s->forbidden)
		return;
	hj_conf_load_all(s->root, &conf, &errors);
	s->config_errors = errors.count + errors.more;
	/* Where no platform sets the clock, clockd need not be started for what the kernel knows. */
	s->clock = conf.main.clock_uplink[0] ? cli_clock_ask(s->root, STATUS_ANSWER_MS) : cli_clock_look();
	hj_conf_errors_done(&errors);
	hj_conf_done(&conf);
}

/* What is kept is root's alone, and so is what is known by it. */
static void look_at_texts(struct status *s)
{
	struct apply *a = s->forbidden ? NULL : calloc(1, sizeof(*a));

	for (size_t i = 0; a && i < s->program_count; i++) {
		struct status_program *p = &s->programs[i];
		struct apply_program *named = p->error ? NULL : apply_program_get(a, p->name);

		p->other_text = named && apply_runs_other(s->root, s->root, named);
	}
	free(a);
}

void status_collect(struct status *s)
{
	ask_program(s, add_program(s, STATUS_STORE, "stored", NULL));
	ask_program(s, add_program(s, STATUS_EVENT, "eventd", NULL));
	s->bus_count = ask_instances(s, STATUS_BUS, "buses.d", "meterd");
	s->uplink_count = ask_instances(s, STATUS_UPLINK, "uplinks.d", "uplinkd");
	if (hj_conf_has_equipment(s->root))
		ask_program(s, add_program(s, STATUS_JUDGE, "judged", NULL));
	add_supervisor(s);
	sum_memory(s);
	ask_events(s);
	if (s->program_count && s->programs[0].kind == STATUS_STORE && s->programs[0].error == 0)
		ask_day(s);
	read_configuration(s);
	look_at_texts(s);
	s->troubles = json_array();
}

void status_done(struct status *s)
{
	for (size_t i = 0; i < s->program_count; i++)
		json_decref(s->programs[i].answer);
	json_decref(s->events);
	json_decref(s->day);
	json_decref(s->clock);
	json_decref(s->troubles);
}

const struct cli_option cli_status_options[] = {
	{ "--meters", 0, CLI_FLAG, NULL, N_("each meter, asked and answered"), offsetof(struct status, meters) },
	{ 0 },
};

int cli_status(struct cli *cli, int argc, char **argv)
{
	struct status *s = calloc(1, sizeof(*s));
	struct writer *w;
	int r;

	if (!s)
		return HJ_EXIT_TEMPORARY;
	s->root = cli->root;
	s->now_ms = cli_wall_ms();
	s->patience_ms = STATUS_PATIENCE_MS;
	r = cli_options(cli, cli_status_options, s, &argc, argv);
	if (r == 0 && argc > 1)
		r = cli_usage(cli, _("\"%s\" is too much"), argv[1]);
	if (r == 0) {
		status_collect(s);
		status_judge(s);
		w = writer_stdout(cli->json ? WRITER_JSON : WRITER_TEXT);
		status_show(s, w);
		writer_free(w);
		r = s->running ? HJ_EXIT_OK : HJ_EXIT_TEMPORARY;
	}
	status_done(s);
	apply_kept_done();
	free(s);
	return r;
}
