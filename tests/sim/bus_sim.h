/* What the pieces of hjsim-bus share: the registers with their models, the meters that answer, and the wire they
 * answer on. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SIM_REGISTERS_MAX 4096
#define SIM_WORDS_MAX     4 /* registers of one value */
#define SIM_ARGUMENTS_MAX 6
#define SIM_UNITS         248 /* unit ids 0..247 */
#define SIM_TALKS_MAX     16  /* waiting for the wire */
#define SIM_FRAME_MAX     256 /* bytes of an RTU frame */
#define SIM_TURNAROUND_MS 5

/* ---- bus_model.c: registers and where their values come from ---- */

enum sim_table { SIM_COIL = 1, SIM_DISCRETE, SIM_HOLDING, SIM_INPUT }; /* = function code */
enum sim_type {
	SIM_BIT,
	SIM_INT16,
	SIM_UINT16,
	SIM_INT32,
	SIM_UINT32,
	SIM_FLOAT32,
	SIM_INT64,
	SIM_UINT64,
	SIM_FLOAT64,
	SIM_BCD
};
enum sim_order {
	SIM_ABCD,
	SIM_CDAB,
	SIM_BADC,
	SIM_DCBA
}; /* of eight bytes: ABCDEFGH, GHEFCDAB, BADCFEHG, HGFEDCBA */

struct sim_register;
typedef double (*sim_model_fn)(struct sim_register *r, double now_s);

struct sim_register {
	int unit;
	enum sim_table table;
	int address;
	enum sim_type type;
	enum sim_order order;
	int words;
	double scale; /* register = value / scale */
	sim_model_fn model;
	double args[SIM_ARGUMENTS_MAX];
	bool is_raw;                 /* the model "raw", or it was written: */
	uint16_t raw[SIM_WORDS_MAX]; /* what stands in the registers */
	struct sim_register *other;  /* whose value this one follows or integrates */
	double state, last_s;        /* of the model */
	bool begun;
	uint64_t answers; /* reads of it that were answered */
};

/* All numbers, so that one table says how each is set. */
struct sim_unit {
	bool exists;
	double mute, strict, exception; /* strict: a hole between registers gives exception 2 */
	double turnaround_s, jitter_s;  /* before it answers; up to jitter_s more, by chance */
	double late_s;                  /* on top of it */
	double gap_s;                   /* of silence that it needs before a request, to hear it */
	double pause_s, pause_chance;   /* in the middle of an answer */
	double double_s;                /* another meter has its address and answers this much later; -1: none */
	double flap_on_s, flap_off_s;   /* heard and mute in turn */
};

struct sim_factory {
	struct sim_register registers[SIM_REGISTERS_MAX];
	size_t count;
	struct sim_unit units[SIM_UNITS];
};

/* Reading a line of configuration says what is wrong with it on standard error. */
int sim_factory_load(struct sim_factory *f, const char *path);
struct sim_register *sim_register_find(struct sim_factory *f, int unit, int table, int address);
double sim_register_value(struct sim_register *r, double now_s);
void sim_register_encode(const struct sim_register *r, double value, uint16_t ret_words[SIM_WORDS_MAX]);
const char *sim_table_name(enum sim_table table);
int sim_table_find(const char *name); /* 0: no such table */

/* ---- bus_unit.c: how a meter behaves ---- */

void sim_unit_init(struct sim_unit *u);
/* -ENOENT: no such key. */
int sim_unit_set(struct sim_unit *u, const char *key, const double *values, size_t count);
bool sim_unit_silent(const struct sim_unit *u, double now_s);

/* ---- bus_slave.c: a request in, the answer out ---- */

/* Bytes on the wire one after the other: what somebody says. */
enum sim_kind { SIM_ANSWER, SIM_ECHO, SIM_JUNK, SIM_MASTER };
struct sim_talk {
	enum sim_kind kind;
	double start_s; /* when its first bit goes on the wire */
	double pause_s; /* between the bytes before and from pause_at on */
	size_t pause_at;
	uint8_t bytes[2 * SIM_FRAME_MAX];
	bool lost[2 * SIM_FRAME_MAX]; /* bytes that nobody hears */
	size_t length, sent;
	bool spoiled, foreign; /* foreign: the answer to another master */
	int unit, table, address, count, exception;
	uint16_t words[2000];
};

uint16_t sim_crc(const uint8_t *p, size_t n);
/* Length of the whole request at p, 0 while it is not whole, or -1 where no request begins so. */
int sim_request_length(const uint8_t *p, size_t n);
/* Takes the frame: 0 = nobody answers, else the length of the answer. ret->words (count of them) is what was
 * answered, for the log; none for an exception. */
size_t sim_slave_answer(struct sim_factory *f, const uint8_t *request, size_t n, double now_s, struct sim_talk *ret);

/* ---- bus_noise.c: what happens to bits ---- */

struct sim_noise {
	double ber, noise, drop; /* chance of a hit for each bit; of one for each byte of an answer; of a byte lost */
	double until_hit;        /* bits */
	int bits_a_byte;
	bool has_parity;
};

void sim_noise_ber(struct sim_noise *n, double ber);
double sim_chance(void); /* 0 <= x < 1 */
/* Bytes that pass on the wire; whether any of them is not what it was. */
bool sim_noise_pass(struct sim_noise *n, uint8_t *bytes, bool *lost, size_t count, bool is_answer);
void sim_noise_garble(uint8_t *bytes, size_t count);

/* ---- bus_wire.c: who speaks when ---- */

struct sim_master {
	int unit, table, address, count; /* unit 0: there is none */
	double period_s, next_s;
	bool rude;
};

struct sim_wire {
	struct sim_factory *factory;
	FILE *log;
	bool log_us; /* stamps with microseconds */
	int fd;      /* where the gateway is heard */
	double byte_s;
	double silence_s;      /* between two frames: t3.5 */
	double strict_s;       /* a request after less silence than this is not heard */
	struct sim_noise line; /* noise on it */
	bool echo;
	double babble_rate, next_babble_s; /* bytes a second that belong to nothing */
	struct sim_master master;
	struct sim_talk *talks[SIM_TALKS_MAX]; /* the first is on the wire */
	size_t talk_count;
	uint8_t in[SIM_FRAME_MAX]; /* the request that is heard */
	size_t in_length;
	double in_start_s, in_end_s; /* of what the gateway said last */
	double quiet_s;              /* when the last bit of anything passed */
};

void sim_wire_init(struct sim_wire *w, int baud, int bits_a_byte, bool has_parity);
void sim_wire_reset(struct sim_wire *w); /* the port is gone: what was on the wire too */
void sim_wire_receive(struct sim_wire *w, double now_s);
void sim_wire_step(struct sim_wire *w, double now_s);
double sim_wire_due(const struct sim_wire *w); /* CLOCK_MONOTONIC; INFINITY where nothing is due */
void sim_wire_garbage(struct sim_wire *w, size_t n, double now_s);
void sim_wire_fault(struct sim_wire *w, const char *text);
double sim_clock_s(void); /* CLOCK_MONOTONIC */

/* ---- bus_control.c: a line of the control FIFO, or of --do; -EINVAL: not understood ---- */

int sim_wire_command(struct sim_wire *w, const char *line);
