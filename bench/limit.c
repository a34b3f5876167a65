/* limit: reference ceiling for HJ 212 framing work on one core.
 *
 * Written for this project; no third-party code.
 *
 * decode: copy the frame into a scratch buffer (as a receive buffer would hold
 *         it), check "##", the 4-digit length and the tail, compute the CRC
 *         (HJ 212 annex A: reg = T[(reg >> 8) ^ byte]), compare with the four
 *         hex digits, then split the data segment in place into key/value
 *         slices (header fields; CP items at ';' and ',').
 * encode: write header fields and CP items from slices into a buffer, then the
 *         length and the CRC.
 * crc:    the CRC alone.
 *
 * Each row is run twice: "t1" with the plain 256-entry table, "s8" with the
 * sliced form. (reg >> 8) ^ byte throws the low byte of reg away, so between
 * bytes only eight bits of state survive and the result is always one of the
 * 256 table entries; eight bytes at a time then need eight 256-byte tables and
 * no 16-bit chain.
 *
 * Times are CPU time of this process, so that a busy machine disturbs less.
 *
 * Build: cc -O2 -o limit limit.c
 * Run:   taskset -c 1 ./limit FRAMEFILE [seconds-per-run] [runs]
 */
#define _POSIX_C_SOURCE 200809L
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint16_t T[256];

static void table_init(void)
{
	for (unsigned i = 0; i < 256; i++) {
		uint16_t r = (uint16_t)i;
		for (int j = 0; j < 8; j++)
			r = (r & 1) ? (uint16_t)((r >> 1) ^ 0xA001) : (uint16_t)(r >> 1);
		T[i] = r;
	}
}

/* reg = (reg >> 8) ^ byte, then eight shifts: reg may keep only 8 bits after
 * the XOR, so one 256-entry look-up does the eight shifts. */
static uint16_t crc_hj(const uint8_t *p, size_t n)
{
	uint16_t r = 0xFFFF;
	while (n--)
		r = T[(uint8_t)((r >> 8) ^ *p++)];
	return r;
}

static uint8_t S[8][256];

static void slice_init(void)
{
	for (int i = 0; i < 256; i++)
		S[0][i] = (uint8_t)(T[i] >> 8);
	for (int k = 1; k < 8; k++)
		for (int i = 0; i < 256; i++)
			S[k][i] = S[0][S[k - 1][i]];
}

static uint16_t crc_s8(const uint8_t *p, size_t n)
{
	uint8_t h = 0xFF;
	if (!n)
		return 0xFFFF;
	for (; n > 8; n -= 8, p += 8)
		h = S[7][(uint8_t)(h ^ p[0])] ^ S[6][p[1]] ^ S[5][p[2]] ^ S[4][p[3]] ^ S[3][p[4]] ^ S[2][p[5]] ^
		    S[1][p[6]] ^ S[0][p[7]];
	for (; n > 1; n--)
		h = S[0][(uint8_t)(h ^ *p++)];
	return T[(uint8_t)(h ^ *p)];
}

static uint16_t (*crc)(const uint8_t *, size_t) = crc_hj;

struct kv {
	const char *k;
	uint16_t kl;
	const char *v;
	uint16_t vl;
	char sep;
};

#define MAXKV 1024

