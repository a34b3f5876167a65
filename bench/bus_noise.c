/* A noisy bus without a clock: the exchange that hjgate-meterd uses, against simulated meters on one pair of wires,
 * bit by bit. Noise turns bits round, start and stop bits too, so that each receiver loses, gains or shifts bytes as
 * a UART does, also while nobody speaks; receivers hear it independently of each other. On top of that, by scene:
 * bytes that the adapter loses or holds back, an echo, answers after their time-out, meters that babble, a second
 * master that polls the same meters with the same kind of question, with manners or without.
 *
 *	bus_noise [REQUESTS [SEED]]           100000 at each rate by default
 *
 * The judge: a register's value says its unit, its address and when it was read. What a request of now is given must
 * be of its unit and address, and not older than the time for which late answers are reckoned with. */
/* long because: a line, its meters, its masters and the judge are one simulation */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/cleanup.h"
#include "hjgate/meter_exchange.h"

#define BAUD           9600
#define BITS_A_BYTE    10
#define SILENCE_BITS   35 /* the meters take a frame for ended */
#define UNITS          8
#define SPEAKERS       8 /* on the line at once */
#define TIMEOUT        (200 * HJ_USEC_PER_MS)
#define TRIES          3
#define TICK           (100 * HJ_USEC_PER_MS) /* of the values */
#define NEVER          INT64_MAX
#define PENDING        16
#define HELD_BYTES     4096
#define AFTERWARDS     100 /* requests after the noise, all of which must be answered */
#define HOLD_BACK_US   16000
#define LATE_LEAST_US  150000
#define LATE_MOST_US   1900000
#define PUT_OFF_MOST   1000   /* of one request: more is being stuck */
#define SECOND_ANSWERS 300000 /* us that the second master waits for its answer */

/* ---- chance ---- */

static uint64_t chance_state;

static uint64_t chance(void)
{
	chance_state ^= chance_state << 13;
	chance_state ^= chance_state >> 7;
	chance_state ^= chance_state << 17;
	return chance_state * 0x2545F4914F6CDD1DULL;
}

static int64_t below(int64_t n)
{
	return (int64_t)((chance() >> 11) % (uint64_t)n);
}

static bool happens(double p)
{
	return p > 0 && (double)(chance() >> 11) < p * 9007199254740992.0;
}

/* Bits until the next that is turned round. */
static int64_t next_flip(double rate)
{
	double u = ((double)(chance() >> 11) + 1) / 9007199254740993.0;

	return rate > 0 ? (int64_t)(log(u) / log1p(-rate)) + 1 : NEVER / 2;
}

/* ---- the line ---- */

struct scene {
	const char *name;
	double share;      /* of the requests */
	double drop, hold; /* of the bytes that the adapter gets: lost; held back with those that follow */
	double late, mute; /* of the answers */
	double babble;     /* of the meters' silences: garbage instead of an answer */
	bool echo;
	int second; /* master: 0 none, 1 with manners, 2 without */
};

/* A UART: a start bit, eight bits, a stop bit that may be wrong. */
struct receiver {
	int count;   /* bits of the character so far; 0: none */
	bool broken; /* the stop bit was 0: a start is looked for when the line has been 1 */
	unsigned shift;
	int64_t flip; /* the bit that is turned round next */
};

struct speech {
	uint8_t bytes[HJ_FRAME_MAX];
	size_t length;
	int64_t start;
	bool is_ours;
};

enum { OURS, METERS, SECOND, RECEIVERS };

struct world {
	const struct scene *scene;
	double rate;
	int64_t bit; /* now */
	struct speech speeches[SPEAKERS];
	size_t speech_count;
	struct receiver receivers[RECEIVERS];

	/* the meters */
	uint8_t heard[HJ_FRAME_MAX];
	size_t heard_length;
	int64_t heard_at;
	struct speech pending[PENDING]; /* answers that begin later */
	size_t pending_count;

	/* the second master */
	int64_t second_at, second_last; /* its next question; the last byte that it heard */

	/* our adapter */
	struct held {
		uint8_t byte;
		int64_t at;
	} held[HELD_BYTES];
	size_t held_first, held_count;
	int64_t held_until;

	struct hj_exchange x;
};

static hj_usec usec(int64_t bit)
{
	return (hj_usec)bit * HJ_USEC_PER_SEC / BAUD;
}

