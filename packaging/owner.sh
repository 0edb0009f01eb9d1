#!/usr/bin/env bash
# Writes the account that this repository is published under in the place of OWNER, wherever a command or a link names it.
#   packaging/owner.sh ACCOUNT
set -euo pipefail
cd "$(dirname "$0")/.."
account=${1:?packaging/owner.sh: name the account, such as the part before the slash on GitHub}
case $account in *[!A-Za-z0-9-]*) echo "packaging/owner.sh: $account is no account: letters, digits and hyphens" >&2; exit 2 ;; esac
image=$(printf %s "$account" | tr '[:upper:]' '[:lower:]')
# Where it stands; a registry of images takes small letters only.
for file in README.md docs/packages.md docs/recipes/github-actions.md install.sh install.ps1 packaging/debian/make.sh packaging/systemd/mcpprobe-server.service \
  samples/compose/compose.yaml samples/kubernetes/deployment.yaml tests/McpProbe.Cli.Tests/ReadmeTests.cs; do
  sed "s:ghcr\.io/OWNER/:ghcr.io/$image/:g; s:OWNER/mcpprobe:$account/mcpprobe:g" "$file" > "$file.new"
  cat "$file.new" > "$file"
  rm "$file.new"
done
