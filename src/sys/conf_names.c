/* The files of a folder of the configuration, by their names without .conf: the instances of a program, models, a
 * site's own tables. */
#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "conf_table.h"

static int wanted(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return d->d_name[0] != '.' && n > 5 && n < 128 && !strcmp(d->d_name + n - 5, ".conf");
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Frees the entries; NULL when memory is short. */
static char **names_of(struct dirent **entries, size_t n)
{
	char **names = calloc(n + 1, sizeof(*names));
	bool whole = names;

	for (size_t i = 0; i < n; i++) {
		if (names)
			names[i] = strndup(entries[i]->d_name, strlen(entries[i]->d_name) - 5);
		whole = whole && names[i];
		free(entries[i]);
	}
	free(entries);
	if (whole)
		return names;
	hj_conf_names_free(names, names ? n : 0);
	return NULL;
}

int conf_names_in(const char *folder_path, char ***ret_names, size_t *ret_count)
{
	struct dirent **entries = NULL;
	char **names;
	int n = scandir(folder_path, &entries, wanted, by_bytes);

	if (n < 0 && errno != ENOENT)
		return -errno;
	n = hj_max(n, 0);
	names = names_of(entries, (size_t)n);
	if (!names)
		return -ENOMEM;
	*ret_names = names;
	*ret_count = (size_t)n;
	return 0;
}

int hj_conf_names(const char *root, const char *folder, char ***ret_names, size_t *ret_count)
{
	char path[HJ_PATH_MAX];
	int r = conf_path(root, folder, "", path);

	r = r < 0 ? r : conf_names_in(path, ret_names, ret_count);
	if (r >= 0)
		conf_seen_names(folder, *ret_names, *ret_count);
	return r;
}

void hj_conf_names_free(char **names, size_t count)
{
	for (size_t i = 0; names && i < count; i++)
		free(names[i]);
	free(names);
}
