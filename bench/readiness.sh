#!/bin/sh
# The readiness script of the guides: one initialize by curl, and a look at the answer. What a one-shot check is compared with.
curl -sf -m 5 -X POST "$1" \
  -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' \
  -d '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"readiness","version":"1"}}}' \
  | grep -q '"protocolVersion"'
