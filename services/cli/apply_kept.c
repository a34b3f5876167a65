/* The configurations that were good: /var/lib/hjgate/config/1 and so on, each a root of its own, so that everything
 * that reads a configuration can read it. One comes to be by a rename of what was staged beside it, and goes by a
 * rename before it is removed: there is no half of one. How their folder is reached is apply_held.c's. What is under
 * way stands in a file, written before it begins. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "apply.h"
#include "ask.h"

#define ABOUT        "about.json"
#define ABOUT_MAX    4096 /* bytes */
#define STATE        "state"
#define REMOVE_DEPTH 12 /* folders in folders */
#define DOOMED       "old"
#define NUMBER_MOST  1000000000u

int apply_kept_root(const char *root, unsigned number, char ret[HJ_PATH_MAX])
{
	char name[16];

	snprintf(name, sizeof(name), "%u", number);
	return apply_kept_path(root, name, ret);
}

/* ---- which there are ---- */

static int compare(const void *a, const void *b)
{
	const struct apply_kept *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

static void read_about(const char *root, struct apply_kept *k)
{
	char path[HJ_PATH_MAX + sizeof(ABOUT) + 1];
	_cleanup_json_ json_t *about = NULL;

	if (apply_kept_root(root, k->number, path) < 0)
		return;
	strcat(path, "/" ABOUT);
	about = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
	k->time_ms = cli_time(about, "time");
	hj_text_copy(k->by, sizeof(k->by), cli_string(about, "by") ?: "?");
	hj_text_copy(k->note, sizeof(k->note), cli_string(about, "note") ?: "");
}

static int add(struct apply_kept_list *l, unsigned number)
{
	struct apply_kept *list = realloc(l->list, (l->count + 1) * sizeof(*list));

	if (!list)
		return -ENOMEM;
	l->list = list;
	list[l->count++] = (struct apply_kept){ .number = number };
	return 0;
}

int apply_kept_list(const char *root, struct apply_kept_list *ret)
{
	struct apply_kept_list l = { .count = 0 };
	char path[HJ_PATH_MAX];
	struct dirent *e;
	uint64_t number;
	int r = apply_kept_path(root, "", path);
	DIR *d = r < 0 ? NULL : opendir(path);

	if (!d && r >= 0)
		r = -errno;
	while (d && r >= 0 && (e = readdir(d)))
		if (hj_uint_parse(e->d_name, strlen(e->d_name), NUMBER_MOST, &number) == 0 && number)
			r = add(&l, (unsigned)number);
	if (d)
		closedir(d);
	if (r < 0) {
		free(l.list);
		return r;
	}
	if (l.count)
		qsort(l.list, l.count, sizeof(*l.list), compare);
	for (size_t i = 0; i < l.count; i++)
		read_about(root, &l.list[i]);
	*ret = l;
	return 0;
}

void apply_kept_list_done(struct apply_kept_list *l)
{
	free(l->list);
	*l = (struct apply_kept_list){ .count = 0 };
}

/* ---- removing ---- */

static int remove_in(int folder, const char *name, unsigned depth)
{
	int fd, r = 0;
	struct dirent *e;
	DIR *d;

	if (unlinkat(folder, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -errno;
	fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		r = -errno;
		hj_closep(&fd);
		return r;
	}
	while (r >= 0 && depth < REMOVE_DEPTH && (e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			r = remove_in(fd, e->d_name, depth + 1);
	closedir(d);
	return r < 0 || unlinkat(folder, name, AT_REMOVEDIR) == 0 ? r : -errno;
}

int apply_remove_all(const char *path)
{
	return remove_in(AT_FDCWD, path, 0);
}

bool apply_kept_newest(const char *root, unsigned *ret_number, bool *ret_edited)
{
	_cleanup_(apply_kept_list_done) struct apply_kept_list l = { .count = 0 };
	char path[HJ_PATH_MAX];
	int same;

	if (apply_kept_find(root, "", path) < 0 || apply_kept_list(root, &l) < 0 || !l.count)
		return false;
	*ret_number = l.list[l.count - 1].number;
	same = apply_kept_root(root, *ret_number, path) < 0 ? -EIO : apply_tree_same(path, root);
	*ret_edited = same == 0;
	return same >= 0;
}

/* ---- coming and going ---- */

static int sync_all(const char *root)
{
	char path[HJ_PATH_MAX];
	int r = apply_kept_path(root, "", path);

	return r < 0 ? r : hj_sync_folder(path);
}

/* First it has no name that counts, then it goes. */
static int forget(const char *root, const char *name)
{
	char path[HJ_PATH_MAX], doomed[HJ_PATH_MAX];
	int r = apply_kept_path(root, name, path);

	r = r < 0 ? r : apply_kept_path(root, DOOMED, doomed);
	r = r < 0 ? r : apply_remove_all(doomed);
	if (r < 0)
		return r;
	if (rename(path, doomed) < 0)
		return errno == ENOENT ? 0 : -errno;
	return apply_remove_all(doomed);
}

int apply_kept_stage(const char *root, unsigned like)
{
	char staged[HJ_PATH_MAX], good[HJ_PATH_MAX];
	int r = apply_kept_path(root, APPLY_STAGED, staged);

	r = r < 0 ? r : apply_remove_all(staged);
	r = r < 0 ? r : apply_kept_root(root, like, good);
	return r < 0 ? r : apply_tree_copy(root, staged, like ? good : NULL);
}

static int write_about(const char *staged, const struct apply_kept *k)
{
	json_t *about = json_pack("{s:I, s:s, s:s}", "time", (json_int_t)k->time_ms, "by", k->by, "note", k->note);
	_cleanup_free_ char *text = about ? json_dumps(about, JSON_INDENT(2)) : NULL;
	char path[HJ_PATH_MAX + sizeof(ABOUT) + 1];

	json_decref(about);
	snprintf(path, sizeof(path), "%s/" ABOUT, staged);
	return text ? hj_write_whole(path, text, strlen(text), 0600) : -ENOMEM;
}

static int forget_oldest(const char *root)
{
	_cleanup_(apply_kept_list_done) struct apply_kept_list l = { .count = 0 };
	int r = apply_kept_list(root, &l);
	char name[16];

	for (size_t i = 0; i + APPLY_KEPT_MOST < l.count && r >= 0; i++) {
		snprintf(name, sizeof(name), "%u", l.list[i].number);
		r = forget(root, name);
	}
	return r;
}

int apply_kept_keep(const char *root, const struct apply_kept *k)
{
	char staged[HJ_PATH_MAX], path[HJ_PATH_MAX];
	int r = apply_kept_path(root, APPLY_STAGED, staged);

	r = r < 0 ? r : apply_kept_root(root, k->number, path);
	r = r < 0 ? r : write_about(staged, k);
	if (r >= 0 && rename(staged, path) < 0)
		r = -errno;
	r = r < 0 ? r : sync_all(root);
	return r < 0 ? r : forget_oldest(root);
}

int apply_kept_set_aside(const char *root)
{
	char staged[HJ_PATH_MAX], path[HJ_PATH_MAX];
	int r = forget(root, APPLY_ASIDE);

	r = r < 0 ? r : apply_kept_path(root, APPLY_STAGED, staged);
	r = r < 0 ? r : apply_kept_path(root, APPLY_ASIDE, path);
	if (r >= 0 && rename(staged, path) < 0)
		r = -errno;
	return r < 0 ? r : sync_all(root);
}

/* ---- what is under way ---- */

static const char *const words[] = { [APPLY_TRYING] = "trying", [APPLY_PUTTING] = "putting" };

int apply_state_write(const char *root, enum apply_state state, unsigned number)
{
	char path[HJ_PATH_MAX], text[48];
	int r = apply_kept_path(root, STATE, path);

	if (r < 0)
		return r;
	if (state == APPLY_SETTLED)
		return unlink(path) < 0 && errno != ENOENT ? -errno : sync_all(root);
	snprintf(text, sizeof(text), "%s %u\n", words[state], number);
	return hj_write_whole(path, text, strlen(text), 0600);
}

enum apply_state apply_state_read(const char *root, unsigned *ret_number)
{
	char path[HJ_PATH_MAX], text[48] = "", word[16];
	FILE *f;

	*ret_number = 0;
	if (apply_kept_find(root, STATE, path) < 0 || !(f = fopen(path, "re")))
		return APPLY_SETTLED;
	if (!fgets(text, sizeof(text), f))
		text[0] = '\0';
	fclose(f);
	for (int s = APPLY_TRYING; s <= APPLY_PUTTING; s++)
		if (sscanf(text, "%15s %u", word, ret_number) == 2 && !strcmp(word, words[s]))
			return (enum apply_state)s;
	return APPLY_SETTLED;
}
