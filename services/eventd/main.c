/* hjgate-eventd: keeps what a person should know. It owns events.db and serves hjgate.Event on eventd.look,
 * eventd.change and eventd.peer. It fails only where it has no sockets: trouble with the disk is waited out. */
#include "eventd.h"
#include "hjgate/text.h"

/* --check has nothing to read: eventd needs no configuration. */
static int start(struct hj_service *s, struct eventd **ret)
{
	int r;

	if (s->check_only)
		return 0;
	r = eventd_new(s->event, s->root, ret);
	if (r < 0)
		return r;
	r = hj_service_listen(s, *ret);
	if (r < 0)
		return r;
	hj_ipc_server_on_refused(s->server, eventd_refused);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct hj_ipc_interface *const interfaces[] = { &eventd_interface, NULL };
	struct hj_service s = {
		.name = "eventd",
		.about = N_("keeps the events a person should know of"),
		.interfaces = interfaces,
		.spare = eventd_spare,
	};
	struct eventd *d = NULL;
	int r, status;

	r = hj_service_init(&s, argc, argv);
	if (r == 0)
		r = start(&s, &d);
	status = r < 0 || !s.server ? hj_service_exit(r) : hj_service_run(&s);
	hj_service_done(&s);
	eventd_free(d);
	return status;
}
