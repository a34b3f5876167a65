/* libserialport opens the port and sets it up in every serial format; the bytes are ours (bus_stream.h). */
#include "bus_station.h"

#include <errno.h>
#include <fcntl.h>
#include <libserialport.h>

static int error_of(enum sp_return r)
{
	switch (r) {
	case SP_OK:
		return 0;
	case SP_ERR_ARG:
		return -EINVAL;
	case SP_ERR_MEM:
		return -ENOMEM;
	case SP_ERR_SUPP:
		return -ENOTSUP;
	default: /* SP_ERR_FAIL: the system says why */
		return sp_last_error_code() ? -sp_last_error_code() : -EIO;
	}
}

static enum sp_parity parity_of(char parity)
{
	return parity == 'E' ? SP_PARITY_EVEN : parity == 'O' ? SP_PARITY_ODD : SP_PARITY_NONE;
}

static int set_format(struct sp_port *port, const struct hj_conf_bus *c)
{
	enum sp_return r = sp_set_baudrate(port, (int)c->baud);

	r = r ? r : sp_set_bits(port, (int)c->data_bits);
	r = r ? r : sp_set_parity(port, parity_of(c->parity));
	r = r ? r : sp_set_stopbits(port, (int)c->stop_bits);
	r = r ? r : sp_set_flowcontrol(port, SP_FLOWCONTROL_NONE);
	return error_of(r);
}

/* Not to wait for a carrier is libserialport's way already; that reads return at once is not. */
static int descriptor_of(struct sp_port *port, int *ret)
{
	int flags, r = error_of(sp_get_port_handle(port, ret));

	if (r < 0)
		return r;
	flags = fcntl(*ret, F_GETFL);
	return flags < 0 || fcntl(*ret, F_SETFL, flags | O_NONBLOCK) < 0 ? -errno : 0;
}

int bus_station_open(const struct hj_conf_bus *c, void **ret_port)
{
	struct sp_port *port = NULL;
	int fd = -1, r = error_of(sp_get_port_by_name(c->port, &port));

	if (r < 0)
		return r;
	r = error_of(sp_open(port, SP_MODE_READ_WRITE));
	if (r < 0) {
		sp_free_port(port);
		return r;
	}
	*ret_port = port;
	r = set_format(port, c);
	r = r < 0 ? r : descriptor_of(port, &fd);
	r = r < 0 ? r : bus_stream_claim(fd);
	return r < 0 ? r : fd;
}

void bus_station_close(void *port)
{
	if (!port)
		return;
	sp_close(port);
	sp_free_port(port);
}
