namespace McpProbe.Functions.Storage;

/// <summary>The settings do not fit the store. The message says what to change.</summary>
public sealed class StoreConfigurationException(string message) : Exception(message);
