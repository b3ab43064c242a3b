using System.Globalization;
using AlgoFactory.Hosting.Options;

namespace AlgoFactory.Hosting.Jobs;

/// <summary>Hands the server's settings on to its worker, as environment variables (a connection string is no argument for `ps` to show).</summary>
internal static class WorkerSettings
{
    public static IEnumerable<KeyValuePair<string, string?>> Environment(AlgoFactoryOptions options, DataFolders folders)
    {
        const string section = AlgoFactoryOptions.Section;
        yield return new($"{section}__DataFolder", folders.Root);
        yield return new($"{section}__ModelsFolder", folders.Models);
        yield return new($"{section}__Database__Provider", options.Database.Provider);
        yield return new($"{section}__Database__ConnectionString", options.Database.ConnectionString);
        yield return new($"{section}__Registry__SigningKey", options.Registry.SigningKey);
        yield return new($"{section}__Worker__MemoryMiB", Text(options.Worker.MemoryMiB));
        yield return new($"{section}__Worker__Threads", Text(options.Worker.Threads));
        yield return new($"{section}__Worker__Experiments", Text(options.Worker.Experiments));
        yield return new($"{section}__Worker__Nice", Text(options.Worker.Nice));
        yield return new($"{section}__Worker__TakeOverSeconds", Text(options.Worker.TakeOverSeconds));
        yield return new($"{section}__Retention__ExperimentDays", Text(options.Retention.ExperimentDays));
        yield return new($"{section}__Retention__DatasetDays", Text(options.Retention.DatasetDays));
        yield return new($"{section}__Retention__BatchDays", Text(options.Retention.BatchDays));
        foreach (var (name, value) in Watching(options, section))
            yield return new(name, value);
    }

    private static IEnumerable<KeyValuePair<string, string?>> Watching(AlgoFactoryOptions options, string section)
    {
        var (log, monitoring, smtp) = (options.PredictionLog, options.Monitoring, options.Monitoring.Smtp);
        yield return new($"{section}__PredictionLog__Enabled", log.Enabled.ToString());
        yield return new($"{section}__PredictionLog__Share", log.Share.ToString("R", CultureInfo.InvariantCulture));
        yield return new($"{section}__PredictionLog__Texts", log.Texts.ToString());
        yield return new($"{section}__PredictionLog__Days", Text(log.Days));
        yield return new($"{section}__PredictionLog__MaxBytes", log.MaxBytes.ToString(CultureInfo.InvariantCulture));
        yield return new($"{section}__Monitoring__Enabled", monitoring.Enabled.ToString());
        yield return new($"{section}__Monitoring__IntervalSeconds", Text(monitoring.IntervalSeconds));
        yield return new($"{section}__Monitoring__FeedbackDays", Text(monitoring.FeedbackDays));
        yield return new($"{section}__Monitoring__AllowPrivateWebhooks", monitoring.AllowPrivateWebhooks.ToString());
        yield return new($"{section}__Monitoring__Smtp__Host", smtp.Host);
        yield return new($"{section}__Monitoring__Smtp__Port", Text(smtp.Port));
        yield return new($"{section}__Monitoring__Smtp__RequireTls", smtp.RequireTls.ToString());
        yield return new($"{section}__Monitoring__Smtp__User", smtp.User);
        yield return new($"{section}__Monitoring__Smtp__Password", smtp.Password);
        yield return new($"{section}__Monitoring__Smtp__From", smtp.From);
        for (var i = 0; i < log.Masked.Length; i++)
            yield return new($"{section}__PredictionLog__Masked__{i}", log.Masked[i]);
        for (var i = 0; i < monitoring.WebhookHosts.Length; i++)
            yield return new($"{section}__Monitoring__WebhookHosts__{i}", monitoring.WebhookHosts[i]);
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
