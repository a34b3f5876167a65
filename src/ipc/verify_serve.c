/* Answering Verify: see verify_serve.h. */
#include "hjgate/verify_serve.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hjgate/ipc_verify.h"
#include "hjgate/log.h"
#include "hjgate/now.h"

#define SLICE      (4 * HJ_USEC_PER_MS)
#define PAUSE      (6 * HJ_USEC_PER_MS)
#define TELL_EVERY (500 * HJ_USEC_PER_MS)
#define HEADS_MOST 4096
#define FINDINGS   200                      /* of one answer */
#define PRIORITY   HJ_IPC_PRIORITY_LOOK     /* those who look cannot keep it from going on */
#define READ_LIMIT (3600 * HJ_USEC_PER_SEC) /* a client that does not read does not keep the only place for ever */

struct hj_verifying {
	struct hj_verify_of of;
	struct hj_ipc_call *call;
	struct hj_verify *verify;
	sd_event_source *timer;
	json_t *heads, *findings; /* findings: what is not told yet */
	hj_usec told_at;
	bool waits; /* for the client to read */
};

static void note(const struct hj_finding *f, void *userdata)
{
	struct hj_verifying *v = userdata;

	json_array_append_new(v->findings, hj_finding_to_json(f));
}

static json_t *answer(struct hj_verifying *v, bool over)
{
	const struct hj_verify_look *k = hj_verify_look(v->verify);
	json_t *findings = v->findings;

	v->findings = json_array();
	return json_pack("{s:I, s:I, s:o, s:o}", "done", (json_int_t)k->done, "of",
	        (json_int_t)hj_max(k->of, k->done), "findings", findings, "verdict",
	        over ? hj_verdict_to_json(k) : json_null());
}

static void let_go(struct hj_verifying *v)
{
	*v->of.slot = NULL;
	sd_event_source_disable_unref(v->timer);
	hj_verify_free(v->verify);
	json_decref(v->heads);
	json_decref(v->findings);
	hj_ipc_call_unref(v->call);
	free(v);
}

static int fail(const struct hj_verify_of *of, struct hj_ipc_call *call, const char *error, const char *text)
{
	char name[64];

	snprintf(name, sizeof(name), "%s.%s", of->interface, error);
	return hj_ipc_fail(call, name, text ? json_pack("{s:s}", "text", text) : NULL);
}

void hj_verifying_free(struct hj_verifying *v)
{
	if (!v)
		return;
	fail(&v->of, v->call, "DiskTrouble", strerror(EIO));
	let_go(v);
}

static void left(struct hj_ipc_call *call, void *userdata)
{
	let_go(userdata);
}

static void compare_heads(struct hj_verifying *v)
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

static int slice(struct hj_verifying *v)
{
	hj_usec now = hj_now().mono;
	int r = hj_verify_step(v->verify, SLICE);

	if (r > 0 && hj_ipc_call_more(v->call) &&
	        (json_array_size(v->findings) >= FINDINGS || now > v->told_at + TELL_EVERY)) {
		v->told_at = now;
		hj_ipc_reply_more(v->call, answer(v, false));
	}
	return r;
}

static void has_read(struct hj_ipc_call *call, void *userdata)
{
	struct hj_verifying *v = userdata;

	v->waits = false;
	sd_event_source_set_time(v->timer, 0);
	sd_event_source_set_enabled(v->timer, SD_EVENT_ONESHOT);
}

/* Nothing piles up, and nobody wakes until it has read. */
static int wait_for_reader(struct hj_verifying *v)
{
	v->waits = true;
	hj_ipc_call_on_drain(v->call, has_read, v);
	sd_event_source_set_time(v->timer, hj_now().mono + READ_LIMIT);
	return sd_event_source_set_enabled(v->timer, SD_EVENT_ONESHOT);
}

static int on_slice(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct hj_verifying *v = userdata;
	int r;

	if (v->waits) {
		hj_notice("a verification ends: who asked for it has read nothing for an hour");
		fail(&v->of, v->call, "DiskTrouble", strerror(ETIMEDOUT));
		let_go(v);
		return 0;
	}
	if (hj_ipc_call_queued(v->call) > 2)
		return wait_for_reader(v);
	r = slice(v);
	if (r > 0) {
		sd_event_source_set_time_relative(source, PAUSE);
		return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	}
	if (r < 0) {
		hj_log_error(r, "cannot verify the ledger: it does not read");
		fail(&v->of, v->call, "DiskTrouble", strerror(-r));
	} else {
		compare_heads(v);
		hj_ipc_reply(v->call, answer(v, true));
	}
	let_go(v);
	return 0;
}

static int begin(const struct hj_verify_of *of, struct hj_ledger *l, struct hj_ipc_call *call, const int64_t span[2],
        json_t *heads)
{
	struct hj_verifying *v = calloc(1, sizeof(*v));
	int r;

	if (!v)
		return -ENOMEM;
	v->of = *of;
	v->call = hj_ipc_call_ref(call);
	v->heads = json_incref(heads);
	v->findings = json_array();
	*of->slot = v;
	r = hj_verify_new(l, span[0], span[1], note, v, &v->verify);
	r = r < 0 ? r : sd_event_add_time_relative(of->event, &v->timer, CLOCK_BOOTTIME, 0, PAUSE, on_slice, v);
	r = r < 0 ? r : sd_event_source_set_priority(v->timer, PRIORITY);
	if (r < 0) {
		let_go(v);
		return fail(of, call, "DiskTrouble", strerror(-r));
	}
	hj_ipc_call_on_left(call, left, v);
	return 0;
}

static bool are_heads(const json_t *heads)
{
	json_t *j;
	size_t i;

	json_array_foreach(heads, i, j)
	{
		char digits[HJ_LEDGER_HEAD_DIGITS + 1];
		uint64_t seq;

		if (!json_is_string(j) || hj_head_parse(json_string_value(j), &seq, digits) < 0)
			return false;
	}
	return json_array_size(heads) <= HEADS_MOST;
}

int hj_verifying_begin(
        const struct hj_verify_of *of, struct hj_ledger *l, struct hj_ipc_call *call, json_t *parameters)
{
	int64_t span[2] = { INT64_MIN, INT64_MAX };
	json_t *heads = NULL;
	const char *bad;
	const struct hj_param table[] = {
		{ "begin", HJ_PARAM_INT, false, &span[0] },
		{ "end", HJ_PARAM_INT, false, &span[1] },
		{ "heads", HJ_PARAM_ARRAY, false, &heads },
	};

	if (hj_params_read(parameters, table, hj_array_size(table), &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	if (!are_heads(heads))
		return hj_ipc_fail_parameter(call, "heads");
	if (!l)
		return fail(of, call, "DiskTrouble", strerror(EIO));
	return *of->slot ? fail(of, call, "VerifyRunning", NULL) : begin(of, l, call, span, heads);
}
