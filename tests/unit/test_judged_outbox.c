/* long because: the eventd and the stored that it is told to are played here */
/* What judged has concluded, on its way: an eventd and a stored of the test's own take it, forget to answer, refuse
 * it and go away, and judged is killed between any two steps. All is told once, in order. */
#include "../../services/judged/judged.h"
#include "../../services/judged/peer_outbox.h"
#include "hjgate/event.h"
#include "hjgate/ipc.h"
#include "hjgate/judge.h"
#include "hjgate/log.h"
#include "ipc_world.h"
#include "state_root.h"

#define FIRST_MS 1774929600000
#define ROUNDS   25
#define PUTS     40

/* What the other ends do with the next thing they are told. */
enum mood { TAKES, TAKES_AND_GOES, GOES, REFUSES, MOODS };

struct town {
	struct world w;
	struct judged d;
	json_t *events, *records, *kept; /* kept: as it lies on the disk */
	json_t *sent;                    /* what was put, in order: [lane, parameters] */
	enum mood mood;
	unsigned logged, put, told_lost;
};
static struct town t;

void keep_save(struct judged *d)
{
	json_decref(t.kept);
	t.kept = outbox_save(d->outbox);
	outbox_kept(d->outbox);
}

/* ---- the other ends ---- */

static int answer_by_mood(struct hj_ipc_call *call, json_t *answer)
{
	enum mood mood = t.mood;

	t.mood = TAKES;
	if (mood == TAKES)
		return hj_ipc_reply(call, answer);
	json_decref(answer);
	if (mood == REFUSES)
		return hj_ipc_fail(call, "hjgate.Event.DiskTrouble", NULL);
	hj_ipc_call_hang_up(call);
	return 0;
}

static bool takes(void)
{
	return t.mood == TAKES || t.mood == TAKES_AND_GOES;
}

static const char *text(const json_t *j, const char *key)
{
	return json_string_value(json_object_get(j, key)) ?: "";
}

static json_t *open_event(json_t *said)
{
	json_t *e;
	size_t i;

	json_array_foreach(t.events, i, e)
	{
		if (!strcmp(text(e, "code"), text(said, "code")) && !strcmp(text(e, "key"), text(said, "key")) &&
		        json_is_true(json_object_get(e, "open")))
			return e;
	}
	return NULL;
}

/* As eventd: a begin for what is open, and an end for what is not, change nothing. */
static void note(json_t *said)
{
	const char *phase = text(said, "phase");
	json_t *e = open_event(said);

	if (!strcmp(phase, "end") && e) {
		json_object_set(e, "end", json_object_get(said, "time"));
		json_object_del(e, "open");
	} else if (!strcmp(phase, "moment") || (!strcmp(phase, "begin") && !e)) {
		e = json_pack("{s:O, s:O, s:O, s:O}", "code", json_object_get(said, "code"), "key",
		        json_object_get(said, "key"), "begin", json_object_get(said, "time"), "values",
		        json_object_get(said, "values") ?: json_null());
		if (!strcmp(phase, "begin"))
			json_object_set_new(e, "open", json_true());
		json_array_append_new(t.events, e);
	}
}

static int on_log(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	t.logged++;
	if (json_dumpb(json_object_get(parameters, "values"), NULL, 0, JSON_COMPACT) > HJ_EVENT_VALUES_MAX)
		return hj_ipc_fail_parameter(call, "values");
	if (takes())
		note(parameters);
	return answer_by_mood(call, json_pack("{s:i}", "id", 1));
}

static bool is_within(json_t *j, const char *key, json_t *asked)
{
	json_int_t ms = json_integer_value(json_object_get(j, key));

	return ms >= json_integer_value(json_object_get(asked, "begin")) &&
	       ms < json_integer_value(json_object_get(asked, "end"));
}

static int on_list(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	json_t *codes = json_object_get(parameters, "codes"), *list = json_array(), *e;
	size_t i;

	json_array_foreach(t.events, i, e)
	{
		if (is_within(e, "begin", parameters) &&
		        json_equal(json_array_get(codes, 0), json_object_get(e, "code")))
			json_array_append(list, e);
	}
	return answer_by_mood(call, json_pack("{s:o}", "events", list));
}

static int on_put(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	t.put++;
	if (takes())
		json_array_append(t.records, parameters);
	return answer_by_mood(call, json_pack("{s:i}", "seq", 1));
}

