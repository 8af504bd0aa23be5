#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What entering vs1, running, costs in a lab: enter.py [TIMES=40]

Each try comes after a pause: back to back they hide what a process waits for when
it moves into another cgroup (the kernel keeps its way open for a moment)."""
import os
import statistics
import subprocess
import sys
import time

PAUSE = 0.15  # seconds
MOUNT = "/sys/fs/cgroup" if os.path.exists("/sys/fs/cgroup/cgroup.controllers") else \
    "/sys/fs/cgroup/unified"


def favordynmods():
    with open("/proc/self/mounts", encoding="ascii") as f:
        return any(w[1] == MOUNT and "favordynmods" in w[3].split(",")
                   for w in (line.split() for line in f))


def move():
    """Milliseconds that a process waits which moves into the server's cgroup."""
    there, here = os.pipe()
    if os.fork() == 0:
        fd = os.open(f"{MOUNT}/vsd/vs1/cgroup.procs", os.O_WRONLY)
        start = time.monotonic()
        os.write(fd, b"0")
        os.write(here, str((time.monotonic() - start) * 1000).encode())
        os._exit(0)
    os.wait()
    os.close(here)
    with os.fdopen(there) as f:
        return float(f.read())


def command(*argv):
    def run():
        start = time.monotonic()
        subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        return (time.monotonic() - start) * 1000
    return run


def measure(times):
    """name -> milliseconds, the ways taking turns."""
    ways = {"a move into its cgroup": move,
            "bevs vs1 true": command("bevs", "vs1", "true"),
            "su alice@vs1 -c true": command("su", "alice@vs1", "-c", "true"),
            "su nobody -c true": command("su", "-s", "/bin/sh", "nobody", "-c", "true")}
    got = {f"{w}, after a pause": [] for w in ways}
    for _ in range(times):
        for name, way in ways.items():
            time.sleep(PAUSE)
            got[f"{name}, after a pause"].append(way())
    return got


def main():
    print("# cgroup2 with", "favordynmods" if favordynmods() else "no favordynmods")
    for name, ms in measure(int(sys.argv[1]) if len(sys.argv) > 1 else 40).items():
        print(f"# {name:38} {statistics.median(ms):9.3f} {min(ms):9.3f} {max(ms):9.3f} ms ({len(ms)})")


if __name__ == "__main__":
    main()
