/* Any text as HOST:PORT of link.others: refused, or a host and a port that are written and read again as they are. */
#include <stdio.h>
#include <string.h>

#include "../../src/sys/conf_table.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct hj_conf_place place, again;
	char text[1024], written[sizeof(place.host) + 16];
	const char *why;

	if (n >= sizeof(text))
		return 0;
	memcpy(text, data, n);
	text[n] = '\0';
	memset(&place, 0xA5, sizeof(place)); /* what is refused leaves it as it was */
	again = place;
	if (conf_place_parse(text, &place) < 0) {
		claim(!memcmp(&place, &again, sizeof(place)));
		return 0;
	}
	claim(place.port >= 1 && place.port <= 65535);
	claim(memchr(place.host, '\0', sizeof(place.host)) && conf_check_host(place.host, &why) == 0);
	snprintf(written, sizeof(written), strchr(place.host, ':') ? "[%s]:%u" : "%s:%u", place.host,
	        (unsigned)place.port);
	claim(conf_place_parse(written, &again) == 0);
	claim(!strcmp(place.host, again.host) && place.port == again.port);
	return 0;
}
