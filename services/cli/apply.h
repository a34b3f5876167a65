/* `hjgate apply`, in parts: apply.c (the command, and in which order), apply_tree.c (the files below /etc/hjgate,
 * compared and copied), apply_kept.c (the configurations that were good), apply_held.c (how their folder is reached,
 * and how one is put back), apply_change.c (what is another now, key by key), apply_reads.c (which program reads
 * what), apply_seen.c (which one has read another text), apply_plan.c (so what is to be done), apply_hands.c,
 * apply_hands_run.c and apply_hands_systemd.c (who does it), apply_scale.c (totals count on), apply_watch.c (does it
 * come up), apply_answers.c (do meters and platforms answer), apply_show.c (all of that on paper), apply_tell.c (who
 * did it; the event), apply_settle.c (what was cut short). */
#pragma once

#include <jansson.h>
#include <sys/types.h>

#include "cli.h"
#include "hjgate/conf.h"
#include "writer.h"

#define APPLY_EXIT_BACK    3 /* a program did not come up: what held before holds again */
#define APPLY_KEPT_MOST    10
#define APPLY_PROGRAMS_MAX 64
#define APPLY_NAME_MAX     (HJ_NAME_MAX + 16) /* "meterd@north" */
#define APPLY_BY_MAX       64

/* ---- apply_tree.c: a tree is what is below ROOT/etc/hjgate, without examples, hidden files and leftovers ---- */
struct apply_tree {
	char **names; /* "buses.d/north.conf", sorted */
	size_t count;
};
/* A root without the folder has no files. -E2BIG: more than anybody configures. */
int apply_tree_list(const char *root, struct apply_tree *ret);
void apply_tree_done(struct apply_tree *t);
/* 1: the same bytes (or link, or absence) under both roots; 0; -errno. */
int apply_tree_same_file(const char *a, const char *b, const char *name);
int apply_tree_same(const char *a, const char *b);
/* The file, whole or not at all, with its mode and owner, on the disk. like NULL: a copy; else it is the same file as
 * below that root, where it is the same in all. */
int apply_tree_copy_file(const char *from, const char *to, const char *like, const char *name);
int apply_tree_copy(const char *from, const char *to, const char *like);
/* `to` becomes what `from` is; what the package itself brings is left as it is. Every file is whole at every moment,
 * and doing it again finishes it. */
int apply_tree_put(const char *from, const char *to);

/* ---- apply_held.c: the folder of those, /var/lib/hjgate/config ---- */
/* A path in it; "": itself, made where absent. It begins with what was opened first (-EPERM: that is another's), so
 * that it means the same until apply_kept_done(), whatever is renamed. */
int apply_kept_path(const char *root, const char *name, char ret[HJ_PATH_MAX]);
int apply_kept_find(const char *root, const char *name, char ret[HJ_PATH_MAX]); /* the same, and nothing is made */
void apply_kept_done(void);
const char *apply_kept_known(const char *root, const char *name, char path[HJ_PATH_MAX]); /* for people */
/* Such a path in a text becomes the one that people know. */
void apply_kept_shown(const char *root, char *text, size_t size);
void apply_kept_show_errors(const char *root, struct hj_conf_errors *l);
/* This number becomes what is in ROOT/etc/hjgate. -EPERM: another has been in it, and nothing was touched. */
int apply_kept_put(const char *root, unsigned number);

/* ---- apply_kept.c: /var/lib/hjgate/config/N is a root with the configuration that was good as the Nth ---- */
#define APPLY_STAGED "new"   /* what is being applied */
#define APPLY_ASIDE  "aside" /* what was in /etc/hjgate and had to make way, the newest of it */

struct apply_kept {
	unsigned number;
	int64_t time_ms;
	char by[APPLY_BY_MAX], note[128];
};
struct apply_kept_list {
	struct apply_kept *list; /* the oldest first */
	size_t count;
};
int apply_kept_list(const char *root, struct apply_kept_list *ret);
/* The newest, and whether what is written is another; nothing is made. False: none is known. */
bool apply_kept_newest(const char *root, unsigned *ret_number, bool *ret_edited);
void apply_kept_list_done(struct apply_kept_list *l);
int apply_kept_root(const char *root, unsigned number, char ret[HJ_PATH_MAX]); /* 0: the empty one */
int apply_kept_stage(const char *root, unsigned like);
/* What is staged is kept as this number, and the oldest go. */
int apply_kept_keep(const char *root, const struct apply_kept *k);
int apply_kept_set_aside(const char *root); /* what is staged */

