/* See site.h. It reads HJ 212 by itself, so that it can judge what comes, and answers as its mode says. A link is the
 * delay between the two; where nothing comes back the connection ends as TCP_USER_TIMEOUT would end it. */
/* long because: what it has been told, how it answers and its link are of one connection */
#include "site.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "hjgate/cleanup.h"

#define FRAME_MOST 16384
#define AROUND     12 /* bytes of a frame that are not its data */
#define LOST_AFTER (50 * HJ_USEC_PER_SEC)
#define CP_MOST    8192
#define FIELD_MOST 160
#define PASSWORD   "123456"

const char *const platform_mode_names[PLATFORM_MODES] = { "good", "refuses", "gone", "silent", "stalls", "wrong-qn",
	"twice", "garbage", "flaps" };

struct connection {
	struct site_platform *platform;
	int fd;
	bool watched, over;
	unsigned flying; /* frames on the link, which know us */
	char in[2 * FRAME_MOST];
	size_t count;
};

struct flight {
	struct connection *connection;
	size_t n;
	char frame[];
};

static unsigned crc_annex_a(const char *p, size_t n)
{
	static uint16_t after[256]; /* eight steps of what is in the low byte */
	unsigned c = 0xffff;

	for (unsigned low = 0; !after[255] && low < 256; low++) {
		unsigned step = low;

		for (int i = 0; i < 8; i++)
			step = step & 1 ? step >> 1 ^ 0xa001 : step >> 1;
		after[low] = (uint16_t)step;
	}
	while (n--) {
		c = c >> 8 ^ (uint8_t)*p++;
		c = c >> 8 ^ after[c & 0xff];
	}
	return c;
}

/* ---- what it has been told ---- */

uint64_t said_key(const char *cn, const char *time, const char *field)
{
	uint64_t h = hash_of(0xcbf29ce484222325, cn, strlen(cn) + 1);

	h = hash_of(h, time, strlen(time) + 1);
	h = hash_of(h, field, strlen(field));
	return h ? h : 1;
}

static struct said *slot(struct said *list, size_t room, uint64_t key)
{
	size_t at = key & (room - 1);

	while (list[at].key && list[at].key != key)
		at = (at + 1) & (room - 1);
	return &list[at];
}

struct said *platform_said(const struct site_platform *p, uint64_t key)
{
	struct said *s = p->said_room ? slot(p->said, p->said_room, key) : NULL;

	return s && s->key ? s : NULL;
}

/* The place of this key, with room for it. */
static struct said *place(struct said **list, size_t *count, size_t *room, uint64_t key)
{
	struct said *old = *list, *s;
	size_t had = *room;

	if (2 * *count >= *room) {
		*room = *room ? 2 * *room : 4096;
		*list = calloc(*room, sizeof(**list));
		for (size_t i = 0; i < had; i++)
			if (old[i].key)
				*slot(*list, *room, old[i].key) = old[i];
		free(old);
	}
	s = slot(*list, *room, key);
	*count += !s->key;
	return s;
}

/* A QN is one frame's, which may come again; of our own requests it is all their answers'. */
static void take_qn(struct site_platform *p, const char *qn, const char *data, bool ours)
{
	uint64_t key = said_key("QN", qn, ""), h = hash_of(0xcbf29ce484222325, data, strlen(data));
	struct said *s = place(&p->qns, &p->qn_count, &p->qn_room, key);

	if (!s->key)
		*s = (struct said){ .key = key, .value = (double)(h >> 12), .met = ours };
	else if (!s->met && s->value != (double)(h >> 12) && !p->used_again++)
		site_trace("used again: QN %s", qn);
}

static int64_t time_of(const char *text)
{
	struct tm tm = { 0 };

	if (sscanf(text, "%4d%2d%2d%2d%2d%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
	            &tm.tm_sec) != 6)
		return 0;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	return (int64_t)timegm(&tm) * 1000 - TZ_MS;
}

/* Once: the same again is a repeat, which may be; another value for the same is not. */
static void say(struct site_platform *p, const char *cn, const char *time, const char *field, const char *text)
{
	uint64_t key = said_key(cn, time, field);
	bool is_number = strchr("0123456789-", *text);
	double value = is_number ? strtod(text, NULL) : *text;
	struct said *s = place(&p->said, &p->said_count, &p->said_room, key);
	bool is_statistic = !strcmp(cn, "2051") || !strcmp(cn, "2061") || !strcmp(cn, "2031");

	if (!s->key)
		*s = (struct said){
			.key = key, .value = value, .label_ms = is_statistic && is_number ? time_of(time) : 0
		};
	else if (s->value == value)
		p->repeats++;
	else if (!strcmp(cn, "2041"))
		p->hours_again++;
	else if (!p->differing++)
		snprintf(p->first_differing, sizeof(p->first_differing),
		        "CN %s %s %s=%s is another value than before", cn, time, field, text);
}

