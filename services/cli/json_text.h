/* JSON as this program prints it: compact, on one line, its numbers as people write them: 23.3, not the
 * 23.300000000000001 that it takes to tell two doubles apart. */
#pragma once

#include <jansson.h>
#include <stdio.h>

char *cli_json_text(const json_t *value); /* NULL: no memory, or no value */
/* A line of its own; as a whole, or null. */
void cli_json_line(FILE *to, const json_t *value);
