/* Inside src/sys/conf*: one table row a key, one engine that reads them all, one place that words errors. */
#pragma once

#include <libconfig.h>
#include <stddef.h>

#include "hjgate/cleanup.h"
#include "hjgate/clock.h"
#include "hjgate/conf.h"
#include "hjgate/conf_flat.h"
#include "hjgate/service.h"
#include "hjgate/text.h"

#define CONF_FILE_BYTES_MAX (1024 << 10) /* bytes of one file: 247 meters of 40 points are 500 KiB */

/* One file being read. `errors` is the caller's; `path` is what errors name. */
struct conf_file {
	config_t config;
	char folder[HJ_PATH_MAX], path[HJ_PATH_MAX];
	const char *root; /* NULL: a text in memory, which names no other files */
	bool below_root;  /* --root was given: test keys count */
	bool open;
	uint64_t digest; /* of its text and of what that includes */
	struct hj_conf_errors *errors;
};

/* Reads and parses; checks `format`. 0, -ENOENT, or -EINVAL with the error added. Always followed by
 * conf_file_done(). */
int conf_file_open(
        struct conf_file *f, const char *root, const char *folder, const char *name, struct hj_conf_errors *errors);
/* The same with the folder's whole path. */
int conf_file_open_at(struct conf_file *f, const char *root, const char *folder_path, const char *name,
        struct hj_conf_errors *errors);
/* The same for a text that is in memory; includes are refused. */
int conf_file_parse(struct conf_file *f, const char *text, size_t n, struct hj_conf_errors *errors);
void conf_file_done(struct conf_file *f);
/* What is in it, without a word on what is wrong there; 0: it is absent. -errno. */
int conf_file_digest(const char *root, const char *folder, const char *name, uint64_t *ret);

/* conf_seen.c: it was read, and this was in it; these were the names in a folder. */
#define CONF_SEEN_ALL "*.conf" /* no name of a file that is read */
void conf_seen_file(const struct conf_file *f, uint64_t digest);
void conf_seen_names(const char *folder, char *const *names, size_t n);

/* conf_syntax.c: the line of the first byte that is not UTF-8; 0: all of it is. */
int conf_not_utf8(const char *text);
/* What is likely to be the cause of a syntax error on this line. */
struct conf_syntax {
	int text_begin, text_end; /* lines of a text that spans several, before it; 0: there is none */
	unsigned character;       /* beyond ASCII, outside of texts and comments; 0: there is none */
};
void conf_syntax_look(const char *text, int line, struct conf_syntax *ret);

/* FOLDER/NAME.conf, after the name itself has been checked. */
#define HJ_CONF_BUSES   "buses.d"
#define HJ_CONF_UPLINKS "uplinks.d"
int conf_instance_open(
        struct conf_file *f, const char *root, const char *folder, const char *name, struct hj_conf_errors *errors);

/* Of a device: what f-SN of HJ 212 can say. */
int conf_check_serial(const char *text, const char **ret_why);
/* METER.POINT. */
int conf_check_point_name(const char *text, const char **ret_why);

/* What the loaders do with an open file; the same for a text in memory, which the fuzzer feeds. */
int conf_main_read(struct conf_file *f, struct hj_conf_main *c);
int conf_bus_read(struct conf_file *f, struct hj_conf_bus *b);
int conf_uplink_read(struct conf_file *f, struct hj_conf_uplink *u);
int conf_alerts_read(struct conf_file *f, struct hj_conf_alerts *c);
/* conf_uplink_dialect.c */
struct conf_table;
extern const struct conf_table conf_uplink_dialect;
void conf_uplink_dialect_check(
        struct conf_file *f, const config_setting_t *uplink, const struct hj_conf_dialect *d);
struct conf_model;
int conf_model_read(struct conf_file *f, struct conf_model *m);
int conf_flatten(const struct conf_file *f, hj_conf_flat_fn fn, void *userdata);
int conf_factors_read(struct conf_file *f, struct hj_conf_factors *to);

/* ROOT/etc/hjgate/FOLDER/NAME; folder may be "". -ENAMETOOLONG. */
int conf_path(const char *root, const char *folder, const char *name, char ret[HJ_PATH_MAX]);

/* The names of *.conf in a folder, sorted; none where it is absent. hj_conf_names_free(). */
int conf_names_in(const char *folder_path, char ***ret_names, size_t *ret_count);

/* Adds one; NULL when the list is full (then it is only counted) or memory is short. at NULL: the file as a whole. */
struct hj_conf_error *conf_error(struct conf_file *f, const config_setting_t *at, const char *what, ...)
        _printf_(3, 4);
struct hj_conf_error *conf_error_at(struct hj_conf_errors *errors, const char *file, int line, const char *what, ...)
        _printf_(4, 5);
/* The path of what libconfig calls `included`: the name in the @include, NULL for the file itself. */
void conf_source(const struct conf_file *f, const char *included, char ret[HJ_PATH_MAX]);
void conf_remedy(struct hj_conf_error *e, const char *remedy, ...) _printf_(2, 3); /* e may be NULL */
/* conf_line.c: the line for an error in this list: the key's, else the group's. */
int conf_line(const struct hj_conf_errors *to, const char *file, int group, const char *key);
size_t conf_error_total(const struct hj_conf_errors *errors);

