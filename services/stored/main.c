/* hjgate-stored: alone opens the records. It owns records.db and serves hjgate.Store on stored.look, stored.change
 * and stored.peer. A damaged file is set aside and it starts all the same; it does not start where the file cannot be
 * opened at all, or was made by a newer version. */
#include "stored.h"

#include <stdio.h>

#include "hjgate/log.h"
#include "hjgate/text.h"

static int load(struct hj_service *s, struct hj_conf_main *ret)
{
	struct hj_conf_errors errors = { 0 };
	int r = hj_conf_load_main(s->root, ret, &errors);

	for (size_t i = 0; i < errors.count; i++)
		hj_error("%s:%d: %s: %s", errors.list[i].file, errors.list[i].line, errors.list[i].what,
		        errors.list[i].remedy);
	hj_conf_errors_done(&errors);
	return r;
}

static int start(struct hj_service *s, struct stored **ret)
{
	struct hj_conf_main conf = { 0 };
	int r = load(s, &conf);

	if (r < 0 || s->check_only)
		return r;
	r = stored_new(s, &conf, ret);
	if (r < 0)
		return r;
	r = hj_service_listen(s, *ret);
	if (r < 0)
		return r;
	hj_ipc_server_on_refused(s->server, stored_refused);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct hj_ipc_interface *const interfaces[] = { &stored_interface, NULL };
	struct hj_service s = {
		.name = "stored",
		.about = N_("keeps the records"),
		.interfaces = interfaces,
		.spare = stored_spare,
	};
	struct stored *stored = NULL;
	int r, status;

	r = hj_service_init(&s, argc, argv);
	if (r == 0)
		r = start(&s, &stored);
	status = r < 0 || !s.server ? hj_service_exit(r) : hj_service_run(&s);
	stored_free(stored);
	hj_service_done(&s);
	return status;
}
