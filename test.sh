#!/usr/bin/env bash
# Builds everything and runs every test, from a fresh clone. Needs the .NET SDK 10 and Node 20 or newer; the rest comes
# from the package registries. Tests that need a browser or Prometheus are skipped without one, unless REQUIRE_BROWSER=1
# and REQUIRE_PROMETHEUS=1.
set -euo pipefail
cd "$(dirname "$0")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

need() {
  command -v "$1" >/dev/null || { echo "test.sh: $1 is not installed: $2" >&2; exit 2; }
}
need dotnet "get the .NET SDK 10"
need node "get Node.js 20 or newer"
need npm "it comes with Node.js"
need openssl "the tests of mutual TLS ask its server"

step() { printf '\n== %s\n' "$1"; }

step "MCP servers and the schema validator to test against (npm)"
# The lock files are the key: the same packages in every run.
for folder in tests/servers tests/schema-oracle tests/manifests; do
  stamp=$folder/node_modules/.installed
  cmp -s "$folder/package-lock.json" "$stamp" && continue
  (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
  cp "$folder/package-lock.json" "$stamp"
done

step "Packages (NuGet)"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
solution=McpProbeFunctions.sln
if ! dotnet restore "$solution" -v quiet > "$log" 2>&1; then
  # One package is missing on some feeds: docs/architecture.md, A feed without Azure.Communication.Email.
  if grep -E 'error ' "$log" | grep -qvE 'error NU1101: Unable to find package Azure\.Communication\.Email\.'; then
    cat "$log" >&2
    exit 1
  fi
  echo "This feed lacks Azure.Communication.Email: the Azure head is built against its signatures, and cannot be published from here."
  # An environment variable is a property of every build below, dotnet format's included.
  export CommunicationEmail=fallback
  dotnet restore "$solution" -v quiet
fi

step "Build"
dotnet build "$solution" --no-restore --nologo -v quiet

step "Format"
dotnet format "$solution" --verify-no-changes --no-restore

step "Test"
status=0
dotnet test --solution "$solution" --no-build "$@" 2>&1 | tee "$log" || status=$?

# The runner's summary, as one plain line.
count() { sed -n "s/^ *$1: \([0-9][0-9]*\)$/\1/p" "$log" | tail -n 1; }
if [ -z "$(count total)" ]; then
  echo "test.sh: the test runner printed no summary; its output is above" >&2
  exit "$((status == 0 ? 1 : status))"
fi
# What failed, once more at the end: whoever reads the end of a long log has the names.
awk '/^failed / { lines = 0; print "" } /^[^ ]/ { failed = /^failed / } failed && ++lines <= 20' "$log"
printf '\n%s passed, %s failed, %s skipped\n' "$(count succeeded)" "$(count failed)" "$(count skipped)"
exit "$status"
