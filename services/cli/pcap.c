/* See pcap.h. All numbers in the file are little-endian, those of the link layers big-endian. */
#include "pcap.h"

#include <string.h>

#include "hjgate/cleanup.h"
#include "hjgate/clock.h"

#define PCAP_MAGIC       0xa1b2c3d4u
#define LINKTYPE_RTACSER 250
#define LINKTYPE_RAW     101
#define SNAP_BYTES       65535
#define LINK_BYTES       12
#define IP_BYTES         20
#define TCP_BYTES        20
#define OTHER_PORT       50502

static void put_le(FILE *out, uint32_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		fputc((int)(value >> (8 * i) & 0xff), out);
}

static void set_be(uint8_t *to, uint32_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		to[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
}

void pcap_begin(struct pcap *p, enum pcap_link link, unsigned port)
{
	p->link = link;
	p->port = port;
	p->said[0] = p->said[1] = 1;
	put_le(p->out, PCAP_MAGIC, 4);
	put_le(p->out, 2, 2);
	put_le(p->out, 4, 2);
	put_le(p->out, 0, 4);
	put_le(p->out, 0, 4);
	put_le(p->out, SNAP_BYTES, 4);
	put_le(p->out, link == PCAP_TCP ? LINKTYPE_RAW : LINKTYPE_RTACSER, 4);
}

static size_t serial_head(uint8_t *to, uint64_t us, enum pcap_direction direction)
{
	set_be(to, (uint32_t)(us / HJ_USEC_PER_SEC), 4);
	set_be(to + 4, (uint32_t)(us % HJ_USEC_PER_SEC), 4);
	to[8] = (uint8_t)direction;
	return LINK_BYTES;
}

static uint16_t ip_sum(const uint8_t *p)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < IP_BYTES; i += 2)
		sum += (uint32_t)(p[i] << 8 | p[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t) ~(sum + (sum >> 16));
}

/* The sum of TCP stays 0: nobody checks it unless told to. */
static size_t tcp_head(struct pcap *p, uint8_t *to, enum pcap_direction direction, size_t n)
{
	static const uint8_t ip[IP_BYTES] = { 0x45, [6] = 0x40, [8] = 64, [9] = 6, [12] = 192, 0, 2, 0, 192, 0, 2,
		0 };
	static const uint8_t flags[4] = { 0x50, 0x18, 0xff, 0xff }; /* 5 words; push, acknowledge; window */
	size_t from = direction == PCAP_RECEIVED;
	uint8_t *tcp = to + IP_BYTES;

	memcpy(to, ip, sizeof(ip));
	set_be(to + 2, (uint32_t)(IP_BYTES + TCP_BYTES + n), 2);
	to[15] = (uint8_t)(1 + from);
	to[19] = (uint8_t)(2 - from);
	set_be(to + 10, ip_sum(to), 2);
	set_be(tcp, from ? p->port : OTHER_PORT, 2);
	set_be(tcp + 2, from ? OTHER_PORT : p->port, 2);
	set_be(tcp + 4, p->said[from], 4);
	set_be(tcp + 8, p->said[!from], 4);
	memcpy(tcp + 12, flags, sizeof(flags));
	p->said[from] += (uint32_t)n;
	return IP_BYTES + TCP_BYTES;
}

void pcap_packet(struct pcap *p, int64_t time_us, enum pcap_direction direction, const uint8_t *bytes, size_t n)
{
	uint64_t us = time_us > 0 ? (uint64_t)time_us : 0;
	uint8_t head[IP_BYTES + TCP_BYTES] = { 0 };
	size_t length = p->link == PCAP_TCP ? tcp_head(p, head, direction, n) : serial_head(head, us, direction);

	put_le(p->out, (uint32_t)(us / HJ_USEC_PER_SEC), 4);
	put_le(p->out, (uint32_t)(us % HJ_USEC_PER_SEC), 4);
	put_le(p->out, (uint32_t)(length + n), 4);
	put_le(p->out, (uint32_t)(length + n), 4);
	fwrite(head, 1, length, p->out);
	fwrite(bytes, 1, n, p->out);
}
