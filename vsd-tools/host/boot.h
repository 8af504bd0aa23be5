/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BOOT_H
#define BOOT_H

#include "conf.h"
#include "registry.h"

/* Starting and stopping one server.  Starting state: root on the host, single
 * thread.  Each call holds /run/vsd/NAME/lock, so that two vsboots on one server
 * follow each other. */

/* What all servers of one host share, made once by boot_prepare. */
struct boot {
	const struct vsd_conf *conf;
	struct fence *fence; /* in force: no server starts without its entry in it; or NULL */
	char *filter;      /* the sessions' seccomp program */
	size_t filter_len; /* bytes */
};

/* Make the host ready to start servers: the run folder, the mount of /home/vsd,
 * the fence, the seccomp program.
 * Owns:   *out keeps c; boot_free
 * Errors: negative errno, and why names the reason; on success why is empty, or
 *         says why there is no fence though vsd.conf wants one */
int boot_prepare(const struct vsd_conf *c, struct boot *out, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;
void boot_free(struct boot *b);

enum boot_result {
	BOOT_DONE,     /* it was not so, now it is */
	BOOT_ALREADY,  /* it was so */
	BOOT_FAILED    /* why says what */
};

/* Start it; what a crash or a killed vsboot left is cleared away first, and
 * `why` then says so beside BOOT_DONE (else it is empty). */
enum boot_result boot_start(const struct boot *b, const struct vsd_server *s,
			    char why[VSD_WHY_MAX]);

/* Stop it: no entry any more, its services asked to end (15 s at most), then the
 * cgroup frozen and killed, then every process of the range wherever it is. */
enum boot_result boot_stop(const struct vsd_conf *c, const struct vsd_server *s,
			   char why[VSD_WHY_MAX]);

/* Both under one lock, so that nobody sees it stopped for good in between. */
enum boot_result boot_restart(const struct boot *b, const struct vsd_server *s,
			      char why[VSD_WHY_MAX]);

/* For the host's root to work in a server that stands still: it is started without
 * services, addresses and logins, and stays locked, so that no vsboot meets it.
 * Owns:   boot_single_end
 * Errors: negative errno, and why; -EALREADY it is running */
struct boot_single {
	int dir, lock;
};
int boot_single_begin(const struct boot *b, const struct vsd_server *s, struct boot_single *out,
		      char why[VSD_WHY_MAX]) VSD_MUST_CHECK;
int boot_single_end(const struct vsd_conf *c, const struct vsd_server *s, struct boot_single *b,
		    char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Start it, or find it running, and stay until it ends: for a supervisor, which is
 * told by sd_notify's protocol when it runs.  SIGTERM and SIGINT stop the server,
 * SIGHUP restarts its services.
 * Returns: 0 somebody stopped it; 1 it ended by itself, or an error, which is said */
int boot_foreground(const struct boot *b, const struct vsd_server *s);

/* Signal every process on the host whose real, effective or saved uid lies in
 * the range, by pidfd, until there is none.
 * Errors: -ETIMEDOUT some are left */
int boot_end_range(struct vsd_range range, int timeout_ms) VSD_MUST_CHECK;

/* Which of the servers have a process, wherever on the host: one look at /proc for all.
 * Shape:  out has n members */
int boot_find_alive(const struct vsd_server *s, size_t n, bool *out) VSD_MUST_CHECK;

/* Is there nothing that boot_stop would end or clear away, processes apart?  It is false
 * while somebody starts or stops the server, and where that cannot be said. */
bool boot_is_clear(const char *name);

/* /home/vsd (the folder above vs_root) is one mount that is nosuid,nodev, and
 * noexec unless isolation=chroot: make it so.  */
int boot_guard_mount(const struct vsd_conf *c, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

#endif
