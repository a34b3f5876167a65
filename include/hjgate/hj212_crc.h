/* The CRC of HJ 212-2017 Annex A and the other three ways met in the field. Annex A keeps eight live bits between
 * bytes, so it is taken eight bytes at a time; only 256 values exist. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hj212_crc { HJ212_CRC_ANNEXA, HJ212_CRC_MODBUS, HJ212_CRC_MODBUS_SWAPPED, HJ212_CRC_NONE };

uint16_t hj212_crc_annexa(const void *data, size_t n);
uint16_t hj212_crc_modbus(const void *data, size_t n); /* CRC-16/MODBUS */
/* By dialect; HJ212_CRC_NONE gives 0. */
uint16_t hj212_crc(enum hj212_crc dialect, const void *data, size_t n);
/* One of the 256 values annex A can have? If not, the sender uses another dialect. */
bool hj212_crc_is_annexa(uint16_t crc);

/* The first dialect by which `crc` is right for the data; HJ212_CRC_NONE where it is by none. */
enum hj212_crc hj212_crc_find(const void *data, size_t n, uint16_t crc);
/* "annexa", "modbus", "modbus-swapped", "none". parse: -EINVAL for any other text. */
const char *hj212_crc_name(enum hj212_crc dialect);
int hj212_crc_parse(const char *name, enum hj212_crc *ret);
