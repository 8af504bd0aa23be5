#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""bench-login, in a lab: login.py PAIRS

Logins of a VS user beside those of a plain user of the host, one after the other so
that a busy moment hits both: by ssh with a key, and by ftp with a password."""
import ftplib
import os
import random
import statistics
import subprocess
import sys
import time

import result

pairs = int(sys.argv[1])
HOST, VS = "127.0.0.1", "10.77.0.1"
RESAMPLES = 2000


def run(*argv, **how):
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, **how)


def make_local_user():
    run("useradd", "-m", "-s", "/bin/sh", "plain")
    run("chpasswd", input=b"plain:lab-plain")
    os.makedirs("/home/plain/.ssh", 0o700)
    with open(os.environ["LAB_KEY"] + ".pub", encoding="ascii") as key, \
            open("/home/plain/.ssh/authorized_keys", "w", encoding="ascii") as out:
        out.write(key.read())
    run("chown", "-R", "plain:plain", "/home/plain/.ssh")


def by_ssh(user, address):
    run("ssh", "-i", os.environ["LAB_KEY"], "-o", "BatchMode=yes", f"{user}@{address}", "true",
        stdin=subprocess.DEVNULL)


def by_ftp(user, address):
    password = "lab-plain" if user == "plain" else f"lab-{user}-vs1"
    with ftplib.FTP(address, user, password) as ftp:
        ftp.pwd()


def milliseconds(login, user, address):
    start = time.monotonic()
    login(user, address)
    return (time.monotonic() - start) * 1000


def interval(both):
    """Of the ratio of medians: the middle 95 % of what resampled pairs give."""
    ratios = []
    for _ in range(RESAMPLES):
        some = random.choices(both, k=len(both))
        ratios.append(statistics.median(a for a, _ in some) / statistics.median(b for _, b in some))
    ratios.sort()
    return ratios[int(RESAMPLES * .025)], ratios[int(RESAMPLES * .975)]


def compare(name, login):
    both = []
    for i in range(pairs + 3):
        vs, plain = (lambda: milliseconds(login, "alice", VS)), \
            (lambda: milliseconds(login, "plain", HOST))
        if i % 2:
            a, b = vs(), plain()
        else:
            b, a = plain(), vs()
        if i >= 3:  # the first ones warm up
            both.append((a, b))
    for who, v in ("alice@vs1", [a for a, _ in both]), ("plain", [b for _, b in both]):
        print(f"{name} {who:10} {statistics.median(v):8.2f} ms  (lowest {min(v):.2f}, highest "
              f"{max(v):.2f}; {1000 / statistics.median(v):.1f} a second)")
    low, high = interval(both)
    ratio = statistics.median(a for a, _ in both) / statistics.median(b for _, b in both)
    print(f"{name} VS / plain: {ratio:.3f}, 95 % interval {low:.3f} to {high:.3f}, {pairs} pairs\n",
          flush=True)
    result.figure(f"{name} login", "a plain user's", ratio, low, high)


make_local_user()
compare("ssh", by_ssh)
compare("ftp", by_ftp)
