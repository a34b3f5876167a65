/* The end of an apply that was cut short, told to systemd: the generator had read what was tried, and the starts of
 * its instances are queued. The manager here is a script that says so and writes down what it is told. */
#include "../../services/cli/apply.h"
#include "state_root.h"

#include <errno.h>
#include <unistd.h>

static const char manager[] = "#!/bin/sh\n"
			      "cd \"${0%/*}\"\n" /* the root: PATH is that alone */
			      "echo \"$*\" >>told\n"
			      "case \" $* \" in\n"
			      "*' list-units '*) echo 'hjgate-meterd@north.service loaded inactive dead x'\n"
			      "	echo 'hjgate-uplinkd@ghost.service loaded inactive dead x' ;;\n"
			      "*' stop '*) [ ! -e refuse ] ;;\n"
			      "esac\n";

static int setup(void **state)
{
	static const char *const folders[] = { "etc", "etc/hjgate", "etc/hjgate/buses.d" };
	char path[256];

	if (make_root("settle") < 0)
		return -1;
	for (size_t i = 0; i < hj_array_size(folders); i++) {
		path_of(folders[i], path);
		if (mkdir(path, 0755) < 0)
			return -1;
	}
	write_file("systemctl", manager);
	write_file("etc/hjgate/buses.d/north.conf", "format = 1;\n");
	path_of("systemctl", path);
	return chmod(path, 0755) < 0 || setenv("PATH", root, 1) < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	setenv("PATH", "/usr/bin:/bin", 1);
	return remove_root();
}

static int settled(char told[2048])
{
	_cleanup_free_ struct apply *a = calloc(1, sizeof(*a));
	char path[256];
	FILE *f;
	int r;

	assert_non_null(a);
	a->root = root;
	r = apply_systemd_settled(a);
	path_of("told", path);
	f = fopen(path, "re");
	assert_non_null(f);
	told[fread(told, 1, 2047, f)] = '\0';
	fclose(f);
	unlink(path);
	return r;
}

static void what_is_gone_is_stopped(void **state)
{
	char told[2048];
	const char *again, *start, *stop;

	assert_int_equal(settled(told), 0);
	again = strstr(told, "daemon-reload\n");
	start = strstr(told, "--no-block start hjgate.target\n");
	stop = strstr(told, "--no-block stop hjgate-uplinkd@ghost.service hjgate-uplinkd-look@ghost.socket "
	                    "hjgate-uplinkd-change@ghost.socket hjgate-uplinkd-peer@ghost.socket\n");
	assert_true(again && start && stop);
	assert_true(again < start && start < stop);
	/* What is configured is left as it is; so is what is no instance: judged, which nobody wants here. */
	assert_null(strstr(stop + sizeof("--no-block stop"), " stop "));
}

static void that_it_cannot_be_stopped_is_told(void **state)
{
	char told[2048];

	write_file("refuse", "");
	assert_int_equal(settled(told), -EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_gone_is_stopped),
		cmocka_unit_test(that_it_cannot_be_stopped_is_told),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
