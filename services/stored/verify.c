/* hjgate.Store.Verify: the file is held against its seals, its chains and heads from outside, in slices of a few
 * milliseconds that delay no commit. One at a time; who asked may leave. */
#include <errno.h>
#include <string.h>

#include "api.h"
#include "hjgate/ipc_verify.h"
#include "hjgate/log.h"

#define SLICE      (4 * HJ_USEC_PER_MS)
#define PAUSE      (6 * HJ_USEC_PER_MS)
#define TELL_EVERY (500 * HJ_USEC_PER_MS)
#define HEADS_MOST 4096
#define FINDINGS   200 /* of one answer */
#define PRIORITY   50  /* after everything that somebody waits for */

struct verifying {
	struct stored *s;
	struct hj_ipc_call *call;
	struct hj_verify *verify;
	sd_event_source *timer;
	json_t *heads, *findings; /* findings: what is not told yet */
	hj_usec told_at;
};

static void note(const struct hj_finding *f, void *userdata)
{
	struct verifying *v = userdata;

	json_array_append_new(v->findings, hj_finding_to_json(f));
}

static json_t *answer(struct verifying *v, bool over)
{
	const struct hj_verify_look *k = hj_verify_look(v->verify);
	json_t *findings = v->findings;

	v->findings = json_array();
	return json_pack("{s:I, s:I, s:o, s:o}", "done", (json_int_t)k->done, "of",
	        (json_int_t)hj_max(k->of, k->done), "findings", findings, "verdict",
	        over ? hj_verdict_to_json(k) : json_null());
}

static void verifying_free(struct verifying *v)
{
	v->s->verifying = NULL;
	sd_event_source_disable_unref(v->timer);
	hj_verify_free(v->verify);
	json_decref(v->heads);
	json_decref(v->findings);
	hj_ipc_call_unref(v->call);
	free(v);
}

void verify_stop(struct stored *s)
{
	if (!s->verifying)
		return;
	api_fail(s->verifying->call, -EIO, "records", 0);
	verifying_free(s->verifying);
}

static void left(struct hj_ipc_call *call, void *userdata)
{
	verifying_free(userdata);
}

static void compare_heads(struct verifying *v)
{
	json_t *j;
	size_t i;

	json_array_foreach(v->heads, i, j)
	{
		char digits[HJ_LEDGER_HEAD_DIGITS + 1];
		uint64_t seq;

		if (hj_head_parse(json_string_value(j), &seq, digits) >= 0)
			hj_verify_head(v->verify, seq, digits);
	}
}

/* Whoever does not read is waited for: nothing piles up. */
static int slice(struct verifying *v)
{
	hj_usec now = hj_now().mono;
	int r;

	if (hj_ipc_call_queued(v->call) > 2)
		return 1;
	r = hj_verify_step(v->verify, SLICE);
	if (r > 0 && hj_ipc_call_more(v->call) &&
	        (json_array_size(v->findings) >= FINDINGS || now > v->told_at + TELL_EVERY)) {
		v->told_at = now;
		hj_ipc_reply_more(v->call, answer(v, false));
	}
	return r;
}

static int on_slice(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct verifying *v = userdata;
	int r = slice(v);

	if (r > 0) {
		sd_event_source_set_time_relative(source, PAUSE);
		return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	}
	if (r < 0) {
		hj_log_error(r, "cannot verify the records: they do not read");
		api_fail(v->call, r, "records", 0);
	} else {
		compare_heads(v);
		hj_ipc_reply(v->call, answer(v, true));
	}
	verifying_free(v);
	return 0;
}

static int begin(struct stored *s, struct hj_ipc_call *call, const int64_t span[2], json_t *heads)
{
	struct verifying *v = calloc(1, sizeof(*v));
	int r;

	if (!v)
		return -ENOMEM;
	v->s = s;
	v->call = hj_ipc_call_ref(call);
	v->heads = json_incref(heads);
	v->findings = json_array();
	s->verifying = v;
	r = hj_verify_new(s->ledger, span[0], span[1], note, v, &v->verify);
	r = r < 0 ? r : sd_event_add_time_relative(s->event, &v->timer, CLOCK_BOOTTIME, 0, PAUSE, on_slice, v);
	r = r < 0 ? r : sd_event_source_set_priority(v->timer, PRIORITY);
	if (r < 0) {
		verifying_free(v);
		return api_fail(call, r, "records", 0);
	}
	hj_ipc_call_on_left(call, left, v);
	return 0;
}

int api_verify(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct stored *s = userdata;
	int64_t span[2] = { INT64_MIN, INT64_MAX };
	json_t *heads = NULL, *j;
	const char *bad;
	size_t i;
	const struct hj_param table[] = {
		{ "begin", HJ_PARAM_INT, false, &span[0] },
		{ "end", HJ_PARAM_INT, false, &span[1] },
		{ "heads", HJ_PARAM_ARRAY, false, &heads },
	};

	if (hj_params_read(parameters, table, hj_array_size(table), &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	if (json_array_size(heads) > HEADS_MOST)
		return api_fail(call, -ENOSPC, "heads", HEADS_MOST);
	json_array_foreach(heads, i, j)
	{
		char digits[HJ_LEDGER_HEAD_DIGITS + 1];
		uint64_t seq;

		if (!json_is_string(j) || hj_head_parse(json_string_value(j), &seq, digits) < 0)
			return hj_ipc_fail_parameter(call, "heads");
	}
	if (!s->ledger)
		return api_fail(call, -EIO, "records", 0);
	if (s->verifying)
		return hj_ipc_fail(call, "hjgate.Store.VerifyRunning", NULL);
	return begin(s, call, span, heads);
}
