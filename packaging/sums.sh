#!/usr/bin/env bash
# Completes a release: the installers, its SBOM (CycloneDX, of all packages of the two programs), its version, its checksums.
#   packaging/sums.sh DIRECTORY
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:?packaging/sums.sh: name the directory of the release}
sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props > "$out/VERSION"
cp install.sh install.ps1 "$out/"

tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
dotnet tool install CycloneDX --version 6.3.1 --tool-path "$tools" >/dev/null
for project in Cli Server; do
  program=mcpprobe$([ "$project" = Cli ] || printf -- -server)
  # From a fresh clone too: the tool reads what the restore wrote.
  dotnet restore "src/McpProbe.$project" -v quiet
  "$tools/dotnet-CycloneDX" "src/McpProbe.$project/McpProbe.$project.csproj" --exclude-dev --disable-package-restore \
    --output "$out" --filename "$program.cdx.json" --output-format Json --set-name "$program" --set-version "$(cat "$out/VERSION")" >/dev/null
done
(cd "$out" && rm -f SHA256SUMS && sha256sum -- * > "$tools/sums" && mv "$tools/sums" SHA256SUMS)
