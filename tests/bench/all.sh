#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Every bench after the other, then one table and one chart: all.sh FOLDER BENCH...
# One that fails is named at the end and its part of the table is missing.
set -eu
out=$1 failed=''
shift
mkdir -p "$out"
: >"$out/log"
for bench; do
	echo "== $bench" | tee -a "$out/log"
	if ! "${MAKE:-make}" -s "$bench" >"$out/$bench" 2>&1; then
		failed="$failed $bench"
	fi
	tee -a "$out/log" <"$out/$bench"
done
"$(dirname "$0")/table.py" "$out/log" "$out/table.txt" "$out/chart.svg"
echo "# $out/table.txt and $out/chart.svg"
[ -z "$failed" ] || { echo "failed:$failed" >&2; exit 1; }
