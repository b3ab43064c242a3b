using System.Collections.Immutable;
using System.Net.Http.Json;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Serving.Monitoring;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace AlgoFactory.Hosting.Monitoring;

/// <summary>What is posted to a webhook.</summary>
/// <param name="Id">The alert's id; with <paramref name="State"/>, what tells a repeated post.</param>
/// <param name="Deployment">The deployment.</param>
/// <param name="Signal">What was looked at.</param>
/// <param name="State"><c>firing</c> or <c>resolved</c>.</param>
/// <param name="Since">When it began.</param>
/// <param name="Value">The signal's last bad value.</param>
/// <param name="Threshold">The rule's threshold.</param>
/// <param name="Text">What is wrong and what to do.</param>
public sealed record AlertMessage(string Id, string Deployment, AlertSignal Signal, AlertState State, DateTimeOffset Since, double Value, double Threshold, string Text);

/// <summary>Tells receivers of alerts: posts to webhooks and sends mail. Each attempt ends within half a minute.</summary>
public sealed class AlertSender(AlgoFactoryOptions options) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly HttpClient _http = new(WebhookAddress.Handler(options.Monitoring.AllowPrivateWebhooks)) { Timeout = Patience, MaxResponseContentBufferSize = 64 << 10 };

    /// <summary>Tells all receivers; returns why that failed, null when it did not.</summary>
    public async Task<string?> SendAsync(Alert alert, ImmutableArray<string> webhooks, ImmutableArray<string> mail, CancellationToken cancellation)
    {
        var faults = new List<string>();
        foreach (var webhook in webhooks)
            if (await PostAsync(webhook, alert, cancellation).ConfigureAwait(false) is { } fault)
                faults.Add(fault);
        if (mail.Length > 0 && await MailAsync(alert, mail, cancellation).ConfigureAwait(false) is { } reason)
            faults.Add(reason);
        return faults.Count == 0 ? null : string.Join(" ", faults);
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<string?> PostAsync(string webhook, Alert alert, CancellationToken cancellation)
    {
        // The list may have become shorter since the webhook was set.
        if (WebhookAddress.Refusal(webhook, options.Monitoring.WebhookHosts) is { } refusal)
            return refusal;
        try
        {
            var message = new AlertMessage(alert.Id, alert.Deployment, alert.Rule.Signal, alert.State, alert.Since, alert.Value, alert.Rule.Threshold, Text(alert));
            using var answer = await _http.PostAsJsonAsync(webhook, message, cancellation).ConfigureAwait(false);
            return answer.IsSuccessStatusCode ? null : $"{new Uri(webhook).Host} answered {(int)answer.StatusCode}.";
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return $"{new Uri(webhook).Host} could not be reached: {(e is OperationCanceledException ? "it did not answer in time" : e.InnerException?.Message ?? e.Message)}.";
        }
    }

    private async Task<string?> MailAsync(Alert alert, ImmutableArray<string> to, CancellationToken cancellation)
    {
        var smtp = options.Monitoring.Smtp;
        if (smtp.Host is not { Length: > 0 } host)
            return "No mail server is set (AlgoFactory:Monitoring:Smtp:Host).";
        try
        {
            using var message = new MimeMessage();
            message.From.Add(MailboxAddress.Parse(smtp.From));
            foreach (var address in to)
                message.To.Add(MailboxAddress.Parse(address));
            message.Subject = $"[AlgoFactory] {alert.Deployment}: {alert.Rule.Signal.ToString().ToLowerInvariant()} {alert.State.ToString().ToLowerInvariant()}";
            message.Body = new TextPart("plain") { Text = Text(alert) };
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(Patience);
            using var client = new SmtpClient();
            await client.ConnectAsync(
                host, smtp.Port, !smtp.RequireTls ? SecureSocketOptions.Auto : smtp.Port == 465 ? SecureSocketOptions.SslOnConnect : SecureSocketOptions.StartTls, limit.Token).ConfigureAwait(false);
            if (smtp.User is { Length: > 0 } user)
                await client.AuthenticateAsync(user, smtp.Password ?? "", limit.Token).ConfigureAwait(false);
            await client.SendAsync(message, limit.Token).ConfigureAwait(false);
            await client.DisconnectAsync(true, limit.Token).ConfigureAwait(false);
            return null;
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            // Whatever the server or the network does: the alert is tried again later.
            return $"The mail server '{host}' could not be used: {e.Message.TrimEnd('.')}.";
        }
    }

    private static string Text(Alert alert) => alert.State == AlertState.Resolved
        ? $"Resolved since {alert.ResolvedAt:u}. It was: {alert.Message}"
        : $"{alert.Message} Since {alert.Since:u}.";
}
