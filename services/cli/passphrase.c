/* Reading a passphrase: see passphrase.h. It is never a word of the command line, where every user could read it. */
#include "passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>

#include "hjgate/secret.h"

/* One line of at most PASSPHRASE_MOST bytes, without its end. -EMSGSIZE; -ENODATA: there is none. */
static int read_line(int fd, char ret[PASSPHRASE_MOST + 1])
{
	size_t n = 0;
	char c;

	for (;;) {
		ssize_t k = read(fd, &c, 1);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return -errno;
		if (k == 0 || c == '\n')
			break;
		if (n == PASSPHRASE_MOST)
			return -EMSGSIZE;
		ret[n++] = c;
	}
	if (n && ret[n - 1] == '\r')
		n--;
	ret[n] = '\0';
	return n ? 0 : -ENODATA;
}

/* ---- the terminal ---- */

static const int ending[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
static void (*handlers[hj_array_size(ending)])(int); /* of before */
static struct termios before;
static int terminal = -1; /* that shows nothing now */

/* A shell that does not look after it would leave its user with a terminal that stays silent. */
static void on_end(int sig)
{
	tcsetattr(terminal, TCSAFLUSH, &before);
	signal(sig, SIG_DFL);
	raise(sig);
}

static void hide(int fd)
{
	struct termios hidden = before;

	hidden.c_lflag &= ~(tcflag_t)ECHO;
	terminal = fd;
	for (size_t i = 0; i < hj_array_size(ending); i++) {
		handlers[i] = signal(ending[i], on_end);
		if (handlers[i] == SIG_IGN)
			signal(ending[i], SIG_IGN); /* who called us with nohup wants it to go on */
	}
	tcsetattr(fd, TCSAFLUSH, &hidden);
}

static void show(int fd)
{
	tcsetattr(fd, TCSAFLUSH, &before);
	for (size_t i = 0; i < hj_array_size(ending); i++)
		signal(ending[i], handlers[i]);
}

/* The terminal itself, whatever standard input is. */
static int ask(const char *question, char ret[PASSPHRASE_MOST + 1])
{
	_cleanup_fd_ int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	int r;

	if (fd < 0 || tcgetattr(fd, &before) < 0)
		return -ENOTTY;
	dprintf(fd, "%s: ", question);
	hide(fd);
	r = read_line(fd, ret);
	show(fd);
	dprintf(fd, "\n");
	return r;
}

static size_t count_characters(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80; /* not the rest of one in UTF-8 */
	return n;
}

static int from_terminal(const struct cli *cli, bool twice, char ret[PASSPHRASE_MOST + 1])
{
	char again[PASSPHRASE_MOST + 1];
	bool same;
	int r = ask(_("recovery passphrase"), ret);

	if (r == -ENOTTY)
		return cli_usage(cli, "%s", _("there is no terminal to ask on: --passphrase-file names a file"));
	if (r >= 0 && !twice)
		return 0;
	r = r < 0 ? r : ask(_("the same again"), again);
	same = r >= 0 && !strcmp(ret, again);
	hj_wipe(again, sizeof(again));
	if (r < 0)
		return cli_refused(cli, "%s", _("no passphrase was given: nothing is changed"));
	return same ? 0 : cli_refused(cli, "%s", _("the two are not the same: nothing is changed"));
}

static int from_file(const struct cli *cli, const char *file, char ret[PASSPHRASE_MOST + 1])
{
	_cleanup_fd_ int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int r = fd < 0 ? -errno : read_line(fd, ret);

	if (r == -EMSGSIZE)
		return cli_refused(cli, _("the first line of %s is longer than %d bytes"), file, PASSPHRASE_MOST);
	if (r == -ENODATA)
		return cli_refused(cli, _("the first line of %s is empty: it is the passphrase"), file);
	return r < 0 ? cli_refused(cli, _("cannot read %s: %s"), file, strerror(-r)) : 0;
}

int passphrase_read(const struct cli *cli, const char *file, bool twice, char ret[PASSPHRASE_MOST + 1])
{
	int status = file ? from_file(cli, file, ret) : from_terminal(cli, twice, ret);

	if (!status && twice && count_characters(ret) < PASSPHRASE_LEAST)
		status = cli_refused(
		        cli, _("a passphrase has at least %d characters: nothing is changed"), PASSPHRASE_LEAST);
	if (status)
		hj_wipe(ret, PASSPHRASE_MOST + 1);
	return status;
}
