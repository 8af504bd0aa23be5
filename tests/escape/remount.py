#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""remount.py PID PATH [ro]: in the process's mount namespace, give the mount at PATH its
power back: no nosuid, nodev and noexec, and unless "ro" no read-only."""
import ctypes
import os
import sys

CLONE_NEWNS, MS_RDONLY, MS_REMOUNT, MS_BIND = 0x20000, 1, 32, 4096

libc = ctypes.CDLL(None, use_errno=True)
libc.mount.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_void_p]
fd = os.open(f"/proc/{sys.argv[1]}/ns/mnt", os.O_RDONLY)
if libc.setns(fd, CLONE_NEWNS):
    sys.exit("remount.py: setns: " + os.strerror(ctypes.get_errno()))
flags = MS_REMOUNT | MS_BIND | (MS_RDONLY if sys.argv[3:] == ["ro"] else 0)
if libc.mount(None, sys.argv[2].encode(), None, flags, None):
    sys.exit("remount.py: mount: " + os.strerror(ctypes.get_errno()))
