#!/usr/bin/env bash
# Installs each artefact of a release for linux-x64 on a fresh root, runs a check, watches the demo for two minutes, and removes it again.
#   packaging/try.sh DIRECTORY      as root; needs debootstrap and buildah. ROOT=DIR takes a Debian root that is there already.
# What a machine has no tool for is said and left out.
set -euo pipefail
cd "$(dirname "$0")/.."
release=$(realpath "${1:?packaging/try.sh: name the directory of the release}")
seconds=${DEMO_SECONDS:-120}

work=$(mktemp -d)
running=
clean() {
  [ -z "$running" ] || kill "$running" 2>/dev/null || true
  [ ! -d "$work/root/proc/self" ] || umount "$work/root/proc" || true
  rm -rf "$work"
}
trap clean EXIT
step() { printf '\n== %s\n' "$1"; }
fail() { printf 'packaging/try.sh: %s\n' "$1" >&2; exit 1; }

root=$work/root
if [ -n "${ROOT:-}" ]; then
  cp -a "$ROOT" "$root"
elif command -v debootstrap >/dev/null; then
  step "A fresh Debian 12"
  debootstrap --variant=minbase --include=ca-certificates,libssl3,tzdata bookworm "$root" > "$work/debootstrap.log" 2>&1 || { tail -n 5 "$work/debootstrap.log" >&2; fail "debootstrap failed"; }
else
  echo "debootstrap is not installed: archives and Debian packages are not tried."
  root=
fi
[ -z "$root" ] || { mkdir -p "$root/proc"; mount -t proc proc "$root/proc" 2>/dev/null || true; cp -L /etc/resolv.conf "$root/etc/" 2>/dev/null || true; }

# The demo as a person sees it: an outage opens and resolves, a drift is found. Then the server is asked, by itself and by mcpprobe.
#   watch NAME PORT COMMAND…: COMMAND starts the server
watch() {
  local name=$1 port=$2 log=$work/$1.log
  shift 2
  local before=$SECONDS
  "$@" > "$log" 2>&1 &
  running=$!
  until grep -q '^The page: ' "$log"; do
    kill -0 "$running" 2>/dev/null || { cat "$log" >&2; fail "$name ended before it listened"; }
    [ $((SECONDS - before)) -lt 60 ] || fail "$name does not listen"
    sleep 0.2
  done
  while [ $((SECONDS - before)) -lt "$seconds" ]; do sleep 1; done
  grep -q 'incident.opened' "$log" || { tail -n 20 "$log" >&2; fail "$name: no incident opened within $seconds s"; }
  grep -q 'incident.resolved' "$log" || { tail -n 20 "$log" >&2; fail "$name: none resolved within $seconds s"; }
  curl -fsS "http://127.0.0.1:$port/api/live" >/dev/null || fail "$name does not answer"
}
# SIGTERM to the server itself, which may be the child of a tool that started it.
stop() {
  local name=$1 status=0
  local server
  server=$(pgrep -f -- "mcpprobe-server.*--urls http://127.0.0.1:$2" | tail -n 1 || true)
  kill -TERM "${server:-$running}"
  wait "$running" || status=$?
  running=
  [ "$status" = 0 ] || { tail -n 5 "$work/$name.log" >&2; fail "$name ended with $status after SIGTERM"; }
}

if [ -n "$root" ]; then
  step "Archives"
  for program in mcpprobe mcpprobe-server; do tar -xzf "$release/$program"-[0-9]*-linux-x64.tar.gz -C "$root/usr/bin" "./$program"; done
  chroot "$root" mcpprobe --version
  watch archive 18391 chroot "$root" mcpprobe-server --demo --urls http://127.0.0.1:18391
  chroot "$root" mcpprobe check http://127.0.0.1:18391/mcp
  chroot "$root" mcpprobe-server --health --urls http://127.0.0.1:18391
  stop archive 18391
  rm "$root/usr/bin/mcpprobe" "$root/usr/bin/mcpprobe-server"

  step "Debian packages"
  cp "$release"/*_amd64.deb "$root/tmp/"
  chroot "$root" sh -c 'dpkg -i /tmp/*.deb' || { chroot "$root" apt-get install -y -qq -f; }
  watch deb 18392 chroot "$root" mcpprobe-server --demo --urls http://127.0.0.1:18392
  chroot "$root" mcpprobe check http://127.0.0.1:18392/mcp
  stop deb 18392
  chroot "$root" dpkg --purge mcpprobe mcpprobe-server
  left=$(find "$root/usr" "$root/etc" "$root/var/lib" -name '*mcpprobe*' -not -path '*/dpkg/*')
  [ -z "$left" ] || fail "purge left: $left"
fi

if command -v buildah >/dev/null; then
  step "Containers"
  export BUILDAH_OPTIONS="--storage-driver vfs --root $work/storage --runroot $work/run" BUD_OPTIONS="--isolation chroot"
  b() { buildah --storage-driver vfs --root "$work/storage" --runroot "$work/run" "$@"; }
  for program in mcpprobe mcpprobe-server; do containers/build.sh "$program" "$release" "$program:try" >/dev/null; done
  b images
  small=$(b from mcpprobe:try) server=$(b from mcpprobe-server:try)
  b run --isolation chroot "$small" -- /usr/bin/mcpprobe --version
  watch container 18393 buildah --storage-driver vfs --root "$work/storage" --runroot "$work/run" run --isolation chroot "$server" -- /usr/bin/mcpprobe-server --data /data --demo --urls http://127.0.0.1:18393
  b run --isolation chroot "$small" -- /usr/bin/mcpprobe check http://127.0.0.1:18393/mcp
  b run --isolation chroot "$server" -- /usr/bin/mcpprobe-server --health --urls http://127.0.0.1:18393
  stop container 18393
  b rm -a >/dev/null && b rmi -a >/dev/null
else
  echo "buildah is not installed: the containers are not tried."
fi

if command -v dotnet >/dev/null && [ -e "$(find "$release" -name 'mcpprobe.linux-x64.*.nupkg' | head -n 1)" ]; then
  step "dotnet tool"
  NUGET_PACKAGES=$work/packages dotnet tool install mcpprobe --tool-path "$work/tools" --source "$release" >/dev/null
  "$work/tools/mcpprobe" --version
  dotnet tool uninstall mcpprobe --tool-path "$work/tools" >/dev/null
  [ ! -e "$work/tools/mcpprobe" ] || fail "dotnet tool uninstall left mcpprobe"
fi
step "All tried"
