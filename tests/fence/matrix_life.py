# SPDX-License-Identifier: LGPL-2.1-or-later
"""The fence's own life: no entry, other addresses, another build, a broken load."""
import os
import socket
import time

from rig import (
    CLIENT4, ClientService, HOST4, Service, answer, ask_tcp, bound, client, inside, rig,
    tcp_service)

ADDRESSES = ("10.77.0.1", "10.77.1.1", "fd77::1")


def connect(to):
    return lambda: ask_tcp(to, 99)


def no_entry(t, a):
    """Out of the fence is not free: processes that are left reach nothing."""

    with ClientService("serve_tcp", CLIENT4, 99):
        t.equal("before: out", inside(a, connect(CLIENT4))[:6], "client")
        rig("unset", a.name, str(a.number))
        t.equal("without an entry: no socket", inside(a, connect(CLIENT4)), "EPERM")
        t.equal("without an entry: no bind", inside(a, lambda: bound("127.0.0.1")), "EPERM")
        rig("unset", a.name, str(a.number), fails=True)
        a.fence()
        t.equal("entered again: out", inside(a, connect(CLIENT4))[:6], "client")


def cut(t, a):
    """An open connection of a server that is taken out."""
    with Service(a, tcp_service("a", "0.0.0.0", 8081)):
        t.equal("served", client("ask_tcp", "10.77.0.1", 8081)[:2], "a ")
        rig("unset", a.name, str(a.number))
        t.equal("taken out: its listener hears nothing", client("ask_tcp", "10.77.0.1", 8081),
                "timeout")
        a.fence()
        t.equal("entered again: it does", client("ask_tcp", "10.77.0.1", 8081)[:2], "a ")


def addresses(t, a, b):
    """Addresses change while the server runs."""
    rig("set", a.name, str(a.number), "10.77.0.9")
    with ClientService("serve_tcp", CLIENT4, 99):
        t.equal("changed: from the new one", inside(a, connect(CLIENT4)), "client 10.77.0.9 " + CLIENT4)
    t.equal("changed: the old one is not its own",
            inside(a, lambda: bound("10.77.0.1").getsockname()), "EADDRNOTAVAIL")
    seen = rig("set", b.name, str(b.number), "10.77.0.2", "10.77.0.9", fails=True)
    t.result("id 1" in seen, "another's: refused, and whose it is", seen)
    rig("check", b.name, str(b.number), "10.77.0.2", "fd77::2")
    rig("check", b.name, str(b.number), "10.77.0.2", fails=True)
    rig("set", a.name, str(a.number))
    t.equal("no address: no way out", inside(a, connect(CLIENT4)), "ENETUNREACH")
    with Service(a, tcp_service("private", "127.0.0.1", 3306)):
        t.equal("no address: loopback stays", inside(a, lambda: ask_tcp("127.0.0.1", 3306)),
                "private 127.0.0.1 127.0.0.1")
    t.equal("no address: all is loopback", inside(a, lambda: bound("0.0.0.0", 8081).getsockname()),
            ["127.0.0.1", 8081])
    a.fence()
    rig("check", a.name, str(a.number), *ADDRESSES)


def established(t, a):
    """Connections that are open are not looked at packet by packet, until one of their
    addresses goes or the server does."""

    def echo(say):
        s = bound("0.0.0.0", 8081)
        s.listen(4)
        say("up")
        s.settimeout(None)
        c, _ = s.accept()
        while True:
            c.sendall(c.recv(100))

    def says(s):
        s.sendall(b"x")
        return s.recv(1).decode()

    change = {
        "when its address is another's": lambda: rig("set", a.name, str(a.number), "10.77.0.9"),
        "when its server is taken out": lambda: rig("unset", a.name, str(a.number)),
    }
    for name, fn in change.items():
        with Service(a, echo):
            c = socket.create_connection(("10.77.0.1", 8081), 1.5, (HOST4, 0))
            t.equal("a connection is open", answer(lambda: says(c)), "x")
            fn()
            t.equal("it is cut " + name, answer(lambda: says(c)), "timeout")
            c.close()
        a.fence()
    with Service(a, echo):
        c = socket.create_connection(("10.77.0.1", 8081), 1.5, (HOST4, 0))
        t.equal("a new one is open", answer(lambda: says(c)), "x")
        c.close()


def links():
    return {l.split(":")[0]: l.split("link ")[1].split(":")[0]
            for l in rig("status").splitlines() if "link " in l}


def programs():
    return {l.split(":")[0]: l.split("program ")[1].split(",")[0]
            for l in rig("status").splitlines() if "program " in l}


def reload(t, a):
    before = links(), programs()
    rig("load", "redirect = 80:8080", "reach_host = 2525")
    t.equal("loaded again: nothing changes", [links(), programs()], list(before))
    os.unlink("/sys/fs/bpf/vsd/link/bind4")
    seen = rig("status", fails=True)
    t.result("bind4: missing" in seen and "not in force" in seen, "a missing link is seen", seen)
    for _ in range(50): # the kernel detaches when it has time
        time.sleep(0.05)
        seen = inside(a, lambda: bound(HOST4, 8081).getsockname())
        if seen != "EADDRNOTAVAIL":
            break
    t.equal("and it is open there", seen, [HOST4, 8081])
    rig("load", "redirect = 80:8080", "reach_host = 2525")
    t.equal("loaded again: it is back", inside(a, lambda: bound(HOST4, 8081)), "EADDRNOTAVAIL")
    now = links()
    t.equal("the others keep their links", {k for k in now if now[k] != before[0][k]}, {"bind4"})
    t.equal("with programs of the same build at once", len(set(programs().values())), len(now))


def another_build(t, a):
    """While the programs are replaced, a connection stays and nothing opens."""
    stop = "/tmp/fence-stop"

    def attempts():
        opened = tried = 0
        while not os.path.exists(stop):
            tried += 1
            s = socket.socket()
            opened += answer(lambda: s.bind((HOST4, 0))) is None
            s.close()
        return [opened, tried]

    def run(say):
        say("up")
        say(attempts())

    if os.path.exists(stop):
        os.unlink(stop)
    before = programs()
    with Service(a, tcp_service("a", "0.0.0.0", 8081)), Service(a, run) as s:
        for _ in range(5):
            rig("other-build") # what an upgrade finds: a record that is not its own
            rig("load", "redirect = 80:8080", "reach_host = 2525")
        open(stop, "w").close()
        opened, tried = eval(s.pipe.readline())
        t.result(opened == 0 and tried > 100, "five upgrades: never open", (opened, tried))
        t.equal("five upgrades: the listener on all addresses stays",
                client("ask_tcp", "10.77.1.1", 8081)[:2], "a ")
    t.result(not set(before.values()) & set(programs().values()), "every program was replaced",
             (before, programs()))


def run(t, a, b):
    no_entry(t, a)
    cut(t, a)
    addresses(t, a, b)
    established(t, a)
    reload(t, a)
    another_build(t, a)
    rig("unload", fails=True)
    for s in (a, b):
        rig("unset", s.name, str(s.number))
    rig("held", "a", "1", *a.address)
    t.equal("maps that were open before all was loaded anew: the new ones are taken",
            rig("check", "a", "1", *a.address), "")
    rig("unset", "a", "1")
    rig("unload")
    t.equal("unloaded: nothing is left", os.path.exists("/sys/fs/bpf/vsd"), False)
    seen = rig("status", fails=True)
    t.result("bind4: missing" in seen, "unloaded: and it is said", seen)
