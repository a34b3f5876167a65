/* An export as the frames of HJ 212 that an uplink would send: its factors and decimals, its packets, its password
 * and its dialect, intervals of a min_interval above the base window folded. It need not run: the words are
 * src/hj212's, the rest is in its file. What only the sending knows is made from the record: QN is the end of its
 * window, a millisecond more for each further packet. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "timespec.h"
#include "export.h"
#include "hjgate/clock.h"
#include "hjgate/conf.h"
#include "hjgate/fold.h"
#include "hjgate/hj212_phrase.h"
#include "instances.h"
#include "phrase.h"

#define MS_PER_MINUTE 60000

struct export_frames {
	struct hj_conf conf;
	const struct hj_conf_uplink *uplink;
	struct cli_phrase words;
	struct hj_conf_form form;
	struct hj212_phrase_sender sender;
	int64_t interval_ms; /* minutes are folded to it; 0 = they go as they are */
	struct hj_fold *fold;
	int64_t qn_ms; /* the newest that was used */
	struct hj_buf items;
	struct hj212_phrase_cut cut;
};

static void done(struct export *x)
{
	struct export_frames *f = x->frames;

	if (!f)
		return;
	hj_fold_free(f->fold);
	cli_phrase_done(&f->words);
	hj_buf_done(&f->items);
	hj_conf_done(&f->conf);
	free(f);
	x->frames = NULL;
}

static int load(struct export *x, struct export_frames *f)
{
	struct hj_conf_errors errors = { 0 };

	hj_conf_load_all(x->cli->root, &f->conf, &errors); /* good parts are there although others are bad */
	hj_conf_add_factors(x->cli->root, &f->conf);
	hj_conf_errors_done(&errors);
	for (size_t i = 0; i < f->conf.uplink_count; i++)
		if (!strcmp(f->conf.uplinks[i].name, x->uplink))
			f->uplink = &f->conf.uplinks[i];
	if (f->uplink)
		return 0;
	return cli_refused(x->cli, _("the file of uplink \"%s\" cannot be used: hjgate check says why"), x->uplink);
}

/* What a platform has set is asked of the uplink, where it runs. */
static int64_t min_interval(struct export *x, const struct hj_conf_uplink *u)
{
	_cleanup_json_ json_t *answer = NULL;
	char socket[HJ_NAME_MAX + 24];

	snprintf(socket, sizeof(socket), "uplinkd@%s.look", u->name);
	if (cli_ask_quiet(x->cli->root, socket, "hjgate.Uplink.Status", NULL, CLI_ANSWER_MS, &answer, NULL) < 0)
		return u->min_interval;
	return cli_int(answer, "min_interval");
}

static void set_interval(struct export *x, struct export_frames *f)
{
	int64_t base = hj_conf_minute_ms(&f->conf.main), interval = min_interval(x, f->uplink) * MS_PER_MINUTE;

	if (interval > base && interval % base == 0)
		f->interval_ms = interval;
}

static int prepare(struct export *x)
{
	struct export_frames *f;
	int r;

	r = cli_instance_known(x->cli, "uplinks.d", "uplinkd", x->uplink);
	if (r)
		return r;
	x->frames = f = calloc(1, sizeof(*f));
	if (!f)
		return -ENOMEM;
	r = load(x, f);
	if (r)
		return r;
	r = cli_phrase_init(&f->words, &f->conf, f->uplink);
	if (r < 0)
		return r;
	hj_conf_uplink_form(f->uplink, cli_wall_ms(), &f->form); /* as it would be sent now */
	f->sender = (struct hj212_phrase_sender){ .st = f->form.st,
		.mn = f->form.mn,
		.pw = f->form.pw,
		.crc = (enum hj212_crc)f->uplink->crc,
		.crc_lower = f->uplink->session.crc_lower,
		.edition = (enum hj212_edition)f->form.edition };
	set_interval(x, f);
	if (!f->interval_ms)
		return 0;
	r = hj_fold_new(f->interval_ms, &f->fold);
	if (r >= 0)
		hj_fold_set_normal_part(f->fold, (unsigned)f->conf.main.normal_part);
	return r;
}

static int learn(struct export *x, const struct hj_point *p)
{
	return hj212_phrase_map_learn(&x->frames->words.map, p);
}

static int put_frames(struct export *x, enum hj_kind kind, int64_t label_ms, int64_t end_ms)
{
	struct export_frames *f = x->frames;
	struct hj212_phrase_packet packet = { .cut = &f->cut,
		.items = f->items.data,
		.cn = hj212_phrase_cn(kind),
		.label_ms = hj212_phrase_label(&f->words.map.wording, kind, label_ms, end_ms - label_ms) };
	char frame[HJ212_FRAME_MAX];
	int r;

	if (!f->items.len || !packet.cn)
		return 0;
	r = hj212_phrase_cut(
	        (struct hj212_slice){ f->items.data, f->items.len }, hj212_phrase_room(&f->sender), &f->cut);
	for (; r >= 0 && packet.index < f->cut.count; packet.index++) {
		packet.qn_ms = f->qn_ms = hj_max(end_ms, f->qn_ms + 1);
		r = hj212_phrase_frame(&f->sender, &packet, frame, sizeof(frame));
		if (r > 0)
			fwrite(frame, 1, (size_t)r, x->out.f);
	}
	return r == -EMSGSIZE ? 0 : r; /* the uplink does not send it either, and says so */
}

static int record(struct export *x, const struct hj_record *r)
{
	struct export_frames *f = x->frames;
	int64_t end = cli_time(r->body, "end") ?: r->head.label_ms, window_end = r->head.label_ms + r->head.length_ms;
	struct hj212_phrase_record words = { .kind = r->head.kind,
		.stats = &r->stats,
		.equipment = r->equipment,
		.equipment_count = r->equipment_count,
		.end_ms = end,
		.text = cli_string(r->body, "text") };
	int k;

	if (!hj_conf_uplink_wants(f->uplink, r->head.kind) || !hj212_phrase_cn(r->head.kind))
		return 0;
	if (f->fold && r->head.kind == HJ_KIND_MINUTE)
		return hj_fold_add(
		        f->fold, hj_window_start(r->head.label_ms, f->interval_ms), r->head.length_ms, &r->stats);
	f->items.len = 0;
	k = hj212_phrase_record(&f->words.map, &words, &f->items);
	return k < 0 ? k : put_frames(x, r->head.kind, r->head.label_ms, window_end);
}

static int64_t stretch(const struct export *x)
{
	return x->kind == HJ_KIND_MINUTE ? x->frames->interval_ms : 0;
}

static int stretch_end(struct export *x, int64_t label_ms)
{
	struct export_frames *f = x->frames;
	struct hj_stats stats = { 0 };
	int r = hj_fold_take(f->fold, label_ms, NULL, NULL, &stats);

	f->items.len = 0;
	r = r < 0 ? r : hj212_phrase_statistics(&f->words.map, stats.stats, stats.count, &f->items);
	hj_stats_done(&stats);
	hj_fold_forget(f->fold, label_ms + f->interval_ms);
	return r < 0 ? r : put_frames(x, HJ_KIND_MINUTE, label_ms, label_ms + f->interval_ms);
}

const struct export_form export_hj212 = { .name = "hj212",
	.suffix = "txt",
	.prepare = prepare,
	.learn = learn,
	.record = record,
	.done = done,
	.stretch = stretch,
	.stretch_end = stretch_end };
