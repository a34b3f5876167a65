/* Passwords out of sight. Case is ignored, since peers ignore it, and a name counts where no letter stands before it,
 * so that a broken frame gives nothing away either. */
#include "hjgate/hj212_mask.h"
#include "hjgate/cleanup.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static bool is_letter(char c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

/* Bytes of the name and its "=" at p; 0: none of a secret. */
static size_t secret_at(const char *p, size_t n, bool letter_before)
{
	static const struct {
		const char *name;
		bool anywhere; /* behind a letter, too */
	} secrets[] = { { "PW=", false }, { "NewPW=", true }, { "NewSK=", true } };

	for (size_t i = 0; i < hj_array_size(secrets); i++) {
		size_t k = strlen(secrets[i].name);

		if (k <= n && !strncasecmp(p, secrets[i].name, k) && (secrets[i].anywhere || !letter_before))
			return k;
	}
	return 0;
}

static bool ends_value(char c)
{
	return c == ';' || c == ',' || c == '&' || c == '\r' || c == '\n';
}

void hj212_mask(char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t k = secret_at(text + i, n - i, i && is_letter(text[i - 1]));

		if (!k)
			continue;
		for (i += k; i < n && !ends_value(text[i]); i++)
			text[i] = '*';
	}
}
