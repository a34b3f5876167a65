/* hjgate.Store.Swap: a meter was taken away and another one hangs in its place, or soon will. What its total counts
 * goes on: the readings at which the one ended and the other began say what neither of them was read to have counted.
 * Answered when it is on the disk, and then it is an event. */
#include "api.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "hjgate/log.h"
#include "hjgate/total.h"

#define BY_MAX 64

struct swapping {
	struct stored *stored;
	struct hj_ipc_call *call;
	char point[HJ_POINT_NAME_MAX + 1];
	double old, new;
	bool awaited;
};

static json_t *reading(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static void on_disk(int r, uint64_t seq, void *waiter)
{
	struct swapping *w = waiter;
	char by[BY_MAX];

	hj_ipc_call_name(w->call, by, sizeof(by));
	if (r >= 0) {
		hj_notice("%s: %s says that its meter was swapped: the old one to %g, the new one from %g", w->point,
		        by, w->old, w->new);
		tell_swap(w->stored, w->point, by, w->old, w->new);
	}
	api_done(w->call, r, "swaps",
	        json_pack("{s:o, s:o, s:b}", "old", reading(w->old), "new", reading(w->new), "awaited", w->awaited));
	free(w);
}

static int fail(struct hj_ipc_call *call, int r, const struct swapping *w)
{
	if (r == -EINVAL)
		return hj_ipc_fail(call, "hjgate.Store.NoSuchTotal", json_pack("{s:s}", "point", w->point));
	if (r == -ERANGE)
		return hj_ipc_fail(call, "hjgate.Store.ReadOtherwise",
		        json_pack("{s:s, s:o, s:o}", "point", w->point, "old", reading(w->old), "new",
		                reading(w->new)));
	return r == -ENOMEM ? r : api_fail(call, r, "changes at a time", STORED_STAGED_MAX);
}

static int swap(struct stored *s, struct hj_ipc_call *call, const char *point, double old, double new)
{
	const struct hj_point *p = hj_dictionary_find_name(&s->points, point);
	_cleanup_free_ struct swapping *w = calloc(1, sizeof(*w));
	struct hj_now now = hj_now();
	int r;

	if (!w)
		return -ENOMEM;
	*w = (struct swapping){ .stored = s, .call = call, .old = NAN, .new = NAN };
	hj_text_copy(w->point, sizeof(w->point), point);
	if (!s->loaded)
		return fail(call, disk_trouble(s), w);
	if (s->staged_count == STORED_STAGED_MAX)
		return fail(call, -ENOSPC, w); /* before anything is changed */
	r = p ? hj_rollup_swap(s->rollup, p->number, old, new, &now, &w->old, &w->new) : -EINVAL;
	if (r < 0)
		return fail(call, r, w);
	w->awaited = r == HJ_TOTAL_AWAITED;
	if (w->awaited)
		s->by_point[dictionary_index(s, p->number)].swapped_ms = 0;
	r = commit_stage(s, NULL, NULL, on_disk, w);
	if (r < 0)
		return fail(call, r, w);
	hj_ipc_call_ref(call);
	hj_steal(w);
	commit_urgent(s);
	return 0;
}

int api_swap(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	double old = NAN, new = NAN;
	const char *point, *bad;
	const struct hj_param table[] = {
		{ "point", HJ_PARAM_STRING, true, &point },
		{ "old", HJ_PARAM_NUMBER, false, &old },
		{ "new", HJ_PARAM_NUMBER, false, &new },
	};

	if (hj_params_read(parameters, table, hj_array_size(table), &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	return swap(userdata, call, point, old, new);
}
