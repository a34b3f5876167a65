/* The functions that the rows of command.c name. Readers: 0, or -EINVAL (ExeRtn 3), -ENODATA (100), -EOPNOTSUPP (2).
 */
#pragma once

#include "session_private.h"

#define HJ212_READER(name)                                                                                           \
	int name(const struct hj212_identity *id, const struct hj212_message *m, struct hj212_change *ret)
#define HJ212_APPLIER(name) void name(const struct hj212_change *c, struct hj212_settings *to)

HJ212_READER(hj212_read_timeouts);
HJ212_READER(hj212_read_rtd_interval);
HJ212_READER(hj212_read_min_interval);
HJ212_READER(hj212_read_password);
HJ212_READER(hj212_read_own_clock);
HJ212_READER(hj212_read_set_clock);
HJ212_READER(hj212_read_span);
HJ212_READER(hj212_read_device);
HJ212_READER(hj212_read_info);
HJ212_READER(hj212_read_parameter);

HJ212_APPLIER(hj212_apply_timeouts);
HJ212_APPLIER(hj212_apply_rtd_interval);
HJ212_APPLIER(hj212_apply_min_interval);
HJ212_APPLIER(hj212_apply_password);
HJ212_APPLIER(hj212_apply_rtd_on);
HJ212_APPLIER(hj212_apply_rtd_off);
HJ212_APPLIER(hj212_apply_rs_on);
HJ212_APPLIER(hj212_apply_rs_off);
