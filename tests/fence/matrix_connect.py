# SPDX-License-Identifier: LGPL-2.1-or-later
"""connect() and datagrams: own source address, private loopback, the host shut."""
import json
import socket
import subprocess

from rig import (
    CLIENT4, CLIENT6, ClientService, HOST4, HOST6, Service, ask_tcp, ask_udp, bound,
    client, inside, new, tcp_service, udp_service)

DGRAM = socket.SOCK_DGRAM


def outward(t, a, b):
    for word, ask, says in (("tcp", ask_tcp, "client %s %s"),
                            ("udp", ask_udp, "client %s from %s"),
                            ("connected udp", lambda *x: ask_udp(*x, connect=True),
                             "client %s from %s")):
        serve = "serve_tcp" if word == "tcp" else "serve_udp"
        with ClientService(serve, CLIENT4, 99), ClientService(serve, CLIENT6, 99):
            def case(name, server, address, source, wanted):
                t.equal("%s out: %s" % (word, name),
                        inside(server, lambda: ask(address, 99, source)), wanted)

            case("from a's address", a, CLIENT4, None, says % ("10.77.0.1", CLIENT4))
            case("from b's", b, CLIENT4, None, says % ("10.77.0.2", CLIENT4))
            case("from its second, when bound", a, CLIENT4, "10.77.1.1",
                 says % ("10.77.1.1", CLIENT4))
            case("from all", a, CLIENT4, "0.0.0.0", says % ("10.77.0.1", CLIENT4))
            case("not from loopback", a, CLIENT4, "127.0.0.1", "EINVAL")
            case("IPv6", a, CLIENT6, None, says % ("fd77::1", CLIENT6))
            case("IPv4 within IPv6", a, "::ffff:" + CLIENT4, None,
                 says % ("10.77.0.1", CLIENT4 if word == "tcp" else "::ffff:" + CLIENT4))
            # bind() to all cannot know which family will be wanted.
            case("IPv6, bound to all", a, CLIENT6, "::",
                 {"tcp": "EAFNOSUPPORT", "connected udp": "EADDRNOTAVAIL"}.get(
                     word, says % ("fd77::1", CLIENT6)))
            case("IPv4 within IPv6, bound to all", a, "::ffff:" + CLIENT4, "::",
                 {"tcp": "client 10.77.0.1 " + CLIENT4, "connected udp": "EADDRNOTAVAIL"}.get(
                     word, says % ("10.77.0.1", "::ffff:" + CLIENT4)))


