/* Makes the journal's catalog from the table of events, in one language: catalog LANGUAGE LOCALEDIR >hjgate.catalog.
 * Part of the build only. */
#include <libintl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "hjgate/event.h"
#include "hjgate/journal.h"

#define ENTRY_MAX 4096 /* bytes */

int main(int argc, char **argv)
{
	const struct hj_event_type *type;
	char entry[ENTRY_MAX];

	if (argc != 3 || !setlocale(LC_ALL, "C.UTF-8")) {
		fprintf(stderr, "usage: catalog LANGUAGE LOCALEDIR\n");
		return 2;
	}
	setenv("LANGUAGE", argv[1], 1);
	bindtextdomain("hjgate", argv[2]);
	bind_textdomain_codeset("hjgate", "UTF-8");
	textdomain("hjgate");
	for (size_t i = 0; (type = hj_event_at(i)); i++) {
		if (hj_journal_entry(type, entry, sizeof(entry)) < 0)
			return 1;
		fputs(entry, stdout);
	}
	return fflush(stdout) ? 1 : 0;
}
