using Azure;
using Azure.Identity;
using McpProbe.Web;

namespace McpProbe.Functions.Storage;

/// <summary>What an exception of the storage clients means to people.</summary>
internal static class StorageObstacle
{
    private const string NoRole = "role not effective yet";
    private const string Emptied = "storage emptied";
    private const string Unreachable = "storage unreachable";

    /// <summary>Null when it is none of the storage clients'.</summary>
    public static Obstacle? Of(Exception exception) => exception switch
    {
        StoreConfigurationException wrong => new("store does not fit the settings", wrong.Message),
        // Several attempts; or several requests at once, of which one explains the others.
        AggregateException many => many.Flatten().InnerExceptions.Select(Of).FirstOrDefault(found => found is not null)
            ?? (many.InnerExceptions.All(each => each is OperationCanceledException or IOException) ? Away("it did not answer in time") : null),
        RequestFailedException { Status: 403, ErrorCode: "AuthorizationFailure" } => new(
            "storage closed to this app", "The storage account's network rules refuse this app (403 AuthorizationFailure). Let its network in; it is tried again all the time."),
        RequestFailedException { Status: 403, ErrorCode: "AuthenticationFailed" or "KeyBasedAuthenticationNotPermitted" } refused => new(
            "storage refuses the key", $"Storage answers 403 {refused.ErrorCode}. Check the connection string, or use the addresses with a managed identity."),
        RequestFailedException { Status: 401 or 403 } refused => new(
            NoRole, $"Storage answers {$"{refused.Status} {refused.ErrorCode}".TrimEnd()}. A role that was just assigned takes up to ten minutes to spread; it is tried again all the time. If it lasts longer, check the role assignments of the app's identity on the storage account."),
        AuthenticationFailedException => new(
            NoRole, "The app's identity gets no token. It was just assigned, or the identity service is away; it is tried again all the time."),
        RequestFailedException { ErrorCode: { } code } when code.EndsWith("BeingDeleted", StringComparison.Ordinal) => Away($"it answers {code}"),
        RequestFailedException { Status: 0 } => Away("no connection, or its name is not known"),
        RequestFailedException { Status: 408 or 429 or >= 500 } busy => Away($"it answers {$"{busy.Status} {busy.ErrorCode}".TrimEnd()}"),
        RequestFailedException { Status: 404, ErrorCode: "TableNotFound" or "QueueNotFound" or "ContainerNotFound" } gone => new(
            Emptied, $"Storage answers 404 {gone.ErrorCode}: something that this app created was removed. It is created again within a minute, empty."),
        _ => null,
    };

    /// <summary>Whether a table, a queue or a container is gone that was there when the store was opened.</summary>
    public static bool IsEmptied(Exception exception) => Of(exception)?.Reason == Emptied;

    public static Obstacle Slow { get; } = Away("it did not answer in time");

    public static Obstacle Moving { get; } = new(
        "store moving", "The store's rows are being moved to another number of shards. That takes minutes for many endpoints, and goes on where it was broken off.");

    private static Obstacle Away(string how) => new(Unreachable, $"The storage account cannot be used ({how}). It is tried again all the time; what was recorded is safe.");
}
