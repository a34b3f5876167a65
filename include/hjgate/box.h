/* The box that this runs on. */
#pragma once

#define HJ_SERIAL_MAX 24 /* characters of a serial number: f-SN of HJ 212 is C24 */

/* Its serial number: `configured` where that is not ""; else what its maker wrote into its device tree; else one that
 * is made of the system's machine id, the same after each start, from which nobody learns that id: 24 hexadecimal
 * digits. "" where it has none of them. */
void hj_box_serial(const char *configured, char ret[HJ_SERIAL_MAX + 1]);
