/* The configuration in /etc/hjgate, read with libconfig by tables: key, type, default, least, most, where it goes.
 * Every error has its file and line, what is wrong and what to do. Each daemon reads what it needs with the same
 * functions that `hjgate check` uses for all, so that what check accepts starts. Loading never changes anything but
 * its result. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hjgate/box.h"
#include "hjgate/bus_type.h"
#include "hjgate/conf_alerts.h"
#include "hjgate/conf_pool.h"
#include "hjgate/conf_site.h"
#include "hjgate/factor.h"
#include "hjgate/mn.h"
#include "hjgate/point.h"
#include "hjgate/record.h"
#include "hjgate/register.h"
#include "hjgate/wording.h"

#define HJ_CONF_FORMAT      1
#define HJ_CONF_BUSES_MAX   16
#define HJ_CONF_UPLINKS_MAX 16
#define HJ_CONF_METERS_MAX  247           /* on one bus */
#define HJ_CONF_POINTS_MAX  128           /* of one meter */
#define HJ_CONF_PUBLISH_MAX HJ_POINTS_MAX /* values that one bus shows to others */
#define HJ_CONF_ERRORS_MAX  50
#define HJ_CONF_FACTORS_MAX 4096 /* codes that the tables of factors explain */
#define HJ_CONF_TEXT_MAX    127  /* bytes of a free text: path, host, equipment */
#define HJ_ADDRESS_MAX      45   /* an IPv6 address as text */

/* Collected, not logged: the caller shows them. Texts are translated already. */
struct hj_conf_error {
	char file[256];
	int line; /* 0 = the file as a whole */
	char what[256];
	char remedy[256];
};
struct hj_conf_errors {
	struct hj_conf_error *list;
	size_t count, more; /* more: beyond HJ_CONF_ERRORS_MAX */
};
void hj_conf_errors_done(struct hj_conf_errors *e);

/* Where a key ("baud", "tls.ca") stands in a file: of the group that begins on this line, 0 = of the whole file. 0 where
 * it is not written there itself. The file is read for it. */
int hj_conf_key_line(const char *file, int group, const char *key);
bool hj_conf_key_decimal(const char *file, int group, const char *key); /* a number, and not in hexadecimal */

/* ---- hjgate.conf ---- */
/* What the clock is trusted by besides a time daemon and a platform. */
enum hj_clock_trust {
	HJ_CLOCK_UNSAID, /* as HJ_CLOCK_NTP; below a root as HJ_CLOCK_RTC: a desk's clock is the desk's own */
	HJ_CLOCK_NTP,    /* nothing */
	HJ_CLOCK_RTC,    /* the box's own clock */
};
/* What goes out as logs (CN 3020 i21001): each choice has those before it. */
enum hj_logs { HJ_LOGS_NONE, HJ_LOGS_HEADS, HJ_LOGS_FAULT, HJ_LOGS_WARN, HJ_LOGS_INFO };
enum hj_language { HJ_LANGUAGE_EN, HJ_LANGUAGE_ZH };

struct hj_conf_main {
	int64_t base_window;    /* seconds: 60, 120, 180, 240, 300 */
	int64_t retention_days; /* 30..4000, 400 by default */
	int64_t normal_part;    /* %: 75..100, 75 by default */
	int64_t retention_mb;   /* 16..100000 */
	/* The flash that the records lie on, for the estimate of how long it lasts. */
	int64_t flash_mb;                   /* 0: as large as the file system */
	int64_t flash_cycles;               /* how often each of its blocks can be written */
	int64_t flash_amplification;        /* bytes that it writes for one that a program writes */
	bool stick;                         /* does a stick that is plugged in get a backup? */
	int64_t clock_trust;                /* enum hj_clock_trust */
	char clock_uplink[HJ_NAME_MAX + 1]; /* whose platform may set the clock; "" = none */
	int64_t logs;                       /* enum hj_logs, of events: those that become log records */
	int64_t language;                   /* enum hj_language, of their texts */
	/* Without any platform, until the hook's flag is raised: 5..10080, 30 by default; 0 = never. */
	int64_t unreachable_minutes;
	char serial[HJ_SERIAL_MAX + 1]; /* of the gateway; "" = the box's own */
	/* Only below a root (--root), for demonstrations and tests; 0 = not set. Seconds. */
	int64_t test_minute, test_hour, test_day, test_unreachable;
};
/* As where there is no file. */
#define HJ_CONF_MAIN_DEFAULT                                                                                         \
	{                                                                                                            \
		.base_window = 300, .normal_part = 75, .retention_days = 400, .retention_mb = 1024,                  \
		.flash_cycles = 1000, .flash_amplification = 10, .unreachable_minutes = 30                           \
	}
