/* See stranger.h. Only what stands at the very begin counts: a frame may hold any text. */
#include "stranger.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "hjgate/cleanup.h"

bool stranger_is_web(const char *data, size_t n)
{
	static const char *const signs[] = { "HTTP/1.", "HTTP/2", "<html", "<!doctype", "<?xml", "<head" };

	while (n && isspace((unsigned char)*data)) {
		data++;
		n--;
	}
	for (size_t i = 0; i < hj_array_size(signs); i++)
		if (n >= strlen(signs[i]) && !strncasecmp(data, signs[i], strlen(signs[i])))
			return true;
	return false;
}
