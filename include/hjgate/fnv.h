/* FNV-1a of 64 bits: whether something is as it was, where nobody gains by two that are alike. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define HJ_FNV_BEGIN 0xcbf29ce484222325ULL

static inline uint64_t hj_fnv(uint64_t hash, const void *data, size_t n)
{
	for (const uint8_t *p = data; n--; p++)
		hash = (hash ^ *p) * 0x100000001b3ULL;
	return hash;
}
