#Requires -Version 7
# Deploys the package of service 'api' to the apps of further locations (azd itself deploys to the home app only).
# azd sets the variables from the outputs of infra/main.bicep. The same as deploy-further-apps.sh.
$ErrorActionPreference = 'Stop'
# The exit codes of az and azd are looked at here.
$PSNativeCommandUseErrorActionPreference = $false

function Stop-With([string[]] $Lines) {
    foreach ($line in $Lines) { [Console]::Error.WriteLine($line) }
    exit 1
}

$apps = "$env:MCPPROBE_FURTHER_APPS".Split(' ', [StringSplitOptions]::RemoveEmptyEntries)
if ($apps.Count -eq 0) { exit 0 }

if (-not (Get-Command az -ErrorAction Ignore)) {
    Stop-With "The apps of further locations ($env:MCPPROBE_FURTHER_APPS) still run their old version: deploying to them needs the Azure CLI.",
        "Install it (https://aka.ms/azure-cli), run 'az login', then 'azd deploy'."
}

$directory = Join-Path ([IO.Path]::GetTempPath()) ([IO.Path]::GetRandomFileName())
New-Item -ItemType Directory -Path $directory | Out-Null
$failed = @()
try {
    $package = Join-Path $directory 'api.zip'
    azd package api --output-path $package --no-prompt
    if ($LASTEXITCODE -ne 0) { Stop-With 'The package could not be built; the apps of further locations still run their old version.' }

    foreach ($app in $apps) {
        Write-Output "Deploying to $app"
        az functionapp deployment source config-zip `
            --subscription $env:AZURE_SUBSCRIPTION_ID --resource-group $env:AZURE_RESOURCE_GROUP `
            --name $app --src $package --only-show-errors --output none
        if ($LASTEXITCODE -ne 0) { $failed += $app }
    }
}
finally {
    Remove-Item -Recurse -Force $directory
}

if ($failed.Count -gt 0) {
    Stop-With "Not deployed to: $failed. They go on with their old version; run 'azd deploy' to try again."
}
