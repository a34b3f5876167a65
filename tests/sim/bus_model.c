/* Registers of simulated meters and where their values come from. One line of the configuration is one register:
 *
 *	UNIT TABLE ADDRESS TYPE ORDER MODEL ARGUMENTS... [scale=S] [length=BYTES]
 *	unit UNIT KEY VALUES...                how the meter behaves: bus_unit.c
 *
 * TABLE: coil, discrete, holding, input. TYPE: bit, int16, uint16, int32, uint32, float32, int64, uint64, float64,
 * bcd (length 2, 4, 6 or 8; 4 where it is not said). ORDER: ABCD, CDAB, BADC, DCBA, or ABCDEFGH, GHEFCDAB, BADCFEHG,
 * HGFEDCBA.
 *
 *	constant V
 *	raw HEX                                what stands in the registers, the first word first
 *	counter [START]                        counts its own answered reads: the first answer reads START + 1
 *	sine MEAN AMPLITUDE PERIOD_S [NOISE]
 *	walk START STEP MIN MAX
 *	duty ON OFF PERIOD_S FRACTION [PHASE_S]
 *	follow UNIT TABLE ADDRESS ON OFF [TAU_S]   ON while the other register is not 0, with a lag of TAU_S
 *	energy UNIT TABLE ADDRESS PER_HOUR START   the other register's value, integrated
 *
 * The other register must stand on an earlier line. This file encodes by itself, not with the gateway's codec: it is
 * the judge. */
#include "bus_sim.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/cleanup.h"

static double noise(void)
{
	return 2.0 * (double)random() / (double)RAND_MAX - 1.0;
}

static double model_constant(struct sim_register *r, double now_s)
{
	(void)now_s;
	return r->args[0];
}

static double model_counter(struct sim_register *r, double now_s)
{
	(void)now_s;
	return r->args[0] + (double)r->answers;
}

static double model_sine(struct sim_register *r, double now_s)
{
	return r->args[0] + r->args[1] * sin(2.0 * M_PI * now_s / r->args[2]) + r->args[3] * noise();
}

static double model_walk(struct sim_register *r, double now_s)
{
	double to;

	if (!r->begun)
		return r->args[0];
	to = r->state + r->args[1] * noise() * sqrt(now_s - r->last_s);
	return fmin(fmax(to, r->args[2]), r->args[3]);
}

static double model_duty(struct sim_register *r, double now_s)
{
	return fmod(now_s + r->args[4], r->args[2]) < r->args[2] * r->args[3] ? r->args[0] : r->args[1];
}

static double model_follow(struct sim_register *r, double now_s)
{
	double to = sim_register_value(r->other, now_s) != 0 ? r->args[3] : r->args[4];

	if (!r->begun || r->args[5] <= 0)
		return to * (1 + 0.01 * noise());
	return to + (r->state - to) * exp(-(now_s - r->last_s) / r->args[5]);
}

static double model_energy(struct sim_register *r, double now_s)
{
	if (!r->begun)
		return r->args[4];
	return r->state + sim_register_value(r->other, now_s) * r->args[3] * (now_s - r->last_s) / 3600.0;
}

/* Its value is in r->raw: see sim_register_encode(). */
static double model_raw(struct sim_register *r, double now_s)
{
	(void)r;
	(void)now_s;
	return 0;
}

static const struct model {
	const char *name;
	sim_model_fn fn;
	int least, most; /* arguments */
	bool follows;    /* its first three arguments name another register */
} models[] = {
	{ "constant", model_constant, 1, 1, false },
	{ "raw", model_raw, 1, 1, false },
	{ "counter", model_counter, 0, 1, false },
	{ "sine", model_sine, 3, 4, false },
	{ "walk", model_walk, 4, 4, false },
	{ "duty", model_duty, 4, 5, false },
	{ "follow", model_follow, 5, 6, true },
	{ "energy", model_energy, 5, 5, true },
};

