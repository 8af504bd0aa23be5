#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""One run's figures into the documents: docs.py LOG TOP BENCH...

Writes TOP/docs/bench.md (the whole table, and what machine it was), TOP/docs/bench.svg (the
chart) and, in TOP/README.md between its two marks, the figures of HEADLINES.  LOG is what
make bench leaves (table.py); a run in which a bench or a headline is missing writes nothing."""
import datetime
import os
import re
import sys

import table

MARKS = "<!-- bench -->\n", "<!-- end of bench -->\n"
# bench, what it measured (a pattern) and beside what (table.py), and how the README says that
HEADLINES = (
    ("bench-nss", "warm name, files", "vsd", "a name among 50,000 users: libc's files, beside nss_vsd"),
    ("bench-nss", "warm name, vsd", "one stat", "nss_vsd, beside one stat(2)"),
    ("bench-pam", "session, vsd-full", "pam_permit added", "what pam_vsd adds to a session"),
    ("bench-login", "ssh login", "a plain user's", "a login by ssh, beside a plain user's"),
    ("bench-login", "ftp login", "a plain user's", "a login by ftp, beside a plain user's"),
    ("bench-server", "start of a server, one core", "-", "the start of a server"),
    ("bench-server", "private memory of a server", "-", "the memory of a running server"),
    ("bench-inside", "simroot /bin/true", "/bin/true, difference", "what simroot adds to a command"),
    ("bench-create", "vsd-1, 7000 entries", "cp-al", "a server of 7000 files, one thread, beside cp -al"),
    ("bench-net", r"fence, (?!1,)\d+, apache2, keep-alive", "no fence", "requests a second behind the fence, beside none"),
)
# What a bench's figures do not say themselves.
NOTES = {
    "bench-login": "The pam_unix of Debian 12 computes a password's hash twice, pam_vsd once: a login by\n"
                   "ftp is little else.",
}


def short(value):
    if value == "-":
        return value
    return f"{float(value):.0f}" if abs(float(value)) >= 100 else f"{float(value):.3g}"


def spread(row):
    return "-" if row[4] == "-" or row[4] == row[5] else f"{short(row[4])} to {short(row[5])}"


def machine():
    """Figures mean nothing without it."""
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        model = re.search(r"(?m)^(?:model name|Processor|cpu)\s*: (.*)", f.read())
    kernel = os.uname().release.split("-")[0]
    with open("/proc/mounts", encoding="utf-8") as f:
        fast = re.search(r"(?m)^\S+ \S+ cgroup2 \S*\bfavordynmods\b", f.read())
    return (f"{datetime.date.today()}, {os.cpu_count()} processors"
            f"{' (' + model[1].strip() + ')' if model else ''}, Linux {kernel}, "
            f"cgroup2 {'with' if fast else 'without'} favordynmods")


def page(rows):
    out = ["# What it costs, measured", "",
           "`make bench-docs` has written this page and its chart:", f"{machine()}.",
           "A figure is a median, the spread its lowest and highest, `x` a ratio; the floor is what",
           "the kernel alone would take.",
           "", "![ratios that have a goal](bench.svg)"]
    last = None
    for r in rows:
        if r[0] != last:
            out += ["", f"## {r[0]}", ""] + ([NOTES[r[0]], ""] if r[0] in NOTES else [])
            out += ["| what | beside | figure | spread | unit | goal | floor |",
                    "|---|---|--:|--:|---|---|--:|"]
            last = r[0]
        out.append("| " + " | ".join((r[1], r[2], short(r[3]), spread(r), r[6], r[7], short(r[8]))) + " |")
    return "\n".join(out) + "\n"


def headlines(rows):
    out = ["| measured | figure | spread | goal |", "|---|--:|--:|---|"]
    for bench, what, beside, text in HEADLINES:
        row = next((r for r in rows if r[0] == bench and re.fullmatch(what, r[1]) and
                    r[2] == beside), None)
        if not row:
            sys.exit(f"docs.py: {bench} gave no figure '{what}' beside '{beside}'")
        out.append(f"| {text} | {short(row[3])} {row[6]} | {spread(row)} | {row[7]} |")
    out += ["", "All of them, and of what machine: [docs/bench.md](docs/bench.md)."]
    return "\n".join(out) + "\n"


def between(text, new):
    """The README with the run's figures between its marks."""
    before, first, rest = text.partition(MARKS[0])
    _, last, after = rest.partition(MARKS[1])
    if not first or not last:
        sys.exit("docs.py: README.md lacks " + MARKS[0].strip() + " or " + MARKS[1].strip())
    return before + first + new + last + after


def main():
    log, top, benches = sys.argv[1], sys.argv[2], sys.argv[3:]
    rows = table.read(log)
    missing = set(benches) - {r[0] for r in rows}
    if missing:
        sys.exit(f"docs.py: {log}: no figures of {', '.join(sorted(missing))}")
    with open(f"{top}/README.md", encoding="utf-8") as f:
        readme = between(f.read(), headlines(rows))
    for path, text in (("docs/bench.md", page(rows)), ("docs/bench.svg", table.chart(rows)),
                       ("README.md", readme)):
        with open(f"{top}/{path}", "w", encoding="utf-8") as f:
            f.write(text)
        print(f"# {path}")


main()
