# SPDX-License-Identifier: LGPL-2.1-or-later
"""Ways around bind() and connect(): options, families, packets, hand-me-downs."""
import array
import os
import socket
import struct

from rig import (
    CLIENT4, CLIENT6, ClientService, HOST4, Service, answer, ask_from, client,
    family_of, inside, rig)

STREAM, DGRAM = socket.SOCK_STREAM, socket.SOCK_DGRAM
IP, IPV6, SOL = socket.IPPROTO_IP, socket.IPPROTO_IPV6, socket.SOL_SOCKET
ONE = struct.pack("i", 1)
GROUP4 = socket.inet_aton("224.0.0.251") + socket.inet_aton("0.0.0.0")
GROUP6 = socket.inet_pton(socket.AF_INET6, "ff02::fb") + struct.pack("i", 0)


def kinds(t, a):
    inet = (socket.AF_INET, socket.AF_INET6)

    def case(name, family, kind, protocol, *wanted):
        seen = inside(a, lambda: socket.socket(family, kind, protocol).close(), 0)
        t.result(seen in wanted, "socket: " + name, seen)

    for f in inet:
        case("TCP", f, STREAM, 0, None)
        case("UDP", f, DGRAM, 0, None)
        case("MPTCP: refused", f, STREAM, 262, "EPROTONOSUPPORT")
        case("SCTP: refused", f, STREAM, 132, "EPROTONOSUPPORT")
        case("SCTP, many to one: refused", f, socket.SOCK_SEQPACKET, 132, "EPROTONOSUPPORT",
             "ESOCKTNOSUPPORT")
        case("DCCP: refused", f, 6, 33, "EPROTONOSUPPORT", "ESOCKTNOSUPPORT")
        case("UDP-Lite: refused", f, DGRAM, 136, "EPROTONOSUPPORT")
        case("L2TP: refused", f, DGRAM, 115, "EPROTONOSUPPORT")
        case("raw: refused", f, socket.SOCK_RAW, 1, "EPERM", "EPROTONOSUPPORT")
        case("raw TCP: refused", f, socket.SOCK_RAW, 6, "EPERM", "EPROTONOSUPPORT")
    case("packets: refused", socket.AF_PACKET, socket.SOCK_RAW, 0, "EPERM")
    case("ping", socket.AF_INET, DGRAM, socket.IPPROTO_ICMP, None)
    case("ping, IPv6", socket.AF_INET6, DGRAM, socket.IPPROTO_ICMPV6, None)
    seen = inside(a, lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 6).close(), "root")
    t.equal("socket: raw, as root with every power: refused", seen, "EPROTONOSUPPORT")


def options(t, a):
    def case(name, family, level, option, value, wanted="EPERM"):
        def attempt():
            s = socket.socket(family, STREAM if level != IP or option == 15 else DGRAM)
            s.setsockopt(level, option, value)

        # As root: the answer is then the fence's and not a missing power's.
        t.equal("option: " + name, inside(a, attempt, "root"), wanted)

    for f, word in ((socket.AF_INET, "IPv4"), (socket.AF_INET6, "IPv6")):
        case("SO_BINDTODEVICE, " + word, f, SOL, 25, b"lo\0")
        case("SO_BINDTOIFINDEX, " + word, f, SOL, 62, ONE)
        case("SO_MARK, " + word, f, SOL, 36, ONE)
        case("IP_FREEBIND, " + word, f, IP, 15, ONE)
        case("IP_TRANSPARENT, " + word, f, IP, 19, ONE)
        case("IP_LOCAL_PORT_RANGE, " + word, f, IP, 51, struct.pack("I", 8443 << 16 | 8443))
        case("IP_ADD_MEMBERSHIP, " + word, f, IP, 35, GROUP4)
        case("IP_MULTICAST_IF, " + word, f, IP, 32, socket.inet_aton(HOST4))
        case("IP_OPTIONS, " + word, f, IP, 4, b"\x83\x07\x04\x0a\x58\x00\x02\x00")
        case("SO_REUSEADDR stays, " + word, f, SOL, socket.SO_REUSEADDR, ONE, None)
        case("TCP_NODELAY stays, " + word, f, socket.IPPROTO_TCP, 1, ONE, None)
    six = socket.AF_INET6
    case("IPV6_FREEBIND", six, IPV6, 78, ONE)
    case("IPV6_TRANSPARENT", six, IPV6, 75, ONE)
    case("IPV6_ADD_MEMBERSHIP", six, IPV6, 20, GROUP6)
    case("IPV6_JOIN_ANYCAST", six, IPV6, 27, GROUP6)
    case("IPV6_ADDRFORM", six, IPV6, 1, struct.pack("i", socket.AF_INET))
    case("IPV6_RTHDR", six, IPV6, 57, b"\0" * 8)
    case("IPV6_V6ONLY stays", six, IPV6, 26, ONE, None)
    case("more than a page", socket.AF_INET, SOL, 26, b"\x06\0\0\0\0\0\0\0" * 1000, "EINVAL")


