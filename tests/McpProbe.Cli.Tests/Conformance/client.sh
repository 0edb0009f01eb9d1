#!/bin/sh
# The client that the conformance suites drive: mcpprobe, called for each scenario as one would call it for a server of one's own.
# The suite names the scenario in the environment, may put what the client must know into MCP_CONFORMANCE_CONTEXT (JSON), and
# appends the server's URL. MCPPROBE is the command to test.
set -eu

url=$1
: "${MCPPROBE:=mcpprobe}"

probe() {
  command=$1
  shift
  # shellcheck disable=SC2086 # It may be several words: dotnet and a file.
  $MCPPROBE "$command" "$url" --timeout 20s "$@"
}

# A value of the context, or of the JSON on standard input: `from` is an expression over `it`.
from() {
  node -e 'let it = JSON.parse(process.argv[2] || require("fs").readFileSync(0, "utf8")); let value = eval(process.argv[1]);
    console.log(typeof value === "string" ? value : JSON.stringify(value))' "$1" "${2-}"
}

case $MCP_CONFORMANCE_SCENARIO in
  initialize | request-metadata) probe check --allow-empty ;;
  json-schema-ref-no-deref) probe check ;;
  tools_call) probe check --smoke-tool add_numbers --smoke-args '{"a":2,"b":3}' --smoke-expect 'is 5' ;;
  sse-retry) probe check --smoke-tool test_reconnection --smoke-expect 'completed successfully' ;;
  http-standard-headers) probe check --smoke-tool my-hyphenated-tool ;;
  http-invalid-tool-headers)
    # Only tools that are valid may be called; one that is not must fail by our own doing (exit code 5).
    for tool in $(probe snapshot --samples 1 | from 'it.tools.map(tool => tool.name).join("\n")'); do
      arguments='{}'
      [ "$tool" != valid_tool ] || arguments='{"region":"eu"}'
      status=0
      probe check --smoke-tool "$tool" --smoke-args "$arguments" || status=$?
      [ "$tool:$status" = valid_tool:0 ] || [ "$tool:$status" = "invalid_${tool#invalid_}:5" ] || exit 1
    done
    ;;
  http-custom-headers)
    for call in 0 1; do
      probe check \
        --smoke-tool "$(from "it.toolCalls[$call].name" "$MCP_CONFORMANCE_CONTEXT")" \
        --smoke-args "$(from "it.toolCalls[$call].arguments" "$MCP_CONFORMANCE_CONTEXT")"
    done
    ;;
  json-schema-2020-12-preservation)
    probe check --smoke-tool json_schema_echo \
      --smoke-args "$(probe snapshot --samples 1 | from '({ schema: it.tools.find(tool => tool.name !== "json_schema_echo").inputSchema })')"
    ;;
  auth/client-credentials-basic)
    # Which authorization server to trust with a secret is the operator's to say, not the server's: looked up here as one would.
    issuer=$(node -e 'fetch(new URL("/.well-known/oauth-protected-resource/mcp", process.argv[1])).then(answer => answer.json())
      .then(metadata => console.log(metadata.authorization_servers[0]))' "$url")
    CLIENT_ID=$(from it.client_id "$MCP_CONFORMANCE_CONTEXT")
    CLIENT_SECRET=$(from it.client_secret "$MCP_CONFORMANCE_CONTEXT")
    export CLIENT_ID CLIENT_SECRET
    probe check --oauth-issuer "$issuer" --oauth-client-id-env CLIENT_ID --oauth-client-secret-env CLIENT_SECRET
    ;;
  *)
    echo "client.sh: mcpprobe has no part in the scenario $MCP_CONFORMANCE_SCENARIO" >&2
    exit 64
    ;;
esac
