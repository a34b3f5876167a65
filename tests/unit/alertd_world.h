/* An alertd with one channel, which nobody drives; its outbox lies below the test's own root. */
#pragma once

#include "../../services/alertd/alertd.h"
#include "state_root.h"

static inline struct alertd *begin_alertd(const struct hj_conf_channel *conf)
{
	struct alertd *a = calloc(1, sizeof(*a));

	assert_non_null(a);
	a->fd = -1;
	a->root = root;
	channel_init(a, conf, 1);
	assert_int_equal(outbox_open(a), 0);
	return a;
}

static inline void end_alertd(struct alertd *a)
{
	for (size_t i = 0; i < a->owed_count; i++)
		alert_free(a->owed[i]);
	free(a->owed);
	quiet_done(&a->quiet);
	hj_closep(&a->fd);
	free(a);
}
