/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_REGISTRY_H
#define VSD_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "account.h"
#include "addr.h"
#include "conf.h"
#include "name.h"
#include "stamp.h"

#define VSD_SERVER_ADDR_MAX 16
#define VSD_SERVER_REDIRECT_MAX 16

enum vsd_server_state { VSD_SERVER_ENABLED, VSD_SERVER_DISABLED };

/* One virtual server, as /etc/vsd/servers/NAME holds it. */
struct vsd_server {
	uint32_t id;              /* 1.., never used twice */
	uint32_t uid_first;       /* first uid and gid of the range: admin's */
	uint32_t uid_count;
	enum vsd_server_state state;
	char name[VSD_NAME_MAX + 1];
	char root[VSD_PATH_MAX];  /* absolute */
	char skel[VSD_PATH_MAX];
	char fqdn[VSD_FQDN_MAX + 1];
	unsigned naddr;
	struct vsd_addr addr[VSD_SERVER_ADDR_MAX];
	uint64_t quota_mb;        /* 0: none */
	uint32_t max_users;
	uint32_t max_sessions;
	uint64_t memory_bytes, pids, cpu_percent; /* 0: no limit */
	uint64_t io_read, io_write; /* bytes a second; 0: no limit */
	bool own_redirects;       /* those below, were there none; else vsd.conf's */
	unsigned nredirect;
	struct vsd_redirect redirect[VSD_SERVER_REDIRECT_MAX];
	struct vsd_stamp entry;   /* the file that said so */
};

/* The pairs that vsredirect puts in force for the server, and whose targets the
 * fence keeps for its admin. */
static inline const struct vsd_redirect *vsd_server_redirects(const struct vsd_server *s,
							      const struct vsd_conf *c,
							      unsigned *out_n)
{
	*out_n = s->own_redirects ? s->nredirect : c->nredirect;
	return s->own_redirects ? s->redirect : c->redirect;
}

/* Is the id in the server's range? */
static inline bool vsd_server_has_id(const struct vsd_server *s, uint32_t id)
{
	return id >= s->uid_first && id - s->uid_first < s->uid_count;
}

/* Is the address one of the server's? */
bool vsd_server_has_addr(const struct vsd_server *s, const struct vsd_addr *a);

/* ---- reading: PAM / NSS / tool; no lock is taken, nothing blocks ---- */

/* Read the one server of that name from its own file.
 * Errors: -ENOENT none (also a text that is no server's name); -EBADMSG
 *         damaged; -EPROTONOSUPPORT another version's format; -EPERM owner or mode;
 *         else the system's */
int vsd_registry_find_name(const char *name, struct vsd_server *out) VSD_MUST_CHECK;

/* Is the server's file still the one that all this was read from?
 * Shape:  s: one that was found
 * Errors: -ESTALE no; else the system's
 * Safe:   PAM; opens nothing */
int vsd_registry_unchanged(const struct vsd_server *s) VSD_MUST_CHECK;

/* Find the server whose range holds the id, or that owns the address, through
 * the index (a constant number of system calls), then read its own file, which
 * must agree.  While the index is marked dirty or is missing, every file is read.
 * Errors: as above */
int vsd_registry_find_uid(uint32_t id, struct vsd_server *out) VSD_MUST_CHECK;
int vsd_registry_find_addr(const struct vsd_addr *a, struct vsd_server *out) VSD_MUST_CHECK;

/* Say why the server's file, or with name NULL the registry, could not be read: file,
 * line and what is wrong with it. */
void vsd_registry_why(const char *name, int error, char why[VSD_WHY_MAX]);

/* strerror, and words for -EPROTONOSUPPORT, which here is never a socket's. */
const char *vsd_error_text(int error);

/* Call fn for every server in the order of names; a damaged file is reported
 * to `bad` and passed over; where that is NULL a damaged file is passed over, and one of
 * another version's format or an error of the system ends the walk.  fn's first non-zero answer ends the
 * walk and is returned. */
