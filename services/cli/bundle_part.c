/* A part of a bundle: a file that is copied, or what a program prints, ended when it takes too long. Everything goes
 * through the scrubber before it touches the disk. */
#include "bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "timespec.h"

#define PIECE_BYTES 8192
#define WHY_BYTES   4096 /* of what a program says on standard error: its end is kept */

/* ---- into the folder ---- */

static struct bundle_part *new_part(struct bundle *b, const char *name)
{
	struct bundle_part *p = b->count < BUNDLE_PARTS ? &b->parts[b->count++] : NULL;

	cli_progress(&b->progress, b->count, hj_max(b->expected, b->count), "%s", name);
	if (p)
		hj_text_copy(p->name, sizeof(p->name), name);
	return p;
}

static struct bundle_part *last(struct bundle *b)
{
	return b->count ? &b->parts[b->count - 1] : NULL;
}

static void why(struct bundle_part *p, const char *text)
{
	hj_text_copy(p->why, sizeof(p->why), text);
}

void bundle_missing(struct bundle *b, const char *name, const char *text)
{
	struct bundle_part *p = new_part(b, name);

	if (!p)
		return;
	p->missing = true;
	why(p, text);
}

static int write_file(const struct bundle *b, const char *name, const char *text, size_t n)
{
	char path[HJ_PATH_MAX + BUNDLE_NAME], folder[HJ_PATH_MAX + BUNDLE_NAME];
	_cleanup_fd_ int fd = -1;
	int r;

	snprintf(path, sizeof(path), "%s/%s/%s", b->folder, b->top, name);
	snprintf(folder, sizeof(folder), "%s", path);
	r = hj_make_folders(dirname(folder), 0700);
	if (r < 0)
		return r;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	while (n) {
		ssize_t k = write(fd, text, n);

		if (k < 0 && errno != EINTR)
			return -errno;
		text += hj_max(k, (ssize_t)0);
		n -= (size_t)hj_max(k, (ssize_t)0);
	}
	return 0;
}

/* Half a password is none that the scrubber knows: a text that is cut ends with a line. */
static size_t whole_lines(const char *text, size_t n)
{
	const char *end = memrchr(text, '\n', n);

	return end ? (size_t)(end - text) + 1 : 0;
}

void bundle_add(struct bundle *b, const char *name, char *text, size_t n, bool cut)
{
	struct bundle_part *p = new_part(b, name);
	size_t room = BUNDLE_MOST - hj_min(b->bytes, (size_t)BUNDLE_MOST);
	int r;

	if (!p)
		return;
	p->cut = cut || n > room;
	if (!room) {
		p->missing = true;
		why(p, "no room: the bundle has its most");
		return;
	}
	n = cut ? whole_lines(text, n) : n;
	if (!strncmp(name, "etc/uplinks.d/", strlen("etc/uplinks.d/")))
		bundle_scrub_uplink(text, n);
	bundle_scrub(b->secrets, b->secret_count, text, n);
	n = hj_min(n, room);
	r = write_file(b, name, text, n);
	p->missing = r < 0;
	p->bytes = r < 0 ? 0 : n;
	b->bytes += p->bytes;
	if (r < 0)
		why(p, strerror(-r));
}

/* ---- files ---- */

void bundle_file(struct bundle *b, const char *name, const char *path, bool newest)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	_cleanup_free_ char *text = malloc(BUNDLE_PART_MOST + 2);
	size_t n = 0;
	struct stat st;
	char *begin;
	bool cut;

	if (fd < 0 || !text || fstat(fd, &st) < 0) {
		bundle_missing(b, name, strerror(fd < 0 ? errno : ENOMEM));
		return;
	}
	if (!S_ISREG(st.st_mode)) {
		bundle_missing(b, name, "no file");
		return;
	}
	cut = newest && st.st_size > BUNDLE_PART_MOST;
	if (cut)
		lseek(fd, st.st_size - BUNDLE_PART_MOST, SEEK_SET);
	while (n <= BUNDLE_PART_MOST) { /* files of /proc say no size */
		ssize_t k = read(fd, text + n, BUNDLE_PART_MOST + 1 - n);

		if (k <= 0)
			break;
		n += (size_t)k;
	}
	text[n] = '\0';
	begin = cut ? strchrnul(text, '\n') : text;
	n -= (size_t)(begin - text);
	bundle_add(b, name, begin, hj_min(n, (size_t)BUNDLE_PART_MOST), cut || n > BUNDLE_PART_MOST);
}

/* ---- programs ---- */

struct child {
	pid_t pid;
	int fd[2]; /* standard output and error of it */
	char *text;
	size_t n;
	bool cut;
	char said[WHY_BYTES + 1];
	size_t said_n;
	int64_t end_ms;
};

static _Noreturn void be_child(const char *const *words, int out, int error)
{
	int null = open("/dev/null", O_RDWR);

	dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(error < 0 ? null : error, STDERR_FILENO);
	setenv("LC_ALL", "C.UTF-8", 1); /* the maintainer's language is not known: English is what he can search */
	unsetenv("LANGUAGE");
	execvp(words[0], (char *const *)(uintptr_t)words);
	_exit(127);
}

