/* What a judge has kept, as it lies on the disk. What is accepted can be written again, and time may pass after it.
 */
#include "hjgate/buf.h"
#include "hjgate/judge.h"
#include "fuzz.h"

static void ignore(void *data, const struct hj_conclusion *c)
{
	claim(c->ended || c->begin_ms <= c->at_ms || !data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char *const a[] = { "a" }, *const b[] = { "b" };
	struct hj_judge_point points[2];
	struct hj_judge_equipment equipment[2];
	struct hj_judge_link link;
	struct hj_judge_plan plan = { .points = points,
		.equipment = equipment,
		.links = &link,
		.point_count = 2,
		.equipment_count = 2,
		.link_count = 1 };
	struct hj_judge *j = NULL;
	struct hj_buf again = { 0 };

	for (size_t i = 0; i < 2; i++) {
		hj_judge_point_init(&points[i]);
		hj_judge_equipment_init(&equipment[i]);
		points[i].name = i ? "m.b" : "m.a";
		equipment[i].name = i ? "b" : "a";
		equipment[i].role = i ? HJ_ROLE_TREATMENT : HJ_ROLE_PRODUCTION;
		equipment[i].signs[0].point = i;
		equipment[i].signs[0].running = 5;
		equipment[i].sign_count = 1;
	}
	hj_judge_link_init(&link);
	link.production = a;
	link.treatment = b;
	link.production_count = link.treatment_count = 1;
	hj_judge_plan_fill(&plan);
	if (hj_judge_new(&plan, 1774929600000, ignore, NULL, &j) < 0)
		return 0;
	if (hj_judge_decode(j, data, n) >= 0)
		claim(hj_judge_encode(j, &again) >= 0);
	hj_buf_done(&again);
	hj_judge_free(j);
	return 0;
}
