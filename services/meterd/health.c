/* What is known of the meters, the port and the outbox, and what of it a person should be told. Events that last have
 * a begin and an end; an end is also told at the first good news after a start, since the begin may be that of the
 * process before this one. */
#include "meterd.h"
#include "bus_serial.h"
#include "bus_socket.h"

#include <stdio.h>
#include <string.h>

#include "hjgate/log.h"
#include "hjgate/service.h"
#include "hjgate/text.h"

#define REOPEN_FIRST  (1 * HJ_USEC_PER_SEC)
#define REOPEN_MOST   (10 * HJ_USEC_PER_SEC)
#define OUTBOX_RELIEF (OUTBOX_MOST / 2)
#define KEY_MAX       (2 * HJ_NAME_MAX + 16)
#define WHERE_MAX     40

const char *meter_state_name(enum meter_state state)
{
	static const char *const names[] = { "unknown", "ok", "lost" };

	return names[state];
}

static void tell_meter(struct meterd *m, const struct meter *meter, enum hj_phase phase)
{
	char key[KEY_MAX];

	snprintf(key, sizeof(key), "meter %s.%s", m->conf.name, meter->conf->name);
	hj_report(m->report, "meter-lost", phase, key,
	        json_pack("{s:s, s:s, s:I}", "meter", meter->conf->name, "bus", m->conf.name, "unit_id",
	                (json_int_t)meter->conf->unit_id));
}

/* "unit 3", "station 181226034194" */
static const char *where_is(const struct meter *meter, char to[WHERE_MAX])
{
	if (meter->conf->station[0])
		snprintf(to, WHERE_MAX, "station %s", meter->conf->station);
	else
		snprintf(to, WHERE_MAX, "unit %lld", (long long)meter->conf->unit_id);
	return to;
}

static void show(const struct meterd *m)
{
	size_t lost = 0;

	for (size_t i = 0; i < m->conf.meter_count; i++)
		lost += m->meters[i].state == METER_LOST;
	if (m->port_error[0])
		hj_service_status("%s: %s", m->place, m->port_error);
	else
		hj_service_status("%zu meters, %zu without answer", m->conf.meter_count, lost);
}

void health_answered(struct meterd *m, struct meter *meter, const struct hj_now *now, int64_t took_ms)
{
	enum meter_state before = meter->state;
	char where[WHERE_MAX];

	meter->failures = 0;
	meter->failing_since = 0;
	meter->last_answer_ms = now->wall_ms;
	meter->answer_ms = took_ms;
	meter->state = METER_OK;
	if (before == METER_OK)
		return;
	if (before == METER_LOST)
		hj_notice("meter %s (%s) answers again", meter->conf->name, where_is(meter, where));
	tell_meter(m, meter, HJ_END);
	show(m);
}

void health_failed(struct meterd *m, struct meter *meter, const struct hj_now *now, const char *why)
{
	char where[WHERE_MAX];

	snprintf(meter->last_error, sizeof(meter->last_error), "%s", why);
	meter->failures++;
	if (!meter->failing_since)
		meter->failing_since = now->mono;
	if (meter->state == METER_LOST)
		return;
	if (meter->failures < METER_LOST_FAILURES && now->mono - meter->failing_since < METER_LOST_AFTER)
		return;
	meter->state = METER_LOST;
	hj_warn("meter %s (%s): %s: asking it seldom until it answers", meter->conf->name, where_is(meter, where),
	        why);
	tell_meter(m, meter, HJ_BEGIN);
	show(m);
}

/* One that nobody asks, and that has not said a word for longer than it may. */
void health_silent(struct meterd *m, struct meter *meter, const char *why)
{
	char where[WHERE_MAX];

	hj_text_copy(meter->last_error, sizeof(meter->last_error), why);
	meter->failures++;
	if (meter->state == METER_LOST)
		return;
	meter->state = METER_LOST;
	hj_warn("meter %s (%s): %s: its values are flagged until it reports", meter->conf->name,
	        where_is(meter, where), why);
	tell_meter(m, meter, HJ_BEGIN);
	show(m);
}

static void tell_port(struct meterd *m, enum hj_phase phase)
{
	char key[KEY_MAX];

	snprintf(key, sizeof(key), "bus %s", m->conf.name);
	hj_report(m->report, "port-lost", phase, key,
	        json_pack("{s:s, s:s, s:s}", "bus", m->conf.name, "port", m->place, "error", m->port_error));
}

