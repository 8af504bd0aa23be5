/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "alias.h"
#include "why.h"

static int for_networks(const struct vsd_conf *c, bool up, char why[VSD_WHY_MAX])
{
	char text[VSD_ADDR_TEXT_MAX];

	for (unsigned i = 0; i < c->nanyip; i++) {
		const struct vsd_network *n = &c->anyip[i];
		int r = alias_anyip(up, &n->addr, n->bits);

		if (r == 0 || r == (up ? -EEXIST : -ENOENT))
			continue;
		vsd_addr_format(&n->addr, text);
		why_say(why, "%s the route for %s/%u: %s", up ? "add" : "remove", text, n->bits,
			strerror(-r));
		return r;
	}
	return 0;
}

int alias_up_networks(const struct vsd_conf *c, char why[VSD_WHY_MAX])
{
	return for_networks(c, true, why);
}

int alias_down_networks(const struct vsd_conf *c, char why[VSD_WHY_MAX])
{
	return for_networks(c, false, why);
}

int alias_up_server(const struct vsd_conf *c, const struct vsd_server *s, char why[VSD_WHY_MAX])
{
	struct alias_result result[VSD_SERVER_ADDR_MAX];
	char interface[IF_NAMESIZE], text[VSD_ADDR_TEXT_MAX];
	int r = alias_interface(c, interface, why);

	if (r == 0)
		r = alias_up_networks(c, why);
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