/* Lengths in ms after the test_* settings. */
int64_t hj_conf_minute_ms(const struct hj_conf_main *c);
int64_t hj_conf_hour_ms(const struct hj_conf_main *c);
int64_t hj_conf_day_ms(const struct hj_conf_main *c);
bool hj_conf_trusts_rtc(const struct hj_conf_main *c, const char *root);

/* ---- buses.d/NAME.conf ---- */

/* A bus may have more than a thousand: texts are the pool's, and what is small is last. */
struct hj_conf_point {
	struct {
		const char *name; /* METER.POINT */
		const char *factor, *unit;
		double wrap;
		uint32_t interval_ms;
		bool total;
	} point;                            /* see struct hj_point */
	struct hj_codec codec;              /* its scale has the ratio in it */
	double scale, ratio;                /* as they are written */
	const struct hj_value_rules *rules; /* NULL: none */
	const char *equipment;              /* what it belongs to, for people (W11); the meter's where not set */
	int line;                           /* where it is configured */
	uint32_t address;  /* register or bit of the protocol, 0-based; data identifier; input of the GPIO chip */
	uint32_t fast_ms;  /* between two looks whether it changed; 0: none */
	uint16_t debounce; /* ms, of a GPIO line; a change that does not last so long is none */
	bool active_low;   /* of a GPIO line: it is on while its level is low */
	uint8_t bias;      /* likewise: enum hj_bias */
	enum hj_table table;
	uint8_t at;       /* of a data identifier: the value's first byte in the answer */
	bool event;       /* each change of it is an event */
	int8_t decimals;  /* of the text by default; -1 = as needed */
	char module;      /* guideline table H: 1-9 a-z; 0 = none */
	uint8_t ratio_of; /* which ratio it takes: hj_ratio_name() */
};
void hj_conf_point_get(const struct hj_conf_point *p, struct hj_point *ret); /* as it is told to the store */
/* Which requests a meter bears. */
#define HJ_CONF_BARRIERS_MAX 16
struct hj_conf_limits {
	uint8_t max_registers; /* of one request; 0 = as many as Modbus allows */
	uint8_t barrier_count;
	uint16_t barriers[HJ_CONF_BARRIERS_MAX]; /* no request holds an address below one and another from it on */
};
struct hj_conf_meter {
	char name[HJ_NAME_MAX + 1];
	char model[HJ_NAME_MAX + 1];            /* "" where its points are all in the bus's file */
	int64_t unit_id;                        /* see hj_bus_unit_is(); 0 where the bus has stations or lines */
	char station[2 * HJ_STATION_BYTES + 1]; /* its digits; "" where the bus has none */
	char serial[HJ_SERIAL_MAX + 1];         /* as on its plate; "" = what the bus or a point of it says */
	double pt, ct;                          /* ratios of its transformers, 1 by default */
	const char *equipment;
	struct hj_conf_limits limits;
	struct hj_conf_point *points;
	size_t point_count;
	int line;
};
/* A value that others may look up on a bus that serves. */
struct hj_conf_published {
	const char *point; /* METER.POINT, of any bus */
	struct hj_codec codec;
	uint16_t address; /* of a bit: coil and discrete input; else holding and input register */
	int line;
};
struct hj_conf_bus {
	char name[HJ_NAME_MAX + 1]; /* from the file's name */
	enum hj_bus_kind kind;
	char port[HJ_CONF_TEXT_MAX + 1]; /* a device; "" where the bus has a host */
	char host[HJ_CONF_TEXT_MAX + 1]; /* a name or an address; "" where the bus has a port */
	int64_t tcp_port;                /* 1..65535 */
	char listen_on[HJ_ADDRESS_MAX +
	               1]; /* of a bus that serves over TCP: the address of the box to be reached at */
	int64_t baud;      /* 1200..115200 */
	int64_t data_bits, stop_bits;
	char parity;              /* 'N', 'E', 'O' */
	int64_t response_timeout; /* ms, 20..5000; 500 by default */
	int64_t retries;          /* 0..5; 1 by default */
	int64_t gap;              /* ms before each request, 0..2000; 0 = what the protocol asks for */
	enum hj_echo echo;
	enum hj_rs485 rs485;
	int64_t poll_preset_ms; /* of points that do not say how often: 5 minutes, and at most the base window */
	struct hj_conf_meter *meters;
	size_t meter_count;
	struct hj_conf_published *publish;
	size_t publish_count;
	int64_t publish_unit;     /* the unit id that they are read from */
	struct hj_conf_pool pool; /* what meters and points only point to */
	char file[256];
};

