# SPDX-License-Identifier: LGPL-2.1-or-later
"""A loader that is killed, whatever it is at: the next one has all right, and nothing
of the dead one's is left."""
import ctypes
import os
import random
import struct
import subprocess

from rig import RIG, TOP, rig

KILLED = "/tmp/fence-killed"
PINS = "/sys/fs/bpf/vsd/"
BPF_SYSCALL = {"x86_64": 321, "aarch64": 280}[os.uname().machine]
PROG_QUERY = 16
HOOKS = (0, 1, 2, 3, 8, 9, 10, 11, 14, 15, 19, 20, 22, 29, 30, 31, 32) # enum bpf_attach_type
PARTS = 12


def killed(n, *words):
    """The rig, ended before the n-th system call that changes something.  How many there
    were, if it came to its end."""
    r = subprocess.run([KILLED, str(n), RIG, *words], capture_output=True, text=True)
    return int(r.stderr.split()[-2]) if r.returncode == 0 else None


def moments(*words):
    """Spread over what the rig does, each part of it once."""
    total = killed(1 << 30, *words)
    return [random.randint(1 + total * k // PARTS, total * (k + 1) // PARTS) for k in range(PARTS)]


def attached(hook):
    """How many programs a hook of the servers' cgroup has."""
    fd = os.open("/sys/fs/cgroup/vsd", os.O_RDONLY)
    ids = (ctypes.c_uint32 * 64)()
    attr = ctypes.create_string_buffer(
        struct.pack("IIIIQI", fd, hook, 0, 0, ctypes.addressof(ids), 64), 128)
    if ctypes.CDLL(None, use_errno=True).syscall(BPF_SYSCALL, PROG_QUERY, attr, 128) < 0:
        raise OSError(ctypes.get_errno(), "BPF_PROG_QUERY")
    os.close(fd)
    return struct.unpack_from("I", attr, 24)[0]


def load(t):
    whole = sorted(os.listdir(PINS + "link"))
    bad = []
    rig("unload") # or there is little to do
    when = moments("load")
    pins = when[PARTS * 3 // 4] # a link is six calls: one run meets each of them
    for n in when + list(range(pins, pins + 6)):
        rig("unload")
        killed(n, "load")
        rig("load")
        seen = sorted(os.listdir(PINS + "link")), [attached(h) for h in HOOKS]
        if seen != (whole, [1] * len(HOOKS)) or ", 0 servers" not in rig("status"):
            bad.append((n, seen))
    t.equal("killed while pins are made, %d times: the next has each once" % (PARTS + 6), bad, [])


def addresses(t):
    """A server with as many addresses as it may have gets as many others."""
    old, new = (["10.77.%d.%d" % (net, i) for i in range(1, 17)] for net in (90, 91))
    bad = []
    rig("set", "full", "40", *old)
    for n in moments("set", "full", "40", *new):
        rig("set", "full", "40", *old)
        killed(n, "set", "full", "40", *new)
        rig("set", "full", "40", "10.77.92.1")
        try:
            rig("check", "full", "40", "10.77.92.1")
            for some in old, new:
                rig("set", "heir", "41", *some)
            rig("unset", "heir", "41")
        except RuntimeError as e:
            bad.append((n, str(e)))
    rig("unset", "full", "40")
    t.equal("killed while all its addresses change, %d times: none is kept" % PARTS, bad, [])


def run(t, a, b):
    subprocess.run(["cc", "-O1", "-D_GNU_SOURCE", "-o", KILLED, TOP + "/tests/lab/probe/killed.c"],
                   check=True)
    seed = random.randrange(1 << 30)
    random.seed(seed)
    print("# seed %d" % seed)
    for s in (a, b):
        rig("unset", s.name, str(s.number))
    load(t)
    addresses(t)
    rig("load", "redirect = 80:8080", "reach_host = 2525")
    a.fence()
    b.fence()
