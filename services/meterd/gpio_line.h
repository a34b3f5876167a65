/* What one input says to the kernel and hears from it: see gpio_line.c. */
#pragma once

#include <linux/gpio.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hjgate/conf.h"

#define GPIO_EVENTS_KEPT 64 /* by the kernel, of one line, until they are read; then the oldest go */
#define GPIO_EVENTS_READ 16 /* at once */

/* The request for the point's line; `edges`: its changes are told, and are debounced. */
void gpio_line_request(const struct hj_conf_point *p, bool edges, struct gpio_v2_line_request *ret);

/* n bytes that were read from the line: how many changes they are, each with whether the line was on after it.
 * *seqno is the number of the newest (0 at first); *ret_lost how many the kernel has dropped before or between these.
 * -EBADMSG: they are no whole events. */
int gpio_line_changes(
        const void *bytes, size_t n, uint32_t *seqno, bool ret_on[GPIO_EVENTS_READ], uint32_t *ret_lost);

/* Can a line that is refused with this be had without being told of its changes? The chip then has no interrupt. */
bool gpio_line_is_deaf(int error);

/* Why a line is refused, in a few words that stay where they are. */
const char *gpio_line_why(int error);
