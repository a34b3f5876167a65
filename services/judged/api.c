/* hjgate.Judge. Answers: Status (all equipment, and what lasts), Explain (one, with what it is judged by). Replaying
 * is the command's: it needs the records and a plan, and nothing of a judge that is at work. */
#include <string.h>

#include "feed.h"
#include "hjgate/idl.h"
#include "hjgate/ipc.h"
#include "hjgate/text.h"
#include "judged.h"
#include "peer_outbox.h"

static void text_to(json_t *to, const char *name, const char *text)
{
	if (text)
		json_object_set_new(to, name, json_string(text));
}

/* ---- conclusions ---- */

static json_t *conclusion_json(const struct judged *d, const struct hj_conclusion *c)
{
	const struct hj_judge_plan *p = &d->site.plan;
	json_t *j = json_pack("{s:s, s:I, s:I, s:I, s:I, s:i, s:b, s:o}", "code", hj_conclusion_event(c->code),
	        "begin", (json_int_t)c->begin_ms, "at", (json_int_t)c->at_ms, "from", (json_int_t)c->from_ms, "to",
	        (json_int_t)c->to_ms, "samples", (int)c->samples, "maintained", c->maintained, "proofs",
	        judged_proofs(d, c));

	text_to(j, "equipment", c->equipment == HJ_JUDGE_NONE ? NULL : p->equipment[c->equipment].name);
	text_to(j, "production", c->production == HJ_JUDGE_NONE ? NULL : p->equipment[c->production].name);
	text_to(j, "point", c->point == HJ_JUDGE_NONE ? NULL : p->points[c->point].name);
	judged_number_to(j, "least", c->least);
	judged_number_to(j, "most", c->most);
	return j;
}

static bool concerns(const struct judged *d, const struct hj_conclusion *c, size_t equipment)
{
	const struct hj_judge_equipment *e;

	if (equipment == HJ_JUDGE_NONE || c->equipment == equipment || c->production == equipment)
		return true;
	e = &d->site.plan.equipment[equipment];
	for (size_t i = 0; i < e->sign_count; i++)
		if (c->point == e->signs[i].point)
			return true;
	return false;
}

/* equipment HJ_JUDGE_NONE: all of them. */
static json_t *conclusions_json(const struct judged *d, size_t equipment)
{
	json_t *list = json_array();
	struct hj_conclusion c;

	for (size_t i = 0; hj_judge_lasting(d->judge, i, &c) > 0; i++)
		if (hj_conclusion_event(c.code) && concerns(d, &c, equipment))
			json_array_append_new(list, conclusion_json(d, &c));
	return list;
}

static json_t *waiting_json(const struct judged *d, size_t equipment)
{
	json_t *list = json_array(), *j;
	struct hj_judge_wait w;

	for (size_t i = 0; hj_judge_waiting(d->judge, i, &w) > 0; i++) {
		if (!hj_conclusion_event(w.what.code) || !concerns(d, &w.what, equipment))
			continue;
		j = json_pack("{s:o, s:b, s:I}", "what", conclusion_json(d, &w.what), "ends", w.ends, "seen",
		        (json_int_t)w.seen_ms);
		if (j && w.due_ms)
			json_object_set_new(j, "due", json_integer(w.due_ms));
		json_array_append_new(list, j);
	}
	return list;
}

/* ---- equipment ---- */

static json_t *equipment_json(const struct judged *d, size_t i)
{
	const struct hj_judge_equipment *e = &d->site.plan.equipment[i];
	struct hj_judge_look look;
	json_t *j;

	hj_judge_look(d->judge, i, &look);
	j = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:b, s:b, s:f}", "name", e->name, "title",
	        d->site.equipment[i].title, "code", d->site.equipment[i].code, "role", hj_role_name(e->role),
	        "process", e->process ? e->process : "", "state", hj_state_name(look.state), "since",
	        (json_int_t)look.since_ms, "maintained", look.maintained, "alarmed", look.alarmed, "hours",
	        look.hours);
	json_object_set_new(j, "energy", json_null());
	judged_number_to(j, "energy", look.energy);
	json_object_set_new(j, "rs", d->told[i] == JUDGED_TOLD_NO ? json_null() : json_integer(d->told[i]));
	return j;
}

