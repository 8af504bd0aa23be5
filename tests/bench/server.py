#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""bench-server, in a lab: server.py ROUNDS SERVERS

Start and stop of many servers on one core and on all, a login with one and with
all of them running, entering one, and what a running server costs."""
import os
import statistics
import subprocess
import sys
import time

import enter
import result

rounds, servers = int(sys.argv[1]), int(sys.argv[2])
LOGINS = 12  # a round
got = {}


def run(*argv):
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def timed(test, *argv, share=1):
    """Keep the milliseconds that a command takes, or a share of them."""
    start = time.monotonic()
    run(*argv)
    got.setdefault(test, []).append((time.monotonic() - start) * 1000 / share)


def make_servers():
    for n in range(2, servers + 1):
        run("vsdadm", "vs_create", "localhost", f"vs{n}", f"10.77.{n // 256}.{n % 256}",
            f"vs{n}.example.test", "0", "50")
    run("vsd-vsbatch")


def start_and_stop(test, *before):
    """A stop's and a start's part of one server, all of them on the cores of `before`."""
    timed(f"stop, {test}", *before, "vsboot", "--stop", share=servers)
    timed(f"start, {test}", *before, "vsboot", "--start", share=servers)


def logins(test):
    for _ in range(LOGINS):
        timed(f"ssh alice@vs1, {test}", "ssh", "-i", os.environ["LAB_KEY"], "-o", "BatchMode=yes",
              "alice@10.77.0.1", "true")
        timed(f"ssh root@host, {test}", "ssh", "-i", os.environ["LAB_KEY"], "-o", "BatchMode=yes",
              "root@127.0.0.1", "true")
        timed(f"su alice@vs1, {test}", "su", "alice@vs1", "-c", "true")
        timed(f"su nobody, {test}", "su", "-s", "/bin/sh", "nobody", "-c", "true")


def private_kib(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
        return sum(int(line.split()[1]) for line in f if line.startswith("Private_"))


def processes(cgroup):
    with open(f"{cgroup}/cgroup.procs", encoding="ascii") as f:
        return len(f.readlines())


def memory():
    parent = "/sys/fs/cgroup/vsd" if os.path.isdir("/sys/fs/cgroup/vsd") else \
        "/sys/fs/cgroup/unified/vsd"
    for n in range(1, servers + 1):
        with open(f"/run/vsd/vs{n}/init", encoding="ascii") as f:
            got.setdefault("private memory", []).append(private_kib(f.read().split()[0]))
        got.setdefault("processes", []).append(processes(f"{parent}/vs{n}"))


def report():
    print(f"{servers} servers, {rounds} rounds\n"
          f"{'test':38} {'median':>9} {'lowest':>9} {'highest':>9}")
    for test, v in got.items():
        name = {"private memory": "KiB", "processes": ""}.get(test, "ms")
        print(f"{test:38} {statistics.median(v):9.2f} {min(v):9.2f} {max(v):9.2f} {name} ({len(v)})")
    print(f"\ncgroup2 has {'favordynmods' if enter.favordynmods() else 'no favordynmods'}; ratios")
    for what, goal in ("ssh alice@vs1", "<= 1.05"), ("ssh root@host", "-"), ("su alice@vs1", "-"):
        by = {}
        for of in statistics.median, min: # the lowest is what a busy machine spoils least
            all_of_them, one = (of(got[f"{what}, {n} running"]) for n in (servers, 1))
            by[of] = all_of_them / one
        print(f"  {what}, {servers} running / 1: {by[statistics.median]:.3f}, of the lowest "
              f"{by[min]:.3f} (goal {goal})")
        result.ratio(f"{what}, {servers} running", "1 running",
                     *(got[f"{what}, {n} running"] for n in (servers, 1)), goal)
    for what, host in ("ssh alice@vs1", "ssh root@host"), ("su alice@vs1", "su nobody"):
        both = [got[f"{w}, {servers} running"] for w in (what, host)]
        a, b = map(statistics.median, both)
        print(f"  {what} / {host}: {a / b:.3f} (goal -)")
        result.ratio(what, host, *both)
    for what in "start", "stop":
        print(f"  {what} on one core: {statistics.median(got[what + ', one core']):.2f} ms a server "
              "(goal <= 10)")
        result.samples(f"{what} of a server, one core", "-", got[what + ", one core"], "ms", "<= 10")
    result.samples("private memory of a server", "-", got["private memory"], "KiB", "<= 150")


make_servers()
run("vsboot", "--start")
memory()
got.update(enter.measure(LOGINS * rounds))
for i in range(rounds):
    print(f"# round {i + 1} of {rounds}", flush=True)
    start_and_stop("one core", "taskset", "-c", "0")
    start_and_stop("all cores")
    logins(f"{servers} running")
    run("vsboot", "--stop")
    run("vsboot", "--start", "vs1")
    logins("1 running")
    run("vsboot", "--start")
report()
