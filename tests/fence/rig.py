# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two servers behind the fence, in a bare lab, and what runs in them."""
import errno
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import traceback

TOP = os.environ["LAB_TOP"]
RIG = TOP + "/build/tests/fence/fence_rig"
HOST4, HOST6, CLIENT4, CLIENT6 = "10.88.0.1", "fd88::1", "10.88.0.2", "fd88::2"


class Server:
    def __init__(self, name, number, *address):
        self.name, self.number, self.address = name, number, address
        self.uid = 2000000 + 200 * number
        self.procs = "/sys/fs/cgroup/vsd/%s/cgroup.procs" % name

    def fence(self):
        rig("set", self.name, str(self.number), *self.address)
        return self


def rig(*words, fails=False):
    r = subprocess.run([RIG, *words], capture_output=True, text=True)
    if (r.returncode != 0) != fails:
        raise RuntimeError("fence_rig %s: %d %s" % (words, r.returncode, r.stderr))
    return r.stdout + r.stderr


def become(server, user):
    """Into the server, for good: user 0 is admin, "root" root."""
    if server is None:
        return
    with open(server.procs, "w") as f:
        f.write("0")
    if user != "root":
        os.setgroups([])
        os.setresgid(*[server.uid + user] * 3)
        os.setresuid(*[server.uid + user] * 3)


def answer(fn):
    """What fn returns, or the name of its OSError."""
    try:
        return fn()
    except socket.timeout:
        return "timeout"
    except OSError as e:
        return errno.errorcode.get(e.errno, str(e))


def ask_from(address, to, wait):
    """Ask `to` by a datagram with that address in IP_PKTINFO; the answer."""
    s = socket.socket(family_of(to), socket.SOCK_DGRAM)
    s.settimeout(wait)
    if ":" in to:
        data = socket.inet_pton(socket.AF_INET6, address) + struct.pack("i", 0)
        s.sendmsg([b"?"], [(socket.IPPROTO_IPV6, 50, data)], 0, (to, 99))
    else:
        data = struct.pack("i4s4s", 0, socket.inet_aton(address), b"\0" * 4)
        s.sendmsg([b"?"], [(socket.IPPROTO_IP, 8, data)], 0, (to, 99))
    return s.recvfrom(100)[0].decode()


def inside(server, fn, user=1):
    """Run fn as a user of the server (None: host root); its answer."""
    r, w = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            signal.alarm(20)
            os.close(r)
            become(server, user)
            text = json.dumps(answer(fn))
        except BaseException:
            text = json.dumps("exception: " + traceback.format_exc())
        os.write(w, text.encode())
        os._exit(0)
    os.close(w)
    with os.fdopen(r) as f:
        text = f.read()
    os.waitpid(pid, 0)
    return json.loads(text) if text else "killed"


class Service:
    """A process in the server that serves in the background: fn(say) says one
    thing when it is ready, and goes on."""

    def __init__(self, server, fn, user=1):
        r, w = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                signal.alarm(60)
                os.close(r)
                become(server, user)

                def say(word):
                    os.write(w, json.dumps(word).encode() + b"\n")

                e = answer(lambda: fn(say))
                say(e)
            except BaseException:
                os.write(w, json.dumps(traceback.format_exc()).encode())
            os._exit(0)
        os.close(w)
        self.pipe = os.fdopen(r)
        line = self.pipe.readline()
        self.said = json.loads(line) if line else "killed"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self.pipe.close()


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def new(address, kind=socket.SOCK_STREAM, only6=None):
    s = socket.socket(family_of(address), kind)
    s.settimeout(1.5)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if only6 is not None:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only6)
    return s


def bound(address, port=0, kind=socket.SOCK_STREAM, only6=None):
    s = new(address, kind, only6)
    s.bind((address, port))
    return s


def tcp_service(word, address, port, only6=None):
    """Answer each connection with "WORD PEER SELF"."""

    def run(say):
        s = bound(address, port, only6=only6)
        s.listen(16)
        s.settimeout(None)
        say(s.getsockname()[:2])
        while True:
            c, peer = s.accept()
            answer(lambda: c.sendall(("%s %s %s" % (word, peer[0], c.getsockname()[0])).encode()))
            c.close()

    return run


def udp_service(word, address, port, only6=None):
    def run(say):
        s = bound(address, port, socket.SOCK_DGRAM, only6)
        s.settimeout(None)
        say(s.getsockname()[:2])
        while True:
            _, peer = s.recvfrom(100)
            answer(lambda: s.sendto(("%s %s" % (word, peer[0])).encode(), peer))

    return run


def ask_tcp(address, port, source=None):
    """Connect and read the service's words."""
    s = new(address)
    if source:
        s.bind((source, 0))
    s.connect((address, port))
    return s.recv(200).decode()


def ask_udp(address, port, source=None, connect=False):
    """Its words, and who they came from."""
    s = new(address, socket.SOCK_DGRAM)
    if source:
        s.bind((source, 0))
    if connect:
        s.connect((address, port))
        s.send(b"?")
    else:
        s.sendto(b"?", (address, port))
    text, peer = s.recvfrom(200)
    return text.decode() + " from " + peer[0]


def client(word, *args):
    """The same from the lab's second host."""
    r = subprocess.run(["lab-client", sys.executable, __file__, word, *map(str, args)],
                       capture_output=True, text=True, env=os.environ)
    return r.stdout.strip() or r.stderr.strip()


class ClientService:
    def __init__(self, word, *args):
        self.p = subprocess.Popen(["lab-client", sys.executable, __file__, word,
                                   *map(str, args)], stdout=subprocess.PIPE, text=True)
        self.said = self.p.stdout.readline().strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.p.kill()
        self.p.wait()
        self.p.stdout.close()


class Tap:
    n = bad = 0

    def result(self, good, name, seen=""):
        self.n += 1
        self.bad += not good
        print("%sok %d - %s" % ("" if good else "not ", self.n, name))
        if not good:
            print("# " + str(seen).replace("\n", "\n# "))
        sys.stdout.flush()

    def equal(self, name, seen, wanted):
        seen = list(seen) if isinstance(seen, (list, tuple)) else seen
        self.result(seen == wanted, name, "wanted: %s\nseen: %s" % (wanted, seen))

    def end(self):
        print("1..%d" % self.n)
        return 1 if self.bad else 0


def main(word, address, port, *rest):
    """On the second host: ask_tcp, ask_udp, send_udp, serve_tcp, serve_udp ADDRESS PORT."""
    if word == "send_udp":
        socket.socket(family_of(address), socket.SOCK_DGRAM).sendto(rest[0].encode(),
                                                                    (address, int(port)))
        return
    if word in ("serve_tcp", "serve_udp"):
        serve = tcp_service if word == "serve_tcp" else udp_service
        serve("client", address, int(port))(lambda w: print(w, flush=True))
    ask = ask_tcp if word == "ask_tcp" else ask_udp
    print(answer(lambda: ask(address, int(port), *rest)))


if __name__ == "__main__":
    main(*sys.argv[1:])
