/* hjgate.Store, maintenance: Maintain and MaintainEnd are answered when they are on the disk; Maintained tells what
 * is being worked on. */
#include "api.h"

#include <errno.h>
#include <string.h>

#include "hjgate/log.h"

struct beginning {
	struct stored *s;
	struct hj_ipc_call *call;
	char what[HJ_POINT_NAME_MAX + 1];
};

static void on_disk(int r, uint64_t seq, void *waiter)
{
	struct beginning *w = waiter;
	const struct maintained *m = maintain_find(w->s, w->what);
	json_t *answer = m ? json_pack("{s:I, s:I}", "until", (json_int_t)m->until_ms, "points",
	                             (json_int_t)maintain_points(w->s, m))
	                   : json_pack("{s:i, s:i}", "until", 0, "points", 0);

	if (r >= 0 && m) {
		hj_notice("%s is being worked on, says %s (%s): its samples get flag M", m->what, m->by, m->why);
		tell_maintain(w->s, m, HJ_BEGIN, m->begin_ms);
	}
	api_done(w->call, r, "settings", answer);
	if (r < 0 && m)
		maintain_end(w->s, w->what); /* what was not promised is not done */
	free(w);
}

static int begin(struct stored *s, struct hj_ipc_call *call, const struct maintained *m)
{
	_cleanup_free_ struct beginning *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	if (!s->loaded)
		return api_fail(call, disk_trouble(s), "settings", 0);
	if (s->staged_count == STORED_STAGED_MAX)
		return api_fail(call, -ENOSPC, "settings at a time", STORED_STAGED_MAX);
	r = maintain_begin(s, m);
	if (r == -ENOENT)
		return hj_ipc_fail(call, "hjgate.Store.NoSuchPoint", json_pack("{s:s}", "what", m->what));
	if (r < 0)
		return api_fail(call, r, "things under maintenance", MAINTAIN_MOST);
	w->s = s;
	w->call = call;
	hj_text_copy(w->what, sizeof(w->what), m->what);
	r = commit_stage(s, NULL, NULL, on_disk, w);
	if (r < 0)
		return r;
	hj_ipc_call_ref(call);
	hj_steal(w);
	commit_urgent(s);
	return 0;
}

int api_maintain(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct hj_now now = hj_now();
	struct maintained m = { .begin_ms = now.wall_ms, .part_count = 1 };
	const char *what, *why, *kind = NULL, *bad;
	json_t *parts = NULL, *j;
	int64_t for_ms;
	size_t i;
	const struct hj_param table[] = {
		{ "what", HJ_PARAM_STRING, true, &what },
		{ "milliseconds", HJ_PARAM_INT, true, &for_ms },
		{ "why", HJ_PARAM_STRING, true, &why },
		{ "kind", HJ_PARAM_STRING, false, &kind },
		{ "parts", HJ_PARAM_ARRAY, false, &parts },
	};

	if (hj_params_read(parameters, table, hj_array_size(table), &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	if (!*what || !hj_text_copy(m.what, sizeof(m.what), what))
		return hj_ipc_fail_parameter(call, "what");
	if (!*why || !hj_text_copy(m.why, sizeof(m.why), why))
		return hj_ipc_fail_parameter(call, "why");
	if (for_ms < (int64_t)(MAINTAIN_FOR_LEAST / HJ_USEC_PER_MS) ||
	        for_ms > (int64_t)(MAINTAIN_FOR_MOST / HJ_USEC_PER_MS))
		return hj_ipc_fail_parameter(call, "milliseconds");
	if (!hj_text_copy(m.kind, sizeof(m.kind), kind ? kind : strchr(what, '.') ? "point" : "meter"))
		return hj_ipc_fail_parameter(call, "kind");
	hj_text_copy(m.parts[0], sizeof(m.parts[0]), what);
	if (json_array_size(parts) > MAINTAIN_PARTS)
		return hj_ipc_fail_parameter(call, "parts");
	json_array_foreach(parts, i, j)
	{
		if (!json_is_string(j) || !json_string_length(j) ||
		        !hj_text_copy(m.parts[i], sizeof(m.parts[i]), json_string_value(j)))
			return hj_ipc_fail_parameter(call, "parts");
		m.part_count = i + 1;
	}
	m.until_ms = m.begin_ms + for_ms;
	m.until = now.mono + (hj_usec)for_ms * HJ_USEC_PER_MS;
	hj_ipc_call_name(call, m.by, sizeof(m.by));
	return begin(userdata, call, &m);
}

static void ended(int r, uint64_t seq, void *waiter)
{
	api_done(waiter, r, "settings", NULL);
}

int api_maintain_end(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct stored *s = userdata;
	const char *what, *bad;
	int r;
	const struct hj_param table[] = { { "what", HJ_PARAM_STRING, true, &what } };

	if (hj_params_read(parameters, table, hj_array_size(table), &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	if (!s->loaded)
		return api_fail(call, disk_trouble(s), "settings", 0);
	if (s->staged_count == STORED_STAGED_MAX)
		return api_fail(call, -ENOSPC, "settings at a time", STORED_STAGED_MAX);
	if (maintain_end(s, what) < 0)
		return hj_ipc_fail(call, "hjgate.Store.NotMaintained", json_pack("{s:s}", "what", what));
	r = commit_stage(s, NULL, NULL, ended, call);
	if (r < 0)
		return r;
	hj_ipc_call_ref(call);
	return 0;
}

static json_t *parts_of(const struct maintained *m)
{
	json_t *list = json_array();

	for (size_t i = 0; i < m->part_count; i++)
		json_array_append_new(list, json_string(m->parts[i]));
	return list;
}

int api_maintained(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	const struct stored *s = userdata;
	json_t *list = json_array();
	const char *bad;

	if (hj_params_read(parameters, NULL, 0, &bad) < 0) {
		json_decref(list);
		return hj_ipc_fail_parameter(call, bad);
	}
	for (size_t i = 0; i < s->maintenance.count; i++) {
		const struct maintained *m = s->maintenance.list[i];
		hj_usec now = hj_now().mono;

		json_array_append_new(list,
		        json_pack("{s:s, s:s, s:I, s:I, s:I, s:s, s:s, s:I, s:o}", "what", m->what, "kind", m->kind,
		                "begin", (json_int_t)m->begin_ms, "until", (json_int_t)m->until_ms, "left",
		                (json_int_t)((m->until > now ? m->until - now : 0) / HJ_USEC_PER_MS), "by", m->by,
		                "why", m->why, "points", (json_int_t)maintain_points(s, m), "parts", parts_of(m)));
	}
	return hj_ipc_reply(call, json_pack("{s:o}", "maintained", list));
}
