# Installs mcpprobe, or mcpprobe-server, from a release: fetches the archive for this machine, verifies its SHA-256, unpacks one file.
#
#   irm https://github.com/OWNER/mcpprobe/releases/latest/download/install.ps1 | iex
#   & ([scriptblock]::Create((irm https://…/install.ps1))) -Server -Version 0.1.0 -Dir C:\Tools
#
# MCPPROBE_RELEASES names another place of the releases, such as a mirror.
param(
    [switch]$Server,
    [string]$Version = '',
    [string]$Dir = ''
)

& {
    $ErrorActionPreference = 'Stop'
    $ProgressPreference = 'SilentlyContinue'
    # Started as a file it ends with a code; pasted into a shell it must not close the window.
    $fails = { param($message) [Console]::Error.WriteLine("install.ps1: $message"); throw [System.OperationCanceledException]::new($message) }

    $repository = 'OWNER/mcpprobe'
    # A release's copy says whose it is; a clone's is its origin's.
    if ($repository -like 'OWNER/*' -and $PSScriptRoot -and (Get-Command git -ErrorAction SilentlyContinue)) {
        $origin = git -C $PSScriptRoot remote get-url origin 2>$null
        if ($origin -match '^(?:https://github\.com/|git@github\.com:)([^/]+/[^/]+?)(?:\.git)?$') { $repository = $Matches[1] }
    }
    $releases = if ($env:MCPPROBE_RELEASES) { $env:MCPPROBE_RELEASES } else { "https://github.com/$repository/releases" }
    $program = if ($Server) { 'mcpprobe-server' } else { 'mcpprobe' }
    $wanted = $Version -replace '^v', ''
    $work = $new = $null
    try {
        if ($releases -like '*://github.com/OWNER/*') { & $fails 'this copy does not say whose releases it installs; name them in MCPPROBE_RELEASES, such as https://github.com/ACCOUNT/mcpprobe/releases.' }
        if ($wanted -notmatch '^[0-9A-Za-z.-]*$') { & $fails "-Version ${Version}: that is no version, such as 0.1.0." }
        $architecture = [System.Runtime.InteropServices.RuntimeInformation]::OSArchitecture.ToString()
        $windows = [System.Runtime.InteropServices.RuntimeInformation]::IsOSPlatform([System.Runtime.InteropServices.OSPlatform]::Windows)
        # Tests name another platform than this machine's.
        $platform = if ($env:MCPPROBE_PLATFORM) { $env:MCPPROBE_PLATFORM } elseif ($windows) { "win-$($architecture.ToLowerInvariant())" } else { 'unix' }
        if ($platform -ne 'win-x64') {
            & $fails "there is no mcpprobe for $platform here; there is one for win-x64, and install.sh has those of Linux and macOS. It can be built from source: dotnet publish src/McpProbe.Cli."
        }

        if (-not $Dir -and -not $env:LOCALAPPDATA) { & $fails 'there is no directory of this user (LOCALAPPDATA is not set); name one with -Dir.' }
        $target = if ($Dir) { $Dir } else { Join-Path $env:LOCALAPPDATA 'Programs\mcpprobe' }
        $new = -not (Test-Path $target)
        try { New-Item -ItemType Directory -Force -Path $target | Out-Null; $probe = Join-Path $target '.mcpprobe.new'; [System.IO.File]::WriteAllText($probe, ''); Remove-Item -Force $probe }
        catch { & $fails "$target cannot be written; name another directory with -Dir." }

        $work = Join-Path ([System.IO.Path]::GetTempPath()) ([System.Guid]::NewGuid().ToString('n'))
        try { New-Item -ItemType Directory -Path $work | Out-Null }
        catch { & $fails "there is no place for temporary files: $($_.Exception.Message) Set TMP to one." }
        $get = {
            param($url, $file)
            try { Invoke-WebRequest -UseBasicParsing -Uri $url -OutFile $file -TimeoutSec 60 }
            catch { & $fails "$url could not be fetched: $($_.Exception.Message) Check the network$(if ($wanted) { " and that there is a version $wanted" }), or name a mirror in MCPPROBE_RELEASES." }
        }
        if (-not $wanted) {
            & $get "$releases/latest/download/VERSION" (Join-Path $work 'VERSION')
            $wanted = [System.IO.File]::ReadAllText((Join-Path $work 'VERSION')).Trim()
            if ($wanted -notmatch '^[0-9A-Za-z.-]+$') { & $fails "$releases/latest/download/VERSION holds no version; name one with -Version, or another place of the releases in MCPPROBE_RELEASES." }
        }
        $archive = "$program-$wanted-$platform.zip"
        & $get "$releases/download/v$wanted/SHA256SUMS" (Join-Path $work 'SHA256SUMS')
        & $get "$releases/download/v$wanted/$archive" (Join-Path $work $archive)

        $line = [System.IO.File]::ReadAllLines((Join-Path $work 'SHA256SUMS')) | Where-Object { $_ -match "^[0-9a-f]{64} [ *]$([regex]::Escape($archive))$" } | Select-Object -First 1
        if (-not $line) { & $fails "SHA256SUMS of version $wanted does not name $archive, so it cannot be verified; nothing is installed. Choose another version with -Version." }
        $expected = $line.Substring(0, 64)
        $actual = (Get-FileHash -Algorithm SHA256 -Path (Join-Path $work $archive)).Hash.ToLowerInvariant()
        if ($actual -ne $expected) { & $fails "$archive is not what was released: its SHA-256 is $actual and should be $expected. Nothing is installed; try again, and report it if it stays so." }

        $unpacked = Join-Path $work 'unpacked'
        try { Expand-Archive -Path (Join-Path $work $archive) -DestinationPath $unpacked }
        catch { & $fails "$archive cannot be unpacked; nothing is installed: $($_.Exception.Message)" }
        if (-not (Test-Path (Join-Path $unpacked "$program.exe"))) { & $fails "$archive holds no $program.exe; nothing is installed." }
        try { Get-ChildItem -File -Path $unpacked -Filter '*.exe' | Copy-Item -Force -Destination $target }
        catch { & $fails "$target could not be written: $($_.Exception.Message) Does $program run? End it first." }

        "$program $wanted is installed in $target"
        if (($env:PATH -split [System.IO.Path]::PathSeparator) -notcontains $target) {
            "That directory is not on your PATH yet: [Environment]::SetEnvironmentVariable('PATH', `"`$env:PATH;$target`", 'User')"
        }
    }
    catch [System.OperationCanceledException] {
        if ($PSCommandPath) { exit 1 }
    }
    finally {
        # A directory that nothing came into is not left.
        if ($new -and (Test-Path $target) -and -not (Get-ChildItem -Force $target)) { Remove-Item $target }
        if ($work) { Remove-Item -Recurse -Force -ErrorAction SilentlyContinue $work }
    }
}
