/* `hjgate apply`, what it knows: who reads which key, what a configuration changes against another, and that a tree
 * that was kept is put back whole, with its modes, whatever an interruption left. */
#include "../../services/cli/apply.h"
#include "hjgate/conf_flat.h"
#include "disk_faults.h"
#include "state_root.h"

#include <errno.h>
#include <unistd.h>

static char other[256], third[256];

static void write_in(const char *where, const char *name, const char *text, mode_t mode)
{
	char rest[160], path[256];

	snprintf(rest, sizeof(rest), "%s/etc/hjgate/%s", where, name);
	write_file(rest, text);
	path_of(rest, path);
	assert_int_equal(chmod(path, mode), 0);
}

static int setup(void **state)
{
	static const char *const folders[] = { "", "/etc", "/etc/hjgate", "/etc/hjgate/buses.d",
		"/etc/hjgate/uplinks.d", "/run", "/var", "/var/lib", "/var/lib/hjgate" };
	char path[600];

	if (make_root("apply") < 0)
		return -1;
	for (const char *const *where = (const char *const[]){ "a", "b", "c", NULL }; *where; where++)
		for (size_t i = 0; i < hj_array_size(folders); i++) {
			snprintf(path, sizeof(path), "%s/%s%s", root, *where, folders[i]);
			if (mkdir(path, 0755) < 0 && errno != EEXIST)
				return -1;
		}
	snprintf(other, sizeof(other), "%s/a", root);
	snprintf(third, sizeof(third), "%s/b", root);
	return 0;
}

static int teardown(void **state)
{
	return remove_root();
}

/* ---- who reads what ---- */

static void who_reads_what(void **state)
{
	assert_int_equal(apply_readers("buses.d/north.conf", "meters.oven.points.power.address"), APPLY_METERD);
	assert_int_equal(
	        apply_readers("buses.d/north.conf", "meters.oven.poll_interval"), APPLY_METERD | APPLY_JUDGED);
	assert_int_equal(apply_readers("buses.d/north.conf", "port"), APPLY_METERD);
	/* What is not listed concerns all who read the file; so does a file as a whole. */
	assert_int_equal(apply_readers("buses.d/north.conf", "meters.oven.points.power.factor"),
	        APPLY_METERD | APPLY_UPLINKDS | APPLY_JUDGED);
	assert_int_equal(apply_readers("buses.d/north.conf", ""), APPLY_METERD | APPLY_UPLINKDS | APPLY_JUDGED);
	assert_int_equal(apply_readers("uplinks.d/county.conf", "pw"), APPLY_UPLINKD);
	assert_int_equal(apply_readers("hjgate.conf", "retention_mb"), APPLY_STORED);
	assert_int_equal(apply_readers("hjgate.conf", "stick"), 0);
	assert_true(apply_readers("hjgate.conf", "what comes later") & APPLY_METERDS);
	assert_int_equal(apply_readers("equipment.conf", ""), APPLY_JUDGED);
	assert_int_equal(apply_readers("tls/ca.pem", ""), APPLY_UPLINKDS);
}

static void whose_file(void **state)
{
	char name[HJ_NAME_MAX + 1];

	apply_instance("buses.d/north.conf", "buses.d", name);
	assert_string_equal(name, "north");
	apply_instance("buses.d/north.conf", "uplinks.d", name);
	assert_string_equal(name, "");
	apply_instance("buses.d/.conf", "buses.d", name);
	assert_string_equal(name, "");
}

/* ---- what is another ---- */

static const struct apply_change *find(const struct apply_changes *c, const char *file, const char *key)
{
	for (size_t i = 0; i < c->count; i++)
		if (!strcmp(c->list[i].file, file) && !strcmp(c->list[i].key, key))
			return &c->list[i];
	return NULL;
}

