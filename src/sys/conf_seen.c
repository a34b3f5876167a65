/* See conf_seen.h. One list a process: what is noted twice keeps what was in it first, since that is what the program
 * has made of it. Memory that runs short costs an entry, and then nothing is said of that file. */
#include "hjgate/conf_seen.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_table.h"
#include "hjgate/fnv.h"

static struct seen {
	char *file;
	uint64_t digest;
} * list;
static size_t count;
static bool noting;

void hj_conf_seen_begin(void)
{
	for (size_t i = 0; i < count; i++)
		free(list[i].file);
	free(list);
	list = NULL;
	count = 0;
	noting = true;
}

void hj_conf_seen_end(void)
{
	noting = false;
}

const char *hj_conf_seen(size_t i, uint64_t *ret_digest)
{
	if (i >= count)
		return NULL;
	*ret_digest = list[i].digest;
	return list[i].file;
}

static void add(const char *file, uint64_t digest)
{
	struct seen *more;
	char *name;

	for (size_t i = 0; i < count; i++)
		if (!strcmp(list[i].file, file))
			return;
	more = count < HJ_CONF_SEEN_MAX ? realloc(list, (count + 1) * sizeof(*list)) : NULL;
	if (!more)
		return;
	list = more;
	name = strdup(file);
	if (name)
		list[count++] = (struct seen){ name, digest };
}

/* Models of the package and a file that is asked for by its path are nobody's configuration here. */
void conf_seen_file(const struct conf_file *f, uint64_t digest)
{
	char etc[HJ_PATH_MAX];
	size_t n;

	if (!noting || !f->root || conf_path(f->root, "", "", etc) < 0)
		return;
	n = strlen(etc);
	if (!strncmp(f->path, etc, n) && f->path[n] == '/')
		add(f->path + n + 1, digest);
}

static uint64_t digest_of_names(char *const *names, size_t n)
{
	uint64_t digest = HJ_FNV_BEGIN;

	for (size_t i = 0; i < n; i++)
		digest = hj_fnv(digest, names[i], strlen(names[i]) + 1);
	return digest;
}

void conf_seen_names(const char *folder, char *const *names, size_t n)
{
	char file[HJ_PATH_MAX];

	if (noting && snprintf(file, sizeof(file), "%s/%s", folder, CONF_SEEN_ALL) < (int)sizeof(file))
		add(file, digest_of_names(names, n));
}

int hj_conf_digest(const char *root, const char *file, uint64_t *ret_digest)
{
	const char *slash = strchr(file, '/'), *name = slash ? slash + 1 : file;
	char folder[HJ_PATH_MAX], **names;
	size_t n;
	int r;

	if (snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - file) : 0, file) >= (int)sizeof(folder))
		return -ENAMETOOLONG;
	if (strcmp(name, CONF_SEEN_ALL) != 0)
		return conf_file_digest(root, folder, name, ret_digest);
	r = hj_conf_names(root, folder, &names, &n);
	if (r < 0)
		return r;
	*ret_digest = digest_of_names(names, n);
	hj_conf_names_free(names, n);
	return 0;
}