static int64_t bits(hj_usec us)
{
	return (int64_t)((us * BAUD + HJ_USEC_PER_SEC - 1) / HJ_USEC_PER_SEC);
}

static uint16_t place(int unit, uint32_t address)
{
	uint32_t h = ((uint32_t)unit * 65536u + address) * 2654435761u;

	return (uint16_t)(h >> 16 ^ h);
}

static uint16_t value(int unit, uint32_t address, int64_t bit)
{
	return (uint16_t)(place(unit, address) + usec(bit) / TICK);
}

static void say(struct world *w, const uint8_t *p, size_t n, bool is_ours)
{
	struct speech *s = &w->speeches[w->speech_count];

	if (w->speech_count == SPEAKERS)
		return;
	*s = (struct speech){ .length = n, .start = w->bit, .is_ours = is_ours };
	memcpy(s->bytes, p, n);
	w->speech_count++;
}

static void say_later(struct world *w, const uint8_t *p, size_t n, int64_t at)
{
	struct speech *s = &w->pending[w->pending_count];

	if (w->pending_count == PENDING)
		return;
	*s = (struct speech){ .length = n, .start = at };
	memcpy(s->bytes, p, n);
	w->pending_count++;
}

/* ---- the meters ---- */

static size_t make_answer(const struct hj_question *q, int64_t bit, uint8_t to[HJ_FRAME_MAX])
{
	size_t n = 3;
	uint16_t crc;

	to[0] = q->unit_id;
	to[1] = (uint8_t)q->table;
	to[2] = (uint8_t)(2 * q->count);
	for (uint32_t i = 0; i < q->count; i++) {
		uint16_t v = value(q->unit_id, q->address + i, bit);

		to[n++] = (uint8_t)(v >> 8);
		to[n++] = (uint8_t)v;
	}
	crc = hj_modbus_crc(to, n);
	to[n++] = (uint8_t)crc;
	to[n++] = (uint8_t)(crc >> 8);
	return n;
}

/* A frame has ended: whose is it? */
static void meters_answer(struct world *w)
{
	struct hj_question q;
	uint8_t to[HJ_FRAME_MAX];
	int64_t at = w->bit + bits((hj_usec)(3000 + below(25000)));
	size_t n = w->heard_length;

	w->heard_length = 0;
	if (happens(w->scene->babble)) {
		n = (size_t)(1 + below(40));
		for (size_t i = 0; i < n; i++)
			to[i] = (uint8_t)chance();
		return say_later(w, to, n, at);
	}
	if (n != 8 || hj_protocol_rtu.foreign(w->heard, n, &q) != 8 || q.unit_id > UNITS || !q.count || q.count > 60)
		return;
	if (happens(w->scene->mute))
		return;
	if (happens(w->scene->late))
		at += bits((hj_usec)(LATE_LEAST_US + below(LATE_MOST_US - LATE_LEAST_US)));
	n = make_answer(&q, w->bit, to);
	say_later(w, to, n, at);
}

/* ---- questions: the same shape at several places ---- */

static struct hj_question any_question(void)
{
	static const uint16_t counts[] = { 2, 2, 4, 10 };

	return (struct hj_question){ .unit_id = (uint8_t)(1 + below(UNITS)),
		.table = HJ_TABLE_HOLDING,
		.address = (uint32_t)(below(6) * 1024),
		.count = counts[below(4)] };
}

static void second_master(struct world *w)
{
	struct hj_question q = any_question();
	uint8_t to[HJ_FRAME_MAX];
	int64_t quiet = w->second_last + bits(10000);

	if (w->scene->second == 1 && quiet > w->bit) {
		w->second_at = quiet;
		return;
	}
	say(w, to, (size_t)hj_protocol_rtu.encode(&q, to), false);
	w->second_at = w->bit + bits((hj_usec)(SECOND_ANSWERS + below(400000)));
}

/* ---- one bit ---- */

