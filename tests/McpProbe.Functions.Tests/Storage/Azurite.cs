using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using McpProbe.Testing;

namespace McpProbe.Functions.Tests.Storage;

/// <summary>
/// The storage emulator in a process of its own, on free ports, in memory. Each test takes an account of its own, which is
/// a store of its own: table names are fixed.
/// </summary>
public sealed partial class Azurite : IAsyncDisposable
{
    private const int Accounts = 500;
    private const string Development = "devstoreaccount1";
    private const string DevelopmentKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    private readonly string[] _options;
    private Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly ConcurrentDictionary<string, Uri> _services = [];
    private TaskCompletionSource _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _key;
    private readonly TempDirectory _directory;
    private readonly X509Certificate2? _certificate;
    private int _accounts;
    private int _heard;

    private Azurite(string[] options, string key, TempDirectory directory, X509Certificate2? certificate)
    {
        (_options, _key, _directory, _certificate) = (options, key, directory, certificate);
        _process = Begin();
    }

    /// <summary>What it wrote so far: for failure messages.</summary>
    public string Output => string.Join('\n', _output);

    /// <param name="oauth">HTTPS with a certificate of its own, and bearer tokens: as managed identity reaches the service.</param>
    public static Task<Azurite> StartAsync(bool oauth = false) => StartAsync(["--silent", "--skipApiVersionCheck", "--inMemoryPersistence"], oauth);

    /// <param name="options">Of its command line, but for where it listens and its accounts.</param>
    public static async Task<Azurite> StartAsync(string[] options, bool oauth = false)
    {
        var directory = new TempDirectory();
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        var certificate = oauth ? NewCertificate(directory) : null;
        string[] certified = oauth ? ["--oauth", "basic", "--cert", directory.File("cert.pem"), "--key", directory.File("key.pem")] : [];
        var azurite = new Azurite([.. options, .. certified], key, directory, certificate);
        await azurite.ListensAsync();
        return azurite;
    }

    /// <summary>Ends it as a user would, with what it has in memory on its disk: only without <c>--inMemoryPersistence</c> is that kept.</summary>
    public async Task StopAsync()
    {
        using (var kill = Process.Start("kill", ["-INT", _process.Id.ToString(CultureInfo.InvariantCulture)]))
            await kill.WaitForExitAsync();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    /// <summary>Starts it at the same ports, with the same accounts.</summary>
    public Task StartAgainAsync()
    {
        _listening = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _heard = 0;
        _process = Begin();
        return ListensAsync();
    }

    private Process Begin()
    {
        string[] arguments =
        [
            RealServers.Script("azurite/dist/src/azurite.js"), .. _options, "--disableTelemetry", "--disableProductStyleUrl",
            "--blobHost", "127.0.0.1", "--queueHost", "127.0.0.1", "--tableHost", "127.0.0.1",
            "--blobPort", PortOf("Blob"), "--queuePort", PortOf("Queue"), "--tablePort", PortOf("Table"),
        ];
        var start = new ProcessStartInfo("node", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = _directory.Path,
        };
        start.Environment["AZURITE_ACCOUNTS"] = string.Join(';', Enumerable.Range(1, Accounts)
            .Select(number => $"{Name(number)}:{_key}")
            .Append($"{Development}:{DevelopmentKey}"));
        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Read(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => Read(line.Data ?? "");
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;

        string PortOf(string service) => _services.TryGetValue(service, out var uri) ? uri.Port.ToString(CultureInfo.InvariantCulture) : "0";
    }

    private async Task ListensAsync()
    {
        try
        {
            await _listening.Task.WaitAsync(StartTimeout, TimeProvider.System);
        }
        catch (TimeoutException slow)
        {
            var output = Output;
            await DisposeAsync();
            throw new InvalidOperationException($"Azurite does not listen:\n{output}", slow);
        }
    }

    /// <summary>An empty account.</summary>
    public StorageAccount NewAccount()
    {
        var number = Interlocked.Increment(ref _accounts);
        Assert.True(number <= Accounts, $"there are only {Accounts} accounts");
        return new StorageAccount(
            Name(number), _key, ServiceOf("Table", number), ServiceOf("Queue", number), ServiceOf("Blob", number), _certificate);
    }

    /// <summary>The account that <c>UseDevelopmentStorage=true</c> means, with its published key; at this emulator's ports.</summary>
    public StorageAccount DevelopmentAccount()
    {
        return new StorageAccount(Development, DevelopmentKey, At("Table"), At("Queue"), At("Blob"), _certificate);

        Uri At(string service) => new(_services[service], Development);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _certificate?.Dispose();
        _directory.Dispose();
    }

    private Uri ServiceOf(string service, int account) => new(_services[service], Name(account));

    private static string Name(int number) => $"account{number}";

    private void Read(string line)
    {
        _output.Enqueue(line);
        if (Listening().Match(line) is { Success: true } found)
        {
            _services[found.Groups[1].Value] = new Uri(found.Groups[2].Value);
            if (Interlocked.Increment(ref _heard) == 3)
                _listening.TrySetResult();
        }
    }

    private static X509Certificate2 NewCertificate(TempDirectory directory)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        var certificate = request.CreateSelfSigned(now.AddHours(-1), now.AddDays(1));
        File.WriteAllText(directory.File("cert.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(directory.File("key.pem"), key.ExportPkcs8PrivateKeyPem());
        return certificate;
    }

    [GeneratedRegex("Azurite (Blob|Queue|Table) service is successfully listening at (.+)$")]
    private static partial Regex Listening();
}
