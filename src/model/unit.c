/* Units by prefix and base. Only what is a power of ten apart is known: the product with it is exact in decimal. What
 * is not (kWh and MJ) a person writes as a scale. */
#include "hjgate/unit.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "hjgate/cleanup.h"

struct named {
	const char *name;
	int power; /* of ten */
};

static const struct named prefixes[] = {
	{ "", 0 },
	{ "k", 3 },
	{ "M", 6 },
	{ "G", 9 },
	{ "m", -3 },
	{ "u", -6 },
	{ "µ", -6 }, /* U+00B5 */
	{ "μ", -6 }, /* U+03BC */
	{ "h", 2 },
};
/* What takes prefixes. */
static const char *const bases[] = { "W", "Wh", "var", "varh", "VA", "VAh", "V", "A", "Ah", "Pa", "Hz", "g", "L", "m",
	"J", "Ω", "s" };
/* Other names of the same, in the base of the second. */
static const struct {
	const char *name, *base;
	int power;
} others[] = {
	{ "m3", "L", 3 },
	{ "m³", "L", 3 },
	{ "L/h", "L/h", 0 },
	{ "m3/h", "L/h", 3 },
	{ "m³/h", "L/h", 3 },
	{ "t", "g", 6 },
	{ "bar", "Pa", 5 },
	{ "l", "L", 0 },
	{ "℃", "℃", 0 },
	{ "°C", "℃", 0 },
	{ "%", "%", 0 },
};

static const char *find(const char *unit, int *ret_power)
{
	for (size_t i = 0; i < hj_array_size(others); i++)
		if (!strcmp(unit, others[i].name)) {
			*ret_power = others[i].power;
			return others[i].base;
		}
	for (size_t i = 0; i < hj_array_size(prefixes); i++) {
		size_t n = strlen(prefixes[i].name);

		if (strncmp(unit, prefixes[i].name, n) != 0)
			continue;
		for (size_t k = 0; k < hj_array_size(bases); k++)
			if (!strcmp(unit + n, bases[k])) {
				*ret_power = prefixes[i].power;
				return bases[k];
			}
	}
	return NULL;
}

int hj_unit_ratio(const char *from, const char *to, double *ret)
{
	int from_power, to_power;
	const char *from_base = find(from, &from_power), *to_base = find(to, &to_power);

	if (!strcmp(from, to)) {
		*ret = 1;
		return 0;
	}
	if (!from_base || !to_base || strcmp(from_base, to_base) != 0)
		return -EDOM;
	*ret = pow(10, from_power - to_power);
	return 0;
}
