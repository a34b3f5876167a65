/* A capture file of serial frames: libpcap's format with link type 250 (RTAC serial), whose payload Wireshark decodes
 * as Modbus RTU when told so: tshark -d rtacser.data,mbrtu. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum pcap_direction { PCAP_SENT = 1, PCAP_RECEIVED = 2 }; /* the event types of the link layer */

void pcap_begin(FILE *out);
void pcap_packet(FILE *out, int64_t time_us, enum pcap_direction direction, const uint8_t *p, size_t n);
