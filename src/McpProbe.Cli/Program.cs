using McpProbe.Catalog;
using McpProbe.Cli;
using McpProbe.Cli.Commands;
using McpProbe.Model;

CatalogHash.Create = () => new Sha256();
using var interruption = new Interruption();
try
{
    var exitCode = await CommandLine.RunAsync(args, interruption.Token);
    return interruption.ExitCode ?? exitCode;
}
catch (IOException failure) when (FullDisk.Is(failure))
{
    await Console.Error.WriteLineAsync($"mcpprobe: what it had to say could not be written: {failure.Message.TrimEnd('.')}. Free space on that disk, or send the output elsewhere.");
    return ExitCodes.Usage;
}
catch (Exception bug)
{
    // The edge of the process: a bug must not end as one of the codes that say something about the server.
    await Console.Error.WriteLineAsync($"mcpprobe: this is a bug in mcpprobe, not in the server. Please report it with these lines:\n{bug}");
    return CommandLine.Bug;
}