static int on_query(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	json_t *list = json_array(), *r;
	size_t i;

	json_array_foreach(t.records, i, r)
	{
		if (is_within(r, "label", parameters) && !strcmp(text(r, "kind"), text(parameters, "kind")))
			json_array_append(list, r);
	}
	return answer_by_mood(call, json_pack("{s:[], s:o}", "points", "records", list));
}

static const struct hj_ipc_interface event_interface = {
	.name = "hjgate.Event",
	.description = "interface hjgate.Event\n",
	.methods =
	        (const struct hj_ipc_method[]){
	                { "Log", HJ_PEER, on_log },
	                { "List", HJ_ANY_RIGHT, on_list },
	                { NULL, 0, NULL },
	        },
};
static const struct hj_ipc_interface store_interface = {
	.name = "hjgate.Store",
	.description = "interface hjgate.Store\n",
	.methods =
	        (const struct hj_ipc_method[]){
	                { "Put", HJ_PEER, on_put },
	                { "Query", HJ_ANY_RIGHT, on_query },
	                { NULL, 0, NULL },
	        },
};

static void come(void)
{
	static const struct hj_ipc_interface *const both[] = { &event_interface, &store_interface, NULL };
	static const char *const sockets[] = { "eventd.peer", "stored.peer" };
	char path[104];

	assert_int_equal(hj_ipc_server_new(t.w.event, both, &t, &t.w.server), 0);
	for (size_t i = 0; i < hj_array_size(sockets); i++) {
		snprintf(path, sizeof(path), "%s/run/hjgate/%s", root, sockets[i]);
		assert_int_equal(hj_ipc_server_add(t.w.server, listen_at(path), HJ_PEER), 0);
	}
}

static void go(void)
{
	hj_ipc_server_free(hj_steal(t.w.server));
}

/* ---- judged ---- */

static void begin_judged(void)
{
	assert_int_equal(outbox_new(&t.d, &t.d.outbox), 0);
	outbox_load(t.d.outbox, t.kept);
}

/* As by a signal that nothing can catch: what was kept is all there is. */
static void kill_judged(void)
{
	outbox_free(hj_steal(t.d.outbox));
	begin_judged();
}

static struct outbox_state state_now(void)
{
	struct outbox_state s;

	outbox_state(t.d.outbox, &s);
	return s;
}

static void put_event(const char *code, const char *phase, const char *key, int64_t begin_ms, int64_t time_ms)
{
	json_t *j = json_pack("{s:s, s:s, s:s, s:s, s:I, s:{s:I}}", "code", code, "phase", phase, "key", key,
	        "source", "judged", "time", (json_int_t)time_ms, "values", "day", (json_int_t)begin_ms);

	json_array_append_new(t.sent, json_pack("[i, O]", LANE_EVENT, j));
	outbox_put(t.d.outbox, LANE_EVENT, j, begin_ms);
}

static void put_record(const char *kind, int64_t label_ms, const char *body, double value)
{
	json_t *j = json_pack(
	        "{s:s, s:I, s:{s:{s:f}}}", "kind", kind, "label", (json_int_t)label_ms, "body", body, "SB1", value);

	json_array_append_new(t.sent, json_pack("[i, O]", LANE_RECORD, j));
	outbox_put(t.d.outbox, LANE_RECORD, j, label_ms);
}

/* As judged_settle(). */
static void keep_and_pump(void)
{
	keep_save(&t.d);
	outbox_pump(t.d.outbox);
}

static void all_is_taken(void)
{
	turn_until(&t.w, !state_now().waiting);
}

static int begin(void **state)
{
	hj_log_setup("judged", HJ_LOG_ERROR + 1);
	t = (struct town){ .events = json_array(), .records = json_array(), .sent = json_array() };
	assert_int_equal(make_root("judged"), 0);
	assert_true(sd_event_new(&t.w.event) >= 0);
	t.d.event = t.w.event;
	t.d.root = root;
	begin_judged();
	come();
	return 0;
}

static int end(void **state)
{
	outbox_free(t.d.outbox);
	go();
	sd_event_unref(t.w.event);
	json_decref(t.events);
	json_decref(t.records);
	json_decref(t.kept);
	json_decref(t.sent);
	return remove_root();
}

/* ---- tests ---- */

