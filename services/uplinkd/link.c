/* One connection, never blocking, fit for 4G. A platform may have several places (host and port, and `others`):
 * places.c says which is next, dial.c reaches it. Where all fail there is a pause, 1 s doubling to 60 s, and only a
 * platform that has acknowledged something resets it: one that takes connections and drops them is left alone just
 * the same. While a fall-back is in use the main place is dialled beside it from time to time, so that a dead one
 * costs nothing; reached, it takes the other's place. */
/* long because: one connection's states, and whatever fails in any of them ends all of it. */
#include "link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "dial.h"
#include "hjgate/now.h"

#define PLACES_MOST   (HJ_CONF_OTHERS_MAX + 1)
#define READ_BYTES    4096
#define READS_MOST    4 /* a turn, so that a flood does not hold the loop */
#define ACCURACY_USEC 20000

struct link {
	sd_event *event;
	struct dial_setup setup;
	struct dial_place place[PLACES_MOST];
	enum lookup_told { LOOKUP_UNSAID, LOOKUP_FAILED, LOOKUP_GOOD } lookup_told[PLACES_MOST];
	struct places places;
	unsigned used; /* of them, the newest that was dialled or reached: lost it still says which */
	const struct link_events *events;
	void *userdata;
	enum link_state state;
	struct dial *dial, *beside; /* beside: the main place, while a fall-back is in use */
	struct wire wire;
	sd_event_source *io, *timer, *main_timer, *more;
	bool writing; /* link_write() took less than all */
	bool closed_by_peer;
	hj_usec pause, retry_at;
	char address[DIAL_ADDRESS_LEN];
};

static void attempt(struct link *l);
static void watch_main(struct link *l);

/* ---- ending ---- */

static void close_connection(struct link *l)
{
	l->io = sd_event_source_disable_unref(l->io);
	l->more = sd_event_source_disable_unref(l->more);
	wire_close(&l->wire);
	l->writing = false;
	l->address[0] = '\0';
}

static void close_all(struct link *l)
{
	dial_cancel(hj_steal(l->dial));
	dial_cancel(hj_steal(l->beside));
	sd_event_source_set_enabled(l->timer, SD_EVENT_OFF);
	sd_event_source_set_enabled(l->main_timer, SD_EVENT_OFF);
	close_connection(l);
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
	attempt(userdata);
	return 0;
}

static void wait_and_retry(struct link *l)
{
	uint32_t random = 500;
	hj_usec wait;

	hj_random(&random, sizeof(random)); /* where that fails the middle does */
	l->pause = link_pause_next(l->pause);
	wait = link_pause_jitter(l->pause, random);
	l->state = LINK_WAITING;
	l->retry_at = hj_now().mono + wait;
	sd_event_source_set_time(l->timer, l->retry_at);
	sd_event_source_set_enabled(l->timer, SD_EVENT_ONESHOT);
}

/* `why` may lie in what is closed here. */
static void fail(struct link *l, const char *why)
{
	char copy[DIAL_WHY_MAX];

	snprintf(copy, sizeof(copy), "%s", why);
	close_all(l);
	places_failed(&l->places, hj_now().mono);
	wait_and_retry(l);
	l->events->down(copy, l->userdata);
}

/* ---- a connection ---- */

static void read_failed(struct link *l, ssize_t error)
{
	struct tls_trouble trouble;

	l->closed_by_peer = error == 0 || error == -ECONNRESET;
	if (error == 0) {
		fail(l, "the platform closed the connection");
		return;
	}
	wire_trouble(&l->wire, (int)error, &trouble);
	if (error == -EPROTO)
		l->events->tls(link_host(l), &trouble, l->userdata);
	fail(l, trouble.text);
}

static int on_more(sd_event_source *source, void *userdata);

/* Bytes that TLS has taken from the socket already would wait for the next ones. */
static void read_on(struct link *l)
{
	if (!l->more && sd_event_add_defer(l->event, &l->more, on_more, l) < 0)
		return;
	sd_event_source_set_enabled(l->more, SD_EVENT_ONESHOT);
}

static void watch(struct link *l)
{
	sd_event_source_set_io_events(l->io, wire_events(&l->wire, l->writing));
}

