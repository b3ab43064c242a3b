using System.Collections.Concurrent;
using System.Collections.Immutable;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Search.Tests;

/// <summary>
/// A learner whose model says <c>column 0 × gain</c> (through a sigmoid for two classes). It notes what it was given, and a
/// fit takes as long as the test says, on the test's clock.
/// </summary>
internal sealed class TinyLearner(string id) : ILearner
{
    public static readonly ParameterSpec Gain = ParameterSpec.Real("gain", -4, 4, 1, "The slope.");

    public LearnerInfo Info { get; init; } = new(id, id, TaskKinds.All, FeatureNeeds.Codes, Reproducibility.AnyThreads, UsesValidation: true);

    public string? Unavailable { get; init; }

    /// <summary>What a fit on that many rows takes.</summary>
    public Func<int, TimeSpan>? Cost { get; init; }

    public ManualClock? Clock { get; init; }

    /// <summary>Whether it stops at its deadline, as iterative learners do.</summary>
    public bool IsIterative { get; init; } = true;

    /// <summary>What predicting a batch takes, on the test's clock.</summary>
    public TimeSpan PredictCost { get; init; }

    /// <summary>The number of rounds that it stops at, by its validation rows; null: it has no rounds.</summary>
    public Func<TrainingSet, int>? Rounds { get; init; }

    /// <summary>What a round of its model takes to predict a batch, beside <see cref="PredictCost"/>.</summary>
    public TimeSpan RoundCost { get; init; }

    /// <summary>Added to every score: how well it does (for regression).</summary>
    public double Bias { get; init; }

    public Func<ParameterSet, Exception?> Fails { get; init; } = _ => null;

    public ImmutableArray<ParameterSet> Portfolio { get; init; } = [];

    /// <summary>Every fit: its training rows' first column and labels, and what it was to stop early on.</summary>
    public ConcurrentQueue<(float[] First, float[] Labels, float[]? ValidationFirst, ParameterSet Parameters)> Fits { get; } = [];

    public SearchSpace Space(DatasetProfile profile, TaskSpec task) => new(Info.IsBaseline ? [] : [Gain], Portfolio);

    public FitOutcome Fit(TrainingSet data, ParameterSet parameters, FitContext context)
    {
        Fits.Enqueue((First(data), data.Labels.ToArray(), data.Validation is { } v ? First(v) : null, parameters));
        if (Fails(parameters) is { } error)
            throw error;
        Spend(data.RowCount, context);
        if (Rounds is null)
            return new FitOutcome(new TinyModel(parameters.Number(Gain), Bias, data.Task, () => Clock?.Advance(PredictCost)), parameters);
        var most = parameters.Values.FirstOrDefault(v => v.Key == "rounds").Value as double?;
        var rounds = Math.Min(most ?? int.MaxValue, data.Validation is null ? int.MaxValue : Rounds(data.Validation));
        return new FitOutcome(
            new TinyModel(parameters.Number(Gain), Bias, data.Task, () => Clock?.Advance(PredictCost + rounds * RoundCost)), parameters.With("rounds", rounds));
    }

    private void Spend(int rows, FitContext context)
    {
        var left = Cost?.Invoke(rows) ?? TimeSpan.Zero;
        var step = left / 20;
        for (var i = 0; i < 20 && step > TimeSpan.Zero && !(IsIterative && context.IsOverdue); i++)
        {
            Clock!.Advance(step);
            context.Cancellation.ThrowIfCancellationRequested();
        }
    }

    private static float[] First(TrainingSet data)
    {
        if (data.Features.DenseWidth == 0)
            return [];
        var first = new float[data.RowCount];
        for (var i = 0; i < first.Length; i++)
            first[i] = data.Features.Row(i)[0];
        return first;
    }

    private sealed class TinyModel(double gain, double bias, TaskSpec task, Action spend) : IModel
    {
        public string Format => "tiny/1";

        public int OutputWidth => task.OutputWidth;

        public void Predict(FeatureBatch rows, Span<float> scores)
        {
            spend();
            for (var i = 0; i < rows.RowCount; i++)
            {
                var value = (rows.DenseWidth == 0 ? 0 : rows.Row(i)[0]) * gain + bias;
                for (var c = 0; c < task.OutputWidth; c++)
                    scores[i * task.OutputWidth + c] = (float)(task.Kind switch
                    {
                        TaskKind.Regression => value,
                        TaskKind.Binary => 1 / (1 + Math.Exp(-value)),
                        _ => 1.0 / task.OutputWidth,
                    });
            }
        }

        public void Write(ArtefactSectionWriter to) => to.WriteArray<double>("gain", [gain]);
    }
}