static void hear(struct world *w, int who, uint8_t byte)
{
	if (who == METERS) {
		if (w->heard_length < sizeof(w->heard))
			w->heard[w->heard_length++] = byte;
		w->heard_at = w->bit;
	} else if (who == SECOND) {
		w->second_last = w->bit;
	} else if (!happens(w->scene->drop) && w->held_count < HELD_BYTES) {
		if (w->bit >= w->held_until && happens(w->scene->hold))
			w->held_until = w->bit + bits((hj_usec)below(2 * HOLD_BACK_US));
		w->held[(w->held_first + w->held_count++) % HELD_BYTES] =
		        (struct held){ byte, hj_max(w->bit, w->held_until) };
	}
}

static void receive(struct world *w, int who, bool bit)
{
	struct receiver *r = &w->receivers[who];

	bool flip = w->bit == r->flip;

	while (r->flip <= w->bit)
		r->flip += next_flip(w->rate);
	bit ^= flip;
	if (r->count) {
		r->count++;
		if (r->count <= 9)
			r->shift |= (unsigned)bit << (r->count - 2);
		if (r->count < BITS_A_BYTE)
			return;
		r->count = 0;
		r->broken = !bit;
		hear(w, who, (uint8_t)r->shift);
	} else if (r->broken) {
		r->broken = !bit;
	} else if (!bit) {
		r->count = 1;
		r->shift = 0;
	}
}

/* What all that speak make of the line; two that differ make anything. */
static bool line_bit(struct world *w, bool *ret_ours)
{
	bool level = true, collide = false;

	*ret_ours = false;
	for (size_t i = 0; i < w->speech_count;) {
		struct speech *s = &w->speeches[i];
		int64_t at = w->bit - s->start;
		int k = (int)(at % BITS_A_BYTE);
		bool bit = k == 9 || (k > 0 && s->bytes[at / BITS_A_BYTE] >> (k - 1) & 1);

		collide |= i && bit != level;
		level = bit;
		*ret_ours |= s->is_ours;
		if (at + 1 < (int64_t)s->length * BITS_A_BYTE)
			i++;
		else
			*s = w->speeches[--w->speech_count];
	}
	return collide ? chance() & 1 : level;
}

static void one_bit(struct world *w)
{
	bool ours, bit = line_bit(w, &ours);

	if (!ours || w->scene->echo)
		receive(w, OURS, bit);
	else
		w->receivers[OURS].count = 0; /* deaf while it sends */
	receive(w, METERS, bit);
	if (w->scene->second)
		receive(w, SECOND, bit);
	w->bit++;
}

static bool is_busy(const struct world *w)
{
	bool busy = w->speech_count;

	for (int i = 0; i < RECEIVERS; i++)
		busy |= w->receivers[i].count || w->receivers[i].broken;
	return busy;
}

/* The next bit at which anything happens by itself. */
static int64_t next_event(const struct world *w, int64_t most)
{
	int64_t at = most;

	for (int i = 0; i < RECEIVERS; i++)
		at = hj_min(at, w->receivers[i].flip);
	for (size_t i = 0; i < w->pending_count; i++)
		at = hj_min(at, w->pending[i].start);
	if (w->heard_length)
		at = hj_min(at, w->heard_at + SILENCE_BITS);
	if (w->scene->second)
		at = hj_min(at, w->second_at);
	if (w->held_count)
		at = hj_min(at, w->held[w->held_first].at);
	return hj_max(at, w->bit);
}

static void happen(struct world *w)
{
	if (w->heard_length && w->bit >= w->heard_at + SILENCE_BITS)
		meters_answer(w);
	for (size_t i = 0; i < w->pending_count;) {
		if (w->pending[i].start > w->bit) {
			i++;
			continue;
		}
		say(w, w->pending[i].bytes, w->pending[i].length, false);
		w->pending[i] = w->pending[--w->pending_count];
	}
	if (w->scene->second && w->bit >= w->second_at)
		second_master(w);
}

/* Goes on until `until`, or until our adapter hands over bytes. True for bytes. */
static bool go_on(struct world *w, int64_t until)
{
	while (w->bit < until) {
		bool fed = false;

		happen(w);
		if (is_busy(w) || next_event(w, until) == w->bit)
			one_bit(w);
		else
			w->bit = next_event(w, until);
		while (w->held_count && w->held[w->held_first].at <= w->bit) {
			hj_exchange_feed(&w->x, &w->held[w->held_first].byte, 1, usec(w->bit));
			w->held_first = (w->held_first + 1) % HELD_BYTES;
			w->held_count--;
			fed = true;
		}
		if (fed)
			return true;
	}
	return false;
}

