/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "alias.h"
#include "bpf/fence_map.h"
#include "cgroup.h"
#include "fence.h"
#include "number.h"
#include "tool.h"

/* fence_rig supported | load CONF-LINE... | set NAME ID ADDRESS... | unset NAME ID
 *           | check NAME ID ADDRESS... | held NAME ID ADDRESS... | status | unload
 *           | many N | fewer N | other-build | old-layout | aliases ADDRESS...
 * to=PORT among the addresses: a redirect's target of its own.
 * Server NAME has the range 2000000 + 200 * ID and a cgroup MOUNT/vsd/NAME. */

#define MANY_AT_ONCE 250

static int fail(const char *what, int error, const char *why)
{
	(void)tool_error(what, strerror(-error), why);
	return TOOL_FAILED;
}

static int make_server(char **argv, int n, struct vsd_server *s)
{
	uint64_t id;

	if (n < 2 || vsd_number_parse(argv[1], strlen(argv[1]), UINT32_MAX, &id) < 0)
		return -EINVAL;
	*s = (struct vsd_server){ .id = (uint32_t)id, .uid_count = 200 };
	s->uid_first = 2000000 + 200 * (uint32_t)id;
	(void)snprintf(s->name, sizeof(s->name), "%s", argv[0]); /* checked by vsd_cgroup_open */
	for (int i = 2; i < n; i++)
		if (strncmp(argv[i], "to=", 3) == 0) {
			if (vsd_number_parse(argv[i] + 3, strlen(argv[i] + 3), UINT16_MAX, &id) < 0)
				return -EINVAL;
			s->own_redirects = true;
			s->redirect[s->nredirect++].to = (uint16_t)id;
		} else if (s->naddr == VSD_SERVER_ADDR_MAX ||
		    vsd_addr_parse(argv[i], strlen(argv[i]), &s->addr[s->naddr++]) < 0)
			return -EINVAL;
	return 0;
}

