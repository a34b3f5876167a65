/* What judged has kept, as it lies on the disk: what judge thinks, what the platforms know, the keys of what lasts
 * and the outbox. What was read is written again as it is, but for what made no sense; and no more waits than may. */
#include "../../services/judged/judged.h"
#include "../../services/judged/peer_outbox.h"
#include "hjgate/ipc.h"
#include "hjgate/log.h"
#include "fuzz.h"

static struct judged d;
static struct hj_judge_point points[2];
static struct hj_judge_equipment equipment[2];

static void begin(void)
{
	static struct hj_conf_equipment named[2] = { { .code = "SB1", .title = "a" },
		{ .code = "SB2", .title = "b" } };

	hj_log_setup("fuzz", HJ_LOG_ERROR - 1);
	d = (struct judged){ .root = "/nonexistent", .site = { .equipment = named } };
	d.site.plan = (struct hj_judge_plan){
		.points = points, .equipment = equipment, .point_count = 2, .equipment_count = 2
	};
	for (size_t i = 0; i < 2; i++) {
		hj_judge_point_init(&points[i]);
		hj_judge_equipment_init(&equipment[i]);
		points[i].name = i ? "m.b" : "m.a";
		equipment[i].name = i ? "b" : "a";
		equipment[i].signs[0].point = i;
		equipment[i].signs[0].running = 5;
		equipment[i].sign_count = 1;
	}
	hj_judge_plan_fill(&d.site.plan);
	claim(sd_event_new(&d.event) >= 0);
}

static void make(void)
{
	d.keys = NULL;
	d.told[0] = d.told[1] = JUDGED_TOLD_NO;
	claim(hj_judge_new(&d.site.plan, 1774929600000, judged_tell, &d, &d.judge) >= 0);
	claim(outbox_new(&d, &d.outbox) >= 0);
}

static void unmake(void)
{
	outbox_free(d.outbox);
	judged_keys_free(&d);
	hj_judge_free(d.judge);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	_cleanup_json_ json_t *j = json_loadb((const char *)data, n, JSON_REJECT_DUPLICATES, NULL), *once = NULL,
	                      *twice = NULL;
	struct outbox_state state;

	if (!j)
		return 0;
	if (!d.event)
		begin();
	make();
	if (keep_decode(&d, j) >= 0)
		once = keep_encode(&d);
	outbox_state(d.outbox, &state);
	claim(state.waiting <= OUTBOX_MAX);
	unmake();
	if (!once)
		return 0;
	make();
	claim(keep_decode(&d, once) >= 0);
	twice = keep_encode(&d);
	claim(json_equal(json_object_get(once, "outbox"), json_object_get(twice, "outbox")));
	claim(json_equal(json_object_get(once, "judge"), json_object_get(twice, "judge")));
	claim(json_equal(json_object_get(once, "told"), json_object_get(twice, "told")));
	unmake();
	return 0;
}
