/* Everything of the ledger's own that is decoded from its file, and rows as they lie there. The first byte chooses.
 * What lies in a file is anybody's: it is refused or understood, never believed beyond its bytes. */
#include <string.h>

#include "../../src/sys/ledger_impl.h"
#include "hjgate/ledger_salvage.h"
#include "fuzz.h"

static void try_slot(const uint8_t *data, size_t n)
{
	struct hj_ledger_slot slot = { 0 };
	const uint8_t *wrapped;

	if (ledger_slot_decode(data, n, &slot, &wrapped) < 0)
		return;
	claim(wrapped >= data && wrapped + HJ_WRAPPED_BYTES == data + n);
	claim(slot.use == HJ_KEY_DATA || slot.use == HJ_KEY_CHAIN);
}

static void try_segment(const uint8_t *data, size_t n)
{
	struct hj_ledger_segment s;

	if (ledger_segment_decode(data, n, &s) >= 0)
		claim(s.lo >= 1 && s.lo <= INT64_MAX && s.generation <= UINT16_MAX);
}

static void try_seal(const uint8_t *data, size_t n)
{
	struct hj_ledger_seal seal;
	uint8_t set[HJ_MAC_BYTES];

	if (ledger_seal_decode(data, n, &seal, set) >= 0)
		claim(!seal.tail[0].seq && seal.state == HJ_SEAL_GOOD);
}

static void try_recovery(const uint8_t *data, size_t n)
{
	struct hj_ledger_recovery way;
	const uint8_t *wrapped[2];
	uint8_t key[HJ_KEY_BYTES];

	if (ledger_recovery_decode(data, n, &way, wrapped) < 0)
		return;
	claim(wrapped[1] + HJ_WRAPPED_BYTES == data + n);
	/* Its numbers would be the command's: none may ask for more memory than a box has. */
	if (128ULL * way.n * way.r > HJ_SCRYPT_BYTES_MOST)
		claim(hj_scrypt("x", 1, way.salt, HJ_SALT_BYTES, way.n, way.r, way.p, key, sizeof(key)) < 0);
}

static void try_salvage(const uint8_t *data, size_t n)
{
	struct hj_salvage_look look;

	if (hj_salvage_decode(data, n, &look) >= 0)
		claim(look.phase <= HJ_SALVAGE_SETTLED && look.owed.count <= HJ_SEQSET_MAX);
}

/* A row with that head and body, in a ledger that has one segment and no key: nothing opens. */
static void try_row(const uint8_t *data, size_t n)
{
	static struct hj_ledger_segment segment = { .lo = 1, .hi = UINT64_MAX, .chain_key = 1 };
	static struct hj_ledger l = { .segments = &segment, .segment_count = 1, .plain_upto = 100 };
	size_t head_n = n ? hj_min((size_t)data[0], n - 1) : 0;
	struct hj_ledger_row row = { .seq = n % 200 + 1,
		.kind = 1,
		.head = data + 1,
		.head_n = head_n,
		.body = data + n - (n ? n - 1 - head_n : 0),
		.body_n = n ? n - 1 - head_n : 0 };
	uint8_t before[HJ_MAC_BYTES] = { 0 }, mac[HJ_MAC_BYTES];
	struct hj_head head;
	int r;

	if (head_n >= 20)
		row.kind = row.head ? ((const uint8_t *)row.head)[2] : 0;
	r = hj_ledger_row_open(&l, &row, &head, NULL);
	claim(r != 0 ||
	        row.seq <= l.plain_upto); /* unsealed ones are believed where they are old, and nowhere else */
	claim(hj_ledger_row_mac(&l, &row, before, mac) < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static void (*const tries[])(
	        const uint8_t *, size_t) = { try_slot, try_segment, try_seal, try_recovery, try_row, try_salvage };

	if (n)
		tries[data[0] % hj_array_size(tries)](data + 1, n - 1);
	return 0;
}
