/* The uplink that runs, or one for this command alone: the same program with the same file, which looks at the store
 * where there is one, and neither takes nor tells anything. */
#include "uplink.h"

#include <errno.h>
#include <stdio.h>

#include "ask.h"
#include "hjgate/conf.h"
#include "instances.h"

/* What would keep it from starting, said here since its own log is not shown. */
static int check_files(const struct cli *cli, const char *name)
{
	_cleanup_(hj_conf_errors_done) struct hj_conf_errors errors = { 0 };
	struct hj_conf_uplink uplink = { 0 };
	struct hj_conf_main ignored;
	int r = hj_conf_load_main(cli->root, &ignored, &errors);

	if (r >= 0)
		r = hj_conf_load_uplink(cli->root, name, &uplink, &errors);
	hj_conf_uplink_done(&uplink);
	cli_conf_errors(cli, &errors);
	if (r >= 0)
		return 0;
	return errors.count ? HJ_EXIT_REFUSED : cli_refused(cli, _("cannot read the file of uplink \"%s\""), name);
}

int uplink_open(const struct cli *cli, const char *name, bool change, struct cli_adhoc *ret)
{
	const char *right = change ? "change" : "look";
	char socket[UPLINK_SOCKET_MAX], path[HJ_PATH_MAX];
	int r;

	*ret = (struct cli_adhoc){
		.cli = cli, .daemon = "uplinkd", .instance = name, .right = right, .ask = { .fd = -1 }
	};
	snprintf(socket, sizeof(socket), "uplinkd@%s.%s", name, right);
	r = hj_path(cli->root, HJ_DIR_RUN, socket, path);
	if (r >= 0)
		r = hj_ipc_ask_open(path, &ret->ask);
	if (r >= 0)
		return 0;
	ret->ask.fd = -1;
	if (r != -ENOENT && r != -ECONNREFUSED && r != -ENOTDIR)
		return cli_ask_failed(cli, socket, r, NULL);
	if (cli_conf_forbidden(cli->root))
		return cli_conf_refused(cli);
	r = check_files(cli, name);
	return r ? r : cli_adhoc_start(ret);
}

void uplink_close(struct cli_adhoc *a)
{
	if (a->ask.fd >= 0)
		hj_ipc_ask_close(&a->ask);
	a->ask.fd = -1;
	cli_adhoc_stop(a);
}

bool uplink_is_adhoc(const struct cli_adhoc *a)
{
	return a->pid > 0;
}
