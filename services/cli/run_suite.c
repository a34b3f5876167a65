/* Which programs there are: stored and eventd always, alertd and clockd when they are asked, judged where there is an
 * equipment.conf, the others by the files of the configuration. A change of the configuration takes effect on SIGHUP
 * and only when the whole of it is right; what did not change is not touched. It is read by a child: what libconfig
 * needs for that does not stay in the memory of a process that lives for years. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "hjgate/conf.h"
#include "hjgate/log.h"
#include "run.h"

static const struct run_kind kinds[] = {
	{ "eventd", NULL, 0, NULL, false, false, false, false },
	{ "stored", NULL, 1, NULL, false, false, false, false },
	{ "alertd", NULL, 1, "alerts", true, false, false, false },
	{ "clockd", NULL, 1, NULL, true, false, false, false },
	{ "meterd", "buses.d", 2, NULL, false, false, false, false },
	{ "uplinkd", "uplinks.d", 2, NULL, false, false, true, true }, /* units and decimals of points */
	{ "judged", NULL, 2, "equipment", false, true, true, false },
};
#define TIERS 3

static bool own_file_changed(struct run_program *p)
{
	const char *name = p->instance ? p->instance : p->kind->file;

	return name && run_stamp_changed(p->run->root, p->kind->folder, name, &p->stamp);
}

/* ---- programs ---- */

static struct run_program *find(struct run *run, const struct run_kind *kind, const char *instance)
{
	struct run_program *p = run->programs;

	while (p && (p->kind != kind || (instance && strcmp(p->instance, instance))))
		p = p->next;
	return p;
}

static void tell_change(const struct run_program *p)
{
	char file[HJ_NAME_MAX + 32];

	if (p->instance)
		snprintf(file, sizeof(file), "%s/%s.conf", p->kind->folder, p->instance);
	else
		snprintf(file, sizeof(file), "%s.conf", p->kind->file);
	run_tell(p->run, "config-changed", file, "file", file, NULL, NULL);
}

/* Makes it where it is new. */
static int want(struct run *run, const struct run_kind *kind, const char *instance, bool tell)
{
	struct run_program *p = find(run, kind, instance);
	int r;

	if (p) {
		p->wanted = true;
		return 0;
	}
	r = run_program_new(run, kind, instance);
	if (r < 0)
		return r;
	p = find(run, kind, instance);
	own_file_changed(p);
	run_program_begin(p);
	if (tell)
		tell_change(p);
	return 0;
}

static int want_instances(struct run *run, const struct run_kind *kind, bool tell, size_t *count)
{
	char **names = NULL;
	size_t n = 0;
	int r, worst = 0;

	r = hj_conf_names(run->root, kind->folder, &names, &n);
	if (r < 0)
		return hj_log_error(r, "cannot read the folder %s", kind->folder);
	for (size_t i = 0; i < n; i++) {
		r = hj_name_valid(names[i]) ? want(run, kind, names[i], tell) : -EINVAL;
		if (r == -EINVAL)
			hj_warn("%s/%s.conf: a name is made of a-z, 0-9 and -, 1 to %d of them: leaving it out",
			        kind->folder, names[i], HJ_NAME_MAX);
		else if (r < 0)
			worst = r;
		else
			++*count;
		free(names[i]);
	}
	free(names);
	return worst;
}

static int want_all(struct run *run, bool tell, size_t *ret_instances)
{
	size_t count = 0;
	int r = 0, k;

	for (size_t i = 0; i < hj_array_size(kinds); i++) {
		if (kinds[i].needs_file && !hj_conf_has_equipment(run->root))
			continue;
		k = kinds[i].folder ? want_instances(run, &kinds[i], tell, &count)
		                    : want(run, &kinds[i], NULL, tell && kinds[i].needs_file);
		r = r < 0 ? r : k;
	}
	*ret_instances = count;
	return r;
}

