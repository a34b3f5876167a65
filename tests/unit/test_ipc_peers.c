/* Which daemon may call what: the system's users, and the kernel's word of who connected, are made up. */
#include <pwd.h>
#include <sys/syscall.h>

#include "ipc_world.h"

#define SERVER 900
#define ONE    901
#define TWO    902
#define THREE  903

static struct {
	uid_t who;
	int error;        /* of asking for users */
	bool not_as_told; /* two is not there */
	unsigned asked;
} as;

int getpwnam_r(const char *name, struct passwd *pw, char *space, size_t size, struct passwd **found)
{
	as.asked++;
	pw->pw_uid = !strcmp(name, "hjtest-one") ? ONE : TWO;
	*found = as.error || (as.not_as_told && pw->pw_uid == TWO) ? NULL : pw;
	return as.error;
}

int getpwuid_r(uid_t uid, struct passwd *pw, char *space, size_t size, struct passwd **found)
{
	*found = NULL;
	return 0;
}

uid_t geteuid(void)
{
	return SERVER;
}

int getsockopt(int fd, int level, int name, void *to, socklen_t *n)
{
	int r = (int)syscall(SYS_getsockopt, fd, level, name, to, n);

	if (!r && name == SO_PEERCRED)
		((struct ucred *)to)->uid = as.who;
	return r;
}

/* Called by this user over this socket (2: peer): is it answered? */
static bool may_over(struct world *w, int socket, uid_t who, const char *method)
{
	char text[256], wanted[256];
	int fd;

	as.who = who;
	fd = raw_open(w->path[socket]);
	snprintf(text, sizeof(text), "{\"method\":\"hjgate.Test.%s\",\"parameters\":{}}", method);
	raw_say(fd, text);
	assert_true(raw_hear(w, fd, text, sizeof(text)) >= 0);
	close(fd);
	settle(w);
	if (!strcmp(text, "{\"parameters\":{}}"))
		return true;
	snprintf(wanted, sizeof(wanted),
	        "{\"error\":\"hjgate.WrongUser\",\"parameters\":{\"user\":\"uid %u\",\"method\":\"hjgate.Test.%s\"}}",
	        (unsigned)who, method);
	assert_string_equal(text, wanted);
	return false;
}

static bool may(struct world *w, uid_t who, const char *method)
{
	return may_over(w, 2, who, method);
}

static void a_method_is_for_its_users(void **state)
{
	struct world *w = *state;

	memset(&as, 0, sizeof(as));
	assert_true(may(w, ONE, "Peer"));
	assert_true(may(w, TWO, "Peer"));
	assert_int_equal(w->refused, 0);
	assert_false(may(w, THREE, "Peer"));
	assert_int_equal(w->refused, 1); /* whoever watches is told */
	assert_string_equal(w->why, "uid 903 may not call hjgate.Test.Peer");
	assert_false(may(w, ONE, "Two"));
	assert_true(may(w, TWO, "Two"));
	assert_false(may(w, ONE, "Root"));
	/* A row that was forgotten lets nobody in. */
	assert_false(may(w, ONE, "Forgotten"));
	/* What all may who may look needs none. */
	assert_true(may(w, THREE, "Say"));
	assert_true(may_over(w, 0, ONE, "Two"));
}

static void root_and_the_servers_own_may_all(void **state)
{
	static const char *const methods[] = { "Peer", "Two", "Root", "Forgotten" };
	struct world *w = *state;

	memset(&as, 0, sizeof(as));
	for (size_t i = 0; i < hj_array_size(methods); i++) {
		assert_true(may(w, 0, methods[i]));
		assert_true(may(w, SERVER, methods[i]));
	}
	assert_int_equal(as.asked, 0); /* nor is anybody asked for: below a root there may be none */
}

static void where_a_user_is_not_there(void **state)
{
	struct world *w = *state;

	memset(&as, 0, sizeof(as));
	as.not_as_told = true;
	assert_true(may(w, THREE, "Peer"));
	assert_true(may(w, THREE, "Two"));
	assert_false(may(w, THREE, "Root"));
	as.error = ENOENT;
	assert_true(may(w, THREE, "Peer"));
}

/* Nobody gets in because the list of users could not be read, and nobody is called a stranger for it. */
static void where_nobody_can_say(void **state)
{
	struct world *w = *state;
	int fd;

	memset(&as, 0, sizeof(as));
	as.who = ONE;
	as.error = EMFILE;
	fd = raw_open(w->path[2]);
	raw_say(fd, "{\"method\":\"hjgate.Test.Peer\",\"parameters\":{}}");
	assert_hears(w, fd, "{\"error\":\"hjgate.Failed\",\"parameters\":{\"errno\":24,\"text\":\"Too many open files\"}}");
	assert_int_equal(w->refused, 0);
	as.error = 0;
	raw_say(fd, "{\"method\":\"hjgate.Test.Peer\",\"parameters\":{}}");
	assert_hears(w, fd, "{\"parameters\":{}}");
	/* It is known of this connection from now on. */
	as.error = EMFILE;
	as.asked = 0;
	raw_say(fd, "{\"method\":\"hjgate.Test.Peer\",\"parameters\":{}}");
	assert_hears(w, fd, "{\"parameters\":{}}");
	assert_int_equal(as.asked, 0);
	close(fd);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_method_is_for_its_users),
		T(root_and_the_servers_own_may_all),
		T(where_a_user_is_not_there),
		T(where_nobody_can_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
