/* See dial.h. Where the name servers fail, their newest good answer is used. The address that was reached last goes
 * first while the name servers still name it: of a name with two kinds of addresses one kind is often dead, and each
 * try of that costs CONNECT_USEC. */
#include "dial.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "dial_socket.h"
#include "hjgate/cleanup.h"
#include "hjgate/clock.h"
#include "hjgate/service.h"
#include "hjgate/text.h"
#include "resolve.h"

#define LOOKUP_USEC    (15 * HJ_USEC_PER_SEC)
#define CONNECT_USEC   (10 * HJ_USEC_PER_SEC)
#define HANDSHAKE_USEC (20 * HJ_USEC_PER_SEC)
#define ACCURACY_USEC  20000

struct dial {
	const struct dial_setup *setup;
	struct dial_place *place;
	dial_fn fn;
	void *userdata;
	struct resolve *resolve;
	sd_event_source *io, *timer;
	struct wire wire;
	unsigned next; /* address to be tried */
	char why[DIAL_WHY_MAX], lookup[DIAL_WHY_MAX];
	struct tls_trouble tls;
	bool tls_failed;
};

static void release(struct dial *d)
{
	resolve_cancel(d->resolve);
	d->resolve = NULL;
	d->io = sd_event_source_disable_unref(d->io);
	d->timer = sd_event_source_disable_unref(d->timer);
	wire_close(&d->wire);
}

void dial_cancel(struct dial *d)
{
	if (!d)
		return;
	release(d);
	free(d);
}

static void finish(struct dial *d, bool reached)
{
	struct dial_end end = { .wire = WIRE_NONE, .why = d->why, .lookup = d->lookup };
	struct dial_address *a = d->next ? &d->place->known[d->next - 1] : NULL;
	struct dial_place *place = d->place;
	dial_fn fn = d->fn;
	void *userdata = d->userdata;

	if (a)
		dial_address_format(a, end.address);
	if (reached) {
		end.wire = d->wire;
		d->wire = WIRE_NONE;
		place->good = a->to;
	} else if (d->tls_failed) {
		end.tls = &d->tls;
	}
	release(d);
	fn(place, &end, userdata);
	free(d);
}

static void try_next(struct dial *d);

static void drop_address(struct dial *d, const char *why)
{
	snprintf(d->why, sizeof(d->why), "%s", why);
	d->io = sd_event_source_disable_unref(d->io);
	d->timer = sd_event_source_disable_unref(d->timer);
	wire_close(&d->wire);
	try_next(d);
}

static int on_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct dial *d = userdata;

	drop_address(d, d->wire.tls ? "the platform does not finish the handshake of TLS" : strerror(ETIMEDOUT));
	return 0;
}

static int wait_for(struct dial *d, uint32_t events, sd_event_io_handler_t fn, hj_usec usec)
{
	int r = sd_event_add_io(d->setup->event, &d->io, d->wire.fd, events, fn, d);

	return r < 0 ? r
	             : sd_event_add_time_relative(
	                       d->setup->event, &d->timer, CLOCK_BOOTTIME, usec, ACCURACY_USEC, on_timeout, d);
}

/* ---- TLS ---- */

static void tls_failed(struct dial *d)
{
	d->tls_failed = true;
	drop_address(d, d->tls.text);
}

static void shake(struct dial *d)
{
	int r = d->wire.ops->handshake(d->wire.tls, &d->tls);

	if (r == 0)
		finish(d, true);
	else if (r < 0)
		tls_failed(d);
	else
		sd_event_source_set_io_events(d->io, r == TLS_WANT_WRITE ? EPOLLOUT : EPOLLIN);
}

static int on_shake(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	shake(userdata);
	return 0;
}

/* A relative path is below /etc/hjgate. */
static int full_path(const struct dial *d, const char *path, char ret[HJ_PATH_MAX])
{
	if (*path && *path != '/')
		return hj_path(d->setup->root, HJ_DIR_ETC, path, ret);
	return hj_text_copy(ret, HJ_PATH_MAX, path) ? 0 : -ENAMETOOLONG;
}

static int open_tls(struct dial *d)
{
	const struct hj_conf_tls *c = d->setup->tls;
	char ca[HJ_PATH_MAX], cert[HJ_PATH_MAX], key[HJ_PATH_MAX];
	struct tls_setup setup = { .ca = ca,
		.cert = cert,
		.key = key,
		.name = c->name[0] ? c->name : d->place->host,
		.pin = c->pin,
		.min = c->min };
	int r;

	d->tls = (struct tls_trouble){ .reason = TLS_FILE };
	r = tls_load(&d->wire.ops, d->tls.text, sizeof(d->tls.text));
	if (r >= 0)
		r = full_path(d, c->ca, ca);
	if (r >= 0)
		r = full_path(d, c->cert, cert);
	if (r >= 0)
		r = full_path(d, c->key, key);
	if (r >= 0)
		r = d->wire.ops->open(&setup, d->wire.fd, &d->wire.tls, &d->tls);
	if (r < 0 && !d->tls.text[0])
		hj_text_copy(d->tls.text, sizeof(d->tls.text), strerror(-r));
	return r;
}

