using System.Collections.Immutable;
using AlgoFactory.Data;
using AlgoFactory.Data.Export;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Recommending;

namespace AlgoFactory.Hosting.Recommendation;

/// <summary>
/// The recommend use case: a file of users in, the best items of each out. Streamed in batches, so that neither the users
/// nor their scores are ever held as a whole.
/// </summary>
public static class RecommendFile
{
    private const int BatchRows = 4096;

    /// <summary>The most items a user.</summary>
    public const int MostItems = 1000;

    /// <summary>
    /// Recommends to every user of a file. One line a user and item: user, known, rank, item, score; a user that the model
    /// does not know is given what is popular.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="file">A table with the model's user column.</param>
    /// <param name="read">How to read it.</param>
    /// <param name="lists">What each user is to be given.</param>
    /// <param name="output">The file to write: whole, or not at all.</param>
    /// <param name="cancellation">Ends the run; nothing is written then.</param>
    /// <exception cref="DataFormatException">The file cannot be read, or lacks the user column.</exception>
    /// <exception cref="LearningException">The model is no recommender.</exception>
    /// <exception cref="UsageException">The output cannot be written there, or too many items are asked for.</exception>
    public static RecommendReport Run(
        ModelFile model, string file, ReadOptions read, RecommendLists lists, string output, CancellationToken cancellation)
    {
        CheckTop(lists.Top);
        var target = OutputOption.Check(output);
        if (target == Path.GetFullPath(file))
            throw new UsageException("The recommendations would overwrite the users; choose another file with --out.");
        var recommender = new Recommender(model.Predictor);
        var users = model.Predictor.Schema.Find(recommender.Columns.User)!;
        using var source = DataSource.Open(file, read);
        if (!source.ColumnNames.Contains(users.Name))
            throw new DataFormatException($"The file has no column '{users.Name}', the model's users{NearestName.Hint(users.Name, source.ColumnNames)}.");
        using var writer = TableWriter.Create(target, Columns(users.Name), read);
        var batches = new Batches(recommender, lists, writer, cancellation);
        // Read as texts: a user that the model does not know has a name all the same.
        foreach (var batch in source.Records([users with { Kind = ColumnKind.Text, Levels = [] }], BatchRows, cancellation))
            batches.Add(((TextColumn)batch.Rows[users.Name]).Values);
        writer.Complete();
        return new RecommendReport(batches.Users, batches.Unknown, output);
    }

    /// <summary>Recommends to all users that a model knows, the one with the most rows first; the lines are those of <see cref="Run"/>.</summary>
    /// <param name="recommender">The model.</param>
    /// <param name="lists">What each user is to be given.</param>
    /// <param name="output">The file to write: whole, or not at all.</param>
    /// <param name="cancellation">Ends the run; nothing is written then.</param>
    /// <exception cref="UsageException">Too many items are asked for.</exception>
    public static RecommendReport RunAll(Recommender recommender, RecommendLists lists, string output, CancellationToken cancellation)
    {
        CheckTop(lists.Top);
        using var writer = TableWriter.Create(output, Columns(recommender.Columns.User));
        var batches = new Batches(recommender, lists, writer, cancellation);
        for (var first = 0; first < recommender.UserNames.Length; first += BatchRows)
            batches.Add(recommender.UserNames.AsSpan().Slice(first, Math.Min(BatchRows, recommender.UserNames.Length - first)));
        writer.Complete();
        return new RecommendReport(batches.Users, batches.Unknown, output);
    }

    /// <summary>Refuses a number of items that is out of range.</summary>
    /// <exception cref="UsageException">It is.</exception>
    public static void CheckTop(int top)
    {
        if (top is < 1 or > MostItems)
            throw new UsageException($"The number of items must be between 1 and {MostItems}, not {top}.");
    }

    private static ImmutableArray<OutputColumn> Columns(string user) =>
    [
        new(user, OutputKind.Text), new("known", OutputKind.Text), new("rank", OutputKind.Double), new("item", OutputKind.Text), new("score", OutputKind.Single),
    ];

    /// <summary>Turns users, some thousand at a time, into lines.</summary>
    private sealed class Batches(Recommender recommender, RecommendLists lists, TableWriter writer, CancellationToken cancellation)
    {
        private readonly RecommendationBuffer _buffer = new(BatchRows, lists.Top);
        private readonly ItemFilter _filter = new(lists.ExcludeSeen, lists.Where.IsEmpty ? null : recommender.Where(lists.Where));
        private readonly ParallelOptions _parallel = new() { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellation };
        private readonly int[] _codes = new int[BatchRows];

        public long Users { get; private set; }

        public long Unknown { get; private set; }

        public void Add(ReadOnlySpan<string?> names)
        {
            for (var row = 0; row < names.Length; row++)
            {
                _codes[row] = recommender.UserOf(names[row]);
                Unknown += _codes[row] < 0 ? 1 : 0;
            }

            Users += names.Length;
            TopItems.Find(recommender.Model, _codes.AsMemory(0, names.Length), _filter, _buffer, _parallel);
            for (var row = 0; row < names.Length; row++)
                for (var place = 0; place < _buffer.Items(row).Length; place++)
                {
                    writer.SetText(0, names[row]);
                    writer.SetText(1, _codes[row] < 0 ? "false" : "true");
                    writer.SetDouble(2, place + 1);
                    writer.SetText(3, recommender.ItemNames[_buffer.Items(row)[place]]);
                    writer.SetSingle(4, _buffer.Scores(row)[place]);
                    writer.EndRow();
                }
        }
    }
}

/// <summary>What each user is to be given.</summary>
/// <param name="Top">Items a user.</param>
/// <param name="ExcludeSeen">Whether items that the user met in training are left out.</param>
public sealed record RecommendLists(int Top = 10, bool ExcludeSeen = true)
{
    /// <summary>Columns of the items and the values they may have; empty: any.</summary>
    public ImmutableSortedDictionary<string, ImmutableArray<string>> Where { get; init; } = ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty;
}

/// <summary>The JSON object of <c>recommend --json</c>.</summary>
/// <param name="Users">Users of the file.</param>
/// <param name="Unknown">Users that the model does not know, who were given what is popular.</param>
/// <param name="Out">The file that was written.</param>
public sealed record RecommendReport(long Users, long Unknown, string Out);
