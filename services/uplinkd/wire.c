/* See wire.h. The TLS plugin lies beside this program: in libexec where it is installed, in the build folder where it
 * is not. */
#include "wire.h"

#include <dlfcn.h>
#include <errno.h>
#include <linux/sockios.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hjgate/text.h"

void wire_close(struct wire *w)
{
	if (w->tls)
		w->ops->close(w->tls);
	if (w->fd >= 0)
		close(w->fd);
	*w = WIRE_NONE;
}

static ssize_t result(ssize_t n)
{
	if (n >= 0)
		return n;
	return errno == EINTR || errno == EWOULDBLOCK ? -EAGAIN : -errno;
}

ssize_t wire_read(struct wire *w, void *to, size_t n)
{
	return w->tls ? w->ops->read(w->tls, to, n) : result(recv(w->fd, to, n, MSG_DONTWAIT));
}

ssize_t wire_write(struct wire *w, const void *from, size_t n)
{
	return w->tls ? w->ops->write(w->tls, from, n) : result(send(w->fd, from, n, MSG_NOSIGNAL | MSG_DONTWAIT));
}

/* A write of TLS may wait for bytes to read, and what it took already for room: then the other kind of event would
 * wake us for nothing, again and again. */
uint32_t wire_events(const struct wire *w, bool writing)
{
	int want = w->tls ? w->ops->want(w->tls) : 0;

	if (want == TLS_WANT_ROOM)
		return EPOLLOUT;
	if (want == TLS_WANT_WRITE || (writing && want != TLS_WANT_READ))
		return EPOLLIN | EPOLLOUT;
	return EPOLLIN;
}

size_t wire_undelivered(const struct wire *w)
{
	int left;

	if (ioctl(w->fd, SIOCOUTQ, &left) < 0 || left < 0)
		return SIZE_MAX;
	return (size_t)left + (w->tls ? w->ops->unsent(w->tls) : 0);
}

bool wire_pending(const struct wire *w)
{
	return w->tls && w->ops->pending(w->tls);
}

void wire_trouble(const struct wire *w, int error, struct tls_trouble *ret)
{
	*ret = (struct tls_trouble){ .reason = TLS_OTHER };
	if (w->tls && error == -EPROTO)
		w->ops->trouble(w->tls, ret);
	if (!ret->text[0])
		hj_text_copy(ret->text, sizeof(ret->text), strerror(-error));
}

/* ---- the plugin ---- */

static void *open_beside(void)
{
	char path[PATH_MAX], *slash;
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - sizeof(TLS_PLUGIN) - 1);

	if (n <= 0)
		return NULL;
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (!slash)
		return NULL;
	memcpy(slash + 1, TLS_PLUGIN, sizeof(TLS_PLUGIN));
	return dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

int tls_load(const struct tls_ops **ret, char *ret_why, size_t size)
{
	static const struct tls_ops *loaded;
	void *plugin = NULL;

	if (!loaded)
		plugin = open_beside() ?: dlopen(HJ_LIBEXECDIR "/" TLS_PLUGIN, RTLD_NOW | RTLD_LOCAL);
	if (plugin)
		loaded = dlsym(plugin, TLS_SYMBOL);
	if (loaded && loaded->form == TLS_FORM) {
		*ret = loaded;
		return 0;
	}
	snprintf(ret_why, size, "TLS is not installed: %s", loaded ? "it is of another version" : dlerror() ?: "?");
	loaded = NULL;
	return -ENOPKG;
}
