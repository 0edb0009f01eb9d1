using System.Diagnostics;

namespace McpProbe.Testing;

/// <summary>Headless Chromium with a profile of its own, one page a call. Without it a test is skipped, unless REQUIRE_BROWSER=1.</summary>
public static class Browser
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly string? Executable = new[] { "chromium", "chromium-browser", "google-chrome" }
        .SelectMany(name => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(directory => Path.Combine(directory, name)))
        .FirstOrDefault(File.Exists);

    /// <summary>Skips the test when there is no browser and none is required.</summary>
    public static void Require()
    {
        if (Environment.GetEnvironmentVariable("REQUIRE_BROWSER") == "1")
            Assert.True(Executable is not null, "REQUIRE_BROWSER=1, but there is no Chromium on the PATH: install it.");
        Assert.SkipUnless(Executable is not null, "Needs Chromium on the PATH; install it, or let CI run this test.");
    }

    /// <summary>The page's document after it was rendered, and what the browser's console said of it.</summary>
    /// <param name="zone">The reader's time zone; null for this machine's.</param>
    public static Task<(string Dom, string Console)> RenderAsync(Uri page, CancellationToken cancellationToken, string? zone = null) =>
        RunAsync(["--dump-dom", page.AbsoluteUri], cancellationToken, zone);

    /// <summary>A picture of the page, as PNG.</summary>
    public static async Task<byte[]> ScreenshotAsync(Uri page, int width, int height, CancellationToken cancellationToken)
    {
        using var directory = new TempDirectory();
        var file = directory.File("page.png");
        await RunAsync([$"--window-size={width},{height}", "--hide-scrollbars", $"--screenshot={file}", page.AbsoluteUri], cancellationToken);
        return await File.ReadAllBytesAsync(file, cancellationToken);
    }

    /// <summary>The page as it is printed, as PDF.</summary>
    public static async Task<byte[]> PrintAsync(Uri page, CancellationToken cancellationToken)
    {
        using var directory = new TempDirectory();
        var file = directory.File("page.pdf");
        await RunAsync([$"--print-to-pdf={file}", "--no-pdf-header-footer", page.AbsoluteUri], cancellationToken);
        return await File.ReadAllBytesAsync(file, cancellationToken);
    }

    private static async Task<(string Out, string Error)> RunAsync(string[] arguments, CancellationToken cancellationToken, string? zone = null)
    {
        using var profile = new TempDirectory();
        using var process = Start(profile.Path, arguments, zone);
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(either.Token);
            var error = process.StandardError.ReadToEndAsync(either.Token);
            await process.WaitForExitAsync(either.Token);
            return (await output, await error);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    internal static Process Start(string profile, IEnumerable<string> arguments, string? zone = null)
    {
        var start = new ProcessStartInfo(Executable!)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (zone is not null)
            start.Environment["TZ"] = zone;
        foreach (var argument in (string[])
            ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--enable-logging=stderr", $"--user-data-dir={profile}", .. arguments])
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }
}
