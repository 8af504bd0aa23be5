# SPDX-License-Identifier: LGPL-2.1-or-later
"""Each program taken away alone: the status names it, and what it stopped or showed
is otherwise; or which other program stops it as well."""
import json
import os
import socket
import struct
import time

from rig import (
    CLIENT4, CLIENT6, ClientService, HOST4, HOST6, Service, answer, ask_from, bound,
    client, inside, new, rig, tcp_service)

STREAM, DGRAM = socket.SOCK_STREAM, socket.SOCK_DGRAM
IP, IPV6, SOL = socket.IPPROTO_IP, socket.IPPROTO_IPV6, socket.SOL_SOCKET
TARGET = 40080 # among the ports that the kernel chooses from
CONF = "redirect = 80:%d" % TARGET, "reach_host = 2525"
PINS = "/sys/fs/bpf/vsd/link/"


def within(fn, *args):
    return lambda a, b: inside(a, lambda: fn(*args))


# ---- attempts: what an ordinary user of server a sees ----

def mptcp():
    socket.socket(socket.AF_INET, STREAM, 262).close()


def take(address):
    return bound(address, 8081).getsockname()[:2]


def of_host(address):
    """A daemon of the host's on an address of its own."""
    def ask():
        s = new(address)
        s.settimeout(0.4)
        s.connect((address, 7000))
        return s.recv(200).decode()

    def attempt(a, b):
        with Service(None, tcp_service("host", address, 7000)):
            return inside(a, ask)
    return attempt


def spoof(address, to):
    """A datagram with another server's address in IP_PKTINFO, and its answer."""
    def attempt(a, b):
        with ClientService("serve_udp", to, 99):
            return inside(a, lambda: ask_from(address, to, 0.5))
    return attempt


def target_by_range():
    """The port that port 80 leads to, by an ordinary user and without bind()."""
    s = socket.socket()
    s.setsockopt(IP, 51, struct.pack("I", TARGET << 16 | TARGET)) # IP_LOCAL_PORT_RANGE
    s.listen(1)
    return s.getsockname()[1]


def ping_from(address):
    s = socket.socket(socket.AF_INET, DGRAM, socket.IPPROTO_ICMP)
    s.settimeout(0.5)
    s.bind((address, 0))
    s.sendto(b"\x08\0\0\0\0\0\0\1" + b"x" * 8, (CLIENT4, 0))
    return s.recvfrom(100)[1][0]


def overhear(a, b):
    """What is sent to the host, at a port that the kernel chose."""
    def run(say):
        s = socket.socket(socket.AF_INET, DGRAM)
        s.sendto(b"?", (CLIENT4, 9)) # autobind
        say(s.getsockname()[1])
        s.settimeout(0.3)
        say(answer(lambda: s.recvfrom(9)[0].decode()))

    with Service(a, run) as s:
        client("send_udp", HOST4, s.said, "host's")
        return json.loads(s.pipe.readline())


def at_second(a, b):
    with Service(a, tcp_service("a", "0.0.0.0", 8082)):
        return client("ask_tcp", "10.77.1.1", 8082)[:2]


def own_name(address):
    return bound(address).getsockname()[0]


def peer_name(address):
    s, c = bound(address), new(address)
    s.listen(1)
    c.connect(s.getsockname()[:2])
    return c.getpeername()[0]


def sender_name(address):
    s = bound(address, 0, DGRAM)
    new(address, DGRAM).sendto(b"?", s.getsockname()[:2])
    return s.recvfrom(9)[1][0]


def abstract(kind):
    """The host's, by a name that lies in no folder."""
    def to():
        s = socket.socket(socket.AF_UNIX, kind)
        return s.connect("\0vsd-without") if kind == STREAM else s.sendto(b"?", "\0vsd-without")

    def attempt(a, b):
        with socket.socket(socket.AF_UNIX, kind) as s:
            s.bind("\0vsd-without")
            if kind == STREAM:
                s.listen(1)
            return inside(a, to)
    return attempt


# program: attempt, what is seen with it, without it; of one that others stand behind,
# also what is seen without those.
PACKETS = "skb_egress", "skb_ingress"
LOOP4, LOOP6 = "127.64.0.1", "fd56:5344:7f40::1"
TABLE = {
    "sock_create": (within(mptcp), "EPROTONOSUPPORT", None),
    "bind4": (within(take, HOST4), "EADDRNOTAVAIL", [HOST4, 8081]),
    "bind6": (within(take, HOST6), "EADDRNOTAVAIL", [HOST6, 8081]),
    "connect4": (of_host(HOST4), "ECONNREFUSED", "timeout",
                 "host 10.88.0.1 10.88.0.1", PACKETS),
    "connect6": (of_host(HOST6), "ECONNREFUSED", "timeout",
                 "host fd88::1 fd88::1", PACKETS),
    "sendmsg4": (spoof("10.77.0.2", CLIENT4), "client 10.77.0.1", "EPERM",
                 "client 10.77.0.2", PACKETS),
    "sendmsg6": (spoof("fd77::2", CLIENT6), "client fd77::1", "EPERM",
                 "client fd77::2", PACKETS),
    "recvmsg4": (within(sender_name, "127.0.0.1"), "127.0.0.1", LOOP4),
    "recvmsg6": (within(sender_name, "::1"), "::1", LOOP6),
    "getsockname4": (within(own_name, "127.0.0.1"), "127.0.0.1", LOOP4),
    "getsockname6": (within(own_name, "::1"), "::1", LOOP6),
    "getpeername4": (within(peer_name, "127.0.0.1"), "127.0.0.1", LOOP4),
    "getpeername6": (within(peer_name, "::1"), "::1", LOOP6),
    "setsockopt": (within(target_by_range), "EPERM", TARGET),
    "skb_egress": (within(ping_from, "10.77.0.2"), "EPERM", CLIENT4),
    "skb_ingress": (overhear, "timeout", "host's"),
    "sock_ops": (at_second, "a ", "EC"),
    "lookup": (at_second, "a ", "EC"),
    "connect_unix": (abstract(STREAM), "ECONNREFUSED", None),
    "sendmsg_unix": (abstract(DGRAM), "ECONNREFUSED", 1),
}


def missing():
    return [l.split(":")[0] for l in rig("status", fails=True).splitlines() if ": missing" in l]


def becomes(attempt, wanted):
    """The kernel detaches when it has time."""
    seen = None
    for _ in range(40):
        seen = attempt()
        if seen == wanted:
            break
        time.sleep(0.05)
    return seen


def without(t, a, b, name, attempt, with_it, alone, both=None, behind=()):
    t.equal("with %s" % name, attempt(a, b), with_it)
    os.unlink(PINS + name)
    t.equal("without %s: it is named, alone" % name, missing(), [name])
    t.equal("without %s: seen" % name, becomes(lambda: attempt(a, b), alone), alone)
    for other in behind:
        os.unlink(PINS + other)
    if behind:
        t.equal("nor %s, which stand behind it: it passes" % " and ".join(behind),
                becomes(lambda: attempt(a, b), both), both)
    rig("load", *CONF)


def run(t, a, b):
    rig("load", *CONF)
    known = [l.split(":")[0] for l in rig("status").splitlines() if ": in force" in l]
    t.equal("every program has its line", sorted(set(known) - set(TABLE)), [])
    for name, row in TABLE.items():
        if name in known:
            without(t, a, b, name, *row)
    t.result("in force" in rig("status"), "all are back")