/* A day's end: a moment for each, and one record. */
static void put_day(int64_t day_ms)
{
	put_event("equipment-hours", "moment", "equipment fan", day_ms, day_ms);
	put_event("equipment-energy", "moment", "equipment oven", day_ms, day_ms);
	put_record("runtime", day_ms, "hours", 23.5);
}

static void what_was_taken_without_an_answer_is_told_once(void **state)
{
	for (int i = 0; i < 4; i++) {
		t.mood = TAKES_AND_GOES;
		put_day(FIRST_MS + i * 86400000LL);
		put_event("treatment-off", "begin", "equipment fan", FIRST_MS + i, FIRST_MS + i);
		put_event("treatment-off", "end", "equipment fan", FIRST_MS + i, FIRST_MS + i + 1000);
		put_record("status", FIRST_MS + i, "states", i);
		keep_and_pump();
		all_is_taken();
	}
	assert_int_equal(json_array_size(t.events), 4 * 3);
	assert_int_equal(json_array_size(t.records), 4 * 2);
	assert_int_equal(state_now().lost, 0);
}

static void what_was_taken_before_a_kill_is_told_once(void **state)
{
	put_day(FIRST_MS);
	put_event("treatment-off", "begin", "equipment fan", FIRST_MS, FIRST_MS);
	put_event("treatment-off", "end", "equipment fan", FIRST_MS, FIRST_MS + 1000);
	put_event("treatment-off", "begin", "equipment fan", FIRST_MS + 2000, FIRST_MS + 2000);
	keep_and_pump();
	for (int i = 0; i < 3; i++) {
		all_is_taken();
		kill_judged(); /* the disk says still that all of it waits */
	}
	all_is_taken();
	assert_int_equal(json_array_size(t.events), 4);
	assert_true(json_is_true(json_object_get(json_array_get(t.events, 3), "open")));
	assert_int_equal(json_array_size(t.records), 1);
}

/* A kill would conclude it again, and nobody could tell that from another one. */
static void what_is_not_kept_is_not_told(void **state)
{
	put_day(FIRST_MS);
	outbox_pump(t.d.outbox);
	for (int64_t until = now_ms() + 300; now_ms() < until;)
		sd_event_run(t.w.event, 10000);
	assert_int_equal(t.logged + t.put, 0);
	keep_and_pump();
	all_is_taken();
	assert_int_equal(t.logged, 2);
	assert_int_equal(t.put, 1);
}

static unsigned dice(unsigned *seed, unsigned most)
{
	*seed = *seed * 1103515245 + 12345;
	return (*seed >> 16) % most;
}

static void put_any(unsigned *seed, unsigned i)
{
	static bool open[3];
	static int64_t begun[3];
	const char *const keys[] = { "equipment a", "equipment b", "equipment c" };
	unsigned which = dice(seed, 3);
	int64_t ms = FIRST_MS + 1000LL * i;

	if (!i)
		memset(open, 0, sizeof(open));
	switch (dice(seed, 4)) {
	case 0:
		put_record("status", ms, "states", which);
		break;
	case 1:
		put_record("runtime", ms, "hours", 0.25 * which);
		break;
	case 2:
		put_event("equipment-hours", "moment", keys[which], ms, ms);
		break;
	default:
		if (!open[which])
			begun[which] = ms;
		put_event("treatment-off", open[which] ? "end" : "begin", keys[which], begun[which], ms);
		open[which] = !open[which];
	}
}

/* What the fakes have is what a town without any trouble would have. */
static void compare(void)
{
	json_t *events = hj_steal(t.events), *records = hj_steal(t.records), *item;
	size_t i;

	t.events = json_array();
	t.records = json_array();
	json_array_foreach(t.sent, i, item)
	{
		if (json_integer_value(json_array_get(item, 0)) == LANE_EVENT)
			note(json_array_get(item, 1));
		else
			json_array_append(t.records, json_array_get(item, 1));
	}
	assert_true(json_equal(events, t.events));
	assert_true(json_equal(records, t.records));
	json_decref(events);
	json_decref(records);
}

static void nothing_is_lost_or_repeated_by_chance(void **state)
{
	for (unsigned round = 1; round <= ROUNDS; round++) {
		unsigned seed = round;

		for (unsigned i = 0; i < PUTS; i++) {
			put_any(&seed, i);
			keep_and_pump();
			for (unsigned k = dice(&seed, 6); k; k--)
				sd_event_run(t.w.event, 0);
			t.mood = dice(&seed, 4) ? TAKES : (enum mood)dice(&seed, REFUSES);
			if (!dice(&seed, 3))
				kill_judged();
		}
		t.mood = TAKES;
		all_is_taken();
		compare();
		end(NULL);
		begin(NULL);
	}
}

