/* What noise does to the bytes of a serial line, bit by bit, as the kernel's receiver sees it: a hit start bit
 * loses the byte, a hit data bit changes it; with parity a byte whose parity is wrong is read as 0, without PARMRK.
 * */
#include "bus_sim.h"

#include <math.h>
#include <stdlib.h>

double sim_chance(void)
{
	return (double)random() / ((double)RAND_MAX + 1.0);
}

/* Bits until the next one that is hit: drawn once a hit, not once a bit. */
static double draw(double ber)
{
	return floor(log(1.0 - sim_chance()) / log1p(-ber));
}

void sim_noise_ber(struct sim_noise *n, double ber)
{
	n->ber = fmin(fmax(ber, 0), 0.5);
	n->until_hit = n->ber > 0 ? draw(n->ber) : 0;
}

static void pass_bits(struct sim_noise *n, uint8_t *byte, bool *lost)
{
	bool odd = false;

	for (int bit = 0; bit < n->bits_a_byte; bit++) {
		if (n->until_hit-- > 0)
			continue;
		n->until_hit = draw(n->ber);
		if (bit == 0)
			*lost = true;
		else if (bit <= 8)
			*byte ^= (uint8_t)(1 << (bit - 1));
		odd ^= bit > 0 && bit <= 9;
	}
	if (n->has_parity && odd)
		*byte = 0;
}

bool sim_noise_pass(struct sim_noise *n, uint8_t *bytes, bool *lost, size_t count, bool is_answer)
{
	bool spoiled = false;

	for (size_t i = 0; i < count; i++) {
		uint8_t before = bytes[i];

		lost[i] = n->drop > 0 && sim_chance() < n->drop;
		if (is_answer && n->noise > 0 && sim_chance() < n->noise)
			bytes[i] ^= (uint8_t)(1 << (random() % 8));
		if (n->ber > 0)
			pass_bits(n, &bytes[i], &lost[i]);
		spoiled |= lost[i] || bytes[i] != before;
	}
	return spoiled;
}

void sim_noise_garble(uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		bytes[i] ^= (uint8_t)(1 + random() % 255);
}