static const char *const tables[] = { "", "coil", "discrete", "holding", "input" };
static const struct type {
	const char *name;
	int words;
} types[] = {
	[SIM_BIT] = { "bit", 1 },
	[SIM_INT16] = { "int16", 1 },
	[SIM_UINT16] = { "uint16", 1 },
	[SIM_INT32] = { "int32", 2 },
	[SIM_UINT32] = { "uint32", 2 },
	[SIM_FLOAT32] = { "float32", 2 },
	[SIM_INT64] = { "int64", 4 },
	[SIM_UINT64] = { "uint64", 4 },
	[SIM_FLOAT64] = { "float64", 4 },
	[SIM_BCD] = { "bcd", 2 },
};
static const char *const orders[] = { "ABCD", "CDAB", "BADC", "DCBA", "ABCDEFGH", "GHEFCDAB", "BADCFEHG",
	"HGFEDCBA" };

static int index_of(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return (int)i;
	return -1;
}

static int type_of(const char *name)
{
	for (size_t i = 0; i < hj_array_size(types); i++)
		if (!strcmp(types[i].name, name))
			return (int)i;
	return -1;
}

const char *sim_table_name(enum sim_table table)
{
	return tables[table];
}

int sim_table_find(const char *name)
{
	return hj_max(index_of(tables, hj_array_size(tables), name), 0);
}

double sim_register_value(struct sim_register *r, double now_s)
{
	r->state = r->model(r, now_s);
	r->last_s = now_s;
	r->begun = true;
	return r->state;
}

static uint64_t bcd_of(double value)
{
	uint64_t left = (uint64_t)fabs(round(value)), bits = 0;

	for (int i = 0; left; i += 4, left /= 10)
		bits |= left % 10 << i;
	return bits;
}

/* The bits of the value as a number, the most significant byte first in its words. */
static uint64_t bits_of(const struct sim_register *r, double raw)
{
	uint64_t bits = 0;
	uint32_t half;
	float f = (float)raw;

	switch (r->type) {
	case SIM_BIT:
		return raw != 0;
	case SIM_FLOAT32:
		memcpy(&half, &f, sizeof(half));
		return half;
	case SIM_FLOAT64:
		memcpy(&bits, &raw, sizeof(bits));
		return bits;
	case SIM_BCD:
		return bcd_of(raw);
	case SIM_UINT64:
		return raw >= 0x1p63 ? (uint64_t)raw : (uint64_t)llround(raw);
	default:
		return (uint64_t)llround(raw);
	}
}

void sim_register_encode(const struct sim_register *r, double value, uint16_t ret_words[SIM_WORDS_MAX])
{
	uint64_t bits = r->is_raw ? 0 : bits_of(r, value / r->scale);
	bool words_turned = r->order == SIM_CDAB || r->order == SIM_DCBA;
	bool bytes_turned = r->order == SIM_BADC || r->order == SIM_DCBA;

	for (int i = 0; i < r->words; i++) {
		uint16_t word = (uint16_t)(bits >> 16 * (words_turned ? i : r->words - 1 - i));

		if (bytes_turned && r->type != SIM_BIT)
			word = (uint16_t)(word << 8 | word >> 8);
		ret_words[i] = r->is_raw ? r->raw[i] : word;
	}
}

struct sim_register *sim_register_find(struct sim_factory *f, int unit, int table, int address)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->registers[i].unit == unit && (int)f->registers[i].table == table &&
		        f->registers[i].address == address)
			return &f->registers[i];
	return NULL;
}

static int set_raw(struct sim_register *r, const char *hex)
{
	char *end;
	uint64_t bits = strtoull(hex, &end, 16);

	if (*end || end != hex + 4 * r->words)
		return -EINVAL;
	for (int i = 0; i < r->words; i++)
		r->raw[i] = (uint16_t)(bits >> 16 * (r->words - 1 - i));
	r->is_raw = true;
	return 0;
}

