/* Which site this is. A file that cannot be used adds nothing. */
#include <stdio.h>
#include <string.h>

#include "hjgate/conf.h"
#include "site.h"

/* Is the word of n bytes among those of `list`? */
static bool has_word(const char *list, const char *word, size_t n)
{
	for (; *list; list += strspn(list, " ")) {
		size_t length = strcspn(list, " ");

		if (length == n && !strncmp(list, word, n))
			return true;
		list += length;
	}
	return false;
}

bool cli_site_common(const char *one, const char *other)
{
	for (; *one; one += strspn(one, " ")) {
		size_t n = strcspn(one, " ");

		if (n && has_word(other, one, n))
			return true;
		one += n;
	}
	return false;
}

void cli_site(const char *root, char ret[CLI_SITE_MAX + 1])
{
	char **names = NULL;
	size_t count = 0, used = 0;

	ret[0] = '\0';
	hj_conf_names(root, "uplinks.d", &names, &count);
	for (size_t i = 0; i < count; i++) {
		struct hj_conf_errors errors = { 0 };
		struct hj_conf_uplink u;

		if (hj_conf_load_uplink(root, names[i], &u, &errors) >= 0) {
			if (!cli_site_common(u.mn, ret) && used + strlen(u.mn) + 1 < CLI_SITE_MAX)
				used += (size_t)snprintf(
				        ret + used, CLI_SITE_MAX + 1 - used, "%s%s", used ? " " : "", u.mn);
			hj_conf_uplink_done(&u);
		}
		hj_conf_errors_done(&errors);
	}
	hj_conf_names_free(names, count);
}
