#!/usr/bin/env bash
# Renews the pictures of docs/pages.md, from the sample data of the tests, and the README's: the overview on a bad evening.
set -euo pipefail
cd "$(dirname "$0")/.."

dotnet build tests/McpProbe.Web.Tests --nologo -v quiet
mkdir -p docs/images
REQUIRE_BROWSER=1 MCPPROBE_SCREENSHOTS="$PWD/docs/images" dotnet run --no-build --project tests/McpProbe.Web.Tests -- -class '*Screenshots'
cp docs/images/overview.png docs/images/status.png