static int on_status(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	const struct judged *d = userdata;
	struct hj_judge_ignored ignored;
	json_t *equipment = json_array();
	struct outbox_state outbox;
	struct feed_state feed;
	const char *bad;

	if (hj_params_read(parameters, NULL, 0, &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	hj_judge_ignored(d->judge, &ignored);
	outbox_state(d->outbox, &outbox);
	feed_state(d->feed, &feed);
	for (size_t i = 0; i < d->site.plan.equipment_count; i++)
		json_array_append_new(equipment, equipment_json(d, i));
	return hj_ipc_reply(
	        call, json_pack("{s:I, s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "time",
	                      (json_int_t)hj_judge_time(d->judge), "doing", feed.what, "live", d->live, "waiting",
	                      (json_int_t)outbox.waiting, "taken", (json_int_t)outbox.taken, "lost",
	                      (json_int_t)outbox.lost, "refused", (json_int_t)outbox.refused, "samples",
	                      (json_int_t)feed.samples, "dropped", (json_int_t)feed.lost, "unreadable",
	                      (json_int_t)feed.unreadable, "repeated", (json_int_t)ignored.repeated, "older",
	                      (json_int_t)ignored.older, "future", (json_int_t)feed.future, "equipment", equipment,
	                      "conclusions", conclusions_json(d, HJ_JUDGE_NONE)));
}

/* ---- Explain ---- */

static json_t *signs_json(const struct judged *d, const struct hj_judge_equipment *e)
{
	json_t *list = json_array(), *j;

	for (size_t i = 0; i < e->sign_count; i++) {
		const struct hj_judge_sign *s = &e->signs[i];

		j = json_pack("{s:s, s:s, s:f, s:f, s:b}", "point", d->site.plan.points[s->point].name, "meaning",
		        hj_meaning_name(s->meaning), "running", s->running, "hysteresis", s->hysteresis, "falling",
		        s->falling);
		judged_number_to(j, "idle", s->idle);
		json_array_append_new(list, j);
	}
	return list;
}

static json_t *names_json(const char *const *names, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_string(names[i]));
	return list;
}

static bool has_name(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

static json_t *links_json(const struct judged *d, const char *name)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->site.plan.link_count; i++) {
		const struct hj_judge_link *l = &d->site.plan.links[i];

		if (!has_name(l->production, l->production_count, name) &&
		        !has_name(l->treatment, l->treatment_count, name))
			continue;
		json_array_append_new(list, json_pack("{s:o, s:o, s:I, s:I, s:I, s:I}", "production",
		                                    names_json(l->production, l->production_count), "treatment",
		                                    names_json(l->treatment, l->treatment_count), "enough",
		                                    (json_int_t)l->enough, "run_up", (json_int_t)l->run_up_ms, "late",
		                                    (json_int_t)l->late_ms, "run_down", (json_int_t)l->run_down_ms));
	}
	return list;
}

static size_t find(const struct judged *d, const char *name)
{
	for (size_t i = 0; i < d->site.plan.equipment_count; i++)
		if (!strcmp(d->site.plan.equipment[i].name, name) || !strcmp(d->site.equipment[i].code, name))
			return i;
	return HJ_JUDGE_NONE;
}

static int on_explain(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	const struct judged *d = userdata;
	const struct hj_judge_equipment *e;
	const char *name = NULL, *bad;
	const struct hj_param table[] = { { "equipment", HJ_PARAM_STRING, true, &name } };
	size_t i;

	if (hj_params_read(parameters, table, hj_array_size(table), &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	i = find(d, name);
	if (i == HJ_JUDGE_NONE)
		return hj_ipc_fail(call, "hjgate.Judge.NoSuchEquipment", json_pack("{s:s}", "equipment", name));
	e = &d->site.plan.equipment[i];
	return hj_ipc_reply(
	        call, json_pack("{s:I, s:b, s:o, s:b, s:I, s:I, s:I, s:o, s:o, s:o, s:o}", "time",
	                      (json_int_t)hj_judge_time(d->judge), "live", d->live, "equipment", equipment_json(d, i),
	                      "any", e->any, "running_after", (json_int_t)e->hold_ms[HJ_STATE_RUNNING], "idle_after",
	                      (json_int_t)e->hold_ms[HJ_STATE_IDLE], "stopped_after",
	                      (json_int_t)e->hold_ms[HJ_STATE_STOPPED], "signs", signs_json(d, e), "links",
	                      links_json(d, e->name), "conclusions", conclusions_json(d, i), "waiting",
	                      waiting_json(d, i)));
}

static const struct hj_ipc_method methods[] = {
	{ "Status", HJ_ANY_RIGHT, on_status },
	{ "Explain", HJ_ANY_RIGHT, on_explain },
	{ NULL, 0, NULL },
};

const struct hj_ipc_interface judged_interface = {
	.name = "hjgate.Judge",
	.description = hj_idl_hjgate_Judge,
	.methods = methods,
};
