/* An input of the box as the kernel's character device has it, in its second form (linux/gpio.h), which is there
 * since Linux 5.10; no system call is made here. libgpiod is not used: its interface of Debian 13 is another than
 * that of Debian 12, while the kernel's stays. Each line is asked for by itself, so that one that somebody else holds
 * costs nobody but its own point. */
#include "gpio_line.h"

#include <errno.h>
#include <string.h>

#include "hjgate/text.h"

#define ENOTSUPP_KERNEL 524 /* has no name outside of the kernel, and gets out all the same */

void gpio_line_request(const struct hj_conf_point *p, bool edges, struct gpio_v2_line_request *ret)
{
	static const uint64_t biases[] = { [HJ_BIAS_UP] = GPIO_V2_LINE_FLAG_BIAS_PULL_UP,
		[HJ_BIAS_DOWN] = GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN,
		[HJ_BIAS_OFF] = GPIO_V2_LINE_FLAG_BIAS_DISABLED };
	struct gpio_v2_line_config *c = &ret->config;

	memset(ret, 0, sizeof(*ret)); /* the kernel refuses what is not 0 in the padding */
	hj_text_copy(ret->consumer, sizeof(ret->consumer), "hjgate");
	ret->offsets[0] = p->address;
	ret->num_lines = 1;
	c->flags = GPIO_V2_LINE_FLAG_INPUT | biases[p->bias];
	if (p->active_low)
		c->flags |= GPIO_V2_LINE_FLAG_ACTIVE_LOW;
	if (!edges)
		return;
	c->flags |= GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING;
	ret->event_buffer_size = GPIO_EVENTS_KEPT;
	if (!p->debounce)
		return;
	c->num_attrs = 1;
	c->attrs[0].attr.id = GPIO_V2_LINE_ATTR_ID_DEBOUNCE;
	c->attrs[0].attr.debounce_period_us = p->debounce * 1000u;
	c->attrs[0].mask = 1;
}

int gpio_line_changes(const void *bytes, size_t n, uint32_t *seqno, bool ret_on[GPIO_EVENTS_READ], uint32_t *ret_lost)
{
	size_t count = n / sizeof(struct gpio_v2_line_event);
	struct gpio_v2_line_event event;
	uint32_t lost = 0;

	if (n % sizeof(event) || count > GPIO_EVENTS_READ)
		return -EBADMSG;
	for (size_t i = 0; i < count; i++) {
		memcpy(&event, (const uint8_t *)bytes + i * sizeof(event), sizeof(event));
		/* Edges are those of the value, not of the level: active_low is heeded already. */
		ret_on[i] = event.id == GPIO_V2_LINE_EVENT_RISING_EDGE;
		lost += event.line_seqno - *seqno - 1; /* it wraps, and so does the difference */
		*seqno = event.line_seqno;
	}
	*ret_lost = lost;
	return (int)count;
}

bool gpio_line_is_deaf(int error)
{
	return error == -ENXIO || error == -EOPNOTSUPP || error == -ENOTSUPP_KERNEL;
}

const char *gpio_line_why(int error)
{
	switch (error) {
	case -EBUSY:
		return "the line is in use";
	case -ERANGE:
		return "the chip has no such line";
	case -EPERM:
	case -EACCES:
		return "the line may not be used";
	default:
		return "the line cannot be had";
	}
}
