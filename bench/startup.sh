#!/usr/bin/env bash
# Sizes of a release for linux-x64, and how long its programs take to start, beside blackbox_exporter (Debian: prometheus-blackbox-exporter):
#   bench/startup.sh DIRECTORY [TURNS]      DIRECTORY as packaging/build.sh made it
# In turns. A server has started when its page answers; the CPU is what its process had used by then.
set -euo pipefail
release=$(realpath "${1:?bench/startup.sh: name the directory of the release}")
turns=${2:-11}
work=$(mktemp -d)
running=''
trap '[ -z "$running" ] || kill "$running" 2>/dev/null || true; rm -rf "$work"' EXIT

mkdir "$work/home"
for program in mcpprobe mcpprobe-server mcpprobe-container; do
  mkdir "$work/$program"
  tar -xzf "$release/$program"-[0-9]*-linux-x64.tar.gz -C "$work/$program"
done
printf '%12d  %s\n' "$(stat -c %s "$work/mcpprobe/mcpprobe")" mcpprobe "$(stat -c %s "$work/mcpprobe-container/mcpprobe")" "mcpprobe, for its container" \
  "$(stat -c %s "$work/mcpprobe-server/mcpprobe-server")" mcpprobe-server
for file in "$release"/*_amd64.deb "$release"/mcpprobe*.nupkg "$release"/mcpprobe*-linux-x64.tar.gz; do printf '%12d  %s\n' "$(stat -c %s "$file")" "$(basename "$file")"; done
blackbox=$(command -v prometheus-blackbox-exporter || true)
[ -z "$blackbox" ] || printf '%12d  %s\n' "$(stat -c %s "$blackbox")" "blackbox_exporter $("$blackbox" --version 2>&1 | sed -n 's/.*version \([0-9.]*\) .*/\1/p')"

now() { date +%s%N; }
# once NAME COMMAND…: a program that ends.
once() {
  local name=$1 began
  shift
  began=$(now)
  "$@" >/dev/null
  echo "$((($(now) - began) / 1000)) 0" >> "$work/$name.times"
}
# server NAME URL COMMAND…: until URL answers.
server() {
  local name=$1 url=$2 began ended ticks
  shift 2
  began=$(now)
  "$@" > "$work/$name.log" 2>&1 &
  running=$!
  until curl -fs -o /dev/null "$url"; do kill -0 "$running" 2>/dev/null || { cat "$work/$name.log" >&2; exit 1; }; done
  ended=$(now)
  ticks=$(cut -d ')' -f 2- "/proc/$running/stat" | awk '{ print $12 + $13 }')
  kill "$running"
  wait "$running" || true
  running=''
  echo "$(((ended - began) / 1000)) $((ticks * 10))" >> "$work/$name.times"
}
printf 'modules: {}\n' > "$work/blackbox.yml"
for ((turn = 0; turn < turns; turn++)); do
  once mcpprobe "$work/mcpprobe/mcpprobe" --version
  once mcpprobe-container "$work/mcpprobe-container/mcpprobe" --version
  server mcpprobe-server http://127.0.0.1:18400/api/live env HOME="$work/home" "$work/mcpprobe-server/mcpprobe-server" --data "$work/data" --urls http://127.0.0.1:18400
  [ -z "$blackbox" ] || server blackbox_exporter http://127.0.0.1:18401/-/healthy "$blackbox" --config.file="$work/blackbox.yml" --web.listen-address=127.0.0.1:18401
done
echo
echo "$turns turns, load $(cut -d ' ' -f 1 /proc/loadavg) on $(nproc) cores: median, fastest, CPU (median), in ms"
of() { cut -d ' ' -f "$2" "$1" | sort -n | sed -n "$3p"; }
middle=$(((turns + 1) / 2))
for times in "$work"/*.times; do
  printf '%-20s %8s %8s %6s\n' "$(basename "$times" .times)" "$(awk -v us="$(of "$times" 1 $middle)" 'BEGIN { printf "%.1f", us / 1000 }')" \
    "$(awk -v us="$(of "$times" 1 1)" 'BEGIN { printf "%.1f", us / 1000 }')" "$(of "$times" 2 $middle)"
done
