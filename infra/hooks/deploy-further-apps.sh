#!/bin/sh
# Deploys the package of service 'api' to the apps of further locations (azd itself deploys to the home app only).
# azd sets the variables from the outputs of infra/main.bicep.
set -eu

if [ -z "${MCPPROBE_FURTHER_APPS:-}" ]; then
  exit 0
fi

if ! command -v az >/dev/null; then
  echo "The apps of further locations ($MCPPROBE_FURTHER_APPS) still run their old version: deploying to them needs the Azure CLI." >&2
  echo "Install it (https://aka.ms/azure-cli), run 'az login', then 'azd deploy'." >&2
  exit 1
fi

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
if ! azd package api --output-path "$directory/api.zip" --no-prompt; then
  echo "The package could not be built; the apps of further locations still run their old version." >&2
  exit 1
fi

failed=""
for app in $MCPPROBE_FURTHER_APPS; do
  echo "Deploying to $app"
  if ! az functionapp deployment source config-zip \
    --subscription "$AZURE_SUBSCRIPTION_ID" --resource-group "$AZURE_RESOURCE_GROUP" \
    --name "$app" --src "$directory/api.zip" --only-show-errors --output none
  then
    failed="$failed $app"
  fi
done

if [ -n "$failed" ]; then
  echo "Not deployed to:$failed. They go on with their old version; run 'azd deploy' to try again." >&2
  exit 1
fi
