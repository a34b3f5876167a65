/* The newest record of a kind, for Preview. One question at a time. */
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
	k = feed_word(f, r, &j);
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
	feed_preview_fn fn;

	if (!error) {
		feed_learn(f, reply);
		feed_each_record(f, reply, take_record);
	}
	fn = f->preview;
	if (continues || !fn)
		return;
	f->preview = NULL;
	fn(NULL, f->preview_data);
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
	f->preview = fn;
	f->preview_unfit = unfit;
	f->preview_data = userdata;
	return 0;
}