/* ---- models/NAME.conf: the register map of a kind of meter ---- */
#define HJ_CONF_SOURCES_MAX 8
#define HJ_CONF_NOTES_MAX   6 /* notes of a model */
struct hj_conf_model {
	char id[HJ_NAME_MAX + 1]; /* from the file's name; what a meter's `model` says */
	char name[64], maker[64]; /* as the maker writes them */
	char about[HJ_CONF_TEXT_MAX + 1];
	bool verified;         /* two public sources agree on every point */
	enum hj_bus_kind kind; /* HJ_BUS_rtu stands for every bus of unit ids */
	char sources[HJ_CONF_SOURCES_MAX][HJ_CONF_TEXT_MAX + 1];
	size_t source_count;
	char notes[HJ_CONF_NOTES_MAX][HJ_CONF_TEXT_MAX + 1]; /* what an installer must know */
	size_t note_count;
	int64_t baud; /* as delivered; 0 = not known */
	char parity;  /* likewise */
	struct hj_conf_limits limits;
	struct hj_conf_point *points; /* named without a meter; interval_ms 0 = as the meter has it */
	size_t point_count;
	struct hj_conf_pool pool;
	char file[256];
};

/* ---- factors.conf, factors.d/NAME.conf: what codes mean ---- */
struct hj_conf_factors {
	struct hj_factors table;
	size_t room;          /* for so many rows */
	const char *standard; /* the file whose rows give way to the site's own */
	struct hj_conf_pool pool;
};
/* The standard's table, and the site's own codes, which go before it. It is large: read it, use it, free it. What is
 * right is there although other rows are not (-EINVAL); where there is no file, nothing is (0). */
int hj_conf_load_factors(const char *root, struct hj_conf_factors *ret, struct hj_conf_errors *errors);
void hj_conf_factors_done(struct hj_conf_factors *f);

/* ---- uplinks.d/NAME.conf ---- */
enum hj_edition { HJ_EDITION_2005 = 2005, HJ_EDITION_2017 = 2017, HJ_EDITION_2025 = 2025 };
enum hj_crc { HJ_CRC_ANNEXA, HJ_CRC_MODBUS, HJ_CRC_MODBUS_SWAPPED, HJ_CRC_NONE };

