/* Page by page: each ends where the one before began. Where one millisecond fills a page it is left behind, so that
 * the end is always reached. */
#include "events_back.h"

#include "ask.h"

#define PAGE       1000 /* events of one answer */
#define PAGES_MOST 100  /* five times what eventd keeps */

struct back {
	cli_event_fn take;
	void *userdata;
	size_t count;
	int64_t oldest_ms;
};

static int take_page(json_t *answer, bool continues, void *userdata)
{
	struct back *b = userdata;
	json_t *event;
	size_t i;

	json_array_foreach(json_object_get(answer, "events"), i, event)
	{
		b->count++;
		b->oldest_ms = hj_min(b->oldest_ms, cli_int(event, "begin"));
		b->take(event, b->userdata);
	}
	return 0;
}

int cli_events_back(
        const char *root, int64_t begin_ms, int64_t end_ms, cli_event_fn take, void *userdata, json_t **ret_error)
{
	struct back b = { .take = take, .userdata = userdata };
	int r = 0;

	for (unsigned page = 0; r >= 0 && page < PAGES_MOST && begin_ms < end_ms; page++) {
		b.count = 0;
		b.oldest_ms = INT64_MAX;
		r = cli_stream_quiet(root, "eventd.look", "hjgate.Event.List",
		        json_pack("{sI sI si}", "begin", (json_int_t)begin_ms, "end", (json_int_t)end_ms, "limit",
		                PAGE),
		        CLI_ANSWER_MS, take_page, &b, ret_error);
		if (b.count < PAGE)
			break;
		end_ms = b.oldest_ms < end_ms - 1 ? b.oldest_ms + 1 : b.oldest_ms;
	}
	return r;
}