void health_port(struct meterd *m, int error)
{
	bool was_lost = m->port_error[0];

	if (!error) {
		m->reopen_pause = 0;
		m->port_error[0] = '\0';
		hj_info("bus %s: %s is open", m->conf.name, m->place);
		tell_port(m, HJ_END);
		return show(m);
	}
	m->reopen_pause = m->reopen_pause ? hj_min(2 * m->reopen_pause, REOPEN_MOST) : REOPEN_FIRST;
	if (m->conf.port[0] && m->conf.kind != HJ_BUS_gpio)
		bus_serial_why(&m->conf, error, m->port_error, sizeof(m->port_error));
	else
		snprintf(m->port_error, sizeof(m->port_error), "%s", bus_socket_why(error));
	if (was_lost)
		return;
	/* Nobody is asked now, so nothing is known of the meters. */
	for (size_t i = 0; i < m->conf.meter_count; i++)
		if (m->meters[i].state == METER_OK)
			m->meters[i].state = METER_UNKNOWN;
	hj_error("bus %s: cannot use %s: %s: trying again", m->conf.name, m->place, m->port_error);
	tell_port(m, HJ_BEGIN);
	show(m);
}

static void hex(const uint8_t *p, size_t n, char *ret, size_t size)
{
	size_t used = 0;

	*ret = '\0';
	for (size_t i = 0; i < n && used + 3 < size; i++)
		used += (size_t)snprintf(ret + used, size - used, "%02X ", p[i]);
}

static void tell_bad_input(struct meterd *m, const char *from, const char *text)
{
	if (hj_report_bad_input(m->report, from, text))
		hj_warn("%s: bad input: %s: dropped; more of it is counted and told once a minute", from, text);
}

void health_junk(struct meterd *m, const struct bus_answer *a, int result)
{
	char bytes[3 * BUS_JUNK_SHOWN + 1], text[96], from[KEY_MAX];

	snprintf(from, sizeof(from), "bus %s", m->conf.name);
	m->junk_bytes += a->junk;
	if (result == -EBADMSG) {
		m->junk_bytes += a->received_length;
		hex(a->received, hj_min(a->received_length, (size_t)BUS_JUNK_SHOWN), bytes, sizeof(bytes));
		snprintf(text, sizeof(text), "%s: %s", a->is.why, bytes);
		tell_bad_input(m, from, text);
	} else if (a->junk && !a->junk_is_late) {
		hex(a->junk_head, hj_min(a->junk, (size_t)BUS_JUNK_SHOWN), bytes, sizeof(bytes));
		snprintf(text, sizeof(text), "nobody asked: %s", bytes);
		tell_bad_input(m, from, text);
	}
}

void health_broken(struct meterd *m, uint64_t frames, uint64_t bytes)
{
	char text[96], from[KEY_MAX];

	snprintf(from, sizeof(from), "bus %s", m->conf.name);
	snprintf(text, sizeof(text), "%llu frames in %llu bytes that are no Modbus", (unsigned long long)frames,
	        (unsigned long long)bytes);
	m->junk_bytes += bytes;
	tell_bad_input(m, from, text);
}

void health_refused(enum hj_right right, const char *why, void *userdata)
{
	struct meterd *m = userdata;
	char from[KEY_MAX];

	snprintf(from, sizeof(from), "meterd@%s.%s", m->conf.name,
	        right == HJ_LOOK     ? "look"
	        : right == HJ_CHANGE ? "change"
	                             : "peer");
	tell_bad_input(m, from, why);
}

void health_program(struct meterd *m, const char *code)
{
	char program[KEY_MAX];

	snprintf(program, sizeof(program), "meterd@%s", m->conf.name);
	hj_report(m->report, code, HJ_MOMENT, program, json_pack("{s:s}", "program", program));
}

static void tell_outbox(struct meterd *m, enum hj_phase phase)
{
	char key[KEY_MAX];

	snprintf(key, sizeof(key), "bus %s", m->conf.name);
	hj_report(m->report, "outbox-full", phase, key,
	        json_pack("{s:s, s:I}", "bus", m->conf.name, "lost", (json_int_t)(m->outbox.lost - m->lost_told)));
}

void health_outbox(struct meterd *m)
{
	if (m->outbox.lost > m->lost_told && !m->outbox_full) {
		m->outbox_full = true;
		hj_error("bus %s: the store takes nothing and the outbox is full: the oldest samples are lost",
		        m->conf.name);
		tell_outbox(m, HJ_BEGIN);
	} else if (m->outbox_full && m->outbox.count < OUTBOX_RELIEF) {
		tell_outbox(m, HJ_END);
		hj_error("bus %s: %llu samples were lost in the outbox", m->conf.name,
		        (unsigned long long)(m->outbox.lost - m->lost_told));
		m->outbox_full = false;
		m->lost_told = m->outbox.lost;
	}
}
