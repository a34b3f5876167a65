/* What is being worked on: its samples go with flag M from here on, to the windows, to the live stream and so to
 * every platform, until it is over. It ends by itself. How long it still takes is kept with each commit, so that it
 * outlives a restart: in the same boot of the machine it ends when it was to end; after another one the time without
 * power is taken off as soon as the clock is trusted, and never added. A begin is told when it is on the disk. */
#include "stored.h"

#include <errno.h>
#include <string.h>

#include "hjgate/log.h"

#define KEY      "maintain"
#define VERSION  1
#define ACCURACY (200 * HJ_USEC_PER_MS)

/* ---- what is kept ---- */

static int put_text(struct hj_buf *to, const char *text)
{
	int r = hj_buf_put_be(to, strlen(text), 2);

	return r < 0 ? r : hj_buf_put(to, text, strlen(text));
}

static int encode_one(const struct maintained *m, hj_usec now, struct hj_buf *to)
{
	int r = put_text(to, m->what);

	r = r < 0 ? r : put_text(to, m->kind);
	r = r < 0 ? r : put_text(to, m->by);
	r = r < 0 ? r : put_text(to, m->why);
	r = r < 0 ? r : hj_buf_put_be(to, (uint64_t)m->begin_ms, 8);
	r = r < 0 ? r : hj_buf_put_be(to, (uint64_t)m->until_ms, 8);
	r = r < 0 ? r : hj_buf_put_be(to, m->until, 8);
	r = r < 0 ? r : hj_buf_put_be(to, m->until > now ? m->until - now : 0, 8);
	r = r < 0 ? r : hj_buf_put_be(to, m->carried, 1);
	r = r < 0 ? r : hj_buf_put_be(to, m->part_count, 1);
	for (size_t i = 0; i < m->part_count && r >= 0; i++)
		r = put_text(to, m->parts[i]);
	return r;
}

int maintain_put(struct stored *s)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	const struct maintenance *all = &s->maintenance;
	hj_usec now = hj_now().mono;
	int r = hj_buf_put_be(&b, VERSION, 1);

	if (!all->count && !all->changed)
		return 0;
	if (!all->count)
		return hj_ledger_put(s->ledger, KEY, NULL, 0);
	r = r < 0 ? r : hj_buf_put(&b, s->boot_id, HJ_ID_BYTES);
	for (size_t i = 0; i < all->count && r >= 0; i++)
		r = encode_one(all->list[i], now, &b);
	return r < 0 ? r : hj_ledger_put(s->ledger, KEY, b.data, b.len);
}

void maintain_committed(struct stored *s)
{
	s->maintenance.changed = false;
}

static void get_text(struct hj_reader *in, char *to, size_t size)
{
	size_t n = (size_t)hj_get_be(in, 2);
	const char *text = hj_get_bytes(in, n);

	if (n >= size)
		in->failed = 1;
	if (!in->failed && n)
		memcpy(to, text, n);
	to[in->failed ? 0 : n] = '\0';
}

static void decode_one(struct hj_reader *in, bool same_boot, struct maintained *m)
{
	hj_usec left;

	get_text(in, m->what, sizeof(m->what));
	get_text(in, m->kind, sizeof(m->kind));
	get_text(in, m->by, sizeof(m->by));
	get_text(in, m->why, sizeof(m->why));
	m->begin_ms = hj_time_moved((int64_t)hj_get_be(in, 8), 0);
	m->until_ms = hj_time_moved((int64_t)hj_get_be(in, 8), 0);
	m->until = hj_get_be(in, 8);
	left = hj_min(hj_get_be(in, 8), (uint64_t)MAINTAIN_FOR_MOST);
	m->carried = hj_get_be(in, 1) || !same_boot;
	if (!same_boot)
		m->until = hj_now().mono + left;
	m->part_count = hj_get_be(in, 1);
	if (m->part_count > MAINTAIN_PARTS)
		in->failed = 1;
	for (size_t i = 0; i < m->part_count && !in->failed; i++)
		get_text(in, m->parts[i], sizeof(m->parts[i]));
}

static void arm(struct stored *s);

static void forget(struct maintenance *all)
{
	while (all->count)
		free(all->list[--all->count]);
	all->changed = false;
}

int maintain_load(struct stored *s)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	struct maintenance *all = &s->maintenance;
	int r = hj_ledger_get(s->ledger, KEY, &b);
	struct hj_reader in;
	const void *boot;

	forget(all);
	if (r == -ENOENT)
		return 0;
	if (r < 0 && r != -ENOKEY && r != -EBADMSG)
		return r;
	in = (struct hj_reader){ .p = (uint8_t *)b.data, .end = (uint8_t *)b.data + b.len };
	if (hj_get_be(&in, 1) != VERSION)
		in.failed = 1;
	boot = hj_get_bytes(&in, HJ_ID_BYTES);
	while (!in.failed && in.p < in.end && all->count < MAINTAIN_MOST) {
		struct maintained *m = calloc(1, sizeof(*m));

		if (!m)
			return -ENOMEM;
		decode_one(&in, !memcmp(boot, s->boot_id, HJ_ID_BYTES), m);
		if (in.failed)
			free(m);
		else
			all->list[all->count++] = m;
	}
	if (in.failed || r < 0)
		hj_error("what is being worked on does not decode as a whole: it is forgotten, and no flag M is set");
	arm(s);
	return 0;
}

