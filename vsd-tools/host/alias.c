/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "alias.h"

#include <stdio.h>
#include <string.h>

#include "alias_nl.h"

#define SCOPE_NL __attribute__((cleanup(alias_nl_close)))

int alias_interface(const struct vsd_conf *c, char out[IF_NAMESIZE], char why[VSD_WHY_MAX])
{
	SCOPE_NL struct mnl_socket *nl = NULL;
	unsigned index = 0;
	int r;

	if (c->interface[0]) {
		if (!if_nametoindex(c->interface)) {
			(void)snprintf(why, VSD_WHY_MAX, "there is no interface '%s' (vsd.conf)",
				 c->interface);
			return -ENODEV;
		}
		(void)snprintf(out, IF_NAMESIZE, "%s", c->interface);
		return 0;
	}
	r = alias_nl_open(&nl);
	if (r == 0)
		r = alias_nl_default(nl, &index);
	if (r < 0) {
		(void)snprintf(why, VSD_WHY_MAX, "rtnetlink: %s", strerror(-r));
		return r;
	}
	if (!index || !if_indextoname(index, out)) {
		(void)snprintf(why, VSD_WHY_MAX,
			 "no default route: name an interface in vsd.conf");
		return -ENODEV;
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct alias_entry *x = a, *y = b;
	int r = memcmp(x->addr.b, y->addr.b, sizeof(x->addr.b));

	/* An address before the route that starts with it, ours before others'. */
	if (r == 0)
		r = (int)x->route - (int)y->route;
	return r ? r : (int)y->ours - (int)x->ours;
}

static int list(struct mnl_socket *nl, struct alias_entry **out, size_t *out_n)
{
	VSD_FREE struct alias_entry *p = NULL;
	size_t n = 0;
	int r = alias_nl_dump(nl, &p, &n);

	if (r == 0 && !alias_kernel_marks())
		r = alias_record_apply(p, n);
	if (r < 0)
		return r;
	if (n)
		qsort(p, n, sizeof(*p), compare);
	*out = p;
	*out_n = n;
	p = NULL;
	return 0;
}

int alias_list(struct alias_entry **out, size_t *out_n)
{
	SCOPE_NL struct mnl_socket *nl = NULL;
	int r = alias_nl_open(&nl);

	return r < 0 ? r : list(nl, out, out_n);
}

const struct alias_entry *alias_find(const struct alias_entry *entries, size_t n,
				     const struct vsd_addr *a)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (memcmp(entries[mid].addr.b, a->b, sizeof(a->b)) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low < n && !entries[low].route && vsd_addr_equal(&entries[low].addr, a) ?
		entries + low : NULL;
}

static bool covers(const struct alias_entry *e, const struct vsd_addr *a)
{
	unsigned bits = e->prefix + (vsd_addr_is_v4(&e->addr) ? 96 : 0);
	unsigned whole = bits / 8, rest = bits % 8;

	return memcmp(e->addr.b, a->b, whole) == 0 &&
	       (!rest || (e->addr.b[whole] ^ a->b[whole]) >> (8 - rest) == 0);
}

const struct alias_entry *alias_find_route(const struct alias_entry *entries, size_t n,
					   const struct vsd_addr *a)
{
	for (size_t i = 0; i < n; i++)
		if (entries[i].route && covers(entries + i, a))
			return entries + i;
	return NULL;
}

static void note_place(struct alias_result *r, const struct alias_entry *e)
{
	r->prefix = e->prefix;
	if (!if_indextoname(e->ifindex, r->interface))
		r->interface[0] = '\0'; /* gone since the dump */
}

/* Settle what needs no work; true when the address has to be added. */
static bool plan_up(const struct alias_entry *entries, size_t n, struct alias_result *r)
{
	const struct alias_entry *e = alias_find(entries, n, &r->addr);

	/* One of IPv6 that a route alone makes local cannot be bound. */
	if (!e && vsd_addr_is_v4(&r->addr))
		e = alias_find_route(entries, n, &r->addr);
	if (!e)
		return true;
	note_place(r, e);
	r->state = e->route ? ALIAS_ROUTED : e->ours ? ALIAS_PRESENT : ALIAS_FOREIGN;
	return false;
}

static bool plan_down(const struct alias_entry *entries, size_t n, struct alias_result *r,
		      unsigned *out_ifindex)
{
	const struct alias_entry *e = alias_find(entries, n, &r->addr);

	if (!e)
		return false;
	note_place(r, e);
	r->state = ALIAS_FOREIGN;
	*out_ifindex = e->ifindex;
	return e->ours;
}

static int settle(const struct alias_job *job, size_t n, enum alias_state done)
{
	int failed = 0;

	for (size_t i = 0; i < n; i++) {
		job[i].result->state = job[i].result->error ? ALIAS_FAILED : done;
		failed += job[i].result->error != 0;
	}
	return failed;
}

/* For a kernel without marks.  Up writes before it adds, down after it has
 * removed: a crash between leaves a record of an address that is not there,
 * which is harmless, never an address of ours without its record. */
static int record(struct mnl_socket *nl, const struct alias_job *job, size_t n, bool coming)
{
	VSD_FREE struct alias_entry *now = NULL;
	VSD_FREE struct alias_entry *p = NULL;
	size_t count = 0;
	int r;

	if (alias_kernel_marks())
		return 0;
	r = list(nl, &now, &count);
	if (r < 0)
		return r;
	p = reallocarray(NULL, count + n + 1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	if (count)
		memcpy(p, now, count * sizeof(*p));
	for (size_t i = 0; coming && i < n; i++)
		p[count++] = (struct alias_entry){ .addr = job[i].result->addr,
						   .ifindex = job[i].ifindex, .ours = true };
	return alias_record_write(p, count);
}

int alias_up(const char *interface, const struct vsd_addr *addr, size_t n,
	     struct alias_result *out)
{
	SCOPE_NL struct mnl_socket *nl = NULL;
	VSD_FREE struct alias_entry *entries = NULL;
	VSD_FREE struct alias_job *job = reallocarray(NULL, n + 1, sizeof(*job));
	unsigned ifindex = if_nametoindex(interface);
	size_t count = 0, jobs = 0;
	int r;

	if (!job)
		return -ENOMEM;
	if (!ifindex)
		return -ENODEV;
	r = alias_nl_open(&nl);
	if (r == 0)
		r = list(nl, &entries, &count);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		out[i] = (struct alias_result){ .addr = addr[i],
			.prefix = vsd_addr_is_v4(addr + i) ? 32 : 128 };
		(void)snprintf(out[i].interface, IF_NAMESIZE, "%s", interface);
		if (plan_up(entries, count, out + i))
			job[jobs++] = (struct alias_job){ out + i, ifindex };
	}
	if (jobs)
		r = record(nl, job, jobs, true);
	if (r == 0)
		r = alias_nl_addresses(nl, true, job, jobs);
	return r < 0 ? r : settle(job, jobs, ALIAS_ADDED);
}

int alias_down(const struct vsd_addr *addr, size_t n, struct alias_result *out)
{
	SCOPE_NL struct mnl_socket *nl = NULL;
	VSD_FREE struct alias_entry *entries = NULL;
	VSD_FREE struct alias_job *job = reallocarray(NULL, n + 1, sizeof(*job));
	size_t count = 0, jobs = 0;
	int r;

	if (!job)
		return -ENOMEM;
	r = alias_nl_open(&nl);
	if (r == 0)
		r = list(nl, &entries, &count);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		unsigned ifindex = 0;

		out[i] = (struct alias_result){ .addr = addr[i], .state = ALIAS_ABSENT };
		if (plan_down(entries, count, out + i, &ifindex))
			job[jobs++] = (struct alias_job){ out + i, ifindex };
	}
	r = alias_nl_addresses(nl, false, job, jobs);
	if (r == 0 && jobs)
		r = record(nl, job, jobs, false);
	return r < 0 ? r : settle(job, jobs, ALIAS_REMOVED);
}

