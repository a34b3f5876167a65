/* Secrets are in files: of the credentials that systemd hands over, or of a folder of ours. Read for each message, so
 * that a new one counts at once, and wiped after it; never logged. */
#pragma once

#include <stddef.h>

#define SECRET_MAX 512 /* bytes */

/* A name without / is looked for in $CREDENTIALS_DIRECTORY, then below /etc/hjgate/secrets; one with / at its begin
 * is the path itself. The first line counts. 0; -EPERM: others may read it; -ENODATA: it is empty; -errno. */
int secret_file_read(const char *root, const char *name, char ret[SECRET_MAX]);
/* Why, for people. */
void secret_file_why(const char *what, const char *name, int error, char *to, size_t size);
