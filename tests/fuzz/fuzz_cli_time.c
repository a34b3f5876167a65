/* Times as a person writes them: refused, or a time that can be shown; a length is none below nothing. */
#include <string.h>

#include "../../services/cli/timespec.h"
#include "hjgate/clock.h"
#include "fuzz.h"

#define NOW_MS 1795392000000LL

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char text[256], shown[CLI_SPAN_LEN];
	int64_t ms = 0, length = 0;

	if (n >= sizeof(text))
		return 0;
	memcpy(text, data, n);
	text[n] = '\0';
	if (cli_time_parse(text, NOW_MS, &ms) == 0)
		claim(ms >= -HJ_TIME_MAX_MS && ms <= HJ_TIME_MAX_MS);
	if (cli_length_parse(text, &length) == 0) {
		claim(length >= 0);
		claim(strlen(cli_span(length, shown)) < CLI_SPAN_LEN);
	}
	return 0;
}
