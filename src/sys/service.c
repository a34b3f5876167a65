/* What every daemon does before and after its own work: see service.h. It makes no socket: it takes what systemd or
 * `hjgate run` hands over, and tells by their names what a client on each may do. */
#include "hjgate/service.h"

#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <malloc.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "hjgate/clock.h"
#include "hjgate/conf_seen.h"
#include "hjgate/log.h"
#include "hjgate/text.h"

#define HEAP_LARGE (64 << 10) /* bytes; a larger piece is mapped by itself, and given back as soon as it is freed */
#define HEAP_SPARE (64 << 10) /* bytes that stay free at its end */
#define HEAP_STEP  (16 << 10) /* bytes that it grows by */
#define TRIM_USEC  (60 * HJ_USEC_PER_SEC)
#define TRIM_LATE  (30 * HJ_USEC_PER_SEC) /* a wake-up that comes about then anyway will do */

static int help(const struct hj_service *s)
{
	printf(_("hjgate-%s: %s\n\nUsage: hjgate-%s [OPTION]...%s\n\n"), s->name, _(s->about), s->name,
	        s->templated ? _(" INSTANCE") : "");
	printf(_("  --root DIR     look for /etc, /run and /var/lib below DIR\n"
	         "  --check        read the configuration, say what is wrong with it, and stop\n"
	         "  -v, --verbose  log more\n"
	         "  --version      the version\n"
	         "  --help         this text\n\n"
	         "It is started by systemd or by `hjgate run`, which hand over its sockets.\n"));
	if (s->has_adhoc)
		printf(_("With --adhoc it serves one command of hjgate where no other runs, and keeps nothing.\n"));
	return 1;
}

static int usage_error(const struct hj_service *s, const char *what)
{
	fprintf(stderr, _("hjgate-%s: %s; see hjgate-%s --help\n"), s->name, what, s->name);
	return -EINVAL;
}

static int read_options(struct hj_service *s, int argc, char **argv, enum hj_log_level *ret_level)
{
	static const struct option options[] = {
		{ "root", required_argument, NULL, 'r' },
		{ "check", no_argument, NULL, 'c' },
		{ "adhoc", no_argument, NULL, 'a' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "v", options, NULL)) != -1) {
		switch (c) {
		case 'r':
			s->root = optarg;
			break;
		case 'c':
			s->check_only = true;
			break;
		case 'a':
			if (!s->has_adhoc)
				return usage_error(s, _("it has no --adhoc"));
			s->adhoc = true;
			break;
		case 'v':
			*ret_level = HJ_LOG_DEBUG;
			break;
		case 'V':
			printf("hjgate-%s " HJ_VERSION "\n", s->name);
			return 1;
		case 'h':
			return help(s);
		default:
			return -EINVAL; /* getopt has said it */
		}
	}
	s->instance = s->templated && optind < argc ? argv[optind++] : NULL;
	if (s->templated && !s->instance)
		return usage_error(s, _("no instance given"));
	if (s->instance && !hj_name_valid(s->instance))
		return usage_error(s, _("an instance is named by 1 to 31 of a-z, 0-9 and -"));
	return optind < argc ? usage_error(s, _("too many arguments")) : 0;
}

