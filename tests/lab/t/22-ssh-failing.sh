#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd
# Whatever fails, nobody gets a shell, a forward or a process on the host.
. "$LAB_DIR/lib/tap.sh"
vs=/home/vsd/vs/vs1
run=/run/vsd/vs1

# Nothing of the range may be left anywhere but in the VS's cgroup.
strays() {
	for p in $(pgrep -U "$(seq -s, 2000000 2000399)"); do
		grep -q /vsd/vs "/proc/$p/cgroup" || cat "/proc/$p/cmdline"
	done
}

# FACTS 1: sshd ignores a setcred error after publickey, so the child must end.
# A filter that no kernel loads makes the very last step fail.
cp $run/filter /tmp/filter
printf '\377\377\377\377\377\377\377\377' >$run/filter
refused 'entering fails: no command' vssh alice@10.77.0.1 'touch /tmp/here'
refused 'no file on the host' test -e /tmp/here
refused 'no file in the VS' test -e $vs/tmp/here
refused 'no internal sftp' sh -c 'echo pwd | sftp -b - -i "$LAB_KEY" alice@10.77.0.1'
timeout 5 ssh -i "$LAB_KEY" -o BatchMode=yes -N -L 5555:127.0.0.1:22 alice@10.77.0.1 >/dev/null 2>&1 &
sleep 1
is 'no process for forwarding' '' "$(strays)"
wait
refused 'password: no command' sh -c '. "$LAB_DIR/lib/tap.sh"; pwssh password alice@10.77.0.1 lab-alice-vs1 id | grep uid='
logs 'the log says why' 'cannot enter' 1000

# No filter: preparing fails in the monitor, which sshd obeys late.
rm $run/filter
refused 'preparing fails: no command' vssh alice@10.77.0.1 'touch /tmp/here'
timeout 5 ssh -i "$LAB_KEY" -o BatchMode=yes -N -L 5555:127.0.0.1:22 alice@10.77.0.1 >/dev/null 2>&1 &
sleep 1
is 'no process for forwarding' '' "$(strays)"
wait
cp /tmp/filter $run/filter
check 'the filter is back' vssh alice@10.77.0.1 true

# The session line without the auth line, and the other way round
for f in sshd common-auth; do cp /etc/pam.d/$f /tmp/$f; sed -i '/^auth.*pam_vsd/d' /etc/pam.d/$f; done
refused 'the session line without the auth line' vssh alice@10.77.0.1 'touch /tmp/here'
logs 'the log says why' 'the auth line of pam_vsd is missing' 1000
for f in sshd common-auth; do cp /tmp/$f /etc/pam.d/$f; done
for f in sshd common-session; do cp /etc/pam.d/$f /tmp/$f; sed -i '/^session.*pam_vsd/d' /etc/pam.d/$f; done
has 'no session line at all: the guard shell refuses' "$(vssh alice@10.77.0.1 id 2>&1)" 'lives in a virtual server'
for f in sshd common-session; do cp /tmp/$f /etc/pam.d/$f; done
sed -i 's/enter=credentials/enter=credentails/' /etc/pam.d/sshd
refused 'a misspelt option' vssh alice@10.77.0.1 'touch /tmp/here'
check 'which does not lock out root' vssh root@10.88.0.1 true
cp /tmp/sshd /etc/pam.d/sshd
echo 'nonsense' >>/etc/vsd.conf
refused 'a broken vsd.conf' vssh alice@10.77.0.1 'touch /tmp/here'
check 'which does not lock out root' vssh root@10.88.0.1 true
sed -i '$d' /etc/vsd.conf
refused 'nothing of it came about' test -e /tmp/here
check 'and all is well again' vssh alice@10.77.0.1 true

# A host that forbids new namespaces
cat >/tmp/forbid.c <<'X'
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_unshare, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1 /* EPERM */),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog p = { sizeof(f) / sizeof(*f), f };

	if (argc < 2 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p, 0, 0) < 0)
		return 1;
	execv(argv[1], argv + 1);
	return 1;
}
X
gcc -o /tmp/forbid /tmp/forbid.c
SSHD='/tmp/forbid /usr/sbin/sshd'
check 'an sshd without namespaces listens' more_sshd 2204
SSHD=/usr/sbin/sshd
if [ "$LAB_ISOLATION" = chroot ]; then
	is 'where namespaces are forbidden, the terminal is the host'\''s' alice \
		"$(vssh -tt -p 2204 alice@10.77.0.1 id -un 2>/dev/null | tr -d '\r')"
	logs 'the log says so' 'the terminal is the host' 1000
else
	refused 'where namespaces are forbidden' vssh -p 2204 alice@10.77.0.1 'touch /tmp/here'
	logs 'the log says why' 'cannot prepare the terminal: Operation not permitted' 1000
fi

# Limits
sed -i 's/^max_sessions = .*/max_sessions = 2/' /etc/vsd/servers/vs1
vssh alice@10.77.0.1 'sleep 272' & vssh alice@10.77.0.1 'sleep 273' &
sleep 1.5
refused 'one session more than the limit' vssh alice@10.77.0.1 true
pkill -f '^sleep 27[23]'
wait
check 'and one less' vssh alice@10.77.0.1 true

# The VS itself
touch $vs/etc/nologin
refused 'nologin stops alice' vssh alice@10.77.0.1 true
check 'not admin' vssh admin@10.77.0.1 true
rm $vs/etc/nologin
cp $vs/etc/vsd/priv /tmp/priv
sed -i '/^login:/d' $vs/etc/vsd/priv
refused 'without the right' vssh alice@10.77.0.1 true
cp /tmp/priv $vs/etc/vsd/priv
chown 2000000 $vs
refused 'a VS folder that is not root'\''s' vssh alice@10.77.0.1 true
chown 0 $vs

vssh alice@10.77.0.1 'sleep 274' &
client=$!
sleep 1
check 'the VS stops' vsboot --stop vs1
wait $client
is 'its sessions have ended' '' "$(pgrep -f '^sleep 274')"
refused 'nobody comes in while it is stopped' vssh alice@10.77.0.1 'touch /tmp/here'
logs 'already in the account step, which sshd obeys at once' \
	'is not running (vsboot --start vs1)' 1000
check 'the other VS is untouched' vssh alice@10.77.0.2 true
is 'nobody is left outside' '' "$(strays)"
check 'it starts again' vsboot --start vs1
check 'and serves' vssh alice@10.77.0.1 true
done_testing
