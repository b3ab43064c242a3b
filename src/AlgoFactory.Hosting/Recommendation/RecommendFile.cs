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
    /// <param name="top">Items a user.</param>
    /// <param name="excludeSeen">Whether items that the user met in training are left out.</param>
    /// <param name="output">The file to write: whole, or not at all.</param>
    /// <param name="cancellation">Ends the run; nothing is written then.</param>
    /// <exception cref="DataFormatException">The file cannot be read, or lacks the user column.</exception>
    /// <exception cref="LearningException">The model is no recommender.</exception>
    /// <exception cref="UsageException">The output cannot be written there, or too many items are asked for.</exception>
    public static RecommendReport Run(
        ModelFile model, string file, ReadOptions read, int top, bool excludeSeen, string output, CancellationToken cancellation)
    {
        if (top is < 1 or > MostItems)
            throw new UsageException($"The number of items must be between 1 and {MostItems}, not {top}.");
        var target = Path.GetFullPath(output);
        if (target == Path.GetFullPath(file))
            throw new UsageException("The recommendations would overwrite the users; choose another file with --out.");
        if (!Directory.Exists(Path.GetDirectoryName(target)))
            throw new UsageException($"The folder of '{output}' does not exist; create it or choose another file with --out.");
        var recommender = new Recommender(model.Predictor);
        var users = model.Predictor.Schema.Find(recommender.Columns.User)!;
        using var source = DataSource.Open(file, read);
        if (!source.ColumnNames.Contains(users.Name))
            throw new DataFormatException($"The file has no column '{users.Name}', the model's users{NearestName.Hint(users.Name, source.ColumnNames)}.");
        using var writer = TableWriter.Create(target, Columns(users.Name), read);
        var buffer = new RecommendationBuffer(BatchRows, top);
        var filter = new ItemFilter(excludeSeen);
        var codes = new int[BatchRows];
        long count = 0, unknown = 0;
        var levels = recommender.UserLevels.Select((name, level) => (name, level)).ToDictionary(u => u.name, u => u.level, StringComparer.Ordinal);
        // Read as texts: a user that the model does not know has a name all the same.
        foreach (var batch in source.Records([users with { Kind = ColumnKind.Text, Levels = [] }], BatchRows, cancellation))
        {
            var names = ((TextColumn)batch.Rows[users.Name]).Values;
            for (var row = 0; row < names.Length; row++)
            {
                codes[row] = names[row] is { } name && levels.TryGetValue(name, out var level) ? recommender.UserOfLevel(level) : -1;
                unknown += codes[row] < 0 ? 1 : 0;
            }

            count += names.Length;
            TopItems.Find(recommender.Model, codes.AsSpan(0, names.Length), filter, buffer);
            Write(names, codes, buffer, recommender, writer);
        }

        writer.Complete();
        return new RecommendReport(count, unknown, output);
    }

    private static ImmutableArray<OutputColumn> Columns(string user) =>
    [
        new(user, OutputKind.Text), new("known", OutputKind.Text), new("rank", OutputKind.Double), new("item", OutputKind.Text), new("score", OutputKind.Single),
    ];

    private static void Write(ReadOnlySpan<string?> names, int[] codes, RecommendationBuffer buffer, Recommender recommender, TableWriter writer)
    {
        for (var row = 0; row < names.Length; row++)
            for (var place = 0; place < buffer.Items(row).Length; place++)
            {
                writer.SetText(0, names[row]);
                writer.SetText(1, codes[row] < 0 ? "false" : "true");
                writer.SetDouble(2, place + 1);
                writer.SetText(3, recommender.ItemNames[buffer.Items(row)[place]]);
                writer.SetSingle(4, buffer.Scores(row)[place]);
                writer.EndRow();
            }
    }
}

/// <summary>The JSON object of <c>recommend --json</c>.</summary>
/// <param name="Users">Users of the file.</param>
/// <param name="Unknown">Users that the model does not know, who were given what is popular.</param>
/// <param name="Out">The file that was written.</param>
public sealed record RecommendReport(long Users, long Unknown, string Out);
