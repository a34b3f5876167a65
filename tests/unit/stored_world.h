/* A store without sockets, in a root folder and an event loop of the test's own. */
#pragma once

#include "../../services/stored/stored.h"
#include "state_root.h"

static sd_event *loop;

static inline struct stored *open_store(int retention_days)
{
	struct hj_service service = { .root = root, .event = loop };
	struct hj_conf_main conf = { .base_window = 60,
		.normal_part = HJ_NORMAL_PART,
		.retention_days = retention_days,
		.retention_mb = 1000 };
	struct stored *s;

	assert_int_equal(stored_new(&service, &conf, &s), 0);
	return s;
}

/* A root of this name and a store in it; NULL: there is no root. */
static inline struct stored *make_world(const char *name, int retention_days)
{
	if (make_root(name) < 0)
		return NULL;
	sd_event_new(&loop);
	return open_store(retention_days);
}

static inline int remove_world(void)
{
	loop = sd_event_unref(loop);
	return remove_root();
}
