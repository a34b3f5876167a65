/* Instruments that report by themselves: hjgate is the Modbus server, and an instrument writes its coils and holding
 * registers to its unit id whenever it likes. What it writes is kept as it came, so that it reads back, and every
 * value that a write makes whole is handed on at once. A write that touches none of its points is refused (exception
 * 2), so that a wrong address shows at the instrument and not as silence here; one that reaches beyond them is taken,
 * since many instruments send their registers in one block.
 *
 * Under a unit id of its own others look up the newest values of points of any bus: conf->publish. Those come from
 * outside, by show(); nothing can be written there.
 *
 * Over TCP the unit ids 0 and 255 mean the gateway itself: where it stands for one unit only, that one. */
#include "bus_listen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/now.h"

#define UNIT_TCP_SELF 255

static struct listen *listen_of(const struct bus *b)
{
	return (struct listen *)b;
}

static const struct listen_ops *ops_of(const struct listen *l)
{
	return l->conf->port[0] ? &listen_line : &listen_tcp;
}

/* ---- units ---- */

void listen_add_units(const struct listen *l, struct hj_serve *s)
{
	for (size_t i = 0; i < l->conf->meter_count; i++)
		hj_serve_add_unit(s, (uint8_t)l->conf->meters[i].unit_id);
	if (l->board.count)
		hj_serve_add_unit(s, (uint8_t)l->conf->publish_unit);
	if (s->framing != HJ_SERVE_TCP || l->conf->meter_count + (l->board.count > 0) != 1)
		return;
	hj_serve_add_unit(s, HJ_SERVE_EVERY_UNIT);
	hj_serve_add_unit(s, UNIT_TCP_SELF);
}

/* Nobody is left out. Where these ids are not served, no request with them comes here: listen_add_units(). */
static bool is_for_all(enum hj_serve_framing framing, const struct hj_serve_request *q)
{
	return q->unit_id == HJ_SERVE_EVERY_UNIT || (framing == HJ_SERVE_TCP && q->unit_id == UNIT_TCP_SELF);
}

static bool is_for(
        const struct listen *l, enum hj_serve_framing framing, const struct hj_serve_request *q, size_t meter)
{
	return is_for_all(framing, q) || l->conf->meters[meter].unit_id == q->unit_id;
}

static bool is_for_board(const struct listen *l, enum hj_serve_framing framing, const struct hj_serve_request *q)
{
	return l->board.count && (q->unit_id == l->conf->publish_unit || is_for_all(framing, q));
}

/* ---- writing ---- */

static struct hj_image_span span_of(const struct hj_conf_point *p)
{
	return (struct hj_image_span){ p->table, (uint16_t)p->address,
		(uint16_t)hj_codec_count(&p->codec, p->table) };
}

static bool same_span(const struct hj_image_span *a, const struct hj_image_span *b)
{
	return a->table == b->table && a->address == b->address && a->count == b->count;
}

/* Several points may be slices of the same registers: these are handed on once. */
static bool is_first(const struct hj_conf_meter *meter, size_t point, const struct hj_image_span *span)
{
	for (size_t i = 0; i < point; i++) {
		struct hj_image_span other = span_of(&meter->points[i]);

		if (same_span(&other, span))
			return false;
	}
	return true;
}

static void push(struct listen *l, size_t meter, const struct hj_image_span *written, hj_usec now)
{
	const struct hj_conf_meter *conf = &l->conf->meters[meter];
	uint8_t bytes[HJ_SERVE_DATA_MAX];

	for (size_t i = 0; i < conf->point_count; i++) {
		struct hj_image_span span = span_of(&conf->points[i]);
		struct hj_question what = { .unit_id = (uint8_t)conf->unit_id,
			.table = span.table,
			.address = span.address,
			.count = span.count };

		if (hj_image_whole(&l->images[meter], &span, written, now) && is_first(conf, i, &span) &&
		        hj_image_read(&l->images[meter], &span, bytes) == 0)
			l->pushed(&what, bytes, hj_serve_bytes(span.table, span.count), l->userdata);
	}
}

/* So many a second, and some more at once. */
static bool is_paid(struct listen *l, size_t meter, hj_usec now)
{
	const hj_usec price = HJ_USEC_PER_SEC / LISTEN_WRITES_PER_S;
	hj_usec until = hj_max(l->paid[meter], now) + price;

	if (until > now + LISTEN_WRITES_BURST * price)
		return false;
	l->paid[meter] = until;
	return true;
}

static int do_write(struct listen *l, enum hj_serve_framing framing, const struct hj_serve_request *q)
{
	const struct hj_image_span at = { q->table, q->address, q->count };
	hj_usec now = hj_now().mono;
	int r = HJ_SERVE_ADDRESS;

	for (size_t i = 0; i < l->conf->meter_count; i++) {
		if (!is_for(l, framing, q, i) || !hj_image_has(&l->images[i], &at))
			continue;
		if (!is_paid(l, i, now)) {
			r = r == 0 ? 0 : HJ_SERVE_BUSY;
			continue;
		}
		hj_image_write(&l->images[i], &at, q->data, now);
		push(l, i, &at, now);
		r = 0;
	}
	return r;
}

/* ---- reading ---- */

static int do_read(struct listen *l, enum hj_serve_framing framing, const struct hj_serve_request *q, uint8_t *to)
{
	const struct hj_image_span at = { q->table, q->address, q->count };
	int r = -ENXIO;

	if (is_for_board(l, framing, q))
		r = hj_board_read(&l->board, &at, hj_now().mono, to);
	for (size_t i = 0; r == -ENXIO && i < l->conf->meter_count; i++)
		if (is_for(l, framing, q, i))
			r = hj_image_read(&l->images[i], &at, to);
	if (r == -ENODATA)
		return HJ_SERVE_FAILURE; /* it exists, but has no value now, or nothing has been written there yet */
	return r < 0 ? HJ_SERVE_ADDRESS : 0;
}

