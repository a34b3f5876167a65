/* hjgate-judged: from samples to states of equipment. It serves hjgate.Judge on judged.look and judged.change, and
 * reads what it is told by stored. equipment.conf with errors is told and refused; without one there is nothing to
 * judge, and it says so. */
#include "judged.h"

#include "hjgate/log.h"
#include "hjgate/text.h"

static int load(const struct hj_service *s, struct hj_conf_main *ret_main, struct hj_conf_site *ret_site)
{
	_cleanup_(hj_conf_errors_done) struct hj_conf_errors errors = { 0 };
	int r = hj_conf_load_main(s->root, ret_main, &errors);

	if (r >= 0)
		r = hj_conf_load_equipment(s->root, ret_site, &errors);
	for (size_t i = 0; i < errors.count; i++)
		hj_error("%s:%d: %s: %s", errors.list[i].file, errors.list[i].line, errors.list[i].what,
		        errors.list[i].remedy);
	if (r == -ENOENT)
		hj_error(
		        "there is no equipment.conf: copy equipment.conf.example and edit it, then start this again");
	return r == -ENOENT ? -EINVAL : r;
}

static int start(struct hj_service *s, struct judged **ret)
{
	_cleanup_(hj_conf_site_done) struct hj_conf_site site = { 0 };
	struct hj_conf_main conf = HJ_CONF_MAIN_DEFAULT;
	int r = load(s, &conf, &site);

	if (r < 0 || s->check_only)
		return r;
	r = judged_new(s->event, s->root, &conf, &site, ret);
	return r < 0 ? hj_log_error(r, "cannot start") : hj_service_listen(s, *ret);
}

int main(int argc, char **argv)
{
	static const struct hj_ipc_interface *const interfaces[] = { &judged_interface, NULL };
	struct hj_service s = {
		.name = "judged", .about = N_("judges what equipment does"), .interfaces = interfaces
	};
	struct judged *d = NULL;
	int r = hj_service_init(&s, argc, argv), status;

	if (r == 0)
		r = start(&s, &d);
	status = r < 0 || !s.server ? hj_service_exit(r) : hj_service_run(&s);
	judged_free(d);
	hj_service_done(&s);
	return status;
}
