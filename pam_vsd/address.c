/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "internal.h"

#include <errno.h>
#include <string.h>

#include "conn.h"

/* The third word of sshd's own SSH_CONNECTION.  sshd sets it in the PAM
 * environment before the client may say anything there. */
static int from_ssh_connection(pam_handle_t *pamh, struct vsd_addr *out)
{
	const char *p = pam_getenv(pamh, "SSH_CONNECTION");

	if (strcmp(pv_service_name(pamh), "sshd") != 0)
		return -EMLINK;
	for (int i = 0; p && i < 2; i++) {
		p = strchr(p, ' ');
		p = p ? p + 1 : NULL;
	}
	if (!p)
		return -EMLINK;
	return vsd_addr_parse(p, strcspn(p, " "), out);
}

/* login(1), which has the terminal and whose parent has the socket.  With -h, as
 * telnetd starts it, util-linux's calls itself "remote". */
static bool is_login(const char *service)
{
	return strcmp(service, "login") == 0 || strcmp(service, "remote") == 0;
}

/* The socket is the truth.  Only a process with connections of its own beside the
 * client's (a directory's, say) needs the second source. */
static int local_address(pam_handle_t *pamh, struct vsd_addr *out)
{
	int r = vsd_conn_local_address(out);

	if (r == -ENOTCONN && is_login(pv_service_name(pamh)))
		r = vsd_conn_parent_address(out);
	if (r == -EMLINK)
		r = from_ssh_connection(pamh, out);
	return r;
}

int pv_address_server(pam_handle_t *pamh, struct vsd_server *out)
{
	struct vsd_addr a;
	int r = local_address(pamh, &a);

	if (r == -ENOTCONN)
		return 0;
	if (r == 0)
		r = vsd_registry_find_addr(&a, out);
	if (r == -ENOENT)
		return 0;
	return r < 0 ? r : 1;
}
