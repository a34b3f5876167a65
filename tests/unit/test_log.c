/* A log's lines: one each whatever is in them, cut rather than lost, with their level as the journal wants it. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "child.h"

#include "hjgate/log.h"

static char said[8192];

/* What `fn` says, in a process of its own: whether the journal listens is looked at once. */
static void listen_to(void (*fn)(void), const char *journal)
{
	size_t n = 0;
	ssize_t k;
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (!pid) {
		dup2(ends[1], STDERR_FILENO);
		if (journal)
			setenv("JOURNAL_STREAM", journal, 1);
		else
			unsetenv("JOURNAL_STREAM");
		fn();
		child_leave(0);
	}
	close(ends[1]);
	while ((k = read(ends[0], said + n, sizeof(said) - 1 - n)) > 0)
		n += (size_t)k;
	said[n] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void each_level(void)
{
	hj_log_setup("testd", HJ_LOG_INFO);
	hj_error("an error");
	hj_warn("a warning");
	hj_notice("a notice");
	hj_debug("what nobody asked for");
	if (hj_log_error(-ENOSPC, "cannot write %s", "it") != -ENOSPC)
		hj_error("gave something else");
}

static void levels(void **state)
{
	(void)state;
	listen_to(each_level, NULL);
	assert_string_equal(said, "testd: error: an error\ntestd: warning: a warning\ntestd: a notice\n"
	                          "testd: error: cannot write it: No space left on device\n");
	listen_to(each_level, "8:1234");
	assert_string_equal(
	        said, "<3>an error\n<4>a warning\n<5>a notice\n<3>cannot write it: No space left on device\n");
}

static void odd_texts(void)
{
	static char longer[6000];

	memset(longer, 'x', sizeof(longer) - 1);
	hj_log_setup("testd", HJ_LOG_DEBUG);
	hj_debug("two\nlines\r and a \033[31mcolour");
	hj_error("%s", longer);
	hj_error("the last");
}

/* Nothing that a meter or a platform says makes two lines of one, or paints a terminal. */
static void one_line_each(void **state)
{
	char *second, *third;

	(void)state;
	listen_to(odd_texts, NULL);
	second = strchr(said, '\n') + 1;
	assert_int_equal(strncmp(said, "testd: two lines  and a  [31mcolour\n", (size_t)(second - said)), 0);
	third = strchr(second, '\n') + 1;
	assert_true(third - second > 500 && third - second < 6000);
	assert_string_equal(third, "testd: error: the last\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(levels),
		cmocka_unit_test(one_line_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
