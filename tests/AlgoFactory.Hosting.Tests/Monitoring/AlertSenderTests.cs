using System.Text.Json;
using AlgoFactory.Hosting.Monitoring;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Serving.Monitoring;

namespace AlgoFactory.Hosting.Tests.Monitoring;

public sealed class AlertSenderTests
{
    private static readonly Alert Firing = new(
        "a1", "churn", new AlertRule(AlertSignal.Drift, 1), AlertState.Firing, new DateTimeOffset(2026, 5, 4, 12, 0, 0, TimeSpan.Zero), 2, "The rows changed: 'größe'.");

    [Fact]
    public async Task An_alert_is_posted_and_mailed()
    {
        using var web = new WebhookReceiver();
        using var post = new MailReceiver();
        using var sender = Sender(o => (o.Monitoring.Smtp.Host, o.Monitoring.Smtp.Port, o.Monitoring.Smtp.RequireTls) = ("127.0.0.1", post.Port, false));
        (await sender.SendAsync(Firing, [web.Address], ["ops@example.com", "team@example.com"], default)).ShouldBeNull();

        var message = JsonDocument.Parse(web.Bodies.ShouldHaveSingleItem()).RootElement;
        message.GetProperty("deployment").GetString().ShouldBe("churn");
        message.GetProperty("state").GetString().ShouldBe("firing");
        message.GetProperty("text").GetString().ShouldBe("The rows changed: 'größe'. Since 2026-05-04 12:00:00Z.");
        post.Messages.ShouldHaveSingleItem().ShouldContain("Subject: [AlgoFactory] churn: drift firing");
        post.Recipients.Count.ShouldBe(2);
    }

    [Fact]
    public async Task What_goes_wrong_is_told_in_sentences()
    {
        using var web = new WebhookReceiver { Status = 302 };
        using var sender = Sender(o => o.Monitoring.Smtp.Host = null);
        (await sender.SendAsync(Firing, [web.Address], [], default)).ShouldBe("127.0.0.1 answered 302.");
        web.Bodies.Count.ShouldBe(1, "a redirect is not followed");
        (await sender.SendAsync(Firing, ["https://elsewhere.example/"], ["ops@example.com"], default))!
            .ShouldBe("Alerts may not be posted to 'elsewhere.example'; an administrator can allow the host in AlgoFactory:Monitoring:WebhookHosts. No mail server is set (AlgoFactory:Monitoring:Smtp:Host).");
        web.Dispose();
        (await sender.SendAsync(Firing, [web.Address], [], default))!.ShouldStartWith("127.0.0.1 could not be reached");
        using var strict = Sender(o => o.Monitoring.AllowPrivateWebhooks = false);
        (await strict.SendAsync(Firing, ["http://127.0.0.1:1/"], [], default))!.ShouldContain("no public address");
    }

    private static AlertSender Sender(Action<AlgoFactoryOptions> configure)
    {
        var options = new AlgoFactoryOptions { Monitoring = { WebhookHosts = ["127.0.0.1"], AllowPrivateWebhooks = true } };
        configure(options);
        return new AlertSender(options);
    }
}
