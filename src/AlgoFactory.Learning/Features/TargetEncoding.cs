using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Exporting;
using AlgoFactory.Onnx.Graph;

namespace AlgoFactory.Learning.Features;

/// <summary>
/// Replaces a level by what its training rows' labels say: their mean (regression), positive rate (binary) or the rates
/// of the most frequent classes (multiclass), smoothed towards the whole training part's:
/// (sum + <see cref="Smoothing"/> × prior) / (weight + <see cref="Smoothing"/>).
/// (Micci-Barreca, A preprocessing scheme for high-cardinality categorical attributes, 2001.)
/// Training rows get theirs out of fold: no row sees its own label, save in the prior, which is the same for all rows
/// and so tells none of them anything.
/// </summary>
/// <param name="columns">The columns.</param>
/// <param name="scaled">Whether the features are for a linear model: rates as log odds, all scaled.</param>
internal sealed class TargetEncoding(ImmutableArray<string> columns, bool scaled) : IFeaturizer
{
    private const int Folds = 5;
    private const double Smoothing = 10;
    private const int MaxClasses = 10;

    /// <inheritdoc/>
    public IFittedFeaturizer FitTransform(FeaturizerInput train, FeatureBatchBuilder to, FitContext context)
    {
        var targets = Targets(train);
        var kinds = targets.Length;
        var width = columns.Length * kinds;
        var folds = FoldAssignment.Assign(train.Frame.RowCount, Folds, context.Seed);
        var weights = train.Weights.ToArray();
        var tables = new float[columns.Length][];
        var rows = new float[train.Frame.RowCount * width];
        Parallel.For(0, columns.Length * kinds, context.ParallelOptions, i =>
        {
            var (c, k) = Math.DivRem(i, kinds);
            var column = FeaturizerGuard.Categories(train.Frame, columns[c]);
            var table = LazyInitializer.EnsureInitialized(ref tables[c], () => new float[LevelSlots.Count(column.Levels.Length) * kinds]);
            Encode(column, targets[k].Values, weights, folds, table.AsSpan(k), kinds, rows.AsSpan(i), width, train.Task.Kind);
        });
        rows.CopyTo(to.AddDense(width));
        var outputs = columns.SelectMany(c => targets.Select(t => new FeatureInfo($"{c} {t.Name}", c, FeatureKind.Numeric)));
        return new FittedTargetEncoding(columns, [.. outputs], [.. tables]);
    }

    /// <summary>Features of a column.</summary>
    public static int Width(TaskSpec task) => task.Kind == TaskKind.Multiclass ? Math.Min(task.Classes.Length, MaxClasses) : 1;

    /// <summary>What is averaged: the label itself, or a 0/1 mark for each of the most frequent classes.</summary>
    private static (string Name, float[] Values)[] Targets(FeaturizerInput train)
    {
        var labels = train.Labels.ToArray();
        if (train.Task.Kind == TaskKind.Regression)
            return [("mean target", labels)];
        if (train.Task.Kind == TaskKind.Binary)
            return [("target rate", labels)];
        var counts = new int[train.Task.Classes.Length];
        foreach (var label in labels)
            counts[(int)label]++;
        return
        [
            .. Enumerable.Range(0, counts.Length).OrderByDescending(k => counts[k]).Take(MaxClasses).Order()
                .Select(k => ($"rate of {train.Task.Classes[k]}", Array.ConvertAll(labels, l => l == k ? 1f : 0f))),
        ];
    }

