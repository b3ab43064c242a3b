using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Hosting.Training;

/// <summary>
/// The finished trials of a run, in a file beside its model until that is saved: a first line that says what the run was asked,
/// then a line a trial. A line is on the disk when <see cref="Add"/> returns, so a kill costs the trial under way and no
/// other. A last line that a kill cut short is dropped.
/// </summary>
internal sealed class TrialJournal : IDisposable
{
    private const string Format = "trial-journal/1";

    /// <summary>How the names of files' hashes end: other data is told before other options.</summary>
    private const string Hash = " sha256";

    /// <summary>Far more than any run writes: a larger file is something else.</summary>
    private const long MostBytes = 1L << 28;

    private readonly FileStream _file;

    private TrialJournal(FileStream file, ImmutableArray<LeaderboardEntry> trials) => (_file, Trials) = (file, trials);

    private sealed record Header(string Format, ImmutableSortedDictionary<string, string> Request);

    /// <summary>The trials that an earlier run had finished.</summary>
    public ImmutableArray<LeaderboardEntry> Trials { get; }

    /// <summary>Where the journal of a model's run is.</summary>
    public static string PathOf(string output) => output + ".journal";

    /// <summary>Begins a journal.</summary>
    /// <param name="path">The file.</param>
    /// <param name="request">What decides about the trials' scores, by name.</param>
    /// <param name="mayReplace">Whether one that holds trials may be replaced.</param>
    /// <exception cref="UsageException">There is one with trials already, and it may not be replaced; or the file cannot be written.</exception>
    public static TrialJournal Begin(string path, ImmutableSortedDictionary<string, string> request, bool mayReplace)
    {
        if (!mayReplace && File.Exists(path) && KeptTrials(path) is var kept and > 0)
            throw new UsageException(
                $"An interrupted run left {(kept == 1 ? "a finished trial" : $"{kept} finished trials")} in '{path}'. Go on with --resume, drop them with --fresh, or choose another model file with --out.");
        var journal = new TrialJournal(Open(path, FileMode.Create), []);
        journal.Write(new Header(Format, request));
        return journal;
    }

    /// <summary>Goes on with a journal.</summary>
    /// <exception cref="UsageException">There is none, it is damaged, or it is of another request; the message names what differs.</exception>
    public static TrialJournal Resume(string path, ImmutableSortedDictionary<string, string> request)
    {
        if (!File.Exists(path))
            throw new UsageException($"There is nothing to resume: no journal '{path}' of an interrupted run. Leave --resume out to start.");
        var file = Open(path, FileMode.Open);
        try
        {
            var trials = Read(file, path, request);
            return new TrialJournal(file, trials);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Adds a trial; it is on the disk when this returns.</summary>
    public void Add(LeaderboardEntry trial) => Write(trial with { Rank = null });

    /// <summary>Removes the file: the model is saved, and there is nothing to go on with.</summary>
    public void Delete()
    {
        _file.Dispose();
        File.Delete(_file.Name);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>Trials in a file that may be a journal; those of its last line only when it is whole.</summary>
    private static int KeptTrials(string path)
    {
        using var file = Open(path, FileMode.Open);
        using var reader = new StreamReader(file);
        Span<char> start = stackalloc char[64];
        var read = reader.ReadBlock(start);
        if (!start[..read].Contains(Format, StringComparison.Ordinal))
            return 0;
        var lines = 0;
        for (int next; (next = reader.Read()) >= 0;)
            lines += next == '\n' ? 1 : 0;
        return lines - 1;
    }

    // Unbuffered, and only for one run at a time: two that write to one file would ruin it.
    private static FileStream Open(string path, FileMode mode)
    {
        try
        {
            return new FileStream(path, mode, FileAccess.ReadWrite, FileShare.None, 0);
        }
        catch (IOException e) when (e is not (FileNotFoundException or DirectoryNotFoundException))
        {
            throw new UsageException($"The journal '{path}' cannot be opened ({e.Message.TrimEnd('.')}); another run may be writing to it: choose another model file with --out.");
        }
    }

    private void Write<T>(T line)
    {
        _file.Write(Encoding.UTF8.GetBytes(ReportJson.Write(line) + "\n"));
        _file.Flush(flushToDisk: true);
    }

    private static ImmutableArray<LeaderboardEntry> Read(FileStream file, string path, ImmutableSortedDictionary<string, string> request)
    {
        if (file.Length > MostBytes)
            throw new UsageException($"'{path}' is larger than any journal; name another model file with --out.");
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        // What follows the last line's end was cut short: it is written over.
        var end = bytes.AsSpan().LastIndexOf((byte)'\n') + 1;
        file.SetLength(end);
        file.Position = end;
        var lines = Encoding.UTF8.GetString(bytes, 0, end).Split('\n')[..^1];
        try
        {
            var header = lines.Length > 0 ? JsonSerializer.Deserialize<Header>(lines[0], ReportJson.Options) : null;
            if (header is not { Format: Format, Request: { } earlier })
                throw new JsonException();
            Compare(path, earlier, request);
            return [.. lines.Skip(1).Select(l => JsonSerializer.Deserialize<LeaderboardEntry>(l, ReportJson.Options) ?? throw new JsonException())];
        }
        catch (JsonException)
        {
            throw new UsageException($"'{path}' is no journal of a run, or it is damaged; start anew with --fresh.");
        }
    }

    private static void Compare(string path, ImmutableSortedDictionary<string, string> earlier, ImmutableSortedDictionary<string, string> now)
    {
        foreach (var name in earlier.Keys.Union(now.Keys).OrderBy(n => n.EndsWith(Hash, StringComparison.Ordinal) ? 0 : 1).ThenBy(n => n, StringComparer.Ordinal))
        {
            var (before, wanted) = (earlier.GetValueOrDefault(name, ""), now.GetValueOrDefault(name, ""));
            if (before == wanted)
                continue;
            throw new UsageException(name.EndsWith(Hash, StringComparison.Ordinal)
                ? $"The journal '{path}' is of other data: the {name[..^Hash.Length]} has changed since. Its trials do not compare with new ones; start anew with --fresh."
                : $"The journal '{path}' is of another run: its {name} was '{before}', now it is '{wanted}'. Resume with the same options, or start anew with --fresh.");
        }
    }
}
