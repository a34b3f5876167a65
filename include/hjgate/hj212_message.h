/* Data segments and messages (HJ 212-2017 6.3.2, table 3): slices of the input, nothing copied, nothing allocated. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hjgate/hj212_crc.h"

struct hj212_slice {
	const char *p;
	size_t n;
};
#define HJ212_SLICE(literal) ((struct hj212_slice){ literal, sizeof(literal) - 1 })
static inline bool hj212_slice_is(struct hj212_slice s, const char *text)
{
	return s.n == __builtin_strlen(text) && !__builtin_memcmp(s.p, text, s.n);
}

/* ---- fields: name=value; "," between classes of one item, ";" between items (6.3.3) ---- */
struct hj212_field {
	struct hj212_slice name, value;
	unsigned item; /* 0, 1 ...: fields with the same number were joined by "," */
};
struct hj212_fields {
	const char *p, *end;
	unsigned item;
	char before; /* the separator before the next field */
};
void hj212_fields_init(struct hj212_fields *f, struct hj212_slice area);
/* 1: a field; 0: the end. Stray blanks, empty fields and a trailing ";" are passed over; a field without "=" has an
 * empty name and the text as value; text between "//" and "//" is one value whatever it holds. Never fails. */
int hj212_fields_next(struct hj212_fields *f, struct hj212_field *ret);

/* The other way: fields one after the other into a buffer, "," where the item is that of the field before, else ";".
 * An empty name writes the value alone. -EMSGSIZE where it does not fit: then nothing was written. */
struct hj212_area {
	char *p;
	size_t n, size;
	unsigned item; /* of the last field */
};
int hj212_area_put(struct hj212_area *a, const struct hj212_field *field);

/* ---- message ---- */
enum hj212_odd { /* odd but understood; bits */
	HJ212_ODD_NO_QN = 1,
	HJ212_ODD_NO_FLAG = 2,
	HJ212_ODD_MN = 4,     /* a length that is neither 24, 20 nor 14 */
	HJ212_ODD_ST = 8,     /* not two characters */
	HJ212_ODD_FIELD = 16, /* an unknown header field, or a known one in other case or with an impossible value */
	HJ212_ODD_ORDER = 32, /* not the standard's order, or twice (the first counts) */
	HJ212_ODD_QN = 64,    /* not 17 digits of a time */
	HJ212_ODD_NO_CP = 128,
	HJ212_ODD_QN_IN_CP = 256,  /* HJ/T 212-2005: QN inside CP; `qn` is that one */
	HJ212_ODD_SEPARATOR = 512, /* "," for ";", none, or a stray blank */
};
/* The name of the oddity 1 << bit, for people ("no-qn", "order" ...); NULL above the last. */
const char *hj212_odd_name(unsigned bit);

#define HJ212_FLAG_ACK   1 /* A: an answer is wanted */
#define HJ212_FLAG_SPLIT 2 /* D: PNUM and PNO are there */
#define HJ212_FLAG_V2017 4 /* V = 000001 */
#define HJ212_FLAG_V2025 8 /* V = 000010 */

#define HJ212_FLAG_ABSENT     (-1)
#define HJ212_FLAG_UNREADABLE (-2) /* no number, or above 255 */

enum hj212_edition { HJ212_2005 = 2005, HJ212_2017 = 2017, HJ212_2025 = 2025 };
/* The version bits of its Flag; 2005 has none. */
int hj212_edition_flag(enum hj212_edition edition);

struct hj212_message {
	struct hj212_slice qn, st, pw, mn; /* n = 0: absent */
	int cn;                            /* 0 = absent or not a number */
	int flag;                          /* 0..255, or one of the two above */
	unsigned pnum, pno;                /* 0 = absent */
	bool again;                        /* RF=1 (2025): sent afterwards */
	struct hj212_slice cp;             /* between CP=&& and && */
	unsigned odd;
};

/* Takes any bytes. -EBADMSG where neither CN nor CP can be found, else 0. */
int hj212_message_decode(const char *data, size_t n, struct hj212_message *ret);

/* The data segment in the standard's order; absent fields are left out. The length, or -EMSGSIZE. `flag` -1 = no Flag
 * field. */
int hj212_message_encode(const struct hj212_message *m, char *to, size_t size);

/* The whole frame in one go, `size` at least HJ212_FRAME_MAX: the fast path. */
int hj212_message_frame(const struct hj212_message *m, enum hj212_crc dialect, char *to, size_t size);

/* The value of a CP field by name (first match), or an empty slice; `fold`: case is ignored (Overtime, CTime). */
struct hj212_slice hj212_message_get(const struct hj212_message *m, const char *name, bool fold);

/* ---- splitting (C.47-C.50) ---- */
/* Cuts `items` (a CP without its DataTime, items joined by ";") into pieces whose CP with "DataTime=...;" before each
 * is at most cp_max bytes (HJ212_CP_FITS), never inside an item. Calls fn once a piece in order; returns the number
 * of pieces, or -EMSGSIZE for one item that is too long. */
int hj212_split(struct hj212_slice items, size_t head_bytes, size_t cp_max,
        int (*fn)(unsigned pno, struct hj212_slice piece, void *userdata), void *userdata);

/* Joins packets 1..PNUM of one DataTime and CN. Bounded: HJ212_JOIN_MAX bytes and packets up to
 * HJ212_JOIN_PACKETS. */
#define HJ212_JOIN_MAX     (64u << 10)
#define HJ212_JOIN_PACKETS 64
struct hj212_join {
	char *data; /* HJ212_JOIN_MAX bytes, the caller's; CP areas without their repeated DataTime */
	size_t n;
	unsigned pnum, next;
	int cn;
	char datatime[18];
};
void hj212_join_init(struct hj212_join *j, char *data);
/* 1: complete, *ret_cp is the whole CP; 0: more to come; -EBADMSG: not the next packet (the join starts over with it
 * where it is the first). A repeat of the packet before is passed over (0). */
int hj212_join_put(struct hj212_join *j, const struct hj212_message *m, struct hj212_slice *ret_cp);
