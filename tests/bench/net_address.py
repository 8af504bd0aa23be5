# SPDX-License-Identifier: LGPL-2.1-or-later
"""1000 addresses on an interface: vsalias beside `ip -batch`, beside the kernel alone
(messages made before the clock runs, in batches as alias_nl.c's) and beside AnyIP, one
route for all of them."""
import os
import socket
import struct
import subprocess
import time

TOP = os.environ["LAB_TOP"]
RIG = f"{TOP}/build/tests/fence/fence_rig"
BATCH = 256
FAMILIES = {
    "IPv4": ([f"10.{60 + i // 250}.{i // 25 % 10}.{i % 250 + 1}" for i in range(1000)],
             socket.AF_INET, 32, "", "10.72.0.0/22"),
    "IPv6": ([f"fd60::{i + 1:x}" for i in range(1000)], socket.AF_INET6, 128, "nodad",
             "fd62::/118"),
}
GOAL = "<= 50"


def attribute(kind, data):
    return struct.pack("HH", 4 + len(data), kind) + data


def message(number, family, length, index, address, ask):
    """RTM_NEWADDR; of IPv6 with IFA_F_NODAD and IFA_F_NOPREFIXROUTE."""
    packed = socket.inet_pton(family, address)
    body = struct.pack("BBBBI", family, length, 0, 0, index)
    body += attribute(2, packed) + attribute(1, packed)
    if family == socket.AF_INET6:
        body += attribute(8, struct.pack("I", 0x202))
    flags = 1 | 0x400 | 0x200 | (4 if ask else 0) # REQUEST, CREATE, EXCL, ACK
    return struct.pack("IHHII", 16 + len(body), 20, flags, number, 0) + body


def kernel_alone(many, family, length):
    """In ms; as many sends as vsalias makes, each answered once."""
    index = socket.if_nametoindex("vsd0")
    batches = [b"".join(message(i + 1, family, length, index, a, a is part[-1])
                        for i, a in enumerate(part))
               for part in (many[i:i + BATCH] for i in range(0, len(many), BATCH))]
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as s:
        start = time.monotonic()
        for b in batches:
            s.send(b)
            error = struct.unpack_from("i", s.recv(65536), 16)[0]
            if error:
                raise OSError(-error, os.strerror(-error))
        return (time.monotonic() - start) * 1000


def timed(*argv, text=None):
    start = time.monotonic()
    subprocess.run(argv, check=True, text=True, input=text)
    return (time.monotonic() - start) * 1000


def batch(word, many, rest=""):
    return "".join(f"addr {word} {a}{rest}\n" for a in many)


def measure(keep, add):
    """keep(what, the rig's words), add(what, ms)"""
    for word, (many, family, length, nodad, net) in FAMILIES.items():
        def clean():
            subprocess.run(("ip", "-batch", "-"), check=True, text=True,
                           input=batch("del", many, f"/{length} dev vsd0"))

        what = f"1000 addresses of {word}, "
        keep(what + "vsalias", subprocess.run((RIG, "aliases", *many), check=True, text=True,
                                              stdout=subprocess.PIPE).stdout)
        clean()
        add(what + "ip -batch", timed("ip", "-batch", "-",
                                      text=batch("add", many, f" dev vsd0 {nodad}")))
        clean()
        add(what + "the kernel alone (floor)", kernel_alone(many, family, length))
        clean()
        # With the tool's own start.
        add(what + "vsalias --anyip", timed(f"{TOP}/build/vsalias", "--up", "--anyip", net))
        timed(f"{TOP}/build/vsalias", "--down", "--anyip", net)
