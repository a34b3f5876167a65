/* Texts with {names}, their words in the reader's language. */
#include "render.h"

#include "hjgate/event.h"
#include "tables.h"

void cli_fill(const char *text, json_t *values, char *to, size_t size)
{
	hj_event_fill(text, values, cli_reason, to, size);
}
