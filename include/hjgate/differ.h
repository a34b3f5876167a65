/* What is new in a list of settings. Pure. */
#pragma once

#include <stddef.h>

/* Lines "key=value\n", each key once. old NULL: it was not there; new NULL: it is gone. */
typedef void (*hj_differ_fn)(const char *key, const char *old, const char *new, void *userdata);
#define HJ_DIFFER_LINE_MAX 400 /* bytes of a line; longer ones are cut */
void hj_differ_run(const char *old, const char *new, hj_differ_fn fn, void *userdata);
