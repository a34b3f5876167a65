/* Inside the TLS plugin. */
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "tls.h"

struct tls {
	SSL_CTX *context;
	SSL *ssl;
	char pin[65];
	bool pin_alone; /* decides: nobody has to have signed */
	bool up;        /* the handshake is over */
	bool broken;    /* nothing more goes */
	bool reading;   /* the newest call */
	int want;       /* what that waits for, where it is not the usual */
	int fd;
	unsigned char *kept; /* what the socket has not taken: from kept_at to kept_to */
	size_t kept_at, kept_to;
	size_t kept_answers; /* bytes of it that a read had to say, until all has gone */
	struct tls_trouble trouble;
};

/* tls_bytes.c */
int tls_attach(struct tls *t, int fd); /* of t->ssl to the socket, which stays the caller's */
int tls_put_kept(struct tls *t);       /* 0: nothing is kept any more; -EAGAIN; another -errno */
size_t tls_unsent(const struct tls *t);
bool tls_deaf(const struct tls *t); /* has so much to answer that nothing is read before some of it has gone */
void tls_bytes_done(struct tls *t);

/* tls_words.c */
const char *tls_last_words(void); /* OpenSSL's newest error, as it words it */
/* What ended the handshake or the connection, from the verify result, the error queue and errno: t->trouble. */
/* The certificate is refused; it may be NULL. */
void tls_word_judgement(struct tls *t, long code, X509 *certificate);
void tls_word(struct tls *t, int saved_errno);
int64_t tls_end_ms(X509 *certificate); /* UTC; 0 where there is none */
