/* Steps that statistics are packed in multiples of. Between the files of src/model/stats*.c. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "hjgate/decimal.h"

/* 0..22 are 10^0..10^-22, then 2^-1..2^-40, then none. */
#define STEP_BINARY HJ_DECIMAL_POWER_MOST /* the one before the first binary step */
#define STEP_NONE   63
#define BINARY_MOST (STEP_NONE - 1 - STEP_BINARY)

bool stats_same(double a, double b); /* to the last bit */
double stats_value(int64_t n, unsigned step);
/* The coarsest step that the value is a multiple of; STEP_NONE. */
unsigned stats_decimal_step(double value);
unsigned stats_binary_step(double value);
/* How many steps the value is. False where it is no multiple, to the last bit: -0.0 is none. */
bool stats_steps(double value, unsigned step, int64_t *ret);
