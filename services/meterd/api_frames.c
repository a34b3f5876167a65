/* hjgate.Meter's Frames and Saved: what went over the bus. Whoever asks for more gets the frames in parts as fast as
 * he reads, and with `follow` the new ones as they come; who reads too slowly misses what the ring forgets meanwhile,
 * which the numbers show. */
#include "api.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES_BY_DEFAULT 64
#define FRAMES_MOST       1000000
#define PART_FRAMES       64 /* of one message: 64 of the longest are 80 KiB of HJ_IPC_MESSAGE_MAX */

struct frame_stream {
	struct meterd *m;
	struct frames_cursor cursor;
	bool follow, begun;
};

static json_t *hex_json(const uint8_t *p, size_t n)
{
	char text[2 * BUS_FRAME_MAX + 1] = "";

	for (size_t i = 0; i < n && i < BUS_FRAME_MAX; i++)
		snprintf(text + 2 * i, 3, "%02x", p[i]);
	return json_string(text);
}

static json_t *frame_json(const struct frame *f)
{
	return json_pack("{s:I, s:I, s:I, s:o, s:o, s:o, s:i, s:s, s:I, s:i, s:o}", "number", (json_int_t)f->number,
	        "time", (json_int_t)(f->time_us / (int64_t)HJ_USEC_PER_MS), "took_us", (json_int_t)f->took_us, "sent",
	        hex_json(f->sent, f->sent_length), "received", hex_json(f->received, f->received_length), "error",
	        f->error ? json_string(f->error) : json_null(), "unit_id", f->unit_id, "table",
	        hj_table_name((enum hj_table)f->table), "address", (json_int_t)f->address, "count", f->count,
	        "exception", f->exception ? json_integer(f->exception) : json_null());
}

static json_t *next_part(struct frame_stream *s, bool *ret_rest)
{
	json_t *list = json_array();
	struct frame f;
	size_t n = 0;

	while (list && n < PART_FRAMES && frames_next(&s->m->frames, &s->cursor, &f)) {
		json_array_append_new(list, frame_json(&f));
		n++;
	}
	*ret_rest = s->cursor.number < s->m->frames.next;
	return json_pack("{s:s, s:o}", "type", hj_bus_type(s->m->conf.kind)->name, "frames", list);
}

static enum hj_ipc_part on_part(struct hj_ipc_call *call, void *userdata, json_t **ret)
{
	struct frame_stream *s = userdata;
	bool rest;

	if (s->begun && s->cursor.number >= s->m->frames.next)
		return HJ_IPC_PART_NONE;
	s->begun = true;
	*ret = next_part(s, &rest);
	return rest || s->follow ? HJ_IPC_PART_MORE : HJ_IPC_PART_LAST;
}

/* Who did not ask for more gets one message. */
static int answer_once(struct meterd *m, struct hj_ipc_call *call, uint64_t limit)
{
	struct frame_stream s = { .m = m, .cursor = frames_newest(&m->frames, hj_min(limit, (uint64_t)PART_FRAMES)) };
	bool rest;

	return hj_ipc_reply(call, next_part(&s, &rest));
}

int api_frames(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct meterd *m = userdata;
	int64_t limit = FRAMES_BY_DEFAULT;
	bool follow = false;
	const struct hj_param table[] = { { "limit", HJ_PARAM_INT, false, &limit },
		{ "follow", HJ_PARAM_BOOL, false, &follow } };
	const char *bad = NULL;
	struct frame_stream *s;

	if (hj_params_read(parameters, table, hj_array_size(table), &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	if (limit < (follow ? 0 : 1) || limit > FRAMES_MOST)
		return hj_ipc_fail_parameter(call, "limit");
	if (follow && !hj_ipc_call_more(call))
		return hj_ipc_fail_parameter(call, "follow");
	if (!hj_ipc_call_more(call))
		return answer_once(m, call, (uint64_t)limit);
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	*s = (struct frame_stream){ .m = m, .cursor = frames_newest(&m->frames, (uint64_t)limit), .follow = follow };
	return hj_ipc_pull(&m->frame_pulls, call, on_part, s);
}

/* ---- what is on the disk ---- */

static json_t *files_json(const struct meterd *m)
{
	struct snapshot_file files[SNAPSHOTS_MOST];
	size_t n = snapshots_list(&m->snapshots, files);
	json_t *list = json_array();

	for (size_t i = 0; list && i < n; i++)
		json_array_append_new(
		        list, json_pack("{s:s, s:I, s:I}", "name", files[i].name, "time",
		                      (json_int_t)files[i].time_ms, "bytes", (json_int_t)files[i].bytes));
	return list;
}

int api_saved(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct meterd *m = userdata;
	const char *name = NULL, *bad = NULL;
	const struct hj_param table[] = { { "name", HJ_PARAM_STRING, false, &name } };
	_cleanup_free_ char *text = NULL;

	if (hj_params_read(parameters, table, hj_array_size(table), &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	if (name && snapshots_read(&m->snapshots, name, &text) < 0)
		return hj_ipc_fail_parameter(call, "name");
	return hj_ipc_reply(call,
	        json_pack("{s:o, s:o}", "files", files_json(m), "text", text ? json_string(text) : json_null()));
}