static void say_what_to_do(const struct run *run)
{
	hj_notice("nothing is configured: put a bus into %s/etc/hjgate/buses.d/NAME.conf and a platform into "
	          "%s/etc/hjgate/uplinks.d/NAME.conf, try `hjgate check`, then `hjgate apply`, or send SIGHUP to %d",
	        run->root, run->root, (int)getpid());
}

/* ---- reading the configuration in a child ---- */

static void check_and_exit(const struct run *run, pid_t parent)
{
	struct hj_conf_errors errors = { .list = NULL };
	struct hj_conf conf = { .bus_count = 0 };
	int r;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(HJ_EXIT_TEMPORARY);
	r = hj_conf_load_all(run->root, &conf, &errors);
	for (size_t i = 0; i < errors.count; i++) {
		const struct hj_conf_error *e = &errors.list[i];

		if (e->line)
			hj_error("%s:%d: %s; %s", e->file, e->line, e->what, e->remedy);
		else
			hj_error("%s: %s; %s", e->file, e->what, e->remedy);
	}
	if (errors.more)
		hj_error("and %zu more", errors.more);
	if (r < 0 && !errors.count)
		hj_log_error(r, "cannot read the configuration");
	_exit(r < 0 || errors.count ? HJ_EXIT_REFUSED : HJ_EXIT_OK);
}

/* What is down is tried at once, whether it changed or not: somebody is at work here. */
static void apply_to(struct run_program *p, bool main_changed, bool buses_changed, bool factors_changed)
{
	bool changed = p->changed || (buses_changed && p->kind->of_buses) || (factors_changed && p->kind->of_factors);

	if (p->changed || !p->wanted)
		tell_change(p);
	if (p->kind->on_demand && !p->pid)
		return; /* it reads its configuration when it is asked for */
	if (changed || main_changed || !p->wanted)
		hj_notice("%s: its configuration %s: %s it", p->name, p->wanted ? "changed" : "is gone",
		        p->wanted ? "restarting" : "stopping");
	else if (p->pid)
		return;
	if (p->pid)
		run_program_stop(p);
	else if (p->wanted)
		run_program_start(p);
	else
		run_program_free(p);
}

/* ---- one program, as it is asked for ---- */

/* "meterd@north": its kind, and the instance. */
static const struct run_kind *kind_of(const char *name, const char **ret_instance)
{
	size_t n = strcspn(name, "@");

	*ret_instance = name[n] ? name + n + 1 : NULL;
	for (size_t i = 0; i < hj_array_size(kinds); i++)
		if (strlen(kinds[i].name) == n && !strncmp(kinds[i].name, name, n))
			return !*ret_instance == !kinds[i].folder ? &kinds[i] : NULL;
	return NULL;
}

static const char *start_one(struct run *run, const struct run_kind *kind, const char *instance)
{
	struct run_program *p = find(run, kind, instance);

	if (instance && !hj_name_valid(instance))
		return "that is no name";
	if (!p)
		return want(run, kind, instance, false) < 0 ? "it cannot be started" : NULL;
	p->wanted = true;
	own_file_changed(p);
	if (!p->pid)
		run_program_begin(p);
	return NULL;
}

static const char *stop_one(struct run_program *p)
{
	if (!p)
		return NULL; /* it is gone already */
	p->wanted = false;
	if (p->pid)
		run_program_stop(p);
	else
		run_program_free(p);
	return NULL;
}

static const char *restart_one(struct run_program *p)
{
	if (!p)
		return "there is no such program";
	own_file_changed(p);
	if (p->pid)
		run_program_stop(p);
	else
		run_program_begin(p);
	return NULL;
}

const char *run_suite_act(struct run *run, const char *verb, const char *name)
{
	const char *instance;
	const struct run_kind *kind = kind_of(name, &instance);

	if (run->stopping)
		return "everything is being stopped";
	if (!kind)
		return "there is no such program";
	/* What SIGHUP would compare with: it is being told of all changes here. */
	run_stamp_changed(run->root, NULL, "hjgate", &run->stamp);
	run_stamp_factors_changed(run->root, &run->factors);
	hj_info("%s: to %s, as it is asked for", name, verb);
	if (!strcmp(verb, "start"))
		return start_one(run, kind, instance);
	if (!strcmp(verb, "stop"))
		return stop_one(find(run, kind, instance));
	if (!strcmp(verb, "restart"))
		return restart_one(find(run, kind, instance));
	return "it can start, stop and restart";
}

