using System.Collections.Immutable;
using System.Text.Json.Serialization;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning.Metrics;

namespace AlgoFactory.Learning.Explaining;

/// <summary>
/// Looks for what makes scores too good to be true: a column that gives the label away, a column that only names the row, rows
/// that stand in the table twice and so on both sides of a split (Kaufman, Rosset and Perlich 2011).
/// </summary>
public static class LeakageChecks
{
    /// <summary>What a single column must reach to be suspected: AUC, accuracy or R².</summary>
    public const double Suspicious = 0.99;

    private const int MostBins = 100;
    private const int MostRows = 20_000;
    private const int MostCells = 2_000_000;
    private const int FewRows = 50;

    /// <summary>The columns that give the label away, and those that name the row.</summary>
    /// <param name="rows">Training rows.</param>
    /// <param name="columns">The feature columns.</param>
    /// <param name="task">The task.</param>
    /// <param name="labels">The rows' labels.</param>
    public static ImmutableArray<LeakageFinding> Columns(Frame rows, ImmutableArray<ColumnSpec> columns, TaskSpec task, ReadOnlySpan<float> labels)
    {
        if (rows.RowCount < FewRows)
            return [];
        var chosen = Permutations.Sample(rows.RowCount, Math.Clamp(MostCells / Math.Max(1, columns.Length), 1000, MostRows), 1);
        var (sample, known) = (rows.RowCount > chosen.Length ? rows.Take(chosen) : rows, new float[chosen.Length]);
        for (var i = 0; i < chosen.Length; i++)
            known[i] = labels[chosen[i]];
        var findings = ImmutableArray.CreateBuilder<LeakageFinding>();
        foreach (var column in columns)
        {
            if (sample.Find(column.Name) is not { } values)
                continue;
            if (Power(values, column, task, known) is { Value: >= Suspicious } power)
                findings.Add(new LeakageFinding(LeakageKind.GivesLabelAway, column.Name, power.Value,
                    $"The column '{column.Name}' alone predicts the label with {power.Measure} {power.Value:0.000}: check that it is known before the label is, else ignore it."));
            // Whether numbers count the rows only all of them can say.
            if (Identifies(values is NumericColumn ? rows[column.Name] : values) is { } why)
                findings.Add(new LeakageFinding(LeakageKind.Identifier, column.Name, null,
                    $"The column '{column.Name}' {why}: it seems to name the row, and a model that uses it learns the table by heart; ignore it unless it means something."));
        }

        return findings.ToImmutable();
    }

    /// <summary>
    /// How well a column alone predicts the label: the label's distribution in each of its values or ranges, taken from one half
    /// of the rows and measured on the other, both ways.
    /// </summary>
    internal static (double Value, string Measure)? Power(Column column, ColumnSpec spec, TaskSpec task, float[] labels)
    {
        // Few enough that each bin has some rows in either half.
        if (ColumnBins.Of(column, spec, Math.Clamp(labels.Length / 20, 5, MostBins)) is not { Count: > 1 } bins)
            return null;
        var width = task.OutputWidth;
        var scores = new float[labels.Length * width];
        bool InFirst(int row) => (Permutations.Key(7, row) & 1) == 0;
        foreach (var half in new[] { true, false })
        {
            var (sums, counts, totals, count) = (new double[bins.Count * width], new double[bins.Count], new double[width], 0);
            for (var row = 0; row < labels.Length; row++)
            {
                if (InFirst(row) == half || (task.IsClassification && labels[row] < 0))
                    continue;
                var (k, value) = task.Kind == TaskKind.Multiclass ? ((int)labels[row], 1.0) : (0, (double)labels[row]);
                sums[bins.Codes[row] * width + k] += value;
                totals[k] += value;
                counts[bins.Codes[row]]++;
                count++;
            }

            // A bin that the other half lacks predicts what all its rows do.
            for (var row = 0; row < labels.Length; row++)
                for (var k = 0; k < width && InFirst(row) == half; k++)
                    scores[row * width + k] = (float)(counts[bins.Codes[row]] > 0 ? sums[bins.Codes[row] * width + k] / counts[bins.Codes[row]] : totals[k] / Math.Max(1, count));
        }

        var (metric, name) = task.Kind switch
        {
            TaskKind.Binary => ("auc", "an AUC of"),
            TaskKind.Multiclass => ("accuracy", "an accuracy of"),
            _ => ("r2", "an R² of"),
        };
        var reached = MetricCatalog.Find(metric, task.Kind).Compute(scores, width, labels, default);
        // Of classes as uneven as 99 to 1 an accuracy says nothing.
        if (task.Kind == TaskKind.Multiclass && labels.CountBy(l => l).Max(c => c.Value) > 0.95 * labels.Length)
            return null;
        return (reached, name);
    }

