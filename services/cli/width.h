/* How many cells a text takes on a terminal: Chinese characters take two. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The character at *p (UTF-8), which moves behind it; a byte that is none counts as U+FFFD. */
uint32_t cli_character(const char **p);
size_t cli_width(const char *text);

/* Copies at most size-1 bytes with what could steer a terminal (control characters, broken UTF-8) replaced by "?":
 * texts of meters, platforms and clients are shown as they came otherwise. */
void cli_clean(const char *text, char *to, size_t size);
/* In place: "?" for each byte that is no UTF-8. */
void cli_mend(char *text);
