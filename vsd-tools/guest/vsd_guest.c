/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one setuid program of a server: what its admin and users need root for.
 *
 * Starting state: euid 0 by the setuid bit, everything else the caller's.  The verb
 * is the first argument or, by a link, argv[0]: a word like any other, which gives
 * no power that the first argument would not.  Nothing of the caller is trusted:
 * caller.c puts it away first, and all descriptors but 0 to 2 are closed, unless
 * they are for a command that runs for admin. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "guest.h"
#include "scope.h"
#include "tool.h"

/* Where vsboot mounts it with isolation=chroot (world.c). */
#define SET_ID_SELF "/run/vsd/lib/vsd-guest"

static const char usage[] =
	"Usage: vsd-guest VERB [ARG]...\n"
	"Do what the people of a virtual server need root for.\n"
	"\n"
	"  simroot COMMAND [ARG]...\n"
	"              run it with power over the files of all users of the server;\n"
	"              `sudo COMMAND` is the same\n"
	"  su [-l] [-s SHELL] [-c COMMAND] [USER]\n"
	"              a shell of that kind, or as a user of the server\n"
	"  useradd userdel usermod groupadd groupdel gpasswd passwd chpasswd chsh chfn\n"
	"              users, as the commands of these names do it; VERB --help says more\n"
	"  listrights [USER], setrights USER +RIGHT -RIGHT... [--now]\n"
	"              what users may do; --now ends the sessions of who loses a right\n"
	"  crontab [-u USER] -l | -e | -r | FILE | -\n"
	"              what the host's cron runs in the server\n"
	"  kill [-SIGNAL] PID...\n"
	"              signal any process of the server's users\n"
	"  rebootvs [SERVICE]\n"
	"              start all services anew, or one\n"
	"  mailstore   become dovecot, with the power to act as each user of the server\n"
	"  -h, --help  show this text\n"
	"  --version   show the version\n";

#define WRAPPED(name) { name, verb_wrapped, false, true, false }
#define HABIT(name) { name, verb_habit, false, true, true }
static const struct verb verbs[] = {
	{ "chfn", verb_chfn, true, false, false },
	{ "chpasswd", verb_chpasswd, false, false, false },
	{ "chsh", verb_chsh, true, false, false },
	{ "crontab", verb_crontab, true, false, false },
	{ "gpasswd", verb_gpasswd, false, false, false },
	{ "groupadd", verb_groupadd, false, false, false },
	{ "groupdel", verb_groupdel, false, false, false },
	{ "kill", verb_kill, false, false, false },
	{ "listrights", verb_listrights, true, false, false },
	{ "mailstore", verb_mailstore, false, false, false },
	{ "passwd", verb_passwd, true, false, false },
	{ "reboot", verb_rebootvs, false, false, true },
	{ "rebootvs", verb_rebootvs, false, false, true },
	{ "setrights", verb_setrights, false, false, false },
	{ "simroot", verb_simroot, false, true, false },
	{ "su", verb_su, false, true, false },
	{ "sudo", verb_sudo, false, true, false },
	{ "useradd", verb_useradd, false, false, false },
	{ "userdel", verb_userdel, false, false, false },
	{ "usermod", verb_usermod, false, false, false },
	WRAPPED("cat"), WRAPPED("chgrp"), WRAPPED("chmod"), WRAPPED("chown"), WRAPPED("cp"),
	WRAPPED("du"), WRAPPED("find"), WRAPPED("ln"), WRAPPED("ls"), WRAPPED("mkdir"),
	WRAPPED("mv"), WRAPPED("rm"), WRAPPED("rmdir"), WRAPPED("tar"), WRAPPED("touch"),
	HABIT("addgroup"), HABIT("adduser"), HABIT("apt"), HABIT("apt-get"), HABIT("chage"),
	HABIT("delgroup"), HABIT("deluser"), HABIT("dnf"), HABIT("groupmod"), HABIT("halt"),
	HABIT("hostname"), HABIT("hostnamectl"), HABIT("journalctl"), HABIT("mount"),
	HABIT("newgrp"), HABIT("newusers"), HABIT("poweroff"), HABIT("runuser"),
	HABIT("service"), HABIT("sg"), HABIT("shutdown"), HABIT("systemctl"), HABIT("umount"),
	HABIT("vigr"), HABIT("vipw"), HABIT("visudo"), HABIT("yum"),
};