    private void Encode(
        CategoryColumn column, float[] targets, float[] weights, byte[] folds,
        Span<float> table, int tableStride, Span<float> rows, int rowStride, TaskKind task)
    {
        var levels = column.Levels.Length;
        var slots = LevelSlots.Count(levels);
        var sums = new double[slots];
        var counts = new double[slots];
        var foldSums = new double[slots * Folds];
        var foldCounts = new double[slots * Folds];
        double sum = 0, count = 0;
        for (var row = 0; row < targets.Length; row++)
        {
            double weight = weights.Length == 0 ? 1 : weights[row];
            var slot = LevelSlots.Of(column.Codes[row], levels);
            sums[slot] += weight * targets[row];
            counts[slot] += weight;
            foldSums[slot * Folds + folds[row]] += weight * targets[row];
            foldCounts[slot * Folds + folds[row]] += weight;
            sum += weight * targets[row];
            count += weight;
        }

        var prior = count > 0 ? sum / count : 0;
        var encoded = new double[targets.Length];
        for (var row = 0; row < targets.Length; row++)
        {
            var slot = LevelSlots.Of(column.Codes[row], levels);
            var fold = slot * Folds + folds[row];
            encoded[row] = Value(sums[slot] - foldSums[fold], counts[slot] - foldCounts[fold]);
        }

        var scaler = scaled ? ColumnScaler.Fit(encoded) : default;
        for (var row = 0; row < encoded.Length; row++)
            rows[row * rowStride] = scaled ? scaler.Apply(encoded[row]) : (float)encoded[row];
        for (var slot = 0; slot < slots; slot++)
        {
            var value = Value(sums[slot], counts[slot]);
            table[slot * tableStride] = scaled ? scaler.Apply(value) : (float)value;
        }

        double Value(double levelSum, double levelCount)
        {
            // A level without weight has exactly the prior, whatever rounding the difference of sums left.
            var mean = levelCount > 1e-9 ? (levelSum + Smoothing * prior) / (levelCount + Smoothing) : prior;
            if (!scaled || task == TaskKind.Regression)
                return mean;
            var rate = Math.Clamp(mean, 1e-4, 1 - 1e-4);
            return Math.Log(rate / (1 - rate));
        }
    }
}

/// <summary>Looks up what a level's labels said; unknown levels get the prior.</summary>
internal sealed class FittedTargetEncoding(ImmutableArray<string> columns, ImmutableArray<FeatureInfo> outputs, ImmutableArray<float[]> tables) : IFittedFeaturizer, IOnnxFeaturizer
{
    public const string FormatName = "target-encoding/1";

    /// <inheritdoc/>
    public string Format => FormatName;

    /// <inheritdoc/>
    public ImmutableArray<FeatureInfo> Outputs => outputs;

    /// <inheritdoc/>
    public int SparseWidth => 0;

    public static FittedTargetEncoding Read(ArtefactSection from)
    {
        var columns = FeaturizerGuard.Names(from.ReadJson<ImmutableArray<string>>("columns"));
        var outputs = FeaturizerGuard.Outputs(from.ReadJson<ImmutableArray<FeatureInfo>>("outputs"));
        FeaturizerGuard.Require(columns.Length > 0 && outputs.Length > 0 && outputs.Length % columns.Length == 0, "target encodings do not fit their columns");
        var kinds = outputs.Length / columns.Length;
        var tables = ImmutableArray.CreateBuilder<float[]>(columns.Length);
        for (var c = 0; c < columns.Length; c++)
        {
            var table = from.ReadArray<float>($"means-{c}");
            FeaturizerGuard.Require(table.Length >= 2 * kinds && table.Length % kinds == 0, "a table of target encodings has a wrong length");
            tables.Add(table);
        }

        return new FittedTargetEncoding(columns, outputs, tables.MoveToImmutable());
    }

    /// <inheritdoc/>
    public void Transform(Frame rows, FeatureBatchBuilder to)
    {
        var width = outputs.Length;
        var kinds = width / columns.Length;
        var block = to.AddDense(width);
        for (var c = 0; c < columns.Length; c++)
        {
            var codes = FeaturizerGuard.Categories(rows, columns[c]).Codes;
            var table = tables[c].AsSpan();
            var levels = table.Length / kinds - 2;
            for (int row = 0, at = c * kinds; row < codes.Length; row++, at += width)
                table.Slice(LevelSlots.Of(codes[row], levels) * kinds, kinds).CopyTo(block[at..]);
        }
    }

    /// <inheritdoc/>
    public string AddTo(OnnxInputs inputs)
    {
        var kinds = outputs.Length / columns.Length;
        return inputs.Graph.Concat([.. columns.Select((column, c) =>
            inputs.LookUp(OnnxTensor.Of<float>(tables[c], tables[c].Length / kinds, kinds), inputs.Slots(column, tables[c].Length / kinds)))]);
    }

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to)
    {
        to.WriteJson("columns", columns);
        to.WriteJson("outputs", outputs);
        for (var c = 0; c < tables.Length; c++)
            to.WriteArray<float>($"means-{c}", tables[c]);
    }
}