static int prepare_loop(struct hj_service *s)
{
	sigset_t leave;
	int r;

	sigemptyset(&leave);
	sigaddset(&leave, SIGTERM);
	sigaddset(&leave, SIGINT);
	sigprocmask(SIG_BLOCK, &leave, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error of write(), as a full disk is */
	r = sd_event_default(&s->event);
	if (r < 0)
		return r;
	r = sd_event_add_signal(s->event, NULL, SIGTERM, NULL, NULL);
	if (r >= 0)
		r = sd_event_add_signal(s->event, NULL, SIGINT, NULL, NULL);
	if (r >= 0)
		r = sd_event_set_watchdog(s->event, true);
	return r < 0 ? r : 0;
}

/* The heap gives back what it does not need: left to itself it learns from the first large piece that is freed, the
 * text of a configuration, to keep that much for ever. */
static void keep_heap_small(void)
{
	mallopt(M_MMAP_THRESHOLD, HEAP_LARGE);
	mallopt(M_TRIM_THRESHOLD, HEAP_SPARE);
	mallopt(M_TOP_PAD, HEAP_STEP);
}

int hj_service_init(struct hj_service *s, int argc, char **argv)
{
	enum hj_log_level level = HJ_LOG_INFO;
	int r;

	keep_heap_small();
	hj_conf_seen_begin();
	hj_service_locale();
	s->root = "";
	r = read_options(s, argc, argv, &level);
	if (r)
		return r;
	snprintf(s->ident, sizeof(s->ident), "%s%s%s", s->name, s->instance ? "@" : "",
	        s->instance ? s->instance : "");
	hj_log_setup(s->ident, level);
	/* From here on the texts go into logs, events and answers, where they are kept in one language; the command
	 * translates what it shows. */
	if (!s->check_only)
		setlocale(LC_MESSAGES, "C");
	r = prepare_loop(s);
	return r < 0 ? hj_log_error(r, "cannot prepare the event loop") : 0;
}

/* Which right the socket NAME.look, NAME.change or NAME.peer gives; 0 for a name that is not ours. */
static int right_of(const struct hj_service *s, const char *name)
{
	static const struct {
		const char *suffix;
		enum hj_right right;
	} rights[] = { { ".look", HJ_LOOK }, { ".change", HJ_CHANGE }, { ".peer", HJ_PEER } };
	size_t n = strlen(s->ident);

	if (strncmp(name, s->ident, n))
		return 0;
	for (size_t i = 0; i < hj_array_size(rights); i++)
		if (!strcmp(name + n, rights[i].suffix))
			return (int)rights[i].right;
	return 0;
}

static int take_socket(struct hj_service *s, int fd, const char *name)
{
	int right = right_of(s, name), r;

	if (!right || sd_is_socket(fd, AF_UNIX, SOCK_STREAM, 1) <= 0) {
		hj_warn("was given a socket named \"%s\", which is none of %s.look, .change and .peer: closing it",
		        name, s->ident);
		close(fd);
		return 0;
	}
	r = hj_ipc_server_add(s->server, fd, (enum hj_right)right);
	return r < 0 ? r : 1;
}

int hj_service_listen(struct hj_service *s, void *userdata)
{
	char **names = NULL;
	int n = sd_listen_fds_with_names(1, &names), taken = 0, r;

	s->userdata = userdata;
	if (n < 0)
		return hj_log_error(n, "cannot take the sockets handed over");
	r = hj_ipc_server_new(s->event, s->interfaces, userdata, &s->server);
	for (int i = 0; i < n; i++) {
		int k = r < 0 ? r : take_socket(s, SD_LISTEN_FDS_START + i, names[i]);

		if (k < 0)
			r = k;
		else
			taken += k;
		free(names[i]);
	}
	free(names);
	if (r < 0)
		return hj_log_error(r, "cannot listen");
	if (!taken) {
		hj_error("no socket was handed over: start hjgate-%s by its .socket units, or everything in the "
		         "foreground "
		         "by `hjgate run`",
		        s->name);
		return -ENOTSOCK;
	}
	return 0;
}

/* The thresholds give back the heap's end only. What a burst took (a backlog, a long list, a platform that was away)
 * leaves holes below what outlives it; without this a daemon keeps the worst it has seen, and adds to it. */
static int on_trim(sd_event_source *timer, uint64_t usec, void *userdata)
{
	struct hj_service *s = userdata;

	(void)usec;
	if (s->spare)
		s->spare(s->userdata);
	malloc_trim(0);
	sd_event_source_set_time_relative(timer, TRIM_USEC);
	return sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

int hj_service_run(struct hj_service *s)
{
	int r;

	hj_conf_seen_end();
	malloc_trim(0); /* what reading the configuration took: several times what is kept of it */
	r = sd_event_add_time_relative(s->event, NULL, CLOCK_MONOTONIC, TRIM_USEC, TRIM_LATE, on_trim, s);
	if (r < 0)
		hj_warn("cannot set a timer: going on without giving memory back: %s", strerror(-r));
	sd_notify(0, "READY=1");
	r = sd_event_loop(s->event);
	sd_notify(0, "STOPPING=1");
	if (r < 0)
		hj_log_error(r, "the event loop ended");
	return r < 0 ? HJ_EXIT_TEMPORARY : r;
}

void hj_service_done(struct hj_service *s)
{
	hj_ipc_server_free(hj_steal(s->server));
	s->event = sd_event_unref(s->event);
}

void hj_service_status(const char *format, ...)
{
	char text[256], line[300];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	snprintf(line, sizeof(line), "STATUS=%s", text);
	sd_notify(0, line);
}
