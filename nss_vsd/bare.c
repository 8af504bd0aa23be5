/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bare names.  `alice` means alice of a server in one place only: a stock login
 * service, as root, with a client on that server's address.  Anywhere else a
 * tenant's user would take the place of whatever name a host program asks for.
 *
 * None of the evidence is the client's or the tenant's to forge: AT_SECURE and
 * /proc/self/exe are the kernel's, vsd.conf is root's, and the address is that of
 * a connected socket.  No environment variable is looked at (login -p keeps the
 * client's). */
#include <stdatomic.h>
#include <string.h>
#include <sys/auxv.h>

#include "conf.h"
#include "conn.h"
#include "state.h"
#include "who.h"

enum program { PROGRAM_UNKNOWN, PROGRAM_OTHER, PROGRAM_SERVICE, PROGRAM_LOGIN };

/* Of the process; a forked child runs the same program. */
static _Atomic int program;

/* The server that bare names meant last; asked of after a root change, when
 * neither the index nor (in another pid namespace) a parent's socket is there. */
static struct {
	bool known;
	struct nss_server server;
} last; /* GUARD_HOME */

/* proftpd asks with another effective uid, its saved one being root's. */
static bool is_root(void)
{
	uid_t real, effective, saved;

	return getresuid(&real, &effective, &saved) == 0 &&
	       (real == 0 || effective == 0 || saved == 0);
}

static bool is_listed(const struct vsd_conf *c, const char *exe)
{
	for (unsigned i = 0; i < c->nservice; i++)
		for (unsigned k = 0; k < c->service[i].nprogram; k++)
			if (!strcmp(c->service[i].program[k], exe))
				return true;
	return false;
}

/* What is the program?  Only a certain answer is kept.
 * Errors: why it cannot be known */
static int program_learn(enum program *out)
{
	char exe[VSD_PATH_MAX], why[VSD_WHY_MAX];
	struct vsd_conf *conf;
	const char *slash;
	ssize_t n;
	int r;

	*out = PROGRAM_OTHER;
	if (getauxval(AT_SECURE))
		return 0;
	n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	if (n < 0)
		return -errno;
	if ((size_t)n == sizeof(exe) - 1)
		return 0;
	exe[n] = '\0';
	r = vsd_conf_load(&conf, why);
	if (r < 0)
		return r;
	slash = strrchr(exe, '/');
	if (is_listed(conf, exe))
		*out = slash && !strcmp(slash, "/login") ? PROGRAM_LOGIN : PROGRAM_SERVICE;
	vsd_conf_free(conf);
	return 0;
}

/* Errors: why a program that may be a service cannot be known as one */
static int program_get(enum program *out)
{
	int known = atomic_load_explicit(&program, memory_order_relaxed), r;

	if (known != PROGRAM_UNKNOWN) {
		*out = (enum program)known;
		return 0;
	}
	/* A process that is root in no way stays so, or becomes another program. */
	if (!is_root()) {
		*out = PROGRAM_OTHER;
		atomic_store_explicit(&program, *out, memory_order_relaxed);
		return 0;
	}
	r = program_learn(out);
	if (r < 0) {
		*out = PROGRAM_UNKNOWN;
		return r;
	}
	atomic_store_explicit(&program, *out, memory_order_relaxed);
	return 0;
}

bool nss_is_service(void)
{
	enum program p;

	return program_get(&p) < 0 || p != PROGRAM_OTHER;
}

static int remembered(struct nss_server *out)
{
	bool known;

	(void)nss_guard_enter(GUARD_HOME);
	known = last.known;
	if (known)
		*out = last.server;
	nss_guard_leave(GUARD_HOME);
	return known ? 0 : -ENOENT;
}

static void remember(const struct nss_server *s)
{
	(void)nss_guard_enter(GUARD_HOME);
	last.known = false; /* until whole: a fork may cut this short */
	atomic_signal_fence(memory_order_seq_cst);
	last.server = *s;
	atomic_signal_fence(memory_order_seq_cst);
	last.known = true;
	nss_guard_leave(GUARD_HOME);
}

int nss_bare_server(struct nss_server *out)
{
	enum program p;
	struct vsd_addr addr;
	int unsure = program_get(&p), r;

	if (!unsure && p == PROGRAM_OTHER)
		return -ENOENT;
	if (!is_root())
		return -ENOENT;
	if (nss_root_changed())
		return remembered(out);
	r = p == PROGRAM_LOGIN ? vsd_conn_parent_address(&addr) : vsd_conn_local_address(&addr);
	if (r < 0)
		return -ENOENT;
	r = nss_server_by_addr(&addr, out);
	if (r < 0)
		return r;
	/* A client is on a server's address, and a broken vsd.conf leaves open
	 * whether this program serves it: "no such user" would be a lie. */
	if (unsure)
		return unsure == -ENOENT ? -EIO : unsure;
	remember(out);
	return 0;
}
