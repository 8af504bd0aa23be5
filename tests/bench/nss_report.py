#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Medians, spread and ratios of bench-nss: nss_report.py SAMPLES

A line is SIZE SERVICE TEST VALUE; times in nanoseconds."""
import collections
import statistics
import sys

import result

got = collections.defaultdict(list)
with open(sys.argv[1]) as f:
    for line in f:
        size, service, test, value = line.split()
        got[size, service, test].append(float(value))


def median(*key):
    return statistics.median(got[key]) if key in got else None


def unit(test):
    if test == "memory":
        return 1024, "KiB"
    if test.startswith("instructions"):
        return 1, "instructions"
    return 1000, "us"


print(f"{'size':6} {'service':16} {'test':24} {'median':>11} {'lowest':>11} {'highest':>11}")
for (size, service, test), v in got.items():
    div, name = unit(test)
    print(f"{size:6} {service:16} {test:24} {statistics.median(v) / div:11.3f} "
          f"{min(v) / div:11.3f} {max(v) / div:11.3f} {name} ({len(v)})")

print("\nratios")
FLOOR = "1 is the floor"


def ratio(text, goal, a, b):
    x, y = median(*a), median(*b)
    if x is None or y is None:
        print(f"  {text}: not measured")
    else:
        print(f"  {text}: {x / y:.2f} (goal {goal})")
        what, _, peer = text.partition(" / ")
        result.ratio(what, peer, got[a], got[b], goal if goal[0] in "<>" else "-",
                     1 if goal == FLOOR else "-")


def growth(text, test, floor):
    """How a test grows from small to large, beside how its floor grows."""
    v = [median(size, "vsd", t) for t in (test, floor) for size in ("large", "small")]
    if None in v:
        print(f"  {text}: not measured")
        return
    mine, least = v[0] / v[1], v[2] / v[3]
    print(f"  large / small, {text}: {mine:.2f} (goal <= 1.3; its floor, {floor}, grows "
          f"{least:.2f}: {mine / least:.2f} of that)")
    result.figure(f"{text}, large", "small", mine, mine, mine, "x", "<= 1.3", least)


S = "small"
for t in "name", "uid":
    for peer, goal in ("cache", 15), ("db", 15), ("extrausers", 1000), ("files", 1000), ("systemd", 0):
        ratio(f"warm {t}, {peer} / vsd", f">= {goal}" if goal else "-", (S, peer, t), (S, "vsd", t))
ratio("few names, nscd / vsd", "-", (S, "-", "few"), (S, "vsd", "few"))
ratio("warm name, vsd / one stat", FLOOR, (S, "vsd", "name"), (S, "vsd", "floor-stat"))
ratio("first touch, vsd / open+read+close", "<= 1.5", (S, "vsd", "first"), (S, "vsd", "floor-read"))
for peer in "cache", "db", "files":
    ratio(f"getgrouplist, {peer} / vsd", ">= 3500" if peer == "cache" else "-", (S, peer, "groups"), (S, "vsd", "groups"))
ratio("enumeration per entry, vsd / files", "<= 1", (S, "vsd", "enum"), (S, "files", "enum"))
if median(S, "files", "enum") and median(S, "vsd", "floor-read"):
    # The same parsing, and each server's file opened, read and closed.
    got[S, "vsd", "enum-floor"] = [median(S, "files", "enum") + median(S, "vsd", "floor-read") / 200]
    ratio("enumeration per entry, vsd / files and a file for each server", FLOOR,
          (S, "vsd", "enum"), (S, "vsd", "enum-floor"))
ratio("cold getent, vsd / files with as many users", "<= 1.1", (S, "cold-vsd", "cold"), (S, "cold-files-50k", "cold"))
ratio("cold getent, files and vsd / files with few users", "<= 1.1", (S, "cold-vsd", "cold"), (S, "cold-files-small", "cold"))
ratio("cold getent, files and vsd / files and an empty module", FLOOR, (S, "cold-vsd", "cold"),
      (S, "cold-empty-asked", "cold"))
for t in "name", "uid", "gid":
    growth(t, t, "floor-stat")
growth("groups (four files)", "groups", "floor-stat")
growth("first touch", "first", "floor-read")
for t in "few", "miss-name", "miss-server", "miss-uid", "enum":
    ratio(f"{t}, large / small", "<= 1.3", ("large", "vsd", t), (S, "vsd", t))
for peer in "cache", "db":
    ratio(f"large, warm name, {peer} / vsd", "-", ("large", peer, "name"), ("large", "vsd", "name"))
