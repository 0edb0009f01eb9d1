using McpProbe.Gate;

// mcpprobe writes what to ask to standard input, for it may hold credentials, and reads the opinion from standard output.
using var input = Console.OpenStandardInput();
using var output = Console.OpenStandardOutput();
await SdkQuestion.AnswerAsync(input, output, TimeProvider.System);