static void what_is_another(void **state)
{
	struct apply_changes c = { .count = 0 };
	const struct apply_change *e;

	write_in("a", "buses.d/north.conf", "format = 1;\nbaud = 9600;\n", 0644);
	write_in("b", "buses.d/north.conf", "format = 1;\nbaud = 4800; # slower\n", 0644);
	write_in("a", "uplinks.d/county.conf", "format = 1;\npw = \"one\";\n", 0640);
	write_in("b", "uplinks.d/county.conf", "format = 1;\npw = \"two\";\n", 0640);
	write_in("a", "uplinks.d/gone.conf", "format = 1;\n", 0640);
	write_in("b", "buses.d/new.conf", "format = 1;\nbaud = 9600;\n", 0644);
	write_in("b", "buses.d/new.conf.example", "format = 1;\n", 0644);
	write_in("b", "buses.d/north.conf~", "format = 1;\n", 0644);
	write_in("b", "hjgate.conf-opkg", "format = 1;\n", 0644);
	write_in("b", "hjgate.conf-opkg.backup", "format = 1;\n", 0644);
	write_in("a", "hjgate.conf", "format = 1;\n", 0644);
	write_in("b", "hjgate.conf", "# only a word\nformat = 1;\n", 0644);
	assert_int_equal(apply_changes_find(other, third, &c), 0);
	e = find(&c, "buses.d/north.conf", "baud");
	assert_non_null(e);
	assert_string_equal(e->old, "9600");
	assert_string_equal(e->new, "4800");
	e = find(&c, "uplinks.d/county.conf", "pw");
	assert_non_null(e);
	assert_string_equal(e->old, "******");
	assert_string_equal(e->new, "******");
	assert_int_equal(find(&c, "uplinks.d/gone.conf", "")->how, APPLY_REMOVED);
	assert_int_equal(find(&c, "buses.d/new.conf", "")->how, APPLY_ADDED);
	assert_int_equal(c.count, 4);
	apply_changes_done(&c);
}

/* A file that is the same, and includes what is not. */
static void what_it_includes_is_another(void **state)
{
	static const char text[] = "format = 1;\n@include \"more.inc\"\n";
	struct apply_changes c = { .count = 0 };
	const struct apply_change *e;

	write_in("a", "buses.d/south.conf", text, 0644);
	write_in("b", "buses.d/south.conf", text, 0644);
	write_in("a", "buses.d/more.inc", "address = 0;\n", 0644);
	write_in("b", "buses.d/more.inc", "address = 10;\n", 0644);
	assert_int_equal(apply_changes_find(other, third, &c), 0);
	e = find(&c, "buses.d/south.conf", "address");
	assert_non_null(e);
	assert_string_equal(e->old, "0");
	assert_string_equal(e->new, "10");
	apply_changes_done(&c);
}

/* What is behind all that is shown of a long value is compared, too. */
static void a_long_value(void **state)
{
	char text[1024], *end = text + sprintf(text, "format = 1;\nx = \"");
	struct apply_changes c = { .count = 0 };

	memset(end, 'x', 600);
	strcpy(end + 600, "a\";\n");
	write_in("a", "alerts.conf", text, 0644);
	end[600] = 'b';
	write_in("b", "alerts.conf", text, 0644);
	assert_int_equal(apply_changes_find(other, third, &c), 0);
	assert_non_null(find(&c, "alerts.conf", "x" HJ_CONF_FLAT_REST));
	assert_null(find(&c, "alerts.conf", "x"));
	apply_changes_done(&c);
	write_in("a", "alerts.conf", text, 0644);
	strcat(text, "# a word\n");
	write_in("b", "alerts.conf", text, 0644);
	assert_int_equal(apply_changes_find(other, third, &c), 0);
	assert_null(find(&c, "alerts.conf", ""));
	apply_changes_done(&c);
}

/* ---- trees ---- */

