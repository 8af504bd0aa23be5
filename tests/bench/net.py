#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""bench-net, in a bare lab: net.py ROUNDS SERVERS SECONDS [fence]

An httpd behind the address fence, with one server in it and with many, beside the
same httpd without; vsredirect's table beside a direct connection and beside what
else sends a port on; addresses and fence entries of many servers.  The load comes
from the lab's second host.  Every round takes each once, in another order.

Requests a second of time say what people see, on a machine that does nothing else.
Requests a second of processor time, of daemons and load together, say what the way
in between costs on a busy one, too.  The fence costs less than a machine swings from one
second to the next: it gets short rounds, many of them, and the interval of their median;
with it how late the slowest of a hundred answers is.  `fence`: this part alone."""
import math
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import time

import net_address
import result

rounds, servers, seconds = (int(a) for a in sys.argv[1:4])
TOP = os.environ["LAB_TOP"]
RIG = f"{TOP}/build/tests/fence/fence_rig"
CGROUPS = "/sys/fs/cgroup/vsd", "/sys/fs/cgroup/bench"
ADDRESS, PORT, UID = "10.77.0.1", 8080, 2000200
DIR = "/tmp/bench-net"
got = {}      # (what, load): [requests a second]
cheap = {}    # (what, load): [requests a second of processor time]
once = {}     # what: [ms], and of processor time
own = {}
short = {}    # the short rounds, (what, load): [each figure of FIGURES]
SHORT = 4 * rounds
FIGURES = ("", ">= 0.98"), (", processor time", "-"), (", p99", "<= 1.05")

CONF = f"""worker_processes 1; worker_cpu_affinity 01; pid {DIR}/pid; error_log stderr crit;
daemon off;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000;
  client_body_temp_path {DIR}/t; proxy_temp_path {DIR}/t; fastcgi_temp_path {DIR}/t;
  uwsgi_temp_path {DIR}/t; scgi_temp_path {DIR}/t;
  server {{ listen {ADDRESS}:{PORT} backlog=1024; root {DIR}/www; }}
}}
"""
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
NFT = """table inet vsd {
  map to4 { type ipv4_addr . inet_service : ipv4_addr . inet_service;
    elements = { %s }; }
  chain prerouting { type nat hook prerouting priority dstnat; policy accept;
    dnat ip to ip daddr . tcp dport map @to4; }
  chain output { type nat hook output priority -100; policy accept;
    dnat ip to ip daddr . tcp dport map @to4; }
}
""" % ", ".join(f"10.77.{n // 256}.{n % 256} . {f} : 10.77.{n // 256}.{n % 256} . {t}"
                for n in range(1, servers + 1) for f, t in ((80, 8080), (443, 8443), (25, 2525)))


# What any redirect by nftables costs: one port by one rule, without a map; and what its
# connection tracking costs where nothing is redirected.
FLOOR = f"""table ip floor {{ chain prerouting {{ type nat hook prerouting priority dstnat;
  ip daddr {ADDRESS} tcp dport 80 dnat to {ADDRESS}:{PORT}; }}; }}"""
TRACKED = """table ip floor { chain input { type filter hook input priority 0;
  ct state established,new accept; }; }"""


def run(*argv, **more):
    return subprocess.run(argv, check=True, text=True, stdout=subprocess.PIPE, **more).stdout


def prepare():
    os.makedirs(f"{DIR}/www", exist_ok=True)
    os.makedirs(f"{DIR}/t", exist_ok=True)
    os.makedirs(f"{CGROUPS[1]}/a", exist_ok=True) # as deep as the server's
    for path, text in (("conf", CONF), ("haproxy", HAPROXY), ("nft", NFT), ("floor", FLOOR),
                       ("tracked", TRACKED)):
        with open(f"{DIR}/{path}", "w", encoding="ascii") as f:
            f.write(text)
    for name, size in (("small", 612), ("bulk", 1 << 20)):
        with open(f"{DIR}/www/{name}", "wb") as f:
            f.write(b"x" * size)
    run("chown", "-R", f"{UID}:{UID}", DIR)
    run("ip", "addr", "add", f"{ADDRESS}/32", "dev", "vsd0")


def enter(cgroup):
    with open(f"{cgroup}/cgroup.procs", "w", encoding="ascii") as f:
        f.write("0")
    os.setsid()


def processor_seconds():
    used = 0
    for cgroup in CGROUPS:
        if os.path.isdir(cgroup):
            with open(f"{cgroup}/cpu.stat", encoding="ascii") as f:
                used += int(f.readline().split()[1])
    return used / 1e6


class Process:
    """In the server's cgroup, or in the one of what is measured beside it."""

    def __init__(self, *argv, fenced=False):
        cgroup = CGROUPS[0 if fenced else 1] + "/a"
        self.p = subprocess.Popen(argv, preexec_fn=lambda: enter(cgroup), stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.killpg(self.p.pid, signal.SIGKILL)
        self.p.wait()


def nginx(fenced=False):
    return Process("setpriv", "--reuid", str(UID), "--regid", str(UID), "--clear-groups",
                   "nginx", "-e", "stderr", "-c", f"{DIR}/conf", fenced=fenced)


def ready(port):
    for _ in range(100):
        if subprocess.run(("lab-client", "nc", "-z", "-w", "1", ADDRESS, str(port)),
                          check=False).returncode == 0:
            return
        time.sleep(0.05)
    sys.exit(f"nobody listens on port {port}")


LOADS = {
    "keep-alive": ("-c", "16", "--latency", "small"),
    "new connections": ("-c", "16", "--latency", "-H", "Connection: close", "small"),
    "bulk": ("-c", "4", "--latency", "bulk"),
}


def wrk(port, load, length):
    *options, name = LOADS[load]
    return run("lab-client", "taskset", "-c", "1", "wrk", "-t", "1", "-d", f"{length}s", *options,
               f"http://{ADDRESS}:{port}/{name}", preexec_fn=lambda: enter(CGROUPS[1] + "/a"))


def one(what, port, load, length):
    """Requests a second of time, and of processor time, and the p99 in ms."""
    before = processor_seconds()
    text = wrk(port, load, length)
    used = processor_seconds() - before
    if re.search(r"Socket errors:.*(connect [1-9]|timeout [1-9])", text):
        print(f"# {what}, {load}: {text}")
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()
    return (rate, int(re.search(r"(\d+) requests in", text).group(1)) / used,
            float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit])


