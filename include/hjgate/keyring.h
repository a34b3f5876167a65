/* The key that wraps all others (KEK): 32 random bytes in a file of mode 0400. It lies on a ramfs at RUN/key/kek
 * where the site brings it from outside; else beside the data at STATE/kek, where it protects a copy of the data but
 * not a stolen box. Whoever starts first makes the latter: programs that start together get the same one, and a power
 * cut leaves a whole file or none. */
#pragma once

#include "hjgate/secret.h"
#include "hjgate/service.h"

#define HJ_FINGERPRINT_BYTES 8 /* of a KEK: names it, says nothing of it */
#define HJ_WRAPPED_BYTES     (HJ_KEY_BYTES + HJ_SEAL_BYTES)

struct hj_keyring;

/* Of a root ("" for the system's own), or of a folder whose file `kek` is the only source. With `make` a KEK is made
 * where there is none, when it is needed first. */
int hj_keyring_new(const char *root, bool make, struct hj_keyring **ret);
int hj_keyring_new_at(const char *folder, bool make, struct hj_keyring **ret);
void hj_keyring_free(struct hj_keyring *k);
HJ_DEFINE_CLEANUP(struct hj_keyring *, hj_keyring_free)

/* Reads the sources again, and makes a KEK where allowed and there is none. 1: something changed since the last look;
 * 0; -ENOKEY: there is none; -ENODEV: nor is the folder to make it in; -ENOMEM; -errno of the disk. */
int hj_keyring_look(struct hj_keyring *k);
/* A key from elsewhere (a passphrase opened it): used for opening, until the program ends. 1: it is new; 0;
 * -ENOMEM. */
int hj_keyring_add(struct hj_keyring *k, const uint8_t kek[HJ_KEY_BYTES]);

/* The KEK in use, which wraps whatever is new: NULL where there is none. */
const uint8_t *hj_keyring_fingerprint(const struct hj_keyring *k);
const char *hj_keyring_source(const struct hj_keyring *k); /* "ramfs", "file", "none" */
/* A file that was passed over because it holds no key, and where it lies; "" where there was none. */
const char *hj_keyring_refused(const struct hj_keyring *k);
/* All that are known, the one in use among them: NULL after the last. */
const uint8_t *hj_keyring_at(const struct hj_keyring *k, size_t i, const uint8_t **ret_fingerprint);
bool hj_keyring_find(const struct hj_keyring *k, const uint8_t fingerprint[HJ_FINGERPRINT_BYTES]);

/* Under the KEK in use. -ENOKEY where there is none. */
int hj_keyring_wrap(struct hj_keyring *k, const void *aad, size_t n, const uint8_t key[HJ_KEY_BYTES],
        uint8_t ret[HJ_WRAPPED_BYTES]);
/* By the KEK of that name. -ENOKEY: it is not here; -EBADMSG: it is, but the wrapping was changed. */
int hj_keyring_unwrap(struct hj_keyring *k, const uint8_t fingerprint[HJ_FINGERPRINT_BYTES], const void *aad,
        size_t n, const uint8_t wrapped[HJ_WRAPPED_BYTES], uint8_t ret[HJ_KEY_BYTES]);
