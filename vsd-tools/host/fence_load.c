/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fence_impl.h"

/* ---- is a fence possible? ---- */

/* What the programs cannot do without, youngest first: 6.1, 5.18, 5.13, 5.10. */
static const struct {
	enum bpf_prog_type type;
	enum bpf_attach_type attach;
	enum bpf_func_id helper;
	const char *what;
} needed[] = {
	{ BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE, BPF_FUNC_set_retval,
	  "errors from programs" },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_BIND, BPF_FUNC_get_current_cgroup_id,
	  "address programs" },
	{ BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_SETSOCKOPT, BPF_FUNC_sk_storage_get,
	  "option programs" },
	{ BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS, BPF_FUNC_skb_cgroup_id,
	  "packet programs" },
	{ BPF_PROG_TYPE_SOCK_OPS, BPF_CGROUP_SOCK_OPS, BPF_FUNC_sock_hash_update,
	  "listener programs" },
	{ BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP, BPF_FUNC_sk_assign, "lookup programs" },
};

/* A kernel without the type, or without bpf() at all; libbpf's own probe takes every
 * error for one. */
static bool lacks_type(enum bpf_prog_type type, enum bpf_attach_type attach)
{
	static const struct bpf_insn allow[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	const struct bpf_prog_load_opts o = { .sz = sizeof(o), .expected_attach_type = attach };
	int fd = bpf_prog_load(type, NULL, "GPL", allow, sizeof(allow) / sizeof(*allow), &o);
	int error = errno;

	if (fd >= 0)
		(void)close(fd); /* a probe */
	return fd < 0 && (error == EINVAL || error == ENOSYS);
}

static int be_silent(enum libbpf_print_level level, const char *format, va_list ap)
{
	(void)level;
	(void)format;
	(void)ap;
	return 0;
}

int fence_supported(char why[VSD_WHY_MAX])
{
	libbpf_print_fn_t before = libbpf_set_print(be_silent);
	int r = 1;
	size_t i;

	/* An error is no answer: loading will say what it is. */
	for (i = 0; r != 0 && i < sizeof(needed) / sizeof(*needed); i++)
		r = lacks_type(needed[i].type, needed[i].attach) ? 0 :
			libbpf_probe_bpf_helper(needed[i].type, needed[i].helper, NULL);
	(void)libbpf_set_print(before);
	if (r != 0)
		return 0;
	(void)snprintf(why, VSD_WHY_MAX, "this kernel has no %s for cgroups (Linux 6.1 has); "
		       "vsredirect serves low ports instead", needed[i - 1].what);
	return -EOPNOTSUPP;
}

/* ---- loading ---- */

/* libbpf's first warning is the reason; there is one loader at a time. */
static char warning[160];

__attribute__((format(printf, 2, 0)))
static int keep_warning(enum libbpf_print_level level, const char *format, va_list ap)
{
	if (level == LIBBPF_WARN && !warning[0]) {
		(void)vsnprintf(warning, sizeof(warning), format, ap); /* cut to fit */
		warning[strcspn(warning, "\n")] = '\0';
	}
	return 0;
}

static int load_object(bool optional, struct bpf_object **out, char why[VSD_WHY_MAX])
{
	libbpf_print_fn_t before = libbpf_set_print(keep_warning);
	struct bpf_object *o = NULL;
	int r;

	warning[0] = '\0';
	r = fence_object_open(optional, &o);
	if (r == 0)
		r = bpf_object__load(o);
	(void)libbpf_set_print(before);
	if (r < 0) {
		bpf_object__close(o);
		(void)snprintf(why, VSD_WHY_MAX, "load the programs: %s%s%s", strerror(-r),
			       *warning ? ": " : "", warning);
		return r;
	}
	*out = o;
	return 0;
}

static int program_id(int fd, uint32_t *out)
{
	struct bpf_prog_info info = { .type = 0 };
	uint32_t len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len) < 0)
		return -errno;
	*out = info.id;
	return 0;
}

