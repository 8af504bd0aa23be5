#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 0 --sshd --vsftpd --profile minimal --with quota
# variants: ext4 xfs
# A disk quota that the kernel enforces.
. "$LAB_DIR/lib/tap.sh"
. "$LAB_DIR/lib/quota.sh"
vs=/home/vsd/vs skel=/home/vsd/skel

quota_node vda
quota_mount "$1" /dev/vda ,prjquota || exit 1
mkdir -p /etc/try
echo 1 >/etc/try/file
ln -s file /etc/try/link
ln -s file /etc/try/turns
sed -i '1i include /etc/try\nadmin /etc/try' /etc/freevsd.conf
LAB_SERVERS=2
servers_make >/tmp/made 2>&1 || { cat /tmp/made; exit 1; }
check 'vsd-install would say so' /usr/lib/vsd/vsd-quota /home/vsd
lacks 'nobody says that it is not enforced' "$(cat /tmp/made)" 'nothing enforces'
has 'vs_info shows its use' "$(vsdadm vs_info localhost vs1)" 'quota_mb      100 ('
has 'and no reason why not' "$(vsdadm --json vs_info localhost vs1)" '"enforced": true'
fill() { # VS MB
	vssh "alice@10.77.0.$1" "rm -f fill; head -c $2M /dev/zero >fill; s=\$?; rm -f fill; exit \$s" 2>&1
}

# --- the limit ---
check 'within it one writes' fill 1 60
check 'vs_set on a running server' vsdadm vs_set localhost vs1 quota=40
has 'vs_info has it' "$(vsdadm vs_info localhost vs1)" 'quota_mb      40 ('
refused 'too much is refused' fill 1 60
is 'and said' quota "$(fill 1 60 2>&1 | sed -n 's/.*Disk quota exceeded.*/quota/p; s/.*No space left on device.*/quota/p')" # xfs says the latter
check 'the other server has its own' fill 2 60
check 'less is not refused' fill 1 10
refused 'simulated root is no way out' bevs -r vs1 sh -c 'head -c 60M /dev/zero >/home/alice/fill'
bevs -r vs1 rm -f /home/alice/fill
refused 'nor is admin' bevs vs1 sh -c 'head -c 60M /dev/zero >/tmp/fill'
bevs vs1 rm -f /tmp/fill
refused 'a service folder neither' bevs vs1 sh -c 'mkdir -p /home/web/log/x && head -c 60M /dev/zero >/home/web/log/x/fill'
bevs vs1 rm -rf /home/web/log/x
by_ftp() { curl -sS -m 300 -u alice:lab-alice-vs1 "$@" 2>&1; }
head -c 60M /dev/zero >/tmp/fill
refused 'by ftp neither' by_ftp -T /tmp/fill ftp://10.77.0.1/fill
check 'what came of it is deleted by ftp' by_ftp -Q '-DELE fill' -o /dev/null ftp://10.77.0.1/
head -c 1M /tmp/fill >/tmp/part
check 'and there is room again' by_ftp -T /tmp/part ftp://10.77.0.1/part
is 'whole' 1048576 "$(stat -c %s $vs/vs1/home/alice/part)"
rm -f $vs/vs1/home/alice/part
refused 'empty files are counted' vssh alice@10.77.0.1 'mkdir many && cd many && seq 27000 | xargs touch'
vssh alice@10.77.0.1 'rm -rf many'

# --- what is in it ---
is 'a home and what is made in it' '2000000 yes' "$(quota_tag $vs/vs1/home/alice)"
vssh alice@10.77.0.1 'mkdir -p a/b; echo x >a/b/c'
is 'however deep' '2000000 yes' "$(quota_tag $vs/vs1/home/alice/a/b)"
is 'files too' '2000000 no' "$(quota_tag $vs/vs1/home/alice/a/b/c)"
is 'a shared file is nobody'\''s' '0 no' "$(quota_tag $vs/vs1/usr/bin/env)"
is 'nor is the skeleton' '0 no' "$(quota_tag $skel/etc)"
is 'the other server has another' '2000200 yes' "$(quota_tag $vs/vs2/home/alice)"
check 'a user made on the host' vsdadm user_add localhost vs1 carol
is 'is in it' '2000000 yes' "$(quota_tag $vs/vs1/home/carol)"
check 'a user made inside' bevs vs1 useradd -m dave
is 'as well' '2000000 yes' "$(quota_tag $vs/vs1/home/dave)"
is 'the account files stay' '2000000 no' "$(quota_tag $vs/vs1/etc/passwd)"
check 'a user goes inside' bevs vs1 userdel -r dave

