/* Texts with {names}, their words in the reader's language. */
#include "render.h"

#include "hjgate/event.h"
#include "tables.h"

static const char *word(const char *name, const char *text)
{
	(void)name;
	return cli_reason(text);
}

static const char *word_of_event(const char *name, const char *text)
{
	return hj_event_is_reason(name) ? cli_reason(text) : text;
}

void cli_fill_event(const char *text, json_t *values, char *to, size_t size)
{
	hj_event_fill(text, values, word_of_event, to, size);
}

void cli_fill(const char *text, json_t *values, char *to, size_t size)
{
	hj_event_fill(text, values, word, to, size);
}
