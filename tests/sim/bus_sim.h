/* What the pieces of hjsim-bus share: the registers with their models, the slaves that answer, and the wire they
 * answer on. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SIM_REGISTERS_MAX 512
#define SIM_ARGUMENTS_MAX 6
#define SIM_UNITS         248 /* unit ids 0..247 */
#define SIM_ANSWERS_MAX   16  /* waiting for the wire */
#define SIM_FRAME_MAX     256 /* bytes of an RTU frame */
#define SIM_TURNAROUND_MS 5

enum sim_table { SIM_COIL = 1, SIM_DISCRETE, SIM_HOLDING, SIM_INPUT }; /* = function code */
enum sim_type { SIM_BIT, SIM_INT16, SIM_UINT16, SIM_INT32, SIM_UINT32, SIM_FLOAT32 };

struct sim_register;
typedef double (*sim_model_fn)(struct sim_register *r, double now_s);

struct sim_register {
	int unit;
	enum sim_table table;
	int address;
	enum sim_type type;
	char order[5]; /* "ABCD" */
	double scale;  /* register = value / scale */
	sim_model_fn model;
	double args[SIM_ARGUMENTS_MAX];
	struct sim_register *other; /* whose value this one follows or integrates */
	double state, last_s;       /* of the model */
	bool begun;
	uint64_t answers; /* reads of it that were answered */
};

struct sim_unit {
	bool exists, mute, strict; /* strict: a hole between registers gives exception 2 */
	int turnaround_ms, late_ms, exception;
};

struct sim_factory {
	struct sim_register registers[SIM_REGISTERS_MAX];
	size_t count;
	struct sim_unit units[SIM_UNITS];
};

/* bus_model.c. Reading a line of configuration says what is wrong with it on standard error. */
int sim_factory_load(struct sim_factory *f, const char *path);
double sim_register_value(struct sim_register *r, double now_s);
void sim_register_encode(const struct sim_register *r, double value, uint16_t ret_words[2]);
const char *sim_table_name(enum sim_table table);

/* bus_slave.c. Takes the frame at `in`: 0 = nobody answers, else the length of the answer. *ret_words (count of them)
 * is what was answered, for the log; 0 words for an exception. */
struct sim_answer {
	double start_s; /* when its first bit goes on the wire */
	uint8_t bytes[SIM_FRAME_MAX + 4];
	size_t length, sent;
	bool is_garbage, spoiled;
	int unit, table, address, count, exception;
	uint16_t words[2000];
};
uint16_t sim_crc(const uint8_t *p, size_t n);
/* Length of the whole request at p, 0 while it is not whole, or -1 where no request begins so. */
int sim_request_length(const uint8_t *p, size_t n);
size_t sim_slave_answer(
        struct sim_factory *f, const uint8_t *request, size_t n, double now_s, struct sim_answer *ret);
