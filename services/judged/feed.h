/* Where samples come from: after each start, and each time stored was away, first what it has recorded since, then
 * what comes. Two connections, since an answer that goes on keeps its connection to itself. */
#pragma once

struct judged;
struct feed;

int feed_new(struct judged *d, struct feed **ret);
void feed_free(struct feed *f);

struct feed_state {
	const char *what; /* N_(): "judging", "reading what was recorded meanwhile" ... */
	unsigned long long samples, future, lost, unreadable;
};
void feed_state(const struct feed *f, struct feed_state *ret);
