#!/usr/bin/env bash
# Builds an image from a release: containers/build.sh mcpprobe|mcpprobe-server DIRECTORY TAG
# DIRECTORY holds the archives of linux-x64, or the program itself. BUILDAH_OPTIONS and BUD_OPTIONS are for machines that allow less:
#   BUILDAH_OPTIONS="--storage-driver vfs" BUD_OPTIONS="--isolation chroot"
set -euo pipefail
program=${1:?containers/build.sh: name the program}
from=${2:?containers/build.sh: name the directory of the release}
tag=${3:?containers/build.sh: name the image}
here=$(cd "$(dirname "$0")" && pwd)
command -v buildah >/dev/null || { echo "containers/build.sh: buildah is not installed: apt-get install buildah" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -x "$from/$program" ]; then
  cp "$from/$program" "$work/"
else
  archives=("$from/$program"-container-*-linux-x64.tar.gz)
  [ -e "${archives[0]}" ] || archives=("$from/$program"-[0-9]*-linux-x64.tar.gz)
  [ -e "${archives[0]}" ] || { echo "containers/build.sh: $from holds neither $program nor its archive for linux-x64" >&2; exit 2; }
  tar -xzf "${archives[0]}" -C "$work" "./$program"
fi
if [ "$program" = mcpprobe-server ]; then
  "$here/root.sh" "$work/$program" "$work/root" --zones
else
  "$here/root.sh" "$work/$program" "$work/root"
fi
# shellcheck disable=SC2086 # several words each
buildah ${BUILDAH_OPTIONS:-} bud ${BUD_OPTIONS:-} --quiet --format docker -f "$here/$program/Containerfile" -t "$tag" "$work/root"