    /// <summary>Rows whose feature values stand in the table more than once, where they are enough to matter.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="columns">The feature columns.</param>
    public static LeakageFinding? Duplicates(Frame rows, ImmutableArray<ColumnSpec> columns)
    {
        var seen = new HashSet<ulong>();
        var repeated = RowHashes.Of(rows, columns).Count(h => !seen.Add(h));
        var share = (double)repeated / Math.Max(1, rows.RowCount);
        return repeated < 2 || share < 0.01 ? null : new LeakageFinding(LeakageKind.Duplicates, null, share,
            $"{repeated} of {rows.RowCount} rows ({share:P1}) repeat the features of an earlier row: where copies fall on both sides of a split, scores are too good; remove them, or keep copies together with a group column.");
    }

    /// <summary>Rows of a validation or test table whose features stand in the training table, too.</summary>
    /// <param name="train">Training rows.</param>
    /// <param name="test">Other rows.</param>
    /// <param name="columns">The feature columns.</param>
    public static LeakageFinding? Shared(Frame train, Frame test, ImmutableArray<ColumnSpec> columns)
    {
        var known = RowHashes.Of(train, columns).ToHashSet();
        var shared = RowHashes.Of(test, columns).Count(known.Contains);
        var share = (double)shared / Math.Max(1, test.RowCount);
        return shared < 2 || share < 0.01 ? null : new LeakageFinding(LeakageKind.SharedRows, null, share,
            $"{shared} of {test.RowCount} rows to measure on ({share:P1}) have the features of a training row: scores on them are too good; leave them out.");
    }

    // Nearly as many values as rows, where values do not stand for amounts; or whole numbers that count the rows.
    private static string? Identifies(Column column)
    {
        var rows = column.Length;
        switch (column)
        {
            case CategoryColumn categories when categories.Codes.ToArray().Where(c => c >= 0).Distinct().Count() > 0.9 * rows:
                return "has a value of its own in nearly every row";
            case TextColumn texts when texts.Values.ToArray().OfType<string>().Distinct().Count() > 0.95 * rows
                && texts.Values.ToArray().OfType<string>().All(t => !t.AsSpan().Trim().Contains(' ')):
                return "has one word of its own in nearly every row";
            case NumericColumn numbers:
                var (ascending, whole) = (0, 0);
                for (var row = 1; row < rows; row++)
                {
                    ascending += numbers.Values[row] > numbers.Values[row - 1] ? 1 : 0;
                    whole += numbers.Values[row] == Math.Round(numbers.Values[row]) ? 1 : 0;
                }

                return ascending == rows - 1 && whole == rows - 1 && numbers.Values[^1] - numbers.Values[0] < 4.0 * rows ? "rises from row to row in whole numbers" : null;
            default:
                return null;
        }
    }
}

/// <summary>What seems to leak.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LeakageKind>))]
public enum LeakageKind
{
    /// <summary>A column predicts the label nearly perfectly.</summary>
    [JsonStringEnumMemberName("givesLabelAway")] GivesLabelAway,

    /// <summary>A column names the row.</summary>
    [JsonStringEnumMemberName("identifier")] Identifier,

    /// <summary>Rows stand in the table more than once.</summary>
    [JsonStringEnumMemberName("duplicates")] Duplicates,

    /// <summary>Rows to measure on stand in the training table.</summary>
    [JsonStringEnumMemberName("sharedRows")] SharedRows,
}

/// <summary>Something that may make scores too good to be true.</summary>
/// <param name="Kind">What.</param>
/// <param name="Column">The column, if it is about one.</param>
/// <param name="Value">How strong: the measure reached, or the share of rows.</param>
/// <param name="Text">A sentence: what, where, what to do.</param>
public sealed record LeakageFinding(LeakageKind Kind, string? Column, double? Value, string Text);
