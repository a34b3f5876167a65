/* Texts with {names}. What is filled in came from outside: it is copied, never interpreted. */
#include "hjgate/event.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "hjgate/cleanup.h"
#include "hjgate/clock.h"
#include "hjgate/text.h"

#define NAME_MAX_BYTES 32
#define TIME_LEAST_MS  100000000000LL /* 1973: no count and no seq is that large */

/* What is a person's or a file's (a name, a key, a reason that somebody typed) may be spelt like a
 * word of ours, and is none. */
bool hj_event_is_reason(const char *name)
{
	static const char *const reasons[] = { "error", "detail", "why", "text", "how", "result", "status", "whose" };

	for (size_t i = 0; i < hj_array_size(reasons); i++)
		if (!strcmp(name, reasons[i]))
			return true;
	return false;
}

static void value_text(const char *name, const json_t *value, hj_event_word_fn word, char *to, size_t size)
{
	char text[HJ_TIME_HUMAN_LEN + HJ_NUMBER_LEN];

	if (json_is_string(value)) {
		hj_text_copy(to, size, word ? word(name, json_string_value(value)) : json_string_value(value));
		return;
	}
	if (json_is_integer(value) && json_integer_value(value) >= TIME_LEAST_MS &&
	        json_integer_value(value) <= HJ_TIME_MAX_MS)
		hj_time_human(json_integer_value(value), false, text);
	else if (json_is_integer(value))
		snprintf(text, sizeof(text), "%lld", (long long)json_integer_value(value));
	else if (!json_is_real(value) || hj_number_format(json_real_value(value), -1, text) < 0)
		strcpy(text, "?");
	hj_text_copy(to, size, text);
}

/* The length of "{name}" at `text`, its name in `ret`; 0 where none begins there. */
static size_t placeholder(const char *text, char ret[NAME_MAX_BYTES])
{
	size_t n = strcspn(text, "}");

	if (text[0] != '{' || text[n] != '}' || n < 2 || n > NAME_MAX_BYTES)
		return 0;
	memcpy(ret, text + 1, n - 1);
	ret[n - 1] = '\0';
	return n + 1;
}

/* A text that was cut may end in half a character: the length without it. */
static size_t whole_characters(const char *text, size_t n)
{
	size_t lead = n;

	while (lead > 0 && n - lead < 3 && (text[lead - 1] & 0xc0) == 0x80)
		lead--;
	if (lead == 0 || !(text[lead - 1] & 0x80))
		return n;
	lead--;
	return n - lead == ((text[lead] & 0xf8) == 0xf0 ? 4u : (text[lead] & 0xf0) == 0xe0 ? 3u : 2u) ? n : lead;
}

void hj_event_fill(
        const char *text, const struct json_t *values, hj_event_word_fn word, char *to, size_t size)
{
	char name[NAME_MAX_BYTES];
	size_t used = 0;

	while (*text && used + 1 < size) {
		size_t n = placeholder(text, name);

		if (n) {
			value_text(name, json_object_get(values, name), word, to + used, size - used);
			used += strlen(to + used);
			text += n;
			continue;
		}
		to[used++] = *text++;
	}
	used = whole_characters(to, used);
	to[used] = '\0';
}
