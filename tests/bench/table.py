#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""One table and one chart of all benches: table.py LOG TEXT SVG

LOG holds what they printed, each after a line "== NAME"; of it the figures
(result.py) are taken.  The chart shows the ratios that have a goal."""
import math
import sys
from html import escape

TITLES = ("what", "beside", "figure", "lowest", "highest", "unit", "goal", "floor")
ROW, LEFT, WIDE, RIGHT = 22, 420, 460, 110  # pixels


def read(path):
    bench, rows = "", []
    with open(path, encoding="utf-8") as f:
        for line in f:
            if line.startswith("== "):
                bench = line[3:].strip()
            elif line.startswith("=\t"):
                rows.append([bench] + line.rstrip("\n").split("\t")[1:])
    return rows


def table(rows):
    out, last = [], None
    width = [max(len(r[i]) for r in [("",) + TITLES] + rows) for i in range(1, 9)]
    for r in rows:
        if r[0] != last:
            out += ["", r[0], "  " + line_of(TITLES, width)]
            last = r[0]
        out.append("  " + line_of(r[1:], width))
    return "\n".join(out[1:]) + "\n"


def line_of(cells, width):
    return "  ".join(c.ljust(w) if i < 2 or i > 4 else c.rjust(w)
                     for i, (c, w) in enumerate(zip(cells, width))).rstrip()


def goal_of(row):
    """The number in a goal such as "<= 1.05", and whether the figure keeps to it."""
    word = row[7].split()
    if row[6] != "x" or len(word) < 2 or word[0] not in ("<=", ">="):
        return None
    goal, value = float(word[1]), float(row[3])
    return goal, value <= goal if word[0] == "<=" else value >= goal


def chart(rows):
    drawn = [(r, *goal_of(r)) for r in rows if goal_of(r)]
    numbers = [float(v) for r, *_ in drawn for v in (r[3], r[4], r[5], r[7].split()[1])]
    low, high = math.floor(math.log10(min(numbers))), math.ceil(math.log10(max(numbers)))

    def x(value):
        return LEFT + WIDE * (math.log10(value) - low) / (high - low)

    bottom = ROW * (len(drawn) + 1)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDE + RIGHT}" '
           f'height="{bottom + 2 * ROW}" font-family="sans-serif" font-size="12">',
           '<rect width="100%" height="100%" fill="#fff"/>']
    for power in range(low, high + 1):
        at = x(10 ** power)
        out.append(f'<path d="M{at:.1f} {ROW / 2}V{bottom}" stroke="#ccc"/><text x="{at:.1f}" '
                   f'y="{bottom + 15}" text-anchor="middle">{10 ** power:g}</text>')
    for n, (r, goal, kept) in enumerate(drawn):
        y, at = ROW * (n + 1), float(r[3])
        colour = "#2a7" if kept else "#c62"
        out += [f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{escape(r[1])} / {escape(r[2])}</text>',
                f'<path d="M{x(float(r[4])):.1f} {y}H{x(float(r[5])):.1f}" stroke="{colour}" stroke-width="2"/>',
                f'<circle cx="{x(at):.1f}" cy="{y}" r="4" fill="{colour}"/>',
                f'<path d="M{x(goal):.1f} {y - 8}v16" stroke="#000"/>',
                f'<text x="{LEFT + WIDE + 8}" y="{y + 4}">{at:g} ({escape(r[7])})</text>']
    out.append(f'<text x="{LEFT}" y="{bottom + 32}">ratios, median and spread; the upright line is the '
               'goal, orange what misses it</text></svg>')
    return "\n".join(out) + "\n"


def main():
    rows = read(sys.argv[1])
    if not rows:
        sys.exit(f"table.py: {sys.argv[1]}: no figures")
    with open(sys.argv[2], "w", encoding="utf-8") as f:
        f.write(table(rows))
    with open(sys.argv[3], "w", encoding="utf-8") as f:
        f.write(chart(rows))
    print(table(rows), end="")


if __name__ == "__main__":
    main()
