/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include "alias.h"
#include "why.h"

int alias_up_server(const struct vsd_conf *c, const struct vsd_server *s, char why[VSD_WHY_MAX])
{
	struct alias_result result[VSD_SERVER_ADDR_MAX];
	char interface[IF_NAMESIZE], text[VSD_ADDR_TEXT_MAX];
	int r = alias_interface(c, interface, why);

	if (r < 0)
		return r;
	r = alias_up(interface, s->addr, s->naddr, result);
	if (r < 0) {
		why_say(why, "add the addresses of %s: %s", s->name, strerror(-r));
		return r;
	}
	for (unsigned i = 0; i < s->naddr; i++)
		if (result[i].state == ALIAS_FAILED) {
			vsd_addr_format(&s->addr[i], text);
			why_say(why, "add the address %s: %s", text, strerror(-result[i].error));
			return result[i].error;
		}
	return 0;
}
