#!/usr/bin/env bash
# Makes the whole file system of an image from one program and what of this machine it needs: its libraries, the authorities that it
# trusts, the names of time zones. There is no shell in it, no package manager, nothing else. Made on Debian 12: containers/README.md.
#
#   containers/root.sh PROGRAM DIRECTORY [--zones]
set -euo pipefail

program=${1:?containers/root.sh: name the program}
context=${2:?containers/root.sh: name the directory to fill}
root=$context/root
[ -x "$program" ] || { echo "containers/root.sh: there is no program $program; publish it first (containers/README.md)" >&2; exit 2; }
[ ! -e "$context" ] || { echo "containers/root.sh: $context is there already; remove it, or name another directory" >&2; exit 2; }

# The volume is apart: it alone is its user's.
mkdir -p "$root"/{etc/ssl/certs,tmp,usr/bin} "$context/data"
chmod 1777 "$root/tmp"
cp "$program" "$root/usr/bin/"

# What the loader asks for, and OpenSSL, which .NET loads by name when it is needed.
copy_library() {
  local real
  real=$(readlink -f "$1")
  mkdir -p "$root$(dirname "$1")"
  cp -n "$real" "$root$1"
}
ssl=$(ldconfig -p | sed -n 's/.*libssl\.so\.3 .*=> //p' | head -n 1)
[ -n "$ssl" ] || { echo "containers/root.sh: OpenSSL 3 is not installed here: apt-get install libssl3" >&2; exit 2; }
libraries=$(for file in "$program" "$ssl" "${@:4}"; do ldd "$file"; done | sed -n -e 's/.*=> \(\/[^ ]*\).*/\1/p' -e 's/^\s*\(\/lib[^ ]*\).*/\1/p' | sort -u)
for library in $libraries "$ssl"; do copy_library "$library"; done

cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
printf 'hosts: files dns\n' > "$root/etc/nsswitch.conf"
printf 'mcpprobe:x:10001:10001::/data:/nonexistent\n' > "$root/etc/passwd"
printf 'mcpprobe:x:10001:\n' > "$root/etc/group"
if [ "${3:-}" = --zones ]; then
  mkdir -p "$root/usr/share/zoneinfo"
  (cd /usr/share/zoneinfo && tar -c --exclude=./posix --exclude=./right .) | tar -x -C "$root/usr/share/zoneinfo"
fi
