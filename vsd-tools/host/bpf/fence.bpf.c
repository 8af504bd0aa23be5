/* SPDX-License-Identifier: GPL-2.0-only */
/* The address fence: a server's processes bind, connect, speak and hear with
 * their server's own addresses only.  Attached once to the parent of the servers'
 * cgroups; what each server has stands in the maps. */
#include "fence.bpf.h"

#include "bind.bpf.h"
#include "connect.bpf.h"
#include "listen.bpf.h"
#include "name.bpf.h"
#include "packet.bpf.h"
#include "socket.bpf.h"

const char fence_license[] SEC("license") = "GPL";
