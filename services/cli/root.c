/* Is what --root names, or `check DIR`, a root? Where it is not there, or is the folder of the files itself,
 * everything would be found missing below it, and nobody would be told why. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"

static bool has(const char *folder, const char *name)
{
	char path[HJ_PATH_MAX];

	return snprintf(path, sizeof(path), "%s/%s", folder, name) < (int)sizeof(path) && access(path, F_OK) == 0;
}

static bool is_etc(const char *folder)
{
	static const char *const ours[] = { "hjgate.conf", "buses.d", "uplinks.d" };

	for (size_t i = 0; i < hj_array_size(ours); i++)
		if (has(folder, ours[i]) && !has(folder, "etc/hjgate"))
			return true;
	return false;
}

/* "./site/etc/hjgate/" -> "./site"; false: it is called otherwise. */
static bool above(const char *folder, char *to, size_t size)
{
	static const char end[] = "etc/hjgate";
	size_t n;

	hj_text_copy(to, size, folder);
	for (n = strlen(to); n > 1 && to[n - 1] == '/'; n--)
		to[n - 1] = '\0';
	if (n < sizeof(end) - 1 || strcmp(to + n - (sizeof(end) - 1), end) != 0)
		return false;
	n -= sizeof(end) - 1;
	if (n && to[n - 1] != '/')
		return false;
	while (n > 1 && to[n - 1] == '/')
		n--;
	hj_text_copy(to + n, size - n, n ? "" : ".");
	return true;
}

const char *cli_root(const char *word)
{
	return word[strspn(word, "/")] ? word : "";
}

int cli_root_known(const struct cli *cli)
{
	char root[HJ_PATH_MAX];
	struct stat st;

	if (!*cli->root)
		return 0;
	if (stat(cli->root, &st) < 0 || !S_ISDIR(st.st_mode))
		return cli_usage(cli, _("there is no folder %s to work below"), cli->root);
	if (!is_etc(cli->root))
		return 0;
	if (above(cli->root, root, sizeof(root)))
		return cli_usage(
		        cli, _("%s has the files in itself: give the folder above etc/hjgate, %s"), cli->root, root);
	return cli_usage(cli,
	        _("%s has the files in itself: they are looked for in etc/hjgate below it; move them there"),
	        cli->root);
}
