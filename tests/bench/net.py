#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""bench-net, in a bare lab: net.py ROUNDS SERVERS SECONDS [fence]

An httpd behind the address fence or vsredirect's table beside the same httpd without
(net_pair.py); that table beside what else sends a port on; addresses and fence entries of
many servers.  The load comes from the lab's second host.  Every round takes each
once, in another order.

Requests a second of time say what people see, on a machine that does nothing else.
Requests a second of processor time, of daemons and load together, say what the way
in between costs on a busy one, too.  `fence`: the first part alone."""
import random
import re
import statistics
import sys

import net_address
import net_host
import net_pair
import result
from net_host import ADDRESS, BENCH, DIR, PORT, run, serve

rounds, servers, seconds = (int(a) for a in sys.argv[1:4])
got = {}      # (what, load): [requests a second]
cheap = {}    # (what, load): [requests a second of processor time]
once = {}     # what: [ms], and of processor time
own = {}

HAPROXY = f"""global
  maxconn 4000
  nbthread 1
  cpu-map 1 0
defaults
  mode tcp
  timeout connect 5s
  timeout client 30s
  timeout server 30s
listen all
  bind {ADDRESS}:80
  server s {ADDRESS}:{PORT}
"""
# What any redirect by nftables costs: one port by one rule, without a map; and what its
# connection tracking costs where nothing is redirected.
FLOOR = f"""table ip floor {{ chain prerouting {{ type nat hook prerouting priority dstnat;
  ip daddr {ADDRESS} tcp dport 80 dnat to {ADDRESS}:{PORT}; }}; }}"""
TRACKED = """table ip floor { chain input { type filter hook input priority 0;
  ct state established,new accept; }; }"""

LOADS = {
    "keep-alive": (),
    "new connections": ("-H", "Connection: close"),
}
CGROUP = f"{BENCH}/a"


def wrk(port, load, length):
    return run("lab-client", "taskset", "-c", "1", "wrk", "-t", "1", "-c", "16", "-d", f"{length}s",
               *LOADS[load], f"http://{ADDRESS}:{port}/small",
               preexec_fn=lambda: net_host.enter(CGROUP))


def measure(what, port):
    net_host.ready(ADDRESS, port)
    wrk(port, "keep-alive", 1)
    for load in LOADS:
        before = net_host.processor_seconds(CGROUP)
        text = wrk(port, load, seconds)
        used = net_host.processor_seconds(CGROUP) - before
        if re.search(r"Socket errors:.*(connect [1-9]|timeout [1-9])", text):
            print(f"# {what}, {load}: {text}")
        got.setdefault((what, load), []).append(float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]))
        cheap.setdefault((what, load), []).append(int(re.search(r"(\d+) requests in", text)[1]) / used)


def none():
    with serve():
        measure("no fence", PORT)


def keep(what, said, share=1):
    """The rig's own words: "... in 12.3 ms, 4.5 of processor time"."""
    for table, words in (once, r"in ([\d.]+) ms"), (own, r"([\d.]+) of processor"):
        table.setdefault(what, []).append(float(re.search(words, said)[1]) * share)


def redirected(what, *argv, table=None, port=80):
    """Port 80 goes to the httpd by other means: a table of nftables, or a program."""
    with serve():
        net_host.ready(ADDRESS, PORT)
        if argv:
            with net_host.Process(CGROUP, "taskset", "-c", "0", *argv):
                measure(what, port)
        else:
            run("nft", "-f", f"{DIR}/{table}")
            net_host.forget_soon()
            measure(what, port)
            run("nft", "flush", "ruleset") # the lab's own; there is no other
            # With its last hook goes the connection tracking, some time later.


def addresses():
    net_address.measure(keep, lambda what, ms: once.setdefault(what, []).append(ms))


WHAT = [
    none,
    lambda: redirected("vsredirect's table", table="nft"),
    lambda: redirected("one port, one rule (floor)", table="floor"),
    lambda: redirected("connections tracked, none redirected", table="tracked", port=PORT),
    lambda: redirected("haproxy", "haproxy", "-f", f"{DIR}/haproxy"),
    lambda: redirected("socket-proxyd", "systemd-socket-activate", "-l", f"{ADDRESS}:80",
                       "/lib/systemd/systemd-socket-proxyd", f"{ADDRESS}:{PORT}"),
    lambda: redirected("socat", "socat", f"TCP-LISTEN:80,bind={ADDRESS},fork,reuseaddr,backlog=1024",
                       f"TCP:{ADDRESS}:{PORT}"),
    addresses,
]


def ratio(of, to, load, table):
    """Round by round, since a round's are neighbours in time."""
    return [a / b for a, b in zip(table[of, load], table[to, load])]


def spread(v, digits=3):
    return f"{statistics.median(v):.{digits}f} ({min(v):.{digits}f} .. {max(v):.{digits}f})"


def report():
    print(f"{rounds} rounds of {seconds} s each; requests a second, median (lowest .. highest)\n"
          f"{'':40} {'of time':>24} {'of processor time':>24}")
    for key, v in got.items():
        print(f"{', '.join(key):40} " + " ".join(
            f"{statistics.median(t):7.0f} ({min(t):.0f} .. {max(t):.0f})".rjust(24)
            for t in (v, cheap[key])))
    print(f"\n{'ratio to nothing between':40} {'of time':>24} {'of processor time':>24}")
    for what, load in got:
        if what == "no fence":
            continue
        print(f"{what + ', ' + load:40} " + " ".join(
            spread(ratio(what, "no fence", load, t)).rjust(24) for t in (got, cheap)))
        each = ratio(what, "no fence", load, got)
        result.figure(f"{what}, {load}", "no fence", statistics.median(each), min(each), max(each))
    print("\nratio of vsredirect's table to others")
    for other, label in (("one port, one rule (floor)", "one rule, no map"),
                         ("connections tracked, none redirected", "direct, connections tracked")):
        for load in LOADS:
            v = ratio("vsredirect's table", other, load, got)
            c = ratio("vsredirect's table", other, load, cheap)
            print(f"{label + ', ' + load:40} {spread(v):>24} {spread(c):>24}")
            result.figure(f"vsredirect, {load}", label, statistics.median(v), min(v), max(v))


def report_once():
    print(f"\n{'ms':50} {'of time':>24} {'of processor time':>24}  goal")
    for what, v in once.items():
        floor = once.get(re.sub(", [^,]*$", ", the kernel alone (floor)", what))
        goal = "<= 20" if "entries" in what else \
            net_address.GOAL if "vsalias" in what else "-"
        print(f"{what:50} {spread(v, 2):>24} {spread(own[what], 2) if what in own else '-':>24}  {goal}")
        result.samples(what, "-", v, "ms", goal,
                       statistics.median(floor) if floor and goal != "-" else "-")
        if what in own:
            result.samples(what + ", processor time", "-", own[what], "ms", goal)


part = sys.argv[4] if len(sys.argv) > 4 else ""
net_host.prepare()
run("ip", "addr", "add", f"{ADDRESS}/32", "dev", "vsd0")
for name, text in (("haproxy", HAPROXY), ("nft", net_host.redirects(servers)), ("floor", FLOOR),
                   ("tracked", TRACKED)):
    net_host.write(f"{DIR}/{name}", text)
for i in range(rounds if not part else 0):
    print(f"# round {i + 1} of {rounds}", flush=True)
    for fn in random.sample(WHAT, len(WHAT)):
        fn()
# An even number: which host has the fence changes from one to the next.
pairs = net_pair.measure(rounds + rounds % 2, servers, keep)
if got:
    report()
report_once()
net_pair.report(pairs)
