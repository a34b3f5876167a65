/* One message for eventd, left in its socket by who has nothing else to say: whole, whoever reads it when. */
#include <time.h>

#include "ipc_world.h"

#include "hjgate/report_once.h"
#include "hjgate/service.h"

static char place[32], path[64];

static int begin(void **state)
{
	(void)state;
	strcpy(place, "/tmp/hj-once-XXXXXX");
	assert_non_null(mkdtemp(place));
	snprintf(path, sizeof(path), "%s/run/hjgate", place);
	assert_int_equal(hj_make_folders(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/run/hjgate/eventd.peer", place);
	return 0;
}

static int end(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", place);
	return system(command);
}

static json_t *hear_one(int listening)
{
	int fd = accept(listening, NULL, NULL);
	char text[1024];
	ssize_t n = recv(fd, text, sizeof(text), MSG_WAITALL);
	json_t *j;

	assert_true(n > 1 && !text[n - 1]);
	j = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	close(fd);
	assert_non_null(j);
	return j;
}

/* Nobody accepts it yet: it waits in the socket. */
static void it_waits_for_eventd(void **state)
{
	int listening = listen_at(path);

	(void)state;
	for (int i = 0; i < 2; i++) {
		json_t *j, *p, *values;

		assert_int_equal(hj_report_once(place, "systemd", "program-crash", "hjgate-stored", "program",
		                         "hjgate-stored", i ? "status" : NULL, i ? "11" : NULL),
		        0);
		j = hear_one(listening);
		p = json_object_get(j, "parameters");
		values = json_object_get(p, "values");
		assert_string_equal(json_string_value(json_object_get(j, "method")), "hjgate.Event.Log");
		assert_true(json_is_true(json_object_get(j, "oneway")));
		assert_string_equal(json_string_value(json_object_get(p, "code")), "program-crash");
		assert_string_equal(json_string_value(json_object_get(p, "key")), "hjgate-stored");
		assert_string_equal(json_string_value(json_object_get(p, "source")), "systemd");
		assert_in_range(
		        json_integer_value(json_object_get(p, "time")) / 1000, time(NULL) - 5, time(NULL) + 5);
		assert_int_equal(json_object_size(values), 1 + i);
		assert_string_equal(json_string_value(json_object_get(values, "program")), "hjgate-stored");
		json_decref(j);
	}
	close(listening);
}

static int tell(const char *root)
{
	return hj_report_once(root, "run", "program-crash", "x", "program", "x", NULL, NULL);
}

static void where_it_cannot_be_left(void **state)
{
	char longer[300];

	(void)state;
	assert_int_equal(tell(place), -ENOENT);
	close(listen_at(path));
	assert_int_equal(tell(place), -ECONNREFUSED);
	memset(longer, 'a', sizeof(longer));
	longer[0] = '/';
	longer[299] = '\0';
	assert_int_equal(tell(longer), -ENAMETOOLONG); /* for a path */
	longer[120] = '\0';
	assert_int_equal(tell(longer), -ENAMETOOLONG); /* for a socket */
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(it_waits_for_eventd),
		T(where_it_cannot_be_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
