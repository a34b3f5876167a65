/* What was concluded becomes an event, begin and end, with what proves it; a change of what a platform would be told
 * of any equipment becomes a record of the states of all (CN 2021); a day that is over becomes a record of hours (CN
 * 2041) and an event for each, since no frame has a place for the energy. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "hjgate/event.h"
#include "hjgate/judge_key.h"
#include "hjgate/text.h"
#include "judged.h"
#include "peer_outbox.h"

#define AHEAD_MS 60000
#define CODE_LEN 32 /* of an event's code, with its NUL */

/* Of one day, of each equipment; those of the same midnight go together. */
struct hours {
	int64_t day_ms;
	json_t *hours;
};

/* ---- events ---- */

void judged_number_to(json_t *values, const char *name, double value)
{
	double rounded = round(value * 1e6) / 1e6;

	if (!isfinite(value))
		return;
	json_object_set_new(values, name,
	        rounded == trunc(rounded) && fabs(rounded) < 1e15 ? json_integer((json_int_t)rounded)
	                                                          : json_real(rounded));
}

json_t *judged_proofs(const struct judged *d, const struct hj_conclusion *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->proof_count; i++) {
		const struct hj_proof *p = &c->proofs[i];
		json_t *j = json_pack("{s:s, s:I, s:s%}", "point", d->site.plan.points[p->point].name, "time",
		        (json_int_t)p->time_ms, "flag", (char[]){ (char)p->flag, '\0' }, (size_t)1);

		judged_number_to(j, "value", p->value);
		judged_number_to(j, "bound", p->bound);
		json_array_append_new(list, j);
	}
	return list;
}

/* An event with fewer proofs is better than none: eventd refuses what is longer. */
static void fit(json_t *values)
{
	json_t *proofs = json_object_get(values, "proofs");

	while (proofs && json_dumpb(values, NULL, 0, JSON_COMPACT) > HJ_EVENT_VALUES_MAX) {
		json_array_remove(proofs, json_array_size(proofs) - 1);
		if (json_array_size(proofs))
			continue;
		json_object_del(values, "proofs");
		proofs = NULL;
	}
}

static json_t *conclusion_values(const struct judged *d, const struct hj_conclusion *c)
{
	const struct hj_judge_plan *p = &d->site.plan;
	json_t *v = json_pack("{s:I, s:I, s:i}", "from", (json_int_t)c->from_ms, "to", (json_int_t)c->to_ms,
	        "samples", (int)c->samples);
	size_t point = hj_conclusion_point(p, c);

	if (c->equipment != HJ_JUDGE_NONE) {
		json_object_set_new(v, "equipment", json_string(d->site.equipment[c->equipment].title));
		json_object_set_new(v, "name", json_string(p->equipment[c->equipment].name));
	}
	if (c->production != HJ_JUDGE_NONE)
		json_object_set_new(v, "production", json_string(d->site.equipment[c->production].title));
	if (point != HJ_JUDGE_NONE)
		json_object_set_new(v, "point", json_string(p->points[point].name));
	if (point != HJ_JUDGE_NONE && c->equipment == HJ_JUDGE_NONE) /* a limit of a point alone */
		json_object_set_new(v, "equipment", json_string(p->points[point].name));
	if (c->proof_count) {
		judged_number_to(v, "value", c->proofs[0].value);
		judged_number_to(v, "bound", c->proofs[0].bound);
	}
	judged_number_to(v, "least", c->least);
	judged_number_to(v, "most", c->most);
	if (c->maintained)
		json_object_set_new(v, "maintained", json_true());
	if (c->proof_count > 1)
		json_object_set_new(v, "proofs", judged_proofs(d, c));
	fit(v);
	return v;
}

/* ---- keys ---- */

/* Which production runs, and which treatment does not, may be another one when it ends. */
struct key {
	struct key *next;
	uint64_t number; /* of the conclusion */
	char code[CODE_LEN], text[HJ_CONCLUSION_KEY_MAX + 1];
};

