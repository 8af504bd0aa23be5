# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a soak has counted, from many threads: times by kind, what was refused while its
server restarted, and what has failed."""
import statistics
import subprocess
import threading
import time

from servers import TIMEOUT

WAITED = TimeoutError, subprocess.TimeoutExpired
SHOWN, SHOWN_CHARS = 20, 2000  # failures that are printed at once, and of each


class Tally:
    def __init__(self):
        self.lock = threading.Lock()
        self.times, self.refused, self.landed, self.failed = {}, {}, {}, []
        self.restarts = {}  # server's name -> list of [start, its end, its httpd's], or None

    def fail(self, text):
        with self.lock:
            self.failed.append(text)
            if len(self.failed) <= SHOWN:
                print(f"# FAILED: {text[:SHOWN_CHARS]}", flush=True)

    def add(self, kind, seconds):
        with self.lock:
            self.times.setdefault(kind, []).append(seconds)

    def restart_begins(self, name):
        with self.lock:
            self.restarts.setdefault(name, []).append([time.monotonic(), None, None])

    def restart_ends(self, name, web=False):
        """The server is up again; then its httpd, which web requests wait for."""
        with self.lock:
            self.restarts[name][-1][1 + web] = time.monotonic()

    def restarted(self, name, start, end, web=False):
        """Did the server restart at some moment between the two?"""
        with self.lock:
            return any(r[0] <= end and (r[1 + web] is None or r[1 + web] >= start)
                       for r in self.restarts.get(name, []))

    def attempt(self, kind, server, work):
        """One try of `work`: it returns what is wrong with where it came to, or None, and
        raises when it came nowhere, which only a restart of the server allows, and that
        at once: who has to wait for nothing is stuck."""
        start = time.monotonic()
        try:
            wrong, lost = work(), None
        except Exception as e:  # whatever a client may raise, it is a lost login
            wrong, lost = None, e
        end = time.monotonic()
        during = self.restarted(server.name, start, end, kind == "web")
        if wrong:
            self.fail(f"{kind} {server.name}: {wrong}")
        elif lost is None:
            self.add(kind, end - start)
            if during:
                self.count(self.landed, kind)
        elif isinstance(lost, WAITED) or end - start >= TIMEOUT:
            self.fail(f"{kind} {server.name}: stuck for {end - start:.1f} s: {lost!r}")
        elif during:
            self.count(self.refused, kind)
        else:
            self.fail(f"{kind} {server.name}: lost after {end - start:.1f} s: {lost!r}")

    def want(self, kinds):
        """Each of them must have been seen."""
        for kind in kinds:
            if not self.times.get(kind):
                self.fail(f"no {kind} in all the time")

    def count(self, which, kind):
        with self.lock:
            which[kind] = which.get(kind, 0) + 1

    def report(self, seconds):
        print(f"\n{'kind':20} {'number':>7} {'each s':>7} {'p50 ms':>8} {'p99 ms':>8} "
              f"{'highest':>8} {'landed':>7} {'refused':>8}   (in a restart)")
        for kind, v in sorted(self.times.items()):
            p99 = statistics.quantiles(v, n=100)[98] if len(v) > 1 else v[0]
            print(f"{kind:20} {len(v):7} {len(v) / seconds:7.2f} {statistics.median(v) * 1000:8.0f} "
                  f"{min(p99, max(v)) * 1000:8.0f} {max(v) * 1000:8.0f} "
                  f"{self.landed.get(kind, 0):7} {self.refused.get(kind, 0):8}")
