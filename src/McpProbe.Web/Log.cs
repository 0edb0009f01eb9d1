using System.Net;
using Microsoft.Extensions.Logging;

namespace McpProbe.Web;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "Sign-in refused: a wrong key from {Address}.")]
    internal static partial void SignInRefused(ILogger logger, IPAddress? address);
}
