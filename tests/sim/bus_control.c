/* What can be done to the simulated bus while it runs: a line of the control FIFO, or of --do. Besides the keys of a
 * meter (bus_unit.c):
 *
 *	ber P           chance of a hit for each bit, both ways
 *	noise P         chance of one for each byte of an answer
 *	drop P          chance that a byte is lost, both ways
 *	garbage N       so many bytes, now
 *	babble RATE     bytes a second that belong to nothing; 0 ends it
 *	echo on|off     the gateway hears itself
 *	silence CHARS   before a request, or it is not heard; 1.5 at the start
 *	master UNIT PERIOD_MS polite|rude TABLE ADDRESS COUNT   another master, that waits for silence or does not
 *	master off
 *	set UNIT TABLE ADDRESS VALUE   this register is constant from now on */
#include "bus_sim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/cleanup.h"

#define WORDS_MOST 8

static int set_ber(struct sim_wire *w, char **word, size_t n)
{
	(void)n;
	sim_noise_ber(&w->line, atof(word[1]));
	return 0;
}

static int set_noise(struct sim_wire *w, char **word, size_t n)
{
	(void)n;
	w->line.noise = atof(word[1]);
	return 0;
}

static int set_drop(struct sim_wire *w, char **word, size_t n)
{
	(void)n;
	w->line.drop = atof(word[1]);
	return 0;
}

static int garbage(struct sim_wire *w, char **word, size_t n)
{
	(void)n;
	sim_wire_garbage(w, (size_t)hj_max(atoi(word[1]), 1), sim_clock_s());
	return 0;
}

static int set_babble(struct sim_wire *w, char **word, size_t n)
{
	(void)n;
	w->babble_rate = atof(word[1]);
	w->next_babble_s = sim_clock_s();
	return 0;
}

static int set_echo(struct sim_wire *w, char **word, size_t n)
{
	(void)n;
	w->echo = !strcmp(word[1], "on");
	return 0;
}

static int set_silence(struct sim_wire *w, char **word, size_t n)
{
	(void)n;
	w->strict_s = atof(word[1]) * w->byte_s;
	return 0;
}

static int set_master(struct sim_wire *w, char **word, size_t n)
{
	struct sim_master m = { .unit = atoi(word[1]) };

	if (!strcmp(word[1], "off")) {
		w->master = m;
		return 0;
	}
	if (n < 7 || m.unit < 1 || m.unit >= SIM_UNITS)
		return -EINVAL;
	m.period_s = atof(word[2]) / 1e3;
	m.rude = !strcmp(word[3], "rude");
	m.table = sim_table_find(word[4]);
	m.address = atoi(word[5]);
	m.count = atoi(word[6]);
	m.next_s = sim_clock_s() + m.period_s;
	if (!m.table || m.period_s <= 0)
		return -EINVAL;
	w->master = m;
	return 0;
}

static double constant(struct sim_register *r, double now_s)
{
	(void)now_s;
	return r->args[0];
}

static int set_register(struct sim_wire *w, char **word, size_t n)
{
	struct sim_register *r;

	(void)n;
	r = sim_register_find(w->factory, atoi(word[1]), sim_table_find(word[2]), atoi(word[3]));
	if (!r)
		return -ENOENT;
	r->is_raw = false;
	r->args[0] = atof(word[4]);
	r->model = constant;
	return 0;
}

static const struct {
	const char *name;
	size_t words; /* at least */
	int (*fn)(struct sim_wire *w, char **word, size_t n);
} commands[] = {
	{ "ber", 2, set_ber },
	{ "noise", 2, set_noise },
	{ "drop", 2, set_drop },
	{ "garbage", 2, garbage },
	{ "babble", 2, set_babble },
	{ "echo", 2, set_echo },
	{ "silence", 2, set_silence },
	{ "master", 2, set_master },
	{ "set", 5, set_register },
};

/* KEY UNIT VALUES... */
static int set_unit(struct sim_wire *w, char **word, size_t n)
{
	int unit = n >= 2 ? atoi(word[1]) : 0;
	double values[2];

	if (unit < 1 || unit >= SIM_UNITS || n - 2 > hj_array_size(values))
		return -EINVAL;
	for (size_t i = 2; i < n; i++)
		values[i - 2] = atof(word[i]);
	return sim_unit_set(&w->factory->units[unit], word[0], values, n - 2);
}

int sim_wire_command(struct sim_wire *w, const char *line)
{
	_cleanup_free_ char *copy = strdup(line);
	char *word[WORDS_MOST], *next = NULL;
	size_t n = 0;

	if (!copy)
		return -ENOMEM;
	for (char *p = strtok_r(copy, " \t", &next); p && n < WORDS_MOST; p = strtok_r(NULL, " \t", &next))
		word[n++] = p;
	for (size_t i = 0; n && i < hj_array_size(commands); i++)
		if (!strcmp(commands[i].name, word[0]))
			return n >= commands[i].words ? commands[i].fn(w, word, n) : -EINVAL;
	return n ? set_unit(w, word, n) : 0;
}
