/* The local protocol's messages: any bytes, in any cut, give the same messages and the same refusals; what is taken
 * is within its bounds, comes out of the encoder and in again as it was, and is no worse for being read as
 * parameters. */
#include <errno.h>
#include <string.h>

#include "hjgate/ipc.h"
#include "fuzz.h"

struct heard {
	unsigned messages, refused;
	size_t bytes; /* of all messages, written again */
	int end;
};

static unsigned depth(const json_t *j)
{
	unsigned deepest = 0;
	const char *name;
	json_t *value;
	size_t i;

	json_object_foreach((json_t *)j, name, value) deepest = hj_max(deepest, depth(value));
	json_array_foreach(j, i, value) deepest = hj_max(deepest, depth(value));
	return deepest + (json_is_object(j) || json_is_array(j));
}

static size_t check_message(json_t *message)
{
	struct hj_ipc_frame frame = { .scanned = 0 };
	struct hj_buf out = { .data = NULL };
	json_t *again = NULL;
	size_t len;
	int r;

	claim(json_is_object(message));
	claim(depth(message) <= HJ_IPC_DEPTH_MAX);
	r = hj_ipc_encode(message, &out);
	claim(r == 0 || r == -EMSGSIZE); /* numbers may need more digits than they came with */
	len = out.len;
	if (!r) {
		claim(hj_ipc_frame_put(&frame, out.data, out.len) == 0);
		claim(hj_ipc_frame_next(&frame, &again, NULL) == 1);
		claim(json_equal(message, again));
		claim(frame.in.len == 0);
	}
	json_decref(again);
	hj_ipc_frame_done(&frame);
	hj_buf_done(&out);
	return len;
}

static void check_parameters(json_t *message)
{
	const char *method = NULL, *bad = NULL;
	json_t *parameters = NULL, *list = NULL;
	int64_t number = 0;
	bool more = false;
	const struct hj_param table[] = {
		{ "method", HJ_PARAM_STRING, true, &method },
		{ "parameters", HJ_PARAM_OBJECT, false, &parameters },
		{ "more", HJ_PARAM_BOOL, false, &more },
		{ "number", HJ_PARAM_INT, false, &number },
		{ "list", HJ_PARAM_ARRAY, false, &list },
	};
	int r = hj_params_read(message, table, hj_array_size(table), &bad);

	claim(r == 0 || r == -EINVAL);
	claim(r == 0 ? method != NULL : bad != NULL && !method);
}

static struct heard listen_to(const uint8_t *data, size_t size, size_t cut)
{
	struct hj_ipc_frame frame = { .scanned = 0 };
	struct heard h = { .messages = 0 };
	char why[160];

	for (size_t at = 0; at < size && !h.end; at += cut) {
		json_t *message = NULL;
		int r;

		h.end = hj_ipc_frame_put(&frame, data + at, hj_min(cut, size - at));
		while (!h.end && (r = hj_ipc_frame_next(&frame, &message, why))) {
			if (r == 1) {
				h.messages++;
				h.bytes += check_message(message);
				check_parameters(message);
				json_decref(message);
			} else if (r == -EBADMSG || r == -E2BIG) {
				h.refused++;
				claim(memchr(why, 0, sizeof(why)));
			} else {
				h.end = r;
			}
		}
	}
	claim(h.end == 0 || h.end == -EMSGSIZE);
	hj_ipc_frame_done(&frame);
	return h;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct heard whole, cut;

	if (size > HJ_IPC_MESSAGE_MAX)
		return 0;
	whole = listen_to(data, size, size ? size : 1);
	cut = listen_to(data, size, size ? 1 + data[0] % 64 : 1);
	claim(whole.messages == cut.messages && whole.refused == cut.refused && whole.bytes == cut.bytes &&
	        whole.end == cut.end);
	return 0;
}
