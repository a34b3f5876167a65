/* The published test vectors: what is sealed here must be what every other AES-GCM, HMAC and scrypt makes of it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "hjgate/secret.h"

static size_t hex(const char *text, uint8_t *to)
{
	size_t n = strlen(text) / 2;

	for (size_t i = 0; i < n; i++)
		sscanf(text + 2 * i, "%2hhx", &to[i]);
	return n;
}

/* ---- AES-256-GCM: test cases 13 to 16 of the GCM specification that NIST took over ---- */

static const struct gcm {
	const char *key, *nonce, *aad, *plain, *sealed, *tag;
} gcm[] = {
	{ "0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "", "", "",
	        "530f8afbc74536b9a963b4f1c4cb738b" },
	{ "0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "",
	        "00000000000000000000000000000000", "cea7403d4d606b6e074ec5d3baf39d18",
	        "d0d1c8a799996bf0265b98b5d48ab919" },
	{ "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", "",
	        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16a"
	        "edf5"
	        "aa0de657ba637b391aafd255",
	        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f6"
	        "1e63"
	        "93ba7a0abcc9f662898015ad",
	        "b094dac5d93471bdec1a502270e3cc6c" },
	{ "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
	        "feedfacedeadbeeffeedfacedeadbeefabaddad2",
	        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16a"
	        "edf5"
	        "aa0de657ba637b39",
	        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f6"
	        "1e63"
	        "93ba7a0abcc9f662",
	        "76fc6ece0f4e1768cddf8853bb2d551b" },
};

static void test_gcm(void **state)
{
	for (size_t i = 0; i < hj_array_size(gcm); i++) {
		uint8_t key[32], nonce[12], aad[32], plain[64], want[128], got[128], back[64];
		size_t aad_n = hex(gcm[i].aad, aad), n = hex(gcm[i].plain, plain);
		struct hj_cipher *c;

		hex(gcm[i].key, key);
		hex(gcm[i].nonce, nonce);
		memcpy(want, nonce, 12);
		hex(gcm[i].sealed, want + 12);
		hex(gcm[i].tag, want + 12 + n);
		assert_int_equal(hj_cipher_new(key, &c), 0);
		for (int round = 0; round < 3; round++) { /* the context is used again */
			assert_int_equal(hj_seal_with(c, nonce, aad, aad_n, plain, n, got), 0);
			assert_memory_equal(got, want, n + HJ_SEAL_BYTES);
			assert_int_equal(hj_unseal(c, aad, aad_n, got, n + HJ_SEAL_BYTES, back), 0);
			assert_memory_equal(back, plain, n);
		}
		hj_cipher_free(c);
	}
}

