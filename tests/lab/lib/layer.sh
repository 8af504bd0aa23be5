# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# The lab's own packages, kept as a layer that an overlay puts over the machine's
# root, so that no daemon is ever installed on the machine.  A layer belongs to
# one state of the machine's packages and one list; another state makes another.

# Names of the wanted packages, one a line, from the sets.
layer_packages() {
	for set in base $LAB_SETS; do
		if [ ! -f "$LAB_DIR/packages/$set" ]; then
			echo "lab: no such package set '$set'" >&2
			return 1
		fi
	done
	drop=$(for set in $LAB_SETS; do sed -n 's/^-//p' "$LAB_DIR/packages/$set"; done)
	{
		for set in base $LAB_SETS; do
			grep -v -e '^#' -e '^-' "$LAB_DIR/packages/$set"
		done
		[ -z "$LAB_SUITE" ] || "$LAB_TOP/tests/deps" --list # it is built there
	} | sort -u | while read -r p; do
		case " $(echo "$drop" | tr '\n' ' ') " in
		*" $p "*) ;;
		*) echo "$p" ;;
		esac
	done
}

layer_key() {
	{
		if [ -n "$LAB_SUITE" ]; then
			echo "suite $LAB_SUITE"
		else
			# shellcheck disable=SC2016 # dpkg-query expands it
			dpkg-query -W -f '${Package} ${Version} ${db:Status-Status}\n' | sort
		fi
		layer_packages
		cat "$LAB_DIR/lib/layer.sh"
	} | sha256sum | cut -c1-16
}

# Set LAB_LAYER to the layer's folder, making it first if it is not there.
# LAB_BASE is the root below it.
layer_ensure() {
	mkdir -p "$LAB_CACHE"
	layer_packages >/dev/null
	[ -z "$LAB_SUITE" ] || layer_locked "lock-$LAB_SUITE" layer_bootstrap
	# A set that takes nothing out goes on from the layer that has none.
	layer_below=
	# shellcheck disable=SC2086 # a list of words
	if [ -n "$LAB_SETS" ] && ! (cd "$LAB_DIR/packages" && grep -qs '^-' $LAB_SETS); then
		layer_sets=$LAB_SETS LAB_SETS=''
		layer_made
		LAB_SETS=$layer_sets layer_below=$LAB_LAYER
	fi
	layer_made
}

layer_made() {
	LAB_LAYER=$LAB_CACHE/layer-$(layer_key)
	[ -e "$LAB_LAYER/ok" ] || layer_locked lock layer_make
	touch "$LAB_LAYER"
}

# One at a time: they share apt's folder.
layer_locked() { # LOCK FUNCTION
	(
		flock 8
		"$2"
	) 8>"$LAB_CACHE/$1"
}

layer_make() {
	[ ! -e "$LAB_LAYER/ok" ] || return 0
	echo "lab: making the layer of test packages (once)" >&2
	rm -rf "$LAB_LAYER"
	mkdir -p "$LAB_LAYER" "$LAB_CACHE/debs"
	if ! layer_packages | unshare --mount --pid --ipc --uts --fork --kill-child \
		--propagation private -- sh "$LAB_DIR/lib/layer-build.sh" \
		"$LAB_LAYER" "$LAB_BASE" "$LAB_CACHE/debs" ${layer_below:+"$layer_below"} \
		>"$LAB_LAYER/log" 2>&1; then
		tail -n 40 "$LAB_LAYER/log" >&2
		echo "lab: making the layer failed; all of it: $LAB_LAYER/log" >&2
		return 1
	fi
	: >"$LAB_LAYER/ok"
	layer_sweep
}

# Keep the layers used last: more than one run of all tests wants, or each run would
# make them anew.
layer_sweep() {
	# shellcheck disable=SC2012 # names are ours: layer-HEX
	ls -1dt "$LAB_CACHE"/layer-* | tail -n +25 | while read -r old; do
		rm -rf "$old"
	done
}

# Another release of Debian as the base instead of the machine's own root.
layer_bootstrap() {
	[ ! -e "$LAB_BASE/.lab-ok" ] || return 0
	echo "lab: making a base of Debian $LAB_SUITE (once)" >&2
	rm -rf "$LAB_BASE"
	mkdir -p "$LAB_CACHE/debs-$LAB_SUITE"
	if ! debootstrap --variant=minbase --include=iproute2,procps,ca-certificates \
		--cache-dir="$LAB_CACHE/debs-$LAB_SUITE" "$LAB_SUITE" "$LAB_BASE" \
		>"$LAB_CACHE/base-$LAB_SUITE.log" 2>&1; then
		tail -n 20 "$LAB_CACHE/base-$LAB_SUITE.log" >&2
		return 1
	fi
	: >"$LAB_BASE/.lab-ok"
}
