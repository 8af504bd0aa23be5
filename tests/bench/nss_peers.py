#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Give nss_vsd's peers the users of two flat files: nss_peers.py DIR PEER...

Each peer gets them in its own form, with its own index where it has one."""
import json
import os
import subprocess
import sys


def lines(path):
    with open(path) as f:
        return f.read().splitlines()


def files(src):
    for name in "passwd", "group":
        with open("/etc/" + name, "a") as f:
            f.write("\n".join(lines(f"{src}/{name}")) + "\n")


def extrausers(src):
    os.makedirs("/var/lib/extrausers", exist_ok=True)
    for name in "passwd", "group", "shadow":
        with open("/var/lib/extrausers/" + name, "w") as f:
            if name != "shadow":
                f.write("\n".join(lines(f"{src}/{name}")) + "\n")


def db(src):
    for name in "passwd", "group":
        out = []
        for i, line in enumerate(lines(f"{src}/{name}")):
            f = line.split(":")
            out += [f"0{i} {line}", f".{f[0]} {line}", f"={f[2]} {line}"]
        subprocess.run(["makedb", "-o", f"/var/lib/misc/{name}.db", "-"],
                       input="\n".join(out) + "\n", text=True, check=True)


def cache_index(path, keys):
    # Sorted lines of one length: key NUL offset NUL padding newline.
    longest = max(len(k) + len(str(o)) for k, o in keys)
    with open(path, "w") as f:
        for key, offset in sorted(keys):
            pad = "\0" * (longest - len(key) - len(str(offset)))
            f.write(f"{key}\0{offset}\0{pad}\n")


def cache(src):
    for name, by_id in ("passwd", "ixuid"), ("group", "ixgid"):
        offset, names, ids = 0, [], []
        with open(f"/etc/{name}.cache", "w") as f:
            for line in lines(f"{src}/{name}"):
                field = line.split(":")
                names.append((field[0], offset))
                ids.append((field[2], offset))
                f.write(line + "\n")
                offset += len(line) + 1
        cache_index(f"/etc/{name}.cache.ixname", names)
        cache_index(f"/etc/{name}.cache.{by_id}", ids)


def systemd(src):
    os.makedirs("/etc/userdb", exist_ok=True)
    for line in lines(f"{src}/passwd"):
        f = line.split(":")
        record = {"userName": f[0], "uid": int(f[2]), "gid": int(f[3]), "realName": f[4],
                  "homeDirectory": f[5].replace("/./", "/"), "shell": f[6], "disposition": "regular"}
        path = f"/etc/userdb/{f[0]}.user"
        with open(path, "w") as out:
            json.dump(record, out)
        os.symlink(path, f"/etc/userdb/{f[2]}.user")


for peer in sys.argv[2:]:
    globals()[peer](sys.argv[1])
