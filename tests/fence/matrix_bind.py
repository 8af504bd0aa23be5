# SPDX-License-Identifier: LGPL-2.1-or-later
"""bind(): own addresses, own loopback, ports by uid; listeners on all addresses."""
import socket

from rig import HOST4, HOST6, Service, ask_tcp, bound, client, inside, rig, tcp_service

STREAM, DGRAM = socket.SOCK_STREAM, socket.SOCK_DGRAM


def name_after_bind(address, port, kind=STREAM, only6=None):
    return lambda: bound(address, port, kind, only6).getsockname()[:2]


def addresses(t, a, b):
    for kind, word in ((STREAM, "tcp"), (DGRAM, "udp")):
        def case(name, server, address, wanted, port=8081, only6=None, kind=kind):
            t.equal("bind %s: %s" % (word, name),
                    inside(server, name_after_bind(address, port, kind, only6)), wanted)

        case("0.0.0.0 is the first address", a, "0.0.0.0", ["10.77.0.1", 8081])
        case("its second address by name", a, "10.77.1.1", ["10.77.1.1", 8081])
        case("the other server's", a, "10.77.0.2", "EADDRNOTAVAIL")
        case("the host's", a, HOST4, "EADDRNOTAVAIL")
        case("nobody's", a, "10.99.0.1", "EADDRNOTAVAIL")
        case("a group's", a, "224.0.0.1", "EADDRNOTAVAIL")
        case("the broadcast's", a, "255.255.255.255", "EADDRNOTAVAIL")
        case("127.0.0.1 is shown as it", a, "127.0.0.1", ["127.0.0.1", 8081])
        case("all of 127/8 is one", a, "127.9.9.9", ["127.0.0.1", 8081])
        case("the other's private loopback", a, "127.64.0.2", ["127.0.0.1", 8081])
        case("its IPv6 address", a, "fd77::1", ["fd77::1", 8081])
        case("the other's IPv6 address", a, "fd77::2", "EADDRNOTAVAIL")
        case("the host's IPv6 address", a, HOST6, "EADDRNOTAVAIL")
        case("::1 is shown as it", a, "::1", ["::1", 8081])
        case("another's ::1 by its true name", a, "fd56:5344:7f40::2", "EADDRNOTAVAIL")
        case("IPv4 within IPv6: own", a, "::ffff:10.77.1.1", ["::ffff:10.77.1.1", 8081])
        case("IPv4 within IPv6: the other's", a, "::ffff:10.77.0.2", "EADDRNOTAVAIL")
        case("IPv4 within IPv6: loopback", a, "::ffff:127.0.0.1", ["::ffff:127.0.0.1", 8081])
        case("IPv4 within IPv6: all", a, "::ffff:0.0.0.0", ["::ffff:10.77.0.1", 8081])
        case(":: of IPv6 alone", a, "::", ["fd77::1", 8081], only6=1)
        case("a free port", a, "10.77.0.2", "EADDRNOTAVAIL", port=0)
        case(":: of both", a, "::", ["::ffff:10.77.0.1", 8081])


def ports(t, a, b):
    def case(name, address, port, user, wanted, kind=STREAM):
        t.equal("port " + name, inside(a, name_after_bind(address, port, kind), user), wanted)

    case("80 is admin's", "0.0.0.0", 80, 0, ["10.77.0.1", 80])
    case("80 is admin's, IPv6", "::", 80, 0, ["::ffff:10.77.0.1", 80])
    case("53, udp, is admin's", "0.0.0.0", 53, 0, ["10.77.0.1", 53], DGRAM)
    case("80 is not a user's", "0.0.0.0", 80, 5, "EACCES")
    case("80 is not a user's, IPv6", "::", 80, 5, "EACCES")
    case("80 is not a user's, loopback", "127.0.0.1", 80, 5, "EACCES")
    case("20 is root's, for an ftpd", "10.77.0.1", 20, "root", ["10.77.0.1", 20])
    for port in (21, 22, 23):
        case("%d is nobody's" % port, "0.0.0.0", port, 0, "EACCES")
    case("22 is not root's", "0.0.0.0", 22, "root", "EACCES")
    case("22 is nobody's, IPv6", "::", 22, 0, "EACCES")
    case("22 is nobody's, loopback", "127.0.0.1", 22, 0, "EACCES")
    case("8080, a redirect's target, is admin's", "0.0.0.0", 8080, 0, ["10.77.0.1", 8080])
    case("8080 is not a user's", "0.0.0.0", 8080, 5, "EACCES")
    case("8081 is a user's", "0.0.0.0", 8081, 5, ["10.77.0.1", 8081])
    rig("set", a.name, str(a.number), *a.address, "to=8081", "to=8082")
    case("8081, a target of its own, is admin's", "0.0.0.0", 8081, 0, ["10.77.0.1", 8081])
    case("8081 is then not a user's", "0.0.0.0", 8081, 5, "EACCES")
    case("8082 is not a user's, IPv6", "::", 8082, 5, "EACCES")
    case("8082 is not a user's, udp", "10.77.1.1", 8082, 5, "EACCES", DGRAM)
    case("8080 is, vsd.conf's no longer count", "0.0.0.0", 8080, 5, ["10.77.0.1", 8080])
    case("80 is not, whatever the targets", "0.0.0.0", 80, 5, "EACCES")
    t.equal("port 8081 is a user's in another server",
            inside(b, name_after_bind("0.0.0.0", 8081), 5), ["10.77.0.2", 8081])
    a.fence()
    case("8081 is a user's again", "0.0.0.0", 8081, 5, ["10.77.0.1", 8081])


