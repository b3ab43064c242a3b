using System.Collections.Immutable;
using System.Globalization;
using AlgoFactory.Data.Export;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Serving.Registry;

namespace AlgoFactory.Serving.Monitoring;

/// <summary>A file of the log.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Deployment">The deployment.</param>
/// <param name="Model">The model.</param>
/// <param name="Version">Its version.</param>
/// <param name="Until">When it was written: no row is newer.</param>
/// <param name="Bytes">Its size.</param>
public sealed record LogPart(string Path, string Deployment, string Model, int Version, DateTimeOffset Until, long Bytes)
{
    /// <summary>When the part was begun: no row is older.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>The node that wrote it.</summary>
    public required string Node { get; init; }

    /// <summary>Whether it was joined from several.</summary>
    public bool IsJoined { get; init; }
}

/// <summary>
/// The log on disk: Parquet files <c>deployment=D/model=M/version=V/FROM-UNTIL-NODE.parquet</c>, which DuckDB and others read as
/// one table with these three columns. A file appears whole, by a rename, and is never changed. Nodes share the folder.
/// </summary>
/// <param name="root">The folder.</param>
/// <param name="options">Limits of DuckDB.</param>
/// <param name="clock">The time.</param>
public sealed class LogParts(string root, ReadOptions options, TimeProvider clock)
{
    private const string Stamp = "yyyyMMdd'T'HHmmssfff";
    private const string Ending = ".parquet";
    private const string JoinedMark = "j";

    /// <summary>A part is written within seconds: what is older was begun by a process that was killed.</summary>
    private static readonly TimeSpan LongestWrite = TimeSpan.FromHours(1);

    private readonly string _node = Guid.NewGuid().ToString("N")[..8];

    /// <summary>Limits of DuckDB.</summary>
    public ReadOptions Options => options;

    /// <summary>The parts of a deployment, or of all, by time. Those that a joined one holds are left out.</summary>
    public ImmutableArray<LogPart> List(string? deployment = null)
    {
        var all = new List<LogPart>();
        if (!Directory.Exists(root))
            return [];
        foreach (var folder in deployment is null ? Directory.EnumerateDirectories(root, "deployment=*") : [Path.Combine(root, "deployment=" + deployment)])
        {
            if (!Directory.Exists(folder))
                continue;
            foreach (var path in Directory.EnumerateFiles(folder, "*" + Ending, SearchOption.AllDirectories))
                if (Parse(path) is { } part)
                    all.Add(part);
        }

        var joined = all.Where(p => p.IsJoined).ToArray();
        return [.. all.Where(p => !joined.Any(j => Holds(j, p))).OrderBy(p => p.Until).ThenBy(p => p.Path, StringComparer.Ordinal)];
    }

    /// <summary>The parts that may hold rows of a time.</summary>
    public ImmutableArray<LogPart> Between(string deployment, string? model, int? version, DateTimeOffset from, DateTimeOffset until) =>
        [.. List(deployment).Where(p => (model is null || p.Model == model) && (version is null || p.Version == version) && p.Until >= from && p.From <= until)];

    /// <summary>
    /// Joins the small parts of each hour that is past into one, so that months are some thousands of files. Safe at a kill: a
    /// joined part counts from its rename on, and what it holds is removed after it.
    /// </summary>
    /// <exception cref="IOException">Some could not be joined; the others were.</exception>
    public void Join(CancellationToken cancellation)
    {
        var hour = Hour(clock.GetUtcNow());
        IOException? fault = null;
        foreach (var group in List().Where(p => !p.IsJoined && Hour(p.Until) < hour)
                     .GroupBy(p => (Path.GetDirectoryName(p.Path)!, p.Node, Hour: Hour(p.Until))))
        {
            cancellation.ThrowIfCancellationRequested();
            var parts = group.ToArray();
            if (parts.Length < 2)
                continue;
            try
            {
                TableParts.Join([.. parts.Select(p => p.Path)], PathOf(group.Key.Item1, parts.Min(p => p.From), parts.Max(p => p.Until), group.Key.Node, isJoined: true), options);
            }
            catch (IOException e)
            {
                fault = e;
            }
        }

        RemoveHeld();
        if (fault is not null)
            throw fault;
    }

