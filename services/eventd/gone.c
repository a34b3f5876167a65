/* What is configured no more is in no trouble any more: an event of a meter, a bus, an uplink, a channel or equipment
 * that is gone from its file, or whose file is gone, would stay open for ever where nobody is left to end it. A file
 * that does not parse, or is too long to be kept, says nothing. */
#include "eventd.h"
#include "hjgate/ipc.h"
#include "hjgate/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define GONE_MOST 64 /* at a time */

#define FILE_MAX (HJ_NAME_MAX + 32)
#define PART_MAX (EVENT_KEY_MAX + 16)

/* Where it is configured, below /etc/hjgate. */
struct place {
	char file[FILE_MAX];
	char part[PART_MAX]; /* how the keys of it begin there; "" = the file as a whole */
};

static bool set_place(
        struct place *to, const char *folder, const char *file, size_t n, const char *list, const char *name)
{
	to->part[0] = '\0';
	if (snprintf(to->file, sizeof(to->file), "%s%s%.*s.conf", folder, *folder ? "/" : "", (int)n, file) >=
	        (int)sizeof(to->file))
		return false;
	return !list || snprintf(to->part, sizeof(to->part), "%s.%s.", list, name) < (int)sizeof(to->part);
}

/* "meter north.oven" is of buses.d/north.conf, and there of "meters.oven."; "bus north" and "uplink county" are of a
 * file as a whole. "channel ops" is of alerts.conf. */
static bool place_of_key(const char *key, struct place *ret)
{
	static const struct {
		const char *word, *folder, *file, *list; /* file NULL: named by the key, up to a dot */
	} places[] = { { "meter ", "buses.d", NULL, "meters" }, { "bus ", "buses.d", NULL, NULL },
		{ "uplink ", "uplinks.d", NULL, NULL }, { "channel ", "", "alerts", "channels" } };
	const char *name, *dot;
	size_t i = 0;

	while (i < hj_array_size(places) && strncmp(key, places[i].word, strlen(places[i].word)) != 0)
		i++;
	if (i == hj_array_size(places))
		return false;
	name = key + strlen(places[i].word);
	if (places[i].file)
		return set_place(ret, "", places[i].file, strlen(places[i].file), places[i].list, name);
	dot = name + strcspn(name, ". ");
	if (*dot == ' ' || (places[i].list && *dot != '.'))
		return false;
	return set_place(ret, places[i].folder, name, (size_t)(dot - name), places[i].list, dot + 1);
}

/* A limit of a point alone names no equipment. */
static bool place_of_judged(const struct event *e, struct place *ret)
{
	_cleanup_json_ json_t *values = e->values ? json_loads(e->values, 0, NULL) : NULL;
	const char *name = json_string_value(json_object_get(values, "name"));

	return set_place(ret, "", "equipment", strlen("equipment"), name ? "equipment" : NULL, name);
}

static bool find_place(const struct event *e, struct place *ret)
{
	return strcmp(e->source, "judged") ? place_of_key(e->key, ret) : place_of_judged(e, ret);
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

/* What a file said when it was looked at last: that of many events in a row is read once. */
struct look {
	char file[FILE_MAX]; /* "" = none yet */
	bool gone;
	struct hj_buf lines; /* empty: it is not known what it says */
};

static void look_at(struct eventd *d, const char *file, struct look *look)
{
	char path[HJ_PATH_MAX];

	if (!strcmp(look->file, file))
		return;
	hj_text_copy(look->file, sizeof(look->file), file);
	hj_buf_done(&look->lines);
	look->gone = hj_path(d->root, HJ_DIR_ETC, file, path) >= 0 && access(path, F_OK) < 0 && errno == ENOENT;
	if (look->gone)
		return;
	if (conf_watch_lines(d, file, &look->lines) < 0)
		hj_buf_done(&look->lines);
}

static bool is_gone(struct eventd *d, const struct event *e, struct look *look)
{
	struct place place;

	if (!event_is_open(e) || !find_place(e, &place))
		return false;
	look_at(d, place.file, look);
	return look->gone || (place.part[0] && look->lines.len && !has_part(look->lines.data, place.part));
}

bool eventd_end_gone(struct eventd *d)
{
	char codes[GONE_MOST][EVENT_CODE_MAX + 1], keys[GONE_MOST][EVENT_KEY_MAX + 1];
	struct look look = { .gone = false };
	size_t count = 0;

	for (size_t i = 0; i < d->book.count && count < GONE_MOST; i++) {
		const struct event *e = d->book.events[i];

		if (!is_gone(d, e, &look))
			continue;
		hj_text_copy(codes[count], sizeof(codes[0]), e->code);
		hj_text_copy(keys[count++], sizeof(keys[0]), e->key);
	}
	hj_buf_done(&look.lines);
	for (size_t i = 0; i < count; i++)
		eventd_say(d, codes[i], ROW_END, keys[i], NULL);
	return count == GONE_MOST;
}
