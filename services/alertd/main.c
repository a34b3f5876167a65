/* hjgate-alertd: tells people. It serves hjgate.Alert on alertd.look, alertd.change and alertd.peer, is started by
 * the first connection, and ends when nothing is left to be said. */
#include "alertd.h"
#include "hjgate/text.h"

static int start(struct hj_service *s, struct alertd **ret)
{
	int r;

	if (s->check_only)
		return 0;
	r = alertd_new(s, ret);
	return r < 0 ? r : hj_service_listen(s, *ret);
}

int main(int argc, char **argv)
{
	static const struct hj_ipc_interface *const interfaces[] = { &alertd_interface, NULL };
	struct hj_service s = {
		.name = "alertd",
		.about = N_("tells people what they should know"),
		.interfaces = interfaces,
	};
	struct alertd *a = NULL;
	int r, status;

	r = hj_service_init(&s, argc, argv);
	if (r == 0)
		r = start(&s, &a);
	status = r < 0 || !s.server ? hj_service_exit(r) : hj_service_run(&s);
	hj_service_done(&s);
	alertd_free(a);
	return status;
}
