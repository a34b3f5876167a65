/* Records, points, samples and receipts as they cross a local socket: what is taken is within its bounds and comes
 * out again as what it is. The first byte says which of them it is. */
#include <errno.h>
#include <string.h>

#include "hjgate/cleanup.h"
#include "hjgate/ipc.h"
#include "hjgate/record_json.h"
#include "fuzz.h"

static void try_record(json_t *j)
{
	struct hj_record r = { 0 };

	if (hj_record_from_json(j, &r) < 0)
		return;
	claim(hj_kind_is_statistics(r.head.kind) ? !r.body : r.body != NULL);
	claim(r.equipment_count <= HJ_EQUIPMENT_MOST);
	for (size_t i = 0; i < r.equipment_count; i++)
		claim(hj_equipment_valid(r.head.kind, r.equipment[i].name, r.equipment[i].value));
	for (size_t i = 0; i < r.stats.count; i++)
		claim(r.stats.stats[i].point && hj_flag_valid((char)r.stats.stats[i].flag));
	hj_record_done(&r);
}

static void try_point(json_t *j)
{
	struct hj_point p, again;
	json_t *back;

	if (hj_point_from_json(j, &p) < 0)
		return;
	claim(p.name[0] && p.interval_ms && p.interval_ms <= HJ_INTERVAL_MAX_MS);
	back = hj_point_to_json(&p, p.number != 0);
	claim(back && hj_point_from_json(back, &again) == 0);
	claim(again.number == p.number && hj_point_same(&again, &p));
	json_decref(back);
}

static void try_sample(json_t *j)
{
	struct hj_sample s, again;
	json_t *back;

	if (hj_sample_from_json(j, &s) < 0)
		return;
	claim(hj_flag_valid((char)s.flag));
	back = hj_sample_to_json(&s);
	claim(back && hj_sample_from_json(back, &again) == 0);
	claim(again.point == s.point && again.time_ms == s.time_ms && again.flag == s.flag);
	claim(again.value == s.value || !hj_sample_has_value(&s));
	json_decref(back);
}

static void try_receipt(json_t *j)
{
	struct hj_receipt r, again;
	json_t *back;

	if (hj_receipt_from_json(j, &r) < 0)
		return;
	claim(r.from <= r.to);
	back = hj_receipt_to_json(&r);
	claim(back && hj_receipt_from_json(back, &again) == 0);
	claim(again.from == r.from && again.to == r.to);
	json_decref(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static void (*const tries[])(json_t *) = { try_record, try_point, try_sample, try_receipt };
	json_t *j;

	if (!n)
		return 0;
	j = json_loadb((const char *)data + 1, n - 1, JSON_REJECT_DUPLICATES, NULL);
	if (j)
		tries[data[0] % hj_array_size(tries)](j);
	json_decref(j);
	return 0;
}
