/* Who answers, if it is no platform: the portal of an operator whose SIM is cut answers every connection with a page
 * of the web. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The first bytes of a connection. True: it is the web. */
bool stranger_is_web(const char *data, size_t n);