static void add_key(struct judged *d, uint64_t number, const char *code, const char *text)
{
	struct key *k = calloc(1, sizeof(*k));

	if (!k)
		return;
	k->number = number;
	hj_text_copy(k->code, sizeof(k->code), code);
	hj_text_copy(k->text, sizeof(k->text), text);
	k->next = d->keys;
	d->keys = k;
}

static bool has_key(const void *data, const char *code, const char *text)
{
	const struct judged *d = data;
	const struct key *k = d->keys;

	while (k && (strcmp(k->code, code) != 0 || strcmp(k->text, text) != 0))
		k = k->next;
	return k;
}

static void begin_key(struct judged *d, const struct hj_conclusion *c, char ret[HJ_CONCLUSION_KEY_MAX + 1])
{
	hj_conclusion_key_free(&d->site.plan, c, has_key, d, ret);
	add_key(d, c->number, hj_conclusion_event(c->code), ret);
}

static void end_key(struct judged *d, const struct hj_conclusion *c, char ret[HJ_CONCLUSION_KEY_MAX + 1])
{
	struct key **at = &d->keys, *k;

	while (*at && (*at)->number != c->number)
		at = &(*at)->next;
	k = *at;
	if (!k) {
		hj_conclusion_key(&d->site.plan, c, ret);
		return;
	}
	hj_text_copy(ret, HJ_CONCLUSION_KEY_MAX + 1, k->text);
	*at = k->next;
	free(k);
}

json_t *judged_keys_save(const struct judged *d)
{
	json_t *list = json_array();

	for (const struct key *k = d->keys; k; k = k->next)
		json_array_append_new(list, json_pack("[I, s, s]", (json_int_t)k->number, k->text, k->code));
	return list;
}

void judged_keys_load(struct judged *d, const json_t *list)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		const char *text = json_string_value(json_array_get(item, 1));
		const char *code = json_string_value(json_array_get(item, 2)) ?: ""; /* an older judged: not said */

		if (text)
			add_key(d, (uint64_t)json_integer_value(json_array_get(item, 0)), code, text);
	}
}

void judged_keys_free(struct judged *d)
{
	while (d->keys) {
		struct key *k = d->keys;

		d->keys = k->next;
		free(k);
	}
}

/* What stored dated has its right time, whatever the clock is by now; so has what lies ahead of judge's own time: it
 * is the begin of a state that was kept, and read again is what came before it. Where judge's time itself, which was
 * kept, is ahead of the clock of this boot, nothing is by that clock. */
static bool is_sure(const struct judged *d, int64_t time_ms, int64_t at_ms)
{
	return time_ms <= d->dated_ms || time_ms > at_ms || at_ms > hj_now().wall_ms + AHEAD_MS;
}

static void put_event(struct judged *d, const char *code, const char *phase, const char *key, int64_t time_ms,
        bool sure, json_t *values, int64_t begin_ms)
{
	json_t *j = json_pack("{s:s, s:s, s:s, s:s, s:I, s:b}", "code", code, "phase", phase, "key", key, "source",
	        "judged", "time", (json_int_t)time_ms, "sure", sure);

	if (values)
		json_object_set_new(j, "values", values);
	outbox_put(d->outbox, LANE_EVENT, j, begin_ms);
}

/* An end says nothing but when: what its begin told is what is known of it, and its text is of that time. */
static void tell_event(struct judged *d, const struct hj_conclusion *c)
{
	int64_t time_ms = c->ended ? c->end_ms : c->begin_ms;
	char key[HJ_CONCLUSION_KEY_MAX + 1];

	if (c->ended)
		end_key(d, c, key);
	else
		begin_key(d, c, key);
	put_event(d, hj_conclusion_event(c->code), c->ended ? "end" : "begin", key, time_ms,
	        is_sure(d, time_ms, c->at_ms), c->ended ? NULL : conclusion_values(d, c), c->begin_ms);
}

