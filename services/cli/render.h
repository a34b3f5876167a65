/* Texts with {names}, filled from JSON: events and refusals. */
#pragma once

#include <jansson.h>
#include <stddef.h>

/* `text` with each {name} replaced by values' member: strings as they are, numbers, times (integers of ms UTC) in
 * Beijing time, "?" where there is none. Cut to size-1 bytes at a character's end. */
void cli_fill(const char *text, json_t *values, char *to, size_t size);
/* The same of an event, whose names and typed texts are no words of ours. */
void cli_fill_event(const char *text, json_t *values, char *to, size_t size);