    /// <summary>Removes what killed processes had begun, what is too old, and then the oldest until the rest takes no more than <paramref name="bytes"/>.</summary>
    /// <returns>The parts removed.</returns>
    public int Remove(DateTimeOffset before, long bytes)
    {
        RemoveUnfinished();
        var parts = List();
        var total = parts.Sum(p => p.Bytes);
        var removed = 0;
        foreach (var part in parts)
        {
            if (part.Until >= before && total <= bytes)
                continue;
            File.Delete(part.Path);
            total -= part.Bytes;
            removed++;
        }

        return removed;
    }

    /// <summary>Removes all of a deployment's parts.</summary>
    public void RemoveDeployment(string deployment)
    {
        var folder = Path.Combine(root, "deployment=" + deployment);
        if (ModelNames.IsValid(deployment) && Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    /// <summary>Writes blocks as a part.</summary>
    /// <exception cref="IOException">The disk cannot be written.</exception>
    internal void Write(string deployment, ModelVersion version, LogLayout layout, IReadOnlyList<LogBlock> blocks)
    {
        var folder = Path.Combine(root, $"deployment={deployment}", $"model={version.Name}", string.Create(CultureInfo.InvariantCulture, $"version={version.Version}"));
        Directory.CreateDirectory(folder);
        var path = PathOf(folder, blocks[0].First, clock.GetUtcNow(), _node, isJoined: false);
        using var writer = TableWriter.Create(path, layout.Columns, options);
        foreach (var block in blocks)
            block.Write(writer);
        writer.Complete();
    }

    private void RemoveUnfinished()
    {
        foreach (var path in Directory.Exists(root) ? Directory.EnumerateFiles(root, $"*{Ending}.*.tmp", SearchOption.AllDirectories) : [])
            if (clock.GetUtcNow() - File.GetLastWriteTimeUtc(path) > LongestWrite)
                File.Delete(path);
    }

    private void RemoveHeld()
    {
        foreach (var folder in Directory.Exists(root) ? Directory.EnumerateDirectories(root, "version=*", SearchOption.AllDirectories) : [])
        {
            var parts = Directory.EnumerateFiles(folder, "*" + Ending).Select(Parse).OfType<LogPart>().ToArray();
            var joined = parts.Where(p => p.IsJoined).ToArray();
            foreach (var part in parts)
                if (joined.Any(j => Holds(j, part)))
                    File.Delete(part.Path);
        }
    }

    private static bool Holds(LogPart joined, LogPart part) =>
        !part.IsJoined && part.Node == joined.Node && part.From >= joined.From && part.Until <= joined.Until
        && Path.GetDirectoryName(part.Path) == Path.GetDirectoryName(joined.Path);

    private static long Hour(DateTimeOffset at) => at.ToUnixTimeSeconds() / 3600;

    private static string PathOf(string folder, DateTimeOffset from, DateTimeOffset until, string node, bool isJoined) => Path.Combine(
        folder, string.Create(CultureInfo.InvariantCulture, $"{from.UtcDateTime.ToString(Stamp, CultureInfo.InvariantCulture)}-{until.UtcDateTime.ToString(Stamp, CultureInfo.InvariantCulture)}-{node}{(isJoined ? "-" + JoinedMark : "")}{Ending}"));

    private static LogPart? Parse(string path)
    {
        var name = Path.GetFileNameWithoutExtension(path).Split('-');
        var folders = path.Split(Path.DirectorySeparatorChar);
        if (name.Length is < 3 or > 4 || folders.Length < 4 || !TryInstant(name[0], out var from) || !TryInstant(name[1], out var until)
            || Value(folders[^4], "deployment=") is not { } deployment || Value(folders[^3], "model=") is not { } model
            || !int.TryParse(Value(folders[^2], "version="), NumberStyles.None, CultureInfo.InvariantCulture, out var version))
            return null;
        try
        {
            return new LogPart(path, deployment, model, version, until, new FileInfo(path).Length) { From = from, Node = name[2], IsJoined = name.Length == 4 };
        }
        catch (FileNotFoundException)
        {
            // Joined or removed by another process since it was listed.
            return null;
        }
    }

    private static string? Value(string folder, string key) => folder.StartsWith(key, StringComparison.Ordinal) ? folder[key.Length..] : null;

    private static bool TryInstant(string text, out DateTimeOffset at) => DateTimeOffset.TryParseExact(
        text, Stamp, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out at);
}
