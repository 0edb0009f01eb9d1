#!/bin/sh
# Before the private network is made: what the template itself cannot see. Nothing is asked where there is none.
# azd sets the variables: those of the environment, and the outputs of the last deployment.
set -eu

[ "${MCPPROBE_PRIVATE_NETWORK:-false}" = true ] || exit 0

if ! command -v az >/dev/null; then
  echo "The private network needs the Azure CLI for a look at the subscription: install it (https://aka.ms/azure-cli) and run 'az login'." >&2
  exit 1
fi

# The subnets of Flex Consumption are delegated to it, and no deployment registers it by itself.
state=$(az provider show --subscription "$AZURE_SUBSCRIPTION_ID" --namespace Microsoft.App \
  --query registrationState --output tsv --only-show-errors) || state=unknown
if [ "$state" != Registered ]; then
  echo "Registering Microsoft.App on the subscription (a minute or two)"
  if ! az provider register --subscription "$AZURE_SUBSCRIPTION_ID" --namespace Microsoft.App --wait --only-show-errors; then
    echo "Microsoft.App is not registered on the subscription, and the network's subnets need it." >&2
    echo "Have an owner run 'az provider register -n Microsoft.App --wait', then 'azd provision'." >&2
    exit 1
  fi
fi

# An app that runs outside the network would be cut off from its storage until it has joined.
if [ "${MCPPROBE_KEEP_PUBLIC_ENDPOINTS:-false}" != true ] && [ -n "${AZURE_RESOURCE_GROUP:-}" ]; then
  outside=$(az rest --method get \
    --uri "/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/$AZURE_RESOURCE_GROUP/providers/Microsoft.Web/sites?api-version=2024-04-01" \
    --query "value[?!properties.virtualNetworkSubnetId].name" --output tsv --only-show-errors 2>/dev/null) || outside=
  if [ -n "$outside" ]; then
    echo "Nothing was changed: $(echo "$outside" | tr '\n' ' ')would lose the storage until in the network. Do it in two steps:" >&2
    echo "  azd env set MCPPROBE_KEEP_PUBLIC_ENDPOINTS true && azd provision" >&2
    echo "  azd env set MCPPROBE_KEEP_PUBLIC_ENDPOINTS false && azd provision" >&2
    exit 1
  fi
fi
