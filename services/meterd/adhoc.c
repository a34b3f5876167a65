/* `hjgate-meterd --adhoc`: what the tools of `hjgate bus` ask where no meterd runs for a port. The command starts it,
 * says which port it is and how it speaks, and it ends when the command has left. It has no meters and no turns of
 * its own; what would go to stored goes nowhere. */
#include "adhoc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/log.h"
#include "hjgate/now.h"

#define TURN_ACCURACY 1 /* us */

static int on_turn(sd_event_source *source, uint64_t usec, void *userdata)
{
	hj_usec next = loan_turn(userdata);

	(void)usec;
	if (next == HJ_USEC_NEVER)
		return 0;
	sd_event_source_set_time(source, next);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

int adhoc_new(sd_event *event, const char *root, struct meterd **ret)
{
	_cleanup_(meterd_freep) struct meterd *m = calloc(1, sizeof(*m));
	int r;

	if (!m)
		return -ENOMEM;
	m->adhoc = true;
	m->root = root;
	m->event = sd_event_ref(event);
	hj_text_copy(m->conf.name, sizeof(m->conf.name), "adhoc");
	outbox_init(&m->outbox);
	r = sd_event_add_time(event, &m->turn_timer, CLOCK_BOOTTIME, 0, TURN_ACCURACY, on_turn, m);
	if (r < 0)
		return r;
	*ret = hj_steal(m);
	return 0;
}

int adhoc_reopen(struct meterd *m, const struct hj_conf_bus *conf)
{
	int r;

	bus_free(hj_steal(m->bus));
	m->conf = *conf;
	m->port_proven = true; /* nobody waits to hear that it is back */
	r = bus_new(&m->conf, &m->bus);
	if (r < 0)
		return r;
	return m->bus->ops->open(m->bus);
}

struct hj_report *adhoc_report(struct meterd *m)
{
	if (!m->report && hj_report_new(m->event, m->root, "meterd@adhoc", &m->report) < 0)
		hj_warn("cannot tell eventd what is done here");
	return m->report;
}
