/* Where a name or a value ends: the separators of a data segment, searched for eight bytes at a time. Fields are what
 * decoding a frame mostly consists of. */
#pragma once

#include <endian.h>
#include <stdint.h>
#include <string.h>

#define HJ212_EVERY_BYTE(c) ((uint64_t)(c) * (UINT64_MAX / 0xFF))

/* Top bits where the byte is c, or 0x80 or more; above the lowest of them others may be set too, where it is borrowed
 * from. */
static inline uint64_t hj212_bytes_equal(uint64_t word, char c)
{
	return (word ^ HJ212_EVERY_BYTE((unsigned char)c)) - HJ212_EVERY_BYTE(1);
}

/* The first ";" or "," of p..end, or the first `also` (one more separator), or end. */
static inline const char *hj212_find_separator(const char *p, const char *end, char also)
{
	uint64_t word, found;

	for (; (size_t)(end - p) >= sizeof(word); p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		word = le64toh(word);
		found = hj212_bytes_equal(word, ';') | hj212_bytes_equal(word, ',') | hj212_bytes_equal(word, also);
		found &= ~word & HJ212_EVERY_BYTE(0x80);
		if (found)
			return p + __builtin_ctzll(found) / 8;
	}
	while (p < end && *p != ';' && *p != ',' && *p != also)
		p++;
	return p;
}
