/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "internal.h"

#include <limits.h>
#include <security/pam_ext.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "conn.h"

/* pure-ftpd calls the host it runs on the one that asks: then the socket is asked. */
static bool is_this_host(const char *rhost)
{
	char name[HOST_NAME_MAX + 1];

	return gethostname(name, sizeof(name)) == 0 && strcmp(rhost, name) == 0;
}

/* Where the client sits, printable: reverse DNS is the client's to choose, and a
 * newline in it would forge a line of the log. */
static void from_where(pam_handle_t *pamh, char *out, size_t size)
{
	static const char mapped[] = "::ffff:"; /* as a daemon that listens on IPv6 says IPv4 */
	char asked[VSD_ADDR_TEXT_MAX];
	const void *item = NULL;
	struct vsd_addr peer;
	const char *from = "here";
	bool named;
	size_t n = 0;

	named = pam_get_item(pamh, PAM_RHOST, &item) == PAM_SUCCESS && item && *(const char *)item;
	if (named)
		from = item;
	if (named && is_this_host(from) && vsd_conn_peer_address(&peer) == 0) {
		vsd_addr_format(&peer, asked);
		from = asked;
	}
	if (strncmp(from, mapped, strlen(mapped)) == 0 && strchr(from, '.'))
		from += strlen(mapped);
	for (const char *p = from; *p && n + 1 < size; p++)
		out[n++] = (char)(*p > 0x20 && *p < 0x7f && *p != '"' ? *p : '?');
	out[n] = '\0';
}

const char *pv_service_name(pam_handle_t *pamh)
{
	const void *item = NULL;

	if (pam_get_item(pamh, PAM_SERVICE, &item) != PAM_SUCCESS || !item)
		return "";
	return item;
}

__attribute__((format(printf, 5, 0)))
static void report(pam_handle_t *pamh, int level, const struct pv_member *m, const char *what,
		   const char *fmt, va_list ap)
{
	char why[512], from[128];

	if (vsnprintf(why, sizeof(why), fmt, ap) < 0)
		why[0] = '\0';
	for (char *p = why; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	from_where(pamh, from, sizeof(from));
	pam_syslog(pamh, level, "%s user=%s vs=%s service=%s from=%s: %s", what,
		   m && m->user[0] ? m->user : "-", m && m->server.name[0] ? m->server.name : "-",
		   pv_service_name(pamh), from, why);
}

void pv_refused(pam_handle_t *pamh, const struct pv_member *m, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(pamh, LOG_NOTICE, m, "refused", fmt, ap);
	va_end(ap);
}

void pv_broken(pam_handle_t *pamh, const struct pv_member *m, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(pamh, LOG_ERR, m, "refused", fmt, ap);
	va_end(ap);
}

void pv_note(pam_handle_t *pamh, const struct pv_member *m, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(pamh, LOG_INFO, m, "note", fmt, ap);
	va_end(ap);
}

void pv_debug(pam_handle_t *pamh, const struct pv_options *o, const struct pv_member *m,
	      const char *fmt, ...)
{
	va_list ap;

	if (!o->debug)
		return;
	va_start(ap, fmt);
	report(pamh, LOG_DEBUG, m, "debug", fmt, ap);
	va_end(ap);
}
