/* RS-485 has one pair of wires for both directions, and somebody must switch the transceiver over: most adapters do
 * it by themselves, some serial drivers do (TIOCSRS485), and for the rest RTS is set while we send. Switched back too
 * late, the beginning of the answer is lost; too soon, the end of the request. So it is awaited that the transmitter
 * is empty, by the port's own word (TIOCSERGETLSR) where it has one. */
#include "bus_rs485.h"

#include <errno.h>
#include <linux/serial.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>

#include "hjgate/now.h"

#define LOOK_AGAIN_NS 50000   /* at the transmitter */
#define EMPTY_LATEST  100000u /* us after the time that was reckoned */

bool bus_rs485_is_ours(enum hj_rs485 mode)
{
	return mode == HJ_RS485_RTS || mode == HJ_RS485_RTS_INVERTED;
}

static int set_rts(int fd, bool on)
{
	int bit = TIOCM_RTS;

	return ioctl(fd, on ? TIOCMBIS : TIOCMBIC, &bit) < 0 ? -errno : 0;
}

int bus_rs485_send(int fd, enum hj_rs485 mode)
{
	return set_rts(fd, mode == HJ_RS485_RTS);
}

static void sleep_until(hj_usec at)
{
	struct timespec t = { .tv_sec = (time_t)(at / HJ_USEC_PER_SEC),
		.tv_nsec = (long)(at % HJ_USEC_PER_SEC) * 1000 };

	while (clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

int bus_rs485_receive(int fd, enum hj_rs485 mode, hj_usec wire_end)
{
	struct timespec again = { 0, LOOK_AGAIN_NS };
	unsigned lsr = 0;

	sleep_until(wire_end);
	while (ioctl(fd, TIOCSERGETLSR, &lsr) == 0 && !(lsr & TIOCSER_TEMT) &&
	        hj_now().mono < wire_end + EMPTY_LATEST)
		nanosleep(&again, NULL);
	return set_rts(fd, mode == HJ_RS485_RTS_INVERTED);
}

static int set_kernel(int fd, bool on)
{
	struct serial_rs485 conf;

	if (ioctl(fd, TIOCGRS485, &conf) < 0)
		return on ? -errno : 0; /* the driver cannot, so it does not */
	if (on)
		conf.flags |= SER_RS485_ENABLED;
	else
		conf.flags &= ~(unsigned)SER_RS485_ENABLED;
	return ioctl(fd, TIOCSRS485, &conf) < 0 ? -errno : 0;
}

int bus_rs485_setup(int fd, enum hj_rs485 mode)
{
	int r;

	if (mode == HJ_RS485_AUTO)
		return 0; /* as the driver and the board's own description have it */
	r = set_kernel(fd, mode == HJ_RS485_KERNEL);
	return r < 0 || !bus_rs485_is_ours(mode) ? r : set_rts(fd, mode == HJ_RS485_RTS_INVERTED);
}
