/* The example frames of the standard (tests/data/frames.txt) for the tests of src/hj212: whole frames as they are on
 * the wire, CR LF at the end. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXAMPLES_PATH  "tests/data/frames.txt"
#define EXAMPLES_MAX   128
#define EXAMPLES_KNOWN 58 /* frames in the file */

struct examples {
	char text[64 << 10];
	const char *frame[EXAMPLES_MAX];
	size_t n[EXAMPLES_MAX];
	size_t count;
};

static inline void examples_load(struct examples *e)
{
	char line[2048], *to = e->text;
	FILE *f = fopen(EXAMPLES_PATH, "re");

	e->count = 0;
	if (!f) {
		perror(EXAMPLES_PATH);
		exit(1);
	}
	while (fgets(line, sizeof(line), f)) {
		size_t n = strcspn(line, "\n");

		if (strncmp(line, "##", 2) != 0)
			continue;
		if (n > 4 && !memcmp(line + n - 4, "\\r\\n", 4))
			n -= 4;
		memcpy(to, line, n);
		memcpy(to + n, "\r\n", 2);
		e->frame[e->count] = to;
		e->n[e->count++] = n + 2;
		to += n + 2;
	}
	fclose(f);
}
