/* The bytes of a TLS connection: as the socket BIO of OpenSSL, but a peer that has gone sends us no signal, and once
 * the connection is up OpenSSL never sees a socket that is full: what it does not take is kept here and goes first.
 *
 * OpenSSL 3.0 cannot have a record of ours half written when the peer asks for new keys (TLS 1.3): its answer would
 * have to go first, and the connection ends ("bad length"). Kept are one record and the answers behind it; who asks
 * for new keys again and again and takes nothing is not listened to any more until it does. */
#include "tls_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define ANSWERS_MOST 1024 /* bytes; some forty requests for new keys */

static void forget(struct tls *t)
{
	free(t->kept);
	t->kept = NULL;
	t->kept_at = t->kept_to = t->kept_answers = 0;
}

static ssize_t put(const struct tls *t, const void *from, size_t n)
{
	ssize_t k = send(t->fd, from, n, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (k >= 0)
		return k;
	return errno == EAGAIN || errno == EINTR ? -EAGAIN : -errno;
}

int tls_put_kept(struct tls *t)
{
	ssize_t k;

	while (t->kept_at < t->kept_to) {
		k = put(t, t->kept + t->kept_at, t->kept_to - t->kept_at);
		if (k < 0)
			return (int)k;
		t->kept_at += (size_t)k;
	}
	forget(t);
	return 0;
}

static int keep(struct tls *t, const void *from, size_t n)
{
	size_t before = t->kept_to - t->kept_at;
	unsigned char *p = malloc(before + n);

	if (!p)
		return -ENOMEM;
	if (before)
		memcpy(p, t->kept + t->kept_at, before);
	memcpy(p + before, from, n);
	free(t->kept);
	t->kept = p;
	t->kept_at = 0;
	t->kept_to = before + n;
	t->kept_answers += t->reading ? n : 0;
	return 0;
}

static int bio_write(BIO *b, const char *from, int n)
{
	struct tls *t = BIO_get_data(b);
	ssize_t k = tls_put_kept(t);

	BIO_clear_retry_flags(b);
	k = k < 0 ? k : put(t, from, (size_t)n);
	if (t->up && (k >= 0 || k == -EAGAIN)) {
		size_t gone = k < 0 ? 0 : (size_t)k, left = (size_t)n - gone;

		k = left ? keep(t, from + gone, left) : 0;
		k = k < 0 ? k : n;
	}
	if (k >= 0)
		return (int)k;
	errno = (int)-k;
	if (k == -EAGAIN)
		BIO_set_retry_write(b);
	return -1;
}

static int bio_read(BIO *b, char *to, int n)
{
	struct tls *t = BIO_get_data(b);
	ssize_t k = -1;

	BIO_clear_retry_flags(b);
	if (tls_deaf(t))
		errno = EAGAIN;
	else
		k = recv(t->fd, to, (size_t)n, MSG_DONTWAIT);
	if (k < 0 && (errno == EAGAIN || errno == EINTR))
		BIO_set_retry_read(b);
	if (k == 0)
		BIO_set_flags(b, BIO_FLAGS_IN_EOF);
	return (int)k;
}

bool tls_deaf(const struct tls *t)
{
	return t->kept_answers > ANSWERS_MOST;
}

static long bio_control(BIO *b, int command, long number, void *pointer)
{
	if (command == BIO_CTRL_EOF)
		return BIO_test_flags(b, BIO_FLAGS_IN_EOF) != 0;
	return command == BIO_CTRL_FLUSH || command == BIO_CTRL_DUP;
}

static BIO_METHOD *socket_method(void)
{
	static BIO_METHOD *method;
	BIO_METHOD *m;

	if (method)
		return method;
	m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
	if (!m)
		return NULL;
	BIO_meth_set_write(m, bio_write);
	BIO_meth_set_read(m, bio_read);
	BIO_meth_set_ctrl(m, bio_control);
	method = m;
	return m;
}

int tls_attach(struct tls *t, int fd)
{
	BIO_METHOD *method = socket_method();
	BIO *b = method ? BIO_new(method) : NULL;

	if (!b)
		return -ENOMEM;
	t->fd = fd;
	BIO_set_data(b, t);
	BIO_set_init(b, 1);
	SSL_set_bio(t->ssl, b, b);
	return 0;
}

size_t tls_unsent(const struct tls *t)
{
	return t->kept_to - t->kept_at;
}

void tls_bytes_done(struct tls *t)
{
	forget(t);
}
