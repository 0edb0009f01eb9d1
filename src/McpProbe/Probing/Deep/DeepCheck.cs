using McpProbe.Model;

namespace McpProbe.Probing.Deep;

/// <summary>
/// One thing to look at that a probe does not ask for. It asks the server a few requests (single figures), one after the other, and
/// gives what it found; nothing for a server that it does not apply to.
/// </summary>
/// <param name="Name">What is looked at, for a message that says it could not be: <c>the server card</c>.</param>
/// <param name="LookAsync">
/// Throws <see cref="Run.ProbeFailedException"/> and <see cref="OperationCanceledException"/> freely: the look is then listed as
/// unfinished. Its findings are soft and name their <see cref="Finding.Section"/> where a standard asks for something.
/// </param>
internal sealed record DeepCheck(string Name, Func<DeepVisit, CancellationToken, Task<IReadOnlyList<Finding>>> LookAsync);