static json_int_t time_of(size_t i, const char *which)
{
	return json_integer_value(json_object_get(json_array_get(t.events, i), which));
}

/* The times of what waits are by a clock that was wrong, but for one that is sure and what eventd may have. */
static void what_waits_goes_along_with_the_clock(void **state)
{
	const int64_t step = 3600000;
	json_t *sure;

	t.mood = GOES; /* with what it was asked */
	put_event("treatment-off", "begin", "equipment a", FIRST_MS, FIRST_MS);
	keep_and_pump();
	turn_until(&t.w, t.logged);
	assert_true(state_now().waiting);
	go();
	put_event("treatment-off", "end", "equipment a", FIRST_MS, FIRST_MS + 1);
	put_event("equipment-hours", "moment", "equipment b", FIRST_MS + 2, FIRST_MS + 2);
	sure = json_pack("{s:s, s:s, s:s, s:s, s:I, s:b}", "code", "equipment-hours", "phase", "moment", "key",
	        "equipment c", "source", "judged", "time", (json_int_t)FIRST_MS + 3, "sure", 1);
	outbox_put(t.d.outbox, LANE_EVENT, sure, FIRST_MS + 3);
	settle(&t.w);
	assert_true(outbox_step(t.d.outbox, step));
	keep_save(&t.d);
	kill_judged();
	assert_false(outbox_step(t.d.outbox, step)); /* all of it may have been taken */
	come();
	all_is_taken();
	assert_int_equal(json_array_size(t.events), 3);
	assert_int_equal(time_of(0, "begin"), FIRST_MS);
	assert_int_equal(time_of(0, "end"), FIRST_MS + 1 + step);
	assert_int_equal(time_of(1, "begin"), FIRST_MS + 2 + step);
	assert_int_equal(time_of(2, "begin"), FIRST_MS + 3);
}

static void one_that_is_refused_now_is_told_later(void **state)
{
	t.mood = REFUSES;
	put_event("equipment-hours", "moment", "equipment fan", FIRST_MS, FIRST_MS);
	keep_and_pump();
	all_is_taken();
	assert_int_equal(json_array_size(t.events), 1);
	assert_int_equal(state_now().lost, 0);
}

/* The oldest of both lanes give way; that is an event itself, once. */
static void what_gives_way_is_told(void **state)
{
	size_t lost = 0;
	json_t *e;
	size_t i;

	go();
	for (int k = 0; k < OUTBOX_MAX + 10; k++)
		put_event("equipment-hours", "moment", "equipment fan", FIRST_MS + k, FIRST_MS + k);
	keep_save(&t.d);
	assert_int_equal(state_now().waiting, OUTBOX_MAX);
	assert_int_equal(state_now().lost, 10);
	kill_judged();
	assert_int_equal(state_now().waiting, OUTBOX_MAX);
	assert_int_equal(state_now().lost, 10);
	come();
	turn_until(&t.w, json_array_size(t.events) > OUTBOX_MAX);
	all_is_taken();
	kill_judged();
	all_is_taken();
	assert_int_equal(json_array_size(t.events), OUTBOX_MAX + 1);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(t.events, 0), "begin")), FIRST_MS + 10);
	json_array_foreach(t.events, i, e)
	{
		if (!strcmp(text(e, "code"), "reports-lost"))
			lost += (size_t)json_integer_value(json_object_get(json_object_get(e, "values"), "count"));
	}
	assert_int_equal(lost, 10);
}

/* An end that nobody is told of leaves its event open for ever: moments give way first. */
static void an_end_does_not_give_way_to_moments(void **state)
{
	json_t *fan;

	put_event("treatment-off", "begin", "equipment fan", FIRST_MS, FIRST_MS);
	keep_and_pump();
	all_is_taken();
	go();
	put_event("treatment-off", "end", "equipment fan", FIRST_MS, FIRST_MS + 1000);
	for (int k = 0; k < OUTBOX_MAX + 9; k++)
		put_event("equipment-hours", "moment", "equipment fan", FIRST_MS + k, FIRST_MS + k);
	keep_save(&t.d);
	assert_int_equal(state_now().waiting, OUTBOX_MAX);
	assert_int_equal(state_now().lost, 10);
	come();
	all_is_taken();
	fan = json_array_get(t.events, 0);
	assert_string_equal(text(fan, "code"), "treatment-off");
	assert_int_equal(json_integer_value(json_object_get(fan, "end")), FIRST_MS + 1000);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(t.events, 1), "begin")), FIRST_MS + 10);
}