static void listen_show(struct bus *b, size_t which, double value, hj_usec until)
{
	hj_board_set(&listen_of(b)->board, which, value, until);
}

/* For whoever keeps what crosses the bus. */
static void tell(
        const struct listen *l, const struct hj_serve_request *q, int exception, const uint8_t *answer, size_t n)
{
	const struct hj_question question = { .unit_id = q->unit_id,
		.table = q->table,
		.address = q->address,
		.count = q->count,
		.function = q->write ? q->function : 0 };
	struct bus_answer a = { .received_length = q->frame_length, .sent_length = n };

	if (!l->bus.served)
		return;
	memcpy(a.received, q->frame, q->frame_length);
	memcpy(a.sent, answer, n);
	a.is.exception = exception;
	a.is.why = exception ? hj_modbus_exception((uint8_t)exception) : NULL;
	l->bus.served(&question, &a, !exception, l->bus.served_to);
}

size_t listen_respond(struct listen *l, enum hj_serve_framing framing, const struct hj_serve_request *q,
        uint8_t to[HJ_SERVE_TCP_MAX])
{
	uint8_t data[HJ_SERVE_DATA_MAX];
	int exception = q->exception;
	size_t n;

	if (!exception)
		exception = q->write ? do_write(l, framing, q) : do_read(l, framing, q, data);
	n = exception ? hj_serve_refuse(framing, q, (enum hj_serve_exception)exception, to)
	              : hj_serve_answer(framing, q, data, q->write ? 0 : hj_serve_bytes(q->table, q->count), to);
	l->traffic.refused += exception != 0;
	l->traffic.busy += exception == HJ_SERVE_BUSY;
	l->traffic.writes += !exception && q->write;
	l->traffic.reads += !exception && !q->write;
	tell(l, q, exception, to, n);
	return n;
}

/* ---- the bus ---- */

static void listen_close(struct bus *b)
{
	struct listen *l = listen_of(b);

	if (l->way) {
		ops_of(l)->traffic(l->way, &l->traffic);
		l->traffic.connections = 0;
		ops_of(l)->close(l->way);
	}
	l->way = NULL;
	b->is_open = false;
}

void listen_lost(struct listen *l, int error)
{
	listen_close(&l->bus);
	l->bus.lost = error;
}

static int listen_open(struct bus *b)
{
	struct listen *l = listen_of(b);
	int r;

	listen_close(b);
	r = ops_of(l)->open(l, &l->way);
	if (r < 0)
		return r;
	b->lost = 0;
	b->is_open = true;
	return 0;
}

static int listen_attach(struct bus *b, sd_event *event, bus_pushed_fn pushed, void *userdata)
{
	struct listen *l = listen_of(b);

	l->event = sd_event_ref(event);
	l->pushed = pushed;
	l->userdata = userdata;
	return 0;
}

static void listen_traffic(const struct bus *b, struct bus_traffic *ret)
{
	const struct listen *l = listen_of(b);

	*ret = l->traffic;
	ret->published = (unsigned)l->board.count;
	ret->valid = (unsigned)hj_board_valid(&l->board, hj_now().mono);
	if (l->way)
		ops_of(l)->traffic(l->way, ret);
}

static void listen_free(struct bus *b)
{
	struct listen *l = listen_of(b);

	listen_close(b);
	for (size_t i = 0; l->images && i < l->conf->meter_count; i++)
		hj_image_done(&l->images[i]);
	free(l->images);
	free(l->paid);
	hj_board_done(&l->board);
	sd_event_unref(l->event);
	free(l);
}

static int make_image(struct listen *l, size_t meter)
{
	const struct hj_conf_meter *conf = &l->conf->meters[meter];
	_cleanup_free_ struct hj_image_span *spans = calloc(conf->point_count + 1, sizeof(*spans));

	if (!spans)
		return -ENOMEM;
	for (size_t i = 0; i < conf->point_count; i++)
		spans[i] = span_of(&conf->points[i]);
	return hj_image_init(&l->images[meter], spans, conf->point_count);
}

static int make_board(struct listen *l)
{
	const struct hj_conf_bus *c = l->conf;
	_cleanup_free_ struct hj_board_slot *slots = calloc(c->publish_count + 1, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < c->publish_count; i++) {
		slots[i].codec = c->publish[i].codec;
		slots[i].address = c->publish[i].address;
	}
	return hj_board_init(&l->board, slots, c->publish_count);
}

int bus_listen_new(const struct hj_conf_bus *conf, struct bus **ret)
{
	static const struct bus_ops ops = { .open = listen_open,
		.close = listen_close,
		.free = listen_free,
		.attach = listen_attach,
		.show = listen_show,
		.traffic = listen_traffic };
	struct listen *l = calloc(1, sizeof(*l));
	int r = l ? 0 : -ENOMEM;

	if (r < 0)
		return r;
	l->bus.ops = &ops;
	l->conf = conf;
	l->images = calloc(conf->meter_count + 1, sizeof(*l->images));
	l->paid = calloc(conf->meter_count + 1, sizeof(*l->paid));
	r = l->images && l->paid ? make_board(l) : -ENOMEM;
	for (size_t i = 0; r >= 0 && i < conf->meter_count; i++)
		r = make_image(l, i);
	if (r < 0) {
		listen_free(&l->bus);
		return r;
	}
	*ret = &l->bus;
	return 0;
}
