/* The bytes of one connection, plain or through TLS, never blocking. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "tls.h"

struct wire {
	int fd;                    /* < 0: none */
	const struct tls_ops *ops; /* NULL: plain */
	struct tls *tls;
};
#define WIRE_NONE ((struct wire){ .fd = -1 })

void wire_close(struct wire *w);
/* > 0; 0: the other end closed; -EAGAIN; -errno (-EPROTO of TLS: wire_trouble()). */
ssize_t wire_read(struct wire *w, void *to, size_t n);
/* Bytes taken; -EAGAIN; -errno. */
ssize_t wire_write(struct wire *w, const void *from, size_t n);
/* What epoll has to wait for, after the newest call; `writing`: bytes wait to be written. */
uint32_t wire_events(const struct wire *w, bool writing);
bool wire_pending(const struct wire *w);       /* there is more to read, of which epoll knows nothing */
size_t wire_undelivered(const struct wire *w); /* bytes written that the other TCP has not acknowledged; SIZE_MAX */
void wire_trouble(const struct wire *w, int error, struct tls_trouble *ret);

/* The plugin, loaded at its first use and kept. -errno, with words in ret_why. */
int tls_load(const struct tls_ops **ret, char *ret_why, size_t size);
