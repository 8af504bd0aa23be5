/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_PATHS_H
#define VSD_PATHS_H

/* Where things lie on the host.  Variables, not macros: a test links another
 * paths.c (tests/unit/paths_test.c) and thereby gets its own private tree.
 * Nothing in the environment changes them. */
extern const char vsd_path_conf[];     /* /etc/vsd.conf */
extern const char vsd_path_servers[];  /* /etc/vsd/servers, root 0755 */
extern const char vsd_path_exec[];     /* /etc/vsd/exec-groups, root 0644 */
extern const char vsd_path_state[];    /* /var/lib/vsd, root 0755 */
extern const char vsd_path_index[];    /* /var/lib/vsd/index, root 0644 */
extern const char vsd_path_lock[];     /* /var/lib/vsd/lock, root 0700 */
extern const char vsd_path_run[];      /* /run/vsd, root 0755; NAME/ below is 0700 */
extern const char vsd_path_host_etc[]; /* /etc: the host's own passwd, group, subuid, subgid */
extern const char vsd_path_spool[];    /* /var/spool/vsd, root 0700 */
extern const char vsd_path_cron[];     /* /var/spool/cron, the host's cron's, root */

/* The same text on the host and inside a server. */
#define VSD_GUARD_SHELL "/usr/lib/vsd/vsd-shell"
#define VSD_MARKER "run/vsd/self" /* beneath the server's root */

#endif