static int start(struct child *c, const char *const *words)
{
	int out[2], error[2];

	if (pipe2(out, O_CLOEXEC) < 0)
		return -errno;
	if (pipe2(error, O_CLOEXEC) < 0) {
		close(out[0]);
		close(out[1]);
		return -errno;
	}
	c->pid = fork();
	if (c->pid == 0)
		be_child(words, out[1], error[1]);
	close(out[1]);
	close(error[1]);
	c->fd[0] = out[0];
	c->fd[1] = error[0];
	return c->pid < 0 ? -errno : 0;
}

static void keep_said(struct child *c, const char *piece, size_t n)
{
	size_t over = c->said_n + n > WHY_BYTES ? c->said_n + n - WHY_BYTES : 0;

	over = hj_min(over, c->said_n);
	memmove(c->said, c->said + over, c->said_n - over);
	c->said_n -= over;
	n = hj_min(n, (size_t)WHY_BYTES - c->said_n);
	memcpy(c->said + c->said_n, piece, n);
	c->said_n += n;
}

static void keep_text(struct child *c, const char *piece, size_t n)
{
	size_t fits = hj_min(n, (size_t)BUNDLE_PART_MOST - c->n);

	memcpy(c->text + c->n, piece, fits);
	c->n += fits;
	c->cut |= fits < n;
}

static void read_some(struct child *c, unsigned which)
{
	char piece[PIECE_BYTES];
	ssize_t n = read(c->fd[which], piece, sizeof(piece));

	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0) {
		close(c->fd[which]);
		c->fd[which] = -1;
	} else if (which == 0) {
		keep_text(c, piece, (size_t)n);
	} else {
		keep_said(c, piece, (size_t)n);
	}
}

/* False: it took too long. */
static bool listen_to(struct child *c)
{
	while (c->fd[0] >= 0 || c->fd[1] >= 0) {
		struct pollfd p[2] = { { .fd = c->fd[0], .events = POLLIN }, { .fd = c->fd[1], .events = POLLIN } };
		int64_t left = c->end_ms - cli_wall_ms();

		if (left <= 0 || left > BUNDLE_PART_MS)
			return false;
		if (poll(p, 2, (int)left) <= 0)
			continue;
		for (unsigned i = 0; i < 2; i++)
			if (c->fd[i] >= 0 && p[i].revents)
				read_some(c, i);
	}
	return true;
}

static int end(struct child *c, bool in_time)
{
	int status = 0;

	if (!in_time)
		kill(c->pid, SIGKILL);
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	for (unsigned i = 0; i < 2; i++)
		if (c->fd[i] >= 0)
			close(c->fd[i]);
	return in_time && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* What it said, on one line. */
static void explain(struct bundle *b, struct bundle_part *p, struct child *c, int status)
{
	char text[sizeof(p->why)];

	bundle_scrub(b->secrets, b->secret_count, c->said, c->said_n);
	while (c->said_n && (c->said[c->said_n - 1] == '\n' || c->said[c->said_n - 1] == ' '))
		c->said_n--;
	c->said[c->said_n] = '\0';
	for (char *q = c->said; *q; q++)
		*q = (unsigned char)*q < ' ' ? ' ' : *q;
	if (status == 127 && !c->said_n)
		snprintf(text, sizeof(text), "there is no such program here");
	else if (status < 0)
		snprintf(text, sizeof(text), "it took longer than %d s", BUNDLE_PART_MS / 1000);
	else
		snprintf(text, sizeof(text), "status %d%s%.120s", status, c->said_n ? ": " : "", c->said);
	why(p, text);
}

void bundle_run(struct bundle *b, const char *name, const char *const *words)
{
	struct child *c = calloc(1, sizeof(*c));
	int64_t began = cli_wall_ms();
	struct bundle_part *p;
	int r, status;

	if (c)
		c->text = malloc(BUNDLE_PART_MOST);
	r = c && c->text ? start(c, words) : -ENOMEM;
	if (r < 0) {
		bundle_missing(b, name, strerror(-r));
	} else {
		c->end_ms = began + BUNDLE_PART_MS;
		status = end(c, listen_to(c));
		if (c->n)
			bundle_add(b, name, c->text, c->n, c->cut || status < 0); /* it was ended in the middle */
		else
			bundle_missing(b, name, "it had nothing to say");
		p = last(b);
		if (status && p)
			explain(b, p, c, status);
		if (p)
			p->took_ms = cli_wall_ms() - began;
	}
	if (c)
		free(c->text);
	free(c);
}

void bundle_ask(struct bundle *b, const char *name, const char *const *words)
{
	const char *all[BUNDLE_WORDS + 4] = { "/proc/self/exe" };
	size_t n = 1;

	for (; *words && n < BUNDLE_WORDS; words++)
		all[n++] = *words;
	if (*b->cli->root) {
		all[n++] = "--root";
		all[n++] = b->cli->root;
	}
	bundle_run(b, name, all);
}

int bundle_run_to(const char *const *words, int fd)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0)
		be_child(words, fd, -1);
	if (pid < 0)
		return -errno;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EINTR;
}