/* ---- when it is over ---- */

static void end_at(struct stored *s, size_t i, int64_t end_ms)
{
	struct maintenance *all = &s->maintenance;

	struct maintained *m = all->list[i];

	hj_notice("%s is not being worked on any more: its samples are as they are read", m->what);
	tell_maintain(s, m, HJ_END, hj_max(end_ms, m->begin_ms));
	free(m);
	memmove(&all->list[i], &all->list[i + 1], (--all->count - i) * sizeof(all->list[0]));
	all->changed = true;
	commit_urgent(s);
}

static void look(struct stored *s)
{
	struct maintenance *all = &s->maintenance;
	struct hj_now now = hj_now();

	for (size_t i = all->count; i-- > 0;)
		if (all->list[i]->until <= now.mono)
			end_at(s, i, now.wall_ms);
	arm(s);
}

static void arm(struct stored *s)
{
	const struct maintenance *all = &s->maintenance;
	hj_usec next = HJ_USEC_NEVER;

	for (size_t i = 0; i < all->count; i++)
		next = hj_min(next, all->list[i]->until);
	if (!all->timer)
		return;
	if (next != HJ_USEC_NEVER)
		sd_event_source_set_time(all->timer, next);
	sd_event_source_set_enabled(all->timer, next != HJ_USEC_NEVER ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

/* While the power was gone the work may have gone on, but its time did not stand still. */
void maintain_trusted(struct stored *s)
{
	struct maintenance *all = &s->maintenance;
	struct hj_now now = hj_now();

	for (size_t i = all->count; i-- > 0;) {
		struct maintained *m = all->list[i];
		int64_t left_ms = m->until_ms - now.wall_ms;

		if (!m->carried)
			continue;
		m->carried = false;
		all->changed = true;
		if (left_ms <= 0)
			end_at(s, i, m->until_ms);
		else
			m->until = hj_min(m->until, now.mono + (hj_usec)left_ms * HJ_USEC_PER_MS);
	}
	arm(s);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	look(userdata);
	return 0;
}

int maintain_start(struct stored *s)
{
	int r = sd_event_add_time(s->event, &s->maintenance.timer, CLOCK_BOOTTIME, 0, ACCURACY, on_timer, s);

	r = r < 0 ? r : sd_event_source_set_enabled(s->maintenance.timer, SD_EVENT_OFF);
	if (r >= 0)
		arm(s);
	return r < 0 ? r : 0;
}

void maintain_stop(struct stored *s)
{
	s->maintenance.timer = sd_event_source_disable_unref(s->maintenance.timer);
	forget(&s->maintenance);
}

/* ---- what it covers ---- */

static bool covers(const struct maintained *m, const char *point)
{
	for (size_t i = 0; i < m->part_count; i++) {
		size_t n = strlen(m->parts[i]);

		if (!strncmp(m->parts[i], point, n) && (point[n] == '\0' || point[n] == '.'))
			return true;
	}
	return false;
}

size_t maintain_points(const struct stored *s, const struct maintained *m)
{
	size_t n = 0;

	for (size_t i = 0; i < s->points.count; i++)
		n += hj_dictionary_find_name(&s->points, s->points.points[i].name) == &s->points.points[i] &&
		     covers(m, s->points.points[i].name);
	return n;
}

static bool is_maintained(const struct stored *s, const struct hj_sample *sample)
{
	const struct hj_point *p = hj_dictionary_find(&s->points, sample->point);

	for (size_t i = 0; p && i < s->maintenance.count; i++)
		if (sample->time_ms >= s->maintenance.list[i]->begin_ms && covers(s->maintenance.list[i], p->name))
			return true;
	return false;
}

void maintain_mark(struct stored *s, struct hj_sample *samples, size_t count)
{
	for (size_t i = 0; s->maintenance.count && i < count; i++)
		if ((samples[i].flag == HJ_FLAG_NORMAL || samples[i].flag == HJ_FLAG_LINK) &&
		        is_maintained(s, &samples[i]))
			samples[i].flag = HJ_FLAG_MAINTAIN;
}

/* ---- begin and end ---- */

static size_t position(const struct stored *s, const char *what)
{
	size_t i = 0;

	while (i < s->maintenance.count && strcmp(s->maintenance.list[i]->what, what) != 0)
		i++;
	return i;
}

const struct maintained *maintain_find(const struct stored *s, const char *what)
{
	size_t i = position(s, what);

	return i < s->maintenance.count ? s->maintenance.list[i] : NULL;
}

int maintain_begin(struct stored *s, const struct maintained *m)
{
	struct maintenance *all = &s->maintenance;
	size_t known = position(s, m->what);
	struct maintained *copy;

	if (!maintain_points(s, m))
		return -ENOENT;
	if (known == MAINTAIN_MOST)
		return -ENOSPC;
	copy = malloc(sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	*copy = *m;
	if (known < all->count) /* another word on it is another event: who, until when and why may all be new */
		end_at(s, known, m->begin_ms);
	all->list[all->count++] = copy;
	all->changed = true;
	arm(s);
	return 0;
}

int maintain_end(struct stored *s, const char *what)
{
	size_t i = position(s, what);

	if (i == s->maintenance.count)
		return -ENOENT;
	end_at(s, i, hj_now().wall_ms);
	arm(s);
	return 0;
}
