# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# Count and print results in TAP.  A test is "GROUP: name"; programs that print
# TAP themselves have their lines numbered anew.
tap_n=0 tap_passed=0 tap_failed=0 tap_skipped=0

tap_ok() {
	tap_n=$((tap_n + 1)) tap_passed=$((tap_passed + 1))
	echo "ok $tap_n - $1"
}

# The reason, a file, is shown as comments.
tap_not_ok() {
	tap_n=$((tap_n + 1)) tap_failed=$((tap_failed + 1))
	echo "not ok $tap_n - $1"
	if [ -n "${2:-}" ] && [ -s "$2" ]; then
		tail -n "${TAP_LINES:-60}" "$2" | sed 's/^/#   /'
	fi
}

tap_skip() {
	tap_n=$((tap_n + 1)) tap_skipped=$((tap_skipped + 1))
	echo "ok $tap_n - $1 # SKIP ${2:-}"
}

# One command, one result.
tap_command() {
	name=$1
	shift
	if "$@" >"$OUT/command.log" 2>&1; then
		tap_ok "$name"
	else
		tap_not_ok "$name" "$OUT/command.log"
	fi
}

# Fold in a finished program's TAP: name, its output, its exit status.  A status
# that no "not ok" line explains, a missing plan and a wrong count are failures.
tap_fold() {
	seen=0 bad=0 plan=
	while IFS= read -r line; do
		case $line in
		'ok '* | 'not ok '*) ;;
		1..*) plan=${line#1..} plan=${plan%% *}; continue ;;
		'Bail out!'*) plan=bailed; continue ;;
		*) continue ;;
		esac
		seen=$((seen + 1))
		title=$(printf '%s\n' "$line" | sed 's/^\(not \)*ok *[0-9]* *-* *//')
		case $line in
		# cmocka says "not ok N # SKIP name" of a skipped test.
		*'# SKIP'* | *'# skip'*) tap_skip "$1: ${title%%# [Ss][Kk][Ii][Pp]*}" "${title#*# [Ss][Kk][Ii][Pp]}" ;;
		'ok '*) tap_ok "$1: $title" ;;
		*) bad=$((bad + 1)); tap_not_ok "$1: $title" ;;
		esac
	done <"$2"
	if [ "$bad" -gt 0 ]; then
		grep -v -e '^ok ' -e '^1\.\.' "$2" | tail -n "${TAP_LINES:-60}" | sed 's/^/#   /'
	elif [ "$3" -ne 0 ]; then
		tap_not_ok "$1: exit status $3" "$2"
	elif [ "$plan" = skip ] || [ "$plan" = 0 ]; then
		tap_skip "$1" "$(sed -n 's/^1\.\.0 *# *[Ss][Kk][Ii][Pp] *//p' "$2")"
	elif [ "${plan:-none}" != "$seen" ]; then
		tap_not_ok "$1: planned ${plan:-nothing}, saw $seen" "$2"
	fi
}

# Run a program that prints TAP, at most so many seconds.
tap_program() {
	name=$1 seconds=$2
	shift 2
	status=0
	timeout -k 10 "$seconds" "$@" >"$OUT/$name.log" 2>&1 </dev/null || status=$?
	tap_fold "$name" "$OUT/$name.log" "$status"
}

tap_end() {
	echo "1..$tap_n"
	echo "$tap_passed passed, $tap_failed failed, $tap_skipped skipped"
	[ "$tap_failed" -eq 0 ] && [ "$tap_passed" -gt 0 ]
}
