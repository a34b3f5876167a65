/* The wire of hjsim-bus: half-duplex, every byte takes its time, in both directions, and all hear everything. Times
 * are those of the wire, CLOCK_MONOTONIC: what begins when something else ends begins at that very moment, however
 * late this process was woken, so that delays do not add up.
 *
 * Who speaks: the gateway, whose request is heard when its last bit has passed; the meter it is addressed to;
 * whatever is injected. A late meter waits until nobody speaks, and what it says then is a whole frame: the worst
 * for a gateway that takes it for something else. A rude master and babble do not wait: what two say at once is
 * garbled. */
/* long because: who speaks when, and over whom, is one matter */
#include "bus_sim.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "hjgate/cleanup.h"

#define SILENCE_CHARS   3.5
#define SILENCE_LEAST_S 0.00175 /* above 19200 baud: Modbus over serial line V1.02, 2.5.1.1 */
#define FAST_BAUD       19200
#define STRICT_CHARS    1.5
#define PIECE_S         0.004 /* what is said arrives in pieces of this length */
#define HOLD_S          0.020 /* a broken request is given up after this silence */
#define MASTER_WAITS_S  0.002 /* a polite one, after the silence, by chance */

static double clock_s(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double sim_clock_s(void)
{
	return clock_s(CLOCK_MONOTONIC);
}

void sim_wire_init(struct sim_wire *w, int baud, int bits_a_byte, bool has_parity)
{
	w->byte_s = (double)bits_a_byte / baud;
	w->silence_s = baud > FAST_BAUD ? SILENCE_LEAST_S : SILENCE_CHARS * w->byte_s;
	w->strict_s = STRICT_CHARS * w->byte_s;
	w->line.bits_a_byte = bits_a_byte;
	w->line.has_parity = has_parity;
}

void sim_wire_reset(struct sim_wire *w)
{
	for (size_t i = 0; i < w->talk_count; i++)
		free(w->talks[i]);
	w->talk_count = w->in_length = 0;
	w->in_end_s = 0;
}

/* ---- the log ---- */

/* Stamped with the moment on the wire, not with that of writing it. */
static void stamp(const struct sim_wire *w, double at_s)
{
	fprintf(w->log, w->log_us ? "%.3f " : "%.0f ", (clock_s(CLOCK_REALTIME) - sim_clock_s() + at_s) * 1e3);
}

void sim_wire_fault(struct sim_wire *w, const char *text)
{
	stamp(w, sim_clock_s());
	fprintf(w->log, "fault %s\n", text);
}

static void log_talk(const struct sim_wire *w, const struct sim_talk *t, double end_s)
{
	const char *what = t->foreign ? "foreign" : t->spoiled ? "spoiled" : t->exception ? "exception" : "answer";

	if (t->kind == SIM_ECHO || (t->kind == SIM_JUNK && t->length < 2))
		return;
	stamp(w, end_s);
	if (t->kind == SIM_JUNK) {
		fprintf(w->log, "fault garbage %zu\n", t->length);
		return;
	}
	fprintf(w->log, "%s %d %s %d %d", t->kind == SIM_MASTER ? "master" : what, t->unit,
	        t->table >= 1 && t->table <= 4 ? sim_table_name((enum sim_table)t->table) : "other", t->address,
	        t->count);
	if (t->exception)
		fprintf(w->log, " %d", t->exception);
	for (int i = 0; i < t->count && t->kind == SIM_ANSWER && !t->exception && t->table <= SIM_INPUT; i++)
		fprintf(w->log, " %04x", t->words[i]);
	fputc('\n', w->log);
}

/* ---- what is said to the gateway ---- */

static double end_of(const struct sim_wire *w, const struct sim_talk *t, size_t bytes)
{
	return t->start_s + (double)bytes * w->byte_s + (bytes > t->pause_at ? t->pause_s : 0);
}

static void say(struct sim_wire *w, struct sim_talk *t)
{
	size_t at;

	if (w->talk_count == SIM_TALKS_MAX) {
		sim_wire_fault(w, "answers queue full");
		free(t);
		return;
	}
	/* By their time: a late meter answers into what others say after it, but nobody breaks into an answer. */
	for (at = w->talk_count; at > 0 && !w->talks[at - 1]->sent && w->talks[at - 1]->start_s > t->start_s; at--)
		w->talks[at] = w->talks[at - 1];
	w->talks[at] = t;
	w->talk_count++;
}

/* The one that somebody is saying at this moment. */
static struct sim_talk *on_the_wire(const struct sim_wire *w, double now_s)
{
	struct sim_talk *t = w->talk_count ? w->talks[0] : NULL;

	return t && t->start_s <= now_s && now_s < end_of(w, t, t->length) ? t : NULL;
}

/* Somebody else speaks too, for so many bytes: what is not yet said will not be understood. */
static void collide(struct sim_talk *t, size_t bytes)
{
	sim_noise_garble(t->bytes + t->sent, hj_min(bytes, t->length - t->sent));
	t->spoiled = true;
}

/* A second meter of the same address: where one pulls the wire down, both are read as that. */
static void overlay(const struct sim_wire *w, struct sim_talk *t, double later_s)
{
	size_t shift = (size_t)lround(later_s / w->byte_s), n = t->length;
	uint8_t one[SIM_FRAME_MAX];

	memcpy(one, t->bytes, hj_min(n, sizeof(one)));
	if (n > sizeof(one) || n + shift > sizeof(t->bytes))
		return;
	memset(t->bytes + n, 0xff, shift);
	for (size_t i = 0; i < n; i++)
		t->bytes[i + shift] &= one[i];
	t->length = n + shift;
	t->spoiled = true;
}

static void answer(struct sim_wire *w, const uint8_t *request, size_t length, double end_s, bool foreign)
{
	_cleanup_free_ struct sim_talk *t = malloc(sizeof(*t));
	const struct sim_unit *unit;

	if (!t || !sim_slave_answer(w->factory, request, length, end_s, t))
		return;
	unit = &w->factory->units[t->unit];
	t->foreign = foreign;
	t->start_s = end_s + w->silence_s + unit->turnaround_s + unit->jitter_s * sim_chance() + unit->late_s;
	t->pause_at = t->length / 2;
	t->pause_s = unit->pause_s > 0 && sim_chance() < unit->pause_chance ? unit->pause_s : 0;
	if (unit->double_s >= 0)
		overlay(w, t, unit->double_s);
	t->spoiled |= sim_noise_pass(&w->line, t->bytes, t->lost, t->length, true);
	say(w, hj_steal(t));
}

/* All that is said has been heard: what comes of it. */
static void said(struct sim_wire *w, struct sim_talk *t)
{
	double end_s = end_of(w, t, t->length);

	w->quiet_s = hj_max(w->quiet_s, end_s);
	memmove(w->talks, w->talks + 1, sizeof(w->talks[0]) * --w->talk_count);
	if (w->talk_count && w->talks[0]->start_s < end_s)
		w->talks[0]->start_s = end_s;
	log_talk(w, t, end_s);
	if (t->kind == SIM_MASTER && !t->spoiled)
		answer(w, t->bytes, t->length, end_s, true);
	free(t);
}

/* Writes what has passed on the wire of the first talk. */
static bool transmit(struct sim_wire *w, double now_s)
{
	struct sim_talk *t = w->talk_count ? w->talks[0] : NULL;
	uint8_t heard[sizeof(t->bytes)];
	size_t n = 0;

	if (!t || now_s < t->start_s)
		return false;
	for (; t->sent < t->length && end_of(w, t, t->sent + 1) <= now_s; t->sent++)
		if (!t->lost[t->sent])
			heard[n++] = t->bytes[t->sent];
	if (n && write(w->fd, heard, n) < 0)
		sim_wire_fault(w, "answer lost: nobody reads");
	if (t->sent < t->length)
		return false;
	said(w, t);
	return true;
}

void sim_wire_garbage(struct sim_wire *w, size_t n, double now_s)
{
	struct sim_talk *t = calloc(1, sizeof(*t));

	if (!t)
		return;
	t->kind = SIM_JUNK;
	t->length = hj_min(n, (size_t)SIM_FRAME_MAX);
	for (size_t i = 0; i < t->length; i++)
		t->bytes[i] = (uint8_t)random();
	t->start_s = now_s;
	say(w, t);
}

/* ---- what the gateway says ---- */

static void echo(struct sim_wire *w, const uint8_t *bytes, size_t n, double start_s)
{
	struct sim_talk *t = calloc(1, sizeof(*t));

	if (!t)
		return;
	t->kind = SIM_ECHO;
	t->start_s = start_s;
	t->length = n;
	memcpy(t->bytes, bytes, n);
	say(w, t);
}

/* How much silence there must be before these bytes for those they are for to hear them. */
static double needed_s(const struct sim_wire *w, const uint8_t *bytes)
{
	return bytes[0] < SIM_UNITS ? hj_max(w->factory->units[bytes[0]].gap_s, w->strict_s) : w->strict_s;
}

/* A new request: is it heard at all? */
static bool begins_well(struct sim_wire *w, const uint8_t *bytes, size_t n, double now_s)
{
	struct sim_talk *t = on_the_wire(w, now_s);

	if (t && t->kind != SIM_ECHO) {
		sim_wire_fault(w, "request while another speaks");
		collide(t, n);
		return false;
	}
	if (now_s < w->quiet_s + needed_s(w, bytes)) {
		sim_wire_fault(w, "request too soon after an answer");
		return false;
	}
	return true;
}

/* A meter that answers another master does not wait for the gateway, who speaks now. */
static void break_in(struct sim_wire *w)
{
	for (size_t i = 0; i < w->talk_count; i++) {
		struct sim_talk *t = w->talks[i];
		double both_s = w->in_end_s - t->start_s;

		if (!t->foreign || both_s <= 0)
			continue;
		sim_wire_fault(w, "request while another begins to speak");
		collide(t, (size_t)ceil(both_s / w->byte_s));
		sim_noise_garble(w->in, w->in_length);
	}
}

void sim_wire_receive(struct sim_wire *w, double now_s)
{
	uint8_t bytes[SIM_FRAME_MAX];
	bool lost[SIM_FRAME_MAX], heard;
	ssize_t n = read(w->fd, bytes, sizeof(bytes));
	double start_s = hj_max(now_s, w->in_end_s);

	if (n <= 0)
		return;
	heard = w->in_length || begins_well(w, bytes, (size_t)n, now_s);
	w->in_start_s = w->in_length ? w->in_start_s : start_s;
	w->in_end_s = start_s + (double)n * w->byte_s;
	w->quiet_s = w->in_end_s;
	if (w->echo)
		echo(w, bytes, (size_t)n, start_s);
	if (!heard)
		return;
	if (sim_noise_pass(&w->line, bytes, lost, (size_t)n, false))
		sim_wire_fault(w, "request hit by noise");
	for (ssize_t i = 0; i < n && w->in_length < sizeof(w->in); i++)
		if (!lost[i])
			w->in[w->in_length++] = bytes[i];
	break_in(w);
}

/* The request is heard when its last bit has passed. */
static void hear(struct sim_wire *w, double now_s)
{
	int length = sim_request_length(w->in, w->in_length);

	if (!w->in_length || now_s < w->in_end_s)
		return;
	if (length > 0) {
		answer(w, w->in, (size_t)length, w->in_end_s, false);
		memmove(w->in, w->in + length, w->in_length - (size_t)length);
		w->in_length -= (size_t)length;
	} else if (now_s >= w->in_end_s + HOLD_S) {
		sim_wire_fault(w, "request not understood");
		w->in_length = 0;
	}
}

/* ---- others on the wire ---- */

static void babble(struct sim_wire *w, double now_s)
{
	struct sim_talk *t = on_the_wire(w, now_s);

	if (now_s < w->next_babble_s)
		return;
	w->next_babble_s = now_s - log(1.0 - sim_chance()) / w->babble_rate;
	if (t)
		collide(t, 1);
	else if (w->in_length && now_s < w->in_end_s)
		sim_noise_garble(w->in + random() % (long)w->in_length, 1);
	else
		sim_wire_garbage(w, 1, now_s);
}

static void ask_as_master(struct sim_wire *w, double now_s)
{
	const struct sim_master *m = &w->master;
	struct sim_talk *t = calloc(1, sizeof(*t));
	uint16_t crc;

	if (!t)
		return;
	t->kind = SIM_MASTER;
	t->start_s = now_s;
	t->unit = m->unit;
	t->table = m->table;
	t->address = m->address;
	t->count = m->count;
	memcpy(t->bytes,
	        (uint8_t[]){ (uint8_t)m->unit, (uint8_t)m->table, (uint8_t)(m->address >> 8), (uint8_t)m->address,
	                (uint8_t)(m->count >> 8), (uint8_t)m->count },
	        6);
	crc = sim_crc(t->bytes, 6);
	t->bytes[6] = (uint8_t)crc;
	t->bytes[7] = (uint8_t)(crc >> 8);
	t->length = 8;
	say(w, t);
}

static void master(struct sim_wire *w, double now_s)
{
	struct sim_master *m = &w->master;
	struct sim_talk *t = on_the_wire(w, now_s);
	bool asked = w->in_length && now_s < w->in_end_s;

	if (!m->unit || now_s < m->next_s)
		return;
	if (!m->rude && (w->talk_count || asked || now_s < w->quiet_s + w->silence_s)) {
		m->next_s = hj_max(now_s, w->quiet_s + w->silence_s) + MASTER_WAITS_S * sim_chance();
		return;
	}
	m->next_s = now_s + m->period_s;
	if (t)
		collide(t, 8);
	else if (asked)
		sim_noise_garble(w->in, w->in_length);
	else
		ask_as_master(w, now_s);
}

/* ---- all of it ---- */

void sim_wire_step(struct sim_wire *w, double now_s)
{
	hear(w, now_s);
	while (transmit(w, now_s))
		;
	if (w->babble_rate > 0)
		babble(w, now_s);
	master(w, now_s);
}

double sim_wire_due(const struct sim_wire *w)
{
	double due_s = INFINITY;

	if (w->in_length)
		due_s = sim_request_length(w->in, w->in_length) > 0 ? w->in_end_s : w->in_end_s + HOLD_S;
	if (w->babble_rate > 0)
		due_s = hj_min(due_s, w->next_babble_s);
	if (w->master.unit)
		due_s = hj_min(due_s, w->master.next_s);
	if (w->talk_count) {
		const struct sim_talk *t = w->talks[0];
		size_t piece = (size_t)hj_max(PIECE_S / w->byte_s, 1.0);

		piece = hj_min(t->sent + piece, t->length);
		due_s = hj_min(due_s, end_of(w, t, piece));
	}
	return due_s;
}
