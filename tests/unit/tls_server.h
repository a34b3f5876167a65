/* The other end of a TLS connection, in this very process and without blocking: it takes and gives pieces of a long
 * text that both ends know by heart, and asks for new keys in between. */
#pragma once

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hjgate/cleanup.h"

#define SERVER_PIECE 1500 /* bytes of a step */

struct tls_server {
	SSL_CTX *context;
	SSL *ssl;
	EVP_PKEY *key;
	X509 *certificate;
	char pin[65];
	size_t taken, given, most; /* bytes so far; what is given in all */
	unsigned keys_every;       /* steps between two requests for new keys; 0 = none */
	unsigned steps;
	bool deaf;    /* takes nothing */
	bool careful; /* asks for new keys where that goes out at once: two ends that wait for room for it wait for
	                 ever */
};

/* Byte i of what either end says. */
static inline unsigned char told(size_t i)
{
	return (unsigned char)(i * 31 + i / 251 * 7 + i / 65521);
}

static inline void check_told(const void *data, size_t n, size_t at)
{
	for (size_t i = 0; i < n; i++)
		if (((const unsigned char *)data)[i] != told(at + i))
			fail_msg("byte %zu is another one", at + i);
}

/* `weight`: bytes of a comment in it, so that it does not fit into a buffer. */
static inline X509 *make_certificate(EVP_PKEY *key, size_t weight)
{
	X509 *c = X509_new();
	X509_NAME *name = X509_get_subject_name(c);
	char *comment = malloc(weight + 1);
	X509_EXTENSION *extension;

	memset(comment, 'x', weight);
	comment[weight] = '\0';
	X509_set_version(c, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(c), 1);
	X509_gmtime_adj(X509_getm_notBefore(c), -3600);
	X509_gmtime_adj(X509_getm_notAfter(c), 3600);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1, -1, 0);
	X509_set_issuer_name(c, name);
	X509_set_pubkey(c, key);
	extension = X509V3_EXT_conf_nid(NULL, NULL, NID_netscape_comment, comment);
	X509_add_ext(c, extension, -1);
	X509_EXTENSION_free(extension);
	free(comment);
	assert_true(X509_sign(c, key, EVP_sha256()) > 0);
	return c;
}

static inline int trust_anybody(int good, X509_STORE_CTX *store)
{
	return 1;
}

static inline void server_pin(struct tls_server *s)
{
	unsigned char digest[32], *der = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(s->certificate), &der);

	assert_true(n > 0 && EVP_Digest(der, (size_t)n, digest, NULL, EVP_sha256(), NULL) == 1);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(s->pin + 2 * i, 3, "%02x", digest[i]);
	OPENSSL_free(der);
}

static inline void server_new(struct tls_server *s, int version, size_t weight)
{
	*s = (struct tls_server){ .key = EVP_EC_gen("P-256") };
	s->certificate = make_certificate(s->key, weight);
	s->context = SSL_CTX_new(TLS_server_method());
	SSL_CTX_set_max_proto_version(s->context, version);
	SSL_CTX_set_mode(s->context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_num_tickets(s->context, 0); /* each would hold the client's certificate */
	SSL_CTX_set_verify(s->context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, trust_anybody);
	assert_int_equal(SSL_CTX_use_certificate(s->context, s->certificate), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(s->context, s->key), 1);
	server_pin(s);
}

/* Owns the fd. */
static inline void server_accept(struct tls_server *s, int fd)
{
	s->ssl = SSL_new(s->context);
	SSL_set_fd(s->ssl, fd);
	SSL_set_accept_state(s->ssl);
}

static inline void server_done(struct tls_server *s)
{
	if (s->ssl) {
		close(SSL_get_fd(s->ssl));
		SSL_free(s->ssl);
	}
	SSL_CTX_free(s->context);
	X509_free(s->certificate);
	EVP_PKEY_free(s->key);
}

static inline bool server_waits(struct tls_server *s, int r)
{
	int error = SSL_get_error(s->ssl, r);

	return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

static inline void server_take(struct tls_server *s)
{
	unsigned char data[SERVER_PIECE];
	int n = SSL_read(s->ssl, data, sizeof(data));

	assert_true(n > 0 || server_waits(s, n));
	if (n <= 0)
		return;
	check_told(data, (size_t)n, s->taken);
	s->taken += (size_t)n;
}

static inline void server_give(struct tls_server *s)
{
	unsigned char data[SERVER_PIECE];
	size_t n = hj_min(sizeof(data), s->most - s->given);
	int r;

	for (size_t i = 0; i < n; i++)
		data[i] = told(s->given + i);
	r = n ? SSL_write(s->ssl, data, (int)n) : 0;
	assert_true(r > 0 || !n || server_waits(s, r));
	s->given += (size_t)hj_max(r, 0);
}

static inline bool server_has_room(struct tls_server *s)
{
	struct pollfd p = { .fd = SSL_get_fd(s->ssl), .events = POLLOUT };

	return poll(&p, 1, 0) > 0;
}

/* A bit of what it can do now. */
static inline void server_step(struct tls_server *s)
{
	if (!SSL_is_init_finished(s->ssl)) {
		int r = SSL_do_handshake(s->ssl);

		assert_true(r == 1 || server_waits(s, r));
		return;
	}
	if (s->keys_every && !(++s->steps % s->keys_every) && server_has_room(s) &&
	        SSL_get_key_update_type(s->ssl) < 0)
		SSL_key_update(s->ssl, SSL_KEY_UPDATE_REQUESTED); /* refused amid a piece: later, then */
	ERR_clear_error();
	server_give(s);
	if (!s->deaf)
		server_take(s);
}

/* Certificate and key of a client, as files that end with the test. */
static inline void client_files(const char *folder, size_t weight, char cert[64], char key[64])
{
	EVP_PKEY *k = EVP_EC_gen("P-256");
	X509 *c = make_certificate(k, weight);
	FILE *f;

	snprintf(cert, 64, "%s/cert.pem", folder);
	snprintf(key, 64, "%s/key.pem", folder);
	f = fopen(cert, "w");
	assert_true(f && PEM_write_X509(f, c) == 1 && !fclose(f));
	f = fopen(key, "w");
	assert_true(f && PEM_write_PrivateKey(f, k, NULL, NULL, 0, NULL, NULL) == 1 && !fclose(f));
	X509_free(c);
	EVP_PKEY_free(k);
}
