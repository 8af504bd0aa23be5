/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_CONF_H
#define VSD_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "name.h"

#define VSD_SERVICE_MAX 32
#define VSD_PROGRAM_MAX 8
#define VSD_PROGRAM_BYTES 64 /* of one path, NUL counted */
#define VSD_PORT_MAX 64
#define VSD_EXEC_MAX 32
#define VSD_ANYIP_MAX 16
#define VSD_PATH_MAX 256 /* bytes, NUL counted: longer paths are refused */

enum vsd_isolation { VSD_ISOLATION_FULL, VSD_ISOLATION_CHROOT };

/* service.NAME = RIGHT [PROGRAM...]: a PAM service that serves VS users, the
 * right a user needs for it, and the programs (absolute, as /proc/PID/exe shows
 * them) that may look up bare names. */
struct vsd_service {
	char name[VSD_NAME_MAX + 1];
	char right[VSD_NAME_MAX + 1];
	unsigned nprogram;
	const char *program[VSD_PROGRAM_MAX]; /* in the conf's text */
};

/* exec.NAME = PATH...: an exec right and the shared programs that it opens. */
struct vsd_exec_right {
	char name[VSD_NAME_MAX + 1];
	unsigned nprogram;
	const char *program[VSD_PROGRAM_MAX]; /* in the conf's text */
};

/* A port of a server's addresses, and the one that its connections go to. */
struct vsd_redirect {
	uint16_t from, to;
};

/* A network of IPv4, routed to this host. */
struct vsd_network {
	struct vsd_addr addr;
	unsigned bits; /* of the prefix: 8 to 32 */
};

/* /etc/vsd.conf, whole.  Every member has the shipped default when the file
 * does not name it. */
struct vsd_conf {
	uint32_t uid_base;                  /* 2000000 */
	uint32_t uid_step;                  /* 200 */
	uint32_t slots;                     /* 10000: how many ranges may exist */
	char vs_root[VSD_PATH_MAX];         /* /home/vsd/vs */
	char skel[VSD_PATH_MAX];            /* /home/vsd/skel */
	char interface[16];                 /* "" = that of the default route */
	enum vsd_isolation isolation;       /* full */
	bool host_users_on_vs_address;      /* false: refused */
	bool fence; /* true: no server starts without it, where kernel and build have it */
	uint64_t quota_mb;                  /* 0: none */
	uint32_t max_users;                 /* 100 */
	uint32_t max_sessions;              /* 64 a server */
	uint64_t memory_bytes, pids, cpu_percent; /* 0: no limit */
	uint64_t io_read, io_write; /* bytes a second; 0: no limit */
	unsigned nservice, nexec, nredirect, nhost_port, nreach, nanyip;
	struct vsd_redirect redirect[VSD_PORT_MAX]; /* 80:8080 443:8443 25:2525 */
	uint16_t host_port[VSD_PORT_MAX];   /* 21 22 23 */
	uint16_t reach_host[VSD_PORT_MAX];
	struct vsd_network anyip[VSD_ANYIP_MAX];
	size_t ntext;                       /* used of text */
	struct vsd_service service[VSD_SERVICE_MAX];
	struct vsd_exec_right exec[VSD_EXEC_MAX];
	char text[];                        /* the programs' paths */
};

#define VSD_WHY_MAX 256 /* bytes for a reason, NUL counted */

/* Read and check vsd_path_conf.  A missing file gives the defaults; a file that
 * is not root's, is writable by others, or has one unknown key or bad value is
 * refused whole, and `why` says which line and what about it.
 * Owns:   *out is malloc'ed; vsd_conf_free
 * Errors: -EINVAL content; -EPROTONOSUPPORT another version's format; -EPERM owner or
 *         mode; -ENOMEM; else the system's
 * Safe:   PAM / NSS / tool; any thread; does not log */
int vsd_conf_load(struct vsd_conf **out, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* The same from memory, for tests and the fuzzer. */
int vsd_conf_parse(const char *text, size_t len, struct vsd_conf **out,
		   char why[VSD_WHY_MAX]) VSD_MUST_CHECK;
void vsd_conf_free(struct vsd_conf *c);

/* The service of that name, or NULL. */
const struct vsd_service *vsd_conf_find_service(const struct vsd_conf *c, const char *name);

#endif
