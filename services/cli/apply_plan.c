/* What is to be done: which programs there should be, which there are, and whose configuration is another one. What
 * is not named here is not touched. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "apply.h"

static const struct {
	const char *name, *folder; /* folder: of its instances */
	unsigned reader, all;      /* all: the bit that means each instance */
	unsigned tier;
	bool on_demand;
} kinds[] = {
	{ "eventd", NULL, APPLY_EVENTD, 0, 0, false },
	{ "stored", NULL, APPLY_STORED, 0, 1, false },
	{ "alertd", NULL, APPLY_ALERTD, 0, 1, true },
	{ "clockd", NULL, APPLY_CLOCKD, 0, 1, true },
	{ "meterd", "buses.d", APPLY_METERD, APPLY_METERDS, 2, false },
	{ "uplinkd", "uplinks.d", APPLY_UPLINKD, APPLY_UPLINKDS, 2, false },
	{ "judged", NULL, APPLY_JUDGED, 0, 2, false },
};

struct apply_program *apply_program_get(struct apply *a, const char *name)
{
	size_t n = strcspn(name, "@");
	struct apply_program *p;

	for (size_t i = 0; i < a->count; i++)
		if (!strcmp(a->programs[i].name, name))
			return &a->programs[i];
	for (size_t i = 0; i < hj_array_size(kinds) && a->count < APPLY_PROGRAMS_MAX; i++) {
		if (strlen(kinds[i].name) != n || strncmp(kinds[i].name, name, n) != 0 ||
		        !name[n] != !kinds[i].folder)
			continue;
		p = &a->programs[a->count++];
		*p = (struct apply_program){ .reader = kinds[i].reader,
			.tier = kinds[i].tier,
			.on_demand = kinds[i].on_demand,
			.down_ms = -1 };
		hj_text_copy(p->name, sizeof(p->name), name);
		p->instance = name[n] ? p->name + n + 1 : NULL;
		return p;
	}
	return NULL;
}

/* ---- which there should be ---- */

static int want(struct apply *a, const char *kind, const char *instance)
{
	char name[APPLY_NAME_MAX];
	struct apply_program *p;

	if (instance && !hj_name_valid(instance))
		return 0; /* the check has said so */
	snprintf(name, sizeof(name), "%s%s%s", kind, instance ? "@" : "", instance ? instance : "");
	p = apply_program_get(a, name);
	if (!p)
		return -E2BIG;
	p->wanted = true;
	return 0;
}

static int want_instances(struct apply *a, const char *kind, const char *folder)
{
	char **names = NULL;
	size_t count = 0;
	int r = hj_conf_names(a->source, folder, &names, &count);

	for (size_t i = 0; i < count && r >= 0; i++)
		r = want(a, kind, names[i]);
	hj_conf_names_free(names, count);
	return r;
}

static int want_all(struct apply *a)
{
	int r = 0;

	for (size_t i = 0; i < a->count; i++)
		a->programs[i].wanted = false;
	for (size_t i = 0; i < hj_array_size(kinds) && r >= 0; i++) {
		if (kinds[i].reader == APPLY_JUDGED && !hj_conf_has_equipment(a->source))
			continue;
		r = kinds[i].folder ? want_instances(a, kinds[i].name, kinds[i].folder)
		                    : want(a, kinds[i].name, NULL);
	}
	return r;
}

/* ---- whose configuration is another ---- */

bool apply_concerns(const struct apply_program *p, const struct apply_change *c)
{
	unsigned readers = apply_readers(c->file, c->key);
	char bus[HJ_NAME_MAX + 1], uplink[HJ_NAME_MAX + 1];

	apply_instance(c->file, "buses.d", bus);
	apply_instance(c->file, "uplinks.d", uplink);
	if (p->reader == APPLY_METERD)
		return readers & APPLY_METERDS || (readers & APPLY_METERD && !strcmp(p->instance, bus));
	if (p->reader == APPLY_UPLINKD)
		return readers & APPLY_UPLINKDS || (readers & APPLY_UPLINKD && !strcmp(p->instance, uplink));
	return readers & p->reader;
}

static bool is_changed(const struct apply *a, const struct apply_program *p)
{
	for (size_t i = 0; i < a->changes.count; i++)
		if (apply_concerns(p, &a->changes.list[i]))
			return true;
	return false;
}

static enum apply_act act(struct apply_program *p, enum apply_act act, const char *reason)
{
	p->reason = reason;
	return act;
}

static enum apply_act act_on(const struct apply *a, struct apply_program *p)
{
	bool runs = p->before.known && p->before.life != APPLY_DOWN;

	if (!p->wanted && p->before.known)
		return act(p, APPLY_STOP, N_("it is configured no more"));
	if (p->wanted && !runs && !p->on_demand)
		return act(p, APPLY_START, N_("it does not run"));
	if (p->wanted && runs && is_changed(a, p))
		return act(p, APPLY_RESTART, N_("what it reads is another now"));
	if (p->wanted && runs && apply_runs_other(a->root, a->source, p))
		return act(p, APPLY_RESTART, N_("it runs another text than is written"));
	return act(p, APPLY_LEAVE, NULL);
}

int apply_plan(struct apply *a)
{
	int r = a->hands ? a->hands->look(a) : 0;

	for (size_t i = 0; i < a->count; i++)
		a->programs[i].before = a->programs[i].now;
	r = r < 0 ? r : want_all(a);
	for (size_t i = 0; i < a->count && r >= 0; i++)
		a->programs[i].act = act_on(a, &a->programs[i]);
	return r;
}

size_t apply_plan_size(const struct apply *a)
{
	size_t n = 0;

	for (size_t i = 0; i < a->count; i++)
		n += a->programs[i].act != APPLY_LEAVE;
	return n;
}

/* What was started for the first time goes, what was stopped comes, what was started again is so once more. */
void apply_plan_reverse(struct apply *a)
{
	static const enum apply_act reverse[] = { [APPLY_LEAVE] = APPLY_LEAVE,
		[APPLY_START] = APPLY_STOP,
		[APPLY_RESTART] = APPLY_RESTART,
		[APPLY_STOP] = APPLY_START };

	for (size_t i = 0; i < a->count; i++) {
		struct apply_program *p = &a->programs[i];

		p->act = p->touched ? reverse[p->act] : APPLY_LEAVE;
		p->reason = NULL;
		/* One that was down although it should have run is wanted still. */
		if (p->act == APPLY_STOP && p->before.known)
			p->act = APPLY_RESTART;
		p->before = p->now;
		p->touched = false;
	}
}