/* ---- our side ---- */

struct result {
	uint64_t requests, answered, tries, put_off, put_off_too_often, wrong, before, wrong_crc, timed_out,
	        late_seen, afterwards, foreign, collisions;
	double seconds;
};

static int ask(struct world *w, const struct hj_question *q)
{
	enum hj_step step;
	hj_usec until = 0;

	if (hj_exchange_begin(&w->x, q, TIMEOUT, usec(w->bit)) < 0)
		abort();
	while ((step = hj_exchange_step(&w->x, usec(w->bit), &until)) != HJ_STEP_DONE) {
		if (step == HJ_STEP_WAIT) {
			go_on(w, hj_max(bits(until), w->bit + 1));
			continue;
		}
		say(w, w->x.sent, w->x.sent_length, true);
		hj_exchange_sent(&w->x, usec(w->bit));
	}
	return w->x.outcome;
}

/* Every register of the answer was read at the place and at the time that it is taken for. */
static void judge(const struct world *w, const struct hj_question *q, int64_t begun, struct result *r)
{
	uint16_t now = (uint16_t)(usec(w->bit) / TICK), age, oldest = 0;
	uint16_t of_this = (uint16_t)(now - (uint16_t)(usec(begun) / TICK));
	const uint16_t most = (uint16_t)(HJ_EXCHANGE_LATE_MOST / TICK + TIMEOUT / TICK + 1);

	for (uint32_t i = 0; i < q->count; i++) {
		uint16_t v = (uint16_t)(w->x.answer.data[2 * i] << 8 | w->x.answer.data[2 * i + 1]);

		age = (uint16_t)(now - (uint16_t)(v - place(q->unit_id, q->address + i)));
		oldest = hj_max(oldest, age);
	}
	r->wrong += oldest > most;
	r->before += oldest <= most && oldest > of_this;
}

/* One request with its tries; false where none was answered. */
static bool request(struct world *w, struct result *r)
{
	struct hj_question q = any_question();
	int64_t begun = w->bit;
	int outcome = -EAGAIN;

	for (int i = 0; i < TRIES && outcome < 0; i++) {
		for (int k = 0; (outcome = ask(w, &q)) == -EAGAIN; k++) {
			r->put_off++;
			if (k == PUT_OFF_MOST) {
				r->put_off_too_often++;
				return false;
			}
			go_on(w, w->bit + bits(20000));
			begun = w->bit;
		}
		r->tries++;
		r->wrong_crc += outcome == -EBADMSG && !strcmp(w->x.answer.why, "wrong CRC");
		r->timed_out += outcome == -ETIMEDOUT;
		r->late_seen += w->x.late_whole;
		go_on(w, hj_max(bits(hj_exchange_free_at(&w->x)), w->bit + 1));
	}
	if (outcome == 0)
		judge(w, &q, begun, r);
	return outcome == 0;
}

static void begin(struct world *w, const struct scene *scene, double rate)
{
	struct hj_exchange_timing timing;

	memset(w, 0, sizeof(*w));
	w->scene = scene;
	w->rate = rate;
	w->second_at = bits(100000);
	for (int i = 0; i < RECEIVERS; i++)
		w->receivers[i].flip = next_flip(rate);
	hj_exchange_serial(&timing, BAUD, 8, 'N', 1, 0);
	hj_exchange_init(&w->x, &hj_protocol_rtu, &timing, HJ_ECHO_AUTO, 0);
}

/* The noise ends; what is still to come of it (late answers, held bytes) is not waited for. */
static void run(const struct scene *scene, double rate, uint64_t requests, struct result *r)
{
	struct scene quiet = { .name = "quiet", .echo = scene->echo };
	static struct world w;
	int64_t idle;

	memset(r, 0, sizeof(*r));
	begin(&w, scene, rate);
	for (r->requests = 0; r->requests < requests; r->requests++) {
		idle = happens(0.1) ? below(BAUD / 2) : 0;
		for (int64_t end = w.bit + idle; w.bit < end;)
			go_on(&w, end);
		r->answered += request(&w, r);
	}
	r->foreign = w.x.foreign;
	r->collisions = w.x.collisions;
	w.scene = &quiet;
	w.rate = 0;
	for (int i = 0; i < RECEIVERS; i++)
		w.receivers[i].flip = NEVER;
	for (int i = 0; i < AFTERWARDS; i++)
		r->afterwards += request(&w, r);
	r->seconds = (double)usec(w.bit) / (double)HJ_USEC_PER_SEC;
}

