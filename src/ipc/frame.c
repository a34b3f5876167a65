/* Messages out of a byte stream and into it. A message is one JSON object and a NUL. What an outsider sends is
 * bounded here before jansson sees it: its length, its depth (jansson would nest 2048 levels deep before it refuses),
 * and the number of its values (256 KB of "{}," would be 20 MB of objects). The buffer is given back as soon as it is
 * empty, so that one big message does not stay in the memory of a small daemon. */
#include "hjgate/ipc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define KEEP_MAX 4096u /* bytes of an empty buffer that are kept for the next message */

/* The message at the front may not pass the bound, whether its end is there already or not. */
static int scan(struct hj_ipc_frame *f, size_t *ret_len)
{
	const char *nul = f->in.len > f->scanned ? memchr(f->in.data + f->scanned, 0, f->in.len - f->scanned) : NULL;
	size_t len = nul ? (size_t)(nul - f->in.data) : f->in.len;

	f->scanned = len;
	if (len >= HJ_IPC_MESSAGE_MAX)
		return -EMSGSIZE;
	if (!nul)
		return 0;
	*ret_len = len;
	return 1;
}

int hj_ipc_frame_put(struct hj_ipc_frame *f, const void *data, size_t n)
{
	size_t len;
	int r;

	f->in.most = 2 * HJ_IPC_MESSAGE_MAX;
	r = hj_buf_put(&f->in, data, n);
	if (r < 0)
		return r;
	r = scan(f, &len);
	return r < 0 ? r : 0;
}

bool hj_ipc_frame_waits(struct hj_ipc_frame *f)
{
	size_t len;

	return scan(f, &len) != 0;
}

/* -EBADMSG when the text nests deeper than HJ_IPC_DEPTH_MAX; -E2BIG when it has more values than `most`. Each value
 * but the first has a comma or an opening bracket before it. It need not be JSON: jansson judges that. */
static int measure(const char *text, size_t n, unsigned most)
{
	unsigned depth = 0, values = 1;
	bool quoted = false;

	for (size_t i = 0; i < n; i++) {
		char c = text[i];

		if (quoted) {
			if (c == '\\')
				i++;
			else if (c == '"')
				quoted = false;
		} else if (c == '"') {
			quoted = true;
		} else if (c == '{' || c == '[') {
			values++;
			if (++depth > HJ_IPC_DEPTH_MAX)
				return -EBADMSG;
		} else if (c == ',') {
			values++;
		} else if ((c == '}' || c == ']') && depth) {
			depth--;
		}
		if (values > most)
			return -E2BIG;
	}
	return 0;
}

static void say_bound(int r, unsigned most, char ret_why[160])
{
	if (ret_why && r == -E2BIG)
		snprintf(ret_why, 160, "more than %u values in one message", most);
	else if (ret_why)
		snprintf(ret_why, 160, "nested deeper than %d levels", HJ_IPC_DEPTH_MAX);
}

static int parse(const char *text, size_t n, unsigned most, json_t **ret, char ret_why[160])
{
	json_error_t error = { .line = 0 };
	_cleanup_json_ json_t *message = NULL;
	int r = measure(text, n, most);

	if (r < 0) {
		say_bound(r, most, ret_why);
		return r;
	}
	message = json_loadb(text, n, JSON_REJECT_DUPLICATES, &error);
	if (!json_is_object(message)) {
		if (ret_why && message)
			snprintf(ret_why, 160, "not a JSON object");
		else if (ret_why)
			snprintf(ret_why, 160, "line %d, column %d: %.120s", error.line, error.column, error.text);
		return -EBADMSG;
	}
	*ret = hj_steal(message);
	return 0;
}

int hj_ipc_frame_next(struct hj_ipc_frame *f, json_t **ret_message, char ret_why[160])
{
	json_t *message = NULL;
	size_t len;
	int r;

	r = scan(f, &len);
	if (r <= 0)
		return r;
	r = parse(f->in.data, len, f->most_values ?: HJ_IPC_VALUES_MAX, &message, ret_why);
	hj_buf_drop(&f->in, len + 1);
	f->scanned = 0;
	if (!f->in.len && f->in.size > KEEP_MAX)
		hj_buf_done(&f->in);
	if (r < 0)
		return r;
	*ret_message = message;
	return 1;
}

void hj_ipc_frame_done(struct hj_ipc_frame *f)
{
	hj_buf_done(&f->in);
	f->scanned = 0;
}

struct sink {
	struct hj_buf *to;
	size_t begin;
	int error;
};

static int put(const char *text, size_t n, void *userdata)
{
	struct sink *s = userdata;

	if (s->to->len - s->begin + n > HJ_IPC_MESSAGE_MAX)
		s->error = -EMSGSIZE;
	else
		s->error = hj_buf_put(s->to, text, n);
	return s->error < 0 ? -1 : 0;
}

/* 17 digits, so that every double comes back as it was. */
int hj_ipc_encode(const json_t *message, struct hj_buf *to)
{
	struct sink s = { .to = to, .begin = to->len };

	if (json_dump_callback(message, put, &s, JSON_COMPACT | JSON_REAL_PRECISION(17)) < 0 || put("", 1, &s) < 0) {
		to->len = s.begin;
		return s.error < 0 ? s.error : -EINVAL;
	}
	return 0;
}
