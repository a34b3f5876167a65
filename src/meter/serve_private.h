/* Between the frames (serve.c) and what is in them (serve_request.c). */
#pragma once

#include "hjgate/meter_serve.h"

#define SERVE_CRC_BYTES     2
#define SERVE_MBAP_BYTES    7 /* transaction, protocol, length, unit */
#define SERVE_MBAP_BEFORE   6 /* what its length does not count */
#define SERVE_EXCEPTION_BIT 0x80

static inline uint16_t serve_get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

struct serve_function {
	uint8_t code;
	bool write, many;
	enum hj_table table;
	uint16_t most;
};

const struct serve_function *serve_function_find(uint8_t code);

/* Function and what follows it, without unit and sum; n at least 1. */
void serve_parse(const uint8_t *pdu, size_t n, struct hj_serve_request *q);
