/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "alias.h"
#include "fence_impl.h"

#define LOOP4_SERVERS (1u << 22) /* to 127.127.255.255 */

bool fence_has_ipv6(void)
{
	VSD_CLOSE int fd = open("/proc/sys/net/ipv6/conf/lo/disable_ipv6", O_RDONLY | O_CLOEXEC);
	char c;

	return fd >= 0 && read(fd, &c, 1) == 1 && c == '0';
}

int fence_loopback(uint32_t id, bool ipv6, uint32_t *out4, struct fence_addr *out6)
{
	if (id == 0 || id >= LOOP4_SERVERS)
		return -ERANGE;
	*out4 = htonl(FENCE_LOOP4_FIRST + id);
	*out6 = (struct fence_addr){ { 0 } };
	if (ipv6) {
		const struct vsd_addr a = alias_loopback_address(id);

		*out6 = fence_addr_of(&a);
	}
	return 0;
}

/* ---- maps that are to hold just what a list holds ---- */

struct wanted {
	const void *key;
	size_t size, n;
};

static bool is_wanted(const struct wanted *w, const void *key)
{
	for (size_t i = 0; i < w->n; i++)
		if (memcmp((const char *)w->key + i * w->size, key, w->size) == 0)
			return true;
	return false;
}

/* A key that goes is fetched anew: the walk continues from one that is there. */
static int drop_unwanted(int map, const struct wanted *w)
{
	char key[sizeof(struct fence_addr)], next[sizeof(struct fence_addr)];
	const void *from = NULL;

	while (bpf_map_get_next_key(map, from, next) == 0) {
		if (is_wanted(w, next)) {
			memcpy(key, next, w->size);
			from = key;
		} else if (bpf_map_delete_elem(map, next) < 0 && errno != ENOENT) {
			return -errno;
		}
	}
	return errno == ENOENT ? 0 : -errno;
}

static int put_wanted(int map, const struct wanted *w, const uint32_t *value)
{
	for (size_t i = 0; i < w->n; i++)
		if (bpf_map_update_elem(map, (const char *)w->key + i * w->size, &value[i],
					BPF_ANY) < 0)
			return -errno;
	return drop_unwanted(map, w);
}

/* ---- ports ---- */

#define PORTS_MAX (4 * VSD_PORT_MAX)

struct ports {
	uint32_t port[PORTS_MAX], flags[PORTS_MAX];
	size_t n;
};

static void add_port(struct ports *p, uint16_t port, uint32_t flag)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->port[i] == port) {
			p->flags[i] |= flag;
			return;
		}
	p->port[p->n] = port;
	p->flags[p->n++] = flag;
}

static int put_ports(int map, const struct vsd_conf *c)
{
	struct ports p = { .n = 0 };

	for (unsigned i = 0; i < c->nhost_port; i++)
		add_port(&p, c->host_port[i], FENCE_PORT_HOST);
	for (unsigned i = 0; i < c->nredirect; i++) {
		add_port(&p, c->redirect[i].from, (uint32_t)c->redirect[i].to << 16);
		add_port(&p, c->redirect[i].to, FENCE_PORT_TARGET);
	}
	for (unsigned i = 0; i < c->nreach; i++)
		add_port(&p, c->reach_host[i], FENCE_PORT_REACH);
	return put_wanted(map, &(struct wanted){ p.port, sizeof(*p.port), p.n }, p.flags);
}

/* ---- the host's own addresses ---- */

/* A connection there is answered with a clear error at once; that none gets
 * through, with an address of tomorrow too, is skb_egress's doing. */
static int put_hosts(int map)
{
	VSD_FREE struct alias_entry *list = NULL;
	VSD_FREE struct fence_addr *key = NULL;
	VSD_FREE uint32_t *value = NULL;
	size_t n = 0, got = 0;
	int r = alias_list(&list, &got);

	if (r < 0)
		return r;
	key = reallocarray(NULL, got + 1, sizeof(*key));
	value = reallocarray(NULL, got + 1, sizeof(*value));
	if (!key || !value)
		return -ENOMEM;
	for (size_t i = 0; i < got && n < FENCE_HOSTS_MAX; i++)
		if (!list[i].ours && !list[i].route && vsd_addr_is_usable(&list[i].addr)) {
			key[n] = fence_addr_of(&list[i].addr);
			value[n++] = 1;
		}
	return put_wanted(map, &(struct wanted){ key, sizeof(*key), n }, value);
}

int fence_put_host(const struct fence_maps *m, const struct vsd_conf *c, char why[VSD_WHY_MAX])
{
	int r = put_ports(m->ports, c);

	if (r < 0)
		return fence_why(why, r, "put into the fence", "the ports of vsd.conf");
	r = put_hosts(m->hosts);
	return r < 0 ? fence_why(why, r, "put into the fence", "the host's addresses") : 0;
}
