#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# bench-create: making, deleting and refreshing servers beside what else could do
# it, on ext4 in RAM, in a lab.  Each round runs every peer once, so that a busy
# moment hits all alike; the report gives medians and ratios.  `bare` is a loop of mkdirat
# and linkat, or of unlinkat, for the same names in vs_create's order and nothing else: the
# kernel's part.
# A server is on the disk when it is made, and none of the peers is: cp-al-flushed tells what
# cp -al takes with the same flush.
# usage: create.sh PROGRAM [ROUNDS [SERVERS]]
set -eu
create=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
rounds=${2:-7} servers=${3:-250}
ram=/mnt/ram at=/mnt/bench out=/tmp/create-bench
samples=$out/samples
mkdir -p $ram $at $out

# A loop device goes by itself when the last mount of it does.
disk() { # FILE SIZE FOLDER MKFS...
	truncate -s "$2" "$ram/$1"
	mkdir -p "$3"
	file=$ram/$1 folder=$3
	shift 3
	"$@" "$file" >/dev/null && mount -o loop "$file" "$folder"
}

mount -t tmpfs -o size=16G ram $ram
[ -e /dev/loop-control ] || mknod /dev/loop-control c 10 237
for n in $(seq 0 31); do
	[ -e "/dev/loop$n" ] || mknod "/dev/loop$n" b 7 "$n"
done
disk ext4 6G $at mkfs.ext4 -q -i 8192 -E lazy_itable_init=0,lazy_journal_init=0 || exit 1
disk btrfs 3G /mnt/btrfs mkfs.btrfs -q || btrfs=missing

sample() { # SIZE PEER COMMAND...: microseconds, into the samples
	size=$1 peer=$2
	shift 2
	us=$("$@") || { echo "# failed: $*"; return 0; }
	echo "$size $peer ${us##* }" >>$samples
}

median() { # SIZE PEER
	awk -v s="$1" -v p="$2" '$1 == s && $2 == p { print $3 }' $samples | sort -n |
		awk '{ v[NR] = $1 } END { if (NR) print v[int((NR + 1) / 2)]; else print "-" }'
}

# One thread stays on one processor; two have all of them.
one_round() { # SIZE
	skel=$at/skel-$1
	sample "$1" vsd-1 taskset -c 0 "$create" make "$skel" $at/x 1
	sample "$1" vsd-delete "$create" drop $at/x
	sample "$1" vsd-2 "$create" make "$skel" $at/x 2
	taskset -c 0 "$create" drop $at/x |
		awk -v s="$1" '{ print s, "vsd-name-free", $1; print s, "vsd-delete-1", $2 }' >>$samples
	sample "$1" bare-1 taskset -c 0 "$create" bare "$skel" $at/x 1
	sample "$1" bare-delete "$create" unbare "$skel" $at/x
	sample "$1" bare-2 "$create" bare "$skel" $at/x 2
	"$create" unbare "$skel" $at/x >/dev/null
	sample "$1" cp-al taskset -c 0 "$create" time cp -al "$skel" $at/x
	sample "$1" rm-rf "$create" time rm -rf $at/x
	sample "$1" cp-al-flushed taskset -c 0 "$create" time \
		sh -c 'cp -al "$1" "$2" && sync -f "$2"' - "$skel" $at/x
	rm -rf $at/x
	sample "$1" rsync "$create" time rsync -a --link-dest="$skel" "$skel/" $at/x
	rm -rf $at/x
	sample "$1" cp-a "$create" time cp -a "$skel" $at/x
	rm -rf $at/x
	mkdir -p $at/x $at/work $at/up
	sample "$1" overlay "$create" time mount -t overlay \
		-o "lowerdir=$skel,upperdir=$at/up,workdir=$at/work" overlay $at/x
	umount $at/x
	rm -rf $at/x $at/work $at/up
	[ -n "${btrfs:-}" ] || {
		sample "$1" btrfs "$create" time btrfs subvolume snapshot "/mnt/btrfs/skel-$1" /mnt/btrfs/x
		btrfs subvolume delete /mnt/btrfs/x >/dev/null
	}
}

skeleton() { # SIZE EXTRA
	rm -rf /usr/local/share/bulk
	mkdir -p /usr/local/share/bulk
	[ "$2" -eq 0 ] || for d in $(seq $(($2 / 100))); do
		mkdir "/usr/local/share/bulk/$d"
		for f in $(seq 99); do echo "$d $f" >"/usr/local/share/bulk/$d/$f"; done
	done
	vsd-genskel --profile standard --skel "$at/skel-$1" >/dev/null
	entries=$(sed -n '/^d /,$p' "$at/skel-$1/.vsd-manifest" | wc -l)
	own=$(grep -c '^[dptxe] . ' "$at/skel-$1/.vsd-manifest")
	[ -n "${btrfs:-}" ] || { btrfs subvolume create "/mnt/btrfs/skel-$1" >/dev/null &&
		cp -a "$at/skel-$1/." "/mnt/btrfs/skel-$1/"; }
}

