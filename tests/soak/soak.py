#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""soak, in a lab: soak.py SERVERS SECONDS [WRONG]; it ends within ten minutes.

Many servers with 200 users each, and all at once: logins by ssh and by ftp, web
requests, users that come and go, refreshes of the skeleton, restarts. Each login must
come to its own server, by a token there and by its uid, and none may be lost; while its
server restarts it may be refused. The server WRONG gets another's token: this must fail."""
import random
import sys
import threading
import time

import servers as lab
import tally
import watch
import work

BOUND = 600  # seconds of all
LOGIN_WORKERS = (("ssh, a key", work.ssh_key, 3), ("ssh, a password", work.ssh_password, 1),
                 ("ftp", work.ftp, 2))
KINDS = [kind for kind, _, _ in LOGIN_WORKERS] + [
    "web", "user_add", "user_passwd", "ftp, a new user", "user_del", "ftp, a deleted user",
    "vsd-refreshskel", "stop", "start"]


def start(soak, webs):
    jobs = [(soak.logins, (kind, how, soak.servers)) for kind, how, n in LOGIN_WORKERS
            for _ in range(n)]
    jobs += [(soak.logins, ("web", paced, webs)), (soak.people, ()), (soak.refresh, ()),
             (soak.restart, ())]

    def guarded(job, args):
        try:
            job(*args)
        except Exception as e:  # or its thread would end in silence
            soak.tally.fail(f"{job.__name__} has died of {e!r}")

    threads = [threading.Thread(target=guarded, args=j, name=j[0].__name__, daemon=True)
               for j in jobs]
    for t in threads:
        t.start()
    return threads


def paced(server):
    """A web request costs next to nothing: the others want the processors, too."""
    time.sleep(0.05)
    return work.web(server)


def join(threads, soak):
    """A worker may end the login that it is at."""
    end = soak.deadline + lab.TIMEOUT + 10
    for t in threads:
        t.join(max(0, end - time.monotonic()))
        if t.is_alive():
            soak.tally.fail(f"a worker is stuck: {t.name}")


def sessions_left(soak):
    """Of the users of running servers; their admins have httpds."""
    end = time.monotonic() + 20
    left = True
    while left and time.monotonic() < end:
        left = [(pid, uid) for pid, uid in lab.processes() for s in soak.servers
                if s.holds(uid) and uid != s.first]
        time.sleep(0.5)
    for pid, uid in left:
        soak.tally.fail(f"a session is left: process {pid} of {uid}")


def afterwards(soak):
    some = random.sample(soak.servers, min(8, len(soak.servers)))
    for s in some:
        soak.tool("vs_verify", "vsdadm", "vs_verify", "localhost", s.name)
    soak.tool("check", "vsdadm", "check", "localhost")
    for s in some:
        soak.stop(s)


def wrong_token(servers, names):
    for name in names:
        s = next(s for s in servers if s.name == name)
        lab.write(s.root + lab.TOKEN, servers[s.n % len(servers)].token, s.first)


def count_events(soak):
    soak.tally.want(KINDS)
    if soak.refreshes == 0 or soak.restarts == 0 or soak.users == 0:
        soak.tally.fail("a refresh, a restart or a user is missing")


def main():
    count, seconds, wrong = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    begin = time.monotonic()
    for name in set(wrong) - {f"vs{n}" for n in range(1, count + 1)}:
        sys.exit(f"soak.py: {name}: no server of the soak")
    watch.over_after(BOUND)
    work.make_askpass()
    servers = lab.make(count)
    wrong_token(servers, wrong)
    webs = [s for s in servers if s.web]
    soak = work.Soak(servers, tally.Tally(), seconds)
    for s in webs:
        if not work.wait_for_page(s):
            soak.tally.fail(f"{s.name}: its httpd does not come up")
    users = sum(len(s.users) for s in servers)
    print(f"# {count} servers, {users} users, {len(webs)} httpds up after "
          f"{time.monotonic() - begin:.0f} s; {seconds} s of load", flush=True)
    soak.deadline = time.monotonic() + seconds
    load = time.monotonic()
    join(start(soak, webs), soak)
    took = time.monotonic() - load
    sessions_left(soak)
    count_events(soak)
    afterwards(soak)
    soak.tally.report(took)
    print(f"\n{soak.users} users came and went, {soak.refreshes} refreshes of {count} servers, "
          f"{soak.restarts} restarts, {time.monotonic() - begin:.0f} s in all")
    failed = len(soak.tally.failed)
    print(f"{failed} failures" if failed else "no login lost, none in another's server")
    sys.exit(failed > 0)


main()