static int hexv(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* Returns the number of key/value pairs, or -1. */
static int decode(const uint8_t *f, size_t n, struct kv *kv)
{
	if (n < 12 || f[0] != '#' || f[1] != '#')
		return -1;
	unsigned len = 0;
	for (int i = 2; i < 6; i++) {
		unsigned d = (unsigned)f[i] - '0';
		if (d > 9)
			return -1;
		len = len * 10 + d;
	}
	if (n < len + 12u || f[len + 10] != '\r' || f[len + 11] != '\n')
		return -1;
	unsigned want = 0;
	for (int i = 0; i < 4; i++) {
		int h = hexv(f[6 + len + i]);
		if (h < 0)
			return -1;
		want = want << 4 | (unsigned)h;
	}
	if (crc(f + 6, len) != want)
		return -1;

	const char *p = (const char *)f + 6, *e = p + len;
	int m = 0;
	while (p < e && m < MAXKV) {
		if (e - p >= 2 && p[0] == '&' && p[1] == '&') {
			p += 2;
			continue;
		}
		struct kv *x = &kv[m];
		x->k = p;
		while (p < e && *p != '=' && *p != ';' && *p != ',' && *p != '&')
			p++;
		x->kl = (uint16_t)(p - x->k);
		if (p < e && *p == '=') {
			p++;
			x->v = p;
			while (p < e && *p != ';' && *p != ',' && *p != '&')
				p++;
			x->vl = (uint16_t)(p - x->v);
		} else {
			x->v = p;
			x->vl = 0;
		}
		x->sep = p < e ? *p : 0;
		if (p < e && (*p == ';' || *p == ','))
			p++;
		m++;
	}
	return m;
}

static size_t encode(uint8_t *o, const struct kv *kv, int m)
{
	static const char hx[] = "0123456789ABCDEF";
	uint8_t *p = o + 6;
	for (int i = 0; i < m; i++) {
		memcpy(p, kv[i].k, kv[i].kl);
		p += kv[i].kl;
		*p++ = '=';
		if (kv[i].kl == 2 && kv[i].k[0] == 'C' && kv[i].k[1] == 'P') {
			*p++ = '&';
			*p++ = '&';
			continue;
		}
		memcpy(p, kv[i].v, kv[i].vl);
		p += kv[i].vl;
		if (kv[i].sep == ';' || kv[i].sep == ',')
			*p++ = (uint8_t)kv[i].sep;
	}
	*p++ = '&';
	*p++ = '&';
	unsigned len = (unsigned)(p - (o + 6));
	o[0] = o[1] = '#';
	o[2] = (uint8_t)('0' + len / 1000 % 10);
	o[3] = (uint8_t)('0' + len / 100 % 10);
	o[4] = (uint8_t)('0' + len / 10 % 10);
	o[5] = (uint8_t)('0' + len % 10);
	uint16_t c = crc(o + 6, len);
	*p++ = (uint8_t)hx[c >> 12];
	*p++ = (uint8_t)hx[c >> 8 & 15];
	*p++ = (uint8_t)hx[c >> 4 & 15];
	*p++ = (uint8_t)hx[c & 15];
	*p++ = '\r';
	*p++ = '\n';
	return (size_t)(p - o);
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int cmpd(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static uint8_t frame_in[12000], scratch[12000], made[12000];
static struct kv pairs[MAXKV];
static volatile unsigned sink;

/* w: 0 decode, 1 encode, 2 the CRC alone; messages a second. */
static double run(int w, size_t n, int m, double secs)
{
	double t0 = now(), t;
	unsigned long cnt = 0;

	do {
		for (int i = 0; i < 2000; i++) {
			if (w == 0) {
				memcpy(scratch, frame_in, n);
				sink += (unsigned)decode(scratch, n, pairs);
			} else if (w == 1)
				sink += (unsigned)encode(made, pairs, m) + made[n - 3];
			else
				sink += crc(frame_in + 6, n - 12);
			__asm__ __volatile__("" ::: "memory");
		}
		cnt += 2000;
		t = now();
	} while (t - t0 < secs);
	return (double)cnt / (t - t0);
}

static void measure(size_t n, int m, double secs, int runs)
{
	static const char *const name[] = { "decode", "encode", "crc" };

	for (int v = 0; v < 6; v++) {
		double r[99];

		crc = v < 3 ? crc_hj : crc_s8;
		for (int k = 0; k < runs; k++)
			r[k] = run(v % 3, n, m, secs);
		qsort(r, (size_t)runs, sizeof r[0], cmpd);
		printf("%-6s %s median %.0f msg/s  (min %.0f max %.0f)  %.1f MB/s  %.0f ns/msg\n", name[v % 3],
		        v < 3 ? "t1" : "s8", r[runs / 2], r[0], r[runs - 1], r[runs / 2] * (double)n / 1e6,
		        1e9 / r[runs / 2]);
	}
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: %s FRAMEFILE [s] [runs]\n", argv[0]);
		return 2;
	}
	double secs = argc > 2 ? atof(argv[2]) : 0.5;
	int runs = argc > 3 ? atoi(argv[3]) : 7;
	if (runs < 1 || runs > 99)
		runs = 7;
	FILE *fp = fopen(argv[1], "rb");
	if (!fp) {
		perror(argv[1]);
		return 1;
	}
	size_t n = fread(frame_in, 1, sizeof frame_in, fp);
	fclose(fp);
	table_init();
	slice_init();
	int m = decode(frame_in, n, pairs);
	if (m < 0) {
		fprintf(stderr, "frame does not decode\n");
		return 1;
	}
	size_t on = encode(made, pairs, m);
	printf("frame %zu bytes, %d fields, encode reproduces it: %s\n", n, m,
	        on == n && !memcmp(made, frame_in, n) ? "yes" : "no");
	if (crc_s8(frame_in + 6, n - 12) != crc_hj(frame_in + 6, n - 12)) {
		fprintf(stderr, "the two CRC forms differ\n");
		return 1;
	}
	measure(n, m, secs, runs);
	return 0;
}
