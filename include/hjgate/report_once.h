/* Telling eventd of something without a loop: one message that wants no answer, written into its socket, where it
 * waits while eventd is down. For those who have nothing else to say to anybody. */
#pragma once

/* A moment. Its code, what it is about (key), who says it, and one or two values by their names (value2 may be NULL).
 * Texts without quotes and backslashes only. -errno: it could not be left there. */
int hj_report_once(const char *root, const char *source, const char *code, const char *key, const char *name,
        const char *value, const char *name2, const char *value2);
