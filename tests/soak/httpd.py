#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The httpd of a server of the soak, its service's run file: one page, which is the token.
It needs no more of Python than the smallest skeleton has."""
import socket

listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("0.0.0.0", 80))
listener.listen(64)
while True:
    client, _ = listener.accept()
    with client, open("/home/soak-token", "rb") as f:
        try:
            client.settimeout(10)
            client.recv(4096)
            client.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n" + f.read())
        except OSError:
            pass  # who asked is gone
