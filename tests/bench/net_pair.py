# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the fence, or vsredirect's table, costs an httpd: one behind it and one without it,
at the same time.  The httpd is apache2 as skel/ ships it, and nginx, whose requests are cheaper
and which changes the sockets' options with each answer.

Both run on processor 0 and share it as the scheduler gives it, in slices of milliseconds;
their loads share processor 1.  So what else a machine does in a window of time meets both,
and the ratio of their answers in it is the ratio of what a request costs.  Beside that,
what a request costs in processor time, httpd and load together: that does not depend on how
fair the scheduler was.

Each runs on a host of its own (a network namespace), since a part of the fence, its
sk_lookup, belongs to all sockets of a host; which of them has the fence changes from session
to session.  Two controls say what such a ratio is worth: no fence on either, which should
show 1, and some rules of nftables that do nothing on one, which should not."""
import random
import statistics
import subprocess
import time
from contextlib import ExitStack

import net_host
import result
from net_host import BENCH, FENCED, PORT, TOP, run

LOAD = f"{TOP}/build/tests/bench/net_load"
WINDOWS, WINDOW_MS, WARM_MS = 4, 500, 300
LOADS = {
    "keep-alive": ("small", "16", "keep"),
    "new connections": ("small", "16", "close"),
    "bulk": ("bulk", "4", "keep"),
}
FIGURES = "", ", processor time", ", p99"
GOALS = {"fence": (">= 0.98", "-", "<= 1.05"), "vsredirect": (">= 0.95", "-", "-")}
RULES = "table ip idle {{ chain input {{ type filter hook input priority 0; {0} }}; " \
    "chain output {{ type filter hook output priority 0; {1} }}; }}"


class Host:
    """Beside the lab's own, as far from the client as the others."""

    def __init__(self, number):
        self.name, self.address = f"bench{number}", f"10.78.0.{number}"
        self.inside = ("nsenter", f"--net=/run/netns/{self.name}", "--")
        self.cgroup, self.load = f"{BENCH}/{self.name}", f"{BENCH}/load{number}"
        net = f"10.89.{number}"
        run("ip", "netns", "add", self.name)
        run("ip", "link", "add", "veth0", "netns", self.name, "type", "veth",
            "peer", "name", self.name, "netns", "client")
        run("ip", "-n", "client", "addr", "add", f"{net}.2/24", "dev", self.name)
        run("ip", "-n", "client", "link", "set", self.name, "up")
        for command in ("link set lo up", f"addr add {net}.1/24 dev veth0", "link set veth0 up",
                        "link add vsd0 type bridge", "link set vsd0 up",
                        f"addr add {self.address}/32 dev vsd0"):
            run("ip", "-n", self.name, *command.split())
        run("ip", "-n", "client", "route", "add", f"{self.address}/32", "via", f"{net}.1")


class Idle:
    """Rules that every packet of a host's is held against, and that do nothing."""

    def __init__(self, inside):
        self.nft = (*inside, "nft")

    def __enter__(self):
        rules = ["".join(f"ip {end} 192.0.2.{i} drop; " for i in range(20)) for end in ("saddr", "daddr")]
        run(*self.nft, RULES.format(*rules))
        return self

    def __exit__(self, *_):
        run(*self.nft, "delete", "table", "ip", "idle")


class Redirect:
    """vsredirect's table, of this host's address and as many servers'."""

    def __init__(self, host, servers):
        self.host, self.text = host, net_host.redirects(servers - 1, host.address)

    def __enter__(self):
        run(*self.host.inside, "nft", "-f", "-", input=self.text)
        net_host.forget_soon(self.host.inside)
        return self

    def __exit__(self, *_):
        run(*self.host.inside, "nft", "flush", "ruleset")


def in_any_order(*what):
    return random.sample(what, len(what))


