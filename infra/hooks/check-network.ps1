#Requires -Version 7
# Before the private network is made: what the template itself cannot see. Nothing is asked where there is none.
# azd sets the variables: those of the environment, and the outputs of the last deployment. The same as check-network.sh.
$ErrorActionPreference = 'Stop'
# The exit codes of az are looked at here.
$PSNativeCommandUseErrorActionPreference = $false

function Stop-With([string[]] $Lines) {
    foreach ($line in $Lines) { [Console]::Error.WriteLine($line) }
    exit 1
}

if ($env:MCPPROBE_PRIVATE_NETWORK -ne 'true') { exit 0 }

if (-not (Get-Command az -ErrorAction Ignore)) {
    Stop-With "The private network needs the Azure CLI for a look at the subscription: install it (https://aka.ms/azure-cli) and run 'az login'."
}

# The subnets of Flex Consumption are delegated to it, and no deployment registers it by itself.
$state = az provider show --subscription $env:AZURE_SUBSCRIPTION_ID --namespace Microsoft.App `
    --query registrationState --output tsv --only-show-errors
if ($LASTEXITCODE -ne 0 -or $state -ne 'Registered') {
    Write-Output 'Registering Microsoft.App on the subscription (a minute or two)'
    az provider register --subscription $env:AZURE_SUBSCRIPTION_ID --namespace Microsoft.App --wait --only-show-errors
    if ($LASTEXITCODE -ne 0) {
        Stop-With "Microsoft.App is not registered on the subscription, and the network's subnets need it.",
            "Have an owner run 'az provider register -n Microsoft.App --wait', then 'azd provision'."
    }
}

# An app that runs outside the network would be cut off from its storage until it has joined.
if ($env:MCPPROBE_KEEP_PUBLIC_ENDPOINTS -ne 'true' -and $env:AZURE_RESOURCE_GROUP) {
    $outside = az rest --method get `
        --uri "/subscriptions/$env:AZURE_SUBSCRIPTION_ID/resourceGroups/$env:AZURE_RESOURCE_GROUP/providers/Microsoft.Web/sites?api-version=2024-04-01" `
        --query "value[?!properties.virtualNetworkSubnetId].name" --output tsv --only-show-errors 2>$null
    if ($LASTEXITCODE -eq 0 -and $outside) {
        Stop-With "Nothing was changed: $($outside -join ' ') would lose the storage until in the network. Do it in two steps:",
            '  azd env set MCPPROBE_KEEP_PUBLIC_ENDPOINTS true && azd provision',
            '  azd env set MCPPROBE_KEEP_PUBLIC_ENDPOINTS false && azd provision'
    }
}
# Otherwise the exit code would be that of the last look.
exit 0
