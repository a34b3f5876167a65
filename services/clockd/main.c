/* hjgate-clockd: the only one that may set the clock. It serves hjgate.Clock on clockd.look, clockd.change and
 * clockd.peer, is started by the first connection, and ends when it has nothing to do. */
#include "clockd.h"
#include "hjgate/text.h"

static int start(struct hj_service *s, struct clockd **ret)
{
	int r;

	if (s->check_only)
		return 0;
	r = clockd_new(s, ret);
	return r < 0 ? r : hj_service_listen(s, *ret);
}

int main(int argc, char **argv)
{
	static const struct hj_ipc_interface *const interfaces[] = { &clockd_interface, NULL };
	struct hj_service s = {
		.name = "clockd",
		.about = N_("sets the clock as a platform says"),
		.interfaces = interfaces,
	};
	struct clockd *c = NULL;
	int r, status;

	r = hj_service_init(&s, argc, argv);
	if (r == 0)
		r = start(&s, &c);
	status = r < 0 || !s.server ? hj_service_exit(r) : hj_service_run(&s);
	hj_service_done(&s);
	clockd_free(c);
	return status;
}
