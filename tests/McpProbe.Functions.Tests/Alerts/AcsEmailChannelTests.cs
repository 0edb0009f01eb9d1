using Azure;
using Azure.Communication.Email;
using Azure.Core.Pipeline;
using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Deliveries;
using McpProbe.Alerts.Messages;
using McpProbe.Functions.Alerts;
using McpProbe.Testing;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;
using NSubstitute.ExceptionExtensions;

namespace McpProbe.Functions.Tests.Alerts;

public class AcsEmailChannelTests
{
    private static readonly Channel Mail = new() { Name = "mail", Type = ChannelType.Email, To = ["a@example.com", "b@example.com"] };

    private readonly EmailClient _client = Substitute.For<EmailClient>();
    private readonly EmailSendOperation _operation = Substitute.For<EmailSendOperation>();
    private readonly List<(EmailMessage Message, Guid Operation)> _sent = [];

    public AcsEmailChannelTests() => _client
        .SendAsync(Arg.Any<WaitUntil>(), Arg.Any<EmailMessage>(), Arg.Any<Guid>(), Arg.Any<CancellationToken>())
        .Returns(call =>
        {
            _sent.Add((call.Arg<EmailMessage>(), call.Arg<Guid>()));
            return _operation;
        });

    private Task<SendOutcome> SendAsync(Channel? channel = null, params IReadOnlyList<string> to) =>
        new AcsEmailChannel(_client, "alerts@example.com", new Uri("https://probe.example.com"), new FakeTimeProvider(Samples.Now))
            .SendAsync(
                channel ?? Mail, Alert.Of(Samples.Transition("mail")) with { To = to.Count > 0 ? to : null }, TestContext.Current.CancellationToken);

    private void Throw(int status, string? code) => _client
        .SendAsync(Arg.Any<WaitUntil>(), Arg.Any<EmailMessage>(), Arg.Any<Guid>(), Arg.Any<CancellationToken>())
        .ThrowsAsync(new RequestFailedException(status, "refused", code, null));

