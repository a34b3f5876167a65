/* The points' numbers: given once, kept in the ledger's state as "point.NUMBER", written in the transaction of the
 * first record that uses them. The newest number of a name is in use; older ones stay, since records name them. */
#include "stored.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/log.h"

#define POINT_VERSION 2 /* 1 had no wrap */
#define POINT_OLDEST  1
#define POINT_PREFIX  "point."

#define BY_POINT_FIRST 16

static int put_text(struct hj_buf *to, const char *text)
{
	size_t n = strlen(text);
	int r = hj_buf_put_be(to, n, 1);

	return r < 0 ? r : hj_buf_put(to, text, n);
}

static int encode(const struct hj_point *p, struct hj_buf *to)
{
	int r = hj_buf_put_be(to, POINT_VERSION, 1);

	r = r < 0 ? r : hj_buf_put_be(to, p->total, 1);
	r = r < 0 ? r : hj_buf_put_be(to, p->interval_ms, 4);
	r = r < 0 ? r : put_text(to, p->name);
	r = r < 0 ? r : put_text(to, p->factor);
	r = r < 0 ? r : put_text(to, p->unit);
	return r < 0 ? r : hj_buf_put_double(to, p->wrap);
}

static void get_text(struct hj_reader *in, char *to, size_t size)
{
	size_t n = hj_get_be(in, 1);
	const void *text = n < size ? hj_get_bytes(in, n) : NULL;

	if (!text) {
		in->failed = 1;
		return;
	}
	memcpy(to, text, n);
	to[n] = '\0';
}

static int decode(const void *data, size_t n, struct hj_point *ret)
{
	struct hj_reader in = { .p = data, .end = (const uint8_t *)data + n };
	struct hj_point p = { 0 };
	unsigned version = (unsigned)hj_get_be(&in, 1);

	if (version < POINT_OLDEST || version > POINT_VERSION)
		return -EBADMSG;
	p.total = hj_get_be(&in, 1);
	p.interval_ms = (uint32_t)hj_get_be(&in, 4);
	get_text(&in, p.name, sizeof(p.name));
	get_text(&in, p.factor, sizeof(p.factor));
	get_text(&in, p.unit, sizeof(p.unit));
	if (version >= 2)
		p.wrap = hj_get_double(&in);
	if (in.failed || in.p != in.end)
		return -EBADMSG;
	*ret = p;
	return 0;
}

/* With room for what is known of it here. */
static int put(struct stored *s, const struct hj_point *p)
{
	size_t size = s->by_point_size ? s->by_point_size : BY_POINT_FIRST;
	struct stored_point *list;

	while (size <= s->points.count)
		size *= 2;
	if (size > s->by_point_size) {
		list = realloc(s->by_point, size * sizeof(*list));
		if (!list)
			return -ENOMEM;
		memset(&list[s->by_point_size], 0, (size - s->by_point_size) * sizeof(*list));
		s->by_point = list;
		s->by_point_size = size;
	}
	return hj_dictionary_put(&s->points, p);
}

static int load_one(const char *key, const void *value, size_t n, void *userdata)
{
	struct stored *s = userdata;
	struct hj_point p;
	uint64_t number;
	int r;
	const char *digits = key + strlen(POINT_PREFIX);
	bool good = hj_uint_parse(digits, strlen(digits), UINT32_MAX, &number) >= 0 && number;

	if (good)
		s->point_most = hj_max(s->point_most, (uint32_t)number);
	if (good && !value) {
		s->points_locked++;
		return 0;
	}
	if (!good || decode(value, n, &p) < 0) {
		hj_error("what is kept as %s does not decode: records with it show numbers only", key);
		return 0;
	}
	p.number = (uint32_t)number;
	r = put(s, &p);
	if (r != -ENOSPC)
		return r;
	s->points_over++;
	return 0;
}

int dictionary_load(struct stored *s)
{
	int r;

	s->points_locked = s->points_over = 0;
	s->points_since = hj_now().mono;
	s->room.left_count = 0;
	s->room.looked_at = 0;
	r = hj_ledger_each(s->ledger, POINT_PREFIX, load_one, s);
	if (s->points_locked)
		hj_error("%zu points are locked or were changed by somebody else: their records show numbers only, "
		         "and what is "
		         "read goes on under new numbers",
		        s->points_locked);
	if (s->points_over)
		hj_error("%zu points are more than the %d that there is room for: their records show numbers only",
		        s->points_over, HJ_POINTS_MAX);
	return r;
}

/* Positions move: who counts points by position is told. */
int dictionary_load_late(struct stored *s)
{
	size_t n = s->points.count;
	_cleanup_free_ struct stored_point *held = calloc(n + 1, sizeof(*held));
	_cleanup_free_ uint32_t *numbers = calloc(n + 1, sizeof(*numbers));
	int r;

	if (!held || !numbers)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		held[i] = s->by_point[i];
		numbers[i] = s->points.points[i].number;
	}
	r = dictionary_load(s);
	if (s->by_point)
		memset(s->by_point, 0, s->by_point_size * sizeof(*s->by_point));
	for (size_t i = 0; i < n; i++)
		s->by_point[dictionary_index(s, numbers[i])] = held[i];
	stream_points_moved(s);
	read_points_moved(s);
	return r;
}

size_t dictionary_index(const struct stored *s, uint32_t number)
{
	const struct hj_point *p = hj_dictionary_find(&s->points, number);

	return p ? (size_t)(p - s->points.points) : s->points.count;
}

static int meet(struct stored *s, uint32_t number)
{
	s->by_point[dictionary_index(s, number)].met = hj_now().mono;
	return 0;
}

int dictionary_number(struct stored *s, struct hj_point *p)
{
	const struct hj_point *known = hj_dictionary_find_name(&s->points, p->name);
	bool same = known && hj_point_same(known, p);
	int r = 0;

	p->number = known && hj_point_means_same(known, p) ? known->number : 0;
	if (!p->number && s->points.count >= HJ_POINTS_MAX)
		r = dictionary_make_room(s); /* `known` may be another one now */
	if (r < 0)
		return r;
	p->number = p->number ? p->number : ++s->point_most;
	if (same)
		return meet(s, p->number);
	/* A new number is the greatest, so the positions of the others stay. */
	r = put(s, p);
	if (r < 0)
		return r;
	s->by_point[dictionary_index(s, p->number)].changed = true;
	return meet(s, p->number);
}

int dictionary_put(struct stored *s)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	char key[32];
	int r = dictionary_put_left(s);

	for (size_t i = 0; i < s->points.count && r >= 0; i++) {
		if (!s->by_point[i].changed)
			continue;
		b.len = 0;
		r = encode(&s->points.points[i], &b);
		snprintf(key, sizeof(key), POINT_PREFIX "%u", s->points.points[i].number);
		r = r < 0 ? r : hj_ledger_put(s->ledger, key, b.data, b.len);
	}
	return r;
}
