/* Any bytes as a server's answer, to a robot's message and to a webhook's: it has one meaning, and what is said of it
 * can be shown to people. The first two bytes are the status and what the network said. */
#include <string.h>

#include "../../services/alertd/verdict.h"
#include "fuzz.h"

#define TIMED_OUT 28 /* CURLE_OPERATION_TIMEDOUT: the answer began and did not end */

static void check(enum hj_channel_kind kind, const struct http_result *r)
{
	struct verdict_told v;

	verdict_of(kind, r, &v);
	claim(v.is <= VERDICT_WRONG && v.hold_s >= 0 && v.hold_s <= 3600);
	claim(memchr(v.text, 0, sizeof(v.text)));
	claim((v.is == VERDICT_TOLD) == !v.text[0]);
	for (const char *p = v.text; *p; p++)
		claim((unsigned char)*p >= ' ' && *p != 0x7f);
	claim(v.is != VERDICT_TOLD || (r->status >= 200 && r->status < 300));
	claim(v.is != VERDICT_TOLD || !r->curl || (kind == HJ_CHANNEL_WEBHOOK && r->curl == TIMED_OUT));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const long statuses[] = { 200, 204, 302, 400, 401, 404, 408, 413, 429, 500, 503, 0, 999, -1 };
	static const int curls[] = { 0, 0, 0, 0, TIMED_OUT, 60, 7, 99999 };
	char error[64] = "";
	struct http_result r;

	if (n < 2)
		return 0;
	memcpy(error, data + 2, n - 2 < sizeof(error) - 1 ? n - 2 : sizeof(error) - 1);
	r = (struct http_result){ .curl = curls[data[1] % 8],
		.status = statuses[data[0] % (sizeof(statuses) / sizeof(statuses[0]))],
		.body = (const char *)data + 2,
		.n = n - 2,
		.retry_after_s = data[1] % 3   ? (int64_t)data[1] * data[0]
		                 : data[1] % 2 ? INT64_MAX
		                               : -1,
		.error = error };
	check(HJ_CHANNEL_DINGTALK, &r);
	check(HJ_CHANNEL_WEBHOOK, &r);
	return 0;
}
