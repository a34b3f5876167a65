/* TLS by OpenSSL, as a shared object of its own (see tls.h): a context a connection, so that certificates that were
 * renewed on the disk count from the next one on, and nothing is held while there is none. Memory is what it costs
 * most in: buffers are released while idle, no sessions are kept, the configuration of OpenSSL is not read.
 *
 * It stands alone: no code of hjgate is in it. How bytes come and go is in tls_bytes.c; whatever OpenSSL says ends
 * here as words (tls_words.c). */
#include "tls_private.h"

#include <errno.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CHAIN_DEPTH_MAX 8

/* ---- the files ---- */

static int file_trouble(struct tls_trouble *to, const char *path, const char *what)
{
	to->reason = TLS_FILE;
	snprintf(to->text, sizeof(to->text), "%s", what);
	snprintf(to->detail, sizeof(to->detail), "%s: %s", path, tls_last_words());
	return -EINVAL;
}

static int read_files(SSL_CTX *c, const struct tls_setup *s, struct tls_trouble *to)
{
	if (s->ca[0] && SSL_CTX_load_verify_locations(c, s->ca, NULL) != 1)
		return file_trouble(to, s->ca, "the file of tls.ca cannot be used");
	if (!s->ca[0] && !s->pin[0])
		SSL_CTX_set_default_verify_paths(c);
	if (!s->cert[0])
		return 0;
	if (SSL_CTX_use_certificate_chain_file(c, s->cert) != 1)
		return file_trouble(to, s->cert, "the file of tls.cert cannot be used");
	if (SSL_CTX_use_PrivateKey_file(c, s->key, SSL_FILETYPE_PEM) != 1)
		return file_trouble(to, s->key, "the file of tls.key cannot be used");
	if (SSL_CTX_check_private_key(c) != 1)
		return file_trouble(to, s->key, "the key of tls.key is not that of the certificate of tls.cert");
	return 0;
}

/* ---- opening ---- */

/* With a pin alone nobody has to have signed: the key is looked at when the handshake is over. */
static int judge(int good, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls *t = SSL_get_app_data(ssl);

	if (t->pin_alone)
		return 1;
	if (!good)
		tls_word_judgement(t, X509_STORE_CTX_get_error(store), X509_STORE_CTX_get_current_cert(store));
	return good;
}

