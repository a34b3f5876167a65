/* The newest record of a kind, for Preview. One question at a time; the answer to one that was given up comes before
 * that of the next (they are counted), and is nobody's. */
#include "feed_private.h"

#include <errno.h>

static void take_record(struct feed *f, struct hj_record *r)
{
	feed_preview_fn fn = f->preview;
	struct hj212_phrase_unfit *sent = f->u->map.unfit;
	struct job j;
	int k;

	if (!fn)
		return;
	f->u->map.unfit = f->preview_unfit;
	k = feed_word(f, r, false, &j);
	f->u->map.unfit = sent;
	if (k <= 0)
		return;
	f->preview = NULL;
	fn(&j, f->preview_data);
	job_done(&j);
}

static void on_newest(const char *error, json_t *reply, bool continues, void *userdata)
{
	struct feed *f = userdata;
	unsigned question = f->previews_answered + 1;
	feed_preview_fn fn;

	if (!continues)
		f->previews_answered++;
	if (!error)
		feed_learn(f, reply);
	if (!error && question == f->previews_asked)
		feed_each_record(f, reply, take_record); /* may ask the next one */
	fn = f->preview;
	if (continues || !fn || question != f->previews_asked)
		return;
	f->preview = NULL;
	fn(NULL, f->preview_data);
}

void feed_preview_drop(struct feed *f)
{
	f->preview = NULL;
}

int feed_preview(
        struct feed *f, enum hj_kind kind, struct hj212_phrase_unfit *unfit, feed_preview_fn fn, void *userdata)
{
	json_t *parameters;
	int r;

	if (f->preview)
		return -EBUSY;
	parameters = json_pack("{s:s, s:i, s:I, s:i, s:b}", "kind", hj_kind_name(kind), "begin", 0, "end",
	        (json_int_t)HJ_TIME_MAX_MS, "limit", 1, "newest", 1);
	r = hj_ipc_client_call(f->ask, "hjgate.Store.Query", parameters, HJ_IPC_MORE, on_newest, f);
	if (r < 0)
		return r;
	f->previews_asked++;
	f->preview = fn;
	f->preview_unfit = unfit;
	f->preview_data = userdata;
	return 0;
}
