#!/bin/sh
# Installs mcpprobe, or mcpprobe-server, from a release: fetches the archive for this machine, verifies its SHA-256, unpacks one file.
#
#   curl -fsSL https://github.com/OWNER/mcpprobe/releases/latest/download/install.sh | sh
#   ./install.sh                     the same, in a clone
#   … | sh -s -- --server            the one-machine head instead
#   … | sh -s -- --version 0.1.0     one version; the latest without it
#   … | sh -s -- --dir ~/bin         where to; /usr/local/bin when it can be written, else ~/.local/bin
#
# MCPPROBE_RELEASES names another place of the releases, such as a mirror: URL/latest/VERSION, URL/download/vVERSION/FILE.
set -eu

repository=OWNER/mcpprobe

fail() { printf 'install.sh: %s\n' "$1" >&2; exit "${2:-1}"; }

program=mcpprobe version='' dir=''
while [ $# -gt 0 ]; do
  case $1 in
    --server) program=mcpprobe-server ;;
    --version) [ $# -gt 1 ] || fail "--version needs a version, such as 0.1.0." 2; version=${2#v}; shift ;;
    --dir) [ $# -gt 1 ] || fail "--dir needs a directory." 2; dir=$2; shift ;;
    --help|-h) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) fail "$1: there is no such option; there are --server, --version VERSION and --dir DIRECTORY." 2 ;;
  esac
  shift
done
case $version in *[!0-9A-Za-z.-]*) fail "--version $version: that is no version, such as 0.1.0." 2 ;; esac