static void take_input(struct link *l)
{
	char data[READ_BYTES];
	ssize_t n = sizeof(data);

	/* Less than asked for: no more is there; if it is, we are called again. */
	for (int i = 0; i < READS_MOST && l->state == LINK_UP && n == sizeof(data); i++) {
		n = wire_read(&l->wire, data, sizeof(data));
		if (n > 0)
			l->events->input(data, (size_t)n, l->userdata);
		else if (n != -EAGAIN)
			read_failed(l, n);
	}
	if (l->state != LINK_UP)
		return;
	watch(l);
	if (n == sizeof(data) && wire_pending(&l->wire))
		read_on(l);
}

static int on_more(sd_event_source *source, void *userdata)
{
	take_input(userdata);
	return 0;
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct link *l = userdata;
	bool writing = l->writing;

	/* What a write of TLS waited for may have been bytes to read, and a read room, so either is worth a try. */
	if (writing || revents & EPOLLOUT) {
		l->writing = false;
		watch(l);
		l->events->writable(l->userdata);
	}
	if (l->state == LINK_UP && (l->wire.tls || revents & (EPOLLIN | EPOLLERR | EPOLLHUP)))
		take_input(l);
	return 0;
}

static void established(struct link *l, const struct dial_end *end)
{
	int r = sd_event_add_io(l->event, &l->io, end->wire.fd, EPOLLIN, on_io, l);

	l->wire = end->wire;
	if (r < 0) {
		fail(l, strerror(-r));
		return;
	}
	l->closed_by_peer = false;
	l->used = l->places.at;
	hj_text_copy(l->address, sizeof(l->address), end->address);
	l->state = LINK_UP;
	l->events->up(l->userdata);
	if (l->state == LINK_UP && wire_pending(&l->wire))
		read_on(l);
}

/* Only what is new: of several places one may fail and another not, attempt after attempt. */
static void tell_lookup(struct link *l, const struct dial_place *place, const struct dial_end *end)
{
	enum lookup_told *told = &l->lookup_told[place - l->place], is = *end->lookup ? LOOKUP_FAILED : LOOKUP_GOOD;

	if (*told == is)
		return;
	*told = is;
	l->events->lookup(place->host, end->lookup, place->known_count > 0, l->userdata);
}

/* ---- the main place, beside a fall-back ---- */

static void on_main(struct dial_place *place, struct dial_end *end, void *userdata)
{
	struct link *l = userdata;
	bool reached = end->wire.fd >= 0;

	l->beside = NULL;
	tell_lookup(l, place, end);
	places_main_tried(&l->places, reached, hj_now().mono);
	if (!reached) {
		watch_main(l);
		return;
	}
	close_connection(l);
	l->state = LINK_CONNECTING;
	l->events->down(NULL, l->userdata);
	if (l->state == LINK_CONNECTING)
		established(l, end);
	else
		wire_close(&end->wire);
}

static int on_main_due(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct link *l = userdata;

	if (l->state != LINK_UP || places_main_due(&l->places) == HJ_USEC_NEVER || l->beside)
		return 0;
	if (dial_start(&l->setup, &l->place[0], on_main, l, &l->beside) < 0) {
		places_main_tried(&l->places, false, hj_now().mono);
		watch_main(l);
	}
	return 0;
}

