/* Any bytes as the outbox of alertd: lines that are none are left out, what is taken keeps its limits, and can be
 * written and read again as it was. */
#include <string.h>

#include "../../services/alertd/alertd.h"
#include "fuzz.h"

static void make(struct alertd *a)
{
	static const struct hj_conf_channel confs[] = { { .name = "robot" }, { .name = "hook" } };

	a->fd = -1;
	for (unsigned i = 0; i < hj_array_size(confs); i++)
		channel_init(a, &confs[i], 1u << i);
}

static void drop(struct alertd *a)
{
	for (size_t i = 0; i < a->owed_count; i++)
		alert_free(a->owed[i]);
	free(a->owed);
	quiet_done(&a->quiet);
	free(a);
}

static void write_all(const struct alertd *a, struct hj_buf *to)
{
	for (size_t i = 0; i < a->quiet.count; i++)
		claim(outbox_line_track(to, &a->quiet.tracks[i]) >= 0);
	for (size_t i = 0; i < a->owed_count; i++)
		claim(outbox_line_owed(to, a, a->owed[i]) >= 0);
}

static void check(const struct alertd *a)
{
	claim(a->owed_count <= OWED_MAX && a->quiet.count <= QUIET_TRACKS_MAX);
	for (size_t i = 0; i < a->owed_count; i++) {
		const struct alert *alert = a->owed[i];

		claim(alert->number && alert->number <= a->numbers && alert->left && !(alert->left & ~3u));
		claim(!alert->under_way && alert->id > 0 && alert->code[0]);
		claim(!alert->values || strlen(alert->values) <= ALERT_VALUES_MAX);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct alertd *a = calloc(1, sizeof(*a)), *again = calloc(1, sizeof(*again));
	_cleanup_(hj_buf_done) struct hj_buf first = { 0 }, second = { 0 };

	if (!a || !again)
		abort();
	make(a);
	make(again);
	outbox_read(a, (const char *)data, n);
	check(a);
	write_all(a, &first);
	outbox_read(again, first.data ? first.data : "", first.len);
	check(again);
	write_all(again, &second);
	claim(first.len == second.len && (!first.len || !memcmp(first.data, second.data, first.len)));
	drop(a);
	drop(again);
	return 0;
}