struct hj_conf_factor {
	char point[HJ_POINT_NAME_MAX + 1];
	char factor[HJ_FACTOR_MAX + 1]; /* at this platform; the bus file's where not set */
	int decimals;                   /* -1 = the dialect's, else the bus file's */
	double scale;                   /* sent times this; 0 = what the units say */
	char unit[HJ_UNIT_MAX + 1];     /* the platform's; "" = the point's */
	char st[4];                     /* "" = the uplink's; others go in uploads of their own */
	int line;
};
/* Where and how a platform is reached, beside host and port. */
#define HJ_CONF_OTHERS_MAX    4
#define HJ_CONF_INTERFACE_MAX 15
struct hj_conf_place {
	char host[HJ_CONF_TEXT_MAX + 1];
	int64_t port;
};
struct hj_conf_link {
	struct hj_conf_place others[HJ_CONF_OTHERS_MAX]; /* tried where host does not answer, in this order */
	size_t other_count;
	int64_t main_again; /* s between two tries of host while another is in use, 60..86400; 600 by default */
	char interface[HJ_CONF_INTERFACE_MAX + 1]; /* "" = as the routes say */
	char source[HJ_ADDRESS_MAX + 1];           /* likewise */
	int64_t lost_after; /* s after which a platform that has vanished is noticed, 15..3600; 50 by default */
};
enum hj_tls_version { HJ_TLS_1_2 = 12, HJ_TLS_1_3 = 13 };
struct hj_conf_tls {
	bool on; /* the group is there */
	/* Files in PEM; a relative path is below /etc/hjgate. ca "": those that the system trusts. */
	char ca[HJ_CONF_TEXT_MAX + 1], cert[HJ_CONF_TEXT_MAX + 1], key[HJ_CONF_TEXT_MAX + 1];
	char name[HJ_CONF_TEXT_MAX + 1]; /* in the platform's certificate; "" = its host */
	enum hj_tls_version min;
	char pin[65]; /* SHA-256 of the platform's public key, hexadecimal; "" = none */
};
/* What is sent afterwards. */
struct hj_conf_backlog {
	int64_t rate;   /* frames a minute, 1..60000; 0 = no limit */
	char hours[12]; /* "22:00-06:00": only then; "" = always */
	int64_t budget; /* MB a day of everything to this platform, 1..100000; 0 = no limit */
};
/* Minutes of the day; both 0 for "". -EINVAL. */
int hj_conf_hours_parse(const char *text, unsigned *ret_from_min, unsigned *ret_to_min);
/* How the two talk, beside the frames' form. */
enum hj_ack { HJ_ACK_QN, HJ_ACK_ORDER, HJ_ACK_NONE }; /* see enum hj212_ack */
struct hj_conf_own {
	char cn[5];       /* "" = no login */
	bool answered;    /* the platform answers it; true by default */
	int64_t interval; /* of a heartbeat: s of silence before it, 5..3600; 0 = no heartbeat */
	char cp[128];
};
struct hj_conf_session {
	enum hj_ack ack;
	int64_t window; /* frames unacknowledged at a time, 1..32; 1 by default, the standard's flow */
	bool any_crc;   /* what the platform sends is taken whatever its CRC */
	bool crc_lower; /* the letters of ours are lower case */
	struct hj_conf_own login, heartbeat;
};
/* Who a gateway is at a platform, and in which words. */
struct hj_conf_form {
	enum hj_edition edition;
	char mn[HJ_MN_MAX + 1];
	char st[4];
	char pw[HJ_MN_MAX + 1]; /* 2017: 6 characters at most; longer is seen in the field */
};
/* The platform's move to another edition. */
struct hj_conf_next {
	int64_t from_ms;          /* 0 = none is known of */
	char from[20];            /* as it is written: a day, or a day and a time, in Beijing */
	struct hj_conf_form form; /* edition 0 and texts that are "": as before */
};
/* conf_uplink_dialect.c: what stands in a CP. */
struct hj_conf_dialect {
	struct hj_wording wording;
	int decimals; /* of factors that do not say; -1 = the bus file's */
};
struct hj_conf_uplink {
	char name[HJ_NAME_MAX + 1];
	char host[HJ_CONF_TEXT_MAX + 1];
	int64_t port;
	struct hj_conf_link link;
	struct hj_conf_tls tls;
	struct hj_conf_backlog backlog;
	struct hj_conf_session session;
	char mn[HJ_MN_MAX + 1]; /* this and the next three: until the move */
	char st[4];
	char pw[HJ_MN_MAX + 1];
	enum hj_edition edition;
	struct hj_conf_next next;
	enum hj_crc crc;
	int64_t rtd_interval; /* s; 30..3600; 1.. below a root; 0 = no real-time data until a platform starts it */
	int64_t min_interval; /* minutes; a multiple of the base window; 0 = the base window */
	int64_t over_time;    /* s, 1..99; 10 by default */
	int64_t re_count;     /* resends, 1..99; 3 by default */
	/* s, 0..300: a delay by MN, so that a city's gateways do not all report at second 0 */
	int64_t jitter;
	int64_t gap;            /* ms between two frames, 0..10000; 600 by default */
	bool minute, hour, day; /* what is uploaded; all true by default */
	int64_t logs;           /* enum hj_logs; HJ_LOGS_HEADS by default */
	struct hj_conf_dialect dialect;
	bool all_points; /* no `factors` list: every point with a factor */
	struct hj_conf_factor *factors;
	size_t factor_count;
	char file[256];
};

/* 0, or -EINVAL with every error found added to `errors`, or -ENOENT where the file is absent (hjgate.conf: then the
 * defaults, and 0). `root` "" is the system itself. */
int hj_conf_load_main(const char *root, struct hj_conf_main *ret, struct hj_conf_errors *errors);
int hj_conf_load_bus(const char *root, const char *name, struct hj_conf_bus *ret, struct hj_conf_errors *errors);
/* What of the machine a bus needs: "serial", "tcp", "listen" (on a TCP port) or "gpio". 0, or -errno as above. */
int hj_conf_bus_reach(const char *root, const char *name, const char **ret);
int hj_conf_load_uplink(
        const char *root, const char *name, struct hj_conf_uplink *ret, struct hj_conf_errors *errors);
