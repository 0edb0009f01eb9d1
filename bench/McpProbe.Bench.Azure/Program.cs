using System.Globalization;
using McpProbe.Bench.Azure;

switch (args)
{
    case ["azure-cost"]:
        Console.Write(await AzureCost.TableAsync());
        return 0;
    case ["azure-scale"]:
        await AzureScale.RunAsync(1_000_000);
        return 0;
    case ["azure-scale", var text] when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var endpoints) && endpoints >= 1_000:
        await AzureScale.RunAsync(endpoints);
        return 0;
    default:
        await Console.Error.WriteLineAsync("Name what to simulate: azure-cost, or azure-scale and how many endpoints (1000 or more; 1000000 without).");
        return 2;
}
