/* Before the programs start, what an apply was cut short at is brought to an end, so that they all find one whole
 * configuration. One that was being put into /etc goes there completely; one that was being tried and had not proved
 * itself makes way for the one before, since nobody may be there to look. An apply by a person is otherwise: it tries
 * again what lies in /etc. The very first configuration that is right is kept, since programs start with it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "apply.h"
#include "check.h"
#include "timespec.h"

#define LOCK      "apply.lock"
#define LOCK_MODE 0600

int apply_lock(const char *root, int *ret, char who[128])
{
	char path[HJ_PATH_MAX], folder[HJ_PATH_MAX], by[APPLY_BY_MAX], text[128];
	int r = hj_path(root, HJ_DIR_RUN, LOCK, path), fd;
	ssize_t n;

	r = r < 0 ? r : hj_path(root, HJ_DIR_RUN, "", folder);
	r = r < 0 ? r : hj_make_folders(folder, 0755);
	fd = r < 0 ? r : open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, LOCK_MODE);
	if (fd < 0)
		return r < 0 ? r : -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		n = read(fd, who, 127);
		who[hj_max(n, 0)] = '\0';
		close(fd);
		return -EBUSY;
	}
	/* Only the refusal of another reads it. */
	apply_who(by);
	snprintf(text, sizeof(text), "%s, pid %d", by, (int)getpid());
	if (ftruncate(fd, 0) < 0 || write(fd, text, strlen(text)) < 0)
		text[0] = '\0';
	*ret = fd;
	return 0;
}

static int put_back(const char *root, unsigned number)
{
	int r = apply_state_write(root, APPLY_PUTTING, number);

	r = r < 0 ? r : apply_kept_put(root, number);
	return r < 0 ? r : apply_state_write(root, APPLY_SETTLED, 0);
}

static int undo(const char *root, unsigned number)
{
	int r = apply_kept_stage(root, number);

	r = r < 0 ? r : apply_kept_set_aside(root);
	return r < 0 ? r : put_back(root, number);
}

/* The disk of what is kept is full, and /etc may have room: the good one first, and what was tried is lost. The state
 * stays as it is until all is in its place, so that a power cut begins it again. */
static int put_straight(const char *root, unsigned number)
{
	char staged[HJ_PATH_MAX];
	int r = apply_kept_path(root, APPLY_STAGED, staged);

	r = r < 0 ? r : apply_remove_all(staged);
	r = r < 0 ? r : apply_kept_put(root, number);
	return r < 0 ? r : apply_state_write(root, APPLY_SETTLED, 0);
}

static int keep_first(const char *root)
{
	_cleanup_(apply_kept_list_done) struct apply_kept_list l = { .count = 0 };
	/* Without the folder of the state, which is a daemon's to be made, nothing can be kept yet: -ENOENT. */
	struct apply_kept k = { .number = 1, .time_ms = cli_wall_ms(), .note = "as it was found at a start" };
	struct check c;
	int r = apply_kept_list(root, &l);

	if (r < 0 || l.count)
		return r == -ENOENT ? 0 : r;
	r = check_read(root, &c);
	check_done(&c);
	if (r < 0)
		return 0;
	apply_who(k.by);
	r = apply_kept_stage(root, 0);
	return r < 0 ? r : apply_kept_keep(root, &k);
}

/* What is under way. What was tried is kept as soon as it has proved itself: where there is a newer one than that to
 * go back to, only the note that it is settled is missing. */
static enum apply_state find_state(const char *root, unsigned *ret_number)
{
	_cleanup_(apply_kept_list_done) struct apply_kept_list l = { .count = 0 };
	enum apply_state state = apply_state_read(root, ret_number);

	if (state != APPLY_TRYING || apply_kept_list(root, &l) < 0 || !l.count ||
	        l.list[l.count - 1].number <= *ret_number)
		return state;
	return apply_state_write(root, APPLY_SETTLED, 0) < 0 ? state : APPLY_SETTLED;
}

int apply_settle(const char *root, unsigned *ret_number)
{
	_cleanup_fd_ int lock = -1;
	char who[128];
	enum apply_state state;
	int r = apply_lock(root, &lock, who);

	if (r < 0)
		return r == -EBUSY ? 0 : r; /* one is at work: it ends what it began */
	state = find_state(root, ret_number);
	if (state == APPLY_SETTLED)
		return keep_first(root);
	if (!*ret_number)
		return apply_state_write(root, APPLY_SETTLED, 0);
	r = state == APPLY_PUTTING ? put_back(root, *ret_number) : undo(root, *ret_number);
	if (r != -ENOSPC && r != -EDQUOT)
		return r < 0 ? r : APPLY_IS_BACK;
	r = put_straight(root, *ret_number);
	return r < 0 ? r : state == APPLY_TRYING ? APPLY_IS_BACK_ALONE : APPLY_IS_BACK;
}

/* Who looks on may go, by a link that drops or a pager that is left: what is begun is brought to an end. */
static void hold_out(void)
{
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
}

/* An apply before this one was killed. What was being put into /etc is, before anything is compared with it; and
 * programs may run with what was tried, which is set aside and compared, too. */
int apply_take_up(struct apply *a)
{
	char staged[HJ_PATH_MAX];
	unsigned number;
	enum apply_state state = find_state(a->root, &number);
	int r = 0;

	hold_out();
	a->cut_short = state != APPLY_SETTLED;
	if (state == APPLY_PUTTING) {
		r = apply_kept_put(a->root, number);
		return r < 0 ? r : apply_state_write(a->root, APPLY_TRYING, a->good);
	}
	r = apply_kept_path(a->root, APPLY_STAGED, staged);
	return r < 0 || !a->cut_short || access(staged, F_OK) < 0 ? r : apply_kept_set_aside(a->root);
}
