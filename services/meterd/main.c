/* hjgate-meterd BUS: asks the meters of one bus and hands their samples to stored. A configuration with errors is
 * told and refused. With --adhoc it serves one command: adhoc.c. */
#include "adhoc.h"

#include "hjgate/log.h"
#include "hjgate/service.h"
#include "hjgate/text.h"

static int load(const struct hj_service *s, struct hj_conf_main *ret_main, struct hj_conf_bus *ret_bus)
{
	_cleanup_(hj_conf_errors_done) struct hj_conf_errors errors = { 0 };
	int r = hj_conf_load_main(s->root, ret_main, &errors);

	if (r >= 0)
		r = hj_conf_load_bus(s->root, s->instance, ret_bus, &errors);
	for (size_t i = 0; i < errors.count; i++)
		hj_error("%s:%d: %s: %s", errors.list[i].file, errors.list[i].line, errors.list[i].what,
		        errors.list[i].remedy);
	if (r < 0 && !errors.count)
		hj_log_error(r, "cannot read the configuration of bus %s", s->instance);
	return r;
}

/* The command has gone. */
static void leave(void *userdata)
{
	struct meterd *m = userdata;

	sd_event_exit(m->event, 0);
}

static int start(struct hj_service *s, struct meterd **ret)
{
	struct hj_conf_main main_conf;
	struct hj_conf_bus bus = { 0 };
	int r = s->adhoc ? 0 : load(s, &main_conf, &bus);

	if (r < 0)
		return r == -ENOENT ? -EINVAL : r;
	if (s->check_only) {
		hj_conf_bus_done(&bus);
		return 0;
	}
	r = s->adhoc ? adhoc_new(s->event, s->root, ret)
	             : meterd_new(s->event, s->root, &bus, hj_conf_minute_ms(&main_conf), ret);
	if (r < 0)
		return hj_log_error(r, "cannot start");
	r = hj_service_listen(s, *ret);
	if (r >= 0)
		hj_ipc_server_on_refused(s->server, health_refused);
	if (r >= 0 && s->adhoc)
		hj_ipc_server_on_empty(s->server, leave);
	return r;
}

int main(int argc, char **argv)
{
	static const struct hj_ipc_interface *const interfaces[] = { &meterd_interface, NULL };
	struct hj_service s = { .name = "meterd",
		.about = N_("asks the meters of one bus"),
		.templated = true,
		.has_adhoc = true,
		.interfaces = interfaces };
	struct meterd *m = NULL;
	int r = hj_service_init(&s, argc, argv), status;

	if (r == 0)
		r = start(&s, &m);
	status = r < 0 || !m ? hj_service_exit(r) : hj_service_run(&s);
	hj_service_done(&s);
	meterd_free(m);
	return status;
}
