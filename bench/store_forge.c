/* What one does to a store who is root on the box and has every key, for bench/store-tamper.
 *
 *	store_forge clear ROOT FILE
 *	store_forge rewrite ROOT OLD TRUE FROM TO
 *
 * clear prints every row and every value, a line each, in hexadecimal digits. With rewrite OLD goes on as TRUE did,
 * but for the rows FROM to TO: sealed, chained and proven by the keys of the box, and yet not what was. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/keyring.h"
#include "hjgate/ledger.h"

#define BODY_MOST HJ_LEDGER_BODY_MAX

static void print_hex(const void *data, size_t n)
{
	for (size_t i = 0; i < n; i++)
		printf("%02x", ((const uint8_t *)data)[i]);
	putchar('\n');
}

/* ---- in clear ---- */

static int print_row(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	printf("row %llu ", (unsigned long long)head->seq);
	print_hex(body, n);
	return 0;
}

static int print_value(const char *key, const void *value, size_t n, void *userdata)
{
	printf("state %s ", key);
	print_hex(value, n);
	return 0;
}

static int clear(struct hj_keyring *keyring, const char *file)
{
	_cleanup_(hj_ledger_closep) struct hj_ledger *l = NULL;
	int r = hj_ledger_open_readonly(file, keyring, &l);

	r = r < 0 ? r : hj_ledger_read(l, 1, UINT64_MAX, 0, print_row, NULL);
	return r < 0 ? r : hj_ledger_each(l, "", print_value, NULL);
}

/* ---- rewritten ---- */

struct forging {
	struct hj_ledger *to;
	uint64_t from, upto;
	uint8_t body[BODY_MOST];
};

/* The last byte of a body is part of a value: another one reads as well. */
static int forge_row(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	struct forging *f = userdata;
	struct hj_head h = *head;
	int r;

	if (n > sizeof(f->body))
		return -EMSGSIZE;
	memcpy(f->body, body, n);
	if (head->seq >= f->from && head->seq <= f->upto && n)
		f->body[n - 1] ^= 1;
	r = hj_ledger_append(f->to, &h, f->body, n);
	return r < 0 ? r : h.seq == head->seq ? 0 : -EPROTO;
}

static int forge_value(const char *key, const void *value, size_t n, void *userdata)
{
	struct forging *f = userdata;

	if (!value || !strncmp(key, "ledger.", 7))
		return 0;
	return strncmp(key, "owed.", 5) ? hj_ledger_put(f->to, key, value, n)
	                                : hj_ledger_put_clear(f->to, key, value, n);
}

static int rewrite(
        struct hj_keyring *keyring, const char *old, const char *true_one, const char *from, const char *upto)
{
	_cleanup_(hj_ledger_closep) struct hj_ledger *l = NULL, *to = NULL;
	struct forging *f = calloc(1, sizeof(*f));
	int r = f ? hj_ledger_open_readonly(true_one, keyring, &l) : -ENOMEM;

	r = r < 0 ? r : hj_ledger_open(old, keyring, &to, NULL);
	if (r >= 0) {
		f->to = to;
		f->from = strtoull(from, NULL, 10);
		f->upto = strtoull(upto, NULL, 10);
		r = hj_ledger_read(l, hj_ledger_last(to) + 1, UINT64_MAX, 0, forge_row, f);
	}
	r = r < 0 ? r : hj_ledger_each(l, "", forge_value, f);
	r = r < 0 ? r : hj_ledger_commit(to);
	free(f);
	return r;
}

int main(int argc, char **argv)
{
	_cleanup_(hj_keyring_freep) struct hj_keyring *keyring = NULL;
	const char *word = argc > 1 ? argv[1] : "";
	bool is_clear = !strcmp(word, "clear") && argc == 4, is_rewrite = !strcmp(word, "rewrite") && argc == 7;
	int r;

	if (!is_clear && !is_rewrite) {
		fprintf(stderr, "store_forge clear ROOT FILE | store_forge rewrite ROOT OLD TRUE FROM TO\n");
		return 2;
	}
	r = hj_keyring_new(argv[2], false, &keyring);
	if (r >= 0)
		r = is_clear ? clear(keyring, argv[3]) : rewrite(keyring, argv[3], argv[4], argv[5], argv[6]);
	if (r < 0)
		fprintf(stderr, "store_forge: %s\n", strerror(-r));
	return r < 0;
}
