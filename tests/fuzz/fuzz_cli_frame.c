/* `hjgate frame decode` of any bytes: each thing it shows as JSON is a line of JSON and as text it is UTF-8. */
#include <jansson.h>
#include <string.h>

#include "../../services/cli/frame.h"
#include "fuzz.h"

size_t fuzz_mend(uint8_t *data, size_t n, size_t most)
{
	return mend_hj212(data, n, most, 0);
}

static void check_json(char *shown)
{
	char *line, *rest;

	for (line = strtok_r(shown, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		json_t *j = json_loads(line, 0, NULL);

		claim(json_is_object(j));
		json_decref(j);
	}
}

static void check_text(const char *shown, size_t n)
{
	json_t *j = json_stringn(shown, n);

	claim(j != NULL);
	json_decref(j);
}

static void show(const uint8_t *data, size_t n, frame_show_fn how)
{
	FILE *in = fmemopen((void *)(uintptr_t)data, n, "r"), *out;
	char *shown = NULL;
	size_t shown_n = 0;

	out = open_memstream(&shown, &shown_n);
	claim(in && out);
	frame_decode(in, out, how);
	fclose(in);
	fclose(out);
	if (how == frame_show_json)
		check_json(shown);
	else
		check_text(shown, shown_n);
	free(shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (!n)
		return 0;
	show(data, n, frame_show_json);
	show(data, n, frame_show_text);
	return 0;
}
