using McpProbe.Bench.Azure;

switch (args)
{
    case ["azure-cost"]:
        Console.Write(await AzureCost.TableAsync());
        return 0;
    default:
        await Console.Error.WriteLineAsync("Name what to simulate: azure-cost.");
        return 2;
}
