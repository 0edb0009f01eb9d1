#!/bin/sh
# Waits until the home app says that it can work. After a first deployment that takes up to ten minutes: roles spread slowly, and
# the platform keeps a Key Vault reference that it could not read. It is asked to read them again meanwhile.
# azd sets the variables from the outputs of infra/main.bicep.
set -eu

limit=${MCPPROBE_WAIT_SECONDS:-900}
pause=${MCPPROBE_WAIT_PAUSE_SECONDS:-15}
for seconds in "$limit" "$pause"; do
  case $seconds in
    '' | *[!0-9]*) echo "MCPPROBE_WAIT_SECONDS and MCPPROBE_WAIT_PAUSE_SECONDS are numbers of seconds, not '$seconds'." >&2; exit 1 ;;
  esac
done
if [ -z "${MCPPROBE_HEALTH_URL:-}" ]; then
  echo "The environment does not say where the app is: run 'azd provision', then 'azd deploy'." >&2
  exit 1
fi
if ! command -v curl >/dev/null; then
  echo "Whether McpProbe works is not known: asking it needs curl. Install it, or open $MCPPROBE_HEALTH_URL." >&2
  exit 1
fi

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT

azure=no
if command -v az >/dev/null && az account show --output none 2>/dev/null; then
  azure=yes
else
  echo "Key Vault references are not refreshed meanwhile: that needs the Azure CLI (https://aka.ms/azure-cli), signed in with 'az login'."
fi

# What the platform has not resolved, one a line: the app, the setting, why.
unresolved() {
  [ "$azure" = yes ] || return 0
  for app in ${MCPPROBE_HOME_APP:-} ${MCPPROBE_FURTHER_APPS:-}; do
    references="/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/$AZURE_RESOURCE_GROUP/providers/Microsoft.Web/sites/$app/config/configreferences/appsettings"
    found=$(az rest --method get --uri "$references?api-version=2022-03-01" \
      --query "value[?properties.status!='Resolved'].[name,properties.status]" --output tsv --only-show-errors 2>/dev/null) || continue
    [ -n "$found" ] || continue
    az rest --method post --uri "$references/refresh?api-version=2022-03-01" --output none --only-show-errors 2>/dev/null || :
    echo "$found" | while read -r setting status; do echo "$app $setting $status"; done
  done
}

# What the answer says of itself, cleaned and shortened.
detail() {
  [ -f "$directory/body" ] || return 0
  tr -d '\000-\037' < "$directory/body" |
    sed -n 's/.*"detail" *: *"\(\([^"\\]\|\\.\)*\)".*/\1/p' |
    sed "s/\\\\u0027/'/g; s/\\\\u002[Bb]/+/g; s/\\\\u0026/\&/g; s/\\\\u003[Cc]/</g; s/\\\\u003[Ee]/>/g; s/\\\\u0022/\"/g; s/\\\\\\(.\\)/\\1/g" |
    cut -c 1-600
}

begin=$(date +%s)
said=
stale=0
while :; do
  rm -f "$directory/body"
  status=$(curl --silent --show-error --max-time 20 --output "$directory/body" --write-out '%{http_code}' \
    "$MCPPROBE_HEALTH_URL" 2> "$directory/error") || status=000
  waiting=$(unresolved)
  if [ "$status" = 200 ] && [ -z "$waiting" ]; then
    echo "McpProbe works: ${MCPPROBE_URL:-$MCPPROBE_HEALTH_URL}"
    exit 0
  fi

  reason=$(detail)
  if [ "$status" = 000 ]; then
    reason="no answer ($(tr -d '\000-\037' < "$directory/error" | sed 's/ after [0-9]* ms//' | cut -c 1-200))"
  elif [ "$status" = 200 ]; then
    reason="secret not resolved yet: $(echo "$waiting" | tr '\n' ';')"
  elif [ -z "$reason" ]; then
    reason="the address answers $status, and not with McpProbe's own words: the app has not started"
  fi
  if [ "$reason" != "$said" ]; then
    echo "Waiting until McpProbe works, $limit s at most: $reason"
    said=$reason
  fi

  # The platform has the secrets, and the process still the references: it was not restarted.
  case $azure$waiting$reason in
    "yessecret not resolved"*) stale=$((stale + 1)) ;;
    *) stale=0 ;;
  esac
  if [ "$stale" -eq 4 ]; then
    stale=0
    echo "Restarting $MCPPROBE_HOME_APP: its Key Vault references are resolved by now."
    az functionapp restart --subscription "$AZURE_SUBSCRIPTION_ID" --resource-group "$AZURE_RESOURCE_GROUP" \
      --name "$MCPPROBE_HOME_APP" --output none --only-show-errors 2>/dev/null || :
  fi

  if [ $(($(date +%s) - begin)) -ge "$limit" ]; then
    echo "McpProbe is deployed, but does not work after $limit s: $reason" >&2
    echo "Run 'azd deploy' again: roles can take longer. If the reason stays, docs/azure.md says what to do (When it does not become healthy)." >&2
    exit 1
  fi
  sleep "$pause"
done
