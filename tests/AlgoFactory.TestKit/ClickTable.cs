using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.TestKit;

/// <summary>
/// A made-up log of clicks: fields of many levels (who, what, where), and a label whose log odds are a small part of each
/// level's own and a large part of the pairs': ⟨v_a, v_b⟩ of the levels' hidden vectors. No level alone says much.
/// </summary>
public sealed record ClickTable(Frame Frame, Schema Schema, TaskSpec Task, float[] Labels)
{
    private const int Hidden = 3;

    /// <summary>What a featurizer is given.</summary>
    public FeaturizerInput Input => new(Frame, Task, Labels, default);

    /// <summary>The table's profile, as a search sees it.</summary>
    public DatasetProfile Profile => new(
        Frame.RowCount, [.. Schema.Columns.Select(c => new ColumnProfile(c.Name, c.Kind, Frame.RowCount, 0, c.Levels.IsDefaultOrEmpty ? 2 : c.Levels.Length))]);

    /// <summary>Makes a table.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="fields">Fields.</param>
    /// <param name="levels">Levels of each field.</param>
    /// <param name="rowSeed">The seed of the rows; tables of one <paramref name="worldSeed"/> follow the same law.</param>
    /// <param name="worldSeed">The seed of the levels' hidden vectors.</param>
    /// <param name="pairs">The standard deviation of the pairs' part of the log odds.</param>
    /// <param name="own">The standard deviation of the levels' own part.</param>
    public static ClickTable Create(int rows, int fields = 3, int levels = 1000, ulong rowSeed = 1, ulong worldSeed = 99, double pairs = 2.5, double own = 0.3)
    {
        var world = new Sequence(worldSeed);
        var hidden = new double[fields * levels * Hidden];
        var alone = new double[fields * levels];
        for (var i = 0; i < hidden.Length; i++)
            hidden[i] = Normal(world);
        for (var i = 0; i < alone.Length; i++)
            alone[i] = own / Math.Sqrt(fields) * Normal(world);
        var scale = pairs / Math.Sqrt(Hidden * fields * (fields - 1) / 2.0);

        var random = new Sequence(rowSeed);
        var codes = new int[fields][];
        for (var f = 0; f < fields; f++)
            codes[f] = new int[rows];
        var labels = new float[rows];
        for (var row = 0; row < rows; row++)
        {
            double score = -0.5;
            for (var f = 0; f < fields; f++)
            {
                codes[f][row] = random.Next(0, levels);
                score += alone[f * levels + codes[f][row]];
                for (var g = 0; g < f; g++)
                    for (var h = 0; h < Hidden; h++)
                        score += scale * hidden[(f * levels + codes[f][row]) * Hidden + h] * hidden[(g * levels + codes[g][row]) * Hidden + h];
            }

            labels[row] = random.NextDouble() < 1 / (1 + Math.Exp(-score)) ? 1 : 0;
        }

        ImmutableArray<string> names = [.. Enumerable.Range(0, fields).Select(f => $"field{f}")];
        ImmutableArray<string> texts = [.. Enumerable.Range(0, levels).Select(l => $"level {l}")];
        ImmutableArray<string> classes = ["no", "yes"];
        var frame = new Frame(rows,
        [
            .. names.Select((n, f) => new CategoryColumn(n, codes[f], texts)),
            new CategoryColumn("clicked", Array.ConvertAll(labels, l => (int)l), classes),
        ]);
        var schema = new Schema(
        [
            .. names.Select(n => new ColumnSpec(n, ColumnKind.Categorical, ColumnRole.Feature, 1, "made up") { Levels = texts }),
            new ColumnSpec("clicked", ColumnKind.Categorical, ColumnRole.Label, 1, "made up") { Levels = classes },
        ], "clicked");
        return new ClickTable(frame, schema, new TaskSpec(TaskKind.Binary, "clicked", classes), labels);
    }

    private static double Normal(Sequence random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
