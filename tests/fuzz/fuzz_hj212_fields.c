/* Fields: slices inside the area, in order; written again and read again they are the same. */
#include <string.h>

#include "hjgate/cleanup.h"
#include "hjgate/hj212_message.h"
#include "fuzz.h"

/* Writes every field of the area into `to`, which has room for all of it. */
static struct hj212_slice rewrite(struct hj212_slice area, char *to, size_t size)
{
	struct hj212_area a = { .p = to, .size = size };
	struct hj212_fields fields;
	struct hj212_field f;
	const char *at = area.p;
	unsigned item = 0;

	hj212_fields_init(&fields, area);
	while (hj212_fields_next(&fields, &f) > 0) {
		claim(f.name.p >= at && f.name.p + f.name.n <= f.value.p);
		claim(f.value.p + f.value.n <= area.p + area.n);
		claim(f.item == item || f.item == item + 1);
		claim(f.name.n || f.value.n);
		at = f.value.p + f.value.n;
		item = f.item;
		claim(!hj212_area_put(&a, &f));
	}
	return (struct hj212_slice){ to, a.n };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *once = malloc(size + 1), *twice = malloc(size + 1);
	struct hj212_slice first, second;

	if (!once || !twice)
		return 0;
	first = rewrite((struct hj212_slice){ (const char *)data, size }, once, size);
	claim(first.n <= size);
	second = rewrite(first, twice, first.n);
	claim(second.n == first.n && !memcmp(second.p, first.p, first.n));
	return 0;
}
