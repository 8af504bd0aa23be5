#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""scale, in a lab: scale.py SERVERS RUNNING; it ends within twenty minutes.

Many servers registered, a tenth of them made and running: how long it takes to make, start,
find, check and stop them, and whether logins into some come to their own server. Those that
run hold a shell and what it needs, the others a record and their accounts: trees are memory
here."""
import os
import pwd
import random
import re
import sys
import time

import servers as lab
import tally
import watch
import work

BOUND = 1200  # seconds of all
LOGINS = 20
LOOKUPS = 2000
# None of these is needed to log in and to look around.
ACCOUNTS = "passwd", "group", "shadow", "vsd/priv"
LEFT_OUT = """/etc/runit /etc/ssl /etc/sv /usr/lib/*/gconv /usr/lib/*/perl* /usr/lib/python3*
/usr/lib/terminfo /usr/sbin /usr/share /var/lib/dpkg""".split()


class Figures:
    """One line for each thing that is done."""

    def __init__(self, count):
        self.tally = count
        print(f"{'':44} {'seconds':>8} {'each ms':>9}", flush=True)

    def of(self, what, number, work_of):
        start = time.monotonic()
        try:
            got = work_of()
        except Exception as e:  # any of them is a failure of the run
            self.tally.fail(f"{what}: {e!r}")
            return None
        took = time.monotonic() - start
        print(f"{what + f' ({number})':44} {took:8.2f} {took / number * 1000:9.3f}", flush=True)
        return got


def small_skeleton():
    with open("/etc/freevsd.conf", encoding="ascii") as f:
        conf = f.read()
    with open("/etc/freevsd.conf", "w", encoding="ascii") as f:
        f.write("".join(f"exclude {p}\n" for p in LEFT_OUT) + conf)
    lab.run("vsboot", "--stop")
    lab.run("vsd-refreshskel")
    lab.run("mount", "-o", "remount,nr_inodes=0,size=80%", "/home/vsd")
    return sum(len(d) + len(f) for _, d, f in os.walk("/home/vsd/skel"))


def is_that(name, uid, server):
    if name != f"alice@{server.name}" or uid != server.first + 1:
        raise RuntimeError(f"{server.name}: {name} has uid {uid}")


def by_name(servers):
    for s in random.choices(servers, k=LOOKUPS):
        is_that(f"alice@{s.name}", pwd.getpwnam(f"alice@{s.name}").pw_uid, s)


def by_uid(servers):
    for s in random.choices(servers, k=LOOKUPS):
        is_that(pwd.getpwuid(s.first + 1).pw_name, s.first + 1, s)


def nobody(servers):
    """Ids that no server has."""
    past = servers[-1].first + lab.COUNT
    for uid in range(past, past + LOOKUPS):
        try:
            raise RuntimeError(f"uid {uid} is {pwd.getpwuid(uid).pw_name}")
        except KeyError:
            pass


def all_entries(servers):
    """Each has an admin, and some have alice."""
    found = sum(1 for line in lab.run("getent", "passwd", timeout=300).splitlines()
                if "@" in line.split(":")[0])
    if found < len(servers):
        raise RuntimeError(f"{found} entries of {len(servers)} servers")


def listed(servers):
    names = lab.run("vsdadm", "vs_list", "localhost").split()
    missing = [s.name for s in servers if s.name not in names]
    if missing:
        raise RuntimeError(f"not listed: {missing}")


def shifted(path, s):
    """A file of vs1's with the other's ids."""
    with open(path, encoding="ascii") as f:
        return re.sub(r"\b2000([01]\d\d)\b", lambda m: str(s.first + int(m[1])), f.read())


def like_vs1(path, s):
    """A folder with the other's owner."""
    seen = os.stat(f"{lab.VS}/vs1/{path}")
    owner = s.first if seen.st_uid else 0
    os.makedirs(f"{s.root}/{path}")
    os.chown(f"{s.root}/{path}", owner, owner)
    os.chmod(f"{s.root}/{path}", seen.st_mode & 0o7777)


