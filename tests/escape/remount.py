#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""In the process's mount namespace, take the mount at PATH its walls:
remount.py PID PATH [ro]             no nosuid, nodev, noexec, and unless "ro" no read-only
remount.py PID PATH options OPTIONS  other options of its file system
remount.py PID PATH over FILE        put that file of here over it"""
import ctypes
import os
import sys

CLONE_NEWNS, MS_RDONLY, MS_REMOUNT, MS_BIND = 0x20000, 1, 32, 4096
SYS_OPEN_TREE, SYS_MOVE_MOUNT = 428, 429
OPEN_TREE_CLONE, MOVE_MOUNT_F_EMPTY_PATH, AT_FDCWD = 1, 4, -100

libc = ctypes.CDLL(None, use_errno=True)
libc.mount.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p]


def must(result, what):
    if result < 0:
        sys.exit(f"remount.py: {what}: " + os.strerror(ctypes.get_errno()))
    return result


pid, path, how, *more = sys.argv[1:] + [""]
namespace = os.open(f"/proc/{pid}/ns/mnt", os.O_RDONLY)
if how == "over":
    tree = must(libc.syscall(SYS_OPEN_TREE, AT_FDCWD, more[0].encode(), OPEN_TREE_CLONE), "open_tree")
must(libc.setns(namespace, CLONE_NEWNS), "setns")
if how == "over":
    must(libc.syscall(SYS_MOVE_MOUNT, tree, b"", AT_FDCWD, path.encode(), MOVE_MOUNT_F_EMPTY_PATH), "move_mount")
elif how == "options":
    must(libc.mount(None, path.encode(), None, MS_REMOUNT, more[0].encode()), "mount")
else:
    flags = MS_REMOUNT | MS_BIND | (MS_RDONLY if how == "ro" else 0)
    must(libc.mount(None, path.encode(), None, flags, None), "mount")