int apply_remove_all(const char *path); /* a folder and what is in it */

/* What is under way, on the disk before it begins. */
enum apply_state { APPLY_SETTLED, APPLY_TRYING, APPLY_PUTTING };
/* TRYING: what is in /etc is being tried, and `number` held before; PUTTING: `number` is being put into /etc. */
int apply_state_write(const char *root, enum apply_state state, unsigned number);
enum apply_state apply_state_read(const char *root, unsigned *ret_number);

/* ---- apply_change.c ---- */
enum apply_how { APPLY_ADDED, APPLY_REMOVED, APPLY_CHANGED };
struct apply_change {
	char *file, *key;   /* key "": the file as a whole */
	char *old, *new;    /* as shown; NULL: absent. Passwords are stars. */
	enum apply_how how; /* of the file */
};
struct apply_changes {
	struct apply_change *list;
	size_t count;
};
/* Added to those that are there; a key is told once. */
int apply_changes_find(const char *old_root, const char *new_root, struct apply_changes *to);
void apply_changes_done(struct apply_changes *c);

/* ---- apply_reads.c ---- */
enum {
	APPLY_STORED = 1,
	APPLY_EVENTD = 2,
	APPLY_JUDGED = 4,
	APPLY_ALERTD = 8,
	APPLY_CLOCKD = 16,
	APPLY_METERD = 32,   /* of this bus */
	APPLY_METERDS = 64,  /* all */
	APPLY_UPLINKD = 128, /* of this uplink */
	APPLY_UPLINKDS = 256,
};
/* Who reads this key ("meters.oven.ct"; "": any of it) of this file. */
unsigned apply_readers(const char *file, const char *key);
/* "north" of "buses.d/north.conf" where the folder is this one; else "". */
void apply_instance(const char *file, const char *folder, char ret[HJ_NAME_MAX + 1]);

/* ---- programs ---- */
enum apply_act { APPLY_LEAVE, APPLY_START, APPLY_RESTART, APPLY_STOP };
enum apply_life { APPLY_DOWN, APPLY_STARTING, APPLY_UP, APPLY_STOPPING };

struct apply_look { /* at one moment */
	bool known;
	enum apply_life life;
	pid_t pid;
	unsigned deaths; /* that nobody asked for */
	char how[64];    /* of the newest; "" = not known */
};
struct apply_program {
	char name[APPLY_NAME_MAX];
	const char *instance; /* within name; NULL */
	unsigned reader;      /* one of the bits; METERD and UPLINKD for instances */
	unsigned tier;        /* whoever needs another has the higher one */
	bool on_demand;       /* it starts when it is asked */
	bool wanted, touched; /* touched: acted upon */
	enum apply_act act;
	const char *reason; /* N_(): of the act; NULL: none */
	uint64_t seen;      /* a digest of what it has read; 0 = not known */
	struct apply_look before, now;
	bool port_was_good; /* of a bus, before */
	bool port_is_taken; /* now, by another */
	int64_t acted_ms;   /* wall clock: it was told to */
	int64_t acted_mono_ms, up_mono_ms;
	int64_t down_ms; /* until it was ready; -1 = it was not down, or is not up */
	const char *why; /* N_(): what is wrong with it; NULL: nothing */
	char detail[128];
};

struct apply_hands;
struct apply {
	struct cli *cli;
	const char *root;
	const struct apply_hands *hands; /* NULL: nothing runs here */
	struct apply_changes changes;
	struct apply_program programs[APPLY_PROGRAMS_MAX];
	size_t count;
	const char *source; /* the root whose configuration is to be run */
	unsigned good;      /* number of the newest that is kept; 0 = none */
	char by[APPLY_BY_MAX];
	int lock;
	/* as asked for */
	bool list, dry, stay, back, settle;
	const char *wait_text;
	unsigned back_to;
	bool cut_short; /* an apply before this one was */
	struct apply_scaled {
		char point[HJ_POINT_NAME_MAX + 1];
		double before; /* its newest reading, by the old scale */
	} * scaled;            /* totals that were told to the store */
	size_t scaled_count;
	int64_t wait_ms;
};