def load_both(load, sides):
    """For each window what either side did: (answers, answers a second of processor time, p99)."""
    before = [net_host.processor_seconds(cgroup, host.load) for host, cgroup, _ in sides]
    start = time.monotonic_ns() + WARM_MS * 1000000
    path, connections, how = LOADS[load]
    out = []
    with ExitStack() as stack:
        loads = {host.load: stack.enter_context(net_host.Process(
            host.load, "lab-client", "taskset", "-c", "1", LOAD, host.address, str(port), path, connections,
            how, str(start), str(WINDOW_MS), str(WINDOWS), stdout=subprocess.PIPE))
            for host, _, port in in_any_order(*sides)}
        said = [loads[host.load].p.communicate()[0].splitlines() for host, _, _ in sides]
    for (host, cgroup, _), lines, used in zip(sides, said, before):
        if len(lines) != WINDOWS + 1:
            raise SystemExit("net_load has failed")
        cost = (net_host.processor_seconds(cgroup, host.load) - used) / int(lines[-1])
        windows = [[int(n) for n in line.split()] for line in lines[:-1]]
        out.append([(answers, 1 / cost, p99) for answers, p99 in windows])
    return list(zip(*out))


def session(what, sides, got):
    """Httpds that are started anew, under each load in turn."""
    for httpd in in_any_order(net_host.apache2, net_host.nginx):
        with ExitStack() as stack:
            for host, cgroup, _ in in_any_order(*sides):
                stack.enter_context(net_host.serve(httpd, cgroup, host.address, host.inside))
            for host, _, port in sides:
                net_host.ready(host.address, port)
            for load in in_any_order(*LOADS):
                got.setdefault((f"{what}, {httpd.__name__}", load), []).append(load_both(load, sides))


def measure(sessions, servers, keep):
    """keep(what, the rig's words, share): what the servers' entries took to write."""
    got = {}
    hosts = [Host(1), Host(2)]

    def fence(n, host, other):
        with net_host.Fence(n, host.address, host.inside) as f:
            if n > 1:
                keep(f"{n} servers' fence entries", f.entries, n / (n - 1))
            session(f"fence, {n}", ((host, FENCED, PORT), (other, other.cgroup, PORT)), got)

    def beside(what, around, host, other, port=PORT):
        with around:
            session(what, ((host, host.cgroup, port), (other, other.cgroup, PORT)), got)

    for i in range(sessions):
        print(f"# session {i + 1} of {sessions}", flush=True)
        host, other = hosts
        for fn in in_any_order(lambda: beside("no fence either", ExitStack(), host, other),
                               lambda: beside("rules that do nothing", Idle(host.inside), host, other),
                               lambda: beside("vsredirect's table", Redirect(host, servers), host, other, 80),
                               lambda: fence(1, host, other), lambda: fence(servers, host, other)):
            fn()
        hosts.reverse()
    return got


def report(got):
    print(f"\nAt the same time as with nothing between, {len(got['fence, 1, nginx', 'bulk'])} times {WINDOWS} windows of "
          f"{WINDOW_MS} ms: the ratio's median, and that median's interval (95 %)\n"
          f"{'':48} {'1/s':>6} {'of time':>22} {'of processor time':>22} {'p99':>22}")
    for (what, load), sessions in sorted(got.items()):
        # One of half a second without an answer says something of the machine alone.
        windows = [(a, b) for s in sessions for a, b in s if a[0] and b[0]]
        rate = statistics.median(other[0] for _, other in windows) * 1000 / WINDOW_MS
        line = f"{what + ', ' + load:48} {rate:6.0f}"
        goals = next((g for name, g in GOALS.items() if what.startswith(name)), ("-", "-", "-"))
        for i, (name, goal) in enumerate(zip(FIGURES, goals)):
            each = [a[i] / b[i] for a, b in (windows if i != 1 else (s[0] for s in sessions))]
            middle, low, high = statistics.median(each), *result.median_interval(each)
            line += f"{middle:.3f} ({low:.3f} .. {high:.3f})".rjust(23)
            result.figure(f"{what}, {load}{name}", "no fence", middle, low, high,
                          goal=goal)
        print(line)
    print("goals: of time >= 0.98 behind the fence, its p99 <= 1.05; >= 0.95 with the redirect")
