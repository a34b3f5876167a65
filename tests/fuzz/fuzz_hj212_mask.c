/* Any bytes as a frame that is shown: afterwards no secret has a value, nothing else is another, and a mask of what
 * is masked changes nothing. The names are looked for here in a way of its own: from each name on, not byte by byte.
 */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "fuzz.h"
#include "hjgate/hj212_mask.h"

/* Where the value of a secret begins that stands at i; 0: none does. */
static size_t value_at(const char *text, size_t n, size_t i)
{
	static const char *const names[] = { "NewPW=", "NewSK=", "PW=" };

	for (size_t k = 0; k < 3; k++) {
		size_t length = strlen(names[k]);

		if (i + length > n || strncasecmp(text + i, names[k], length))
			continue;
		if (k < 2 || !i || !isalpha((unsigned char)text[i - 1]))
			return i + length;
	}
	return 0;
}

static size_t value_end(const char *text, size_t n, size_t from)
{
	while (from < n && !memchr(";,&\r\n", text[from], 5))
		from++;
	return from;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *text = malloc(n ? n : 1), *again = malloc(n ? n : 1);
	size_t until = 0;

	if (!text || !again)
		abort();
	memcpy(text, data, n);
	hj212_mask(text, n);
	for (size_t i = 0; i < n; i++) {
		size_t value = i < until ? 0 : value_at((const char *)data, n, i);

		claim(text[i] == (i < until ? '*' : (char)data[i]) || value);
		if (!value)
			continue;
		claim(!memcmp(text + i, data + i, value - i));
		until = value_end((const char *)data, n, value);
		i = value - 1;
	}
	memcpy(again, text, n);
	hj212_mask(again, n);
	claim(!memcmp(again, text, n));
	free(text);
	free(again);
	return 0;
}