# --- a user cannot leave it ---
cc -O1 -D_GNU_SOURCE -o $vs/vs1/home/alice/walls "$LAB_DIR/probe/walls.c"
seen=$(vssh alice@10.77.0.1 ./walls own)
has 'no project id of its own' "$seen" 'projid EPERM'
has 'no flag' "$seen" 'setflags EPERM'
has 'nor by the newer call' "$seen" 'file-setattr EOPNOTSUPP'
/bin/cp $vs/vs1/home/alice/walls /tmp/walls
has 'which the host'\''s root may' "$(/tmp/walls /home/vsd/own)" 'projid ok'
rm -f /home/vsd/own

# --- check ---
lacks 'check finds nothing of quotas' "$(vsdadm check localhost 2>&1)" quota
chattr -p 0 $vs/vs1/home/alice/a/b/c
has 'a file that is outside' "$(vsdadm check localhost 2>&1)" 'vs1'\'': files and folders that lie outside of its disk quota: 1'
has 'is put in' "$(vsdadm check --repair localhost 2>&1)" 'repaired vs1: files'
is 'indeed' '2000000 no' "$(quota_tag $vs/vs1/home/alice/a/b/c)"
sed -i 's/^quota_mb = .*/quota_mb = 50/' /etc/vsd/servers/vs1
has 'a limit that is another' "$(vsdadm check localhost 2>&1)" 'not the registry'
has 'is told by vs_info' "$(vsdadm vs_info localhost vs1)" 'not enforced: the kernel has another limit'
has 'and mended' "$(vsdadm check --repair localhost 2>&1)" 'repaired vs1'
lacks 'for good' "$(vsdadm check localhost 2>&1)" quota

# --- a new skeleton ---
echo 2 >/etc/try/file
rm /etc/try/link
ln -s other /etc/try/link
ln -s file /etc/try/more
rm /etc/try/turns
mkdir /etc/try/turns
echo in >/etc/try/turns/file
check 'vsd-refreshskel' vsd-refreshskel
is 'a shared link came into a folder of the quota' "$(stat -c %i $skel/etc/try/link)" "$(stat -c %i $vs/vs1/etc/try/link)"
is 'a shared link turned into a folder' '2000000 yes' "$(quota_tag $vs/vs1/etc/try/turns)"
is 'and what is in it is in the quota' '2000000 no' "$(quota_tag $vs/vs1/etc/try/turns/file)"
is 'so did a new one' "$(stat -c %i $skel/etc/try/more)" "$(stat -c %i $vs/vs2/etc/try/more)"
is 'a private file is in it' '2000000 no' "$(quota_tag $vs/vs1/etc/try/file)"
is 'the folder hands it on again' '2000000 yes' "$(quota_tag $vs/vs1/etc/try)"
lacks 'check agrees' "$(vsdadm check localhost 2>&1)" quota

# --- it follows the server ---
check 'vs_copy' vsdadm vs_copy localhost vs2 vs3 10.77.0.3 vs3.example.test
check 'makes' vsd-vsbatch
is 'a copy with a quota of its own' '2000400 yes' "$(quota_tag $vs/vs3/home/alice)"
has 'in force' "$(vsdadm vs_info localhost vs3)" 'quota_mb      100 ('
check 'vs_export' vsdadm vs_export localhost vs1 /root/vs1.tar
check 'vs_import' vsdadm vs_import localhost /root/vs1.tar vs4 10.77.0.4 vs4.example.test
check 'makes' vsd-vsbatch
is 'the quota came along' '2000600 no' "$(quota_tag $vs/vs4/home/alice/a/b/c)"
has 'at 50' "$(vsdadm vs_info localhost vs4)" 'quota_mb      50 ('
check 'vs_rename' vsdadm vs_rename localhost vs4 vs5
has 'keeps it' "$(vsdadm vs_info localhost vs5)" 'quota_mb      50 ('
vsboot --start vs5 >/dev/null
refused 'in force' bevs vs5 sh -c 'head -c 80M /dev/zero >/tmp/fill'
check 'vs_delete' vsdadm vs_delete localhost vs5
check 'no quota again' vsdadm vs_set localhost vs1 quota=0
check 'and one writes' fill 1 60
lacks 'check is content' "$(vsdadm check localhost 2>&1)" quota
done_testing