def register(servers):
    """As the tools would have left them: vs1's record, folders and accounts, with ids of
    their own. The index, and what is given, is repaired after that."""
    folders = [d.name for d in os.scandir(f"{lab.VS}/vs1") if d.is_dir(follow_symlinks=False)]
    for s in servers:
        for path in folders + ["var/log", "etc/vsd"]:
            like_vs1(path, s)
        for name in ACCOUNTS:
            lab.write(f"{s.root}/etc/{name}", shifted(f"{lab.VS}/vs1/etc/{name}", s),
                      mode=0o640 if name == "shadow" else 0o644)
        text = shifted("/etc/vsd/servers/vs1", s).replace("vs1", s.name)
        for key, value in ("id", s.n), ("address", s.address), ("quota_mb", 0):
            text = re.sub(f"(?m)^{key} = .*", f"{key} = {value}", text)
        lab.write(f"/etc/vsd/servers/{s.name}", text)
    with open("/var/lib/vsd/given", "w", encoding="ascii") as f:
        f.write(f"id = {servers[-1].n}\nuid_end = {servers[-1].first + lab.COUNT}\n")
    try:
        lab.run("vsdadm", "check", "localhost", "--repair", timeout=300)
    except RuntimeError:
        pass  # it tells of what it repairs; that nothing is left is checked at the end


def make(figures, count, running):
    """Those that run, the others, and one more beside them all."""
    servers = [lab.Server(n) for n in range(1, count + 2)]
    made, others, last = servers[:running], servers[running:count], servers[count]
    figures.of("vs_create", running, lambda: [s.create() for s in made])
    figures.of("vsd-vsbatch", running - 1, lambda: lab.run("vsd-vsbatch", timeout=BOUND))
    figures.of("records and vsdadm check --repair", len(others), lambda: register(others))
    figures.of(f"vs_create, beside {count}", 1, last.create)
    figures.of(f"vsd-vsbatch, beside {count}", 1, lambda: lab.run("vsd-vsbatch"))
    return servers, made


def use(figures, servers, running):
    some = random.sample(running, min(LOGINS, len(running)))
    figures.of("user_add, user_passwd", len(some), lambda: [s.first_user() for s in some])
    figures.of("vsboot --start", len(running),
               lambda: lab.run("vsboot", "--start", *[s.name for s in running], timeout=300))
    figures.of("getpwnam", LOOKUPS, lambda: by_name(some))
    figures.of("getpwuid", LOOKUPS, lambda: by_uid(some))
    figures.of("getpwuid of no server's", LOOKUPS, lambda: nobody(servers))
    figures.of("getent passwd", len(servers), lambda: all_entries(servers))
    figures.of("vs_list", len(servers), lambda: listed(servers))
    figures.of("vsdadm check", len(servers),
               lambda: lab.run("vsdadm", "check", "localhost", timeout=300))
    for kind, login in ("ssh, a key", work.ssh_key), ("ssh, a password", work.ssh_password):
        figures.of(kind, len(some), lambda k=kind, how=login: [
            figures.tally.attempt(k, s, lambda s=s: how(s)) for s in some])


def stop(figures, servers, running):
    figures.of("vsboot --stop", len(running), lambda: lab.run("vsboot", "--stop", timeout=300))
    figures.of("vsboot --stop, where none runs", len(servers),
               lambda: lab.run("vsboot", "--stop", timeout=300))
    left = [(pid, uid) for pid, uid in lab.processes()
            if servers[0].first <= uid < servers[-1].first + lab.COUNT]
    if left:
        figures.tally.fail(f"stopped, and there are processes {left}")


def main():
    count, running = int(sys.argv[1]), int(sys.argv[2])
    watch.over_after(BOUND)
    work.make_askpass()
    entries = small_skeleton()
    print(f"# {count} servers of {entries} files and folders, {running} to run", flush=True)
    figures = Figures(tally.Tally())
    servers, running = make(figures, count, running)
    use(figures, servers, running)
    stop(figures, servers, running)
    failed = len(figures.tally.failed)
    print(f"{failed} failures" if failed else "each login came to its own server")
    sys.exit(failed > 0)


main()