/* Of one end's the only one is on its way: of what waits for the other the oldest give way. */
static void what_waits_stays_within_its_bound(void **state)
{
	put_event("equipment-hours", "moment", "equipment fan", FIRST_MS, FIRST_MS);
	keep_and_pump();
	all_is_taken();
	put_event("equipment-hours", "moment", "equipment fan", FIRST_MS + 1, FIRST_MS + 1);
	keep_and_pump();
	for (int k = 0; k < OUTBOX_MAX + 10; k++)
		put_record("status", FIRST_MS + k, "states", k);
	assert_int_equal(state_now().waiting, OUTBOX_MAX);
	assert_int_equal(state_now().lost, 11);
	keep_and_pump();
	all_is_taken();
	assert_int_equal(json_integer_value(json_object_get(json_array_get(t.records, 0), "label")), FIRST_MS + 11);
}

/* Proofs of long names and many decimals are more than eventd takes: those at the end are left out, and of names that
 * leave no room for any, all. */
static void what_is_proved_at_length_is_told(void **state)
{
	static char name[2 * HJ_NAME_MAX];
	static struct hj_judge_equipment equipment = { .name = "oven" };
	static struct hj_judge_point point = { .name = name };
	static char title[1024];
	struct hj_conf_equipment named = { .title = "oven" };
	struct hj_conclusion c = { .production = HJ_JUDGE_NONE,
		.link = HJ_JUDGE_NONE,
		.limit = HJ_JUDGE_NONE,
		.point = HJ_JUDGE_NONE,
		.code = HJ_CONCLUDES_OFF,
		.begin_ms = FIRST_MS,
		.at_ms = FIRST_MS,
		.proof_count = HJ_PROOFS_MAX };
	json_t *proofs;

	memset(name, 'n', sizeof(name) - 1);
	for (size_t i = 0; i < HJ_PROOFS_MAX; i++)
		c.proofs[i] = (struct hj_proof){
			.time_ms = FIRST_MS, .value = 1234567.1 + (double)i, .flag = HJ_FLAG_NORMAL, .bound = 0.1
		};
	t.d.site.equipment = &named;
	t.d.site.plan = (struct hj_judge_plan){
		.points = &point, .equipment = &equipment, .point_count = 1, .equipment_count = 1
	};
	judged_tell(&t.d, &c);
	c.ended = true;
	memset(title, 't', HJ_EVENT_VALUES_MAX - 300);
	named.title = title;
	judged_tell(&t.d, &c);
	judged_keys_free(&t.d);
	keep_and_pump();
	all_is_taken();
	assert_int_equal(state_now().lost, 0);
	assert_int_equal(json_array_size(t.events), 1);
	assert_true(json_is_integer(json_object_get(json_array_get(t.events, 0), "end")));
	proofs = json_object_get(json_object_get(json_array_get(t.events, 0), "values"), "proofs");
	assert_in_range(json_array_size(proofs), 2, HJ_PROOFS_MAX - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_taken_without_an_answer_is_told_once, begin, end),
		cmocka_unit_test_setup_teardown(what_was_taken_before_a_kill_is_told_once, begin, end),
		cmocka_unit_test_setup_teardown(what_is_not_kept_is_not_told, begin, end),
		cmocka_unit_test_setup_teardown(nothing_is_lost_or_repeated_by_chance, begin, end),
		cmocka_unit_test_setup_teardown(what_waits_goes_along_with_the_clock, begin, end),
		cmocka_unit_test_setup_teardown(one_that_is_refused_now_is_told_later, begin, end),
		cmocka_unit_test_setup_teardown(what_gives_way_is_told, begin, end),
		cmocka_unit_test_setup_teardown(an_end_does_not_give_way_to_moments, begin, end),
		cmocka_unit_test_setup_teardown(what_waits_stays_within_its_bound, begin, end),
		cmocka_unit_test_setup_teardown(what_is_proved_at_length_is_told, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