/* The site's own below /etc/hjgate/models are found before those below /usr/share/hjgate/models, of the root and then
 * of the system. An absent one is -ENOENT, and an error that names what is near. */
int hj_conf_load_model(const char *root, const char *name, struct hj_conf_model *ret, struct hj_conf_errors *errors);
void hj_conf_model_done(struct hj_conf_model *m);
/* All that are installed, sorted, each once; hj_conf_names_free(). */
int hj_conf_model_names(const char *root, char ***ret_names, size_t *ret_count);
void hj_conf_bus_done(struct hj_conf_bus *b);
void hj_conf_uplink_done(struct hj_conf_uplink *u);

/* All of it, and what only the whole shows: a name or a port used twice, a factor doubled at one platform, an
 * uplink's point that no bus has, a min_interval that is no multiple of the base window. Good parts are loaded even
 * where others are bad. */
struct hj_conf {
	struct hj_conf_main main;
	struct hj_conf_bus *buses;
	size_t bus_count;
	struct hj_conf_uplink *uplinks;
	size_t uplink_count;
	struct hj_conf_factors factors; /* hj_conf_add_factors(): who does not need them has none */
	struct hj_conf_alerts alerts;
	struct hj_conf_site site; /* empty where there is no equipment.conf */
};
int hj_conf_load_all(const char *root, struct hj_conf *ret, struct hj_conf_errors *errors);
/* NULL: no bus has it. ret_bus may be NULL. */
const struct hj_conf_point *hj_conf_find_point(
        const struct hj_conf *c, const char *name, const struct hj_conf_bus **ret_bus);
/* What codes mean, for hj_conf_uplink_points(). What is wrong in their files is the check's business: what is right
 * is there. -ENOMEM. */
int hj_conf_add_factors(const char *root, struct hj_conf *c);
void hj_conf_done(struct hj_conf *c);

/* As the gateway is there at this time: before or after the move. */
void hj_conf_uplink_form(const struct hj_conf_uplink *u, int64_t at_ms, struct hj_conf_form *ret);
/* Does the file have records of this kind uploaded? Whether HJ 212 has a command for it is another question. */
bool hj_conf_uplink_wants(const struct hj_conf_uplink *u, enum hj_kind kind);
/* What an uplink sends: fn for each of its factors, or for each point of the buses where it has no list (then with
 * the point's own factor, which may be ""). The decimals come from the uplink's factors, else from its dialect, else
 * from the bus files, else they are -1. The unit, where the uplink says neither one nor a scale, is the code's if the
 * point's is a power of ten apart; so the types and units of codes count only after hj_conf_add_factors(). fn returns
 * other than 0 to stop, and that is returned. */
int hj_conf_uplink_points(const struct hj_conf *conf, const struct hj_conf_uplink *u,
        int (*fn)(void *userdata, const struct hj_wanted *w), void *userdata);

/* One point under the code that it has at an uplink's platform; texts and structs are the configuration's. */
struct hj_conf_sent {
	const char *factor;
	const struct hj_conf_point *configured;
	const struct hj_conf_factor *listed; /* NULL: the uplink sends every point that has a factor */
	const char *file;                    /* where the code is written */
	int line;
};
/* All of them; free(). Points that no bus has, and those without a factor, are left out. -ENOMEM. */
int hj_conf_uplink_sent(
        const struct hj_conf *conf, const struct hj_conf_uplink *u, struct hj_conf_sent **ret, size_t *ret_count);
/* What is hardly meant about codes: unknown, of another unit, too short a type. Each is a warning. -ENOMEM. */
int hj_conf_check_factors(const struct hj_conf *c, const struct hj_factors *t, struct hj_conf_errors *warnings);

const char *hj_type_name(enum hj_type type);
const char *hj_order_name(enum hj_order order);
const char *hj_table_name(enum hj_table table);
const char *hj_ratio_name(uint8_t ratio_of); /* "none", "pt", "ct", "ptct" */

/* Instances of buses.d or uplinks.d: the names of *.conf, sorted. */
int hj_conf_names(const char *root, const char *folder, char ***ret_names, size_t *ret_count);
void hj_conf_names_free(char **names, size_t count);
