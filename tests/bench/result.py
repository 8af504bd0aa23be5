# SPDX-License-Identifier: LGPL-2.1-or-later
"""A figure for the table of make bench (table.py).

Shape:  "=", what was measured, what it is beside, figure, its lowest and highest,
        unit ("x": a ratio), goal, the floor of that figure; tabs between them"""
import math
import statistics


def figure(what, peer, value, low, high, unit="x", goal="-", floor="-"):
    numbers = [v if v == "-" else f"{v:.4g}" for v in (value, low, high, floor)]
    print("=", what, peer, *numbers[:3], unit, goal, numbers[3], sep="\t", flush=True)


def samples(what, peer, got, unit, goal="-", floor="-"):
    """The median of what was measured, in its own unit."""
    figure(what, peer, statistics.median(got), min(got), max(got), unit, goal, floor)


def ratio(what, peer, ours, theirs, goal="-", floor="-"):
    """Of two lists that the same rounds gave: of the medians, and the spread of the
    rounds' own ratios; of many, their middle 80 %."""
    each = [a / b for a, b in zip(ours, theirs)]
    if len(each) >= 10:
        each = statistics.quantiles(each, n=10)
    figure(what, peer, statistics.median(ours) / statistics.median(theirs), min(each), max(each),
           "x", goal, floor)


def median_interval(v):
    """Where the median of all such lies, nineteen times in twenty: by order alone."""
    v, n, below, i = sorted(v), len(v), 0.0, 0
    while below + math.comb(n, i) / 2 ** n <= 0.025:
        below += math.comb(n, i) / 2 ** n
        i += 1
    i = max(i - 1, 0)
    return v[i], v[n - 1 - i]
