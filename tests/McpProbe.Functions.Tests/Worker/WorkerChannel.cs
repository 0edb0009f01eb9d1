using System.Collections.Concurrent;
using System.Threading.Channels;
using Grpc.Core;

namespace McpProbe.Functions.Tests.Worker;

/// <summary>The conversation with one worker: questions and their answers, and the log records that come between.</summary>
internal sealed class WorkerChannel : FunctionRpc.FunctionRpcBase
{
    private readonly Channel<StreamingMessage> _outgoing = Channel.CreateUnbounded<StreamingMessage>();
    private readonly ConcurrentDictionary<string, TaskCompletionSource<StreamingMessage>> _open = [];
    private readonly ConcurrentQueue<RpcLog> _logs = new();
    private readonly TaskCompletionSource<string> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The id under which the worker opened its stream.</summary>
    internal Task<string> Started => _started.Task;

    internal IReadOnlyList<RpcLog> Logs => [.. _logs];

    /// <summary>Asks, and waits for the answer under the same request id.</summary>
    internal async Task<StreamingMessage> AskAsync(StreamingMessage question, TimeSpan within)
    {
        question.RequestId = Guid.NewGuid().ToString();
        var answer = new TaskCompletionSource<StreamingMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        _open[question.RequestId] = answer;
        Tell(question);
        await Task.WhenAny(answer.Task, _ended.Task).WaitAsync(within, TimeProvider.System, TestContext.Current.CancellationToken);
        return answer.Task.IsCompleted
            ? await answer.Task
            : throw new InvalidOperationException($"the worker ended before it answered {question.ContentCase}");
    }

    internal void Tell(StreamingMessage message) => _outgoing.Writer.TryWrite(message);

    public override async Task EventStream(
        IAsyncStreamReader<StreamingMessage> requestStream, IServerStreamWriter<StreamingMessage> responseStream, ServerCallContext context)
    {
        var writing = WriteAsync(responseStream, context.CancellationToken);
        try
        {
            await foreach (var message in requestStream.ReadAllAsync(context.CancellationToken))
                Hear(message);
        }
        catch (Exception cut) when (cut is OperationCanceledException or IOException)
        {
            // The process has ended: that is how a worker says goodbye.
        }
        finally
        {
            _ended.TrySetResult();
            _outgoing.Writer.TryComplete();
        }

        await writing;
    }

    private void Hear(StreamingMessage message)
    {
        if (message.ContentCase is StreamingMessage.ContentOneofCase.RpcLog)
            _logs.Enqueue(message.RpcLog);
        else if (message.ContentCase is StreamingMessage.ContentOneofCase.StartStream)
            _started.TrySetResult(message.StartStream.WorkerId);
        else if (_open.TryRemove(message.RequestId, out var answer))
            answer.TrySetResult(message);
    }

    private async Task WriteAsync(IServerStreamWriter<StreamingMessage> stream, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var message in _outgoing.Reader.ReadAllAsync(cancellationToken))
                await stream.WriteAsync(message, cancellationToken);
        }
        catch (Exception cut) when (cut is OperationCanceledException or InvalidOperationException)
        {
            // There is nobody left to tell.
        }
    }
}
