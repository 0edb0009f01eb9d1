using McpProbe.SdkClient;

// mcpprobe writes what to ask to standard input, for it may hold credentials, and reads the opinion from standard output.
using var input = Console.OpenStandardInput();
using var output = Console.OpenStandardOutput();
await OfficialClient.AnswerAsync(input, output, TimeProvider.System);
