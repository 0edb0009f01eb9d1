#!/usr/bin/env bash
# Renews the README's picture: the status page of the demo, while one server is down and another has drifted.
set -euo pipefail
cd "$(dirname "$0")/.."
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
port=8097
profile=$(mktemp -d)

dotnet build src/McpProbe.Server --nologo -v quiet
dotnet src/McpProbe.Server/bin/Debug/net10.0/mcpprobe-server.dll --demo --urls "http://127.0.0.1:$port" &
server=$!
trap 'kill "$server"; rm -rf "$profile"' EXIT

# Both incidents are open between 0:35 and 1:05 of the demo's timetable.
for _ in $(seq 90); do
  sleep 1
  open=$(curl -fs "http://127.0.0.1:$port/api/status" | grep -o '"kind":"\(outage\|drift\)"' | sort -u | wc -l) || continue
  [ "$open" = 2 ] && break
done
[ "$open" = 2 ] || { echo "the demo opened $open of 2 incidents" >&2; exit 1; }

mkdir -p docs/images
"$chromium" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
  --disable-component-update --disable-sync --user-data-dir="$profile" --hide-scrollbars --window-size=1280,880 \
  --screenshot=docs/images/status.png "http://127.0.0.1:$port/"
