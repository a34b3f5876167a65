/* What a bundle hides: only stars are put in, and a secret is gone whatever stands before it. The first byte: in
 * which form it is told; the second: how much of the rest stands before it; all after that is the secret. */
#include <string.h>

#include "../../services/cli/bundle.h"
#include "fuzz.h"

#define INPUT_MOST 2000

static const struct form {
	const char *before, *after;
	bool of_line; /* what stands before is on a line of its own */
	bool of_uplink;
} forms[] = {
	{ "root changed PW of uplinks.d/county.conf from ", " to -", false, false },
	{ "uplinks.d/county.conf: PW is ", " now, before -", true, false },
	{ "{\"key\": \"uplinks.d/county.conf PW\", \"values\": {\"old\": \"", "\", \"new\": \"-\"}}", true, false },
	{ "url = \"https://example.org/\"\n\t\"", "\";\n", true, false },
	{ "PW = \"", "\";\nport = 9000;\n", true, true },
	{ "login: { Pin /* a new one */ : \"a\"\n\"", "\"; };\n", true, true },
};

/* A quotation mark would end what is told, or the string before it; a NUL ends a file. */
static void append(char *text, size_t *n, const void *from, size_t k)
{
	for (size_t i = 0; i < k; i++) {
		char c = ((const char *)from)[i];

		text[(*n)++] = c == '"' || c == '\0' ? '\'' : c;
	}
}

static void append_words(char *text, size_t *n, const char *words)
{
	memcpy(text + *n, words, strlen(words));
	*n += strlen(words);
}

static void scrub(char *text, size_t n, bool of_uplink)
{
	static const char secrets[][HJ_MN_MAX + 1] = { "123456" };
	char *before = malloc(n);

	claim(before != NULL);
	memcpy(before, text, n);
	if (of_uplink)
		bundle_scrub_uplink(text, n);
	bundle_scrub(secrets, hj_array_size(secrets), text, n);
	for (size_t i = 0; i < n; i++)
		claim(text[i] == before[i] || (text[i] == '*' && before[i] != '\n' && before[i] != '\r'));
	free(before);
}

static void try_form(const struct form *f, const uint8_t *before, size_t before_n, const uint8_t *secret, size_t n)
{
	char *text = malloc(before_n + n + strlen(f->before) + strlen(f->after) + 1);
	size_t at, used = 0;

	claim(text != NULL);
	append(text, &used, before, before_n);
	append_words(text, &used, f->of_line ? "\n" : "");
	append_words(text, &used, f->before);
	at = used;
	append(text, &used, secret, n);
	append_words(text, &used, f->after);
	for (size_t i = at; i < at + n; i++) /* a secret has one line, and is not escaped */
		if (text[i] == '\n' || text[i] == '\r' || text[i] == '\\')
			text[i] = '/';
	scrub(text, used, f->of_uplink);
	for (size_t i = at; i < at + n; i++)
		claim(text[i] == '*');
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	size_t before;

	if (n < 2 || n > INPUT_MOST)
		return 0;
	before = hj_min((size_t)data[1], n - 2);
	if (data[0] % 8 < hj_array_size(forms)) {
		try_form(&forms[data[0] % 8], data + 2, before, data + 2 + before, n - 2 - before);
	} else if (n > 2) {
		char *text = malloc(n - 2);

		claim(text != NULL);
		memcpy(text, data + 2, n - 2);
		scrub(text, n - 2, data[0] & 1);
		free(text);
	}
	return 0;
}