/* "a00001-Avg=1.2,a00001-Flag=N;..." */
static void take_data(struct site_platform *p, const char *cn, char *cp)
{
	char time[32] = "", *save = NULL, *item;
	const char *at = strstr(cp, "DataTime=");

	if (!at)
		return;
	snprintf(time, sizeof(time), "%.*s", (int)strcspn(at + 9, ";,&"), at + 9);
	for (item = strtok_r(cp, ";,", &save); item; item = strtok_r(NULL, ";,", &save)) {
		char *is = strchr(item, '=');

		if (!is || !strncmp(item, "DataTime", 8) || strcmp(cn, "2011") == 0)
			continue;
		*is = '\0';
		say(p, cn, time, item, is + 1);
	}
}

/* ---- a connection ---- */

static void end_connection(struct connection *c)
{
	struct site_platform *p = c->platform;

	if (!c->over) {
		if (c->watched)
			sched_unwatch(c->fd);
		close(c->fd);
		c->over = true;
		c->watched = false;
		if (p->connection == c)
			p->connection = NULL;
	}
	if (!c->flying)
		free(c);
}

static void timed_out(void *data)
{
	struct connection *c = data;

	c->flying--;
	end_connection(c);
}

static void deliver(void *data)
{
	struct flight *f = data;
	struct connection *c = f->connection;
	enum platform_mode mode = c->platform->mode;

	c->flying--;
	if (!c->over && mode != PLATFORM_GONE && mode != PLATFORM_STALLS)
		syscall(SYS_sendto, c->fd, f->frame, f->n, MSG_NOSIGNAL | MSG_DONTWAIT, NULL, 0);
	if (c->over)
		end_connection(c);
	free(f);
}

static void put_bytes(struct connection *c, const char *p, size_t n, hj_usec more)
{
	struct flight *f = malloc(sizeof(*f) + n);

	f->connection = c;
	f->n = n;
	memcpy(f->frame, p, n);
	c->flying++;
	sched_in(c->platform->delay_ms * HJ_USEC_PER_MS + more, deliver, f);
}

static void send_frame(struct connection *c, const char *data)
{
	char frame[FRAME_MOST];
	size_t n = strlen(data);

	n = (size_t)snprintf(frame, sizeof(frame), "##%04zu%s%04X\r\n", n, data, crc_annex_a(data, n));
	put_bytes(c, frame, n, 0);
}

static void value_of(const char *data, const char *name, char ret[FIELD_MOST])
{
	const char *at = strstr(data, name);

	ret[0] = '\0';
	if (at)
		snprintf(ret, FIELD_MOST, "%.*s", (int)strcspn(at + strlen(name), ";,&"), at + strlen(name));
}

static void acknowledge(struct connection *c, const char *qn, const char *cn)
{
	struct site_platform *p = c->platform;
	char text[400];
	bool wrong = p->mode == PLATFORM_WRONG_QN && one_in(2);

	snprintf(text, sizeof(text), "QN=%.16s%s;ST=91;CN=%s;PW=" PASSWORD ";MN=%s;Flag=4;CP=&&&&", qn,
	        wrong ? "7" : qn + 16, cn, p->mn);
	if (p->mode == PLATFORM_GARBAGE && one_in(2))
		put_bytes(c, "##00zz\r\n##0010QN=1\0##", 21, 0);
	send_frame(c, text);
	p->acks++;
	if (p->mode == PLATFORM_TWICE)
		send_frame(c, text);
}

static void take_frame(struct connection *c, char *data)
{
	struct site_platform *p = c->platform;
	char qn[FIELD_MOST], cn[FIELD_MOST], flag[FIELD_MOST], *cp = strstr(data, "CP=&&"), *end;

	value_of(data, "QN=", qn);
	value_of(data, "CN=", cn);
	value_of(data, "Flag=", flag);
	p->frames++;
	site_trace("platform %u: %s", p->index, data);
	digest_add(data, strlen(data));
	if (!cp || strncmp(cn, "90", 2) == 0)
		return;
	take_qn(p, qn, data, false);
	cp += 5;
	end = strstr(cp, "&&");
	if (end)
		*end = '\0';
	p->uploads++;
	if (p->mode == PLATFORM_SILENT) /* its machine has it, and nobody there */
		return;
	take_data(p, cn, cp);
	if (p->mode == PLATFORM_FLAPS && one_in(3)) {
		end_connection(c);
		return;
	}
	if (atoi(flag) & 1)
		acknowledge(c, qn, strcmp(cn, "1013") ? "9014" : "9013");
}

