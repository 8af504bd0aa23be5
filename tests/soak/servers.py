# SPDX-License-Identifier: LGPL-2.1-or-later
"""The servers of a soak: vs1, which the lab has made, and others by the queue. The tools
make the first user of each; the other ones are the same lines and the same home over again."""
import os
import shutil
import subprocess
import time
import urllib.request

VS = "/home/vsd/vs"
COUNT = 200        # ids of a server, its admin's the first
USERS = COUNT - 5  # beside admin, alice and, of vs1, bob: two ids are for who comes and goes
TIMEOUT = 90       # seconds: longer is a lost login
WEB_EACH = 10      # one server in ten has an httpd
SHARED = "/usr/local/share/soak"
TOKEN = "/home/soak-token"
HTTPD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "httpd.py")


def run(*argv, **how):
    """What the command prints; RuntimeError says why it fails."""
    how.setdefault("timeout", 120)
    if "input" not in how:
        how["stdin"] = subprocess.DEVNULL
    done = subprocess.run(argv, check=False, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, **how)
    if done.returncode:
        raise RuntimeError(f"{' '.join(argv)}: status {done.returncode}: {done.stdout}")
    return done.stdout


def write(path, text, uid=0, mode=0o644):
    with open(path, "w", encoding="ascii") as f:
        f.write(text)
    os.chown(path, uid, uid)
    os.chmod(path, mode)


class Server:
    """One of them: its name, address, ids, token, and the password of all its users."""

    def __init__(self, n):
        self.n, self.name = n, f"vs{n}"
        self.address = f"10.77.{n // 256}.{n % 256}"
        self.first = 2000000 + (n - 1) * COUNT
        self.root = f"{VS}/{self.name}"
        self.token = f"{self.name} {os.urandom(8).hex()}\n"
        self.password = f"soak-{os.urandom(6).hex()}"
        self.web = n % WEB_EACH == 1
        self.users = {}

    def holds(self, uid):
        return self.first <= uid < self.first + COUNT

    def create(self):
        if self.n > 1:
            run("vsdadm", "vs_create", "localhost", self.name, self.address,
                f"{self.name}.example.test", "0", str(COUNT - 1))

    def first_user(self):
        """alice, with password and key, and the token."""
        if self.n > 1:
            run("vsdadm", "user_add", "localhost", self.name, "alice")
        run("vsdadm", "user_passwd", "localhost", self.name, "alice", input=self.password + "\n")
        self.key("alice", self.first + 1)
        self.users["alice"] = self.first + 1
        write(self.root + TOKEN, self.token, self.first)

    def fill(self):
        """Its users, token and httpd. Nothing of the server runs yet."""
        if self.n == 1:
            run("vsdadm", "vs_set", "localhost", "vs1", f"max_users={COUNT - 1}")
        self.first_user()
        self.more_users()
        if self.web:
            service = f"{self.root}/etc/sv/soak"
            os.mkdir(service)
            shutil.copy(HTTPD, f"{service}/run")
            for path in service, f"{service}/run":
                os.chown(path, self.first, self.first)
            os.symlink("/etc/sv/soak", f"{self.root}/etc/service/soak")

    def key(self, user, uid):
        ssh = f"{self.root}/home/{user}/.ssh"
        os.makedirs(ssh, 0o700, exist_ok=True)
        os.chown(ssh, uid, uid)
        shutil.copy(os.environ["LAB_KEY"] + ".pub", f"{ssh}/authorized_keys")
        os.chown(f"{ssh}/authorized_keys", uid, uid)

    def more_users(self):
        etc, lines = f"{self.root}/etc", {}
        for name in "passwd", "group", "shadow":
            with open(f"{etc}/{name}", encoding="ascii") as f:
                lines[name] = f.read()
        alice = next(w for w in lines["shadow"].splitlines() if w.startswith("alice:"))
        taken = {int(line.split(":")[2]) for line in lines["passwd"].splitlines()}
        for k in range(USERS):
            user, uid = f"user{k}", self.first + 3 + k
            if uid in taken or not self.holds(uid):
                continue
            lines["passwd"] += f"{user}:x:{uid}:{uid}:User Number {k}:/home/{user}:/bin/bash\n"
            lines["group"] += f"{user}:x:{uid}:\n"
            lines["shadow"] += alice.replace("alice:", f"{user}:", 1) + "\n"
            self.home(user, uid)
            self.users[user] = uid
        for name, text in lines.items():
            with open(f"{etc}/{name}", "w", encoding="ascii") as f:
                f.write(text)
        self.rights()

    def home(self, user, uid):
        home = f"{self.root}/home/{user}"
        os.mkdir(home, 0o755)
        os.chown(home, uid, uid)
        self.key(user, uid)

    def rights(self):
        path = f"{self.root}/etc/vsd/priv"
        with open(path, encoding="ascii") as f:
            old = f.read().splitlines()
        more = "," + ",".join(u for u in self.users if u != "alice")
        text = "".join(line + (more if line.startswith(("login:", "ftp:")) else "") + "\n"
                       for line in old)
        with open(path, "w", encoding="ascii") as f:
            f.write(text)

    def page(self):
        with urllib.request.urlopen(f"http://{self.address}/token", timeout=TIMEOUT) as f:
            return f.read().decode()

    def processes(self, but=None):
        """Of the whole host, whose uid is in its range and is another than that."""
        return [pid for pid, uid in processes() if self.holds(uid) and uid != but]

    def processes_after(self, seconds, but=None):
        """Those that are still there then: one that has been killed may take a moment."""
        end = time.monotonic() + seconds
        left = self.processes(but)
        while left and time.monotonic() < end:
            time.sleep(0.1)
            left = self.processes(but)
        return left


def processes():
    """(pid, uid) of all that there are."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            yield pid, os.stat(f"/proc/{pid}").st_uid
        except FileNotFoundError:
            pass  # it has ended


def make(count):
    """All of them, running."""
    os.makedirs(SHARED)
    write(f"{SHARED}/round", "0\n")
    with open("/etc/freevsd.conf", encoding="ascii") as f:
        conf = f.read()
    with open("/etc/freevsd.conf", "w", encoding="ascii") as f:
        f.write(f"include {SHARED}\n" + conf)
    run("vsboot", "--stop")
    run("vsd-refreshskel")
    servers = [Server(n) for n in range(1, count + 1)]
    for s in servers:
        s.create()
    run("vsd-vsbatch")
    for s in servers:
        s.fill()
    run("vsboot", "--start")
    return servers
