/* hjgate.Uplink's Frames: what was said to the platform and by it, and what became of it. Passwords are shown on the
 * change socket only. Who follows gets each frame as it goes and again when its fate is known; who reads too slowly
 * misses what the ring forgets meanwhile, which the numbers show. */
#include "uplinkd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/base64.h"
#include "hjgate/hj212_mask.h"

#define FRAMES_BY_DEFAULT 20
#define LIMIT_MOST        1000000

struct frame_stream {
	struct uplinkd *u;
	uint64_t from;    /* number of the first that is wanted */
	uint64_t version; /* told so far */
	bool begun;
};

static bool may_see_secrets(const struct hj_ipc_call *call)
{
	return hj_ipc_call_right(call) == HJ_CHANGE;
}

json_t *api_frame_text(const struct hj_ipc_call *call, const char *text)
{
	_cleanup_free_ char *copy = strdup(text);

	if (!copy)
		return NULL;
	if (!may_see_secrets(call))
		hj212_mask(copy, strlen(copy));
	return json_string(copy);
}

static json_t *int_or_null(bool there, int64_t value)
{
	return there ? json_integer(value) : json_null();
}

static json_t *base64(const char *bytes, size_t n)
{
	_cleanup_free_ char *text = malloc(HJ_BASE64_LEN(n));

	if (text)
		hj_base64_encode(bytes, n, text);
	return text ? json_string(text) : json_null();
}

/* People read UTF-8, whatever the platform does; then the bytes are told beside it. */
static char *shown(const struct uplinkd *u, const char *bytes, size_t n, bool *ret_exact)
{
	_cleanup_(hj_buf_done) struct hj_buf text = { 0 };
	char *whole;

	if (!u->charset || hj_charset_decode(u->charset, bytes, n, &text) < 0)
		return frames_text(bytes, n, ret_exact);
	whole = frames_text(text.data, text.len, ret_exact);
	*ret_exact &= text.len == n && !memcmp(text.data, bytes, n);
	return whole;
}

static json_t *frame_json(const struct uplinkd *u, const struct hj_ipc_call *call, const struct frames_one *one)
{
	_cleanup_free_ char *bytes = malloc(one->n + 1), *text = NULL;
	bool exact;

	if (!bytes)
		return NULL;
	memcpy(bytes, frames_bytes(&u->frames, one), one->n);
	if (!may_see_secrets(call))
		hj212_mask(bytes, one->n);
	text = shown(u, bytes, one->n, &exact);
	if (!text)
		return NULL;
	return json_pack("{s:I, s:I, s:s, s:s, s:o, s:I, s:o, s:s, s:o, s:o}", "number", (json_int_t)one->number,
	        "time", (json_int_t)one->time_ms, "direction", one->out ? "out" : "in", "text", text, "bytes",
	        exact ? json_null() : base64(bytes, one->n), "resent", (json_int_t)one->resent, "resent_at",
	        int_or_null(one->resent, one->resent_ms), "outcome", frames_fate_name(one->fate), "code",
	        int_or_null(one->code, one->code), "after", int_or_null(one->after_ms >= 0, one->after_ms));
}

/* All that is kept is one message: FRAMES_BYTES as text and in base64, and the words around, are below half of
 * HJ_IPC_MESSAGE_MAX. */
static json_t *news(const struct hj_ipc_call *call, struct frame_stream *s)
{
	const struct frames_one *one;
	json_t *list = json_array();

	for (unsigned i = 0; (one = frames_at(&s->u->frames, i)); i++)
		if (one->number >= s->from && one->version > s->version)
			json_array_append_new(list, frame_json(s->u, call, one));
	s->version = s->u->frames.version;
	return json_pack("{s:o}", "frames", list);
}

static enum hj_ipc_part on_part(struct hj_ipc_call *call, void *userdata, json_t **ret)
{
	struct frame_stream *s = userdata;

	if (s->begun && s->version == s->u->frames.version)
		return HJ_IPC_PART_NONE;
	s->begun = true;
	*ret = news(call, s);
	return HJ_IPC_PART_MORE;
}

static uint64_t first_of_newest(const struct frames *f, int64_t limit)
{
	return f->count > (uint64_t)limit ? f->number - (uint64_t)limit + 1 : 0;
}

int api_frames(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct uplinkd *u = userdata;
	int64_t limit = FRAMES_BY_DEFAULT;
	bool follow = false;
	const struct hj_param table[] = { { "limit", HJ_PARAM_INT, false, &limit },
		{ "follow", HJ_PARAM_BOOL, false, &follow } };
	const char *bad = NULL;
	struct frame_stream *s;

	if (hj_params_read(parameters, table, hj_array_size(table), &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	if (limit < 0 || limit > LIMIT_MOST)
		return hj_ipc_fail_parameter(call, "limit");
	if (follow && !hj_ipc_call_more(call))
		return hj_ipc_fail_parameter(call, "follow");
	if (!follow) {
		struct frame_stream once = { .u = u, .from = first_of_newest(&u->frames, limit) };

		return hj_ipc_reply(call, news(call, &once));
	}
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	*s = (struct frame_stream){ .u = u, .from = first_of_newest(&u->frames, limit) };
	return hj_ipc_pull(&u->frame_pulls, call, on_part, s);
}