static const struct scene scenes[] = {
	{ .name = "noise", .share = 0.4 },
	{ .name = "echo", .share = 0.2, .echo = true },
	{ .name = "adapter", .share = 0.1, .drop = 1e-4, .hold = 0.05 },
	{ .name = "late", .share = 0.1, .late = 0.02, .mute = 0.01 },
	{ .name = "polite", .share = 0.1, .second = 1, .late = 0.002 },
	{ .name = "rude",
	        .share = 0.05,
	        .second = 2,
	        .babble = 0.002,
	        .late = 0.01,
	        .mute = 0.005,
	        .drop = 1e-4,
	        .hold = 0.02 },
	{ .name = "all",
	        .share = 0.05,
	        .second = 2,
	        .babble = 0.01,
	        .late = 0.05,
	        .mute = 0.05,
	        .drop = 1e-3,
	        .hold = 0.05,
	        .echo = true },
};

static void print(const char *name, double rate, const struct result *r)
{
	printf("%-8s %7.0e  %7" PRIu64 " requests  answered %.5f  tries %.3f  put off %.4f  wrong %" PRIu64
	       "  of a try before %" PRIu64 "  wrong CRC %" PRIu64 "  late %" PRIu64 "  second master %" PRIu64
	       "  collisions %" PRIu64 "  afterwards %" PRIu64 "  %.0f s\n",
	        name, rate, r->requests, (double)r->answered / (double)hj_max(r->requests, (uint64_t)1),
	        (double)r->tries / (double)(r->requests + AFTERWARDS),
	        (double)r->put_off / (double)hj_max(r->requests, (uint64_t)1), r->wrong, r->before, r->wrong_crc,
	        r->late_seen, r->foreign, r->collisions, r->afterwards, r->seconds);
}

static bool figure(const char *name, int decimals, double value, const char *unit, const char *goal, bool ok)
{
	printf("figure %s %.*f %s %s %s\n", name, decimals, value, unit, goal, ok ? "ok" : "short");
	return ok;
}

int main(int argc, char **argv)
{
	static const struct {
		double rate;
		const char *figure;
	} rates[] = { { 1e-5, "bus.success_1e5" }, { 1e-4, "bus.success_1e4" }, { 1e-3, "bus.success_1e3" } };
	uint64_t requests = argc > 1 ? strtoull(argv[1], NULL, 10) : 100000;
	uint64_t wrong = 0, total = 0, corrupt = 0, stuck = 0;
	double success[hj_array_size(rates)];

	chance_state = 0x9E3779B97F4A7C15ULL ^ (argc > 2 ? strtoull(argv[2], NULL, 10) * 0xD1342543DE82EF95ULL : 0);
	for (size_t i = 0; i < hj_array_size(rates); i++) {
		uint64_t asked = 0, answered = 0;

		for (size_t k = 0; k < hj_array_size(scenes); k++) {
			struct result r;

			run(&scenes[k], rates[i].rate, (uint64_t)(scenes[k].share * (double)requests), &r);
			print(scenes[k].name, rates[i].rate, &r);
			wrong += r.wrong;
			total += r.requests;
			corrupt += r.wrong_crc;
			stuck += AFTERWARDS - r.afterwards + r.put_off_too_often;
			asked += scenes[k].share >= 0.2 ? r.requests : 0;
			answered += scenes[k].share >= 0.2 ? r.answered : 0;
		}
		success[i] = (double)answered / (double)asked;
	}
	printf("%" PRIu64 " requests in all; %" PRIu64 " broken answers came as far as the CRC\n", total, corrupt);
	for (size_t i = 0; i < hj_array_size(rates); i++)
		figure(rates[i].figure, 5, success[i], "ratio", i ? "-" : ">=0.999", i || success[i] >= 0.999);
	figure("bus.wrong_values", 0, (double)wrong, "count", "0", !wrong);
	figure("bus.stuck", 0, (double)stuck, "count", "0", !stuck);
	return wrong || stuck || success[0] < 0.999;
}
