# SPDX-License-Identifier: LGPL-2.1-or-later
"""Where an ftp session's data connections come from and are awaited: outside | host; what
a session may do: files | sessions"""
import ftplib
import io
import socket
import sys
import time


def login(user, address, **more):
    f = ftplib.FTP(timeout=10, **more)
    f.connect(address)
    f.login(user, "lab-alice-vs1")
    return f


def active(f):
    """Who the data connection comes from, or the code of the refusal."""
    f.set_pasv(False)
    try:
        f.voidcmd("TYPE A")
        with f.makeport() as s:
            f.sendcmd("NLST /etc")
            return s.accept()[1][0]
    except (ftplib.Error, EOFError) as e:
        return str(e)[:3] or "cut"


def passive(f, *addresses):
    """Those of the addresses that somebody listens on at the port."""
    try:
        _, port = f.makepasv()
    except (ftplib.Error, EOFError) as e:
        return str(e)[:3] or "cut"
    return " ".join(a for a in addresses if socket.socket().connect_ex((a, port)) == 0) or "nowhere"


def said(step, *arguments, **more):
    """What the server says, its code alone; or why it could not be asked."""
    try:
        return step(*arguments, **more)[:3]
    except (ftplib.Error, EOFError) as e:
        return str(e)[:3] or "cut"


def files(f):
    """An upload is added to and gone on with; what comes down is gone on with."""
    got = []
    print("up", said(f.storbinary, "STOR whole", io.BytesIO(b"hello")),
          said(f.storbinary, "APPE whole", io.BytesIO(b" world")),
          said(f.storbinary, "STOR whole", io.BytesIO(b"WORLD!"), rest=6))
    print("down", said(f.retrbinary, "RETR whole", got.append, rest=1), b"".join(got).decode())
    print("renamed", said(f.rename, "whole", "renamed"), said(f.sendcmd, "SITE CHMOD 640 renamed"))
    print("not theirs", *(c[0] in "45" for c in (
        said(f.sendcmd, "SITE CHMOD 666 /etc/passwd"), said(f.delete, "/etc/passwd"),
        said(f.mkd, "/etc/d"), said(f.rename, "/etc/passwd", "p"))))


def sessions():
    """Of a server that may have one: how the first, a second, and one after the first end."""
    first = None
    for _ in range(50): # one before it may be ending still
        try:
            first = login("alice", "10.77.0.1")
            break
        except ftplib.error_perm:
            time.sleep(0.1)
    print("first", said(first.sendcmd, "NOOP"))
    print("second", said(login, "alice@vs1", "10.77.0.1"))
    print("first still", said(first.sendcmd, "NOOP"))
    first.close()
    print("later", said(login("alice", "10.77.0.1").sendcmd, "NOOP"))


if sys.argv[1] == "files":
    files(login("alice", sys.argv[2]))
elif sys.argv[1] == "sessions":
    sessions()
elif sys.argv[1] == "outside":
    print("active", active(login("alice", "10.77.0.1")))
    print("passive", passive(login("alice", "10.77.0.1"), "10.88.0.1", "10.77.0.2", "10.77.0.1"))
else: # by addresses of the host's, from which data would go where people of a VS do not get
    print("active", active(login("alice", "10.77.0.1", source_address=("10.88.0.1", 0))))
    print("by the host:", active(login("alice@vs1", "10.88.0.1")),
          passive(login("alice@vs1", "10.88.0.1"), "10.88.0.1"))