static void arrived(void *data)
{
	struct flight *f = data;
	struct connection *c = f->connection;
	enum platform_mode mode = c->platform->mode;

	c->flying--;
	if (!c->over && mode != PLATFORM_GONE && mode != PLATFORM_STALLS)
		take_frame(c, f->frame);
	else if (c->over)
		end_connection(c);
	free(f);
}

/* True: a frame was taken away from the front. */
static bool next_frame(struct connection *c)
{
	size_t n;
	char tail[12];
	struct flight *f;

	if (c->count < AROUND)
		return false;
	n = (size_t)atoi((char[]){ c->in[2], c->in[3], c->in[4], c->in[5], 0 });
	if (memcmp(c->in, "##", 2) != 0 || n > FRAME_MOST) {
		c->platform->bad++;
		c->count = 0;
		return false;
	}
	if (c->count < n + AROUND)
		return false;
	snprintf(tail, sizeof(tail), "%04X", crc_annex_a(c->in + 6, n));
	if (memcmp(tail, c->in + 6 + n, 4) != 0 || memcmp(c->in + 10 + n, "\r\n", 2) != 0)
		c->platform->bad++;
	f = malloc(sizeof(*f) + n + 1);
	f->connection = c;
	memcpy(f->frame, c->in + 6, n);
	f->frame[n] = '\0';
	c->flying++;
	sched_in(c->platform->delay_ms * HJ_USEC_PER_MS, arrived, f);
	c->count -= n + AROUND;
	memmove(c->in, c->in + n + AROUND, c->count);
	return true;
}

static void hear(void *data)
{
	struct connection *c = data;
	ssize_t n = recv(c->fd, c->in + c->count, sizeof(c->in) - c->count, MSG_DONTWAIT);

	if (n <= 0) {
		end_connection(c);
		return;
	}
	c->count += (size_t)n;
	while (next_frame(c))
		;
}

static void stop_hearing(struct connection *c)
{
	if (!c->watched)
		return;
	sched_unwatch(c->fd);
	c->watched = false;
	c->flying++;
	sched_in(LOST_AFTER, timed_out, c);
}

void platform_set(struct site_platform *p, enum platform_mode mode)
{
	p->mode = mode;
	site_trace("platform %u: %s", p->index, platform_mode_names[mode]);
	if (!p->connection)
		return;
	if (mode == PLATFORM_GONE || mode == PLATFORM_STALLS)
		stop_hearing(p->connection);
	else if (mode == PLATFORM_REFUSES)
		end_connection(p->connection);
}

/* Takes the place of the program's socket: never writable where nothing comes back. */
static int never(int fd)
{
	int stands = (int)syscall(SYS_eventfd2, 0, EFD_NONBLOCK | EFD_CLOEXEC);
	uint64_t most = UINT64_MAX - 1;

	syscall(SYS_write, stands, &most, sizeof(most));
	dup2(stands, fd);
	syscall(SYS_close, stands);
	errno = EINPROGRESS;
	return -1;
}

int world_connect(int fd, unsigned port)
{
	struct site_platform *p = &site.platforms[port - PORT];
	struct connection *c;
	int ends[2];

	if (p->mode == PLATFORM_GONE)
		return never(fd);
	if (p->mode == PLATFORM_REFUSES) {
		errno = ECONNREFUSED;
		return -1;
	}
	if (syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	dup2(ends[0], fd);
	syscall(SYS_close, ends[0]);
	if (p->connection)
		end_connection(p->connection);
	c = calloc(1, sizeof(*c));
	c->platform = p;
	c->fd = ends[1];
	p->connection = c;
	p->connections++;
	if (p->mode != PLATFORM_STALLS) {
		sched_watch(c->fd, hear, c);
		c->watched = true;
	}
	return 0;
}

void platform_ask(struct site_platform *p, const char *cn, const char *cp)
{
	static unsigned asked;
	char text[CP_MOST], time[32], qn[18];
	int64_t now = true_ms() + TZ_MS;
	time_t s = (time_t)(now / 1000);
	struct tm tm;

	if (!p->connection || !p->connection->watched)
		return;
	gmtime_r(&s, &tm);
	strftime(time, sizeof(time), "%Y%m%d%H%M%S", &tm);
	snprintf(text, sizeof(text), "QN=%s%03u;ST=31;CN=%s;PW=" PASSWORD ";MN=%s;Flag=5;CP=&&%s&&", time,
	        asked++ % 1000, cn, p->mn, cp);
	p->requests++;
	snprintf(qn, sizeof(qn), "%.17s", text + 3);
	take_qn(p, qn, text, true);
	send_frame(p->connection, text);
}