int vsd_registry_each(int (*fn)(const struct vsd_server *s, void *arg),
		      void (*bad)(const char *name, int error, void *arg),
		      void *arg) VSD_MUST_CHECK;

/* The same for who asks again and again, as making many servers does: a file that was
 * read by this process before is asked whether it is still the one (stamp.h), and read
 * only if not.  Who forks hands on what is remembered.
 * Safe:   tool, single thread; it keeps memory for the life of the process */
int vsd_registry_each_again(int (*fn)(const struct vsd_server *s, void *arg),
			    void (*bad)(const char *name, int error, void *arg),
			    void *arg) VSD_MUST_CHECK;

/* Parse and write the text form, for tests and the fuzzer.
 * Errors: -EBADMSG or -EPROTONOSUPPORT (another version's format), and why says which
 *         line; -ENOSPC the text does not fit */
int vsd_server_parse(const char *text, size_t len, const char *name, struct vsd_server *out,
		     char why[VSD_WHY_MAX]) VSD_MUST_CHECK;
int vsd_server_format(const struct vsd_server *s, char *out, size_t size,
		      size_t *out_len) VSD_MUST_CHECK;

/* ---- writing: tools only ---- */

/* Take the registry's lock (a file in vsd_path_lock, which root alone can open),
 * waiting for its holder; finish or undo what a killed holder left.  Where the disk
 * is full the index may stay as that left it, for readers who then read the files.
 * Owns:   *out_fd; close it to release */
int vsd_registry_lock(int *out_fd) VSD_MUST_CHECK;

/* Give the next free id and range, above the high-water mark, in no host
 * account's, group's or subordinate range.
 * Errors: -ENOSPC all slots are used; -EEXIST the next slot overlaps something
 *         on the host, and why names it */
int vsd_registry_allocate(int lock, const struct vsd_conf *c, uint32_t *out_id,
			  uint32_t *out_uid, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Would there be a slot for one more server after `ahead` others?  Nothing changes.
 * Errors: as vsd_registry_allocate's */
int vsd_registry_room(const struct vsd_conf *c, uint32_t ahead,
		      char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Does a host account, group or subordinate range (ours apart) lie in the slot?
 * Errors: -EEXIST, and why names it; else the system's */
int vsd_range_check_host(struct vsd_range slot, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Add, replace or remove a server and its index entry, so that a crash leaves
 * the old state or the new.
 * Errors: -EEXIST name, range or address is another server's, and why says
 *         whose; -ENOENT; -EINVAL a member is out of bounds; -EPROTONOSUPPORT a file
 *         is another version's, whose server the new index would lose */
int vsd_registry_add(int lock, const struct vsd_server *s, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;
int vsd_registry_update(int lock, const struct vsd_server *s, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;
int vsd_registry_remove(int lock, const char *name) VSD_MUST_CHECK;

/* May the registry be changed, before steps that come before its own change?
 * Errors: -EPROTONOSUPPORT as above, and why says which file */
int vsd_registry_may_change(int lock, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Put a server under another name, s->name, in the place of its former one.  Killed
 * in between it leaves both, with which nobody gets in: to be called again with
 * the same arguments then.
 * Errors: as above */
int vsd_registry_rename(int lock, const char *former, const struct vsd_server *s,
			char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Write the index anew from the files.  Servers that have an id, a root, an
 * address or a part of their ranges in common are left out: nobody gets in. */
int vsd_registry_rebuild(int lock) VSD_MUST_CHECK;

/* Look at the whole registry and tell each thing that is wrong: damaged files,
 * servers that clash with each other or with the host's own ids, a damaged
 * account of what was given, an index that is not what the files say.  `vsdadm
 * check` calls it; with --repair it then takes the lock (which mends a dirty or
 * missing index), rebuilds, and calls it again.
 * Shape:  object is a server's name or a path
 * Errors: the system's; else the number of things told
 * Safe:   tool; takes no lock, so that a writer at work may show */
int vsd_registry_check(void (*tell)(const char *object, const char *reason, void *arg),
		       void *arg) VSD_MUST_CHECK;

#endif
