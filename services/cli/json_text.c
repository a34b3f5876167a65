/* See json_text.h. json_dumpf() would leave half a value where it fails. */
#include "json_text.h"
#include "hjgate/cleanup.h"

#define DIGITS 15 /* as many as any decimal keeps in a double */

char *cli_json_text(const json_t *value)
{
	return value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(DIGITS)) : NULL;
}

void cli_json_line(FILE *to, const json_t *value)
{
	_cleanup_free_ char *text = cli_json_text(value);

	fprintf(to, "%s\n", text ? text : "null");
}