/* Every bit of what is sealed, and of the aad, counts. */
static void test_seal_refuses(void **state)
{
	static const char plain[] = "18.5 kW, and nobody's business";
	uint8_t key[32] = { 1 }, aad[] = "row 7", sealed[sizeof(plain) + HJ_SEAL_BYTES], back[sizeof(plain)];
	struct hj_cipher *c;

	assert_int_equal(hj_cipher_new(key, &c), 0);
	assert_int_equal(hj_seal(c, aad, sizeof(aad), plain, sizeof(plain), sealed), 0);
	assert_int_equal(hj_unseal(c, aad, sizeof(aad), sealed, sizeof(sealed), back), 0);
	assert_memory_equal(back, plain, sizeof(plain));
	for (size_t bit = 0; bit < 8 * sizeof(sealed); bit++) {
		sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(hj_unseal(c, aad, sizeof(aad), sealed, sizeof(sealed), back), -EBADMSG);
		sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t bit = 0; bit < 8 * sizeof(aad); bit++) {
		aad[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(hj_unseal(c, aad, sizeof(aad), sealed, sizeof(sealed), back), -EBADMSG);
		aad[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t n = 0; n < sizeof(sealed); n++)
		assert_int_equal(hj_unseal(c, aad, sizeof(aad), sealed, n, back), -EBADMSG);
	assert_int_equal(hj_unseal(c, aad, sizeof(aad), sealed, sizeof(sealed), back), 0);
	hj_cipher_free(c);
}

static void test_nonces_differ(void **state)
{
	uint8_t key[32] = { 2 }, first[HJ_SEAL_BYTES], second[HJ_SEAL_BYTES];
	struct hj_cipher *c;

	assert_int_equal(hj_cipher_new(key, &c), 0);
	assert_int_equal(hj_seal(c, NULL, 0, NULL, 0, first), 0);
	assert_int_equal(hj_seal(c, NULL, 0, NULL, 0, second), 0);
	assert_memory_not_equal(first, second, HJ_NONCE_BYTES);
	hj_cipher_free(c);
}

/* ---- RFC 4231 ---- */

static const struct hmac {
	const char *key, *data, *mac;
} hmac[] = {
	{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
	        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
	{ "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
	        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	        "ddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
	        "d",
	        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
	{ "0102030405060708090a0b0c0d0e0f10111213141516171819",
	        "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdc"
	        "d",
	        "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b" },
};

static void test_hmac(void **state)
{
	for (size_t i = 0; i < hj_array_size(hmac); i++) {
		uint8_t key[64], data[64], want[32], got[32], cut[HJ_MAC_BYTES];
		size_t key_n = hex(hmac[i].key, key), n = hex(hmac[i].data, data);
		const struct iovec parts[] = { { data, n / 2 }, { data, 0 }, { data + n / 2, n - n / 2 } };
		struct hj_mac *m;

		hex(hmac[i].mac, want);
		assert_int_equal(hj_mac_new(key, key_n, &m), 0);
		for (int round = 0; round < 3; round++) {
			assert_int_equal(hj_mac_whole(m, parts, 3, got), 0);
			assert_memory_equal(got, want, 32);
			assert_int_equal(hj_mac_cut(m, parts, 3, cut), 0);
			assert_memory_equal(cut, want, HJ_MAC_BYTES);
		}
		hj_mac_free(m);
	}
}

/* ---- FIPS 180-4 ---- */

static void test_sha256(void **state)
{
	const struct iovec abc[] = { { (void *)"a", 1 }, { (void *)"bc", 2 } };
	uint8_t want[32], got[32];

	hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", want);
	assert_int_equal(hj_sha256(abc, 2, got), 0);
	assert_memory_equal(got, want, 32);
	hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", want);
	assert_int_equal(hj_sha256(abc, 0, got), 0);
	assert_memory_equal(got, want, 32);
}

/* ---- RFC 7914, section 12 ---- */

static void test_scrypt(void **state)
{
	uint8_t want[64], got[64];

	hex("77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17e8d3e0fb"
	    "2e0d"
	    "3628cf35e20c38d18906",
	        want);
	assert_int_equal(hj_scrypt("", 0, "", 0, 16, 1, 1, got, 64), 0);
	assert_memory_equal(got, want, 64);
	hex("fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb9"
	    "4a83"
	    "ee6d8360cbdfa2cc0640",
	        want);
	assert_int_equal(hj_scrypt("password", 8, "NaCl", 4, 1024, 8, 16, got, 64), 0);
	assert_memory_equal(got, want, 64);
	hex("7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc"
	    "0d65"
	    "1e40dfcf017b45575887",
	        want);
	assert_int_equal(
	        hj_scrypt("pleaseletmein", 13, "SodiumChloride", 14, HJ_SCRYPT_N, HJ_SCRYPT_R, HJ_SCRYPT_P, got, 64),
	        0);
	assert_memory_equal(got, want, 64);
}

/* The parameters come from a file, and a file is anybody's: no more memory than a box has. */
static void test_scrypt_refuses(void **state)
{
	static const uint32_t bad[][3] = { { 0, 8, 1 }, { 1, 8, 1 }, { 3, 8, 1 }, { 1u << 14, 0, 1 },
		{ 1u << 14, 8, 0 }, { 1u << 20, 8, 1 }, { 1u << 31, 64, 1 }, { 1u << 14, 1u << 30, 1 },
		{ 2, 8, 1000 } };
	uint8_t got[32];

	for (size_t i = 0; i < hj_array_size(bad); i++)
		assert_int_equal(
		        hj_scrypt("x", 1, "y", 1, bad[i][0], bad[i][1], bad[i][2], got, sizeof(got)), -EINVAL);
}

static void test_wipe_and_compare(void **state)
{
	uint8_t a[40], b[40];

	memset(a, 7, sizeof(a));
	memset(b, 7, sizeof(b));
	assert_true(hj_same_secret(a, b, sizeof(a)));
	b[39] ^= 1;
	assert_false(hj_same_secret(a, b, sizeof(a)));
	hj_wipe(a, sizeof(a));
	for (size_t i = 0; i < sizeof(a); i++)
		assert_int_equal(a[i], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gcm),
		cmocka_unit_test(test_seal_refuses),
		cmocka_unit_test(test_nonces_differ),
		cmocka_unit_test(test_hmac),
		cmocka_unit_test(test_sha256),
		cmocka_unit_test(test_scrypt),
		cmocka_unit_test(test_scrypt_refuses),
		cmocka_unit_test(test_wipe_and_compare),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
