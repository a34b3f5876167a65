/* A hash of a file that is too long to be held. */
#include "hjgate/secret_hash.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>

struct hj_hash {
	EVP_MD_CTX *md;
};

int hj_hash_new(struct hj_hash **ret)
{
	struct hj_hash *h = calloc(1, sizeof(*h));

	if (!h)
		return -ENOMEM;
	h->md = EVP_MD_CTX_new();
	if (!h->md || EVP_DigestInit_ex(h->md, EVP_sha256(), NULL) != 1) {
		hj_hash_free(h);
		return -ENOMEM;
	}
	*ret = h;
	return 0;
}

void hj_hash_free(struct hj_hash *h)
{
	if (!h)
		return;
	EVP_MD_CTX_free(h->md);
	free(h);
}

int hj_hash_put(struct hj_hash *h, const void *data, size_t n)
{
	return EVP_DigestUpdate(h->md, data, n) == 1 ? 0 : -EIO;
}

int hj_hash_end(struct hj_hash *h, char ret[2 * HJ_HASH_BYTES_256 + 1])
{
	uint8_t sum[HJ_HASH_BYTES_256];

	if (EVP_DigestFinal_ex(h->md, sum, NULL) != 1)
		return -EIO;
	for (size_t i = 0; i < sizeof(sum); i++)
		sprintf(ret + 2 * i, "%02x", sum[i]);
	return 0;
}
