# Sourced by the scripts beside it: where things are, and how a script speaks.
# shellcheck shell=bash
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

if [[ -t 1 && -t 2 ]]; then bold=$'\e[1m' red=$'\e[31m' plain=$'\e[0m'; else bold='' red='' plain=''; fi

say() { printf '%s==> %s%s\n' "$bold" "$*" "$plain" >&2; }

fail() {
    printf '%s%s: %s%s\n' "$red" "${0##*/}" "$*" "$plain" >&2
    exit 1
}

# A wrong option: exit code 2, as the programs themselves have it.
misused() {
    printf '%s: %s (--help tells what there is)\n' "${0##*/}" "$*" >&2
    exit 2
}

# The comment that a script opens with is its help.
help() { sed -n '2,${/^#/!q;s/^# \{0,1\}//;p}' "$0"; }

cores() { nproc; }

# spent STARTED: seconds since then, for a person.
spent() {
    local seconds=$((SECONDS - $1))
    if ((seconds < 90)); then echo "${seconds} s"; else echo "$((seconds / 60)) min $((seconds % 60)) s"; fi
}
