/* See thread.h. */
#include "hjgate/thread.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>

#define STACK_BYTES (256u << 10) /* name service modules want some */

int hj_thread_start(void *(*run)(void *data), void *data)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	pthread_t id;
	int r = pthread_attr_init(&attributes);

	if (r)
		return -r;
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&id, &attributes, run, data);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return -r;
}
