/* The platforms' side of a trace: how each stands with the record, and the frame of it that holds the point. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "phrase.h"
#include "trace.h"

/* Has the frame an item of this factor? */
static bool holds(const char *text, const struct hj212_phrase_factor *factor)
{
	const char *p = text ? strstr(text, "CP=&&") : NULL;

	for (; p; p = strchr(p + 1, ';'))
		if (hj212_phrase_is_of(factor, p + 1, strlen(p + 1)))
			return true;
	return false;
}

static int rebuild(struct trace *t, struct trace_uplink *u)
{
	struct upload *up = &t->uploads[u - t->uplinks];
	const struct hj212_phrase_factor *factor;
	_cleanup_(cli_phrase_done) struct cli_phrase words = { 0 };
	int r = upload_make_words(&t->conf, up->conf, &t->points, &words);

	if (r < 0)
		return r;
	factor = hj212_phrase_map_find(&words.map, t->number);
	if (factor)
		hj_text_copy(u->factor, sizeof(u->factor), factor->factor);
	r = upload_rebuild(t->cli, &words, &t->record, up);
	for (unsigned i = 0; r >= 0 && factor && !u->packet && i < up->frame_count; i++)
		u->packet = holds(up->frames[i].text, factor) ? i + 1 : 0;
	return r;
}

static bool sends(struct trace *t, const struct hj_conf_uplink *c)
{
	_cleanup_(cli_phrase_done) struct cli_phrase words = { 0 };

	return hj_conf_uplink_wants(c, HJ_KIND_MINUTE) && upload_make_words(&t->conf, c, &t->points, &words) >= 0 &&
	       hj212_phrase_map_find(&words.map, t->number);
}

int trace_find_uplinks(struct trace *t)
{
	int r;

	for (size_t i = 0; i < t->conf.uplink_count && t->uplink_count < TRACE_UPLINKS; i++) {
		const struct hj_conf_uplink *c = &t->conf.uplinks[i];

		if ((t->uplink && strcmp(t->uplink, c->name)) || !sends(t, c))
			continue;
		t->uploads[t->uplink_count++] = (struct upload){ .conf = c, .state = UPLOAD_NEITHER };
	}
	r = upload_find_receipts(t->cli, &t->record.head, t->uploads, t->uplink_count);
	for (size_t i = 0; i < t->uplink_count && r == 0; i++)
		if (rebuild(t, &t->uplinks[i]) < 0)
			r = HJ_EXIT_TEMPORARY;
	return r;
}
