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
	bool broken;    /* nothing more goes */
	int want;       /* what the newest call waits for, where it is not the usual */
	struct tls_trouble trouble;
};

/* tls_words.c */
const char *tls_last_words(void); /* OpenSSL's newest error, as it words it */
/* What ended the handshake or the connection, from the verify result, the error queue and errno: t->trouble. */
/* The certificate is refused; it may be NULL. */
void tls_word_judgement(struct tls *t, long code, X509 *certificate);
void tls_word(struct tls *t, int saved_errno);
int64_t tls_end_ms(X509 *certificate); /* UTC; 0 where there is none */
