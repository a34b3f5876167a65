/* What is configured no more is in no trouble any more: an event of a meter, a bus or an uplink that is gone from its
 * file, or whose file is gone, would stay open for ever, since nobody is left to end it. A file that does not parse,
 * or is too long to be kept, says nothing. */
#include "eventd.h"
#include "hjgate/text.h"

#include <stdio.h>
#include <string.h>

#define GONE_MOST 64 /* of one change of a file; more stay open */

/* "meter north.oven" is of buses.d/north.conf, and there of "meters.oven."; "bus north" and "uplink county" are of a
 * file as a whole. */
static bool find_place(const struct event *e, char file[HJ_PATH_MAX], char part[HJ_NAME_MAX + 16])
{
	static const struct {
		const char *word, *folder;
		bool in_it;
	} places[] = { { "meter ", "buses.d", true }, { "bus ", "buses.d", false }, { "uplink ", "uplinks.d", false } };
	const char *name, *dot;
	size_t i = 0;

	while (i < hj_array_size(places) && strncmp(e->key, places[i].word, strlen(places[i].word)) != 0)
		i++;
	if (i == hj_array_size(places))
		return false;
	name = e->key + strlen(places[i].word);
	dot = name + strcspn(name, ". ");
	if (*dot == ' ' || (places[i].in_it && *dot != '.'))
		return false;
	part[0] = '\0';
	if (places[i].in_it)
		snprintf(part, HJ_NAME_MAX + 16, "meters.%s.", dot + 1);
	return snprintf(file, HJ_PATH_MAX, "%s/%.*s.conf", places[i].folder, (int)(dot - name), name) < HJ_PATH_MAX;
}

/* The lines are "key=value". */
static bool has_part(const char *lines, const char *part)
{
	size_t n = strlen(part);

	for (const char *p = lines; p && *p; p = strchr(p, '\n'), p = p ? p + 1 : NULL)
		if (*p == '(' || !strncmp(p, part, n))
			return true;
	return false;
}

/* lines NULL: the file is gone. */
static bool is_gone(const struct event *e, const char *file, const char *lines)
{
	char of[HJ_PATH_MAX], part[HJ_NAME_MAX + 16];

	if (!event_is_open(e) || !find_place(e, of, part) || strcmp(of, file) != 0)
		return false;
	return !lines || (part[0] && !has_part(lines, part));
}

void eventd_end_gone(struct eventd *d, const char *file, const char *lines)
{
	char codes[GONE_MOST][EVENT_CODE_MAX + 1], keys[GONE_MOST][EVENT_KEY_MAX + 1];
	size_t count = 0;

	for (size_t i = 0; i < d->book.count && count < GONE_MOST; i++) {
		const struct event *e = d->book.events[i];

		if (!is_gone(e, file, lines))
			continue;
		hj_text_copy(codes[count], sizeof(codes[0]), e->code);
		hj_text_copy(keys[count++], sizeof(keys[0]), e->key);
	}
	for (size_t i = 0; i < count; i++)
		eventd_say(d, codes[i], ROW_END, keys[i], NULL);
}
