/* See pcap.h. All numbers in the file are little-endian, those of the link layer big-endian. */
#include "pcap.h"

#include <string.h>

#include "hjgate/clock.h"

#define PCAP_MAGIC       0xa1b2c3d4u
#define LINKTYPE_RTACSER 250
#define SNAP_BYTES       65535
#define LINK_BYTES       12

static void put_le(FILE *out, uint32_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		fputc((int)(value >> (8 * i) & 0xff), out);
}

void pcap_begin(FILE *out)
{
	put_le(out, PCAP_MAGIC, 4);
	put_le(out, 2, 2);
	put_le(out, 4, 2);
	put_le(out, 0, 4);
	put_le(out, 0, 4);
	put_le(out, SNAP_BYTES, 4);
	put_le(out, LINKTYPE_RTACSER, 4);
}

void pcap_packet(FILE *out, int64_t time_us, enum pcap_direction direction, const uint8_t *p, size_t n)
{
	uint64_t us = time_us > 0 ? (uint64_t)time_us : 0;
	uint32_t seconds = (uint32_t)(us / HJ_USEC_PER_SEC), rest = (uint32_t)(us % HJ_USEC_PER_SEC);
	uint8_t link[LINK_BYTES] = { 0 };

	for (unsigned i = 0; i < 4; i++) {
		link[i] = (uint8_t)(seconds >> (24 - 8 * i));
		link[4 + i] = (uint8_t)(rest >> (24 - 8 * i));
	}
	link[8] = (uint8_t)direction;
	put_le(out, seconds, 4);
	put_le(out, rest, 4);
	put_le(out, (uint32_t)(LINK_BYTES + n), 4);
	put_le(out, (uint32_t)(LINK_BYTES + n), 4);
	fwrite(link, 1, sizeof(link), out);
	fwrite(p, 1, n, out);
}
