/* See hjgate/differ.h. Both lists are mostly the same and in the same order, so a key is looked for where the one
 * before was found. */
#include "hjgate/differ.h"

#include <stdio.h>
#include <string.h>

static const char *line_after(const char *line)
{
	const char *end = strchr(line, '\n');

	return end ? end + 1 : line + strlen(line);
}

static size_t key_length(const char *line)
{
	return strcspn(line, "=\n");
}

static const char *find_between(const char *from, const char *to, const char *key, size_t n)
{
	for (const char *p = from; *p && p != to; p = line_after(p))
		if (key_length(p) == n && !strncmp(p, key, n))
			return p;
	return NULL;
}

/* The line of this key; *hint goes behind it. */
static const char *find(const char *all, const char **hint, const char *key, size_t n)
{
	const char *found = find_between(*hint, NULL, key, n);

	if (!found)
		found = find_between(all, *hint, key, n);
	if (found)
		*hint = line_after(found);
	return found;
}

static const char *value_of(const char *line, char to[HJ_DIFFER_LINE_MAX])
{
	size_t n = key_length(line);

	if (line[n] == '=')
		n++;
	snprintf(to, HJ_DIFFER_LINE_MAX, "%.*s", (int)strcspn(line + n, "\n"), line + n);
	return to;
}

static void tell(const char *line, const char *old, const char *new, hj_differ_fn fn, void *userdata)
{
	char key[HJ_DIFFER_LINE_MAX], was[HJ_DIFFER_LINE_MAX], is[HJ_DIFFER_LINE_MAX];

	snprintf(key, sizeof(key), "%.*s", (int)key_length(line), line);
	if (old)
		value_of(old, was);
	if (new)
		value_of(new, is);
	if (!old || !new || strcmp(was, is) != 0)
		fn(key, old ? was : NULL, new ? is : NULL, userdata);
}

void hj_differ_run(const char *old, const char *new, hj_differ_fn fn, void *userdata)
{
	const char *hint = old;

	for (const char *p = new; *p; p = line_after(p))
		tell(p, find(old, &hint, p, key_length(p)), p, fn, userdata);
	hint = new;
	for (const char *p = old; *p; p = line_after(p))
		if (!find(new, &hint, p, key_length(p)))
			tell(p, p, NULL, fn, userdata);
}
