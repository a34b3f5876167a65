/* What reaches the journal: a socket stands where journald's would, in a mount namespace of this test's own. And the
 * catalog, as journalctl would read it. */
#include "../../services/eventd/api_journal.h"
#include "hjgate/event.h"
#include "hjgate/journal.h"
#include "hjgate/text.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#define PLACE "/run/systemd/journal"

static int place_socket(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = PLACE "/socket" };
	int fd;

	if (unshare(CLONE_NEWNS) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return -1;
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || mount("none", "/run", "tmpfs", 0, NULL) < 0)
		return -1;
	mkdir("/run/systemd", 0755);
	mkdir(PLACE, 0755);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ? -1 : fd;
}

/* One entry: NAME=value lines, as long as no value has a line's end. */
static void receive(int fd, char *to, size_t size)
{
	ssize_t n = recv(fd, to + 1, size - 2, 0);

	assert_true(n > 0);
	to[0] = '\n';
	to[n + 1] = '\0';
}

static void rows_reach_the_journal(void **state)
{
	char values[] = "{\"meter\":\"oven\",\"bus\":\"north\",\"count\":7}", text[4096], id[HJ_JOURNAL_ID_LEN];
	struct event e = { .id = 42,
		.begin_ms = 1000,
		.end_ms = NO_END,
		.count = 1,
		.spans = true,
		.code = "meter-lost",
		.key = "meter north.oven",
		.source = "meterd@north",
		.values = values };
	int fd = place_socket();

	if (fd < 0) {
		skip();
		return;
	}
	assert_int_equal(hj_journal_id("meter-lost", id), 0);
	journal_event(&e, ROW_BEGIN);
	receive(fd, text, sizeof(text));
	assert_non_null(strstr(text, "\nMESSAGE=meter oven on bus north does not answer\n"));
	assert_non_null(strstr(text, "\nPRIORITY=3\n"));
	assert_non_null(strstr(text, "\nHJ_EVENT_ID=42\n"));
	assert_non_null(strstr(text, "\nHJ_EVENT_CODE=meter-lost\n"));
	assert_non_null(strstr(text, "\nHJ_EVENT_PHASE=begin\n"));
	assert_non_null(strstr(text, "\nHJ_EVENT_KEY=meter north.oven\n"));
	assert_non_null(strstr(text, "\nHJ_METER=oven\n"));
	assert_non_null(strstr(text, "\nHJ_COUNT=7\n"));
	assert_null(strstr(text, "HJ_EVENT_END"));
	assert_memory_equal(strstr(text, "\nMESSAGE_ID=") + 12, id, 32);
	e.end_ms = 5000;
	journal_event(&e, ROW_END);
	receive(fd, text, sizeof(text));
	assert_non_null(strstr(text, "\nMESSAGE=over: meter oven on bus north does not answer\n"));
	assert_non_null(strstr(text, "\nHJ_EVENT_END=5000\n"));
	close(fd);
}

/* What is published stays: journals that were kept, and rules that people wrote, go by these. */
static void ids_never_change(void **state)
{
	char id[HJ_JOURNAL_ID_LEN], other[HJ_JOURNAL_ID_LEN];

	hj_journal_id("program-start", id);
	assert_string_equal(id, "b123b2f6703d8f2d9775edacce3f2dcd");
	hj_journal_id("power-failure", id);
	assert_string_equal(id, "9ddf6917df2f8ef1871cd0f28bfcbe57");
	for (size_t i = 0; hj_event_at(i); i++)
		for (size_t k = 0; k < i; k++) {
			hj_journal_id(hj_event_at(i)->code, id);
			hj_journal_id(hj_event_at(k)->code, other);
			assert_string_not_equal(id, other);
		}
}

static void every_code_has_an_entry(void **state)
{
	char entry[4096], field[HJ_JOURNAL_FIELD_MAX + 1], small[32];

	for (size_t i = 0; hj_event_at(i); i++) {
		assert_int_equal(hj_journal_entry(hj_event_at(i), entry, sizeof(entry)), 0);
		assert_null(strchr(entry, '{'));
		assert_non_null(strstr(entry, hj_event_at(i)->code));
	}
	assert_int_equal(hj_journal_entry(hj_event_at(0), small, sizeof(small)), -ENOSPC);
	hj_journal_text("{by} is not { closed {x", entry, sizeof(entry));
	assert_string_equal(entry, "@HJ_BY@ is not { closed {x");
	hj_journal_field("a-name of 1", field);
	assert_string_equal(field, "HJ_A_NAME_OF_1");
	hj_journal_text("{meter}", small, 6);
	assert_true(strlen(small) < 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_never_change),
		cmocka_unit_test(every_code_has_an_entry),
		cmocka_unit_test(rows_reach_the_journal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
