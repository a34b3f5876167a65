/* The texts: kept in a file, since a meter is exchanged with the power off and this box may be off with it. What is
 * new has to be read twice alike before it counts: a meter that is just starting may show half of its number. */
#include "texts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "meterd.h"

#include "hjgate/log.h"
#include "hjgate/meter_codec.h"

#define FOLDER_MODE 0750
#define FILE_MODE   0640
#define LINE_BYTES  (HJ_POINT_NAME_MAX + HJ_TEXT_LEN + 2) /* name, blank, text, end of line */

struct text {
	size_t point;
	char now[HJ_TEXT_LEN];  /* "": none was read yet */
	char once[HJ_TEXT_LEN]; /* another one that was read once; "": none */
};

static int by_point(const void *a, const void *b)
{
	const struct text *x = a, *y = b;

	return (x->point > y->point) - (x->point < y->point);
}

static struct text *find(const struct meterd *m, size_t point)
{
	const struct text wanted = { .point = point };

	if (!m->texts.count)
		return NULL;
	return bsearch(&wanted, m->texts.list, m->texts.count, sizeof(wanted), by_point);
}

bool texts_has(const struct meterd *m, size_t point)
{
	return find(m, point);
}

const char *texts_get(const struct meterd *m, size_t point)
{
	const struct text *t = find(m, point);

	return t && t->now[0] ? t->now : NULL;
}

/* ---- the file: a line each, the point's name and its text ---- */

static void take_line(struct meterd *m, char *line)
{
	char *text = strchr(line, ' ');

	line[strcspn(line, "\n")] = '\0';
	if (!text)
		return;
	*text++ = '\0';
	for (size_t i = 0; i < m->texts.count; i++)
		if (!strcmp(m->points[m->texts.list[i].point]->point.name, line))
			hj_text_copy(m->texts.list[i].now, sizeof(m->texts.list[i].now), text);
}

static int load(struct meterd *m, const char *root)
{
	char rest[HJ_NAME_MAX + sizeof("meterd/")], folder[HJ_PATH_MAX], line[LINE_BYTES];
	FILE *f;
	int r;

	snprintf(rest, sizeof(rest), "meterd/%s", m->conf.name);
	r = hj_state_folder(root, rest, FOLDER_MODE, folder);
	if (r < 0)
		return r;
	if (snprintf(m->texts.path, sizeof(m->texts.path), "%s/texts", folder) >= (int)sizeof(m->texts.path)) {
		m->texts.path[0] = '\0';
		return -ENAMETOOLONG;
	}
	f = fopen(m->texts.path, "re");
	if (!f)
		return errno == ENOENT ? 0 : -errno;
	while (fgets(line, sizeof(line), f))
		take_line(m, line);
	r = ferror(f) ? -EIO : 0;
	fclose(f);
	return r;
}

static void keep(struct meterd *m)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	int r = 0;

	if (!m->texts.path[0])
		return;
	for (size_t i = 0; i < m->texts.count && r >= 0; i++) {
		const struct text *t = &m->texts.list[i];

		if (t->now[0])
			r = hj_buf_printf(&b, "%s %s\n", m->points[t->point]->point.name, t->now);
	}
	r = r < 0 ? r : hj_write_whole(m->texts.path, b.data, b.len, FILE_MODE);
	if (r < 0 && !m->texts.failed)
		hj_log_error(r, "cannot keep %s: a meter that is exchanged while this is down will not be noticed",
		        m->texts.path);
	m->texts.failed = r < 0;
}

/* ---- what is read ---- */

static void tell(struct meterd *m, const struct text *t, const char *text, int64_t time_ms)
{
	const char *name = m->points[t->point]->point.name;
	const char *meter = m->conf.meters[m->wants[t->point].meter].name;
	char key[2 * HJ_NAME_MAX + sizeof("meter .")];

	snprintf(key, sizeof(key), "meter %s.%s", m->conf.name, meter);
	hj_notice("%s was %s and is %s: another meter hangs there", name, t->now, text);
	hj_report_at(m->report, "meter-changed", HJ_MOMENT, key, time_ms,
	        json_pack("{s:s, s:s, s:s, s:s, s:s}", "bus", m->conf.name, "meter", meter, "point", name, "old",
	                t->now, "new", text));
}

void texts_take(struct meterd *m, size_t point, const uint8_t *bytes, int64_t time_ms)
{
	struct text *t = find(m, point);
	char text[HJ_TEXT_LEN];

	if (!t || !bytes)
		return;
	hj_codec_text(&m->points[point]->codec, bytes, text);
	if (!text[0])
		return; /* not filled in: that says nothing */
	if (!strcmp(text, t->now)) {
		t->once[0] = '\0';
		return;
	}
	if (t->now[0] && strcmp(text, t->once) != 0) {
		memcpy(t->once, text, sizeof(text));
		return;
	}
	if (t->now[0])
		tell(m, t, text, time_ms);
	memcpy(t->now, text, sizeof(text));
	t->once[0] = '\0';
	keep(m);
}

/* ---- a meterd's ---- */

int texts_new(struct meterd *m, const char *root)
{
	size_t n = 0;
	int r;

	for (size_t i = 0; i < m->point_count; i++)
		n += m->points[i]->codec.type == HJ_TYPE_TEXT;
	if (!n)
		return 0;
	m->texts.list = calloc(n, sizeof(*m->texts.list));
	if (!m->texts.list)
		return -ENOMEM;
	for (size_t i = 0; i < m->point_count; i++)
		if (m->points[i]->codec.type == HJ_TYPE_TEXT)
			m->texts.list[m->texts.count++].point = i;
	r = load(m, root);
	if (r < 0)
		hj_log_error(r, "bus %s: cannot read which meters hung there before: beginning anew", m->conf.name);
	return 0;
}

void texts_free(struct meterd *m)
{
	free(m->texts.list);
	m->texts = (struct texts){ 0 };
}
