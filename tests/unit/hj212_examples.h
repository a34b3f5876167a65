/* The examples of the standard with what each holds: see the opening of tests/data/appendix-c.txt. The frames are
 * those of hj212_frames.h, in the same order. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "hj212_frames.h"
#include "hjgate/hj212_frame.h"

#define MEANING_PATH "tests/data/appendix-c.txt"
#define LINE_MAX_LEN 2048
#define PRINTED_MAX  4  /* slips of one example */
#define FIELDS_MAX   32 /* of one example */

struct example {
	char where[16];
	bool up;
	char frame[HJ212_FRAME_MAX + 1]; /* without CR LF */
	char *fields[FIELDS_MAX];
	size_t field_count;
	char *printed[PRINTED_MAX];
	size_t printed_count;
};

static struct examples example_frames;
static struct example examples[EXAMPLES_MAX];
static size_t example_count;

static inline char *kept(const char *text)
{
	char *copy = strdup(text);

	assert_non_null(copy);
	return copy;
}

static inline void load_line(char *line)
{
	struct example *e = &examples[example_count ? example_count - 1 : 0];

	if (line[0] == '=') {
		assert_true(example_count < example_frames.count);
		snprintf(examples[example_count].frame, sizeof(e->frame), "%.*s",
		        (int)example_frames.n[example_count] - 2, example_frames.frame[example_count]);
		e = &examples[example_count++];
		assert_int_equal(sscanf(line, "= %15s", e->where), 1);
		e->up = strstr(line, " up");
	} else if (!strncmp(line, "printed ", 8)) {
		assert_true(e->printed_count < PRINTED_MAX);
		e->printed[e->printed_count++] = kept(line + 8);
	} else if (!strncmp(line, "  ", 2)) {
		assert_true(e->field_count < FIELDS_MAX);
		e->fields[e->field_count++] = kept(line + 2);
	}
}

static inline int load_examples(void **state)
{
	char line[LINE_MAX_LEN];
	FILE *f = fopen(MEANING_PATH, "re");

	examples_load(&example_frames);
	if (!f) {
		perror(MEANING_PATH);
		return -1;
	}
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] != '#' || !example_count)
			load_line(line);
	}
	fclose(f);
	assert_int_equal(example_frames.count, EXAMPLES_KNOWN);
	assert_int_equal(example_count, EXAMPLES_KNOWN);
	return 0;
}

static inline int unload_examples(void **state)
{
	for (size_t i = 0; i < example_count; i++) {
		for (size_t k = 0; k < examples[i].field_count; k++)
			free(examples[i].fields[k]);
		for (size_t k = 0; k < examples[i].printed_count; k++)
			free(examples[i].printed[k]);
	}
	return 0;
}

/* The nth frame of a place in the standard, from 0. */
static inline const struct example *example(const char *where, unsigned nth)
{
	for (size_t i = 0; i < example_count; i++)
		if (!strcmp(examples[i].where, where) && !nth--)
			return &examples[i];
	fail_msg("no example %s", where);
	return NULL;
}
