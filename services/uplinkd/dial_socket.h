/* The socket of a try: bound as the configuration says, tuned, connecting. */
#pragma once

#include "dial.h"

/* 0: connecting, wait for EPOLLOUT; -errno, and why in words. */
int dial_socket(const struct hj_conf_link *link, const struct dial_address *to, int *ret_fd, char why[DIAL_WHY_MAX]);
/* What connect() says, at once or later: an interface without a way there is better named. */
void dial_word(const struct hj_conf_link *link, int error, char why[DIAL_WHY_MAX]);
void dial_address_format(const struct dial_address *a, char ret[DIAL_ADDRESS_LEN]);

/* How a platform that has vanished without a word is found within `lost_after` seconds: idle, a silence and two
 * probes; with bytes that nobody takes, after `outstanding_ms`. The kernel ends an idle connection at the first probe
 * that is due when the silence is as long as the latter. */
struct dial_alive {
	int idle_s, interval_s, probes, outstanding_ms;
};
struct dial_alive dial_alive(int64_t lost_after_s);