const struct verb *verb_find(const char *name)
{
	static const char *const folder[] = { "/usr/lib/vsd/admin/", "/usr/sbin/", "/usr/bin/",
					      "/sbin/", "/bin/" };

	for (size_t i = 0; i < sizeof(folder) / sizeof(*folder); i++)
		if (strncmp(name, folder[i], strlen(folder[i])) == 0) {
			name += strlen(folder[i]);
			break;
		}
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

/* By a link the verb is argv[0], else it is argv[1]: *argv then begins with it. */
static const struct verb *find(int *argc, char ***argv)
{
	const char *base = *argc > 0 ? strrchr((*argv)[0], '/') : NULL;
	const struct verb *v = *argc > 0 ? verb_find(base ? base + 1 : (*argv)[0]) : NULL;

	if (v || *argc < 2)
		return v;
	--*argc;
	++*argv;
	return verb_find((*argv)[0]);
}

/* What it is called in messages: what people type, and can ask for help. */
static const char *name_of(const struct verb *v)
{
	if (!v || v->run == verb_mailstore) /* which nobody types */
		return "vsd-guest";
	return v->run == verb_wrapped ? "simroot" : v->name;
}

/* isolation=chroot: the same program once more, from where its bit counts.  Does not
 * return but where that is no way to more power: it is this very program already, or
 * the server was started by a vsboot that did not mount it. */
static void run_set_id(const struct guest *g, char **words)
{
	const char *self = (const char *)getauxval(AT_EXECFN);

	if (g->in.own_pids || (self && strcmp(self, SET_ID_SELF) == 0) ||
	    caller_give_back(&g->caller) < 0)
		return;
	(void)execve(SET_ID_SELF, words, environ);
}

static int run(struct guest *g, const struct verb *v, int setuid_failed, int argc, char **argv)
{
	int r;

	if (setuid_failed < 0 && v->simroots && simroot_is_now())
		return v->run(g, argc, argv);
	if (setuid_failed < 0 && setuid_failed != -EPERM)
		return tool_errno("run", v->name, setuid_failed);
	if (setuid_failed < 0 && simroot_is_now())
		return tool_error("run", v->name,
				  "not from within simulated root: leave that shell first");
	r = vsd_inside_check_uid(g->caller.uid, &g->in);
	if (r == -EPERM)
		return tool_error("run", v->name, "not inside a virtual server of yours");
	if (r < 0)
		return tool_errno("look which server this is, for", v->name, r);
	if (setuid_failed < 0 && !v->powerless) {
		run_set_id(g, g->words);
		return tool_error("run", v->name, "vsd-guest is not setuid here: "
				  "vsboot --restart on the host mounts it so (or a tracer is attached)");
	}
	if (!guest_is_admin(g) && !v->everybody)
		return tool_error("run", v->name, "only admin may");
	return v->run(g, argc, argv);
}

int main(int argc, char **argv)
{
	struct guest g = { .caller = { .uid = 0 }, .words = argv };
	const struct verb *v;
	sigset_t none;

	/* First of all: a process of the caller's uid could stop or trace it. */
	int r = caller_take(&g.caller);

	v = find(&argc, &argv);
	if (!(v && v->simroots) && close_range(STDERR_FILENO + 1, ~0u, 0) < 0 && r == 0)
		r = -errno;
	tool_init(name_of(v));
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL); /* a valid set: it cannot fail */
	if (!v && argc > 0 && (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0)) {
		(void)fputs(usage, stdout);
		return TOOL_OK;
	}
	if (!v && tool_version("vsd-guest", argc + 1, g.words)) /* find() took one away */
		return TOOL_OK;
	if (!v)
		return tool_misuse("no verb, or an unknown one");
	return run(&g, v, r, argc, argv);
}