static bool is_bus(const struct run_program *p)
{
	return p->kind->folder && !strcmp(p->kind->folder, "buses.d");
}

static void apply(struct run *run)
{
	bool main_changed = run_stamp_changed(run->root, NULL, "hjgate", &run->stamp), buses_changed = false;
	bool factors_changed = run_stamp_factors_changed(run->root, &run->factors);
	struct run_program *p, *next, *new = NULL;
	size_t instances;

	for (p = run->programs; p; p = p->next) {
		p->wanted = false;
		new = p;
	}
	if (want_all(run, true, &instances) < 0)
		hj_error("not every program could be added: see above");
	if (main_changed)
		run_tell(run, "config-changed", "hjgate.conf", "file", "hjgate.conf", NULL, NULL);
	if (factors_changed)
		run_tell(run, "config-changed", "factors", "file", "factors.conf, factors.d", NULL, NULL);
	/* New ones stand at the end and have just been started. */
	new = new ? new->next : NULL;
	for (p = run->programs; p != new; p = p->next) {
		p->changed = own_file_changed(p);
		buses_changed = buses_changed || (is_bus(p) && (p->changed || !p->wanted));
	}
	for (p = new; p; p = p->next)
		buses_changed = buses_changed || is_bus(p);
	for (p = run->programs; p != new; p = next) {
		next = p->next;
		apply_to(p, main_changed, buses_changed, factors_changed);
	}
	if (!instances)
		say_what_to_do(run);
}

static int on_checked(sd_event_source *source, const siginfo_t *how, void *userdata)
{
	struct run *run = userdata;
	bool right = how->si_code == CLD_EXITED && how->si_status == HJ_EXIT_OK;

	run->checker = 0;
	sd_event_source_unref(source);
	if (run->stopping)
		return 0;
	if (run->check_again) {
		run_suite_reload(run);
		return 0;
	}
	if (right)
		apply(run);
	else
		hj_error("the configuration is not right: everything stays as it was");
	return 0;
}

void run_suite_reload(struct run *run)
{
	sd_event_source *source = NULL;
	pid_t parent = getpid();

	if (run->stopping)
		return;
	run->check_again = run->checker != 0;
	if (run->check_again)
		return;
	run->checker = fork();
	if (!run->checker)
		check_and_exit(run, parent);
	if (run->checker < 0 || sd_event_add_child(run->event, &source, run->checker, WEXITED, on_checked, run) < 0) {
		hj_error("the configuration cannot be read now: everything stays as it was");
		run->checker = 0;
	}
}

/* ---- the whole ---- */

int run_suite_start(struct run *run)
{
	size_t instances = 0;
	int r;

	run_stamp_changed(run->root, NULL, "hjgate", &run->stamp);
	run_stamp_factors_changed(run->root, &run->factors);
	r = want_all(run, false, &instances);
	if (r < 0)
		return r;
	if (!instances)
		say_what_to_do(run);
	return 0;
}

void run_suite_stop(struct run *run)
{
	run->stopping = true;
	for (struct run_program *p = run->programs; p; p = p->next)
		if (!p->pid)
			p->timer = sd_event_source_disable_unref(p->timer);
	for (int tier = TIERS - 1; tier >= 0; tier--) {
		bool living = false;

		for (struct run_program *p = run->programs; p; p = p->next) {
			if (!p->pid || p->kind->tier != (unsigned)tier)
				continue;
			living = true;
			run_program_stop(p);
		}
		if (living)
			return;
	}
	sd_event_exit(run->event, HJ_EXIT_OK);
}

void run_suite_free(struct run *run)
{
	while (run->programs)
		run_program_free(run->programs);
}
