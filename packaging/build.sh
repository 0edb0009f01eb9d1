#!/usr/bin/env bash
# Builds what is released for one platform, on a machine of that platform: packaging/build.sh RID DIRECTORY
# Needs the .NET SDK 10 and what native AOT links with (gcc or clang, zlib).
set -euo pipefail
cd "$(dirname "$0")/.."
rid=${1:?packaging/build.sh: name the platform, such as linux-x64}
out=${2:?packaging/build.sh: name the directory for the results}
version=$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)
case $rid in win-*) exe=.exe ;; *) exe= ;; esac

mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

publish() { dotnet publish "src/$1" -c Release -r "$rid" -o "$2" --nologo -v quiet "${@:3}"; }
# A container's is smaller, and starts later by a few milliseconds: its metadata is unpacked at every start (docs/packages.md). It comes
# first, since the tool package below takes what was compiled last.
case $rid in linux-x64|linux-arm64)
  publish McpProbe.Cli "$work/container" -p:IlcDehydrate=true
  tar -C "$work/container" --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -c ./mcpprobe | gzip -9n > "$out/mcpprobe-container-$version-$rid.tar.gz" ;;
esac

publish McpProbe.Cli "$work/mcpprobe"
publish McpProbe.SdkClient "$work/mcpprobe"
publish McpProbe.Server "$work/server" -p:PublishProfile=release
mkdir "$work/mcpprobe-server"
mv "$work/server/mcpprobe-server$exe" "$work/mcpprobe-server/"

"$work/mcpprobe/mcpprobe$exe" help --man > "$work/mcpprobe/mcpprobe.1"
for shell in bash zsh fish powershell; do
  "$work/mcpprobe/mcpprobe$exe" completion "$shell" > "$work/mcpprobe/completion.$shell"
done
case $rid in linux-*) cp packaging/systemd/mcpprobe-server.service "$work/mcpprobe-server/" ;; esac

for program in mcpprobe mcpprobe-server; do
  cp LICENSE "$work/$program/"
  name=$program-$version-$rid
  if [ -n "$exe" ]; then
    (cd "$work/$program" && 7z a -tzip -bso0 "$name.zip" ./*) && mv "$work/$program/$name.zip" "$out/"
  elif tar --version | grep -q GNU; then
    # The same bytes from the same files.
    tar -C "$work/$program" --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -c . | gzip -9n > "$out/$name.tar.gz"
  else
    tar -C "$work/$program" -c . | gzip -9n > "$out/$name.tar.gz"
  fi
done

# dotnet tool: a package of this platform, and beside linux-x64's the one that names them all.
dotnet pack src/McpProbe.Cli -c Release -r "$rid" -o "$out" --nologo -v quiet
[ "$rid" != linux-x64 ] || dotnet pack src/McpProbe.Cli -c Release -o "$out" --nologo -v quiet

case $rid in
  linux-x64) architecture=amd64 ;;
  linux-arm64) architecture=arm64 ;;
  *) architecture= ;;
esac
if [ -n "$architecture" ]; then
  for program in mcpprobe mcpprobe-server; do
    packaging/debian/make.sh "$program" "$version" "$architecture" "$work/$program" "$out"
  done
fi
ls -l "$out"