/* ---- who starts and stops programs here ---- */
struct apply_hands {
	const char *name;
	int look_ms; /* between two looks */
	bool (*here)(const struct apply *a);
	int (*reload)(const struct apply *a); /* before new instances are started */
	/* Every program it knows of is added or filled in. */
	int (*look)(struct apply *a);
	int (*act)(const struct apply *a, const struct apply_program *p, enum apply_act act); /* does not wait */
};
/* At boot, after another configuration was put in the place of what was tried: its instances run, and no others. */
int apply_systemd_settled(struct apply *a);
extern const struct apply_hands apply_hands_run, apply_hands_systemd;
const struct apply_hands *apply_hands_find(const struct apply *a);
struct apply_program *apply_program_get(struct apply *a, const char *name); /* made where absent; NULL: too many */

/* apply_plan.c */
int apply_plan(struct apply *a);
bool apply_concerns(const struct apply_program *p, const struct apply_change *c);
size_t apply_plan_size(const struct apply *a); /* programs that are to be touched */
void apply_plan_reverse(struct apply *a);      /* of what was touched */

/* apply_seen.c: it has read what is neither what is below `source` nor as good as the newest that is kept. False too
 * where it does not say, or nothing that is kept may be seen. */
bool apply_runs_other(const char *root, const char *source, struct apply_program *p); /* fills `seen` */
int apply_seen_note(const struct apply *a); /* who was left alone has read what is as good as what is kept now */

/* apply_scale.c: the store is told of totals that count on under another scale: from the good configuration to what
 * is in /etc; or back, of those that were told then. */
void apply_scales(struct apply *a, bool back, struct writer *w);

/* apply_watch.c */
int apply_do(struct apply *a); /* 0; -EIO: one did not come up, its `why` says what it did; -errno */
int64_t apply_mono_ms(void);

/* apply_answers.c */
struct apply_answer {
	char name[2 * HJ_NAME_MAX + 8]; /* "oven", "county" */
	const struct apply_program *program;
	int64_t ms; /* since its program was ready; -1 = none yet */
	char text[256];
};
struct apply_answers {
	struct apply_answer *list;
	size_t count;
};
int apply_answers_wait(struct apply *a, struct apply_answers *ret);
void apply_answers_done(struct apply_answers *l);
bool apply_port_is_bad(struct apply *a, struct apply_program *p); /* fills `why` */
bool apply_port_is_good(const struct apply *a, const struct apply_program *p);

/* apply_show.c */
void apply_show_changes(const struct apply *a, struct writer *w);
/* key: "programs", or "put_back" where it was undone. */
void apply_show_programs(const struct apply *a, struct writer *w, const char *key, bool done);
void apply_show_answers(const struct apply_answers *l, struct writer *w);
void apply_show_list(const struct apply *a, const struct apply_kept_list *l, struct writer *w);
void apply_show_settled(unsigned number, int how); /* by apply_settle() */
int apply_show_nobody(const struct apply *a); /* no program runs: the exit status */

/* apply_tell.c */
void apply_who(char to[APPLY_BY_MAX]);
void apply_tell(const char *root, const char *code, json_t *values, int wait_ms);

/* apply_settle.c: before any program runs. What was cut short is finished or undone, and the first configuration is
 * kept. Above 0: this number was put back, ALONE: what was tried is not kept, the disk is full; 0; -errno. */
enum { APPLY_IS_BACK = 1, APPLY_IS_BACK_ALONE = 2 };
int apply_settle(const char *root, unsigned *ret_number);
int apply_take_up(struct apply *a); /* where a person goes on instead */
/* One at a time: -EBUSY, and who it is. */
int apply_lock(const char *root, int *ret, char who[128]);
