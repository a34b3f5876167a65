/* A link to a platform that is not there comes back by itself, whatever was refused meanwhile: a program that no
 * longer tries is one that a person has to go and start. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "no_timers.h"

#include "../../services/uplinkd/link.h"
#include "hjgate/now.h"

static unsigned up, down;
static char why[128];
static struct link *link_of_test; /* is asked which place was lost */
static int lost_port;

static void on_up(void *userdata)
{
	up++;
}

static void on_input(const void *data, size_t n, void *userdata)
{
}

static void on_writable(void *userdata)
{
}

static void on_down(const char *text, void *userdata)
{
	down++;
	snprintf(why, sizeof(why), "%s", text ? text : "-");
	lost_port = link_of_test ? link_port(link_of_test) : 0;
}

static void on_lookup(const char *host, const char *error, bool known, void *userdata)
{
}

static void on_tls(const char *host, const struct tls_trouble *trouble, void *userdata)
{
}

static const struct link_events events = { on_up, on_input, on_writable, on_down, on_lookup, on_tls };

/* A port of this machine at which nobody listens yet. */
static int bound(struct hj_conf_uplink *conf)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
	strcpy(conf->host, "127.0.0.1");
	conf->port = ntohs(at.sin_port);
	return fd;
}

static void turn_until(sd_event *event, const unsigned *count, unsigned wanted)
{
	hj_usec end = hj_now().mono + 30 * HJ_USEC_PER_SEC;

	while (*count < wanted && hj_now().mono < end)
		assert_true(sd_event_run(event, 100000) >= 0);
	assert_int_equal(*count, wanted);
}

static void it_comes_back_by_itself(void **state)
{
	struct hj_conf_uplink conf = { .name = "county" };
	sd_event *event = NULL;
	struct link *l;
	int fd = bound(&conf);

	assert_true(sd_event_new(&event) >= 0);
	assert_int_equal(link_new(event, &conf, "", &events, NULL, &l), 0);
	link_start(l);
	link_start(l); /* which it is */
	turn_until(event, &down, 1);
	assert_int_equal(link_state(l), LINK_WAITING);
	assert_true(link_retry_at(l) > hj_now().mono);
	no_timers = true;
	turn_until(event, &down, 2);
	assert_string_equal(why, strerror(ENOMEM));
	no_timers = false;
	assert_int_equal(listen(fd, 4), 0);
	turn_until(event, &up, 1);
	assert_int_equal(link_state(l), LINK_UP);
	link_proved(l);
	/* Stopped it stays so. */
	link_stop(l);
	assert_int_equal(link_state(l), LINK_STOPPED);
	link_drop(l, "nothing is there to be dropped");
	assert_int_equal(down, 2);
	for (hj_usec end = hj_now().mono + 1300 * HJ_USEC_PER_MS; hj_now().mono < end;)
		assert_true(sd_event_run(event, 100000) >= 0);
	assert_int_equal(up, 1);
	link_start(l);
	turn_until(event, &up, 2);
	link_drop(l, "because");
	assert_string_equal(why, "because");
	link_free(l);
	link_free(NULL);
	close(fd);
	sd_event_unref(event);
}

/* As after a pause, or a move to another edition. */
static void stopped_on_a_fall_back_it_comes_back_to_the_main_place(void **state)
{
	struct hj_conf_uplink conf = { .name = "county", .link = { .other_count = 1, .main_again = 1 } }, other = { 0 };
	sd_event *event = NULL;
	char first[64];
	struct link *l;
	int main_fd = bound(&conf), other_fd = bound(&other);

	up = 0;
	strcpy(conf.link.others[0].host, other.host);
	conf.link.others[0].port = other.port;
	assert_int_equal(listen(other_fd, 4), 0);
	assert_true(sd_event_new(&event) >= 0);
	assert_int_equal(link_new(event, &conf, "", &events, NULL, &l), 0);
	link_start(l);
	turn_until(event, &up, 1);
	snprintf(first, sizeof(first), "%s", link_address(l));
	link_proved(l);
	link_stop(l);
	link_start(l);
	turn_until(event, &up, 2);
	assert_string_equal(link_address(l), first);
	link_proved(l);
	assert_int_equal(listen(main_fd, 4), 0);
	turn_until(event, &up, 3);
	assert_string_not_equal(link_address(l), first);
	link_free(l);
	close(main_fd);
	close(other_fd);
	sd_event_unref(event);
}

/* The round begins again with the main place then, and says so only when it is dialled. */
static void what_is_lost_has_its_name(void **state)
{
	struct hj_conf_uplink conf = { .name = "county", .link = { .other_count = 1, .main_again = 60 } }, other = { 0 };
	sd_event *event = NULL;
	struct link *l;
	int main_fd = bound(&conf), other_fd = bound(&other);

	up = down = 0;
	strcpy(conf.link.others[0].host, "127.0.0.1");
	conf.link.others[0].port = other.port;
	assert_int_equal(listen(other_fd, 4), 0);
	assert_true(sd_event_new(&event) >= 0);
	assert_int_equal(link_new(event, &conf, "", &events, NULL, &l), 0);
	link_of_test = l;
	link_start(l);
	turn_until(event, &up, 1);
	assert_string_equal(link_host(l), "127.0.0.1");
	assert_int_equal(link_port(l), other.port);
	link_drop(l, "it says nothing");
	assert_int_equal(down, 1);
	assert_int_equal(lost_port, other.port);
	close(other_fd);
	assert_int_equal(listen(main_fd, 4), 0);
	turn_until(event, &up, 2);
	assert_int_equal(link_port(l), conf.port);
	link_of_test = NULL;
	link_free(l);
	close(main_fd);
	sd_event_unref(event);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_comes_back_by_itself),
		cmocka_unit_test(stopped_on_a_fall_back_it_comes_back_to_the_main_place),
		cmocka_unit_test(what_is_lost_has_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
