/* Every method while there is no file: its folder is away, as when a card has come out. Each answers, and what needs
 * the records says that the disk is in trouble. */
#include <errno.h>
#include <unistd.h>

#include "peer_rows.h"
#include "stored_served.h"

#define RETENTION_DAYS 100

static struct stored *s;

/* NOT_LOADED: it is answered from memory once that was read. LOADED: while the clock is trusted, and then it was. */
enum trouble { NONE, WITHOUT_FILE, NOT_LOADED, LOADED };

/* All of stored_interface; when the answer is DiskTrouble. */
static const struct asked {
	const char *method, *parameters;
	enum trouble trouble;
} asked[] = {
	{ "Append",
	        "{\"bus\":\"north\",\"boot\":\"000102030405060708090a0b0c0d0e0f\",\"first\":1,\"upto\":1,"
	        "\"points\":[],\"samples\":[]}",
	        NONE },
	{ "Durable", "{\"bus\":\"north\",\"boot\":\"000102030405060708090a0b0c0d0e0f\"}", NONE },
	{ "Watch", "{}", NONE },
	{ "Put", "{\"kind\":\"log\",\"label\":1790000000000,\"body\":{}}", WITHOUT_FILE },
	{ "Read", "{\"uplink\":\"county\"}", WITHOUT_FILE },
	{ "Confirm", "{\"uplink\":\"county\",\"ranges\":[]}", NOT_LOADED },
	{ "Receipts", "{\"uplink\":\"county\"}", NOT_LOADED },
	{ "Completeness", "{\"begin\":1790000000000,\"end\":1790003600000}", WITHOUT_FILE },
	{ "Seal", "{\"seq\":1}", WITHOUT_FILE },
	{ "Resend", "{\"uplink\":\"county\",\"begin\":0,\"end\":1}", WITHOUT_FILE },
	{ "Swap", "{\"point\":\"m.e\"}", NOT_LOADED },
	{ "Maintain", "{\"what\":\"m\",\"milliseconds\":60000,\"why\":\"-\"}", NOT_LOADED },
	{ "MaintainEnd", "{\"what\":\"m\"}", NOT_LOADED },
	{ "Maintained", "{}", NONE },
	{ "Setting", "{\"name\":\"a\"}", WITHOUT_FILE },
	{ "Clock", "{}", LOADED },
	{ "ClockSet", "{\"source\":\"platform\"}", NOT_LOADED },
	{ "ClockAccept", "{}", WITHOUT_FILE },
	{ "Query", "{\"kind\":\"minute\",\"begin\":0,\"end\":1}", WITHOUT_FILE },
	{ "Status", "{}", NONE },
	{ "Key", "{}", WITHOUT_FILE },
	{ "KeyRotate", "{}", WITHOUT_FILE },
	{ "KeyRecoverySet", "{}", NONE },
	{ "KeyRecover", "{}", NONE },
	{ "Exported", "{\"kind\":\"minute\",\"begin\":0,\"end\":1,\"format\":\"csv\",\"records\":0,\"target\":\"-\"}",
	        NONE },
	{ "Backup", "{\"id\":\"000102030405060708090a0b0c0d0e0f\"}", WITHOUT_FILE },
	{ "Verify", "{}", WITHOUT_FILE },
};

static void hide_folder(bool hide)
{
	char here[256], there[256];

	path_of("var/lib", here);
	path_of("var/away", there);
	assert_int_equal(hide ? rename(here, there) : rename(there, here), 0);
}

static int set_up(void **state)
{
	s = make_world("gone", RETENTION_DAYS);
	if (!s)
		return -1;
	serve_store(s);
	return 0;
}

static int tear_down(void **state)
{
	return no_more_world(s);
}

/* The first answer, or "" where there was none. */
static void ask(const struct asked *a, int right, char *answer, size_t size)
{
	int fd = say_to_store((enum hj_right)right, a->method, a->parameters, false);

	hear_store(fd, answer, size);
	close(fd);
}

static bool is_trouble(const struct asked *a)
{
	return a->trouble == WITHOUT_FILE || a->trouble == (s->loaded ? LOADED : NOT_LOADED);
}

static void ask_all(void)
{
	char answer[8192];
	size_t i;

	for (i = 0; stored_interface.methods[i].name; i++) {
		const struct hj_ipc_method *m = &stored_interface.methods[i];

		assert_true(i < hj_array_size(asked));
		assert_string_equal(m->name, asked[i].method);
		for (int right = HJ_LOOK; right <= HJ_PEER; right *= 2) {
			if (!(m->rights & right))
				continue;
			assert_null(s->ledger);
			ask(&asked[i], right, answer, sizeof(answer));
			if (!answer[0] || !strstr(answer, "hjgate.Store.DiskTrouble") == is_trouble(&asked[i]))
				fail_msg("%s: %s", m->name, answer);
		}
	}
	assert_int_equal(i, hj_array_size(asked));
}

/* What was read of it is known still. */
static void test_gone_while_running(void **state)
{
	disk_close(s);
	hide_folder(true);
	assert_true(commit_now(s) < 0);
	assert_true(s->loaded);
	ask_all();
	hide_folder(false);
}

static void test_gone_at_the_start(void **state)
{
	serve_no_more();
	stored_free(s);
	hide_folder(true);
	s = open_store(RETENTION_DAYS);
	assert_false(s->loaded);
	serve_store(s);
	ask_all();
	hide_folder(false);
}

static void every_method_of_daemons_has_its_users(void **state)
{
	assert_peers_are_whole(&stored_interface);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_method_of_daemons_has_its_users),
		cmocka_unit_test_setup_teardown(test_gone_while_running, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_gone_at_the_start, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