static int load(char **line, int n)
{
	char text[1024] = "", why[VSD_WHY_MAX] = "";
	struct vsd_conf *c = NULL;
	size_t len = 0;
	int r;

	for (int i = 0; i < n && len < sizeof(text); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s\n", line[i]);
	r = vsd_conf_parse(text, strlen(text), &c, why);
	if (r == 0)
		r = fence_load(c, why);
	vsd_conf_free(c);
	return r < 0 ? fail("load", r, why) : TOOL_OK;
}

/* Entered by maps that were opened before the fence was taken away and loaded again. */
static int held(const struct vsd_server *s, int cg, char why[VSD_WHY_MAX])
{
	struct fence *f = NULL;
	int r = fence_open(&f, why);

	if (r == 0)
		r = fence_unload(why);
	if (r == 0 && load(NULL, 0) != TOOL_OK)
		r = -ECANCELED;
	if (r == 0)
		r = fence_set(f, s, cg, why);
	fence_close(f);
	return r;
}

static int on_server(const char *verb, char **argv, int n)
{
	struct alias_result result[VSD_SERVER_ADDR_MAX];
	char why[VSD_WHY_MAX] = "";
	VSD_CLOSE int cg = -1;
	struct vsd_server s;
	int r = make_server(argv, n, &s);

	if (r == 0)
		r = vsd_cgroup_open(s.name, true, &cg);
	if (r < 0)
		return fail(verb, r, "arguments or cgroup");
	if (strcmp(verb, "unset") == 0) {
		r = fence_unset(&s, why);
	} else if (strcmp(verb, "check") == 0) {
		r = fence_check(&s, cg, why);
	} else if (strcmp(verb, "held") == 0) {
		r = held(&s, cg, why);
	} else {
		r = alias_up("vsd0", s.addr, s.naddr, result);
		if (r == 0)
			r = fence_set(NULL, &s, cg, why);
	}
	return r < 0 ? fail(verb, r, why) : TOOL_OK;
}

static int status(void)
{
	static const char *const word[] = { "in force", "other build", "missing", "not in kernel" };
	char why[VSD_WHY_MAX] = "";
	struct fence_status st;
	int r = fence_status(&st, why);

	if (r < 0)
		return fail("status", r, why);
	for (unsigned i = 0; i < st.nprogram; i++)
		tool_say("%s: %s, program %u, link %u: %s", st.program[i].name,
			 word[st.program[i].state], st.program[i].program_id, st.program[i].link_id,
			 st.program[i].what);
	tool_say("%s, %u servers", st.in_force ? "in force" : "not in force", st.nserver);
	return st.in_force ? TOOL_OK : TOOL_FAILED;
}

/* Of the clock on the wall, and of this process's own part of the processors. */
static double ms_of(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t); /* cannot fail */
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

struct spent {
	double wall, own;
};

static void count_from(struct spent *s)
{
	s->wall -= ms_of(CLOCK_MONOTONIC);
	s->own -= ms_of(CLOCK_PROCESS_CPUTIME_ID);
}

static void count_to(struct spent *s)
{
	s->own += ms_of(CLOCK_PROCESS_CPUTIME_ID);
	s->wall += ms_of(CLOCK_MONOTONIC);
}

struct one {
	struct vsd_server s;
	int cg;
};

static int make_one(uint32_t i, struct one *out)
{
	struct vsd_server *s = &out->s;

	out->cg = -1;
	*s = (struct vsd_server){ .id = 1000 + i, .uid_first = 3000000 + 200 * i, .naddr = 2 };
	(void)snprintf(s->name, sizeof(s->name), "many%u", i); /* fits */
	s->addr[0].b[0] = 0xfd;
	memcpy(&s->addr[0].b[12], &i, 4);
	s->addr[1] = (struct vsd_addr){ .b = { [10] = 0xff, 0xff, 10, 99, (uint8_t)(i >> 8),
					       (uint8_t)i } };
	return vsd_cgroup_open(s->name, true, &out->cg);
}

/* Entries for N servers, two addresses each; how long it took.  The clocks are read once
 * for many, or they would be a part of it; as many as there may be descriptors. */
static int many(uint32_t n)
{
	static struct one one[MANY_AT_ONCE];
	char why[VSD_WHY_MAX] = "";
	struct spent spent = { 0, 0 };
	struct fence *f = NULL;
	int r;

	count_from(&spent);
	r = fence_open(&f, why);
	count_to(&spent);
	for (uint32_t done = 0, part; r == 0 && done < n; done += part) {
		for (part = 0; r == 0 && part < MANY_AT_ONCE && done + part < n; part++)
			r = make_one(1 + done + part, &one[part]);
		count_from(&spent);
		for (uint32_t i = 0; r == 0 && i < part; i++)
			r = fence_set(f, &one[i].s, one[i].cg, why);
		count_to(&spent);
		for (uint32_t i = 0; i < part; i++)
			(void)close(one[i].cg); /* of a folder */
	}
	fence_close(f);
	if (r < 0)
		return fail("many", r, why);
	tool_say("%u servers' entries in %.2f ms, %.2f of processor time", n, spent.wall, spent.own);
	return TOOL_OK;
}

/* The same servers out again. */
static int fewer(uint32_t n)
{
	char why[VSD_WHY_MAX] = "";
	int r = 0;

	for (uint32_t i = 1; r == 0 && i <= n; i++)
		r = fence_unset(&(struct vsd_server){ .id = 1000 + i }, why);
	return r < 0 ? fail("fewer", r, why) : TOOL_OK;
}

/* Put them on the interface; how long it took. */
static int aliases(char **argv, size_t n)
{
	VSD_FREE struct vsd_addr *a = calloc(n + 1, sizeof(*a));
	VSD_FREE struct alias_result *result = calloc(n + 1, sizeof(*result));
	struct spent spent = { 0, 0 };
	int r = a && result ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = vsd_addr_parse(argv[i], strlen(argv[i]), &a[i]);
	count_from(&spent);
	if (r == 0)
		r = alias_up("vsd0", a, n, result);
	count_to(&spent);
	if (r != 0)
		return fail("aliases", r, "a bad address, or one that was not added");
	tool_say("%zu addresses in %.2f ms, %.2f of processor time", n, spent.wall, spent.own);
	return TOOL_OK;
}

/* Make the record of the build another's, as an upgrade finds it. */
static int other_build(void)
{
	VSD_CLOSE int fd = bpf_obj_get("/sys/fs/bpf/vsd/map-" FENCE_LAYOUT "/build");
	struct fence_build b;
	const uint32_t zero = 0;

	if (fd < 0 || bpf_map_lookup_elem(fd, &zero, &b) < 0)
		return fail("other-build", -errno, "read the record");
	b.hash++;
	return bpf_map_update_elem(fd, &zero, &b, BPF_ANY) < 0 ?
		       fail("other-build", -errno, "write the record") : TOOL_OK;
}

/* `servers` as the layout before had it, shorter by what came since; a new map. */
static int older_servers(int fd)
{
	struct fence_server s;
	const uint64_t *from = NULL;
	uint64_t key;
	const struct bpf_map_create_opts o = { .sz = sizeof(o), .map_flags = BPF_F_NO_PREALLOC };
	int old = bpf_map_create(BPF_MAP_TYPE_HASH, "servers", sizeof(key), 48, FENCE_SERVERS_MAX, &o);

	for (; old >= 0 && bpf_map_get_next_key(fd, from, &key) == 0; from = &key)
		if (bpf_map_lookup_elem(fd, &key, &s) < 0 ||
		    bpf_map_update_elem(old, &key, &s, BPF_ANY) < 0)
			return -errno;
	return old < 0 ? -errno : old;
}

/* Pins as a build of the layout before has left them. */
static int old_layout(void)
{
	static const char *const name[] = { "servers", "owners", "records", "hosts", "ports",
					    "build", "listeners", "sockets" };
	char from[64], to[64];

	if (mkdir("/sys/fs/bpf/vsd/map-1", 0700) < 0)
		return fail("old-layout", -errno, "make the folder");
	for (size_t i = 0; i < sizeof(name) / sizeof(*name); i++) {
		VSD_CLOSE int fd = -1, old = -1;

		(void)snprintf(from, sizeof(from), "/sys/fs/bpf/vsd/map-" FENCE_LAYOUT "/%s", name[i]);
		(void)snprintf(to, sizeof(to), "/sys/fs/bpf/vsd/map-1/%s", name[i]); /* both fit */
		fd = bpf_obj_get(from);
		old = fd < 0 || i > 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 3) : older_servers(fd);
		if (old < 0 || bpf_obj_pin(old, to) < 0 || unlink(from) < 0)
			return fail("old-layout", -errno, name[i]);
	}
	(void)rmdir("/sys/fs/bpf/vsd/map-" FENCE_LAYOUT); /* its other maps may be left */
	return TOOL_OK;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	char why[VSD_WHY_MAX] = "";
	uint64_t n;
	int r;

	tool_init("fence_rig");
	if (strcmp(verb, "load") == 0)
		return load(argv + 2, argc - 2);
	if (strcmp(verb, "status") == 0)
		return status();
	if (strcmp(verb, "other-build") == 0)
		return other_build();
	if (strcmp(verb, "aliases") == 0)
		return aliases(argv + 2, (size_t)argc - 2);
	if (strcmp(verb, "old-layout") == 0)
		return old_layout();
	if (strcmp(verb, "many") == 0 && argc == 3 &&
	    vsd_number_parse(argv[2], strlen(argv[2]), 9999, &n) == 0)
		return many((uint32_t)n);
	if (strcmp(verb, "fewer") == 0 && argc == 3 &&
	    vsd_number_parse(argv[2], strlen(argv[2]), 9999, &n) == 0)
		return fewer((uint32_t)n);
	if (strcmp(verb, "set") == 0 || strcmp(verb, "unset") == 0 || strcmp(verb, "check") == 0 ||
	    strcmp(verb, "held") == 0)
		return on_server(verb, argv + 2, argc - 2);
	if (strcmp(verb, "unload") == 0)
		r = fence_unload(why);
	else if (strcmp(verb, "supported") == 0)
		r = fence_supported(why);
	else
		return tool_misuse("see the head of fence_rig.c");
	return r < 0 ? fail(verb, r, why) : TOOL_OK;
}