def loopback(t, a, b):
    for kind, serve, ask in (("tcp", tcp_service, ask_tcp), ("udp", udp_service, ask_udp)):
        tail = "%s %s" if kind == "tcp" else "%s from %s"

        def is_private(name, address, shown):
            t.equal("%s loopback: %s" % (kind, name),
                    inside(a, lambda: ask(address, 3306)), "private " + tail % (shown, shown))

        with Service(a, serve("private", "127.0.0.1", 3306)) as s:
            t.equal("%s loopback: shown as asked" % kind, s.said, ["127.0.0.1", 3306])
            is_private("its own", "127.0.0.1", "127.0.0.1")
            is_private("by another of 127/8", "127.1.2.3", "127.0.0.1")
            is_private("by 0.0.0.0", "0.0.0.0", "127.0.0.1")
            if kind == "tcp":
                t.equal("tcp loopback: IPv4 within IPv6",
                        inside(a, lambda: ask("::ffff:127.0.0.1", 3306))[:7], "private")
                t.equal("tcp loopback: of ::1, which nobody listens on",
                        inside(a, lambda: ask("::1", 3306)), "ECONNREFUSED")
            for name, who, address in (
                    ("not the other's", b, "127.0.0.1"),
                    ("nor by its true name", b, "127.64.0.1"),
                    ("not on a's address", b, "10.77.0.1")):
                seen = inside(who, lambda: ask(address, 3306))
                t.result(seen in ("ECONNREFUSED", "timeout", "EPERM"),
                         "%s loopback: %s" % (kind, name), seen)
            seen = client("ask_" + kind, "10.77.0.1", 3306)
            t.result(seen in ("ECONNREFUSED", "timeout"), "%s loopback: not outside" % kind, seen)
            seen = inside(None, lambda: ask("127.0.0.1", 3306))
            t.result(seen in ("ECONNREFUSED", "timeout"), "%s loopback: not the host's" % kind, seen)
            seen = inside(None, lambda: ask("127.64.0.1", 3306))
            t.result(seen in ("ECONNREFUSED", "timeout"),
                     "%s loopback: the host does not happen upon it" % kind, seen)
            with Service(b, serve("other", "127.0.0.1", 3306)) as s:
                t.equal("%s loopback: the same port in b" % kind, s.said, ["127.0.0.1", 3306])
                t.equal("%s loopback: each its own" % kind,
                        inside(b, lambda: ask("127.0.0.1", 3306))[:5], "other")
        with Service(a, serve("six", "::1", 3306)) as s:
            t.equal("%s ::1: shown as asked" % kind, s.said, ["::1", 3306])
            t.equal("%s ::1: its own" % kind, inside(a, lambda: ask("::1", 3306)),
                    "six " + tail % ("::1", "::1"))
            with Service(a, serve("private", "127.0.0.1", 3306)) as s:
                t.equal("%s ::1: beside 127.0.0.1" % kind, s.said, ["127.0.0.1", 3306])
            for name, who, address in (("not the other's", b, "::1"),
                                       ("nor by its true name", b, "fd56:5344:7f40::1")):
                seen = inside(who, lambda: ask(address, 3306))
                t.result(seen in ("ECONNREFUSED", "timeout", "EPERM", "EADDRNOTAVAIL"),
                         "%s ::1: %s" % (kind, name), seen)
            seen = client("ask_" + kind, "fd56:5344:7f40::1", 3306)
            t.result(seen in ("ECONNREFUSED", "timeout", "ENETUNREACH"), "%s ::1: not outside" % kind, seen)


def fallback(t, a):
    """Who listens on all addresses answers on loopback."""
    with Service(a, tcp_service("all", "0.0.0.0", 8081)):
        t.equal("tcp on all: by 127.0.0.1", inside(a, lambda: ask_tcp("127.0.0.1", 8081)),
                "all 10.77.0.1 10.77.0.1")
        t.equal("tcp on all: by ::1, the IPv4 one", inside(a, lambda: ask_tcp("::1", 8081))[:3],
                "ECO")
    with Service(a, udp_service("all", "0.0.0.0", 8081)):
        t.equal("udp on all: by 127.0.0.1", inside(a, lambda: ask_udp("127.0.0.1", 8081))[:3], "all")
        t.equal("udp on all: by 127.0.0.1, connected",
                inside(a, lambda: ask_udp("127.0.0.1", 8081, connect=True))[:3], "all")
    with Service(a, udp_service("all", "::", 8081, only6=1)):
        t.equal("udp on all of IPv6: by ::1", inside(a, lambda: ask_udp("::1", 8081))[:3], "all")
        t.equal("udp on all of IPv6: outside", client("ask_udp", "fd77::1", 8081),
                "all fd88::2 from fd77::1")
    with Service(a, udp_service("all", "::", 8081)):
        t.equal("udp on all of both: IPv4", client("ask_udp", "10.77.0.1", 8081),
                "all ::ffff:10.88.0.2 from 10.77.0.1")


def between(t, a, b):
    for kind, serve, ask in (("tcp", tcp_service, ask_tcp), ("udp", udp_service, ask_udp)):
        with Service(b, serve("b", "0.0.0.0", 8081)), Service(b, serve("b6", "::", 8081, 1)):
            t.equal("%s a to b" % kind, inside(a, lambda: ask("10.77.0.2", 8081))[:11], "b 10.77.0.1")
            t.equal("%s a to b, IPv6" % kind, inside(a, lambda: ask("fd77::2", 8081))[:10], "b6 fd77::1")


