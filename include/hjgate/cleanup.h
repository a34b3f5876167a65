/* One owner for each thing: _cleanup_ releases it, hj_steal() hands it on. */
#pragma once

#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(f)   __attribute__((__cleanup__(f)))
#define _printf_(a, b) __attribute__((__format__(printf, a, b)))

/* Makes `freep(type *p)` from a `free(type)` that accepts NULL. */
#define HJ_DEFINE_CLEANUP(type, func)                                                                                \
	static inline void func##p(type *p)                                                                          \
	{                                                                                                            \
		if (*p)                                                                                              \
			func(*p);                                                                                    \
		*p = NULL;                                                                                           \
	}

#define _cleanup_free_ _cleanup_(hj_freep)
#define _cleanup_fd_   _cleanup_(hj_closep)

static inline void hj_freep(void *p)
{
	free(*(void **)p);
	*(void **)p = NULL;
}

static inline void hj_closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Gives the pointer away: the variable is NULL afterwards. */
#define hj_steal(p)                                                                                                  \
	({                                                                                                           \
		__typeof__(p) hj_steal_ = (p);                                                                       \
		(p) = NULL;                                                                                          \
		hj_steal_;                                                                                           \
	})

#define hj_array_size(a) (sizeof(a) / sizeof((a)[0]))
#define hj_min(a, b)                                                                                                 \
	({                                                                                                           \
		__typeof__(a) hj_a_ = (a);                                                                           \
		__typeof__(b) hj_b_ = (b);                                                                           \
		hj_a_ < hj_b_ ? hj_a_ : hj_b_;                                                                       \
	})
#define hj_max(a, b)                                                                                                 \
	({                                                                                                           \
		__typeof__(a) hj_a_ = (a);                                                                           \
		__typeof__(b) hj_b_ = (b);                                                                           \
		hj_a_ > hj_b_ ? hj_a_ : hj_b_;                                                                       \
	})
