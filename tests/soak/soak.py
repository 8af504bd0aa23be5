#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""soak, in a lab: soak.py SERVERS SECONDS [WRONG]

Many servers with 200 users each, and all at once: logins by ssh and by ftp, web
requests, users that come and go, refreshes of the skeleton, restarts. Each login must
come to its own server, by a token there and by its uid, and none may be lost; while its
server restarts it may be refused. The server WRONG gets another's token: this must fail."""
import os
import random
import sys
import threading
import time

import servers as lab
import tally
import work

STUCK = 150  # seconds that a worker may take to end
LOGIN_WORKERS = ("ssh", work.ssh, 4), ("ftp", work.ftp, 2)


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
    end = soak.deadline + STUCK
    for t in threads:
        t.join(max(0, end - time.monotonic()))
        if t.is_alive():
            soak.tally.fail(f"a worker is stuck: {t.name}")


def sessions_left(soak):
    """Of the users of running servers; their admins have httpds."""
    end = time.monotonic() + 20
    left = ["?"]
    while left and time.monotonic() < end:
        left = [f"{s.name}: {p}" for s in soak.servers for p in [sessions(s)] if p]
        time.sleep(0.5)
    for what in left:
        soak.tally.fail(f"sessions are left in {what}")


def sessions(server):
    found = []
    for pid in server.processes():
        try:
            if os.stat(f"/proc/{pid}").st_uid != server.first:
                found.append(pid)
        except FileNotFoundError:
            pass
    return found


def afterwards(soak):
    some = random.sample(soak.servers, min(8, len(soak.servers)))
    for s in some:
        soak.tool("vs_verify", "vsdadm", "vs_verify", "localhost", s.name)
    for s in some:
        soak.tool("stop", "vsboot", "--stop", s.name)
        left = s.processes()
        if left:
            soak.tally.fail(f"{s.name} is stopped, and has processes {left}")


def main():
    count, seconds = int(sys.argv[1]), int(sys.argv[2])
    begin = time.monotonic()
    servers = lab.make(count)
    for s in servers:
        if s.name in sys.argv[3:]:
            other = servers[s.n % len(servers)]
            lab.write(s.root + lab.TOKEN, other.token, s.first)
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
    afterwards(soak)
    soak.tally.report(took)
    print(f"\n{soak.users} users came and went, {soak.refreshes} refreshes of {count} servers, "
          f"{soak.restarts} restarts, {time.monotonic() - begin:.0f} s in all")
    failed = len(soak.tally.failed)
    print(f"{failed} failures" if failed else "no login lost, none in another's server")
    sys.exit(failed > 0)


main()