/* Each program of the object at its hook. */
static int put_programs(struct bpf_object *o, const struct fence_places *p,
			struct fence_build *b, char why[VSD_WHY_MAX])
{
	for (unsigned i = 0; i < fence_known_n; i++) {
		const struct fence_known *k = &fence_known[i];
		struct bpf_program *prog = bpf_object__find_program_by_name(o, k->name);
		int fd = prog ? bpf_program__fd(prog) : -1, r;

		if (!prog)
			continue;
		r = fence_link_put(k, p, fd);
		if (r == 0)
			r = program_id(fd, &b->program_id[i]);
		if (r < 0)
			return fence_why(why, r, "attach", k->name);
	}
	return 0;
}

/* The hooks of a younger kernel; without them the rest stands. */
static void put_optional(const struct fence_places *p, struct fence_build *b)
{
	char ignored[VSD_WHY_MAX];
	struct bpf_object *o = NULL;

	if (load_object(true, &o, ignored) < 0)
		return;
	(void)put_programs(o, p, b, ignored); /* fence_status shows what is missing */
	bpf_object__close(o);
}

static int load_all(const struct vsd_conf *c, const struct fence_places *p,
		    char why[VSD_WHY_MAX])
{
	struct fence_build b = { .hash = fence_build_hash() };
	struct fence_maps m = FENCE_MAPS_NONE;
	struct bpf_object *o = NULL;
	const uint32_t zero = 0;
	int r = load_object(false, &o, why);

	if (r < 0)
		return r;
	r = fence_maps_open(false, &m);
	if (r < 0)
		(void)fence_why(why, r, "open", "the maps of the fence");
	/* Before the programs that refuse what has no entry. */
	if (r == 0)
		r = fence_put_host(&m, c, why);
	/* Maps of another layout begin empty, and a loader that died may have left
	 * them so. */
	if (r == 0)
		r = fence_refill(&m, why);
	if (r == 0)
		r = put_programs(o, p, &b, why);
	if (r == 0)
		put_optional(p, &b);
	if (r == 0 && bpf_map_update_elem(m.build, &zero, &b, BPF_ANY) < 0)
		r = fence_why(why, -errno, "write", "the record of the fence's build");
	if (r == 0 && fence_pins_remove_maps(FENCE_MAPS) < 0)
		r = fence_why(why, -EBUSY, "remove the maps of an older build from", FENCE_PINS);
	fence_maps_close(&m);
	bpf_object__close(o);
	return r;
}

/* This build, each program at its place? */
static bool is_whole(const struct fence_maps *m, const struct fence_places *p)
{
	struct fence_build b;
	const uint32_t zero = 0;

	if (bpf_map_lookup_elem(m->build, &zero, &b) < 0 || b.hash != fence_build_hash())
		return false;
	for (unsigned i = 0; i < fence_known_n; i++) {
		struct fence_link l = { .fd = -1 };

		if (b.program_id[i] == 0 && fence_known[i].optional)
			continue;
		if (fence_link_open(&fence_known[i], p, &l) < 0)
			return false;
		vsd_scope_close(&l.fd);
		if (l.program_id != b.program_id[i])
			return false;
	}
	return true;
}

static int load_missing(const struct vsd_conf *c, const struct fence_places *p,
			char why[VSD_WHY_MAX])
{
	struct fence_maps m = FENCE_MAPS_NONE;
	int r = fence_maps_open(false, &m);
	bool whole = r == 0 && is_whole(&m, p);

	if (r < 0 && r != -ENOENT)
		return fence_why(why, r, "open", "the maps of the fence");
	r = whole ? fence_put_host(&m, c, why) : 0;
	fence_maps_close(&m);
	return whole ? r : load_all(c, p, why);
}

int fence_load(const struct vsd_conf *c, char why[VSD_WHY_MAX])
{
	struct fence_places p = FENCE_PLACES_NONE;
	VSD_CLOSE int lock = -1;
	int r = fence_supported(why);

	if (r == 0)
		r = fence_pins_make(why);
	if (r == 0)
		r = fence_pins_lock(&lock, why);
	if (r == 0)
		r = fence_places_open(true, &p, why);
	if (r < 0)
		return r;
	r = load_missing(c, &p, why);
	fence_places_close(&p);
	return r;
}

