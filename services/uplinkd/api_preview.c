/* hjgate.Uplink's Preview: the frames that would be sent now, each with the answer that should come, before the
 * platform is reached, and before there is anything to send: what there is no data of is shown with made-up values,
 * which is said beside the frame, so that the frame itself is exact. Nothing is sent, counted or kept. It waits a
 * moment for the values and records of stored, where there is one. */
#include "uplinkd.h"

#include <errno.h>
#include <stdlib.h>

#include "hjgate/now.h"

#define LOOK_USEC     (50 * HJ_USEC_PER_MS)
#define STORED_USEC   (100 * HJ_USEC_PER_MS) /* after which one that is not there is not waited for */
#define PATIENCE_USEC HJ_USEC_PER_SEC        /* for its values, and for each of its answers */
#define ACCURACY_USEC 1000

struct preview {
	struct uplinkd *u;
	struct hj_ipc_call *call;
	json_t *frames, *uploads;
	int64_t qn, now_ms;
	hj_usec began;
	unsigned at;     /* in kinds[] */
	bool looked;     /* at the values */
	bool unanswered; /* by the store: it is not asked again */
	struct hj212_phrase_unfit unfit;
	sd_event_source *timer;
};

static const struct {
	enum hj_kind kind;
	const char *what;
} kinds[] = {
	{ HJ_KIND_MINUTE, "minute" },
	{ HJ_KIND_HOUR, "hour" },
	{ HJ_KIND_DAY, "day" },
	{ HJ_KIND_STATUS, "states" },
};

/* ---- frames ---- */

static const struct hj212_settings *settings_of(const struct uplinkd *u)
{
	return u->session ? hj212_session_settings(u->session) : &u->configured;
}

static struct hj212_phrase_sender sender_of(const struct uplinkd *u)
{
	return (struct hj212_phrase_sender){ .st = u->form.st,
		.mn = u->form.mn,
		.pw = settings_of(u)->pw,
		.crc = u->identity.crc,
		.crc_lower = u->identity.crc_lower,
		.unanswered = u->identity.ack == HJ212_ACK_NONE,
		.edition = u->identity.edition };
}

/* Without CR LF. */
static json_t *frame_text(const struct preview *p, char *frame, int n)
{
	if (n < 2)
		return json_null();
	frame[n - 2] = '\0';
	return api_frame_text(p->call, frame);
}

static json_t *answer_text(
        const struct preview *p, const struct hj212_phrase_sender *s, int cn, int asked, int64_t qn)
{
	char frame[HJ212_FRAME_MAX + 1];

	if (s->unanswered)
		return json_null();
	return frame_text(p, frame, hj212_phrase_answer(s, cn, asked, qn, frame, HJ212_FRAME_MAX));
}

static void put_packet(struct preview *p, json_t *packets, json_t *text, json_t *answer, struct hj212_phrase_place at)
{
	if (!text || json_is_null(text)) {
		json_decref(text);
		json_decref(answer);
		return;
	}
	json_array_append(p->frames, text);
	json_array_append_new(
	        packets, json_pack("{s:o, s:o, s:i, s:i}", "text", text, "answer", answer ? answer : json_null(),
	                         "pnum", (int)at.pnum, "pno", (int)at.pno));
}

/* What was too long for its type since the one before. */
static json_t *too_long(struct preview *p)
{
	struct hj212_phrase_map m = { .unfit = &p->unfit, .wording = p->u->map.wording };
	json_t *list = json_array();
	char item[HJ212_PHRASE_UNFIT_TEXT];

	for (unsigned i = 0; i < p->unfit.kept; i++) {
		hj212_phrase_unfit_text(&m, i, item);
		json_array_append_new(list, json_string(item));
	}
	p->unfit = (struct hj212_phrase_unfit){ 0 };
	return list;
}

