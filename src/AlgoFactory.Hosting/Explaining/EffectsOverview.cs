using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Explaining;

namespace AlgoFactory.Hosting.Explaining;

/// <summary>What columns do to predictions, as a report shows it: contributions of a sample of rows, effects of the leading columns.</summary>
internal sealed class EffectsOverview(Predictor predictor, Frame rows, int seed, CancellationToken cancellation)
{
    private const int ExplainedRows = 200;
    private const int FewestExplained = 20;

    // Values that sampling may put into rows to predict: of wide tables fewer rows are explained.
    private const long ExplainedCells = 400_000_000;

    private const int SampledEvaluations = 1000;
    private const int DrawnColumns = 12;
    private const int EffectColumns = 8;
    private const int GridPoints = 20;
    private const int DependenceRows = 500;
    private const int SingleRows = 40;
    private const int LocalRows = 5000;
    private const int MostOutputs = 6;

    /// <summary>The contributions of a sample.</summary>
    public ContributionSummary Contributions(ModelFile model)
    {
        var explainer = new PredictorExplainer(
            predictor, count => Permutations.Sample(rows, count, seed + 1), evaluations: SampledEvaluations, seed: seed);
        var cells = Math.Max(SampledEvaluations, 20L * rows.Columns.Length) * rows.Columns.Length;
        var sample = Permutations.Sample(rows, (int)Math.Clamp(ExplainedCells / cells, FewestExplained, ExplainedRows), seed);
        var explanation = explainer.Explain(sample);
        var (columns, outputs) = (explainer.Columns.Length, sample.RowCount * explainer.Outputs);
        var summary = explainer.Columns.Select((name, c) => (
            Column: name, Index: c,
            Mean: Enumerable.Range(0, outputs).Average(i => Math.Abs(explanation.Values[i * (columns + 1) + c])),
            Error: explanation.Errors is { } errors ? Enumerable.Range(0, outputs).Average(i => errors[i * columns + c]) : (double?)null))
            .OrderByDescending(s => s.Mean).ToArray();
        return new ContributionSummary(explainer.Method, explainer.Scale, sample.RowCount, [.. summary.Select((s, place) => new ContributingColumn(
            s.Column, s.Mean, s.Error, explainer.Outputs == 1 && place < DrawnColumns ? Points(s.Index) : []))]);

        ImmutableArray<ContributionPoint> Points(int column)
        {
            var ranks = Ranks(sample.Columns[column]);
            return [.. Enumerable.Range(0, sample.RowCount).Select(r => new ContributionPoint(explanation.Values[r * (columns + 1) + column], ranks[r]))];
        }
    }

    /// <summary>The effects of the first columns that have any values to look at.</summary>
    public ImmutableArray<ColumnEffect> Effects(IEnumerable<string> leading)
    {
        var effects = ImmutableArray.CreateBuilder<ColumnEffect>();
        var (some, near) = (Permutations.Sample(rows, DependenceRows, seed), Permutations.Sample(rows, LocalRows, seed));
        foreach (var name in leading)
        {
            cancellation.ThrowIfCancellationRequested();
            if (effects.Count == EffectColumns)
                break;
            if (EffectGrid.Of(rows[name], GridPoints) is not { } grid)
                continue;
            var spec = predictor.InputColumns.First(c => c.Name == name);
            var dependence = PartialDependence.Compute(predictor, some, grid, SingleRows, cancellation);
            var accumulated = AccumulatedLocalEffects.Compute(predictor, near, grid);
            effects.Add(new ColumnEffect(
                name, spec.Kind, grid.Numbers, grid.Column is NumericColumn ? [.. grid.Numbers.Select(n => ColumnText.Of(n, spec))] : grid.Levels, Outputs(),
                dependence with { Means = [.. dependence.Means.Take(MostOutputs)] },
                accumulated is null ? null : accumulated with { Effects = [.. accumulated.Effects.Take(MostOutputs)] }));
        }

        return effects.ToImmutable();
    }

    private ImmutableArray<string> Outputs() => predictor.Task.Kind switch
    {
        TaskKind.Multiclass => [.. predictor.Task.Classes.Take(MostOutputs)],
        TaskKind.Binary => [predictor.Task.Classes[1]],
        _ => [predictor.Task.Label],
    };

    // The share of the rows' values that lie below, ties at their middle.
    private static double?[] Ranks(Column column)
    {
        var ranks = new double?[column.Length];
        if (column is not NumericColumn { Values: var values })
            return ranks;
        var all = values.ToArray();
        double[] sorted = [.. all.Where(v => !double.IsNaN(v)).Order()];
        for (var r = 0; r < ranks.Length && sorted.Length > 1; r++)
        {
            if (double.IsNaN(all[r]))
                continue;
            var (below, equal) = (sorted.Count(v => v < all[r]), sorted.Count(v => v == all[r]));
            ranks[r] = (below + (equal - 1) / 2.0) / (sorted.Length - 1);
        }

        return ranks;
    }
}