/* A value as a person wrote it, cut to a line. */
#define CONF_VALUE_LEN 48
const char *conf_value(const config_setting_t *s, char ret[CONF_VALUE_LEN]);

enum conf_kind {
	CONF_INT,
	CONF_FLOAT,
	CONF_BOOL,
	CONF_STRING,
	CONF_CHAR,
	CONF_ENUM,
	CONF_NUMBERS,
	CONF_LIST,  /* ( { ... }, { ... } ): each group goes to `item`; from here on nothing is stored */
	CONF_ARRAY, /* [ ..., ... ] or ( ..., ... ): each entry goes to `item`, which checks its type */
	CONF_GROUP, /* { NAME = ...; }: each setting goes to `item` */
	CONF_TABLE, /* { ... } with a table of its own, for a struct at `offset` */
};
/* CONF_NUMBERS: where they go. */
#define CONF_NUMBERS_MAX 4
struct conf_numbers {
	size_t count;
	double list[CONF_NUMBERS_MAX];
};

enum conf_flags {
	CONF_REQUIRED = 1,
	CONF_BELOW_ROOT = 2, /* only with --root */
	CONF_ZERO = 4,       /* 0 is allowed too, outside least..most */
	CONF_LOOSE = 8,      /* below a root the least is 1 */
	CONF_FREE = 16,      /* CONF_INT: whoever reads the group checks its bounds; `hint` says what to write */
};

struct conf_choice {
	const char *name; /* as written; for CONF_INT the number's text */
	int64_t value;
};

struct conf_table;
/* Close together: whoever is linked with a table has it in memory of its own, for its pointers, whether it reads such
 * a file or not. */
struct conf_key {
	const char *name;
	enum conf_kind kind : 8;
	unsigned flags : 8;
	unsigned size : 16; /* where it goes; CONF_STRING: with the NUL */
	unsigned offset;
	double least, most; /* CONF_INT, CONF_FLOAT, both included; CONF_NUMBERS and after: how many */
	union {
		double preset;           /* all before CONF_NUMBERS but CONF_STRING */
		const char *preset_text; /* CONF_STRING; NULL = "" */
	};
	const char *hint; /* N_(): what to write, for CONF_STRING, CONF_CHAR, CONF_ARRAY and CONF_GROUP */
	union {
		const struct conf_choice *choices; /* CONF_ENUM, CONF_INT where not each will do; ended by NULL */
		/* CONF_STRING, CONF_CHAR: < 0 refused, why untranslated */
		int (*check)(const char *text, const char **ret_why);
		/* CONF_LIST ...; -ENOMEM */
		int (*item)(struct conf_file *f, const config_setting_t *item, void *object);
		const struct conf_table *table; /* CONF_TABLE; absent, its presets count and nothing is missing */
	};
};
struct conf_table {
	const char *what; /* names the group in errors: N_("meter") */
	const struct conf_key *keys;
	size_t count;
};
/* Groups of uplinks.d/NAME.conf (conf_uplink_*.c). */
extern const struct conf_table conf_uplink_link, conf_uplink_tls, conf_uplink_backlog;
extern const struct conf_table conf_uplink_session, conf_uplink_next;
/* conf_uplink.c: what is said of a platform in its file and again for its move. */
extern const struct conf_choice conf_editions[];
int conf_check_mn(const char *text, const char **ret_why);
int conf_check_st(const char *text, const char **ret_why);
int conf_check_pw(const char *text, const char **ret_why);
/* conf_uplink_session.c: edition and MN fit one another, before the move and after it. */
void conf_uplink_next_check(struct conf_file *f, struct hj_conf_uplink *u);
int conf_check_host(const char *text, const char **ret_why);
int conf_place_parse(const char *text, struct hj_conf_place *ret); /* -EINVAL */
void conf_uplink_link_check(struct conf_file *f, struct hj_conf_uplink *u);
#define CONF_AT(type, member) .offset = offsetof(type, member), .size = sizeof(((type *)0)->member)

/* Presets first, then what the group says. 0, -ENOMEM; what is wrong is added to the errors and keeps its preset.
 * `what` names the group in errors: N_("meter"). */
int conf_table_read(struct conf_file *f, const config_setting_t *group, const char *what,
        const struct conf_key *table, size_t n, void *object);
/* The same over what the object holds already: no presets, and nothing is missing. */
int conf_table_overlay(struct conf_file *f, const config_setting_t *group, const char *what,
        const struct conf_key *table, size_t n, void *object);
/* Has this key an error already? Then nothing more is said of it, and of what hangs on it. */
bool conf_told(const config_setting_t *group, const char *key);

/* "did you mean": tried with every name there is, `best` is then the one meant, or NULL. */
struct conf_near {
	const char *name; /* as it was written */
	const char *best;
	unsigned edits;
};
void conf_near_try(struct conf_near *near, const char *candidate);
