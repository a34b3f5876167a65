/* What a TLS connection is to the rest of uplinkd. The code behind it is a shared object of its own (tls.c), loaded
 * only where an uplink asks for TLS: libssl costs a plain uplinkd no memory. It has its own fd and never blocks. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define TLS_FORM 3 /* of this header: a plugin of another build is refused */

/* Why there is no connection; each has its event. */
enum tls_reason {
	TLS_OTHER,
	TLS_FILE,    /* a file of ours cannot be used */
	TLS_NAME,    /* the certificate is for other names */
	TLS_ISSUER,  /* signed by nobody whom we trust */
	TLS_EXPIRED, /* theirs */
	TLS_NOT_YET, /* theirs is valid only from later on: the clock? */
	TLS_OURS,    /* they refuse our certificate, or want one */
	TLS_VERSION, /* no common version */
	TLS_NONE,    /* what answers speaks no TLS */
	TLS_PIN,     /* another key than the pinned one */
	TLS_REASONS
};
struct tls_trouble {
	enum tls_reason reason;
	char text[128];   /* for people, in English */
	char detail[128]; /* names, dates, a file: what the text is about; "" = nothing */
};

struct tls_setup {
	const char *ca, *cert, *key; /* paths; ca "": what the system trusts; cert "": none of ours */
	const char *name;            /* in the certificate, or an IP address */
	const char *pin;             /* hexadecimal; "" = none. Without ca it alone decides */
	int min;                     /* 12, 13 */
};

struct tls_facts {
	char version[16], cipher[48];
	char subject[128];
	int64_t theirs_end_ms, ours_end_ms; /* UTC; 0 = none */
};

/* TLS_WANT_ROOM: what was said goes first, so that bytes that come would wake nobody to any use. */
enum { TLS_WANT_READ = 1, TLS_WANT_WRITE, TLS_WANT_ROOM };

struct tls;
struct tls_ops {
	int form;
	/* Reads the files. -errno and the trouble. The fd stays the caller's. */
	int (*open)(const struct tls_setup *s, int fd, struct tls **ret, struct tls_trouble *ret_trouble);
	/* 0: done; TLS_WANT_...: again when the fd can; -EPROTO and the trouble. */
	int (*handshake)(struct tls *t, struct tls_trouble *ret_trouble);
	/* > 0; 0: they closed; -EAGAIN: again when the fd can do what want() says; -EPROTO, with the trouble of
	 * trouble(); another -errno. */
	ssize_t (*read)(struct tls *t, void *to, size_t n);
	ssize_t (*write)(struct tls *t, const void *from, size_t n);
	int (*want)(const struct tls *t);
	size_t (*unsent)(
	        const struct tls *t); /* bytes that write() took and the socket has not: they go with the next call */
	bool (*pending)(const struct tls *t); /* bytes that the fd will not announce any more */
	void (*trouble)(const struct tls *t, struct tls_trouble *ret);
	void (*facts)(const struct tls *t, struct tls_facts *ret);
	void (*close)(struct tls *t); /* says goodbye where that does not block; NULL is legal */
};
#define TLS_PLUGIN "hjgate-uplinkd-tls.so"
#define TLS_SYMBOL "hjgate_tls_ops"