int fence_put_conf(const struct vsd_conf *c, char why[VSD_WHY_MAX])
{
	struct fence_maps m = FENCE_MAPS_NONE;
	VSD_CLOSE int lock = -1;
	int r = fence_pins_lock(&lock, why);

	if (r == 0)
		r = fence_maps_open(false, &m);
	if (r < 0)
		return r == -ENOENT ? 0 : fence_why(why, r, "open", "the maps of the fence");
	r = fence_put_host(&m, c, why);
	fence_maps_close(&m);
	return r;
}

/* ---- what is in force ---- */

static void show_program(const struct fence_known *k, const struct fence_places *p,
			 const struct fence_build *b, uint32_t want, struct fence_program *out)
{
	struct fence_link l = { .fd = -1 };

	(void)snprintf(out->name, sizeof(out->name), "%s", k->name); /* fits */
	out->what = k->what;
	/* One that has been attached and is not now is missing, whatever its kind. */
	out->state = k->optional && !want ? FENCE_NOT_IN_KERNEL : FENCE_MISSING;
	if (fence_link_open(k, p, &l) < 0)
		return;
	vsd_scope_close(&l.fd);
	out->link_id = l.id;
	out->program_id = l.program_id;
	out->state = b->hash == fence_build_hash() && l.program_id == want ? FENCE_IN_FORCE :
									     FENCE_OTHER_BUILD;
}

static unsigned count_servers(int map)
{
	uint64_t key;
	const uint64_t *from = NULL;
	unsigned n = 0;

	while (n < FENCE_SERVERS_MAX && bpf_map_get_next_key(map, from, &key) == 0) {
		from = &key;
		n++;
	}
	return n;
}

int fence_status(struct fence_status *out, char why[VSD_WHY_MAX])
{
	struct fence_places p = FENCE_PLACES_NONE;
	struct fence_maps m = FENCE_MAPS_NONE;
	struct fence_build b = { .hash = 0 };
	const uint32_t zero = 0;
	int r = fence_supported(why);

	*out = (struct fence_status){ .in_force = false };
	if (r < 0)
		return r;
	/* Neither folder: nothing is attached, which is an answer. */
	r = fence_places_open(false, &p, why);
	if (r == 0 && fence_maps_open(false, &m) == 0) {
		out->nserver = count_servers(m.servers);
		(void)bpf_map_lookup_elem(m.build, &zero, &b); /* none: as of another build */
	}
	out->in_force = true;
	for (unsigned i = 0; i < fence_known_n; i++) {
		struct fence_program *o = &out->program[out->nprogram++];

		show_program(&fence_known[i], &p, &b, b.program_id[i], o);
		if (o->state == FENCE_MISSING)
			out->in_force = false;
	}
	fence_maps_close(&m);
	fence_places_close(&p);
	return r == -ENOENT ? 0 : r;
}

int fence_unload(char why[VSD_WHY_MAX])
{
	struct fence_maps m = FENCE_MAPS_NONE;
	VSD_CLOSE int lock = -1;
	unsigned n;
	int r = fence_pins_lock(&lock, why);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	r = fence_maps_open_any(&m);
	if (r < 0 && r != -ENOENT) /* nobody knows who is in it */
		return fence_why(why, r, "open", "the maps of the fence");
	n = r == 0 ? count_servers(m.servers) : 0;
	fence_maps_close(&m);
	if (n > 0) {
		(void)snprintf(why, VSD_WHY_MAX, "%u server%s still in the fence: stop %s first", n,
			       n == 1 ? " is" : "s are", n == 1 ? "it" : "them");
		return -EBUSY;
	}
	r = fence_pins_remove();
	return r < 0 ? fence_why(why, r, "remove", FENCE_PINS) : 0;
}