/* The model and what stands behind it; `next` walks the words of the line. */
static int parse_model(struct sim_factory *f, struct sim_register *r, char **next)
{
	char *word = strtok_r(NULL, " \t", next);
	const struct model *m = NULL;
	const char *hex = NULL;
	int n = 0;

	for (size_t i = 0; word && i < hj_array_size(models); i++)
		if (!strcmp(models[i].name, word))
			m = &models[i];
	if (!m)
		return -EINVAL;
	for (word = strtok_r(NULL, " \t", next); word; word = strtok_r(NULL, " \t", next)) {
		int table = index_of(tables, hj_array_size(tables), word);

		if (!strncmp(word, "scale=", 6))
			r->scale = atof(word + 6);
		else if (!strncmp(word, "length=", 7) && r->type == SIM_BCD)
			r->words = atoi(word + 7) / 2;
		else if (n == m->most)
			return -E2BIG;
		else {
			hex = word;
			r->args[n++] = table > 0 ? table : atof(word);
		}
	}
	if (n < m->least || r->scale == 0 || r->words < 1 || r->words > SIM_WORDS_MAX)
		return -EINVAL;
	r->model = m->fn;
	if (m->fn == model_raw)
		return set_raw(r, hex);
	if (m->follows)
		r->other = sim_register_find(f, (int)r->args[0], (int)r->args[1], (int)r->args[2]);
	return m->follows && !r->other ? -ENOENT : 0;
}

static int parse_unit(struct sim_factory *f, char **next)
{
	char *unit = strtok_r(NULL, " \t", next), *key = strtok_r(NULL, " \t", next), *word;
	double values[2];
	size_t n = 0;

	if (!key || atoi(unit) < 1 || atoi(unit) >= SIM_UNITS)
		return -EINVAL;
	while ((word = strtok_r(NULL, " \t", next))) {
		if (n == hj_array_size(values))
			return -E2BIG;
		values[n++] = atof(word);
	}
	return sim_unit_set(&f->units[atoi(unit)], key, values, n);
}

static int parse_line(struct sim_factory *f, char *line)
{
	char *next = NULL, *word[5];
	struct sim_register *r = &f->registers[f->count];
	int table, type, order, result;

	word[0] = strtok_r(line, " \t", &next);
	if (!word[0])
		return 0;
	if (!strcmp(word[0], "unit"))
		return parse_unit(f, &next);
	for (int i = 1; i < 5; i++)
		word[i] = strtok_r(NULL, " \t", &next);
	if (!word[4] || f->count == SIM_REGISTERS_MAX)
		return -EINVAL;
	table = index_of(tables, hj_array_size(tables), word[1]);
	type = type_of(word[3]);
	order = index_of(orders, hj_array_size(orders), word[4]);
	if (table < 1 || type < 0 || order < 0 || atoi(word[0]) < 1 || atoi(word[0]) >= SIM_UNITS)
		return -EINVAL;
	*r = (struct sim_register){ .unit = atoi(word[0]),
		.table = (enum sim_table)table,
		.address = atoi(word[2]),
		.type = (enum sim_type)type,
		.words = types[type].words,
		.order = (enum sim_order)(order % 4),
		.scale = 1 };
	result = parse_model(f, r, &next);
	if (result < 0)
		return result;
	f->units[r->unit].exists = true;
	f->count++;
	return 0;
}

int sim_factory_load(struct sim_factory *f, const char *path)
{
	FILE *in = fopen(path, "re");
	char line[512];
	int r = 0;

	if (!in) {
		fprintf(stderr, "hjsim-bus: %s: %s\n", path, strerror(errno));
		return -errno;
	}
	for (int i = 0; i < SIM_UNITS; i++)
		sim_unit_init(&f->units[i]);
	for (int number = 1; r == 0 && fgets(line, sizeof(line), in); number++) {
		line[strcspn(line, "#\r\n")] = '\0';
		r = parse_line(f, line);
		if (r < 0)
			fprintf(stderr, "hjsim-bus: %s:%d: %s\n", path, number, strerror(-r));
	}
	fclose(in);
	return r;
}
