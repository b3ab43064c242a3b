using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;
using AlgoFactory.Search.Experiments;

namespace AlgoFactory.Search.Tests;

/// <summary>Tables of two numbers and a label that depends on the first.</summary>
internal static class TinyData
{
    public static readonly TaskSpec Binary = new(TaskKind.Binary, "y", ["no", "yes"]);

    public static readonly TaskSpec Regression = new(TaskKind.Regression, "y", []);

    public static TaskSpec TaskOf(TaskKind kind) => kind switch
    {
        TaskKind.Regression => Regression,
        TaskKind.Binary => Binary,
        _ => new TaskSpec(kind, "y", ["a", "b", "c"]),
    };

    /// <summary>Rows whose first column is their own number, so that a test can tell them apart.</summary>
    public static ExperimentData Create(TaskKind kind, int rows, double noise = 0.5)
    {
        var random = new Random(7);
        var (x, z, labels) = (new double[rows], new double[rows], new float[rows]);
        for (var i = 0; i < rows; i++)
        {
            x[i] = (2.0 * i / rows - 1) * 3;
            z[i] = random.NextDouble();
            var signal = x[i] + noise * (2 * random.NextDouble() - 1) * 3;
            labels[i] = kind switch { TaskKind.Regression => (float)signal, TaskKind.Binary => signal > 0 ? 1 : 0, _ => signal < -1 ? 0 : signal < 1 ? 1 : 2 };
        }

        var schema = new Schema(
        [
            new ColumnSpec("x", ColumnKind.Numeric, ColumnRole.Feature, 1, ""),
            new ColumnSpec("z", ColumnKind.Numeric, ColumnRole.Feature, 1, ""),
            new ColumnSpec("y", kind == TaskKind.Regression ? ColumnKind.Numeric : ColumnKind.Categorical, ColumnRole.Label, 1, ""),
        ], "y");
        Column target = kind == TaskKind.Regression
            ? new NumericColumn("y", Array.ConvertAll(labels, l => (double)l))
            : new CategoryColumn("y", Array.ConvertAll(labels, l => (int)l), TaskOf(kind).Classes);
        var frame = new Frame(rows, [new NumericColumn("x", x), new NumericColumn("z", z), target]);
        ImmutableArray<ColumnProfile> profiles = [.. schema.Columns.Select(c => new ColumnProfile(c.Name, c.Kind, rows, 0, rows))];
        return new ExperimentData(frame, labels, default, schema, new DatasetProfile(rows, profiles));
    }
}