static void put_upload(struct preview *p, const char *what, int cn, int64_t label_ms, bool made_up, json_t *packets)
{
	json_array_append_new(p->uploads, json_pack("{s:s, s:i, s:o, s:b, s:o, s:o}", "what", what, "cn", cn, "time",
	                                          label_ms ? json_integer(label_ms) : json_null(), "made_up", made_up,
	                                          "packets", packets, "too_long", too_long(p)));
}

static void put_job(struct preview *p, const char *what, const struct job *j, bool made_up)
{
	struct hj212_phrase_sender sender = sender_of(p->u);
	struct hj212_phrase_cut cut;
	struct hj212_phrase_packet packet = {
		.cut = &cut, .items = j->items.data, .cn = j->cn, .label_ms = j->label_ms
	};
	size_t room = p->u->session ? hj212_session_cp_max(p->u->session) : hj212_phrase_room(&sender);
	json_t *packets = json_array();
	char frame[HJ212_FRAME_MAX + 1];

	if (hj212_phrase_cut((struct hj212_slice){ j->items.data, j->items.len }, room, &cut) < 0)
		cut.count = 0;
	for (; packet.index < cut.count; packet.index++) {
		int n;

		packet.qn_ms = p->qn++;
		n = hj212_phrase_frame(&sender, &packet, frame, HJ212_FRAME_MAX);
		put_packet(p, packets, frame_text(p, frame, n), answer_text(p, &sender, 9014, j->cn, packet.qn_ms),
		        hj212_phrase_place(&cut, packet.index));
	}
	put_upload(p, what, j->cn, j->label_ms, made_up, packets);
}

static void put_own(struct preview *p, const char *what, const struct hj212_own *own, int answer)
{
	struct hj212_phrase_sender sender = sender_of(p->u);
	json_t *packets = json_array();
	char frame[HJ212_FRAME_MAX + 1];
	int64_t qn = p->qn++;
	int n;

	if (!own->cn) {
		json_decref(packets);
		return;
	}
	sender.unanswered = !own->answered;
	n = hj212_phrase_own(&sender, own->cn, own->cp, qn, frame, HJ212_FRAME_MAX);
	put_packet(p, packets, frame_text(p, frame, n), answer_text(p, &sender, answer, own->cn, qn),
	        (struct hj212_phrase_place){ 0 });
	put_upload(p, what, own->cn, 0, false, packets);
}

/* ---- what there is, and what there is not ---- */

/* Of the newest window that is over. */
static int64_t label_of(const struct preview *p, enum hj_kind kind)
{
	const struct uplinkd *u = p->u;
	int64_t length = kind == HJ_KIND_MINUTE ? u->minute_ms : kind == HJ_KIND_HOUR ? u->hour_ms : u->day_ms;

	return hj212_phrase_label(&u->map.wording, kind, hj_window_start(p->now_ms, length) - length, length);
}

static void put_made_up(struct preview *p, unsigned at)
{
	enum hj_kind kind = kinds[at].kind;
	struct job j = { .cn = hj212_phrase_cn(kind), .label_ms = label_of(p, kind) };
	struct hj212_phrase_map m = p->u->map;

	m.unfit = &p->unfit;
	if (hj212_phrase_made_up_statistics(&m, &j.items) == 0 && j.items.len)
		put_job(p, kinds[at].what, &j, true);
	job_done(&j);
}

static void put_realtime(struct preview *p)
{
	struct hj212_phrase_map m = p->u->map;
	struct job j = { .cn = 2011, .label_ms = p->now_ms };
	const struct hj212_phrase_newest *newest;
	bool made_up = false;
	size_t count;
	int r;

	if (!settings_of(p->u)->rtd_on)
		return;
	m.unfit = &p->unfit;
	newest = feed_newest(p->u->feed, &count);
	r = hj212_phrase_realtime(&m, newest, count, p->now_ms, &j.items);
	if (r == 0 && !j.items.len) {
		made_up = true;
		r = hj212_phrase_made_up_realtime(&m, HJ_FLAG_NORMAL, p->now_ms, &j.items);
	}
	if (r == 0 && j.items.len)
		put_job(p, "realtime", &j, made_up);
	job_done(&j);
}