static void watch_main(struct link *l)
{
	hj_usec due = places_main_due(&l->places);

	sd_event_source_set_time(l->main_timer, due);
	sd_event_source_set_enabled(l->main_timer, due == HJ_USEC_NEVER ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
}

/* ---- connecting, one place after the other ---- */

static void on_dialled(struct dial_place *place, struct dial_end *end, void *userdata)
{
	struct link *l = userdata;

	l->dial = NULL;
	tell_lookup(l, place, end);
	if (end->wire.fd >= 0) {
		if (end->wire.tls)
			l->events->tls(place->host, NULL, l->userdata);
		established(l, end);
		return;
	}
	if (end->tls)
		l->events->tls(place->host, end->tls, l->userdata);
	if (places_failed(&l->places, hj_now().mono)) {
		attempt(l);
		return;
	}
	wait_and_retry(l);
	l->events->down(end->why, l->userdata);
}

static void attempt(struct link *l)
{
	int r;

	l->state = LINK_CONNECTING;
	l->used = l->places.at;
	r = dial_start(&l->setup, &l->place[l->places.at], on_dialled, l, &l->dial);
	if (r < 0)
		fail(l, strerror(-r));
}

/* ---- for the owner ---- */

/* Made once: a link that has to be made again must not need memory for it. */
static int make_timer(struct link *l, sd_event_time_handler_t fn, sd_event_source **ret)
{
	int r = sd_event_add_time(l->event, ret, CLOCK_BOOTTIME, 0, ACCURACY_USEC, fn, l);

	return r < 0 ? r : sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
}

int link_new(sd_event *event, const struct hj_conf_uplink *conf, const char *root, const struct link_events *events,
        void *userdata, struct link **ret)
{
	struct link *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return -ENOMEM;
	*l = (struct link){ .event = event, .events = events, .userdata = userdata, .wire = WIRE_NONE };
	l->setup = (struct dial_setup){ .event = event, .link = &conf->link, .tls = &conf->tls, .root = root };
	l->place[0].host = conf->host;
	l->place[0].port = (unsigned)conf->port;
	for (size_t i = 0; i < conf->link.other_count; i++) {
		l->place[i + 1].host = conf->link.others[i].host;
		l->place[i + 1].port = (unsigned)conf->link.others[i].port;
	}
	places_init(
	        &l->places, (unsigned)conf->link.other_count + 1, (hj_usec)conf->link.main_again * HJ_USEC_PER_SEC);
	r = make_timer(l, on_retry, &l->timer);
	r = r < 0 ? r : make_timer(l, on_main_due, &l->main_timer);
	if (r < 0) {
		link_free(l);
		return r;
	}
	*ret = l;
	return 0;
}

void link_free(struct link *l)
{
	if (!l)
		return;
	close_all(l);
	sd_event_source_disable_unref(l->timer);
	sd_event_source_disable_unref(l->main_timer);
	free(l);
}

void link_start(struct link *l)
{
	if (l->state == LINK_STOPPED)
		attempt(l);
}

void link_stop(struct link *l)
{
	close_all(l);
	l->state = LINK_STOPPED;
	l->pause = 0;
	l->places.proved = false; /* the next connection proves it anew, and a fall-back has the main place watched */
}

void link_drop(struct link *l, const char *why)
{
	if (l->state == LINK_STOPPED || l->state == LINK_WAITING)
		return;
	l->closed_by_peer = false;
	fail(l, why);
}

void link_proved(struct link *l)
{
	l->pause = 0;
	if (l->places.proved)
		return;
	places_proved(&l->places, hj_now().mono);
	watch_main(l);
}

size_t link_write(struct link *l, const void *data, size_t n)
{
	ssize_t k;

	if (l->state != LINK_UP || !n)
		return 0;
	k = wire_write(&l->wire, data, n);
	if (k < 0 && k != -EAGAIN) {
		read_on(l); /* what is wrong is found there, not while the owner is writing */
		return 0;
	}
	k = hj_max(k, (ssize_t)0);
	l->writing = (size_t)k < n;
	watch(l);
	return (size_t)k;
}

size_t link_undelivered(const struct link *l)
{
	return l->state == LINK_UP ? wire_undelivered(&l->wire) : SIZE_MAX;
}

enum link_state link_state(const struct link *l)
{
	return l->state;
}

hj_usec link_retry_at(const struct link *l)
{
	return l->retry_at;
}

const char *link_address(const struct link *l)
{
	return l->address;
}

const char *link_host(const struct link *l)
{
	return l->place[l->used].host;
}

int link_port(const struct link *l)
{
	return (int)l->place[l->used].port;
}

bool link_closed_by_peer(const struct link *l)
{
	return l->closed_by_peer;
}

bool link_facts(const struct link *l, struct tls_facts *ret)
{
	if (l->state != LINK_UP || !l->wire.tls)
		return false;
	l->wire.ops->facts(l->wire.tls, ret);
	return true;
}
