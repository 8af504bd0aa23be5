# SPDX-License-Identifier: LGPL-2.1-or-later
"""Attempts on the fence, family by family: each is refused or harmless."""
import sys

import matrix_bind
import matrix_connect
import matrix_killed
import matrix_life
import matrix_odd
import matrix_without
from rig import HOST6, Server, Tap, client, rig

PARTS = (matrix_bind, matrix_connect, matrix_odd, matrix_without, matrix_killed,
         matrix_life)


def main():
    rig("load", "redirect = 80:8080", "reach_host = 2525")
    a = Server("a", 1, "10.77.0.1", "10.77.1.1", "fd77::1").fence()
    b = Server("b", 2, "10.77.0.2", "fd77::2").fence()
    # IPv6 of a new link takes a second to come up.
    for _ in range(20):
        if client("ask_tcp", HOST6, 1) == "ECONNREFUSED":
            break
    t = Tap()
    for part in PARTS:
        if len(sys.argv) == 1 or part.__name__ in sys.argv[1:]:
            part.run(t, a, b)
    return t.end()


sys.exit(main())