def hosts_wild(t, a, b, kind, serve, ask):
    """A daemon of the host's on all addresses is on the servers' too."""
    no = "ECONNREFUSED" if kind == "tcp" else "EPERM"
    with Service(None, serve("host", "::", 99)), Service(None, serve("host", "::", 2525)), \
            Service(None, serve("host", "::", 22)):
        for address in ("127.0.0.1", "::1", "10.77.0.1", "10.77.1.1", "10.77.0.2", "fd77::1",
                        "fd77::2", "::ffff:127.0.0.1", "::ffff:10.77.0.2"):
            t.equal("%s to a host's daemon on all addresses, by %s: refused" % (kind, address),
                    inside(a, lambda: ask(address, 99)), no)
        for address in ("127.0.0.1", "10.77.0.2", "fd77::1"):
            t.equal("%s to one, by %s: but reach_host" % (kind, address),
                    inside(a, lambda: ask(address, 2525))[:5], "host ")
            t.equal("%s to one, by %s: and host_ports" % (kind, address),
                    inside(a, lambda: ask(address, 22))[:5], "host ")
    # Where the kernel chooses ports itself, a client that waits for an answer is to be told apart.
    with Service(None, serve("host", "::", 40000)):
        for address in ("10.77.0.1", "10.77.0.2", "fd77::1"):
            t.equal("%s to a host's daemon at port 40000 by %s: refused" % (kind, address),
                    inside(a, lambda: ask(address, 40000)), no)
        t.equal("%s: where the host itself is heard" % kind,
                inside(None, lambda: ask("10.77.0.1", 40000))[:5], "host ")
    with Service(None, serve("host", "10.77.0.1", 99)):
        t.equal("%s to what the host has put on the server's address" % kind,
                inside(a, lambda: ask("127.0.0.1", 99))[:5], "host ")
    if kind == "udp":
        return
    # Where connect() cannot see who will answer, the packet's program does.
    with Service(None, serve("host", "0.0.0.0", 80)):
        t.equal("tcp to one where a redirect leads to nobody: refused",
                inside(a, lambda: ask("127.0.0.1", 80)), "ECONNREFUSED")
    with Service(None, serve("host", "0.0.0.0", 80)), Service(a, serve("a", "0.0.0.0", 8080), 0), \
            Service(b, serve("b", "0.0.0.0", 8080), 0):
        for address in ("127.0.0.1", "10.77.0.2"):
            seen = inside(a, lambda: ask(address, 80))
            t.result(seen in ("EPERM", "timeout"), "tcp to one, by %s, at a port that a redirect "
                     "may send on: refused" % address, seen)

    def unbound(say):
        s = socket.socket()
        s.listen(8)
        say(s.getsockname()[1])
        while True:
            s.accept()[0].sendall(b"unbound")

    with Service(a, unbound) as s:
        t.equal("tcp to its own listener that was never bound",
                inside(a, lambda: ask("127.0.0.1", s.said)), "unbound")


def answers(t, a, b):
    """A socket of the host's that is connected to nobody hears whom it has asked, and nobody else."""

    def run(say):
        s = socket.socket(socket.AF_INET, DGRAM)
        s.bind(("0.0.0.0", 40001))
        s.sendto(b"?", ("10.77.0.1", 8081))
        say("asked")
        while True:
            say(s.recvfrom(100)[0].decode())

    def send(source, port, word):
        s = bound(source, port, DGRAM)
        s.sendto(word, ("10.77.0.1", 40001))

    with Service(None, run) as s:
        t.equal("answers: nobody was there to be asked",
                inside(a, lambda: send("10.77.0.1", 8081, b"early")), "EPERM")
    with Service(a, udp_service("a", "10.77.0.1", 8081)), Service(None, run) as s:
        t.equal("answers: from the port that was asked", json.loads(s.pipe.readline()), "a 10.77.0.1")
        for name, who, source, port in (("another port", a, "10.77.0.1", 8082),
                                        ("its other address", a, "10.77.1.1", 8081),
                                        ("another server", b, "10.77.0.2", 8081)):
            t.equal("answers: not from %s" % name, inside(who, lambda: send(source, port, b"x")), "EPERM")