int alias_anyip(bool up, const struct vsd_addr *net, unsigned prefix)
{
	SCOPE_NL struct mnl_socket *nl = NULL;
	unsigned width = vsd_addr_is_v4(net) ? 32 : 128;
	struct vsd_addr host = { .b = { 0 } };
	int r;

	/* A whole family made local would cut the host off. */
	if (prefix < 8 || prefix > width)
		return -EINVAL;
	for (unsigned bit = 128 - width + prefix; bit < 128; bit++)
		host.b[bit / 8] |= (uint8_t)(net->b[bit / 8] & 0x80 >> bit % 8);
	for (size_t i = 0; i < sizeof(host.b); i++)
		if (host.b[i])
			return -EINVAL;
	r = alias_nl_open(&nl);
	return r < 0 ? r : alias_nl_route(nl, up, net, prefix);
}

/* ---- loopback ---- */

static const struct vsd_addr loopback_prefix = { .b = { 0xfd, 0x56, 0x53, 0x44, 0x7f, 0x40 } };
#define LOOPBACK_PREFIX_BYTES 12
#define LO_INDEX 1 /* the first interface of every network namespace */

struct vsd_addr alias_loopback_address(uint32_t id)
{
	struct vsd_addr a = loopback_prefix;

	for (int i = 15; i >= LOOPBACK_PREFIX_BYTES; i--, id >>= 8)
		a.b[i] = (uint8_t)id;
	return a;
}

bool alias_is_loopback(const struct vsd_addr *a)
{
	return memcmp(a->b, loopback_prefix.b, LOOPBACK_PREFIX_BYTES) == 0;
}

int alias_open(struct mnl_socket **out)
{
	return alias_nl_open(out);
}

void alias_close(struct mnl_socket *nl)
{
	alias_nl_close(&nl);
}

int alias_loopback(struct mnl_socket *nl, bool up, uint32_t id)
{
	SCOPE_NL struct mnl_socket *own = NULL;
	struct alias_result result = { .addr = alias_loopback_address(id), .prefix = 128 };
	const struct alias_job job = { &result, LO_INDEX };
	int r = nl ? 0 : alias_nl_open(&own);

	if (r == 0)
		r = alias_nl_addresses(nl ? nl : own, up, &job, 1);
	if (r == 0)
		r = result.error;
	if (up)
		return r == -EEXIST ? 0 : r;
	/* The last two: no IPv6 any more. */
	return r == -EADDRNOTAVAIL || r == -EOPNOTSUPP || r == -EAFNOSUPPORT ? 0 : r;
}