static void begin_tls(struct dial *d)
{
	int r = open_tls(d);

	if (r < 0) {
		tls_failed(d);
		return;
	}
	r = wait_for(d, EPOLLIN, on_shake, HANDSHAKE_USEC);
	if (r < 0)
		drop_address(d, strerror(-r));
	else
		shake(d);
}

/* ---- connecting, one address after the other ---- */

static int on_connect(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct dial *d = userdata;
	int error = 0;
	socklen_t n = sizeof(error);
	char why[DIAL_WHY_MAX];

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) < 0)
		error = errno;
	if (error) {
		dial_word(d->setup->link, error, why);
		drop_address(d, why);
		return 0;
	}
	d->io = sd_event_source_disable_unref(d->io);
	d->timer = sd_event_source_disable_unref(d->timer);
	if (d->setup->tls->on)
		begin_tls(d);
	else
		finish(d, true);
	return 0;
}

/* A local connection may be made, or refused, before connect() returns; it is waited for just the same. */
static void try_next(struct dial *d)
{
	const struct dial_address *a;
	char why[DIAL_WHY_MAX];
	int r;

	if (d->next == d->place->known_count) {
		finish(d, false);
		return;
	}
	a = &d->place->known[d->next++];
	r = dial_socket(d->setup->link, a, &d->wire.fd, why);
	if (r < 0) {
		drop_address(d, why);
		return;
	}
	r = wait_for(d, EPOLLOUT, on_connect, CONNECT_USEC);
	if (r < 0)
		drop_address(d, strerror(-r));
}

/* ---- the name ---- */

static void remember(struct dial_place *p, const struct addrinfo *found)
{
	p->known_count = 0;
	for (; found && p->known_count < DIAL_ADDRESSES_MAX; found = found->ai_next) {
		struct dial_address *a = &p->known[p->known_count];

		if (found->ai_addrlen > sizeof(a->to))
			continue;
		memset(a, 0, sizeof(*a));
		memcpy(&a->to, found->ai_addr, found->ai_addrlen);
		a->len = found->ai_addrlen;
		p->known_count++;
	}
}

static void good_first(struct dial_place *p)
{
	for (unsigned i = 1; i < p->known_count; i++)
		if (!memcmp(&p->known[i].to, &p->good, sizeof(p->good))) {
			struct dial_address a = p->known[i];

			memmove(&p->known[1], &p->known[0], i * sizeof(a));
			p->known[0] = a;
			return;
		}
}

static void looked_up(struct dial *d, const struct addrinfo *found, const char *error)
{
	if (found)
		remember(d->place, found);
	snprintf(d->lookup, sizeof(d->lookup), "%s", found ? "" : error);
	snprintf(d->why, sizeof(d->why), "%s", found ? strerror(EADDRNOTAVAIL) : error);
	good_first(d->place);
	try_next(d);
}

static void on_resolved(struct addrinfo *addresses, const char *error, void *userdata)
{
	struct dial *d = userdata;

	d->resolve = NULL;
	d->timer = sd_event_source_disable_unref(d->timer);
	looked_up(d, addresses, error);
	if (addresses)
		freeaddrinfo(addresses);
}

static int on_no_answer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct dial *d = userdata;

	d->timer = sd_event_source_disable_unref(d->timer);
	resolve_cancel(d->resolve);
	d->resolve = NULL;
	looked_up(d, NULL, gai_strerror(EAI_AGAIN));
	return 0;
}

/* In a turn of its own, so that the caller has its handle before it is over. */
static int on_begin(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct dial *d = userdata;
	struct resolve *resolve = NULL;
	int r;

	d->timer = sd_event_source_disable_unref(d->timer);
	r = sd_event_add_time_relative(
	        d->setup->event, &d->timer, CLOCK_BOOTTIME, LOOKUP_USEC, ACCURACY_USEC, on_no_answer, d);
	if (r >= 0)
		r = resolve_start(d->setup->event, d->place->host, d->place->port, on_resolved, d, &resolve);
	if (r < 0) {
		d->timer = sd_event_source_disable_unref(d->timer);
		looked_up(d, NULL, strerror(-r));
	} else if (resolve) {
		d->resolve = resolve;
	}
	return 0;
}

int dial_start(
        const struct dial_setup *setup, struct dial_place *place, dial_fn fn, void *userdata, struct dial **ret)
{
	struct dial *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return -ENOMEM;
	*d = (struct dial){ .setup = setup, .place = place, .fn = fn, .userdata = userdata, .wire = WIRE_NONE };
	r = sd_event_add_time_relative(setup->event, &d->timer, CLOCK_BOOTTIME, 0, 1, on_begin, d);
	if (r < 0) {
		dial_cancel(d);
		return r;
	}
	*ret = d;
	return 0;
}
