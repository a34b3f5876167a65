/* Bytes as text (RFC 4648, with padding): for messages that can hold text only. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define HJ_BASE64_LEN(n) (((n) + 2) / 3 * 4 + 1) /* with its NUL */

void hj_base64_encode(const void *data, size_t n, char *to);
/* Strict: no blanks, no missing padding, no bits beside it. *ret_n bytes, never more than n / 4 * 3. -EBADMSG. */
int hj_base64_decode(const char *text, size_t n, uint8_t *to, size_t *ret_n);
