# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# util-linux's login opens its terminal by name once the session is open: in a VS a user
# waits for that on terminals of every name that the host may have given it.
. "$LAB_DIR/lib/tap.sh"
. "$LAB_DIR/lib/telnet.sh"
v=/home/vsd/vs/vs1
cat >$v/tmp/wait.py <<'X'
import os, pty, time
held = []
for _ in range(30):
    master, slave = pty.openpty()
    os.close(slave)
    held.append(master)
print("waiting", flush=True)
while True:
    time.sleep(0.5)
    for master in held:
        try:
            os.read(master, 4096)
            os.write(master, b"id -u >/tmp/owned\n")
        except OSError: # nobody has opened it
            pass
X
vsdadm priv_set localhost vs1 bob telnet on
telnet_start
vssh alice@10.77.0.1 'exec timeout 60 python3 /tmp/wait.py' >/tmp/waiting 2>&1 &
wait_for /tmp/waiting
has 'a user waits on terminals of every name' "$(cat /tmp/waiting)" waiting
if telnet_enters; then
	skip 'the login of util-linux' 'this one opens no terminal by name'
else
	refused 'the login of util-linux lets no VS user in' telnet_as 10.77.0.1 bob lab-bob-vs1 id
	has 'the log says why' "$(grep 'pam_vsd(remote' /var/log/lab.log | tail -n 1)" \
		'refused user=bob vs=vs1 service=remote from=vs1: the login of util-linux opens its terminal by name'
	refused 'and nobody else has typed into their session' test -e $v/tmp/owned
	has 'vsdadm check says so' "$(vsdadm check localhost)" \
		'remote                   refused, login is that of util-linux'
	has 'and does not try it' "$(vsdadm check localhost --live remote 2>&1)" 'which pam_vsd refuses'
fi
kill $!
done_testing