/* ---- step by step ---- */

void preview_free(struct uplinkd *u)
{
	struct preview *p = hj_steal(u->preview);

	if (!p)
		return;
	feed_preview_drop(u->feed);
	sd_event_source_disable_unref(p->timer);
	json_decref(p->frames);
	json_decref(p->uploads);
	hj_ipc_call_unref(p->call);
	free(p);
}

static void finish(struct preview *p)
{
	struct uplinkd *u = p->u;

	hj_ipc_reply(p->call, json_pack("{s:O, s:O}", "frames", p->frames, "uploads", p->uploads));
	preview_free(u);
	uplinkd_watch(u);
}

static void next(struct preview *p);

static void on_record(const struct job *j, void *userdata)
{
	struct preview *p = userdata;
	unsigned at = p->at++;

	if (j)
		put_job(p, kinds[at].what, j, false);
	else if (hj_kind_is_statistics(kinds[at].kind))
		put_made_up(p, at);
	next(p);
}

/* One kind of record after the other; what is put into words meanwhile is not counted as sent. */
static void next(struct preview *p)
{
	struct uplinkd *u = p->u;

	while (p->at < hj_array_size(kinds) && !hj_conf_uplink_wants(&u->conf, kinds[p->at].kind))
		p->at++;
	if (p->at == hj_array_size(kinds)) {
		finish(p);
		return;
	}
	if (p->unanswered || feed_preview(u->feed, kinds[p->at].kind, &p->unfit, on_record, p) < 0) {
		on_record(NULL, p);
		return;
	}
	sd_event_source_set_time_relative(p->timer, PATIENCE_USEC);
	sd_event_source_set_enabled(p->timer, SD_EVENT_ONESHOT);
}

/* A store that hangs: what can be shown without it is. */
static void give_up(struct preview *p)
{
	p->unanswered = true;
	feed_preview_drop(p->u->feed);
	on_record(NULL, p);
}

/* The values come first: real-time data is of this moment. Then it is the time for an answer that is over. */
static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct preview *p = userdata;
	hj_usec passed = hj_now().mono - p->began;
	bool away = !feed_is_up(p->u->feed);

	if (p->looked) {
		give_up(p);
		return 0;
	}
	if (!feed_values_known(p->u->feed) && passed < (away ? STORED_USEC : PATIENCE_USEC)) {
		sd_event_source_set_time_relative(source, LOOK_USEC);
		return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	}
	p->looked = true;
	put_realtime(p);
	next(p);
	return 0;
}

static int64_t next_qn(const struct uplinkd *u, struct hj_now now)
{
	struct hj212_qn q = u->session ? *hj212_session_qn(u->session) : (struct hj212_qn){ 0 };

	return hj212_qn_look(&q, now);
}

int api_preview(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct uplinkd *u = userdata;
	struct hj_now now = hj_now();
	const char *bad = NULL;
	struct preview *p;
	int r;

	if (hj_params_read(parameters, NULL, 0, &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	if (u->preview)
		return hj_ipc_fail(call, HJ_IPC_ERROR_BUSY, NULL);
	u->preview = p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	*p = (struct preview){ .u = u,
		.call = hj_ipc_call_ref(call),
		.frames = json_array(),
		.uploads = json_array(),
		.began = now.mono,
		.now_ms = now.wall_ms };
	p->qn = next_qn(u, now);
	put_own(p, "login", &u->identity.login, 9014);
	put_own(p, "heartbeat", &u->identity.heartbeat, u->identity.heartbeat.cn == 9015 ? 9013 : 9014);
	uplinkd_watch(u);
	r = sd_event_add_time_relative(u->event, &p->timer, CLOCK_BOOTTIME, 0, ACCURACY_USEC, on_timer, p);
	if (r < 0)
		preview_free(u);
	return r < 0 ? r : 0;
}
