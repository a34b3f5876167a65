/* A total that is read under another scale counts on: stored is told beforehand what its newest reading comes to by
 * the new one, as with a meter that is swapped. Else the whole difference would be counted as consumed, in a record
 * that is sent. Where the old configuration comes back, so does what has been read by the new one. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply.h"
#include "ask.h"
#include "newest.h"

static const struct writer_column columns[] = {
	{ "point", N_("TOTAL"), false },
	{ "before", N_("READ AS"), true },
	{ "after", N_("COUNTS ON FROM"), true },
};

struct totals {
	struct apply *a;
	struct writer *w;
	struct hj_conf old, new;
	struct cli_newest newest;
	bool back;
};

static double rescaled(double value, const struct hj_codec *from, const struct hj_codec *to)
{
	return (value - from->offset) / from->scale * to->scale + to->offset;
}

/* The old one's, where `p` is a total in both and only what it is multiplied by is another. */
static const struct hj_conf_point *other_scale(const struct totals *t, const struct hj_conf_point *p)
{
	const struct hj_conf_point *old = p->point.total ? hj_conf_find_point(&t->old, p->point.name, NULL) : NULL;

	return old && old->point.total && old->codec.scale &&
	                       (old->codec.scale != p->codec.scale || old->codec.offset != p->codec.offset)
	               ? old
	               : NULL;
}

typedef void (*each_fn)(struct totals *t, const struct hj_conf_point *old, const struct hj_conf_point *new);

/* How many there are. fn may be NULL. */
static size_t each(struct totals *t, each_fn fn)
{
	const struct hj_conf *c = &t->new;
	size_t n = 0;

	for (size_t b = 0; b < c->bus_count; b++)
		for (size_t m = 0; m < c->buses[b].meter_count; m++)
			for (size_t i = 0; i < c->buses[b].meters[m].point_count; i++) {
				const struct hj_conf_point *p = &c->buses[b].meters[m].points[i],
				                           *old = other_scale(t, p);

				n += old != NULL;
				if (old && fn)
					fn(t, old, p);
			}
	return n;
}

static int take(json_t *answer, bool continues, void *userdata)
{
	return cli_newest_take(userdata, answer);
}

static void say_failed(const struct totals *t, const char *point)
{
	cli_refused(t->a->cli,
	        _("%s has another scale, and the store cannot be told: its next consumption has the whole difference. "
	          "hjgate meter BUS swap %s --old READING --new READING puts it right before the window ends."),
	        point, point);
}

/* What was read before the first pass; NaN: it was not told then. */
static double read_before(const struct apply *a, const char *point)
{
	for (size_t i = 0; i < a->scaled_count; i++)
		if (!strcmp(a->scaled[i].point, point))
			return a->scaled[i].before;
	return NAN;
}

/* On the way back: has the configuration that goes read anything? Its readings are nearer to what that comes to. */
static bool was_read(const struct totals *t, const struct hj_conf_point *goes, const struct hj_conf_point *comes,
        double newest)
{
	double before = read_before(t->a, comes->point.name);

	return isfinite(before) &&
	       fabs(newest - rescaled(before, &comes->codec, &goes->codec)) <= fabs(newest - before);
}

static void remember(struct apply *a, const char *point, double before)
{
	struct apply_scaled *list = realloc(a->scaled, (a->scaled_count + 1) * sizeof(*list));

	if (!list)
		return;
	a->scaled = list;
	hj_text_copy(list[a->scaled_count].point, sizeof(list[0].point), point);
	list[a->scaled_count++].before = before;
}

static void tell(struct totals *t, const struct hj_conf_point *old, const struct hj_conf_point *new)
{
	const struct cli_value *v = cli_newest_find(&t->newest, new->point.name);
	_cleanup_json_ json_t *answer = NULL;
	double after;

	if (!v || !isfinite(v->value) || (t->back && !was_read(t, old, new, v->value)))
		return; /* nothing was read: there is no difference */
	after = rescaled(v->value, &old->codec, &new->codec);
	if (cli_ask_quiet(t->a->root, "stored.change", "hjgate.Store.Swap",
	            json_pack("{s:s, s:f}", "point", new->point.name, "new", after), CLI_ANSWER_MS, &answer,
	            NULL) < 0) {
		say_failed(t, new->point.name);
		return;
	}
	if (!t->back)
		remember(t->a, new->point.name, v->value);
	writer_cell_text(t->w, new->point.name);
	writer_cell_number(t->w, v->value, -1);
	writer_cell_number(t->w, after, -1);
}

static void load(const char *root, struct hj_conf *ret)
{
	struct hj_conf_errors errors = { 0 };

	hj_conf_load_all(root, ret, &errors);
	hj_conf_errors_done(&errors);
}

void apply_scales(struct apply *a, bool back, struct writer *w)
{
	struct totals *t = calloc(1, sizeof(*t));
	char good[HJ_PATH_MAX];

	if (!t || !a->good || apply_kept_root(a->root, a->good, good) < 0) {
		free(t);
		return;
	}
	*t = (struct totals){ .a = a, .w = w, .back = back };
	load(back ? a->root : good, &t->old);
	load(back ? good : a->root, &t->new);
	if (each(t, NULL)) {
		cli_stream_quiet(a->root, "stored.look", "hjgate.Store.Watch", NULL, CLI_ANSWER_MS, take, &t->newest,
		        NULL);
		writer_table(w, back ? "totals_back" : "totals", columns, hj_array_size(columns));
		each(t, tell);
		writer_table_end(w);
	}
	cli_newest_done(&t->newest);
	hj_conf_done(&t->old);
	hj_conf_done(&t->new);
	free(t);
}
