# SPDX-License-Identifier: LGPL-2.1-or-later
"""What bench-net's parts have in common: httpds in cgroups of their own, the fence."""
import os
import signal
import subprocess
import time

TOP = os.environ["LAB_TOP"]
RIG = f"{TOP}/build/tests/fence/fence_rig"
VSD, BENCH = "/sys/fs/cgroup/vsd", "/sys/fs/cgroup/bench"
FENCED = f"{VSD}/a"
ADDRESS, PORT, UID = "10.77.0.1", 8080, 2000200
DIR = "/tmp/bench-net"

CONF = """worker_processes 1; worker_cpu_affinity 01; pid {dir}/{address}.pid; error_log stderr crit;
daemon off;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000;
  client_body_temp_path {dir}/t; proxy_temp_path {dir}/t; fastcgi_temp_path {dir}/t;
  uwsgi_temp_path {dir}/t; scgi_temp_path {dir}/t;
  server {{ listen {address}:{port} backlog=1024; root {dir}/www; }}
}}
"""


# The servers' own `httpd`, as skel/ has it, but for paths and the length of a connection.
APACHE = f"{TOP}/skel/etc/httpd/conf/httpd.conf.in"


REDIRECTS = """table inet vsd {{
  map to4 {{ type ipv4_addr . inet_service : ipv4_addr . inet_service;
    elements = {{ {0} }}; }}
  chain prerouting {{ type nat hook prerouting priority dstnat; policy accept;
    dnat ip to ip daddr . tcp dport map @to4; }}
  chain output {{ type nat hook output priority -100; policy accept;
    dnat ip to ip daddr . tcp dport map @to4; }}
}}
"""


def redirects(servers, *addresses):
    """The table that vsredirect writes, of these addresses and as many servers'."""
    addresses += tuple(f"10.77.{n // 256}.{n % 256}" for n in range(1, servers + 1))
    return REDIRECTS.format(", ".join(f"{a} . {f} : {a} . {t}" for a in addresses
                                      for f, t in ((80, 8080), (443, 8443), (25, 2525))))


def forget_soon(inside=()):
    """The tracking's table would fill with closed connections, and refuse new ones."""
    for state in "time_wait", "close", "last_ack":
        file = f"/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_{state}"
        if subprocess.run((*inside, "sh", "-c", f"echo 1 >{file}"), check=False).returncode != 0:
            print("# connections stay tracked")


def run(*argv, **more):
    return subprocess.run(argv, check=True, text=True, stdout=subprocess.PIPE, **more).stdout


def write(path, text):
    with open(path, "w", encoding="ascii") as f:
        f.write(text)


def prepare():
    os.makedirs(f"{DIR}/www", exist_ok=True)
    os.makedirs(f"{DIR}/t", exist_ok=True)
    for name, size in (("small", 612), ("bulk", 1 << 20)):
        with open(f"{DIR}/www/{name}", "wb") as f:
            f.write(b"x" * size)
    run("chown", "-R", f"{UID}:{UID}", DIR)
    run(RIG, "supported")


def enter(cgroup):
    write(f"{cgroup}/cgroup.procs", "0")
    os.setsid()


def processor_seconds(*cgroups):
    used = 0
    for cgroup in cgroups:
        if os.path.isdir(cgroup):
            with open(f"{cgroup}/cpu.stat", encoding="ascii") as f:
                used += int(f.readline().split()[1])
    return used / 1e6


class Process:
    """In a cgroup, and in a session of its own; ends with the block."""

    def __init__(self, cgroup, *argv, stdout=subprocess.DEVNULL):
        os.makedirs(cgroup, exist_ok=True)
        self.p = subprocess.Popen(argv, preexec_fn=lambda: enter(cgroup), text=True, stdout=stdout,
                                  stderr=None if stdout == subprocess.PIPE else subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.p.poll() is None:
            os.killpg(self.p.pid, signal.SIGKILL)
        self.p.wait()


def nginx(conf, address):
    write(conf, CONF.format(dir=DIR, address=address, port=PORT))
    return "nginx", "-e", "stderr", "-c", conf


def apache2(conf, address):
    own = f"{DIR}/{address}"
    with open(APACHE, encoding="ascii") as f:
        text = f.read()
    for ours, here in (("@FQDN@", "localhost"), ("\nListen 80\n", f"\nListen {address}:{PORT}\n"),
                       ("ServerRoot /etc/httpd", f"ServerRoot {own}"), ("/run/httpd", own),
                       ("/home/httpd/docs", f"{DIR}/www"), ("/home/web/log/access", own)):
        if ours not in text:
            raise SystemExit(f"{APACHE} has no '{ours.strip()}'")
        text = text.replace(ours, here)
    write(conf, text)
    os.makedirs(own, exist_ok=True)
    os.chown(own, UID, UID)
    return "taskset", "-c", "0", "apache2", "-f", conf, "-D", "FOREGROUND", "-c", "MaxKeepAliveRequests 0"


def serve(httpd=nginx, cgroup=f"{BENCH}/a", address=ADDRESS, inside=()):
    """On processor 0; `inside`: the command that leads into another host."""
    return Process(cgroup, *inside, "setpriv", "--reuid", str(UID), "--regid", str(UID), "--clear-groups",
                   *httpd(f"{DIR}/{address}.{httpd.__name__}", address))


def ready(address, port=PORT):
    for _ in range(100):
        if subprocess.run(("lab-client", "nc", "-z", "-w", "1", address, str(port)),
                          check=False).returncode == 0:
            return
        time.sleep(0.05)
    raise SystemExit(f"nobody listens on {address}, port {port}")


class Fence:
    """Around FENCED, which has the address, and as many servers; `.entries`: the rig's words."""

    def __init__(self, servers, address=ADDRESS, inside=()):
        self.servers, self.address, self.rig, self.entries = servers, address, (*inside, RIG), None

    def __enter__(self):
        run(*self.rig, "load")
        run(*self.rig, "set", "a", "1", self.address)
        if self.servers > 1:
            self.entries = run(*self.rig, "many", str(self.servers - 1))
        return self

    def __exit__(self, *_):
        run(*self.rig, "unset", "a", "1")
        run(*self.rig, "fewer", str(self.servers - 1))
        run(*self.rig, "unload")

