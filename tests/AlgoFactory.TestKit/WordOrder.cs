using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.TestKit;

/// <summary>
/// Texts that differ in the order of their words alone: each has the same marks among others that say nothing, and its class is the
/// mark that comes first; for a regression, its label is how many words stand before the first mark. A bag of words learns nothing.
/// </summary>
public static class WordOrder
{
    private static readonly ImmutableArray<string> Marks = ["red", "green", "blue"];
    private static readonly string[] Others = ["ta", "ke", "lo", "mi", "su", "re"];

    /// <summary>Words of a text; the first and the last are no marks, so that their neighbours do not give places away.</summary>
    private const int Words = 10;

    /// <summary>A table of a column of texts and a label.</summary>
    public static SyntheticTable Of(TaskKind kind, int rows, int seed)
    {
        var random = new Random(seed);
        ImmutableArray<string> classes = kind switch { TaskKind.Regression => [], TaskKind.Binary => [.. Marks.Take(2)], _ => Marks };
        var marks = kind == TaskKind.Regression ? Marks[..1] : classes;
        var (texts, labels) = (new string?[rows], new float[rows]);
        for (var row = 0; row < rows; row++)
        {
            string[] words = [.. Enumerable.Range(0, Words).Select(_ => Others[random.Next(Others.Length)])];
            int[] places = [.. Enumerable.Range(1, Words - 2)];
            random.Shuffle(places);
            int[] order = [.. Enumerable.Range(0, marks.Length)];
            random.Shuffle(order);
            var chosen = places[..marks.Length].Order().ToArray();
            for (var i = 0; i < marks.Length; i++)
                words[chosen[i]] = marks[order[i]];
            (texts[row], labels[row]) = (string.Join(' ', words), kind == TaskKind.Regression ? chosen[0] : order[0]);
        }

        Column target = kind == TaskKind.Regression
            ? new NumericColumn("label", Array.ConvertAll(labels, l => (double)l))
            : new CategoryColumn("label", Array.ConvertAll(labels, l => (int)l), classes);
        var schema = new Schema(
        [
            new ColumnSpec("text", ColumnKind.Text, ColumnRole.Feature, 1, "made up"),
            new ColumnSpec("label", kind == TaskKind.Regression ? ColumnKind.Numeric : ColumnKind.Categorical, ColumnRole.Label, 1, "made up") { Levels = classes },
        ], "label");
        return new SyntheticTable(new Frame(rows, [new TextColumn("text", texts), target]), schema, new TaskSpec(kind, "label", classes), labels);
    }

    /// <summary>Rows to train on, with others to validate on, as a learner sees them.</summary>
    public static TrainingSet TrainingSet(TaskKind kind, int rows, int validationRows, FeatureNeeds needs, int seed = 1)
    {
        var (pipeline, train) = Of(kind, rows, seed).TrainingSet(needs);
        var others = Of(kind, validationRows, seed + 1);
        return train with { Validation = train with { Features = pipeline.Transform(others.Frame), Labels = others.Labels } };
    }
}
