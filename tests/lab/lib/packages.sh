# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# The tree's Debian packages, built once for all labs that install them, in a lab of its
# own.  They belong to what is in the tree: another content makes others.

packages_key() {
	echo "$LAB_SUITE"
	cd "$LAB_TOP" || exit
	find . -path ./build -prune -o -path ./.git -prune -o -type f -printf '%p %m\n' | sort
	find . -path ./build -prune -o -path ./.git -prune -o -type f -print0 | sort -z | xargs -0 sha256sum
}

# Set LAB_PACKAGES to their folder.
packages_ensure() {
	key=$(packages_key | sha256sum | cut -c1-16)
	LAB_PACKAGES=$LAB_TOP/build/packages-$key
	(
		flock 8
		[ ! -e "$LAB_PACKAGES/ok" ] || exit 0
		rm -rf "$LAB_TOP"/build/packages-*
		mkdir "$LAB_PACKAGES"
		# shellcheck disable=SC2016 # the lab's shell expands it
		LAB_KEEP=$LAB_PACKAGES "$LAB_DIR/run" --bare --with packaging \
			${LAB_SUITE:+--suite "$LAB_SUITE"} -- sh -c \
			'sh "$LAB_DIR/lib/build-packages.sh" /tmp/b && rm -rf /tmp/b/vsd && cp -a /tmp/b/. "$1"' \
			sh "$LAB_PACKAGES" 8>&- >&2
		: >"$LAB_PACKAGES/ok"
	) 8>"$LAB_TOP/build/.packages-lock"
}
