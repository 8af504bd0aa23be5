/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "cgroup.h"
#include "fence_impl.h"

/* ---- the folder ---- */

static int mount_bpffs(char why[VSD_WHY_MAX])
{
	struct statfs fs;

	if (statfs(FENCE_BPFFS, &fs) == 0 && fs.f_type == BPF_FS_MAGIC)
		return 0;
	if (mount("bpf", FENCE_BPFFS, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700") == 0)
		return 0;
	(void)fence_why(why, errno, "mount bpffs on", FENCE_BPFFS);
	return errno == ENODEV || errno == ENOENT ? -EOPNOTSUPP : -errno;
}

static int make_folder(const char *path, char why[VSD_WHY_MAX])
{
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return fence_why(why, -errno, "make", path);
	return 0;
}

int fence_pins_make(char why[VSD_WHY_MAX])
{
	int r = mount_bpffs(why);

	if (r == 0)
		r = make_folder(FENCE_PINS, why);
	if (r == 0)
		r = make_folder(FENCE_MAPS, why);
	return r < 0 ? r : make_folder(FENCE_LINKS, why);
}

/* ---- where programs are attached ---- */

int fence_cgroup_id(int cgfd, uint64_t *out)
{
	union {
		struct file_handle h;
		char room[sizeof(struct file_handle) + sizeof(uint64_t)];
	} u = { .h.handle_bytes = sizeof(uint64_t) };
	int mount_id;

	if (name_to_handle_at(cgfd, "", &u.h, &mount_id, AT_EMPTY_PATH) < 0)
		return -errno;
	if (u.h.handle_bytes != sizeof(uint64_t))
		return -EBADF;
	memcpy(out, u.h.f_handle, sizeof(*out));
	return 0;
}

int fence_places_open(bool make, struct fence_places *out, char why[VSD_WHY_MAX])
{
	struct fence_places p = FENCE_PLACES_NONE;
	struct stat st = { 0 };
	int r = vsd_cgroup_open_parent(make, &p.cgfd);

	if (r < 0)
		return fence_why(why, r, "open", "the cgroup of all servers");
	r = fence_cgroup_id(p.cgfd, &p.cgroup);
	p.netfd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (r == 0 && (p.netfd < 0 || fstat(p.netfd, &st) < 0))
		r = -errno;
	if (r < 0) {
		fence_places_close(&p);
		return fence_why(why, r, "look at", "the cgroup and network namespace");
	}
	p.netns = st.st_ino;
	*out = p;
	return 0;
}

void fence_places_close(struct fence_places *p)
{
	vsd_scope_close(&p->cgfd);
	vsd_scope_close(&p->netfd);
	p->cgfd = p->netfd = -1;
}

/* ---- links ---- */

static void pin_path(const struct fence_known *k, const char *suffix, char out[FENCE_PIN_MAX])
{
	(void)snprintf(out, FENCE_PIN_MAX, FENCE_LINKS "/%s%s", k->name, suffix); /* fits */
}

static bool is_at_place(const struct bpf_link_info *i, const struct fence_known *k,
			const struct fence_places *p)
{
	if (k->attach == BPF_SK_LOOKUP)
		return i->type == BPF_LINK_TYPE_NETNS && i->netns.netns_ino == p->netns;
	return i->type == BPF_LINK_TYPE_CGROUP && i->cgroup.cgroup_id == p->cgroup &&
	       i->cgroup.attach_type == (uint32_t)k->attach;
}

int fence_link_open(const struct fence_known *k, const struct fence_places *p,
		    struct fence_link *out)
{
	struct bpf_link_info info = { .type = 0 };
	uint32_t len = sizeof(info);
	char path[FENCE_PIN_MAX];
	VSD_CLOSE int fd = -1;

	pin_path(k, "", path);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return -errno;
	if (bpf_obj_get_info_by_fd(fd, &info, &len) < 0)
		return -errno;
	/* Its cgroup may have been removed and made again. */
	if (!is_at_place(&info, k, p))
		return -ENOENT;
	out->id = info.id;
	out->program_id = info.prog_id;
	out->fd = vsd_take_fd(&fd);
	return 0;
}

static int link_new(const struct fence_known *k, const struct fence_places *p, int program_fd)
{
	int at = k->attach == BPF_SK_LOOKUP ? p->netfd : p->cgfd;
	char path[FENCE_PIN_MAX], temporary[FENCE_PIN_MAX];
	VSD_CLOSE int fd = -1;

	pin_path(k, "", path);
	pin_path(k, "-new", temporary);
	if (unlink(temporary) < 0 && errno != ENOENT)
		return -errno;
	fd = bpf_link_create(program_fd, at, (enum bpf_attach_type)k->attach, NULL);
	if (fd < 0)
		return -errno;
	if (bpf_obj_pin(fd, temporary) < 0)
		return -errno;
	return rename(temporary, path) < 0 ? -errno : 0;
}

int fence_link_put(const struct fence_known *k, const struct fence_places *p, int program_fd)
{
	struct fence_link l = { .fd = -1 };
	int r = fence_link_open(k, p, &l);

	if (r == -ENOENT)
		return link_new(k, p, program_fd);
	if (r == 0 && bpf_link_update(l.fd, program_fd, NULL) < 0)
		r = -errno;
	vsd_scope_close(&l.fd);
	return r;
}
