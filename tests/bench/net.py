#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""bench-net, in a bare lab: net.py ROUNDS SERVERS SECONDS [fence]

An httpd behind the address fence, with one server in it and with many, beside the
same httpd without; vsredirect's table beside a direct connection and beside what
else sends a port on; addresses and fence entries of many servers.  The load comes
from the lab's second host.  Every round takes each once, in another order.

Requests a second of time say what people see, on a machine that does nothing else.
Requests a second of processor time, of daemons and load together, say what the way
in between costs on a busy one, too.  `fence`: the fence alone."""
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import time

import result

rounds, servers, seconds = (int(a) for a in sys.argv[1:4])
TOP = os.environ["LAB_TOP"]
RIG = f"{TOP}/build/tests/fence/fence_rig"
CGROUPS = "/sys/fs/cgroup/vsd", "/sys/fs/cgroup/bench"
ADDRESS, PORT, UID = "10.77.0.1", 8080, 2000200
DIR = "/tmp/bench-net"
got = {}      # (what, load): [requests a second]
cheap = {}    # (what, load): [requests a second of processor time]
slow = {}     # (what, load): [p99 in ms]
once = {}     # what: [ms], and of processor time
own = {}

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
NFT = f"""table inet vsd {{
  map to4 {{ type ipv4_addr . inet_service : ipv4_addr . inet_service;
    elements = {{ %s }}; }}
  chain prerouting {{ type nat hook prerouting priority dstnat; policy accept;
    dnat ip to ip daddr . tcp dport map @to4; }}
  chain output {{ type nat hook output priority -100; policy accept;
    dnat ip to ip daddr . tcp dport map @to4; }}
}}
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


def measure(what, port, loads=tuple(LOADS)):
    ready(port)
    run("lab-client", "taskset", "-c", "1", "wrk", "-t", "1", "-d", "1s", "-c", "16",
        f"http://{ADDRESS}:{port}/small")
    for load in loads:
        before = processor_seconds()
        text = wrk(port, load, seconds)
        used = processor_seconds() - before
        requests = int(re.search(r"(\d+) requests in", text).group(1))
        cheap.setdefault((what, load), []).append(requests / used)
        rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))
        value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()
        if re.search(r"Socket errors:.*(connect [1-9]|timeout [1-9])", text):
            print(f"# {what}, {load}: {text}")
        got.setdefault((what, load), []).append(rate)
        slow.setdefault((what, load), []).append(
            float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit])


def none():
    with nginx():
        measure("no fence", PORT)


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
        measure(f"fence, {n}", PORT)
    run(RIG, "unset", "a", "1")
    for i in range(1, n):
        run(RIG, "unset", f"many{i}", str(1000 + i))
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
    loads = ("keep-alive", "new connections")
    with nginx():
        ready(PORT)
        if argv:
            with Process("taskset", "-c", "0", *argv):
                measure(what, port, loads)
        else:
            run("nft", "-f", f"{DIR}/{table}")
            forget_soon()
            measure(what, port, loads)
            run("nft", "flush", "ruleset") # the lab's own; there is no other
            # With its last hook goes the connection tracking, some time later.


def addresses():
    for word, many in (("IPv4", [f"10.{60 + i // 250}.{i // 25 % 10}.{i % 250 + 1}" for i in range(1000)]),
                       ("IPv6", [f"fd60::{i + 1:x}" for i in range(1000)])):
        length, nodad = (128, "nodad") if word == "IPv6" else (32, "")
        for fast in ("vsalias", "ip -batch"):
            what = f"1000 addresses of {word}, {fast}"
            if fast == "vsalias":
                keep(what, run(RIG, "aliases", *many))
            else:
                start = time.monotonic()
                run("ip", "-batch", "-", input="".join(
                    f"addr add {a} dev vsd0 {nodad}\n" for a in many))
                once.setdefault(what, []).append((time.monotonic() - start) * 1000)
            run("ip", "-batch", "-", input="".join(f"addr del {a}/{length} dev vsd0\n" for a in many))


WHAT = [
    none,
    lambda: fence(1),
    lambda: fence(servers),
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


def spread(v):
    return f"{statistics.median(v):.3f} ({min(v):.3f} .. {max(v):.3f})"


def report():
    print(f"{rounds} rounds of {seconds} s each; requests a second, median (lowest .. highest)\n"
          f"{'':40} {'of time':>24} {'of processor time':>24}   p99 ms")
    for key, v in got.items():
        print(f"{', '.join(key):40} " + " ".join(
            f"{statistics.median(t):7.0f} ({min(t):.0f} .. {max(t):.0f})".rjust(24)
            for t in (v, cheap[key])) + f" {statistics.median(slow[key]):8.2f}")
    for what, v in once.items():
        mine = f", {statistics.median(own[what]):.2f} of processor time" if what in own else ""
        print(f"{what:40} {statistics.median(v):7.2f} ({min(v):.2f} .. {max(v):.2f}) ms{mine}")
    print(f"\n{'ratio to no fence, nothing between':40} {'of time':>24} {'of processor time':>24}"
          f"{'p99':>24}  goal")
    for what, load in got:
        if what == "no fence":
            continue
        goal, late = {"f": (">= 0.98", "<= 1.05"), "v": (">= 0.95", "-")}.get(what[0], ("-", "-"))
        print(f"{what + ', ' + load:40} " + " ".join(
            spread(ratio(what, "no fence", load, t)).rjust(24) for t in (got, cheap, slow)) +
            f"  {goal}, p99 {late}")
        for name, table, limit in ("", got, goal), (", p99", slow, late):
            each = ratio(what, "no fence", load, table)
            result.figure(f"{what}, {load}{name}", "no fence", statistics.median(each), min(each),
                          max(each), goal=limit)
    print("\nratio to the floor")
    for load in ("keep-alive", "new connections"):
        v = ratio("vsredirect's table", "one port, one rule (floor)", load, got)
        c = ratio("vsredirect's table", "one port, one rule (floor)", load, cheap)
        print(f"{'vsredirect, ' + load:40} {spread(v):>24} {spread(c):>24}")
        result.figure(f"vsredirect, {load}", "one rule, no map", statistics.median(v), min(v), max(v))
    for what, v in once.items():
        result.samples(what, "-", v, "ms")


prepare()
run(RIG, "supported")
for i in range(rounds):
    print(f"# round {i + 1} of {rounds}", flush=True)
    for fn in random.sample(WHAT, len(WHAT)) if len(sys.argv) < 5 else random.sample(WHAT[:3], 3):
        fn()
report()