def unbound(t, a):
    """listen() without bind(): the kernel's choice of port, on all addresses."""

    def run(say):
        s = socket.socket()
        s.listen(8)
        say(s.getsockname())
        while True:
            s.accept()[0].sendall(b"unbound")

    with Service(a, run) as s:
        port = s.said[1]
        t.equal("listen without bind: on all", s.said[0], "0.0.0.0")
        for address in (HOST4, "10.77.0.2"):
            seen = client("ask_tcp", address, port)
            t.equal("listen without bind: nothing to hear on %s" % address, seen, "timeout")
        t.equal("listen without bind: its own address alone", client("ask_tcp", "10.77.0.1", port),
                "unbound")

    def reached(say):
        s = socket.socket(socket.AF_INET, DGRAM)
        s.sendto(b"?", (CLIENT4, 9)) # autobind
        port = s.getsockname()[1]
        s.settimeout(5)
        say(port)
        while True:
            text, _ = s.recvfrom(100)
            say(text.decode())

    with Service(a, reached) as s:
        for address, word in ((HOST4, "host's"), ("10.77.0.2", "other's"), ("10.77.0.1", "own")):
            client("send_udp", address, s.said, word)
        t.equal("autobind: hears its own address alone", s.pipe.readline().strip(), '"own"')


def pktinfo(t, a):
    def from_address(address, to):
        return lambda: ask_from(address, to, 1.5)

    def connected(address):
        def attempt():
            s = socket.socket(socket.AF_INET, DGRAM)
            s.settimeout(1.5)
            s.connect((CLIENT4, 99))
            data = struct.pack("i4s4s", 0, socket.inet_aton(address), b"\0" * 4)
            s.sendmsg([b"?"], [(IP, 8, data)])
            return s.recvfrom(100)[0].decode()
        return attempt

    with ClientService("serve_udp", CLIENT4, 99), ClientService("serve_udp", CLIENT6, 99):
        t.equal("IP_PKTINFO: its second address", inside(a, from_address("10.77.1.1", CLIENT4)),
                "client 10.77.1.1")
        t.equal("IP_PKTINFO: the other's becomes its own",
                inside(a, from_address("10.77.0.2", CLIENT4)), "client 10.77.0.1")
        t.equal("IP_PKTINFO: the host's becomes its own", inside(a, from_address(HOST4, CLIENT4)),
                "client 10.77.0.1")
        t.equal("IP_PKTINFO, connected: the other's becomes its own",
                inside(a, connected("10.77.0.2")), "client 10.77.0.1")
        t.equal("IPV6_PKTINFO: the other's becomes its own",
                inside(a, from_address("fd77::2", CLIENT6)), "client fd77::1")


def groups(t, a):
    def send(to):
        return lambda: socket.socket(family_of(to), DGRAM).sendto(b"?", (to, 99))

    def broadcast(to, kind=0):
        def attempt():
            s = socket.socket(socket.AF_INET, DGRAM, kind)
            s.setsockopt(SOL, socket.SO_BROADCAST, 1)
            return s.sendto(b"\x08\0\0\0\0\0\0\1", (to, 99))
        return attempt

    t.equal("multicast: refused", inside(a, send("224.0.0.251")), "ENETUNREACH")
    t.equal("multicast, IPv6: refused", inside(a, send("ff02::1")), "ENETUNREACH")
    t.equal("broadcast: refused", inside(a, broadcast("255.255.255.255")), "ENETUNREACH")
    t.equal("broadcast of a subnet of the host's: refused", inside(a, broadcast("10.88.0.255")),
            "EACCES")
    t.equal("broadcast by a ping socket: refused",
            inside(a, broadcast("10.88.0.255", socket.IPPROTO_ICMP)), "EACCES")
    t.equal("the host itself may", inside(None, broadcast("10.88.0.255")), 8)


