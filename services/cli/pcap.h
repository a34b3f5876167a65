/* A capture file of frames, libpcap's format. Of a serial line: link type 250 (RTAC serial), whose payload Wireshark
 * decodes as Modbus RTU when told so: tshark -d rtacser.data,mbrtu. Of Modbus TCP, which Wireshark knows by its port
 * alone, and of a platform: link type 101, each frame a packet of a connection that never was from 192.0.2.1 to
 * 192.0.2.2, port 502 or the platform's. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum pcap_direction { PCAP_SENT = 1, PCAP_RECEIVED = 2 }; /* the event types of the serial link layer */
enum pcap_link { PCAP_NONE, PCAP_SERIAL, PCAP_TCP };

struct pcap {
	FILE *out;
	enum pcap_link link;
	unsigned port;    /* of the server */
	uint32_t said[2]; /* bytes of the connection so far: by us, by the other */
};

#define PCAP_MODBUS_PORT 502
void pcap_begin(struct pcap *p, enum pcap_link link, unsigned port);
/* On TCP what is sent goes to the server, whoever that is. */
void pcap_packet(struct pcap *p, int64_t time_us, enum pcap_direction direction, const uint8_t *bytes, size_t n);