ratio() { # A B
	awk -v a="$1" -v b="$2" 'BEGIN { if (b + 0 > 0 && a + 0 > 0) printf "%.2f", a / b; else printf "-" }'
}

ratios() { # SIZE A B: of each round, the lowest, the one in the middle, the highest
	awk -v s="$1" -v a="$2" -v b="$3" '$1 == s && $2 == a { x[++n] = $3 }
		$1 == s && $2 == b { y[++m] = $3 }
		END { for (i = 1; i <= n && i <= m; i++) print x[i] / y[i] }' $samples | sort -n |
		awk '{ v[NR] = $1 } END { if (NR) print v[1], v[int((NR + 1) / 2)], v[NR]; else print "- - -" }'
}

# For the table of all benches (result.py)
figure() { # SIZE OURS THEIRS GOAL FLOOR
	[ "$5" = - ] || set -- "$1" "$2" "$3" "$4" "$(ratios "$1" "$5" "$3" | cut -d' ' -f2)"
	ratios "$1" "$2" "$3" | {
		read -r low middle high
		printf '=\t%s\t%s\t%s\t%s\t%s\tx\t%s\t%s\n' "$2, $1 entries" "$3" "$middle" "$low" "$high" "$4" "$5"
	}
}

report() { # SIZE
	base=$(median "$1" cp-al)
	echo "# $1: $entries entries, of which $own are folders or a server's own"
	for p in vsd-1 bare-1 vsd-2 bare-2 cp-al cp-al-flushed cp-a rsync overlay btrfs; do
		m=$(median "$1" $p)
		printf '%-14s %10s us  %s of cp -al\n' "$p" "$m" "$(ratio "$m" "$base")"
	done
	m=$(median "$1" vsd-delete) base=$(median "$1" rm-rf)
	printf '%-14s %10s us  %s of rm -rf (%s us); its name is free after %s us\n' vsd-delete "$m" \
		"$(ratio "$m" "$base")" "$base" "$(median "$1" vsd-name-free)"
	for p in vsd-delete-1 bare-delete; do
		m=$(median "$1" $p)
		printf '%-14s %10s us  %s of rm -rf\n' $p "$m" "$(ratio "$m" "$base")"
	done
	figure "$1" vsd-1 cp-al '<= 0.60' bare-1
	figure "$1" vsd-2 cp-al '<= 0.33' bare-2
	figure "$1" vsd-delete rm-rf '<= 0.85' bare-delete
	for p in cp-al-flushed rsync overlay btrfs; do figure "$1" vsd-2 $p - -; done
	"$create" make "$at/skel-$1" $at/x 2 >/dev/null
	printf '%-14s %10s\n' 'inodes each' "$(find $at/x -links 1 -o -type d | wc -l)"
	"$create" drop $at/x >/dev/null
}

refresh() { # SIZE
	mkdir -p $at/vs
	for n in $(seq 0 $((servers - 1))); do "$create" make "$at/skel-$1" "$at/vs/s$n" 2 >/dev/null; done
	for round in $(seq "$rounds"); do
		cp -al "$at/skel-$1" $at/new
		# A hundred shared files, new inodes of other content
		grep -rlIZ --include='[1-9]*' . $at/new/usr/local/share/bulk $at/new/usr/share 2>/dev/null |
			tr '\0' '\n' | head -n 100 >$out/list
		[ "$(wc -l <$out/list)" -ge 100 ] || find $at/new/usr -type f -size -20k | sort | head -n 100 >$out/list
		while read -r f; do cp -p "$f" "$f.n" && echo "# $round" >>"$f.n" && mv "$f.n" "$f"; done <$out/list
		"$create" floor $at "skel-$1" new $at/vs "$servers" >$out/floor
		"$create" floor $at new "skel-$1" $at/vs "$servers" >/dev/null
		"$create" refresh $at "skel-$1" new $at/vs "$servers" >$out/refresh
		read -r _ f _ <$out/floor
		read -r c t n <$out/refresh
		printf '%s floor %s\n%s refresh %s\n%s compare %s\n' "$1" "$f" "$1" "$t" "$1" "$c" >>$samples
		"$create" refresh $at new "skel-$1" $at/vs "$servers" >/dev/null
		rm -rf $at/new
	done
	echo "# refresh of $servers servers of $entries entries, $n files changed"
	printf '%-14s %10s us  %s of the changed files alone (%s us); comparing the skeletons %s us\n' refresh \
		"$(median "$1" refresh)" "$(ratio "$(median "$1" refresh)" "$(median "$1" floor)")" \
		"$(median "$1" floor)" "$(median "$1" compare)"
	figure "$1" refresh floor '<= 2' -
	rm -rf $at/vs
}

: >$samples
sed -i '1i include /usr/local/share/bulk' /etc/freevsd.conf
for size in 7000 38000; do
	skeleton $size $((size == 7000 ? 600 : 31600))
	for _ in $(seq "$rounds"); do one_round $size; done
	report $size
	refresh $size
done
[ -z "${btrfs:-}" ] || echo '# btrfs: not measured, no mkfs.btrfs in this lab'
echo '# debootstrap: not measured, a lab has no way to an archive'
umount $at
