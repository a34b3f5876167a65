/* OpenSSL's EVP behind names of our own: see secret.h. A context is made once a key and only given a new nonce for
 * each record. The library's configuration file is not read: it could only make this weaker, and costs memory. */
#include "hjgate/secret.h"

#include <errno.h>
#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <string.h>

#include "hjgate/now.h"

struct hj_cipher {
	EVP_CIPHER_CTX *seal, *unseal;
};

struct hj_mac {
	EVP_MAC *algorithm;
	EVP_MAC_CTX *context;
};

static void set_up_library(void)
{
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS, NULL);
}

/* ---- sealing ---- */

int hj_cipher_new(const uint8_t key[HJ_KEY_BYTES], struct hj_cipher **ret)
{
	_cleanup_(hj_cipher_freep) struct hj_cipher *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	set_up_library();
	c->seal = EVP_CIPHER_CTX_new();
	c->unseal = EVP_CIPHER_CTX_new();
	if (!c->seal || !c->unseal || EVP_EncryptInit_ex(c->seal, EVP_aes_256_gcm(), NULL, key, NULL) != 1 ||
	        EVP_DecryptInit_ex(c->unseal, EVP_aes_256_gcm(), NULL, key, NULL) != 1)
		return -ENOMEM;
	*ret = hj_steal(c);
	return 0;
}

void hj_cipher_free(struct hj_cipher *c)
{
	if (!c)
		return;
	EVP_CIPHER_CTX_free(c->seal); /* wipes the key */
	EVP_CIPHER_CTX_free(c->unseal);
	free(c);
}

int hj_seal_with(struct hj_cipher *c, const uint8_t nonce[HJ_NONCE_BYTES], const void *aad, size_t aad_n,
        const void *plain, size_t n, uint8_t *to)
{
	uint8_t *text = to + HJ_NONCE_BYTES;
	int out = 0;

	if (n > INT_MAX - HJ_SEAL_BYTES || aad_n > INT_MAX)
		return -EMSGSIZE;
	memcpy(to, nonce, HJ_NONCE_BYTES);
	if (EVP_EncryptInit_ex(c->seal, NULL, NULL, NULL, to) != 1 ||
	        (aad_n && EVP_EncryptUpdate(c->seal, NULL, &out, aad, (int)aad_n) != 1) ||
	        (n && EVP_EncryptUpdate(c->seal, text, &out, plain, (int)n) != 1) ||
	        EVP_EncryptFinal_ex(c->seal, text + n, &out) != 1 ||
	        EVP_CIPHER_CTX_ctrl(c->seal, EVP_CTRL_AEAD_GET_TAG, HJ_TAG_BYTES, text + n) != 1)
		return -ENOMEM;
	return 0;
}

int hj_seal(struct hj_cipher *c, const void *aad, size_t aad_n, const void *plain, size_t n, uint8_t *to)
{
	uint8_t nonce[HJ_NONCE_BYTES];
	int r = hj_random(nonce, sizeof(nonce));

	return r < 0 ? r : hj_seal_with(c, nonce, aad, aad_n, plain, n, to);
}

int hj_unseal(struct hj_cipher *c, const void *aad, size_t aad_n, const void *sealed, size_t n, uint8_t *to)
{
	const uint8_t *nonce = sealed, *text = nonce + HJ_NONCE_BYTES;
	uint8_t tag[HJ_TAG_BYTES];
	int out = 0, r = 0;

	if (n < HJ_SEAL_BYTES || n > INT_MAX || aad_n > INT_MAX)
		return -EBADMSG;
	n -= HJ_SEAL_BYTES;
	memcpy(tag, text + n, sizeof(tag));
	if (EVP_DecryptInit_ex(c->unseal, NULL, NULL, NULL, nonce) != 1 ||
	        EVP_CIPHER_CTX_ctrl(c->unseal, EVP_CTRL_AEAD_SET_TAG, HJ_TAG_BYTES, tag) != 1 ||
	        (aad_n && EVP_DecryptUpdate(c->unseal, NULL, &out, aad, (int)aad_n) != 1) ||
	        (n && EVP_DecryptUpdate(c->unseal, to, &out, text, (int)n) != 1))
		r = -ENOMEM; /* which is no sign that anybody changed something */
	else if (EVP_DecryptFinal_ex(c->unseal, to + n, &out) != 1)
		r = -EBADMSG;
	if (r < 0)
		hj_wipe(to, n);
	return r;
}

