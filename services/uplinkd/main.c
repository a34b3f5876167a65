/* hjgate-uplinkd NAME: reports to one platform. Its own file with errors is told and refused; errors in other files
 * are the business of others. With --adhoc it serves one command (preview, test) where no other runs: it looks at the
 * store, where there is one, and tells and keeps nothing. */
#include "uplinkd.h"

#include <errno.h>

#include "hjgate/log.h"
#include "hjgate/text.h"

static void tell_errors(const struct hj_conf_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++)
		hj_error("%s:%d: %s: %s", errors->list[i].file, errors->list[i].line, errors->list[i].what,
		        errors->list[i].remedy);
}

static int load(const struct hj_service *s, struct hj_conf_uplink *ret_uplink, struct hj_conf *ret_all)
{
	_cleanup_(hj_conf_errors_done) struct hj_conf_errors errors = { 0 }, of_others = { 0 };
	struct hj_conf_main checked;
	int r = hj_conf_load_main(s->root, &checked, &errors);

	if (r >= 0)
		r = hj_conf_load_uplink(s->root, s->instance, ret_uplink, &errors);
	tell_errors(&errors);
	if (r < 0)
		return errors.count ? r : hj_log_error(r, "cannot read the configuration of uplink %s", s->instance);
	r = hj_conf_load_all(s->root, ret_all, &of_others); /* for the forms of points; what is good of it is there */
	if (r == 0 || r == -EINVAL)
		r = hj_conf_add_factors(s->root, ret_all);
	if (r < 0)
		return hj_log_error(r, "cannot read the configuration");
	ret_all->main = checked;
	return 0;
}

/* The command has gone. */
static void leave(void *userdata)
{
	struct uplinkd *u = userdata;

	sd_event_exit(u->event, 0);
}

static int start(struct hj_service *s, struct uplinkd **ret)
{
	_cleanup_(hj_conf_uplink_done) struct hj_conf_uplink uplink = { 0 };
	_cleanup_(hj_conf_done) struct hj_conf all = { 0 };
	int r = load(s, &uplink, &all);

	if (r < 0)
		return r == -ENOENT ? -EINVAL : r;
	if (s->check_only)
		return 0;
	r = uplinkd_new(s->event, s->root, &uplink, &all, s->adhoc, ret);
	if (r < 0)
		return hj_log_error(r, "cannot start");
	r = hj_service_listen(s, *ret);
	if (r >= 0 && s->adhoc)
		hj_ipc_server_on_empty(s->server, leave);
	return r;
}

int main(int argc, char **argv)
{
	static const struct hj_ipc_interface *const interfaces[] = { &uplinkd_interface, NULL };
	struct hj_service s = { .name = "uplinkd",
		.about = N_("reports to one platform"),
		.templated = true,
		.has_adhoc = true,
		.interfaces = interfaces };
	struct uplinkd *u = NULL;
	int r = hj_service_init(&s, argc, argv), status;

	if (r == 0)
		r = start(&s, &u);
	status = r < 0 || !u ? hj_service_exit(r) : hj_service_run(&s);
	hj_service_done(&s);
	uplinkd_free(u);
	return status;
}
