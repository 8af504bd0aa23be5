/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* nss_vsd: the users and groups of virtual servers, for glibc's name service.
 *
 * Contract of every entry point
 *   SUCCESS        the answer is in *result and lies in the caller's buffer;
 *                  pointer arrays in it are aligned.
 *   NOTFOUND       certain: no server has it, or none that this process may know.
 *   TRYAGAIN       with ERANGE only: a larger buffer helps.  Nothing was written,
 *                  and an enumeration stands where it stood.
 *   UNAVAIL        all else: the truth could not be read (errno says why).
 *   *errnop is set whenever the status is not SUCCESS; errno itself is left alone.
 *
 * It is loaded into every process of the host, so it
 *   - links libc alone, and opens nothing but the index, the registry, vsd.conf
 *     and one server's account files, each without following links or waiting;
 *   - keeps no descriptor (a daemon closes them all, or passes them on), installs
 *     no handler, reads no environment, logs nothing, never aborts;
 *   - takes no lock that another process holds, and its own in-process locks are
 *     free in a forked child (state.c);
 *   - asks NSS nothing itself.
 *
 * Lookups never touch enumeration state.  A bad line is skipped, the rest served.
 *
 * Parts: state (locks, fork, the root), server (index), file (reading), users and
 * groups (what a file says), cache (what was read), who and bare (whose name),
 * passwd, group, shadow, gshadow, initgroups (one file a database), walk. */
#include "pack.h"

#include "cache.h"
#include "state.h"
#include "walk.h"

enum nss_status nss_status(int r, int saved_errno, int *errnop)
{
	errno = saved_errno;
	if (r == 0)
		return NSS_STATUS_SUCCESS;
	if (errnop)
		*errnop = -r;
	if (r == -ENOENT)
		return NSS_STATUS_NOTFOUND;
	return r == -ERANGE ? NSS_STATUS_TRYAGAIN : NSS_STATUS_UNAVAIL;
}

/* dlclose, or exit.  At exit other threads may be in a lookup, and a signal
 * handler may have called exit() inside one: wait for nobody, and leave what is
 * in use to its holders. */
__attribute__((destructor)) static void unload(void)
{
	bool torn;

	for (int g = GUARD_PASSWD; g <= GUARD_GSHADOW; g++)
		if (nss_guard_try((enum nss_guard)g, &torn)) {
			nss_walk_forget((enum nss_guard)g, torn);
			nss_guard_leave((enum nss_guard)g);
		}
	if (!nss_guard_try(GUARD_CACHE, &torn))
		return;
	if (torn) {
		nss_cache_abandon();
	} else {
		nss_cache_empty();
		nss_server_forget();
	}
	nss_guard_leave(GUARD_CACHE);
}
