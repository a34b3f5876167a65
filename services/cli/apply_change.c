/* What a configuration changes against another: file by file, and in those that are configuration key by key. What it
 * is that a key means is nobody's business here; a password is compared and not shown. A file in which no key is
 * another has comments that are, and nobody has to be told. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "apply.h"
#include "hjgate/buf.h"
#include "hjgate/conf_flat.h"
#include "hjgate/differ.h"

#define SECRET      '\001' /* before a value that is one */
#define STARS       "******"
#define DOT_CONF    ".conf"
#define CHANGES_MAX 4096

struct finding {
	struct apply_changes *to;
	const char *file;
	enum apply_how how;
	int r;
	size_t found;
};

/* ---- collecting ---- */

static char *copy_of(const char *text)
{
	return text ? strdup(text) : NULL;
}

static int add(struct apply_changes *c, const char *file, const char *key, const char *old, const char *new,
        enum apply_how how)
{
	struct apply_change *list, *e;

	for (size_t i = 0; i < c->count; i++)
		if (!strcmp(c->list[i].file, file) && !strcmp(c->list[i].key, key))
			return 0;
	list = realloc(c->list, (c->count + 1) * sizeof(*list));
	if (!list)
		return -ENOMEM;
	c->list = list;
	e = &list[c->count++];
	*e = (struct apply_change){ strdup(file), strdup(key), copy_of(old), copy_of(new), how };
	return e->file && e->key && !old == !e->old && !new == !e->new ? 0 : -ENOMEM;
}

static const char *shown(const char *value)
{
	return value && value[0] == SECRET ? STARS : value;
}

static void note(const char *key, const char *old, const char *new, void *userdata)
{
	struct finding *f = userdata;

	f->found++;
	if (f->r >= 0 && f->to->count < CHANGES_MAX)
		f->r = add(f->to, f->file, key, shown(old), shown(new), f->how);
}

/* ---- one file as lines ---- */

struct lines {
	struct hj_buf text;
	size_t count;
	bool wrong; /* it does not parse: it has no keys, and is another all the same */
};

static int gather(const char *key, const char *value, bool secret, void *userdata)
{
	const char mark[2] = { secret ? SECRET : '\0', '\0' };
	struct lines *l = userdata;

	l->count++;
	return hj_buf_printf(&l->text, "%s=%s%s\n", key, mark, value);
}

static bool is_conf(const char *name)
{
	size_t n = strlen(name);

	return n > strlen(DOT_CONF) && !strcmp(name + n - strlen(DOT_CONF), DOT_CONF) &&
	       strchr(name, '/') == strrchr(name, '/');
}

static int read_lines(const char *root, const char *file, struct lines *ret)
{
	const char *slash = strchr(file, '/');
	char folder[HJ_PATH_MAX], name[HJ_PATH_MAX];
	int r;

	snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - file) : 0, file);
	snprintf(name, sizeof(name), "%s", slash ? slash + 1 : file);
	name[strlen(name) - strlen(DOT_CONF)] = '\0';
	r = hj_conf_flatten(root, folder, name, gather, ret);
	ret->wrong = r == -EINVAL;
	if (r == -ENOENT || r == -EINVAL)
		r = 0;
	return r < 0 ? r : hj_buf_put(&ret->text, "", 1);
}

/* ---- one file ---- */

static int whole(struct apply_changes *to, const char *file, enum apply_how how, size_t settings)
{
	char text[64];

	if (how == APPLY_CHANGED)
		return add(to, file, "", NULL, NULL, how);
	if (settings)
		snprintf(text, sizeof(text), ngettext("%zu setting", "%zu settings", settings), settings);
	else
		hj_text_copy(text, sizeof(text), _("a file"));
	return add(to, file, "", how == APPLY_REMOVED ? text : NULL, how == APPLY_ADDED ? text : NULL, how);
}

static void lines_done(struct lines *l)
{
	hj_buf_done(&l->text);
}

/* same: its bytes are, but what it includes may be another. */
static int find_in(
        struct apply_changes *to, const char *a, const char *b, const char *file, enum apply_how how, bool same)
{
	_cleanup_(lines_done) struct lines old = { .count = 0 }, new = { .count = 0 };
	struct finding f = { .to = to, .file = file, .how = how };
	int r = 0;

	if (!is_conf(file))
		return same ? 0 : whole(to, file, how, 0);
	if (how != APPLY_ADDED)
		r = read_lines(a, file, &old);
	if (r >= 0 && how != APPLY_REMOVED)
		r = read_lines(b, file, &new);
	if (r < 0)
		return r;
	if (how != APPLY_CHANGED)
		return whole(to, file, how, old.count + new.count);
	hj_differ_run(old.text.data, new.text.data, note, &f);
	if (f.r < 0 || f.found || same || !(old.wrong || new.wrong))
		return f.r;
	return whole(to, file, how, 0);
}

/* ---- all of them ---- */

static int find_old(const char *a, const char *b, struct apply_changes *to)
{
	_cleanup_(apply_tree_done) struct apply_tree t = { .count = 0 };
	int r = *a ? apply_tree_list(a, &t) : 0;
	char path[HJ_PATH_MAX];

	for (size_t i = 0; i < t.count && r >= 0; i++) {
		if (hj_path(b, HJ_DIR_ETC, t.names[i], path) >= 0 && access(path, F_OK) < 0)
			r = find_in(to, a, b, t.names[i], APPLY_REMOVED, false);
	}
	return r;
}

static int find_new(const char *a, const char *b, struct apply_changes *to)
{
	_cleanup_(apply_tree_done) struct apply_tree t = { .count = 0 };
	int r = apply_tree_list(b, &t), same;
	char path[HJ_PATH_MAX];

	for (size_t i = 0; i < t.count && r >= 0; i++) {
		bool there = *a && hj_path(a, HJ_DIR_ETC, t.names[i], path) >= 0 && access(path, F_OK) == 0;

		same = there ? apply_tree_same_file(a, b, t.names[i]) : 0;
		r = same < 0 ? same : 0;
		r = r < 0 ? r : find_in(to, a, b, t.names[i], there ? APPLY_CHANGED : APPLY_ADDED, same > 0);
	}
	return r;
}

int apply_changes_find(const char *old_root, const char *new_root, struct apply_changes *to)
{
	int r = find_new(old_root, new_root, to);

	return r < 0 ? r : find_old(old_root, new_root, to);
}

void apply_changes_done(struct apply_changes *c)
{
	for (size_t i = 0; i < c->count; i++) {
		free(c->list[i].file);
		free(c->list[i].key);
		free(c->list[i].old);
		free(c->list[i].new);
	}
	free(c->list);
	*c = (struct apply_changes){ .count = 0 };
}