def host(t, a, b):
    for kind, serve, ask in (("tcp", tcp_service, ask_tcp), ("udp", udp_service, ask_udp)):
        for address in (HOST4, HOST6):
            with Service(None, serve("host", address, 99)), \
                    Service(None, serve("host", address, 2525)):
                seen = inside(a, lambda: ask(address, 99))
                t.result(seen in ("ECONNREFUSED", "EPERM", "timeout"),
                         "%s to the host's %s: refused" % (kind, address), seen)
                t.equal("%s to the host's %s: but reach_host" % (kind, address),
                        inside(a, lambda: ask(address, 2525))[:6], "host 1" if "." in address else "host f")
        with Service(None, serve("host", "127.0.0.1", 99)):
            for address in ("127.0.0.1", "::ffff:127.0.0.1", "0.0.0.0"):
                seen = inside(a, lambda: ask(address, 99))
                t.result(seen in ("ECONNREFUSED", "EPERM", "timeout"),
                         "%s to the host's loopback by %s: refused" % (kind, address), seen)
        hosts_wild(t, a, b, kind, serve, ask)
    # Addresses of the host's that no list holds.
    link = next(l.split()[3].split("/")[0] for l in subprocess.run(
        ("ip", "-o", "-6", "addr", "show", "dev", "veth0", "scope", "link"),
        capture_output=True, text=True).stdout.splitlines())
    with Service(None, tcp_service("host", "::", 99)), Service(None, udp_service("host", "::", 99)):
        for kind in (socket.SOCK_STREAM, DGRAM):
            def attempt():
                s = new(link, kind)
                s.connect((link, 99, 0, socket.if_nametoindex("veth0")))
                s.send(b"?")
                return s.recv(100).decode()

            seen = inside(a, attempt)
            t.result(seen in ("ECONNREFUSED", "EPERM", "EADDRNOTAVAIL", "EINVAL", "timeout"),
                     "to the host's link-local address: refused", seen)
            t.equal("where the host itself is heard", inside(None, attempt)[:4], "host")
    # What the host asks, a server may answer.
    with Service(a, tcp_service("a", "0.0.0.0", 8081)), Service(a, udp_service("a", "0.0.0.0", 8081)):
        for source in (None, HOST4):
            t.equal("the host to a, tcp, from %s" % source,
                    inside(None, lambda: ask_tcp("10.77.0.1", 8081, source))[:2], "a ")
            for connect in True, False:
                t.equal("the host to a, udp, %sconnected, from %s" % ("" if connect else "not ", source),
                        inside(None, lambda: ask_udp("10.77.0.1", 8081, source, connect))[:2], "a ")
    answers(t, a, b)


def again(t, a):
    """A datagram socket with a past."""

    def sent_before():
        s = new(CLIENT4, DGRAM)
        s.sendto(b"?", (CLIENT4, 99))
        s.connect((CLIENT4, 99))
        s.send(b"?")
        return s.getsockname()[0]

    def connected_again():
        s = new(CLIENT4, DGRAM)
        s.connect((CLIENT4, 99))
        s.connect(("127.0.0.1", 99))
        s.connect((CLIENT4, 99))
        s.send(b"?")
        return s.recvfrom(100)[0].decode()

    with ClientService("serve_udp", CLIENT4, 99):
        seen = inside(a, sent_before)
        t.result(seen in ("10.77.0.1", "EADDRNOTAVAIL"), "udp: sent, then connected", seen)
        t.equal("udp: connected again and again", inside(a, connected_again), "client 10.77.0.1")


def run(t, a, b):
    outward(t, a, b)
    loopback(t, a, b)
    fallback(t, a)
    between(t, a, b)
    host(t, a, b)
    again(t, a)
