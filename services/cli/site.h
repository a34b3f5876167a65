/* Which site this is: the MNs of its platforms. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define CLI_SITE_MAX 256 /* bytes; more MNs than fit are left out */

/* Every MN once, in the order of the uplinks' names, a blank between; "" where none is configured. */
void cli_site(const char *root, char ret[CLI_SITE_MAX + 1]);
/* Do the two have one in common? */
bool cli_site_common(const char *one, const char *other);
