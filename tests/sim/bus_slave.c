/* The meters of hjsim-bus: a request in, the addressed meter's answer out; functions 1 to 6, 15 and 16. Holes
 * between a meter's registers read 0, what lies outside of them gives exception 2. Nothing here waits or writes:
 * the wire does. */
#include "bus_sim.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "hjgate/cleanup.h"

#define EXCEPTION_FUNCTION 1
#define EXCEPTION_ADDRESS  2
#define EXCEPTION_VALUE    3
#define REGISTERS_MOST     125
#define BITS_MOST          2000

uint16_t sim_crc(const uint8_t *p, size_t n)
{
	uint16_t crc = 0xffff;

	while (n--) {
		crc ^= *p++;
		for (int i = 0; i < 8; i++)
			crc = (uint16_t)(crc & 1 ? crc >> 1 ^ 0xa001 : crc >> 1);
	}
	return crc;
}

int sim_request_length(const uint8_t *p, size_t n)
{
	size_t length = 8;

	if (n >= 2 && (p[1] == 15 || p[1] == 16)) {
		if (n < 7)
			return 0;
		length = 9u + p[6];
	}
	if (n < length)
		return 0;
	return sim_crc(p, length - 2) == (p[length - 2] | p[length - 1] << 8) ? (int)length : -1;
}

static bool covered(const struct sim_factory *f, const struct sim_talk *a, int address)
{
	for (size_t i = 0; i < f->count; i++) {
		const struct sim_register *r = &f->registers[i];

		if (r->unit == a->unit && (int)r->table == a->table && r->address <= address &&
		        address < r->address + r->words)
			return true;
	}
	return false;
}

/* Fills a->words; 0, or the exception the meter gives. */
static int read_table(struct sim_factory *f, struct sim_talk *a, double now_s)
{
	int first = INT_MAX, last = -1;

	if (a->count < 1 || a->count > (a->table <= SIM_DISCRETE ? BITS_MOST : REGISTERS_MOST))
		return EXCEPTION_VALUE;
	for (size_t i = 0; i < f->count; i++) {
		const struct sim_register *r = &f->registers[i];

		if (r->unit != a->unit || (int)r->table != a->table)
			continue;
		first = hj_min(first, r->address);
		last = hj_max(last, r->address + r->words - 1);
	}
	if (a->address < first || a->address + a->count - 1 > last)
		return EXCEPTION_ADDRESS;
	for (int at = a->address; f->units[a->unit].strict != 0 && at < a->address + a->count; at++)
		if (!covered(f, a, at))
			return EXCEPTION_ADDRESS;
	memset(a->words, 0, sizeof(a->words[0]) * (size_t)a->count);
	for (size_t i = 0; i < f->count; i++) {
		struct sim_register *r = &f->registers[i];
		uint16_t words[SIM_WORDS_MAX];

		if (r->unit != a->unit || (int)r->table != a->table || r->address + r->words <= a->address ||
		        r->address >= a->address + a->count)
			continue;
		r->answers++;
		sim_register_encode(r, sim_register_value(r, now_s), words);
		for (int w = 0; w < r->words; w++)
			if (r->address + w >= a->address && r->address + w < a->address + a->count)
				a->words[r->address + w - a->address] = words[w];
	}
	return 0;
}

/* What stands in this register from now on. */
static bool write_word(struct sim_factory *f, int unit, int table, int address, uint16_t word)
{
	for (size_t i = 0; i < f->count; i++) {
		struct sim_register *r = &f->registers[i];

		if (r->unit != unit || (int)r->table != table || address < r->address ||
		        address >= r->address + r->words)
			continue;
		if (!r->is_raw)
			sim_register_encode(r, sim_register_value(r, r->last_s), r->raw);
		r->is_raw = true;
		r->raw[address - r->address] = word;
		return true;
	}
	return false;
}

/* Functions 5, 6, 15 and 16; a->table is the function. */
static int write_table(struct sim_factory *f, struct sim_talk *a, const uint8_t *request)
{
	bool bits = a->table == 5 || a->table == 15, single = a->table == 5 || a->table == 6;
	int count = single ? 1 : a->count;

	if (!bits && a->table != 6 && a->table != 16)
		return EXCEPTION_FUNCTION;
	if (count < 1 || (!single && request[6] != (bits ? (count + 7) / 8 : 2 * count)))
		return EXCEPTION_VALUE;
	for (int i = 0; i < count; i++) {
		const uint8_t *data = request + 7;
		uint16_t word = a->table == 5    ? request[4] == 0xff
		                : a->table == 6  ? (uint16_t)a->count
		                : a->table == 15 ? data[i / 8] >> (i % 8) & 1
		                                 : (uint16_t)(data[2 * i] << 8 | data[2 * i + 1]);

		if (!write_word(f, a->unit, bits ? SIM_COIL : SIM_HOLDING, a->address + i, word))
			return EXCEPTION_ADDRESS;
	}
	return 0;
}

static size_t put_values(struct sim_talk *a)
{
	size_t bytes = a->table <= SIM_DISCRETE ? ((size_t)a->count + 7) / 8 : 2 * (size_t)a->count;

	a->bytes[2] = (uint8_t)bytes;
	memset(a->bytes + 3, 0, bytes);
	for (int i = 0; i < a->count; i++) {
		if (a->table <= SIM_DISCRETE) {
			a->bytes[3 + i / 8] |= (uint8_t)((a->words[i] & 1) << (i % 8));
			continue;
		}
		a->bytes[3 + 2 * i] = (uint8_t)(a->words[i] >> 8);
		a->bytes[4 + 2 * i] = (uint8_t)a->words[i];
	}
	return 3 + bytes;
}

static void put_crc(struct sim_talk *a, size_t length)
{
	uint16_t crc = sim_crc(a->bytes, length);

	a->bytes[length] = (uint8_t)crc;
	a->bytes[length + 1] = (uint8_t)(crc >> 8);
	a->length = length + 2;
}

size_t sim_slave_answer(struct sim_factory *f, const uint8_t *request, size_t n, double now_s, struct sim_talk *ret)
{
	const struct sim_unit *unit;

	if (n < 8 || request[0] >= SIM_UNITS || sim_unit_silent(&f->units[request[0]], now_s))
		return 0;
	unit = &f->units[request[0]];
	memset(ret, 0, offsetof(struct sim_talk, words));
	ret->unit = request[0];
	ret->table = request[1];
	ret->address = request[2] << 8 | request[3];
	ret->count = request[4] << 8 | request[5];
	ret->exception = (int)unit->exception;
	if (!ret->exception)
		ret->exception =
		        ret->table >= 1 && ret->table <= 4 ? read_table(f, ret, now_s) : write_table(f, ret, request);
	ret->bytes[0] = request[0];
	ret->bytes[1] = (uint8_t)(request[1] | (ret->exception ? 0x80 : 0));
	ret->bytes[2] = (uint8_t)ret->exception;
	if (!ret->exception && ret->table > SIM_INPUT)
		memcpy(ret->bytes, request, 6); /* a write is confirmed by its own head */
	put_crc(ret, ret->exception ? 3 : ret->table > SIM_INPUT ? 6 : put_values(ret));
	return ret->length;
}
