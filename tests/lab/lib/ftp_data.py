# SPDX-License-Identifier: LGPL-2.1-or-later
"""Where an ftp session's data connections come from and are awaited: outside | host"""
import ftplib
import socket
import sys


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


if sys.argv[1] == "outside":
    print("active", active(login("alice", "10.77.0.1")))
    print("passive", passive(login("alice", "10.77.0.1"), "10.88.0.1", "10.77.0.2", "10.77.0.1"))
else: # by addresses of the host's, from which data would go where people of a VS do not get
    print("active", active(login("alice", "10.77.0.1", source_address=("10.88.0.1", 0))))
    print("by the host:", active(login("alice@vs1", "10.88.0.1")),
          passive(login("alice@vs1", "10.88.0.1"), "10.88.0.1"))
