/* Registers of simulated meters and where their values come from. One line of the configuration is one register:
 *
 *	UNIT TABLE ADDRESS TYPE ORDER MODEL ARGUMENTS... [scale=S]
 *	unit UNIT turnaround MS
 *	unit UNIT strict 1                     holes between its registers give exception 2
 *
 * TABLE: coil, discrete, holding, input. TYPE: bit, int16, uint16, int32, uint32, float32. ORDER: ABCD, CDAB, BADC,
 *DCBA. constant V counter [START]                        counts its own answered reads: the first answer reads START
 *+ 1 sine MEAN AMPLITUDE PERIOD_S [NOISE] walk START STEP MIN MAX duty ON OFF PERIOD_S FRACTION [PHASE_S] follow UNIT
 *TABLE ADDRESS ON OFF [TAU_S]   ON while the other register is not 0, with a lag of TAU_S energy UNIT TABLE ADDRESS
 *PER_HOUR START   the other register's value, integrated
 *
 * The other register must stand on an earlier line. This file encodes by itself, not with the gateway's codec: it is
 *the judge. */
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

static const struct model {
	const char *name;
	sim_model_fn fn;
	int least, most; /* arguments */
	bool follows;    /* its first three arguments name another register */
} models[] = {
	{ "constant", model_constant, 1, 1, false },
	{ "counter", model_counter, 0, 1, false },
	{ "sine", model_sine, 3, 4, false },
	{ "walk", model_walk, 4, 4, false },
	{ "duty", model_duty, 4, 5, false },
	{ "follow", model_follow, 5, 6, true },
	{ "energy", model_energy, 5, 5, true },
};

static const char *const tables[] = { "", "coil", "discrete", "holding", "input" };
static const char *const types[] = { "bit", "int16", "uint16", "int32", "uint32", "float32" };
static const char *const orders[] = { "ABCD", "CDAB", "BADC", "DCBA" };

static int index_of(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return (int)i;
	return -1;
}

const char *sim_table_name(enum sim_table table)
{
	return tables[table];
}

double sim_register_value(struct sim_register *r, double now_s)
{
	r->state = r->model(r, now_s);
	r->last_s = now_s;
	r->begun = true;
	return r->state;
}

void sim_register_encode(const struct sim_register *r, double value, uint16_t ret_words[2])
{
	double raw = value / r->scale;
	uint8_t b[4], out[4];
	uint32_t bits;
	float f = (float)raw;

	ret_words[1] = 0;
	if (r->type == SIM_BIT) {
		ret_words[0] = raw != 0;
		return;
	}
	if (r->type == SIM_FLOAT32)
		memcpy(&bits, &f, 4);
	else
		bits = (uint32_t)(int64_t)llround(raw);
	if (r->type == SIM_INT16 || r->type == SIM_UINT16) {
		ret_words[0] = (uint16_t)bits;
		if (r->order[0] == 'B' || r->order[0] == 'D')
			ret_words[0] = (uint16_t)(bits << 8 | (bits >> 8 & 0xff));
		return;
	}
	for (int i = 0; i < 4; i++)
		b[i] = (uint8_t)(bits >> (24 - 8 * i));
	for (int i = 0; i < 4; i++)
		out[i] = b[r->order[i] - 'A'];
	ret_words[0] = (uint16_t)(out[0] << 8 | out[1]);
	ret_words[1] = (uint16_t)(out[2] << 8 | out[3]);
}

static struct sim_register *find(struct sim_factory *f, int unit, int table, int address)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->registers[i].unit == unit && (int)f->registers[i].table == table &&
		        f->registers[i].address == address)
			return &f->registers[i];
	return NULL;
}

/* The model and what stands behind it; `next` walks the words of the line. */
static int parse_model(struct sim_factory *f, struct sim_register *r, char **next)
{
	char *word = strtok_r(NULL, " \t", next);
	const struct model *m = NULL;
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
		else if (n == m->most)
			return -E2BIG;
		else
			r->args[n++] = table > 0 ? table : atof(word);
	}
	if (n < m->least || r->scale == 0)
		return -EINVAL;
	r->model = m->fn;
	if (m->follows)
		r->other = find(f, (int)r->args[0], (int)r->args[1], (int)r->args[2]);
	return m->follows && !r->other ? -ENOENT : 0;
}

static int parse_unit(struct sim_factory *f, char **next)
{
	char *unit = strtok_r(NULL, " \t", next), *key = strtok_r(NULL, " \t", next),
	     *value = strtok_r(NULL, " \t", next);

	if (!value || atoi(unit) < 1 || atoi(unit) >= SIM_UNITS)
		return -EINVAL;
	if (!strcmp(key, "turnaround"))
		f->units[atoi(unit)].turnaround_ms = atoi(value);
	else if (!strcmp(key, "strict"))
		f->units[atoi(unit)].strict = atoi(value);
	else
		return -EINVAL;
	return 0;
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
	type = index_of(types, hj_array_size(types), word[3]);
	order = index_of(orders, hj_array_size(orders), word[4]);
	if (table < 1 || type < 0 || order < 0 || atoi(word[0]) < 1 || atoi(word[0]) >= SIM_UNITS)
		return -EINVAL;
	*r = (struct sim_register){ .unit = atoi(word[0]),
		.table = (enum sim_table)table,
		.address = atoi(word[2]),
		.type = (enum sim_type)type,
		.scale = 1 };
	strcpy(r->order, orders[order]);
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
		f->units[i].turnaround_ms = SIM_TURNAROUND_MS;
	for (int number = 1; r == 0 && fgets(line, sizeof(line), in); number++) {
		line[strcspn(line, "#\r\n")] = '\0';
		r = parse_line(f, line);
		if (r < 0)
			fprintf(stderr, "hjsim-bus: %s:%d: %s\n", path, number, strerror(-r));
	}
	fclose(in);
	return r;
}