def at_once(t, a, b):
    """The same port in both, and on the host."""
    with Service(a, tcp_service("a", "0.0.0.0", 80), 0) as sa, \
            Service(b, tcp_service("b", "0.0.0.0", 80), 0) as sb, \
            Service(None, tcp_service("host", HOST4, 80)) as sh:
        t.equal("at once: a", sa.said, ["10.77.0.1", 80])
        t.equal("at once: b", sb.said, ["10.77.0.2", 80])
        t.equal("at once: the host", sh.said, [HOST4, 80])
        t.equal("at once: from outside to a", client("ask_tcp", "10.77.0.1", 80),
                "a 10.88.0.2 10.77.0.1")
        t.equal("at once: to a's second address", client("ask_tcp", "10.77.1.1", 80),
                "a 10.88.0.2 10.77.1.1")
        t.equal("at once: from outside to b", client("ask_tcp", "10.77.0.2", 80),
                "b 10.88.0.2 10.77.0.2")
        t.equal("at once: an IPv4 listener is none of IPv6", client("ask_tcp", "fd77::1", 80),
                "ECONNREFUSED")
        t.equal("at once: the host to a", inside(None, lambda: ask_tcp("10.77.0.1", 80))[:2], "a ")


def dual(t, a, b):
    with Service(a, tcp_service("dual", "::", 80), 0):
        t.equal("dual stack: IPv6", client("ask_tcp", "fd77::1", 80), "dual fd88::2 fd77::1")
        t.equal("dual stack: IPv4", client("ask_tcp", "10.77.0.1", 80),
                "dual ::ffff:10.88.0.2 ::ffff:10.77.0.1")
        t.equal("dual stack: second address", client("ask_tcp", "10.77.1.1", 80),
                "dual ::ffff:10.88.0.2 ::ffff:10.77.1.1")
        t.equal("dual stack: by ::1", inside(a, lambda: ask_tcp("::1", 80)), "dual fd77::1 fd77::1")
        t.equal("dual stack: by the other's ::1, none", inside(b, lambda: ask_tcp("::1", 80)), "ECONNREFUSED")
        t.equal("dual stack: by 127.0.0.1", inside(a, lambda: ask_tcp("127.0.0.1", 80)),
                "dual ::ffff:10.77.0.1 ::ffff:10.77.0.1")
        t.equal("dual stack: not the other's", client("ask_tcp", "10.77.0.2", 80), "ECONNREFUSED")
        with Service(a, tcp_service("named", "10.77.1.1", 80), 0) as s:
            t.equal("beside it, one by name", s.said, ["10.77.1.1", 80])
            t.equal("the one by name comes first", client("ask_tcp", "10.77.1.1", 80)[:5], "named")
            t.equal("the others stay", client("ask_tcp", "10.77.0.1", 80)[:4], "dual")
        t.equal("when it is gone, all", client("ask_tcp", "10.77.1.1", 80)[:4], "dual")
    t.equal("when all is gone, none", client("ask_tcp", "10.77.1.1", 80), "ECONNREFUSED")
    with Service(a, tcp_service("any", "::", 0)) as s:
        for address in ("10.77.0.1", "10.77.1.1", "fd77::1"):
            t.equal("dual stack at a port of the kernel's choice: by %s" % address,
                    client("ask_tcp", address, s.said[1])[:3], "any")
    with Service(a, tcp_service("four", "0.0.0.0", 80), 0), \
            Service(a, tcp_service("six", "::", 80, only6=1), 0) as s:
        t.equal("a pair of listeners, as nginx has", s.said, ["fd77::1", 80])
        t.equal("the pair: IPv4", client("ask_tcp", "10.77.0.1", 80)[:4], "four")
        t.equal("the pair: IPv4, second", client("ask_tcp", "10.77.1.1", 80)[:4], "four")
        t.equal("the pair: IPv6", client("ask_tcp", "fd77::1", 80)[:3], "six")


def run(t, a, b):
    addresses(t, a, b)
    ports(t, a, b)
    at_once(t, a, b)
    dual(t, a, b)