/* ---- hours ---- */

static void tell_day(struct judged *d, const struct hj_conclusion *c)
{
	const char *name = d->site.plan.equipment[c->equipment].name;
	char key[HJ_CONCLUSION_KEY_MAX + 1];
	json_t *v = json_pack("{s:s, s:s, s:I}", "equipment", d->site.equipment[c->equipment].title, "name", name,
	        "day", (json_int_t)c->begin_ms);

	judged_number_to(v, "hours", c->hours);
	judged_number_to(v, "energy", c->energy);
	snprintf(key, sizeof(key), "equipment %s", name);
	put_event(d, isnan(c->energy) ? "equipment-hours" : "equipment-energy", "moment", key, c->at_ms,
	        is_sure(d, c->at_ms, c->at_ms), v, c->at_ms);
}

void judged_tell_hours(struct judged *d)
{
	struct hours *h = hj_steal(d->hours);

	if (!h)
		return;
	outbox_put(d->outbox, LANE_RECORD,
	        json_pack("{s:s, s:I, s:{s:o}}", "kind", hj_kind_name(HJ_KIND_RUNTIME), "label",
	                (json_int_t)h->day_ms, "body", "hours", h->hours),
	        h->day_ms);
	free(h);
}

static void add_hours(struct judged *d, const struct hj_conclusion *c)
{
	double most = HJ_EQUIPMENT_HOURS_MAX;

	tell_day(d, c);
	if (d->hours && d->hours->day_ms != c->begin_ms)
		judged_tell_hours(d);
	if (!d->hours) {
		d->hours = calloc(1, sizeof(*d->hours));
		if (!d->hours)
			return;
		d->hours->day_ms = c->begin_ms;
		d->hours->hours = json_object();
	}
	json_object_set_new(d->hours->hours, d->site.equipment[c->equipment].code,
	        json_real(hj_min(round(c->hours * 100) / 100, most)));
}

void judged_tell(void *judged, const struct hj_conclusion *c)
{
	struct judged *d = judged;

	d->concluded = true;
	if (c->code == HJ_CONCLUDES_RUNTIME)
		add_hours(d, c);
	else if (hj_conclusion_event(c->code))
		tell_event(d, c);
}

/* ---- states ---- */

int judged_rs(const struct judged *d, size_t equipment)
{
	struct hj_judge_look look;

	hj_judge_look(d->judge, equipment, &look);
	if (look.maintained)
		return JUDGED_RS_MAINTAINED;
	if (look.alarmed)
		return JUDGED_RS_ALARM;
	if (look.state == HJ_STATE_UNKNOWN)
		return JUDGED_TOLD_NO;
	return look.state == HJ_STATE_STOPPED ? JUDGED_RS_OFF : JUDGED_RS_RUNS;
}

/* What is not known stays as platforms know it: the standard has no word for it. All in one record, so that the
 * newest has the whole. */
void judged_tell_states(struct judged *d)
{
	int64_t now_ms = hj_judge_time(d->judge);
	json_t *states;
	bool news = false;

	for (size_t i = 0; i < d->site.plan.equipment_count; i++) {
		int rs = judged_rs(d, i);

		news = news || (rs != JUDGED_TOLD_NO && rs != d->told[i]);
		if (rs != JUDGED_TOLD_NO)
			d->told[i] = (int8_t)rs;
	}
	if (!news)
		return;
	d->concluded = true;
	states = json_object();
	for (size_t i = 0; i < d->site.plan.equipment_count; i++)
		if (d->told[i] != JUDGED_TOLD_NO)
			json_object_set_new(states, d->site.equipment[i].code, json_integer(d->told[i]));
	outbox_put(d->outbox, LANE_RECORD,
	        json_pack("{s:s, s:I, s:{s:o}}", "kind", hj_kind_name(HJ_KIND_STATUS), "label", (json_int_t)now_ms,
	                "body", "states", states),
	        now_ms);
}
