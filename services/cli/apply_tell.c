/* Who is at work, and that it is an event. */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply.h"
#include "ask.h"

/* Through sudo root is nobody in particular. */
void apply_who(char to[APPLY_BY_MAX])
{
	const char *by = geteuid() == 0 ? getenv("SUDO_USER") : NULL;
	const struct passwd *pw = getpwuid(geteuid());

	if (by && *by && getpwnam(by))
		hj_text_copy(to, APPLY_BY_MAX, by);
	else if (pw)
		hj_text_copy(to, APPLY_BY_MAX, pw->pw_name);
	else
		snprintf(to, APPLY_BY_MAX, "uid %u", (unsigned)geteuid());
}

/* values are stolen. It lies in eventd's socket as soon as it is said, however long is waited. */
void apply_tell(const char *root, const char *code, json_t *values, int wait_ms)
{
	_cleanup_json_ json_t *answer = NULL;

	cli_ask_quiet(root, "eventd.peer", "hjgate.Event.Log",
	        json_pack("{ss ss ss ss so}", "code", code, "phase", "moment", "key", "configuration", "source",
	                "apply", "values", values),
	        wait_ms, &answer, NULL);
}
