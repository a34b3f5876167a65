/* Which of the names that exist a mistyped one was meant to be: the one that the fewest edits lead to, where few
 * do. */
#include "conf_table.h"

#include <string.h>

#define NEAR_MOST 2 /* edits between a mistyped name and the one it was meant to be */

/* Edits (a letter put in, left out or changed, two neighbours swapped) from a to b; names are short. */
static unsigned distance(const char *a, const char *b)
{
	enum { MOST = 32 };
	unsigned rows[3][MOST + 1];
	size_t n = strlen(a), m = strlen(b);

	if (n > MOST || m > MOST)
		return MOST;
	for (size_t j = 0; j <= m; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned *now = rows[i % 3], *before = rows[(i - 1) % 3], *older = rows[(i + 1) % 3];

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= m; j++) {
			now[j] = hj_min(before[j], now[j - 1]) + 1;
			now[j] = hj_min(now[j], before[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = hj_min(now[j], older[j - 2] + 1);
		}
	}
	return rows[n % 3][m];
}

void conf_near_try(struct conf_near *near, const char *candidate)
{
	unsigned d = distance(near->name, candidate), least = near->best ? near->edits : NEAR_MOST + 1;

	if (d >= least || d >= strlen(candidate) || 2 * d > strlen(near->name))
		return;
	near->edits = d;
	near->best = candidate;
}
