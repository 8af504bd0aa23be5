#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""bench-pam, in a lab: pam.py BUILD ROUNDS SERVERS

account, setcred and session of one service, by pam_vsd in both isolations and by the
modules that people use instead; with one server and with many, which take turns, so that
a machine that grows slower does so for both; beside what the kernel's part of entering
costs alone.  The least of the samples stands beside the median: it is what a busy machine
spoils last.  The lab cannot mount cgroup2 in another way than the machine: the first line
says in which."""
import collections
import os
import shutil
import statistics
import subprocess
import sys

import result

build, rounds, big = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
CONF = "/tmp/pam-bench"
TURNS = 20
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


def sample(state, n, got):
    """Add n samples by service, in microseconds; state: new or used (pam.c)."""
    out = subprocess.run([f"{build}/tests/bench/pam", state, CONF, str(n)] +
                         [f"{s}={user}" for s, (_, _, user) in STACKS.items()],
                         check=True, stdout=subprocess.PIPE, text=True).stdout
    for line in out.splitlines():
        service, took = line.split()
        got[service].append(float(took))
    return got


def report(label, got):
    print(f"\n{label}\n{'stack':14} {'median':>9} {'10 %':>9} {'90 %':>9} {'least':>9} "
          f"{'above permit':>13} {'least above':>12}  us")
    base = got["permit"]
    for service, v in got.items():
        tenths = statistics.quantiles(v, n=10)
        median = statistics.median(v)
        print(f"{service:14} {median:9.1f} {tenths[0]:9.1f} {tenths[8]:9.1f} {min(v):9.1f} "
              f"{median - statistics.median(base):13.1f} {min(v) - min(base):12.1f}", flush=True)


# What differs between a host of one server and one of many: (now, put aside).
PARTS = [("/etc/vsd/servers", "/etc/vsd/servers.other"),
         ("/var/lib/vsd/index", "/var/lib/vsd/index.other"),
         ("/home/vsd/vs", "/home/vsd/vs.other")]


def make_many():
    """Many servers now, and all of a host of vs1 alone put aside; its tree goes along."""
    few = [f"{now}.few" for now, _ in PARTS]
    shutil.copytree(PARTS[0][0], few[0])
    shutil.copy2(PARTS[1][0], few[1])
    os.mkdir(few[2])
    os.chmod(few[2], 0o711)
    run(f"{build}/tests/bench/nss_make", str(big - 1), "/tmp", "2")
    for (_, other), made in zip(PARTS, few):
        os.rename(made, other)


def change():
    """From many to one, or back."""
    for now, other in PARTS:
        os.rename(now, f"{now}.away")
        os.rename(other, now)
        os.rename(f"{now}.away", other)
    os.rename("/home/vsd/vs.other/vs1", "/home/vsd/vs/vs1")


def take_turns():
    """Samples of one server, and of many."""
    got = {"many": collections.defaultdict(list), "one": collections.defaultdict(list)}
    present = "many"
    for state in ["many", "one", "one", "many"] * (TURNS // 2):
        if state != present:
            change()
            present = state
        sample("used", rounds // TURNS, got[state])
    return got["one"], got["many"]


def floors():
    """Microseconds of the kernel's part of entering, by step."""
    out = subprocess.run([f"{build}/tests/bench/enter_floor", "vs1", str(rounds)], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    return {step: float(took) for step, took in map(str.split, out.splitlines())}


def favours_moves():
    with open("/proc/mounts", encoding="ascii") as f:
        return any(word[2] == "cgroup2" and "favordynmods" in word[3].split(",")
                   for word in map(str.split, f))


def above(got, service, of=statistics.median):
    return of(got[service]) - of(got["permit"])


prepare()
print(f"{rounds} rounds; cgroup2 {'with' if favours_moves() else 'without'} favordynmods")
report("1 server, in a process that did nothing before",
       sample("new", rounds, collections.defaultdict(list)))
floor = floors()
make_many()
one, many = take_turns()
report("1 server, as services come to PAM", one)
report(f"{big} servers, as services come to PAM", many)
print("\nthe kernel's part alone, us: " + ", ".join(f"{step} {took:.0f}" for step, took in floor.items()))
print(f"vsd-chroot above permit: {above(many, 'vsd-chroot'):.0f} us (least "
      f"{above(many, 'vsd-chroot', min):.0f}), {floor['all-chroot']:.0f} of it the kernel's "
      f"(goal 90, twice pam_chroot's: here {2 * above(many, 'chroot'):.0f}, "
      f"least {2 * above(many, 'chroot', min):.0f})")
print(f"vsd-full above permit: {above(many, 'vsd-full'):.0f} us (least "
      f"{above(many, 'vsd-full', min):.0f}), {floor['all-full']:.0f} of it "
      "the kernel's (goal 400 with favordynmods)")
for service, goal in ("vsd-chroot", "<= 90"), ("vsd-full", "<= 400"):
    growth = statistics.median(many[service]) / statistics.median(one[service])
    print(f"{service}, {big} servers / 1: {growth:.3f}, of the least "
          f"{min(many[service]) / min(one[service]):.3f} (goal <= 1.05)")
    cost = above(many, service)
    result.figure(f"session, {service}", "pam_permit added", cost, cost, cost, "us", goal,
                  floor["all-" + service[4:]])
    result.figure(f"session, {service}, {big} servers", "1 server", growth, growth, growth, "x", "<= 1.05")
for service in STACKS:
    if service != "permit" and not service.startswith("vsd"):
        cost = above(many, service)
        result.figure(f"session, {service}", "pam_permit added", cost, cost, cost, "us")