def measure(what, port, loads=("keep-alive", "new connections")):
    ready(port)
    wrk(port, "keep-alive", 1)
    for load in loads:
        rate, of_processor, _ = one(what, port, load, seconds)
        got.setdefault((what, load), []).append(rate)
        cheap.setdefault((what, load), []).append(of_processor)


def measure_short(what, port):
    ready(port)
    wrk(port, "keep-alive", 1)
    for load in LOADS:
        short.setdefault((what, load), []).append(one(what, port, load, 1))


def none(how=measure):
    with nginx():
        how("no fence", PORT)


def keep(what, say, share=1):
    """The rig's own words: "... in 12.3 ms, 4.5 of processor time"."""
    for table, words in (once, r"in ([\d.]+) ms"), (own, r"([\d.]+) of processor"):
        table.setdefault(what, []).append(float(re.search(words, say).group(1)) * share)


def fence(n):
    run(RIG, "load")
    run(RIG, "set", "a", "1", ADDRESS)
    if n > 1:
        keep(f"{n} servers' fence entries", run(RIG, "many", str(n - 1)), n / (n - 1))
    with nginx(fenced=True):
        measure_short(f"fence, {n}", PORT)
    run(RIG, "unset", "a", "1")
    run(RIG, "fewer", str(n - 1))
    run(RIG, "unload")


def forget_soon():
    """The tracking's table would fill with closed connections, and refuse new ones."""
    for state in "time_wait", "close", "last_ack":
        try:
            with open(f"/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_{state}", "w",
                      encoding="ascii") as f:
                f.write("1")
        except OSError as e:
            print(f"# connections stay tracked: {e}")


def redirected(what, *argv, table=None, port=80):
    """Port 80 goes to the httpd by other means: a table of nftables, or a program."""
    with nginx():
        ready(PORT)
        if argv:
            with Process("taskset", "-c", "0", *argv):
                measure(what, port)
        else:
            run("nft", "-f", f"{DIR}/{table}")
            forget_soon()
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
    print(f"\n{'ratio to nothing between':40} {'of time':>24} {'of processor time':>24}  goal")
    for what, load in got:
        if what == "no fence":
            continue
        goal = ">= 0.95" if what.startswith("vsredirect") else "-"
        print(f"{what + ', ' + load:40} " + " ".join(
            spread(ratio(what, "no fence", load, t)).rjust(24) for t in (got, cheap)) + f"  {goal}")
        each = ratio(what, "no fence", load, got)
        result.figure(f"{what}, {load}", "no fence", statistics.median(each), min(each), max(each),
                      goal=goal)
    print("\nratio to the floor")
    for load in ("keep-alive", "new connections"):
        v = ratio("vsredirect's table", "one port, one rule (floor)", load, got)
        c = ratio("vsredirect's table", "one port, one rule (floor)", load, cheap)
        print(f"{'vsredirect, ' + load:40} {spread(v):>24} {spread(c):>24}")
        result.figure(f"vsredirect, {load}", "one rule, no map", statistics.median(v), min(v), max(v))


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


def median_interval(v):
    """Where the median of all such lies, nineteen times in twenty: by order alone."""
    v, n, below, i = sorted(v), len(v), 0.0, 0
    while below + math.comb(n, i) / 2 ** n <= 0.025:
        below += math.comb(n, i) / 2 ** n
        i += 1
    i = max(i - 1, 0)
    return v[i], v[n - 1 - i]


def report_short():
    print(f"\n{SHORT} rounds of 1 s each: requests a second, and their ratio to no fence: median, and "
          "the median's interval (95 %)\n"
          f"{'':28} {'':>8} {'of time':>22} {'of processor time':>22} {'p99':>22}")
    for (what, load), v in short.items():
        line = f"{what + ', ' + load:28} {statistics.median(r[0] for r in v):8.0f}"
        if what == "no fence":
            print(line)
            continue
        for i, (name, goal) in enumerate(FIGURES):
            each = [a[i] / b[i] for a, b in zip(v, short["no fence", load])]
            low, high = median_interval(each)
            line += f"{statistics.median(each):.3f} ({low:.3f} .. {high:.3f})".rjust(23)
            result.figure(f"{what}, {load}{name}", "no fence", statistics.median(each), low, high,
                          goal=goal)
        print(line)
    print("goals: of time >= 0.98, p99 <= 1.05")


part = sys.argv[4] if len(sys.argv) > 4 else ""
prepare()
run(RIG, "supported")
for i in range(rounds if not part else 0):
    print(f"# round {i + 1} of {rounds}", flush=True)
    for fn in random.sample(WHAT, len(WHAT)):
        fn()
FENCE = lambda: none(measure_short), lambda: fence(1), lambda: fence(servers)
for i in range(SHORT):
    for fn in random.sample(FENCE, len(FENCE)):
        fn()
if got:
    report()
report_once()
report_short()
