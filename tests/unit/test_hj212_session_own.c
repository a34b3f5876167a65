/* What the gateway says of itself, beside uploads and answers: nothing keeps a login back for ever. */
#include "hj212_talk.h"

/* The store is away, so there is no QN yet, and the platform asks and asks. */
static void a_login_finds_room_behind_any_number_of_questions(void **state)
{
	struct talk *t = *state;
	struct hj212_outcome o;

	t->id.login = (struct hj212_own){ .cn = 9021, .answered = true };
	start_anew(t);
	hj212_session_disconnected(t->s);
	hj212_session_qn_limit(t->s, hj212_session_qn_used(t->s));
	hj212_session_connected(t->s, t->now);
	for (int i = 0; i < 200; i++) {
		ask(t, 1061, "");
		while (hj212_session_next(t->s, &o))
			;
	}
	assert_int_equal(hj212_session_output(t->s).n, 0);
	hj212_session_qn_limit(t->s, 0);
	hj212_session_tick(t->s, t->now);
	assert_true(hj212_session_output(t->s).n > 0);
	assert_memory_equal(hj212_session_output(t->s).p + 6, "QN=20160801085857224;ST=32;CN=9021;", 35);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(a_login_finds_room_behind_any_number_of_questions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
