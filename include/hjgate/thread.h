/* The few threads there are: for library calls that block longer than a daemon may, such as the lookup of a name. */
#pragma once

/* Runs on its own and is joined by nobody; signals stay the loop's. 0 or -errno. */
int hj_thread_start(void *(*run)(void *data), void *data);
