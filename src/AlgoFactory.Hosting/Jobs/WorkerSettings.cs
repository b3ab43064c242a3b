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
        yield return new($"{section}__Worker__MemoryMiB", Text(options.Worker.MemoryMiB));
        yield return new($"{section}__Worker__Threads", Text(options.Worker.Threads));
        yield return new($"{section}__Worker__Experiments", Text(options.Worker.Experiments));
        yield return new($"{section}__Worker__Nice", Text(options.Worker.Nice));
        yield return new($"{section}__Retention__ExperimentDays", Text(options.Retention.ExperimentDays));
        yield return new($"{section}__Retention__DatasetDays", Text(options.Retention.DatasetDays));
        yield return new($"{section}__Retention__BatchDays", Text(options.Retention.BatchDays));
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
