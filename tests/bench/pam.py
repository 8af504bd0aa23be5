#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""bench-pam, in a lab: pam.py BUILD ROUNDS SERVERS

account, setcred and session of one service, by pam_vsd in both isolations and by the
modules that people use instead; with one server and with many; beside what the kernel's
part of entering costs alone.  The lab cannot mount cgroup2 in another way than the machine:
the first line says in which."""
import collections
import os
import statistics
import subprocess
import sys

import result

build, rounds, big = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
CONF = "/tmp/pam-bench"
# Account and session module of each service, and whom it asks about.
STACKS = {
    "permit": ("pam_permit.so", "pam_permit.so", "plain"),
    "chroot": ("pam_permit.so", "pam_chroot.so", "plain"),
    "unix": ("pam_unix.so", "pam_unix.so", "plain"),
    "namespace": ("pam_permit.so", "pam_namespace.so", "plain"),
    "vsd-chroot": ("pam_vsd.so", "pam_vsd.so enter=chroot", "alice@vs1"),
    "vsd-full": ("pam_vsd.so", "pam_vsd.so", "alice@vs1"),
}


def run(*argv):
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def prepare():
    os.makedirs(CONF)
    run("useradd", "-M", "plain")
    os.makedirs("/srv/jail", exist_ok=True)
    os.makedirs("/srv/inst", 0o000, exist_ok=True)
    with open("/etc/security/chroot.conf", "w", encoding="ascii") as f:
        f.write("plain /srv/jail\n")
    with open("/etc/security/namespace.conf", "w", encoding="ascii") as f:
        f.write("/mnt /srv/inst/ user root\n")
    with open("/etc/vsd.conf", "a", encoding="ascii") as f:
        f.write("service.vsd-chroot = login\nservice.vsd-full = login\n")
    for service, (account, session, _) in STACKS.items():
        auth = account if "vsd" in account else "pam_permit.so"
        with open(f"{CONF}/{service}", "w", encoding="ascii") as f:
            f.write(f"auth required {auth}\naccount required {account}\nsession required {session}\n")


def sample(state):
    """Microseconds by service; state: new or used (pam.c)."""
    out = subprocess.run([f"{build}/tests/bench/pam", state, CONF, str(rounds)] +
                         [f"{s}={user}" for s, (_, _, user) in STACKS.items()],
                         check=True, stdout=subprocess.PIPE, text=True).stdout
    got = collections.defaultdict(list)
    for line in out.splitlines():
        service, took = line.split()
        got[service].append(float(took))
    return got


def measure(label, state="used"):
    got = sample(state)
    print(f"\n{label}\n{'stack':14} {'median':>9} {'10 %':>9} {'90 %':>9} {'above permit':>13}  us")
    base = statistics.median(got["permit"])
    for service, v in got.items():
        tenths = statistics.quantiles(v, n=10)
        median = statistics.median(v)
        print(f"{service:14} {median:9.1f} {tenths[0]:9.1f} {tenths[8]:9.1f} {median - base:13.1f}",
              flush=True)
    return {s: statistics.median(v) for s, v in got.items()}


def floors():
    """Microseconds of the kernel's part of entering, by step."""
    out = subprocess.run([f"{build}/tests/bench/enter_floor", "vs1", str(rounds)], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    return {step: float(took) for step, took in map(str.split, out.splitlines())}


def favours_moves():
    with open("/proc/mounts", encoding="ascii") as f:
        return any(word[2] == "cgroup2" and "favordynmods" in word[3].split(",")
                   for word in map(str.split, f))


def above(m, service):
    return m[service] - m["permit"]


prepare()
print(f"{rounds} rounds; cgroup2 {'with' if favours_moves() else 'without'} favordynmods")
measure("1 server, in a process that did nothing before", "new")
few = measure("1 server, as services come to PAM")
floor = floors()
run(f"{build}/tests/bench/nss_make", str(big - 1), "/tmp", "2")
many = measure(f"{big} servers, as services come to PAM")
print("\nthe kernel's part alone, us: " + ", ".join(f"{step} {took:.0f}" for step, took in floor.items()))
print(f"vsd-chroot above permit: {above(many, 'vsd-chroot'):.0f} us, {floor['all-chroot']:.0f} of it "
      f"the kernel's (goal 90, twice pam_chroot's: here {2 * above(many, 'chroot'):.0f})")
print(f"vsd-full above permit: {above(many, 'vsd-full'):.0f} us, {floor['all-full']:.0f} of it "
      "the kernel's (goal 400 with favordynmods)")
for service, goal in ("vsd-chroot", "<= 90"), ("vsd-full", "<= 400"):
    print(f"{service}, {big} servers / 1: {many[service] / few[service]:.3f} (goal <= 1.05)")
    cost = above(many, service)
    result.figure(f"session, {service}", "pam_permit added", cost, cost, cost, "us", goal,
                  floor["all-" + service[4:]])
    growth = many[service] / few[service]
    result.figure(f"session, {service}, {big} servers", "1 server", growth, growth, growth, "x", "<= 1.05")
for service in STACKS:
    if service != "permit" and not service.startswith("vsd"):
        cost = above(many, service)
        result.figure(f"session, {service}", "pam_permit added", cost, cost, cost, "us")
