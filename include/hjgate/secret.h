/* Sealing, chaining, hashing: the few things of OpenSSL that are used, and the only place that knows OpenSSL. No
 * files, no clock. What is kept per key (contexts) makes a record cost a few microseconds. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "hjgate/cleanup.h"

#define HJ_KEY_BYTES    32 /* of every key here */
#define HJ_NONCE_BYTES  12
#define HJ_TAG_BYTES    16
#define HJ_SEAL_BYTES   (HJ_NONCE_BYTES + HJ_TAG_BYTES) /* what sealing adds */
#define HJ_MAC_BYTES    16                              /* HMAC-SHA256, cut */
#define HJ_SHA256_BYTES 32

/* AES-256-GCM under one key. */
struct hj_cipher;
int hj_cipher_new(const uint8_t key[HJ_KEY_BYTES], struct hj_cipher **ret);
void hj_cipher_free(struct hj_cipher *c);
HJ_DEFINE_CLEANUP(struct hj_cipher *, hj_cipher_free)
/* nonce | ciphertext | tag: n + HJ_SEAL_BYTES bytes, the nonce drawn at random: a counter would repeat itself after a
 * backup was put back. */
int hj_seal(struct hj_cipher *c, const void *aad, size_t aad_n, const void *plain, size_t n, uint8_t *to);
/* The same with a nonce given: for the published test vectors only. */
int hj_seal_with(struct hj_cipher *c, const uint8_t nonce[HJ_NONCE_BYTES], const void *aad, size_t aad_n,
        const void *plain, size_t n, uint8_t *to);
/* n - HJ_SEAL_BYTES bytes. -EBADMSG: not sealed by this key with this aad, or changed; *to holds nothing of use then.
 */
int hj_unseal(struct hj_cipher *c, const void *aad, size_t aad_n, const void *sealed, size_t n, uint8_t *to);

/* HMAC-SHA256 under one key, over the parts one after the other. */
struct hj_mac;
int hj_mac_new(const void *key, size_t n, struct hj_mac **ret);
void hj_mac_free(struct hj_mac *m);
HJ_DEFINE_CLEANUP(struct hj_mac *, hj_mac_free)
int hj_mac_whole(struct hj_mac *m, const struct iovec *parts, size_t count, uint8_t ret[HJ_SHA256_BYTES]);
int hj_mac_cut(struct hj_mac *m, const struct iovec *parts, size_t count, uint8_t ret[HJ_MAC_BYTES]);

int hj_sha256(const struct iovec *parts, size_t count, uint8_t ret[HJ_SHA256_BYTES]);

/* A passphrase's key. HJ_SCRYPT_N takes 16 MB of memory for as long as it runs. -ENOMEM; -EINVAL: n is no power of
 * two, or asks for more than HJ_SCRYPT_BYTES_MOST. */
#define HJ_SCRYPT_N          (1u << 14)
#define HJ_SCRYPT_R          8u
#define HJ_SCRYPT_P          1u
#define HJ_SCRYPT_BYTES_MOST (32u << 20)
int hj_scrypt(const char *passphrase, size_t length, const void *salt, size_t salt_n, uint32_t n, uint32_t r,
        uint32_t p, void *ret, size_t ret_n);

void hj_wipe(void *p, size_t n);                             /* is not optimised away */
bool hj_same_secret(const void *a, const void *b, size_t n); /* takes as long wherever they differ */
