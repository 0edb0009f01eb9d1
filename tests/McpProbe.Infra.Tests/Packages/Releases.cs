using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using McpProbe.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Logging;

namespace McpProbe.Infra.Tests.Packages;

/// <summary>A place of releases, as the installers ask it: a folder behind a web server on a free port.</summary>
internal sealed class Releases : IAsyncDisposable
{
    public const string Version = "9.8.7";

    private readonly TempDirectory _files = new();
    private readonly WebApplication _app;

    private Releases(WebApplication app) => _app = app;

    public string Url { get; private set; } = "";

    /// <summary>What was asked for, in order.</summary>
    public List<string> Asked { get; } = [];

    public static async Task<Releases> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var releases = new Releases(app);
        app.Use((context, next) =>
        {
            lock (releases.Asked)
                releases.Asked.Add(context.Request.Path);
            return next(context);
        });
        app.UseStaticFiles(new StaticFileOptions { FileProvider = new PhysicalFileProvider(releases._files.Path), ServeUnknownFileTypes = true });
        app.Run(context =>
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        releases.Url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        releases.Write("latest/download/VERSION", Version + "\n");
        return releases;
    }

    /// <summary>Publishes an archive that holds one file, and its checksum.</summary>
    /// <param name="sum">Another checksum than its own.</param>
    public void Add(string archive, string file, string content, string? sum = null)
    {
        var path = _files.File($"download/v{Version}/{archive}");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using (var work = new TempDirectory())
        {
            File.WriteAllText(work.File(file), content);
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(work.File(file), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            if (archive.EndsWith(".zip", StringComparison.Ordinal))
            {
                ZipFile.CreateFromDirectory(work.Path, path);
            }
            else
            {
                using var gzip = new GZipStream(File.Create(path), CompressionLevel.Fastest);
                TarFile.CreateFromDirectory(work.Path, gzip, includeBaseDirectory: false);
            }
        }

        var sums = $"download/v{Version}/SHA256SUMS";
        var before = File.Exists(_files.File(sums)) ? File.ReadAllText(_files.File(sums)) : "";
        Write(sums, $"{before}{sum ?? Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)))}  {archive}\n");
    }

    public void Write(string name, string content)
    {
        var path = _files.File(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _files.Dispose();
    }
}
