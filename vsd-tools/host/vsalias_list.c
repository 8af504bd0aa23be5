/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <jansson.h>
#include <stdio.h>

#include "tool.h"
#include "vsalias.h"

/* One line of the list. */
struct row {
	const char *server;          /* "-": an address of ours that is no server's */
	struct vsd_addr addr;
	const char *state;
	const struct alias_entry *place; /* NULL: nowhere */
	bool twice;                  /* the host has the address more than once */
};

typedef void (*row_fn)(const struct row *r, void *arg);

static const char *state_of(const struct alias_entry *e)
{
	return !e ? "down" : e->route ? "routed" : e->ours ? "up" : "foreign";
}

static struct row make_row(const char *server, const struct vsd_addr *a,
			   const struct alias_entry *list, size_t n)
{
	const struct alias_entry *e = alias_find(list, n, a);
	struct row r = { .server = server, .addr = *a, .place = e };

	r.twice = e && e + 1 < list + n && !e[1].route && vsd_addr_equal(&e[1].addr, a);
	if (!e)
		r.place = alias_find_route(list, n, a);
	r.state = state_of(r.place);
	return r;
}

static bool is_servers(const struct chosen *c, const struct vsd_addr *a)
{
	for (size_t i = 0; i < c->n; i++)
		for (unsigned k = 0; k < c->server[i].naddr; k++)
			if (vsd_addr_equal(&c->server[i].addr[k], a))
				return true;
	return false;
}

static void each_row(const struct chosen *c, bool all, const struct alias_entry *list, size_t n,
		     row_fn fn, void *arg)
{
	for (size_t i = 0; i < c->n; i++)
		for (unsigned k = 0; k < c->server[i].naddr; k++) {
			struct row r = make_row(c->server[i].name, &c->server[i].addr[k], list, n);

			fn(&r, arg);
		}
	for (size_t i = 0; all && i < n; i++) {
		struct row r = { "-", list[i].addr, state_of(list + i), list + i, false };

		if (list[i].ours && !alias_is_loopback(&list[i].addr) &&
		    (list[i].route || !is_servers(c, &list[i].addr)))
			fn(&r, arg);
	}
}

static const char *interface_of(const struct row *r, char out[IF_NAMESIZE])
{
	return r->place && if_indextoname(r->place->ifindex, out) ? out : "-";
}

static void print_row(const struct row *r, void *arg)
{
	char text[VSD_ADDR_TEXT_MAX], interface[IF_NAMESIZE], bits[8] = "";

	(void)arg;
	vsd_addr_format(&r->addr, text);
	if (r->place)
		(void)snprintf(bits, sizeof(bits), "/%u", r->place->prefix);
	(void)printf("%-32s %-8s %-12s %s%s%s\n", r->server, r->state, interface_of(r, interface), text,
	       r->place && r->place->route && r->server[0] != '-' ? "" : bits,
	       r->twice ? " (more than once)" : "");
}

static void json_row(const struct row *r, void *arg)
{
	char text[VSD_ADDR_TEXT_MAX], interface[IF_NAMESIZE];
	json_t *o = json_object();

	vsd_addr_format(&r->addr, text);
	json_object_set_new(o, "server", r->server[0] == '-' ? json_null() : json_string(r->server));
	json_object_set_new(o, "address", json_string(text));
	json_object_set_new(o, "state", json_string(r->state));
	if (r->place) {
		json_object_set_new(o, "interface", json_string(interface_of(r, interface)));
		json_object_set_new(o, "prefix", json_integer(r->place->prefix));
		json_object_set_new(o, "duplicate", json_boolean(r->twice));
	}
	json_array_append_new(arg, o);
}

int vsalias_list(const struct chosen *c, bool all, bool json)
{
	VSD_FREE struct alias_entry *list = NULL;
	size_t n = 0;
	int r = alias_list(&list, &n);
	json_t *array;

	if (r < 0)
		return tool_errno("list", "addresses", r);
	if (!json) {
		each_row(c, all, list, n, print_row, NULL);
		return fflush(stdout) ? tool_errno("write", "list", errno) : TOOL_OK;
	}
	array = json_array();
	each_row(c, all, list, n, json_row, array);
	r = json_dumpf(array, stdout, JSON_INDENT(2));
	json_decref(array);
	if (r < 0 || putchar('\n') == EOF || fflush(stdout))
		return tool_errno("write", "list", errno);
	return TOOL_OK;
}
