/* Names of buses and uplinks from two sources: files of the configuration and sockets of the running programs. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/conf.h"
#include "hjgate/service.h"
#include "instances.h"

#define INSTANCES_MAX (4 * HJ_CONF_UPLINKS_MAX) /* of one kind */

void cli_instances_done(struct cli_instances *i)
{
	free(i->names);
	*i = (struct cli_instances){ 0 };
}

static void add(struct cli_instances *i, const char *name, size_t n)
{
	if (n > HJ_NAME_MAX || n == 0 || i->count == INSTANCES_MAX)
		return;
	for (size_t k = 0; k < i->count; k++)
		if (!strncmp(i->names[k], name, n) && !i->names[k][n])
			return;
	memcpy(i->names[i->count], name, n);
	i->names[i->count++][n] = '\0';
}

static void add_configured(struct cli_instances *i, const char *root, const char *folder)
{
	char **names = NULL;
	size_t count = 0;

	if (hj_conf_names(root, folder, &names, &count) < 0)
		return;
	for (size_t k = 0; k < count; k++) {
		add(i, names[k], strlen(names[k]));
		free(names[k]);
	}
	free(names);
}

/* "uplinkd@county.look" */
static void add_running(struct cli_instances *i, const char *root, const char *daemon)
{
	char path[HJ_PATH_MAX];
	struct dirent *entry;
	size_t n = strlen(daemon);
	DIR *folder = hj_path(root, HJ_DIR_RUN, "", path) == 0 ? opendir(path) : NULL;

	if (!folder)
		return;
	while ((entry = readdir(folder))) {
		const char *name = entry->d_name, *dot = strrchr(name, '.');

		if (dot && !strcmp(dot, ".look") && !strncmp(name, daemon, n) && name[n] == '@')
			add(i, name + n + 1, (size_t)(dot - name) - n - 1);
	}
	closedir(folder);
}

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

void cli_instances(const char *root, const char *folder, const char *daemon, struct cli_instances *ret)
{
	*ret = (struct cli_instances){ .names = calloc(INSTANCES_MAX, sizeof(*ret->names)) };
	if (!ret->names)
		return;
	add_configured(ret, root, folder);
	add_running(ret, root, daemon);
	qsort(ret->names, ret->count, sizeof(*ret->names), compare);
}

bool cli_conf_forbidden(const char *root)
{
	char path[HJ_PATH_MAX];

	return hj_path(root, HJ_DIR_ETC, "uplinks.d", path) == 0 && access(path, R_OK | X_OK) < 0 && errno == EACCES;
}

int cli_conf_refused(const struct cli *cli)
{
	if (!cli_conf_forbidden(cli->root))
		return 0;
	return cli_refused(cli, "%s",
	        _("you may not read the configuration: join the group hjgate (sudo usermod -aG hjgate $USER, then "
	          "log in again), or use sudo"));
}

void cli_conf_errors(const struct cli *cli, const struct hj_conf_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++) {
		const struct hj_conf_error *e = &errors->list[i];

		if (e->line)
			cli_refused(cli, "%s:%d: %s: %s", e->file, e->line, e->what, e->remedy);
		else
			cli_refused(cli, "%s: %s: %s", e->file, e->what, e->remedy);
	}
}

int cli_instance_known(const struct cli *cli, const char *folder, const char *daemon, const char *name)
{
	_cleanup_(cli_instances_done) struct cli_instances found = { 0 };
	const char *names[INSTANCES_MAX + 1] = { 0 }, *what = strcmp(daemon, "meterd") ? N_("uplink") : N_("bus");

	cli_instances(cli->root, folder, daemon, &found);
	for (size_t i = 0; i < found.count; i++) {
		if (!strcmp(found.names[i], name))
			return 0;
		names[i] = found.names[i];
	}
	if (cli_conf_forbidden(cli->root))
		return cli_conf_refused(cli);
	if (!cli_nearest(name, names))
		return cli_usage(cli, _("unknown %s \"%s\": there is no %s/%s.conf"), _(what), name, folder, name);
	return cli_unknown(cli, what, name, names);
}

int cli_point_known(const struct cli *cli, const char *name)
{
	struct hj_conf_errors errors = { 0 };
	const char **names = calloc(HJ_POINTS_MAX + 1, sizeof(*names));
	struct hj_conf c = { 0 };
	bool known = !names;
	size_t n = 0;
	int status = 0;

	hj_conf_load_all(cli->root, &c, &errors);
	hj_conf_errors_done(&errors);
	for (size_t b = 0; names && b < c.bus_count; b++)
		for (size_t m = 0; m < c.buses[b].meter_count; m++)
			for (size_t i = 0; i < c.buses[b].meters[m].point_count && n < HJ_POINTS_MAX; i++) {
				const struct hj_conf_point *p = &c.buses[b].meters[m].points[i];

				known = known || !strcmp(p->point.name, name) || !strcmp(p->point.factor, name);
				names[n++] = p->point.name;
			}
	if (n && !known)
		status = cli_unknown(cli, N_("point"), name, names);
	free(names);
	hj_conf_done(&c);
	return status;
}