static int set_name(SSL *ssl, const char *name)
{
	X509_VERIFY_PARAM *p = SSL_get0_param(ssl);

	if (X509_VERIFY_PARAM_set1_ip_asc(p, name) == 1)
		return 0;
	ERR_clear_error();
	X509_VERIFY_PARAM_set_hostflags(p, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (X509_VERIFY_PARAM_set1_host(p, name, 0) != 1 || SSL_set_tlsext_host_name(ssl, name) != 1)
		return -EINVAL;
	return 0;
}

static SSL_CTX *new_context(const struct tls_setup *s)
{
	SSL_CTX *c;

	OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	c = SSL_CTX_new(TLS_client_method());
	if (!c)
		return NULL;
	SSL_CTX_set_min_proto_version(c, s->min == 13 ? TLS1_3_VERSION : TLS1_2_VERSION);
	SSL_CTX_set_mode(
	        c, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_options(
	        c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET | SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_verify_depth(c, CHAIN_DEPTH_MAX);
	SSL_CTX_set_verify(c, SSL_VERIFY_PEER, judge);
	return c;
}

static void tls_close(struct tls *t)
{
	if (!t)
		return;
	if (t->ssl && !t->broken && SSL_is_init_finished(t->ssl))
		SSL_shutdown(t->ssl);
	SSL_free(t->ssl);
	SSL_CTX_free(t->context);
	tls_bytes_done(t);
	ERR_clear_error();
	free(t);
}

static int make(struct tls *t, const struct tls_setup *s, int fd, struct tls_trouble *to)
{
	int r;

	t->context = new_context(s);
	if (!t->context)
		return -ENOMEM;
	r = read_files(t->context, s, to);
	if (r < 0)
		return r;
	t->ssl = SSL_new(t->context);
	if (!t->ssl)
		return -ENOMEM;
	if (set_name(t->ssl, s->name) < 0)
		return file_trouble(to, s->name, "the name of the platform is none that a certificate can have");
	SSL_set_app_data(t->ssl, t);
	SSL_set_connect_state(t->ssl);
	return tls_attach(t, fd);
}

static int tls_open(const struct tls_setup *s, int fd, struct tls **ret, struct tls_trouble *ret_trouble)
{
	struct tls *t = calloc(1, sizeof(*t));
	int r;

	ERR_clear_error();
	if (!t)
		return -ENOMEM;
	snprintf(t->pin, sizeof(t->pin), "%s", s->pin);
	t->pin_alone = s->pin[0] && !s->ca[0];
	r = make(t, s, fd, ret_trouble);
	if (r < 0) {
		t->broken = true;
		tls_close(t);
		return r;
	}
	*ret = t;
	return 0;
}

/* ---- the handshake ---- */

static int check_pin(struct tls *t)
{
	X509 *theirs = SSL_get0_peer_certificate(t->ssl);
	unsigned char digest[32], *der = NULL;
	char text[65] = "";
	int n = theirs ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(theirs), &der) : -1;

	if (n > 0 && EVP_Digest(der, (size_t)n, digest, NULL, EVP_sha256(), NULL) == 1)
		for (size_t i = 0; i < sizeof(digest); i++)
			snprintf(text + 2 * i, 3, "%02x", digest[i]);
	OPENSSL_free(der);
	if (!strcasecmp(text, t->pin))
		return 0;
	t->trouble.reason = TLS_PIN;
	snprintf(t->trouble.text, sizeof(t->trouble.text), "the platform's key is not the one of tls.pin");
	snprintf(t->trouble.detail, sizeof(t->trouble.detail), "%s", text);
	return -EPROTO;
}

static int broken(struct tls *t)
{
	t->broken = true;
	return -EPROTO;
}

static int tls_handshake(struct tls *t, struct tls_trouble *ret_trouble)
{
	int r, error;

	ERR_clear_error();
	errno = 0;
	r = SSL_do_handshake(t->ssl);
	if (r == 1 && (!t->pin[0] || check_pin(t) == 0)) {
		t->up = true;
		return 0;
	}
	error = r == 1 ? 0 : SSL_get_error(t->ssl, r);
	if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
		return error == SSL_ERROR_WANT_READ ? TLS_WANT_READ : TLS_WANT_WRITE;
	if (r != 1)
		tls_word(t, errno);
	*ret_trouble = t->trouble;
	return broken(t);
}

/* ---- bytes ---- */

/* What is kept goes before anything else; `want` is what OpenSSL waits for, where it is not the usual. */
static void wait_for(struct tls *t, int want)
{
	t->want = tls_deaf(t) ? TLS_WANT_ROOM : tls_unsent(t) ? TLS_WANT_WRITE : want;
}

static ssize_t result(struct tls *t, int r)
{
	int error = SSL_get_error(t->ssl, r), saved = errno;

	wait_for(t, 0);
	switch (error) {
	case SSL_ERROR_WANT_READ:
		wait_for(t, t->reading ? 0 : TLS_WANT_READ); /* who reads waits for bytes anyway */
		return -EAGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	case SSL_ERROR_SYSCALL:
		t->broken = true;
		return saved ? -saved : 0;
	default:
		tls_word(t, saved);
		return broken(t);
	}
}

/* What is left of an earlier call would be taken for this one's error. 0; -EAGAIN: what is kept has to go first. */
static ssize_t ready_for_bytes(struct tls *t, bool reading)
{
	int r;

	if (t->broken)
		return t->trouble.text[0] ? -EPROTO : -ECONNRESET;
	r = tls_put_kept(t);
	wait_for(t, 0);
	t->broken = r < 0 && r != -EAGAIN;
	t->reading = reading;
	ERR_clear_error();
	errno = 0;
	return r;
}

static ssize_t tls_read(struct tls *t, void *to, size_t n)
{
	ssize_t ready = ready_for_bytes(t, true);
	size_t done;
	int r;

	if (ready < 0 && ready != -EAGAIN)
		return ready;
	r = SSL_read_ex(t->ssl, to, n, &done);
	if (r != 1)
		return result(t, r);
	wait_for(t, 0);
	return (ssize_t)done;
}

static ssize_t tls_write(struct tls *t, const void *from, size_t n)
{
	ssize_t ready = ready_for_bytes(t, false), failed;
	size_t done;
	int r;

	if (ready < 0)
		return ready;
	r = SSL_write_ex(t->ssl, from, n, &done);
	if (r == 1) {
		wait_for(t, 0);
		return (ssize_t)done;
	}
	failed = result(t, r);
	return failed ? failed : -EPIPE;
}

static int tls_want(const struct tls *t)
{
	return t->want;
}

static bool tls_pending(const struct tls *t)
{
	return SSL_pending(t->ssl) > 0 || t->broken;
}

static void tls_trouble(const struct tls *t, struct tls_trouble *ret)
{
	*ret = t->trouble;
}

static void tls_facts(const struct tls *t, struct tls_facts *ret)
{
	X509 *theirs = SSL_get0_peer_certificate(t->ssl), *ours = SSL_get_certificate(t->ssl);

	*ret = (struct tls_facts){ .theirs_end_ms = tls_end_ms(theirs), .ours_end_ms = tls_end_ms(ours) };
	snprintf(ret->version, sizeof(ret->version), "%s", SSL_get_version(t->ssl));
	snprintf(ret->cipher, sizeof(ret->cipher), "%s", SSL_get_cipher_name(t->ssl));
	if (theirs)
		X509_NAME_oneline(X509_get_subject_name(theirs), ret->subject, sizeof(ret->subject));
}

extern const struct tls_ops hjgate_tls_ops;
const struct tls_ops hjgate_tls_ops = { .form = TLS_FORM,
	.open = tls_open,
	.handshake = tls_handshake,
	.read = tls_read,
	.write = tls_write,
	.want = tls_want,
	.unsent = tls_unsent,
	.pending = tls_pending,
	.trouble = tls_trouble,
	.facts = tls_facts,
	.close = tls_close };
