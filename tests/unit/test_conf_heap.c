/* The whole configuration read with each place that asks for memory, or for a file, refused once: -ENOMEM or words
 * about that file, never half of a configuration that passes for all of it, and nothing left behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "call_faults.h"
#include "shell.h"

#include "hjgate/conf.h"
#include "hjgate/conf_alerts.h"
#include "hjgate/conf_flat.h"
#include "hjgate/conf_site.h"

static char root[64];

/* The examples that come with hjgate, each in force. */
static int set_up(void **state)
{
	strcpy(root, "/tmp/hj-conf-XXXXXX");
	if (!mkdtemp(root))
		return -1;
	return sh("mkdir %s/etc && cp -r etc/hjgate %s/etc/hjgate && OLDPWD=$PWD && cd %s/etc/hjgate && "
	          "mkdir -p ../../usr/share/hjgate && cp -r $OLDPWD/share/models ../../usr/share/hjgate/ && "
	          "for f in $(find . -name '*.conf.example'); do mv $f ${f%%.example}; done; rm -f models/NAME.conf",
	        root, root, root);
}

static int tear_down(void **state)
{
	return sh("rm -rf %s", root);
}

/* What was read, or that it was told why not. */
static int outcome(int r, const struct hj_conf_errors *errors, int good)
{
	if (r >= 0)
		return errors->count ? -EUCLEAN : good;
	return r == -ENOMEM || errors->count || errors->more ? -ENOMEM : r;
}

static int load_all(void *userdata)
{
	_cleanup_(hj_conf_errors_done) struct hj_conf_errors errors = { 0 };
	struct hj_conf c = { 0 };
	int r = hj_conf_load_all(root, &c, &errors), n;

	r = r < 0 ? r : hj_conf_add_factors(root, &c);
	n = (int)(c.bus_count * 1000 +
	          c.uplink_count * 100); /* codes: a file that cannot be read is as good as none */
	for (size_t i = 0; i < c.bus_count; i++)
		n += (int)c.buses[i].meter_count;
	hj_conf_done(&c);
	return outcome(r, &errors, n);
}

static void all_of_it(void **state)
{
	assert_true(load_all(NULL) > 3000);
	assert_true(heap_each_place(load_all, NULL, -ENOMEM) > 60);
}

/* Each file by itself, as its daemon reads it. */
static int load_each(void *userdata)
{
	_cleanup_(hj_conf_errors_done) struct hj_conf_errors errors = { 0 };
	struct hj_conf_main own;
	struct hj_conf_bus bus = { 0 };
	struct hj_conf_uplink uplink = { 0 };
	struct hj_conf_site site = { .file = "" };
	struct hj_conf_alerts alerts = { 0 };
	const char *reach;
	int n = 0, r = hj_conf_load_main(root, &own, &errors);

	r = r < 0 ? r : hj_conf_load_bus(root, "grid", &bus, &errors);
	r = r < 0 ? r : hj_conf_bus_reach(root, "grid", &reach) < 0 ? -ENOMEM : 0; /* what is wrong, others say */
	r = r < 0 ? r : hj_conf_load_uplink(root, "county", &uplink, &errors);
	r = r < 0 ? r : hj_conf_load_equipment(root, &site, &errors);
	r = r < 0 ? r : hj_conf_load_alerts(root, &alerts, &errors);
	if (r >= 0)
		n = (int)(bus.meter_count + 100 * alerts.channel_count + 10 * site.plan.equipment_count);
	hj_conf_bus_done(&bus);
	hj_conf_uplink_done(&uplink);
	hj_conf_site_done(&site);
	hj_conf_alerts_done(&alerts);
	return outcome(r, &errors, n);
}

static void each_by_itself(void **state)
{
	assert_true(load_each(NULL) > 200);
	assert_true(heap_each_place(load_each, NULL, -ENOMEM) > 30);
}

static int count(const char *key, const char *value, bool secret, void *userdata)
{
	++*(int *)userdata;
	return 0;
}

static int flatten(void *userdata)
{
	int n = 0, r = hj_conf_flatten(root, "uplinks.d", "county", count, &n);

	return r < 0 ? r : n;
}

static void as_a_list(void **state)
{
	assert_true(flatten(NULL) > 3);
	assert_true(heap_each_place(flatten, NULL, 0) >= 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_it),
		cmocka_unit_test(each_by_itself),
		cmocka_unit_test(as_a_list),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