# A release's copy says whose it is; a clone's is its origin's.
case $repository in
  OWNER/*)
    origin=''
    case $0 in */install.sh|install.sh) origin=$({ cd "$(dirname "$0")" && git remote get-url origin; } 2>/dev/null) || origin='' ;; esac
    case $origin in
      https://github.com/*/*) repository=${origin#https://github.com/} ;;
      git@github.com:*/*) repository=${origin#git@github.com:} ;;
    esac
    repository=${repository%.git} ;;
esac
releases=${MCPPROBE_RELEASES:-https://github.com/$repository/releases}
case $releases in *://github.com/OWNER/*) fail "this copy does not say whose releases it installs; name them in MCPPROBE_RELEASES, such as https://github.com/ACCOUNT/mcpprobe/releases." ;; esac

system=$(uname -s) machine=$(uname -m)
case $system in
  Linux)
    libc=''
    # musl's loader says its name when it is asked for its version.
    if ls /lib/ld-musl-* >/dev/null 2>&1 && ! [ -e /lib64/ld-linux-x86-64.so.2 ] && ! [ -e /lib/ld-linux-aarch64.so.1 ]; then libc=-musl; fi
    platform=linux$libc ;;
  Darwin) platform=osx libc='' ;;
  *) fail "there is no mcpprobe for $system; there is one for Linux, macOS and Windows (install.ps1). It can be built from source: dotnet publish src/McpProbe.Cli." ;;
esac
case $machine in
  x86_64|amd64) platform=$platform-x64 ;;
  aarch64|arm64) platform=$platform-arm64 ;;
esac
case $platform in
  linux-x64|linux-arm64|linux-musl-x64|osx-arm64) ;;
  *) fail "there is no mcpprobe for $system on $machine${libc:+ with musl}; there is one for linux-x64, linux-arm64, linux-musl-x64, osx-arm64 and win-x64. It can be built from source: dotnet publish src/McpProbe.Cli." ;;
esac

# no_room: with which code it ends when a file could not be written.
if command -v curl >/dev/null 2>&1; then
  no_room=23
  fetch() { curl -fsSL --proto '=https,http' --proto-redir '=https' --retry 2 --connect-timeout 15 -o "$2" "$1"; }
  # Only a mirror of one's own may redirect within http.
  case $releases in http://*) fetch() { curl -fsSL --proto '=http' --proto-redir '=http' --connect-timeout 15 -o "$2" "$1"; } ;; esac
elif command -v wget >/dev/null 2>&1; then
  no_room=3
  fetch() { wget -q -T 15 -O "$2" "$1"; }
else
  fail "neither curl nor wget is installed; install one of them."
fi
if command -v sha256sum >/dev/null 2>&1; then
  sum() { sha256sum "$1" | cut -d ' ' -f 1; }
elif command -v shasum >/dev/null 2>&1; then
  sum() { shasum -a 256 "$1" | cut -d ' ' -f 1; }
else
  fail "neither sha256sum nor shasum is installed, so nothing that is fetched can be verified; install one of them."
fi

# Before anything is fetched, and without making the directory yet.
if [ -z "$dir" ]; then
  if [ -d /usr/local/bin ] && [ -w /usr/local/bin ]; then dir=/usr/local/bin
  elif [ -n "${HOME:-}" ]; then dir=$HOME/.local/bin
  else fail "/usr/local/bin cannot be written, and there is no home directory; name a directory with --dir."; fi
fi
there=$dir
while [ ! -e "$there" ]; do
  case $there in */*) there=${there%/*}; there=${there:-/} ;; *) there=. ;; esac
done
if [ ! -d "$there" ] || [ ! -w "$there" ]; then fail "$dir cannot be written; name another directory with --dir, or run this as its owner."; fi

work=$(mktemp -d) || fail "there is no place for temporary files; set TMPDIR to one."
made=''
# A directory that nothing came into is not left.
trap 'rm -rf "$work"; [ -z "$made" ] || rmdir "$made" 2>/dev/null || :' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

get() {
  status=0
  said=$(fetch "$1" "$2" 2>&1) || status=$?
  case $status in
    0) ;;
    "$no_room") fail "$1 could not be kept in $work: is that disk full? Free space on it, or name another place for temporary files in TMPDIR." ;;
    *) fail "$1 could not be fetched: $(printf '%s' "$said" | tr '\n' ' ' | cut -c 1-200). Check the network${version:+ and that there is a version $version}, or name a mirror in MCPPROBE_RELEASES." ;;
  esac
}
if [ -z "$version" ]; then
  get "$releases/latest/download/VERSION" "$work/VERSION"
  version=$(tr -d ' \r\n' < "$work/VERSION")
  case $version in ''|*[!0-9A-Za-z.-]*) fail "$releases/latest/download/VERSION holds no version; name one with --version, or another place of the releases in MCPPROBE_RELEASES." ;; esac
fi
archive=$program-$version-$platform.tar.gz
get "$releases/download/v$version/SHA256SUMS" "$work/SHA256SUMS"
get "$releases/download/v$version/$archive" "$work/$archive"

expected=$(sed -n "s/^\([0-9a-f]\{64\}\) [ *]$archive\$/\1/p" "$work/SHA256SUMS" | head -n 1)
[ -n "$expected" ] || fail "SHA256SUMS of version $version does not name $archive, so it cannot be verified; nothing is installed. Choose another version with --version."
actual=$(sum "$work/$archive")
[ "$actual" = "$expected" ] || fail "$archive is not what was released: its SHA-256 is $actual and should be $expected. Nothing is installed; try again, and report it if it stays so."

mkdir "$work/unpacked"
tar -xzf "$work/$archive" -C "$work/unpacked" 2>/dev/null || fail "$archive cannot be unpacked in $work; nothing is installed. Is that disk full? TMPDIR names another."
[ -f "$work/unpacked/$program" ] || fail "$archive holds no $program; nothing is installed."
[ -d "$dir" ] || made=$dir
mkdir -p "$dir" 2>/dev/null || fail "$dir cannot be made; name another directory with --dir."
# Beside the old one first: a program that runs cannot be written over, but it can be replaced.
new="$dir/.$program.new"
for file in mcpprobe-sdk "$program"; do
  [ -f "$work/unpacked/$file" ] || continue
  { cp "$work/unpacked/$file" "$new" && chmod 755 "$new"; } 2>/dev/null || { rm -f "$new"; fail "$dir/$file could not be written; is the disk full?"; }
  if [ "$file" = "$program" ] && ! said=$(DOTNET_BUNDLE_EXTRACT_BASE_DIR="$work" "$new" --version 2>&1); then
    rm -f "$new"
    fail "$program does not run here: $(printf '%s' "$said" | head -n 1 | cut -c 1-200). Nothing is installed."
  fi
  mv -f "$new" "$dir/$file"
done

printf '%s %s is installed in %s\n' "$program" "$version" "$dir"
# shellcheck disable=SC2016 # $PATH is for the shell that it is typed into
case :$PATH: in *:"$dir":*) ;; *) printf 'That directory is not on your PATH yet: export PATH="%s:$PATH"\n' "$dir" ;; esac
