#Requires -Version 7
# Waits until the home app says that it can work. After a first deployment that takes up to ten minutes: roles spread slowly, and
# the platform keeps a Key Vault reference that it could not read. It is asked to read them again meanwhile.
# azd sets the variables from the outputs of infra/main.bicep. The same as wait-until-healthy.sh.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
# The exit codes of az are looked at here.
$PSNativeCommandUseErrorActionPreference = $false

function Stop-With([string[]] $Lines) {
    foreach ($line in $Lines) { [Console]::Error.WriteLine($line) }
    exit 1
}

$limit = $env:MCPPROBE_WAIT_SECONDS ? $env:MCPPROBE_WAIT_SECONDS : '900'
$pause = $env:MCPPROBE_WAIT_PAUSE_SECONDS ? $env:MCPPROBE_WAIT_PAUSE_SECONDS : '15'
foreach ($seconds in $limit, $pause) {
    if ($seconds -notmatch '^[0-9]+$') {
        Stop-With "MCPPROBE_WAIT_SECONDS and MCPPROBE_WAIT_PAUSE_SECONDS are numbers of seconds, not '$seconds'."
    }
}
if (-not $env:MCPPROBE_HEALTH_URL) {
    Stop-With "The environment does not say where the app is: run 'azd provision', then 'azd deploy'."
}

$azure = $false
if (Get-Command az -ErrorAction Ignore) {
    az account show --output none 2>$null
    $azure = $LASTEXITCODE -eq 0
}
if (-not $azure) {
    Write-Output "Key Vault references are not refreshed meanwhile: that needs the Azure CLI (https://aka.ms/azure-cli), signed in with 'az login'."
}

# What the platform has not resolved, one a line: the app, the setting, why.
function Get-Unresolved {
    if (-not $azure) { return }
    foreach ($app in "$env:MCPPROBE_HOME_APP $env:MCPPROBE_FURTHER_APPS".Split(' ', [StringSplitOptions]::RemoveEmptyEntries)) {
        $references = "/subscriptions/$env:AZURE_SUBSCRIPTION_ID/resourceGroups/$env:AZURE_RESOURCE_GROUP/providers/Microsoft.Web/sites/$app/config/configreferences/appsettings"
        $found = az rest --method get --uri "$references`?api-version=2022-03-01" `
            --query "value[?properties.status!='Resolved'].[name,properties.status]" --output tsv --only-show-errors 2>$null
        if ($LASTEXITCODE -ne 0 -or -not $found) { continue }
        az rest --method post --uri "$references/refresh`?api-version=2022-03-01" --output none --only-show-errors 2>$null
        foreach ($line in $found) { "$app $($line -replace '\s+', ' ')" }
    }
}

# For people: cleaned and shortened.
function Get-Clean([string] $Text, [int] $Longest) {
    $clean = $Text -replace '[\x00-\x1f]', ''
    $clean.Length -gt $Longest ? $clean.Substring(0, $Longest) : $clean
}

$clock = [Diagnostics.Stopwatch]::StartNew()
$said = ''
$stale = 0
while ($true) {
    $status = 0
    $reason = ''
    try {
        $answer = Invoke-WebRequest -Uri $env:MCPPROBE_HEALTH_URL -SkipHttpErrorCheck -MaximumRedirection 0 -TimeoutSec 20 -ErrorAction SilentlyContinue
        $status = [int]$answer.StatusCode
        # An answer of another type than text comes as bytes.
        $text = $answer.Content -is [byte[]] ? [Text.Encoding]::UTF8.GetString($answer.Content) : [string]$answer.Content
        if ($text | Test-Json -ErrorAction Ignore) { $reason = Get-Clean ($text | ConvertFrom-Json).detail 600 }
    }
    catch {
        $reason = "no answer ($(Get-Clean $_.Exception.Message 200))"
    }
    $waiting = @(Get-Unresolved)
    if ($status -eq 200 -and $waiting.Count -eq 0) {
        Write-Output "McpProbe works: $($env:MCPPROBE_URL ? $env:MCPPROBE_URL : $env:MCPPROBE_HEALTH_URL)"
        exit 0
    }

    if ($status -eq 200) {
        $reason = "secret not resolved yet: $($waiting -join ';')"
    }
    elseif (-not $reason) {
        $reason = "the address answers $status, and not with McpProbe's own words: the app has not started"
    }
    if ($reason -ne $said) {
        Write-Output "Waiting until McpProbe works, $limit s at most: $reason"
        $said = $reason
    }

    # The platform has the secrets, and the process still the references: it was not restarted.
    $stale = $azure -and $waiting.Count -eq 0 -and $reason.StartsWith('secret not resolved') ? $stale + 1 : 0
    if ($stale -eq 4) {
        $stale = 0
        Write-Output "Restarting ${env:MCPPROBE_HOME_APP}: its Key Vault references are resolved by now."
        az functionapp restart --subscription $env:AZURE_SUBSCRIPTION_ID --resource-group $env:AZURE_RESOURCE_GROUP `
            --name $env:MCPPROBE_HOME_APP --output none --only-show-errors 2>$null
    }

    if ($clock.Elapsed.TotalSeconds -ge [int]$limit) {
        Stop-With "McpProbe is deployed, but does not work after $limit s: $reason",
            "Run 'azd deploy' again: roles can take longer. If the reason stays, docs/azure.md says what to do (When it does not become healthy)."
    }
    Start-Sleep -Seconds ([int]$pause)
}
