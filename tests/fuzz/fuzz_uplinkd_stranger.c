/* Any bytes as the first of a connection: a frame is never the web, what comes later does not change what was said,
 * and neither does the case of letters or a line break before. */
#include <ctype.h>
#include <string.h>

#include "../../services/uplinkd/stranger.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	bool web = stranger_is_web((const char *)data, n), before = false;
	char *other = malloc(n + 2);

	if (!other)
		abort();
	claim(!web || n >= 5);
	claim(!web || isspace(*data) || *data == '<' || toupper(*data) == 'H');
	for (size_t k = 0; k <= n; k++) { /* as it comes, byte by byte */
		bool so_far = stranger_is_web((const char *)data, k);

		claim(so_far || !before);
		before = so_far;
	}
	memcpy(other, "\r\n", 2);
	for (size_t i = 0; i < n; i++)
		other[i + 2] = (char)(isupper(data[i]) ? tolower(data[i]) : toupper(data[i]));
	claim(stranger_is_web(other, n + 2) == web);
	free(other);
	return 0;
}