def fastopen(t, a, b):
    def attempt():
        s = socket.socket()
        s.sendto(b"?", 0x20000000, (CLIENT4, 99)) # MSG_FASTOPEN
        return s.recv(100).decode()

    with ClientService("serve_tcp", CLIENT4, 99):
        t.equal("fast open: from its own address", inside(a, attempt), "client 10.77.0.1 " + CLIENT4)


def ping(t, a):
    def echo(to, source=None, info=None):
        def attempt():
            s = socket.socket(socket.AF_INET, DGRAM, socket.IPPROTO_ICMP)
            s.settimeout(1.5)
            if source:
                s.bind((source, 0))
            more = [(IP, 8, struct.pack("i4s4s", 0, socket.inet_aton(info), b"\0" * 4))] if info else []
            s.sendmsg([b"\x08\0\0\0\0\0\0\1" + b"x" * 8], more, 0, (to, 0))
            return s.recvfrom(100)[1][0]
        return attempt

    t.equal("ping: outside", inside(a, echo(CLIENT4)), CLIENT4)
    t.equal("ping: outside, from its own", inside(a, echo(CLIENT4, "10.77.0.1")), CLIENT4)
    t.equal("ping: 127.0.0.1", inside(a, echo("127.0.0.1")), "127.0.0.1")
    # A ping socket's bind() meets no hook; its packets do.
    t.equal("ping: from the other's, refused", inside(a, echo(CLIENT4, "10.77.0.2")), "EPERM")
    t.equal("ping: from the other's by IP_PKTINFO, refused",
            inside(a, echo(CLIENT4, None, "10.77.0.2")), "EPERM")


def unix_sockets(t, a, b):
    def abstract(kind):
        def run(say):
            s = socket.socket(socket.AF_UNIX, kind)
            s.bind("\0vsd-test")
            if kind == STREAM:
                s.listen(1)
            say("up")
            s.recv(10) if kind == DGRAM else s.accept()
        return run

    def to(name, kind):
        def attempt():
            s = socket.socket(socket.AF_UNIX, kind)
            if kind == STREAM:
                s.connect(name)
            else:
                s.sendto(b"?", name)
        return attempt

    if "connect_unix: in force" not in rig("status"):
        t.result(True, "abstract sockets # SKIP no such hook in this kernel")
        return
    for kind, word in ((STREAM, "stream"), (DGRAM, "datagram")):
        for who, name in ((None, "the host's"), (b, "the other's")):
            with Service(who, abstract(kind)):
                t.equal("abstract %s socket: %s, refused" % (word, name),
                        inside(a, to("\0vsd-test", kind)), "ECONNREFUSED")
    path = "/tmp/fence-socket"
    with socket.socket(socket.AF_UNIX, STREAM) as s:
        s.bind(path)
        os.chmod(path, 0o777)
        s.listen(1)
        t.equal("a unix socket by path stays", inside(a, to(path, STREAM)), None)


def handed_in(t, a):
    """A socket of the host's, passed in: the host's program hooks decide, so no
    daemon of the host may pass one; by an abstract socket none can (unix_sockets).
    The other way, a server's socket keeps its fence in whatever hands."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, STREAM)

    def take():
        _, more, _, _ = theirs.recvmsg(1, socket.CMSG_SPACE(4))
        s = socket.socket(fileno=array.array("i", more[0][2])[0])
        s.bind((HOST4, 8081))
        return s.getsockname()

    with socket.socket() as s:
        ours.sendmsg([b"x"], [(SOL, socket.SCM_RIGHTS, array.array("i", [s.fileno()]))])
        t.equal("the host's socket stays the host's, in a server's hands: none may be handed in",
                inside(a, take), [HOST4, 8081])

    def give():
        s = socket.socket()
        theirs.sendmsg([b"x"], [(SOL, socket.SCM_RIGHTS, array.array("i", [s.fileno()]))])

    inside(a, give)
    _, more, _, _ = ours.recvmsg(1, socket.CMSG_SPACE(4))
    fd = array.array("i", more[0][2])[0]
    s = socket.socket(fileno=fd)
    t.equal("a server's socket, in the host's hands, binds nothing",
            answer(lambda: s.bind((HOST4, 8081))), "EPERM")
    s.close()


def run(t, a, b):
    kinds(t, a)
    options(t, a)
    unbound(t, a)
    pktinfo(t, a)
    groups(t, a)
    fastopen(t, a, b)
    ping(t, a)
    unix_sockets(t, a, b)
    handed_in(t, a)
