# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a soak does at once, each in a loop of its own until the time is over."""
import ftplib
import io
import itertools
import os
import pwd
import random
import time

import servers as lab

ASKPASS = "/run/soak-askpass"


def ssh_login(server, *options, env=None):
    user, uid = random.choice(list(server.users.items()))
    out = lab.run("ssh", *options, "-o", f"ConnectTimeout={lab.TIMEOUT}", f"{user}@{server.address}",
                  f"cat {lab.TOKEN}; id -u", timeout=lab.TIMEOUT, env=env)
    # What sshd or ssh say beside it, of a new host's key, comes first.
    if not out.endswith(f"{server.token}{uid}\n"):
        return f"{user} came to {out!r}"
    return None if server.holds(uid) else f"{user} has uid {uid}"


def ssh_key(server):
    return ssh_login(server, "-i", os.environ["LAB_KEY"], "-o", "BatchMode=yes")


def ssh_password(server):
    """The client asks a program for it."""
    return ssh_login(server, "-o", "PreferredAuthentications=password", "-o",
                     "NumberOfPasswordPrompts=1",
                     env=dict(os.environ, SSH_ASKPASS=ASKPASS, SSH_ASKPASS_REQUIRE="force",
                              SOAK_PASSWORD=server.password))


def make_askpass():
    lab.write(ASKPASS, '#!/bin/sh\necho "$SOAK_PASSWORD"\n', mode=0o755)


def ftp_login(server, user, password, uid):
    """Read the token, and write a file: its owner is who the server has become."""
    got, name = [], f"up-{os.urandom(6).hex()}"
    with ftplib.FTP(timeout=lab.TIMEOUT) as ftp:
        ftp.connect(server.address)
        ftp.login(user, password)
        ftp.retrbinary(f"RETR {lab.TOKEN}", got.append)
        ftp.storbinary(f"STOR {name}", io.BytesIO(b"x"))
        path = f"{server.root}/home/{user}/{name}"
        owner = os.stat(path).st_uid
        ftp.delete(name)
        ftp.quit()
    token = b"".join(got).decode()
    if token != server.token:
        return f"{user} came to {token!r}"
    return None if owner == uid and server.holds(owner) else f"{user} writes as uid {owner}"


def refused(server, user):
    try:
        with ftplib.FTP(server.address, user, "soak-guest", timeout=lab.TIMEOUT):
            return f"{user} is deleted and logs in"
    except ftplib.error_perm as e:
        if not str(e).startswith("530"):
            raise
    return None


def ftp(server):
    user, uid = random.choice(list(server.users.items()))
    return ftp_login(server, user, server.password, uid)


def web(server):
    token = server.page()
    return None if token == server.token else f"a page of {token!r}"


class Soak:
    def __init__(self, servers, tally, seconds):
        self.servers, self.tally = servers, tally
        self.deadline = time.monotonic() + seconds
        self.users = self.refreshes = self.restarts = 0

    def on(self):
        return time.monotonic() < self.deadline

    def logins(self, kind, work, servers):
        """A loop over all servers, in an order of its own; its first rounds miss none."""
        order = random.sample(servers, len(servers))
        for server in itertools.takewhile(lambda _: self.on(), itertools.cycle(order)):
            self.tally.attempt(kind, server, lambda s=server: work(s))

    def tool(self, kind, *argv, **how):
        """A tool that must succeed, whatever else goes on."""
        start = time.monotonic()
        try:
            lab.run(*argv, **how)
        except Exception as e:  # any of them is a failure of the soak
            self.tally.fail(f"{kind}: {e!r}")
            return False
        self.tally.add(kind, time.monotonic() - start)
        return True

    def people(self):
        """A user is made, logs in, is removed, and logs in no more."""
        for k in itertools.takewhile(lambda _: self.on(), itertools.count()):
            server, user = random.choice(self.servers), f"guest{k}"
            if not (self.tool("user_add", "vsdadm", "user_add", "localhost", server.name, user) and
                    self.tool("user_passwd", "vsdadm", "user_passwd", "localhost", server.name,
                              user, input="soak-guest\n")):
                continue
            try:
                uid = pwd.getpwnam(f"{user}@{server.name}").pw_uid
                self.tally.attempt("ftp, a new user", server, lambda: ftp_login(
                    server, user, "soak-guest", uid))
            except KeyError:
                self.tally.fail(f"{user}@{server.name} is made and is not there")
            # The home stays, and with it the id: a server has few to spare.
            if self.tool("user_del", "vsdadm", "user_del", "localhost", server.name, user) and \
                    self.tool("rm of a home", "bevs", server.name, "rm", "-r", f"/home/{user}"):
                self.gone(server, user)
                self.users += 1

    def gone(self, server, user):
        self.tally.attempt("ftp, a deleted user", server, lambda: refused(server, user))
        try:
            pwd.getpwnam(f"{user}@{server.name}")
            self.tally.fail(f"{user}@{server.name} is deleted and is there")
        except KeyError:
            pass

    def refresh(self):
        for k in itertools.takewhile(lambda _: self.on(), itertools.count(1)):
            text = f"{k}\n"
            lab.write(f"{lab.SHARED}/round", text)
            if not self.tool("vsd-refreshskel", "vsd-refreshskel"):
                continue
            self.refreshes += 1
            for s in self.servers:
                with open(f"{s.root}{lab.SHARED}/round", encoding="ascii") as f:
                    got = f.read()
                if got != text:
                    self.tally.fail(f"{s.name} has round {got!r} after refresh {k}")
            time.sleep(5)

    def stop(self, server):
        if self.tool("stop", "vsboot", "--stop", server.name):
            left = server.processes_after(2)
            if left:
                self.tally.fail(f"{server.name} is stopped, and has processes {left}")

    def restart(self):
        while self.on():
            server = random.choice(self.servers)
            self.tally.restart_begins(server.name)
            self.stop(server)
            self.tool("start", "vsboot", "--start", server.name)
            self.tally.restart_ends(server.name)
            if server.web and not wait_for_page(server):
                self.tally.fail(f"{server.name}: its httpd does not come back")
            self.tally.restart_ends(server.name, web=True)
            self.restarts += 1
            time.sleep(1)


def wait_for_page(server):
    end = time.monotonic() + lab.TIMEOUT
    while time.monotonic() < end:
        try:
            server.page()
            return True
        except OSError:
            time.sleep(0.2)
    return False
