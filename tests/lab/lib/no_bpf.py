# SPDX-License-Identifier: LGPL-2.1-or-later
"""no_bpf.py ENOSYS|EINVAL COMMAND...: as on a kernel without bpf(), or with one that
knows none of the programs' types."""
import ctypes
import errno
import os
import struct
import sys

NUMBER = {"x86_64": 321, "aarch64": 280}[os.uname().machine]
PROG_LOAD, PR_SET_SECCOMP, MODE_FILTER = 5, 22, 2
LOAD, EQUAL, RETURN, ALLOW, ERRNO = 0x20, 0x15, 0x06, 0x7fff0000, 0x50000

error = getattr(errno, sys.argv[1])
code = [(LOAD, 0, 0, 0), (EQUAL, 0, 3, NUMBER),
        (LOAD, 0, 0, 16), # what is asked of it
        (EQUAL, 0, 0 if error == errno.ENOSYS else 1, PROG_LOAD),
        (RETURN, 0, 0, ERRNO | error), (RETURN, 0, 0, ALLOW)]
text = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *c) for c in code))
program = struct.pack("HxxxxxxP", len(code), ctypes.addressof(text))
if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_SECCOMP, MODE_FILTER, program) != 0:
    raise OSError(ctypes.get_errno(), "seccomp")
os.execvp(sys.argv[2], sys.argv[2:])