    [Fact]
    public async Task Send_Succeeded_IsDeliveredToAllRecipients()
    {
        _operation.HasCompleted.Returns(true);

        var outcome = await SendAsync();

        Assert.Equal(SendOutcome.Delivered, outcome);
        var message = Assert.Single(_sent).Message;
        Assert.Equal(("alerts@example.com", "[McpProbe] Every thing is down"), (message.SenderAddress, message.Content.Subject));
        Assert.Equal(["a@example.com", "b@example.com"], message.Recipients.To.Select(to => to.Address));
        Assert.Contains("https://probe.example.com/incidents/every.thing_outage_", message.Content.PlainText, StringComparison.Ordinal);
        Assert.Contains("<h1", message.Content.Html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_AcceptedButNotSent_AsksAgainUnderTheSameOperation()
    {
        _operation.HasCompleted.Returns(false);

        var first = await SendAsync();
        await SendAsync();

        Assert.Equal((SendStatus.Retry, Samples.Now.AddMinutes(2)), (first.Status, first.RetryAt));
        Assert.Equal(2, _sent.Count);
        Assert.Single(_sent.Select(each => each.Operation).Distinct());
    }

    [Theory]
    [InlineData(429, null, SendStatus.Retry)]
    [InlineData(503, null, SendStatus.Retry)]
    [InlineData(401, "Denied", SendStatus.Retry)]
    [InlineData(0, null, SendStatus.Retry)]
    [InlineData(400, "InvalidRecipients", SendStatus.Refused)]
    [InlineData(200, "EmailDroppedAllRecipientsSuppressed", SendStatus.Refused)]
    public async Task Send_TurnedDown_IsRetriedOnlyWhereThatCanHelp(int status, string? code, SendStatus expected)
    {
        Throw(status, code);

        var outcome = await SendAsync();

        Assert.Equal(expected, outcome.Status);
        Assert.Contains($"{status}", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_Throttled_WaitsAsLongAsTheServiceAsks()
    {
        await using var service = await StubServer.StartAsync(context =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "900";
            return Task.CompletedTask;
        });
        // The SDK's own pipeline makes the answer that its client would throw.
        var pipeline = HttpPipelineBuilder.Build(new EmailClientOptions { Retry = { MaxRetries = 0 } });
        using var request = pipeline.CreateRequest();
        request.Uri.Reset(new Uri(service.Url));
        using var answer = await pipeline.SendRequestAsync(request, TestContext.Current.CancellationToken);
        _client.SendAsync(Arg.Any<WaitUntil>(), Arg.Any<EmailMessage>(), Arg.Any<Guid>(), Arg.Any<CancellationToken>())
            .ThrowsAsync(new RequestFailedException(answer));

        var outcome = await SendAsync();

        Assert.Equal((SendStatus.Retry, Samples.Now.AddMinutes(15)), (outcome.Status, outcome.RetryAt));
    }

    [Fact]
    public async Task Send_OperationFailedAtOnce_IsItsOwnFailure()
    {
        _operation.HasCompleted.Returns(false);
        _operation.UpdateStatusAsync(Arg.Any<CancellationToken>())
            .ThrowsAsync(new RequestFailedException(200, "dropped", "EmailDroppedAllRecipientsSuppressed", null));

        var outcome = await SendAsync();

        Assert.Equal(SendStatus.Refused, outcome.Status);
        Assert.Contains("suppression list", outcome.Error, StringComparison.Ordinal);
    }

    /// <summary>The service refuses a message to several over one of them.</summary>
    [Theory]
    [InlineData(400, SendStatus.Delivered, "")]
    [InlineData(429, SendStatus.Retry, "b@example.com")]
    public async Task Send_RefusedOverOneRecipient_ReachesTheOthers(int status, SendStatus expected, string later)
    {
        _operation.HasCompleted.Returns(true);
        _client.SendAsync(Arg.Any<WaitUntil>(), Arg.Any<EmailMessage>(), Arg.Any<Guid>(), Arg.Any<CancellationToken>()).Returns(call =>
        {
            var to = call.Arg<EmailMessage>().Recipients.To.Select(each => each.Address).ToList();
            if (to.Contains("b@example.com"))
                throw new RequestFailedException(to.Count > 1 ? 400 : status, "refused", "InvalidRecipients", null);
            _sent.Add((call.Arg<EmailMessage>(), call.Arg<Guid>()));
            return _operation;
        });

        var outcome = await SendAsync(Mail with { To = ["a@example.com", "b@example.com", "c@example.com"] });

        Assert.Equal(expected, outcome.Status);
        Assert.Contains("b@example.com: the e-mail service answered", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(later, string.Join(' ', outcome.Unreached ?? []));
        Assert.Equal(["a@example.com", "c@example.com"], _sent.Select(each => each.Message.Recipients.To.Single().Address));
        Assert.Equal(2, _sent.Select(each => each.Operation).Distinct().Count());
    }

    [Fact]
    public async Task Send_ToThoseNotReachedBefore_IsAnOperationOfItsOwn()
    {
        _operation.HasCompleted.Returns(true);

        await SendAsync();
        await SendAsync(null, "b@example.com");

        Assert.Equal(["b@example.com"], _sent[1].Message.Recipients.To.Select(to => to.Address));
        Assert.NotEqual(_sent[0].Operation, _sent[1].Operation);
    }

    [Fact]
    public async Task Send_NoRecipients_SaysWhatToSet()
    {
        var outcome = await SendAsync(Mail with { To = [] });

        Assert.Equal((SendStatus.Refused, true), (outcome.Status, outcome.Error!.Contains("'to'", StringComparison.Ordinal)));
    }

    [Fact]
    public void OperationId_TransitionAndChannel_DecideIt()
    {
        var ids = new[] { ("t1", "a"), ("t1", "b"), ("t2", "a") }.Select(each => AcsEmailChannel.OperationId(each.Item1, each.Item2)).ToList();

        Assert.Equal(3, ids.Distinct().Count());
        Assert.Equal(ids[0], AcsEmailChannel.OperationId("t1", "a"));
        Assert.All(ids, id => Assert.Equal(8, id.Version));
    }
}