/* ---- HMAC and hash ---- */

int hj_mac_new(const void *key, size_t n, struct hj_mac **ret)
{
	_cleanup_(hj_mac_freep) struct hj_mac *m = calloc(1, sizeof(*m));
	OSSL_PARAM with[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0),
		OSSL_PARAM_construct_end() };

	if (!m)
		return -ENOMEM;
	set_up_library();
	m->algorithm = EVP_MAC_fetch(NULL, "HMAC", NULL);
	m->context = m->algorithm ? EVP_MAC_CTX_new(m->algorithm) : NULL;
	if (!m->context || EVP_MAC_init(m->context, key, n, with) != 1)
		return -ENOMEM;
	*ret = hj_steal(m);
	return 0;
}

void hj_mac_free(struct hj_mac *m)
{
	if (!m)
		return;
	EVP_MAC_CTX_free(m->context);
	EVP_MAC_free(m->algorithm);
	free(m);
}

int hj_mac_whole(struct hj_mac *m, const struct iovec *parts, size_t count, uint8_t ret[HJ_SHA256_BYTES])
{
	size_t n = 0;

	if (EVP_MAC_init(m->context, NULL, 0, NULL) != 1)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		if (parts[i].iov_len && EVP_MAC_update(m->context, parts[i].iov_base, parts[i].iov_len) != 1)
			return -ENOMEM;
	return EVP_MAC_final(m->context, ret, &n, HJ_SHA256_BYTES) == 1 && n == HJ_SHA256_BYTES ? 0 : -ENOMEM;
}

int hj_mac_cut(struct hj_mac *m, const struct iovec *parts, size_t count, uint8_t ret[HJ_MAC_BYTES])
{
	uint8_t whole[HJ_SHA256_BYTES];
	int r = hj_mac_whole(m, parts, count, whole);

	if (r >= 0)
		memcpy(ret, whole, HJ_MAC_BYTES);
	return r;
}

int hj_sha256(const struct iovec *parts, size_t count, uint8_t ret[HJ_SHA256_BYTES])
{
	EVP_MD_CTX *context;
	int good;

	set_up_library();
	context = EVP_MD_CTX_new();
	good = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;
	for (size_t i = 0; i < count && good; i++)
		good = EVP_DigestUpdate(context, parts[i].iov_base, parts[i].iov_len) == 1;
	good = good && EVP_DigestFinal_ex(context, ret, NULL) == 1;
	EVP_MD_CTX_free(context);
	return good ? 0 : -ENOMEM;
}

/* ---- a passphrase's key ---- */

int hj_scrypt(const char *passphrase, size_t length, const void *salt, size_t salt_n, uint32_t n, uint32_t r,
        uint32_t p, void *ret, size_t ret_n)
{
	if (n < 2 || n & (n - 1) || !r || !p || r > 64 || p > 64 || 128ULL * n * r > HJ_SCRYPT_BYTES_MOST)
		return -EINVAL;
	set_up_library();
	return EVP_PBE_scrypt(passphrase, length, salt, salt_n, n, r, p, 2ULL * HJ_SCRYPT_BYTES_MOST, ret, ret_n) == 1
	               ? 0
	               : -ENOMEM;
}

void hj_wipe(void *p, size_t n)
{
	OPENSSL_cleanse(p, n);
}

bool hj_same_secret(const void *a, const void *b, size_t n)
{
	return !CRYPTO_memcmp(a, b, n);
}
