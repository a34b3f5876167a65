/* The language of the texts. Small images often have no generated locale, and a terminal that asks for zh_CN.UTF-8
 * would get English: then the C.UTF-8 that every system has carries the texts, and LANGUAGE names which. Numbers keep
 * their point: LC_NUMERIC is never set. From a build folder (bin/ beside locale/) the catalogue of that build is
 * taken, from anywhere else the installed one. */
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hjgate/service.h"
#include "hjgate/text.h"

#define DOMAIN "hjgate"

static const char *wanted(void)
{
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

	for (size_t i = 0; i < hj_array_size(names); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return value;
	}
	return "C";
}

/* "zh_CN.UTF-8" -> "zh_CN" */
static void fall_back(const char *name)
{
	const char *chosen = getenv("LANGUAGE");
	char language[32];

	setlocale(LC_CTYPE, "C.UTF-8");
	if (name[0] == 'C' || !strncmp(name, "POSIX", 5) || !setlocale(LC_MESSAGES, "C.UTF-8"))
		return;
	snprintf(language, sizeof(language), "%.*s", (int)strcspn(name, ".@"), name);
	setenv("LANGUAGE", language, !chosen || !*chosen); /* an empty one is no choice */
}

static const char *catalogue_folder(char *path, size_t size)
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char *slash;

	if (n <= 0)
		return HJ_LOCALEDIR;
	exe[n] = '\0';
	for (int i = 0; i < 2 && (slash = strrchr(exe, '/')); i++)
		*slash = '\0';
	if (snprintf(path, size, "%s/locale", exe) >= (int)size || access(path, X_OK) < 0)
		return HJ_LOCALEDIR;
	return path;
}

void hj_service_locale(void)
{
	char path[PATH_MAX + 16];
	bool ctype = setlocale(LC_CTYPE, "");

	if (!setlocale(LC_MESSAGES, "") || !ctype)
		fall_back(wanted());
	bindtextdomain(DOMAIN, catalogue_folder(path, sizeof(path)));
	bind_textdomain_codeset(DOMAIN, "UTF-8");
	textdomain(DOMAIN);
}