static void it_is_put_back_whole(void **state)
{
	char path[HJ_PATH_MAX];
	struct stat st;

	assert_int_equal(apply_tree_same(other, third), 0);
	write_in("a", "factors.conf", "ours\n", 0644);
	write_in("b", "factors.conf", "the package's\n", 0644);
	assert_int_equal(apply_tree_put(other, third), 0);
	assert_int_equal(apply_tree_same_file(other, third, "buses.d/north.conf"), 1);
	assert_int_equal(apply_tree_same_file(other, third, "buses.d/new.conf"), 1); /* gone from both */
	assert_int_equal(apply_tree_same_file(other, third, "uplinks.d/gone.conf"), 1);
	assert_int_equal(apply_tree_same_file(other, third, "factors.conf"), 0);
	assert_int_equal(hj_path(third, HJ_DIR_ETC, "uplinks.d/county.conf", path), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(hj_path(third, HJ_DIR_ETC, "buses.d/new.conf.example", path), 0);
	assert_int_equal(access(path, F_OK), 0); /* nobody's configuration */
	assert_int_equal(hj_path(third, HJ_DIR_ETC, "hjgate.conf-opkg", path), 0);
	assert_int_equal(access(path, F_OK), 0);
	/* What an interruption left beside is no obstacle, and no part of it. */
	write_in("b", "buses.d/north.conf.part", "half", 0600);
	write_in("b", "buses.d/north.conf", "another", 0644);
	assert_int_equal(apply_tree_put(other, third), 0);
	assert_int_equal(apply_tree_same_file(other, third, "buses.d/north.conf"), 1);
}

/* A command makes it and orders are made with it: who goes back wants neither an older one nor none. */
static void the_stick_key_stays(void **state)
{
	char path[HJ_PATH_MAX], text[16] = "";
	struct apply_tree t;
	FILE *f;

	write_in("b", "stick.key", "new\n", 0400);
	assert_int_equal(apply_tree_put(other, third), 0);
	write_in("a", "stick.key", "old\n", 0400);
	assert_int_equal(apply_tree_put(other, third), 0);
	assert_int_equal(hj_path(third, HJ_DIR_ETC, "stick.key", path), 0);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_non_null(fgets(text, sizeof(text), f));
	fclose(f);
	assert_string_equal(text, "new\n");
	assert_int_equal(apply_tree_list(other, &t), 0);
	for (size_t i = 0; i < t.count; i++)
		assert_string_not_equal(t.names[i], "stick.key");
	apply_tree_done(&t);
}

static void what_is_the_same_is_one_file(void **state)
{
	char kept[HJ_PATH_MAX], path[HJ_PATH_MAX];
	struct apply_kept k = { .number = 1, .by = "who" };
	struct apply_kept_list l;
	struct stat st;

	assert_int_equal(apply_kept_stage(other, 0), 0);
	assert_int_equal(apply_kept_keep(other, &k), 0);
	for (k.number = 2; k.number < 14; k.number++) {
		assert_int_equal(apply_kept_stage(other, k.number - 1), 0);
		assert_int_equal(apply_kept_keep(other, &k), 0);
	}
	assert_int_equal(apply_kept_list(other, &l), 0);
	assert_int_equal(l.count, APPLY_KEPT_MOST);
	assert_int_equal(l.list[0].number, 4);
	assert_string_equal(l.list[0].by, "who");
	apply_kept_list_done(&l);
	assert_int_equal(apply_kept_root(other, 13, kept), 0);
	assert_int_equal(apply_tree_same(other, kept), 1);
	assert_int_equal(hj_path(kept, HJ_DIR_ETC, "buses.d/north.conf", path), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_nlink, APPLY_KEPT_MOST);
	/* What is in /etc is never one of them: an editor that writes in place would write in all. */
	assert_int_equal(apply_tree_put(kept, third), 0);
	assert_int_equal(hj_path(third, HJ_DIR_ETC, "buses.d/north.conf", path), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_nlink, 1);
}

/* ---- cut short ---- */

static void a_trial_is_undone(void **state)
{
	char aside[HJ_PATH_MAX], kept[HJ_PATH_MAX];
	unsigned number = 0;

	write_in("a", "buses.d/north.conf", "not proved", 0644);
	assert_int_equal(apply_state_write(other, APPLY_TRYING, 13), 0);
	assert_int_equal(apply_settle(other, &number), 1);
	assert_int_equal(number, 13);
	assert_int_equal(apply_state_read(other, &number), APPLY_SETTLED);
	assert_int_equal(apply_kept_root(other, 13, kept), 0);
	assert_int_equal(apply_tree_same(other, kept), 1);
	assert_int_equal(apply_kept_path(other, APPLY_ASIDE, aside), 0);
	assert_int_equal(apply_tree_same_file(aside, kept, "buses.d/north.conf"), 0);
	assert_int_equal(apply_settle(other, &number), 0);
}

/* The power goes between the moment in which it is kept and the one in which that is written down. */
static void what_was_kept_has_proved_itself(void **state)
{
	struct apply_kept k = { .number = 14, .by = "who", .note = "what" };
	struct apply a = { .root = other, .good = 14 };
	char kept[HJ_PATH_MAX];
	unsigned number = 0;

	write_in("a", "buses.d/north.conf", "proved", 0644);
	assert_int_equal(apply_kept_stage(other, 13), 0);
	assert_int_equal(apply_kept_keep(other, &k), 0);
	assert_int_equal(apply_state_write(other, APPLY_TRYING, 13), 0);
	assert_int_equal(apply_take_up(&a), 0);
	assert_false(a.cut_short);
	assert_int_equal(apply_state_write(other, APPLY_TRYING, 13), 0);
	assert_int_equal(apply_settle(other, &number), 0);
	assert_int_equal(apply_state_read(other, &number), APPLY_SETTLED);
	assert_int_equal(apply_kept_root(other, 14, kept), 0);
	assert_int_equal(apply_tree_same(other, kept), 1);
}

static void what_goes_back_is_finished(void **state)
{
	char kept[HJ_PATH_MAX];
	unsigned number = 0;

	write_in("a", "uplinks.d/county.conf", "half of it", 0640);
	assert_int_equal(apply_state_write(other, APPLY_PUTTING, 12), 0);
	assert_int_equal(apply_settle(other, &number), 1);
	assert_int_equal(apply_kept_root(other, 12, kept), 0);
	assert_int_equal(apply_tree_same(other, kept), 1);
}

/* /etc has room where the disk of what is kept has none: what was good is in force all the same, with or without a
 * copy of what was tried. */
static void a_full_disk_keeps_nothing_in_force(void **state)
{
	char kept[HJ_PATH_MAX];
	unsigned number = 0;

	assert_int_equal(apply_kept_root(other, 14, kept), 0);
	write_in("a", "buses.d/north.conf", "not proved, and no room", 0644);
	assert_int_equal(apply_state_write(other, APPLY_TRYING, 14), 0);
	faults_begin(ENOSPC, ON_CREATE, 0, 0);
	assert_int_equal(apply_settle(other, &number), APPLY_IS_BACK_ALONE);
	faults_end();
	assert_true(faults_struck() > 0);
	assert_int_equal(number, 14);
	assert_int_equal(apply_state_read(other, &number), APPLY_SETTLED);
	assert_int_equal(apply_tree_same(other, kept), 1);

	write_in("a", "buses.d/north.conf", "half of what goes back", 0644);
	assert_int_equal(apply_state_write(other, APPLY_PUTTING, 14), 0);
	faults_begin(EDQUOT, ON_CREATE, 0, 0);
	assert_int_equal(apply_settle(other, &number), APPLY_IS_BACK);
	faults_end();
	assert_int_equal(apply_state_read(other, &number), APPLY_SETTLED);
	assert_int_equal(apply_tree_same(other, kept), 1);
	assert_int_equal(apply_settle(other, &number), 0);
}

/* Somebody at work ends what he began. */
static void one_at_a_time(void **state)
{
	unsigned number = 0;
	char who[128];
	int lock, second;

	assert_int_equal(apply_lock(other, &lock, who), 0);
	assert_int_equal(apply_lock(other, &second, who), -EBUSY);
	assert_non_null(strstr(who, "pid"));
	assert_int_equal(apply_state_write(other, APPLY_PUTTING, 12), 0);
	assert_int_equal(apply_settle(other, &number), 0);
	close(lock);
	assert_int_equal(apply_settle(other, &number), 1);
}

/* A daemon's folder holds ours: what another has put in its place is not believed. */
static void a_folder_of_others(void **state)
{
	char path[HJ_PATH_MAX];

	assert_int_equal(apply_kept_path(other, "", path), 0);
	assert_int_equal(chmod(path, 0755), 0);
	assert_int_equal(apply_kept_path(other, "", path), -EPERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_reads_what),
		cmocka_unit_test(whose_file),
		cmocka_unit_test(what_is_another),
		cmocka_unit_test(what_it_includes_is_another),
		cmocka_unit_test(a_long_value),
		cmocka_unit_test(it_is_put_back_whole),
		cmocka_unit_test(the_stick_key_stays),
		cmocka_unit_test(what_is_the_same_is_one_file),
		cmocka_unit_test(a_trial_is_undone),
		cmocka_unit_test(what_was_kept_has_proved_itself),
		cmocka_unit_test(what_goes_back_is_finished),
		cmocka_unit_test(a_full_disk_keeps_nothing_in_force),
		cmocka_unit_test(one_at_a_time),
		cmocka_unit_test(a_folder_of_others),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
